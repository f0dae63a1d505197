//! Randomness, as `App` carries it: the system's, or a test's seeded stream.

use std::sync::{Arc, Mutex};

use aws_lc_rs::{digest, rand};

/// A source of random bytes.
#[derive(Clone)]
pub struct Random(Source);

#[derive(Clone)]
enum Source {
    System,
    Seeded(Arc<Mutex<Seeded>>),
}

struct Seeded {
    seed: u64,
    counter: u64,
}

impl Random {
    /// The operating system's generator, through aws-lc.
    pub fn system() -> Self {
        Random(Source::System)
    }

    /// A repeatable stream for tests; never for a running server.
    pub fn seeded(seed: u64) -> Self {
        Random(Source::Seeded(Arc::new(Mutex::new(Seeded {
            seed,
            counter: 0,
        }))))
    }

    /// Fills the buffer.
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the system's randomness"
    )]
    pub fn fill(&self, buffer: &mut [u8]) {
        match &self.0 {
            Source::System => rand::fill(buffer).expect("the operating system gives random bytes"),
            Source::Seeded(state) => {
                let mut state = state.lock().expect("no panic while drawing");
                for chunk in buffer.chunks_mut(32) {
                    let mut input = state.seed.to_be_bytes().to_vec();
                    input.extend(state.counter.to_be_bytes());
                    state.counter += 1;
                    let block = digest::digest(&digest::SHA256, &input);
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// `count` decimal digits, at most 9; the bias of the remainder is below one in a billion.
    pub fn digits(&self, count: usize) -> String {
        let number = u64::from_be_bytes(self.bytes()) % 10_u64.pow(count as u32);
        format!("{number:0count$}")
    }

    /// `length` letters and digits, each of the 62 equally likely.
    pub fn alphanumeric(&self, length: usize) -> String {
        const LETTERS: &[u8; 62] =
            b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        let mut text = String::with_capacity(length);
        while text.len() < length {
            for byte in self.bytes::<32>() {
                // 248 is the largest multiple of 62 below 256: what lies above would favour the first letters.
                if byte < 248 && text.len() < length {
                    text.push(char::from(LETTERS[usize::from(byte % 62)]));
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_stream_and_moves_on() {
        let (one, two) = (Random::seeded(7), Random::seeded(7));
        let first = one.bytes::<40>();
        assert_eq!(first, two.bytes::<40>());
        assert_ne!(first, one.bytes::<40>());
    }

    #[test]
    fn ids_use_letters_and_digits_only() {
        let text = Random::system().alphanumeric(500);
        assert_eq!(text.len(), 500);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }
}
