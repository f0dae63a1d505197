//! Removing a user with all that is theirs.
//!
//! One transaction makes the user unreachable: no address, no number, no passkey, no link, and deactivated. What may be much
//! (refresh tokens, sessions, events) then goes in batches, so that nothing else waits; the row comes last, and the
//! housekeeping finishes what was cut short. What members did to the user stays in the audit log.

use crate::app::App;
use crate::domain::events::Kind;
use crate::domain::users::managing::Managed;
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};
use crate::store::Tx;

/// Rows that one transaction removes at most.
const BATCH: i64 = 1000;

/// Batches that are removed before the member is answered; the housekeeping does the rest.
const BATCHES_AT_ONCE: usize = 20;

/// Users of one app whom one round of housekeeping removes at most.
const ROUND: i64 = 100;

/// Why a removal was not confirmed.
pub const NOT_CONFIRMED: &str = "not_confirmed";

/// Removes a user whose address or number somebody typed to confirm it.
pub async fn remove(app: &App, managed: Managed, typed: &str) -> Result<()> {
    let now = app.clock.now();
    let typed = typed.trim().to_lowercase();
    let event = managed.event(app, Kind::UserRemoved);
    let (server, user_id) = (app.clone(), managed.user_id.clone());
    app.store
        .write(move |tx| {
            managed.require_operator_left(&server, tx)?;
            let user = managed.lock(tx, now)?;
            if typed != user.display_name().trim().to_lowercase() {
                return Err(Error::invalid(format!(
                    "Type {} to delete this user.",
                    user.display_name()
                ))
                .with_reason(NOT_CONFIRMED));
            }
            tx.update_user_removed(&user.id)?;
            tx.remove_passkeys_except(&user.id, None)?;
            tx.remove_memberships(&user.id)?;
            tx.remove_magic_links_of_user(&user.id)?;
            tx.add_event(&event.clone().detailed(user.display_name()))
        })
        .await?;
    for _ in 0..BATCHES_AT_ONCE {
        let id = user_id.clone();
        if app.store.write(move |tx| remove_some(tx, &id)).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// Finishes what was cut short, for the housekeeping of an app.
pub fn finish(app: &App, app_id: &AppId) -> Result<()> {
    let app_id = app_id.clone();
    let removed = app
        .store
        .read_blocking(move |tx| tx.list_removed_users(&app_id, ROUND))?;
    for id in removed {
        loop {
            let id = id.clone();
            if app.store.write_blocking(move |tx| remove_some(tx, &id))? {
                break;
            }
        }
    }
    Ok(())
}

/// Removes a batch of what a user left behind; `true` when that was the last, and the user is gone.
fn remove_some(tx: &mut Tx<'_>, id: &UserId) -> Result<bool> {
    let is_full = |removed: u64| removed >= BATCH as u64;
    if is_full(tx.remove_refresh_tokens_of_user(id, BATCH)?)
        || is_full(tx.remove_sessions_of_user(id, BATCH)?)
        || is_full(tx.remove_events_of_user(id, BATCH)?)
    {
        return Ok(false);
    }
    tx.remove_user(id)?;
    Ok(true)
}
