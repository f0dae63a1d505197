//! SQLite: how a file is opened, how a statement runs, what an error means. `threads.rs` runs the transactions.

mod inspection;
mod threads;

use std::path::Path;

use anyhow::Context;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement, ffi};

use super::{Engine, Opened, Row, RowOf, ToValue, Tx, Value, misuse};
use crate::error::{Error, Result, StoreFailure};
use crate::store::migrate::{self, Target};

pub(in crate::store) use inspection::inspect;

/// Opens or creates the file, brings the schema up to date and starts the threads.
pub(in crate::store) fn open(path: &Path, readers: usize, now: i64) -> Result<Opened> {
    create(path)
        .with_context(|| format!("cannot open the database file {}", path.display()))
        .map_err(|cause| Error::store(StoreFailure::Unavailable, cause))?;
    let mut writer = connect(path)?;
    migrate::run(&mut writer, now)?;
    let readers = (0..readers.max(1))
        .map(|_| {
            let reader = connect(path)?;
            reader
                .pragma_update(None, "query_only", true)
                .map_err(error)?;
            Ok(reader)
        })
        .collect::<Result<Vec<_>>>()?;
    threads::start(writer, readers)
}

fn connect(path: &Path) -> Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(error)?;
    // A prepared statement keeps its plan, whatever values are bound: the bundled SQLite would otherwise plan anew by the
    // statistics of each value.
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map_err(error)?;
    // Every setting is per connection but the journal mode, which stays in the file. The page cache (in KiB) is an upper
    // bound that grows with use. The file is not mapped into memory: each commit would cost a remapping in every
    // connection, measured at a tenth of a sign-in.
    connection
        .execute_batch(
            "PRAGMA busy_timeout = 5000;
             PRAGMA journal_mode = WAL;
             PRAGMA synchronous = FULL;
             PRAGMA foreign_keys = ON;
             PRAGMA temp_store = MEMORY;
             PRAGMA cache_size = -8192;
             PRAGMA wal_autocheckpoint = 8000;
             PRAGMA journal_size_limit = 67108864;",
        )
        .map_err(error)?;
    connection.set_prepared_statement_cache_capacity(512);
    Ok(connection)
}

/// Makes sure that the file is there and that nobody else may read it: SQLite gives the mode of the database file to
/// its companions (`-wal`, `-shm`), and would itself create it readable by all.
///
/// A file that is there is not opened: closing it again would take away all locks that this process has on it (POSIX
/// `fcntl`), and the next foreign program that reads the database would believe to be the last one and remove the log of
/// what was written.
fn create(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        made => made.map(drop),
    }
}

pub(super) fn execute(
    connection: &Connection,
    sql: &'static str,
    params: &[&dyn ToValue],
) -> Result<u64> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    bind(&mut statement, sql, params)?;
    let changed = statement.raw_execute().map_err(error)?;
    Ok(changed as u64)
}

pub(super) fn batch(connection: &Connection, sql: &str) -> Result<()> {
    connection.execute_batch(sql).map_err(error)
}

/// Steps through to the end also when one row is wanted, so that what a `RETURNING` changes is complete.
pub(super) fn rows(
    connection: &Connection,
    sql: &'static str,
    params: &[&dyn ToValue],
    each: &mut dyn FnMut(&Row<'_>) -> Result<()>,
) -> Result<()> {
    let mut statement = connection.prepare_cached(sql).map_err(error)?;
    bind(&mut statement, sql, params)?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(error)? {
        each(&Row(RowOf::Sqlite(row)))?;
    }
    Ok(())
}

/// Binds `$n` to the nth parameter by its name: SQLite numbers them by their first appearance. As on PostgreSQL,
/// every parameter must be used.
fn bind(statement: &mut Statement<'_>, sql: &str, params: &[&dyn ToValue]) -> Result<()> {
    let count = statement.parameter_count();
    if count != params.len() {
        return Err(misuse(format!(
            "{} parameters were given for {count} in: {sql}",
            params.len()
        )));
    }
    for index in 1..=count {
        let param = statement
            .parameter_name(index)
            .and_then(|name| {
                name.strip_prefix('$')?
                    .parse::<usize>()
                    .ok()?
                    .checked_sub(1)
            })
            .and_then(|number| params.get(number))
            .ok_or_else(|| misuse(format!("parameters must be named $1 to ${count} in: {sql}")))?;
        let value = match param.to_value().check()? {
            Value::Null => ValueRef::Null,
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Int(number) => ValueRef::Integer(number),
            Value::Bool(truth) => ValueRef::Integer(i64::from(truth)),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        };
        statement
            .raw_bind_parameter(index, ToSqlOutput::Borrowed(value))
            .map_err(error)?;
    }
    Ok(())
}

pub(super) fn column<'a>(row: &'a rusqlite::Row<'_>, index: usize) -> Result<Value<'a>> {
    match row.get_ref(index).map_err(error)? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => std::str::from_utf8(text)
            .map(Value::Text)
            .map_err(|_| misuse("TEXT is not UTF-8")),
        ValueRef::Blob(bytes) => Ok(Value::Bytes(bytes)),
        ValueRef::Real(_) => Err(misuse("it is a floating-point number; cast it to BIGINT")),
    }
}

/// Sorts an error of SQLite into its kind.
fn error(cause: rusqlite::Error) -> Error {
    let kind = match cause.sqlite_error() {
        Some(failure) => match (failure.code, failure.extended_code) {
            (
                _,
                ffi::SQLITE_CONSTRAINT_UNIQUE
                | ffi::SQLITE_CONSTRAINT_PRIMARYKEY
                | ffi::SQLITE_CONSTRAINT_ROWID,
            ) => StoreFailure::Conflict,
            (
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::DiskFull
                | ErrorCode::SystemIoFailure
                | ErrorCode::CannotOpen
                | ErrorCode::ReadOnly
                | ErrorCode::PermissionDenied
                | ErrorCode::OutOfMemory,
                _,
            ) => StoreFailure::Unavailable,
            _ => StoreFailure::Broken,
        },
        None => StoreFailure::Broken,
    };
    Error::store(kind, cause)
}

impl Target for Connection {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn transaction(&mut self, run: &mut dyn FnMut(&mut Tx<'_>) -> Result<()>) -> Result<()> {
        threads::begin_immediate(self).map_err(error)?;
        let result = run(&mut Tx::sqlite(self)).and_then(|()| batch(self, "COMMIT"));
        if result.is_err() && !self.is_autocommit() {
            batch(self, "ROLLBACK")?;
        }
        result
    }
}
