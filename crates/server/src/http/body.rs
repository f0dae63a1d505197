//! Request bodies: JSON whatever the media type says, because older Passage packages name none.

use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use serde::de::DeserializeOwned;

use crate::app::App;
use crate::error::{Code, Error, Result};

/// Largest body, bytes.
pub const LIMIT: usize = 64 * 1024;

/// How long a body may take to arrive.
const WITHIN: Duration = Duration::from_secs(30);

/// A JSON body.
pub struct Body<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let bytes = read(request).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::invalid("The body is empty. Send a JSON object."));
        }
        parse(&bytes).map(Body)
    }
}

/// A JSON body that may be absent where all its fields are optional.
pub struct OptionalBody<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest<App> for OptionalBody<T> {
    type Rejection = Error;

    async fn from_request(request: Request, _: &App) -> Result<Self> {
        let bytes = read(request).await?;
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(OptionalBody(T::default()));
        }
        parse(&bytes).map(OptionalBody)
    }
}

/// A body of at most [`LIMIT`] bytes that arrives in time.
pub async fn read(request: Request) -> Result<Bytes> {
    read_up_to(LIMIT, request).await
}

/// A body of at most `most` bytes that arrives in time.
pub async fn read_up_to(most: usize, request: Request) -> Result<Bytes> {
    let body = axum::body::to_bytes(request.into_body(), most);
    let Ok(read) = tokio::time::timeout(WITHIN, body).await else {
        let message = "The body did not arrive within 30 seconds. Send it again.";
        return Err(Error::new(Code::RequestTimeout, message));
    };
    read.map_err(|error| {
        let is_too_large = std::error::Error::source(&error)
            .is_some_and(|source| source.to_string().contains("length limit"));
        if is_too_large {
            Error::new(
                Code::RequestTooLarge,
                format!("The body is larger than {} KiB. Send less.", most / 1024),
            )
        } else {
            Error::invalid("The body did not arrive whole. Send it again.").with_cause(error)
        }
    })
}

pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    // serde would read an array as an object's fields in their order.
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return Err(Error::invalid(
            "The body must be a JSON object, such as {\"identifier\": \"ada@example.com\"}.",
        ));
    }
    // serde would not look at the bytes of members that nobody asks for.
    let text = std::str::from_utf8(bytes).map_err(|error| {
        Error::invalid(format!(
            "The body is not UTF-8, as JSON is (RFC 8259 §8.1): {error}."
        ))
    })?;
    serde_json::from_str(text).map_err(|error| {
        Error::invalid(format!(
            "The body is not the JSON that is expected here: {error}."
        ))
    })
}
