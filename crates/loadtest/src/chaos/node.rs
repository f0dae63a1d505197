//! A server process that is killed and started again, always at the same address.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

use super::dice::Dice;
use crate::machine;
use crate::server::{Installation, is_healthy};

/// How long a start may take.
const START_WITHIN: Duration = Duration::from_secs(60);

/// How long an orderly stop may take: the server gives what it began 20 seconds.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// How often a process is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// Ports that the system gives to nobody by itself: while the server is down, no client's connection may sit on its port.
const PORTS: (u16, u16) = (10_000, 20_000);

/// How a server is started.
#[derive(Clone)]
pub struct Setup {
    pub address: SocketAddr,
    pub public_url: String,
    /// Variables beside those of the installation.
    pub environment: Vec<(&'static str, PathBuf)>,
    /// A program with its arguments that runs the server.
    pub wrapper: Vec<String>,
    /// Where its log goes.
    pub log: PathBuf,
}

/// A process; killed when dropped.
pub struct Node {
    child: Child,
    pub address: SocketAddr,
}

impl Setup {
    /// On a free port, with that port in its public address.
    pub fn new(dice: &Dice, log: &Path) -> Result<Self> {
        let address = free_address(dice)?;
        Ok(Setup {
            address,
            public_url: format!("http://localhost:{}", address.port()),
            environment: Vec::new(),
            wrapper: Vec::new(),
            log: log.to_owned(),
        })
    }

    fn command(&self, installation: &Installation) -> Result<Command> {
        let plain = installation.command();
        let mut command = match self.wrapper.split_first() {
            None => plain,
            Some((wrapper, arguments)) => {
                let mut command = Command::new(wrapper);
                command.args(arguments).arg(plain.get_program());
                for (name, value) in plain.get_envs() {
                    match value {
                        Some(value) => command.env(name, value),
                        None => command.env_remove(name),
                    };
                }
                command.current_dir(installation.folder());
                command.stdin(Stdio::null());
                command
            }
        };
        let log = OpenOptions::new()
            .create(true)
            .append(true)
            .open(&self.log)?;
        command
            .args(["serve", "--listen", &self.address.to_string()])
            .args(["--public-url", &self.public_url])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdout(Stdio::null())
            .stderr(log)
            .process_group(0);
        Ok(command)
    }
}

impl Node {
    /// Starts a process and lets it be.
    pub fn spawn(installation: &Installation, setup: &Setup) -> Result<Self> {
        let mut command = setup.command(installation)?;
        let child = installation.cores().on_server_core(|| command.spawn())?;
        Ok(Node {
            child: child.context("The server cannot be started.")?,
            address: setup.address,
        })
    }

    /// Starts a process and waits for its first healthy answer.
    pub async fn start(installation: &Installation, setup: &Setup) -> Result<Self> {
        let mut node = Self::spawn(installation, setup)?;
        let begin = machine::now();
        while !is_healthy(node.address).await {
            if let Some(status) = node.child.try_wait()? {
                bail!(
                    "The server ended while it started ({status}). Its words are in {}.",
                    setup.log.display()
                );
            }
            if begin.elapsed() > START_WITHIN {
                bail!("The server gave no healthy answer in {START_WITHIN:?}.");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Ok(node)
    }

    /// `kill -9`.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Asks it to stop, as an operator does, and waits until it has.
    pub async fn stop(mut self) -> Result<ExitStatus> {
        kill_process(Pid::from_child(&self.child), Signal::TERM)?;
        let begin = machine::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status);
            }
            if begin.elapsed() > STOP_WITHIN {
                bail!("The server did not stop in {STOP_WITHIN:?}.");
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may be gone already, and then there is nothing to do.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback port that nobody listens on, outside of those that the system deals out.
pub fn free_address(dice: &Dice) -> Result<SocketAddr> {
    for _ in 0..100 {
        let port = PORTS.0 + dice.roll((PORTS.1 - PORTS.0).into()) as u16;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        if TcpListener::bind(address).is_ok() {
            return Ok(address);
        }
    }
    bail!("All ports from {} on are taken.", PORTS.0)
}

/// An empty file, in a folder that is there after.
pub fn empty_file(path: &Path) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    File::create(path).with_context(|| format!("{} cannot be written.", path.display()))?;
    Ok(())
}
