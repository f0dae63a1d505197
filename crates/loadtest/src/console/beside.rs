//! Sign-ins at a steady pace beside other work.

use std::cell::{Cell, RefCell};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::task::LocalSet;
use tokio::time::MissedTickBehavior;

use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::phases::ceremonies;

/// Sign-ins a second, start and finish each.
pub const PER_SECOND: u32 = 500;

/// Browsers that take turns.
const CLIENTS: u32 = 20;

/// How long they sign in before the work begins.
const RUN_UP: Duration = Duration::from_secs(2);

/// Does some work while people sign in to an app; what came of it, and how many signed in a second.
pub async fn work_beside_sign_ins<T>(
    address: SocketAddr,
    app: &Rc<TestedApp>,
    work: impl Future<Output = Result<T>>,
) -> Result<(T, f64)> {
    let count = Rc::new(Cell::new(0_u32));
    let failure = Rc::new(RefCell::new(None));
    let local = LocalSet::new();
    for _ in 0..CLIENTS {
        let connection = Connection::open(address).await?;
        let (app, count, failure) = (Rc::clone(app), Rc::clone(&count), Rc::clone(&failure));
        local.spawn_local(async move {
            let failed = sign_in_again_and_again(connection, &app, &count).await;
            failure.borrow_mut().get_or_insert(failed);
        });
    }
    local
        .run_until(async {
            tokio::time::sleep(RUN_UP).await;
            let (begin, before) = (machine::now(), count.get());
            let done = work.await?;
            let signed_in = f64::from(count.get() - before);
            if let Some(failed) = failure.take() {
                return Err(failed).context("A sign-in beside the pages failed.");
            }
            Ok((done, signed_in / begin.elapsed().as_secs_f64()))
        })
        .await
}

/// Ends with the first failure only.
async fn sign_in_again_and_again(
    mut connection: Connection,
    app: &TestedApp,
    count: &Cell<u32>,
) -> anyhow::Error {
    let mut ticks = tokio::time::interval(Duration::from_secs(1) * CLIENTS / PER_SECOND);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let user = app.any_user(app.users());
        if let Err(failed) = ceremonies::login(&mut connection, app, user).await {
            return failed;
        }
        count.set(count.get() + 1);
    }
}
