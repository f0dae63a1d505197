//! The app's own fields of a user: their schema.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One field (`passage/auth-api.md` 3.1, `user_metadata_schema`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct MetadataField {
    /// Names the field for good, whatever it is called; 24 letters and digits.
    pub id: String,
    /// Its name in JSON.
    pub field_name: String,
    /// What people see.
    pub friendly_name: String,
    /// What its values are.
    pub r#type: FieldType,
    /// Whether it is asked for when people sign up.
    pub registration: bool,
    /// Whether people may change it themselves.
    pub profile: bool,
}

/// What the values of a field are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// Text.
    String,
    /// True or false.
    Boolean,
    /// A whole number.
    Integer,
    /// A day.
    Date,
    /// A phone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl FieldType {
    /// All of them.
    pub const ALL: [FieldType; 6] = [
        FieldType::String,
        FieldType::Boolean,
        FieldType::Integer,
        FieldType::Date,
        FieldType::Phone,
        FieldType::Email,
    ];

    /// The word in settings and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldType::String => "string",
            FieldType::Boolean => "boolean",
            FieldType::Integer => "integer",
            FieldType::Date => "date",
            FieldType::Phone => "phone",
            FieldType::Email => "email",
        }
    }
}
