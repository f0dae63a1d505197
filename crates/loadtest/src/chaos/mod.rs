//! Kills, outages and full disks under a load of sign-ups, sign-ins, refreshes and links, and what is there afterwards.
//!
//! `ledger` is what the server has acknowledged, `client` a browser, `people` what is done in it and
//! written down, `thief` what must not work, `crowd` many browsers at once, `verify` holds the ledger against the server in the end. `kills`, `disk`, `clock`,
//! `sync` and `nodes` are the scenarios; `site`, `node`, `cluster`, `clocks` and `proxy` what they play with; `claims` and
//! `table` what came of it.

mod claims;
mod client;
mod clock;
mod clocks;
mod cluster;
mod crowd;
mod dice;
mod disk;
mod kills;
mod ledger;
mod node;
mod nodes;
mod people;
mod proxy;
mod races;
mod site;
mod sync;
mod table;
mod thief;
mod trace;
mod verify;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::ValueEnum;

use crate::machine::{self, Cores};
use cluster::Cluster;
use dice::Dice;
pub use table::Report;
use table::Row;

/// Browsers at once.
const CROWD: usize = 12;

/// How much is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// A minute or two: a few blows of each kind.
    Short,
    /// Everything: 1,000 kills on SQLite, 200 on PostgreSQL, 50 of the database.
    Full,
}

/// A kind of blow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scenario {
    FirstStarts,
    KillsSqlite,
    KillsPostgres,
    KillsDatabase,
    DiskSqlite,
    DiskPostgres,
    Clock,
    SyncSqlite,
    SyncPostgres,
    Nodes,
}

/// What all scenarios share.
pub struct Stage {
    server: PathBuf,
    cores: Cores,
    dice: Dice,
    /// For logs and small files.
    folder: PathBuf,
    is_short: bool,
}

impl Stage {
    /// Where the log of a scenario's servers goes.
    fn log(&self, scenario: &str) -> PathBuf {
        self.folder.join(format!("{scenario}.log"))
    }

    /// A folder for a scenario's small files.
    fn folder(&self, scenario: &str) -> Result<PathBuf> {
        let folder = self.folder.join(scenario);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

/// Plays the scenarios, or those that are named. Logs stay in the folder `chaos` beside the server's binary.
pub async fn run(server: &Path, form: Form, only: &[Scenario]) -> Result<Report> {
    let cores = Cores::find()?;
    let seed = machine::unix_milliseconds()?.unsigned_abs();
    let server = server
        .canonicalize()
        .with_context(|| format!("There is no {}. Build it first.", server.display()))?;
    let folder = server.with_file_name("chaos");
    std::fs::create_dir_all(&folder)?;
    let mut report = Report {
        version: env!("CARGO_PKG_VERSION"),
        form: if form == Form::Full { "full" } else { "short" },
        seed,
        cores: cores.count,
        disk_sync_ms: machine::disk_sync_ms(tempfile::tempdir()?.path())?,
        left_out: Vec::new(),
        rows: Vec::new(),
    };
    let stage = Stage {
        server,
        cores,
        dice: Dice::new(seed),
        folder,
        is_short: form == Form::Short,
    };
    let wanted = |scenario: &Scenario| match only {
        // The short form fills no PostgreSQL's disk: a cluster of its own takes longer than all the rest. Nor does it move the
        // clock: a mail that is on its way at a jump of a day has expired, and the books know that only most of the time.
        [] => form == Form::Full || !matches!(scenario, Scenario::DiskPostgres | Scenario::Clock),
        only => only.contains(scenario),
    };
    let mut cluster = None;
    for scenario in Scenario::value_variants().iter().filter(|it| wanted(it)) {
        eprintln!("{} …", scenario.name());
        let played = match play(*scenario, &stage, &mut cluster).await {
            Err(error) if error.to_string().contains("cannot be mounted") => {
                report
                    .left_out
                    .push(format!("{}: {error:#}", scenario.name()));
                continue;
            }
            Err(error) => Row::broken(scenario.name(), format!("{error:#}")),
            Ok(row) => row,
        };
        report.rows.push(played);
    }
    Ok(report)
}

async fn play(scenario: Scenario, stage: &Stage, shared: &mut Option<Cluster>) -> Result<Row> {
    let times = |short, full| if stage.is_short { short } else { full };
    if scenario.needs_postgres() && shared.is_none() {
        *shared = Some(Cluster::start(&stage.dice, stage.cores, None).await?);
    }
    let cluster = shared.as_mut().context("PostgreSQL does not run.");
    match scenario {
        Scenario::FirstStarts => kills::kill_first_starts(stage, times(10, 200)).await,
        Scenario::KillsSqlite => kills::kill_servers(stage, None, times(20, 1000)).await,
        Scenario::KillsPostgres => kills::kill_servers(stage, Some(cluster?), times(8, 200)).await,
        Scenario::KillsDatabase => kills::kill_databases(stage, cluster?, times(3, 50)).await,
        Scenario::DiskSqlite => disk::fill_disks(stage, false, times(2, 20)).await,
        Scenario::DiskPostgres => disk::fill_disks(stage, true, times(2, 10)).await,
        Scenario::Clock => clock::move_clocks(stage, times(1, 5)).await,
        Scenario::SyncSqlite => sync::watch(stage, None, times(40, 400)).await,
        Scenario::SyncPostgres => sync::watch(stage, Some(cluster?), times(40, 400)).await,
        Scenario::Nodes => nodes::play(stage, cluster?, times(3, 25)).await,
    }
}

impl Scenario {
    /// As in the report.
    fn name(self) -> &'static str {
        match self {
            Scenario::FirstStarts => "first-starts",
            Scenario::KillsSqlite => "kills-sqlite",
            Scenario::KillsPostgres => "kills-postgres",
            Scenario::KillsDatabase => "kills-database",
            Scenario::DiskSqlite => "disk-sqlite",
            Scenario::DiskPostgres => "disk-postgres",
            Scenario::Clock => "clock",
            Scenario::SyncSqlite => "sync-sqlite",
            Scenario::SyncPostgres => "sync-postgres",
            Scenario::Nodes => "nodes",
        }
    }

    /// Whether it plays on the cluster that scenarios share.
    fn needs_postgres(self) -> bool {
        use Scenario::{KillsDatabase, KillsPostgres, Nodes, SyncPostgres};
        matches!(self, KillsPostgres | KillsDatabase | SyncPostgres | Nodes)
    }
}
