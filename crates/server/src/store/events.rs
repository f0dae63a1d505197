//! Events and daily counters.

use super::{FromRow, Row, Tx};
use crate::domain::events::{Counter, DayCount, Event};
use crate::error::Result;
use crate::ids::{AppId, UserId};
use crate::time::Timestamp;

/// An event as it is listed.
#[derive(Debug)]
pub struct EventRow {
    /// What happened.
    pub kind: String,
    /// How it ended.
    pub outcome: String,
    /// Why it was refused.
    pub reason: Option<String>,
    /// What it was done to.
    pub subject: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl FromRow for EventRow {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(EventRow {
            kind: row.get(0)?,
            outcome: row.get(1)?,
            reason: row.get(2)?,
            subject: row.get(3)?,
            created_at: row.get(4)?,
        })
    }
}

impl FromRow for DayCount {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(DayCount {
            day: row.get(0)?,
            counter: row.get(1)?,
            count: row.get(2)?,
        })
    }
}

impl Tx<'_> {
    /// Stores an event.
    pub fn add_event(&mut self, event: &Event) -> Result<()> {
        self.execute(
            "INSERT INTO events (id, app_id, user_id, kind, outcome, reason, actor, address, user_agent, subject, created_at, member_id, detail) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
            &[
                &event.id,
                &event.app_id,
                &event.user_id,
                &event.kind,
                &event.outcome,
                &event.reason,
                &event.actor,
                &event.client.address.to_string(),
                &event.client.user_agent,
                &event.subject,
                &event.created_at,
                &event.member_id,
                &event.detail,
            ],
        )
        .map(drop)
    }

    /// A user's events, oldest first.
    pub fn list_events_of_user(&mut self, user_id: &UserId) -> Result<Vec<EventRow>> {
        self.list("SELECT kind, outcome, reason, subject, created_at FROM events WHERE user_id = $1 ORDER BY created_at, id", &[user_id])
    }

    /// From where users of an app came last, at most `most`.
    pub fn list_last_addresses(&mut self, app_id: &AppId, most: i64) -> Result<Vec<String>> {
        self.list(
            "SELECT address FROM events WHERE app_id = $1 AND actor = 'user' ORDER BY created_at DESC, id DESC LIMIT $2",
            &[app_id, &most],
        )
    }

    /// Adds to a day's counter. Comes last in a transaction: the row is the one that others wait for.
    pub fn count(
        &mut self,
        app_id: &AppId,
        day: i64,
        counter: Counter,
        shard: i64,
        count: i64,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO daily_counters (app_id, day, kind, shard, count) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (app_id, day, kind, shard) DO UPDATE SET count = daily_counters.count + $5",
            &[app_id, &day, &counter, &shard, &count],
        )
        .map(drop)
    }

    /// A day's counter, its shards added up.
    pub fn find_count(&mut self, app_id: &AppId, day: i64, counter: Counter) -> Result<i64> {
        self.one(
            "SELECT CAST(COALESCE(SUM(count), 0) AS BIGINT) FROM daily_counters WHERE app_id = $1 AND day = $2 AND kind = $3",
            &[app_id, &day, &counter],
        )
    }

    /// An app's counters of the days from `first` to `last`, both included, their shards added up, by day.
    pub fn list_counts(&mut self, app_id: &AppId, first: i64, last: i64) -> Result<Vec<DayCount>> {
        self.list(
            "SELECT day, kind, CAST(SUM(count) AS BIGINT) FROM daily_counters WHERE app_id = $1 AND day >= $2 AND day <= $3 \
             GROUP BY day, kind ORDER BY day, kind",
            &[app_id, &first, &last],
        )
    }

    /// Whether anybody has ever signed in to an app.
    pub fn has_sign_ins(&mut self, app_id: &AppId) -> Result<bool> {
        let found: Option<i64> = self.optional(
            "SELECT day FROM daily_counters WHERE app_id = $1 AND kind LIKE 'sign_%' AND kind <> 'sign_up_begun' LIMIT 1",
            &[app_id],
        )?;
        Ok(found.is_some())
    }

    /// Forgets at most `most` events of an app that are older than its retention.
    pub fn remove_old_events(
        &mut self,
        app_id: &AppId,
        before: Timestamp,
        most: i64,
    ) -> Result<u64> {
        self.execute(
            "DELETE FROM events WHERE app_id = $1 AND created_at < $2 AND id IN \
             (SELECT id FROM events WHERE app_id = $1 AND created_at < $2 ORDER BY created_at LIMIT $3)",
            &[app_id, &before, &most],
        )
    }
}
