//! The RP ID: what passkeys belong to. Another one makes them useless, so that it is typed twice, by an owner.

use axum::extract::{Form, State};
use serde::Deserialize;

use super::{Said, draw, saved, update};
use crate::app::App;
use crate::domain::apps::{AppRecord, Changes};
use crate::domain::users::listing::counted;
use crate::error::{Code, Error};
use crate::http::console::guard::AppVisit;
use crate::http::console::page::{Answer, Frame, go, status_of};

/// The RP ID as it is drawn.
pub struct Card {
    /// As it is.
    pub rp_id: String,
    /// How many passkeys belong to it, in words.
    pub passkeys: String,
    /// Whether there is any.
    pub has_passkeys: bool,
    /// Whether the visitor may change it.
    pub may_change: bool,
    /// What was typed.
    pub typed: String,
    /// What is wrong with it.
    pub error: String,
    /// Whether it was changed a moment ago.
    pub is_saved: bool,
}

impl Card {
    /// Of an app with so many passkeys, with what the page says beside it.
    pub fn of(record: &AppRecord, passkeys: i64, frame: &Frame, said: Said) -> Self {
        let is_console = frame.about.as_ref().is_some_and(|about| about.is_console);
        let (typed, error) = said.rp_id.unwrap_or_default();
        Card {
            rp_id: record.rp_id.clone(),
            passkeys: match passkeys {
                1 => "1 passkey".to_owned(),
                count => format!("{} passkeys", counted(count)),
            },
            has_passkeys: passkeys > 0,
            may_change: frame.may("remove") && !is_console,
            is_saved: said.saved == "rp-id",
            typed,
            error,
        }
    }
}

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    rp_id: String,
    #[serde(default)]
    confirm: String,
}

/// Changes the RP ID.
pub async fn change_rp_id(
    State(app): State<App>,
    visit: AppVisit,
    Form(asked): Form<Asked>,
) -> Answer {
    visit.require_not_console(&app)?;
    let typed = asked.rp_id.trim().to_owned();
    let is_same = typed.eq_ignore_ascii_case(asked.confirm.trim());
    let changed = if is_same {
        let changes = Changes {
            rp_id: Some(typed.clone()),
            ..Changes::default()
        };
        update(&app, &visit, changes).await
    } else {
        Err(Error::invalid(
            "The two inputs differ. Type the new RP ID in both, to say that you mean it.",
        ))
    };
    match changed {
        Ok(()) => Ok(go(&saved(&visit.record.id, "rp-id"))),
        Err(error) if error.code() == Code::InvalidRequest => {
            let said = Said {
                rp_id: Some((typed, error.message().to_owned())),
                ..Said::default()
            };
            Ok(draw(&app, &visit, status_of(&error), said).await?)
        }
        Err(error) => Err(error.into()),
    }
}
