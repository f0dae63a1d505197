//! The check of an auth token: a JWT (RFC 7519) in compact form (RFC 7515, section 7.1). The order is: size and shape,
//! algorithm, key, signature, claims. Nothing in the claims is looked at before the signature has been verified.

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::claims::{Claims, check_claims};
use crate::errors::{Code, Error};
use crate::key_sets::KeySet;
use crate::keys::{Algorithm, decode_base64url};

/// What a token must be to pass.
pub(crate) struct Expectations {
    pub(crate) app_id: String,
    pub(crate) issuer: String,
    pub(crate) key_set: Arc<dyn KeySet>,
    pub(crate) algorithms: Vec<Algorithm>,
    /// Seconds by which the clocks may differ.
    pub(crate) leeway: f64,
}

/// The longest token that is looked at, in characters.
const LARGEST_TOKEN: usize = 16 * 1024;

/// The token's claims, once everything about it has been checked; `now` gives seconds since 1970.
pub(crate) async fn check_token(
    token: &str,
    expected: &Expectations,
    now: impl Fn() -> f64,
) -> Result<Claims, Error> {
    if token.is_empty() {
        return Err(Error::new(
            Code::TokenMissing,
            "There is no auth token to check; sign in first.",
        ));
    }
    // The length in bytes is no smaller, and known.
    if token.len() > LARGEST_TOKEN && token.chars().count() > LARGEST_TOKEN {
        return Err(Error::new(
            Code::TokenOversize,
            format!("The auth token is longer than {LARGEST_TOKEN} characters; sign in again."),
        ));
    }
    let parts: Vec<&str> = token.splitn(4, '.').collect();
    let [header_part, claims_part, signature_part] = parts[..] else {
        return Err(malformed("it does not have three parts"));
    };
    if header_part.is_empty() || claims_part.is_empty() {
        return Err(malformed("it does not have three parts"));
    }

    let header = read_object(header_part)
        .map_err(|reason| malformed(&format!("its header part is {reason}")))?;
    let (algorithm, kid) = check_header(&header, &expected.algorithms)?;
    let signature = decode_base64url(signature_part)
        .ok_or_else(|| malformed("its signature is not base64url"))?;

    let Some(key) = expected.key_set.find(kid).await? else {
        return Err(Error::new(
            Code::KeyUnknown,
            format!(
                "No key of application {} has the token's key id; sign in again.",
                expected.app_id
            ),
        ));
    };
    // The header's algorithm is among the allowed ones, and the key has the last word on it.
    if key.algorithm() != algorithm {
        return Err(Error::new(
            Code::AlgorithmNotAllowed,
            "The token names another algorithm than its key is for; sign in again.",
        ));
    }
    let signed = &token[..header_part.len() + 1 + claims_part.len()];
    if !key.verify(&signature, signed.as_bytes()) {
        return Err(Error::new(
            Code::SignatureInvalid,
            "The token's signature does not fit its content; sign in again.",
        ));
    }
    let claims = read_object(claims_part).map_err(|reason| {
        Error::new(
            Code::ClaimMissing,
            format!("The token's claims part is {reason}; sign in again."),
        )
    })?;
    check_claims(claims, expected, now().floor())
}

/// Algorithm and key id, if the header is one that Ginnel writes. `jku`, `jwk`, `x5u` and `x5c` are never read: keys come
/// from the key set alone.
fn check_header<'a>(
    header: &'a Map<String, Value>,
    algorithms: &[Algorithm],
) -> Result<(Algorithm, &'a str), Error> {
    let algorithm = header
        .get("alg")
        .and_then(Value::as_str)
        .and_then(Algorithm::from_name)
        .filter(|algorithm| algorithms.contains(algorithm))
        .ok_or_else(|| {
            let names: Vec<&str> = algorithms.iter().map(|known| known.as_str()).collect();
            Error::new(
                Code::AlgorithmNotAllowed,
                format!(
                    "The token must be signed with {}; sign in again.",
                    names.join(" or ")
                ),
            )
        })?;
    // RFC 7515, section 4.1.11: an extension that is not understood must be refused, and we understand none.
    if header.contains_key("crit") {
        return Err(malformed("its header has \"crit\""));
    }
    if header.get("typ").is_some_and(|typ| typ != "JWT") {
        return Err(malformed("its \"typ\" is not \"JWT\""));
    }
    match header.get("kid").and_then(Value::as_str) {
        None | Some("") => Err(malformed("its header has no key id (\"kid\")")),
        Some(kid) => Ok((algorithm, kid)),
    }
}

/// The JSON object that a part encodes. Of two members with one name the last counts, as in JavaScript.
///
/// # Errors
/// What completes the sentence "The part is …".
fn read_object(part: &str) -> Result<Map<String, Value>, &'static str> {
    let bytes = decode_base64url(part).ok_or("not base64url")?;
    match serde_json::from_slice(&bytes) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(_) => Err("not a JSON object"),
        Err(_) => Err("not JSON"),
    }
}

fn malformed(reason: &str) -> Error {
    Error::new(
        Code::TokenMalformed,
        format!("This is not an auth token of Ginnel: {reason}. Sign in again."),
    )
}
