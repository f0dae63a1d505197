//! The threads of SQLite: one writer that commits waiting closures in groups, and a few readers.

use std::thread;

use crossbeam_channel::Receiver;
use rusqlite::{Connection, ErrorCode};

use super::error;
use crate::error::{Error, Result, StoreFailure};
use crate::store::db::job::{Failure, Job, Message, Queue, Threads, Verdict};
use crate::store::db::{Opened, Tx};

/// The most closures that one commit answers.
const GROUP_LIMIT: usize = 512;

/// How often the writer asks for the write lock, each time waiting `busy_timeout` (5 s) for another process.
const BEGIN_ATTEMPTS: usize = 2;

pub(super) fn start(writer: Connection, readers: Vec<Connection>) -> Result<Opened> {
    let (writes, waiting_writes) = Queue::new();
    let (reads, waiting_reads) = Queue::new();
    let readers = readers
        .into_iter()
        .map(|reader| {
            let waiting = waiting_reads.clone();
            thread::Builder::new()
                .name("sqlite-reader".into())
                .spawn(move || read_all(&reader, &waiting))
                .map_err(Error::internal)
        })
        .collect::<Result<Vec<_>>>()?;
    let writer = thread::Builder::new()
        .name("sqlite-writer".into())
        .spawn(move || write_all(&writer, &waiting_writes))
        .map_err(Error::internal)?;
    // The writer stops last: the last connection to close moves the write-ahead log into the file, and two that close
    // at the same time would leave it to each other.
    let threads = Threads::new(vec![
        (reads.clone(), readers),
        (writes.clone(), vec![writer]),
    ]);
    Ok(Opened {
        reads,
        writes,
        threads,
    })
}

fn read_all(connection: &Connection, waiting: &Receiver<Message>) {
    while let Ok(Message::Run(job)) = waiting.recv() {
        read(connection, job);
    }
}

/// One closure on one snapshot.
fn read(connection: &Connection, mut job: Box<dyn Job>) {
    if let Err(cause) = run_cached(connection, "BEGIN") {
        return job.answer(Some(&failure(cause)));
    }
    job.run(&mut Tx::sqlite(connection));
    if !connection.is_autocommit()
        && let Err(cause) = run_cached(connection, "ROLLBACK")
    {
        tracing::error!(error = %cause, "a read transaction on SQLite could not be ended");
    }
    job.answer(None);
}

fn write_all(connection: &Connection, waiting: &Receiver<Message>) {
    let mut group = Vec::with_capacity(GROUP_LIMIT);
    while let Ok(Message::Run(first)) = waiting.recv() {
        let (failure, stop) = write_group(connection, first, waiting, &mut group);
        if let Some(failure) = &failure {
            tracing::error!(
                closures = group.len(),
                cause = failure.cause,
                "a group of writes failed as a whole"
            );
        }
        for job in group.drain(..) {
            job.answer(failure.as_ref());
        }
        if stop {
            break;
        }
    }
}

/// Runs the first closure and all that wait behind it in one transaction. Afterwards `group` holds all that were
/// taken from the queue, to be answered with the failure if there is one; the flag says that a stop was met.
fn write_group(
    connection: &Connection,
    first: Box<dyn Job>,
    waiting: &Receiver<Message>,
    group: &mut Vec<Box<dyn Job>>,
) -> (Option<Failure>, bool) {
    let mut stop = false;
    if let Err(cause) = begin_immediate(connection) {
        // Whoever waits now has waited as long as the first: nobody waits for the lock twice.
        group.push(first);
        for message in waiting.try_iter() {
            match message {
                Message::Run(job) => group.push(job),
                Message::Stop => {
                    stop = true;
                    break;
                }
            }
        }
        return (Some(failure(cause)), stop);
    }

    let mut next = Some(first);
    while let Some(mut job) = next.take() {
        let result = in_savepoint(connection, &mut *job);
        group.push(job);
        if let Err(failure) = result {
            roll_back(connection);
            return (Some(failure), stop);
        }
        if group.len() < GROUP_LIMIT {
            match waiting.try_recv() {
                Ok(Message::Run(job)) => next = Some(job),
                Ok(Message::Stop) => stop = true,
                Err(_) => {}
            }
        }
    }

    match run_cached(connection, "COMMIT") {
        Ok(()) => (None, stop),
        Err(cause) => {
            roll_back(connection);
            (Some(failure(cause)), stop)
        }
    }
}

/// Runs one closure in its savepoint; an error here is one of the whole group.
fn in_savepoint(connection: &Connection, job: &mut dyn Job) -> Result<(), Failure> {
    run_cached(connection, "SAVEPOINT closure").map_err(failure)?;
    let verdict = job.run(&mut Tx::sqlite(connection));
    if connection.is_autocommit() {
        // A full disk, an I/O error or a lack of memory has rolled back the transaction with all its savepoints.
        return Err(Failure::new(
            StoreFailure::Unavailable,
            "SQLite rolled back the whole transaction: the disk is full or fails",
        ));
    }
    if verdict == Verdict::Undo {
        run_cached(connection, "ROLLBACK TO closure").map_err(failure)?;
    }
    run_cached(connection, "RELEASE closure").map_err(failure)
}

fn roll_back(connection: &Connection) {
    if !connection.is_autocommit()
        && let Err(cause) = run_cached(connection, "ROLLBACK")
    {
        tracing::error!(error = %cause, "a write transaction on SQLite could not be rolled back");
    }
}

/// Takes the write lock, with patience for another process (a command beside the server).
pub(super) fn begin_immediate(connection: &Connection) -> rusqlite::Result<()> {
    let mut attempt = 1;
    loop {
        match run_cached(connection, "BEGIN IMMEDIATE") {
            Err(cause)
                if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && attempt < BEGIN_ATTEMPTS =>
            {
                attempt += 1;
            }
            result => return result,
        }
    }
}

fn run_cached(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}

fn failure(cause: rusqlite::Error) -> Failure {
    let busy = cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
    let error = error(cause);
    let kind = error.store_failure().unwrap_or(StoreFailure::Broken);
    let cause = error
        .cause()
        .map(|cause| format!("{cause:#}"))
        .unwrap_or_default();
    if busy {
        Failure::new(
            kind,
            format!(
                "another process keeps the database file locked ({cause}); end it, or wait for it"
            ),
        )
    } else {
        Failure::new(kind, cause)
    }
}
