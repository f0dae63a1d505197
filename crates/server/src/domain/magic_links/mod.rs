//! Magic links, and the code in the same mail (D9, D10): what is stored of one, and what it is good for.
//!
//! Beside this file: `asking.rs` sends them, `using.rs` opens them, types their codes and tells the tab that asked.

mod asking;
mod using;

pub use asking::{Asked, Wish, ask_to_change_address, ask_to_sign_in, ask_to_sign_up};
pub use using::{Activated, Presented, activate, collect, try_code};

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::users::words;
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, MagicLinkId, SessionId, UserId};
use crate::messages::{self, Language};
use crate::secrets::SecretHash;
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// Letters of an id that name its link in events: its time, and enough to tell links of one moment apart.
const LABEL_LENGTH: usize = 12;

/// How often one code may be typed wrong.
const CODE_TRIES: i64 = 5;

/// What a link is good for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Signs a user in, and proves the address.
    SignIn,
    /// Makes a user, or finds the one who has come to be meanwhile, and signs in.
    SignUp,
    /// Proves the address that a signed-in user has.
    VerifyAddress,
    /// Gives a signed-in user the address to which it was sent.
    ChangeAddress,
    /// Nothing: stands in where an app hides whether there is an account. Its secrets are sent to nobody.
    Nothing,
}

words!(Purpose {
    SignIn = "sign_in",
    SignUp = "sign_up",
    VerifyAddress = "verify_address",
    ChangeAddress = "change_address",
    Nothing = "nothing",
});

/// How a link was used up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UsedBy {
    /// It signed in whoever opened it.
    Opened,
    /// It was opened elsewhere with the right digits: the tab that asked is signed in.
    Approved,
    /// Its code was typed.
    Code,
    /// It was opened elsewhere with wrong digits.
    WrongDigits,
}

words!(UsedBy {
    Opened = "opened",
    Approved = "approved",
    Code = "code",
    WrongDigits = "wrong_digits",
});

/// A link as stored: its secrets are hashes.
#[derive(Clone, Debug)]
pub struct MagicLink {
    /// Names the link; the tab that asked knows it.
    pub id: MagicLinkId,
    /// The app.
    pub app_id: AppId,
    /// Whom it is for; for a sign-up, the id that the user will have.
    pub user_id: UserId,
    /// What it is good for.
    pub purpose: Purpose,
    /// Where it was sent.
    pub address: String,
    /// In which language.
    pub language: Language,
    /// SHA-256 of the secret in the link.
    pub secret_hash: SecretHash,
    /// SHA-256 of the key of the browser that asked, if it has one.
    pub browser_key_hash: Option<SecretHash>,
    /// Keyed hash of the two digits that the tab that asked shows.
    pub digits_hash: Option<SecretHash>,
    /// Keyed hash of the code; `None` once a later one was sent.
    pub code_hash: Option<SecretHash>,
    /// Wrong tries that the code still has.
    pub code_tries_left: i64,
    /// When the code ends.
    pub code_expires_at: Timestamp,
    /// The session that asked, for proving and changing an address.
    pub asked_by_session: Option<SessionId>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When the link ends.
    pub expires_at: Timestamp,
    /// How it was used up.
    pub used_by: Option<UsedBy>,
    /// The session that it opened.
    pub session_id: Option<SessionId>,
}

impl MagicLink {
    /// Names the link in events. No more than its beginning: with plain links the whole id is as good as the link.
    fn label(&self) -> &str {
        label(&self.id)
    }

    /// Whether the key is that of the browser that asked.
    fn is_key(&self, browser_key: Option<&str>) -> bool {
        match (&self.browser_key_hash, browser_key) {
            (Some(hash), Some(key)) => *hash == SecretHash::of(key),
            _ => false,
        }
    }
}

/// The beginning of a link's id, for events.
pub(in crate::domain) fn label(id: &MagicLinkId) -> &str {
    &id.as_str()[..LABEL_LENGTH]
}

fn code_hash(app: &App, id: &MagicLinkId, code: &str) -> SecretHash {
    app.secrets.hash_guessable("code", id.as_str(), code)
}

fn digits_hash(app: &App, id: &MagicLinkId, digits: &str) -> SecretHash {
    app.secrets.hash_guessable("digits", id.as_str(), digits)
}

/// The two digits of a browser that asks for an address: the same for each mail that it asks for, so that the page shows the
/// right ones whichever mail is opened.
fn digits(app: &App, browser_key_hash: &SecretHash, address: &str) -> String {
    let number = app.secrets.number_of(browser_key_hash, address);
    format!("{:02}", number % 100)
}

/// A link, or the code beside it, that was used up for a user. Made nowhere but in `using.rs`, where it is taken from the
/// store: a [`Proof`](crate::domain::proof::Proof) stands on it.
pub struct Consumed {
    app_id: AppId,
    user_id: UserId,
    link_id: MagicLinkId,
    by_code: bool,
}

impl Consumed {
    /// The app.
    pub fn app_id(&self) -> &AppId {
        &self.app_id
    }

    /// Who proved to be the owner of the address.
    pub fn user_id(&self) -> &UserId {
        &self.user_id
    }

    /// The link.
    pub fn link_id(&self) -> &MagicLinkId {
        &self.link_id
    }

    /// Whether it was the code that was used.
    pub fn is_by_code(&self) -> bool {
        self.by_code
    }
}

/// Whether people of this app can sign in by link.
pub fn are_enabled(app: &App, loaded: &LoadedApp) -> bool {
    loaded.settings.magic_links && messages::are_read(app, loaded, messages::Channel::Email)
}

fn require_enabled(app: &App, loaded: &LoadedApp) -> Result<()> {
    if are_enabled(app, loaded) {
        return Ok(());
    }
    Err(Error::forbidden(
        "magic_links_disabled",
        if loaded.settings.magic_links {
            "This server cannot send mail yet. Sign in with a passkey, or ask the people who run it to set `smtp_url` and `mail_from`."
        } else {
            "This app has no magic links. Sign in with a passkey."
        },
    ))
}

fn not_found() -> Error {
    Error::new(
        Code::MagicLinkNotFound,
        "This link does not belong to any sign-in here. Open the newest mail, or ask for a new link.",
    )
}

/// 404 for a link that has ended, also because the address or the session it was for is no more.
pub(in crate::domain) fn expired() -> Error {
    Error::new(
        Code::MagicLinkNotFound,
        "This link has expired. Ask for a new one.",
    )
    .with_reason("magic_link_expired")
}

fn used() -> Error {
    Error::new(
        Code::MagicLinkNotFound,
        "This link was used before. Ask for a new one.",
    )
    .with_reason("magic_link_used")
}

fn wrong_digits() -> Error {
    Error::new(
        Code::InvalidMagicLink,
        "Those were not the digits, so this link works no more. Ask for a new one where you want to sign in.",
    )
    .with_reason("wrong_digits")
}
