//! The example app: a site of its own on its own listener, for a newcomer to try and to read. It uses what any site
//! uses: the element, its script, and a token check.

mod inbox;

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::from_fn;
use axum::response::{Html, IntoResponse, Redirect, Response};
use axum::{Router, routing};

use super::{assets, auth_token, hosts};
use crate::app::App;
use crate::domain::{apps, sessions};
use crate::error::{Error, Result};
use crate::ids::AppId;

/// The example app: the server, and the id of its app.
#[derive(Clone)]
pub struct Example {
    app: App,
    id: AppId,
}

#[derive(Template)]
#[template(path = "example/login.html")]
struct LoginPage {
    app_id: String,
    server: String,
    has_inbox: bool,
}

#[derive(Template)]
#[template(path = "example/dashboard.html")]
struct DashboardPage {
    app_id: String,
    server: String,
    name: String,
    user_id: String,
}

#[derive(Template)]
#[template(path = "example/unauthorized.html")]
struct UnauthorizedPage {
    app_id: String,
    server: String,
}

/// Routes of the example listener.
pub fn router(app: App, id: AppId) -> Router {
    let mut pages = Router::new()
        .route("/", routing::get(login))
        .route("/dashboard", routing::get(dashboard))
        .route("/unauthorized", routing::get(unauthorized));
    if app.config.has_inbox() {
        pages = pages.merge(inbox::routes());
    }
    pages
        .merge(assets::stylesheet())
        .fallback(async || {
            (
                StatusCode::NOT_FOUND,
                "There is no such page in the example app. Go to / or /dashboard.",
            )
        })
        .layer(from_fn(hosts::check_loopback))
        .with_state(Example { app, id })
}

impl Example {
    fn server(&self) -> String {
        self.app.config.public_origin()
    }
}

async fn login(State(example): State<Example>) -> Result<Response> {
    page(&LoginPage {
        app_id: example.id.to_string(),
        server: example.server(),
        has_inbox: example.app.config.has_inbox(),
    })
}

async fn dashboard(
    State(example): State<Example>,
    uri: axum::http::Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let loaded = apps::load(&example.app, &example.id).await?;
    let Some(token) = auth_token::cookie(&headers) else {
        return Ok(refuse(&uri));
    };
    match sessions::authenticate(&example.app, &loaded, token).await {
        Ok(signed_in) => page(&DashboardPage {
            app_id: example.id.to_string(),
            server: example.server(),
            name: signed_in.user.display_name().to_owned(),
            user_id: signed_in.user.id.to_string(),
        }),
        Err(error) if error.code().status() < 500 => Ok(refuse(&uri)),
        Err(error) => Err(error),
    }
}

/// To the page that renews the token once; `again` says that it was tried.
fn refuse(uri: &axum::http::Uri) -> Response {
    let target = if uri.query() == Some("again") {
        "/unauthorized?again"
    } else {
        "/unauthorized"
    };
    Redirect::to(target).into_response()
}

async fn unauthorized(State(example): State<Example>) -> Result<Response> {
    page(&UnauthorizedPage {
        app_id: example.id.to_string(),
        server: example.server(),
    })
}

fn page(template: &impl Template) -> Result<Response> {
    let html = template.render().map_err(Error::internal)?;
    Ok((
        [
            (header::CACHE_CONTROL, "no-store"),
            (header::X_FRAME_OPTIONS, "DENY"),
        ],
        Html(html),
    )
        .into_response())
}
