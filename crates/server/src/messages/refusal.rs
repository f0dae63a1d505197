//! Why a message was not taken by whoever was to carry it.

use std::fmt;
use std::time::Duration;

/// Why a message was not taken.
#[derive(Debug)]
pub struct Refusal {
    /// For the operator: what was being done, a colon, and the answer.
    pub reason: String,
    /// Whether trying again is in vain.
    pub is_final: bool,
    /// How long not to try again, if the other side says so.
    pub wait: Option<Duration>,
}

impl Refusal {
    /// It may be taken another time.
    pub fn passing(step: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Refusal {
            reason: format!("{step}: {reason}"),
            is_final: false,
            wait: None,
        }
    }

    /// It will never be taken.
    pub fn lasting(step: impl fmt::Display, reason: impl fmt::Display) -> Self {
        Refusal {
            is_final: true,
            ..Self::passing(step, reason)
        }
    }
}
