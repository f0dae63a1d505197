//! Who carries text messages, as settings name them.

use std::fmt;

use url::Url;

use super::mail::decoded;
use super::{Config, ConfigError, Secret, is_loopback};

/// Who carries text messages.
#[derive(Clone, Debug, PartialEq)]
pub enum SmsProvider {
    /// Twilio's Programmable Messaging.
    Twilio {
        /// Where it answers: an origin.
        base: Url,
        /// The account's SID.
        account: String,
        /// The account's token.
        token: Secret,
    },
    /// Vonage's SMS API, which was Nexmo's.
    Vonage {
        /// Where it answers: an origin.
        base: Url,
        /// The account's API key.
        key: String,
        /// The account's API secret.
        secret: Secret,
    },
    /// A server of the operator's own. The address may hold a secret in its path.
    Webhook(Secret),
}

const EXAMPLE: &str = "write twilio://SID:TOKEN@api.twilio.com, vonage://KEY:SECRET@rest.nexmo.com, or the https:// address \
                       of a webhook of your own";

/// Letters of the shortest secret that signs anything.
const SECRET_MIN: usize = 16;

/// Longest name that a text message can come from, in letters (GSM 03.40 §9.1.2.5).
const NAME_MAX: usize = 11;

/// Reads `sms_url`. It usually holds a secret, so that no problem shows it.
pub(super) fn sms_url(text: &str) -> Result<SmsProvider, String> {
    let problem = |what: &str| format!("the value (not shown) {what}; {EXAMPLE}");
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| problem("is not a URL"))?;
    if matches!(scheme, "https" | "http") {
        return webhook(text, problem);
    }
    if !matches!(scheme, "twilio" | "vonage") {
        return Err(problem(
            "begins with none of twilio://, vonage:// and https://",
        ));
    }
    let parse = |scheme: &str| {
        Url::parse(&format!("{scheme}://{rest}")).map_err(|cause| {
            problem(&format!(
                "is not a URL ({cause}); in what stands before the host, write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"
            ))
        })
    };
    // A stand-in on this machine has no certificate. Parsed anew, so that a port that is https' own stays.
    let mut base = parse("https")?;
    if is_loopback(&base) {
        base = parse("http")?;
    }
    if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
        return Err(problem("has something after the host and its port"));
    }
    if base.port() == Some(0) {
        return Err(problem("has the port 0, on which nothing listens"));
    }
    let decode = |part: &str| {
        decoded(part).filter(|part| !part.is_empty()).ok_or_else(|| {
            problem("lacks one of the two parts of the account before the host, or has a % that encodes no letter in them")
        })
    };
    let account = decode(base.username())?;
    let secret = Secret::new(decode(base.password().unwrap_or_default())?);
    base.set_username("")
        .and_then(|()| base.set_password(None))
        .map_err(|()| problem("names no host"))?;
    if scheme == "vonage" {
        let key = account;
        return Ok(SmsProvider::Vonage { base, key, secret });
    }
    // It becomes a part of the path.
    if !account.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(problem("has an account SID that is none"));
    }
    Ok(SmsProvider::Twilio {
        base,
        account,
        token: secret,
    })
}

fn webhook(text: &str, problem: impl Fn(&str) -> String) -> Result<SmsProvider, String> {
    let url = Url::parse(text).map_err(|cause| problem(&format!("is not a URL ({cause})")))?;
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(problem(
            "begins with http://, and codes must not be readable on their way; only a webhook on this machine may do without https",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(problem(
            "has a user or a password, which a webhook does not get; it knows us by the header Ginnel-Signature",
        ));
    }
    Ok(SmsProvider::Webhook(Secret::new(url)))
}

/// Reads `sms_from`: a number, a short code, a name, or the SID of a messaging service of Twilio's.
pub(super) fn sms_from(text: &str) -> Result<String, String> {
    let is_number = |digits: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
    };
    let is_good = match text.strip_prefix('+') {
        Some(digits) => is_number(digits, 7..=15),
        None => is_number(text, 3..=8) || is_name(text) || is_messaging_service(text),
    };
    if is_good {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is nothing that text messages come from; write a number such as +15550100 without blanks, a short code, a \
         name of at most {NAME_MAX} letters and digits, or the SID of a messaging service of Twilio's (MG and 32 digits)"
    ))
}

fn is_name(text: &str) -> bool {
    (1..=NAME_MAX).contains(&text.len())
        && text.bytes().any(|byte| byte.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b" -_.&+".contains(&byte))
}

/// Whether a sender is a messaging service of Twilio's, which picks the number itself.
pub fn is_messaging_service(text: &str) -> bool {
    text.len() == 34
        && text.starts_with("MG")
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Reads `sms_webhook_secret`.
pub(super) fn webhook_secret(text: &str) -> Result<Secret, String> {
    if text.len() < SECRET_MIN {
        return Err(format!(
            "the value (not shown) has fewer than {SECRET_MIN} letters and could be guessed; make one with `openssl rand -base64 32`"
        ));
    }
    Ok(Secret::new(text))
}

/// What one of the settings cannot say alone.
pub(super) fn check(config: &Config) -> Result<(), ConfigError> {
    let from = config.sms_from.as_deref();
    let is_service = from.is_some_and(is_messaging_service);
    match &config.sms {
        Some(SmsProvider::Twilio { .. } | SmsProvider::Vonage { .. }) if from.is_none() => {
            Err(ConfigError::MissingSmsFrom)
        }
        Some(SmsProvider::Vonage { .. }) if is_service => Err(ConfigError::ForeignMessagingService),
        Some(SmsProvider::Webhook(_)) if config.sms_webhook_secret.is_none() => {
            Err(ConfigError::MissingSmsWebhookSecret)
        }
        _ => Ok(()),
    }
}

/// For messages: where text messages go, without what is secret.
impl fmt::Display for SmsProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = |url: &Url| url.origin().ascii_serialization();
        match self {
            SmsProvider::Twilio { base, .. } => write!(f, "Twilio at {}", host(base)),
            SmsProvider::Vonage { base, .. } => write!(f, "Vonage at {}", host(base)),
            SmsProvider::Webhook(url) => {
                let origin = Url::parse(url.expose()).map(|url| host(&url));
                write!(f, "the webhook at {}", origin.unwrap_or_default())
            }
        }
    }
}
