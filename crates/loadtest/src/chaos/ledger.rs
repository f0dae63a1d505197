//! What the server has acknowledged, and what it has left open: written down by the load, held against the server after.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::claims::{Claims, Harm, Sentence};
use super::dice::Dice;
use crate::app::TestedApp;
use crate::machine;

/// Requests end with an error only while something is down.
pub const FAILURES: Sentence = ("a request fails only while something is down", Harm::Other);

/// Nothing that is right is refused.
pub const REFUSALS: Sentence = ("nothing that is right is refused", Harm::Other);

/// A request that was answered counts to what fell just before it, so much later.
const AFTERMATH: Duration = Duration::from_millis(250);

/// A session as its browser knows it.
pub struct Session {
    /// The refresh token that was given last.
    pub token: String,
    /// The token that this one was bought with, and when.
    pub previous: Option<(String, Instant)>,
    /// When a refresh was asked for first whose answer never came.
    pub waiting_since: Option<Instant>,
}

impl Session {
    /// One that was opened just now.
    pub fn opened(token: String) -> Self {
        Session {
            token,
            previous: None,
            waiting_since: None,
        }
    }
}

/// Acknowledged writes by kind.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Counts {
    pub sign_ups: u64,
    pub sign_ins: u64,
    pub refreshes: u64,
    pub sign_outs: u64,
    pub links: u64,
}

impl Counts {
    /// All of them.
    pub fn sum(&self) -> u64 {
        self.sign_ups + self.sign_ins + self.refreshes + self.sign_outs + self.links
    }
}

/// A request that ended with no answer, or with one that says that the server cannot.
struct Failure {
    begin: Instant,
    end: Instant,
    words: String,
}

/// The books of one scenario.
pub struct Ledger {
    pub app: TestedApp,
    pub dice: Dice,
    pub claims: Claims,
    /// Whose sign-up was acknowledged.
    pub users: RefCell<Vec<u64>>,
    /// Sessions that nobody is using.
    pub sessions: RefCell<Vec<Session>>,
    /// Sessions whose last refresh was not answered; its sender tries again.
    pub waiting: RefCell<Vec<Session>>,
    /// Sessions that were signed out, or ended because a consumed token was shown.
    pub ended: RefCell<Vec<Session>>,
    /// What has finished a ceremony, and when.
    pub finishes: RefCell<Vec<(String, Instant)>>,
    /// Who asked for a link and was told that it is on its way, and when.
    pub links: RefCell<HashMap<String, Instant>>,
    /// Since when links that came still work; the clock may have left older ones behind.
    pub links_work_since: Cell<Option<Instant>>,
    /// Whether people ask for links at the moment.
    pub asks_for_links: Cell<bool>,
    /// Whether the clock stands still: a token that was used at a time still to come is refused, and its session goes on.
    pub replays_end_sessions: Cell<bool>,
    pub counts: Cell<Counts>,
    /// Requests whose answer never came.
    pub unanswered: Cell<u64>,
    /// Requests that were answered with 500 or more.
    pub unavailable: Cell<u64>,
    /// Sessions that ended since the answer to a refresh was lost for longer than D6 forgives.
    pub lost_in_flight: Cell<u64>,
    failures: RefCell<Vec<Failure>>,
    /// When something was down.
    outages: RefCell<Vec<(Instant, Option<Instant>)>>,
}

impl Ledger {
    /// Empty books.
    pub fn new(app: TestedApp, seed: u64) -> Self {
        Ledger {
            app,
            dice: Dice::new(seed),
            claims: Claims::default(),
            users: RefCell::default(),
            sessions: RefCell::default(),
            waiting: RefCell::default(),
            ended: RefCell::default(),
            finishes: RefCell::default(),
            links: RefCell::default(),
            links_work_since: Cell::default(),
            asks_for_links: Cell::new(true),
            replays_end_sessions: Cell::new(true),
            counts: Cell::default(),
            unanswered: Cell::default(),
            unavailable: Cell::default(),
            lost_in_flight: Cell::default(),
            failures: RefCell::default(),
            outages: RefCell::default(),
        }
    }

    /// Counts something acknowledged.
    pub fn count(&self, count: impl FnOnce(&mut Counts)) {
        let mut counts = self.counts.get();
        count(&mut counts);
        self.counts.set(counts);
    }

    /// Notes a request that failed; a connection that was refused is none.
    pub fn fail(&self, begin: Instant, was_answered: bool, words: &str) {
        let counter = match was_answered {
            true => &self.unavailable,
            false => &self.unanswered,
        };
        counter.set(counter.get() + 1);
        self.failures.borrow_mut().push(Failure {
            begin,
            end: machine::now(),
            words: words.to_owned(),
        });
    }

    /// Failed requests so far.
    pub fn failed(&self) -> u64 {
        self.unanswered.get() + self.unavailable.get()
    }

    /// From now on something is down.
    pub fn goes_down(&self) {
        self.outages.borrow_mut().push((machine::now(), None));
    }

    /// What was down is up again; how long it was down.
    pub fn is_up(&self) -> Duration {
        let now = machine::now();
        let mut outages = self.outages.borrow_mut();
        match outages.last_mut() {
            Some((begin, end @ None)) => {
                *end = Some(now);
                now - *begin
            }
            _ => Duration::ZERO,
        }
    }

    /// Everything that was down so far, however long, together, and the longest.
    pub fn downtime(&self) -> (Duration, Duration) {
        let outages = self.outages.borrow();
        let times = outages
            .iter()
            .filter_map(|(begin, end)| Some((*end)? - *begin));
        (times.clone().sum(), times.max().unwrap_or_default())
    }

    /// Whether a stretch of time touches one in which something was down.
    pub fn touches_outage(&self, begin: Instant, end: Instant) -> bool {
        self.outages
            .borrow()
            .iter()
            .rev()
            .any(|(down, up)| *down <= end && up.is_none_or(|up| begin <= up + AFTERMATH))
    }

    /// Holds all failures against what was down.
    pub fn judge_failures(&self) {
        self.claims.check(FAILURES, true, String::new);
        self.claims.check(REFUSALS, true, String::new);
        for failure in self.failures.take() {
            let excused = self.touches_outage(failure.begin, failure.end);
            self.claims.check(FAILURES, excused, || failure.words);
        }
    }
}
