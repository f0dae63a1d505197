//! The sender: takes messages that are due out of the store and hands them to what carries them, the mail server or the SMS
//! provider.
//!
//! One task a process. It claims a message by one statement that leases it for two minutes, hands it over, and notes
//! how that ended. A passing failure puts it off: 5 s, 15 s, 1 min, 5 min, 15 min, then an hour each time, or longer if
//! the other side asks for it, until the message loses its use. A lasting refusal ends it. What it said is forgotten as
//! soon as it has ended.
//!
//! **What may be sent twice, and why no more.** Nothing is lost: a message that is not noted as ended is sent again when
//! its lease has passed, whatever became of the process that had claimed it. Nothing is sent by two at once: an attempt
//! is cut off before its lease ends. So a message is sent twice only if the other side took it and that could not be
//! noted: the process was killed in between, the database was gone for the rest of the lease, or the answer after the
//! text never came (RFC 1047 for mail). That concerns what was under way at that moment, at most `smtp_connections` mails
//! and four text messages a process, each once more. Both copies of a mail bear the same `Message-ID`, both requests to a
//! webhook the same `Idempotency-Key`; Twilio and Vonage take none, so that a phone may get the text twice. Link and
//! code are the same in both and work once.
//!
//! A server on loopback that has nothing to send a channel by keeps its messages for the inbox of its example listener,
//! and prints what they ask for. A public server without it leaves messages alone until they expire.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use super::carrier::Carrier;
use super::templates;
use super::{Channel, Letter, Message, Refusal, State};
use crate::app::App;
use crate::error::Result;
use crate::telemetry::metrics::MESSAGES;
use crate::telemetry::traces;
use crate::time::Timestamp;

/// How often the sender looks without being woken: for what is due again, and for what other nodes left.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How long a claimed message is left to its sender.
pub const LEASE: Duration = Duration::from_secs(120);

/// Seconds until the next attempt, after the first, the second, …; the last for all others.
const BACKOFF: [u64; 6] = [5, 15, 60, 5 * 60, 15 * 60, 60 * 60];

/// Messages that are kept in one transaction at most.
const KEPT_AT_ONCE: i64 = 100;

/// Sends the messages of one process.
#[derive(Clone)]
pub struct Sender {
    app: App,
    /// What carries them, for each channel that is sent.
    carriers: [(Channel, Option<Arc<Carrier>>); Channel::ALL.len()],
}

impl Sender {
    /// For the mail server and the SMS provider of the settings, if there are.
    pub fn new(app: App) -> Self {
        let carriers =
            Channel::ALL.map(|channel| (channel, Carrier::of(&app, channel).map(Arc::new)));
        Sender { app, carriers }
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
            for carrier in self.carriers() {
                carrier.close_idle().await;
            }
        }
        while sending.join_next().await.is_some() {}
        for carrier in self.carriers() {
            carrier.close().await;
        }
    }

    fn carriers(&self) -> impl Iterator<Item = &Arc<Carrier>> {
        self.carriers
            .iter()
            .filter_map(|(_, carrier)| carrier.as_ref())
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
        for (channel, carrier) in &self.carriers {
            let taken = match carrier {
                Some(carrier) => self.claim(*channel, carrier, sending).await,
                None if self.app.config.keeps(*channel) => self.keep(*channel).await,
                None => Ok(false),
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

    async fn claim(
        &self,
        channel: Channel,
        carrier: &Arc<Carrier>,
        sending: &mut JoinSet<()>,
    ) -> Result<bool> {
        let places = carrier.free_places();
        if places.is_empty() {
            return Ok(true);
        }
        let (now, most) = (
            self.app.clock.now(),
            i64::try_from(places.len()).unwrap_or(1),
        );
        let claim = move |tx: &mut crate::store::Tx<'_>| {
            tx.claim_messages(channel, now, now.plus(LEASE), most)
        };
        let messages = self.app.store.write(claim).await?;
        let there_is_more = messages.len() == places.len();
        for (message, place) in messages.into_iter().zip(places) {
            let (app, carrier) = (self.app.clone(), carrier.clone());
            let span = traces::message(channel.as_str());
            let sent = async move {
                attempt(&app, &carrier, message).await;
                drop(place);
            };
            sending.spawn(sent.instrument(span));
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
            count(message, "kept");
            if let Some(letter) = message.letter(&self.app)? {
                print(&letter);
                let written = templates::find_and_write(&self.app, message, letter).await?;
                templates::note_failure(&self.app, message, &written).await;
            }
        }
        Ok(kept.len() == KEPT_AT_ONCE as usize)
    }
}

/// Sends one claimed message and notes how it ended.
async fn attempt(app: &App, carrier: &Carrier, message: Message) {
    if message.expires_at <= app.clock.now() {
        return finish(app, &message, State::Expired, None).await;
    }
    match carrier.hand_over(app, &message).await {
        Ok(()) => finish(app, &message, State::Sent, None).await,
        Err(refusal) if refusal.is_final => {
            tracing::warn!(
                message_id = %message.id, app_id = %message.app_id, channel = message.channel.as_str(),
                "a message failed for good: {}", refusal.reason
            );
            finish(app, &message, State::Failed, Some(refusal.reason)).await;
        }
        Err(refusal) => {
            if carrier.is_worth_telling(app.clock.now()) {
                tracing::warn!(
                    message_id = %message.id, app_id = %message.app_id, channel = message.channel.as_str(), attempt = message.attempts,
                    "a message could not be sent and is tried again; others may be concerned, too: {}", refusal.reason
                );
            }
            put_off(app, &message, refusal).await;
        }
    }
}

async fn put_off(app: &App, message: &Message, refusal: Refusal) {
    let now = app.clock.now();
    let step = usize::try_from(message.attempts - 1)
        .unwrap_or(0)
        .min(BACKOFF.len() - 1);
    let Refusal { reason, wait, .. } = refusal;
    let wait = Duration::from_secs(BACKOFF[step]).max(wait.unwrap_or_default());
    // At its end at the latest, so that it ends then.
    let next = now.plus(wait).min(message.expires_at);
    tracing::debug!(
        message_id = %message.id, app_id = %message.app_id, attempt = message.attempts,
        "a message is put off until {next}: {reason}"
    );
    let (id, attempt) = (message.id.clone(), message.attempts);
    note(app, now, move |tx| {
        tx.put_off_message(&id, attempt, &reason, next)
    })
    .await;
    count(message, "put_off");
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
    count(message, state.as_str());
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

fn count(message: &Message, outcome: &'static str) {
    let channel = message.channel.as_str();
    metrics::counter!(MESSAGES, "channel" => channel, "outcome" => outcome).increment(1);
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
