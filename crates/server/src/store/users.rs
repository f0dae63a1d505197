//! Users.

mod listing;

use serde_json::Value as Json;

use super::{FromRow, Row, Tx};
use crate::domain::users::{ExternalId, Identifier, User};
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};
use crate::time::Timestamp;

/// Reads a user from columns that begin at `first`; every query below lists them in this order.
pub(super) fn user_from_row(row: &Row<'_>, first: usize) -> Result<User> {
    Ok(User {
        id: row.get(first)?,
        app_id: row.get(first + 1)?,
        email: row.get(first + 2)?,
        email_verified: row.get(first + 3)?,
        phone: row.get(first + 4)?,
        phone_verified: row.get(first + 5)?,
        status: row.get(first + 6)?,
        origin: row.get(first + 7)?,
        user_metadata: metadata(&row.get::<String>(first + 8)?)?,
        login_count: row.get(first + 9)?,
        last_login_at: row.get(first + 10)?,
        created_at: row.get(first + 11)?,
        updated_at: row.get(first + 12)?,
        external_id: row.get(first + 13)?,
    })
}

fn metadata(text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(Error::internal)
}

impl FromRow for User {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        user_from_row(row, 0)
    }
}

impl Tx<'_> {
    /// Stores a new user; `false` if the identifier is taken.
    pub fn add_user(&mut self, user: &User) -> Result<bool> {
        let added = self.execute(
            "INSERT INTO users (id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
             last_login_at, created_at, updated_at, external_id, external_id_folded) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) ON CONFLICT DO NOTHING",
            &[
                &user.id,
                &user.app_id,
                &user.email,
                &user.email_verified,
                &user.phone,
                &user.phone_verified,
                &user.status,
                &user.origin,
                &user.user_metadata.to_string(),
                &user.login_count,
                &user.last_login_at,
                &user.created_at,
                &user.updated_at,
                &user.external_id,
                &user.external_id.as_ref().map(ExternalId::folded),
            ],
        )?;
        Ok(added == 1)
    }

    /// The user whom an identifier names.
    pub fn find_user_by_identifier(
        &mut self,
        app_id: &AppId,
        identifier: &Identifier,
    ) -> Result<Option<User>> {
        match identifier {
            Identifier::Email(email) => self.optional(
                "SELECT id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
                 last_login_at, created_at, updated_at, external_id FROM users WHERE app_id = $1 AND email = $2",
                &[app_id, email],
            ),
            Identifier::Phone(phone) => self.optional(
                "SELECT id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
                 last_login_at, created_at, updated_at, external_id FROM users WHERE app_id = $1 AND phone = $2",
                &[app_id, phone],
            ),
        }
    }

    /// The user whom the app's own login names so.
    pub fn find_user_by_external_id(
        &mut self,
        app_id: &AppId,
        external_id: &ExternalId,
    ) -> Result<Option<User>> {
        self.optional(
            "SELECT id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
             last_login_at, created_at, updated_at, external_id FROM users WHERE app_id = $1 AND external_id = $2",
            &[app_id, external_id],
        )
    }

    /// At most `most` users whose external id is this in lower case.
    pub fn list_users_by_folded_external_id(
        &mut self,
        app_id: &AppId,
        folded: &str,
        most: i64,
    ) -> Result<Vec<User>> {
        self.list(
            "SELECT id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
             last_login_at, created_at, updated_at, external_id FROM users WHERE app_id = $1 AND external_id_folded = $2 LIMIT $3",
            &[app_id, &folded, &most],
        )
    }

    /// The user with this id.
    pub fn find_user(&mut self, id: &UserId) -> Result<Option<User>> {
        self.optional(
            "SELECT id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
             last_login_at, created_at, updated_at, external_id FROM users WHERE id = $1",
            &[id],
        )
    }

    /// Locks a user of an app until the commit (on PostgreSQL; SQLite has one writer) and reads them, to change them. Whoever
    /// is being removed is not found.
    pub fn find_user_to_update(
        &mut self,
        app_id: &AppId,
        id: &UserId,
        now: Timestamp,
    ) -> Result<Option<User>> {
        self.optional(
            "UPDATE users SET updated_at = $3 WHERE id = $2 AND app_id = $1 AND (email IS NOT NULL OR phone IS NOT NULL OR external_id IS NOT NULL) \
             RETURNING id, app_id, email, email_verified, phone, phone_verified, status, origin, user_metadata, login_count, \
             last_login_at, created_at, updated_at, external_id",
            &[app_id, id, &now],
        )
    }

    /// Stores a user's addresses after a proof, and what is left of the rest. `false` if another user has one of them.
    pub fn update_user_proven(&mut self, user: &User, now: Timestamp) -> Result<bool> {
        let updated = self.execute(
            "UPDATE users SET email = $2, email_verified = $3, phone = $4, phone_verified = $5, user_metadata = $6, updated_at = $7 WHERE id = $1 \
             AND NOT EXISTS (SELECT 1 FROM users other WHERE other.app_id = $8 AND other.email = $2 AND other.id <> $1) \
             AND NOT EXISTS (SELECT 1 FROM users other WHERE other.app_id = $8 AND other.phone = $4 AND other.id <> $1)",
            &[
                &user.id,
                &user.email,
                &user.email_verified,
                &user.phone,
                &user.phone_verified,
                &user.user_metadata.to_string(),
                &now,
                &user.app_id,
            ],
        )?;
        Ok(updated == 1)
    }

    /// Takes an address or number away from a user; the rest stays.
    pub fn remove_identifier(
        &mut self,
        id: &UserId,
        identifier: &Identifier,
        now: Timestamp,
    ) -> Result<bool> {
        let updated = match identifier {
            Identifier::Email(email) => self.execute(
                "UPDATE users SET email = NULL, email_verified = FALSE, updated_at = $3 WHERE id = $1 AND email = $2",
                &[id, email, &now],
            )?,
            Identifier::Phone(phone) => self.execute(
                "UPDATE users SET phone = NULL, phone_verified = FALSE, updated_at = $3 WHERE id = $1 AND phone = $2",
                &[id, phone, &now],
            )?,
        };
        Ok(updated == 1)
    }

    /// Lets a sign-up become the account's first sign-in, once: nothing may be proven yet, and nobody signed in.
    /// The user's metadata, or `None` if the account is no fresh sign-up any more.
    pub fn claim_sign_up(&mut self, id: &UserId, now: Timestamp) -> Result<Option<Json>> {
        let text: Option<String> = self.optional(
            "UPDATE users SET login_count = 1, last_login_at = $2, updated_at = $2, status = 'active' \
             WHERE id = $1 AND login_count = 0 AND origin = 'sign_up' AND status = 'pending' AND NOT email_verified AND NOT phone_verified \
             RETURNING user_metadata",
            &[id, &now],
        )?;
        text.map(|text| metadata(&text)).transpose()
    }

    /// Counts a sign-in. The user's metadata and how many sign-ins there were so far, or `None` if the user is deactivated
    /// or gone.
    pub fn update_user_signed_in(
        &mut self,
        id: &UserId,
        now: Timestamp,
    ) -> Result<Option<(Json, i64)>> {
        let counted: Option<(String, i64)> = self.optional(
            "UPDATE users SET login_count = login_count + 1, last_login_at = $2, status = 'active' \
             WHERE id = $1 AND status <> 'inactive' RETURNING user_metadata, login_count",
            &[id, &now],
        )?;
        counted
            .map(|(text, count)| Ok((metadata(&text)?, count)))
            .transpose()
    }

    /// Notes that something of the user changed; on PostgreSQL this also locks the user's row until the commit.
    pub fn update_user_changed(&mut self, id: &UserId, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE users SET updated_at = $2 WHERE id = $1",
            &[id, &now],
        )
        .map(drop)
    }

    /// Stores a user's metadata.
    pub fn update_user_metadata(
        &mut self,
        id: &UserId,
        user_metadata: &Json,
        now: Timestamp,
    ) -> Result<()> {
        self.execute(
            "UPDATE users SET user_metadata = $2, updated_at = $3 WHERE id = $1",
            &[id, &user_metadata.to_string(), &now],
        )
        .map(drop)
    }

    /// Sets whether a user may sign in.
    pub fn update_user_status(
        &mut self,
        id: &UserId,
        status: crate::domain::users::Status,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(
            "UPDATE users SET status = $2, updated_at = $3 WHERE id = $1",
            &[id, &status, &now],
        )? == 1)
    }

    /// Removes at most `most` accounts that were begun before an instant and never signed in.
    pub fn remove_abandoned_sign_ups(&mut self, before: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM users WHERE id IN (SELECT id FROM users WHERE status = 'pending' AND origin = 'sign_up' AND NOT email_verified \
             AND NOT phone_verified AND login_count = 0 AND created_at < $1 ORDER BY created_at LIMIT $2)",
            &[&before, &most],
        )
    }

    /// Makes a user unreachable by any address: they are being removed.
    pub fn update_user_removed(&mut self, id: &UserId) -> Result<()> {
        self.execute(
            "UPDATE users SET status = 'inactive', email = NULL, email_verified = FALSE, phone = NULL, phone_verified = FALSE, \
             external_id = NULL, external_id_folded = NULL, user_metadata = '{}' WHERE id = $1",
            &[id],
        )
        .map(drop)
    }

    /// At most `most` users of an app who are being removed.
    pub fn list_removed_users(&mut self, app_id: &AppId, most: i64) -> Result<Vec<UserId>> {
        self.list(
            "SELECT id FROM users WHERE app_id = $1 AND status = 'inactive' AND status <> 'active' AND email IS NULL AND phone IS NULL \
             AND external_id IS NULL LIMIT $2",
            &[app_id, &most],
        )
    }

    /// Removes a user and all that is theirs.
    pub fn remove_user(&mut self, id: &UserId) -> Result<bool> {
        Ok(self.execute("DELETE FROM users WHERE id = $1", &[id])? == 1)
    }
}
