//! The users that the database holds before anything is measured, made as people are: by signing up.

use std::rc::Rc;

use anyhow::Result;
use tokio::task::LocalSet;

use super::ceremonies;
use super::measure::Load;
use crate::app::TestedApp;
use crate::http::Connection;

/// Signs users up until the app has `users` of them.
pub async fn seed(load: &Load, app: &Rc<TestedApp>, users: u64) -> Result<()> {
    let local = LocalSet::new();
    let mut clients = Vec::new();
    for _ in 0..load.concurrency {
        let mut connection = Connection::open(load.address).await?;
        let app = Rc::clone(app);
        clients.push(local.spawn_local(async move {
            while app.users() < users {
                let user = app.next_user();
                ceremonies::register(&mut connection, &app, user).await?;
                if (user + 1).is_multiple_of(10_000) {
                    eprintln!("  {} users", user + 1);
                }
            }
            anyhow::Ok(())
        }));
    }
    local
        .run_until(async {
            for client in clients {
                client.await??;
            }
            Ok(())
        })
        .await
}
