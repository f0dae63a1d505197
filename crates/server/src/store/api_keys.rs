//! API keys.

use super::{FromRow, Row, Tx};
use crate::domain::api_keys::ApiKey;
use crate::error::Result;
use crate::ids::{ApiKeyId, AppId};
use crate::time::Timestamp;

impl FromRow for ApiKey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(ApiKey {
            id: row.get(0)?,
            app_id: row.get(1)?,
            prefix: row.get(2)?,
            hash: row.get(3)?,
            name: row.get(4)?,
            created_by: row.get(5)?,
            created_at: row.get(6)?,
            last_used_at: row.get(7)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new key.
    pub fn add_api_key(&mut self, key: &ApiKey) -> Result<()> {
        self.execute(
            "INSERT INTO api_keys (id, app_id, prefix, secret_hash, name, created_by, created_at, last_used_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &key.id,
                &key.app_id,
                &key.prefix,
                &key.hash,
                &key.name,
                &key.created_by,
                &key.created_at,
                &key.last_used_at,
            ],
        )
        .map(drop)
    }

    /// The key whose part before the dot is this.
    pub fn find_api_key(&mut self, prefix: &str) -> Result<Option<ApiKey>> {
        self.optional(
            "SELECT id, app_id, prefix, secret_hash, name, created_by, created_at, last_used_at FROM api_keys WHERE prefix = $1",
            &[&prefix],
        )
    }

    /// An app's keys, oldest first.
    pub fn list_api_keys(&mut self, app_id: &AppId) -> Result<Vec<ApiKey>> {
        self.list(
            "SELECT id, app_id, prefix, secret_hash, name, created_by, created_at, last_used_at FROM api_keys \
             WHERE app_id = $1 ORDER BY created_at, id",
            &[app_id],
        )
    }

    /// Notes a key's use, unless one since `before` is noted: of many requests at once, one writes.
    pub fn update_api_key_used(
        &mut self,
        id: &ApiKeyId,
        now: Timestamp,
        before: Timestamp,
    ) -> Result<bool> {
        Ok(self.execute(
            "UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)",
            &[id, &now, &before],
        )? == 1)
    }

    /// Removes an app's key; `None` if it has no such key.
    pub fn remove_api_key(&mut self, app_id: &AppId, id: &ApiKeyId) -> Result<Option<ApiKey>> {
        self.optional(
            "DELETE FROM api_keys WHERE app_id = $1 AND id = $2 \
             RETURNING id, app_id, prefix, secret_hash, name, created_by, created_at, last_used_at",
            &[app_id, id],
        )
    }
}
