//! Origins, redirect targets, and what names a user.

use std::str::FromStr as _;

use url::{Host, Url};

use super::text;
use crate::domain::apps::NewApp;
use crate::domain::origins::{AuthOrigin, RedirectUrl};
use crate::domain::users::Identifier;

/// Auth origins: what is accepted is what the URL standard makes of it, in one form, where browsers make passkeys.
pub fn origins(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let Ok(parsed) = AuthOrigin::parse(text) else {
        return;
    };
    let canonical = parsed.origin.as_str();
    let url = Url::parse(text.trim()).expect("the URL standard reads it, too");
    if is_address(&url) {
        assert!(parsed.origin.is_loopback() && parsed.note.is_some());
    } else {
        assert_eq!(url.origin().ascii_serialization(), canonical);
    }
    // Browsers compare `Origin` byte by byte: lower case, ASCII, no default port, nothing but scheme, host and port.
    let (scheme, rest) = canonical.split_once("://").expect("there is a scheme");
    let (host, port) = match rest.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    assert!(scheme == "https" || (scheme == "http" && parsed.origin.is_loopback()));
    assert!(host.bytes().all(|byte| {
        byte.is_ascii_graphic() && !byte.is_ascii_uppercase() && !b"/?#@:\\*<>^|%".contains(&byte)
    }));
    assert!(host.split('.').all(|label| !label.is_empty()));
    let default = if scheme == "https" { "443" } else { "80" };
    assert!(port.is_none_or(|port| {
        port != default
            && port
                .parse::<u16>()
                .is_ok_and(|number| number.to_string() == port)
    }));
    let again = AuthOrigin::parse(canonical).expect("what was accepted is accepted again");
    assert_eq!(again.origin, parsed.origin);
    assert_eq!(again.note, None);
    assert_eq!(parsed.origin.host(), host);
    assert!(parsed.origin.is_within(host) && !parsed.origin.is_within(&host[1..]));
}

fn is_address(url: &Url) -> bool {
    matches!(url.host(), Some(Host::Ipv4(_) | Host::Ipv6(_)))
}

/// Redirect URLs and login URLs: wherever a browser goes from one, it stays on the app's origins.
pub fn redirects(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let known = [
        "http://localhost:8080",
        "https://example.com",
        "https://xn--bcher-kva.example",
    ];
    let known = known.map(|origin| AuthOrigin::from_stored(origin.to_owned()));
    let listed: Vec<_> = known.iter().collect();
    if let Ok(parsed) = RedirectUrl::parse(text, &listed) {
        let target = parsed.as_str();
        let again = RedirectUrl::parse(target, &listed).expect("accepted once, accepted again");
        assert_eq!(again, parsed);
        for page in ["/", "/login?next=//evil.example/", "/a/b/c#d"] {
            let page = known[0].url().join(page).expect("it is a page");
            let url = page.join(target).expect("a browser finds its way");
            let origin = url.origin().ascii_serialization();
            assert!(known.iter().any(|known| known.as_str() == origin), "{url}");
            assert!(url.username().is_empty() && url.password().is_none());
        }
        assert!(stays(target, &known), "{target:?}");
    }
    if let Ok(new) =
        NewApp::parse("App", "https://example.com", "/").and_then(|new| new.login_url(text))
    {
        let mut new = new;
        let login_url = &new.settings_mut().login_url;
        let page = known[1]
            .url()
            .join(login_url)
            .expect("a browser finds its way");
        assert_eq!(page.origin().ascii_serialization(), "https://example.com");
    }
}

/// The same by hand, as old browsers and naive ones read it: they leave out tabs and line breaks, take a backslash for a slash
/// and look at what stands in front.
fn stays(target: &str, known: &[AuthOrigin]) -> bool {
    let read: String = target
        .chars()
        .filter(|c| !matches!(c, '\t' | '\n' | '\r'))
        .map(|c| if c == '\\' { '/' } else { c })
        .collect();
    let read = read.trim_matches(|c: char| c <= ' ');
    if read.starts_with('/') {
        return !read.starts_with("//");
    }
    known.iter().any(|origin| {
        let rest = read.strip_prefix(origin.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    })
}

/// Mail addresses and phone numbers: one form, whatever the spelling; what is accepted can be written to.
pub fn identifiers(data: &[u8]) {
    let Some(text) = text(data) else { return };
    for country in [
        None,
        Some("DE"),
        Some("US"),
        Some("IT"),
        Some("RU"),
        Some("BY"),
    ] {
        let parse = |text: &str| match country {
            None => Identifier::parse(text),
            Some(country) => Identifier::parse_in(text, country),
        };
        let Ok(parsed) = parse(text) else { continue };
        let canonical = parsed.as_str();
        assert_eq!(parse(canonical).as_ref().ok(), Some(&parsed));
        // In whatever country somebody reads it.
        assert_eq!(Identifier::parse(canonical).ok().as_ref(), Some(&parsed));
        assert_eq!(
            Identifier::parse_in(canonical, "JP").ok().as_ref(),
            Some(&parsed)
        );
        for other in [
            format!(" {text}\t"),
            text.to_ascii_uppercase(),
            text.to_ascii_lowercase(),
        ] {
            assert_eq!(parse(&other).ok().as_ref(), Some(&parsed), "{other:?}");
        }
        match &parsed {
            Identifier::Email(address) => {
                assert!(address.len() <= Identifier::EMAIL_MAX);
                assert!(address.bytes().all(|byte| byte.is_ascii_graphic()));
                assert_eq!(address.to_ascii_lowercase(), *address);
                assert_eq!(address.matches('@').count(), 1);
                lettre::Address::from_str(address).expect("the mail library takes it");
            }
            Identifier::Phone(number) => {
                let digits = number.strip_prefix('+').expect("E.164 begins with a plus");
                assert!((7..=15).contains(&digits.len()));
                assert!(digits.bytes().all(|byte| byte.is_ascii_digit()));
                assert!(!digits.starts_with('0'));
            }
        }
    }
}
