//! Origins and the addresses within them, checked once with sentences that help.
//!
//! An origin is compared as text only after both sides went through [`AuthOrigin::parse`] or came from a browser's
//! `Origin` header, which is already in its canonical form (RFC 6454 §6.2).

use std::fmt;

use url::{Host, ParseError, Url};

use crate::error::{Error, Result};

/// Longest address, characters; browsers and mail programs take little more.
const LONGEST: usize = 2000;

/// A web origin on which an app's pages run: `https`, or `http` on `localhost` (a secure context, as WebAuthn
/// wants).
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct AuthOrigin(String);

/// An origin as it was understood, and what was changed about it on the way.
#[derive(Debug, PartialEq, Eq)]
pub struct ParsedOrigin {
    /// The origin.
    pub origin: AuthOrigin,
    /// A sentence about what was put right, such as `127.0.0.1` turned into `localhost`.
    pub note: Option<String>,
}

impl AuthOrigin {
    /// Reads what a person typed.
    pub fn parse(text: &str) -> Result<ParsedOrigin> {
        let text = text.trim();
        let url = origin_url(text)?;
        if let Some(note) = loopback_address(&url) {
            let mut named = url.clone();
            named
                .set_host(Some("localhost"))
                .map_err(|_| origin_without_scheme(text))?;
            return Ok(ParsedOrigin {
                origin: AuthOrigin(named.origin().ascii_serialization()),
                note: Some(note),
            });
        }
        match url.host() {
            Some(Host::Domain(host)) => {
                if host.ends_with('.') {
                    return Err(Error::invalid(format!(
                        "The host `{host}` ends in a dot. Leave the dot out."
                    )));
                }
                if host.split('.').any(str::is_empty) {
                    return Err(Error::invalid(format!(
                        "The host `{host}` begins with a dot or has two in a row. Write it as in the browser's address bar, such as `www.example.com`."
                    )));
                }
                if url.scheme() == "http" && !is_localhost(host) {
                    return Err(Error::invalid(format!(
                        "The auth origin `{text}` uses http. Browsers make passkeys only on https, or on http://localhost. Write `https://{host}`."
                    )));
                }
                if !host.contains('.') && !is_localhost(host) {
                    return Err(Error::invalid(format!(
                        "The host `{host}` has no dot. Browsers make passkeys for a domain such as `example.com`, or for `localhost`."
                    )));
                }
            }
            Some(Host::Ipv4(_) | Host::Ipv6(_)) => {
                return Err(Error::invalid(
                    "The auth origin is an IP address. Browsers make no passkeys for addresses: use a domain name with https, or `http://localhost` on your own machine.",
                ));
            }
            None => return Err(origin_without_scheme(text)),
        }
        let canonical = url.origin().ascii_serialization();
        let note = (text.trim_end_matches('/') != text)
            .then(|| format!("The trailing slash was left out: {canonical}"));
        Ok(ParsedOrigin {
            origin: AuthOrigin(canonical),
            note,
        })
    }

    /// Reads the origin of a page that embeds an app's pages in a frame.
    ///
    /// Browsers name it as it stands in their address bar (`topOrigin`, WebAuthn L3 §5.8.1), and no passkey is made for
    /// it: it may be an IP address, and 127.0.0.1 stays what it is.
    pub fn parse_embedding(text: &str) -> Result<ParsedOrigin> {
        let text = text.trim();
        let url = origin_url(text)?;
        let is_address = matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)));
        if is_address && (url.scheme() == "https" || loopback_address(&url).is_some()) {
            return Ok(ParsedOrigin {
                origin: AuthOrigin(url.origin().ascii_serialization()),
                note: None,
            });
        }
        AuthOrigin::parse(text)
    }

    /// An origin that was parsed before it was stored.
    pub fn from_stored(text: String) -> Self {
        AuthOrigin(text)
    }

    /// The canonical text, as a browser sends it in `Origin`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The origin as a URL.
    pub fn url(&self) -> Url {
        Url::parse(&self.0).expect("an origin was parsed before")
    }

    /// Whether passkeys of this RP ID can be used here: the host is the RP ID or a subdomain of it
    /// (WebAuthn L3 §5.1.3, step 8).
    pub fn is_within(&self, rp_id: &str) -> bool {
        let host = self.host();
        host == rp_id
            || host
                .strip_suffix(rp_id)
                .is_some_and(|rest| rest.ends_with('.'))
    }

    /// Whether only this machine can be meant.
    pub fn is_loopback(&self) -> bool {
        is_localhost(&self.host())
    }

    /// The host without port: the default RP ID.
    pub fn host(&self) -> String {
        self.url().host_str().unwrap_or_default().to_owned()
    }
}

impl fmt::Display for AuthOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The shape that every origin has: scheme, host, port.
fn origin_url(text: &str) -> Result<Url> {
    if text.is_empty() {
        return Err(Error::invalid(
            "The auth origin is empty. Write where your pages run, such as `http://localhost:8080` or `https://example.com`.",
        ));
    }
    require_short("auth origin", text)?;
    if text.contains('*') {
        return Err(Error::invalid(
            "An auth origin cannot hold a wildcard. List each origin by itself.",
        ));
    }
    if !text.contains("://") {
        return Err(origin_without_scheme(text));
    }
    let url = Url::parse(text).map_err(|error| unreadable(text, error))?;
    if url.port() == Some(0) {
        return Err(unreadable(text, ParseError::InvalidPort));
    }
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Error::invalid(format!(
            "The auth origin starts with `{}:`. It must start with `https://`, or `http://` for localhost.",
            url.scheme()
        )));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::invalid(
            "The auth origin holds a user name or password. Leave them out.",
        ));
    }
    let extra = match (url.path(), url.query(), url.fragment()) {
        ("/", None, None) => None,
        ("/", Some(_), _) => Some("a query"),
        ("/", None, Some(_)) => Some("a fragment"),
        _ => Some("a path"),
    };
    if let Some(extra) = extra {
        return Err(Error::invalid(format!(
            "The auth origin `{text}` has {extra}. An origin is scheme, host and port only: `{}`. Paths belong into the redirect URL.",
            url.origin().ascii_serialization()
        )));
    }
    Ok(url)
}

fn require_short(what: &str, text: &str) -> Result<()> {
    if text.chars().count() <= LONGEST {
        return Ok(());
    }
    Err(Error::invalid(format!(
        "The {what} is longer than {LONGEST} characters. Write the shortest address that works."
    )))
}

fn is_localhost(host: &str) -> bool {
    host == "localhost" || host.ends_with(".localhost")
}

fn unreadable(text: &str, error: ParseError) -> Error {
    Error::invalid(match error {
        ParseError::InvalidPort => {
            format!("The port in `{text}` must be a number from 1 to 65535.")
        }
        _ => format!(
            "`{text}` cannot be read as an address: {error}. Write one such as `https://example.com`."
        ),
    })
}

fn origin_without_scheme(text: &str) -> Error {
    let host = text
        .trim_start_matches("//")
        .split(['/', '?', '#'])
        .next()
        .unwrap_or_default();
    let is_local = host.starts_with("localhost") || host.starts_with("127.");
    let proposal = match (is_local, host.contains('.')) {
        (true, _) => format!("http://{host}"),
        (false, true) => format!("https://{host}"),
        (false, false) => "https://example.com".to_owned(),
    };
    Error::invalid(format!(
        "`{text}` is not an origin: it needs a scheme and a host, such as `{proposal}`."
    ))
}

fn loopback_address(url: &Url) -> Option<String> {
    let is_loopback = match url.host()? {
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
        Host::Domain(_) => false,
    };
    is_loopback.then(|| {
        format!(
            "{} was turned into localhost, because browsers make no passkeys for IP addresses. Open your page at localhost, too.",
            url.host_str().unwrap_or_default()
        )
    })
}

/// Where a browser goes after sign-in: a path on the auth origin, or an absolute address on one of the app's
/// origins. Compared as a parsed URL, never by prefix (D13).
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct RedirectUrl(String);

impl RedirectUrl {
    /// Reads what a person typed; `origins` are the app's own.
    pub fn parse(text: &str, origins: &[&AuthOrigin]) -> Result<RedirectUrl> {
        Self::parse_as("redirect URL", text, origins)
    }

    /// Reads another address of the app's own pages, which refusals call `what`.
    pub fn parse_as(what: &str, text: &str, origins: &[&AuthOrigin]) -> Result<RedirectUrl> {
        let text = text.trim();
        require_short(what, text)?;
        let primary = origins.first().expect("an app has an origin");
        if text.is_empty() {
            return Err(Error::invalid(format!(
                "The {what} is empty. Write a path of your pages, such as `/dashboard` or `/`."
            )));
        }
        if text
            .bytes()
            .any(|byte| byte.is_ascii_control() || byte == b'\\')
        {
            return Err(Error::invalid(format!(
                "The {what} holds a backslash or a control character. Write a path such as `/dashboard`."
            )));
        }
        if let Some(path) = text.strip_prefix('/') {
            if path.starts_with('/') {
                return Err(Error::invalid(format!(
                    "The {what} `{text}` starts with two slashes, which browsers read as another host. Write one slash."
                )));
            }
            return Ok(RedirectUrl(text.to_owned()));
        }
        let url = Url::parse(text)
            .map_err(|_| Error::invalid(format!("The {what} `{text}` is neither a path nor an address. Write a path that starts with a slash, such as `/{text}`.")))?;
        let origin = url.origin().ascii_serialization();
        // The origin of `blob:https://example.com/…` is that of the address within.
        if matches!(url.scheme(), "http" | "https")
            && origins.iter().any(|known| known.as_str() == origin)
            && url.username().is_empty()
            && url.password().is_none()
        {
            return Ok(RedirectUrl(url.into()));
        }
        if loopback_address(&url).is_some() {
            return Err(Error::invalid(format!(
                "The {what} `{text}` names an IP address, but the pages run on {primary}. Write the path alone: `{}`.",
                url.path()
            )));
        }
        Err(Error::invalid(format!(
            "The {what} `{text}` is not on the app's origin {primary}. Tokens live in that origin, so people must land there: write a path such as `{}`.",
            url.path()
        )))
    }

    /// The path or address as it goes to the browser; never empty.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> String {
        match AuthOrigin::parse(text) {
            Ok(parsed) => match parsed.note {
                Some(note) => format!("{} ({note})", parsed.origin),
                None => parsed.origin.to_string(),
            },
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn origins_are_made_canonical() {
        assert_eq!(origin("https://Example.com"), "https://example.com");
        assert_eq!(origin("https://example.com:443"), "https://example.com");
        assert_eq!(origin("http://localhost:8080"), "http://localhost:8080");
        assert_eq!(
            origin("http://app.localhost:8080"),
            "http://app.localhost:8080"
        );
        assert_eq!(
            origin("https://bücher.example"),
            "https://xn--bcher-kva.example"
        );
        assert!(origin("http://localhost:8080/").contains("trailing slash was left out"));
        assert!(
            origin("http://127.0.0.1:8080")
                .starts_with("http://localhost:8080 (127.0.0.1 was turned into localhost")
        );
        assert!(origin("http://[::1]:8080").starts_with("http://localhost:8080 ("));
    }

    #[test]
    fn bad_origins_are_refused_with_what_to_write() {
        assert!(origin("").contains("is empty"));
        assert!(origin("example.com").contains("such as `https://example.com`"));
        assert!(origin("localhost:8080").contains("such as `http://localhost:8080`"));
        assert!(origin("http://example.com").contains("Write `https://example.com`"));
        assert!(origin("https://example.com/login").contains("Paths belong into the redirect URL"));
        assert!(origin("https://example.com?x=1").contains("has a query"));
        assert!(origin("https://example.com:99999").contains("number from 1 to 65535"));
        assert!(origin("http://localhost:0").contains("number from 1 to 65535"));
        assert!(origin("null").contains("such as `https://example.com`"));
        assert!(origin("https://*.example.com").contains("wildcard"));
        assert!(origin("https://192.168.1.4").contains("IP address"));
        assert!(origin("https://intranet").contains("no dot"));
        for empty_label in ["https://.example.com", "https://www..example.com"] {
            assert!(
                origin(empty_label).contains("begins with a dot or has two"),
                "{empty_label}"
            );
        }
        assert!(origin("ftp://example.com").contains("starts with `ftp:`"));
        assert!(origin("https://user:pw@example.com").contains("user name"));
        assert!(origin("https://example.com.").contains("ends in a dot"));
    }

    #[test]
    fn embedding_origins_stay_as_browsers_name_them() {
        let embedding = |text| AuthOrigin::parse_embedding(text).map(|parsed| parsed.origin.0);
        for (text, kept) in [
            ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("http://[::1]:8080/", "http://[::1]:8080"),
            ("https://192.168.1.4:8443", "https://192.168.1.4:8443"),
            ("https://partner.example/", "https://partner.example"),
            ("http://localhost:8080", "http://localhost:8080"),
        ] {
            assert_eq!(embedding(text).unwrap(), kept);
        }
        for text in [
            "http://192.168.1.4",
            "http://partner.example",
            "https://127.0.0.1/path",
            "",
        ] {
            assert!(embedding(text).is_err(), "{text}");
        }
    }

    fn redirect(text: &str) -> String {
        let origin = AuthOrigin::parse("http://localhost:8080").unwrap().origin;
        match RedirectUrl::parse(text, &[&origin]) {
            Ok(url) => url.as_str().to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn redirects_stay_on_the_app() {
        assert_eq!(redirect("/dashboard"), "/dashboard");
        assert_eq!(redirect("/"), "/");
        assert_eq!(
            redirect("http://localhost:8080/home?x=1"),
            "http://localhost:8080/home?x=1"
        );
        for bad in [
            "",
            "//evil.example/",
            "/\\evil.example",
            "http://localhost:8080.evil.example/",
            "http://localhost:8080@evil.example/",
            "http://user@localhost:8080/",
            "https://localhost:8080/",
            "javascript:alert(1)",
            "blob:http://localhost:8080/550e8400-e29b-41d4-a716-446655440000",
            "dashboard",
            "http://127.0.0.1:8080/dashboard",
        ] {
            assert!(
                redirect(bad).contains("Write") || redirect(bad).contains("write"),
                "{bad}: {}",
                redirect(bad)
            );
        }
    }
}
