//! Messages on their way out.

use super::{FromRow, Row, Tx};
use crate::error::Result;
use crate::ids::{AppId, MessageId};
use crate::messages::{Channel, Message, State};
use crate::time::Timestamp;

impl FromRow for Message {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Message {
            id: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            kind: row.get(3)?,
            channel: row.get(4)?,
            state: row.get(5)?,
            recipient: row.get(6)?,
            sealed_letter: row.get(7)?,
            attempts: row.get(8)?,
            next_attempt_at: row.get(9)?,
            expires_at: row.get(10)?,
            created_at: row.get(11)?,
            finished_at: row.get(12)?,
            last_error: row.get(13)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new message.
    pub fn add_message(&mut self, message: &Message) -> Result<()> {
        self.execute(
            "INSERT INTO messages (id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
            &[
                &message.id,
                &message.app_id,
                &message.user_id,
                &message.kind,
                &message.channel,
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
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages ORDER BY created_at DESC, id DESC LIMIT $1",
            &[&most],
        )
    }

    /// The same, of those that stand at one point.
    pub fn list_messages_in_state(&mut self, state: State, most: i64) -> Result<Vec<Message>> {
        self.list(
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages WHERE state = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            &[&state, &most],
        )
    }

    /// At most `most` kept messages of all apps but one, if there is one to leave out; the newest first.
    pub fn list_kept_messages(
        &mut self,
        except: Option<&AppId>,
        most: i64,
    ) -> Result<Vec<Message>> {
        self.list(
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages WHERE state = 'kept' AND app_id <> COALESCE($1, '') ORDER BY created_at DESC, id DESC LIMIT $2",
            &[&except, &most],
        )
    }

    /// At most `most` kept messages of one app, the newest first.
    pub fn list_kept_messages_of(&mut self, app_id: &AppId, most: i64) -> Result<Vec<Message>> {
        self.list(
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages WHERE app_id = $1 AND state = 'kept' ORDER BY created_at DESC, id DESC LIMIT $2",
            &[app_id, &most],
        )
    }

    /// At most `most` messages of one app, the newest first.
    pub fn list_messages_of(&mut self, app_id: &AppId, most: i64) -> Result<Vec<Message>> {
        self.list(
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages WHERE app_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2",
            &[app_id, &most],
        )
    }

    /// One message.
    pub fn find_message(&mut self, id: &MessageId) -> Result<Option<Message>> {
        self.optional(
            "SELECT id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error FROM messages WHERE id = $1",
            &[id],
        )
    }

    /// Takes at most `most` messages of a channel that are due, for an attempt: until `leased_until` nobody else takes
    /// them. None of a test app, whatever has become of the server's settings since it was stored.
    ///
    /// Two nodes may find the same rows; whoever comes second waits for the first one's commit, looks at the row again,
    /// and finds it no longer due.
    pub fn claim_messages(
        &mut self,
        channel: Channel,
        now: Timestamp,
        leased_until: Timestamp,
        most: i64,
    ) -> Result<Vec<Message>> {
        self.list(
            "UPDATE messages SET attempts = attempts + 1, next_attempt_at = $2, leased_until = $2 WHERE id IN \
             (SELECT id FROM messages WHERE state = 'waiting' AND next_attempt_at <= $1 AND channel = $4 \
             AND app_id NOT IN (SELECT id FROM apps WHERE test_until IS NOT NULL) ORDER BY next_attempt_at LIMIT $3) \
             AND state = 'waiting' AND next_attempt_at <= $1 \
             RETURNING id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error",
            &[&now, &leased_until, &most, &channel],
        )
    }

    /// Takes at most `most` waiting messages of a channel for the inbox of this server.
    pub fn keep_messages(
        &mut self,
        channel: Channel,
        now: Timestamp,
        most: i64,
    ) -> Result<Vec<Message>> {
        self.list(
            "UPDATE messages SET state = 'kept' WHERE id IN \
             (SELECT id FROM messages WHERE state = 'waiting' AND next_attempt_at <= $1 AND channel = $3 ORDER BY next_attempt_at LIMIT $2) \
             AND state = 'waiting' AND expires_at > $1 \
             RETURNING id, app_id, user_id, kind, channel, state, recipient, sealed_letter, attempts, next_attempt_at, expires_at, created_at, \
             finished_at, last_error",
            &[&now, &most, &channel],
        )
    }

    /// Notes how a waiting message ended, and forgets what it said; `false` if it had ended before.
    pub fn finish_message(
        &mut self,
        id: &MessageId,
        state: State,
        last_error: Option<&str>,
        now: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(
            "UPDATE messages SET state = $2, last_error = $3, finished_at = $4, sealed_letter = NULL WHERE id = $1 AND state = 'waiting'",
            &[id, &state, &last_error, &now],
        )? == 1)
    }

    /// Notes that an attempt failed and when the next one is due; `false` if the message has ended or another attempt has
    /// begun since.
    pub fn put_off_message(
        &mut self,
        id: &MessageId,
        attempt: i64,
        last_error: &str,
        next_attempt_at: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(
            "UPDATE messages SET last_error = $3, next_attempt_at = $4, leased_until = NULL WHERE id = $1 AND attempts = $2 AND state = 'waiting'",
            &[id, &attempt, &last_error, &next_attempt_at],
        )? == 1)
    }

    /// Makes a message due that waits for its next attempt; `false` if it does not, or is being sent.
    pub fn retry_message(&mut self, id: &MessageId, now: Timestamp) -> Result<bool> {
        Ok(self.execute(
            "UPDATE messages SET next_attempt_at = $2 WHERE id = $1 AND state = 'waiting' AND expires_at > $2 \
             AND (leased_until IS NULL OR leased_until <= $2)",
            &[id, &now],
        )? == 1)
    }

    /// Ends at most `most` messages that have lost their use, waiting or kept, and forgets what they said.
    pub fn expire_messages(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "UPDATE messages SET state = 'expired', finished_at = $1, sealed_letter = NULL WHERE id IN \
             (SELECT id FROM messages WHERE finished_at IS NULL AND expires_at <= $1 ORDER BY expires_at LIMIT $2) \
             AND finished_at IS NULL",
            &[&now, &most],
        )
    }

    /// Removes at most `most` messages that ended before an instant.
    pub fn remove_finished_messages(&mut self, before: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM messages WHERE id IN \
             (SELECT id FROM messages WHERE finished_at < $1 ORDER BY finished_at LIMIT $2)",
            &[&before, &most],
        )
    }
}
