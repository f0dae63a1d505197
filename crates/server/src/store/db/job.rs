//! What is handed to the database threads: a closure with the place where its answer goes, in a bounded queue.

use std::any::TypeId;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, TrySendError};
use tokio::sync::oneshot;

use super::Tx;
use crate::error::{Error, Result, StoreFailure};

/// How many closures may wait for a thread. A longer queue would only turn refusals into time-outs.
const QUEUE_LENGTH: usize = 4096;

/// Whether a closure may change anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Access {
    Read,
    Write,
}

/// What becomes of a closure's changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::store) enum Verdict {
    Keep,
    Undo,
}

/// Why a transaction came to nothing although its closure may have been content.
#[derive(Debug, Clone)]
pub(in crate::store) struct Failure {
    pub kind: StoreFailure,
    pub cause: String,
    /// The commit was sent and its answer never came.
    pub outcome_unknown: bool,
}

impl Failure {
    pub fn new(kind: StoreFailure, cause: impl Into<String>) -> Self {
        Failure {
            kind,
            cause: cause.into(),
            outcome_unknown: false,
        }
    }

    fn error(&self) -> Error {
        let error = Error::store(self.kind, anyhow::Error::msg(self.cause.clone()));
        if self.outcome_unknown {
            error.with_reason("outcome_unknown")
        } else {
            error
        }
    }
}

/// A closure on its way through a database thread. It may run several times and is answered once.
pub(in crate::store) trait Job: Send {
    fn access(&self) -> Access;
    /// The same for every job made from one closure expression.
    fn kind(&self) -> TypeId;
    /// Runs the closure and keeps its result; a panic becomes an error.
    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict;
    /// Sends the kept result, or the failure that overrules it.
    fn answer(self: Box<Self>, failure: Option<&Failure>);
}

/// The one implementation of [`Job`].
pub(in crate::store) struct TypedJob<F, T> {
    access: Access,
    closure: F,
    result: Option<Result<T>>,
    reply: oneshot::Sender<Result<T>>,
}

impl<F, T> TypedJob<F, T>
where
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    pub fn new(access: Access, closure: F) -> (Box<Self>, oneshot::Receiver<Result<T>>) {
        let (reply, answer) = oneshot::channel();
        (
            Box::new(TypedJob {
                access,
                closure,
                result: None,
                reply,
            }),
            answer,
        )
    }
}

impl<F, T> Job for TypedJob<F, T>
where
    F: Fn(&mut Tx<'_>) -> Result<T> + Send + 'static,
    T: Send + 'static,
{
    fn access(&self) -> Access {
        self.access
    }

    fn kind(&self) -> TypeId {
        TypeId::of::<F>()
    }

    fn run(&mut self, tx: &mut Tx<'_>) -> Verdict {
        let result = match catch_unwind(AssertUnwindSafe(|| (self.closure)(tx))) {
            Ok(Ok(_)) if tx.failed() => Err(super::misuse(
                "a closure returned Ok although a statement in it had failed; return the error, or ask in a way that cannot fail",
            )),
            Ok(result) => result,
            Err(panic) => Err(Error::internal(anyhow::anyhow!(
                "a store closure panicked: {}",
                panic_message(&*panic)
            ))),
        };
        let verdict = if result.is_ok() {
            Verdict::Keep
        } else {
            Verdict::Undo
        };
        self.result = Some(result);
        verdict
    }

    fn answer(self: Box<Self>, failure: Option<&Failure>) {
        let result = match failure {
            Some(failure) => Err(failure.error()),
            None => self
                .result
                .unwrap_or_else(|| Err(super::misuse("a job was answered before it ran"))),
        };
        // The caller may have gone away; the work is done all the same.
        let _ = self.reply.send(result);
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

/// What travels through a queue.
pub(super) enum Message {
    Run(Box<dyn Job>),
    /// One thread ends; what was handed in before is done first.
    Stop,
}

/// The sending end of a bounded queue.
///
/// A full queue refuses at once instead of making the caller wait for room: whoever is in the queue waits already,
/// so waiting in front of it only makes it longer, and a thread that never blocks on a queue cannot deadlock on it.
#[derive(Clone)]
pub(in crate::store) struct Queue(Sender<Message>);

impl Queue {
    pub(super) fn new() -> (Queue, Receiver<Message>) {
        let (sender, receiver) = crossbeam_channel::bounded(QUEUE_LENGTH);
        (Queue(sender), receiver)
    }

    /// Hands a job to the threads; 503 if the queue is full or the store is closed.
    pub fn hand_in(&self, job: Box<dyn Job>) -> Result<()> {
        match self.0.try_send(Message::Run(job)) {
            Ok(()) => Ok(()),
            Err(TrySendError::Full(_)) => Err(Error::unavailable(
                "The server has more work waiting than it can do. Wait a second and try again.",
                1,
            )),
            Err(TrySendError::Disconnected(_)) => Err(closed()),
        }
    }
}

/// What a caller sees whose closure came too late.
pub(in crate::store) fn closed() -> Error {
    Error::unavailable("The server is stopping. Wait a moment and try again.", 1)
}

/// The running threads, by the queue they listen to; they are stopped in this order.
pub(in crate::store) struct Threads(Mutex<Vec<(Queue, Vec<JoinHandle<()>>)>>);

impl Threads {
    pub(super) fn new(threads: Vec<(Queue, Vec<JoinHandle<()>>)>) -> Self {
        Threads(Mutex::new(threads))
    }

    /// Lets every thread finish what was handed in before, and waits for it. A second call does nothing.
    pub fn stop(&self) {
        let groups = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        // The last handle may be dropped by a closure, on one of these very threads. There is nobody to wait for
        // then: a thread ends by itself when its queue is empty and nothing can come any more.
        let inside = groups
            .iter()
            .flat_map(|(_, threads)| threads)
            .any(|thread| thread.thread().id() == thread::current().id());
        for (queue, threads) in groups {
            for _ in &threads {
                let _ = if inside {
                    queue.0.try_send(Message::Stop).map_err(drop)
                } else {
                    // A full queue makes this wait while the threads empty it.
                    queue.0.send(Message::Stop).map_err(drop)
                };
            }
            if !inside {
                for thread in threads {
                    let _ = thread.join();
                }
            }
        }
    }
}
