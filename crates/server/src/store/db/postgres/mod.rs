//! PostgreSQL: how a connection is made, how a statement runs, what an error means. `pool.rs` runs the transactions.

mod address;
mod inspection;
mod pool;
mod session;
mod values;

use super::{Engine, Opened, Tx};
use crate::error::{Error, Result, StoreFailure};
use crate::store::migrate::{self, Target};

pub(in crate::store) use inspection::inspect;
pub(super) use session::Session;
pub(super) use values::column;

use address::Address;

/// Any number; it only has to be ours among the advisory locks of the database.
const MIGRATION_LOCK: &str = "5136719405230194";

/// Connects, brings the schema up to date and starts the threads.
pub(in crate::store) fn open(url: &str, connections: usize, now: i64) -> Result<Opened> {
    let address = Address::parse(url)?;
    // The client must not run on a thread of the async runtime, and the caller may be one.
    let migrated = std::thread::scope(|scope| {
        scope
            .spawn(|| {
                let mut session = Session::connect(&address).map_err(|cause| {
                    Error::store(
                        StoreFailure::Unavailable,
                        cause.context("PostgreSQL cannot be reached; check that it runs and that the database URL is right"),
                    )
                })?;
                session.batch(&format!(
                    "SET statement_timeout = 0; SET lock_timeout = 0; SELECT pg_advisory_lock({MIGRATION_LOCK})"
                ))?;
                // Closing the session gives the lock back.
                migrate::run(&mut session, now)
            })
            .join()
    });
    migrated.unwrap_or_else(|_| {
        Err(Error::internal(anyhow::anyhow!(
            "the thread that migrates PostgreSQL panicked"
        )))
    })?;
    pool::start(address, connections.max(1))
}

impl Target for Session {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn transaction(&mut self, run: &mut dyn FnMut(&mut Tx<'_>) -> Result<()>) -> Result<()> {
        self.batch("BEGIN READ WRITE")?;
        self.enter_transaction();
        match run(&mut Tx::postgres(self)) {
            Ok(()) => self.batch("COMMIT"),
            Err(error) => {
                self.batch("ROLLBACK")?;
                Err(error)
            }
        }
    }
}

/// Sorts an error of PostgreSQL into its kind.
fn failure_kind(cause: &::postgres::Error) -> StoreFailure {
    let Some(code) = cause.code() else {
        return if is_lost(cause) {
            StoreFailure::Unavailable
        } else {
            StoreFailure::Broken
        };
    };
    match code.code() {
        "23505" => StoreFailure::Conflict,
        // serialization_failure, deadlock_detected
        "40001" | "40P01" => StoreFailure::Retry,
        // lock_not_available, read_only_sql_transaction (a standby after a failover)
        "55P03" | "25006" => StoreFailure::Unavailable,
        // connection exception, insufficient resources (disk full), operator intervention
        other if other.starts_with("08") || other.starts_with("53") || other.starts_with("57") => {
            StoreFailure::Unavailable
        }
        _ => StoreFailure::Broken,
    }
}

/// Whether the connection is gone with this error.
fn is_lost(cause: &::postgres::Error) -> bool {
    match cause.as_db_error() {
        // admin_shutdown, crash_shutdown, cannot_connect_now, database_dropped, idle_session_timeout,
        // idle_in_transaction_session_timeout, and the connection exceptions
        Some(answer) => {
            matches!(
                answer.code().code(),
                "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03"
            ) || answer.code().code().starts_with("08")
        }
        None => {
            cause.is_closed()
                || std::error::Error::source(cause)
                    .is_some_and(|source| source.is::<std::io::Error>())
        }
    }
}

fn error(cause: ::postgres::Error) -> Error {
    Error::store(failure_kind(&cause), anyhow::Error::msg(describe(&cause)))
}

/// The whole chain of an error in one line; the client's own text says little more than "db error".
fn describe(cause: &::postgres::Error) -> String {
    if let Some(answer) = cause.as_db_error() {
        return format!("{} ({})", answer.message(), answer.code().code());
    }
    let mut text = cause.to_string();
    let mut next = std::error::Error::source(cause);
    while let Some(source) = next {
        text.push_str(&format!(": {source}"));
        next = source.source();
    }
    text
}
