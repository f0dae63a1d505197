//! Making an app, and the page that a developer copies from.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::guard::{AppVisit, Visit};
use super::page::{Answer, Frame, When, filters, go, show, show_with, status_of};
use crate::app::App;
use crate::domain::apps::{self, AppType, NewApp};
use crate::domain::console;
use crate::domain::events::{Client, Event, Kind};
use crate::domain::limits::Limit;
use crate::domain::members::Role;
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::domain::snippets::{self, Language, Snippet};
use crate::error::{Error, Result};
use crate::http::console::input::Form;
use crate::ids::{AppId, UserId};

#[derive(Template)]
#[template(path = "console/app_new.html")]
struct NewPage {
    frame: Frame,
    typed: Typed,
    name_error: String,
    origin_error: String,
    redirect_error: String,
    /// Why it could not be made, though all was right.
    problem: String,
}

/// What somebody typed.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    auth_origin: String,
    #[serde(default)]
    redirect_url: String,
}

/// The form for a new app.
pub async fn new(visit: Visit) -> Answer {
    Ok(show(&NewPage {
        frame: Frame::of(&visit),
        typed: Typed::default(),
        name_error: String::new(),
        origin_error: String::new(),
        redirect_error: String::new(),
        problem: String::new(),
    }))
}

/// Makes an app whose owner is the visitor.
pub async fn create(State(app): State<App>, visit: Visit, Form(typed): Form<Typed>) -> Answer {
    let said = |result: Result<()>| {
        result
            .err()
            .map_or(String::new(), |error| error.message().to_owned())
    };
    let origin = AuthOrigin::parse(&typed.auth_origin);
    let mut page = NewPage {
        frame: Frame::of(&visit),
        problem: String::new(),
        name_error: said(NewApp::check_name(&typed.name)),
        redirect_error: match &origin {
            Ok(parsed) => {
                said(RedirectUrl::parse(&typed.redirect_url, &[&parsed.origin]).map(drop))
            }
            // A path can be judged without the origin.
            Err(_) if typed.redirect_url.contains("://") => String::new(),
            Err(_) => {
                let stand_in = AuthOrigin::from_stored("http://localhost".to_owned());
                said(RedirectUrl::parse(&typed.redirect_url, &[&stand_in]).map(drop))
            }
        },
        origin_error: said(origin.map(drop)),
        typed,
    };
    let is_wrong = [&page.name_error, &page.origin_error, &page.redirect_error]
        .iter()
        .any(|error| !error.is_empty());
    if is_wrong {
        let status = status_of(&Error::invalid(""));
        return Ok(show_with(status, &page));
    }
    let new = NewApp::parse(
        &page.typed.name,
        &page.typed.auth_origin,
        &page.typed.redirect_url,
    )?;
    let done = if new.notes.is_empty() {
        "app-created"
    } else {
        "app-put-right"
    };
    let id = match make(&app, new, visit.visitor().user.id.clone(), &visit.client).await {
        Ok(id) => id,
        // All keys that were ready are in use, or somebody makes too many: what was typed is good a moment later.
        Err(refusal) if refusal.retry_after_seconds().is_some() => {
            page.problem = refusal.message().to_owned();
            return Ok(show_with(status_of(&refusal), &page));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(go(&format!("/console/apps/{id}?done={done}")))
}

async fn make(app: &App, new: NewApp, owner: UserId, client: &Client) -> Result<AppId> {
    let app = app.clone();
    let console_id = console::load(&app).await?.id.clone();
    let event = Event::of_member(&app, &owner, &console_id, Kind::AppCreated, client);
    let limit = Limit::apps_by(&owner);
    // A signing key may have to be made, which blocks.
    let made = tokio::task::spawn_blocking(move || {
        apps::create_with(&app, new, move |tx, record| {
            limit.require(tx, record.created_at)?;
            tx.update_member(&record.id, &owner, Role::Owner, record.created_at)?;
            let event = Event {
                app_id: record.id.clone(),
                ..event.clone()
            };
            tx.add_event(&event.detailed(&record.name))
        })
    });
    let record = made.await.map_err(Error::internal)??;
    Ok(record.id)
}

#[derive(Template)]
#[template(path = "console/app.html")]
struct OverviewPage {
    frame: Frame,
    id: String,
    origin: String,
    redirect_url: String,
    server: String,
    /// Until when a test app lives.
    test_until: Option<When>,
    progress: Progress,
    /// Whether it has a login of its own.
    is_flex: bool,
    why_kept: Option<&'static str>,
    front_end: String,
    back_ends: Vec<Snippet>,
}

#[derive(Template)]
#[template(path = "console/app_waiting.html")]
struct WaitingPart {
    id: String,
    progress: Progress,
}

/// How far the app has come.
struct Progress {
    /// Whether anybody has signed in yet.
    has_sign_ins: bool,
    /// Sign-ins of the last days.
    sign_ins: i64,
}

/// The app's page: what to copy, and whether it works.
pub async fn overview(State(app): State<App>, visit: AppVisit) -> Answer {
    let progress = progress(&app, &visit.record.id).await?;
    let frame = Frame::about(&app, &visit, "overview");
    let (record, server) = (&visit.record, app.config.public_origin());
    let back_ends = Language::ALL.map(|language| {
        snippets::back_end(language, &record.id, &server, record.settings.algorithm)
    });
    Ok(show(&OverviewPage {
        id: record.id.to_string(),
        origin: record.auth_origin.to_string(),
        redirect_url: record.settings.redirect_url.clone(),
        front_end: snippets::front_end(&record.id, &server),
        back_ends: back_ends.into(),
        server,
        is_flex: record.settings.app_type == AppType::Flex,
        test_until: record.test_until.map(When::of),
        why_kept: frame.about.as_ref().and_then(|about| about.why_kept),
        frame,
        progress,
    }))
}

/// The part of it that turns green by itself.
pub async fn waiting(State(app): State<App>, visit: AppVisit) -> Answer {
    Ok(show(&WaitingPart {
        id: visit.record.id.to_string(),
        progress: progress(&app, &visit.record.id).await?,
    }))
}

/// Days that the numbers cover.
const DAYS: i64 = 30;

async fn progress(app: &App, id: &AppId) -> Result<Progress> {
    let (id, today) = (id.clone(), app.clock.now().day());
    app.store
        .read(move |tx| {
            let counts = tx.list_counts(&id, today - DAYS + 1, today)?;
            let sign_ins = counts.iter().filter(|count| count.counter.is_sign_in());
            Ok(Progress {
                has_sign_ins: tx.has_sign_ins(&id)?,
                sign_ins: sign_ins.map(|count| count.count).sum(),
            })
        })
        .await
}
