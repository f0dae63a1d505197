//! The Console.

mod access;
mod activity;
mod api_keys;
mod apps;
mod audit;
mod claim;
mod fields;
mod forms;
mod guarded;
mod inbox;
mod joining;
mod members;
mod removal;
mod settings;
mod sign_in;
mod templates;
mod user;
mod users;

use ginnel::domain::paging::Cursor;
use ginnel::time::Timestamp;

pub use forms::Form;

use crate::support::{CONSOLE, Call, Member, TestApp};

impl Member {
    /// A form of a page, sent as it stands there.
    pub fn send(&self, form: &Form) -> Call {
        self.call("POST", &form.action)
            .header("origin", CONSOLE)
            .body(form.encoded())
            .header("content-type", "application/x-www-form-urlencoded")
    }
}

impl TestApp {
    /// The path of a page about the app.
    pub fn page(&self, rest: &str) -> String {
        format!("/console/apps/{}{rest}", self.id)
    }

    /// What members changed of the app so far, as `kind: what`, in no order.
    pub async fn changes(&self) -> Vec<String> {
        let (id, since) = (self.id.clone(), Timestamp::from_millis(0));
        let events = self
            .read(move |tx| tx.list_events_of_members(&id, since, &Cursor::newest(), 1000))
            .await;
        let line = |event: ginnel::domain::events::Listed| {
            let detail = event.detail.unwrap_or_default();
            format!("{}: {detail}", event.kind.as_str())
        };
        let mut lines: Vec<_> = events.into_iter().map(line).collect();
        lines.sort();
        lines
    }
}
