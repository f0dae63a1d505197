//! The start page: the visitor's apps, the example to explore, and the button for a new one.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::guard::Visit;
use super::page::{Answer, Frame, When, show};
use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::members::{Membership, Role};
use crate::http::console::input::Query;

/// Apps that an operator's list shows at once.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "console/home.html")]
struct HomePage {
    frame: Frame,
    apps: Vec<Line>,
    example: Option<Line>,
    console_id: Option<String>,
    search: String,
    /// Whether there are more than are shown.
    has_more: bool,
    has_search: bool,
}

/// An app in the list.
struct Line {
    id: String,
    name: String,
    origin: String,
    role: &'static str,
    is_test: bool,
    created: When,
}

/// What is searched for.
#[derive(Default, Deserialize)]
pub struct Search {
    #[serde(default)]
    q: String,
}

/// The start page.
pub async fn home(State(app): State<App>, visit: Visit, Query(search): Query<Search>) -> Answer {
    let user_id = visit.visitor().user.id.clone();
    let is_operator = visit.visitor().is_operator;
    let (all, example) = {
        let example_id = app.example_id.get().cloned();
        app.store
            .read(move |tx| {
                let own = tx.list_memberships(&user_id)?;
                let apps: Vec<Membership> = if is_operator {
                    let mut apps = tx.list_apps()?;
                    apps.reverse();
                    let of = |app: AppRecord| Membership {
                        app,
                        role: Role::Owner,
                    };
                    apps.into_iter().map(of).collect()
                } else {
                    own
                };
                let example = match &example_id {
                    Some(id) => tx.find_app(id)?,
                    None => None,
                };
                Ok((apps, example))
            })
            .await?
    };
    let wanted = search.q.trim().to_lowercase();
    let is_shown = |membership: &Membership| {
        let record = &membership.app;
        let is_special = app.is_console(&record.id)
            || example
                .as_ref()
                .is_some_and(|example| example.id == record.id);
        !is_special
            && (wanted.is_empty()
                || record.name.to_lowercase().contains(&wanted)
                || record.auth_origin.as_str().contains(&wanted)
                || record.id.as_str() == search.q.trim())
    };
    let count = all.len();
    let mut apps: Vec<Line> = all
        .iter()
        .filter(|membership| is_shown(membership))
        .take(SHOWN + 1)
        .map(|membership| line(&membership.app, membership.role))
        .collect();
    let has_more = apps.len() > SHOWN;
    apps.truncate(SHOWN);
    let console_id = app.console_id.get().filter(|_| is_operator);
    Ok(show(&HomePage {
        frame: Frame::of(&visit),
        has_search: count > 12 || !wanted.is_empty(),
        apps,
        example: example
            .as_ref()
            .filter(|_| wanted.is_empty())
            .map(|record| line(record, Role::Viewer)),
        console_id: console_id.map(ToString::to_string),
        search: search.q,
        has_more,
    }))
}

fn line(record: &AppRecord, role: Role) -> Line {
    Line {
        id: record.id.to_string(),
        name: record.name.clone(),
        origin: record.auth_origin.to_string(),
        role: role.as_str(),
        is_test: record.test_until.is_some(),
        created: When::of(record.created_at),
    }
}
