//! What a back end needs to check tokens by itself: the key set and where to find it.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Result;
use crate::http::caller::AnyAppCall;
use crate::http::respond::ErrorBody;

/// Minutes of caching; a new key is published 48 hours before it signs.
const CACHE: &str = "public, max-age=300";

/// Key set (RFC 7517 §5).
#[derive(Serialize, ToSchema)]
pub struct KeySet {
    /// Current, next and retired keys.
    #[schema(value_type = Vec<Object>)]
    keys: Vec<serde_json::Value>,
}

/// Discovery document (OpenID Connect Discovery §3, as far as it applies without an OpenID provider).
#[derive(Serialize, ToSchema)]
pub struct Discovery {
    issuer: String,
    jwks_uri: String,
    /// The page that carries the element.
    authorization_endpoint: String,
    response_types_supported: [&'static str; 1],
    subject_types_supported: [&'static str; 1],
    id_token_signing_alg_values_supported: [&'static str; 1],
}

/// The app's key set, readable from anywhere.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/.well-known/jwks.json",
    tag = "keys",
    params(("app_id" = String, Path)),
    responses((status = 200, body = KeySet), (status = 404, body = ErrorBody))
)]
pub async fn get_jwks(AnyAppCall(call): AnyAppCall) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHE),
    ];
    (headers, call.loaded.keys.jwks.clone()).into_response()
}

/// The app's discovery document, readable from anywhere.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/.well-known/openid-configuration",
    tag = "keys",
    params(("app_id" = String, Path)),
    responses((status = 200, body = Discovery), (status = 404, body = ErrorBody))
)]
pub async fn get_openid_configuration(AnyAppCall(call): AnyAppCall) -> Result<Response> {
    let app = &call.loaded;
    let login_page = app
        .auth_origin
        .url()
        .join(&app.settings.login_url)
        .map_or_else(|_| app.auth_origin.to_string(), String::from);
    let document = Discovery {
        issuer: app.issuer.clone(),
        jwks_uri: format!("{}/.well-known/jwks.json", app.issuer),
        authorization_endpoint: login_page,
        response_types_supported: ["token"],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: [app.keys.algorithm().as_str()],
    };
    let body = serde_json::to_string(&document).map_err(crate::error::Error::internal)?;
    Ok((
        [
            (header::CONTENT_TYPE, "application/json"),
            (header::CACHE_CONTROL, CACHE),
        ],
        body,
    )
        .into_response())
}
