//! How long pages took, as one JSON object and as a table.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use crate::machine;

/// What a run measured.
#[derive(Serialize)]
pub struct Figures {
    pub database: &'static str,
    pub cores: usize,
    /// Load average of the machine just before the pages.
    pub load_average: f64,
    pub users: u64,
    pub events: u64,
    /// `None` if the data was there already.
    pub seed_seconds: Option<f64>,
    /// Gigabytes of 1,000,000,000 bytes on the disk.
    pub database_gb: f64,
    /// Requests for each page, after the warm-up.
    pub requests: usize,
    /// Sign-ins a second beside the second pass.
    pub sign_ins_beside_per_second: f64,
    pub pages: Vec<Measured>,
}

/// How long a page took, from sending the request to having the whole answer.
#[derive(Serialize)]
pub struct Measured {
    pub page: &'static str,
    #[serde(flatten)]
    pub alone: Times,
    /// While people sign in.
    pub beside_sign_ins: Times,
}

/// Milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Times {
    pub p50_ms: f64,
    pub p95_ms: f64,
    pub max_ms: f64,
}

impl Times {
    /// Of one request at least.
    pub fn of(durations: &[Duration]) -> Self {
        let mut times: Vec<f64> = durations
            .iter()
            .map(|&duration| (machine::milliseconds(duration) * 1000.0).round() / 1000.0)
            .collect();
        times.sort_by(f64::total_cmp);
        // Nearest rank.
        let rank = |share: f64| times[(share * times.len() as f64).ceil() as usize - 1];
        Times {
            p50_ms: rank(0.5),
            p95_ms: rank(0.95),
            max_ms: rank(1.0),
        }
    }
}

impl Figures {
    /// The table.
    pub fn table(&self) -> String {
        let mut text = format!(
            "\nThe Console on {}: {} users, {} events, {:.1} GB, load average {:.2}\n",
            self.database, self.users, self.events, self.database_gb, self.load_average
        );
        if let Some(seconds) = self.seed_seconds {
            let _ = writeln!(text, "Filled in {seconds:.0} s.");
        }
        let _ = writeln!(
            text,
            "\n{:<30}{:>30}{:>34}\n{:<30}{:>10}{:>10}{:>10}{:>14}{:>10}{:>10}",
            "page, milliseconds",
            "alone",
            format!(
                "beside {:.0} sign-ins a second",
                self.sign_ins_beside_per_second
            ),
            "",
            "p50",
            "p95",
            "longest",
            "p50",
            "p95",
            "longest",
        );
        for Measured {
            page,
            alone,
            beside_sign_ins: beside,
        } in &self.pages
        {
            let _ = writeln!(
                text,
                "{page:<30}{:>10.1}{:>10.1}{:>10.1}{:>14.1}{:>10.1}{:>10.1}",
                alone.p50_ms,
                alone.p95_ms,
                alone.max_ms,
                beside.p50_ms,
                beside.p95_ms,
                beside.max_ms,
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_nearest_ranks() {
        let durations: Vec<Duration> = (1..=200).rev().map(Duration::from_millis).collect();
        let expected = Times {
            p50_ms: 100.0,
            p95_ms: 190.0,
            max_ms: 200.0,
        };
        assert_eq!(Times::of(&durations), expected);
        let one = Times::of(&[Duration::from_micros(1500)]);
        assert_eq!((one.p50_ms, one.max_ms), (1.5, 1.5));
    }
}
