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

/// The API key of the `Authorization` header, in which back ends send it like a token.
pub fn find_api_key(headers: &HeaderMap) -> Result<&str> {
    let broken = |_| {
        let sentence =
            "The Authorization header must be `Bearer`, a space and an API key of this app.";
        Error::new(Code::InvalidAccessToken, sentence).with_reason("token_malformed")
    };
    find_bearer(headers).map_err(broken)?.ok_or_else(|| {
        missing("Send an API key of this app as `Authorization: Bearer …`. Keys are made on the app's page “API keys” in the Console, or by `ginnel api-key create`.")
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
    use serde_json::Value as Json;

    use super::*;

    /// What is wrong with a token itself is judged later, so a case that is refused for that finds a token here: not one
    /// that any case accepts.
    #[test]
    fn tokens_are_found_as_the_sdks_find_them() {
        let vectors = include_str!("../../../../sdks/vectors/requests.json");
        let vectors: Json = serde_json::from_str(vectors).unwrap();
        let cases = vectors["cases"].as_array().unwrap();
        let good: Vec<&str> = cases.iter().filter_map(|it| it["token"].as_str()).collect();
        assert!(good.len() > 20);
        for case in cases {
            let mut headers = HeaderMap::new();
            for field in case["headers"].as_array().unwrap() {
                headers.append(
                    HeaderName::try_from(field[0].as_str().unwrap()).unwrap(),
                    HeaderValue::try_from(field[1].as_str().unwrap()).unwrap(),
                );
            }
            let found = bearer_or_cookie(&headers);
            let name = &case["name"];
            match (case["token"].as_str(), case["error"].as_str()) {
                (Some(token), None) => assert_eq!(found.unwrap(), token, "{name}"),
                (None, Some("token_missing")) => {
                    assert_eq!(found.unwrap_err().reason(), Some(MISSING), "{name}");
                }
                (None, Some(_)) => assert!(!found.is_ok_and(|it| good.contains(&it)), "{name}"),
                other => panic!("{name}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_neighbour_in_another_encoding_hides_no_cookie() {
        let mut headers = HeaderMap::new();
        let line = HeaderValue::from_bytes(b"theme=\xfc; psg_auth_token=a").unwrap();
        headers.append(header::COOKIE, line);
        assert_eq!(bearer_or_cookie(&headers).unwrap(), "a");
    }
}
