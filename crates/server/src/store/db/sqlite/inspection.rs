//! A look at the file beside a server that may be writing to it.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::error;
use crate::error::Result;
use crate::store::db::Engine;
use crate::store::{Inspection, migrate};

/// Damages that are listed at most.
const MOST: usize = 3;

/// Looks at the file; changes nothing.
pub(in crate::store) fn inspect(path: &Path) -> Result<Inspection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(error)?;
    connection
        .execute_batch("PRAGMA busy_timeout = 5000; PRAGMA query_only = ON;")
        .map_err(error)?;
    let applied = if connection.table_exists(None, "migrations").map_err(error)? {
        list(&connection, "SELECT name, sha256 FROM migrations", |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
    } else {
        Vec::new()
    };
    let mut damage = list(&connection, "PRAGMA quick_check(3)", |row| {
        row.get::<_, String>(0)
    })?;
    damage.retain(|line| line != "ok");
    damage.truncate(MOST);
    let journal = list(&connection, "PRAGMA journal_mode", |row| {
        row.get::<_, String>(0)
    })?;
    let is_new = applied.is_empty();
    Ok(Inspection {
        engine: Engine::Sqlite,
        version: rusqlite::version().to_owned(),
        is_new,
        missing: migrate::missing(applied)?,
        damage,
        unsafe_settings: journal
            .into_iter()
            .filter(|mode| mode != "wal" && !is_new)
            .map(|mode| format!("journal_mode is {mode}"))
            .collect(),
        connections: None,
        now: None,
    })
}

fn list<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql).map_err(error)?;
    let rows = statement.query_map([], read).map_err(error)?;
    rows.collect::<rusqlite::Result<_>>().map_err(error)
}
