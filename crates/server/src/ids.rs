//! Identifiers of things: 24 letters and digits, as every Passage SDK has seen them.
//!
//! The first 8 say when the id was made, the other 16 are random (95 bits). Ids made one after the other are neighbours
//! in an index, so that new rows touch few of its pages. An id is no secret.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// Length of every id.
const LENGTH: usize = 24;

/// Digits of base 62 in the order of their bytes, so that the order of times is the order of texts.
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// How many digits milliseconds since 1970 take: enough for 6,900 years.
const TIME_DIGITS: usize = 8;

fn draw(random: &Random, now: Timestamp) -> String {
    let mut rest = u64::try_from(now.as_millis()).unwrap_or(0);
    let mut digits = [b'0'; TIME_DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    let mut id = String::with_capacity(LENGTH);
    id.extend(digits.map(char::from));
    id.push_str(&random.alphanumeric(LENGTH - TIME_DIGITS));
    id
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id.
            pub fn draw(random: &Random, now: Timestamp) -> Self {
                $name(draw(random, now))
            }

            /// The 24 characters.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self> {
                if text.len() == LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                    Ok($name(text.to_owned()))
                } else {
                    Err(Error::invalid(concat!("The ", $what, " id must be 24 letters and digits.")))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ToValue for $name {
            fn to_value(&self) -> Value<'_> {
                Value::Text(&self.0)
            }
        }

        impl FromColumn for $name {
            fn from_column(value: Value<'_>) -> Result<Self> {
                String::from_column(value).map($name)
            }
        }
    )*};
}

ids! {
    /// Names an app.
    AppId, "app";
    /// Names a user of an app.
    UserId, "user";
    /// Names a passkey (`device` on the wire).
    PasskeyId, "passkey";
    /// Names a session (`sid` in tokens).
    SessionId, "session";
    /// Names a signing key (`kid` in tokens and key sets).
    KeyId, "key";
    /// Names an event.
    EventId, "event";
    /// Names a magic link and the code beside it; a secret opens it, not this.
    MagicLinkId, "magic link";
    /// Names a message.
    MessageId, "message";
    /// Names an invitation to the Console; a secret opens it, not this.
    InvitationId, "invitation";
    /// Names an API key; a secret opens the management API, not this.
    ApiKeyId, "API key";
}

impl AppId {
    /// When the id was made, if it was made here: it may be anybody's invention.
    pub fn made_at(&self) -> Timestamp {
        let digits = self.0.bytes().take(TIME_DIGITS);
        let value = |byte| DIGITS.iter().position(|digit| *digit == byte);
        let millis = digits.fold(0, |millis, byte| {
            millis * 62 + value(byte).map_or(0, |value| value as i64)
        });
        Timestamp::from_millis(millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_ids_come_later() {
        let random = Random::system();
        let at = |millis| UserId::draw(&random, Timestamp::from_millis(millis));
        assert!(at(1_700_000_000_000) < at(1_700_000_000_001));
        assert!(at(1_700_000_000_061) < at(1_700_000_000_062));
        let id = at(4_000_000_000_000);
        assert_eq!(id.as_str().parse::<UserId>().unwrap(), id);
        assert_ne!(at(0), at(0));
    }

    #[test]
    fn an_app_id_tells_when_it_was_made() {
        for millis in [0, 61, 62, 1_700_000_000_000, 4_000_000_000_000] {
            let made_at = Timestamp::from_millis(millis);
            assert_eq!(AppId::draw(&Random::system(), made_at).made_at(), made_at);
        }
        let last: AppId = "zzzzzzzzzzzzzzzzzzzzzzzz".parse().unwrap();
        assert!(last.made_at() > Timestamp::from_millis(4_000_000_000_000));
    }

    #[test]
    fn accepts_only_24_letters_and_digits() {
        assert!("TrWSUbDDTPCKTQDtLA9MO8Ee".parse::<AppId>().is_ok());
        for bad in [
            "",
            "short",
            "TrWSUbDDTPCKTQDtLA9MO8E/",
            "../../../../etc/passwd00",
            "TrWSUbDDTPCKTQDtLA9MO8Eee",
        ] {
            assert!(bad.parse::<AppId>().is_err(), "{bad}");
        }
    }
}
