//! The way a message goes: by mail, or as a text message.

use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::store::{FromColumn, ToValue, Value};

/// The way a message goes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Channel {
    /// By mail.
    Email,
    /// As a text message to a phone (SMS).
    Sms,
}

words!(Channel {
    Email = "email",
    Sms = "sms",
});

impl Channel {
    /// The way to an address; what begins with `+` is a phone number (E.164).
    pub fn of(address: &str) -> Self {
        if address.starts_with('+') {
            Channel::Sms
        } else {
            Channel::Email
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::masked;

    #[test]
    fn numbers_and_addresses_are_told_apart_and_masked() {
        for (address, channel, shown) in [
            ("+15550100", Channel::Sms, "+1…00"),
            ("+4930123456", Channel::Sms, "+4…56"),
            ("ada@example.com", Channel::Email, "a…@example.com"),
        ] {
            assert_eq!(Channel::of(address), channel);
            assert_eq!(masked(address), shown);
        }
    }
}
