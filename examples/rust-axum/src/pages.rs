//! The pages: their templates, and the answers they become.

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use ginnel_sdk::Ginnel;

/// The two lines of the quick start.
#[derive(Template)]
#[template(path = "login.html")]
pub(crate) struct Login<'a> {
    pub(crate) ginnel: &'a Ginnel,
}

/// For signed-in users.
#[derive(Template)]
#[template(path = "dashboard.html")]
pub(crate) struct Dashboard<'a> {
    pub(crate) ginnel: &'a Ginnel,
    pub(crate) user_id: &'a str,
}

/// Refreshes and goes back, or asks to sign in; `unauthorized.js` decides, by the address of the page.
#[derive(Template)]
#[template(path = "unauthorized.html")]
pub(crate) struct Unauthorized<'a> {
    pub(crate) ginnel: &'a Ginnel,
}

/// Says what went wrong.
#[derive(Template)]
#[template(path = "error.html")]
pub(crate) struct ErrorPage<'a> {
    pub(crate) sentence: &'a str,
}

/// A page with this status.
pub(crate) fn page(status: StatusCode, template: impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            eprintln!("A page cannot be drawn: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
