//! The visitor's own account: their passkeys, and where they are signed in.

use askama::Template;
use axum::extract::State;

use super::guard::Visit;
use super::page::{Answer, Frame, When, go, show};
use crate::app::App;
use crate::domain::console;
use crate::domain::events::{Event, Kind};
use crate::domain::user_agents;
use crate::error::{Code, Error};
use crate::http::console::input::Path;
use crate::ids::SessionId;

#[derive(Template)]
#[template(path = "console/account.html")]
struct AccountPage {
    frame: Frame,
    console_id: String,
    email: String,
    is_verified: bool,
    sessions: Vec<Line>,
}

struct Line {
    id: String,
    device: String,
    address: String,
    last_used: When,
    is_this: bool,
}

/// The account.
pub async fn account(State(app): State<App>, visit: Visit) -> Answer {
    let (user, now) = (visit.visitor().user.clone(), app.clock.now());
    let user_id = user.id.clone();
    let sessions = app
        .store
        .read(move |tx| tx.list_sessions_of_user(&user_id, now))
        .await?;
    let this = &visit.visitor().session.id;
    let lines = sessions.iter().map(|session| Line {
        id: session.id.to_string(),
        device: user_agents::describe(&session.client.user_agent)
            .unwrap_or_else(|| "Unknown browser".to_owned()),
        address: session.client.address.to_string(),
        last_used: When::of(session.last_used_at),
        is_this: session.id == *this,
    });
    Ok(show(&AccountPage {
        frame: Frame::of(&visit),
        console_id: console::load(&app).await?.id.to_string(),
        email: user.display_name().to_owned(),
        is_verified: user.email_verified,
        sessions: lines.collect(),
    }))
}

/// Ends one of the visitor's sessions.
pub async fn revoke_session(
    State(app): State<App>,
    visit: Visit,
    Path(session_id): Path<String>,
) -> Answer {
    let gone = || Error::new(Code::NotFound, "This session has ended already.");
    let id: SessionId = session_id.parse().map_err(|_| gone())?;
    let (user_id, now) = (visit.visitor().user.id.clone(), app.clock.now());
    let app_id = &visit.visitor().session.app_id;
    let event = Event::of_user(&app, &user_id, app_id, Kind::SignOut, &visit.client).about(&id);
    app.store
        .write(move |tx| {
            let found = tx.find_session(&id)?;
            let is_own = found.is_some_and(|(session, _)| session.user_id == user_id);
            if !is_own || !tx.revoke_session(&id, now)? {
                return Err(gone());
            }
            tx.add_event(&event)
        })
        .await?;
    Ok(go("/console/account?done=session-ended"))
}
