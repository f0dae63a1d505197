//! What an app's team or back end does with a user: deactivate, activate, end sessions, revoke passkeys. Each is an event
//! that names who did it.

use crate::app::App;
use crate::domain::events::{Author, Event, Kind};
use crate::domain::members::Role;
use crate::domain::users::{Status, User};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, PasskeyId, SessionId, UserId};
use crate::store::Tx;
use crate::time::Timestamp;

/// A user, and who is about to change something of theirs.
#[derive(Clone, Debug)]
pub struct Managed {
    /// The app that they were let in for.
    pub app_id: AppId,
    /// The user.
    pub user_id: UserId,
    /// A member, or a back end.
    pub author: Author,
}

impl Managed {
    pub(super) fn event(&self, app: &App, kind: Kind) -> Event {
        self.author.event(app, &self.app_id, kind).by(&self.user_id)
    }

    /// The user, locked until the commit (on PostgreSQL; SQLite has one writer).
    pub(super) fn lock(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<User> {
        tx.find_user_to_update(&self.app_id, &self.user_id, now)?
            .ok_or_else(no_such_user)
    }

    /// Refuses what would lock the Console's operators out: of those who remove each other, one always stays.
    pub(super) fn require_operator_left(&self, app: &App, tx: &mut Tx<'_>) -> Result<()> {
        let Author::Member { id: member_id, .. } = &self.author else {
            return Ok(());
        };
        if !app.is_console(&self.app_id) {
            return Ok(());
        }
        if self.user_id == *member_id {
            return Err(Error::forbidden(
                "own_account",
                "This is your own account, and somebody has to run this server. Another operator can do it.",
            ));
        }
        tx.lock_app(&self.app_id)?;
        let member = tx.find_user(member_id)?;
        let is_active = member.is_some_and(|member| member.status != Status::Inactive);
        if is_active && tx.find_role(&self.app_id, member_id)? == Some(Role::Owner) {
            return Ok(());
        }
        Err(Error::forbidden(
            "role_insufficient",
            "You do not run this server any more. Ask another operator.",
        ))
    }
}

/// 404 for a user whom the app does not have.
pub fn no_such_user() -> Error {
    Error::new(
        Code::UserNotFound,
        "This app has no such user, or has them no more. Go back to the list of users.",
    )
}

/// Bars a user from signing in, and ends their sessions. Nothing happens to somebody who is barred already.
pub async fn deactivate(app: &App, managed: Managed) -> Result<()> {
    let now = app.clock.now();
    let event = managed.event(app, Kind::UserDeactivated);
    let server = app.clone();
    app.store
        .write(move |tx| {
            managed.require_operator_left(&server, tx)?;
            let user = managed.lock(tx, now)?;
            if user.status == Status::Inactive {
                return Ok(());
            }
            tx.update_user_status(&user.id, Status::Inactive, now)?;
            tx.revoke_sessions_of_user(&user.id, None, now)?;
            tx.add_event(&event)
        })
        .await
}

/// Lets a user sign in again. Whoever never finished signing up may do that now.
pub async fn activate(app: &App, managed: Managed) -> Result<()> {
    let now = app.clock.now();
    let event = managed.event(app, Kind::UserActivated);
    app.store
        .write(move |tx| {
            let user = managed.lock(tx, now)?;
            if user.status != Status::Inactive {
                return Ok(());
            }
            let status = if user.is_fresh_sign_up() {
                Status::Pending
            } else {
                Status::Active
            };
            tx.update_user_status(&user.id, status, now)?;
            tx.add_event(&event)
        })
        .await
}

/// Ends all sessions of a user.
pub async fn sign_out(app: &App, managed: Managed) -> Result<()> {
    let now = app.clock.now();
    let event = managed.event(app, Kind::SessionsRevoked);
    app.store
        .write(move |tx| {
            let user = managed.lock(tx, now)?;
            let ended = tx.revoke_sessions_of_user(&user.id, None, now)?;
            if ended == 0 {
                return Ok(());
            }
            let detail = match ended {
                1 => "1 session".to_owned(),
                ended => format!("{ended} sessions"),
            };
            tx.add_event(&event.clone().detailed(detail))
        })
        .await
}

/// Ends one session of a user.
pub async fn end_session(app: &App, managed: Managed, id: SessionId) -> Result<()> {
    let now = app.clock.now();
    let event = managed.event(app, Kind::SessionsRevoked).about(&id);
    app.store
        .write(move |tx| {
            let user = managed.lock(tx, now)?;
            let found = tx.find_session(&id)?;
            let is_theirs = found.is_some_and(|(session, _)| session.user_id == user.id);
            if !is_theirs || !tx.revoke_session(&id, now)? {
                return Err(Error::new(
                    Code::NotFound,
                    "This session has ended already. Load the user's page again.",
                ));
            }
            tx.add_event(&event.clone().detailed("1 session"))
        })
        .await
}

/// Removes a passkey of a user and ends the sessions that it opened, be it the last way to sign in: the owner can prove
/// their address and make another.
pub async fn revoke_passkey(app: &App, managed: Managed, id: PasskeyId) -> Result<()> {
    let now = app.clock.now();
    let event = managed.event(app, Kind::PasskeyRemoved).about(&id);
    app.store
        .write(move |tx| {
            let user = managed.lock(tx, now)?;
            let passkeys = tx.list_passkeys(&user.id)?;
            let passkey = passkeys.into_iter().find(|passkey| passkey.id == id);
            let passkey = passkey.ok_or_else(|| {
                Error::new(
                    Code::DeviceNotFound,
                    "This passkey was removed already. Load the user's page again.",
                )
            })?;
            tx.remove_passkey(&user.id, &id)?;
            tx.revoke_sessions_of_passkey(&user.id, &id, None, now)?;
            tx.add_event(&event.clone().detailed(passkey.friendly_name))
        })
        .await
}
