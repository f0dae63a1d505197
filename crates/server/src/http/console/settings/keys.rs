//! Signing keys on the settings page.

use axum::extract::{Form, State};
use serde::Deserialize;

use super::{Said, author, draw, saved};
use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::keys::{self, Rotation, SigningKey, State as KeyState};
use crate::error::Error;
use crate::http::console::guard::AppVisit;
use crate::http::console::page::{Answer, When, go};

/// The keys as they are drawn.
pub struct Keys {
    /// The one that signs first, then those in waiting and retired.
    pub rows: Vec<Row>,
    /// Whether the key in waiting was asked to sign before its time.
    pub waits: bool,
    /// When another algorithm takes over that was chosen; its name and the instant.
    pub change: Option<(&'static str, When)>,
}

/// A key.
pub struct Row {
    /// Its id: `kid` in tokens.
    pub id: String,
    /// What it signs with.
    pub algorithm: &'static str,
    /// Where it is in its life: `current`, `next`, `retired`.
    pub state: &'static str,
    /// Since when it signs, or from when on it may, or until when it is published.
    pub moment: When,
}

impl Keys {
    /// Of an app.
    pub fn of(record: &AppRecord, stored: &[SigningKey], waits: bool) -> Self {
        let order = |key: &&SigningKey| match key.state {
            KeyState::Current => 0,
            KeyState::Next => 1,
            KeyState::Retired => 2,
        };
        let mut sorted: Vec<_> = stored.iter().collect();
        sorted.sort_by_key(order);
        let row = |key: &&SigningKey| Row {
            id: key.id.to_string(),
            algorithm: key.algorithm.as_str(),
            state: key.state.as_str(),
            moment: When::of(match key.state {
                KeyState::Current => key.current_since.unwrap_or(key.created_at),
                KeyState::Next => key.signs_from(),
                KeyState::Retired => key.retired_until.unwrap_or(key.created_at),
            }),
        };
        let wanted = record.settings.algorithm;
        let is_other = sorted
            .iter()
            .any(|key| key.state == KeyState::Current && key.algorithm != wanted);
        let next = sorted
            .iter()
            .find(|key| is_other && key.state == KeyState::Next && key.algorithm == wanted);
        Keys {
            change: next.map(|next| (wanted.as_str(), When::of(next.signs_from()))),
            rows: sorted.iter().map(row).collect(),
            waits,
        }
    }
}

/// What was typed.
#[derive(Deserialize)]
pub struct Asked {
    /// `on` if the key in waiting is to sign even if it is not known everywhere.
    at_once: Option<String>,
}

/// Makes the key in waiting the one that signs.
pub async fn rotate(State(app): State<App>, visit: AppVisit, Form(asked): Form<Asked>) -> Answer {
    if app.is_console(&visit.record.id) {
        return Err(Error::forbidden(
            "console_app",
            "The Console's keys follow their schedule. `ginnel keys rotate` changes them at once.",
        )
        .into());
    }
    let (running, record, author) = (app.clone(), visit.record.clone(), author(&visit));
    // A key may have to be made, which blocks.
    let rotation = tokio::task::spawn_blocking(move || {
        keys::rotate(&running, &record, asked.at_once.is_some(), &author)
    });
    match rotation.await.map_err(Error::internal)?? {
        Rotation::Done { .. } => Ok(go(&saved(&visit.record.id, "keys"))),
        Rotation::Waits { .. } => {
            let said = Said {
                key_waits: true,
                ..Said::default()
            };
            Ok(draw(&app, &visit, axum::http::StatusCode::CONFLICT, said).await?)
        }
    }
}
