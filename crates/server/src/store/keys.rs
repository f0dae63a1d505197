//! Signing keys.

use super::{FromRow, Row, Tx};
use crate::domain::keys::{Algorithm, SigningKey};
use crate::error::Result;
use crate::ids::{AppId, KeyId};
use crate::time::Timestamp;

impl FromRow for SigningKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(SigningKey {
            id: row.get(0)?,
            app_id: row.get(1)?,
            algorithm: row.get(2)?,
            state: row.get(3)?,
            sealed_private_key: row.get(4)?,
            created_at: row.get(5)?,
            current_since: row.get(6)?,
            retired_until: row.get(7)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a key. A second current or next key of an app is a conflict.
    pub fn add_signing_key(&mut self, key: &SigningKey) -> Result<()> {
        self.execute(
            "INSERT INTO signing_keys (id, app_id, algorithm, state, sealed_private_key, created_at, current_since, retired_until) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[&key.id, &key.app_id, &key.algorithm, &key.state, &key.sealed_private_key, &key.created_at, &key.current_since, &key.retired_until],
        )
        .map(drop)
    }

    /// An app's keys, newest first.
    pub fn list_signing_keys(&mut self, app_id: &AppId) -> Result<Vec<SigningKey>> {
        self.list(
            "SELECT id, app_id, algorithm, state, sealed_private_key, created_at, current_since, retired_until \
             FROM signing_keys WHERE app_id = $1 ORDER BY created_at DESC, id",
            &[app_id],
        )
    }

    /// Forgets an app's key in waiting if it is for another algorithm; it has signed nothing.
    pub fn remove_next_signing_key_except(
        &mut self,
        app_id: &AppId,
        algorithm: Algorithm,
    ) -> Result<()> {
        self.execute(
            "DELETE FROM signing_keys WHERE app_id = $1 AND state = 'next' AND algorithm <> $2",
            &[app_id, &algorithm],
        )
        .map(drop)
    }

    /// Ends a key's signing; it stays published until `until`.
    pub fn retire_signing_key(&mut self, id: &KeyId, until: Timestamp) -> Result<()> {
        self.execute("UPDATE signing_keys SET state = 'retired', retired_until = $2 WHERE id = $1 AND state = 'current'", &[id, &until]).map(drop)
    }

    /// Makes a key in waiting the one that signs.
    pub fn promote_signing_key(&mut self, id: &KeyId, now: Timestamp) -> Result<()> {
        self.execute("UPDATE signing_keys SET state = 'current', current_since = $2 WHERE id = $1 AND state = 'next'", &[id, &now]).map(drop)
    }

    /// Forgets an app's retired keys whose last token has expired.
    pub fn remove_retired_signing_keys(&mut self, app_id: &AppId, now: Timestamp) -> Result<u64> {
        self.execute("DELETE FROM signing_keys WHERE app_id = $1 AND state = 'retired' AND retired_until < $2", &[app_id, &now])
    }
}
