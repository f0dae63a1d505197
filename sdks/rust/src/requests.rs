//! Finds the token in a request's headers.

use http::HeaderMap;
use http::header::{AUTHORIZATION, COOKIE, HeaderName};

use crate::errors::{Code, Error};

/// The cookie in which the browser keeps the auth token.
pub const COOKIE_NAME: &str = "psg_auth_token";

/// What HTTP has (RFC 9110, section 5.6.3). Every other byte belongs to what it stands beside.
const WHITE_SPACE: [char; 2] = [' ', '\t'];

/// The token of a request: from `Authorization: Bearer …` when the request has it, else from the cookie. Other schemes
/// (a site behind Basic authentication) are none of our business. A Bearer header that is broken is refused; the cookie
/// is then not looked at.
pub(crate) fn read_token(headers: &HeaderMap) -> Result<String, Error> {
    if let Some(value) = read_header(headers, AUTHORIZATION, ", ")
        && let Some(credentials) = strip_bearer(&value)
    {
        let token = credentials.trim_matches(' ');
        let broken =
            !credentials.starts_with(' ') || token.is_empty() || token.contains([' ', '\t', ',']);
        if broken {
            return Err(Error::new(
                Code::TokenMalformed,
                "The Authorization header must be \"Bearer\", a space and the auth token.",
            ));
        }
        return Ok(token.to_owned());
    }
    let cookies = read_header(headers, COOKIE, "; ").unwrap_or_default();
    match read_cookie(&cookies) {
        Some(token) => Ok(token.to_owned()),
        None => Err(Error::new(
            Code::TokenMissing,
            format!(
                "The request has neither an Authorization header with a Bearer token nor the cookie {COOKIE_NAME}; \
                 sign in first."
            ),
        )),
    }
}

/// All fields of this name as one, each byte a character: what is no ASCII can be no token, and is refused as one.
fn read_header(headers: &HeaderMap, name: HeaderName, separator: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| value.as_bytes().iter().copied().map(char::from).collect())
        .collect();
    (!values.is_empty()).then(|| values.join(separator))
}

/// What follows the scheme `Bearer`, written in any case; `None` for every other scheme.
fn strip_bearer(value: &str) -> Option<&str> {
    let (scheme, credentials) = value.split_at_checked("bearer".len())?;
    let ends = credentials.is_empty() || credentials.starts_with(WHITE_SPACE);
    (ends && scheme.eq_ignore_ascii_case("bearer")).then_some(credentials)
}

/// The first cookie of our name that has a value, without the quotes it may stand in (RFC 6265, section 4.1.1).
fn read_cookie(header: &str) -> Option<&str> {
    header.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        if name.trim_matches(WHITE_SPACE) != COOKIE_NAME {
            return None;
        }
        let value = value.trim_matches(WHITE_SPACE);
        let token = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .unwrap_or(value);
        (!token.is_empty()).then_some(token)
    })
}
