//! What a scenario holds against the server: sentences, how often each was looked at, and how often it was untrue.

use std::cell::RefCell;

use serde::Serialize;

/// A sentence that must be true each time it is looked at.
#[derive(Debug, Clone, Serialize)]
pub struct Claim {
    pub sentence: &'static str,
    /// What an untrue one means.
    pub harm: Harm,
    pub checked: u64,
    pub violated: u64,
    /// What was found the first time that it was untrue.
    pub first: Option<String>,
}

/// What it means that a claim is untrue: the columns of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// Something acknowledged is gone.
    Missing,
    /// Something came more often than it may.
    Doubled,
    /// Something was let in.
    WronglyAccepted,
    /// Anything else.
    Other,
}

/// All claims of a scenario, in the order in which they were looked at first.
#[derive(Default)]
pub struct Claims(RefCell<Vec<Claim>>);

/// A sentence and what it means that it is untrue.
pub type Sentence = (&'static str, Harm);

impl Claims {
    /// Looks at a claim once; `found` says what was found instead.
    pub fn check(&self, sentence: Sentence, holds: bool, found: impl FnOnce() -> String) {
        self.change(sentence, |claim| {
            claim.checked += 1;
            if !holds {
                claim.violated += 1;
                claim.first.get_or_insert_with(found);
            }
        });
    }

    /// Says that a claim must be looked at: it fails if it never is.
    pub fn expect(&self, sentence: Sentence) {
        self.change(sentence, |_| {});
    }

    /// What became of all of them.
    pub fn take(&self) -> Vec<Claim> {
        self.0.take()
    }

    fn change(&self, (sentence, harm): Sentence, change: impl FnOnce(&mut Claim)) {
        let mut claims = self.0.borrow_mut();
        let known = claims.iter().position(|claim| claim.sentence == sentence);
        let index = known.unwrap_or_else(|| {
            claims.push(Claim {
                sentence,
                harm,
                checked: 0,
                violated: 0,
                first: None,
            });
            claims.len() - 1
        });
        change(&mut claims[index]);
    }
}

impl Claim {
    /// Whether it was looked at and was true each time.
    pub fn holds(&self) -> bool {
        self.checked > 0 && self.violated == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SENTENCE: Sentence = ("nothing is lost", Harm::Missing);

    #[test]
    fn a_claim_that_nobody_looked_at_does_not_hold() {
        let claims = Claims::default();
        claims.expect(SENTENCE);
        assert!(!claims.take()[0].holds());
    }

    #[test]
    fn the_first_finding_is_kept_and_one_is_enough() {
        let claims = Claims::default();
        for number in 0..3 {
            claims.check(SENTENCE, number == 0, || format!("{number} is gone"));
        }
        let claim = &claims.take()[0];
        assert!(!claim.holds());
        assert_eq!((claim.checked, claim.violated), (3, 2));
        assert_eq!(claim.first.as_deref(), Some("1 is gone"));
    }
}
