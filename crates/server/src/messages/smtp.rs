//! The way to the mail server: connections that are kept for a while, and what a refusal means.
//!
//! `lettre` speaks SMTP; the steps of a delivery stand here, because they decide what a refusal says. Whatever fails
//! before the recipient is named concerns the server or our account there, and an operator can mend it: the message
//! is tried again. A lasting refusal (5xx) of the recipient or of the text is for good.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Mutex;
use std::time::Duration;

use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use tokio::sync::OnceCell;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::email::Envelope;
use super::refusal::Refusal;
use crate::config::{Security, SmtpServer};
use crate::time::{Clock, Timestamp};

/// How long the server may take to be reached, and for each answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// How long the server may take to say that it has taken a message. Longer than for other answers: who gives up here
/// sends twice what the server took (RFC 1047).
const TAKE_WITHIN: Duration = Duration::from_secs(60);

/// How long a goodbye may take.
const GOODBYE_WITHIN: Duration = Duration::from_secs(2);

/// How long a connection without work is kept.
const IDLE: Duration = Duration::from_secs(20);

/// A refusal of the recipient or the text.
fn of_message(step: &str, error: &SmtpError) -> Refusal {
    Refusal {
        is_final: error.is_permanent(),
        ..Refusal::passing(step, Answer(error))
    }
}

/// An error of the connection or an answer of the server, in one line.
struct Answer<'a>(&'a SmtpError);

impl fmt::Display for Answer<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match (self.0.status(), std::error::Error::source(self.0)) {
            (Some(code), Some(text)) => format!("{code} {text}"),
            _ => self.0.to_string(),
        };
        let words: Vec<_> = text.split_whitespace().collect();
        f.write_str(&words.join(" "))
    }
}

/// The mail server, and the connections to it that wait for work.
pub struct Smtp {
    server: SmtpServer,
    clock: Clock,
    /// The last used at the end.
    idle: Mutex<VecDeque<Idle>>,
    tls: OnceCell<TlsParameters>,
}

struct Idle {
    connection: AsyncSmtpConnection,
    since: Timestamp,
}

impl Smtp {
    /// Connects when the first message leaves.
    pub fn new(server: SmtpServer, clock: Clock) -> Self {
        Smtp {
            server,
            clock,
            idle: Mutex::default(),
            tls: OnceCell::new(),
        }
    }

    /// Hands a message over; `Ok` once the server has taken it.
    pub async fn deliver(&self, envelope: &Envelope) -> Result<(), Refusal> {
        let mut connection = self.announced(envelope).await?;
        match hand_over(&mut connection, &envelope.text).await {
            Ok(()) => {
                let since = self.clock.now();
                self.idle().push_back(Idle { connection, since });
                Ok(())
            }
            Err(refusal) => Err(end(connection, refusal).await),
        }
    }

    /// Connects and signs in as for a message, and sends none.
    pub async fn check(&self) -> Result<(), Refusal> {
        say_goodbye(self.connect().await?).await;
        Ok(())
    }

    /// A connection on which the server waits for the text.
    async fn announced(&self, envelope: &Envelope) -> Result<AsyncSmtpConnection, Refusal> {
        let kept = self.idle().pop_back();
        if let Some(Idle { mut connection, .. }) = kept {
            match announce(&mut connection, envelope).await {
                Ok(()) => return Ok(connection),
                Err(refusal) => {
                    let refusal = end(connection, refusal).await;
                    // Servers end connections that were silent for long or brought many messages: a new one tells.
                    if refusal.is_final {
                        return Err(refusal);
                    }
                }
            }
        }
        let mut connection = self.connect().await?;
        match announce(&mut connection, envelope).await {
            Ok(()) => Ok(connection),
            Err(refusal) => Err(end(connection, refusal).await),
        }
    }

    /// Closes connections that have waited for long.
    pub async fn close_idle(&self) {
        self.close_unused_since(self.clock.now().minus(IDLE)).await;
    }

    /// Closes all connections that wait.
    pub async fn close(&self) {
        self.close_unused_since(self.clock.now()).await;
    }

    async fn close_unused_since(&self, instant: Timestamp) {
        let mut leaving = JoinSet::new();
        while let Some(idle) = self.idle().pop_front_if(|oldest| oldest.since <= instant) {
            leaving.spawn(say_goodbye(idle.connection));
        }
        leaving.join_all().await;
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, VecDeque<Idle>> {
        self.idle
            .lock()
            .expect("no panic while holding connections")
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Refusal> {
        let step = format!("connecting to {}", self.server);
        let refused = |error: SmtpError| Refusal::passing(&step, Answer(&error));
        let connecting = async {
            let name = ClientId::default();
            let from_the_start = match self.server.security {
                Security::Tls => Some(self.tls().await.map_err(refused)?),
                Security::StartTls => None,
            };
            let mut connection = AsyncSmtpConnection::connect_tokio1(
                (self.server.host.as_str(), self.server.port),
                Some(ANSWER_WITHIN),
                &name,
                from_the_start,
                None,
            )
            .await
            .map_err(refused)?;
            if connection.can_starttls() {
                let tls = self.tls().await.map_err(refused)?;
                connection.starttls(tls, &name).await.map_err(refused)?;
            } else if !connection.is_encrypted() && !self.server.is_loopback {
                return Err(Refusal::passing(
                    &step,
                    "the server offers no STARTTLS; write smtps:// with the port on which it speaks TLS from the start",
                ));
            }
            if let Some((user, password)) = &self.server.credentials {
                let credentials = Credentials::new(user.clone(), password.expose().to_owned());
                connection
                    .auth(DEFAULT_MECHANISMS, &credentials)
                    .await
                    .map_err(|error| {
                        Refusal::passing(format!("signing in at {}", self.server), Answer(&error))
                    })?;
            }
            Ok(connection)
        };
        timeout(ANSWER_WITHIN, connecting)
            .await
            .unwrap_or_else(|_| Err(too_late(&step, ANSWER_WITHIN)))
    }

    /// What TLS needs, the system's trusted certificates (`SSL_CERT_FILE` names others) among it; read once.
    async fn tls(&self) -> Result<TlsParameters, SmtpError> {
        let host = self.server.host.clone();
        let load = async || {
            tokio::task::spawn_blocking(move || TlsParameters::new(host))
                .await
                .expect("reading certificates does not panic")
        };
        self.tls.get_or_try_init(load).await.cloned()
    }
}

fn too_late(step: &str, after: Duration) -> Refusal {
    Refusal::passing(step, format!("no answer within {} s", after.as_secs()))
}

async fn say_goodbye(mut connection: AsyncSmtpConnection) {
    let _ = timeout(GOODBYE_WITHIN, connection.abort()).await;
}

/// Closes a connection after a refusal.
async fn end(connection: AsyncSmtpConnection, refusal: Refusal) -> Refusal {
    say_goodbye(connection).await;
    refusal
}

/// Begins a mail transaction (RFC 5321 §3.3): nothing is sent before its end.
async fn announce(
    connection: &mut AsyncSmtpConnection,
    envelope: &Envelope,
) -> Result<(), Refusal> {
    let from = Mail::new(Some(envelope.from.clone()), Vec::new());
    let step = format!("MAIL FROM {}", envelope.from);
    match timeout(ANSWER_WITHIN, connection.command(from)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(Refusal::passing(&step, Answer(&error))),
        Err(_) => return Err(too_late(&step, ANSWER_WITHIN)),
    }
    let to = Rcpt::new(envelope.to.clone(), Vec::new());
    match timeout(ANSWER_WITHIN, connection.command(to)).await {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => return Err(of_message("RCPT TO", &error)),
        Err(_) => return Err(too_late("RCPT TO", ANSWER_WITHIN)),
    }
    match timeout(ANSWER_WITHIN, connection.command(Data)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(of_message("DATA", &error)),
        Err(_) => Err(too_late("DATA", ANSWER_WITHIN)),
    }
}

/// Ends it: with a positive answer the message is the server's.
async fn hand_over(connection: &mut AsyncSmtpConnection, text: &str) -> Result<(), Refusal> {
    match timeout(TAKE_WITHIN, connection.command(terminated(text))).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(of_message("the message", &error)),
        Err(_) => Err(too_late("the message", TAKE_WITHIN)),
    }
}

/// A text as it follows DATA: lines that begin with a dot get one more, and a dot alone is the end (RFC 5321 §4.5.2).
///
/// `lettre` would write the end by itself, and the system would hold it back until the text before it is acknowledged.
fn terminated(text: &str) -> String {
    let text = text.strip_suffix("\r\n").unwrap_or(text);
    text.replace("\r\n.", "\r\n..") + "\r\n.\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_at_the_beginning_of_a_line_is_doubled() {
        assert_eq!(terminated("A: b\r\n\r\nc\r\n"), "A: b\r\n\r\nc\r\n.\r\n");
        assert_eq!(
            terminated("A: b\r\n\r\n.\r\n..x\r\n.y.z."),
            "A: b\r\n\r\n..\r\n...x\r\n..y.z.\r\n.\r\n"
        );
    }
}
