//! What people do with their own sessions: see where they are signed in, and sign out there.

use std::time::Duration;

use super::{Session, SignedIn};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Event, Kind};
use crate::error::{Code, Error, Result};
use crate::ids::{SessionId, UserId};

/// 404 for a session that the user does not have, or has no more.
pub fn not_found() -> Error {
    Error::new(
        Code::NotFound,
        "You have no session with this id, or it has ended already. Load the list again.",
    )
    .with_reason("session_not_found")
}

/// The user's sessions that can still be used, the last used first; 100 at most. One that was left alone for too long has
/// neither an auth token nor a refresh token that is good.
pub async fn list(app: &App, loaded: &LoadedApp, user_id: &UserId) -> Result<Vec<Session>> {
    let (user_id, now) = (user_id.clone(), app.clock.now());
    let settings = &loaded.settings;
    let idle = settings
        .refresh_inactivity_lifetime_seconds
        .max(settings.auth_token_lifetime_seconds);
    let idle = Duration::from_secs(idle.into());
    let mut sessions = app
        .store
        .read(move |tx| tx.list_sessions_of_user(&user_id, now))
        .await?;
    sessions.retain(|session| now < session.last_used_at.plus(idle));
    Ok(sessions)
}

/// Ends one of the user's sessions, be it the one that asks.
pub async fn end(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    id: SessionId,
    client: &Client,
) -> Result<()> {
    let now = app.clock.now();
    let user_id = owner.user.id.clone();
    let event = Event::of_user(app, &user_id, &loaded.id, Kind::SignOut, client).about(&id);
    app.store
        .write(move |tx| {
            let found = tx.find_session(&id)?.map(|(session, _)| session);
            let is_theirs =
                found.is_some_and(|session| session.user_id == user_id && session.is_alive(now));
            if !is_theirs || !tx.revoke_session(&id, now)? {
                return Err(not_found());
            }
            tx.add_event(&event)
        })
        .await
}

/// Ends all of the user's sessions but the one that asks.
pub async fn end_others(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    client: &Client,
) -> Result<()> {
    let now = app.clock.now();
    let (user_id, current) = (owner.user.id.clone(), owner.session.id.clone());
    let event = Event::of_user(app, &user_id, &loaded.id, Kind::SignOut, client);
    app.store
        .write(move |tx| {
            let detail = match tx.revoke_sessions_of_user(&user_id, Some(&current), now)? {
                0 => return Ok(()),
                1 => "1 session".to_owned(),
                ended => format!("{ended} sessions"),
            };
            tx.add_event(&event.clone().detailed(detail))
        })
        .await
}
