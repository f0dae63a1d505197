//! A letter as an e-mail (RFC 5322): two parts that say the same, and the headers that mail programs go by.

use std::time::{Duration, UNIX_EPOCH};

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message as Email};

use super::letter::Rendered;
use super::{Letter, Message};
use crate::config::Sender;
use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Who it comes from and goes to for the mail server, and the text.
#[derive(Debug)]
pub struct Envelope {
    /// Who writes.
    pub from: Address,
    /// Who reads.
    pub to: Address,
    /// Headers and body, in ASCII.
    pub text: String,
}

/// Writes the e-mail. The same message gives the same e-mail at each try, `Message-ID` and `Date` included: a mail
/// program that gets it twice can tell.
pub fn write(
    message: &Message,
    letter: &Letter,
    words: Rendered,
    sender: &Sender,
) -> Result<Envelope> {
    let to: Address = letter.to.parse().map_err(Error::internal)?;
    let name = sender.name.as_deref().unwrap_or(&letter.app_name);
    let host = sender.address.domain();
    let created = u64::try_from(message.created_at.as_millis()).unwrap_or(0);
    let parts = MultiPart::alternative()
        .boundary(message.id.as_str())
        .singlepart(SinglePart::plain(words.text))
        .singlepart(SinglePart::html(words.html));
    let email = Email::builder()
        .from(Mailbox::new(Some(one_line(name)), sender.address.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject(one_line(&words.subject))
        .message_id(Some(format!("<{}@{host}>", message.id)))
        .date(UNIX_EPOCH + Duration::from_millis(created));
    // RFC 3834 §5: nobody's holiday answer comes back.
    let email = header(email, "Auto-Submitted", "auto-generated");
    let email = header(email, "Content-Language", letter.language.as_str())
        .multipart(parts)
        .map_err(Error::internal)?;
    Ok(Envelope {
        from: sender.address.clone(),
        to,
        text: String::from_utf8(email.formatted()).map_err(Error::internal)?,
    })
}

/// Writes a short e-mail by which an operator sees that mails arrive; `id` tells it apart.
pub fn write_test(
    to: &Address,
    sender: &Sender,
    server: &str,
    id: &str,
    now: Timestamp,
) -> Result<Envelope> {
    let name = sender.name.as_deref().unwrap_or("Ginnel");
    let seconds = u64::try_from(now.as_seconds()).unwrap_or(0);
    let email = Email::builder()
        .from(Mailbox::new(Some(one_line(name)), sender.address.clone()))
        .to(Mailbox::new(None, to.clone()))
        .subject("A test of your mail settings")
        .message_id(Some(format!("<{id}@{}>", sender.address.domain())))
        .date(UNIX_EPOCH + Duration::from_secs(seconds));
    let email = header(email, "Auto-Submitted", "auto-generated")
        .body(format!(
            "This is the mail that you asked for with `ginnel doctor --send-to`.\r\n\r\nThe server at {server} can reach you.\r\n"
        ))
        .map_err(Error::internal)?;
    Ok(Envelope {
        from: sender.address.clone(),
        to: to.clone(),
        text: String::from_utf8(email.formatted()).map_err(Error::internal)?,
    })
}

fn header(email: MessageBuilder, name: &'static str, value: &str) -> MessageBuilder {
    let name = HeaderName::new_from_ascii_str(name);
    email.raw_header(HeaderValue::new(name, value.to_owned()))
}

/// A text without line breaks and other control characters, which have no place in a header.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}
