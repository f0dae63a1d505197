//! A PostgreSQL of our own that waits for the disk, and that can be killed.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use super::dice::Dice;
use super::node::free_address;
use crate::machine::{self, Cores};

/// How long a start may take, crash recovery included.
const START_WITHIN: Duration = Duration::from_secs(90);

/// Where Debian and others keep the programs of each version.
const PROGRAMS: &str = "/usr/lib/postgresql";

/// How the database server ends.
#[derive(Clone, Copy, Debug)]
pub enum End {
    /// `kill -9` of the server and of all processes that it has started, as when a machine stops.
    Killed,
    /// An immediate shutdown: every process leaves where it is (`pg_ctl stop --mode immediate`).
    Immediate,
}

/// A cluster on a port of loopback; gone when dropped.
pub struct Cluster {
    folder: TempDir,
    /// Where its data is, if not in the folder.
    data: PathBuf,
    programs: PathBuf,
    /// Whom it runs as: PostgreSQL refuses root.
    user: Option<(u32, u32)>,
    port: u16,
    cores: Cores,
    server: Option<Child>,
}

impl Cluster {
    /// Makes one with durable commits and starts it. `place` is where its data goes [default: a temporary folder].
    pub async fn start(dice: &Dice, cores: Cores, place: Option<&Path>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("ginnel-chaos-postgres-")
            .tempdir()?;
        let user = match rustix::process::geteuid().is_root() {
            true => Some(user("postgres")?),
            false => None,
        };
        if let Some((uid, gid)) = user {
            for place in [Some(folder.path()), place].into_iter().flatten() {
                chown(place, Some(uid), Some(gid))?;
            }
        }
        let mut cluster = Cluster {
            data: place.unwrap_or(folder.path()).join("data"),
            folder,
            programs: programs()?,
            user,
            port: free_address(dice)?.port(),
            cores,
            server: None,
        };
        let data = cluster.data.clone();
        let output = cluster
            .command("initdb")
            .arg("--pgdata")
            .arg(&data)
            .args(["--username", "postgres", "--auth", "trust"])
            .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
            .output()?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        cluster.restart().await?;
        Ok(cluster)
    }

    /// A new, empty database; its address.
    pub fn create_database(&self, name: &str) -> Result<String> {
        let output = self
            .command("createdb")
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--username", "postgres", name])
            .output()?;
        if !output.status.success() {
            bail!(
                "createdb failed: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        Ok(format!(
            "postgres://postgres@127.0.0.1:{}/{name}",
            self.port
        ))
    }

    /// Starts it again after an end, and waits until it takes connections.
    pub async fn restart(&mut self) -> Result<()> {
        let begin = machine::now();
        loop {
            if self.server.is_none() {
                self.server = Some(self.spawn(&[])?);
            }
            if self.is_ready()? {
                return Ok(());
            }
            if let Some(server) = &mut self.server
                && server.try_wait()?.is_some()
            {
                // Processes that the killed one has left behind hold its shared memory for a moment.
                self.server = None;
            }
            if begin.elapsed() > START_WITHIN {
                bail!("PostgreSQL does not start. Its log:\n{}", self.log());
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Whether it takes connections.
    pub fn is_ready(&self) -> Result<bool> {
        let status = self
            .command("pg_isready")
            .args([
                "--quiet",
                "--host",
                "127.0.0.1",
                "--port",
                &self.port.to_string(),
            ])
            .status()?;
        Ok(status.success())
    }

    /// Ends it.
    pub fn end(&mut self, end: End) -> Result<()> {
        let Some(mut server) = self.server.take() else {
            return Ok(());
        };
        match end {
            End::Killed => {
                let children = children(server.id());
                server.kill()?;
                for child in children {
                    // It may have seen that its parent is gone.
                    let _ = kill_process(child, Signal::KILL);
                }
            }
            End::Immediate => kill_process(Pid::from_child(&server), Signal::QUIT)?,
        }
        server.wait()?;
        Ok(())
    }

    /// Ends it in order and starts it under another program, such as a tracer.
    pub async fn restart_under(&mut self, wrapper: &[String]) -> Result<()> {
        self.end(End::Immediate)?;
        self.server = Some(self.spawn(wrapper)?);
        self.restart().await
    }

    /// The end of what it has written to its log.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        let lines: Vec<_> = log.lines().rev().take(15).collect();
        lines.into_iter().rev().collect::<Vec<_>>().join("\n")
    }

    /// Where its user may write.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    fn spawn(&self, wrapper: &[String]) -> Result<Child> {
        let log = File::options()
            .create(true)
            .append(true)
            .open(self.folder.path().join("log"))?;
        let mut command = match wrapper.split_first() {
            None => self.command("postgres"),
            Some((wrapper, arguments)) => {
                let mut command = self.as_user(Command::new(wrapper));
                command.args(arguments).arg(self.programs.join("postgres"));
                command
            }
        };
        command
            .arg("-D")
            .arg(&self.data)
            .args(["-p", &self.port.to_string()])
            .args([
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
            ])
            .args(["-c", "max_connections=200", "-c", "fsync=on"])
            .args([
                "-c",
                "synchronous_commit=on",
                "-c",
                "wal_sync_method=fdatasync",
            ])
            .stdout(Stdio::from(log.try_clone()?))
            .stderr(log)
            .process_group(0);
        let child = self.cores.on_server_core(|| command.spawn())?;
        child.context("PostgreSQL cannot be started.")
    }

    fn command(&self, program: &str) -> Command {
        self.as_user(Command::new(self.programs.join(program)))
    }

    fn as_user(&self, mut command: Command) -> Command {
        // The working directory may be closed to its user.
        command.current_dir("/").stdin(Stdio::null());
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Err(error) = self.end(End::Immediate) {
            eprintln!("PostgreSQL may still run: {error:#}");
        }
    }
}

/// The programs of the newest version.
fn programs() -> Result<PathBuf> {
    let missing = "PostgreSQL is not installed. Debian, Ubuntu: apt-get install postgresql";
    let versions = fs::read_dir(PROGRAMS).context(missing)?;
    let newest = versions
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok())
        .max()
        .context(missing)?;
    Ok(Path::new(PROGRAMS).join(newest.to_string()).join("bin"))
}

/// User and group by name (passwd(5)).
pub fn user(name: &str) -> Result<(u32, u32)> {
    let users = fs::read_to_string("/etc/passwd")?;
    let line = users
        .lines()
        .map(|line| line.split(':').collect::<Vec<_>>())
        .find(|fields| fields[0] == name && fields.len() > 3)
        .with_context(|| format!("There is no user {name}."))?;
    Ok((line[2].parse()?, line[3].parse()?))
}

/// Processes that a process has started (proc(5)).
fn children(pid: u32) -> Vec<Pid> {
    let text = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
    text.split_whitespace()
        .filter_map(|pid| Pid::from_raw(pid.parse().ok()?))
        .collect()
}
