//! Opening, overload and closing, whatever database is behind the store.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;

use ginnel::store::testing::{execute, one};
use ginnel::{Code, Error};

use super::support::{add_note, create_notes, notes, occupy_writers, poll_each};
use super::{Database, contract};

contract! {
    a_full_queue_is_refused,
    closing_finishes_what_was_handed_in,
    the_last_clone_may_go_inside_a_closure,
    ping_answers,
    an_altered_migration_is_refused,
    an_unknown_migration_is_refused,
}

fn a_full_queue_is_refused(database: &Database) {
    create_notes(&database.store);
    const QUEUE: usize = 4096;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let release = occupy_writers(database);
    let tasks: Vec<_> = (0..QUEUE + 10)
        .map(|index| {
            let store = database.store.clone();
            runtime.spawn(async move {
                store
                    .write(move |tx| add_note(tx, &index.to_string()))
                    .await
            })
        })
        .collect();
    // The first refusals come while the writers are still busy; only then are they let go.
    while tasks.iter().filter(|task| task.is_finished()).count() < 10 {
        thread::yield_now();
    }
    release();
    let results = runtime.block_on(futures_in_order(tasks));
    let refused: Vec<&Error> = results
        .iter()
        .filter_map(|result| result.as_ref().err())
        .collect();
    assert_eq!(refused.len(), 10);
    assert!(
        refused.iter().all(
            |error| error.code() == Code::Unavailable && error.retry_after_seconds() == Some(1)
        )
    );
    assert_eq!(notes(&database.store).len(), QUEUE);
}

async fn futures_in_order<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::with_capacity(tasks.len());
    for task in tasks {
        results.push(task.await.unwrap());
    }
    results
}

fn closing_finishes_what_was_handed_in(database: &Database) {
    create_notes(&database.store);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .build()
        .unwrap();
    let release = occupy_writers(database);
    let tasks: Vec<_> = (0..100)
        .map(|index| {
            let store = database.store.clone();
            let mut write = [Box::pin(async move {
                store
                    .write(move |tx| add_note(tx, &format!("{index:03}")))
                    .await
            })];
            assert_eq!(poll_each(&mut write), 0);
            let [write] = write;
            runtime.spawn(write)
        })
        .collect();
    let closing = database.store.clone();
    let closer = thread::spawn(move || closing.close());
    release();
    closer.join().unwrap();
    for result in runtime.block_on(futures_in_order(tasks)) {
        result.unwrap();
    }
    let late = database
        .store
        .write_blocking(|tx| add_note(tx, "late"))
        .unwrap_err();
    assert_eq!(late.code(), Code::Unavailable);
    let reopened = database.open_again().unwrap();
    assert_eq!(notes(&reopened).len(), 100);
}

fn the_last_clone_may_go_inside_a_closure(database: &Database) {
    let store = database.open_again().unwrap();
    let inner = Mutex::new(Some(store.clone()));
    let (dropped, was_dropped) = channel();
    let mut write = [Box::pin(async move {
        store
            .write(move |_| {
                drop(inner.lock().unwrap().take());
                dropped.send(()).unwrap();
                Ok(())
            })
            .await
    })];
    poll_each(&mut write);
    drop(write);
    was_dropped.recv().unwrap();
}

fn ping_answers(database: &Database) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let ping = || runtime.block_on(database.store.ping());
    ping().unwrap();
    // Writers that hang do not let it wait for ever.
    let release = occupy_writers(database);
    let error = ping().unwrap_err();
    assert_eq!(error.code(), Code::Unavailable);
    assert!(
        format!("{error:?}").contains("no answer within 3 s"),
        "{error:?}"
    );
    release();
    ping().unwrap();
    database.store.clone().close();
    assert_eq!(ping().unwrap_err().code(), Code::Unavailable);
}

fn opening_error(database: &Database) -> String {
    match database.open_again() {
        Ok(_) => panic!("the database was opened"),
        Err(error) => format!("{error:?}"),
    }
}

fn an_altered_migration_is_refused(database: &Database) {
    let first: String = database
        .store
        .read_blocking(|tx| one(tx, "SELECT min(name) FROM migrations", &[]))
        .unwrap();
    drop(database.open_again().unwrap());
    database
        .store
        .write_blocking(move |tx| {
            execute(
                tx,
                "UPDATE migrations SET sha256 = 'other' WHERE name = $1",
                &[&first],
            )
        })
        .unwrap();
    let error = opening_error(database);
    assert!(
        error.contains("was applied to this database with another content"),
        "{error}"
    );
}

fn an_unknown_migration_is_refused(database: &Database) {
    database
        .store
        .write_blocking(|tx| {
            execute(
                tx,
                "INSERT INTO migrations (name, sha256, applied_at) VALUES ('9999_future', '', 0)",
                &[],
            )
        })
        .unwrap();
    let error = opening_error(database);
    assert!(
        error.contains("made by a newer Ginnel: it has the migration 9999_future"),
        "{error}"
    );
}
