//! Base64url as WebAuthn writes it (RFC 4648, section 5, without padding), and lenient reading of its relatives.
//!
//! The two functions `serialize` and `deserialize` make the module usable as `#[serde(with = "base64url")]`.

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer, Serializer};

const CONFIGURATION: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_encode_padding(false)
    .with_decode_padding_mode(DecodePaddingMode::Indifferent);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, CONFIGURATION);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, CONFIGURATION);

/// Encodes without padding.
pub fn encode(bytes: &[u8]) -> String {
    URL.encode(bytes)
}

/// Decodes base64url or standard base64, padded or not; `None` if the text is neither.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['+', '/']) {
        &PLAIN
    } else {
        &URL
    };
    engine.decode(text).ok()
}

/// Says whether `text` is exactly the unpadded base64url encoding of `bytes`, without allocating.
pub(crate) fn is_encoding_of(text: &str, bytes: &[u8]) -> bool {
    let mut text = text.as_bytes();
    let mut buffer = [0; 64];
    for chunk in bytes.chunks(48) {
        // 48 bytes make 64 characters without a remainder, so chunks can be encoded one by one.
        let Ok(length) = URL.encode_slice(chunk, &mut buffer) else {
            return false;
        };
        match text.strip_prefix(&buffer[..length]) {
            Some(rest) => text = rest,
            None => return false,
        }
    }
    text.is_empty()
}

/// Writes bytes as base64url, for serde.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&encode(bytes))
}

/// Reads bytes with [`decode`], for serde.
///
/// # Errors
/// If the value is no string or not base64.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
    decode(&text).ok_or_else(|| serde::de::Error::custom("a base64url string was expected"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relatives_of_base64url_are_read() {
        for text in ["-_8", "-_8=", "+/8", "+/8="] {
            assert_eq!(decode(text), Some(vec![0xfb, 0xff]), "{text}");
        }
        for text in ["-_8==", "-/8", "a", "ä", "- _8"] {
            assert_eq!(decode(text), None, "{text}");
        }
        assert_eq!(encode(&[0xfb, 0xff]), "-_8");
    }

    #[test]
    fn comparing_agrees_with_encoding() {
        for length in 0..200 {
            let bytes: Vec<u8> = (0..length).map(|index| (index * 37) as u8).collect();
            let text = encode(&bytes);
            assert!(is_encoding_of(&text, &bytes));
            assert!(!is_encoding_of(&format!("{text}A"), &bytes));
            assert!(length == 0 || !is_encoding_of(&text[..text.len() - 1], &bytes));
        }
    }
}
