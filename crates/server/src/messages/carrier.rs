//! What carries the messages of one channel: the mail server, or the SMS provider.
//!
//! A message is put into words here, at the last moment, and what the other side says of it is cleaned of all that it quotes.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::sms::{Sms, TextMessage};
use super::smtp::Smtp;
use super::{Channel, Letter, Message, Refusal, email, masked};
use crate::app::App;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// How long an attempt may take: less than the lease, by more than the clocks of two nodes differ.
const ATTEMPT_WITHIN: Duration = Duration::from_secs(100);

/// Text messages that are handed over at once. Providers allow an account few requests a second.
const TEXT_MESSAGES_AT_ONCE: usize = 4;

/// How often a passing failure is told in the log: an outage concerns each message that waits, and must not fill the log.
const TELL_EVERY: Duration = Duration::from_secs(10);

/// So many letters of a secret in a row are no coincidence.
const SECRET_PART: usize = 8;

/// Letters of an answer that are stored.
const ERROR_LENGTH: usize = 300;

/// What carries the messages of one channel.
pub struct Carrier {
    way: Way,
    /// One for each message that may be on its way at once.
    places: Arc<Semaphore>,
    /// When a passing failure was told last.
    told_at: Mutex<Option<Timestamp>>,
}

enum Way {
    Smtp(Smtp),
    Sms(Sms),
}

impl Carrier {
    /// The one that the settings name, if they do. Connects when the first message leaves.
    pub fn of(app: &App, channel: Channel) -> Option<Self> {
        let (config, clock) = (&app.config, app.clock.clone());
        let (way, places) = match channel {
            Channel::Email => {
                let smtp = Smtp::new(config.smtp.clone()?, clock);
                (Way::Smtp(smtp), config.smtp_connections)
            }
            Channel::Sms => (Way::Sms(Sms::of(config, clock)?), TEXT_MESSAGES_AT_ONCE),
        };
        Some(Carrier {
            way,
            places: Arc::new(Semaphore::new(places)),
            told_at: Mutex::default(),
        })
    }

    /// A place for each message that can leave now; it is free again when dropped.
    pub fn free_places(&self) -> Vec<OwnedSemaphorePermit> {
        std::iter::from_fn(|| self.places.clone().try_acquire_owned().ok()).collect()
    }

    /// Hands a message over; `Ok` once the other side has taken it.
    pub async fn hand_over(&self, app: &App, message: &Message) -> Result<(), Refusal> {
        // It will not be another time.
        let unwritten = |error: Error| {
            Refusal::lasting(
                "writing",
                format!("the message cannot be written: {error:?}"),
            )
        };
        let letter = open(app, message).map_err(unwritten)?;
        let handed_over = async {
            match &self.way {
                Way::Smtp(smtp) => {
                    let sender = app.config.mail_from.as_ref();
                    let sender = sender.expect("smtp_url is set only with mail_from");
                    let envelope = email::write(message, &letter, sender).map_err(unwritten)?;
                    smtp.deliver(&envelope).await
                }
                Way::Sms(sms) => {
                    let text = letter.render().map_err(unwritten)?.text;
                    sms.deliver(&TextMessage::of(message, &letter, &text)).await
                }
            }
        };
        let delivered = tokio::time::timeout(ATTEMPT_WITHIN, handed_over).await;
        let delivered = delivered.unwrap_or_else(|_| {
            let reason = format!("it took longer than {} s", ATTEMPT_WITHIN.as_secs());
            Err(Refusal::passing("handing over", reason))
        });
        delivered.map_err(|refusal| Refusal {
            reason: without_secrets(&refusal.reason, &letter),
            ..refusal
        })
    }

    /// Whether a passing failure is worth a warning now: the first one is, and then one in ten seconds.
    pub fn is_worth_telling(&self, now: Timestamp) -> bool {
        let mut told_at = self.told_at.lock().expect("no panic while telling");
        let is_due = told_at.is_none_or(|told| now.since(told) >= TELL_EVERY);
        if is_due {
            *told_at = Some(now);
        }
        is_due
    }

    /// Closes connections that have waited for long.
    pub async fn close_idle(&self) {
        if let Way::Smtp(smtp) = &self.way {
            smtp.close_idle().await;
        }
    }

    /// Closes all connections that wait.
    pub async fn close(&self) {
        if let Way::Smtp(smtp) = &self.way {
            smtp.close().await;
        }
    }
}

fn open(app: &App, message: &Message) -> Result<Letter> {
    let letter = message.letter(app)?;
    letter.ok_or_else(|| Error::internal(anyhow::anyhow!("its letter is gone")))
}

/// An answer of the other side as it may be shown: the address masked, however it is spelt. Some quote the text that they
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
    // Vonage names numbers without their plus.
    let address = letter.to.trim_start_matches('+').to_ascii_lowercase();
    let lower = reason.to_ascii_lowercase();
    let mut shown = String::new();
    let mut rest = 0;
    for (found, _) in lower.match_indices(&address) {
        shown.push_str(reason[rest..found].trim_end_matches('+'));
        shown.push_str(&masked(&letter.to));
        rest = found + address.len();
    }
    shown.push_str(&reason[rest..]);
    shown.chars().take(ERROR_LENGTH).collect()
}
