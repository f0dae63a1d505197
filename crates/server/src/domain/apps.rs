//! Apps: one website or product each, with its settings, and the short-lived copy that requests work from.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::keys::{Algorithm, KeyRing, SigningKey};
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::error::{Code, Error, Result};
use crate::ids::AppId;
use crate::time::Timestamp;

/// What an app's team decides; stored as one JSON text, so that a setting added later has its default in old rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Further origins on which the app's pages run.
    pub additional_auth_origins: Vec<AuthOrigin>,
    /// Native clients, as `android:apk-key-hash:…` (WebAuthn origins that are no web origins).
    pub native_origins: Vec<String>,
    /// Origins that may embed the app's pages in a frame and still use passkeys (`topOrigin`); empty: none may.
    pub top_origins: Vec<String>,
    /// Where people go after sign-in.
    pub redirect_url: String,
    /// Path of the page that carries the element.
    pub login_url: String,
    /// What signs auth tokens.
    pub algorithm: Algorithm,
    /// Seconds an auth token lives.
    pub auth_token_lifetime_seconds: u32,
    /// Whether sessions can be refreshed.
    pub refresh_enabled: bool,
    /// Seconds after which a session ends, however used.
    pub refresh_absolute_lifetime_seconds: u32,
    /// Seconds without use after which a session ends.
    pub refresh_inactivity_lifetime_seconds: u32,
    /// Whether people may sign themselves up.
    pub public_signup: bool,
    /// Which identifiers name users.
    pub allowed_identifier: AllowedIdentifier,
    /// Seconds since the sign-in within which passkeys and identifiers may be changed; 0 switches the rule off.
    pub recent_sign_in_seconds: u32,
    /// Whether an assertion whose counter did not grow is refused; it is an event in any case.
    pub refuse_stale_counter: bool,
    /// Fields of the user's metadata that go into the auth token.
    pub token_metadata: Vec<String>,
    /// Days after which the signing key is changed; 0: only by command.
    pub key_rotation_days: u32,
    /// Language of messages when nothing else says one.
    pub default_language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            additional_auth_origins: Vec::new(),
            native_origins: Vec::new(),
            top_origins: Vec::new(),
            redirect_url: "/".to_owned(),
            login_url: "/".to_owned(),
            algorithm: Algorithm::Rs256,
            auth_token_lifetime_seconds: 60 * 60,
            refresh_enabled: true,
            refresh_absolute_lifetime_seconds: 30 * 24 * 60 * 60,
            refresh_inactivity_lifetime_seconds: 7 * 24 * 60 * 60,
            public_signup: true,
            allowed_identifier: AllowedIdentifier::Email,
            recent_sign_in_seconds: 10 * 60,
            refuse_stale_counter: false,
            token_metadata: Vec::new(),
            key_rotation_days: 90,
            default_language: "en".to_owned(),
        }
    }
}

/// Which identifiers an app takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedIdentifier {
    /// E-mail addresses.
    Email,
    /// Phone numbers.
    Phone,
    /// Either.
    Both,
}

/// An app as stored.
#[derive(Clone, Debug)]
pub struct AppRecord {
    /// Names the app.
    pub id: AppId,
    /// What people see.
    pub name: String,
    /// Where the app's pages run; goes into tokens as audience.
    pub auth_origin: AuthOrigin,
    /// The WebAuthn RP ID; the auth origin's host unless set otherwise.
    pub rp_id: String,
    /// What the team decided.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

impl AppRecord {
    /// All web origins on which the app's pages run, the auth origin first.
    pub fn origins(&self) -> impl Iterator<Item = &AuthOrigin> {
        std::iter::once(&self.auth_origin).chain(&self.settings.additional_auth_origins)
    }

    /// Whether a page on this origin may call for the app.
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins().any(|known| known.as_str() == origin)
    }

    /// Refuses a kind of identifier that the app does not take.
    pub fn require_allowed(&self, identifier: &crate::domain::users::Identifier) -> Result<()> {
        use crate::domain::users::Identifier;
        match (identifier, self.settings.allowed_identifier) {
            (Identifier::Email(_), AllowedIdentifier::Phone) => {
                Err(Error::invalid("identifier: must be a valid E164 number."))
            }
            (Identifier::Phone(_), AllowedIdentifier::Email) => {
                Err(Error::invalid("identifier: must be a valid email address."))
            }
            _ => Ok(()),
        }
    }
}

/// An app with its keys ready for use. Requests share one copy for at most [`FRESH_FOR`]; what another node or the
/// command line changed is seen after that.
pub struct LoadedApp {
    record: AppRecord,
    /// The app's keys, parsed once.
    pub keys: Arc<KeyRing>,
    /// Issuer of the app's tokens: the URL of its authentication API under `public_url`.
    pub issuer: String,
    /// Origins that a passkey's client data may name: web origins, then native ones.
    pub webauthn_origins: Vec<String>,
    read_at: Timestamp,
}

impl std::ops::Deref for LoadedApp {
    type Target = AppRecord;

    fn deref(&self) -> &AppRecord {
        &self.record
    }
}

/// How long a node works from its copy of an app.
pub const FRESH_FOR: Duration = Duration::from_secs(2);

/// How long a copy is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);

/// The node's copies of apps.
#[derive(Default)]
pub struct LoadedApps {
    apps: RwLock<HashMap<AppId, Arc<LoadedApp>>>,
}

impl LoadedApps {
    /// Drops a copy, so that the next request reads the app again.
    pub fn forget(&self, id: &AppId) {
        self.apps
            .write()
            .expect("no panic while holding apps")
            .remove(id);
    }

    fn get(&self, id: &AppId, now: Timestamp) -> Option<Arc<LoadedApp>> {
        let apps = self.apps.read().expect("no panic while holding apps");
        apps.get(id)
            .filter(|app| now.since(app.read_at) < FRESH_FOR)
            .cloned()
    }

    fn get_stale(&self, id: &AppId) -> Option<Arc<LoadedApp>> {
        self.apps
            .read()
            .expect("no panic while holding apps")
            .get(id)
            .cloned()
    }

    /// Drops the copies that no request has asked for in a while.
    pub fn keep_small(&self, now: Timestamp) {
        let mut apps = self.apps.write().expect("no panic while holding apps");
        apps.retain(|_, app| now.since(app.read_at) < KEPT_FOR);
    }

    fn put(&self, app: Arc<LoadedApp>) {
        self.apps
            .write()
            .expect("no panic while holding apps")
            .insert(app.id.clone(), app);
    }
}

/// 404 for an id that names no app.
pub fn not_found() -> Error {
    Error::new(
        Code::AppNotFound,
        "No app has this id. Copy the application id again; `ginnel app list` shows them all.",
    )
}

/// The app that an id names, with its keys.
pub async fn load(app: &App, id: &AppId) -> Result<Arc<LoadedApp>> {
    let now = app.clock.now();
    if let Some(loaded) = app.apps.get(id, now) {
        return Ok(loaded);
    }
    let wanted = id.clone();
    let read = app
        .store
        .read(move |tx| {
            let Some(record) = tx.find_app(&wanted)? else {
                return Err(not_found());
            };
            let keys = tx.list_signing_keys(&wanted)?;
            Ok((record, keys))
        })
        .await;
    let previous = app.apps.get_stale(id);
    let (record, keys) = match (read, &previous) {
        (Ok(read), _) => read,
        // Back ends can go on checking tokens while the database is away.
        (Err(error), Some(previous)) if error.code() == Code::Unavailable => {
            return Ok(previous.clone());
        }
        (Err(error), _) => {
            app.apps.forget(id);
            return Err(error);
        }
    };
    let keys = match previous {
        Some(previous) if previous.keys.is_of(&keys) => previous.keys.clone(),
        _ => Arc::new(KeyRing::open(&app.secrets, &keys)?),
    };
    let loaded = Arc::new(LoadedApp {
        keys,
        issuer: issuer(&app.config.public_origin(), id),
        webauthn_origins: record
            .origins()
            .map(|origin| origin.as_str().to_owned())
            .chain(record.settings.native_origins.iter().cloned())
            .collect(),
        record,
        read_at: now,
    });
    app.apps.put(loaded.clone());
    Ok(loaded)
}

/// Issuer of an app's tokens, under the server's public origin.
pub fn issuer(public_origin: &str, id: &AppId) -> String {
    format!("{public_origin}/auth/v1/apps/{id}")
}

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
    /// Longest name, characters.
    const NAME_MAX: usize = 80;

    /// Checks what a person typed.
    pub fn parse(name: &str, auth_origin: &str, redirect_url: &str) -> Result<Self> {
        let name = name.trim();
        if name.is_empty() {
            return Err(Error::invalid(
                "The name is empty. Write what people know your product by; browsers show it when a passkey is made.",
            ));
        }
        if name.chars().count() > Self::NAME_MAX || name.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "The name must have at most {} characters and no line breaks.",
                Self::NAME_MAX
            )));
        }
        let parsed = AuthOrigin::parse(auth_origin)?;
        let redirect = RedirectUrl::parse(redirect_url, &[&parsed.origin])?;
        Ok(NewApp {
            name: name.to_owned(),
            settings: Settings {
                redirect_url: redirect.as_str().to_owned(),
                ..Settings::default()
            },
            auth_origin: parsed.origin,
            notes: parsed.note.into_iter().collect(),
        })
    }

    /// Chooses what signs the app's tokens.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.settings.algorithm = algorithm;
        self
    }

    /// Sets how long an auth token lives: 10 seconds to a day.
    pub fn auth_token_lifetime(mut self, seconds: u32) -> Result<Self> {
        if !(10..=86_400).contains(&seconds) {
            return Err(Error::invalid(
                "The auth token's lifetime must be between 10 and 86400 seconds.",
            ));
        }
        self.settings.auth_token_lifetime_seconds = seconds;
        Ok(self)
    }

    /// Path of the page that carries the element, `/` unless set.
    pub fn login_url(mut self, path: &str) -> Result<Self> {
        self.settings.login_url = RedirectUrl::parse(path, &[&self.auth_origin])?
            .as_str()
            .to_owned();
        Ok(self)
    }
}

/// Stores a new app with its first signing key. The key that follows it is made by the server's housekeeping.
pub fn create(app: &App, new: NewApp) -> Result<AppRecord> {
    let now = app.clock.now();
    let record = AppRecord {
        id: AppId::random(&app.random),
        name: new.name,
        rp_id: new.auth_origin.host(),
        auth_origin: new.auth_origin,
        settings: new.settings,
        created_at: now,
        updated_at: now,
    };
    let key = SigningKey::first(app, &record)?;
    let stored = record.clone();
    app.store.write_blocking(move |tx| {
        tx.add_app(&stored)?;
        tx.add_signing_key(&key)
    })?;
    Ok(record)
}

/// All apps, oldest first.
pub fn list(app: &App) -> Result<Vec<AppRecord>> {
    app.store.read_blocking(|tx| tx.list_apps())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_old_row_without_newer_settings_has_their_defaults() {
        let settings: Settings = serde_json::from_str(r#"{"redirect_url":"/home"}"#).unwrap();
        assert_eq!(
            settings,
            Settings {
                redirect_url: "/home".into(),
                ..Settings::default()
            }
        );
    }

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
