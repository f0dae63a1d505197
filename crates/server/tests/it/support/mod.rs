//! What the tests of the faces share: the running product on a fresh database, people with software passkeys, and a
//! look into the store after the fact.
//!
//! A story is an `async fn` over [`TestApp`], listed in `stories!`, which runs it on SQLite and on PostgreSQL.

mod actors;
mod app;
mod authenticator;
mod back_end;
mod browser;
mod call;
mod console;
mod mail;
mod program;
mod rows;
mod schema;

pub use actors::{User, Visitor};
pub use app::{MASTER_KEY, ORIGIN, START, TestApp};
pub use authenticator::{Assertion, Authenticator, Creation, flags};
pub use back_end::BackEnd;
pub use browser::Browser;
pub use call::{Call, Response};
pub use console::{CONSOLE, Console, Member};
pub use mail::{Asking, KEY, Key, opens};
pub use program::{Home, Server, send};
pub use schema::Schema;

use std::sync::{Arc, Once};

use crate::store::Database;

/// Runs each listed story on both databases.
macro_rules! stories {
    ($($story:ident),* $(,)?) => {
        mod on_sqlite {
            $(#[test]
            fn $story() {
                crate::support::on_sqlite(super::$story);
            })*
        }
        crate::support::stories_on_postgres!($($story),*);
    };
}
/// Runs each listed story on PostgreSQL: those that need two nodes, or its own races.
macro_rules! stories_on_postgres {
    ($($story:ident),* $(,)?) => {
        mod on_postgres {
            $(#[test]
            fn $story() {
                crate::support::on_postgres(super::$story);
            })*
        }
    };
}
pub(crate) use {stories, stories_on_postgres};

/// Runs a story on a fresh SQLite database.
pub fn on_sqlite(story: impl AsyncFnOnce(TestApp)) {
    run(Database::sqlite(), story);
}

/// Runs a story in a fresh schema of the PostgreSQL server that `TEST_DATABASE_URL` names; says so once if there is none.
pub fn on_postgres(story: impl AsyncFnOnce(TestApp)) {
    static SAID: Once = Once::new();
    if std::env::var_os("TEST_DATABASE_URL").is_none() {
        SAID.call_once(|| {
            use std::io::Write as _;
            let _ = writeln!(
                std::io::stderr(),
                "stories on PostgreSQL are skipped: TEST_DATABASE_URL is not set"
            );
        });
        return;
    }
    run(
        Database::postgres().expect("TEST_DATABASE_URL is set"),
        story,
    );
}

fn run(database: Database, story: impl AsyncFnOnce(TestApp)) {
    let database = Arc::new(database);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async { story(TestApp::new(database.clone()).await).await });
    // The database goes last, outside the runtime: closing it blocks.
    drop(runtime);
}
