//! Members of apps, invitations, and the Console's cookies.

use super::{FromRow, Row, Tx};
use crate::domain::invitations::Invitation;
use crate::domain::members::{Member, Membership, Role};
use crate::domain::sessions::Session;
use crate::domain::users::User;
use crate::error::Result;
use crate::ids::{AppId, InvitationId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::time::Timestamp;

/// What makes an invitation good: its secret or app, its time, and that who invited is still an owner of the app or an
/// operator.
macro_rules! stands {
    () => {
        " = $1 AND expires_at > $2 AND EXISTS (SELECT 1 FROM members m JOIN users u ON u.id = m.user_id \
         WHERE m.user_id = invitations.invited_by AND m.role = 'owner' AND u.status <> 'inactive' \
         AND (m.app_id = invitations.app_id OR m.app_id = $3))"
    };
}

impl FromRow for Member {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Member {
            user_id: row.get(0)?,
            email: row.get(1)?,
            role: row.get(2)?,
            created_at: row.get(3)?,
            last_login_at: row.get(4)?,
        })
    }
}

impl FromRow for Membership {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Membership {
            app: FromRow::from_row(row)?,
            role: row.get(8)?,
        })
    }
}

impl FromRow for Invitation {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Invitation {
            id: row.get(0)?,
            app_id: row.get(1)?,
            email: row.get(2)?,
            role: row.get(3)?,
            invited_by: row.get(4)?,
            created_at: row.get(5)?,
            expires_at: row.get(6)?,
        })
    }
}

impl Tx<'_> {
    /// What a user of the Console is to an app as its member.
    pub fn find_role(&mut self, app_id: &AppId, user_id: &UserId) -> Result<Option<Role>> {
        self.optional(
            "SELECT role FROM members WHERE app_id = $1 AND user_id = $2",
            &[app_id, user_id],
        )
    }

    /// Makes somebody a member, or gives a member another role.
    pub fn update_member(
        &mut self,
        app_id: &AppId,
        user_id: &UserId,
        role: Role,
        now: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO members (app_id, user_id, role, created_at) VALUES ($1, $2, $3, $4) \
             ON CONFLICT (app_id, user_id) DO UPDATE SET role = $3",
            &[app_id, user_id, &role, &now],
        )
        .map(drop)
    }

    /// Takes a membership away; `false` if there was none.
    pub fn remove_member(&mut self, app_id: &AppId, user_id: &UserId) -> Result<bool> {
        Ok(self.execute(
            "DELETE FROM members WHERE app_id = $1 AND user_id = $2",
            &[app_id, user_id],
        )? == 1)
    }

    /// Takes all memberships of somebody away.
    pub fn remove_memberships(&mut self, user_id: &UserId) -> Result<u64> {
        self.execute("DELETE FROM members WHERE user_id = $1", &[user_id])
    }

    /// Whether an app has an owner who may sign in.
    pub fn has_owner(&mut self, app_id: &AppId) -> Result<bool> {
        let found: Option<UserId> = self.optional(
            "SELECT users.id FROM members JOIN users ON users.id = members.user_id \
             WHERE members.app_id = $1 AND members.role = 'owner' AND users.status <> 'inactive' LIMIT 1",
            &[app_id],
        )?;
        Ok(found.is_some())
    }

    /// Whether an app has one beside this member.
    pub fn has_owner_beside(&mut self, app_id: &AppId, user_id: &UserId) -> Result<bool> {
        let found: Option<UserId> = self.optional(
            "SELECT users.id FROM members JOIN users ON users.id = members.user_id \
             WHERE members.app_id = $1 AND members.role = 'owner' AND users.status <> 'inactive' AND users.id <> $2 LIMIT 1",
            &[app_id, user_id],
        )?;
        Ok(found.is_some())
    }

    /// An app's members, the first ones first.
    pub fn list_members(&mut self, app_id: &AppId) -> Result<Vec<Member>> {
        self.list(
            "SELECT members.user_id, users.email, members.role, members.created_at, users.last_login_at FROM members \
             JOIN users ON users.id = members.user_id WHERE members.app_id = $1 ORDER BY members.created_at, members.user_id",
            &[app_id],
        )
    }

    /// One of an app's members.
    pub fn find_member(&mut self, app_id: &AppId, user_id: &UserId) -> Result<Option<Member>> {
        self.optional(
            "SELECT members.user_id, users.email, members.role, members.created_at, users.last_login_at FROM members \
             JOIN users ON users.id = members.user_id WHERE members.app_id = $1 AND members.user_id = $2",
            &[app_id, user_id],
        )
    }

    /// Whether one of an app's members has an address.
    pub fn has_member(&mut self, app_id: &AppId, email: &str) -> Result<bool> {
        let found: Option<UserId> = self.optional(
            "SELECT members.user_id FROM members JOIN users ON users.id = members.user_id \
             WHERE members.app_id = $1 AND users.email = $2 LIMIT 1",
            &[app_id, &email],
        )?;
        Ok(found.is_some())
    }

    /// The apps of a member, the newest first.
    pub fn list_memberships(&mut self, user_id: &UserId) -> Result<Vec<Membership>> {
        self.list(
            "SELECT apps.id, apps.name, apps.auth_origin, apps.rp_id, apps.settings, apps.created_at, apps.updated_at, apps.test_until, members.role \
             FROM members JOIN apps ON apps.id = members.app_id WHERE members.user_id = $1 AND apps.removed_at IS NULL \
             ORDER BY apps.created_at DESC, apps.id",
            &[user_id],
        )
    }

    /// Stores an invitation.
    pub fn add_invitation(
        &mut self,
        invitation: &Invitation,
        secret_hash: &SecretHash,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO invitations (id, app_id, email, role, invited_by, created_at, expires_at, secret_hash) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &invitation.id,
                &invitation.app_id,
                &invitation.email,
                &invitation.role,
                &invitation.invited_by,
                &invitation.created_at,
                &invitation.expires_at,
                secret_hash,
            ],
        )
        .map(drop)
    }

    /// The invitation that a secret opens, unless it has expired or whoever invited may do so no more.
    pub fn find_invitation(
        &mut self,
        secret_hash: &SecretHash,
        console_id: &AppId,
        now: Timestamp,
    ) -> Result<Option<Invitation>> {
        self.optional(
            concat!(
                "SELECT id, app_id, email, role, invited_by, created_at, expires_at FROM invitations WHERE secret_hash",
                stands!()
            ),
            &[secret_hash, &now, console_id],
        )
    }

    /// Takes the invitation that a secret opens: of two at once, one gets it.
    pub fn consume_invitation(
        &mut self,
        secret_hash: &SecretHash,
        console_id: &AppId,
        now: Timestamp,
    ) -> Result<Option<Invitation>> {
        self.optional(
            concat!(
                "DELETE FROM invitations WHERE secret_hash",
                stands!(),
                " RETURNING id, app_id, email, role, invited_by, created_at, expires_at"
            ),
            &[secret_hash, &now, console_id],
        )
    }

    /// An app's open invitations, the newest first.
    pub fn list_invitations(
        &mut self,
        app_id: &AppId,
        console_id: &AppId,
        now: Timestamp,
    ) -> Result<Vec<Invitation>> {
        self.list(
            concat!(
                "SELECT id, app_id, email, role, invited_by, created_at, expires_at FROM invitations WHERE app_id",
                stands!(),
                " ORDER BY created_at DESC, id"
            ),
            &[app_id, &now, console_id],
        )
    }

    /// Takes an invitation back; what it was, or `None` if there is none.
    pub fn remove_invitation(
        &mut self,
        app_id: &AppId,
        id: &InvitationId,
    ) -> Result<Option<Invitation>> {
        self.optional(
            "DELETE FROM invitations WHERE app_id = $1 AND id = $2 \
             RETURNING id, app_id, email, role, invited_by, created_at, expires_at",
            &[app_id, id],
        )
    }

    /// Takes back what invitations of an app are for an address.
    pub fn remove_invitations_of(&mut self, app_id: &AppId, email: &str) -> Result<u64> {
        self.execute(
            "DELETE FROM invitations WHERE app_id = $1 AND email = $2",
            &[app_id, &email],
        )
    }

    /// Forgets at most `most` invitations that have expired.
    pub fn remove_expired_invitations(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM invitations WHERE id IN (SELECT id FROM invitations WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
            &[&now, &most],
        )
    }

    /// Gives a session its cookie; `false` if it has one.
    pub fn add_console_cookie(
        &mut self,
        session_id: &SessionId,
        secret_hash: &SecretHash,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(
            "INSERT INTO console_cookies (session_id, secret_hash, used_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            &[session_id, secret_hash, &now],
        )? == 1)
    }

    /// The session and user of a cookie, and when it was used last.
    pub fn find_console_cookie(
        &mut self,
        session_id: &SessionId,
        secret_hash: &SecretHash,
    ) -> Result<Option<(Session, User, Timestamp)>> {
        let used_at: Option<Timestamp> = self.optional(
            "SELECT used_at FROM console_cookies WHERE session_id = $1 AND secret_hash = $2",
            &[session_id, secret_hash],
        )?;
        let Some(used_at) = used_at else {
            return Ok(None);
        };
        let found = self.find_session(session_id)?;
        Ok(found.map(|(session, user)| (session, user, used_at)))
    }

    /// Notes that a cookie was used.
    pub fn update_console_cookie(&mut self, session_id: &SessionId, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE console_cookies SET used_at = $2 WHERE session_id = $1",
            &[session_id, &now],
        )
        .map(drop)
    }

    /// Takes a fact away if it still is what somebody read; of two at once, one does.
    pub fn consume_fact(&mut self, name: &str, value: &str) -> Result<bool> {
        Ok(self.execute(
            "DELETE FROM facts WHERE name = $1 AND value = $2",
            &[&name, &value],
        )? == 1)
    }
}
