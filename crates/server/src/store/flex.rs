//! Transactions and nonces of apps with a login of their own.

use super::{FromRow, Row, Tx};
use crate::domain::flex::{Purpose, Transaction};
use crate::error::Result;
use crate::ids::{AppId, UserId};
use crate::secrets::SecretHash;
use crate::time::Timestamp;

impl FromRow for Transaction {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Transaction {
            hash: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            purpose: row.get(3)?,
            passkey_name: row.get(4)?,
            expires_at: row.get(5)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new transaction.
    pub fn add_flex_transaction(&mut self, transaction: &Transaction) -> Result<()> {
        self.execute(
            "INSERT INTO flex_transactions (secret_hash, app_id, user_id, purpose, passkey_name, expires_at) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                &transaction.hash,
                &transaction.app_id,
                &transaction.user_id,
                &transaction.purpose,
                &transaction.passkey_name,
                &transaction.expires_at,
            ],
        )
        .map(drop)
    }

    /// An app's transaction that still allows something.
    pub fn find_flex_transaction(
        &mut self,
        hash: &SecretHash,
        app_id: &AppId,
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<Option<Transaction>> {
        self.optional(
            "SELECT secret_hash, app_id, user_id, purpose, passkey_name, expires_at FROM flex_transactions \
             WHERE secret_hash = $1 AND app_id = $2 AND purpose = $3 AND expires_at > $4",
            &[hash, app_id, &purpose, &now],
        )
    }

    /// Uses a transaction up: whose it was, or `None` if it allows nothing (any more).
    pub fn consume_flex_transaction(
        &mut self,
        hash: &SecretHash,
        app_id: &AppId,
        now: Timestamp,
    ) -> Result<Option<UserId>> {
        self.optional(
            "DELETE FROM flex_transactions WHERE secret_hash = $1 AND app_id = $2 AND expires_at > $3 RETURNING user_id",
            &[hash, app_id, &now],
        )
    }

    /// Stores a nonce.
    pub fn add_flex_nonce(
        &mut self,
        hash: &SecretHash,
        app_id: &AppId,
        user_id: &UserId,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO flex_nonces (secret_hash, app_id, user_id, expires_at) VALUES ($1, $2, $3, $4)",
            &[hash, app_id, user_id, &expires_at],
        )
        .map(drop)
    }

    /// Uses a nonce of an app up: who ran the ceremony, or `None` if it is not good (any more).
    pub fn consume_flex_nonce(
        &mut self,
        hash: &SecretHash,
        app_id: &AppId,
        now: Timestamp,
    ) -> Result<Option<UserId>> {
        self.optional(
            "DELETE FROM flex_nonces WHERE secret_hash = $1 AND app_id = $2 AND expires_at > $3 RETURNING user_id",
            &[hash, app_id, &now],
        )
    }

    /// Forgets at most `most` transactions and as many nonces that nobody used in time.
    pub fn remove_expired_flex(&mut self, now: Timestamp, most: i64) -> Result<u64> {
        let transactions = self.execute(
            "DELETE FROM flex_transactions WHERE secret_hash IN \
             (SELECT secret_hash FROM flex_transactions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
            &[&now, &most],
        )?;
        let nonces = self.execute(
            "DELETE FROM flex_nonces WHERE secret_hash IN \
             (SELECT secret_hash FROM flex_nonces WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
            &[&now, &most],
        )?;
        Ok(transactions + nonces)
    }
}
