//! A table of the tests' own, and ways to hold the store's threads still.

use std::pin::Pin;
use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::task::{Context, Waker};
use std::thread;

use ginnel::Result;
use ginnel::store::testing::{batch, execute, list};
use ginnel::store::{Store, Tx};

use super::{Database, THREADS};

/// A table of the tests' own: `notes (name, size)`.
pub fn create_notes(store: &Store) {
    store
        .write_blocking(|tx| {
            batch(
                tx,
                "CREATE TABLE notes (name TEXT NOT NULL PRIMARY KEY, size BIGINT NOT NULL)",
            )
        })
        .unwrap();
}

pub fn add_note(tx: &mut Tx<'_>, name: &str) -> Result<()> {
    execute(
        tx,
        "INSERT INTO notes (name, size) VALUES ($1, 0)",
        &[&name],
    )
    .map(drop)
}

pub fn notes(store: &Store) -> Vec<String> {
    store
        .read_blocking(|tx| list(tx, "SELECT name FROM notes ORDER BY name", &[]))
        .unwrap()
}

/// Keeps every thread that writes busy until the returned function is called.
pub fn occupy_writers(database: &Database) -> impl FnOnce() + use<> {
    let count = if database.is_sqlite() { 1 } else { THREADS };
    let (entered, has_entered) = channel();
    let mut releases = Vec::new();
    let mut threads = Vec::new();
    for _ in 0..count {
        let (release, released) = channel::<()>();
        let (released, entered, store) = (
            Mutex::new(released),
            entered.clone(),
            database.store.clone(),
        );
        releases.push(release);
        threads.push(thread::spawn(move || {
            store.write_blocking(move |_| {
                entered.send(()).unwrap();
                let _ = released.lock().unwrap().recv();
                Ok(())
            })
        }));
        has_entered.recv().unwrap();
    }
    move || {
        drop(releases);
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
    }
}

/// Hands in `count` closures while the writers are busy, so that SQLite makes one group of them.
pub fn run_together<F>(
    database: &Database,
    count: usize,
    closure: impl Fn(usize) -> F,
) -> Vec<Result<()>>
where
    F: Fn(&mut Tx<'_>) -> Result<()> + Send + 'static,
{
    let release = occupy_writers(database);
    let mut waiting: Vec<_> = (0..count)
        .map(|index| {
            let store = database.store.clone();
            let closure = closure(index);
            Box::pin(async move { store.write(closure).await })
        })
        .collect();
    // The first poll hands the closure in.
    assert_eq!(
        poll_each(&mut waiting),
        0,
        "answered while every writer was busy"
    );
    thread::spawn(release);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    waiting
        .into_iter()
        .map(|write| runtime.block_on(write))
        .collect()
}

/// Polls each future once; how many were ready.
pub fn poll_each<F: Future + Unpin>(futures: &mut [F]) -> usize {
    let mut context = Context::from_waker(Waker::noop());
    futures
        .iter_mut()
        .filter_map(|future| Pin::new(future).poll(&mut context).is_ready().then_some(()))
        .count()
}
