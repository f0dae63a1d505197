//! Refreshing and ending sessions.

use axum::extract::{FromRequestParts as _, Query, Request};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::sessions;
use crate::domain::tokens::AuthResult;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::caller::AppCall;
use crate::http::respond::{Created, ErrorBody};

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
