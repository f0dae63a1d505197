//! How an app's own login names a user: whatever its back end has, kept as it is.

use std::fmt;

use crate::error::{Error, Result};
use crate::store::{FromColumn, ToValue, Value};

/// Longest external id, characters.
const MOST: usize = 255;

/// The name that a back end gives a user. Case matters, and nothing is trimmed: it is the back end's, not ours.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExternalId(String);

impl ExternalId {
    /// Reads what a back end sent.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() || text.chars().count() > MOST || text.chars().any(char::is_control) {
            return Err(Error::invalid(format!(
                "external_id: must have 1 to {MOST} characters and no line breaks. Send what names the user in your own login."
            )));
        }
        Ok(ExternalId(text.to_owned()))
    }

    /// As it was sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// In lower case, as Passage's packages for Node ask for users.
    pub fn folded(&self) -> String {
        self.0.to_lowercase()
    }
}

impl fmt::Display for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl ToValue for ExternalId {
    fn to_value(&self) -> Value<'_> {
        Value::Text(&self.0)
    }
}

impl FromColumn for ExternalId {
    fn from_column(value: Value<'_>) -> Result<Self> {
        String::from_column(value).map(ExternalId)
    }
}
