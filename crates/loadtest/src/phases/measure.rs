//! Many clients at once on this one thread: what they do in a window of time, and what that costs on both sides.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Result, bail};
use tokio::sync::Notify;
use tokio::task::LocalSet;

use crate::http::Connection;
use crate::machine;

/// Failed operations after which a phase gives up.
const ERRORS_MAX: u64 = 20;

/// How a phase is run.
pub struct Load {
    /// Where the server answers.
    pub address: SocketAddr,
    /// The server's process.
    pub pid: u32,
    /// Connections, each with one request under way.
    pub concurrency: usize,
    /// Length of the window in which operations count.
    pub window: Duration,
    /// What runs before the window, so that caches, pools and connections are as they stay.
    pub warm_up: Duration,
}

/// Something that can be done again and again.
pub trait Operate: 'static {
    /// Does it once; `false` if there is nothing left to do it with, which ends the window.
    async fn operate(&mut self) -> Result<bool>;
}

/// What a phase took. Latencies are those of whole operations, a sign-in's start and finish together.
#[derive(Debug)]
pub struct Measured {
    pub per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    /// CPU time of the server for each operation, microseconds.
    pub cpu_us: f64,
    /// How much of a core the server used, in per cent.
    pub server_cpu_percent: f64,
    /// The same of this program: near 100, it was the limit and not the server.
    pub client_cpu_percent: f64,
    pub errors: u64,
    /// What the first failed operation was answered.
    pub first_error: Option<String>,
}

/// What the clients of a phase write down.
#[derive(Default)]
struct Record {
    is_counting: bool,
    is_over: bool,
    latencies_ns: Vec<u64>,
    errors: u64,
    first_error: Option<String>,
}

impl Load {
    /// What fills a database as fast as it can, with nothing measured.
    pub fn of_seed(address: SocketAddr, pid: u32) -> Self {
        Load {
            address,
            pid,
            concurrency: 32,
            window: Duration::ZERO,
            warm_up: Duration::ZERO,
        }
    }

    /// Opens a connection for each client.
    pub async fn connect(&self) -> Result<Vec<Connection>> {
        let mut connections = Vec::with_capacity(self.concurrency);
        for _ in 0..self.concurrency {
            connections.push(Connection::open(self.address).await?);
        }
        Ok(connections)
    }

    /// Lets every client operate until there is nothing left to do; stops at the first failure.
    pub async fn exhaust<C: Operate>(&self, clients: Vec<C>) -> Result<()> {
        let local = LocalSet::new();
        let mut workers = Vec::with_capacity(clients.len());
        for mut client in clients {
            workers.push(local.spawn_local(async move {
                while client.operate().await? {}
                anyhow::Ok(())
            }));
        }
        local
            .run_until(async {
                for worker in workers {
                    worker.await??;
                }
                Ok(())
            })
            .await
    }

    /// Lets every client operate until the window is over.
    pub async fn measure<C: Operate>(&self, clients: Vec<C>) -> Result<Measured> {
        let record = Rc::new(RefCell::new(Record::default()));
        let ran_out = Rc::new(Notify::new());
        let local = LocalSet::new();
        let workers: Vec<_> = clients
            .into_iter()
            .map(|client| {
                let (record, ran_out) = (Rc::clone(&record), Rc::clone(&ran_out));
                local.spawn_local(repeat(client, record, ran_out))
            })
            .collect();
        local
            .run_until(async {
                tokio::time::sleep(self.warm_up).await;
                let before = Moment::now(self.pid)?;
                if record.borrow().is_over {
                    bail!("The warm-up left nothing to measure with. Shorten it with --seconds.");
                }
                record.borrow_mut().is_counting = true;
                tokio::select! {
                    () = tokio::time::sleep(self.window) => {}
                    () = ran_out.notified() => {}
                }
                record.borrow_mut().is_over = true;
                let used = Moment::now(self.pid)?.since(&before);
                for worker in workers {
                    worker.await?;
                }
                Ok(record.take().summarise(&used))
            })
            .await
    }
}

async fn repeat<C: Operate>(mut client: C, record: Rc<RefCell<Record>>, ran_out: Rc<Notify>) {
    loop {
        let begin = machine::now();
        let result = client.operate().await;
        let latency = begin.elapsed();
        let mut record = record.borrow_mut();
        if matches!(result, Ok(false)) {
            record.is_over = true;
            ran_out.notify_one();
            return;
        }
        if let Err(error) = &result {
            record.errors += 1;
            record
                .first_error
                .get_or_insert_with(|| format!("{error:#}"));
        }
        if record.is_over || record.errors >= ERRORS_MAX {
            return;
        }
        if record.is_counting && result.is_ok() {
            let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
            record.latencies_ns.push(nanoseconds);
        }
    }
}

impl Record {
    fn summarise(mut self, used: &Usage) -> Measured {
        self.latencies_ns.sort_unstable();
        let operations = self.latencies_ns.len() as f64;
        let seconds = used.wall.as_secs_f64();
        let percent = |cpu: Duration| 100.0 * cpu.as_secs_f64() / seconds;
        let percentile_ms = |share| percentile(&self.latencies_ns, share) as f64 / 1_000_000.0;
        Measured {
            per_second: operations / seconds,
            p50_ms: percentile_ms(0.50),
            p99_ms: percentile_ms(0.99),
            cpu_us: used.server.as_secs_f64() * 1_000_000.0 / operations.max(1.0),
            server_cpu_percent: percent(used.server),
            client_cpu_percent: percent(used.client),
            errors: self.errors,
            first_error: self.first_error,
        }
    }
}

/// The smallest value that at least `share` of all values do not exceed (nearest rank); 0 of none.
fn percentile(sorted: &[u64], share: f64) -> u64 {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// Time that has passed, on the wall and on the cores.
struct Usage {
    wall: Duration,
    server: Duration,
    client: Duration,
}

/// A moment from which usage is counted.
struct Moment {
    at: std::time::Instant,
    server: Duration,
    client: Duration,
}

impl Moment {
    fn now(pid: u32) -> Result<Self> {
        Ok(Moment {
            at: machine::now(),
            server: machine::cpu_time(pid)?,
            client: machine::cpu_time(std::process::id())?,
        })
    }

    fn since(&self, before: &Moment) -> Usage {
        Usage {
            wall: self.at - before.at,
            server: self.server - before.server,
            client: self.client - before.client,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_nearest_ranks() {
        let values: Vec<u64> = (1..=100).collect();
        assert_eq!(percentile(&values, 0.50), 50);
        assert_eq!(percentile(&values, 0.99), 99);
        assert_eq!(percentile(&[7], 0.99), 7);
        assert_eq!(percentile(&[], 0.99), 0);
    }

    #[test]
    fn figures_are_per_operation_and_per_second() {
        let record = Record {
            latencies_ns: vec![3_000_000, 1_000_000, 2_000_000, 4_000_000],
            ..Record::default()
        };
        let measured = record.summarise(&Usage {
            wall: Duration::from_secs(2),
            server: Duration::from_secs(1),
            client: Duration::from_millis(500),
        });
        assert_eq!(measured.per_second, 2.0);
        assert_eq!(measured.cpu_us, 250_000.0);
        assert_eq!((measured.p50_ms, measured.p99_ms), (2.0, 4.0));
        assert_eq!(measured.server_cpu_percent, 50.0);
        assert_eq!(measured.client_cpu_percent, 25.0);
    }
}
