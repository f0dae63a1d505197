//! Which pages may call the authentication API, and make test apps (D13).
//!
//! App info, key set, discovery, a new test app and error bodies are readable from anywhere; who may have a test app, its own
//! rules decide (`domain/test_apps.rs`). Everything else is for the app's listed
//! origins: a page elsewhere gets 403 with the sentence that names what to add. A caller that sends no `Origin` is no
//! page (a back end, a native app) and is let through. No credentials mode is used, so pages send no cookie here.
//!
//! A gateway (`auth/gateways.rs`) repeats the `Origin` of the visitor's request: a page elsewhere that calls the site behind
//! it is refused alike. What it asks is no page's business, so it gets no preflight: 204 would let the visitor through.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::domain::apps;
use crate::domain::origins::AuthOrigin;
use crate::error::{Error, Result};
use crate::http::auth::gateways;
use crate::ids::AppId;

/// Headers that pages send: named, since `*` never covers `Authorization`.
const ALLOWED_HEADERS: HeaderValue = HeaderValue::from_static(
    "authorization, content-type, passage-version, passage-element-version, passage-flex-version, ginnel-version",
);
const ALLOWED_METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE");
const EXPOSED_HEADERS: HeaderValue = HeaderValue::from_static("retry-after, x-request-id");
const ANYWHERE: HeaderValue = HeaderValue::from_static("*");
/// Two hours, the most that Chromium keeps a preflight.
const PREFLIGHT_SECONDS: HeaderValue = HeaderValue::from_static("7200");

/// Paths of the authentication API begin with this; the app's id follows.
const AUTH: &str = "/auth/v1/apps";
/// Where pages make test apps.
const TEST_APPS: &str = "/api/v1/apps";

/// Middleware of the paths that pages call; others pass.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let makes_test_apps = request.uri().path() == TEST_APPS;
    let is_gateways = gateway_app(request.uri().path()).is_some();
    if !makes_test_apps && !request.uri().path().starts_with(AUTH) {
        return next.run(request).await;
    }
    if !is_gateways
        && request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
    {
        // Answered for every origin, so that the refusal of the request itself can be read.
        return preflight();
    }
    if makes_test_apps {
        return readable_anywhere(next.run(request).await);
    }
    let Some(origin) = request.headers().get(header::ORIGIN).cloned() else {
        let mut response = next.run(request).await;
        response
            .headers_mut()
            .append(header::VARY, HeaderValue::from_static("origin"));
        return response;
    };
    let (id, rest) = segments(request.uri().path());
    // The request itself cannot be held while waiting for the store.
    let id = id.to_owned();
    let is_public =
        request.method() == Method::GET && (rest.is_empty() || rest.starts_with(".well-known/"));
    if !is_public && let Err(refusal) = require_listed(&app, &id, &origin).await {
        return readable_anywhere(refusal.into_response());
    }
    let response = next.run(request).await;
    let is_error = response.status().is_client_error() || response.status().is_server_error();
    if is_public || is_error {
        readable_anywhere(response)
    } else {
        readable_by(response, origin)
    }
}

fn preflight() -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, ANYWHERE);
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, ALLOWED_METHODS);
    headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOWED_HEADERS);
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    response
}

/// Lets any page read an answer that holds nothing of a user.
pub fn readable_anywhere(response: Response) -> Response {
    readable_by(response, ANYWHERE)
}

fn readable_by(mut response: Response, origin: HeaderValue) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED_HEADERS);
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    response
}

/// The segments behind [`AUTH`]: the app's id and the rest.
fn segments(path: &str) -> (&str, &str) {
    let path = path.strip_prefix(AUTH).unwrap_or_default();
    let path = path.strip_prefix('/').unwrap_or_default();
    path.split_once('/').unwrap_or((path, ""))
}

/// The id in the path that gateways ask; `None` for any other path.
pub fn gateway_app(path: &str) -> Option<&str> {
    let (id, rest) = segments(path);
    (rest == gateways::PATH).then_some(id)
}

async fn require_listed(app: &App, id: &str, origin: &HeaderValue) -> Result<()> {
    let id: AppId = id.parse().map_err(|_| apps::not_found())?;
    let loaded = apps::load(app, &id).await?;
    let origin = origin.to_str().unwrap_or_default();
    if loaded.allows_origin(origin) {
        return Ok(());
    }
    let origin = origin.escape_default();
    let mut message = format!(
        "The page's origin `{origin}` is not among this app's origins. Open the page at {}",
        loaded.auth_origin
    );
    // `null` (a file, a sandboxed frame) and the like are no origins that could be added.
    if AuthOrigin::parse(&origin.to_string()).is_ok() {
        let id = &loaded.id;
        message += &format!(", or add the origin: `ginnel app update {id} --add-origin {origin}`");
    }
    Err(Error::forbidden("origin_not_allowed", message + "."))
}
