//! Flex: passkeys beside an app's own login (`passage/auth-api.md` 3.14).
//!
//! The back end begins a transaction for a user of its own, the browser runs the ceremony under it and gets a nonce, and the
//! back end exchanges the nonce for the user. Nothing here opens a session: the app has its own (D3).
//!
//! Transactions and nonces are rows, unlike ceremonies. A back end has shown its key when it begins a transaction, and the
//! event about it is a row anyway, so a sealed id would save no write; and a short id that is looked up can be taken once, and
//! goes with its user. The ceremony between the browser's start and finish is sealed like any other (D2): those two are open
//! to anybody, and the start writes nothing.
//!
//! Beside this file: `registration.rs` and `authentication.rs` are the browser's halves, `nonces.rs` what comes out of them.

mod authentication;
mod nonces;
mod registration;

use std::fmt;
use std::time::Duration;

pub use authentication::{begin_authentication, finish_authentication, start_authentication};
pub use nonces::{Nonce, verify as verify_nonce};
pub use registration::{begin_registration, finish_registration, start_registration};

use crate::app::App;
use crate::domain::ceremonies::FlexTransaction;
use crate::domain::users::{User, words};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, UserId};
use crate::secrets::SecretHash;
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// How long the browser has from the back end's call to the end of the ceremony.
pub const TRANSACTION_LIVES: Duration = Duration::from_secs(10 * 60);

/// Length of a transaction's id: 190 bits, because whoever has it may do what it allows.
const TRANSACTION_LENGTH: usize = 32;

/// What a transaction allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// Making a passkey.
    Register,
    /// Proving to be the user.
    Authenticate,
}

words!(Purpose { Register = "register", Authenticate = "authenticate" });

/// A transaction as stored.
#[derive(Clone, Debug)]
pub struct Transaction {
    /// What its id hashes to.
    pub hash: SecretHash,
    /// The app whose back end began it.
    pub app_id: AppId,
    /// For whom.
    pub user_id: UserId,
    /// What it allows.
    pub purpose: Purpose,
    /// What the authenticator shows beside a new passkey.
    pub passkey_name: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// A transaction's id, on its way to the back end: it allows a browser to do what the transaction is for.
#[derive(Clone)]
pub struct TransactionSecret(String);

impl TransactionSecret {
    /// The text that the back end hands to its page.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TransactionSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TransactionSecret(hidden)")
    }
}

/// A new transaction of a user who is yet to be looked up or made, everything random in it drawn.
struct Beginning {
    secret: TransactionSecret,
    hash: SecretHash,
    purpose: Purpose,
    passkey_name: String,
    expires_at: Timestamp,
}

impl Beginning {
    fn draw(app: &App, purpose: Purpose, passkey_name: &str) -> Self {
        let secret = TransactionSecret(app.random.alphanumeric(TRANSACTION_LENGTH));
        Beginning {
            hash: SecretHash::of(secret.reveal()),
            secret,
            purpose,
            passkey_name: passkey_name.to_owned(),
            expires_at: app.clock.now().plus(TRANSACTION_LIVES),
        }
    }

    fn of(&self, user: &User) -> Transaction {
        Transaction {
            hash: self.hash,
            app_id: user.app_id.clone(),
            user_id: user.id.clone(),
            purpose: self.purpose,
            passkey_name: self.passkey_name.clone(),
            expires_at: self.expires_at,
        }
    }
}

impl Transaction {
    /// How a ceremony under it remembers it.
    fn sealed(&self) -> FlexTransaction {
        FlexTransaction {
            user_id: self.user_id.clone(),
            hash: self.hash.as_bytes().to_vec(),
        }
    }
}

/// Refuses a deactivated user, in the words of the management API.
fn require_active(user: &User) -> Result<()> {
    user.require_active().map_err(|_| {
        Error::new(
            Code::CannotCreateTransaction,
            "This user is deactivated, so no transaction can begin for them. Activate them in the Console first.",
        )
        .with_reason("user_not_active")
    })
}

/// 404 for a transaction that allows nothing any more, or never did.
fn transaction_not_found() -> Error {
    Error::new(
        Code::TransactionNotFound,
        "There is no such transaction: it was used, has expired, or was begun for something else. Let your back end begin a new one.",
    )
}

/// The stored form of the transaction under which a ceremony began. A request that names another is refused.
fn sealed_hash(transaction: &FlexTransaction, named: Option<&str>) -> Result<SecretHash> {
    let bytes = transaction.hash.as_slice().try_into();
    let hash = SecretHash::from_bytes(bytes.map_err(|_| transaction_not_found())?);
    match named {
        Some(named) if !named.is_empty() && !hash.is_of(named) => Err(transaction_not_found()),
        _ => Ok(hash),
    }
}
