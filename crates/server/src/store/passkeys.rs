//! Passkeys.

use super::users::user_from_row;
use super::{FromRow, Row, Tx};
use crate::domain::passkeys::Passkey;
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::ids::{AppId, PasskeyId, UserId};
use crate::time::Timestamp;

/// How many columns a passkey has in every query below.
const COLUMNS: usize = 17;

impl FromRow for Passkey {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let aaguid: Vec<u8> = row.get(8)?;
        Ok(Passkey {
            id: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            credential_id: row.get(3)?,
            public_key: row.get(4)?,
            sign_count: row.get(5)?,
            attachment: row.get(6)?,
            transports: row
                .get::<String>(7)?
                .split_whitespace()
                .map(str::to_owned)
                .collect(),
            aaguid: aaguid
                .try_into()
                .map_err(|_| Error::internal(anyhow::anyhow!("an AAGUID has not 16 bytes")))?,
            attestation: row.get(9)?,
            backup_eligible: row.get(10)?,
            backup_state: row.get(11)?,
            friendly_name: row.get(12)?,
            usage_count: row.get(13)?,
            last_login_at: row.get(14)?,
            created_at: row.get(15)?,
            updated_at: row.get(16)?,
        })
    }
}

/// A passkey and its owner.
struct Owned(Passkey, User);

impl FromRow for Owned {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Owned(Passkey::from_row(row)?, user_from_row(row, COLUMNS)?))
    }
}

impl Tx<'_> {
    /// Stores a new passkey; `false` if the credential id is known in the app.
    pub fn add_passkey(&mut self, passkey: &Passkey) -> Result<bool> {
        let added = self.execute(
            "INSERT INTO passkeys (id, app_id, user_id, credential_id, public_key, sign_count, attachment, transports, aaguid, attestation, \
             backup_eligible, backup_state, friendly_name, usage_count, last_login_at, created_at, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) ON CONFLICT (app_id, credential_id) DO NOTHING",
            &[
                &passkey.id,
                &passkey.app_id,
                &passkey.user_id,
                &passkey.credential_id,
                &passkey.public_key,
                &passkey.sign_count,
                &passkey.attachment,
                &passkey.transports.join(" "),
                &passkey.aaguid,
                &passkey.attestation,
                &passkey.backup_eligible,
                &passkey.backup_state,
                &passkey.friendly_name,
                &passkey.usage_count,
                &passkey.last_login_at,
                &passkey.created_at,
                &passkey.updated_at,
            ],
        )?;
        Ok(added == 1)
    }

    /// A user's passkeys, oldest first.
    pub fn list_passkeys(&mut self, user_id: &UserId) -> Result<Vec<Passkey>> {
        self.list(
            "SELECT id, app_id, user_id, credential_id, public_key, sign_count, attachment, transports, aaguid, attestation, backup_eligible, \
             backup_state, friendly_name, usage_count, last_login_at, created_at, updated_at \
             FROM passkeys WHERE user_id = $1 ORDER BY created_at, id",
            &[user_id],
        )
    }

    /// Whether any app with this RP ID has a credential: apps on the same host share what a browser offers.
    pub fn is_credential_known(&mut self, rp_id: &str, credential_id: &[u8]) -> Result<bool> {
        let found: Option<i64> = self.optional(
            "SELECT p.created_at FROM apps a JOIN passkeys p ON p.app_id = a.id WHERE a.rp_id = $1 AND p.credential_id = $2 LIMIT 1",
            &[&rp_id, &credential_id],
        )?;
        Ok(found.is_some())
    }

    /// The passkey with this credential id, and its owner.
    pub fn find_passkey_by_credential(
        &mut self,
        app_id: &AppId,
        credential_id: &[u8],
    ) -> Result<Option<(Passkey, User)>> {
        let owned: Option<Owned> = self.optional(
            "SELECT p.id, p.app_id, p.user_id, p.credential_id, p.public_key, p.sign_count, p.attachment, p.transports, p.aaguid, p.attestation, \
             p.backup_eligible, p.backup_state, p.friendly_name, p.usage_count, p.last_login_at, p.created_at, p.updated_at, \
             u.id, u.app_id, u.email, u.email_verified, u.phone, u.phone_verified, u.status, u.origin, u.user_metadata, u.login_count, \
             u.last_login_at, u.created_at, u.updated_at, u.external_id \
             FROM passkeys p JOIN users u ON u.id = p.user_id WHERE p.app_id = $1 AND p.credential_id = $2",
            &[app_id, &credential_id],
        )?;
        Ok(owned.map(|Owned(passkey, user)| (passkey, user)))
    }

    /// Counts a sign-in whose counter grew, or whose authenticator has none (both zero; WebAuthn L3 §7.2, step 22).
    /// `false` if it did not grow, or the passkey is gone. Of two sign-ins at once with one counter, one gets `true`.
    pub fn update_passkey_counted(
        &mut self,
        id: &PasskeyId,
        sign_count: u32,
        backup_state: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let updated = self.execute(
            "UPDATE passkeys SET sign_count = $2, backup_state = $3, usage_count = usage_count + 1, last_login_at = $4 \
             WHERE id = $1 AND (sign_count < $2 OR (sign_count = 0 AND $2 = 0))",
            &[id, &sign_count, &backup_state, &now],
        )?;
        Ok(updated == 1)
    }

    /// Counts a sign-in whose counter did not grow; the stored one stays. `false` if the passkey is gone.
    pub fn update_passkey_used(
        &mut self,
        id: &PasskeyId,
        backup_state: bool,
        now: Timestamp,
    ) -> Result<bool> {
        let updated = self.execute(
            "UPDATE passkeys SET backup_state = $2, usage_count = usage_count + 1, last_login_at = $3 WHERE id = $1",
            &[id, &backup_state, &now],
        )?;
        Ok(updated == 1)
    }

    /// Gives a user's passkey another name; `None` if the user has no such passkey.
    pub fn rename_passkey(
        &mut self,
        user_id: &UserId,
        id: &PasskeyId,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<Passkey>> {
        self.optional(
            "UPDATE passkeys SET friendly_name = $3, updated_at = $4 WHERE id = $2 AND user_id = $1 \
             RETURNING id, app_id, user_id, credential_id, public_key, sign_count, attachment, transports, aaguid, attestation, backup_eligible, \
             backup_state, friendly_name, usage_count, last_login_at, created_at, updated_at",
            &[user_id, id, &name, &now],
        )
    }

    /// Removes a user's passkey.
    pub fn remove_passkey(&mut self, user_id: &UserId, id: &PasskeyId) -> Result<()> {
        self.execute(
            "DELETE FROM passkeys WHERE id = $2 AND user_id = $1",
            &[user_id, id],
        )
        .map(drop)
    }

    /// Removes a user's passkeys, except one.
    pub fn remove_passkeys_except(
        &mut self,
        user_id: &UserId,
        except: Option<&PasskeyId>,
    ) -> Result<u64> {
        let except = except.map_or("", PasskeyId::as_str);
        self.execute(
            "DELETE FROM passkeys WHERE user_id = $1 AND id <> $2",
            &[user_id, &except],
        )
    }

    /// How many passkeys the users of an app have, counted to `most`, so that nobody waits for a long count.
    pub fn count_passkeys(&mut self, app_id: &AppId, most: i64) -> Result<i64> {
        self.one(
            "SELECT count(*) FROM (SELECT 1 AS one FROM passkeys WHERE app_id = $1 LIMIT $2) AS counted",
            &[app_id, &most],
        )
    }
}
