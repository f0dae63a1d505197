//! Memory of a server that works for a long time.

use std::time::Duration;

use anyhow::Result;
use serde_json::{Value, json};

use crate::machine;
use crate::mail::Sink;
use crate::phases::{Apps, Load, Phase};
use crate::report::Report;

/// What the server does in turns, and for how long at a time, seconds. Mails leave slower than they are asked for.
const TURNS: [(Phase, u64); 5] = [
    (Phase::LoginEs256, 15),
    (Phase::Registration, 3),
    (Phase::RefreshEs256, 15),
    (Phase::CurrentUser, 10),
    (Phase::LinkRequest, 1),
];

/// What the server takes at one moment.
struct Sample {
    minutes: f64,
    anonymous_mb: f64,
    resident_mb: f64,
    open_files: usize,
}

impl Sample {
    fn take(pid: u32, minutes: f64) -> Result<Self> {
        Ok(Sample {
            minutes,
            anonymous_mb: machine::memory_mb(pid, "RssAnon")?,
            resident_mb: machine::memory_mb(pid, "VmRSS")?,
            open_files: machine::open_files(pid)?,
        })
    }

    fn to_json(&self) -> Value {
        json!({
            "minutes": (self.minutes * 10.0).round() / 10.0,
            "anonymous_mb": self.anonymous_mb.round(),
            "resident_mb": self.resident_mb.round(),
            "open_files": self.open_files,
        })
    }
}

/// Loads the server for so many minutes with all kinds of requests in turns, and notes its memory after each round.
pub async fn soak(
    load: &Load,
    minutes: u32,
    apps: &Apps,
    sink: &Sink,
    report: &mut Report,
) -> Result<()> {
    let begin = machine::now();
    let passed = || begin.elapsed().as_secs_f64() / 60.0;
    let (mut samples, mut operations) = (Vec::new(), 0.0);
    while passed() < f64::from(minutes) {
        for (phase, seconds) in TURNS {
            let window = Duration::from_secs(seconds);
            let turn = Load {
                window,
                warm_up: Duration::ZERO,
                ..*load
            };
            let (measured, _) = phase.run(&turn, apps, sink).await?;
            operations += measured.per_second * window.as_secs_f64();
            report.note_errors(phase.name(), &measured);
        }
        let sample = Sample::take(load.pid, passed())?;
        eprintln!(
            "{:6.1} min  {:4.0} MB anonymous  {:4.0} MB resident  {} files  {operations:.0} operations",
            sample.minutes, sample.anonymous_mb, sample.resident_mb, sample.open_files
        );
        samples.push(sample);
    }
    report.add("soak_minutes", minutes);
    report.add("soak_operations", operations.round());
    let second_half = &samples[samples.len() / 2..];
    report.add_number("soak_anonymous_mb_per_hour", slope(second_half) * 60.0);
    report.add(
        "soak",
        samples.iter().map(Sample::to_json).collect::<Vec<_>>(),
    );
    Ok(())
}

/// How fast anonymous memory grows, MB a minute: the straight line with the least squares.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let mean = |of: fn(&Sample) -> f64| samples.iter().map(of).sum::<f64>() / count;
    let (minutes, memory) = (
        mean(|sample| sample.minutes),
        mean(|sample| sample.anonymous_mb),
    );
    let (mut above, mut below) = (0.0, 0.0);
    for sample in samples {
        let apart = sample.minutes - minutes;
        above += apart * (sample.anonymous_mb - memory);
        below += apart * apart;
    }
    if below > 0.0 { above / below } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slope_is_that_of_the_line() {
        let at = |minutes: f64, anonymous_mb: f64| Sample {
            minutes,
            anonymous_mb,
            resident_mb: 0.0,
            open_files: 0,
        };
        let growing: Vec<_> = (0..10)
            .map(|minute| at(minute.into(), 30.0 + 2.0 * f64::from(minute)))
            .collect();
        assert!((slope(&growing) - 2.0).abs() < 1e-9);
        assert_eq!(slope(&[at(1.0, 30.0), at(2.0, 30.0)]), 0.0);
        assert_eq!(slope(&[at(1.0, 30.0)]), 0.0);
    }
}
