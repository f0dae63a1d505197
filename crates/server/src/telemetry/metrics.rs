//! Numbers for Prometheus: names, units and what they mean; `/metrics` on a listener of its own.
//!
//! Names follow Prometheus's conventions (prometheus.io/docs/practices/naming): base units, `_total` for what only grows.
//! Labels are few and of our own choosing; no id and nothing that a client wrote is ever one.

use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::http::header;
use axum::routing;
use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

use super::process;
use crate::app::App;

/// Requests answered, by method, route and status.
pub const REQUESTS: &str = "ginnel_http_requests_total";
/// From a request, once its head has come, to its answer, by route.
pub const REQUEST_SECONDS: &str = "ginnel_http_request_duration_seconds";
/// Requests that have no answer yet.
pub const REQUESTS_IN_FLIGHT: &str = "ginnel_http_requests_in_flight";
/// From handing a transaction in to its durable end, by kind.
pub const TRANSACTION_SECONDS: &str = "ginnel_database_transaction_duration_seconds";
/// Transactions that failed for the database's sake.
pub const TRANSACTION_FAILURES: &str = "ginnel_database_transaction_failures_total";
/// Attempts to send a message, by channel and outcome.
pub const MESSAGES: &str = "ginnel_messages_total";
/// Rounds of a job that failed.
pub const JOB_FAILURES: &str = "ginnel_job_failures_total";
const BUILD: &str = "ginnel_build_info";
const DATABASE_UP: &str = "ginnel_database_up";

/// Upper bounds of the durations' buckets, seconds: from what memory takes to what makes people leave.
const BUCKETS: [f64; 13] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0,
];

/// How often what was measured is put into buckets. Until then each measurement takes memory.
const UPKEEP_EVERY: Duration = Duration::from_secs(5);

/// Counts from now on; what `/metrics` answers with.
pub fn router(app: App) -> Result<Router> {
    let recorder = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_duration_seconds".to_owned()), &BUCKETS)
        .context("The metrics have no buckets.")?
        .install_recorder()
        .context("The metrics recorder cannot start.")?;
    describe();
    metrics::gauge!(BUILD, "version" => env!("CARGO_PKG_VERSION"), "database" => app.store.engine().name())
        .set(1.0);
    tokio::spawn(keep_small(recorder.clone()));
    process::describe();
    let page = async move || {
        process::measure();
        let is_up = app.store.ping().await.is_ok();
        metrics::gauge!(DATABASE_UP).set(if is_up { 1.0 } else { 0.0 });
        let kind = [(
            header::CONTENT_TYPE,
            "text/plain; version=0.0.4; charset=utf-8",
        )];
        (kind, recorder.render())
    };
    Ok(Router::new().route("/metrics", routing::get(page)))
}

async fn keep_small(recorder: PrometheusHandle) {
    loop {
        tokio::time::sleep(UPKEEP_EVERY).await;
        recorder.run_upkeep();
    }
}

fn describe() {
    describe_gauge!(
        BUILD,
        "Always 1; its labels say which version runs on which database."
    );
    describe_gauge!(
        DATABASE_UP,
        "Whether the database could be read and written when this page was made: 1 or 0."
    );
    describe_counter!(
        REQUESTS,
        "Requests answered, by method, template of the route, and status."
    );
    describe_histogram!(
        REQUEST_SECONDS,
        Unit::Seconds,
        "Time from a request to its answer, by template of the route."
    );
    describe_gauge!(REQUESTS_IN_FLIGHT, "Requests that have no answer yet.");
    describe_histogram!(
        TRANSACTION_SECONDS,
        Unit::Seconds,
        "Time from handing a transaction in to its end, durable for writes, by kind."
    );
    describe_counter!(
        TRANSACTION_FAILURES,
        "Transactions that the database could not do, by kind."
    );
    describe_counter!(
        MESSAGES,
        "Attempts to send a message by how they ended, by channel: sent, put_off, failed, expired, kept."
    );
    describe_counter!(
        JOB_FAILURES,
        "Rounds of the server's own work that failed and are tried again, by job."
    );
}
