//! The figures of a run: as one JSON object, and as tables for people with the targets beside them.

use std::fmt::Write as _;

use serde::{Serialize, Serializer};
use serde_json::Value;

use crate::phases::{Mails, Measured, Outage, Phase};

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
        most: 13.0,
    },
];

/// All figures by name, in the order in which they were found.
#[derive(Default)]
pub struct Report {
    figures: Vec<(String, Value)>,
    rows: Vec<Row>,
    failures: Vec<String>,
}

/// Figures of one kind of operation.
struct Row {
    /// How the figures' names begin.
    name: &'static str,
    /// Operations a second that are wanted at least.
    target: Option<f64>,
    measured: Measured,
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
        self.add_row(phase.name(), phase.target(), measured);
    }

    /// Notes how mails left.
    pub fn add_mails(&mut self, mails: &Mails) {
        self.add_number("mails_per_second_under_load", mails.per_second_under_load);
        self.add("mails_waiting_after_load", mails.waiting);
        self.add_number("mails_per_second", mails.per_second);
        self.add_number("mail_cpu_us", mails.cpu_us);
    }

    /// Notes what came of an outage of the mail server.
    pub fn add_outage(&mut self, outage: Outage) {
        let tally = outage.tally;
        self.add("outage_acknowledged", tally.acknowledged);
        self.add("outage_delivered", tally.delivered);
        self.add("outage_lost", tally.lost);
        self.add("outage_doubled", tally.doubled);
        self.add_number("outage_longest_delay_seconds", tally.longest_delay);
        self.add_number("outage_drained_in_seconds", outage.drained_in);
        self.add_row("outage_request", None, outage.measured);
        if tally.lost > 0 {
            self.fail(format!("{} mails were lost.", tally.lost));
        }
        if tally.doubled > 0 {
            self.fail(format!("{} mails came twice.", tally.doubled));
        }
    }

    /// Notes what failed, also where the figures are of no interest.
    pub fn note_errors(&mut self, name: &str, measured: &Measured) {
        if measured.errors > 0 {
            let first = measured.first_error.as_deref().unwrap_or_default();
            self.fail(format!(
                "{name}: {} failed, the first: {first}",
                measured.errors
            ));
        }
    }

    fn add_row(&mut self, name: &'static str, target: Option<f64>, measured: Measured) {
        self.note_errors(name, &measured);
        self.rows.push(Row {
            name,
            target,
            measured,
        });
    }

    fn fail(&mut self, sentence: String) {
        self.failures.push(sentence);
    }

    /// What went wrong, a sentence for each thing.
    pub fn failures(&self) -> &[String] {
        &self.failures
    }

    fn all(&self) -> Vec<(String, Value)> {
        let mut all = self.figures.clone();
        for Row { name, measured, .. } in &self.rows {
            let mut add = |end: &str, value: Value| {
                all.push((format!("{name}_{end}"), value));
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
        for row in &self.rows {
            let (name, measured) = (row.name, &row.measured);
            let wanted = row
                .target
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
                name,
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
        for (name, value) in self.figures.iter().filter(|(_, value)| !value.is_array()) {
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
