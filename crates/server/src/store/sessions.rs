//! Sessions, refresh tokens and used challenges.

use super::users::user_from_row;
use super::{FromRow, Row, Tx};
use crate::domain::events::Client;
use crate::domain::sessions::{Family, Session};
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::ids::{AppId, PasskeyId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::time::Timestamp;

/// How many columns a session has in every query below.
const COLUMNS: usize = 11;

impl FromRow for Session {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Session {
            id: row.get(0)?,
            app_id: row.get(1)?,
            user_id: row.get(2)?,
            passkey_id: row.get(3)?,
            methods: row.get(4)?,
            client: Client {
                address: row.get::<String>(5)?.parse().map_err(Error::internal)?,
                user_agent: row.get(6)?,
            },
            auth_time: row.get(7)?,
            last_used_at: row.get(8)?,
            expires_at: row.get(9)?,
            revoked_at: row.get(10)?,
        })
    }
}

/// A session and its user.
struct Owned(Session, User);

impl FromRow for Owned {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Owned(Session::from_row(row)?, user_from_row(row, COLUMNS)?))
    }
}

impl FromRow for Family {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(Family {
            session: Session::from_row(row)?,
            used_at: row.get(COLUMNS)?,
            expires_at: row.get(COLUMNS + 1)?,
            user: user_from_row(row, COLUMNS + 2)?,
        })
    }
}

impl Tx<'_> {
    /// Records a challenge as used; `false` if it was used before.
    pub fn use_challenge(&mut self, challenge: &[u8], forget_after: Timestamp) -> Result<bool> {
        let used: Option<i64> = self.optional(
            "INSERT INTO used_challenges (challenge, forget_after) VALUES ($1, $2) ON CONFLICT (forget_after, challenge) DO NOTHING RETURNING forget_after",
            &[&challenge, &forget_after],
        )?;
        Ok(used.is_some())
    }

    /// Stores a new session.
    pub fn add_session(&mut self, session: &Session) -> Result<()> {
        self.execute(
            "INSERT INTO sessions (id, app_id, user_id, passkey_id, methods, address, user_agent, auth_time, last_used_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            &[
                &session.id,
                &session.app_id,
                &session.user_id,
                &session.passkey_id,
                &session.methods,
                &session.client.address.to_string(),
                &session.client.user_agent,
                &session.auth_time,
                &session.last_used_at,
                &session.expires_at,
            ],
        )
        .map(drop)
    }

    /// A session, ended ones included, and its user.
    pub fn find_session(&mut self, id: &SessionId) -> Result<Option<(Session, User)>> {
        let owned: Option<Owned> = self.optional(
            "SELECT s.id, s.app_id, s.user_id, s.passkey_id, s.methods, s.address, s.user_agent, s.auth_time, s.last_used_at, s.expires_at, \
             s.revoked_at, u.id, u.app_id, u.email, u.email_verified, u.phone, u.phone_verified, u.status, u.origin, u.user_metadata, \
             u.login_count, u.last_login_at, u.created_at, u.updated_at, u.external_id \
             FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1",
            &[id],
        )?;
        Ok(owned.map(|Owned(session, user)| (session, user)))
    }

    /// A user's sessions that can still be used, the last used first.
    pub fn list_sessions_of_user(
        &mut self,
        user_id: &UserId,
        now: Timestamp,
    ) -> Result<Vec<Session>> {
        self.list(
            "SELECT id, app_id, user_id, passkey_id, methods, address, user_agent, auth_time, last_used_at, expires_at, revoked_at \
             FROM sessions WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2 ORDER BY last_used_at DESC, id LIMIT 100",
            &[user_id, &now],
        )
    }

    /// Notes that a session was refreshed.
    pub fn update_session_used(&mut self, id: &SessionId, now: Timestamp) -> Result<()> {
        self.execute(
            "UPDATE sessions SET last_used_at = $2 WHERE id = $1",
            &[id, &now],
        )
        .map(drop)
    }

    /// Ends a session; `false` if it had ended already.
    pub fn revoke_session(&mut self, id: &SessionId, now: Timestamp) -> Result<bool> {
        Ok(self.execute(
            "UPDATE sessions SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL",
            &[id, &now],
        )? == 1)
    }

    /// Ends the sessions that a user's passkey opened, except one.
    pub fn revoke_sessions_of_passkey(
        &mut self,
        user_id: &UserId,
        passkey_id: &PasskeyId,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u64> {
        let except = except.map_or("", SessionId::as_str);
        self.execute(
            "UPDATE sessions SET revoked_at = $4 WHERE user_id = $1 AND passkey_id = $2 AND id <> $3 AND revoked_at IS NULL",
            &[user_id, passkey_id, &except, &now],
        )
    }

    /// Ends all sessions of a user, except one.
    pub fn revoke_sessions_of_user(
        &mut self,
        user_id: &UserId,
        except: Option<&SessionId>,
        now: Timestamp,
    ) -> Result<u64> {
        let except = except.map_or("", SessionId::as_str);
        self.execute(
            "UPDATE sessions SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL AND expires_at > $3",
            &[user_id, &except, &now],
        )
    }

    /// Removes at most `most` refresh tokens of a user.
    pub fn remove_refresh_tokens_of_user(&mut self, user_id: &UserId, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM refresh_tokens WHERE (session_id, hash) IN (SELECT r.session_id, r.hash FROM sessions s \
             JOIN refresh_tokens r ON r.session_id = s.id WHERE s.user_id = $1 LIMIT $2)",
            &[user_id, &most],
        )
    }

    /// Removes at most `most` sessions of a user.
    pub fn remove_sessions_of_user(&mut self, user_id: &UserId, most: i64) -> Result<u64> {
        self.execute(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE user_id = $1 LIMIT $2)",
            &[user_id, &most],
        )
    }

    /// Stores a refresh token.
    pub fn add_refresh_token(
        &mut self,
        session_id: &SessionId,
        hash: &SecretHash,
        expires_at: Timestamp,
    ) -> Result<()> {
        self.execute(
            "INSERT INTO refresh_tokens (session_id, hash, expires_at) VALUES ($1, $2, $3)",
            &[session_id, hash, &expires_at],
        )
        .map(drop)
    }

    /// Marks a refresh token as used; `false` if it is unknown or was used before.
    pub fn consume_refresh_token(
        &mut self,
        session_id: &SessionId,
        hash: &SecretHash,
        now: Timestamp,
    ) -> Result<bool> {
        let updated = self.execute(
            "UPDATE refresh_tokens SET used_at = $3 WHERE session_id = $1 AND hash = $2 AND used_at IS NULL",
            &[session_id, hash, &now],
        )?;
        Ok(updated == 1)
    }

    /// When an unused refresh token expires; `None` if it is unknown or was used.
    pub fn find_unused_refresh_token(
        &mut self,
        session_id: &SessionId,
        hash: &SecretHash,
    ) -> Result<Option<Timestamp>> {
        self.optional(
            "SELECT expires_at FROM refresh_tokens WHERE session_id = $1 AND hash = $2 AND used_at IS NULL",
            &[session_id, hash],
        )
    }

    /// A refresh token of an app, used or not, with its session and user.
    pub fn find_refresh_family(
        &mut self,
        app_id: &AppId,
        session_id: &SessionId,
        hash: &SecretHash,
    ) -> Result<Option<Family>> {
        self.optional(
            "SELECT s.id, s.app_id, s.user_id, s.passkey_id, s.methods, s.address, s.user_agent, s.auth_time, s.last_used_at, s.expires_at, \
             s.revoked_at, r.used_at, r.expires_at, u.id, u.app_id, u.email, u.email_verified, u.phone, u.phone_verified, u.status, u.origin, \
             u.user_metadata, u.login_count, u.last_login_at, u.created_at, u.updated_at, u.external_id \
             FROM refresh_tokens r JOIN sessions s ON s.id = r.session_id JOIN users u ON u.id = s.user_id \
             WHERE r.session_id = $2 AND r.hash = $3 AND s.app_id = $1",
            &[app_id, session_id, hash],
        )
    }

    /// Forgets challenges, refresh tokens and sessions that no check needs any more: used challenges past their time,
    /// and sessions (their tokens with them) `ended_before`. At most `most` rows of a table, so that no commit is long.
    pub fn remove_expired(
        &mut self,
        now: Timestamp,
        ended_before: Timestamp,
        most: i64,
    ) -> Result<u64> {
        let challenges = self.execute(
            "DELETE FROM used_challenges WHERE (forget_after, challenge) IN \
             (SELECT forget_after, challenge FROM used_challenges WHERE forget_after < $1 ORDER BY forget_after LIMIT $2)",
            &[&now, &most],
        )?;
        let sessions = self.execute(
            "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)",
            &[&ended_before, &most],
        )?;
        Ok(challenges + sessions)
    }
}
