//! The server's address. Read by one form in every SDK, because parsers of URLs differ in what they let through.

use std::net::{Ipv4Addr, Ipv6Addr};

/// The address as the server writes it into tokens: scheme and host in lower case, without a port that the scheme implies,
/// and without a slash at the end, so that paths can be put behind it. `None` when it is none.
pub(crate) fn read_address(text: &str) -> Option<String> {
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default_port = match scheme.as_str() {
        "http" => 80,
        "https" => 443,
        _ => return None,
    };
    let rest = rest.trim_end_matches('/');
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let host_end = if authority.starts_with('[') {
        authority.find(']')? + 1
    } else {
        authority.find(':').unwrap_or(authority.len())
    };
    let (host, port) = authority.split_at(host_end);
    let port = match port.strip_prefix(':') {
        None if port.is_empty() => default_port,
        Some(digits) if digits.starts_with(|first| matches!(first, '1'..='9')) => {
            digits.parse::<u16>().ok()?
        }
        _ => return None,
    };
    if !is_host(host) || !path.split('/').skip(1).all(is_segment) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    Some(if port == default_port {
        format!("{scheme}://{host}{path}")
    } else {
        format!("{scheme}://{host}:{port}{path}")
    })
}

/// A name, an IPv4 address in four decimal parts, or an IPv6 address in brackets. A name's last part begins with a letter,
/// so that it is no other way to write an IPv4 address.
fn is_host(host: &str) -> bool {
    let bracketed = host
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    if let Some(address) = bracketed {
        return !address.contains('.') && address.parse::<Ipv6Addr>().is_ok();
    }
    let is_label = |label: &str| {
        let mut bytes = label.bytes();
        !label.is_empty() && bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_name = last.starts_with(|first: char| first.is_ascii_alphabetic());
    is_name && host.split('.').all(is_label) || host.parse::<Ipv4Addr>().is_ok()
}

/// Unreserved characters and escapes (RFC 3986, section 2), and not the dots that lead elsewhere (section 5.2.4).
fn is_segment(segment: &str) -> bool {
    let is_unreserved = |text: &str| {
        let mut bytes = text.bytes();
        bytes.all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
    };
    let is_escape = |text: &str| {
        let digits = text.as_bytes().get(..2);
        digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    };
    let plain = segment.replace("%2e", ".").replace("%2E", ".");
    !matches!(plain.as_str(), "" | "." | "..")
        && segment.split('%').all(is_unreserved)
        && segment.split('%').skip(1).all(is_escape)
}
