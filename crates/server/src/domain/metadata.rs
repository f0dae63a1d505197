//! The app's own fields of a user: their schema, and what may be written into them.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::apps::{LoadedApp, Settings};
use crate::domain::events::{Client, Event, Kind};
use crate::domain::sessions::SignedIn;
use crate::domain::users::{Identifier, User, managing};
use crate::error::{Error, Result};

/// Longest text of a field, characters.
pub const TEXT_MAX: usize = 1_000;

/// Largest whole number of a field: the largest that JavaScript holds exactly.
pub const INTEGER_MAX: i64 = (1 << 53) - 1;

/// Most that a user's fields may be together, bytes of JSON.
pub const TOTAL_MAX: usize = 16 * 1024;

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

/// When people write into fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// They sign up.
    Registration,
    /// They change what is stored of them.
    Profile,
}

impl MetadataField {
    fn is_for(&self, occasion: Occasion) -> bool {
        match occasion {
            Occasion::Registration => self.registration,
            Occasion::Profile => self.profile,
        }
    }

    /// The value as it is stored.
    fn read(&self, value: &Json, settings: &Settings) -> Result<Json> {
        let read = match self.r#type {
            FieldType::String => text(value).map(Json::from),
            FieldType::Boolean => value.as_bool().map(Json::from),
            FieldType::Integer => integer(value).map(Json::from),
            FieldType::Date => text(value).filter(|text| is_day(text)).map(Json::from),
            FieldType::Phone => text(value)
                .and_then(|text| Identifier::phone(text, Some(&settings.default_country)).ok())
                .map(|number| Json::from(number.as_str())),
            FieldType::Email => text(value)
                .and_then(|text| Identifier::email(text).ok())
                .map(|address| Json::from(address.as_str())),
        };
        read.ok_or_else(|| {
            invalid(format!(
                "user_metadata: `{}` ({}) must be {}.",
                self.field_name,
                self.r#type.as_str(),
                match self.r#type {
                    FieldType::String => "a text of at most 1,000 characters",
                    FieldType::Boolean => "true or false",
                    FieldType::Integer =>
                        "a whole number between -9007199254740991 and 9007199254740991",
                    FieldType::Date =>
                        "a day, such as \"2026-02-28\" (YYYY-MM-DD) or \"02/28/2026\" (MM/DD/YYYY)",
                    FieldType::Phone => "a phone number, such as \"+4930123456\"",
                    FieldType::Email => "an e-mail address, such as \"ada@example.com\"",
                }
            ))
        })
    }
}

/// 400 for values that the schema does not allow.
fn invalid(message: impl Into<String>) -> Error {
    Error::invalid(message).with_reason("metadata_invalid")
}

fn text(value: &Json) -> Option<&str> {
    value
        .as_str()
        .filter(|text| text.chars().count() <= TEXT_MAX)
}

/// JSON knows one kind of number: `5.0` is a whole one, too.
fn integer(value: &Json) -> Option<i64> {
    let number = value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        let is_whole = number.fract() == 0.0 && number.abs() <= INTEGER_MAX as f64;
        is_whole.then_some(number as i64)
    })?;
    (-INTEGER_MAX..=INTEGER_MAX)
        .contains(&number)
        .then_some(number)
}

/// Whether a text is a day that there is: `YYYY-MM-DD` or `MM/DD/YYYY`.
fn is_day(text: &str) -> bool {
    let numbers = |separator: char, widths: [usize; 3]| {
        let parts: Vec<_> = text.split(separator).collect();
        let is_shaped = parts.len() == 3
            && parts.iter().zip(widths).all(|(part, width)| {
                part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit())
            });
        let number = |index: usize| parts[index].parse::<i16>().ok();
        is_shaped
            .then(|| Some([number(0)?, number(1)?, number(2)?]))
            .flatten()
    };
    let iso = numbers('-', [4, 2, 2]);
    let american = numbers('/', [2, 2, 4]).map(|[month, day, year]| [year, month, day]);
    iso.or(american).is_some_and(|[year, month, day]| {
        let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
            return false;
        };
        year > 0 && jiff::civil::Date::new(year, month, day).is_ok()
    })
}

/// Checks what somebody writes into fields of an app, and gives it as it is to be stored. `null` and an empty text clear a
/// field: at sign-up they are left out, otherwise they are `null` for [`merge`].
///
/// # Errors
/// 400 `metadata_invalid`, with a sentence that names the field and its type.
pub fn check(
    settings: &Settings,
    values: &Map<String, Json>,
    occasion: Occasion,
) -> Result<Map<String, Json>> {
    let mut checked = Map::new();
    for (name, value) in values {
        let fields = settings.metadata_schema.iter();
        let field = fields.into_iter().find(|field| field.field_name == *name);
        let field = field.ok_or_else(|| {
            let name: String = name.escape_default().take(100).collect();
            invalid(format!(
                "user_metadata: this app has no field `{name}`. Leave it out."
            ))
        })?;
        if !field.is_for(occasion) {
            return Err(invalid(format!(
                "user_metadata: `{name}` ({}) cannot be set {}. Leave it out.",
                field.r#type.as_str(),
                match occasion {
                    Occasion::Registration => "when signing up",
                    Occasion::Profile => "by the user",
                }
            )));
        }
        if value.is_null() || value.as_str() == Some("") {
            if occasion == Occasion::Profile {
                checked.insert(name.clone(), Json::Null);
            }
            continue;
        }
        checked.insert(name.clone(), field.read(value, settings)?);
    }
    require_small(&checked)?;
    Ok(checked)
}

/// What is stored once checked values were written over it.
///
/// # Errors
/// 400 `metadata_invalid` if it would be larger than [`TOTAL_MAX`].
pub fn merge(stored: &Json, checked: &Map<String, Json>) -> Result<Json> {
    let mut merged = stored.as_object().cloned().unwrap_or_default();
    for (name, value) in checked {
        if value.is_null() {
            merged.remove(name);
        } else {
            merged.insert(name.clone(), value.clone());
        }
    }
    require_small(&merged)?;
    Ok(Json::Object(merged))
}

fn require_small(values: &Map<String, Json>) -> Result<()> {
    let length = serde_json::to_string(values)
        .map_err(Error::internal)?
        .len();
    if length > TOTAL_MAX {
        return Err(invalid(
            "user_metadata: all fields together must be at most 16 KiB. Shorten some.",
        ));
    }
    Ok(())
}

/// Writes into the fields of the signed-in user. What the user is then.
pub async fn update(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    values: &Map<String, Json>,
    client: &Client,
) -> Result<User> {
    loaded.require_profile_management()?;
    let checked = check(&loaded.settings, values, Occasion::Profile)?;
    let now = app.clock.now();
    let event = Event::of_user(
        app,
        &owner.user.id,
        &loaded.id,
        Kind::MetadataChanged,
        client,
    );
    let (app_id, user_id) = (loaded.id.clone(), owner.user.id.clone());
    app.store
        .write(move |tx| {
            let found = tx.find_user_to_update(&app_id, &user_id, now)?;
            let mut user = found.ok_or_else(managing::no_such_user)?;
            user.require_active()?;
            let merged = merge(&user.user_metadata, &checked)?;
            let changed: Vec<_> = checked
                .keys()
                .filter(|name| merged.get(name) != user.user_metadata.get(name))
                .map(String::as_str)
                .collect();
            if !changed.is_empty() {
                tx.update_user_metadata(&user_id, &merged, now)?;
                tx.add_event(&event.clone().detailed(changed.join(", ")))?;
            }
            user.user_metadata = merged;
            Ok(user)
        })
        .await
}

#[cfg(test)]
mod tests;
