//! What a gateway in front of a site asks: whose request is this? (nginx `auth_request`, Caddy `forward_auth`, Traefik
//! `ForwardAuth`; `docs/gateways.md`.)
//!
//! The gateway repeats a visitor's headers here, so this is the one place of the API that takes the token from the cookie,
//! too; it changes nothing. It decides by the status: 204 lets the request through, anything else does not, so nothing here
//! may answer 2xx for another reason. The body is never read: a gateway may send the length of one that it keeps.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::form_urlencoded;

use crate::error::{Error, Result};
use crate::http::auth_token;
use crate::http::caller::{AppCall, UserCall};
use crate::http::respond::ErrorBody;

/// The user's id.
const USER_ID: HeaderName = HeaderName::from_static("ginnel-user-id");
/// The session's id: the token's `sid`.
const SESSION_ID: HeaderName = HeaderName::from_static("ginnel-session-id");
/// When the user signed in, seconds since 1970: the token's `auth_time`.
const AUTH_TIME: HeaderName = HeaderName::from_static("ginnel-auth-time");
/// Why not: a refusal's `reason`, else its `code`.
const REASON: HeaderName = HeaderName::from_static("ginnel-reason");
/// Where the visitor wanted to go, ready to stand in a query: gateways have no means of their own to encode it.
const RETURN_PATH: HeaderName = HeaderName::from_static("ginnel-return-path");
/// Path and query of the visitor's request, as the gateway tells them.
const FORWARDED_URI: &str = "x-forwarded-uri";

/// Longest return path that is answered, bytes once encoded: gateways have room for one page of headers.
const RETURN_PATH_MAX: usize = 2048;

/// The last part of the endpoint's path, behind the app's id.
pub const PATH: &str = "verify";

/// Whether a request is a signed-in user's: 204, or the refusal that the gateway passes on.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/verify",
    tag = "gateways",
    security(("auth_token" = []), ("auth_cookie" = [])),
    params(("app_id" = String, Path), ("X-Forwarded-Uri" = Option<String>, Header, description = "path and query that the visitor asked for")),
    responses(
        (status = 204, description = "signed in", headers(
            ("Ginnel-User-ID" = String, description = "the user"),
            ("Ginnel-Session-ID" = String, description = "the session"),
            ("Ginnel-Auth-Time" = i64, description = "when it was opened, seconds since 1970"),
        )),
        (status = 401, body = ErrorBody, headers(
            ("WWW-Authenticate" = String, description = "`Bearer`, with an error unless the token is missing"),
            ("Ginnel-Reason" = String, description = "the body's `reason`, else its `code`"),
            ("Ginnel-Return-Path" = String, description = "`X-Forwarded-Uri`, encoded for a query"),
        )),
        (status = 403, body = ErrorBody),
        (status = 404, body = ErrorBody)
    )
)]
pub async fn verify_session(call: AppCall, headers: HeaderMap) -> Response {
    match find_user(call, &headers).await {
        Ok(user) => let_through(&user),
        Err(error) => refuse(error, &headers),
    }
}

/// The same for a gateway that repeats the visitor's `POST`.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/verify",
    tag = "gateways",
    security(("auth_token" = []), ("auth_cookie" = [])),
    params(("app_id" = String, Path)),
    responses((status = 204, description = "signed in"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn verify_session_of_post(call: AppCall, headers: HeaderMap) -> Response {
    verify_session(call, headers).await
}

async fn find_user(call: AppCall, headers: &HeaderMap) -> Result<UserCall> {
    UserCall::of(call, auth_token::bearer_or_cookie(headers)?).await
}

fn let_through(user: &UserCall) -> Response {
    let session = &user.signed_in.session;
    let headers = [
        (USER_ID, user.signed_in.user.id.to_string()),
        (SESSION_ID, session.id.to_string()),
        (AUTH_TIME, session.auth_time.as_seconds().to_string()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

fn refuse(error: Error, headers: &HeaderMap) -> Response {
    let code = error.code();
    let reason = HeaderValue::from_static(error.reason().unwrap_or(code.word()));
    let mut response = error.into_response();
    if code.status() < 500 {
        response.headers_mut().insert(REASON, reason);
        if let Some(path) = return_path(headers) {
            response.headers_mut().insert(RETURN_PATH, path);
        }
    }
    response
}

fn return_path(headers: &HeaderMap) -> Option<HeaderValue> {
    let wanted = headers.get(FORWARDED_URI)?.as_bytes();
    let encoded: String = form_urlencoded::byte_serialize(wanted).collect();
    let is_good = wanted.starts_with(b"/") && encoded.len() <= RETURN_PATH_MAX;
    is_good.then(|| HeaderValue::try_from(encoded).expect("percent-encoding is ASCII"))
}
