//! Request ids, the access log and the numbers for Prometheus. Both hold the route's template, never the path or the
//! query: those can carry ids and secrets.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;

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

/// Middleware outside everything: one line and one count for each request.
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
    let mut response = next.run(request).await;
    let route = template.0.get().map_or(UNMATCHED, MatchedPath::as_str);
    let (status, elapsed) = (response.status().as_u16(), began.elapsed());
    tracing::info!(
        request_id = id,
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

fn measure(method: &str, route: &str, status: u16, elapsed: Duration) {
    // A client may invent methods; only those of our routes become labels.
    let method = if route == UNMATCHED { "other" } else { method };
    let labels = [
        ("method", method.to_owned()),
        ("route", route.to_owned()),
        ("status", status.to_string()),
    ];
    metrics::counter!("ginnel_http_requests_total", &labels).increment(1);
    metrics::histogram!("ginnel_http_request_duration_seconds", "route" => route.to_owned())
        .record(elapsed.as_secs_f64());
}
