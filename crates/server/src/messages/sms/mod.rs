//! Text messages on their way to a provider: one request each, by the provider's own rules in the files beside this one.
//!
//! Passing are failures of the network, 408, 429 and 5xx, with the time that `Retry-After` asks for; every other refusal
//! is for good. A redirect is one: credentials and codes go nowhere but to the address of the settings.

pub mod gsm;
mod twilio;
mod vonage;
mod webhook;

use std::time::Duration;

use axum::http::{Request, StatusCode, header};
use http_body_util::Full;
use hyper::body::Bytes;
use jiff::fmt::rfc2822;
use url::Url;

use super::{Kind, Language, Letter, Message, Refusal};
use crate::config::{Config, Secret, SmsProvider};
use crate::https::{Answer, Client, Trouble};
use crate::time::{Clock, Timestamp};

/// How long a provider may take for an answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);

/// Largest answer that is read, bytes.
const ANSWER_MAX: usize = 64 << 10;

/// Longest wait that a provider can ask for.
const WAIT_MAX: Duration = Duration::from_secs(24 * 60 * 60);

/// A message in words.
pub struct TextMessage<'a> {
    /// Names the message: the same at each attempt.
    pub id: &'a str,
    /// Phone number, E.164.
    pub to: &'a str,
    /// What it says.
    pub text: &'a str,
    /// What it is about.
    pub kind: Kind,
    /// In which language.
    pub language: Language,
    /// The app in whose name it is sent: its id and its name.
    pub app: (&'a str, &'a str),
}

impl<'a> TextMessage<'a> {
    /// A stored message, its letter in words.
    pub fn of(message: &'a Message, letter: &'a Letter, text: &'a str) -> Self {
        TextMessage {
            id: message.id.as_str(),
            to: &letter.to,
            text,
            kind: letter.kind,
            language: letter.language,
            app: (message.app_id.as_str(), &letter.app_name),
        }
    }
}

/// The way to the provider.
pub struct Sms {
    provider: SmsProvider,
    from: Option<String>,
    webhook_secret: Option<Secret>,
    client: Client,
    clock: Clock,
}

impl Sms {
    /// The provider of the settings, if there is one.
    pub fn of(config: &Config, clock: Clock) -> Option<Self> {
        Self::answering_within(ANSWER_WITHIN, config, clock)
    }

    /// One that is waited for so long.
    pub fn answering_within(within: Duration, config: &Config, clock: Clock) -> Option<Self> {
        Some(Sms {
            provider: config.sms.clone()?,
            from: config.sms_from.clone(),
            webhook_secret: config.sms_webhook_secret.clone(),
            client: Client::new(within, ANSWER_MAX),
            clock,
        })
    }

    /// Hands a message over; `Ok` once the provider has taken it.
    pub async fn deliver(&self, message: &TextMessage<'_>) -> Result<(), Refusal> {
        let name = self.provider.to_string();
        let from = self.from.as_deref();
        let needed = || from.expect("this provider is set only with sms_from");
        let (url, request) = match &self.provider {
            SmsProvider::Twilio { account, token, .. } => {
                let url = self.url(&twilio::path(account));
                (url, twilio::request(account, token, needed(), message))
            }
            SmsProvider::Vonage { key, secret, .. } => {
                let url = self.url(vonage::PATH);
                (url, vonage::request(key, secret, needed(), message))
            }
            SmsProvider::Webhook(_) => {
                let secret = self.webhook_secret.as_ref();
                let secret = secret.expect("a webhook is set only with its secret");
                let now = self.clock.now();
                (self.url(""), webhook::request(secret, from, message, now))
            }
        };
        let request = request.map_err(|cause| Refusal::lasting(&name, cause))?;
        let answer = self.client.send(&url, request).await;
        let answer = answer.map_err(|trouble| Refusal::passing(&name, trouble))?;
        let now = self.clock.now();
        match &self.provider {
            SmsProvider::Twilio { .. } => judge(&name, &answer, twilio::explain(&answer), now),
            SmsProvider::Vonage { .. } => {
                judge(&name, &answer, None, now)?;
                vonage::judge(&name, &answer)
            }
            SmsProvider::Webhook(_) => judge(&name, &answer, None, now),
        }
    }

    /// Connects as for a message, and sends none.
    pub async fn check(&self) -> Result<(), Trouble> {
        self.client.reach(&self.url("")).await
    }

    /// Where a path of the provider's is; the webhook has its own.
    fn url(&self, path: &str) -> Url {
        match &self.provider {
            SmsProvider::Twilio { base, .. } | SmsProvider::Vonage { base, .. } => {
                let mut url = base.clone();
                url.set_path(path);
                url
            }
            SmsProvider::Webhook(url) => {
                Url::parse(url.expose()).expect("the settings hold a URL that was parsed")
            }
        }
    }
}

/// A request with a form (`application/x-www-form-urlencoded`).
fn form(fields: &[(&str, &str)]) -> (axum::http::request::Builder, Full<Bytes>) {
    let mut body = url::form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let request = post("application/x-www-form-urlencoded");
    (request, Full::new(Bytes::from(body.finish())))
}

fn post(content_type: &str) -> axum::http::request::Builder {
    Request::post("/")
        .header(header::CONTENT_TYPE, content_type)
        .header(header::ACCEPT, "application/json")
        .header(
            header::USER_AGENT,
            concat!("ginnel/", env!("CARGO_PKG_VERSION")),
        )
}

/// What an answer's status means; `explanation` is what its body says of a refusal.
fn judge(
    name: &str,
    answer: &Answer,
    explanation: Option<String>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let status = answer.status;
    if status.is_success() {
        return Ok(());
    }
    let said = match explanation {
        Some(explanation) => format!("{} {explanation}", status.as_u16()),
        None if status.is_redirection() => {
            format!("{status}, and redirects are not followed")
        }
        None => status.to_string(),
    };
    let is_passing = status.is_server_error()
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT
        );
    if !is_passing {
        return Err(Refusal::lasting(name, said));
    }
    Err(Refusal {
        wait: answer
            .header(header::RETRY_AFTER)
            .and_then(|text| wait(text, now)),
        ..Refusal::passing(name, said)
    })
}

/// How long `Retry-After` asks to wait: seconds, or until an instant (RFC 9110 §10.2.3).
fn wait(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = match text.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => {
            let instant = rfc2822::DateTimeParser::new().parse_timestamp(text).ok()?;
            let millis = instant.as_millisecond() - now.as_millis();
            Duration::from_millis(u64::try_from(millis).ok()?)
        }
    };
    Some(wait.min(WAIT_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_in_seconds_or_until_an_instant() {
        let now = Timestamp::from_millis(784_111_777_000);
        let seconds = |text| wait(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("120"), Some(120));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:50:37 GMT"), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT"), None);
        assert_eq!(seconds("99999999999"), Some(24 * 60 * 60));
        for nonsense in ["", "soon", "-5", "1e3"] {
            assert_eq!(seconds(nonsense), None, "{nonsense}");
        }
    }
}
