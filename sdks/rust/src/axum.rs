//! For [axum](https://docs.rs/axum): a handler that takes a [`User`] is called for signed-in users only.
//!
//! ```
//! use axum::{Router, extract::FromRef, routing::get};
//! use ginnel_sdk::{Ginnel, User};
//!
//! #[derive(Clone, FromRef)]
//! struct Site {
//!     ginnel: Ginnel,
//! }
//!
//! async fn hello(user: User) -> String {
//!     format!("Hello, {}", user.id())
//! }
//!
//! # fn main() -> Result<(), ginnel_sdk::Error> {
//! let ginnel = Ginnel::new("Abcdefghijkl012345678901")?;
//! let app: Router = Router::new().route("/hello", get(hello)).with_state(Site { ginnel });
//! # Ok(()) }
//! ```
//!
//! A handler that takes `Result<User, Refused>` is called for everybody, and decides.

use axum_core::body::Body;
use axum_core::extract::{FromRef, FromRequestParts};
use axum_core::response::{IntoResponse, Response};
use http::request::Parts;

use crate::client::Ginnel;
use crate::errors::Error;
use crate::users::{User, answer};

/// Why a request is not a signed-in user's. As an answer it is 401 with `{"code", "error"}`, or 503 when the keys could
/// not be fetched; the [`Error`] is then in the answer's extensions.
#[derive(Clone, Debug)]
pub struct Refused(
    /// The reason.
    pub Error,
);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        answer(self.0).map(Body::from)
    }
}

impl<S> FromRequestParts<S> for User
where
    S: Send + Sync,
    Ginnel: FromRef<S>,
{
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refused> {
        User::of_request(&Ginnel::from_ref(state), &parts.headers)
            .await
            .map_err(Refused)
    }
}
