//! The client data (WebAuthn L3 §5.8.1): what the browser says it did, as JSON, and the checks common to both ceremonies.

use std::borrow::Cow;

use aws_lc_rs::digest::{Digest, SHA256, digest};
use serde::Deserialize;

use crate::{Error, Expectation, base64url};

/// The longest accepted `clientDataJSON`, in bytes. Real ones have a few hundred.
const MAXIMUM_LENGTH: usize = 16 * 1024;
/// How much of a foreign origin an error repeats, in characters.
const MAXIMUM_SEEN: usize = 256;

/// The two ceremonies, as `type` tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ceremony {
    Registration,
    Authentication,
}

impl Ceremony {
    const fn client_data_type(self) -> &'static str {
        match self {
            Self::Registration => "webauthn.create",
            Self::Authentication => "webauthn.get",
        }
    }
}

/// `CollectedClientData`. Members unknown here are ignored, as the standard wants it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ClientData<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    challenge: Cow<'a, str>,
    #[serde(borrow)]
    origin: Cow<'a, str>,
    #[serde(default)]
    cross_origin: Option<bool>,
    #[serde(borrow, default)]
    top_origin: Option<Cow<'a, str>>,
}

impl<'a> ClientData<'a> {
    fn parse(json: &'a [u8]) -> Result<Self, Error> {
        let malformed = |reason: &str| Error::MalformedClientData(reason.to_owned());
        if json.len() > MAXIMUM_LENGTH {
            return Err(malformed("it is longer than 16 KiB"));
        }
        // WebAuthn L3 §7.1, step 5; §7.2, step 8: UTF-8 decode strips a byte order mark. Bytes that are not UTF-8,
        // which no client may send (§5.8.1.1), are refused instead of being replaced by U+FFFD.
        let json = json.strip_prefix(b"\xef\xbb\xbf").unwrap_or(json);
        let text = std::str::from_utf8(json).map_err(|_| malformed("it is not UTF-8"))?;
        // serde would also read the members from an array.
        if !text.trim_ascii_start().starts_with('{') {
            return Err(malformed("it is not a JSON object"));
        }
        // WebAuthn L3 §7.1, step 6; §7.2, step 9: parse; the text is never compared.
        serde_json::from_str(text).map_err(|error| Error::MalformedClientData(error.to_string()))
    }
}

/// Checks the client data and returns their hash.
pub(crate) fn verify(
    json: &[u8],
    ceremony: Ceremony,
    expected: &Expectation<'_>,
) -> Result<Digest, Error> {
    let client_data = ClientData::parse(json)?;

    // WebAuthn L3 §7.1, step 7; §7.2, step 10: the type.
    let expected_type = ceremony.client_data_type();
    if client_data.kind != expected_type {
        return Err(Error::ClientDataType {
            seen: shorten(&client_data.kind),
            expected: expected_type,
        });
    }

    // WebAuthn L3 §7.1, step 8; §7.2, step 11: the challenge.
    if !base64url::is_encoding_of(&client_data.challenge, expected.challenge) {
        return Err(Error::ChallengeMismatch);
    }

    // WebAuthn L3 §7.1, step 9; §7.2, step 12: the origin, compared exactly (§13.4.9).
    if !contains(expected.origins, &client_data.origin) {
        return Err(Error::OriginMismatch {
            seen: shorten(&client_data.origin),
        });
    }

    // WebAuthn L3 §7.1, step 10; §7.2, step 13: in a frame of another origin only if that is expected.
    if client_data.cross_origin == Some(true) && expected.top_origins.is_none() {
        return Err(Error::CrossOrigin);
    }

    // WebAuthn L3 §7.1, step 11; §7.2, step 14: the same, and only in the frames of expected pages.
    if let Some(top_origin) = &client_data.top_origin {
        let top_origins = expected.top_origins.ok_or(Error::CrossOrigin)?;
        if !contains(top_origins, top_origin) {
            return Err(Error::TopOriginMismatch {
                seen: shorten(top_origin),
            });
        }
    }

    // WebAuthn L3 §7.1, step 12; §7.2, step 20: the hash, over the bytes as received.
    Ok(digest(&SHA256, json))
}

fn contains(origins: &[String], origin: &str) -> bool {
    origins.iter().any(|expected| expected == origin)
}

fn shorten(seen: &str) -> String {
    seen.chars().take(MAXIMUM_SEEN).collect()
}
