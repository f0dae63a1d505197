//! The signed-in user's connections to other providers (`passage/auth-api.md` 3.11). There is no social sign-in yet, so nobody
//! has one; Passage's packages ask all the same.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::error::{Code, Error, Result};
use crate::http::caller::UserCall;
use crate::http::respond::{ErrorBody, Json};

/// Answer that wraps the connections by their providers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SocialConnectionsAnswer {
    #[schema(value_type = Object)]
    social_connections: Map<String, Value>,
}

/// A provider that Passage knows.
#[derive(Clone, Copy, Debug, ToSchema)]
#[schema(rename_all = "lowercase")]
pub enum Provider {
    /// Apple.
    Apple,
    /// GitHub.
    Github,
    /// Google.
    Google,
}

impl Provider {
    fn name(self) -> &'static str {
        match self {
            Provider::Apple => "Apple",
            Provider::Github => "GitHub",
            Provider::Google => "Google",
        }
    }
}

impl FromRequestParts<App> for Provider {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let unknown = || Error::invalid("The provider must be `apple`, `github` or `google`.");
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| unknown())?;
        let word = params
            .iter()
            .find_map(|(name, value)| (name == "provider").then_some(value));
        match word {
            Some("apple") => Ok(Provider::Apple),
            Some("github") => Ok(Provider::Github),
            Some("google") => Ok(Provider::Google),
            _ => Err(unknown()),
        }
    }
}

/// With which accounts elsewhere the user can sign in: none yet.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser/social-connections",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, body = SocialConnectionsAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_social_connections(_: UserCall) -> Json<SocialConnectionsAnswer> {
    Json(SocialConnectionsAnswer {
        social_connections: Map::new(),
    })
}

/// Takes a connection away.
#[utoipa::path(
    delete,
    path = "/auth/v1/apps/{app_id}/currentuser/social-connections/{provider}",
    tag = "users",
    params(("app_id" = String, Path), ("provider" = inline(Provider), Path)),
    security(("auth_token" = [])),
    responses((status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`social_connection_not_found`"))
)]
pub async fn remove_social_connection(
    UserCall { call, .. }: UserCall,
    provider: Provider,
) -> Result<StatusCode> {
    call.loaded.require_profile_management()?;
    Err(Error::new(
        Code::SocialConnectionNotFound,
        format!(
            "Your account is not connected to {}. Load the list again.",
            provider.name()
        ),
    ))
}
