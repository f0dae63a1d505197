//! The disk is full under load, and free again.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use tempfile::TempDir;

use super::claims::{Harm, Sentence};
use super::cluster::Cluster;
use super::crowd::{Crowd, seconds};
use super::ledger::Ledger;
use super::node::Node;
use super::site::{Ground, Site};
use super::table::Row;
use super::verify::verify;
use super::{CROWD, Stage};
use crate::http::{Connection, Request};
use crate::machine;
use crate::phases::ceremonies::post;

/// Refused writes after which the disk counts as full for the server.
const REFUSALS_WANTED: u64 = 40;

/// How long the server may live on what it has reserved.
const FULL_WITHIN: Duration = Duration::from_secs(40);

/// How long writes may go on failing when there is room again.
const WRITES_WITHIN: Duration = Duration::from_secs(20);

const FULL: Sentence = (
    "a full disk is answered with 503 and nothing else",
    Harm::Other,
);

const READS: Sentence = (
    "what needs no write is answered while the disk is full",
    Harm::Other,
);

const FREED: Sentence = (
    "writes are taken again once there is room, by the same process or by a new one",
    Harm::Other,
);

/// A file system of its own in memory; gone when dropped.
pub struct SmallDisk {
    folder: TempDir,
}

impl SmallDisk {
    /// One of so many megabytes. Mounting takes root.
    pub fn mount(megabytes: u32) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ginnel-chaos-disk-")
            .tempdir()?;
        let output = Command::new("mount")
            .args([
                "-t",
                "tmpfs",
                "-o",
                &format!("size={megabytes}m,mode=0755"),
                "none",
            ])
            .arg(folder.path())
            .output()
            .context("There is no `mount`.")?;
        if !output.status.success() {
            bail!(
                "A small file system cannot be mounted here: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(SmallDisk { folder })
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Leaves not a byte.
    fn fill(&self) -> Result<()> {
        let mut file = File::options()
            .create(true)
            .append(true)
            .open(self.filler())?;
        for size in [1 << 20, 4096, 1] {
            let bytes = vec![7; size];
            loop {
                match file.write_all(&bytes) {
                    Ok(()) => {}
                    Err(error) if error.kind() == ErrorKind::StorageFull => break,
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    fn free(&self) -> Result<()> {
        Ok(fs::remove_file(self.filler())?)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount")
            .arg("--lazy")
            .arg(self.path())
            .status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted.", self.path().display());
        }
    }
}

/// Fills the disk that the data is on and frees it, `rounds` times; in every other round the server is killed meanwhile.
/// PostgreSQL stops when it cannot write its log, and is started again.
pub async fn fill_disks(stage: &Stage, on_postgres: bool, rounds: u64) -> Result<Row> {
    let begin = machine::now();
    let name = if on_postgres {
        "disk-postgres"
    } else {
        "disk-sqlite"
    };
    let disk = SmallDisk::mount(if on_postgres { 192 } else { 512 })?;
    let mut cluster = match on_postgres {
        true => Some(Cluster::start(&stage.dice, stage.cores, Some(disk.path())).await?),
        false => None,
    };
    let (database, folder) = match &cluster {
        Some(cluster) => (Some(cluster.create_database("disk")?), None),
        None => (None, Some(disk.path())),
    };
    let ground = Ground {
        database,
        folder,
        has_clock: stage.is_short,
        ..Ground::default()
    };
    let (site, mut node) = Site::open(stage, name, ground).await?;
    let ledger = Rc::clone(&site.ledger);
    let crowd = Crowd::gather(&ledger, node.address, CROWD);
    let mut kills = 0;
    for round in 0..rounds {
        seconds(1.5).await;
        ledger.goes_down();
        disk.fill()?;
        await_refusals(&ledger).await;
        let reads = reads_are_answered(&ledger, &node).await;
        if cluster.is_none() {
            ledger
                .claims
                .check(READS, reads.is_ok(), || format!("{:#}", reads.unwrap_err()));
        }
        let survivor = match round % 2 {
            0 => Some(node),
            _ => {
                kills += 1;
                node.kill()?;
                None
            }
        };
        seconds(0.5).await;
        disk.free()?;
        if let Some(cluster) = &mut cluster {
            cluster.restart().await?;
        }
        node = match survivor {
            Some(node) => node,
            None => site.start().await?,
        };
        let before = ledger.counts.get().sum();
        let waiting = machine::now();
        while ledger.counts.get().sum() < before + CROWD as u64 && waiting.elapsed() < WRITES_WITHIN
        {
            seconds(0.02).await;
        }
        let found = || format!("not in {WRITES_WITHIN:?}");
        ledger
            .claims
            .check(FREED, waiting.elapsed() < WRITES_WITHIN, found);
        ledger.is_up();
    }
    seconds(1.0).await;
    crowd.leave().await?;
    let full = ledger.unavailable.get() >= rounds * REFUSALS_WANTED / 2;
    let found = || format!("{} refusals only", ledger.unavailable.get());
    ledger.claims.check(FULL, full, found);
    // What was sent and could not be noted leaves once more.
    let doubled = verify(&site, node.address, kills + rounds).await?;
    site.close(node).await?;
    Ok(Row::of(
        &site.ledger,
        name,
        rounds,
        doubled,
        begin.elapsed(),
    ))
}

async fn await_refusals(ledger: &Ledger) {
    let (begin, before) = (machine::now(), ledger.failed());
    while ledger.failed() < before + REFUSALS_WANTED && begin.elapsed() < FULL_WITHIN {
        seconds(0.02).await;
    }
}

/// The start of a sign-in reads, and writes nothing.
async fn reads_are_answered(ledger: &Ledger, node: &Node) -> Result<()> {
    let app = &ledger.app;
    let mut connection = Connection::open(node.address).await?;
    let request = Request {
        method: "GET",
        path: &app.paths.jwks,
        ..Request::default()
    };
    connection.send(&request).await?.expect(200)?;
    let start = post(app, &app.paths.login_start, "{}");
    connection.send(&start).await?.expect(200)?;
    Ok(())
}
