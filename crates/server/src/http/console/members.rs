//! An app's members: who they are, what they may, and who is invited. Of the Console's own app, these are the operators.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, When, filters, go, show_with, status_of};
use crate::app::App;
use crate::domain::console;
use crate::domain::invitations::{self, Invited};
use crate::domain::members::{self, Role};
use crate::error::{Code, Error, Result};
use crate::http::console::input::{Form, Path};
use crate::ids::{InvitationId, UserId};

#[derive(Template)]
#[template(path = "console/members.html")]
struct MembersPage {
    frame: Frame,
    base: String,
    members: Vec<Line>,
    invitations: Vec<Open>,
    invited: Option<Fresh>,
    /// What was typed into the form for an invitation.
    typed: Typed,
    typed_error: String,
    /// What could not be done with a member.
    problem: String,
}

/// A member.
struct Line {
    id: String,
    email: String,
    role: Role,
    is_you: bool,
    since: When,
    last_sign_in: Option<When>,
}

/// An open invitation.
struct Open {
    id: String,
    email: String,
    role: &'static str,
    until: When,
}

/// An invitation made just now: the only time that its link is seen.
struct Fresh {
    email: String,
    link: String,
    is_mailed: bool,
    until: When,
}

/// What was typed to invite somebody.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    email: String,
    #[serde(default)]
    role: String,
}

/// What the page says beside its lists.
#[derive(Default)]
struct Said {
    invited: Option<Invited>,
    typed: Typed,
    typed_error: String,
    problem: String,
}

/// The page.
pub async fn members(State(app): State<App>, visit: AppVisit) -> Answer {
    Ok(draw(&app, &visit, StatusCode::OK, Said::default()).await?)
}

async fn draw(app: &App, visit: &AppVisit, status: StatusCode, said: Said) -> Result<Response> {
    let (id, now) = (visit.record.id.clone(), app.clock.now());
    let console_id = console::load(app).await?.id.clone();
    let (stored, open) = app
        .store
        .read(move |tx| {
            let open = tx.list_invitations(&id, &console_id, now)?;
            Ok((tx.list_members(&id)?, open))
        })
        .await?;
    let you = &visit.visit.visitor().user.id;
    let line = |member: &members::Member| Line {
        id: member.user_id.to_string(),
        email: member
            .email
            .clone()
            .unwrap_or_else(|| member.user_id.to_string()),
        role: member.role,
        is_you: member.user_id == *you,
        since: When::of(member.created_at),
        last_sign_in: member.last_login_at.map(When::of),
    };
    let open = open.iter().map(|invitation| Open {
        id: invitation.id.to_string(),
        email: invitation.email.clone(),
        role: invitation.role.as_str(),
        until: When::of(invitation.expires_at),
    });
    let fresh = |invited: Invited| Fresh {
        email: invited.invitation.email,
        link: invited.link,
        is_mailed: invited.is_mailed,
        until: When::of(invited.invitation.expires_at),
    };
    let page = MembersPage {
        frame: Frame::about(app, visit, "members"),
        base: format!("/console/apps/{}", visit.record.id),
        members: stored.iter().map(line).collect(),
        invitations: open.collect(),
        invited: said.invited.map(fresh),
        typed: said.typed,
        typed_error: said.typed_error,
        problem: said.problem,
    };
    Ok(show_with(status, &page))
}

/// Invites somebody. The answer itself shows the link, once.
pub async fn invite(State(app): State<App>, visit: AppVisit, Form(typed): Form<Typed>) -> Answer {
    let by = &visit.visit.visitor().user.id;
    let invited = match role(&app, &visit, &typed.role) {
        Ok(role) => {
            let (record, client) = (&visit.record, &visit.visit.client);
            invitations::invite(&app, record, &typed.email, role, by, client).await
        }
        Err(error) => Err(error),
    };
    let (status, said) = match invited {
        Ok(invited) => {
            let said = Said {
                invited: Some(invited),
                ..Said::default()
            };
            (StatusCode::OK, said)
        }
        Err(error) if is_answer(&error) => {
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

/// Whether a refusal belongs on the page itself.
fn is_answer(error: &Error) -> bool {
    matches!(
        error.code(),
        Code::InvalidRequest | Code::OperationNotAllowed | Code::RateLimited
    )
}

/// The role that was chosen; a member of the Console's own app is an operator.
fn role(app: &App, visit: &AppVisit, text: &str) -> Result<Role> {
    if app.is_console(&visit.record.id) {
        return Ok(Role::Owner);
    }
    let known = Role::ALL.into_iter().find(|role| role.as_str() == text);
    known.ok_or_else(|| Error::invalid("Choose one of the roles: viewer, admin or owner."))
}

/// Takes an invitation back.
pub async fn revoke_invitation(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let gone = || {
        Error::new(
            Code::NotFound,
            "This invitation was used or taken back already.",
        )
    };
    let id: InvitationId = id.parse().map_err(|_| gone())?;
    let by = &visit.visit.visitor().user.id;
    invitations::revoke(&app, &visit.record.id, &id, by, &visit.visit.client).await?;
    Ok(done(&visit, "invitation-revoked"))
}

/// Gives a member another role.
pub async fn change_role(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Answer {
    let (member, role) = (member_id(&id)?, role(&app, &visit, &typed.role)?);
    let (by, client) = (&visit.visit.visitor().user.id, &visit.visit.client);
    let changed = members::change_role(&app, &visit.record.id, &member, role, by, client).await;
    answer(&app, &visit, changed, "member-changed").await
}

/// Lets a member go.
pub async fn remove(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    let_go(&app, &visit, member_id(&id)?).await
}

/// Lets the visitor go.
pub async fn leave(State(app): State<App>, visit: AppVisit) -> Answer {
    let you = visit.visit.visitor().user.id.clone();
    let_go(&app, &visit, you).await
}

async fn let_go(app: &App, visit: &AppVisit, member: UserId) -> Answer {
    let (by, client) = (&visit.visit.visitor().user.id, &visit.visit.client);
    let removed = members::remove(app, &visit.record.id, &member, by, client).await;
    if removed.is_ok() && member == *by {
        return Ok(go("/console?done=left"));
    }
    answer(app, visit, removed, "member-removed").await
}

fn member_id(text: &str) -> Result<UserId> {
    text.parse()
        .map_err(|_| Error::new(Code::NotFound, "This is no member of the app."))
}

async fn answer(app: &App, visit: &AppVisit, done: Result<()>, word: &str) -> Answer {
    match done {
        Ok(()) => Ok(self::done(visit, word)),
        Err(error) if is_answer(&error) => {
            let said = Said {
                problem: error.message().to_owned(),
                ..Said::default()
            };
            Ok(draw(app, visit, status_of(&error), said).await?)
        }
        Err(error) => Err(error.into()),
    }
}

fn done(visit: &AppVisit, word: &str) -> Response {
    go(&format!(
        "/console/apps/{}/members?done={word}",
        visit.record.id
    ))
}
