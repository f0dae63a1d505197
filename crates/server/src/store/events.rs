//! Events and daily counters.

use super::{FromRow, Row, Tx};
use crate::domain::events::{Counter, DayCount, Event, Listed};
use crate::domain::paging::Cursor;
use crate::error::Result;
use crate::ids::{AppId, UserId};
use crate::time::Timestamp;

impl FromRow for Listed {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Listed {
            id: row.get(0)?,
            user_id: row.get(1)?,
            kind: row.get(2)?,
            outcome: row.get(3)?,
            reason: row.get(4)?,
            actor: row.get(5)?,
            member_id: row.get(6)?,
            address: row.get(7)?,
            user_agent: row.get(8)?,
            subject: row.get(9)?,
            detail: row.get(10)?,
            created_at: row.get(11)?,
            user_name: row.get(12)?,
            member_name: row.get(13)?,
        })
    }
}

/// Listed events, with the names of the user and the member as they are now.
macro_rules! events {
    ($rest:literal) => {
        concat!(
            "SELECT e.id, e.user_id, e.kind, e.outcome, e.reason, e.actor, e.member_id, e.address, e.user_agent, e.subject, e.detail, \
             e.created_at, COALESCE(u.email, u.phone), COALESCE(m.email, m.phone) FROM events e \
             LEFT JOIN users u ON u.id = e.user_id LEFT JOIN users m ON m.id = e.member_id WHERE ",
            $rest,
            " ORDER BY e.created_at DESC, e.id DESC LIMIT $4"
        )
    };
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

    /// An app's events since an instant, the newest first, from a place in the list on.
    pub fn list_events(
        &mut self,
        app_id: &AppId,
        since: Timestamp,
        after: &Cursor,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            events!("e.app_id = $1 AND e.created_at >= $5 AND (e.created_at, e.id) < ($2, $3)"),
            &[app_id, &after.created_at, &after.id, &most, &since],
        )
    }

    /// What members did in an app, the newest first, from a place in the list on: the audit log.
    pub fn list_events_of_members(
        &mut self,
        app_id: &AppId,
        since: Timestamp,
        after: &Cursor,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            events!("e.app_id = $1 AND e.actor = 'member' AND e.created_at >= $5 AND (e.created_at, e.id) < ($2, $3)"),
            &[app_id, &after.created_at, &after.id, &most, &since],
        )
    }

    /// A user's events, the newest first, from a place in the list on. Naming the app, too, would make SQLite walk along all
    /// events of the app.
    pub fn list_events_of_user(
        &mut self,
        user_id: &UserId,
        after: &Cursor,
        most: i64,
    ) -> Result<Vec<Listed>> {
        self.list(
            events!("e.user_id = $1 AND (e.created_at, e.id) < ($2, $3)"),
            &[user_id, &after.created_at, &after.id, &most],
        )
    }

    /// Removes at most `most` events of a user, but for what members did to them.
    pub fn remove_events_of_user(&mut self, user_id: &UserId, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM events WHERE (app_id, created_at, id) IN \
             (SELECT app_id, created_at, id FROM events WHERE user_id = $1 AND actor <> 'member' LIMIT $2)",
            &[user_id, &most],
        )
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
