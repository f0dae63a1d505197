//! Properties: any order of calls, also at once and with the clock moving, keeps the invariants of the design.
//!
//! proptest writes a history: a list of operations. Each is done to the running product and to a small model of what should
//! be, and both must tell the same. Operations at once are right if some order of them, one after another, explains every
//! answer. A history that fails is shortened before it is shown.
//!
//! The histories are the same in each run. `PROPTEST_CASES=1000` makes more of them, `PROPTEST_RNG_SEED=7` makes others.

mod links;
mod sessions;
mod test_apps;

use std::fmt::Debug;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, RngSeed, TestRunner};

use crate::support::Response;

/// Histories of each kind on each database, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 12;

/// Operations of one history, at most.
const LONGEST: usize = 24;

/// Operations at once, at most: all their orders are tried.
const MOST_AT_ONCE: usize = 4;

/// Runs a story with one history after another.
async fn for_all<S: Strategy>(histories: S, story: impl AsyncFn(S::Value)) {
    let is_set = |name| std::env::var_os(name).is_some();
    let mut config = Config {
        // A test leaves nothing behind in the sources.
        failure_persistence: None,
        max_shrink_iters: 400,
        ..Config::default()
    };
    if !is_set("PROPTEST_CASES") {
        config.cases = CASES;
    }
    if !is_set("PROPTEST_RNG_SEED") {
        config.rng_seed = RngSeed::Fixed(0);
    }
    let runtime = tokio::runtime::Handle::current();
    let run = || {
        TestRunner::new(config).run(&histories, |history| {
            runtime.block_on(story(history));
            Ok(())
        })
    };
    if let Err(failure) = tokio::task::block_in_place(run) {
        panic!("{failure}");
    }
}

/// What a refusal says: status, code and reason.
type Refusal = (u16, String, String);

fn refusal(status: u16, code: &str, reason: &str) -> Refusal {
    (status, code.to_owned(), reason.to_owned())
}

/// A success, or the refusal.
fn judged(answer: &Response) -> Result<(), Refusal> {
    if answer.status < 300 {
        Ok(())
    } else {
        Err(answer.refusal())
    }
}

/// The model after that order of operations, done one after another, which explains every answer: the first that is found.
///
/// `step` does one operation to a model, and says whether the answer fits.
fn explained<M: Clone, A: Debug>(model: &M, answers: &[A], step: impl Fn(&mut M, &A) -> bool) -> M {
    fn search<M: Clone, A>(
        model: &M,
        left: &[&A],
        step: &impl Fn(&mut M, &A) -> bool,
    ) -> Option<M> {
        if left.is_empty() {
            return Some(model.clone());
        }
        (0..left.len()).find_map(|index| {
            let mut next = model.clone();
            let mut rest = left.to_vec();
            let chosen = rest.remove(index);
            step(&mut next, chosen)
                .then(|| search(&next, &rest, step))
                .flatten()
        })
    }
    let left: Vec<_> = answers.iter().collect();
    search(model, &left, &step)
        .unwrap_or_else(|| panic!("no order of these explains their answers: {answers:#?}"))
}
