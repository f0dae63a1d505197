//! Storage: transactions as closures, over SQLite or PostgreSQL, with one SQL text for both.
//!
//! `store.read(|tx| …).await` and `store.write(|tx| …).await` run one synchronous closure as one transaction. `Err`
//! means that nothing happened; a refusal that must be remembered is an `Ok` value. A closure may run more than once
//! and is answered once, after the commit is durable. It never waits: signatures, hashing and mail come before or
//! after.
//!
//! * A write on SQLite joins the group of writes that wait; the group is one durable commit. On PostgreSQL it is a
//!   transaction of its own at READ COMMITTED: what may be taken once is one `UPDATE … RETURNING`, never
//!   read-then-write.
//! * A read sees one snapshot, however many statements it has, and cannot write. On PostgreSQL a closure of one
//!   statement runs without an explicit transaction; at the second statement it is run again inside one, and from
//!   then on that closure starts with one.
//! * A full queue is refused at once with 503.
//!
//! `db/` is the only place that names a database, `migrate.rs` brings the schema up to date, and the other files are
//! the nouns: methods on [`Tx`].

mod api_keys;
mod apps;
mod db;
mod events;
mod flex;
mod inspection;
mod keys;
mod limits;
mod magic_links;
mod members;
mod message_templates;
mod messages;
mod migrate;
mod passkeys;
mod sessions;
mod test_apps;
#[doc(hidden)]
pub mod testing;
mod users;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use apps::Owned;
pub use db::{Engine, FromColumn, FromRow, Row, ToValue, Tx, Value};
pub use inspection::{Connections, Inspection, inspect_postgres, inspect_sqlite};

use tracing::Instrument as _;

use crate::error::{Error, Result, StoreFailure};
use crate::telemetry::metrics::{TRANSACTION_FAILURES, TRANSACTION_SECONDS};
use crate::telemetry::traces;
use db::{Access, Queue, Threads, TypedJob};

/// How long the database may take to show that it is there. Whoever asks has a limit of their own, often ten seconds.
const PING_WITHIN: Duration = Duration::from_secs(3);

/// The database. Clones share it; the last one to go closes it.
#[derive(Clone)]
pub struct Store(Arc<Shared>);

struct Shared {
    engine: Engine,
    reads: Queue,
    writes: Queue,
    threads: Threads,
}

impl Store {
    /// Opens or creates (mode 0600) the SQLite file at `path` with one writer and `readers` reader threads, and
    /// brings its schema up to date. `now` is the time in milliseconds to record for migrations.
    pub fn open_sqlite(path: &Path, readers: usize, now: i64) -> Result<Store> {
        let opened = db::sqlite::open(path, readers, now)?;
        Ok(Store(Arc::new(Shared {
            engine: Engine::Sqlite,
            reads: opened.reads,
            writes: opened.writes,
            threads: opened.threads,
        })))
    }

    /// Connects to PostgreSQL at `url` (`postgres://user:password@host/database?sslmode=…`) with `connections`
    /// threads, one connection each, and brings its schema up to date. `now` is the time in milliseconds to record
    /// for migrations.
    pub fn open_postgres(url: &str, connections: usize, now: i64) -> Result<Store> {
        let opened = db::postgres::open(url, connections, now)?;
        Ok(Store(Arc::new(Shared {
            engine: Engine::Postgres,
            reads: opened.reads,
            writes: opened.writes,
            threads: opened.threads,
        })))
    }

    /// Which database this is, for logs and readiness.
    pub fn engine(&self) -> Engine {
        self.0.engine
    }

    /// Runs a closure on one snapshot; it cannot change anything.
    pub async fn read<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let done = async {
            let (job, answer) = TypedJob::new(Access::Read, f);
            self.0.reads.hand_in(job)?;
            answer.await.unwrap_or_else(|_| Err(db::closed()))
        };
        self.measured("read", done).await
    }

    /// Runs a closure as one transaction; its `Ok` comes back after the commit is durable.
    ///
    /// The work is done even if the caller stops waiting.
    pub async fn write<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let done = async {
            let (job, answer) = TypedJob::new(Access::Write, f);
            self.0.writes.hand_in(job)?;
            answer.await.unwrap_or_else(|_| Err(db::closed()))
        };
        self.measured("write", done).await
    }

    /// Tells how long a transaction took and whether the database did it.
    #[expect(
        clippy::disallowed_methods,
        reason = "a duration for the metrics; nothing is decided by it"
    )]
    async fn measured<T>(
        &self,
        kind: &'static str,
        done: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let span = traces::transaction(self.engine(), kind);
        let began = std::time::Instant::now();
        let result = done.instrument(span.clone()).await;
        metrics::histogram!(TRANSACTION_SECONDS, "kind" => kind)
            .record(began.elapsed().as_secs_f64());
        // A conflict is an answer, which its caller expects.
        if result
            .as_ref()
            .is_err_and(|error| error.code().status() >= 500 && !error.is_conflict())
        {
            metrics::counter!(TRANSACTION_FAILURES, "kind" => kind).increment(1);
            span.record("otel.status_code", "ERROR");
        }
        result
    }

    /// [`Store::read`] for threads outside the async runtime; panics inside it.
    pub fn read_blocking<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (job, answer) = TypedJob::new(Access::Read, f);
        self.0.reads.hand_in(job)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(db::closed()))
    }

    /// [`Store::write`] for threads outside the async runtime; panics inside it.
    pub fn write_blocking<T, F>(&self, f: F) -> Result<T>
    where
        T: Send + 'static,
        F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    {
        let (job, answer) = TypedJob::new(Access::Write, f);
        self.0.writes.hand_in(job)?;
        answer.blocking_recv().unwrap_or_else(|_| Err(db::closed()))
    }

    /// Whether the database can be written and read at this moment, by a statement each, within three seconds.
    pub async fn ping(&self) -> Result<()> {
        tokio::time::timeout(PING_WITHIN, self.write_and_read())
            .await
            .unwrap_or_else(|_| {
                let cause = anyhow::anyhow!("no answer within {} s", PING_WITHIN.as_secs());
                Err(Error::store(StoreFailure::Unavailable, cause))
            })
    }

    async fn write_and_read(&self) -> Result<()> {
        // Changes no row, yet a read-only database or a stuck writer fails it.
        self.write(|tx| {
            tx.execute("UPDATE migrations SET name = name WHERE name IS NULL", &[])
                .map(drop)
        })
        .await?;
        self.read(|tx| {
            tx.one::<i64>("SELECT count(*) FROM migrations", &[])
                .map(drop)
        })
        .await
    }

    /// Finishes what was handed in and stops the threads, whatever clones are left: they get 503 from now on.
    /// Blocks until it is done.
    pub fn close(self) {
        self.0.threads.stop();
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.threads.stop();
    }
}
