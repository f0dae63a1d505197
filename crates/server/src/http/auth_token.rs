//! Where a request carries its auth token: the `Authorization` header, or the cookie in which the element keeps it. Read as
//! the SDKs read it (`sdks/vectors/requests.json`).

use axum::http::{HeaderMap, header};

use crate::error::{Code, Error, Result};

/// The cookie in which the element keeps the auth token (`passage/tokens-and-browser.md` B1).
pub const COOKIE: &str = "psg_auth_token";

/// Reason of a refusal when no token came along at all.
pub const MISSING: &str = "token_missing";

/// The token of the `Authorization` header.
pub fn bearer(headers: &HeaderMap) -> Result<&str> {
    find_bearer(headers)?
        .ok_or_else(|| missing("Send the auth token as `Authorization: Bearer …`."))
}

/// The token of the `Authorization` header if that is there, else of the cookie. For what changes nothing only: a browser
/// sends its cookies along whichever page asks.
pub fn bearer_or_cookie(headers: &HeaderMap) -> Result<&str> {
    if let Some(token) = find_bearer(headers)? {
        return Ok(token);
    }
    cookie(headers).ok_or_else(|| {
        missing(format!(
            "The request has neither an Authorization header with a Bearer token nor the cookie {COOKIE}. Sign in first."
        ))
    })
}

/// The token of a bearer `Authorization` header (RFC 6750 §2.1); `None` without one. Other schemes, such as a site's Basic
/// authentication, are none of our business. A bearer header that is broken is refused.
pub fn find_bearer(headers: &HeaderMap) -> Result<Option<&str>> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next().map(|value| value.as_bytes()) else {
        return Ok(None);
    };
    let (scheme, rest) = value.split_at(value.len().min("Bearer".len()));
    if !scheme.eq_ignore_ascii_case(b"Bearer") || !rest.first().is_none_or(u8::is_ascii_whitespace)
    {
        return Ok(None);
    }
    let token = std::str::from_utf8(rest)
        .unwrap_or_default()
        .trim_matches(' ');
    if token.is_empty() || token.contains([' ', '\t', ',']) || values.next().is_some() {
        let sentence = "The Authorization header must be `Bearer`, a space and the auth token.";
        return Err(Error::new(Code::InvalidAccessToken, sentence).with_reason("token_malformed"));
    }
    Ok(Some(token))
}

/// The first cookie of the name that has a value, without the quotes it may stand in (RFC 6265 §4.1.1).
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b';'));
    let mut values = pairs.filter_map(|pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
        let quoted = value
            .strip_prefix(b"\"")
            .and_then(|rest| rest.strip_suffix(b"\""));
        let value = quoted.unwrap_or(value);
        (name == COOKIE.as_bytes() && !value.is_empty()).then_some(value)
    });
    std::str::from_utf8(values.next()?).ok()
}

fn missing(sentence: impl Into<String>) -> Error {
    Error::new(Code::InvalidAccessToken, sentence).with_reason(MISSING)
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn read(fields: &[(&str, &str)]) -> Result<String, &'static str> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        match bearer_or_cookie(&headers) {
            Ok(token) => Ok(token.to_owned()),
            Err(error) => Err(error.reason().unwrap()),
        }
    }

    #[test]
    fn the_header_comes_before_the_cookie() {
        let cookie = ("cookie", "psg_auth_token=from-cookie");
        for (authorization, expected) in [
            ("Bearer a.b.c", Ok("a.b.c")),
            ("bEaReR   a.b.c  ", Ok("a.b.c")),
            ("Basic YTpi", Ok("from-cookie")),
            ("", Ok("from-cookie")),
            ("Bearertoken", Ok("from-cookie")),
            ("Bear", Ok("from-cookie")),
            ("Bearer", Err("token_malformed")),
            ("Bearer ", Err("token_malformed")),
            ("Bearer a b", Err("token_malformed")),
            ("Bearer\ta", Err("token_malformed")),
            ("Bearer a,b", Err("token_malformed")),
            ("Bearer a, Basic YTpi", Err("token_malformed")),
        ] {
            let read = read(&[("authorization", authorization), cookie]);
            assert_eq!(read, expected.map(str::to_owned), "{authorization}");
        }
        let twice = [("authorization", "Bearer a"), ("authorization", "Bearer b")];
        assert_eq!(read(&twice), Err("token_malformed"));
        assert_eq!(read(&[]), Err("token_missing"));
    }

    #[test]
    fn the_first_cookie_with_a_value_counts() {
        for (line, expected) in [
            ("psg_auth_token=a", Ok("a")),
            ("other=ü; psg_auth_token = a ;x", Ok("a")),
            (r#"psg_auth_token="a""#, Ok("a")),
            (
                "psg_auth_token=; psg_auth_token=b; psg_auth_token=c",
                Ok("b"),
            ),
            (r#"psg_auth_token=""; psg_auth_token=b"#, Ok("b")),
            ("psg_auth_token=a=b", Ok("a=b")),
            ("psg_auth_token", Err("token_missing")),
            ("xpsg_auth_token=a; PSG_AUTH_TOKEN=b", Err("token_missing")),
            ("", Err("token_missing")),
        ] {
            let read = read(&[("cookie", line)]);
            assert_eq!(read, expected.map(str::to_owned), "{line}");
        }
        let twice = [("cookie", "x=1"), ("cookie", "psg_auth_token=a")];
        assert_eq!(read(&twice), Ok("a".to_owned()));
    }
}
