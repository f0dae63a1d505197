//! Log lines on standard error.

use std::io::IsTerminal as _;

use anyhow::Result;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, registry};

use super::traces::{self, Traces};
use crate::config::{Config, LogFormat};

/// Writes log lines from now on, and traces where a collector is set.
pub fn start(config: &Config, traces: Option<&Traces>) -> Result<()> {
    let mut filter: EnvFilter = config.log.parse()?;
    // At `debug` this library writes the parameters of statements, and those hold addresses and sealed keys.
    if !config.log.contains("tokio_postgres") {
        filter = filter.add_directive("tokio_postgres=warn".parse()?);
    }
    // Spans for the collector are no part of log lines.
    filter = filter.add_directive(format!("{}=off", traces::TARGET).parse()?);
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let lines = match config.log_format {
        LogFormat::Text => lines
            .with_ansi(std::io::stderr().is_terminal())
            .with_filter(filter)
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .with_span_list(false)
            .with_filter(filter)
            .boxed(),
    };
    registry()
        .with(traces.map(Traces::layer))
        .with(lines)
        .init();
    Ok(())
}
