//! What members changed of an app.

use super::{FromRow, Row, Tx};
use crate::domain::audit::Place;
use crate::domain::events::Kind;
use crate::error::Result;
use crate::ids::{AppId, EventId, UserId};
use crate::time::Timestamp;

/// A change, as listed.
#[derive(Debug)]
pub struct Change {
    /// Names the event.
    pub id: EventId,
    /// What happened.
    pub kind: Kind,
    /// Who did it.
    pub member_id: Option<UserId>,
    /// Their address, if they still have an account.
    pub email: Option<String>,
    /// Whether they are a member of the app still.
    pub is_member: bool,
    /// The user whom it concerned.
    pub user_id: Option<UserId>,
    /// What it was done to.
    pub subject: Option<String>,
    /// What it was in words.
    pub detail: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl FromRow for Change {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Change {
            id: row.get(0)?,
            kind: row.get(1)?,
            member_id: row.get(2)?,
            email: row.get(3)?,
            is_member: row.get::<Option<String>>(4)?.is_some(),
            user_id: row.get(5)?,
            subject: row.get(6)?,
            detail: row.get(7)?,
            created_at: row.get(8)?,
        })
    }
}

impl Tx<'_> {
    /// At most `most` changes of an app behind a place, the newest first.
    pub fn list_changes(
        &mut self,
        app_id: &AppId,
        before: &Place,
        most: i64,
    ) -> Result<Vec<Change>> {
        self.list(
            "SELECT events.id, events.kind, events.member_id, users.email, members.role, events.user_id, events.subject, \
             events.detail, events.created_at FROM events LEFT JOIN users ON users.id = events.member_id \
             LEFT JOIN members ON members.app_id = $1 AND members.user_id = events.member_id \
             WHERE events.app_id = $1 AND events.actor = 'member' AND (events.created_at, events.id) < ($2, $3) \
             ORDER BY events.created_at DESC, events.id DESC LIMIT $4",
            &[app_id, &before.created_at, &before.id.as_str(), &most],
        )
    }
}
