//! What is sent to people, and how it leaves (D11).
//!
//! A [`Message`] is a [`Letter`], sealed. It is stored by [`Tx::add_message`](crate::store::Tx::add_message) in the
//! transaction that causes it, and leaves from the outbox later: nothing is sent for what did not happen, and nothing
//! that happened goes unsaid.

mod carrier;
mod channel;
pub mod email;
pub mod letter;
pub mod outbox;
mod refusal;
pub mod sender;
pub mod sms;
pub mod smtp;

use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::ids::{AppId, MessageId, UserId};
use crate::secrets::Purpose;
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

pub use channel::Channel;
pub use letter::{Language, Letter};
pub use refusal::Refusal;

words!(Language {
    De = "de",
    En = "en",
    Es = "es",
    It = "it",
    Pl = "pl",
    Pt = "pt",
    Zh = "zh",
});

/// What a message is about.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A link and a code to sign in with.
    SignIn,
    /// A link and a code that finish a sign-up.
    SignUp,
    /// A link and a code that prove the address of the account.
    VerifyAddress,
    /// A link and a code that confirm a new address, sent there.
    ChangeAddress,
    /// The account got one more passkey.
    PasskeyAdded,
    /// A passkey of the account was removed.
    PasskeyRemoved,
    /// The account has another address now; sent to the old one.
    AddressChanged,
    /// The account has one more address now; sent to the other one.
    AddressAdded,
    /// The account has one address less.
    AddressRemoved,
    /// The address was proven for the first time, and what others had put on the account before is gone.
    AccountClaimed,
    /// Somebody wants to sign in with this address, and there is no account with it.
    NoAccount,
    /// Somebody wants to sign in, and the account is deactivated.
    AccountDeactivated,
    /// Somebody wants to give another account this address.
    AddressInUse,
    /// An invitation to look after an app in the Console.
    Invitation,
}

words!(Kind {
    SignIn = "sign_in",
    SignUp = "sign_up",
    VerifyAddress = "verify_address",
    ChangeAddress = "change_address",
    PasskeyAdded = "passkey_added",
    PasskeyRemoved = "passkey_removed",
    AddressChanged = "address_changed",
    AddressAdded = "address_added",
    AddressRemoved = "address_removed",
    AccountClaimed = "account_claimed",
    NoAccount = "no_account",
    AccountDeactivated = "account_deactivated",
    AddressInUse = "address_in_use",
    Invitation = "invitation",
});

/// Where a message stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// To be sent, at its next attempt.
    Waiting,
    /// Shown in the inbox of a server on loopback that has nothing to send it by, or of a test app.
    Kept,
    /// Taken by the mail server or the SMS provider.
    Sent,
    /// Refused for good.
    Failed,
    /// Not delivered before it lost its use.
    Expired,
}

words!(State {
    Waiting = "waiting",
    Kept = "kept",
    Sent = "sent",
    Failed = "failed",
    Expired = "expired",
});

/// A message as stored.
#[derive(Clone, Debug)]
pub struct Message {
    /// Names the message.
    pub id: MessageId,
    /// The app in whose name it is sent.
    pub app_id: AppId,
    /// Whom it concerns, if that is a user.
    pub user_id: Option<UserId>,
    /// What it is about.
    pub kind: Kind,
    /// The way it goes.
    pub channel: Channel,
    /// Where it stands.
    pub state: State,
    /// The address with most of it hidden.
    pub recipient: String,
    /// The [`Letter`], sealed; `None` once it is delivered or has expired.
    pub sealed_letter: Option<Vec<u8>>,
    /// How often it was tried.
    pub attempts: i64,
    /// When it is tried next; while it is being sent, when another node may take it over.
    pub next_attempt_at: Timestamp,
    /// When it loses its use.
    pub expires_at: Timestamp,
    /// When it was caused.
    pub created_at: Timestamp,
    /// When it was sent, failed or expired.
    pub finished_at: Option<Timestamp>,
    /// Why the last attempt failed.
    pub last_error: Option<String>,
}

impl Message {
    /// Seals a letter in the name of an app, ready to be stored. It loses its use at `expires_at`. A test app's never leaves
    /// the server: where others are sent, it is kept at once.
    pub fn prepare(
        app: &App,
        record: &AppRecord,
        user_id: Option<&UserId>,
        letter: &Letter,
        expires_at: Timestamp,
    ) -> Result<Self> {
        let now = app.clock.now();
        let id = MessageId::draw(&app.random, now);
        let channel = Channel::of(&letter.to);
        let mut letter = letter.clone();
        if channel == Channel::Sms {
            letter.host = Some(record.auth_origin.host());
        }
        let text = serde_json::to_vec(&letter).map_err(Error::internal)?;
        let context = id.as_str().as_bytes();
        let sealed = app
            .secrets
            .seal(Purpose::Letter, context, &text, &app.random);
        Ok(Message {
            id,
            app_id: record.id.clone(),
            user_id: user_id.cloned(),
            kind: letter.kind,
            channel,
            state: if record.is_test_app() && !app.config.keeps(channel) {
                State::Kept
            } else {
                State::Waiting
            },
            recipient: masked(&letter.to),
            sealed_letter: Some(sealed),
            attempts: 0,
            next_attempt_at: now,
            expires_at,
            created_at: now,
            finished_at: None,
            last_error: None,
        })
    }

    /// The letter; `None` once it was delivered or has expired.
    pub fn letter(&self, app: &App) -> Result<Option<Letter>> {
        let Some(sealed) = &self.sealed_letter else {
            return Ok(None);
        };
        let context = self.id.as_str().as_bytes();
        let text = app
            .secrets
            .open(Purpose::Letter, context, sealed)
            .ok_or_else(|| {
                Error::internal(anyhow::anyhow!("the message {} does not open", self.id))
            })?;
        serde_json::from_slice(&text)
            .map(Some)
            .map_err(Error::internal)
    }
}

/// Whether an app's messages of a channel are read by anybody: sent, or kept where somebody can see them.
pub fn are_read(app: &App, record: &AppRecord, channel: Channel) -> bool {
    record.is_test_app() || app.config.sends(channel)
}

/// An address or number with most of it hidden: enough to recognise one's own.
pub fn masked(address: &str) -> String {
    if Channel::of(address) == Channel::Sms {
        let (first, last) = (
            address.get(..2),
            address.get(address.len().saturating_sub(2)..),
        );
        return format!("{}…{}", first.unwrap_or("+"), last.unwrap_or_default());
    }
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}
