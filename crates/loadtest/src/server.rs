//! The server under test: a child process on its own core, its data in a folder that goes when the run ends, unless it is
//! to be kept.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process};
use serde::Deserialize;
use tempfile::TempDir;

use crate::app::{ORIGIN, TestedApp};
use crate::http::{Connection, Request};
use crate::machine::{self, Cores};

/// How long a start may take before it counts as failed.
const START_WITHIN: Duration = Duration::from_secs(60);

/// How long a stop may take before the process is killed.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// Where a server comes from and where it keeps its data.
pub struct Installation {
    binary: PathBuf,
    /// PostgreSQL; SQLite in the folder if none.
    database: Option<String>,
    master_key: Option<String>,
    /// The mail server that the server sends to.
    mail: SocketAddr,
    /// What the server writes to its log.
    log: &'static str,
    folder: Folder,
    cores: Cores,
}

enum Folder {
    Temporary(TempDir),
    Kept(PathBuf),
}

/// A running server; stopped when dropped.
pub struct Server {
    child: Child,
    /// Where it answers.
    pub address: SocketAddr,
    /// From spawning it to its first answer.
    pub started_in: Duration,
}

impl Installation {
    /// A new one, with an empty data folder, or with what is in the one that is kept.
    pub fn new(
        binary: &Path,
        kept: Option<&Path>,
        database: Option<String>,
        mail: SocketAddr,
        log: &'static str,
        cores: Cores,
    ) -> Result<Self> {
        let binary = binary.canonicalize().with_context(|| {
            format!(
                "There is no {}. Build it with `cargo build --release`, or name another with --server.",
                binary.display()
            )
        })?;
        let master_key = match (&database, std::env::var("GINNEL_MASTER_KEY")) {
            (None, _) => None,
            (Some(_), Ok(key)) => Some(key),
            (Some(_), Err(_)) => Some(random_key()?),
        };
        Ok(Installation {
            binary,
            database,
            master_key,
            mail,
            log,
            folder: match kept {
                None => Folder::Temporary(
                    tempfile::Builder::new()
                        .prefix("ginnel-loadtest-")
                        .tempdir()?,
                ),
                Some(folder) => {
                    fs::create_dir_all(folder)?;
                    Folder::Kept(folder.canonicalize()?)
                }
            },
            cores,
        })
    }

    /// The data folder.
    pub fn folder(&self) -> &Path {
        match &self.folder {
            Folder::Temporary(folder) => folder.path(),
            Folder::Kept(folder) => folder,
        }
    }

    /// Size of the binary in megabytes of 1,000,000 bytes.
    pub fn binary_mb(&self) -> Result<f64> {
        Ok(self.binary.metadata()?.len() as f64 / 1_000_000.0)
    }

    /// Which cores the server and the load run on.
    pub fn cores(&self) -> Cores {
        self.cores
    }

    /// A command of this installation; nothing but what is set here comes from outside.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.binary);
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GINNEL_") {
                command.env_remove(name);
            }
        }
        command
            .current_dir(self.folder())
            .env("GINNEL_DATA_DIR", self.folder())
            .env("GINNEL_LOG", self.log)
            .env("GINNEL_FLOOD_BURST", "0")
            .env("GINNEL_SMTP_URL", format!("smtp://{}", self.mail))
            .env("GINNEL_MAIL_FROM", "login@example.com")
            .env("GINNEL_MESSAGES_PER_ADDRESS_PER_HOUR", "0")
            .env("GINNEL_MESSAGES_PER_CLIENT_PER_HOUR", "0")
            .env("GINNEL_EXAMPLE_LISTEN", "off")
            .stdin(Stdio::null());
        if let Some(database) = &self.database {
            command.env("GINNEL_DATABASE", database);
        }
        if let Some(key) = &self.master_key {
            command.env("GINNEL_MASTER_KEY", key);
        }
        command
    }

    /// Makes an app through the command line.
    pub fn create_app(&self, name: &str, algorithm: &'static str) -> Result<TestedApp> {
        #[derive(Deserialize)]
        struct Created {
            app: Described,
        }
        #[derive(Deserialize)]
        struct Described {
            id: String,
            rp_id: String,
        }
        let output = self
            .command()
            .args(["app", "create", "--json", "--algorithm", algorithm])
            .args(["--name", name, "--auth-origin", ORIGIN])
            .args(["--redirect-url", "/dashboard"])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("`ginnel app create` failed; its words are above.");
        }
        let Created { app } = serde_json::from_slice(&output.stdout)
            .context("`ginnel app create --json` printed something else.")?;
        Ok(TestedApp::new(app.id, app.rp_id, ORIGIN.to_owned(), 0))
    }

    /// Whether the running server has messages that are not delivered, as it says itself.
    pub fn has_waiting_messages(&self) -> Result<bool> {
        #[derive(Deserialize)]
        struct Listed {
            messages: Vec<serde_json::Value>,
        }
        let output = self
            .command()
            .args(["messages", "list", "--state", "waiting", "--json"])
            .stderr(Stdio::inherit())
            .output()?;
        if !output.status.success() {
            bail!("`ginnel messages list` failed; its words are above.");
        }
        let Listed { messages } = serde_json::from_slice(&output.stdout)
            .context("`ginnel messages list --json` printed something else.")?;
        Ok(!messages.is_empty())
    }

    /// Starts a server and waits for its first healthy answer.
    pub async fn start(&self) -> Result<Server> {
        let address = free_address()?;
        let mut command = self.command();
        command
            .args(["serve", "--listen", &address.to_string()])
            .args(["--public-url", &origin(address)])
            .stdout(Stdio::null())
            // A Ctrl-C reaches this program alone, which then stops the server in order.
            .process_group(0);
        let begin = machine::now();
        let child = self
            .cores
            .on_server_core(|| command.spawn())?
            .with_context(|| format!("{} cannot be started.", self.binary.display()))?;
        let mut server = Server {
            child,
            address,
            started_in: Duration::ZERO,
        };
        while !is_healthy(address).await {
            if let Some(status) = server.child.try_wait()? {
                bail!("The server ended while it started ({status}); its words are above.");
            }
            if begin.elapsed() > START_WITHIN {
                bail!("The server gave no healthy answer in {START_WITHIN:?}.");
            }
            tokio::time::sleep(Duration::from_micros(500)).await;
        }
        server.started_in = begin.elapsed();
        Ok(server)
    }
}

impl Server {
    /// Under which origin it is reached.
    pub fn origin(&self) -> String {
        origin(self.address)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks the process to stop and waits until it has; kills it if it does not.
    fn stop(&mut self) -> Result<()> {
        if self.child.try_wait()?.is_some() {
            return Ok(());
        }
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let begin = machine::now();
        while self.child.try_wait()?.is_none() {
            if begin.elapsed() > STOP_WITHIN {
                eprintln!("The server did not stop in {STOP_WITHIN:?} and is killed.");
                self.child.kill()?;
                self.child.wait()?;
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Err(error) = self.stop() {
            eprintln!("The server (process {}) may still run: {error}", self.pid());
        }
    }
}

fn origin(address: SocketAddr) -> String {
    format!("http://localhost:{}", address.port())
}

/// Whether a server answers there, and calls itself healthy.
pub async fn is_healthy(address: SocketAddr) -> bool {
    let Ok(mut connection) = Connection::open(address).await else {
        return false;
    };
    let request = Request {
        method: "GET",
        path: "/healthz",
        ..Request::default()
    };
    let answer = connection.send(&request).await;
    answer.is_ok_and(|answer| answer.status == 200)
}

/// A loopback port that nobody listens on right now.
fn free_address() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    Ok(listener.local_addr()?)
}

fn random_key() -> Result<String> {
    let mut key = [0; 32];
    #[expect(
        clippy::disallowed_methods,
        reason = "this key protects a database that is thrown away"
    )]
    rand::fill(&mut key).map_err(|_| anyhow::anyhow!("There is no randomness."))?;
    Ok(STANDARD.encode(key))
}
