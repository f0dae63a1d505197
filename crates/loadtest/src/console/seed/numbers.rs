//! Numbers that look random and are the same in each run, and what is made of them.

/// SplitMix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014).
pub struct Numbers(u64);

/// Digits of base 62 in the order of their bytes.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// An id in the server's form: 8 digits that say when it was made, in milliseconds since 1970, and 16 random ones.
#[derive(Clone, Copy)]
pub struct Id([u8; 24]);

impl Numbers {
    /// A sequence of its own for each `seed`.
    pub fn new(seed: u64) -> Self {
        Numbers(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut number = self.0;
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        number ^ (number >> 31)
    }

    /// A number below `end`, which is small against 2^64.
    pub fn below(&mut self, end: u64) -> u64 {
        self.any() % end
    }

    /// One of several things.
    pub fn one_of<T: Copy>(&mut self, things: &[T]) -> T {
        things[self.below(things.len() as u64) as usize]
    }

    /// A moment from `first` to `last`, milliseconds.
    pub fn moment(&mut self, first: i64, last: i64) -> i64 {
        let span = u64::try_from(last - first).unwrap_or(0);
        first + self.below(span + 1) as i64
    }

    /// Any 32 bytes.
    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for eight in bytes.chunks_exact_mut(8) {
            eight.copy_from_slice(&self.any().to_be_bytes());
        }
        bytes
    }

    /// A new id of something made at a moment.
    pub fn id(&mut self, at: i64) -> Id {
        let mut id = [0; 24];
        write_digits(&mut id[..8], u64::try_from(at).unwrap_or(0));
        write_digits(&mut id[8..16], self.any());
        write_digits(&mut id[16..], self.any());
        Id(id)
    }
}

/// The last digits of a number.
fn write_digits(digits: &mut [u8], mut number: u64) {
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(number % 62) as usize];
        number /= 62;
    }
}

impl Id {
    /// The 24 characters.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("digits are ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_in_the_order_of_their_moments_and_never_the_same() {
        let mut numbers = Numbers::new(1);
        let at = 1_700_000_000_000;
        let (first, second, later) = (numbers.id(at), numbers.id(at), numbers.id(at + 1));
        assert_ne!(first.as_str(), second.as_str());
        assert!(first.as_str() < later.as_str() && second.as_str() < later.as_str());
        assert_eq!(first.as_str().len(), 24);
        // The digits of 1,700,000,000,000 in base 62.
        assert_eq!(&first.as_str()[..8], "0Tvcokgi");
    }

    #[test]
    fn moments_stay_within_their_bounds() {
        let mut numbers = Numbers::new(2);
        let moments: Vec<i64> = (0..1000).map(|_| numbers.moment(5, 7)).collect();
        for wanted in 5..=7 {
            assert!(moments.contains(&wanted), "{wanted}");
        }
        assert!(moments.iter().all(|moment| (5..=7).contains(moment)));
    }
}
