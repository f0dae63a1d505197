//! The order on the way to an answer: strace watches that the database's log is durable before the answer goes out.
//!
//! A process that is killed leaves what it has written to the system, which writes it out; only a machine that stops would
//! lose what was not synced. So the kills alone say nothing about `fdatasync`, and this does.

use std::fs;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::claims::{Harm, Sentence};
use super::cluster::{Cluster, End};
use super::ledger::Ledger;
use super::site::{Ground, Site};
use super::table::Row;
use super::{Stage, trace};
use crate::app::TestedApp;
use crate::http::Connection;
use crate::machine;
use crate::phases::{ceremonies, links};

const DURABLE: Sentence = (
    "each answer to a write leaves after the log was written and synced (strace)",
    Harm::Missing,
);

const CONTROL: Sentence = (
    "answers that write nothing wait for no sync, so that the look at the writes says something",
    Harm::Other,
);

/// How long one looks for the tracer's last lines.
const FLUSHED_WITHIN: Duration = Duration::from_secs(10);

/// From when to when a request was under way, microseconds since 1970.
type Span = (u64, u64);

/// Does `writes` writes of each kind one after the other, and reads the trace.
pub async fn watch(stage: &Stage, mut cluster: Option<&mut Cluster>, writes: u64) -> Result<Row> {
    let name = match cluster {
        None => "sync-sqlite",
        Some(_) => "sync-postgres",
    };
    let begin = machine::now();
    if std::process::Command::new("strace")
        .arg("-V")
        .output()
        .is_err()
    {
        bail!("strace is not installed. Debian, Ubuntu: apt-get install strace");
    }
    let database = cluster
        .as_ref()
        .map(|cluster| cluster.create_database("sync"));
    let ground = Ground {
        database: database.transpose()?,
        ..Ground::default()
    };
    let (mut site, node) = Site::open(stage, name, ground).await?;
    node.stop().await?;
    let mut traces = vec![stage.folder(name)?.join("server.trace")];
    if let Some(cluster) = &mut cluster {
        let output = cluster.folder().join("postgres.trace");
        cluster.restart_under(&trace::tracer(&output)).await?;
        traces.push(output);
    }
    site.setup.wrapper = trace::tracer(&traces[0]);
    let node = site.start().await?;
    let ledger = Rc::clone(&site.ledger);
    let mut connection = Connection::open(node.address).await?;
    let (mut wrote, mut read) = (Vec::new(), Vec::new());
    for _ in 0..writes.div_ceil(5) {
        round(&ledger, &mut connection, &mut wrote, &mut read).await?;
    }
    node.stop().await?;
    if let Some(cluster) = &mut cluster {
        cluster.end(End::Immediate)?;
    }
    let mut events = Vec::new();
    for file in &traces {
        let text = whole(file).await?;
        events.extend(trace::read(&text)?);
    }
    events.sort_by_key(|event| event.at);
    for (index, (from, until)) in wrote.iter().enumerate() {
        let durable = trace::is_durable(&events, *from, *until);
        let found = || format!("write {index}, from {from} to {until} µs");
        ledger.claims.check(DURABLE, durable, found);
    }
    let synced = |span: &&Span| trace::has_sync(&events, span.0, span.1);
    let count = read.iter().filter(synced).count();
    // The sender of mails and the counters write beside them now and then.
    let few = count * 3 < read.len();
    ledger
        .claims
        .check(CONTROL, few, || format!("{count} of {} did", read.len()));
    if let Some(cluster) = cluster {
        cluster.restart().await?;
    }
    Ok(Row::of(&ledger, name, 0, 0, begin.elapsed()))
}

/// A sign-up, a sign-in, a refresh, a link, a sign-out.
async fn round(
    ledger: &Ledger,
    connection: &mut Connection,
    wrote: &mut Vec<Span>,
    read: &mut Vec<Span>,
) -> Result<()> {
    let app = &ledger.app;
    let user = app.next_user();
    let start = ceremonies::start_registration(connection, app, user);
    let finish = spanned(read, start).await?;
    let signed_up = ceremonies::finish_registration(connection, app, &finish);
    let tokens = spanned(wrote, signed_up).await?;
    let start = ceremonies::start_login(connection, app, user);
    let finish = spanned(read, start).await?;
    spanned(wrote, ceremonies::finish_login(connection, app, &finish)).await?;
    let refreshed = ceremonies::refresh(connection, app, &tokens.refresh_token);
    let tokens = spanned(wrote, refreshed).await?;
    let address = TestedApp::identifier(app.next_user());
    spanned(wrote, links::ask_to_sign_up(connection, app, &address)).await?;
    let signed_out = ceremonies::revoke(connection, app, &tokens.refresh_token);
    spanned(wrote, signed_out).await?;
    ledger.count(|counts| {
        counts.sign_ups += 1;
        counts.sign_ins += 1;
        counts.refreshes += 1;
        counts.links += 1;
        counts.sign_outs += 1;
    });
    Ok(())
}

async fn spanned<T>(spans: &mut Vec<Span>, request: impl Future<Output = Result<T>>) -> Result<T> {
    let from = machine::unix_microseconds()?;
    let done = request.await?;
    spans.push((from, machine::unix_microseconds()?));
    Ok(done)
}

/// A trace, once the tracer has written its end.
async fn whole(file: &std::path::Path) -> Result<String> {
    let begin = machine::now();
    let mut length = 0;
    loop {
        let found = fs::metadata(file)
            .with_context(|| format!("strace wrote nothing to {}.", file.display()))?
            .len();
        if found > 0 && found == length || begin.elapsed() > FLUSHED_WITHIN {
            return Ok(String::from_utf8_lossy(&fs::read(file)?).into_owned());
        }
        length = found;
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}
