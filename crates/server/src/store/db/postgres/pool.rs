//! The threads of PostgreSQL: each owns one connection, keeps it alive, and runs reads and writes from one queue.

use std::any::TypeId;
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

use crossbeam_channel::Receiver;

use super::address::Address;
use super::session::{End, Session};
use crate::error::{Error, Result, StoreFailure};
use crate::store::db::Opened;
use crate::store::db::job::{Access, Failure, Job, Message, Queue, Threads};

/// How often a closure runs that loses against others or meets a stale statement.
const TRIES: u32 = 8;
/// How often a closure runs whose connection breaks.
const CONNECTIONS_PER_JOB: u32 = 2;
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// What the threads share.
struct Pool {
    address: Address,
    waiting: Receiver<Message>,
    /// How many threads have a connection.
    connected: AtomicUsize,
    /// The closures that are known to have several statements in a read.
    snapshots: RwLock<HashSet<TypeId>>,
}

pub(super) fn start(address: Address, connections: usize) -> Result<Opened> {
    let (queue, waiting) = Queue::new();
    let pool = Arc::new(Pool {
        address,
        waiting,
        connected: AtomicUsize::new(0),
        snapshots: RwLock::new(HashSet::new()),
    });
    let threads = (0..connections)
        .map(|index| {
            let worker = Worker {
                pool: pool.clone(),
                session: None,
                jitter: index as u32,
            };
            thread::Builder::new()
                .name("postgres".into())
                .spawn(move || worker.run())
                .map_err(Error::internal)
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(Opened {
        reads: queue.clone(),
        writes: queue.clone(),
        threads: Threads::new(vec![(queue, threads)]),
    })
}

struct Worker {
    pool: Arc<Pool>,
    session: Option<Session>,
    /// State of the small generator that keeps threads from retrying in step.
    jitter: u32,
}

impl Worker {
    fn run(mut self) {
        let mut failures = 0;
        loop {
            if self.session.is_some() {
                match self.pool.waiting.recv() {
                    Ok(Message::Run(job)) => self.serve(job),
                    Ok(Message::Stop) | Err(_) => break,
                }
                continue;
            }
            match self.connect() {
                Ok(()) => failures = 0,
                Err(cause) => {
                    failures += 1;
                    if failures == 1 {
                        tracing::error!(
                            error = cause,
                            "PostgreSQL cannot be reached; trying again until it can"
                        );
                    }
                    if self.wait_disconnected(failures, &cause) {
                        break;
                    }
                }
            }
        }
        self.disconnect();
    }

    /// Waits before the next attempt to connect. While no thread has a connection, what comes in is refused at once;
    /// else it is left to the others. Returns whether to stop.
    fn wait_disconnected(&mut self, failures: u32, cause: &str) -> bool {
        let pause = self.pause(failures, Duration::from_millis(100));
        if self.pool.connected.load(Ordering::SeqCst) > 0 {
            thread::sleep(pause);
            return false;
        }
        let failure = Failure::new(StoreFailure::Unavailable, cause);
        let next = crossbeam_channel::after(pause);
        loop {
            crossbeam_channel::select! {
                recv(next) -> _ => return false,
                recv(self.pool.waiting) -> message => match message {
                    // Another thread has found the database meanwhile: whoever asks from now on gets no refusal.
                    Ok(Message::Run(job)) if self.pool.connected.load(Ordering::SeqCst) > 0 => {
                        self.serve(job);
                        return false;
                    }
                    Ok(Message::Run(job)) => job.answer(Some(&failure)),
                    Ok(Message::Stop) | Err(_) => return true,
                },
            }
        }
    }

    /// Runs a job until it has an answer.
    fn serve(&mut self, mut job: Box<dyn Job>) {
        let (mut tries, mut connections) = (0, 0);
        loop {
            if self.session.is_none()
                && let Err(cause) = self.connect()
            {
                return job.answer(Some(&Failure::new(StoreFailure::Unavailable, cause)));
            }
            let Some(session) = &mut self.session else {
                continue;
            };
            let end = match job.access() {
                Access::Read => {
                    let snapshot = self.pool.needs_snapshot(job.kind());
                    session.read(&mut *job, snapshot)
                }
                Access::Write => session.write(&mut *job),
            };
            if session.is_lost() {
                self.disconnect();
            }
            tries += 1;
            match end {
                End::Done => return job.answer(None),
                End::NeedsSnapshot => self.pool.remember_snapshot(job.kind()),
                End::Conflicted(_) if tries < TRIES => {
                    thread::sleep(self.pause(tries, Duration::from_millis(2)))
                }
                End::Stale(_) if tries < TRIES => {
                    if let Some(session) = &mut self.session {
                        session.forget_statements();
                    }
                }
                End::Lost(failure) => {
                    connections += 1;
                    if connections == CONNECTIONS_PER_JOB {
                        return job.answer(Some(&failure));
                    }
                }
                End::Conflicted(failure) | End::Stale(failure) | End::Failed(failure) => {
                    return job.answer(Some(&failure));
                }
            }
        }
    }

    fn connect(&mut self) -> Result<(), String> {
        let session = Session::connect(&self.pool.address).map_err(|cause| format!("{cause:#}"))?;
        self.session = Some(session);
        self.pool.connected.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    fn disconnect(&mut self) {
        if self.session.take().is_some() {
            self.pool.connected.fetch_sub(1, Ordering::SeqCst);
        }
    }

    /// Doubles with each attempt, up to [`LONGEST_PAUSE`], and varies between half and all of it.
    fn pause(&mut self, attempt: u32, shortest: Duration) -> Duration {
        let longest = shortest
            .saturating_mul(1 << attempt.min(16))
            .min(LONGEST_PAUSE);
        self.jitter = self
            .jitter
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        longest.mul_f64(0.5 + f64::from(self.jitter >> 16) / f64::from(1u32 << 17))
    }
}

impl Pool {
    fn needs_snapshot(&self, kind: TypeId) -> bool {
        self.snapshots
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .contains(&kind)
    }

    fn remember_snapshot(&self, kind: TypeId) {
        self.snapshots
            .write()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .insert(kind);
    }
}
