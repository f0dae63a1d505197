//! The events of the signed-in user's own account.

use axum::extract::{FromRequestParts as _, Query, Request};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::domain::events::{Listed, own};
use crate::domain::paging::{Cursor, PAGE};
use crate::domain::user_agents;
use crate::error::{Error, Result};
use crate::http::caller::UserCall;
use crate::http::respond::{ErrorBody, Json};

/// Most events that one answer holds.
const MOST: usize = 100;

/// An event as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventInfo {
    /// 24 letters and digits.
    id: String,
    /// What happened, such as `sign_in`.
    kind: &'static str,
    /// `success` or `refused`.
    #[schema(pattern = "^(success|refused)$")]
    outcome: &'static str,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    reason: Option<String>,
    /// RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// Browser and system, such as `Chrome on Windows`; `null` if they are not known.
    device: Option<String>,
    /// IP address of whoever did it; `null` for what the app's team or the server did, and as long as the account's address or
    /// number was never proven.
    address: Option<String>,
}

impl EventInfo {
    /// What the team does is told without telling from where. An account that nobody ever proved to own may be a stranger's:
    /// it does not tell from where the owner of the address comes.
    fn of(event: Listed, is_provisional: bool) -> Self {
        let is_told = event.actor == "user" && !is_provisional;
        EventInfo {
            id: event.id.to_string(),
            kind: event.kind.as_str(),
            outcome: event.outcome.as_str(),
            reason: event.reason,
            created_at: event.created_at.to_string(),
            device: user_agents::describe(&event.user_agent).filter(|_| is_told),
            address: Some(event.address).filter(|_| is_told),
        }
    }
}

/// Events, the newest first.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventsAnswer {
    events: Vec<EventInfo>,
    /// The `before` of the next answer; `null` after the last event.
    next: Option<String>,
}

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// How many at most: 50 unless told.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// The `next` of the answer before.
    before: Option<String>,
}

impl Wanted {
    fn decode(&self) -> Result<(usize, Cursor)> {
        let limit = match self.limit {
            None => PAGE,
            Some(limit) => usize::try_from(limit)
                .ok()
                .filter(|limit| (1..=MOST).contains(limit))
                .ok_or_else(unreadable)?,
        };
        let before = Cursor::parse(self.before.as_deref().unwrap_or_default())?;
        Ok((limit, before))
    }
}

fn unreadable() -> Error {
    Error::invalid(format!(
        "Ask for events as `?limit=…&before=…`: limit is a number from 1 to {MOST}, before the `next` of the answer before."
    ))
}

/// What happened to the user's own account, the newest first.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser/events",
    tag = "users",
    params(("app_id" = String, Path), Wanted),
    security(("auth_token" = [])),
    responses((status = 200, body = EventsAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_events(
    UserCall { call, signed_in }: UserCall,
    request: Request,
) -> Result<Json<EventsAnswer>> {
    let (mut parts, _) = request.into_parts();
    let Query(wanted) = Query::<Wanted>::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| unreadable())?;
    let (limit, before) = wanted.decode()?;
    let user = &signed_in.user;
    let page = own::list(&call.app, &user.id, before, limit).await?;
    let is_provisional = user.is_provisional();
    Ok(Json(EventsAnswer {
        events: page
            .rows
            .into_iter()
            .map(|event| EventInfo::of(event, is_provisional))
            .collect(),
        next: page.next,
    }))
}
