//! Messages on their way out.

use super::{FromRow, Row, Tx};
use crate::error::Result;
use crate::messages::Message;

impl FromRow for Message {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Message {
            id: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            kind: row.get(3)?,
            state: row.get(4)?,
            recipient: row.get(5)?,
            sealed_letter: row.get(6)?,
            attempts: row.get(7)?,
            next_attempt_at: row.get(8)?,
            expires_at: row.get(9)?,
            created_at: row.get(10)?,
            finished_at: row.get(11)?,
            last_error: row.get(12)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new message.
    pub fn add_message(&mut self, message: &Message) -> Result<()> {
        self.execute(
            "INSERT INTO messages (id, app_id, user_id, kind, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                &message.id,
                &message.app_id,
                &message.user_id,
                &message.kind,
                &message.state,
                &message.recipient,
                &message.sealed_letter,
                &message.attempts,
                &message.next_attempt_at,
                &message.expires_at,
                &message.created_at,
            ],
        )
        .map(drop)
    }

    /// At most `most` messages of all apps, the newest first.
    pub fn list_messages(&mut self, most: i64) -> Result<Vec<Message>> {
        self.list(
            "SELECT id, app_id, user_id, kind, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages ORDER BY created_at DESC, id DESC LIMIT $1",
            &[&most],
        )
    }
}
