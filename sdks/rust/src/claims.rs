//! What a token says about its user, and whether that is for this application and for now.

use serde_json::{Map, Value};

use crate::errors::{Code, Error};
use crate::tokens::Expectations;

/// What Ginnel says about a signed-in user. Times are in seconds since 1970 and may have a fraction (RFC 7519, section 2).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Claims {
    /// The user's id.
    pub sub: String,
    /// The address of the app's authentication API.
    pub iss: String,
    /// Whom the token is for: the app's auth origin and its id.
    pub aud: Vec<String>,
    /// When the token was issued.
    pub iat: f64,
    /// When the token ends.
    pub exp: f64,
    /// When the token begins.
    pub nbf: Option<f64>,
    /// The id of the session, the same over refreshes.
    pub sid: Option<String>,
    /// How the user signed in (RFC 8176).
    pub amr: Vec<String>,
    /// When the user last signed in, as against refreshed.
    pub auth_time: Option<f64>,
    /// All other claims: metadata that the app chose to put into its tokens.
    pub other: Map<String, Value>,
}

/// The claims, if they are complete, of this issuer, for this application and not out of their time.
pub(crate) fn check_claims(
    mut members: Map<String, Value>,
    expected: &Expectations,
    now: f64,
) -> Result<Claims, Error> {
    let mut take = |name: &str| members.remove(name);
    let sub = match take("sub") {
        Some(Value::String(sub)) if !sub.is_empty() => sub,
        _ => return Err(missing("sub")),
    };
    let Some(Value::String(iss)) = take("iss") else {
        return Err(missing("iss"));
    };
    let aud = match take("aud") {
        Some(Value::String(one)) => Some(vec![one]),
        Some(list) => strings(&list),
        None => None,
    };
    let aud = aud.ok_or_else(|| missing("aud"))?;
    let iat = take("iat").as_ref().and_then(time);
    let iat = iat.ok_or_else(|| missing("iat"))?;
    let exp = take("exp").as_ref().and_then(time);
    let exp = exp.ok_or_else(|| missing("exp"))?;
    let nbf = match take("nbf") {
        Some(value) => Some(time(&value).ok_or_else(|| missing("nbf"))?),
        None => None,
    };

    if iss != expected.issuer {
        return Err(Error::new(
            Code::IssuerMismatch,
            format!(
                "The token was issued by {iss}, and {} is expected; set url (GINNEL_URL) to the server's public \
                 address, or issuer if it is reached by another one.",
                expected.issuer
            ),
        ));
    }
    if !aud.contains(&expected.app_id) {
        return Err(Error::new(
            Code::AudienceMismatch,
            format!(
                "The token is not for application {}; check the application's id.",
                expected.app_id
            ),
        ));
    }
    if exp + expected.leeway <= now {
        return Err(Error::new(
            Code::TokenExpired,
            "The auth token has expired; refresh it or sign in again.",
        ));
    }
    if iat - expected.leeway > now || nbf.is_some_and(|nbf| nbf - expected.leeway > now) {
        return Err(Error::new(
            Code::TokenNotYetValid,
            "The auth token is from the future; check the clocks of both servers.",
        ));
    }
    Ok(Claims {
        sub,
        iss,
        aud,
        iat,
        exp,
        nbf,
        sid: take("sid").and_then(|sid| sid.as_str().map(str::to_owned)),
        amr: take("amr")
            .and_then(|amr| strings(&amr))
            .unwrap_or_default(),
        auth_time: take("auth_time").as_ref().and_then(time),
        other: members,
    })
}

/// A number of seconds; JSON has no infinite ones.
fn time(value: &Value) -> Option<f64> {
    value.as_f64()
}

fn strings(value: &Value) -> Option<Vec<String>> {
    let items = value.as_array()?.iter();
    items.map(|item| item.as_str().map(str::to_owned)).collect()
}

fn missing(claim: &str) -> Error {
    Error::new(
        Code::ClaimMissing,
        format!("The token has no usable claim {claim:?}; sign in again."),
    )
}
