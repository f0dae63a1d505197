//! Magic links, and codes beside them or alone (D9, D10): what is stored of one, and what it is good for.
//!
//! A code alone is a link whose secret is sent to nobody. Beside this file: `asking.rs` sends them, `changing.rs` sends those
//! that give an account another address, `using.rs` opens them, types their codes and tells the tab that asked, `passkeys.rs`
//! opens them together with a passkey, as old Passage packages do.

mod asking;
mod changing;
mod passkeys;
mod using;

pub use asking::{Asked, Means, Wish, ask_to_sign_in, ask_to_sign_up};
pub use changing::{ask_to_change_address, remove_address};
pub use passkeys::{finish_adding, finish_sign_in, start_adding, start_sign_in};
pub use using::{Activated, Presented, activate, collect, try_code};

use serde_json::Value as Json;

use crate::app::App;
use crate::domain::apps::{AllowedIdentifier, AppType, LoadedApp};
use crate::domain::users::{Identifier, User, words};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, MagicLinkId, SessionId, UserId};
use crate::messages::{self, Channel, Language};
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
    pub address: Identifier,
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
    /// Values of the app's own fields that whoever asked gives to a new account.
    pub user_metadata: Option<Json>,
    /// Where to go once it is used, if not to the app's redirect URL.
    pub redirect_url: Option<String>,
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
fn digits(app: &App, browser_key_hash: &SecretHash, address: &Identifier) -> String {
    let number = app.secrets.number_of(browser_key_hash, address.as_str());
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

/// What people of an app can be sent to sign in with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Offer {
    /// Magic links.
    pub links: bool,
    /// One-time codes.
    pub codes: bool,
}

impl Offer {
    /// What the app wants and the server can send to at least one kind of identifier that the app takes.
    pub fn of(app: &App, loaded: &LoadedApp) -> Self {
        let settings = &loaded.settings;
        let channels: &[Channel] = match settings.allowed_identifier {
            AllowedIdentifier::Email => &[Channel::Email],
            AllowedIdentifier::Phone => &[Channel::Sms],
            AllowedIdentifier::Both => &Channel::ALL,
        };
        let is_sent = settings.app_type == AppType::Complete
            && channels
                .iter()
                .any(|&channel| messages::are_read(app, loaded, channel));
        Offer {
            links: settings.magic_links && is_sent,
            codes: settings.one_time_codes && is_sent,
        }
    }
}

/// Whether somebody with these proven addresses can sign in by a message.
pub fn is_way_in(app: &App, loaded: &LoadedApp, user: &User) -> bool {
    let settings = &loaded.settings;
    (settings.magic_links || settings.one_time_codes)
        && ((user.email_verified && messages::are_read(app, loaded, Channel::Email))
            || (user.phone_verified && messages::are_read(app, loaded, Channel::Sms)))
}

/// Refuses what the app does not want, or what cannot be sent to this address.
fn require_sent(app: &App, loaded: &LoadedApp, means: Means, to: &Identifier) -> Result<()> {
    match means {
        Means::Link if !loaded.settings.magic_links => return Err(magic_links_disabled()),
        Means::Code if !loaded.settings.one_time_codes => return Err(one_time_codes_disabled()),
        Means::Link | Means::Code => {}
    }
    if messages::are_read(app, loaded, Channel::of(to.as_str())) {
        return Ok(());
    }
    Err(match to {
        Identifier::Email(_) => Error::forbidden(
            match means {
                Means::Link => "magic_links_disabled",
                Means::Code => "one_time_codes_disabled",
            },
            "This server cannot send mail yet. Sign in with a passkey, or ask the people who run it to set `smtp_url` and `mail_from`.",
        ),
        Identifier::Phone(_) => Error::invalid(
            "This server sends no text messages; use an e-mail address or a passkey, or ask the people who run it to set `sms_url`.",
        )
        .with_reason("channel_not_available"),
    })
}

fn magic_links_disabled() -> Error {
    Error::forbidden(
        "magic_links_disabled",
        "This app has no magic links. Sign in with a passkey, or by a code if it has them.",
    )
}

fn one_time_codes_disabled() -> Error {
    Error::forbidden(
        "one_time_codes_disabled",
        "This app has no one-time codes. Sign in with a passkey, or by a link if it has them.",
    )
}

fn not_found() -> Error {
    Error::new(
        Code::MagicLinkNotFound,
        "This link does not belong to any sign-in here. Open the newest message, or ask for a new link.",
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
