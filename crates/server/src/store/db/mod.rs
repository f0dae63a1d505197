//! The only place that names a database: what a transaction can do, on SQLite and on PostgreSQL alike.
//!
//! [`Tx`] is one running transaction. Its raw methods are visible inside `store/` only, so SQL is written nowhere
//! else. `sqlite/` and `postgres/` hold the threads that run transactions, `job.rs` what is handed to them, `value.rs`
//! the column types.

mod job;
pub(super) mod postgres;
pub(super) mod sqlite;
mod value;

use crate::error::{Error, Result, StoreFailure};

pub(super) use job::{Access, Queue, Threads, TypedJob, closed};
pub use value::{FromColumn, FromRow, ToValue, Value};

/// Which database is behind the store; for logs and readiness only, never to choose a statement by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// One file beside the server.
    Sqlite,
    /// A server of its own, shared by several nodes.
    Postgres,
}

impl Engine {
    /// The word in logs and in the marker blocks of migrations.
    pub fn name(self) -> &'static str {
        match self {
            Engine::Sqlite => "sqlite",
            Engine::Postgres => "postgres",
        }
    }
}

/// One running transaction; statements are grouped by noun in `store/`.
///
/// After a method returned `Err`, the transaction is lost on both engines, whatever its closure makes of it: further
/// statements are refused, and an `Ok` of the closure becomes an error. (PostgreSQL would turn the commit of such a
/// transaction into a rollback without a word.)
pub struct Tx<'a> {
    connection: Connection<'a>,
    failed: bool,
}

enum Connection<'a> {
    Sqlite(&'a rusqlite::Connection),
    Postgres(&'a mut postgres::Session),
}

impl<'a> Tx<'a> {
    fn sqlite(connection: &'a rusqlite::Connection) -> Self {
        Tx {
            connection: Connection::Sqlite(connection),
            failed: false,
        }
    }

    fn postgres(session: &'a mut postgres::Session) -> Self {
        Tx {
            connection: Connection::Postgres(session),
            failed: false,
        }
    }

    /// Runs a statement that returns no rows; the number of rows it changed.
    pub(in crate::store) fn execute(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
    ) -> Result<u64> {
        self.statement(|connection| match connection {
            Connection::Sqlite(connection) => sqlite::execute(connection, sql, params),
            Connection::Postgres(session) => session.execute(sql, params),
        })
    }

    /// The one row of a statement that always has one, such as a count; any other number of rows is an error.
    pub(in crate::store) fn one<T: FromRow>(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
    ) -> Result<T> {
        match self.optional(sql, params)? {
            Some(record) => Ok(record),
            None => {
                self.failed = true;
                Err(misuse(format!("one row was expected, none came: {sql}")))
            }
        }
    }

    /// The row of a statement that has one or none; a second row is an error.
    pub(in crate::store) fn optional<T: FromRow>(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
    ) -> Result<Option<T>> {
        let mut found = None;
        self.rows(sql, params, &mut |row| {
            if found.is_some() {
                return Err(misuse(format!(
                    "one row at most was expected, more came: {sql}"
                )));
            }
            found = Some(T::from_row(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// All rows of a statement.
    pub(in crate::store) fn list<T: FromRow>(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
    ) -> Result<Vec<T>> {
        let mut records = Vec::new();
        self.rows(sql, params, &mut |row| {
            records.push(T::from_row(row)?);
            Ok(())
        })?;
        Ok(records)
    }

    /// Runs several statements without parameters, as in a migration.
    pub(in crate::store) fn batch(&mut self, sql: &str) -> Result<()> {
        self.statement(|connection| match connection {
            Connection::Sqlite(connection) => sqlite::batch(connection, sql),
            Connection::Postgres(session) => session.batch(sql),
        })
    }

    fn rows(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
        each: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        self.statement(|connection| match connection {
            Connection::Sqlite(connection) => sqlite::rows(connection, sql, params, each),
            Connection::Postgres(session) => session.rows(sql, params, each),
        })
    }

    fn statement<T>(&mut self, run: impl FnOnce(&mut Connection<'a>) -> Result<T>) -> Result<T> {
        if self.failed {
            return Err(misuse(
                "a statement was run after another of the same transaction had failed",
            ));
        }
        let result = run(&mut self.connection);
        self.failed = result.is_err();
        result
    }

    /// Whether a statement of this transaction failed.
    fn failed(&self) -> bool {
        self.failed
    }
}

/// One row of an answer, while the statement still stands on it.
pub struct Row<'a>(RowOf<'a>);

enum RowOf<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a ::postgres::Row),
}

impl Row<'_> {
    /// The column at `index`, counted from 0.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T> {
        let value = match &self.0 {
            RowOf::Sqlite(row) => sqlite::column(row, index),
            RowOf::Postgres(row) => postgres::column(row, index),
        };
        value
            .and_then(T::from_column)
            .map_err(|error| match error.cause() {
                Some(cause) => misuse(format!("column {index}: {cause:#}")),
                None => error,
            })
    }
}

/// A mistake in our own SQL or in how it is called.
fn misuse(message: impl Into<String>) -> Error {
    Error::store(StoreFailure::Broken, anyhow::Error::msg(message.into()))
}

/// An open database: its queues and threads.
pub(super) struct Opened {
    pub reads: Queue,
    pub writes: Queue,
    pub threads: Threads,
}
