//! The storage contract: what every database must do, run on SQLite always and on PostgreSQL when
//! `TEST_DATABASE_URL` names one. A test is a function over [`Database`], listed in `contract!`.

mod lifecycle;
mod postgres;
mod schema;
mod sqlite;
mod statements;
mod support;
mod transactions;

use std::sync::Once;
use std::sync::atomic::{AtomicUsize, Ordering};

use ::postgres::{Client, NoTls};
use ginnel::store::{Engine, Store};
use tempfile::TempDir;

/// Runs each listed function on a fresh database of either kind.
macro_rules! contract {
    ($($test:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $test() {
                super::$test(&crate::store::Database::sqlite());
            })*
        }
        mod on_postgres {
            $(#[test]
            fn $test() {
                if let Some(database) = crate::store::Database::postgres() {
                    super::$test(&database);
                }
            })*
        }
    };
}
pub(crate) use contract;

/// The time that test databases record for their migrations.
pub const OPENED_AT: i64 = 1_700_000_000_000;
/// Reader threads on SQLite, connections on PostgreSQL.
pub const THREADS: usize = 4;

/// A database of one test, gone when the test ends.
pub struct Database {
    pub store: Store,
    place: Place,
}

enum Place {
    File(TempDir),
    Schema { admin_url: String, name: String },
}

impl Database {
    pub fn sqlite() -> Database {
        let folder = tempfile::tempdir().unwrap();
        Self::at(Place::File(folder))
    }

    /// `None`, with the reason printed once, if no server is at hand.
    pub fn postgres() -> Option<Database> {
        static SAID: Once = Once::new();
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let Ok(admin_url) = std::env::var("TEST_DATABASE_URL") else {
            SAID.call_once(|| {
                // Past the test's captured output: a skipped half must be seen.
                use std::io::Write;
                let _ = writeln!(
                    std::io::stderr(),
                    "storage tests on PostgreSQL are skipped: TEST_DATABASE_URL is not set"
                );
            });
            return None;
        };
        let name = format!(
            "ginnel_test_{}_{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        admin(&admin_url)
            .batch_execute(&format!("CREATE SCHEMA {name}"))
            .unwrap();
        Some(Self::at(Place::Schema { admin_url, name }))
    }

    fn at(place: Place) -> Database {
        let store = place.open().unwrap();
        Database { store, place }
    }

    /// Opens the same database once more.
    pub fn open_again(&self) -> ginnel::Result<Store> {
        self.place.open()
    }

    pub fn is_sqlite(&self) -> bool {
        self.store.engine() == Engine::Sqlite
    }

    /// A connection past the store.
    pub fn sqlite_connection(&self) -> rusqlite::Connection {
        match &self.place {
            Place::File(folder) => {
                rusqlite::Connection::open(folder.path().join("test.db")).unwrap()
            }
            Place::Schema { .. } => panic!("not a SQLite database"),
        }
    }

    /// A connection past the store.
    pub fn postgres_connection(&self) -> Client {
        match &self.place {
            Place::Schema { admin_url, name } => admin(&in_schema(admin_url, name)),
            Place::File(_) => panic!("not a PostgreSQL database"),
        }
    }

    /// The folder of the SQLite file `test.db`.
    pub fn folder(&self) -> &std::path::Path {
        match &self.place {
            Place::File(folder) => folder.path(),
            Place::Schema { .. } => panic!("not a SQLite database"),
        }
    }
}

impl Place {
    fn open(&self) -> ginnel::Result<Store> {
        match self {
            Place::File(folder) => {
                Store::open_sqlite(&folder.path().join("test.db"), THREADS, OPENED_AT)
            }
            Place::Schema { admin_url, name } => {
                Store::open_postgres(&in_schema(admin_url, name), THREADS, OPENED_AT)
            }
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.store.clone().close();
        if let Place::Schema { admin_url, name } = &self.place {
            let dropped = admin(admin_url).batch_execute(&format!("DROP SCHEMA {name} CASCADE"));
            if !std::thread::panicking() {
                dropped.unwrap();
            }
        }
    }
}

fn admin(url: &str) -> Client {
    Client::connect(url, NoTls).expect("TEST_DATABASE_URL names a running PostgreSQL")
}

fn in_schema(url: &str, name: &str) -> String {
    let separator = if url.contains('?') { '&' } else { '?' };
    format!("{url}{separator}options=-csearch_path%3D{name}")
}
