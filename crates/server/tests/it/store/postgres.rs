//! What holds on PostgreSQL alone: transactions that run again, connections that break.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier};
use std::thread;

use ginnel::store::testing::{batch, execute, list, one};
use ginnel::store::{Store, Tx};
use ginnel::{Code, Result};

use super::support::{add_note, create_notes, notes};
use super::{Database, THREADS};

/// The test's database, or an early return where there is none.
macro_rules! database {
    () => {
        match Database::postgres() {
            Some(database) => database,
            None => return,
        }
    };
}

/// Ends the connection that the transaction runs on, from another one, and waits until it is gone.
fn cut(database: &Database, tx: &mut Tx<'_>) -> Result<()> {
    let process: i64 = one(tx, "SELECT pg_backend_pid()", &[])?;
    let mut other = database.postgres_connection();
    let ended: bool = other
        .query_one(
            "SELECT pg_terminate_backend($1::bigint::int, 10000)",
            &[&process],
        )
        .unwrap()
        .get(0);
    assert!(ended);
    Ok(())
}

fn counter() -> (Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let counter = Arc::new(AtomicUsize::new(0));
    (counter.clone(), counter)
}

#[test]
fn a_serialization_failure_runs_again() {
    let database = database!();
    create_notes(&database.store);
    let (runs, count) = counter();
    database
        .store
        .write_blocking(move |tx| {
            let run = count.fetch_add(1, Ordering::SeqCst);
            add_note(tx, &format!("run {run}"))?;
            if run < 2 {
                batch(
                    tx,
                    "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$",
                )?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 3);
    assert_eq!(notes(&database.store), ["run 2"]);
}

#[test]
fn running_again_has_an_end() {
    let database = database!();
    let (runs, count) = counter();
    let error = database
        .store
        .write_blocking(move |tx| {
            count.fetch_add(1, Ordering::SeqCst);
            batch(
                tx,
                "DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '40001'; END $$",
            )
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert_eq!(runs.load(Ordering::SeqCst), 8);
}

#[test]
fn a_deadlock_is_resolved() {
    let database = database!();
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| add_note(tx, "a").and_then(|()| add_note(tx, "b")))
        .unwrap();
    let barrier = Arc::new(Barrier::new(2));
    let (runs, _) = counter();
    thread::scope(|scope| {
        for (first, second) in [("a", "b"), ("b", "a")] {
            let (barrier, runs) = (barrier.clone(), runs.clone());
            let store = &database.store;
            scope.spawn(move || {
                store
                    .write_blocking(move |tx| {
                        let grow = "UPDATE notes SET size = size + 1 WHERE name = $1";
                        execute(tx, grow, &[&first])?;
                        // Only the first two runs wait for each other: each holds what the other wants.
                        if runs.fetch_add(1, Ordering::SeqCst) < 2 {
                            barrier.wait();
                        }
                        execute(tx, grow, &[&second]).map(drop)
                    })
                    .unwrap();
            });
        }
    });
    assert!(runs.load(Ordering::SeqCst) >= 3, "one of the two ran again");
    let sizes: Vec<i64> = database
        .store
        .read_blocking(|tx| list(tx, "SELECT size FROM notes", &[]))
        .unwrap();
    assert_eq!(sizes, [2, 2]);
}

#[test]
fn a_read_whose_connection_breaks_runs_once_more() {
    let database = Arc::new(database!());
    create_notes(&database.store);
    let (runs, count) = counter();
    let armed = Arc::new(AtomicBool::new(false));
    let (inner, trap) = (database.clone(), armed.clone());
    let read = Arc::new(move |tx: &mut Tx<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        let before: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
        if trap.swap(false, Ordering::SeqCst) {
            cut(&inner, tx)?;
        }
        let after: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
        Ok((before, after))
    });
    let run = || {
        let read = read.clone();
        database.store.read_blocking(move |tx| read(tx)).unwrap()
    };
    // The first time, the closure turns out to have two statements and runs again in a transaction.
    assert_eq!((run(), runs.swap(0, Ordering::SeqCst)), ((0, 0), 2));
    armed.store(true, Ordering::SeqCst);
    assert_eq!((run(), runs.swap(0, Ordering::SeqCst)), ((0, 0), 2));
    assert!(!armed.load(Ordering::SeqCst));
}

#[test]
fn a_write_whose_connection_breaks_before_the_commit_runs_once_more() {
    let database = Arc::new(database!());
    create_notes(&database.store);
    let (runs, count) = counter();
    let inner = database.clone();
    database
        .store
        .write_blocking(move |tx| {
            let run = count.fetch_add(1, Ordering::SeqCst);
            add_note(tx, &format!("before {run}"))?;
            if run == 0 {
                cut(&inner, tx)?;
            }
            add_note(tx, &format!("after {run}"))
        })
        .unwrap();
    assert_eq!(runs.load(Ordering::SeqCst), 2);
    assert_eq!(notes(&database.store), ["after 1", "before 1"]);
}

#[test]
fn a_connection_that_breaks_twice_is_unavailable() {
    let database = Arc::new(database!());
    create_notes(&database.store);
    let inner = database.clone();
    let error = database
        .store
        .write_blocking(move |tx| cut(&inner, tx).and_then(|()| add_note(tx, "never")))
        .unwrap_err();
    assert_eq!((error.code(), error.reason()), (Code::Unavailable, None));
    database
        .store
        .write_blocking(|tx| add_note(tx, "after"))
        .unwrap();
    assert_eq!(notes(&database.store), ["after"]);
}

#[test]
fn a_connection_that_breaks_at_the_commit_is_reported_and_not_tried_again() {
    let database = database!();
    create_notes(&database.store);
    // The trigger runs inside of COMMIT and ends its own connection there.
    database
        .store
        .write_blocking(|tx| {
            batch(
                tx,
                "CREATE FUNCTION break_off() RETURNS trigger LANGUAGE plpgsql AS $$
                 BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); PERFORM pg_sleep(10); RETURN NULL; END $$;
                 CREATE CONSTRAINT TRIGGER break_off AFTER INSERT ON notes
                 DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION break_off()",
            )
        })
        .unwrap();
    let (runs, count) = counter();
    let error = database
        .store
        .write_blocking(move |tx| {
            count.fetch_add(1, Ordering::SeqCst);
            add_note(tx, "perhaps")
        })
        .unwrap_err();
    assert_eq!(
        (error.code(), error.reason()),
        (Code::Unavailable, Some("outcome_unknown"))
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    assert_eq!(notes(&database.store), [""; 0]);
}

#[test]
fn idle_connections_may_all_break() {
    let database = database!();
    create_notes(&database.store);
    let processes = every_process(&database.store);
    assert_eq!(processes.len(), THREADS);
    let mut other = database.postgres_connection();
    for process in processes {
        other
            .execute(
                "SELECT pg_terminate_backend($1::bigint::int, 10000)",
                &[&process],
            )
            .unwrap();
    }
    for index in 0..2 * THREADS {
        database
            .store
            .write_blocking(move |tx| add_note(tx, &index.to_string()))
            .unwrap();
        assert_eq!(notes(&database.store).len(), index + 1);
    }
}

/// The server processes behind the pool: as many closures at once as there are threads.
fn every_process(store: &Store) -> Vec<i64> {
    let barrier = Arc::new(Barrier::new(THREADS));
    let threads: Vec<_> = (0..THREADS)
        .map(|_| {
            let (store, barrier) = (store.clone(), barrier.clone());
            thread::spawn(move || {
                store.read_blocking(move |tx| {
                    barrier.wait();
                    one(tx, "SELECT pg_backend_pid()", &[])
                })
            })
        })
        .collect();
    threads
        .into_iter()
        .map(|thread| thread.join().unwrap().unwrap())
        .collect()
}

#[test]
fn a_changed_table_is_prepared_anew() {
    let database = database!();
    create_notes(&database.store);
    let everything = "SELECT * FROM notes";
    let read = |store: &Store| {
        store
            .read_blocking(move |tx| list::<(String,)>(tx, everything, &[]))
            .unwrap()
    };
    for _ in 0..2 * THREADS {
        assert_eq!(read(&database.store), []);
    }
    database
        .store
        .write_blocking(|tx| {
            batch(tx, "ALTER TABLE notes ADD COLUMN more TEXT; ALTER TABLE notes ALTER COLUMN size TYPE TEXT")
        })
        .unwrap();
    for _ in 0..2 * THREADS {
        assert_eq!(read(&database.store), []);
    }
    // The same inside of a transaction, which the stale statement breaks.
    database
        .store
        .write_blocking(move |tx| list::<(String,)>(tx, everything, &[]).map(drop))
        .unwrap();
}

#[test]
fn acknowledged_writes_are_durable_whatever_the_default() {
    let database = database!();
    let setting: String = database
        .store
        .write_blocking(|tx| one(tx, "SELECT current_setting('synchronous_commit')", &[]))
        .unwrap();
    assert_ne!(setting, "off");
}

#[test]
fn a_server_that_is_not_there_is_a_clear_error() {
    // Nothing listens on a port that was just given back.
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let url = format!("postgres://ada:secret@127.0.0.1:{port}/ginnel");
    let error = Store::open_postgres(&url, 1, 0)
        .err()
        .expect("cannot be opened");
    let text = format!("{error:?}");
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        text.contains("check that it runs") && !text.contains("secret"),
        "{text}"
    );
}

#[test]
fn a_url_that_is_none_is_a_clear_error() {
    for url in [
        "postgres://ada:secret@host/db?sslmode=nonsense",
        "postgres://ada:secret@host/db?color=red",
    ] {
        let error = Store::open_postgres(url, 1, 0)
            .err()
            .expect("cannot be opened");
        assert!(
            error.message().contains("The database URL cannot be read"),
            "{error:?}"
        );
        assert!(!format!("{error:?}").contains("secret"), "{error:?}");
    }
    let url =
        "postgres://ada:secret@host/db?sslmode=verify-full&sslrootcert=/nowhere/root%20ca.pem";
    let error = Store::open_postgres(url, 1, 0)
        .err()
        .expect("cannot be opened");
    assert!(
        error.message().contains("/nowhere/root ca.pem"),
        "{error:?}"
    );
}
