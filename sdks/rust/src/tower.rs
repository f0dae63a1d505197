//! For services of [tower](https://docs.rs/tower), such as axum's routers: a layer that lets only signed-in users pass.
//! The answers of the service need a body that can be made from a `String`.
//!
//! ```
//! use axum::{Extension, Router, routing::get};
//! use ginnel_sdk::{Ginnel, User, tower::RequireUser};
//!
//! async fn hello(Extension(user): Extension<User>) -> String {
//!     format!("Hello, {}", user.id())
//! }
//!
//! # fn main() -> Result<(), ginnel_sdk::Error> {
//! let ginnel = Ginnel::new("Abcdefghijkl012345678901")?;
//! let app: Router = Router::new().route("/hello", get(hello)).layer(RequireUser::new(ginnel));
//! # Ok(()) }
//! ```

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::request::Parts;
use http::{Request, Response};
use tower_layer::Layer;
use tower_service::Service;

use crate::client::Ginnel;
use crate::errors::Error;
use crate::users::{User, answer};

type OnRefused = Arc<dyn Fn(&Error, &Parts) -> Response<String> + Send + Sync>;

/// Puts a [`User`] into the extensions of a signed-in user's request and lets it pass. Everybody else is answered 401 with
/// `{"code", "error"}`, or 503 when the keys could not be fetched.
#[derive(Clone)]
pub struct RequireUser {
    ginnel: Ginnel,
    on_refused: Option<OnRefused>,
}

impl RequireUser {
    /// A layer with this client.
    pub fn new(ginnel: Ginnel) -> Self {
        RequireUser {
            ginnel,
            on_refused: None,
        }
    }

    /// Answers 401 in its own way, such as with a redirect to a page. What is not the caller's fault (503, 500) does not
    /// come here.
    pub fn on_refused(
        mut self,
        hook: impl Fn(&Error, &Parts) -> Response<String> + Send + Sync + 'static,
    ) -> Self {
        self.on_refused = Some(Arc::new(hook));
        self
    }

    async fn check(&self, parts: &mut Parts) -> Result<(), Response<String>> {
        match User::of_request(&self.ginnel, &parts.headers).await {
            Ok(user) => {
                parts.extensions.insert(user);
                Ok(())
            }
            Err(error) => Err(match &self.on_refused {
                Some(hook) if error.status() == 401 => hook(&error, parts),
                _ => answer(error),
            }),
        }
    }
}

impl fmt::Debug for RequireUser {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RequireUser")
            .field("ginnel", &self.ginnel)
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for RequireUser {
    type Service = Guarded<S>;

    fn layer(&self, inner: S) -> Guarded<S> {
        Guarded {
            guard: self.clone(),
            inner,
        }
    }
}

/// A service behind [`RequireUser`].
#[derive(Clone, Debug)]
pub struct Guarded<S> {
    guard: RequireUser,
    inner: S,
}

impl<S, B, R> Service<Request<B>> for Guarded<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: From<String>,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        // The service that was polled ready is the one to call; its clone is polled the next time.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let guard = self.guard.clone();
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            match guard.check(&mut parts).await {
                Ok(()) => inner.call(Request::from_parts(parts, body)).await,
                Err(response) => Ok(response.map(R::from)),
            }
        })
    }
}
