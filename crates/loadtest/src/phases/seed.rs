//! The users that the database holds before anything is measured, made as people are: by signing up.

use std::rc::Rc;

use anyhow::Result;

use super::ceremonies;
use super::measure::{Load, Operate};
use crate::app::TestedApp;
use crate::http::Connection;

/// Signs users up until the app has `users` of them.
pub async fn seed(load: &Load, app: &Rc<TestedApp>, users: u64) -> Result<()> {
    let seeder = |connection| Seeder {
        connection,
        app: Rc::clone(app),
        users,
    };
    let seeders = load.connect().await?.into_iter().map(seeder).collect();
    load.exhaust(seeders).await
}

struct Seeder {
    connection: Connection,
    app: Rc<TestedApp>,
    /// How many the app is to have.
    users: u64,
}

impl Operate for Seeder {
    async fn operate(&mut self) -> Result<bool> {
        if self.app.users() >= self.users {
            return Ok(false);
        }
        let user = self.app.next_user();
        ceremonies::register(&mut self.connection, &self.app, user).await?;
        if (user + 1).is_multiple_of(10_000) {
            eprintln!("  {} users", user + 1);
        }
        Ok(true)
    }
}
