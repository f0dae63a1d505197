//! The figures of a run: as one JSON object, and as tables for people with the targets beside them.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::phases::{Measured, Phase};

/// From which share of a core on the load generator counts as what limited a phase, per cent.
const CLIENT_LIMIT: f64 = 85.0;

/// A figure that is not about an operation, and what is wanted of it.
struct Target {
    figure: &'static str,
    most: f64,
}

/// Targets of single figures; those of phases are with the phases.
const TARGETS: [Target; 4] = [
    Target {
        figure: "memory_idle_mb",
        most: 20.0,
    },
    Target {
        figure: "start_existing_ms",
        most: 50.0,
    },
    Target {
        figure: "binary_mb",
        most: 20.0,
    },
    Target {
        figure: "web_js_gzip_kb",
        most: 10.0,
    },
];

/// All figures by name, in the order in which they were found.
#[derive(Default)]
pub struct Report {
    figures: Vec<(String, Value)>,
    phases: Vec<(Phase, Measured)>,
}

impl Report {
    /// Notes a figure.
    pub fn add(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.push((name.to_owned(), value.into()));
    }

    /// Notes a measured number, in thousandths.
    pub fn add_number(&mut self, name: &str, value: f64) {
        self.add(name, rounded(value));
    }

    /// Notes what a phase took.
    pub fn add_phase(&mut self, phase: Phase, measured: Measured) {
        self.phases.push((phase, measured));
    }

    /// What went wrong, a sentence for each phase in which something did.
    pub fn failures(&self) -> Vec<String> {
        let failed = self
            .phases
            .iter()
            .filter(|(_, measured)| measured.errors > 0);
        failed
            .map(|(phase, measured)| {
                let first = measured.first_error.as_deref().unwrap_or_default();
                format!(
                    "{}: {} failed, the first: {first}",
                    phase.name(),
                    measured.errors
                )
            })
            .collect()
    }

    fn all(&self) -> Vec<(String, Value)> {
        let mut all = self.figures.clone();
        for (phase, measured) in &self.phases {
            let mut add = |end: &str, value: Value| {
                all.push((format!("{}_{end}", phase.name()), value));
            };
            add("per_second", rounded(measured.per_second));
            add("p50_ms", rounded(measured.p50_ms));
            add("p99_ms", rounded(measured.p99_ms));
            add("cpu_us", rounded(measured.cpu_us));
            add("server_cpu_percent", rounded(measured.server_cpu_percent));
            add("client_cpu_percent", rounded(measured.client_cpu_percent));
            add("errors", measured.errors.into());
        }
        all
    }

    /// The tables.
    pub fn tables(&self) -> String {
        let mut text = format!(
            "\n{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n{:<16}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n",
            "operation",
            "a second",
            "wanted",
            "p50",
            "p99",
            "CPU",
            "server",
            "load",
            "",
            "",
            "at least",
            "ms",
            "ms",
            "µs each",
            "% core",
            "% core",
        );
        for (phase, measured) in &self.phases {
            let wanted = phase
                .target()
                .map_or_else(String::new, |target| format!("{target:.0}"));
            let remark = match measured {
                measured if measured.errors > 0 => "  failed",
                measured if measured.client_cpu_percent >= CLIENT_LIMIT => {
                    "  the load generator was the limit"
                }
                _ => "",
            };
            let _ = writeln!(
                text,
                "{:<16}{:>10.0}{:>10}{:>10.2}{:>10.2}{:>10.1}{:>10.0}{:>10.0}{remark}",
                phase.name(),
                measured.per_second,
                wanted,
                measured.p50_ms,
                measured.p99_ms,
                measured.cpu_us,
                measured.server_cpu_percent,
                measured.client_cpu_percent,
            );
        }
        let _ = writeln!(
            text,
            "\n{:<32}{:>12}{:>16}",
            "figure", "measured", "wanted at most"
        );
        for (name, value) in &self.figures {
            let wanted = TARGETS.iter().find(|target| target.figure == name);
            let wanted = wanted.map_or_else(String::new, |target| format!("{:.0}", target.most));
            let shown = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "{:<32}{:>12}{:>16}", name, shown, wanted);
        }
        text.lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.all())
    }
}

fn rounded(value: f64) -> Value {
    Value::from((value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(errors: u64) -> Measured {
        Measured {
            per_second: 1234.56789,
            p50_ms: 1.0,
            p99_ms: 2.0,
            cpu_us: 3.0,
            server_cpu_percent: 99.0,
            client_cpu_percent: 90.0,
            errors,
            first_error: (errors > 0).then(|| "200 was expected".to_owned()),
        }
    }

    #[test]
    fn figures_are_named_after_their_phase() {
        let mut report = Report::default();
        report.add("database", "sqlite");
        report.add_phase(Phase::LoginRs256, measured(0));
        let json = serde_json::to_value(&report).unwrap();
        assert_eq!(json["database"], "sqlite");
        assert_eq!(json["login_rs256_per_second"], 1234.568);
        assert_eq!(json["login_rs256_errors"], 0);
        assert!(report.failures().is_empty());
        assert!(report.tables().contains("the load generator was the limit"));
    }

    #[test]
    fn a_failed_operation_is_told_with_its_answer() {
        let mut report = Report::default();
        report.add_phase(Phase::Jwks, measured(2));
        let expected = ["jwks: 2 failed, the first: 200 was expected"];
        assert_eq!(report.failures(), expected);
    }
}
