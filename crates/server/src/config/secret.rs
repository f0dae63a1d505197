//! Values that must not show up in a log: they have a `Debug` that hides them and no `Display`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};

/// A text that must not be shown, such as a connection string with its password.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a text.
    pub fn new(text: impl Into<String>) -> Self {
        Secret(text.into())
    }

    /// The text itself. Hand it to what needs it, never to a message.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(hidden)")
    }
}

/// The 32 bytes from which every key that seals secrets at rest is derived.
#[derive(Clone, PartialEq, Eq)]
pub struct MasterKey([u8; 32]);

impl MasterKey {
    /// Takes the bytes of a key, for one that was just made or read from the data folder.
    pub fn new(bytes: [u8; 32]) -> Self {
        MasterKey(bytes)
    }

    /// Reads the base64 of a key; padding may be missing. The error never repeats the text.
    pub(super) fn from_base64(text: &str) -> Result<Self, String> {
        let remedy = "make one with `openssl rand -base64 32`, keep it safe, and write its whole output here";
        let bytes = STANDARD
            .decode(text)
            .or_else(|_| STANDARD_NO_PAD.decode(text))
            .map_err(|_| format!("the value (not shown) is not base64; {remedy}"))?;
        let length = bytes.len();
        let bytes = bytes.try_into().map_err(|_| {
            format!("the value (not shown) is base64 of {length} bytes and must be of 32; {remedy}")
        })?;
        Ok(MasterKey(bytes))
    }

    /// The bytes themselves. Derive from them, never print them.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("MasterKey(hidden)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_secrets() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(hidden)");
        assert_eq!(
            format!("{:?}", MasterKey::new([7; 32])),
            "MasterKey(hidden)"
        );
    }

    #[test]
    fn a_master_key_is_base64_of_32_bytes() {
        let padded = STANDARD.encode([7; 32]);
        assert_eq!(MasterKey::from_base64(&padded).unwrap().expose(), &[7; 32]);
        assert_eq!(
            MasterKey::from_base64(padded.trim_end_matches('='))
                .unwrap()
                .expose(),
            &[7; 32]
        );
    }

    #[test]
    fn a_bad_master_key_is_refused_without_being_shown() {
        let short = STANDARD.encode([7; 31]);
        let problem = MasterKey::from_base64(&short).unwrap_err();
        assert!(
            problem.contains("31 bytes") && problem.contains("openssl rand -base64 32"),
            "{problem}"
        );
        assert!(!problem.contains(&short), "{problem}");

        let problem = MasterKey::from_base64("correct horse").unwrap_err();
        assert!(
            problem.contains("not base64") && !problem.contains("horse"),
            "{problem}"
        );
    }
}
