//! Apps: one website or product each, with its settings.
//!
//! Beside this file: `editing.rs` makes and changes apps, `loaded.rs` has the short-lived copies that requests work from,
//! `native.rs` is about apps on telephones, `removing.rs` removes apps with all they own.

mod editing;
mod loaded;
pub mod native;
mod removing;

pub use editing::{
    Changes, FIELDS_MAX, FieldChange, ListChange, NAMED, Named, NewApp, NewField, Problem, create,
    create_once, create_with, list, time, update,
};
pub use loaded::{FRESH_FOR, LoadedApp, LoadedApps, issuer, load};
pub use removing::remove;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::domain::keys::Algorithm;
use crate::domain::metadata::MetadataField;
use crate::domain::origins::AuthOrigin;
use crate::domain::users::Identifier;
use crate::error::{Code, Error, Result};
use crate::ids::AppId;
use crate::messages::{Channel, Language};
use crate::time::Timestamp;

/// What an app's team decides; stored as one JSON text, so that a setting added later has its default in old rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// What the app leaves to this server.
    #[serde(rename = "type")]
    pub app_type: AppType,
    /// Further origins on which the app's pages run.
    pub additional_auth_origins: Vec<AuthOrigin>,
    /// Android clients, as `android:apk-key-hash:…` (WebAuthn origins that are no web origins).
    pub native_origins: Vec<String>,
    /// Android apps by package, for the association file: `com.example.app` and the certificate's SHA-256 fingerprint, with a
    /// space between. The fingerprint's origin is allowed as one of `native_origins` is.
    pub android_apps: Vec<String>,
    /// iOS apps, as `TEAMID.bundle.identifier`. Their origin is `https://` and the RP ID.
    pub ios_apps: Vec<String>,
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
    /// Which of them an account must have; means something only where both are allowed.
    pub required_identifier: RequiredIdentifier,
    /// Country (ISO 3166-1 alpha-2, upper case) of phone numbers that are written without one.
    pub default_country: String,
    /// Whether an address or number must be proven before its account gets a passkey or signs in with one.
    pub identifier_verification: bool,
    /// Whether users may change their own identifiers, metadata and the names of their passkeys.
    pub profile_management: bool,
    /// The app's own fields of a user.
    pub metadata_schema: Vec<MetadataField>,
    /// Seconds since the sign-in within which passkeys and identifiers may be changed; 0 switches the rule off.
    pub recent_sign_in_seconds: u32,
    /// Whether an assertion whose counter did not grow is refused; it is an event in any case.
    pub refuse_stale_counter: bool,
    /// Fields of the user's metadata that go into the auth token.
    pub token_metadata: Vec<String>,
    /// Days after which the signing key is changed; 0: only by command.
    pub key_rotation_days: u32,
    /// Whether people may sign in by magic link.
    pub magic_links: bool,
    /// Whether people may sign in by one-time code: alone, or beside a link.
    pub one_time_codes: bool,
    /// Seconds that a magic link works.
    pub magic_link_lifetime_seconds: u32,
    /// Seconds that a code works.
    pub code_lifetime_seconds: u32,
    /// Further paths whose pages carry the element; a link may lead to one of them.
    pub login_paths: Vec<String>,
    /// Whether the tab that asked for a link without a browser key is signed in once the link was opened anywhere.
    pub plain_links: bool,
    /// Whether nobody may learn whether an identifier has an account (D8).
    pub hide_user_existence: bool,
    /// Language of messages when nothing else says one.
    pub default_language: String,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            app_type: AppType::Complete,
            additional_auth_origins: Vec::new(),
            native_origins: Vec::new(),
            android_apps: Vec::new(),
            ios_apps: Vec::new(),
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
            required_identifier: RequiredIdentifier::Either,
            default_country: "US".to_owned(),
            identifier_verification: false,
            profile_management: true,
            metadata_schema: Vec::new(),
            recent_sign_in_seconds: 10 * 60,
            refuse_stale_counter: false,
            token_metadata: Vec::new(),
            key_rotation_days: 90,
            magic_links: true,
            one_time_codes: true,
            magic_link_lifetime_seconds: 15 * 60,
            code_lifetime_seconds: 10 * 60,
            login_paths: Vec::new(),
            plain_links: false,
            hide_user_existence: false,
            default_language: "en".to_owned(),
        }
    }
}

/// What an app leaves to this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// All of signing in: users, links, codes, sessions.
    Complete,
    /// Passkeys alone, beside a login of its own.
    Flex,
}

impl AppType {
    /// All of them.
    pub const ALL: [AppType; 2] = [AppType::Complete, AppType::Flex];

    /// The word in settings and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            AppType::Complete => "complete",
            AppType::Flex => "flex",
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

impl AllowedIdentifier {
    /// All of them.
    pub const ALL: [AllowedIdentifier; 3] = [
        AllowedIdentifier::Email,
        AllowedIdentifier::Phone,
        AllowedIdentifier::Both,
    ];

    /// The word in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            AllowedIdentifier::Email => "email",
            AllowedIdentifier::Phone => "phone",
            AllowedIdentifier::Both => "both",
        }
    }

    /// The ways by which users are written to.
    pub fn channels(self) -> &'static [Channel] {
        match self {
            AllowedIdentifier::Email => &[Channel::Email],
            AllowedIdentifier::Phone => &[Channel::Sms],
            AllowedIdentifier::Both => &Channel::ALL,
        }
    }
}

/// Which identifiers an account must have, where both kinds are allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequiredIdentifier {
    /// One of them, whichever.
    Either,
    /// An e-mail address; people sign up with it.
    Email,
    /// A phone number; people sign up with it.
    Phone,
    /// Both: whoever signed up with one is asked for the other, and neither can be removed.
    Both,
}

impl RequiredIdentifier {
    /// All of them.
    pub const ALL: [RequiredIdentifier; 4] = [
        RequiredIdentifier::Either,
        RequiredIdentifier::Email,
        RequiredIdentifier::Phone,
        RequiredIdentifier::Both,
    ];

    /// The word in settings and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            RequiredIdentifier::Either => "either",
            RequiredIdentifier::Email => "email",
            RequiredIdentifier::Phone => "phone",
            RequiredIdentifier::Both => "both",
        }
    }
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
    /// Until when a test app lives unless it is claimed (D15); `None` for every other app.
    pub test_until: Option<Timestamp>,
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

    /// The page that carries the element, for links in mails: the app's own, or another of its login pages if `path` is one
    /// (D9). Never from what a request says of its origin.
    pub fn login_page(&self, path: Option<&str>) -> Url {
        let origin = self.auth_origin.url();
        let page = origin.join(&self.settings.login_url).unwrap_or(origin);
        let other = path.filter(|path| self.settings.login_paths.iter().any(|known| known == path));
        match other.map(|path| page.join(path)) {
            Some(Ok(other)) => other,
            _ => page,
        }
    }

    /// Whether this is a test app (D15).
    pub fn is_test_app(&self) -> bool {
        self.test_until.is_some()
    }

    /// Whether this is a test app whose week is over; housekeeping removes it within a minute.
    pub fn has_ended(&self, now: Timestamp) -> bool {
        self.test_until.is_some_and(|until| until <= now)
    }

    /// Language of messages when nothing else says one.
    pub fn default_language(&self) -> Language {
        Language::of_tag(&self.settings.default_language).unwrap_or(Language::En)
    }

    /// Which identifiers an account of this app must have.
    pub fn required_identifier(&self) -> RequiredIdentifier {
        match self.settings.allowed_identifier {
            AllowedIdentifier::Email => RequiredIdentifier::Email,
            AllowedIdentifier::Phone => RequiredIdentifier::Phone,
            AllowedIdentifier::Both => self.settings.required_identifier,
        }
    }

    /// Reads what somebody typed to name themselves. Where the app takes phone numbers, they need no calling code.
    pub fn identifier(&self, text: &str) -> Result<Identifier> {
        match self.settings.allowed_identifier {
            AllowedIdentifier::Email => Identifier::parse(text),
            AllowedIdentifier::Phone if !text.contains('@') => {
                Identifier::phone(text, Some(&self.settings.default_country))
            }
            AllowedIdentifier::Phone | AllowedIdentifier::Both => {
                Identifier::parse_in(text, &self.settings.default_country)
            }
        }
    }

    /// Whether the app takes this kind of identifier.
    pub fn allows(&self, identifier: &Identifier) -> bool {
        match identifier {
            Identifier::Email(_) => self.settings.allowed_identifier != AllowedIdentifier::Phone,
            Identifier::Phone(_) => self.settings.allowed_identifier != AllowedIdentifier::Email,
        }
    }

    /// Refuses a kind of identifier with which people do not sign up here. Signing in is open to whatever names a user. The
    /// texts are Passage's.
    pub fn require_allowed(&self, identifier: &Identifier) -> Result<()> {
        match (identifier, self.required_identifier()) {
            (Identifier::Email(_), RequiredIdentifier::Phone) => {
                Err(Error::invalid("identifier: must be a valid E164 number."))
            }
            (Identifier::Phone(_), RequiredIdentifier::Email) => {
                Err(Error::invalid("identifier: must be a valid email address."))
            }
            _ => Ok(()),
        }
    }

    /// The address of a page if it is one of those to which the app sends people: its redirect URL, or a page that carries
    /// the element. Compared as parsed URLs with the whole list, never by how they begin (D13).
    pub fn allowed_redirect(&self, text: &str) -> Option<String> {
        if text.is_empty() {
            return None;
        }
        let wanted = self.auth_origin.url().join(text).ok()?;
        let pages = [&self.settings.redirect_url, &self.settings.login_url];
        self.origins()
            .flat_map(|origin| {
                pages
                    .into_iter()
                    .chain(&self.settings.login_paths)
                    .filter_map(move |page| origin.url().join(page).ok())
            })
            .any(|known| known == wanted)
            .then(|| wanted.into())
    }
}

/// 404 for an id that names no app.
pub fn not_found() -> Error {
    Error::new(
        Code::AppNotFound,
        "No app has this id. Copy the application id again from where the app was made.",
    )
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
}
