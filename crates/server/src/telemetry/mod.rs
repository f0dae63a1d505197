//! What the server tells of itself: log lines for people and machines, numbers for Prometheus, traces for OpenTelemetry.
//! `docs/logging.md` has the rules.

pub mod log;
pub mod metrics;
mod process;
pub mod traces;
