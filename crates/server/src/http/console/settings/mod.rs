//! The settings of an app: sections, each a form with its own button.
//!
//! Beside this file: `sections.rs` says which settings stand where, `form.rs` reads what was typed, `times.rs` lengths of time;
//! `cautions.rs` says what the settings as they are bring about, `keys.rs` shows and changes signing keys, `rp_id.rs` changes what passkeys belong to.

mod cautions;
mod form;
mod keys;
mod rp_id;
mod sections;
mod times;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use self::form::{Control, Field, Section, Typed, typed_of};
pub use self::keys::rotate;
pub use self::rp_id::change_rp_id;
use self::sections::SECTIONS;
use super::guard::AppVisit;
use super::page::{Answer, Frame, filters, go, show_with, status_of};
use crate::app::App;
use crate::domain::apps::{self, AppRecord, Changes, Named, Problem};
use crate::domain::events::Author;
use crate::domain::users::listing::COUNTED;
use crate::error::{Code, Error, Result};
use crate::http::console::input::{Form, Path, Query};
use crate::ids::AppId;

#[derive(Template)]
#[template(path = "console/settings.html")]
struct SettingsPage {
    frame: Frame,
    base: String,
    sections: Vec<Card>,
    may_save: bool,
    keys: keys::Keys,
    rp_id: rp_id::Card,
}

/// A section as it is drawn.
struct Card {
    section: &'static Section,
    lines: Vec<Line>,
    /// Whether it was saved a moment ago.
    is_saved: bool,
    /// What is wrong with none of its settings in particular.
    error: String,
}

/// A setting as it is drawn.
struct Line {
    field: &'static Field,
    label: &'static str,
    value: String,
    /// The unit of a length of time.
    unit: String,
    /// What the setting as it is stored brings about.
    caution: Option<String>,
    error: String,
    /// Whether the cursor is to stand there.
    is_first_wrong: bool,
}

impl Line {
    fn rows(&self) -> usize {
        (self.value.lines().count() + 1).clamp(2, 8)
    }

    fn described_by(&self) -> String {
        let name = self.field.name;
        let mut ids = vec![format!("{name}-hint")];
        if !self.error.is_empty() {
            ids.insert(0, format!("{name}-error"));
        }
        if !self.field.warning.is_empty() {
            ids.push(format!("{name}-warning"));
        }
        if self.caution.is_some() {
            ids.push(format!("{name}-caution"));
        }
        ids.join(" ")
    }
}

/// What the page says beside the settings as they are.
#[derive(Default)]
struct Said {
    /// The section that was saved a moment ago.
    saved: String,
    /// What was typed into a section and cannot be saved, with what is wrong.
    typed: Option<(&'static Section, Typed, Vec<Problem>)>,
    /// What was wrong with none of its settings in particular.
    error: String,
    /// What was typed for a new RP ID, and what is wrong with it.
    rp_id: Option<(String, String)>,
    /// Whether the next key may not sign yet, after it was asked to.
    key_waits: bool,
}

/// What follows the page's path.
#[derive(Default, Deserialize)]
pub struct Params {
    #[serde(default)]
    saved: String,
}

/// The page.
pub async fn settings(
    State(app): State<App>,
    visit: AppVisit,
    Query(params): Query<Params>,
) -> Answer {
    let said = Said {
        saved: params.saved,
        ..Said::default()
    };
    Ok(draw(&app, &visit, StatusCode::OK, said).await?)
}

/// Saves a section.
pub async fn save(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Answer {
    let is_console = app.is_console(&visit.record.id);
    let section = Section::find(&id)
        .filter(|section| section.fields(is_console).next().is_some())
        .ok_or_else(|| Error::new(Code::NotFound, "There are no such settings."))?;
    let checked = section.changes(&typed, is_console).and_then(|changes| {
        changes.apply(&mut visit.record.clone())?;
        Ok(changes)
    });
    let wrong = match checked {
        Ok(changes) => match update(&app, &visit, changes).await {
            Ok(()) => return Ok(go(&saved(&visit.record.id, section.id))),
            // Somebody else changed the app a moment before.
            Err(error) if error.code() == Code::InvalidRequest => Said {
                error: error.message().to_owned(),
                typed: Some((section, typed, Vec::new())),
                ..Said::default()
            },
            Err(error) => return Err(error.into()),
        },
        Err(problems) => Said {
            typed: Some((section, typed, problems)),
            ..Said::default()
        },
    };
    Ok(draw(&app, &visit, status_of(&Error::invalid("")), wrong).await?)
}

/// Where the browser goes after a section was saved.
fn saved(id: &AppId, section: &str) -> String {
    format!("/console/apps/{id}/settings?saved={section}#{section}")
}

/// Changes the app in the visitor's name.
pub async fn update(app: &App, visit: &AppVisit, changes: Changes) -> Result<()> {
    let (app, id, author) = (app.clone(), visit.record.id.clone(), author(visit));
    // A signing key may have to be made, which blocks.
    let updated = tokio::task::spawn_blocking(move || apps::update(&app, &id, changes, &author));
    updated.await.map_err(Error::internal)?.map(drop)
}

fn author(visit: &AppVisit) -> Author {
    Author::Member {
        id: visit.visit.visitor().user.id.clone(),
        client: visit.visit.client.clone(),
    }
}

async fn draw(app: &App, visit: &AppVisit, status: StatusCode, said: Said) -> Result<Response> {
    let frame = Frame::about(app, visit, "settings");
    let record = &visit.record;
    let id = record.id.clone();
    let (stored_keys, passkeys) = app
        .store
        .read(move |tx| {
            Ok((
                tx.list_signing_keys(&id)?,
                tx.count_passkeys(&id, COUNTED + 1)?,
            ))
        })
        .await?;
    let sections = SECTIONS
        .iter()
        .map(|section| card(app, record, section, &said))
        .filter(|card| !card.lines.is_empty())
        .collect();
    let page = SettingsPage {
        base: format!("/console/apps/{}/settings", record.id),
        sections,
        may_save: frame.may("settings"),
        keys: keys::Keys::of(record, &stored_keys, said.key_waits),
        rp_id: rp_id::Card::of(record, passkeys, &frame, said),
        frame,
    };
    Ok(show_with(status, &page))
}

fn card(app: &App, record: &AppRecord, section: &'static Section, said: &Said) -> Card {
    let is_console = app.is_console(&record.id);
    let typed = said.typed.as_ref().filter(|typed| typed.0.id == section.id);
    let mut has_wrong = false;
    let line = |(field, named): (&'static Field, &'static Named)| {
        let stored = typed_of(record, field);
        let shown = typed.map_or(&stored, |typed| &typed.1);
        let text = |name: &str| shown.get(name).cloned().unwrap_or_default();
        let problems = typed.iter().flat_map(|typed| &typed.2);
        let error = problems
            .filter(|problem| problem.setting == field.name)
            .map(|problem| problem.error.message().to_owned())
            .next()
            .unwrap_or_default();
        let is_first_wrong = !error.is_empty() && !std::mem::replace(&mut has_wrong, true);
        Line {
            field,
            label: named.label,
            value: text(field.name),
            unit: text(&times::unit_name(field.name)),
            caution: (!is_console)
                .then(|| cautions::of(app, record, field.name))
                .flatten(),
            error,
            is_first_wrong,
        }
    };
    Card {
        section,
        lines: section.fields(is_console).map(line).collect(),
        is_saved: said.saved == section.id,
        error: if typed.is_some() {
            said.error.clone()
        } else {
            String::new()
        },
    }
}
