//! The audit log: which member changed what.

use askama::Template;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, When, show};
use crate::app::App;
use crate::domain::audit::{self, Place};
use crate::domain::events::Kind;
use crate::store::Change;

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
    who: String,
    /// Whether whoever did it is a member no more.
    is_former: bool,
    what: &'static str,
    detail: String,
    /// The user whom it concerned.
    user: Option<String>,
    when: When,
}

/// What follows the page's path.
#[derive(Default, Deserialize)]
pub struct Params {
    before: Option<String>,
}

/// The page.
pub async fn audit(
    State(app): State<App>,
    visit: AppVisit,
    Query(params): Query<Params>,
) -> Answer {
    let before = params.before.as_deref().map(str::parse::<Place>);
    let page = audit::list(&app, &visit.record.id, before.transpose()?).await?;
    Ok(show(&AuditPage {
        frame: Frame::about(&app, &visit, "audit"),
        base: format!("/console/apps/{}", visit.record.id),
        changes: page.changes.into_iter().map(line).collect(),
        next: page.next.map(|place| place.to_string()),
        is_first: params.before.is_none(),
    }))
}

fn line(change: Change) -> Line {
    let is_own = change.subject.as_deref() == change.member_id.as_ref().map(|id| id.as_str());
    Line {
        what: said(change.kind, is_own),
        is_former: !change.is_member && change.email.is_some(),
        who: change.email.unwrap_or_else(|| "A former member".to_owned()),
        detail: change.detail.unwrap_or_default(),
        user: change.user_id.map(|id| id.to_string()),
        when: When::of(change.created_at),
    }
}

/// What somebody did, in words; `is_own` if they did it to themselves.
fn said(kind: Kind, is_own: bool) -> &'static str {
    match kind {
        Kind::AppCreated => "Made the app",
        Kind::AppClaimed => "Claimed the app",
        Kind::AppRemoved => "Deleted an app",
        Kind::SettingsChanged => "Changed a setting",
        Kind::RpIdChanged => "Changed the RP ID",
        Kind::KeyRotated => "Changed the signing key",
        Kind::MemberInvited => "Invited somebody",
        Kind::InvitationRevoked => "Took an invitation back",
        Kind::MemberJoined => "Joined",
        Kind::MemberChanged => "Changed a role",
        Kind::MemberRemoved if is_own => "Left",
        Kind::MemberRemoved => "Removed a member",
        Kind::OperatorAdded => "Became an operator",
        Kind::UserCreated => "Made a user",
        Kind::UserDeactivated => "Deactivated a user",
        Kind::UserActivated => "Activated a user",
        Kind::UserRemoved => "Deleted a user",
        Kind::SessionsRevoked => "Signed a user out",
        Kind::PasskeyRemoved => "Revoked a passkey",
        // What only users and the server itself do.
        kind => kind.as_str(),
    }
}
