//! Apps, and facts about this installation.

use super::{FromRow, Row, Tx};
use crate::domain::apps::AppRecord;
use crate::domain::origins::AuthOrigin;
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::time::Timestamp;

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

    /// All apps, oldest first, without removed ones.
    pub fn list_apps(&mut self) -> Result<Vec<AppRecord>> {
        self.list("SELECT id, name, auth_origin, rp_id, settings, created_at, updated_at, test_until FROM apps WHERE removed_at IS NULL ORDER BY created_at, id", &[])
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
