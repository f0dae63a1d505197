//! The mail server that the server under test sends to: it keeps link and code of each mail, counts what comes twice, and
//! can be switched off and on. It runs on a thread of its own, so that a server which says goodbye to it can be waited for.
//!
//! `session` is a client's connection, `message` what a mail says.

mod message;
mod session;

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use crate::machine;
use message::Message;
pub use message::Secrets;
use session::Session;

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How often is looked for mails that are waited for.
const LOOK_EVERY: Duration = Duration::from_millis(5);

/// A mail server on loopback. It is on from the begin.
pub struct Sink {
    address: SocketAddr,
    inbox: Arc<Mutex<Inbox>>,
    /// Until it is dropped.
    runtime: Option<Runtime>,
    /// While it is on.
    serving: Option<Serving>,
    /// While it is off: the port stays ours, but who connects is refused.
    reserved: Option<TcpSocket>,
}

struct Serving {
    stop: watch::Sender<()>,
    task: JoinHandle<()>,
}

/// A mail with a link that came; mere notices are taken and forgotten.
#[derive(Debug, Clone)]
pub struct Mail {
    /// Address of the recipient.
    pub to: String,
    /// What signs in.
    pub secrets: Secrets,
    /// When it came.
    pub at: Instant,
}

#[derive(Default)]
struct Inbox {
    ids: HashSet<String>,
    mails: Vec<Mail>,
    doubled: u64,
    unreadable: Option<String>,
}

impl Sink {
    /// A mail server on a free port.
    pub fn start() -> Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let socket = bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
        let mut sink = Sink {
            address: socket.local_addr()?,
            inbox: Arc::default(),
            runtime: Some(runtime),
            serving: None,
            reserved: Some(socket),
        };
        sink.switch_on()?;
        Ok(sink)
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops listening and closes all connections, whatever is being said there; a mail that is not yet whole is not taken.
    pub async fn switch_off(&mut self) -> Result<()> {
        if let Some(Serving { stop, task }) = self.serving.take() {
            drop(stop);
            task.await?;
            self.reserved = Some(bind(self.address)?);
        }
        Ok(())
    }

    /// Listens again where it did.
    pub fn switch_on(&mut self) -> Result<()> {
        if let Some(socket) = self.reserved.take() {
            let runtime = self.runtime.as_ref().expect("there until the drop");
            let _inside = runtime.enter();
            let listener = socket.listen(BACKLOG)?;
            let (stop, stopped) = watch::channel(());
            let task = tokio::spawn(accept(listener, Arc::clone(&self.inbox), stopped));
            self.serving = Some(Serving { stop, task });
        }
        Ok(())
    }

    /// Mails with a link that came since they were taken last, none counted twice.
    pub fn count(&self) -> usize {
        self.lock().mails.len()
    }

    /// Mails that came once more, notices among them.
    pub fn doubled(&self) -> u64 {
        self.lock().doubled
    }

    /// The mails with a link that came since the last time.
    pub fn take(&self) -> Vec<Mail> {
        std::mem::take(&mut self.lock().mails)
    }

    /// Waits until `count` mails with a link are there, or until none has come for `patience`; how many are there.
    pub async fn wait_for(&self, count: usize, patience: Duration) -> Result<usize> {
        let mut last = (machine::now(), self.count());
        loop {
            if let Some(problem) = &self.lock().unreadable {
                bail!("A mail cannot be read: {problem}");
            }
            let found = self.count();
            if found >= count || last.0.elapsed() > patience {
                return Ok(found);
            }
            if found > last.1 {
                last = (machine::now(), found);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inbox> {
        lock(&self.inbox)
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn lock(inbox: &Mutex<Inbox>) -> MutexGuard<'_, Inbox> {
    inbox.lock().expect("no panic while holding the inbox")
}

/// Connections of before, which linger, do not hold the port.
fn bind(address: SocketAddr) -> Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// Serves until `stop` has no sender any more; then all connections are closed.
async fn accept(listener: TcpListener, inbox: Arc<Mutex<Inbox>>, mut stop: watch::Receiver<()>) {
    let mut sessions = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            _ = stop.changed() => break,
            accepted = listener.accept() => accepted,
            Some(_) = sessions.join_next() => continue,
        };
        let Ok((stream, _)) = accepted else { continue };
        // Answers are short, and each is waited for.
        let _ = stream.set_nodelay(true);
        let session = Session::new(stream, stop.clone());
        let inbox = Arc::clone(&inbox);
        // A session fails with its connection only, and that is the other side's to notice.
        sessions.spawn(session.talk(move |to, mail| lock(&inbox).take(to, mail)));
    }
    drop(listener);
    while sessions.join_next().await.is_some() {}
}

impl Inbox {
    fn take(&mut self, to: &str, mail: &[u8]) -> Result<()> {
        let message = Message::read(mail).inspect_err(|error| {
            self.unreadable.get_or_insert_with(|| format!("{error:#}"));
        })?;
        if !self.ids.insert(message.id) {
            self.doubled += 1;
            return Ok(());
        }
        if let Some(secrets) = message.secrets {
            self.mails.push(Mail {
                to: to.to_owned(),
                secrets,
                at: machine::now(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
