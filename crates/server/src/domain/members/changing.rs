//! Giving members other roles, and letting them go. Nobody takes an app its last owner so, or the server its last operator.
//! Where an operator deletes the account of a last owner, the app is the operators', who are owners of every app.

use super::{Member, Permission, Role, role_in};
use crate::app::App;
use crate::domain::events::{Client, Event, Kind};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, UserId};
use crate::store::Tx;

/// Gives a member another role, in the name of whoever manages the members.
pub async fn change_role(
    app: &App,
    app_id: &AppId,
    member: &UserId,
    role: Role,
    by: &UserId,
    client: &Client,
) -> Result<()> {
    if app.is_console(app_id) {
        return Err(Error::forbidden(
            "console_app",
            "Whoever runs the server may do everything. To end that, remove them here.",
        ));
    }
    let now = app.clock.now();
    let event = Event::of_member(app, by, app_id, Kind::MemberChanged, client).about(member);
    let (server, app_id, member, by) = (app.clone(), app_id.clone(), member.clone(), by.clone());
    app.store
        .write(move |tx| {
            tx.lock_app(&app_id)?;
            require_manager(&server, tx, &app_id, &by)?;
            let found = find(tx, &app_id, &member)?;
            if found.role == role {
                return Ok(());
            }
            require_owner_beside(tx, &app_id, &found)?;
            tx.update_member(&app_id, &member, role, now)?;
            let detail = format!(
                "{}: {} → {}",
                address(&found),
                found.role.as_str(),
                role.as_str()
            );
            tx.add_event(&event.clone().detailed(detail))
        })
        .await
}

/// Lets a member go: in the name of whoever manages the members, or in their own.
pub async fn remove(
    app: &App,
    app_id: &AppId,
    member: &UserId,
    by: &UserId,
    client: &Client,
) -> Result<()> {
    let event = Event::of_member(app, by, app_id, Kind::MemberRemoved, client).about(member);
    let (server, app_id, member, by) = (app.clone(), app_id.clone(), member.clone(), by.clone());
    app.store
        .write(move |tx| {
            tx.lock_app(&app_id)?;
            if member != by {
                require_manager(&server, tx, &app_id, &by)?;
            }
            let found = find(tx, &app_id, &member)?;
            require_owner_beside(tx, &app_id, &found)?;
            tx.remove_member(&app_id, &member)?;
            let detail = format!("{}, {}", address(&found), found.role.as_str());
            tx.add_event(&event.clone().detailed(detail))
        })
        .await
}

/// Looks once more, now that nobody else changes members: of two who demote each other, one comes too late.
fn require_manager(app: &App, tx: &mut Tx<'_>, app_id: &AppId, by: &UserId) -> Result<()> {
    let is_operator = match app.console_id.get() {
        Some(console_id) => tx.find_role(console_id, by)? == Some(Role::Owner),
        None => false,
    };
    let role = role_in(app, tx, by, is_operator, app_id)?;
    role.ok_or_else(crate::domain::apps::not_found)?
        .require(Permission::ManageMembers)
}

fn find(tx: &mut Tx<'_>, app_id: &AppId, member: &UserId) -> Result<Member> {
    tx.find_member(app_id, member)?.ok_or_else(|| {
        Error::new(
            Code::NotFound,
            "This is no member of the app any more. Load the page of its members again.",
        )
    })
}

fn require_owner_beside(tx: &mut Tx<'_>, app_id: &AppId, member: &Member) -> Result<()> {
    if member.role == Role::Owner && !tx.has_owner_beside(app_id, &member.user_id)? {
        return Err(Error::forbidden(
            "last_owner",
            "The last owner can neither leave nor step down. Make somebody else an owner first.",
        ));
    }
    Ok(())
}

fn address(member: &Member) -> &str {
    member.email.as_deref().unwrap_or(member.user_id.as_str())
}
