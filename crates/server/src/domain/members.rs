//! Members: people who may use the Console for an app, and what each role may do there.
//!
//! A member is a user of the Console's own app. A member of that app itself is an operator, who runs the server and is
//! owner of every app. While the example app runs, every user of the Console may look at it. Beside this file: `changing.rs`
//! gives members other roles and lets them go.

mod changing;

pub use changing::{change_role, remove};

use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};
use crate::store::{FromColumn, ToValue, Tx, Value};
use crate::time::Timestamp;

/// What a member is to an app.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Role {
    /// Looks, and changes nothing.
    Viewer,
    /// Runs the app day by day.
    Admin,
    /// Decides who else may, and whether the app stays.
    Owner,
}

words!(Role { Viewer = "viewer", Admin = "admin", Owner = "owner" });

/// What somebody wants to do with an app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Permission {
    /// Look at its users, activity, settings and members.
    See,
    /// Read its mails, which hold links that sign people in.
    ReadMail,
    /// Deactivate and delete users, end their sessions, revoke their passkeys.
    ManageUsers,
    /// Change its settings and keys.
    ChangeSettings,
    /// Make and revoke the keys of its back ends.
    ManageApiKeys,
    /// Invite and remove members, change their roles.
    ManageMembers,
    /// Delete it, or move its passkeys' RP ID.
    Remove,
}

impl Permission {
    /// All of them.
    pub const ALL: [Permission; 7] = [
        Permission::See,
        Permission::ReadMail,
        Permission::ManageUsers,
        Permission::ChangeSettings,
        Permission::ManageApiKeys,
        Permission::ManageMembers,
        Permission::Remove,
    ];

    /// The least role that has it.
    pub fn least_role(self) -> Role {
        match self {
            Permission::See => Role::Viewer,
            Permission::ReadMail
            | Permission::ManageUsers
            | Permission::ChangeSettings
            | Permission::ManageApiKeys => Role::Admin,
            Permission::ManageMembers | Permission::Remove => Role::Owner,
        }
    }
}

impl Role {
    /// Whether this role has a permission.
    pub fn may(self, permission: Permission) -> bool {
        self >= permission.least_role()
    }

    /// Refuses what this role must not do.
    pub fn require(self, permission: Permission) -> Result<()> {
        if self.may(permission) {
            return Ok(());
        }
        let needed = match permission.least_role() {
            Role::Owner => "an owner",
            _ => "an admin or an owner",
        };
        Err(Error::forbidden(
            "role_insufficient",
            format!(
                "You are {} of this app, and this needs {needed}. Ask one of them: the Members page names them.",
                match self {
                    Role::Viewer => "a viewer",
                    Role::Admin => "an admin",
                    Role::Owner => "an owner",
                }
            ),
        ))
    }
}

/// A member of an app, as listed.
#[derive(Clone, Debug)]
pub struct Member {
    /// The user of the Console.
    pub user_id: UserId,
    /// E-mail address.
    pub email: Option<String>,
    /// What they are to the app.
    pub role: Role,
    /// Since when.
    pub created_at: Timestamp,
    /// When they signed in to the Console last.
    pub last_login_at: Option<Timestamp>,
}

/// An app with what somebody is to it.
#[derive(Clone, Debug)]
pub struct Membership {
    /// The app.
    pub app: AppRecord,
    /// What they are to it.
    pub role: Role,
}

/// What a user of the Console is to an app: as a member, as operator, or as somebody who looks at the example.
pub fn role_in(
    app: &App,
    tx: &mut Tx<'_>,
    user_id: &UserId,
    is_operator: bool,
    app_id: &AppId,
) -> Result<Option<Role>> {
    if is_operator {
        return Ok(Some(Role::Owner));
    }
    if app.is_console(app_id) {
        return Ok(None);
    }
    let own = tx.find_role(app_id, user_id)?;
    Ok(own.or_else(|| (app.example_id.get() == Some(app_id)).then_some(Role::Viewer)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_what_the_one_below_it_may() {
        for permission in Permission::ALL {
            assert!(Role::Owner.may(permission), "{permission:?}");
            assert!(
                Role::Admin.may(permission) || !Role::Viewer.may(permission),
                "{permission:?}"
            );
        }
        assert!(Role::Viewer.may(Permission::See));
        assert!(!Role::Viewer.may(Permission::ReadMail));
        assert!(!Role::Admin.may(Permission::ManageMembers));
        let refusal = Role::Viewer.require(Permission::Remove).unwrap_err();
        assert!(refusal.message().contains("needs an owner"), "{refusal}");
    }
}
