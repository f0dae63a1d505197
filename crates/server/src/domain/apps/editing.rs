//! Making and changing apps, every value checked with a sentence that helps.
//!
//! Beside this file: `changes.rs` is what is to change, `lists.rs` of settings that are lists; `values.rs` checks single values, `native.rs` those of apps on
//! telephones, `fields.rs` the app's own fields of a user; `named.rs` is what each setting is called, and how its value reads.

mod changes;
mod fields;
mod lists;
mod named;
pub(super) mod native;
mod values;

pub use changes::{Changes, Problem};
pub use fields::{FIELDS_MAX, FieldChange, NewField};
pub use lists::ListChange;
pub use named::{NAMED, Named, time};

use super::{AppRecord, Settings, not_found};
use crate::app::App;
use crate::domain::console;
use crate::domain::events::{Author, Kind};
use crate::domain::keys::{self, Algorithm, SigningKey};
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::store::Tx;
use crate::time::Timestamp;

/// What a new app is made from, all of it checked.
#[derive(Debug)]
pub struct NewApp {
    name: String,
    auth_origin: AuthOrigin,
    settings: Settings,
    /// Sentences about what was put right while checking.
    pub notes: Vec<String>,
}

impl NewApp {
    /// Checks what a person typed.
    pub fn parse(name: &str, auth_origin: &str, redirect_url: &str) -> Result<Self> {
        let parsed = AuthOrigin::parse(auth_origin)?;
        let redirect = RedirectUrl::parse(redirect_url, &[&parsed.origin])?;
        Ok(NewApp {
            name: values::name(name)?,
            settings: Settings {
                redirect_url: redirect.as_str().to_owned(),
                ..Settings::default()
            },
            auth_origin: parsed.origin,
            notes: parsed.note.into_iter().collect(),
        })
    }

    /// Refuses a name that no app can have.
    pub fn check_name(name: &str) -> Result<()> {
        values::name(name).map(drop)
    }

    /// Chooses what signs the app's tokens.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.settings.algorithm = algorithm;
        self
    }

    /// Sets how long an auth token lives: 10 seconds to a day.
    pub fn auth_token_lifetime(mut self, seconds: u32) -> Result<Self> {
        self.settings.auth_token_lifetime_seconds = values::auth_token_lifetime(seconds)?;
        Ok(self)
    }

    /// Path of the page that carries the element, `/` unless set.
    pub fn login_url(mut self, path: &str) -> Result<Self> {
        self.settings.login_url = RedirectUrl::parse_as("login URL", path, &[&self.auth_origin])?
            .as_str()
            .to_owned();
        Ok(self)
    }

    /// Decides what the team would otherwise decide later: sign-in, users, sessions.
    pub fn change(mut self, changes: &Changes) -> Result<Self> {
        changes
            .apply_to_settings(&mut self.settings)
            .map_err(Problem::first)?;
        Ok(self)
    }

    /// What the team would decide.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// The app as it is stored first.
    pub(in crate::domain) fn into_record(self, id: AppId, now: Timestamp) -> AppRecord {
        AppRecord {
            id,
            name: self.name,
            rp_id: self.auth_origin.host(),
            auth_origin: self.auth_origin,
            settings: self.settings,
            created_at: now,
            updated_at: now,
            test_until: None,
        }
    }
}

/// Changes an app: all that was asked for, or nothing. Each setting that changed is an event. Other nodes follow when their
/// copy is no longer fresh.
pub fn update(
    app: &App,
    id: &AppId,
    changes: Changes,
    author: &Author,
) -> Result<(AppRecord, Vec<String>)> {
    let (now, wanted, is_console) = (app.clock.now(), id.clone(), app.is_console(id));
    let event = |named: &Named| {
        let kind = match named.name {
            "rp_id" => Kind::RpIdChanged,
            _ => Kind::SettingsChanged,
        };
        author.event(app, id, kind).about(named.name)
    };
    let events: Vec<_> = NAMED.iter().map(event).collect();
    let (before, record, notes) = app.store.write_blocking(move |tx| {
        let before = tx.find_app_to_update(&wanted, now)?.ok_or_else(not_found)?;
        let mut record = before.clone();
        let notes = changes.apply(&mut record).map_err(Problem::first)?;
        for (named, event) in NAMED.iter().zip(&events) {
            let Some(difference) = named.difference(&before, &record) else {
                continue;
            };
            if is_console && !named.is_for_console {
                return Err(Error::forbidden(
                    "console_app",
                    format!(
                        "{} of the Console's own app follows the server's settings and cannot be changed here.",
                        named.label
                    ),
                ));
            }
            tx.add_event(&event.clone().detailed(difference))?;
        }
        if is_console && record.settings.refresh_absolute_lifetime_seconds > console::LIFETIME {
            return Err(Error::invalid(format!(
                "A sign-in to the Console lasts at most {}.",
                time(console::LIFETIME)
            )));
        }
        tx.update_app(&record)?;
        Ok((before, record, notes))
    })?;
    app.apps.forget(id);
    let has_other_algorithm = before.settings.algorithm != record.settings.algorithm;
    if has_other_algorithm && record.test_until.is_none() {
        match keys::ensure_next(app, &record) {
            // No key is ready for the moment: housekeeping makes it within a minute.
            Err(error) if error.retry_after_seconds().is_some() => {}
            other => other?,
        }
    }
    Ok((record, notes))
}

/// Stores a new app with its first signing key. The key that follows it is made by the server's housekeeping.
pub fn create(app: &App, new: NewApp) -> Result<AppRecord> {
    create_with(app, new, |_, _| Ok(()))
}

/// The same, with what else belongs into its transaction. What `also` draws at random must be drawn before.
pub fn create_with(
    app: &App,
    new: NewApp,
    also: impl Fn(&mut Tx<'_>, &AppRecord) -> Result<()> + Send + 'static,
) -> Result<AppRecord> {
    let (record, key) = prepare(app, new)?;
    app.store.write_blocking(move |tx| {
        tx.add_app(&record)?;
        tx.add_signing_key(&key)?;
        also(tx, &record)?;
        Ok(record.clone())
    })
}

/// The app of this installation that a fact names; made from `new` if there is none yet. Of two nodes at once, one makes
/// it.
pub fn create_once(app: &App, fact: &'static str, new: NewApp) -> Result<AppRecord> {
    let (record, key) = prepare(app, new)?;
    app.store.write_blocking(move |tx| {
        let named: AppId = tx.add_fact(fact, record.id.as_str())?.parse()?;
        if named != record.id {
            return tx.find_app(&named)?.ok_or_else(not_found);
        }
        tx.add_app(&record)?;
        tx.add_signing_key(&key)?;
        Ok(record.clone())
    })
}

fn prepare(app: &App, new: NewApp) -> Result<(AppRecord, SigningKey)> {
    let now = app.clock.now();
    let record = new.into_record(AppId::draw(&app.random, now), now);
    let key = SigningKey::first(app, &record)?;
    Ok((record, key))
}

/// All apps, oldest first.
pub fn list(app: &App) -> Result<Vec<AppRecord>> {
    app.store.read_blocking(|tx| tx.list_apps())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_app_says_what_it_put_right() {
        let new = NewApp::parse(" Demo ", "http://127.0.0.1:8080", "/dashboard").unwrap();
        assert_eq!(new.auth_origin.as_str(), "http://localhost:8080");
        assert_eq!(new.name, "Demo");
        assert!(new.notes[0].contains("localhost"));
        assert!(NewApp::parse("", "http://localhost:8080", "/").is_err());
        assert!(NewApp::parse("a\nb", "http://localhost:8080", "/").is_err());
    }
}
