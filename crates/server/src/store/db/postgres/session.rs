//! One connection: its settings, its prepared statements, and one transaction after another on it.

use std::collections::HashMap;

use postgres::types::ToSql;
use postgres::{Client, Statement};

use super::address::Address;
use super::{describe, error, failure_kind, is_lost};
use crate::error::{Result, StoreFailure};
use crate::store::db::job::{Failure, Job, Verdict};
use crate::store::db::{Row, RowOf, ToValue, Tx, Value, misuse};

/// Settings of every session. An acknowledged write must survive a crash, whatever the server's default; outside of an
/// explicit transaction nothing can be changed; nothing waits for ever.
const SESSION_SETTINGS: &str = "
    SET default_transaction_read_only = on;
    SET default_transaction_isolation = 'read committed';
    SET statement_timeout = '15s';
    SET lock_timeout = '5s';
    SET idle_in_transaction_session_timeout = '30s';
    SET client_min_messages = 'warning';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';";

/// How one run of a closure ended.
pub(super) enum End {
    /// The job's own result stands.
    Done,
    /// The closure has several statements and must run again in a transaction.
    NeedsSnapshot,
    /// Lost against another transaction; may run again.
    Conflicted(Failure),
    /// The connection broke before anything was committed; may run again on another.
    Lost(Failure),
    /// A prepared statement no longer fits the schema; may run again after preparing anew.
    Stale(Failure),
    /// Failed for good.
    Failed(Failure),
}

enum Mode {
    /// One statement may run by itself; the flag says that it did.
    Single {
        used: bool,
    },
    Transaction,
}

/// One connection to PostgreSQL.
pub(in crate::store::db) struct Session {
    client: Client,
    statements: HashMap<&'static str, Statement>,
    mode: Mode,
    /// What a statement of the running closure met that the closure itself cannot judge.
    trouble: Option<End>,
    lost: bool,
}

impl Session {
    pub(super) fn connect(address: &Address) -> anyhow::Result<Session> {
        let client = address
            .connect()
            .map_err(|cause| anyhow::Error::msg(describe(&cause)))?;
        let mut session = Session {
            client,
            statements: HashMap::new(),
            mode: Mode::Transaction,
            trouble: None,
            lost: false,
        };
        session
            .client
            .batch_execute(SESSION_SETTINGS)
            .map_err(|cause| anyhow::Error::msg(describe(&cause)))?;
        Ok(session)
    }

    /// Whether the connection is gone.
    pub(super) fn is_lost(&self) -> bool {
        self.lost || self.client.is_closed()
    }

    pub(super) fn forget_statements(&mut self) {
        self.statements.clear();
    }

    pub(super) fn enter_transaction(&mut self) {
        self.mode = Mode::Transaction;
    }

    /// Runs a closure that changes nothing: by itself while it has one statement, else on one snapshot.
    pub(super) fn read(&mut self, job: &mut dyn Job, snapshot: bool) -> End {
        if !snapshot {
            self.mode = Mode::Single { used: false };
            job.run(&mut Tx::postgres(self));
            return self.trouble.take().unwrap_or(End::Done);
        }
        self.transaction("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", job)
    }

    /// Runs a closure as one transaction.
    pub(super) fn write(&mut self, job: &mut dyn Job) -> End {
        self.transaction("BEGIN READ WRITE", job)
    }

    fn transaction(&mut self, begin: &'static str, job: &mut dyn Job) -> End {
        self.mode = Mode::Transaction;
        if let Err(cause) = self.client.batch_execute(begin) {
            self.note(&cause);
            return self
                .trouble
                .take()
                .unwrap_or_else(|| End::Failed(failure(&cause)));
        }
        let verdict = job.run(&mut Tx::postgres(self));
        match self.trouble.take() {
            Some(end @ End::Lost(_)) => end,
            Some(end) => {
                self.roll_back();
                end
            }
            None if verdict == Verdict::Undo => {
                self.roll_back();
                End::Done
            }
            None => self.commit(),
        }
    }

    fn commit(&mut self) -> End {
        let Err(cause) = self.client.batch_execute("COMMIT") else {
            return End::Done;
        };
        self.note(&cause);
        match self.trouble.take() {
            // The server may have committed before the connection broke: to run again could do the work twice.
            Some(End::Lost(failure)) => End::Failed(Failure {
                cause: format!(
                    "the connection broke while a transaction was being committed: {}",
                    failure.cause
                ),
                outcome_unknown: true,
                ..failure
            }),
            Some(end) => end,
            None => End::Failed(failure(&cause)),
        }
    }

    /// Nothing was committed, so a failure here only costs the connection.
    fn roll_back(&mut self) {
        if self.client.batch_execute("ROLLBACK").is_err() {
            self.lost = true;
        }
    }

    pub fn execute(&mut self, sql: &'static str, params: &[&dyn ToValue]) -> Result<u64> {
        self.run(sql, params, |client, statement, params| {
            client.execute(statement, params)
        })
    }

    pub fn rows(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
        each: &mut dyn FnMut(&Row<'_>) -> Result<()>,
    ) -> Result<()> {
        let rows = self.run(sql, params, |client, statement, params| {
            client.query(statement, params)
        })?;
        rows.iter()
            .try_for_each(|row| each(&Row(RowOf::Postgres(row))))
    }

    pub fn batch(&mut self, sql: &str) -> Result<()> {
        self.enter_statement()?;
        self.client.batch_execute(sql).map_err(|cause| {
            self.note(&cause);
            error(cause)
        })
    }

    fn run<T>(
        &mut self,
        sql: &'static str,
        params: &[&dyn ToValue],
        run: impl FnOnce(&mut Client, &Statement, &[&(dyn ToSql + Sync)]) -> Result<T, postgres::Error>,
    ) -> Result<T> {
        let values = params
            .iter()
            .map(|param| param.to_value().check())
            .collect::<Result<Vec<Value<'_>>>>()?;
        self.enter_statement()?;
        let statement = match self.statements.get(sql) {
            Some(statement) => statement.clone(),
            None => {
                let statement = self.client.prepare(sql).map_err(|cause| {
                    self.note(&cause);
                    error(cause)
                })?;
                self.statements.insert(sql, statement.clone());
                statement
            }
        };
        if statement.params().len() != values.len() {
            return Err(misuse(format!(
                "{} parameters were given for {} in: {sql}",
                values.len(),
                statement.params().len()
            )));
        }
        let params: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as _).collect();
        run(&mut self.client, &statement, &params).map_err(|cause| {
            self.note(&cause);
            error(cause)
        })
    }

    /// Lets the first statement of a read pass and asks for a transaction at the second.
    fn enter_statement(&mut self) -> Result<()> {
        match &mut self.mode {
            Mode::Single { used: true } => {
                self.trouble = Some(End::NeedsSnapshot);
                Err(misuse("a read with several statements needs a transaction"))
            }
            Mode::Single { used } => {
                *used = true;
                Ok(())
            }
            Mode::Transaction => Ok(()),
        }
    }

    /// Remembers what a failed statement means for the connection and the transaction.
    fn note(&mut self, cause: &postgres::Error) {
        let failure = failure(cause);
        if is_lost(cause) {
            self.lost = true;
            self.trouble = Some(End::Lost(failure));
        } else if failure_kind(cause) == StoreFailure::Retry {
            self.trouble = Some(End::Conflicted(failure));
        // feature_not_supported "cached plan must not change result type", invalid_sql_statement_name
        } else if matches!(
            cause.code().map(|code| code.code()),
            Some("0A000" | "26000")
        ) {
            self.trouble = Some(End::Stale(failure));
        }
    }
}

fn failure(cause: &postgres::Error) -> Failure {
    Failure::new(failure_kind(cause), describe(cause))
}
