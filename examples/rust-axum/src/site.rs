//! The app: a login page, a dashboard for signed-in users, and the page for everybody who is not.

use axum::extract::State;
use axum::handler::HandlerWithoutStateExt as _;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{StatusCode, Uri};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Json, Router};
use ginnel_sdk::axum::Refused;
use ginnel_sdk::{Error, Ginnel, User};
use serde_json::json;
use tower_http::services::ServeDir;
use url::form_urlencoded;

use crate::pages::{Dashboard, ErrorPage, Login, Unauthorized, page};

/// The stylesheet and the scripts, which all examples share.
const PUBLIC: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/public");

/// What depends on the user is kept by nobody.
const NO_STORE: [(axum::http::HeaderName, &str); 1] = [(CACHE_CONTROL, "no-store")];

/// Builds the app around a client of `ginnel-sdk`.
pub(crate) fn router(ginnel: Ginnel) -> Router {
    let url = ginnel.url();
    // Scripts come from here and from Ginnel, and may talk to these two only.
    let policy = format!(
        "default-src 'self'; script-src 'self' {url}; connect-src 'self' {url}; \
         style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"
    );
    let policy = HeaderValue::try_from(policy).expect("an address is a header's value");
    let secure = move |mut response: Response| {
        let headers = response.headers_mut();
        headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        async { response }
    };
    let public = ServeDir::new(PUBLIC).fallback(not_found.into_service());
    Router::new()
        .route("/", get(login))
        .route("/dashboard", get(dashboard))
        .route("/api/me", get(me))
        .route("/unauthorized", get(unauthorized))
        .nest_service("/public", public)
        .fallback(not_found)
        .layer(map_response(secure))
        .with_state(ginnel)
}

async fn login(State(ginnel): State<Ginnel>) -> Response {
    page(StatusCode::OK, Login { ginnel: &ginnel })
}

/// A page: who is not signed in goes to the unauthorized page, which refreshes the token and comes back.
async fn dashboard(
    State(ginnel): State<Ginnel>,
    uri: Uri,
    user: Result<User, Refused>,
) -> impl IntoResponse {
    let response = match &user {
        Ok(user) => page(
            StatusCode::OK,
            Dashboard {
                ginnel: &ginnel,
                user_id: user.id(),
            },
        ),
        Err(Refused(error)) if error.status() == 401 => sent_away(&uri, error),
        Err(Refused(error)) => failure(error),
    };
    (NO_STORE, response)
}

/// A call by a script: 401 says it all.
async fn me(user: User) -> impl IntoResponse {
    (NO_STORE, Json(json!({ "userID": user.id() })))
}

fn sent_away(uri: &Uri, error: &Error) -> Response {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("return", &uri.to_string())
        .append_pair("reason", error.code().as_str())
        .finish();
    Redirect::to(&format!("/unauthorized?{query}")).into_response()
}

async fn unauthorized(State(ginnel): State<Ginnel>) -> impl IntoResponse {
    let response = page(StatusCode::UNAUTHORIZED, Unauthorized { ginnel: &ginnel });
    (NO_STORE, response)
}

async fn not_found() -> Response {
    let sentence = "There is no such page.";
    page(StatusCode::NOT_FOUND, ErrorPage { sentence })
}

/// What is not the visitor's fault is told to the operator.
fn failure(error: &Error) -> Response {
    eprintln!("{error}");
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let sentence = match status {
        StatusCode::SERVICE_UNAVAILABLE => {
            "Sign-ins cannot be checked at the moment. Please try again in a minute."
        }
        _ => "Something went wrong on this server.",
    };
    page(status, ErrorPage { sentence })
}
