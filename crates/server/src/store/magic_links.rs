//! Magic links and the codes beside them.

use serde_json::Value as Json;

use super::{FromRow, Row, Tx};
use crate::domain::magic_links::{MagicLink, UsedBy};
use crate::domain::users::Identifier;
use crate::error::{Error, Result};
use crate::ids::{AppId, MagicLinkId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::time::Timestamp;

impl FromRow for MagicLink {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(MagicLink {
            id: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            purpose: row.get(3)?,
            address: row.get(4)?,
            language: row.get(5)?,
            secret_hash: row.get(6)?,
            browser_key_hash: row.get(7)?,
            digits_hash: row.get(8)?,
            code_hash: row.get(9)?,
            code_tries_left: row.get(10)?,
            code_expires_at: row.get(11)?,
            asked_by_session: row.get(12)?,
            created_at: row.get(13)?,
            expires_at: row.get(14)?,
            used_by: row.get(15)?,
            session_id: row.get(16)?,
            user_metadata: row
                .get::<Option<String>>(17)?
                .map(|text| serde_json::from_str(&text).map_err(Error::internal))
                .transpose()?,
            redirect_url: row.get(18)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new link.
    pub fn add_magic_link(&mut self, link: &MagicLink) -> Result<()> {
        self.execute(
            "INSERT INTO magic_links (id, app_id, user_id, purpose, address, language, secret_hash, browser_key_hash, digits_hash, code_hash, \
             code_tries_left, code_expires_at, asked_by_session, created_at, expires_at, user_metadata, redirect_url) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            &[
                &link.id,
                &link.app_id,
                &link.user_id,
                &link.purpose,
                &link.address,
                &link.language,
                &link.secret_hash,
                &link.browser_key_hash,
                &link.digits_hash,
                &link.code_hash,
                &link.code_tries_left,
                &link.code_expires_at,
                &link.asked_by_session,
                &link.created_at,
                &link.expires_at,
                &link.user_metadata.as_ref().map(Json::to_string),
                &link.redirect_url,
            ],
        )
        .map(drop)
    }

    /// The link of an app that a secret opens, used and expired ones included.
    pub fn find_magic_link_by_secret(
        &mut self,
        app_id: &AppId,
        secret_hash: &SecretHash,
    ) -> Result<Option<MagicLink>> {
        self.optional(
            "SELECT id, app_id, user_id, purpose, address, language, secret_hash, browser_key_hash, digits_hash, code_hash, code_tries_left, \
             code_expires_at, asked_by_session, created_at, expires_at, used_by, session_id, user_metadata, redirect_url \
             FROM magic_links WHERE secret_hash = $2 AND app_id = $1",
            &[app_id, secret_hash],
        )
    }

    /// The link of an app with this id, used and expired ones included.
    pub fn find_magic_link(
        &mut self,
        app_id: &AppId,
        id: &MagicLinkId,
    ) -> Result<Option<MagicLink>> {
        self.optional(
            "SELECT id, app_id, user_id, purpose, address, language, secret_hash, browser_key_hash, digits_hash, code_hash, code_tries_left, \
             code_expires_at, asked_by_session, created_at, expires_at, used_by, session_id, user_metadata, redirect_url \
             FROM magic_links WHERE id = $2 AND app_id = $1",
            &[app_id, id],
        )
    }

    /// The link that was used last among those that one browser asked for to one address: whoever asks again may still open
    /// the older mail.
    pub fn find_used_sibling(
        &mut self,
        link: &MagicLink,
        now: Timestamp,
    ) -> Result<Option<MagicLink>> {
        self.optional(
            "SELECT id, app_id, user_id, purpose, address, language, secret_hash, browser_key_hash, digits_hash, code_hash, code_tries_left, \
             code_expires_at, asked_by_session, created_at, expires_at, used_by, session_id, user_metadata, redirect_url \
             FROM magic_links WHERE app_id = $1 AND address = $2 AND browser_key_hash = $3 AND purpose = $4 AND expires_at > $5 \
             AND used_by IN ('opened', 'approved', 'code') ORDER BY used_at DESC LIMIT 1",
            &[
                &link.app_id,
                &link.address,
                &link.browser_key_hash,
                &link.purpose,
                &now,
            ],
        )
    }

    /// Uses a link up, once: `false` if it was used before or has expired. `session_id` is the session that it opens, if it
    /// opens one now.
    pub fn consume_magic_link(
        &mut self,
        id: &MagicLinkId,
        used_by: UsedBy,
        session_id: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<bool> {
        let updated = self.execute(
            "UPDATE magic_links SET used_at = $4, used_by = $2, session_id = $3 WHERE id = $1 AND used_at IS NULL AND expires_at > $4",
            &[id, &used_by, &session_id, &now],
        )?;
        Ok(updated == 1)
    }

    /// Tries a code: the right one uses its link up, a wrong one takes a try away. Whether it was right and how many tries
    /// are left, or `None` if the code cannot be tried any more. Of many tries at once no more are checked than are left.
    /// A try without a hash is a wrong one.
    pub fn consume_code(
        &mut self,
        id: &MagicLinkId,
        code_hash: Option<&SecretHash>,
        session_id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<(bool, i64)>> {
        self.optional(
            "UPDATE magic_links SET code_tries_left = code_tries_left - CASE WHEN code_hash = $2 THEN 0 ELSE 1 END, \
             used_at = CASE WHEN code_hash = $2 THEN $4 ELSE used_at END, used_by = CASE WHEN code_hash = $2 THEN 'code' ELSE used_by END, \
             session_id = CASE WHEN code_hash = $2 THEN $3 ELSE session_id END \
             WHERE id = $1 AND used_at IS NULL AND code_hash IS NOT NULL AND code_tries_left > 0 AND code_expires_at > $4 AND expires_at > $4 \
             RETURNING used_at IS NOT NULL, code_tries_left",
            &[id, &code_hash, session_id, &now],
        )
    }

    /// Says which session an approved link opened; `false` if it has opened one.
    pub fn update_magic_link_session(
        &mut self,
        id: &MagicLinkId,
        session_id: &SessionId,
    ) -> Result<bool> {
        let updated = self.execute(
            "UPDATE magic_links SET session_id = $2 WHERE id = $1 AND session_id IS NULL AND used_by = 'approved'",
            &[id, session_id],
        )?;
        Ok(updated == 1)
    }

    /// Says whom a link turned out to be for.
    pub fn update_magic_link_user(&mut self, id: &MagicLinkId, user_id: &UserId) -> Result<()> {
        self.execute(
            "UPDATE magic_links SET user_id = $2 WHERE id = $1",
            &[id, user_id],
        )
        .map(drop)
    }

    /// Ends the codes that were sent to an address so far; their links go on working.
    pub fn remove_codes(&mut self, app_id: &AppId, address: &Identifier) -> Result<()> {
        self.execute(
            "UPDATE magic_links SET code_hash = NULL WHERE app_id = $1 AND address = $2 AND code_hash IS NOT NULL",
            &[app_id, address],
        )
        .map(drop)
    }

    /// Ends a user's other links and codes that have opened no session yet.
    pub fn expire_magic_links(
        &mut self,
        user_id: &UserId,
        except: &MagicLinkId,
        now: Timestamp,
    ) -> Result<()> {
        self.execute(
            "UPDATE magic_links SET expires_at = $3 WHERE user_id = $1 AND id <> $2 AND session_id IS NULL AND expires_at > $3",
            &[user_id, except, &now],
        )
        .map(drop)
    }

    /// Ends all links and codes of a user that have opened no session yet.
    pub fn expire_magic_links_of_user(&mut self, user_id: &UserId, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE magic_links SET expires_at = $2 WHERE user_id = $1 AND session_id IS NULL AND expires_at > $2",
            &[user_id, &now],
        )
        .map(drop)
    }

    /// Removes all links that were sent to a user.
    pub fn remove_magic_links_of_user(&mut self, user_id: &UserId) -> Result<u64> {
        self.execute("DELETE FROM magic_links WHERE user_id = $1", &[user_id])
    }

    /// Forgets at most `most` links that expired before an instant.
    pub fn remove_expired_magic_links(&mut self, before: Timestamp, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM magic_links WHERE id IN (SELECT id FROM magic_links WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
            &[&before, &most],
        )
    }
}
