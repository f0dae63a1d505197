//! The Console's cookies: who is signed in, and what admits somebody who signs up.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::app::App;
use crate::config::Config;
use crate::domain::console::Grant;
use crate::ids::AppId;
use crate::secrets::SecretHash;

/// How long a browser keeps the cookie, seconds; the session behind it may end earlier.
const KEPT: u32 = 7 * 24 * 60 * 60;

/// How long a browser keeps a grant, seconds.
const GRANT_KEPT: u32 = 60 * 60;

/// The cookie that holds a grant. It is sent to the authentication API of the Console's app alone.
const GRANT: &str = "ginnel_grant";

fn is_https(config: &Config) -> bool {
    config.public_url.scheme() == "https"
}

/// RFC 6265bis §4.1.3.2: with the prefix, no other host and no http page can set it.
fn name(config: &Config) -> &'static str {
    if is_https(config) {
        "__Host-ginnel_console"
    } else {
        "ginnel_console"
    }
}

/// The text of the visitor's cookie.
pub fn read<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    find(headers, name(&app.config))
}

/// A cookie of a request.
pub fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name && !value.is_empty()).then_some(value))
}

/// What gives a browser its cookie.
pub fn set(config: &Config, text: &str) -> HeaderValue {
    header_of(config, name(config), text, "Lax", "/", KEPT)
}

/// What takes it away.
pub fn clear(config: &Config) -> HeaderValue {
    header_of(config, name(config), "", "Lax", "/", 0)
}

/// What lets a browser sign up by a setup link or an invitation.
pub fn grant(config: &Config, console_id: &AppId, kind: &str, secret: &str) -> HeaderValue {
    let path = format!("/auth/v1/apps/{console_id}");
    let text = format!("{kind}.{secret}");
    header_of(config, GRANT, &text, "Strict", &path, GRANT_KEPT)
}

/// The grant that a browser brings along.
pub fn read_grant(headers: &HeaderMap) -> Option<Grant> {
    let (kind, secret) = find(headers, GRANT)?.split_once('.')?;
    let hash = SecretHash::of(secret);
    match kind {
        "setup" => Some(Grant::Setup(hash)),
        "invitation" => Some(Grant::Invitation(hash)),
        _ => None,
    }
}

fn header_of(
    config: &Config,
    name: &str,
    text: &str,
    same_site: &str,
    path: &str,
    seconds: u32,
) -> HeaderValue {
    let secure = if is_https(config) { "; Secure" } else { "" };
    let line = format!(
        "{name}={text}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
    );
    HeaderValue::from_str(&line).expect("ids and base64 are header text")
}
