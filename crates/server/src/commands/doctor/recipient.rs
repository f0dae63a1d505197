//! Who gets a test message.

use lettre::Address;

use crate::messages::Channel;

/// Who gets a test message.
#[derive(Clone)]
pub enum Recipient {
    /// A mail.
    Address(Address),
    /// A text message; E.164.
    Number(String),
}

impl Recipient {
    /// Reads what stands on the command line.
    pub fn parse(text: &str) -> Result<Self, String> {
        if Channel::of(text) == Channel::Email {
            let parsed = text.parse().map(Recipient::Address);
            return parsed.map_err(|cause| {
                format!("{cause}; write an address such as ada@example.com, or a number such as +15550100")
            });
        }
        let is_number =
            (8..=16).contains(&text.len()) && text[1..].bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            return Err("write a number with + and its country, such as +15550100".to_owned());
        }
        Ok(Recipient::Number(text.to_owned()))
    }
}
