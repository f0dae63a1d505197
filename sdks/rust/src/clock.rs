//! The time of day. The crate's own tests set it; nobody else can.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where the time comes from.
#[derive(Clone, Default)]
pub(crate) enum Clock {
    #[default]
    System,
    /// Stands still until a test moves it.
    #[cfg(test)]
    Manual(std::sync::Arc<std::sync::Mutex<f64>>),
}

impl Clock {
    /// Seconds since 1970, with a fraction.
    pub(crate) fn now(&self) -> f64 {
        match self {
            Clock::System => {
                #[expect(
                    clippy::disallowed_methods,
                    reason = "the one place of this crate that reads the clock"
                )]
                let now = SystemTime::now();
                now.duration_since(UNIX_EPOCH)
                    .unwrap_or(Duration::ZERO)
                    .as_secs_f64()
            }
            #[cfg(test)]
            Clock::Manual(time) => *time.lock().unwrap(),
        }
    }
}
