//! Users as lists show them: without their metadata, with the number of their passkeys.

use super::super::{FromRow, Row, Tx};
use crate::domain::paging::Cursor;
use crate::domain::users::Status;
use crate::domain::users::listing::Listed;
use crate::error::Result;
use crate::ids::{AppId, UserId};

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Listed {
            id: row.get(0)?,
            email: row.get(1)?,
            email_verified: row.get(2)?,
            phone: row.get(3)?,
            phone_verified: row.get(4)?,
            external_id: row.get(5)?,
            status: row.get(6)?,
            created_at: row.get(7)?,
            last_login_at: row.get(8)?,
            passkeys: row.get(9)?,
        })
    }
}

/// Listed users of the app `$1`. Whoever has no name at all is being removed.
macro_rules! users {
    ($rest:literal) => {
        concat!(
            "SELECT id, email, email_verified, phone, phone_verified, external_id, status, created_at, last_login_at, \
             (SELECT count(*) FROM passkeys WHERE passkeys.user_id = users.id) FROM users \
             WHERE app_id = $1 AND (email IS NOT NULL OR phone IS NOT NULL OR external_id IS NOT NULL) AND ",
            $rest
        )
    };
}

impl Tx<'_> {
    /// The user of an app with this id.
    pub fn find_listed_user(&mut self, app_id: &AppId, id: &UserId) -> Result<Option<Listed>> {
        self.optional(users!("id = $2"), &[app_id, id])
    }

    /// The users of an app whose external id is this, in whatever case.
    pub fn list_users_by_external_id(
        &mut self,
        app_id: &AppId,
        folded: &str,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!("external_id_folded = $2 ORDER BY external_id LIMIT $3"),
            &[app_id, &folded, &most],
        )
    }

    /// An app's users, the newest first, from a place in the list on.
    pub fn list_users(&mut self, app_id: &AppId, after: &Cursor, most: i64) -> Result<Vec<Listed>> {
        self.list(
            users!("(created_at, id) < ($2, $3) ORDER BY created_at DESC, id DESC LIMIT $4"),
            &[app_id, &after.created_at, &after.id, &most],
        )
    }

    /// How many users an app has; counting ends at `most`. The order keeps PostgreSQL from reading past other apps' users.
    pub fn count_users(&mut self, app_id: &AppId, most: i64) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 ORDER BY created_at, id LIMIT $2) counted",
            &[app_id, &most],
        )
    }

    /// An app's users of a status that is not `active`, the newest first, from a place in the list on.
    pub fn list_users_of_status(
        &mut self,
        app_id: &AppId,
        status: Status,
        after: &Cursor,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!(
                "status = $2 AND status <> 'active' AND (created_at, id) < ($3, $4) ORDER BY created_at DESC, id DESC LIMIT $5"
            ),
            &[app_id, &status, &after.created_at, &after.id, &most],
        )
    }

    /// How many these are; counting ends at `most`.
    pub fn count_users_of_status(
        &mut self,
        app_id: &AppId,
        status: Status,
        most: i64,
    ) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 AND status = $2 AND status <> 'active' LIMIT $3) counted",
            &[app_id, &status, &most],
        )
    }

    /// An app's users of a status that is not `active`, whose address stands from `from` to before `end`, in the order of the
    /// alphabet. After an import, most users may be of one status, so this must not walk along all of them; `COALESCE` keeps
    /// SQLite from walking along all whose address fits instead.
    pub fn list_users_of_status_by_email(
        &mut self,
        app_id: &AppId,
        status: Status,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!("status = $2 AND status <> 'active' AND COALESCE(email, '') >= $3 AND COALESCE(email, '') < $4 ORDER BY COALESCE(email, '') LIMIT $5"),
            &[app_id, &status, &from, &end, &most],
        )
    }

    /// How many these are; counting ends at `most`.
    pub fn count_users_of_status_by_email(
        &mut self,
        app_id: &AppId,
        status: Status,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 AND status = $2 AND status <> 'active' \
             AND COALESCE(email, '') >= $3 AND COALESCE(email, '') < $4 LIMIT $5) counted",
            &[app_id, &status, &from, &end, &most],
        )
    }

    /// An app's users of a status that is not `active`, whose number stands from `from` to before `end`, in that order.
    pub fn list_users_of_status_by_phone(
        &mut self,
        app_id: &AppId,
        status: Status,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!("status = $2 AND status <> 'active' AND phone IS NOT NULL AND COALESCE(phone, '') >= $3 AND COALESCE(phone, '') < $4 ORDER BY COALESCE(phone, '') LIMIT $5"),
            &[app_id, &status, &from, &end, &most],
        )
    }

    /// How many these are; counting ends at `most`.
    pub fn count_users_of_status_by_phone(
        &mut self,
        app_id: &AppId,
        status: Status,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 AND status = $2 AND status <> 'active' \
             AND phone IS NOT NULL AND COALESCE(phone, '') >= $3 AND COALESCE(phone, '') < $4 LIMIT $5) counted",
            &[app_id, &status, &from, &end, &most],
        )
    }

    /// An app's users whose address stands from `from` to before `end`, in the order of the alphabet.
    pub fn list_users_by_email(
        &mut self,
        app_id: &AppId,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!("email >= $2 AND email < $3 ORDER BY email LIMIT $4"),
            &[app_id, &from, &end, &most],
        )
    }

    /// How many these are; counting ends at `most`.
    pub fn count_users_by_email(
        &mut self,
        app_id: &AppId,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 AND email >= $2 AND email < $3 LIMIT $4) counted",
            &[app_id, &from, &end, &most],
        )
    }

    /// An app's users whose number stands from `from` to before `end`, in that order.
    pub fn list_users_by_phone(
        &mut self,
        app_id: &AppId,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            users!("phone >= $2 AND phone < $3 ORDER BY phone LIMIT $4"),
            &[app_id, &from, &end, &most],
        )
    }

    /// How many these are; counting ends at `most`.
    pub fn count_users_by_phone(
        &mut self,
        app_id: &AppId,
        from: &str,
        end: &str,
        most: i64,
    ) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM users WHERE app_id = $1 AND phone >= $2 AND phone < $3 LIMIT $4) counted",
            &[app_id, &from, &end, &most],
        )
    }
}
