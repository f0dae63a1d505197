//! Identifiers of things: 24 letters and digits, as every Passage SDK has seen them.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, Result};
use crate::random::Random;
use crate::store::{FromColumn, ToValue, Value};

/// Length of every id.
const LENGTH: usize = 24;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident, $what:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id.
            pub fn random(random: &Random) -> Self {
                $name(random.alphanumeric(LENGTH))
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
}

#[cfg(test)]
mod tests {
    use super::*;

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
