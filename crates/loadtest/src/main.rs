//! Software passkeys against a running Ginnel, measured.
//!
//! `ginnel-loadtest --server target/release/ginnel` starts the server on one core with a fresh data folder, fills it with
//! users who sign up as people do, restarts it, and measures each kind of operation from another core. Figures never
//! decide whether it succeeds: only an operation that was answered otherwise than the contract says does.
//!
//! With `--soak` it works the server for an hour, and looks at its memory.
//!
//! With `--console` it measures the pages of the Console instead, on a database filled with a year's traffic.
//!
//! With `--outage` it cuts the server off from its mail server under load instead; then mails that are lost or come twice
//! are a failure, too.
//!
//! With `--chaos` it kills, fills and cuts off whatever the server stands on, and looks for what is missing after.
//!
//! `server` is the process under test, `app` its apps, `passkey` the authenticator, `http` the connection, `mail` the mail
//! server, `phases` the operations and how they are measured, `console` the Console's pages, `chaos` the kills, `machine` clocks and memory,
//! `report` the figures.

mod app;
mod chaos;
mod console;
mod http;
mod machine;
mod mail;
mod passkey;
mod phases;
mod report;
mod server;
mod soak;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde::Serialize;

use chaos::{Form, Scenario};
use console::Figures;
use http::{Connection, Request};
use machine::Cores;
use mail::Sink;
use phases::{Apps, Load, Phase};
use report::Report;
use server::{Installation, Server};

/// Of so many users, one signs in with RS256 tokens.
const RS256_SHARE: u64 = 10;

/// Starts on the existing data folder; the median counts.
const STARTS: usize = 5;

/// How long a started server is left alone before its memory counts as idle.
const SETTLE: Duration = Duration::from_secs(3);

/// Measure a Ginnel server with software passkeys
#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    /// The server's binary; best a release build
    #[arg(long, value_name = "PATH")]
    server: PathBuf,
    /// Print one JSON object; the tables go to standard error
    #[arg(long)]
    json: bool,
    /// Users in the database before anything is measured: nine of ten in an app with ES256 tokens, the rest in one with RS256
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(RS256_SHARE..))]
    users: u64,
    /// How long each operation is measured, after a warm-up of a tenth of that
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Connections, each with one request under way
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..))]
    concurrency: u16,
    /// An empty PostgreSQL database, postgres://…; GINNEL_MASTER_KEY is used if set [default: SQLite in a temporary folder]
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    /// Measure these operations only
    #[arg(long, value_enum, value_delimiter = ',')]
    only: Vec<Phase>,
    /// Instead, ask for links for so many seconds, during half of which the mail server is off; lost and doubled mails fail
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, default_missing_value = "60", conflicts_with_all = ["only", "users", "seconds"])]
    outage: Option<u32>,
    /// Instead, load the server for so many minutes with all kinds of requests in turns, and note its memory
    #[arg(long, value_name = "MINUTES", num_args = 0..=1, default_missing_value = "60", conflicts_with_all = ["only", "outage", "seconds"], value_parser = clap::value_parser!(u32).range(1..))]
    soak: Option<u32>,
    /// Instead, time every page of the Console, with a million users and ten million events; PostgreSQL's user must be a
    /// superuser
    #[arg(long, conflicts_with_all = ["only", "outage", "soak", "users", "seconds", "concurrency"])]
    console: bool,
    /// Instead, kill the server, its database and one of two nodes under load, fill the disk, move the clock, and look for what
    /// is missing after; needs strace, faketime, nginx and PostgreSQL
    #[arg(long, value_enum, value_name = "FORM", num_args = 0..=1, default_missing_value = "full", conflicts_with_all = ["only", "outage", "soak", "console", "users", "seconds", "concurrency", "database"])]
    chaos: Option<Form>,
    /// Of these, play only some
    #[arg(long, requires = "chaos", value_enum, value_delimiter = ',')]
    scenario: Vec<Scenario>,
    /// Keep the data folder here, and measure on what an earlier run has filled (for PostgreSQL, with its GINNEL_MASTER_KEY)
    #[arg(long, requires = "console", value_name = "FOLDER")]
    keep: Option<PathBuf>,
}

fn main() -> ExitCode {
    match measure(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ginnel-loadtest: {error}");
            for cause in error.chain().skip(1) {
                eprintln!("  {cause}");
            }
            ExitCode::FAILURE
        }
    }
}

fn measure(arguments: &Arguments) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    // A signal drops the run, and with it the server and its folder.
    let local = tokio::task::LocalSet::new();
    local.block_on(&runtime, async {
        tokio::select! {
            done = measure_and_print(arguments) => done,
            stopped = told_to_stop() => {
                stopped?;
                bail!("Stopped before the end; the server is stopped and its data removed.")
            }
        }
    })
}

async fn measure_and_print(arguments: &Arguments) -> Result<()> {
    if arguments.console {
        let figures = measure_console(arguments).await?;
        return print(arguments, &figures.table(), &figures);
    }
    if let Some(form) = arguments.chaos {
        let report = chaos::run(&arguments.server, form, &arguments.scenario).await?;
        print(arguments, &report.table(), &report)?;
        return match report.tally() {
            (_, 0) => Ok(()),
            (_, failed) => bail!("{failed} claims do not hold."),
        };
    }
    let report = run(arguments).await?;
    print(arguments, &report.tables(), &report)?;
    let failures = report.failures();
    if !failures.is_empty() {
        bail!("{}", failures.join("\n"));
    }
    Ok(())
}

fn print(arguments: &Arguments, tables: &str, figures: &impl Serialize) -> Result<()> {
    if arguments.json {
        eprint!("{tables}");
        println!("{}", serde_json::to_string_pretty(figures)?);
    } else {
        print!("{tables}");
    }
    Ok(())
}

async fn told_to_stop() -> Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result.context("Ctrl-C cannot be heard."),
        _ = terminate.recv() => Ok(()),
    }
}

async fn run(arguments: &Arguments) -> Result<Report> {
    let cores = Cores::find()?;
    let mut sink = Sink::start()?;
    // In an outage, each message that is put off is a warning.
    let log = arguments.outage.map_or("warn", |_| "error");
    let database = arguments.database.clone();
    let mail = sink.address();
    let installation = Installation::new(&arguments.server, None, database, mail, log, cores)?;
    let mut report = Report::default();
    describe(arguments, cores, &installation, &mut report)?;
    match arguments.outage {
        None => measure_operations(arguments, &installation, &sink, &mut report).await?,
        Some(seconds) => {
            let server = installation.start().await?;
            let app = Rc::new(installation.create_app("Outage", "ES256")?);
            let load = load(arguments, &server, seconds);
            eprintln!("Asking for links for {seconds} s …");
            let outage = phases::survive_outage(&load, &installation, &mut sink, &app).await?;
            report.add_outage(outage);
        }
    }
    Ok(report)
}

async fn measure_console(arguments: &Arguments) -> Result<Figures> {
    let cores = Cores::find()?;
    let sink = Sink::start()?;
    let (database, kept) = (arguments.database.clone(), arguments.keep.as_deref());
    let mail = sink.address();
    let installation = Installation::new(
        &arguments.server,
        kept,
        database.clone(),
        mail,
        "warn",
        cores,
    )?;
    console::measure(&installation, database, cores).await
}

async fn measure_operations(
    arguments: &Arguments,
    installation: &Installation,
    sink: &Sink,
    report: &mut Report,
) -> Result<()> {
    let server = installation.start().await?;
    report.add_number("start_fresh_ms", machine::milliseconds(server.started_in));
    report.add_number("web_js_gzip_kb", web_js_gzip_kb(&server).await?);
    let apps = Apps {
        rs256: Rc::new(installation.create_app("Load with RS256", "RS256")?),
        es256: Rc::new(installation.create_app("Load with ES256", "ES256")?),
    };
    seed(arguments, &server, &apps, report).await?;
    drop(server);

    let server = restart(installation, report).await?;
    tokio::time::sleep(SETTLE).await;
    report.add_number("memory_idle_mb", machine::memory_mb(server.pid(), "VmRSS")?);
    let anonymous = machine::memory_mb(server.pid(), "RssAnon")?;
    report.add_number("memory_idle_anonymous_mb", anonymous);
    let load = load(arguments, &server, arguments.seconds);
    if let Some(minutes) = arguments.soak {
        return soak::soak(&load, minutes, &apps, sink, report).await;
    }
    for phase in Phase::ALL {
        if arguments.only.is_empty() || arguments.only.contains(&phase) {
            eprintln!("Measuring {} …", phase.name());
            let (measured, mails) = phase.run(&load, &apps, sink).await?;
            report.add_phase(phase, measured);
            if let Some(mails) = mails {
                report.add_mails(&mails);
            }
        }
    }
    report.add_number("memory_load_mb", machine::memory_mb(server.pid(), "VmHWM")?);
    // The rest is the binary and, counted once for each connection that maps it, the database file.
    let anonymous = machine::memory_mb(server.pid(), "RssAnon")?;
    report.add_number("memory_load_anonymous_mb", anonymous);
    Ok(())
}

/// What the figures depend on.
fn describe(
    arguments: &Arguments,
    cores: Cores,
    installation: &Installation,
    report: &mut Report,
) -> Result<()> {
    if !cores.are_separate() {
        eprintln!(
            "There is one core only: server and load share it, and the figures are lower for it."
        );
    }
    let database = match arguments.database {
        Some(_) => "postgres",
        None => "sqlite",
    };
    report.add("database", database);
    report.add("cores", cores.count);
    if arguments.outage.is_none() {
        report.add("users", arguments.users);
    }
    report.add("seconds", arguments.outage.unwrap_or(arguments.seconds));
    report.add("concurrency", arguments.concurrency);
    let sync = machine::disk_sync_ms(installation.folder())?;
    report.add_number("disk_sync_ms", sync);
    report.add_number("binary_mb", installation.binary_mb()?);
    Ok(())
}

fn load(arguments: &Arguments, server: &Server, seconds: u32) -> Load {
    let window = Duration::from_secs(seconds.into());
    Load {
        address: server.address,
        pid: server.pid(),
        concurrency: arguments.concurrency.into(),
        window,
        warm_up: window / 10,
    }
}

/// Fills both apps with users.
async fn seed(
    arguments: &Arguments,
    server: &Server,
    apps: &Apps,
    report: &mut Report,
) -> Result<()> {
    let rs256_users = arguments.users / RS256_SHARE;
    let load = load(arguments, server, arguments.seconds);
    let begin = machine::now();
    for (app, users) in [
        (&apps.rs256, rs256_users),
        (&apps.es256, arguments.users - rs256_users),
    ] {
        eprintln!("Signing up {users} users …");
        phases::seed(&load, app, users).await?;
    }
    report.add_number("seed_seconds", begin.elapsed().as_secs_f64());
    Ok(())
}

/// Starts a server on the data that is there several times; the last one stays.
async fn restart(installation: &Installation, report: &mut Report) -> Result<Server> {
    let mut server = installation.start().await?;
    let mut times = vec![machine::milliseconds(server.started_in)];
    while times.len() < STARTS {
        drop(server);
        server = installation.start().await?;
        times.push(machine::milliseconds(server.started_in));
    }
    report.add_number("start_existing_ms", machine::median(times));
    Ok(server)
}

/// Weight of the elements' script as the server gives it, compressed here; kilobytes of 1,000 bytes.
async fn web_js_gzip_kb(server: &Server) -> Result<f64> {
    let mut connection = Connection::open(server.address).await?;
    let request = Request {
        method: "GET",
        path: "/web.js",
        ..Request::default()
    };
    let answer = connection.send(&request).await?;
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(answer.expect(200).context("/web.js")?)?;
    Ok(encoder.finish()?.len() as f64 / 1000.0)
}
