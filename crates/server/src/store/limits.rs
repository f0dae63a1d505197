//! Counts of what is limited.

use super::Tx;
use crate::domain::limits::Limit;
use crate::error::Result;
use crate::time::Timestamp;

impl Tx<'_> {
    /// Counts one within its window, which begins anew if the last has ended; `false` if the limit is reached, and then
    /// nothing is counted. Of many at once, as many get `true` as there is room for.
    pub fn count_within(
        &mut self,
        limit: &Limit,
        now: Timestamp,
        window_ends_at: Timestamp,
    ) -> Result<bool> {
        let counted: Option<i64> = self.optional(
            "INSERT INTO limits (kind, subject, window_ends_at, count) VALUES ($1, $2, $3, 1) ON CONFLICT (kind, subject) DO UPDATE SET \
             count = CASE WHEN limits.window_ends_at <= $4 THEN 1 ELSE limits.count + 1 END, \
             window_ends_at = CASE WHEN limits.window_ends_at <= $4 THEN $3 ELSE limits.window_ends_at END \
             WHERE limits.window_ends_at <= $4 OR limits.count < $5 RETURNING count",
            &[&limit.kind, &limit.subject, &window_ends_at, &now, &limit.most],
        )?;
        Ok(counted.is_some())
    }

    /// Takes one count back.
    pub fn uncount(&mut self, limit: &Limit) -> Result<()> {
        self.execute(
            "UPDATE limits SET count = count - 1 WHERE kind = $1 AND subject = $2 AND count > 0",
            &[&limit.kind, &limit.subject],
        )
        .map(drop)
    }

    /// When a limit's window ends.
    pub fn find_limit_end(&mut self, limit: &Limit) -> Result<Option<Timestamp>> {
        self.optional(
            "SELECT window_ends_at FROM limits WHERE kind = $1 AND subject = $2",
            &[&limit.kind, &limit.subject],
        )
    }

    /// Forgets at most `most` counts whose window has ended.
    pub fn remove_ended_limits(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM limits WHERE (kind, subject) IN \
             (SELECT kind, subject FROM limits WHERE window_ends_at < $1 ORDER BY window_ends_at LIMIT $2)",
            &[&now, &most],
        )
    }
}
