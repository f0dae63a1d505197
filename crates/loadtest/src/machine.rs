//! What the machine says: the clock, cores to pin to, CPU time and memory of a process, how long a disk takes to sync.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Syncs whose median is reported.
const SYNCS: usize = 50;

/// The time, for measuring.
#[expect(
    clippy::disallowed_methods,
    reason = "a measurement is the one thing that needs the real clock"
)]
pub fn now() -> Instant {
    Instant::now()
}

/// The time of day, milliseconds since 1970.
#[expect(
    clippy::disallowed_methods,
    reason = "what is written beside the server must fit the server's clock"
)]
pub fn unix_milliseconds() -> Result<i64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(i64::try_from(since.as_millis())?)
}

/// The same in microseconds.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured here is held against the times in a trace"
)]
pub fn unix_microseconds() -> Result<u64> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(u64::try_from(since.as_micros())?)
}

/// Processes that wanted a core in the last minute, on average (proc(5), `/proc/loadavg`).
pub fn load_average() -> Result<f64> {
    let text = fs::read_to_string("/proc/loadavg")?;
    let first = text.split(' ').next().unwrap_or_default();
    first.parse().context("/proc/loadavg is odd.")
}

/// Milliseconds of a duration.
pub fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// Which core the server runs on and which one the load.
#[derive(Debug, Clone, Copy)]
pub struct Cores {
    /// Cores that this process may use.
    pub count: usize,
    server: usize,
    load: usize,
}

impl Cores {
    /// The first two cores that this process may use; the same one twice if there is one only. The calling thread, and
    /// those that it starts from here on, go to the load's.
    pub fn find() -> Result<Self> {
        let allowed = sched_getaffinity(None).context("The cores cannot be listed.")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|&core| allowed.is_set(core));
        let server = cores.next().context("There is no core to run on.")?;
        let load = cores.next().unwrap_or(server);
        pin(load)?;
        Ok(Cores {
            count: usize::try_from(allowed.count())?,
            server,
            load,
        })
    }

    /// Whether server and load each have a core of their own.
    pub fn are_separate(&self) -> bool {
        self.server != self.load
    }

    /// Runs something that starts a process, so that the process inherits the server's core; back to the load's after.
    pub fn on_server_core<T>(&self, start: impl FnOnce() -> T) -> Result<T> {
        pin(self.server)?;
        let started = start();
        pin(self.load)?;
        Ok(started)
    }
}

fn pin(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("Core {core} cannot be pinned to."))
}

/// CPU time that a process has used so far, user and system, in steps of a clock tick (proc(5), `/proc/pid/stat`).
pub fn cpu_time(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))
        .with_context(|| format!("Process {pid} is gone."))?;
    // The second field is the program's name in brackets and may hold anything.
    let (_, fields) = stat.rsplit_once(") ").context("/proc/pid/stat is odd.")?;
    let mut fields = fields.split(' ').skip(11);
    let mut ticks = 0;
    for _ in ["utime", "stime"] {
        let field = fields.next().context("/proc/pid/stat is short.")?;
        ticks += field.parse::<u64>()?;
    }
    Ok(Duration::from_secs(1) * u32::try_from(ticks)?
        / u32::try_from(rustix::param::clock_ticks_per_second())?)
}

/// A line of `/proc/pid/status` that counts kilobytes, in megabytes of 1,000,000 bytes.
pub fn memory_mb(pid: u32, line: &str) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))
        .with_context(|| format!("Process {pid} is gone."))?;
    let kilobytes: u32 = status
        .lines()
        .filter_map(|found| found.split_once(':'))
        .find_map(|(name, value)| (name == line).then(|| value.trim().trim_end_matches(" kB")))
        .with_context(|| format!("/proc/pid/status has no {line}."))?
        .parse()?;
    Ok(f64::from(kilobytes) * 1024.0 / 1_000_000.0)
}

/// Files and connections that a process has open.
pub fn open_files(pid: u32) -> Result<usize> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd"));
    Ok(entries
        .with_context(|| format!("Process {pid} is gone."))?
        .count())
}

/// Median time of appending 4 KiB to a file in `folder` and syncing it: what a durable commit waits for at least.
pub fn disk_sync_ms(folder: &Path) -> Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let begin = now();
        file.write_all(&[7; 4096])?;
        file.sync_data()?;
        times.push(milliseconds(begin.elapsed()));
    }
    fs::remove_file(path)?;
    Ok(median(times))
}

/// The middle value; of an even number, the upper one of the two.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
