//! An app's API keys: listed, made (the key itself is shown once), revoked.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, When, filters, go, nothing, show_with, status_of};
use crate::app::App;
use crate::domain::api_keys::{self, ApiKey, MOST};
use crate::domain::apps::AppType;
use crate::domain::console;
use crate::domain::events::Author;
use crate::error::{Code, Error, Result};
use crate::http::console::input::{Form, Path};
use crate::ids::ApiKeyId;

#[derive(Template)]
#[template(path = "console/api_keys.html")]
struct ApiKeysPage {
    frame: Frame,
    base: String,
    lines: Vec<Line>,
    is_full: bool,
    is_flex: bool,
    fresh: Option<Fresh>,
    typed: Typed,
    typed_error: String,
    /// Where back ends call.
    address: String,
}

/// A key as it is listed.
struct Line {
    id: String,
    name: String,
    prefix: String,
    created: When,
    /// Who made it; empty for the command line.
    by: String,
    last_used: Option<When>,
}

/// A key made just now: the only time that it is seen.
struct Fresh {
    name: String,
    key: String,
}

/// What was typed to make a key.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    name: String,
}

/// What the page says beside its list.
#[derive(Default)]
struct Said {
    fresh: Option<Fresh>,
    typed: Typed,
    typed_error: String,
}

/// The page.
pub async fn api_keys(State(app): State<App>, visit: AppVisit) -> Answer {
    if app.is_console(&visit.record.id) {
        return nothing().await;
    }
    Ok(draw(&app, &visit, StatusCode::OK, Said::default()).await?)
}

async fn draw(app: &App, visit: &AppVisit, status: StatusCode, said: Said) -> Result<Response> {
    let id = visit.record.id.clone();
    let console_id = console::load(app).await?.id.clone();
    let (keys, makers) = app
        .store
        .read(move |tx| {
            let keys = tx.list_api_keys(&id)?;
            let mut makers = HashMap::new();
            for by in keys.iter().filter_map(|key| key.created_by.as_ref()) {
                let maker = tx.find_user(by)?.filter(|user| user.app_id == console_id);
                if let Some(maker) = maker {
                    makers.insert(by.clone(), maker.display_name().to_owned());
                }
            }
            Ok((keys, makers))
        })
        .await?;
    let by = |key: &ApiKey| match &key.created_by {
        None => String::new(),
        Some(by) => {
            let known = makers.get(by).cloned();
            known.unwrap_or_else(|| "somebody who has left".to_owned())
        }
    };
    let line = |key: &ApiKey| Line {
        id: key.id.to_string(),
        name: key.name.clone(),
        prefix: key.prefix.clone(),
        created: When::of(key.created_at),
        by: by(key),
        last_used: key.last_used_at.map(When::of),
    };
    let app_id = &visit.record.id;
    let page = ApiKeysPage {
        frame: Frame::about(app, visit, "api-keys"),
        base: format!("/console/apps/{app_id}/api-keys"),
        is_full: keys.len() >= MOST,
        is_flex: visit.record.settings.app_type == AppType::Flex,
        lines: keys.iter().map(line).collect(),
        fresh: said.fresh,
        typed: said.typed,
        typed_error: said.typed_error,
        address: format!("{}/api/v1/apps/{app_id}", app.config.public_origin()),
    };
    Ok(show_with(status, &page))
}

fn author(visit: &AppVisit) -> Author {
    Author::Member {
        id: visit.visit.visitor().user.id.clone(),
        client: visit.visit.client.clone(),
    }
}

/// Makes a key. The answer itself shows it, once.
pub async fn add(State(app): State<App>, visit: AppVisit, Form(typed): Form<Typed>) -> Answer {
    let (server, id, name) = (app.clone(), visit.record.id.clone(), typed.name.clone());
    let author = author(&visit);
    let made = tokio::task::spawn_blocking(move || api_keys::add(&server, &id, &name, &author))
        .await
        .map_err(Error::internal)?;
    let (status, said) = match made {
        Ok((key, secret)) => {
            let fresh = Fresh {
                name: key.name,
                key: secret.reveal().to_owned(),
            };
            let said = Said {
                fresh: Some(fresh),
                ..Said::default()
            };
            (StatusCode::OK, said)
        }
        Err(error)
            if matches!(
                error.code(),
                Code::InvalidRequest | Code::OperationNotAllowed
            ) && error.reason() != Some("console_app") =>
        {
            let said = Said {
                typed,
                typed_error: error.message().to_owned(),
                ..Said::default()
            };
            (status_of(&error), said)
        }
        Err(error) => return Err(error.into()),
    };
    Ok(draw(&app, &visit, status, said).await?)
}

/// Revokes a key.
pub async fn revoke(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, key)): Path<(String, String)>,
) -> Answer {
    let key: ApiKeyId = key.parse().map_err(|_| api_keys::not_found())?;
    let (id, author) = (visit.record.id.clone(), author(&visit));
    tokio::task::spawn_blocking(move || api_keys::revoke(&app, &id, &key, &author))
        .await
        .map_err(Error::internal)??;
    Ok(go(&format!(
        "/console/apps/{}/api-keys?done=api-key-revoked",
        visit.record.id
    )))
}
