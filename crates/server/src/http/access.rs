//! Request ids, the access log and the numbers for Prometheus. Both hold the route's template, never the path or the
//! query: those can carry ids and secrets.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

use super::caller;
use crate::app::App;
use crate::telemetry::{metrics as names, traces};

/// Names the request in answers and logs.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The template of a request that no route matched.
const UNMATCHED: &str = "unmatched";

/// Where the inner router leaves the template of the route that it matched.
#[derive(Clone, Default)]
struct Template(Arc<OnceLock<MatchedPath>>);

/// Middleware inside the router: tells the log which route it is.
pub async fn matched_route(request: Request, next: Next) -> Response {
    if let (Some(template), Some(path)) = (
        request.extensions().get::<Template>(),
        request.extensions().get::<MatchedPath>(),
    ) {
        template.0.get_or_init(|| path.clone());
    }
    next.run(request).await
}

/// Counts a request as under way until it is dropped, which also happens when its client is gone.
struct InFlight;

impl InFlight {
    fn begin() -> Self {
        metrics::gauge!(names::REQUESTS_IN_FLIGHT).increment(1);
        InFlight
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        metrics::gauge!(names::REQUESTS_IN_FLIGHT).decrement(1);
    }
}

/// Middleware outside everything: one line and one count for each request, and its id on every line that it causes.
#[expect(
    clippy::disallowed_methods,
    reason = "a duration for the log; nothing is decided by it"
)]
pub async fn log(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = std::time::Instant::now();
    let method = request.method().clone();
    let template = Template::default();
    request.extensions_mut().insert(template.clone());
    let id = app.random.alphanumeric(16);
    let _in_flight = InFlight::begin();
    // On every line whatever the filter lets through, so that a warning names its request, too.
    let span = tracing::error_span!("request", request_id = id);
    let trace = traces::request(&method, &id, || trusted_headers(&app, &request));
    let mut response = next
        .run(request)
        .instrument(span.clone())
        .instrument(trace.clone())
        .await;
    let _entered = span.enter();
    let route = template.0.get().map_or(UNMATCHED, MatchedPath::as_str);
    let (status, elapsed) = (response.status().as_u16(), began.elapsed());
    traces::answered(&trace, method.as_str(), route, status);
    tracing::info!(
        method = method.as_str(),
        route,
        status,
        microseconds = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
        "{method} {route} answered {status}"
    );
    if app.config.metrics_listen.is_some() {
        measure(method.as_str(), route, status, elapsed);
    }
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

/// The headers of a request that comes from a proxy of ours.
fn trusted_headers<'a>(app: &App, request: &'a Request) -> Option<&'a HeaderMap> {
    let ConnectInfo(peer) = request.extensions().get::<ConnectInfo<SocketAddr>>()?;
    caller::is_trusted(&app.config, peer.ip()).then(|| request.headers())
}

fn measure(method: &str, route: &str, status: u16, elapsed: Duration) {
    // A client may invent methods, and each label takes memory for as long as the process runs.
    let method = match method {
        "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS" if route != UNMATCHED => {
            method
        }
        _ => "other",
    };
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!(names::REQUESTS, &labels).increment(1);
    metrics::histogram!(names::REQUEST_SECONDS, "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
}
