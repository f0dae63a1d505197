//! What a page was asked with, read as axum does; what cannot be read becomes a page of the Console that says so.

use axum::extract::{self, FromRequest, FromRequestParts, Request};
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::page::Refusal;
use crate::app::App;
use crate::error::Error;

fn unreadable(what: &str, cause: impl std::fmt::Display) -> Refusal {
    tracing::debug!("{what} of a request cannot be read: {cause}");
    Error::invalid(format!(
        "{what} of this request cannot be read. Go back, load the page again and repeat it."
    ))
    .into()
}

/// A form's fields.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Form<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, app: &App) -> Result<Self, Refusal> {
        match extract::Form::from_request(request, app).await {
            Ok(extract::Form(fields)) => Ok(Form(fields)),
            Err(cause) => Err(unreadable("The form", cause)),
        }
    }
}

macro_rules! parts {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name<T>(pub T);

        impl<T: DeserializeOwned + Send> FromRequestParts<App> for $name<T> {
            type Rejection = Refusal;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Refusal> {
                match extract::$name::from_request_parts(parts, app).await {
                    Ok(extract::$name(found)) => Ok($name(found)),
                    Err(cause) => Err(unreadable($what, cause)),
                }
            }
        }
    )*};
}
parts! {
    /// What the path names.
    Path, "The address";
    /// What stands behind its question mark.
    Query, "The address";
}
