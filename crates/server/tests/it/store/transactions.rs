//! What a transaction promises, whatever database is behind it: all or nothing, once, and on one snapshot.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;

use ginnel::store::testing::{one, optional};
use ginnel::{Code, Error, Result};

use super::support::{add_note, create_notes, notes, run_together};
use super::{Database, THREADS, contract};

contract! {
    an_error_undoes_its_closure_alone,
    a_refusal_as_ok_persists,
    a_panic_undoes_its_closure_alone,
    ok_after_a_failed_statement_is_an_error,
    update_returning_is_taken_once,
    insert_on_conflict_is_taken_once,
    readers_do_not_wait_for_a_writer,
    a_read_is_one_snapshot,
    a_read_cannot_write,
}

fn an_error_undoes_its_closure_alone(database: &Database) {
    create_notes(&database.store);
    run_together(database, 9, |index| {
        move |tx| {
            add_note(tx, &index.to_string())?;
            if index % 3 == 1 {
                Err(Error::invalid("no"))
            } else {
                Ok(())
            }
        }
    })
    .into_iter()
    .enumerate()
    .for_each(|(index, result)| match result {
        Ok(()) => assert_ne!(index % 3, 1),
        Err(error) => assert_eq!((index % 3, error.code()), (1, Code::InvalidRequest)),
    });
    assert_eq!(notes(&database.store), ["0", "2", "3", "5", "6", "8"]);
}

fn a_refusal_as_ok_persists(database: &Database) {
    create_notes(&database.store);
    let refused = database.store.write_blocking(|tx| {
        add_note(tx, "one try counted")?;
        Ok(Err::<(), _>("refused"))
    });
    assert_eq!(refused.unwrap(), Err("refused"));
    assert_eq!(notes(&database.store), ["one try counted"]);
}

fn a_panic_undoes_its_closure_alone(database: &Database) {
    create_notes(&database.store);
    let results = run_together(database, 9, |index| {
        move |tx| {
            add_note(tx, &index.to_string())?;
            assert_ne!(index % 3, 1, "a panic on purpose");
            Ok(())
        }
    });
    for (index, result) in results.into_iter().enumerate() {
        match result {
            Ok(()) => assert_ne!(index % 3, 1),
            Err(error) => {
                assert_eq!((index % 3, error.code()), (1, Code::InternalServerError));
                assert!(
                    format!("{error:?}").contains("a panic on purpose"),
                    "{error:?}"
                );
            }
        }
    }
    assert_eq!(notes(&database.store), ["0", "2", "3", "5", "6", "8"]);
    for _ in 0..2 * THREADS {
        let panicked = database
            .store
            .read_blocking(|_| -> Result<()> { panic!("a panic on purpose") });
        assert_eq!(panicked.unwrap_err().code(), Code::InternalServerError);
    }
    assert_eq!(
        notes(&database.store).len(),
        6,
        "the reading threads live on"
    );
}

fn ok_after_a_failed_statement_is_an_error(database: &Database) {
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| add_note(tx, "there"))
        .unwrap();
    let error = database
        .store
        .write_blocking(|tx| {
            add_note(tx, "new")?;
            assert!(add_note(tx, "there").unwrap_err().is_conflict());
            assert!(!add_note(tx, "later").unwrap_err().is_conflict());
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.code(), Code::InternalServerError);
    assert_eq!(notes(&database.store), ["there"]);
}

/// Runs one statement 50 times at once and counts the rows that came back.
fn winners(database: &Database, sql: &'static str) -> usize {
    let winners = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..50 {
            scope.spawn(|| {
                let row = database
                    .store
                    .write_blocking(move |tx| optional::<String>(tx, sql, &[]))
                    .unwrap();
                winners.fetch_add(usize::from(row.is_some()), Ordering::SeqCst);
            });
        }
    });
    winners.into_inner()
}

fn update_returning_is_taken_once(database: &Database) {
    create_notes(&database.store);
    database
        .store
        .write_blocking(|tx| add_note(tx, "code"))
        .unwrap();
    let sql = "UPDATE notes SET size = 1 WHERE name = 'code' AND size = 0 RETURNING name";
    assert_eq!(winners(database, sql), 1);
}

fn insert_on_conflict_is_taken_once(database: &Database) {
    create_notes(&database.store);
    let sql = "INSERT INTO notes (name, size) VALUES ('challenge', 0) ON CONFLICT DO NOTHING RETURNING name";
    assert_eq!(winners(database, sql), 1);
    assert_eq!(notes(&database.store), ["challenge"]);
}

fn readers_do_not_wait_for_a_writer(database: &Database) {
    create_notes(&database.store);
    let (entered, has_entered) = channel();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    thread::scope(|scope| {
        let writer = scope.spawn(move || {
            database.store.write_blocking(move |tx| {
                add_note(tx, "written")?;
                entered.send(()).unwrap();
                released.lock().unwrap().recv().unwrap();
                Ok(())
            })
        });
        has_entered.recv().unwrap();
        for _ in 0..3 * THREADS {
            assert_eq!(notes(&database.store), [""; 0], "not committed yet");
        }
        release.send(()).unwrap();
        writer.join().unwrap().unwrap();
    });
    assert_eq!(notes(&database.store), ["written"]);
}

fn a_read_is_one_snapshot(database: &Database) {
    create_notes(&database.store);
    for round in 1..=2 {
        let store = database.store.clone();
        let writes = Arc::new(AtomicUsize::new(0));
        let counter = writes.clone();
        let (before, after) = database
            .store
            .read_blocking(move |tx| {
                let before: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
                // Another transaction commits in between.
                let name = format!("{round}.{}", counter.fetch_add(1, Ordering::SeqCst));
                store.write_blocking(move |tx| add_note(tx, &name))?;
                let after: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
                Ok((before, after))
            })
            .unwrap();
        assert_eq!(before, after);
        let rounds_before = notes(&database.store)
            .iter()
            .filter(|name| name.starts_with("1."))
            .count();
        assert!(rounds_before >= 1, "the write in between did happen");
        if round == 2 {
            assert_eq!(
                writes.load(Ordering::SeqCst),
                1,
                "a closure known to have two statements runs once"
            );
        }
    }
}

fn a_read_cannot_write(database: &Database) {
    create_notes(&database.store);
    let single = database.store.read_blocking(|tx| add_note(tx, "single"));
    let second = database.store.read_blocking(|tx| {
        let _: i64 = one(tx, "SELECT count(*) FROM notes", &[])?;
        add_note(tx, "second")
    });
    assert!(single.is_err() && second.is_err());
    assert_eq!(notes(&database.store), [""; 0]);
}
