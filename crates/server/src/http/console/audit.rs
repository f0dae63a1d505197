//! The audit log: which member changed what.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::event_lines::EventLine;
use super::guard::AppVisit;
use super::page::{Answer, Frame, show};
use crate::app::App;
use crate::domain::audit;
use crate::domain::paging::Cursor;

#[derive(Template)]
#[template(path = "console/audit.html")]
struct AuditPage {
    frame: Frame,
    base: String,
    changes: Vec<Line>,
    /// Where the page after this one begins.
    next: Option<String>,
    is_first: bool,
}

/// A change.
struct Line {
    event: EventLine,
    /// Who did it; `None` if their account is gone.
    who: Option<String>,
    is_former: bool,
}

/// What follows the page's path.
#[derive(Default, Deserialize)]
pub struct Params {
    #[serde(default)]
    before: String,
}

/// The page.
pub async fn audit(
    State(app): State<App>,
    visit: AppVisit,
    Query(params): Query<Params>,
) -> Answer {
    let page = audit::list(&app, &visit.record.id, Cursor::parse(&params.before)?).await?;
    let line = |change: audit::Change| Line {
        event: EventLine::of(&change.event),
        who: change.event.member_name,
        is_former: change.is_former,
    };
    Ok(show(&AuditPage {
        frame: Frame::about(&app, &visit, "audit"),
        base: format!("/console/apps/{}", visit.record.id),
        changes: page.rows.into_iter().map(line).collect(),
        next: page.next,
        is_first: params.before.is_empty(),
    }))
}
