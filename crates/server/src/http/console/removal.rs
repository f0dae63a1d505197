//! Deleting an app: what will be lost, and the name to type.

use askama::Template;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, go, show_with, status_of};
use crate::app::App;
use crate::domain::apps;
use crate::domain::users::listing::{COUNTED, counted};
use crate::error::{Code, Error, Result};

#[derive(Template)]
#[template(path = "console/removal.html")]
struct RemovalPage {
    frame: Frame,
    base: String,
    users: String,
    passkeys: String,
    members: usize,
    typed: String,
    error: String,
}

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
}

/// The page.
pub async fn ask(State(app): State<App>, visit: AppVisit) -> Answer {
    visit.require_not_console(&app)?;
    Ok(draw(&app, &visit, StatusCode::OK, String::new(), String::new()).await?)
}

/// Deletes the app, if its name was typed.
pub async fn remove(State(app): State<App>, visit: AppVisit, Form(typed): Form<Typed>) -> Answer {
    visit.require_not_console(&app)?;
    let removed = if typed.name.trim() == visit.record.name {
        let (by, client) = (&visit.visit.visitor().user.id, &visit.visit.client);
        apps::remove(&app, &visit.record.id, by, client).await
    } else {
        Err(Error::invalid(format!(
            "This is not the app's name. Type `{}` to delete it.",
            visit.record.name
        )))
    };
    match removed {
        Ok(()) => Ok(go("/console?done=app-removed")),
        Err(error)
            if matches!(
                error.code(),
                Code::InvalidRequest | Code::OperationNotAllowed
            ) =>
        {
            let (status, said) = (status_of(&error), error.message().to_owned());
            Ok(draw(&app, &visit, status, typed.name, said).await?)
        }
        Err(error) => Err(error.into()),
    }
}

async fn draw(
    app: &App,
    visit: &AppVisit,
    status: StatusCode,
    typed: String,
    error: String,
) -> Result<Response> {
    let id = visit.record.id.clone();
    let (users, passkeys, members) = app
        .store
        .read(move |tx| {
            let users = tx.count_users(&id, COUNTED + 1)?;
            let passkeys = tx.count_passkeys(&id, COUNTED + 1)?;
            Ok((users, passkeys, tx.list_members(&id)?.len()))
        })
        .await?;
    let page = RemovalPage {
        frame: Frame::about(app, visit, "settings"),
        base: format!("/console/apps/{}", visit.record.id),
        users: counted(users),
        passkeys: counted(passkeys),
        members,
        typed,
        error,
    };
    Ok(show_with(status, &page))
}
