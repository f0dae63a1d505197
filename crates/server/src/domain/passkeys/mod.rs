//! Passkeys (`devices` on the wire): what is stored of one, and what its owner does with it.
//!
//! The ceremonies are beside this file: `registration.rs` (sign-up, one more passkey) and `authentication.rs`.

pub(in crate::domain) mod authentication;
mod names;
pub(in crate::domain) mod registration;

use std::sync::Arc;

pub use authentication::{Asserted, finish_sign_in, start_sign_in};
pub use registration::{Created, finish_adding, finish_sign_up, start_adding, start_sign_up};
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Event, Kind};
use crate::domain::magic_links;
use crate::domain::notices::PasskeyNotice;
use crate::domain::sessions::{self, SignedIn};
use crate::domain::users::{Identifier, User};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, PasskeyId, UserId};
use crate::messages;
use crate::time::Timestamp;

/// Most passkeys that one user may have.
pub const MOST: usize = 50;

/// Longest name of a passkey, characters.
const NAME_MAX: usize = 64;

/// A passkey as stored.
#[derive(Clone, Debug)]
pub struct Passkey {
    /// Names the passkey on the wire.
    pub id: PasskeyId,
    /// The app.
    pub app_id: AppId,
    /// The owner.
    pub user_id: UserId,
    /// The credential id, at most 1023 bytes.
    pub credential_id: Vec<u8>,
    /// COSE_Key (RFC 9052 §7) as the authenticator sent it.
    pub public_key: Vec<u8>,
    /// The signature counter last seen.
    pub sign_count: u32,
    /// `platform` or `cross-platform`, as the browser or the options said.
    pub attachment: Option<String>,
    /// How the authenticator can be reached.
    pub transports: Vec<String>,
    /// The authenticator's model; zeros when unknown.
    pub aaguid: [u8; 16],
    /// Attestation statement format, and how far it was verified.
    pub attestation: String,
    /// Whether the passkey may be synced.
    pub backup_eligible: bool,
    /// Whether it is.
    pub backup_state: bool,
    /// The owner's name for it.
    pub friendly_name: String,
    /// How often it signed in.
    pub usage_count: i64,
    /// When it signed in last.
    pub last_login_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Passage's three kinds of credentials.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PasskeyType {
    /// Synced, or able to be.
    Passkey,
    /// A removable authenticator that keeps its key.
    SecurityKey,
    /// Bound to one device.
    Platform,
}

impl Passkey {
    /// Which kind it is.
    pub fn kind(&self) -> PasskeyType {
        match (self.backup_eligible, self.attachment.as_deref()) {
            (true, _) => PasskeyType::Passkey,
            (false, Some("cross-platform")) => PasskeyType::SecurityKey,
            (false, _) => PasskeyType::Platform,
        }
    }
}

/// The kinds among some passkeys, none twice.
pub fn types(passkeys: &[Passkey]) -> Vec<PasskeyType> {
    let mut types = Vec::new();
    for passkey in passkeys {
        if !types.contains(&passkey.kind()) {
            types.push(passkey.kind());
        }
    }
    types
}

/// A ceremony that began: the id and options for the browser, and the user as far as known.
pub struct Started<O> {
    /// Opaque; comes back with the finish.
    pub handshake_id: String,
    /// What the browser hands to `navigator.credentials`.
    pub options: O,
    /// The user, unless the passkey is to say.
    pub user: Option<User>,
    /// Kinds of passkeys that the user has.
    pub passkey_types: Vec<PasskeyType>,
}

/// Whether the `user_id` of a finish means this user. It is the user's id, or, from Passage's Swift package, the identifier with
/// which the ceremony was begun; nothing, where a client does not know.
fn names_user(
    loaded: &LoadedApp,
    text: &str,
    user_id: &UserId,
    is_named: impl Fn(&Identifier) -> bool,
) -> bool {
    text.is_empty()
        || text == user_id.as_str()
        || loaded.identifier(text).is_ok_and(|named| is_named(&named))
}

/// Control characters, and those that turn the direction of the text around them.
fn is_invisible(letter: char) -> bool {
    letter.is_control()
        || matches!(letter, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// 404 for a passkey that the user does not have.
fn not_found() -> Error {
    Error::new(
        Code::DeviceNotFound,
        "You have no passkey with this id. Load the list again.",
    )
}

/// The user's passkeys, oldest first.
pub async fn list(app: &App, user_id: &UserId) -> Result<Vec<Passkey>> {
    let user_id = user_id.clone();
    app.store.read(move |tx| tx.list_passkeys(&user_id)).await
}

/// Gives a passkey another name.
pub async fn rename(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    id: PasskeyId,
    name: &str,
    client: &Client,
) -> Result<Passkey> {
    loaded.require_profile_management()?;
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(is_invisible) {
        return Err(Error::invalid(format!(
            "friendly_name: must have 1 to {NAME_MAX} characters and no line breaks."
        )));
    }
    let user_id = owner.user.id.clone();
    let event = Event::of_user(app, &user_id, &loaded.id, Kind::PasskeyRenamed, client).about(&id);
    let now = app.clock.now();
    app.store
        .write(move |tx| {
            let passkey = tx
                .rename_passkey(&user_id, &id, &name, now)?
                .ok_or_else(not_found)?;
            tx.add_event(&event)?;
            Ok(passkey)
        })
        .await
}

/// Removes a passkey and ends the other sessions that it opened. The last way to sign in cannot be removed (D7).
pub async fn remove(
    app: &App,
    loaded: &Arc<LoadedApp>,
    owner: &SignedIn,
    id: PasskeyId,
    client: &Client,
) -> Result<()> {
    let now = app.clock.now();
    loaded.require_profile_management()?;
    owner.require_recent(loaded, now)?;
    let (user_id, session_id) = (owner.user.id.clone(), owner.session.id.clone());
    let event = Event::of_user(app, &user_id, &loaded.id, Kind::PasskeyRemoved, client).about(&id);
    let named = list(app, &user_id).await?;
    let named = named
        .into_iter()
        .find(|passkey| passkey.id == id)
        .ok_or_else(not_found)?;
    let notice = PasskeyNotice::prepare(
        app,
        loaded,
        &owner.user,
        messages::Kind::PasskeyRemoved,
        &named.friendly_name,
        client,
    )?;
    let (server, loaded) = (app.clone(), loaded.clone());
    app.store
        .write(move |tx| {
            // As stored now: another passkey or an address may be on its way out at the same time.
            let user = sessions::lock_user(tx, &user_id, &session_id, now)?;
            let passkeys = tx.list_passkeys(&user_id)?;
            if !passkeys.iter().any(|passkey| passkey.id == id) {
                return Err(not_found());
            }
            // A proven address is a way to sign in, too.
            if passkeys.len() == 1 && !magic_links::is_way_in(&server, &loaded, &user) {
                return Err(Error::forbidden(
                    "last_passkey",
                    "This is your only way to sign in. Add another passkey first.",
                ));
            }
            tx.remove_passkey(&user_id, &id)?;
            tx.revoke_sessions_of_passkey(&user_id, &id, Some(&session_id), now)?;
            tx.add_event(&event)?;
            notice.add(tx, now)
        })
        .await?;
    app.outbox.wake();
    Ok(())
}
