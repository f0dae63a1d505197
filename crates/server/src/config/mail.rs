//! The mail server and the sender of mails, as settings name them.

use std::fmt;

use lettre::Address;
use url::{Host, Url};

use super::{Secret, is_loopback};

/// The mail server that takes what is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct SmtpServer {
    /// Its name or IP address, without brackets; what its certificate must name.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// User and password, if it asks for them.
    pub credentials: Option<(String, Secret)>,
    /// Whether it runs on this machine.
    pub is_loopback: bool,
}

/// How a connection to a mail server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS (RFC 3207) before anything is said; a server on this machine may do without.
    StartTls,
    /// TLS from the first byte (RFC 8314 §3.3).
    Tls,
}

/// Who writes.
#[derive(Clone, Debug, PartialEq)]
pub struct Sender {
    /// What mail programs show beside the address; `None` for the name of the app that a mail is about.
    pub name: Option<String>,
    /// The address.
    pub address: Address,
}

const EXAMPLE: &str =
    "write smtp://USER:PASSWORD@HOST:587 for STARTTLS, or smtps://USER:PASSWORD@HOST:465 for TLS";

/// Reads `smtp_url`. It usually holds a password, so that no problem shows it.
pub(super) fn smtp_url(text: &str) -> Result<SmtpServer, String> {
    let problem = |what: &str| format!("the value (not shown) {what}; {EXAMPLE}");
    let (scheme, rest) = text
        .split_once("://")
        .ok_or_else(|| problem("is not a URL"))?;
    let (security, port) = match scheme {
        "smtp" => (Security::StartTls, 587),
        "smtps" => (Security::Tls, 465),
        _ => return Err(problem("begins with neither smtp:// nor smtps://")),
    };
    // Read as `https`, since a URL of an unknown scheme may have any text for a host.
    let url = Url::parse(&format!("https://{rest}")).map_err(|cause| {
        problem(&format!(
            "is not a URL ({cause}); in user and password, write @ as %40, : as %3A, / as %2F, # as %23, ? as %3F and % as %25"
        ))
    })?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(problem(
            "has something after the port, be it a part of a password whose / ? or # must be written as %2F %3F or %23",
        ));
    }
    let port = explicit_port(rest).unwrap_or(port);
    if port == 0 {
        return Err(problem("has the port 0, on which nothing listens"));
    }
    let host = match url.host() {
        Some(Host::Domain(name)) => name.to_owned(),
        Some(Host::Ipv4(address)) => address.to_string(),
        Some(Host::Ipv6(address)) => address.to_string(),
        None => return Err(problem("names no host")),
    };
    let credentials = match (url.username(), url.password()) {
        ("", None) => None,
        ("", Some(_)) => return Err(problem("has a password and no user")),
        (_, None) => return Err(problem("has a user and no password")),
        (user, Some(password)) => {
            let decode = |part| {
                decoded(part).ok_or_else(|| problem("has a % that encodes no letter in its user or password; write % itself as %25"))
            };
            Some((decode(user)?, Secret::new(decode(password)?)))
        }
    };
    Ok(SmtpServer {
        host,
        port,
        security,
        credentials,
        is_loopback: is_loopback(&url),
    })
}

/// The port as written: a parsed URL would not tell one that is https' own.
fn explicit_port(rest: &str) -> Option<u16> {
    let host = rest.rsplit('@').next()?.trim_end_matches('/');
    host.rsplit_once(':')?.1.parse().ok()
}

/// A part of a URL without its percent-encoding.
pub(super) fn decoded(part: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (high, low) = (rest.next()?, rest.next()?);
        let digit = |letter: u8| char::from(letter).to_digit(16);
        bytes.push(u8::try_from(digit(high)? * 16 + digit(low)?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

/// Reads `mail_from`: an address, or `Name <address>`.
pub(super) fn mail_from(text: &str) -> Result<Sender, String> {
    let example = "write an address such as login@example.com, or a name before it: Example <login@example.com>";
    let (name, address) = match text.strip_suffix('>').and_then(|text| text.split_once('<')) {
        Some((name, address)) => (name.trim().trim_matches('"').trim(), address.trim()),
        None => ("", text),
    };
    if name.contains(char::is_control) {
        return Err(format!(
            "{text:?} has a name with a line break in it; {example}"
        ));
    }
    let address: Address = address
        .parse()
        .map_err(|cause| format!("{text:?} holds no e-mail address ({cause}); {example}"))?;
    if !address.to_string().is_ascii() {
        return Err(format!(
            "{text:?} has letters beyond ASCII in its address, which many mail servers refuse; {example}"
        ));
    }
    Ok(Sender {
        name: Some(name.to_owned()).filter(|name| !name.is_empty()),
        address,
    })
}

/// For messages: where mails go, without user and password.
impl fmt::Display for SmtpServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}
