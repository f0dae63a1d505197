//! The sender: takes messages that are due out of the store and hands them to the mail server.
//!
//! One task a process. It claims a message by one statement that leases it for two minutes, hands it over, and notes
//! how that ended. A passing failure puts it off: 5 s, 15 s, 1 min, 5 min, 15 min, then an hour each time, until the
//! message loses its use. A lasting refusal ends it. What it said is forgotten as soon as it has ended.
//!
//! **What may be sent twice, and why no more.** Nothing is lost: a message that is not noted as ended is sent again when
//! its lease has passed, whatever became of the process that had claimed it. Nothing is sent by two at once: an attempt
//! is cut off before its lease ends. So a message is sent twice only if the mail server took it and that could not be
//! noted: the process was killed in between, the database was gone for the rest of the lease, or the server's answer
//! after the text never came (RFC 1047). That concerns what was under way at that moment, at most `smtp_connections`
//! messages a process, each once more. Both copies bear the same `Message-ID` and open the same link, which works once.
//!
//! A server on loopback without a mail server sends nothing: it keeps messages for the inbox of its example listener, and
//! prints what they ask for. A public server without one leaves messages alone until they expire.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::email::{self, Envelope};
use super::smtp::{Refusal, Smtp};
use super::{Channel, Letter, Message, State, masked};
use crate::app::App;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// How often the sender looks without being woken: for what is due again, and for what other nodes left.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a claimed message is left to its sender.
pub const LEASE: Duration = Duration::from_secs(120);

/// How long an attempt may take: less than the lease, by more than the clocks of two nodes differ.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(100);

/// Seconds until the next attempt, after the first, the second, …; the last for all others.
const BACKOFF: [u64; 6] = [5, 15, 60, 5 * 60, 15 * 60, 60 * 60];

/// Messages that are kept in one transaction at most.
const KEPT_AT_ONCE: i64 = 100;

/// So many letters of a secret in a row are no coincidence.
const SECRET_PART: usize = 8;

/// Letters of an answer that are stored.
const ERROR_LENGTH: usize = 300;

/// Sends the messages of one process.
#[derive(Clone)]
pub struct Sender {
    app: App,
    smtp: Option<Arc<Smtp>>,
}

impl Sender {
    /// For the mail server of the settings, if there is one.
    pub fn new(app: App) -> Self {
        let server = app.config.smtp.clone();
        let smtp = server.map(|server| Arc::new(Smtp::new(server, app.clock.clone())));
        Sender { app, smtp }
    }

    /// Sends until the sender of `stop` is dropped, and then finishes what is under way.
    pub async fn run(self, mut stop: watch::Receiver<()>) {
        if !Channel::ALL
            .into_iter()
            .any(|channel| self.app.config.sends(channel))
        {
            return;
        }
        let mut sending = JoinSet::new();
        let mut there_is_more = true;
        loop {
            if there_is_more {
                there_is_more = self.take_work(&mut sending).await;
            }
            tokio::select! {
                _ = stop.changed() => break,
                () = self.app.outbox.woken() => there_is_more = true,
                () = tokio::time::sleep(LOOK_EVERY) => there_is_more = true,
                Some(_) = sending.join_next() => {}
            }
            if let Some(smtp) = &self.smtp {
                smtp.close_idle().await;
            }
        }
        while sending.join_next().await.is_some() {}
        if let Some(smtp) = &self.smtp {
            smtp.close().await;
        }
    }

    /// Deals with everything that is due now, and waits for it; how many messages that were.
    pub async fn send_due(&self) -> usize {
        let mut sending = JoinSet::new();
        let mut count = 0;
        loop {
            let there_is_more = self.take_work(&mut sending).await;
            match sending.join_next().await {
                Some(_) => count += 1,
                None if there_is_more => {}
                None => return count,
            }
        }
    }

    /// Takes as many messages as can be sent at once; whether more may be due.
    async fn take_work(&self, sending: &mut JoinSet<()>) -> bool {
        let mut there_is_more = false;
        for channel in Channel::ALL {
            let taken = match (channel, &self.smtp) {
                (Channel::Email, Some(smtp)) => self.claim(smtp, sending).await,
                _ if self.app.config.keeps(channel) => self.keep(channel).await,
                _ => Ok(false),
            };
            there_is_more |= taken.unwrap_or_else(|error| {
                tracing::warn!(
                    "messages could not be taken from the outbox, and are tried again: {error:?}"
                );
                false
            });
        }
        there_is_more
    }

    async fn claim(&self, smtp: &Arc<Smtp>, sending: &mut JoinSet<()>) -> Result<bool> {
        let free = self
            .app
            .config
            .smtp_connections
            .saturating_sub(sending.len());
        if free == 0 {
            return Ok(true);
        }
        let (now, most) = (self.app.clock.now(), i64::try_from(free).unwrap_or(1));
        let claim = move |tx: &mut crate::store::Tx<'_>| {
            tx.claim_messages(Channel::Email, now, now.plus(LEASE), most)
        };
        let messages = self.app.store.write(claim).await?;
        let there_is_more = messages.len() == free;
        for message in messages {
            let (app, smtp) = (self.app.clone(), smtp.clone());
            sending.spawn(async move { attempt(&app, &smtp, message).await });
        }
        Ok(there_is_more)
    }

    async fn keep(&self, channel: Channel) -> Result<bool> {
        let now = self.app.clock.now();
        let kept = self
            .app
            .store
            .write(move |tx| tx.keep_messages(channel, now, KEPT_AT_ONCE))
            .await?;
        for message in &kept {
            count("kept");
            if let Some(letter) = message.letter(&self.app)? {
                print(&letter);
            }
        }
        Ok(kept.len() == KEPT_AT_ONCE as usize)
    }
}

/// Sends one claimed message and notes how it ended.
async fn attempt(app: &App, smtp: &Smtp, message: Message) {
    if message.expires_at <= app.clock.now() {
        return finish(app, &message, State::Expired, None).await;
    }
    match hand_over(app, smtp, &message).await {
        Ok(()) => finish(app, &message, State::Sent, None).await,
        Err(Refusal {
            reason,
            is_final: false,
        }) => {
            if smtp.is_worth_telling() {
                tracing::warn!(
                    message = %message.id, app = %message.app_id, attempt = message.attempts,
                    "a message could not be sent and is tried again; others may be concerned, too: {reason}"
                );
            }
            put_off(app, &message, reason).await;
        }
        Err(Refusal {
            reason,
            is_final: true,
        }) => {
            tracing::warn!(message = %message.id, app = %message.app_id, "a message failed for good: {reason}");
            finish(app, &message, State::Failed, Some(reason)).await;
        }
    }
}

async fn hand_over(app: &App, smtp: &Smtp, message: &Message) -> Result<(), Refusal> {
    let (letter, envelope) = write(app, message).map_err(|error| Refusal {
        reason: format!("the message cannot be written: {error:?}"),
        // It will not be at the next try.
        is_final: true,
    })?;
    let delivered = tokio::time::timeout(ATTEMPT_WITHIN, smtp.deliver(&envelope)).await;
    let delivered = delivered.unwrap_or_else(|_| {
        Err(Refusal {
            reason: format!(
                "the mail server took longer than {} s",
                ATTEMPT_WITHIN.as_secs()
            ),
            is_final: false,
        })
    });
    delivered.map_err(|refusal| Refusal {
        reason: without_secrets(&refusal.reason, &letter),
        ..refusal
    })
}

fn write(app: &App, message: &Message) -> Result<(Letter, Envelope)> {
    let letter = message.letter(app)?;
    let letter = letter.ok_or_else(|| Error::internal(anyhow::anyhow!("its letter is gone")))?;
    let sender = app.config.mail_from.as_ref();
    let sender = sender.expect("smtp_url is set only with mail_from");
    let envelope = email::write(message, &letter, sender)?;
    Ok((letter, envelope))
}

/// An answer of the mail server as it may be shown: the address masked, however it is spelt. Some quote the text that they
/// refuse, broken into lines as it was on the wire; of such an answer only the step and the status are left.
fn without_secrets(reason: &str, letter: &Letter) -> String {
    let plain = |text: &str| text.replace(|letter: char| !letter.is_ascii_alphanumeric(), "");
    let link = letter.link.as_deref().unwrap_or_default();
    let secret = plain(link.rsplit('=').next().unwrap_or_default());
    let said = plain(reason);
    let mut parts = secret.as_bytes().windows(SECRET_PART);
    let quotes_secret = parts.any(|part| said.as_bytes().windows(SECRET_PART).any(|it| it == part));
    let quotes_code = letter.code.as_ref().is_some_and(|code| said.contains(code));
    if quotes_secret || quotes_code {
        let step = reason.split(": ").next().unwrap_or_default();
        let digits = reason[step.len()..].chars().filter(char::is_ascii_digit);
        let status: String = digits.take(3).collect();
        return format!("{step}: {status} (the rest of the answer quotes the message)");
    }
    let (lower, address) = (reason.to_ascii_lowercase(), letter.to.to_ascii_lowercase());
    let mut shown = String::new();
    let mut rest = 0;
    for (found, _) in lower.match_indices(&address) {
        shown.push_str(&reason[rest..found]);
        shown.push_str(&masked(&letter.to));
        rest = found + address.len();
    }
    shown.push_str(&reason[rest..]);
    shown.chars().take(ERROR_LENGTH).collect()
}

async fn put_off(app: &App, message: &Message, reason: String) {
    let now = app.clock.now();
    let step = usize::try_from(message.attempts - 1)
        .unwrap_or(0)
        .min(BACKOFF.len() - 1);
    // At its end at the latest, so that it ends then.
    let next = now
        .plus(Duration::from_secs(BACKOFF[step]))
        .min(message.expires_at);
    tracing::debug!(
        message = %message.id, app = %message.app_id, attempt = message.attempts,
        "a message is put off until {next}: {reason}"
    );
    let (id, attempt) = (message.id.clone(), message.attempts);
    note(app, now, move |tx| {
        tx.put_off_message(&id, attempt, &reason, next)
    })
    .await;
    count("put_off");
}

async fn finish(app: &App, message: &Message, state: State, reason: Option<String>) {
    let now = app.clock.now();
    let id = message.id.clone();
    // What is known of an expired message is why the last attempt failed.
    let reason = reason.or_else(|| {
        message
            .last_error
            .clone()
            .filter(|_| state == State::Expired)
    });
    note(app, now, move |tx| {
        tx.finish_message(&id, state, reason.as_deref(), now)
    })
    .await;
    count(state.as_str());
}

/// Writes how an attempt ended; again and again while the database is away, until the lease would be over.
async fn note(
    app: &App,
    since: Timestamp,
    write: impl Fn(&mut crate::store::Tx<'_>) -> Result<bool> + Clone + Send + 'static,
) {
    while let Err(error) = app.store.write(write.clone()).await {
        if app.clock.now().since(since) >= LEASE {
            tracing::error!(
                "how a message ended could not be noted, and it is sent again: {error:?}"
            );
            return;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

fn count(outcome: &'static str) {
    metrics::counter!("ginnel_messages_total", "outcome" => outcome).increment(1);
}

/// Shows on standard output what a message asks for: the one secret that is ever printed (D16), on loopback only.
fn print(letter: &Letter) {
    let what = match Channel::of(&letter.to) {
        Channel::Email => "Mail",
        Channel::Sms => "Text message",
    };
    let code = letter.code.as_ref().map(|code| format!("code {code}"));
    let asked: Vec<_> = letter.link.clone().into_iter().chain(code).collect();
    let mut lines = format!(
        "{what} to {} from {}: {}",
        letter.to,
        letter.app_name,
        letter.kind.as_str()
    );
    if !asked.is_empty() {
        lines.push_str(&format!("\n  {}", asked.join("   ")));
    }
    // Standard output may be closed, and then nobody wants to read this.
    let _ = writeln!(
        std::io::stdout(),
        "{}",
        lines.replace(|letter: char| letter.is_control() && letter != '\n', " ")
    );
}
