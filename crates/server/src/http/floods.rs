//! Floods: how many requests one client may send to this process (D14). What an attacker would spread over nodes is
//! limited in the store instead.
//!
//! What gateways ask (`auth/gateways.rs`) is not counted. A gateway is one client with the requests of all its visitors: if
//! they were counted, one of them could use up what there is, and everybody signed in would stand before a closed door.
//! What a stranger can cause there is bounded without it: a token whose header is not word for word one of ours costs
//! a comparison, a forged signature one check with a public key, and the store is read, once and by its key, for the token of
//! somebody who did sign in. Nothing is written. A made-up app would be looked for in the store, so only an app whose copy
//! the node has goes free.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::sync::{Arc, Weak};
use std::time::Duration;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

use super::{caller, origins};
use crate::app::App;
use crate::domain::limits::network;
use crate::error::Error;

/// The limiter and the settings it needs to know a client by.
#[derive(Clone)]
pub struct Floods {
    app: App,
    limiter: Option<Arc<DefaultKeyedRateLimiter<IpAddr>>>,
}

impl Floods {
    /// From the settings; a rate or burst of 0 switches it off.
    pub fn new(app: &App) -> Self {
        let config = &app.config;
        let quota = NonZeroU32::new(config.flood_requests_per_second)
            .zip(NonZeroU32::new(config.flood_burst))
            .map(|(rate, burst)| Quota::per_second(rate).allow_burst(burst));
        Floods {
            app: app.clone(),
            limiter: quota.map(|quota| Arc::new(DefaultKeyedRateLimiter::keyed(quota))),
        }
    }

    /// Whether a gateway asks about an app that is at hand.
    fn is_gateways(&self, path: &str) -> bool {
        let id = origins::gateway_app(path).and_then(|id| id.parse().ok());
        id.is_some_and(|id| self.app.apps.has(&id))
    }

    /// Starts a task that forgets clients that have been quiet; it ends with the limiter.
    pub fn keep_small(&self) {
        let Some(limiter) = &self.limiter else { return };
        let limiter: Weak<_> = Arc::downgrade(limiter);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(60)).await;
                let Some(limiter) = limiter.upgrade() else {
                    return;
                };
                limiter.retain_recent();
                limiter.shrink_to_fit();
            }
        });
    }
}

/// Middleware: 429 with `Retry-After` for a client that sends too many requests.
pub async fn limit(State(floods): State<Floods>, request: Request, next: Next) -> Response {
    // A preflight costs next to nothing, and a page can read the refusal only of the request that follows it.
    let is_preflight = request.method() == Method::OPTIONS;
    let is_free = is_preflight || floods.is_gateways(request.uri().path());
    if let Some(limiter) = floods.limiter.as_ref().filter(|_| !is_free) {
        let peer = request
            .extensions()
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let address = caller::address(
            &floods.app.config,
            peer.unwrap_or(IpAddr::from([127, 0, 0, 1])),
            request.headers(),
        );
        if let Err(refused) = limiter.check_key(&network(address)) {
            let wait = refused.wait_time_from(DefaultClock::default().now());
            let seconds = u32::try_from(wait.as_secs())
                .unwrap_or(u32::MAX)
                .saturating_add(1);
            return origins::readable_anywhere(Error::rate_limited(seconds).into_response());
        }
    }
    next.run(request).await
}
