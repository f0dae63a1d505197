//! What a template is tried with: a letter and a user that do not exist.

use serde_json::{Map, Value as Json, json};

use super::Name;
use crate::domain::apps::AppRecord;
use crate::domain::metadata::FieldType;
use crate::domain::users::{Identifier, Status, User};
use crate::ids::UserId;
use crate::messages::{Channel, Kind, Letter};
use crate::random::Random;

/// The address of the user who does not exist.
const EMAIL: &str = "ada@example.com";

/// The number of the same; it belongs to nobody (set aside for films).
const PHONE: &str = "+12025550123";

/// A letter of every kind carries what its kind can carry.
pub fn letter(record: &AppRecord, name: Name) -> Letter {
    let to = match name.channel {
        Channel::Email => EMAIL,
        Channel::Sms => PHONE,
    };
    let letter = Letter {
        device: Some("Chrome on Windows".to_owned()),
        detail: match name.kind {
            Kind::PasskeyAdded | Kind::PasskeyRemoved => Some("Ada's phone".to_owned()),
            Kind::AddressChanged | Kind::AddressAdded | Kind::AddressRemoved => {
                Some("n…@example.com".to_owned())
            }
            _ => None,
        },
        host: (name.channel == Channel::Sms).then(|| record.auth_origin.host()),
        ..Letter::about(name.kind, name.language, to, &record.name)
    };
    if !name.kind.asks_for_proof() {
        return Letter {
            link: Some(record.login_page(None).into()),
            ..letter
        };
    }
    let settings = &record.settings;
    let mut link = record.login_page(None);
    link.query_pairs_mut()
        .append_pair("psg_magic_link", "a-sample-that-opens-nothing");
    Letter {
        link: Some(link.into()),
        link_minutes: Some(settings.magic_link_lifetime_seconds.div_ceil(60)),
        code: Some("123456".to_owned()),
        code_minutes: Some(settings.code_lifetime_seconds.div_ceil(60)),
        ..letter
    }
}

/// Somebody with a value in every field of the app.
pub fn user(record: &AppRecord) -> User {
    let identifier = Identifier::Email(EMAIL.to_owned());
    let fields = record.settings.metadata_schema.iter();
    let metadata: Map<String, Json> = fields
        .map(|field| {
            let value = match field.r#type {
                FieldType::String => json!(field.friendly_name),
                FieldType::Boolean => json!(true),
                FieldType::Integer => json!(42),
                FieldType::Date => json!("2030-12-31"),
                FieldType::Phone => json!(PHONE),
                FieldType::Email => json!(EMAIL),
            };
            (field.field_name.clone(), value)
        })
        .collect();
    let id = UserId::draw(&Random::seeded(0), record.created_at);
    User {
        email_verified: true,
        phone: Some(PHONE.to_owned()),
        phone_verified: true,
        status: Status::Active,
        user_metadata: Json::Object(metadata),
        ..User::signing_up(id, record.id.clone(), &identifier, record.created_at)
    }
}

/// A variable that templates of a message may have, and what it stands for.
pub struct Variable {
    /// As it is written between braces.
    pub name: String,
    /// What it stands for.
    pub meaning: String,
}

impl Variable {
    /// As it stands in a template.
    pub fn written(&self) -> String {
        format!("{{{{ {} }}}}", self.name)
    }
}

/// All variables of a kind of message.
pub fn variables(record: &AppRecord, kind: Kind) -> Vec<Variable> {
    let mut all = Vec::new();
    let mut add = |name: &str, meaning: &str| {
        all.push(Variable {
            name: name.to_owned(),
            meaning: meaning.to_owned(),
        });
    };
    if kind.asks_for_proof() {
        add(
            "magic_link.url",
            "The link. Empty in a message with a code alone.",
        );
        add("magic_link.lifetime", "How long the link works, in words.");
        add("magic_link.ttl", "The same in minutes.");
        add("otp.code", "The six digits. Empty where codes are off.");
        add("otp.lifetime", "How long the code works, in words.");
        add("otp.ttl", "The same in minutes.");
    }
    match kind {
        Kind::PasskeyAdded | Kind::PasskeyRemoved => add("passkey", "The passkey's name."),
        Kind::AddressChanged => add("address", "The new address, most of it hidden."),
        Kind::AddressAdded | Kind::AddressRemoved => {
            add("address", "The address it is about, most of it hidden.");
        }
        _ => {}
    }
    add(
        "device",
        "Browser and system of whoever caused the message.",
    );
    add(
        "magic_link.locale",
        "The language of the message, such as en.",
    );
    add("app.name", "The app's name.");
    add("app.id", "The app's id.");
    add("app.auth_origin", "Scheme and host of your pages.");
    add("app.login_url", "Login URL, as in the settings.");
    add("app.login_page", "The whole address of the login page.");
    if kind != Kind::AddressInUse {
        add("user.email", "The user's e-mail address.");
        add("user.phone", "The user's phone number.");
        add(
            "user.id",
            "The user's id. Empty before the first sign-in by link or code.",
        );
        add("user.status", "active, inactive or pending.");
        add("user.email_verified", "true or false.");
        for field in &record.settings.metadata_schema {
            add(
                &format!("user.user_metadata.{}", field.field_name),
                &format!("{}, from the user's metadata.", field.friendly_name),
            );
        }
    }
    all
}
