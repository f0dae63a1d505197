//! What holds on SQLite alone: group commit, a full disk, the file and its locks.

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use ginnel::store::testing::{batch, execute, list, one};
use ginnel::{Code, Result};

use super::Database;
use super::support::{add_note, create_notes, notes, occupy_writers, poll_each, run_together};

#[test]
fn nobody_is_answered_before_the_commit() {
    let database = Database::sqlite();
    create_notes(&database.store);
    let (last_runs, running) = channel();
    let (end_last, may_end) = channel::<()>();
    let may_end = Arc::new(Mutex::new(may_end));
    let release = occupy_writers(&database);
    let mut writes: Vec<_> = (0..20)
        .map(|index| {
            let (store, last_runs, may_end) =
                (database.store.clone(), last_runs.clone(), may_end.clone());
            Box::pin(async move {
                let written = store.write(move |tx| {
                    add_note(tx, &format!("{index:02}"))?;
                    if index == 19 {
                        last_runs.send(()).unwrap();
                        may_end.lock().unwrap().recv().unwrap();
                    }
                    Ok(())
                });
                written.await
            })
        })
        .collect();
    assert_eq!(poll_each(&mut writes), 0);
    thread::spawn(release);
    running.recv().unwrap();
    assert_eq!(
        poll_each(&mut writes),
        0,
        "nineteen have run, the commit is still to come"
    );
    assert_eq!(notes(&database.store), [""; 0]);
    end_last.send(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for write in writes {
        runtime.block_on(write).unwrap();
    }
    assert_eq!(notes(&database.store).len(), 20);
}

#[test]
fn a_group_is_invisible_until_its_one_commit() {
    let database = Database::sqlite();
    create_notes(&database.store);
    let (ran, has_run) = channel();
    let store = database.store.clone();
    let results = run_together(&database, 20, |index| {
        let (ran, store) = (ran.clone(), store.clone());
        move |tx| {
            add_note(tx, &format!("{index:02}"))?;
            // Seen from here, and from outside of the transaction.
            let inside: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
            ran.send((inside, notes(&store).len())).unwrap();
            Ok(())
        }
    });
    assert!(results.iter().all(Result::is_ok));
    let seen: Vec<(i64, usize)> = has_run.try_iter().collect();
    assert_eq!(seen, (1..=20).map(|inside| (inside, 0)).collect::<Vec<_>>());
    assert_eq!(notes(&database.store).len(), 20);
}

#[test]
fn a_full_disk_fails_the_whole_group_and_passes() {
    let database = Database::sqlite();
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| add_note(tx, "before"))
        .unwrap();
    let pages: i64 = database
        .store
        .write_blocking(|tx| one(tx, "PRAGMA page_count", &[]))
        .unwrap();
    assert!(pages < 400);
    database
        .store
        .write_blocking(|tx| list::<i64>(tx, "PRAGMA max_page_count = 400", &[]))
        .unwrap();

    let results = run_together(&database, 9, |index| {
        move |tx| {
            let name = if index == 5 {
                "x".repeat(3_000_000)
            } else {
                index.to_string()
            };
            add_note(tx, &name)
        }
    });
    // Those that ran before the disk was full must fail with the one that filled it; those behind it make a new group.
    let failed: Vec<usize> = (0..9).filter(|index| results[*index].is_err()).collect();
    assert_eq!(failed, [0, 1, 2, 3, 4, 5]);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert_eq!(error.code(), Code::Unavailable, "{error:?}");
    }
    assert_eq!(notes(&database.store), ["6", "7", "8", "before"]);

    database
        .store
        .write_blocking(|tx| list::<i64>(tx, "PRAGMA max_page_count = 100000", &[]))
        .unwrap();
    database
        .store
        .write_blocking(|tx| add_note(tx, &"x".repeat(3_000_000)))
        .unwrap();
    assert_eq!(notes(&database.store).len(), 5);
}

#[test]
fn a_commit_that_fails_fails_the_whole_group() {
    let database = Database::sqlite();
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| {
            batch(
                tx,
                "CREATE TABLE leaves (note TEXT REFERENCES notes (name) DEFERRABLE INITIALLY DEFERRED)",
            )
        })
        .unwrap();
    let results = run_together(&database, 3, |index| {
        move |tx| {
            add_note(tx, &index.to_string())?;
            if index == 1 {
                execute(tx, "INSERT INTO leaves (note) VALUES ('nowhere')", &[])?;
            }
            Ok(())
        }
    });
    assert!(results.iter().all(Result::is_err));
    assert_eq!(notes(&database.store), [""; 0]);
    database
        .store
        .write_blocking(|tx| add_note(tx, "after"))
        .unwrap();
    assert_eq!(notes(&database.store), ["after"]);
}

#[test]
fn another_process_may_hold_the_lock_for_a_while() {
    let database = Database::sqlite();
    create_notes(&database.store);
    let other = database.sqlite_connection();
    other
        .execute_batch("BEGIN IMMEDIATE; INSERT INTO notes (name, size) VALUES ('other', 0)")
        .unwrap();
    thread::scope(|scope| {
        let (starting, has_started) = channel();
        let store = &database.store;
        let writer = scope.spawn(move || {
            starting.send(()).unwrap();
            store.write_blocking(|tx| add_note(tx, "ours"))
        });
        has_started.recv().unwrap();
        assert_eq!(notes(&database.store), [""; 0], "readers go on");
        other.execute_batch("COMMIT").unwrap();
        writer.join().unwrap().unwrap();
    });
    assert_eq!(notes(&database.store), ["other", "ours"]);
}

#[test]
fn a_lock_beyond_patience_is_unavailable() {
    let database = Database::sqlite();
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| list::<i64>(tx, "PRAGMA busy_timeout = 1", &[]))
        .unwrap();
    let other = database.sqlite_connection();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let error = database
        .store
        .write_blocking(|tx| add_note(tx, "ours"))
        .unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        format!("{error:?}").contains("another process keeps the database file locked"),
        "{error:?}"
    );
    other.execute_batch("COMMIT").unwrap();
    database
        .store
        .write_blocking(|tx| add_note(tx, "ours"))
        .unwrap();
    assert_eq!(notes(&database.store), ["ours"]);
}

#[cfg(unix)]
#[test]
fn the_files_are_for_their_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite();
    create_notes(&database.store);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(database.folder()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        files.push((
            entry.file_name().into_string().unwrap(),
            format!("{mode:o}"),
        ));
    }
    files.sort();
    let expected =
        ["test.db", "test.db-shm", "test.db-wal"].map(|name| (name.to_owned(), "600".to_owned()));
    assert_eq!(files, expected);
}

#[test]
fn closing_leaves_one_file() {
    let database = Database::sqlite();
    create_notes(&database.store);
    database.store.clone().close();
    let files: Vec<_> = std::fs::read_dir(database.folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(files, ["test.db"]);
}

#[test]
fn the_settings_are_those_that_were_promised() {
    let database = Database::sqlite();
    let journal: String = database
        .store
        .read_blocking(|tx| one(tx, "PRAGMA journal_mode", &[]))
        .unwrap();
    let synchronous: i64 = database
        .store
        .write_blocking(|tx| one(tx, "PRAGMA synchronous", &[]))
        .unwrap();
    let foreign_keys: i64 = database
        .store
        .write_blocking(|tx| one(tx, "PRAGMA foreign_keys", &[]))
        .unwrap();
    assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
}

#[test]
fn a_folder_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("missing").join("test.db");
    let error = ginnel::store::Store::open_sqlite(&path, 1, 0)
        .err()
        .expect("cannot be opened");
    assert!(
        format!("{error:?}").contains("missing/test.db"),
        "{error:?}"
    );
}
