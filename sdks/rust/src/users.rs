//! The signed-in user behind a guard, and the answer to everybody else.

use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use http::{Response, StatusCode};
use serde_json::json;

use crate::claims::Claims;
use crate::client::Ginnel;
use crate::errors::{Code, Error};
use crate::requests::read_token;

/// The signed-in user of a request: an extractor of axum's, and what [`RequireUser`](crate::tower::RequireUser) leaves in
/// a request's extensions.
#[derive(Clone, Debug)]
pub struct User {
    claims: Claims,
}

impl User {
    /// The user's id.
    pub fn id(&self) -> &str {
        &self.claims.sub
    }

    /// All that the token says.
    pub fn claims(&self) -> &Claims {
        &self.claims
    }

    pub(crate) async fn of_request(ginnel: &Ginnel, headers: &HeaderMap) -> Result<Self, Error> {
        let claims = ginnel.validate_token(&read_token(headers)?).await?;
        Ok(User { claims })
    }
}

/// The answer to a request that does not pass: the error's status with `{"code", "error"}`. The error itself is in the
/// answer's extensions, where a layer that logs finds it.
pub(crate) fn answer(error: Error) -> Response<String> {
    let sentence = match error.code() {
        // What goes wrong between this server and Ginnel is not for the caller to read.
        Code::KeysUnavailable => {
            "Sign-ins cannot be checked at the moment. Please try again in a minute."
        }
        Code::Configuration => "Something went wrong on this server.",
        _ => error.message(),
    };
    let body = json!({"code": error.code().as_str(), "error": sentence});
    let mut response = Response::new(body.to_string());
    *response.status_mut() =
        StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if error.status() == 401 {
        // RFC 6750, section 3.1: no error code when the request had no token at all.
        let challenge = match error.code() {
            Code::TokenMissing => "Bearer",
            _ => "Bearer error=\"invalid_token\"",
        };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response.extensions_mut().insert(error);
    response
}
