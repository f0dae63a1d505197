//! Running the server: listeners, jobs, the words of the first start, a stop that finishes what it began.

use std::io::IsTerminal as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::app::App;
use crate::config::{Config, Database};
use crate::domain::apps::{self, AppRecord, NewApp};
use crate::domain::console;
use crate::domain::keys::RsaKeys;
use crate::domain::origins::AuthOrigin;
use crate::error::Code;
use crate::messages::Channel;
use crate::messages::sender::Sender;
use crate::telemetry::metrics;
use crate::{http, jobs, setup};

/// How long a stop waits for requests and messages under way.
const STOP_WITHIN: Duration = Duration::from_secs(20);

/// The fact that names the example app.
const EXAMPLE_APP: &str = "example_app";

/// Runs until the process is told to stop.
pub fn run(mut config: Config) -> Result<()> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.worker_threads > 0 {
        builder.worker_threads(config.worker_threads);
    }
    let runtime = builder
        .enable_all()
        .build()
        .context("The runtime cannot start.")?;

    // Heard from the beginning, so that who is told to stop while starting stops in order, too.
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    let listener = runtime.block_on(listen(config.listen, "listen"))?;
    config.bound_to(listener.local_addr()?);
    let example_listener = config
        .example_listen
        .map(|address| runtime.block_on(listen(address, "example_listen")))
        .transpose()?;
    let metrics_listener = config
        .metrics_listen
        .map(|address| runtime.block_on(listen(address, "metrics_listen")))
        .transpose()?;
    if let Some(listener) = &example_listener {
        config.example_listen = Some(listener.local_addr()?);
    }

    let app = setup::open(config, RsaKeys::default())?;
    let example = example_listener
        .as_ref()
        .map(|listener| example_app(&app, listener.local_addr()?))
        .transpose()?
        .flatten();
    if let Some(record) = &example {
        let _ = app.example_id.set(record.id.clone());
    }
    setup::remember_public_url(&app)?;
    let setup_link = open_console(&app)?;
    greet(&app, example.as_ref(), setup_link.as_deref());
    if !app.config.sends(Channel::Email) {
        tracing::warn!(
            "nobody gets a mail: set smtp_url and mail_from (docs/ginnel.example.toml says how), or people sign in by passkey only"
        );
    }
    // From here on keys come from the pool, so that making one costs no request anything.
    app.rsa_keys.start_pool(app.config.rsa_key_pool);

    runtime.block_on(async {
        let (stop, stopped) = watch::channel(());
        let mut servers = tokio::task::JoinSet::new();
        servers.spawn(http::listener::answer(
            listener,
            http::router(app.clone()),
            stopped.clone(),
        ));
        if let (Some(listener), Some(record)) = (example_listener, &example) {
            servers.spawn(http::listener::answer(
                listener,
                http::example::router(app.clone(), record.id.clone()),
                stopped.clone(),
            ));
        }
        if let Some(listener) = metrics_listener {
            let router = metrics::router(app.clone())?;
            servers.spawn(http::listener::answer(listener, router, stopped.clone()));
        }
        servers.spawn(Sender::new(app.clone()).run(stopped.clone()));
        let flushing = tokio::spawn(jobs::flush_counters(app.clone()));
        jobs::start_housekeeping(app.clone());
        signals.told_to_stop().await;
        tracing::info!("stopping: requests under way are finished");
        drop(stop);
        let finished = async { while servers.join_next().await.is_some() {} };
        if tokio::time::timeout(STOP_WITHIN, finished).await.is_err() {
            tracing::warn!(
                "some requests or messages took longer than {} s and were cut off",
                STOP_WITHIN.as_secs()
            );
        }
        flushing.abort();
        if let Err(error) = app.counters.flush(&app).await {
            tracing::warn!("the last counters could not be written: {error:?}");
        }
        anyhow::Ok(())
    })?;
    app.store.clone().close();
    Ok(())
}

async fn listen(address: SocketAddr, setting: &str) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        let variable = setting.to_uppercase();
        format!("The address {address} cannot be listened on; if another program has the port, set another by GINNEL_{variable} (setting `{setting}`)")
    })
}

/// What tells the process to stop.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> Result<Self> {
        let hear = |kind| signal(kind).context("Signals to stop cannot be heard.");
        Ok(Signals {
            interrupt: hear(SignalKind::interrupt())?,
            terminate: hear(SignalKind::terminate())?,
        })
    }

    async fn told_to_stop(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// The example app of this installation, made at the first start, with its origin where it listens now; `None` once somebody
/// has deleted it.
fn example_app(app: &App, address: SocketAddr) -> Result<Option<AppRecord>> {
    let address = format!("http://localhost:{}", address.port());
    let origin = AuthOrigin::parse(&address)?.origin;
    let known = app.store.read_blocking(|tx| tx.find_fact(EXAMPLE_APP))?;
    if let Some(id) = known.and_then(|id| id.parse().ok()) {
        let now = app.clock.now();
        return Ok(app.store.write_blocking(move |tx| {
            let Some(mut record) = tx.find_app_to_update(&id, now)? else {
                return Ok(None);
            };
            // The listener may have moved to another port; host and passkeys stay the same.
            record.auth_origin = origin.clone();
            tx.update_app(&record)?;
            Ok(Some(record))
        })?);
    }
    let new = NewApp::parse("Example app", &address, "/dashboard")?;
    Ok(Some(apps::create_once(app, EXAMPLE_APP, new)?))
}

/// Opens the Console; a setup link while nobody runs the server, or after it has moved to another host. At an address for which browsers make no passkeys there
/// is no Console, and the rest works.
fn open_console(app: &App) -> Result<Option<String>> {
    let opened = console::moved_from(app).and_then(|moved| {
        console::open(app)?;
        Ok(moved)
    });
    match opened {
        Ok(None) => Ok(console::make_setup_link(app, false)?),
        Ok(Some(old_host)) => {
            tracing::warn!(
                "the server has moved away from {old_host}, and the passkeys of the Console's members stay behind there; \
                 the setup link lets an operator in, who signs up with another address or signs in by link first"
            );
            Ok(console::make_setup_link(app, true)?)
        }
        Err(refusal) if refusal.code() == Code::InvalidRequest => {
            tracing::warn!(
                "there is no Console at {}, since members sign in with passkeys: {refusal}",
                app.config.public_origin()
            );
            Ok(None)
        }
        Err(error) => Err(error.into()),
    }
}

/// What somebody reads who started the server.
fn greet(app: &App, example: Option<&AppRecord>, setup_link: Option<&str>) {
    let config = &app.config;
    let (bold, plain) = if std::io::stdout().is_terminal() {
        ("\x1b[1m", "\x1b[0m")
    } else {
        ("", "")
    };
    let data = match &config.database {
        Database::Sqlite(path) => format!("SQLite, {}", path.display()),
        Database::Postgres(_) => "PostgreSQL".to_owned(),
    };
    println!(
        "\n{bold}Ginnel {} runs at {}{plain}\n",
        env!("CARGO_PKG_VERSION"),
        config.public_origin()
    );
    match setup_link {
        Some(link) => println!("  Set it up    {bold}{link}{plain}"),
        None if app.console_id.get().is_none() => {}
        None => println!(
            "  Console      {bold}{}/console{plain}",
            config.public_origin()
        ),
    }
    if let Some(record) = example {
        println!(
            "  Try it       {bold}{}{plain}  (the example app: register with a passkey)",
            record.auth_origin
        );
        if config.keeps(Channel::Email) {
            println!(
                "  Mails        {}/inbox  (no mail server is set, so they stay here)",
                record.auth_origin
            );
        }
    }
    println!("  Reference    {}/docs", config.public_origin());
    println!("  Data         {data}\n\nStop with Ctrl-C.\n");
}
