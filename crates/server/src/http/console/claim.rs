//! Claiming a test app (D15): the link leads through sign-in or sign-up to a button, and the button to the app.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::guard::Visit;
use super::page::{Answer, Frame, Refusal, When, filters, go, show, show_with};
use crate::app::App;
use crate::domain::test_apps::{self, ClaimRefusal};
use crate::domain::{console, members};
use crate::http::console::input::{Form, Path, Query};
use crate::ids::AppId;

#[derive(Template)]
#[template(path = "console/claim.html")]
struct ClaimPage {
    frame: Frame,
    /// This page, for coming back after signing in.
    target: String,
    action: String,
    secret: String,
    /// The app's own name: the link's may say anything.
    name: String,
    origin: String,
    until: Option<When>,
    /// Whether whoever has no account can make one.
    is_open: bool,
}

#[derive(Template)]
#[template(path = "console/claim_refused.html")]
struct RefusedPage {
    frame: Frame,
    title: &'static str,
    text: String,
}

/// What opens the claim; an old element's bare link has none.
#[derive(Deserialize)]
pub struct Link {
    secret: Option<String>,
}

impl Link {
    fn secret(&self) -> Option<&str> {
        self.secret.as_deref().filter(|secret| !secret.is_empty())
    }
}

/// What would be claimed.
pub async fn offer(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Query(link): Query<Link>,
) -> Answer {
    let Ok(app_id) = id.parse::<AppId>() else {
        return refused(&visit, ClaimRefusal::Unknown);
    };
    let record = match test_apps::find_claimable(&app, &app_id, link.secret()).await {
        Ok(record) => record,
        Err(refusal) => return refuse(&app, &visit, &app_id, refusal).await,
    };
    Ok(show(&ClaimPage {
        frame: Frame::of(&visit),
        target: visit.target.clone(),
        action: format!("/claim/{app_id}"),
        secret: link.secret.unwrap_or_default(),
        name: record.name,
        origin: record.auth_origin.to_string(),
        until: record.test_until.map(When::of),
        is_open: console::load(&app).await?.settings.public_signup,
    }))
}

/// Claims it for whoever is signed in.
pub async fn claim(
    State(app): State<App>,
    visit: Visit,
    Path(id): Path<String>,
    Form(link): Form<Link>,
) -> Answer {
    let Ok(app_id) = id.parse::<AppId>() else {
        return refused(&visit, ClaimRefusal::Unknown);
    };
    let member = &visit.visitor().user.id;
    match test_apps::claim(&app, &app_id, link.secret(), member, &visit.client).await {
        Ok(_) => Ok(go(&format!("/console/apps/{app_id}?done=app-claimed"))),
        Err(refusal) => refuse(&app, &visit, &app_id, refusal).await,
    }
}

/// A refusal; to those who are members of an app that was claimed, the app.
async fn refuse(app: &App, visit: &Visit, id: &AppId, refusal: ClaimRefusal) -> Answer {
    if let (ClaimRefusal::AlreadyClaimed, Some(visitor)) = (&refusal, &visit.visitor) {
        let (server, wanted, visitor) = (app.clone(), id.clone(), visitor.clone());
        let role = app.store.read(move |tx| {
            let (user_id, is_operator) = (&visitor.user.id, visitor.is_operator);
            members::role_in(&server, tx, user_id, is_operator, &wanted)
        });
        if role.await?.is_some() {
            return Ok(go(&format!("/console/apps/{id}")));
        }
    }
    refused(visit, refusal)
}

fn refused(visit: &Visit, refusal: ClaimRefusal) -> Result<Response, Refusal> {
    let (status, title) = match refusal {
        ClaimRefusal::Unknown => (StatusCode::NOT_FOUND, "There is no such test app"),
        ClaimRefusal::Expired => (StatusCode::GONE, "This test app has ended"),
        ClaimRefusal::AlreadyClaimed => (StatusCode::CONFLICT, "This app was claimed before"),
        ClaimRefusal::Foreign => (StatusCode::FORBIDDEN, "This link is not this app's"),
        ClaimRefusal::BareRefused => (StatusCode::FORBIDDEN, "This link is not complete"),
        ClaimRefusal::Failed(error) => return Err(error.into()),
    };
    let page = RefusedPage {
        frame: Frame::of(visit),
        title,
        text: refusal.to_string(),
    };
    Ok(show_with(status, &page))
}
