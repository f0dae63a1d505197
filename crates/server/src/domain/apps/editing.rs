//! Making and changing apps, every value checked with a sentence that helps.

use super::{AppRecord, Settings, not_found};
use crate::app::App;
use crate::domain::keys::{Algorithm, SigningKey};
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::messages::Language;
use crate::store::Tx;
use crate::time::Timestamp;

/// Longest name, characters.
const NAME_MAX: usize = 80;

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
            name: parse_name(name)?,
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
        parse_name(name).map(drop)
    }

    /// Chooses what signs the app's tokens.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.settings.algorithm = algorithm;
        self
    }

    /// Sets how long an auth token lives: 10 seconds to a day.
    pub fn auth_token_lifetime(mut self, seconds: u32) -> Result<Self> {
        self.settings.auth_token_lifetime_seconds = parse_lifetime(seconds)?;
        Ok(self)
    }

    /// Path of the page that carries the element, `/` unless set.
    pub fn login_url(mut self, path: &str) -> Result<Self> {
        self.settings.login_url = RedirectUrl::parse(path, &[&self.auth_origin])?
            .as_str()
            .to_owned();
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

fn parse_name(name: &str) -> Result<String> {
    let name = name.trim();
    if name.is_empty() {
        return Err(Error::invalid(
            "The name is empty. Write what people know your product by; browsers show it when a passkey is made.",
        ));
    }
    if name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "The name must have at most {NAME_MAX} characters and no line breaks."
        )));
    }
    Ok(name.to_owned())
}

/// Lifetime of a link or code: a minute to a day.
fn parse_message_lifetime(what: &str, seconds: u32) -> Result<u32> {
    if (60..=86_400).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::invalid(format!(
            "The {what}'s lifetime must be between 60 and 86400 seconds; mail may take a minute to arrive."
        )))
    }
}

/// A path of the app's own pages, without query: links in mails may lead there.
fn parse_login_path(text: &str) -> Result<String> {
    let text = text.trim();
    let is_path = text.starts_with('/') && !text.starts_with("//");
    let is_climbing = text.split('/').any(|part| part == ".." || part == ".");
    if !is_path
        || is_climbing
        || text.contains(['?', '#', '\\'])
        || text.chars().any(char::is_control)
    {
        return Err(Error::invalid(format!(
            "The login path `{}` must be a path alone, such as `/login`.",
            text.escape_default()
        )));
    }
    Ok(text.to_owned())
}

fn parse_language(tag: &str) -> Result<String> {
    let known = Language::of_tag(tag).filter(|language| language.as_str() == tag);
    known
        .map(|language| language.as_str().to_owned())
        .ok_or_else(|| Error::invalid("The language must be one of de, en, es, it, pl, pt, zh."))
}

fn parse_lifetime(seconds: u32) -> Result<u32> {
    if (10..=86_400).contains(&seconds) {
        Ok(seconds)
    } else {
        Err(Error::invalid(
            "The auth token's lifetime must be between 10 and 86400 seconds.",
        ))
    }
}

/// What is to change of an app, as a person typed it; `None` leaves things as they are.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    /// What people see.
    pub name: Option<String>,
    /// Where people go after sign-in.
    pub redirect_url: Option<String>,
    /// Path of the page that carries the element.
    pub login_url: Option<String>,
    /// Further origins on which the app's pages run.
    pub add_origins: Vec<String>,
    /// Further origins on which they run no more.
    pub remove_origins: Vec<String>,
    /// Whether people may sign themselves up.
    pub public_signup: Option<bool>,
    /// Seconds that an auth token lives.
    pub auth_token_lifetime: Option<u32>,
    /// Seconds since the sign-in within which passkeys may be changed; 0 switches the rule off.
    pub recent_sign_in: Option<u32>,
    /// Whether people may sign in by magic link.
    pub magic_links: Option<bool>,
    /// Seconds that a magic link works.
    pub magic_link_lifetime: Option<u32>,
    /// Seconds that the code beside it works.
    pub code_lifetime: Option<u32>,
    /// Further paths whose pages carry the element.
    pub add_login_paths: Vec<String>,
    /// Paths whose pages carry it no more.
    pub remove_login_paths: Vec<String>,
    /// Whether a waiting tab without a browser key is signed in, too.
    pub plain_links: Option<bool>,
    /// Whether nobody may learn who has an account.
    pub hide_user_existence: Option<bool>,
    /// Language of messages when nothing else says one.
    pub default_language: Option<String>,
}

impl Changes {
    /// Applies the changes, each checked. Sentences about what was put right on the way.
    pub fn apply(&self, record: &mut AppRecord) -> Result<Vec<String>> {
        let mut notes = Vec::new();
        if let Some(name) = &self.name {
            record.name = parse_name(name)?;
        }
        for text in &self.add_origins {
            let parsed = AuthOrigin::parse(text)?;
            notes.extend(parsed.note);
            if parsed.origin.is_within(&record.rp_id) {
                if !record.allows_origin(parsed.origin.as_str()) {
                    record.settings.additional_auth_origins.push(parsed.origin);
                }
            } else {
                return Err(Error::invalid(format!(
                    "Browsers would refuse this app's passkeys on {}: they belong to `{}` and its subdomains. Make an app of its own for that origin.",
                    parsed.origin, record.rp_id
                )));
            }
        }
        for text in &self.remove_origins {
            let origin = AuthOrigin::parse(text)?.origin;
            let before = record.settings.additional_auth_origins.len();
            record
                .settings
                .additional_auth_origins
                .retain(|known| *known != origin);
            if record.settings.additional_auth_origins.len() == before {
                return Err(Error::invalid(format!(
                    "{origin} is not among the app's additional origins."
                )));
            }
        }
        let origins: Vec<AuthOrigin> = record.origins().cloned().collect();
        let origins: Vec<&AuthOrigin> = origins.iter().collect();
        let settings = &mut record.settings;
        if let Some(text) = &self.redirect_url {
            settings.redirect_url = RedirectUrl::parse(text, &origins)?.as_str().to_owned();
        }
        if let Some(text) = &self.login_url {
            settings.login_url = RedirectUrl::parse(text, &origins)?.as_str().to_owned();
        }
        if let Some(public_signup) = self.public_signup {
            settings.public_signup = public_signup;
        }
        if let Some(seconds) = self.auth_token_lifetime {
            settings.auth_token_lifetime_seconds = parse_lifetime(seconds)?;
        }
        if let Some(seconds) = self.recent_sign_in {
            settings.recent_sign_in_seconds = seconds;
        }
        self.apply_to_messages(settings)?;
        Ok(notes)
    }

    fn apply_to_messages(&self, settings: &mut Settings) -> Result<()> {
        if let Some(magic_links) = self.magic_links {
            settings.magic_links = magic_links;
        }
        if let Some(seconds) = self.magic_link_lifetime {
            settings.magic_link_lifetime_seconds = parse_message_lifetime("magic link", seconds)?;
        }
        if let Some(seconds) = self.code_lifetime {
            settings.code_lifetime_seconds = parse_message_lifetime("code", seconds)?;
        }
        for text in &self.add_login_paths {
            let path = parse_login_path(text)?;
            if !settings.login_paths.contains(&path) {
                settings.login_paths.push(path);
            }
        }
        for path in &self.remove_login_paths {
            let before = settings.login_paths.len();
            settings.login_paths.retain(|known| known != path);
            if settings.login_paths.len() == before {
                return Err(Error::invalid(format!(
                    "{path} is not among the app's login paths."
                )));
            }
        }
        if let Some(plain_links) = self.plain_links {
            settings.plain_links = plain_links;
        }
        if let Some(hide_user_existence) = self.hide_user_existence {
            settings.hide_user_existence = hide_user_existence;
        }
        if let Some(tag) = &self.default_language {
            settings.default_language = parse_language(tag)?;
        }
        Ok(())
    }
}

/// Changes an app: all that was asked for, or nothing. Other nodes follow when their copy is no longer fresh.
pub fn update(app: &App, id: &AppId, changes: Changes) -> Result<(AppRecord, Vec<String>)> {
    let (now, wanted) = (app.clock.now(), id.clone());
    let updated = app.store.write_blocking(move |tx| {
        let mut record = tx.find_app_to_update(&wanted, now)?.ok_or_else(not_found)?;
        let notes = changes.apply(&mut record)?;
        tx.update_app(&record)?;
        Ok((record, notes))
    })?;
    app.apps.forget(id);
    Ok(updated)
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
    use crate::random::Random;

    #[test]
    fn a_new_app_says_what_it_put_right() {
        let new = NewApp::parse(" Demo ", "http://127.0.0.1:8080", "/dashboard").unwrap();
        assert_eq!(new.auth_origin.as_str(), "http://localhost:8080");
        assert_eq!(new.name, "Demo");
        assert!(new.notes[0].contains("localhost"));
        assert!(NewApp::parse("", "http://localhost:8080", "/").is_err());
        assert!(NewApp::parse("a\nb", "http://localhost:8080", "/").is_err());
    }

    #[test]
    fn changes_are_checked_against_the_app() {
        let now = Timestamp::from_millis(0);
        let new = NewApp::parse("Demo", "https://app.example.com", "/").unwrap();
        let mut record = new.into_record(AppId::draw(&Random::seeded(1), now), now);
        let add = |origin: &str| Changes {
            add_origins: vec![origin.to_owned()],
            ..Changes::default()
        };
        add("https://admin.app.example.com")
            .apply(&mut record)
            .unwrap();
        assert!(record.allows_origin("https://admin.app.example.com"));
        let refusal = add("https://example.com").apply(&mut record).unwrap_err();
        assert!(
            refusal.message().contains("Make an app of its own"),
            "{refusal}"
        );
        assert!(
            add("https://notapp.example.com")
                .apply(&mut record)
                .is_err()
        );
        let changes = Changes {
            redirect_url: Some("https://admin.app.example.com/home".into()),
            ..Changes::default()
        };
        changes.apply(&mut record).unwrap();
        let remove = Changes {
            remove_origins: vec!["https://admin.app.example.com/".into()],
            ..Changes::default()
        };
        remove.apply(&mut record).unwrap();
        assert!(remove.apply(&mut record).is_err());
    }
}
