//! Answers: JSON that no cache keeps, and the error body of the contract.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::error::{Code, Error};
use crate::http::auth_token;

/// The error body (`passage/auth-api.md` 1.1), with Ginnel's `reason`.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody {
    /// Machine code.
    #[schema(example = "invalid_request")]
    pub code: &'static str,
    /// What is wrong and what to do next.
    pub error: String,
    /// Finer machine code, for some refusals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<&'static str>,
}

impl ErrorBody {
    /// What the caller is told of an error.
    pub fn of(error: &Error) -> Self {
        ErrorBody {
            code: error.code().word(),
            error: error.message().to_owned(),
            reason: error.reason(),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let code = self.code();
        let cause = self
            .cause()
            .map(|cause| format!("{cause:#}"))
            .unwrap_or_default();
        match code {
            Code::InternalServerError => {
                tracing::error!(code = code.word(), cause, "a request failed: {cause}")
            }
            Code::Unavailable => tracing::warn!(
                code = code.word(),
                cause,
                "a request had to be put off: {cause}"
            ),
            _ => tracing::debug!(
                code = code.word(),
                reason = self.reason(),
                cause,
                "a request was refused: {}",
                self.message()
            ),
        }
        let body = ErrorBody::of(&self);
        let status =
            StatusCode::from_u16(code.status()).expect("the table holds HTTP status numbers");
        let mut response = (status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(seconds) = self.retry_after_seconds() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if code == Code::InvalidAccessToken {
            // RFC 6750 §3.1: no error for a request that came without a token.
            let challenge = match self.reason() {
                Some(auth_token::MISSING) => "Bearer",
                _ => r#"Bearer error="invalid_token""#,
            };
            headers.insert(
                header::WWW_AUTHENTICATE,
                HeaderValue::from_static(challenge),
            );
        }
        response
    }
}

/// A JSON answer that is kept nowhere.
pub struct Json<T>(pub T);

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_vec(&self.0) {
            Ok(body) => {
                let headers = [
                    (header::CONTENT_TYPE, "application/json"),
                    (header::CACHE_CONTROL, "no-store"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ];
                (headers, body).into_response()
            }
            Err(error) => Error::internal(error).into_response(),
        }
    }
}

/// 201 with a JSON body.
pub struct Created<T>(pub T);

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        (StatusCode::CREATED, Json(self.0)).into_response()
    }
}

/// 202 with a JSON body.
pub struct Accepted<T>(pub T);

impl<T: Serialize> IntoResponse for Accepted<T> {
    fn into_response(self) -> Response {
        (StatusCode::ACCEPTED, Json(self.0)).into_response()
    }
}
