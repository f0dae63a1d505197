//! Traces for a collector of OpenTelemetry (`otlp_endpoint`), by OTLP over HTTP.
//!
//! A span for each request, transaction and message sent. Names and attributes are those of OpenTelemetry's conventions for
//! HTTP and databases, and as in the log no id of a person and nothing secret is in them.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};
use async_trait::async_trait;
use axum::http::{HeaderMap, Method};
use http_body_util::Full;
use opentelemetry::propagation::TextMapPropagator as _;
use opentelemetry::trace::{TraceContextExt as _, TracerProvider as _};
use opentelemetry_http::{Bytes, HeaderExtractor, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::{Span, Subscriber, field};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{Layer, filter::LevelFilter};
use url::Url;

use crate::https;
use crate::store::Engine;

/// What spans for the collector are filed under; log lines leave them out.
pub const TARGET: &str = "ginnel::traces";

/// How long the collector may take for a batch.
const SEND_WITHIN: Duration = Duration::from_secs(10);

/// How long a stop waits for the last batch.
const LAST_WITHIN: Duration = Duration::from_secs(5);

/// Longest answer of a collector that is read, bytes.
const ANSWER_MAX: usize = 64 * 1024;

/// Where traces go.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends traces to the collector at this address from now on. The variables of OpenTelemetry's own, such as
    /// `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_TRACES_SAMPLER`, say the rest.
    pub fn start(endpoint: &Url) -> Result<Self> {
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(Sender::new()?)
            .with_endpoint(format!(
                "{}/v1/traces",
                endpoint.as_str().trim_end_matches('/')
            ))
            .build()
            .context("Traces cannot be exported.")?;
        let mut resource = Resource::builder();
        if std::env::var_os("OTEL_SERVICE_NAME").is_none() {
            resource = resource.with_service_name("ginnel");
        }
        let resource = resource
            .with_attribute(opentelemetry::KeyValue::new(
                "service.version",
                env!("CARGO_PKG_VERSION"),
            ))
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource)
            .build();
        Ok(Traces(provider))
    }

    /// What hears of spans.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("ginnel"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_target(false)
            .with_filter(Targets::new().with_target(TARGET, LevelFilter::INFO))
    }

    /// Sends what is left.
    pub fn stop(&self) {
        // What went wrong was told by whoever sends.
        let _ = self.0.shutdown_with_timeout(LAST_WITHIN);
    }
}

/// The span of a request. `trusted_headers` are those of a proxy of ours, whose trace goes on here.
pub fn request<'a>(
    method: &Method,
    request_id: &str,
    trusted_headers: impl FnOnce() -> Option<&'a HeaderMap>,
) -> Span {
    let span = tracing::info_span!(
        target: TARGET,
        "HTTP",
        otel.kind = "server",
        otel.status_code = field::Empty,
        http.request.method = method.as_str(),
        http.route = field::Empty,
        http.response.status_code = field::Empty,
        request_id,
    );
    if !span.is_disabled()
        && let Some(headers) = trusted_headers()
    {
        let parent = TraceContextPropagator::new().extract(&HeaderExtractor(headers));
        // Refused only once a span has begun.
        let _ = span.set_parent(parent);
    }
    span
}

/// Notes how a request ended.
pub fn answered(span: &Span, method: &str, route: &str, status: u16) {
    if span.is_disabled() {
        return;
    }
    // The route is known only now, and as a field the name would come too late.
    let name = format!("{method} {route}");
    span.context().span().update_name(name);
    span.record("http.route", route);
    span.record("http.response.status_code", status);
    if status >= 500 {
        span.record("otel.status_code", "ERROR");
    }
}

/// The span of a transaction: `read` or `write`.
pub fn transaction(engine: Engine, kind: &'static str) -> Span {
    let system = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgresql",
    };
    tracing::info_span!(
        target: TARGET,
        "transaction",
        otel.name = kind,
        otel.kind = "client",
        otel.status_code = field::Empty,
        db.system.name = system,
        db.operation.name = kind,
    )
}

/// The span of one attempt to send a message over a channel.
pub fn message(channel: &'static str) -> Span {
    tracing::info_span!(target: TARGET, "message", otel.name = "send message", otel.kind = "client", channel)
}

/// Takes batches to the collector, on the thread that the exporter has for itself.
struct Sender {
    runtime: tokio::runtime::Runtime,
    client: https::Client,
    /// Whether the last batch did not arrive, which is told once and not for each batch.
    is_failing: AtomicBool,
}

impl Sender {
    fn new() -> Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .context("The runtime of the exporter cannot start.")?;
        Ok(Sender {
            runtime,
            client: https::Client::new(SEND_WITHIN, ANSWER_MAX),
            is_failing: AtomicBool::new(false),
        })
    }

    fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let url = Url::parse(&request.uri().to_string())?;
        let answer = self
            .runtime
            .block_on(self.client.send(&url, request.map(Full::new)))
            .map_err(|trouble| trouble.to_string())?;
        let mut response = Response::new(answer.body);
        *response.status_mut() = answer.status;
        *response.headers_mut() = answer.headers;
        Ok(response)
    }

    fn tell(&self, trouble: Option<String>) {
        let was_failing = self.is_failing.swap(trouble.is_some(), Ordering::Relaxed);
        match trouble {
            Some(trouble) if !was_failing => {
                tracing::warn!("traces are lost until the collector takes them: it {trouble}")
            }
            None if was_failing => tracing::info!("the collector takes traces again"),
            _ => {}
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sender")
    }
}

#[async_trait]
impl HttpClient for Sender {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request);
        self.tell(match &sent {
            Ok(response) if response.status().is_success() => None,
            Ok(response) => Some(format!("answered {}", response.status())),
            Err(trouble) => Some(trouble.to_string()),
        });
        sent
    }
}
