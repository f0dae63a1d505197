//! Refreshing sessions, and people's own ones: where they are signed in, and signing out there.

use axum::extract::{FromRequestParts, Query, RawPathParams, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::sessions::{self, Session, own};
use crate::domain::tokens::AuthResult;
use crate::domain::user_agents;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::caller::{AppCall, UserCall};
use crate::http::respond::{Created, ErrorBody, Json};
use crate::ids::SessionId;

/// Longest refresh token that is looked at, bytes.
const TOKEN_MAX: usize = 512;

/// Answer of whatever signs in or refreshes.
#[derive(Serialize, ToSchema)]
pub struct AuthAnswer {
    /// The tokens.
    pub auth_result: AuthResult,
}

/// A refresh token in a body or a query.
#[derive(Deserialize, ToSchema)]
pub struct Presented {
    /// The opaque token.
    refresh_token: String,
}

impl Presented {
    fn token(&self) -> Result<&str> {
        if self.refresh_token.is_empty() || self.refresh_token.len() > TOKEN_MAX {
            return Err(Error::invalid(
                "refresh_token: is not a refresh token of this server. Sign in again.",
            ));
        }
        Ok(&self.refresh_token)
    }
}

/// Exchanges a refresh token for a new pair; the old one is dead from then on.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/tokens",
    tag = "tokens",
    params(("app_id" = String, Path)),
    request_body = Presented,
    responses((status = 201, body = AuthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn refresh_tokens(
    call: AppCall,
    Body(presented): Body<Presented>,
) -> Result<Created<AuthAnswer>> {
    let auth_result =
        sessions::refresh(&call.app, &call.loaded, presented.token()?, &call.client).await?;
    Ok(Created(AuthAnswer { auth_result }))
}

/// Signs out: ends the session of a refresh token. Exactly 200 with an empty body, also for a token that is dead.
#[utoipa::path(
    delete,
    path = "/auth/v1/apps/{app_id}/tokens",
    tag = "tokens",
    params(("app_id" = String, Path), ("refresh_token" = String, Query)),
    responses((status = 200, description = "empty"), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn revoke_tokens(call: AppCall, request: Request) -> Result<StatusCode> {
    let (mut parts, _) = request.into_parts();
    let Query(presented) = Query::<Presented>::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| Error::invalid("refresh_token: is missing. Ask with `?refresh_token=…`."))?;
    sessions::revoke(&call.app, &call.loaded, presented.token()?, &call.client).await?;
    Ok(StatusCode::OK)
}

/// A session as its owner sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionInfo {
    /// The tokens' `sid`.
    id: String,
    /// Whether it is the one that asks.
    current: bool,
    /// RFC 3339.
    #[schema(format = DateTime)]
    created_at: String,
    /// RFC 3339; when it was opened or refreshed last.
    #[schema(format = DateTime)]
    last_used_at: String,
    /// RFC 3339; when it ends, however used.
    #[schema(format = DateTime)]
    expires_at: String,
    /// Browser and system, such as `Chrome on Windows`; `null` if they are not known.
    device: Option<String>,
    /// IP address from which it was opened.
    address: String,
    /// How it was opened (RFC 8176).
    methods: Vec<String>,
}

impl SessionInfo {
    fn of(session: &Session, current: &SessionId) -> Self {
        SessionInfo {
            id: session.id.to_string(),
            current: session.id == *current,
            created_at: session.auth_time.to_string(),
            last_used_at: session.last_used_at.to_string(),
            expires_at: session.expires_at.to_string(),
            device: user_agents::describe(&session.client.user_agent),
            address: session.client.address.to_string(),
            methods: session.methods.split(' ').map(str::to_owned).collect(),
        }
    }
}

/// Answer that wraps a list of sessions.
#[derive(Debug, Serialize, ToSchema)]
pub struct SessionsAnswer {
    sessions: Vec<SessionInfo>,
}

/// The session that a path names.
pub struct NamedSession(SessionId);

impl FromRequestParts<App> for NamedSession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| own::not_found())?;
        let text = params
            .iter()
            .find_map(|(name, value)| (name == "session_id").then_some(value))
            .unwrap_or_default();
        text.parse().map(NamedSession).map_err(|_| own::not_found())
    }
}

/// Where the user is signed in: the sessions that can still be used, the last used first; 100 at most.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser/sessions",
    tag = "tokens",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, body = SessionsAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_sessions(UserCall { call, signed_in }: UserCall) -> Result<Json<SessionsAnswer>> {
    let sessions = own::list(&call.app, &call.loaded, &signed_in.user.id).await?;
    let current = &signed_in.session.id;
    Ok(Json(SessionsAnswer {
        sessions: sessions
            .iter()
            .map(|session| SessionInfo::of(session, current))
            .collect(),
    }))
}

/// Signs the user out everywhere else: ends all sessions but the one that asks.
#[utoipa::path(
    delete,
    path = "/auth/v1/apps/{app_id}/currentuser/sessions",
    tag = "tokens",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, description = "empty"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn end_other_sessions(UserCall { call, signed_in }: UserCall) -> Result<StatusCode> {
    own::end_others(&call.app, &call.loaded, &signed_in, &call.client).await?;
    Ok(StatusCode::OK)
}

/// Signs the user out in one place, be it the one that asks.
#[utoipa::path(
    delete,
    path = "/auth/v1/apps/{app_id}/currentuser/sessions/{session_id}",
    tag = "tokens",
    params(("app_id" = String, Path), ("session_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, description = "empty"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn end_session(
    UserCall { call, signed_in }: UserCall,
    NamedSession(id): NamedSession,
) -> Result<StatusCode> {
    own::end(&call.app, &call.loaded, &signed_in, id, &call.client).await?;
    Ok(StatusCode::OK)
}
