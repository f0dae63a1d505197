//! The app's own fields of a user: what may be changed of their list, and how a change reads.

use super::values;
use crate::domain::apps::Settings;
use crate::domain::metadata::{FieldType, MetadataField};
use crate::error::{Code, Error, Result};

/// Fields that an app may have.
pub const FIELDS_MAX: usize = 50;

/// Longest name of a field in JSON, characters.
const NAME_MAX: usize = 64;

/// Names that mean something else where a field's name is read: what every user has anyway, also in messages, and what every
/// object of JavaScript has.
const RESERVED: [&str; 24] = [
    "id",
    "sub",
    "email",
    "email_verified",
    "phone",
    "phone_verified",
    "identifier",
    "status",
    "external_id",
    "created_at",
    "updated_at",
    "last_login_at",
    "login_count",
    "user_metadata",
    "recent_events",
    "social_connections",
    "webauthn",
    "webauthn_devices",
    "webauthn_types",
    "__proto__",
    "constructor",
    "prototype",
    "hasOwnProperty",
    "toString",
];

/// What is to change of the fields, as a person typed it.
#[derive(Clone, Debug)]
pub enum FieldChange {
    /// One more, at the end.
    Add(NewField),
    /// What can be changed of a field: all but its name and type, for values are stored by them. `None` leaves as it is.
    Update {
        /// The field.
        id: String,
        /// What people see.
        friendly_name: Option<String>,
        /// Whether it is asked for when people sign up.
        registration: Option<bool>,
        /// Whether people may change it themselves.
        profile: Option<bool>,
    },
    /// One place towards the beginning; the first stays.
    MoveUp {
        /// The field.
        id: String,
    },
    /// One place towards the end; the last stays.
    MoveDown {
        /// The field.
        id: String,
    },
    /// Away with it, from auth tokens, too. The values stay stored with their users.
    Remove {
        /// The field.
        id: String,
    },
}

/// A field to be added.
#[derive(Clone, Debug, Default)]
pub struct NewField {
    /// Names it for good; 24 letters and digits, drawn at random.
    pub id: String,
    /// Its name in JSON.
    pub field_name: String,
    /// What people see.
    pub friendly_name: String,
    /// What its values are, as a word.
    pub r#type: String,
    /// Whether it is asked for when people sign up.
    pub registration: bool,
    /// Whether people may change it themselves.
    pub profile: bool,
}

/// What is wrong with a change: the input it stands in (`field_name`, `friendly_name`, `type`), or `metadata_schema`.
pub type Refused = (&'static str, Error);

impl FieldChange {
    /// Applies the change. What is wrong with it is told all at once.
    pub(super) fn apply(&self, settings: &mut Settings) -> Result<(), Vec<Refused>> {
        let fields = &mut settings.metadata_schema;
        match self {
            FieldChange::Add(new) => fields.push(new.checked(fields)?),
            FieldChange::Update {
                id,
                friendly_name,
                registration,
                profile,
            } => {
                let at = position(fields, id)?;
                if let Some(typed) = friendly_name {
                    fields[at].friendly_name = self::friendly_name(typed)
                        .map_err(|error| vec![("friendly_name", error)])?;
                }
                fields[at].registration = registration.unwrap_or(fields[at].registration);
                fields[at].profile = profile.unwrap_or(fields[at].profile);
            }
            FieldChange::MoveUp { id } => {
                let at = position(fields, id)?;
                fields.swap(at, at.saturating_sub(1));
            }
            FieldChange::MoveDown { id } => {
                let at = position(fields, id)?;
                let last = fields.len() - 1;
                fields.swap(at, (at + 1).min(last));
            }
            FieldChange::Remove { id } => {
                let at = position(fields, id)?;
                let gone = fields.remove(at);
                settings
                    .token_metadata
                    .retain(|claim| *claim != gone.field_name);
            }
        }
        Ok(())
    }
}

impl NewField {
    fn checked(&self, fields: &[MetadataField]) -> Result<MetadataField, Vec<Refused>> {
        if fields.len() >= FIELDS_MAX {
            let error = Error::invalid(format!(
                "An app can have {FIELDS_MAX} fields, and this one has them. Remove one that is not needed."
            ));
            return Err(vec![("metadata_schema", error)]);
        }
        match (
            field_name(&self.field_name, fields),
            friendly_name(&self.friendly_name),
            field_type(&self.r#type),
        ) {
            (Ok(field_name), Ok(friendly_name), Ok(r#type)) => Ok(MetadataField {
                id: self.id.clone(),
                field_name,
                friendly_name,
                r#type,
                registration: self.registration,
                profile: self.profile,
            }),
            (name, friendly_name, r#type) => Err([
                name.err().map(|error| ("field_name", error)),
                friendly_name.err().map(|error| ("friendly_name", error)),
                r#type.err().map(|error| ("type", error)),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }
}

fn position(fields: &[MetadataField], id: &str) -> Result<usize, Vec<Refused>> {
    let found = fields.iter().position(|field| field.id == id);
    found.ok_or_else(|| {
        let error = Error::new(
            Code::NotFound,
            "The app has no such field, or has it no more. Look at its fields again.",
        );
        vec![("metadata_schema", error)]
    })
}

fn field_name(text: &str, fields: &[MetadataField]) -> Result<String> {
    let name = text.trim();
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    let is_name = begins
        && name.len() <= NAME_MAX
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_name {
        return Err(Error::invalid(format!(
            "The name of a field has 1 to {NAME_MAX} letters without accents, digits and underscores, and does not begin with a digit, such as `favourite_tea`."
        )));
    }
    if RESERVED.contains(&name) {
        return Err(Error::invalid(format!(
            "`{name}` means something else already. Choose another name, such as `my_{}`.",
            name.trim_start_matches('_')
        )));
    }
    let known = fields
        .iter()
        .find(|field| field.field_name.eq_ignore_ascii_case(name));
    match known {
        Some(known) => Err(Error::invalid(format!(
            "The app has a field `{}` already. Choose another name.",
            known.field_name
        ))),
        None => Ok(name.to_owned()),
    }
}

fn friendly_name(text: &str) -> Result<String> {
    values::label(
        text,
        "Write what people see beside the field, such as “Favourite tea”.",
    )
}

fn field_type(word: &str) -> Result<FieldType> {
    let all = FieldType::ALL;
    let known = all.into_iter().find(|known| known.as_str() == word);
    known.ok_or_else(|| {
        Error::invalid("The type must be one of string, boolean, integer, date, phone, email.")
    })
}

/// What changed of the fields, for the audit log: `User fields: plan added (string, asked at sign-up)`.
pub fn difference(before: &[MetadataField], after: &[MetadataField]) -> Option<String> {
    let find =
        |fields: &[MetadataField], id: &str| fields.iter().find(|field| field.id == id).cloned();
    let mut told = Vec::new();
    for old in before {
        match find(after, &old.id) {
            None => told.push(format!("{} removed", old.field_name)),
            Some(new) => told.extend(field_difference(old, &new)),
        }
    }
    for new in after {
        if find(before, &new.id).is_none() {
            told.push(format!("{} added ({})", new.field_name, described(new)));
        }
    }
    if told.is_empty() && before != after {
        let names: Vec<_> = after
            .iter()
            .map(|field| field.field_name.as_str())
            .collect();
        told.push(format!("order {}", names.join(", ")));
    }
    (!told.is_empty()).then(|| told.join("; "))
}

fn described(field: &MetadataField) -> String {
    let mut words = vec![field.r#type.as_str()];
    if field.registration {
        words.push("asked at sign-up");
    }
    if field.profile {
        words.push("changed by users");
    }
    words.join(", ")
}

fn field_difference(old: &MetadataField, new: &MetadataField) -> Option<String> {
    let on = |is_on| if is_on { "on" } else { "off" };
    let mut told = Vec::new();
    if old.friendly_name != new.friendly_name {
        told.push(format!("{} → {}", old.friendly_name, new.friendly_name));
    }
    if old.registration != new.registration {
        told.push(format!("asked at sign-up {}", on(new.registration)));
    }
    if old.profile != new.profile {
        told.push(format!("changed by users {}", on(new.profile)));
    }
    (!told.is_empty()).then(|| format!("{}: {}", new.field_name, told.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(field_name: &str) -> NewField {
        NewField {
            id: format!("id-{field_name}"),
            field_name: field_name.into(),
            friendly_name: "Some field".into(),
            r#type: "string".into(),
            ..NewField::default()
        }
    }

    fn with(names: &[&str]) -> Settings {
        let mut settings = Settings::default();
        for name in names {
            FieldChange::Add(new(name)).apply(&mut settings).unwrap();
        }
        settings
    }

    fn names(settings: &Settings) -> Vec<&str> {
        let fields = settings.metadata_schema.iter();
        fields.map(|field| field.field_name.as_str()).collect()
    }

    /// What is wrong with a field, as `input: sentence`.
    fn wrong(settings: &Settings, new: NewField) -> Vec<String> {
        let refused = FieldChange::Add(new)
            .apply(&mut settings.clone())
            .unwrap_err();
        let line = |(input, error): &Refused| format!("{input}: {}", error.message());
        refused.iter().map(line).collect()
    }

    #[test]
    fn names_have_one_grammar_and_mean_one_thing() {
        let settings = with(&["plan", "_x1", &"a".repeat(64)]);
        for bad in ["", "1a", "a-b", "é", "a b", "a.b", &"a".repeat(65)] {
            let refused = wrong(&settings, new(bad));
            assert!(
                refused[0].starts_with("field_name: The name of a field has"),
                "{bad}"
            );
        }
        for (bad, sentence) in [
            ("id", "choose another name, such as `my_id`"),
            ("__proto__", "such as `my_proto__`"),
            ("plan", "has a field `plan` already"),
            ("PLAN", "has a field `plan` already"),
        ] {
            let refused = wrong(&settings, new(bad));
            assert!(refused[0].to_lowercase().contains(sentence), "{refused:?}");
        }
        let all_wrong = NewField {
            field_name: "a b".into(),
            friendly_name: "\u{202e}".into(),
            r#type: "number".into(),
            ..NewField::default()
        };
        let refused = wrong(&settings, all_wrong);
        assert_eq!(refused.len(), 3, "{refused:?}");
        assert!(refused[2].starts_with("type: The type must be one of string"));
    }

    #[test]
    fn fifty_fields_are_the_most() {
        let all: Vec<_> = (0..FIELDS_MAX).map(|n| format!("f{n}")).collect();
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        let refused = wrong(&with(&all), new("more"));
        assert!(refused[0].starts_with("metadata_schema: An app can have 50 fields"));
    }

    #[test]
    fn fields_are_moved_changed_and_removed() {
        let mut settings = with(&["a", "b", "c"]);
        settings.token_metadata = vec!["b".into(), "other".into()];
        let mut change = |change: FieldChange| {
            change.apply(&mut settings).unwrap();
            names(&settings).join("")
        };
        let id = |name: &str| format!("id-{name}");
        assert_eq!(change(FieldChange::MoveUp { id: id("a") }), "abc");
        assert_eq!(change(FieldChange::MoveUp { id: id("c") }), "acb");
        assert_eq!(change(FieldChange::MoveDown { id: id("a") }), "cab");
        assert_eq!(change(FieldChange::MoveDown { id: id("b") }), "cab");
        assert_eq!(change(FieldChange::Remove { id: id("b") }), "ca");
        assert_eq!(settings.token_metadata, ["other"]);
        let gone = FieldChange::Remove { id: id("b") };
        let refused = gone.apply(&mut settings).unwrap_err();
        assert_eq!(refused[0].1.code(), Code::NotFound);
    }

    #[test]
    fn a_change_reads_as_one_line() {
        let before = with(&["a", "b"]).metadata_schema;
        let mut after = before.clone();
        after.swap(0, 1);
        assert_eq!(difference(&before, &after).as_deref(), Some("order b, a"));
        assert_eq!(difference(&before, &before), None);
        after[0].friendly_name = "Bee".into();
        after[0].registration = true;
        after[1] = MetadataField {
            id: "other".into(),
            profile: true,
            ..after[1].clone()
        };
        assert_eq!(
            difference(&before, &after).as_deref(),
            Some(
                "a removed; b: Some field → Bee, asked at sign-up on; a added (string, changed by users)"
            )
        );
    }
}
