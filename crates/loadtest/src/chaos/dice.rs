//! Numbers that decide what happens next; the seed is printed, though threads and the network decide as well.

use std::cell::Cell;
use std::time::Duration;

/// A small generator (xorshift64).
pub struct Dice(Cell<u64>);

impl Dice {
    /// `seed` may be anything.
    pub fn new(seed: u64) -> Self {
        Dice(Cell::new(seed | 1))
    }

    /// A number below `sides`.
    pub fn roll(&self, sides: u64) -> u64 {
        let mut number = self.0.get();
        number ^= number << 13;
        number ^= number >> 7;
        number ^= number << 17;
        self.0.set(number);
        (number >> 16) % sides
    }

    /// A time between two, in milliseconds.
    pub fn pause(&self, shortest: u64, longest: u64) -> Duration {
        Duration::from_millis(shortest + self.roll(longest - shortest + 1))
    }
}
