//! The server process is killed, and the database under it.

use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};

use super::claims::{Harm, Sentence};
use super::cluster::{Cluster, End};
use super::crowd::{Crowd, seconds};
use super::ledger::Ledger;
use super::node::{Node, Setup};
use super::site::{Ground, Site};
use super::table::Row;
use super::verify::verify;
use super::{CROWD, Stage};
use crate::http::{Connection, Request};
use crate::machine;
use crate::server::{Installation, is_healthy};

/// How long a server lives before it is killed, milliseconds.
const LIFE_MS: (u64, u64) = (30, 450);

/// How long a database server lives, milliseconds.
const DATABASE_LIFE_MS: (u64, u64) = (400, 2_000);

/// How long the server may need to see that its database is back.
const READY_WITHIN: Duration = Duration::from_secs(30);

/// The longest that a first start is left alone, milliseconds.
const FIRST_START_MS: u64 = 120;

/// What a first start leaves when it is killed.
const FIRST_STARTS: Sentence = (
    "after a first start that was killed at any moment the next one succeeds",
    Harm::Other,
);

/// The server with its database.
const RECOVERY: Sentence = (
    "the server is ready again by itself once its database is",
    Harm::Other,
);

/// Kills the server process under load, and starts it again, and again.
pub async fn kill_servers(stage: &Stage, cluster: Option<&Cluster>, kills: u64) -> Result<Row> {
    let (name, database) = match cluster {
        None => ("kills-sqlite", None),
        Some(cluster) => ("kills-postgres", Some(cluster.create_database("kills")?)),
    };
    let begin = machine::now();
    let (mut site, mut node) = Site::open(stage, name, ground(stage, database)).await?;
    let ledger = Rc::clone(&site.ledger);
    let crowd = Crowd::gather(&ledger, node.address, CROWD);
    for number in 0..kills {
        // For a part of the time the mail server is away, too.
        if number == kills * 3 / 10 {
            site.sink.switch_off().await?;
        } else if number == kills * 45 / 100 {
            site.sink.switch_on()?;
        }
        let life = ledger.dice.pause(LIFE_MS.0, LIFE_MS.1);
        tokio::time::sleep(life).await;
        ledger.goes_down();
        node.kill()?;
        node = site.start().await?;
        ledger.is_up();
        if (number + 1).is_multiple_of(100) {
            let counts = ledger.counts.get();
            eprintln!(
                "  {} kills, {} writes acknowledged",
                number + 1,
                counts.sum()
            );
        }
    }
    seconds(1.0).await;
    crowd.leave().await?;
    let doubled = verify(&site, node.address, kills).await?;
    site.close(node).await?;
    Ok(Row::of(&site.ledger, name, kills, doubled, begin.elapsed()))
}

/// Kills the database server under load and starts it again; the server itself is left alone.
pub async fn kill_databases(stage: &Stage, cluster: &mut Cluster, kills: u64) -> Result<Row> {
    let name = "kills-database";
    let begin = machine::now();
    let database = Some(cluster.create_database("databases")?);
    let (site, node) = Site::open(stage, name, ground(stage, database)).await?;
    let ledger = Rc::clone(&site.ledger);
    let crowd = Crowd::gather(&ledger, node.address, CROWD);
    for number in 0..kills {
        let life = ledger.dice.pause(DATABASE_LIFE_MS.0, DATABASE_LIFE_MS.1);
        tokio::time::sleep(life).await;
        ledger.goes_down();
        cluster.end(match number % 2 {
            0 => End::Killed,
            _ => End::Immediate,
        })?;
        cluster.restart().await?;
        let ready = await_ready(&node).await;
        ledger
            .claims
            .check(RECOVERY, ready, || format!("not in {READY_WITHIN:?}"));
        ledger.is_up();
    }
    seconds(1.0).await;
    crowd.leave().await?;
    // A message that was taken by the mail server while its database was away may leave once more.
    let doubled = verify(&site, node.address, kills).await?;
    site.close(node).await?;
    Ok(Row::of(&site.ledger, name, kills, doubled, begin.elapsed()))
}

/// In the short form the clock is moved at the end, so that nobody waits for what a killed sender has claimed.
fn ground(stage: &Stage, database: Option<String>) -> Ground<'static> {
    Ground {
        database,
        has_clock: stage.is_short,
        ..Ground::default()
    }
}

async fn await_ready(node: &Node) -> bool {
    let begin = machine::now();
    while begin.elapsed() < READY_WITHIN {
        if is_ready(node).await.unwrap_or_default() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

async fn is_ready(node: &Node) -> Result<bool> {
    let request = Request {
        method: "GET",
        path: "/readyz",
        ..Request::default()
    };
    let mut connection = Connection::open(node.address).await?;
    Ok(connection.send(&request).await?.status == 200)
}

/// Kills first starts, on a new data folder each, at any moment; what they leave must be good for the next one.
pub async fn kill_first_starts(stage: &Stage, kills: u64) -> Result<Row> {
    let name = "first-starts";
    let begin = machine::now();
    let log = stage.log(name);
    super::node::empty_file(&log)?;
    let sink = crate::mail::Sink::start()?;
    let mut setup = Setup::new(&stage.dice, &log)?;
    let new = || {
        Installation::new(
            &stage.server,
            None,
            None,
            sink.address(),
            "warn",
            stage.cores,
        )
    };
    let mut ledger = None;
    for number in 0..kills {
        let installation = new()?;
        // The port of the one before may still be held by a probe.
        setup
            .address
            .set_port(super::node::free_address(&stage.dice)?.port());
        let node = Node::spawn(&installation, &setup)?;
        let life = stage.dice.pause(0, FIRST_START_MS);
        tokio::time::sleep(life).await;
        node.kill()?;
        let started = Node::start(&installation, &setup).await;
        if ledger.is_none() {
            ledger = Some(Ledger::new(
                installation.create_app("Chaos", "ES256")?,
                number,
            ));
        }
        let Some(ledger) = &ledger else { continue };
        let found = || {
            format!(
                "killed after {life:?}: {:#}",
                started.as_ref().err().unwrap()
            )
        };
        ledger.claims.check(FIRST_STARTS, started.is_ok(), found);
        if let Ok(node) = started {
            let healthy = is_healthy(node.address).await;
            ledger
                .claims
                .check(FIRST_STARTS, healthy, || "not healthy".into());
        }
    }
    match ledger {
        Some(ledger) => Ok(Row::of(&ledger, name, kills, 0, begin.elapsed())),
        None => bail!("No first start was killed."),
    }
}
