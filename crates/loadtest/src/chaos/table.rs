//! The report: a row for each scenario, and its claims below.

use std::fmt::Write as _;
use std::time::Duration;

use serde::Serialize;

use super::claims::{Claim, Harm};
use super::ledger::{Counts, Ledger};
use crate::machine::milliseconds;

/// What came of one scenario.
#[derive(Serialize)]
pub struct Row {
    pub scenario: &'static str,
    /// Kills, or whatever else went wrong on purpose.
    pub blows: u64,
    /// Writes that were acknowledged.
    pub acknowledged: Counts,
    /// Requests whose answer never came; whether they wrote, nobody knows.
    pub unanswered: u64,
    /// Requests that were answered with 500 or more.
    pub unavailable: u64,
    /// Sessions whose refresh was answered for longer than D6 forgives by nobody.
    pub lost_in_flight: u64,
    /// Mails that came twice.
    pub doubled: u64,
    pub downtime_ms: f64,
    pub longest_downtime_ms: f64,
    pub seconds: f64,
    pub claims: Vec<Claim>,
}

impl Row {
    /// What the books say.
    pub fn of(
        ledger: &Ledger,
        scenario: &'static str,
        blows: u64,
        doubled: u64,
        took: Duration,
    ) -> Self {
        let (downtime, longest) = ledger.downtime();
        Row {
            scenario,
            blows,
            acknowledged: ledger.counts.get(),
            unanswered: ledger.unanswered.get(),
            unavailable: ledger.unavailable.get(),
            lost_in_flight: ledger.lost_in_flight.get(),
            doubled,
            downtime_ms: milliseconds(downtime).round(),
            longest_downtime_ms: milliseconds(longest).round(),
            seconds: took.as_secs_f64().round(),
            claims: ledger.claims.take(),
        }
    }

    /// A scenario that came to no end.
    pub fn broken(scenario: &'static str, words: String) -> Self {
        Row {
            scenario,
            blows: 0,
            acknowledged: Counts::default(),
            unanswered: 0,
            unavailable: 0,
            lost_in_flight: 0,
            doubled: 0,
            downtime_ms: 0.0,
            longest_downtime_ms: 0.0,
            seconds: 0.0,
            claims: vec![Claim {
                sentence: "the scenario comes to its end",
                harm: Harm::Other,
                checked: 1,
                violated: 1,
                first: Some(words),
            }],
        }
    }

    fn violated(&self, harm: Harm) -> u64 {
        let claims = self.claims.iter().filter(|claim| claim.harm == harm);
        claims.map(|claim| claim.violated).sum()
    }
}

/// The whole report.
#[derive(Serialize)]
pub struct Report {
    pub version: &'static str,
    /// Everything, or the short form.
    pub form: &'static str,
    pub seed: u64,
    pub cores: usize,
    pub disk_sync_ms: f64,
    /// What could not be run here, and why.
    pub left_out: Vec<String>,
    pub rows: Vec<Row>,
}

impl Report {
    /// How many claims held, and how many did not.
    pub fn tally(&self) -> (usize, usize) {
        let claims: Vec<_> = self.rows.iter().flat_map(|row| &row.claims).collect();
        let held = claims.iter().filter(|claim| claim.holds()).count();
        (held, claims.len() - held)
    }

    /// For people; the last lines are what a runner of tests reads.
    pub fn table(&self) -> String {
        let mut text = format!(
            "{:<16} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>9} {:>7} {:>8} {:>8} {:>8} {:>10} {:>10} {:>6}\n",
            "scenario",
            "blows",
            "sign-ups",
            "sign-ins",
            "refresh",
            "sign-out",
            "links",
            "no answer",
            "5xx",
            "missing",
            "doubled",
            "let in",
            "down ms",
            "longest",
            "s"
        );
        for row in &self.rows {
            let counts = row.acknowledged;
            let _ = writeln!(
                text,
                "{:<16} {:>6} {:>8} {:>8} {:>8} {:>8} {:>7} {:>9} {:>7} {:>8} {:>8} {:>8} {:>10} {:>10} {:>6}",
                row.scenario,
                row.blows,
                counts.sign_ups,
                counts.sign_ins,
                counts.refreshes,
                counts.sign_outs,
                counts.links,
                row.unanswered,
                row.unavailable,
                row.violated(Harm::Missing),
                row.doubled,
                row.violated(Harm::WronglyAccepted),
                row.downtime_ms,
                row.longest_downtime_ms,
                row.seconds,
            );
        }
        for row in &self.rows {
            let _ = writeln!(text, "\n{}", row.scenario);
            if row.lost_in_flight > 0 {
                let lost = row.lost_in_flight;
                let _ = writeln!(
                    text,
                    "  {lost} sessions ended because the answer to a refresh was lost for more than ten seconds"
                );
            }
            for claim in &row.claims {
                let word = if claim.holds() { "ok" } else { "FAILED" };
                let _ = writeln!(text, "  {word:<6} {} ({})", claim.sentence, claim.checked);
                if claim.checked == 0 {
                    let _ = writeln!(text, "         nothing was looked at");
                } else if let Some(first) = &claim.first {
                    let _ = writeln!(
                        text,
                        "         {} times, the first: {first}",
                        claim.violated
                    );
                }
            }
        }
        for left_out in &self.left_out {
            let _ = writeln!(text, "\nLeft out: {left_out}");
        }
        let (held, failed) = self.tally();
        let _ = writeln!(text, "\n  {failed} failed\n  {held} passed");
        text
    }
}
