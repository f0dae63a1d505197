//! Test apps: what only they have, how they are claimed, and when they end.

use super::Tx;
use crate::error::Result;
use crate::ids::AppId;
use crate::secrets::SecretHash;
use crate::time::Timestamp;

/// Until when an app is a test app, and what opens its claim; both are none for every other app.
pub type ClaimState = (Option<Timestamp>, Option<SecretHash>);

impl Tx<'_> {
    /// How many test apps live now.
    pub fn count_test_apps(&mut self, now: Timestamp) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM apps WHERE test_until > $1 AND removed_at IS NULL",
            &[&now],
        )
    }

    /// Stores what opens the claim of a new test app.
    pub fn update_claim_hash(&mut self, id: &AppId, hash: &SecretHash) -> Result<()> {
        self.execute("UPDATE apps SET claim_hash = $2 WHERE id = $1", &[id, hash])
            .map(drop)
    }

    /// What is known of an app's claim; `None` if there is no such app.
    pub fn find_claim(&mut self, id: &AppId) -> Result<Option<ClaimState>> {
        self.optional(
            "SELECT test_until, claim_hash FROM apps WHERE id = $1 AND removed_at IS NULL",
            &[id],
        )
    }

    /// Makes a test app an app like every other, for whoever has its secret; its name, or `None` if it is none (any more)
    /// or the secret is another's. Of many at once, one gets it.
    pub fn claim_test_app(
        &mut self,
        id: &AppId,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<Option<String>> {
        self.optional(
            "UPDATE apps SET test_until = NULL, claim_hash = NULL, updated_at = $3 \
             WHERE id = $1 AND removed_at IS NULL AND test_until > $3 AND claim_hash = $2 RETURNING name",
            &[id, hash, &now],
        )
    }

    /// The same for whoever knows its id.
    pub fn claim_test_app_bare(&mut self, id: &AppId, now: Timestamp) -> Result<Option<String>> {
        self.optional(
            "UPDATE apps SET test_until = NULL, claim_hash = NULL, updated_at = $2 \
             WHERE id = $1 AND removed_at IS NULL AND test_until > $2 RETURNING name",
            &[id, &now],
        )
    }

    /// Marks at most `most` test apps as removed that nobody claimed in time.
    pub fn expire_test_apps(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "UPDATE apps SET removed_at = $1 WHERE id IN \
             (SELECT id FROM apps WHERE test_until <= $1 AND removed_at IS NULL ORDER BY test_until LIMIT $2) \
             AND test_until <= $1 AND removed_at IS NULL",
            &[&now, &most],
        )
    }
}
