//! The audit log of an app: what its members changed, a page at a time.

use std::collections::HashSet;

use crate::app::App;
use crate::domain::events::Listed;
use crate::domain::paging::{Cursor, Page};
use crate::error::Result;
use crate::ids::{AppId, UserId};
use crate::time::Timestamp;

/// A change.
#[derive(Debug)]
pub struct Change {
    /// What happened.
    pub event: Listed,
    /// Whether whoever did it is neither a member nor an operator any more.
    pub is_former: bool,
}

/// A page of an app's audit log, the newest changes first.
pub async fn list(app: &App, id: &AppId, after: Cursor) -> Result<Page<Change>> {
    let (id, console_id) = (id.clone(), app.console_id.get().cloned());
    let since = Timestamp::from_millis(i64::MIN);
    app.store
        .read(move |tx| {
            let events = tx.list_events_of_members(&id, since, &after, Page::<Change>::READ)?;
            let mut members: HashSet<UserId> = HashSet::new();
            for app_id in std::iter::once(&id).chain(&console_id) {
                members.extend(
                    tx.list_members(app_id)?
                        .into_iter()
                        .map(|member| member.user_id),
                );
            }
            let change = |event: Listed| Change {
                is_former: event
                    .member_id
                    .as_ref()
                    .is_none_or(|id| !members.contains(id)),
                event,
            };
            let changes = events.into_iter().map(change).collect();
            Ok(Page::of(changes, |change| change.event.cursor()))
        })
        .await
}
