//! Every page of the Console, measured on an app with a year's traffic.
//!
//! The operator and some users sign up as people do; then the server is stopped, `seed` writes the rest into the database,
//! and the server starts again. Each page of `pages` is asked for again and again, one request at a time, first with
//! nothing beside it and then while people sign in (`beside`). A page that is answered otherwise than with itself is a
//! failure; no time is.

mod beside;
mod database;
mod figures;
mod pages;
mod seed;
mod visitor;

use std::path::PathBuf;
use std::rc::Rc;

use anyhow::{Context as _, Result, ensure};

use crate::app::{ORIGIN, TestedApp};
use crate::machine::{self, Cores};
use crate::phases::{self, Load};
use crate::server::{Installation, Server};
use database::Database;
pub use figures::Figures;
use figures::{Measured, Times};
use pages::{Facts, Page};
use visitor::Visitor;

/// Requests before those that count.
const WARM_UP: usize = 10;

/// Requests that count.
const REQUESTS: usize = 200;

/// Users of the big app.
const USERS: u64 = 1_000_000;

/// Events of the last year.
const EVENTS: u64 = 10_000_000;

/// Users who signed up as people do, and can sign in.
const REAL_USERS: u64 = 1_000;

/// Further apps for the list of apps.
const OTHER_APPS: usize = 50;

/// Measures the pages on a PostgreSQL database, or on SQLite in the installation's folder.
pub async fn measure(
    installation: &Installation,
    url: Option<String>,
    cores: Cores,
) -> Result<Figures> {
    let mut server = installation.start().await?;
    let ask = Ask {
        folder: installation.folder().to_owned(),
        url,
    };
    let console_id = ask
        .database(|database| {
            database.get("SELECT value FROM facts WHERE name = 'console_app'", &[])
        })
        .await?;
    let known = ask.database(seed::find).await?;
    let mut seed_seconds = None;
    let app_id = match known {
        Some(app_id) => app_id,
        None => {
            let app = set_up(installation, &server, &console_id).await?;
            drop(server);
            let plan = seed::Plan {
                users: USERS,
                events: EVENTS,
                app_id: app.id.clone(),
                console_id: console_id.clone(),
                now: machine::unix_milliseconds()?,
            };
            eprintln!("Filling the database …");
            let begin = machine::now();
            ask.database(move |database| seed::fill(database, &plan))
                .await?;
            seed_seconds = Some(begin.elapsed().as_secs_f64());
            server = installation.start().await?;
            app.id.clone()
        }
    };
    let (facts, size) = ask
        .database(|database| Ok((Facts::read(database, app_id)?, database.size()?)))
        .await?;
    let app = TestedApp::new(
        facts.app_id.clone(),
        "localhost".to_owned(),
        ORIGIN.to_owned(),
        REAL_USERS,
    );
    let mut visitor = Visitor::enter(&server, &console_id, false).await?;
    let pages = pages::list(&facts, &mut visitor).await?;
    let load_average = machine::load_average()?;
    eprintln!("Measuring {} pages …", pages.len());
    let alone = time_all(&pages, &mut visitor).await?;
    eprintln!(
        "Once more, beside {} sign-ins a second …",
        beside::PER_SECOND
    );
    let work = time_all(&pages, &mut visitor);
    let (beside, sign_ins) =
        beside::work_beside_sign_ins(server.address, &Rc::new(app), work).await?;
    let times = alone.into_iter().zip(beside);
    Ok(Figures {
        database: match ask.url {
            Some(_) => "postgres",
            None => "sqlite",
        },
        cores: cores.count,
        load_average,
        users: USERS,
        events: EVENTS,
        seed_seconds,
        database_gb: size as f64 / 1e9,
        requests: REQUESTS,
        sign_ins_beside_per_second: sign_ins,
        pages: pages
            .iter()
            .zip(times)
            .map(|(page, (alone, beside_sign_ins))| Measured {
                page: page.name,
                alone,
                beside_sign_ins,
            })
            .collect(),
    })
}

/// Makes what is made through the server: the operator, the app with some users, and further apps. The app.
async fn set_up(
    installation: &Installation,
    server: &Server,
    console_id: &str,
) -> Result<Rc<TestedApp>> {
    eprintln!("Signing up {REAL_USERS} users …");
    Visitor::enter(server, console_id, true).await?;
    let app = Rc::new(installation.create_app("Big app", "ES256")?);
    let load = Load::of_seed(server.address, server.pid());
    phases::seed(&load, &app, REAL_USERS).await?;
    for number in 1..=OTHER_APPS {
        installation.create_app(&format!("App {number}"), "ES256")?;
    }
    Ok(app)
}

/// How long each page takes.
async fn time_all(pages: &[Page], visitor: &mut Visitor) -> Result<Vec<Times>> {
    let mut all = Vec::with_capacity(pages.len());
    for page in pages {
        eprintln!("  {}", page.name);
        let text = visitor.get(&page.path).await?;
        ensure!(
            text.contains(&page.shows),
            "The page “{}” does not show {}: {}",
            page.name,
            page.shows,
            page.path
        );
        for _ in 1..WARM_UP {
            visitor.get(&page.path).await?;
        }
        let mut durations = Vec::with_capacity(REQUESTS);
        for _ in 0..REQUESTS {
            let begin = machine::now();
            visitor.get(&page.path).await?;
            durations.push(begin.elapsed());
        }
        all.push(Times::of(&durations));
    }
    Ok(all)
}

/// Asks the database, on a thread where waiting is allowed.
struct Ask {
    folder: PathBuf,
    url: Option<String>,
}

impl Ask {
    async fn database<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Database) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let (folder, url) = (self.folder.clone(), self.url.clone());
        let (answer, answered) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let found = Database::open(&folder, url.as_deref())
                .and_then(|mut database| question(&mut database));
            // Nobody waits any more after a signal.
            let _ = answer.send(found);
        });
        answered.await.context("The database's thread panicked.")?
    }
}
