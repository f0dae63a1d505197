//! Signing in to the Console with our own element, and out.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::cookie;
use super::guard::Visit;
use super::page::{Answer, Frame, go, show};
use crate::app::App;
use crate::domain::console::{self, needs_operator};
use crate::error::Result;
use crate::http::auth_token;
use crate::http::console::input::Query;
use crate::http::respond;

/// Where to go after signing in.
#[derive(Default, Deserialize)]
pub struct Next {
    #[serde(default)]
    next: String,
    /// The same for somebody who came to sign up and has an account.
    #[serde(default)]
    back: String,
    /// Whether a session ended while a form was open.
    ended: Option<String>,
}

impl Next {
    /// A page of the Console, and never another site: a path, compared as a URL (D13).
    fn page(app: &App, target: &str) -> String {
        let own = &app.config.public_url;
        let page = own.join(target).ok().filter(|url| {
            url.origin() == own.origin()
                && ["/console", "/claim/"]
                    .iter()
                    .any(|start| url.path().starts_with(start))
                && !target.contains(['\\', '\n', '\r', '\t'])
        });
        page.map_or_else(
            || "/console".to_owned(),
            |url| match url.query() {
                Some(query) => format!("{}?{query}", url.path()),
                None => url.path().to_owned(),
            },
        )
    }
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    frame: Frame,
    console_id: String,
    next: String,
    /// Where whoever has an account goes instead.
    back: String,
    is_sign_up: bool,
    /// Whether whoever has no account can make one.
    is_open: bool,
    /// Whether nobody runs the server yet.
    is_first: bool,
    /// Whether a link led here that lets people in where not everybody may.
    is_led: bool,
    /// Whether a session ended while a form was open.
    has_ended: bool,
}

/// Signing in.
pub async fn sign_in(State(app): State<App>, visit: Visit, Query(next): Query<Next>) -> Answer {
    draw(&app, visit, next, false).await
}

/// Signing up, where that is open or a link admits.
pub async fn sign_up(State(app): State<App>, visit: Visit, Query(next): Query<Next>) -> Answer {
    draw(&app, visit, next, true).await
}

async fn draw(app: &App, visit: Visit, next_of: Next, is_sign_up: bool) -> Answer {
    let back = match next_of.back.as_str() {
        "" => Next::page(app, &next_of.next),
        back => Next::page(app, back),
    };
    let next = Next::page(app, &next_of.next);
    if visit.visitor.is_some() {
        return Ok(go(&next));
    }
    let loaded = console::load(app).await?;
    let console_id = loaded.id.clone();
    let is_first = app
        .store
        .read(move |tx| needs_operator(tx, &console_id))
        .await?;
    let is_open = loaded.settings.public_signup;
    // What admits is a cookie that this page never sees.
    let is_led = ["/console/setup/", "/console/invitations/"]
        .iter()
        .any(|start| back.starts_with(start));
    if !is_sign_up && is_first && is_open {
        // The first visitor of a new server on this machine sets it up.
        return Ok(go(&format!(
            "/console/sign-up?next={}",
            super::page::encoded(&next)
        )));
    }
    Ok(show(&SignInPage {
        frame: Frame::of(&visit),
        console_id: loaded.id.to_string(),
        next,
        back,
        is_sign_up,
        is_open,
        is_first,
        is_led,
        has_ended: next_of.ended.is_some(),
    }))
}

/// Exchanges the element's auth token for the Console's cookie.
pub async fn open_session(State(app): State<App>, headers: HeaderMap) -> Result<Response> {
    let text = console::exchange(&app, auth_token::bearer(&headers)?).await?;
    let cookie = cookie::set(&app.config, &text);
    let answer = respond::Json(serde_json::json!({ "signed_in": true }));
    Ok(([(header::SET_COOKIE, cookie)], answer).into_response())
}

/// Ends the visitor's session.
pub async fn sign_out(State(app): State<App>, visit: Visit) -> Answer {
    console::leave(&app, visit.visitor(), &visit.client).await?;
    let headers: [(_, HeaderValue); 2] = [
        (header::SET_COOKIE, cookie::clear(&app.config)),
        (
            header::LOCATION,
            HeaderValue::from_static("/console/sign-in"),
        ),
    ];
    Ok((StatusCode::SEE_OTHER, headers).into_response())
}
