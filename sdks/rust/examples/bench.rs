//! Token checks a second on one thread, for each algorithm. Each is measured several times and the best round counts: the
//! others tell more about the machine. `--json` prints one line for programs.

use std::time::{Duration, Instant};

use ginnel_sdk::testing::TestIssuer;
use ginnel_sdk::{Algorithm, Ginnel};
use serde_json::{Map, json};

const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(500);
/// Several, as no server sees the same one each time.
const TOKENS: usize = 64;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), ginnel_sdk::Error> {
    let mut figures = Map::new();
    for algorithm in Algorithm::ALL {
        let issuer = TestIssuer::new(algorithm);
        let sign = |index| issuer.token().user_id(format!("user {index}")).sign();
        let tokens: Vec<String> = (0..TOKENS).map(sign).collect();
        let mut best: f64 = 0.0;
        for _ in 0..ROUNDS {
            best = best.max(measure(issuer.ginnel(), &tokens).await?);
        }
        let figure = json!({"ginnel_per_second": best.round() as u64});
        figures.insert(algorithm.to_string(), figure);
    }
    if std::env::args().any(|argument| argument == "--json") {
        println!("{}", json!(figures));
    } else {
        for (algorithm, figure) in figures {
            println!("{algorithm}: {} a second", figure["ginnel_per_second"]);
        }
    }
    Ok(())
}

/// Checks a second over one round.
#[expect(
    clippy::disallowed_methods,
    reason = "a stopwatch, not the time of day"
)]
async fn measure(ginnel: &Ginnel, tokens: &[String]) -> Result<f64, ginnel_sdk::Error> {
    let started = Instant::now();
    let mut checks = 0;
    while started.elapsed() < ROUND {
        for token in tokens {
            ginnel.validate_token(token).await?;
        }
        checks += tokens.len();
    }
    Ok(checks as f64 / started.elapsed().as_secs_f64())
}
