//! One user of an app: what is known of them, their passkeys, sessions and events, and what a team may do about them.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value as Json;

use super::event_lines::{EventLine, device};
use super::guard::AppVisit;
use super::page::{Answer, Frame, When, encoded, filters, go, show_with, status_of};
use crate::app::App;
use crate::domain::events::{self, Author};
use crate::domain::metadata::MetadataField;
use crate::domain::paging::{Cursor, Page};
use crate::domain::passkeys::{Passkey, PasskeyType};
use crate::domain::sessions::Session;
use crate::domain::users::managing::{self, Managed};
use crate::domain::users::ways::Ways;
use crate::domain::users::{Origin, Status, User, removal};
use crate::error::{Error, Result};
use crate::http::console::input::{Form, Path, Query};
use crate::ids::{AppId, UserId};

#[derive(Template)]
#[template(path = "console/user.html")]
struct UserPage {
    frame: Frame,
    base: String,
    name: String,
    user: User,
    created: When,
    last_login: Option<When>,
    /// How the user came to be.
    origin: &'static str,
    /// How the user can sign in, and what stands in the way.
    ways: Ways,
    /// The app's own fields, with what the user has in them.
    fields: Vec<FieldLine>,
    /// What is stored of the user in no field of the app, if there is anything.
    rest: Option<String>,
    passkeys: Vec<PasskeyLine>,
    sessions: Vec<SessionLine>,
    events: Vec<EventLine>,
    next: Option<String>,
    is_first: bool,
    /// Whether it is the visitor's own account in the Console.
    is_own: bool,
    is_console: bool,
    /// For how long back ends that check tokens by themselves take the last ones, minutes.
    token_minutes: u32,
    event_days: u32,
    /// What was typed to confirm the deletion, and what is wrong with it.
    typed: String,
    problem: String,
}

impl UserPage {
    fn is_inactive(&self) -> bool {
        self.user.status == Status::Inactive
    }
}

/// A field of the app.
struct FieldLine {
    name: String,
    value: Option<String>,
}

struct PasskeyLine {
    id: String,
    name: String,
    kind: &'static str,
    created: When,
    last_used: Option<When>,
    uses: i64,
}

struct SessionLine {
    id: String,
    device: String,
    address: String,
    means: &'static str,
    began: When,
    last_used: When,
}

/// Which page of the events.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    before: String,
}

/// The page.
pub async fn user(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Answer {
    let id = parse(&user_id)?;
    draw(&app, &visit, id, &asked.before, None).await
}

fn parse(user_id: &str) -> Result<UserId> {
    user_id.parse().map_err(|_| managing::no_such_user())
}

/// All that the page shows, from one snapshot.
struct Known {
    user: User,
    passkeys: Vec<Passkey>,
    sessions: Vec<Session>,
    events: Page<events::Listed>,
}

async fn find(app: &App, app_id: &AppId, id: UserId, before: &str) -> Result<Known> {
    let (app_id, now, after) = (app_id.clone(), app.clock.now(), Cursor::parse(before)?);
    app.store
        .read(move |tx| {
            let user = tx.find_user(&id)?;
            let is_there = |user: &User| user.app_id == app_id && !user.is_being_removed();
            let user = user.filter(is_there).ok_or_else(managing::no_such_user)?;
            let most = Page::<events::Listed>::READ;
            let events = tx.list_events_of_user(&id, &after, most)?;
            Ok(Known {
                user,
                passkeys: tx.list_passkeys(&id)?,
                sessions: tx.list_sessions_of_user(&id, now)?,
                events: Page::of(events, events::Listed::cursor),
            })
        })
        .await
}

/// Draws the page; `refused` is what was typed to confirm the deletion and did not.
async fn draw(
    app: &App,
    visit: &AppVisit,
    id: UserId,
    before: &str,
    refused: Option<(String, Error)>,
) -> Answer {
    let record = &visit.record;
    let known = find(app, &record.id, id, before).await?;
    let user = known.user;
    let base = format!("/console/apps/{}/users/{}", record.id, user.id);
    let next = known.events.next.as_deref();
    let status = refused
        .as_ref()
        .map_or(StatusCode::OK, |(_, error)| status_of(error));
    let (typed, problem) = refused.map_or_else(Default::default, |(typed, error)| {
        (typed, error.message().to_owned())
    });
    let page = UserPage {
        frame: Frame::about(app, visit, "users"),
        name: user.display_name().to_owned(),
        created: When::of(user.created_at),
        last_login: user.last_login_at.map(When::of),
        origin: match user.origin {
            Origin::SignUp => "signed up",
            Origin::Import => "imported",
            Origin::Management => "made by a back end",
        },
        ways: Ways::of(app, record, &user, known.passkeys.len()),
        fields: record
            .settings
            .metadata_schema
            .iter()
            .map(|field| field_line(field, &user))
            .collect(),
        rest: rest(&record.settings.metadata_schema, &user),
        passkeys: known.passkeys.iter().map(passkey_line).collect(),
        sessions: known.sessions.iter().map(session_line).collect(),
        events: known.events.rows.iter().map(EventLine::of).collect(),
        next: next.map(|next| format!("{base}?before={}#events", encoded(next))),
        is_first: before.is_empty(),
        is_own: visit.visit.visitor().user.id == user.id,
        is_console: app.is_console(&record.id),
        token_minutes: record.settings.auth_token_lifetime_seconds.div_ceil(60),
        event_days: app.config.event_retention_days,
        user,
        base,
        typed,
        problem,
    };
    Ok(show_with(status, &page))
}

fn field_line(field: &MetadataField, user: &User) -> FieldLine {
    let value = match user.user_metadata.get(&field.field_name) {
        None | Some(Json::Null) => None,
        Some(Json::Bool(is_on)) => Some(if *is_on { "yes" } else { "no" }.to_owned()),
        Some(Json::String(text)) => Some(text.clone()),
        Some(other) => Some(other.to_string()),
    };
    FieldLine {
        name: field.friendly_name.clone(),
        value,
    }
}

fn rest(fields: &[MetadataField], user: &User) -> Option<String> {
    let mut values = user.user_metadata.as_object()?.clone();
    values.retain(|name, _| fields.iter().all(|field| field.field_name != *name));
    if values.is_empty() {
        return None;
    }
    serde_json::to_string_pretty(&values).ok()
}

fn passkey_line(passkey: &Passkey) -> PasskeyLine {
    PasskeyLine {
        id: passkey.id.to_string(),
        name: passkey.friendly_name.clone(),
        kind: match passkey.kind() {
            PasskeyType::Passkey => "synced",
            PasskeyType::SecurityKey => "security key",
            PasskeyType::Platform => "on one device",
        },
        created: When::of(passkey.created_at),
        last_used: passkey.last_login_at.map(When::of),
        uses: passkey.usage_count,
    }
}

fn session_line(session: &Session) -> SessionLine {
    SessionLine {
        id: session.id.to_string(),
        device: device(&session.client.user_agent),
        address: session.client.address.to_string(),
        means: if session.passkey_id.is_some() {
            "passkey"
        } else {
            "link or code"
        },
        began: When::of(session.auth_time),
        last_used: When::of(session.last_used_at),
    }
}

/// Who is about to change something of whom.
fn managed(visit: &AppVisit, user_id: &str) -> Result<Managed> {
    Ok(Managed {
        app_id: visit.record.id.clone(),
        user_id: parse(user_id)?,
        author: Author::Member {
            id: visit.visit.visitor().user.id.clone(),
            client: visit.visit.client.clone(),
        },
    })
}

fn done(visit: &AppVisit, user_id: &str, word: &str) -> Answer {
    let app_id = &visit.record.id;
    Ok(go(&format!(
        "/console/apps/{app_id}/users/{user_id}?done={word}"
    )))
}

/// Bars the user from signing in.
pub async fn deactivate(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id)): Path<(String, String)>,
) -> Answer {
    managing::deactivate(&app, managed(&visit, &user_id)?).await?;
    done(&visit, &user_id, "user-deactivated")
}

/// Lets the user sign in again.
pub async fn activate(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id)): Path<(String, String)>,
) -> Answer {
    managing::activate(&app, managed(&visit, &user_id)?).await?;
    done(&visit, &user_id, "user-activated")
}

/// Ends all of the user's sessions.
pub async fn sign_out(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id)): Path<(String, String)>,
) -> Answer {
    managing::sign_out(&app, managed(&visit, &user_id)?).await?;
    done(&visit, &user_id, "user-signed-out")
}

/// Ends one of them.
pub async fn revoke_session(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id, session_id)): Path<(String, String, String)>,
) -> Answer {
    let managed = managed(&visit, &user_id)?;
    managing::end_session(&app, managed, session_id.parse()?).await?;
    done(&visit, &user_id, "session-ended")
}

/// Removes one of the user's passkeys.
pub async fn revoke_passkey(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id, passkey_id)): Path<(String, String, String)>,
) -> Answer {
    let managed = managed(&visit, &user_id)?;
    managing::revoke_passkey(&app, managed, passkey_id.parse()?).await?;
    done(&visit, &user_id, "passkey-revoked")
}

/// What confirms a deletion.
#[derive(Deserialize)]
pub struct Confirmation {
    #[serde(default)]
    identifier: String,
}

/// Deletes the user, whose address or number was typed.
pub async fn delete(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, user_id)): Path<(String, String)>,
    Form(typed): Form<Confirmation>,
) -> Answer {
    let id = parse(&user_id)?;
    let managed = managed(&visit, &user_id)?;
    if let Err(error) = removal::remove(&app, managed, &typed.identifier).await {
        if error.reason() == Some(removal::NOT_CONFIRMED) {
            return draw(&app, &visit, id, "", Some((typed.identifier, error))).await;
        }
        return Err(error.into());
    }
    let app_id = &visit.record.id;
    Ok(go(&format!(
        "/console/apps/{app_id}/users?done=user-deleted"
    )))
}
