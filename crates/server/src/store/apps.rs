//! Apps, and facts about this installation.

use super::{FromRow, Row, Tx};
use crate::domain::apps::AppRecord;
use crate::domain::origins::AuthOrigin;
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::time::Timestamp;

/// What an app owns many rows of.
#[derive(Clone, Copy, Debug)]
pub enum Owned {
    /// Events.
    Events,
    /// Users with their passkeys, sessions and refresh tokens.
    Users,
    /// Magic links.
    MagicLinks,
    /// Messages.
    Messages,
    /// Daily counters.
    Counters,
}

impl Owned {
    /// All of it, in the order in which it is removed.
    pub const ALL: [Owned; 5] = [
        Owned::Events,
        Owned::Users,
        Owned::MagicLinks,
        Owned::Messages,
        Owned::Counters,
    ];
}

impl FromRow for AppRecord {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        Ok(AppRecord {
            id: row.get(0)?,
            name: row.get(1)?,
            auth_origin: AuthOrigin::from_stored(row.get(2)?),
            rp_id: row.get(3)?,
            settings: serde_json::from_str(&row.get::<String>(4)?).map_err(Error::internal)?,
            created_at: row.get(5)?,
            updated_at: row.get(6)?,
            test_until: row.get(7)?,
        })
    }
}

impl Tx<'_> {
    /// Stores a new app.
    pub fn add_app(&mut self, app: &AppRecord) -> Result<()> {
        let settings = serde_json::to_string(&app.settings).map_err(Error::internal)?;
        self.execute(
            "INSERT INTO apps (id, name, auth_origin, rp_id, settings, created_at, updated_at, test_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                &app.id,
                &app.name,
                &app.auth_origin.as_str(),
                &app.rp_id,
                &settings,
                &app.created_at,
                &app.updated_at,
                &app.test_until,
            ],
        )
        .map(drop)
    }

    /// The app with this id, unless it was removed.
    pub fn find_app(&mut self, id: &AppId) -> Result<Option<AppRecord>> {
        self.optional("SELECT id, name, auth_origin, rp_id, settings, created_at, updated_at, test_until FROM apps WHERE id = $1 AND removed_at IS NULL", &[id])
    }

    /// Whether there is an app with this id that was not removed.
    pub fn has_app(&mut self, id: &AppId) -> Result<bool> {
        let found: Option<AppId> = self.optional(
            "SELECT id FROM apps WHERE id = $1 AND removed_at IS NULL",
            &[id],
        )?;
        Ok(found.is_some())
    }

    /// All apps, oldest first, without removed ones.
    pub fn list_apps(&mut self) -> Result<Vec<AppRecord>> {
        self.list("SELECT id, name, auth_origin, rp_id, settings, created_at, updated_at, test_until FROM apps WHERE removed_at IS NULL ORDER BY created_at, id", &[])
    }

    /// All apps with an RP ID, oldest first, without removed ones and test apps.
    pub fn list_apps_of_rp_id(&mut self, rp_id: &str) -> Result<Vec<AppRecord>> {
        self.list("SELECT id, name, auth_origin, rp_id, settings, created_at, updated_at, test_until FROM apps WHERE rp_id = $1 AND test_until IS NULL AND removed_at IS NULL ORDER BY created_at, id", &[&rp_id])
    }

    /// Makes other transactions that lock the app wait until the commit (on PostgreSQL; SQLite has one writer).
    pub fn lock_app(&mut self, id: &AppId) -> Result<()> {
        self.execute(
            "UPDATE apps SET updated_at = updated_at WHERE id = $1",
            &[id],
        )
        .map(drop)
    }

    /// Locks an app's row until the commit (on PostgreSQL; SQLite has one writer) and reads it, to change it.
    pub fn find_app_to_update(&mut self, id: &AppId, now: Timestamp) -> Result<Option<AppRecord>> {
        self.execute("UPDATE apps SET updated_at = $2 WHERE id = $1", &[id, &now])?;
        self.find_app(id)
    }

    /// Stores what was changed of an app.
    pub fn update_app(&mut self, app: &AppRecord) -> Result<()> {
        let settings = serde_json::to_string(&app.settings).map_err(Error::internal)?;
        self.execute(
            "UPDATE apps SET name = $2, auth_origin = $3, rp_id = $4, settings = $5 WHERE id = $1",
            &[
                &app.id,
                &app.name,
                &app.auth_origin.as_str(),
                &app.rp_id,
                &settings,
            ],
        )
        .map(drop)
    }

    /// Marks an app as removed; its name, or `None` if there is none.
    pub fn mark_app_removed(&mut self, id: &AppId, now: Timestamp) -> Result<Option<String>> {
        self.optional(
            "UPDATE apps SET removed_at = $2 WHERE id = $1 AND removed_at IS NULL RETURNING name",
            &[id, &now],
        )
    }

    /// The apps that were removed by an instant and are not gone yet.
    pub fn list_removed_apps(&mut self, until: Timestamp) -> Result<Vec<AppId>> {
        self.list(
            "SELECT id FROM apps WHERE removed_at <= $1 ORDER BY removed_at",
            &[&until],
        )
    }

    /// Removes at most `most` rows of one kind that an app owns.
    pub fn remove_owned(&mut self, id: &AppId, owned: Owned, most: i64) -> Result<u64> {
        let sql = match owned {
            Owned::Events => {
                "DELETE FROM events WHERE (app_id, created_at, id) IN \
                 (SELECT app_id, created_at, id FROM events WHERE app_id = $1 ORDER BY created_at, id LIMIT $2)"
            }
            Owned::Users => {
                "DELETE FROM users WHERE id IN (SELECT id FROM users WHERE app_id = $1 ORDER BY created_at, id LIMIT $2)"
            }
            Owned::MagicLinks => {
                "DELETE FROM magic_links WHERE id IN (SELECT id FROM magic_links WHERE app_id = $1 LIMIT $2)"
            }
            Owned::Messages => {
                "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE app_id = $1 ORDER BY created_at LIMIT $2)"
            }
            Owned::Counters => {
                "DELETE FROM daily_counters WHERE (app_id, day, kind, shard) IN \
                 (SELECT app_id, day, kind, shard FROM daily_counters WHERE app_id = $1 LIMIT $2)"
            }
        };
        self.execute(sql, &[id, &most])
    }

    /// Removes a removed app's row, and the little that it still owns.
    pub fn remove_app(&mut self, id: &AppId) -> Result<()> {
        self.execute(
            "DELETE FROM apps WHERE id = $1 AND removed_at IS NOT NULL",
            &[id],
        )
        .map(drop)
    }

    /// A fact about this installation.
    pub fn find_fact(&mut self, name: &str) -> Result<Option<String>> {
        self.optional("SELECT value FROM facts WHERE name = $1", &[&name])
    }

    /// Stores a fact in place of what was stored before.
    pub fn update_fact(&mut self, name: &str, value: &str) -> Result<()> {
        self.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2",
            &[&name, &value],
        )
        .map(drop)
    }

    /// Stores a fact unless it is there already; returns what is stored then.
    pub fn add_fact(&mut self, name: &str, value: &str) -> Result<String> {
        self.execute(
            "INSERT INTO facts (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
            &[&name, &value],
        )?;
        self.one("SELECT value FROM facts WHERE name = $1", &[&name])
    }
}
