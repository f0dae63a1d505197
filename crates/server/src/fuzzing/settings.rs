//! What operators and teams write: the settings file, fields of users, templates of messages.

use std::net::IpAddr;

use serde_json::{Map, Value as Json};

use super::text;
use crate::config::{self, Cidr, Flags};
use crate::domain::apps::{AppRecord, NewApp, Settings};
use crate::domain::message_templates::{Draft, Name, kinds, preview};
use crate::domain::metadata::{FieldType, MetadataField, Occasion, TOTAL_MAX, check, merge};
use crate::ids::AppId;
use crate::messages::{Channel, Language};
use crate::time::Timestamp;

/// The settings file, and the same as variables. What is wrong is said in words, and never with the secret in them.
pub fn configuration(data: &[u8]) {
    let Some(text) = text(data) else { return };
    // A setting that names a file may name a device that never ends.
    if text.to_ascii_lowercase().contains("_file") && text.contains('/') {
        return;
    }
    let folder = std::env::temp_dir().join(format!("ginnel-fuzz-settings-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("the folder can be made");
    std::fs::write(folder.join("ginnel.toml"), text).expect("the file can be written");
    let from_file = config::load(&Flags::default(), std::iter::empty(), &folder);
    std::fs::remove_file(folder.join("ginnel.toml")).expect("the file can be removed");
    match &from_file {
        Ok(config) => {
            assert!(config.is_loopback() || config.public_url.scheme() == "https");
            assert!(config.smtp.is_none() || config.mail_from.is_some());
            assert_eq!(
                config.public_origin().parse().ok().as_ref(),
                Some(&config.public_url)
            );
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    if text.contains('\0') {
        return;
    }
    let variables = text.lines().filter_map(|line| {
        let (name, value) = line.split_once('=')?;
        Some((
            format!("GINNEL_{}", name.trim().to_ascii_uppercase()),
            value.trim().to_owned(),
        ))
    });
    let variables: Vec<_> = variables.collect();
    if let Err(error) = config::load(&Flags::default(), variables.iter().cloned(), &folder) {
        let said = error.to_string();
        assert!(!said.is_empty());
        for (name, value) in &variables {
            let is_secret =
                ["GINNEL_MASTER_KEY", "GINNEL_SMS_WEBHOOK_SECRET"].contains(&name.as_str());
            let is_elsewhere = variables
                .iter()
                .any(|(other, text)| other != name && text.contains(value));
            if is_secret && !is_elsewhere && value.len() >= 12 {
                assert!(!said.contains(value.as_str()), "{said}");
            }
        }
    }
    if let Ok(network) = text.parse::<Cidr>() {
        let again: Cidr = network
            .to_string()
            .parse()
            .expect("what is written is read");
        for address in ["10.0.0.1", "127.0.0.1", "::1", "2001:db8::1"] {
            let address: IpAddr = address.parse().expect("it is an address");
            assert_eq!(network.contains(address), again.contains(address));
        }
    }
}

/// An app with a field of each type.
fn app() -> AppRecord {
    let field = |r#type: FieldType| MetadataField {
        id: format!("{:0>24}", r#type.as_str()),
        field_name: r#type.as_str().to_owned(),
        friendly_name: r#type.as_str().to_owned(),
        r#type,
        registration: r#type != FieldType::Date,
        profile: true,
    };
    let mut new = NewApp::parse("<App> & Co", "https://example.com", "/").expect("it is an app");
    AppRecord {
        id: "aaaaaaaaaaaaaaaaaaaaaaaa"
            .parse::<AppId>()
            .expect("it is an id"),
        name: "<App> & Co".to_owned(),
        auth_origin: crate::domain::origins::AuthOrigin::from_stored(
            "https://example.com".to_owned(),
        ),
        rp_id: "example.com".to_owned(),
        settings: Settings {
            metadata_schema: FieldType::ALL.into_iter().map(field).collect(),
            ..new.settings_mut().clone()
        },
        created_at: Timestamp::from_millis(0),
        updated_at: Timestamp::from_millis(0),
        test_until: None,
    }
}

/// Fields of users: what was checked is checked again and stays the same, is of its type, and not too much.
pub fn metadata(data: &[u8]) {
    let Ok(values) = serde_json::from_slice::<Map<String, Json>>(data) else {
        return;
    };
    let settings = app().settings;
    for occasion in [Occasion::Registration, Occasion::Profile] {
        let Ok(checked) = check(&settings, &values, occasion) else {
            continue;
        };
        assert_eq!(
            check(&settings, &checked, occasion).ok().as_ref(),
            Some(&checked)
        );
        for (name, value) in &checked {
            let is_fit = match name.as_str() {
                "boolean" => value.is_boolean(),
                "integer" => value.is_i64(),
                "string" | "date" | "phone" | "email" => value.is_string(),
                _ => false,
            };
            assert!(
                is_fit || (value.is_null() && occasion == Occasion::Profile),
                "{name}"
            );
        }
        let merged = merge(&Json::Object(values.clone()), &checked);
        if let Ok(merged) = merged {
            assert!(merged.to_string().len() <= TOTAL_MAX);
            assert_eq!(merge(&merged, &checked).ok(), Some(merged));
        }
    }
}

/// Templates of messages, subject, text and HTML with a zero byte between: one that is fine says what people need, in bounds.
pub fn templates(data: &[u8]) {
    let Some(text) = text(data) else { return };
    let mut parts = text.split('\0');
    let mut next = || parts.next().unwrap_or_default();
    let draft = Draft::typed(next(), next(), next());
    let again = Draft::typed(&draft.subject, &draft.text, &draft.html);
    assert_eq!(again, draft);
    let record = app();
    for channel in Channel::ALL {
        for kind in kinds(channel).into_iter().take(2) {
            let name = Name {
                channel,
                kind,
                language: Language::De,
            };
            let filled = preview(&record, name, &draft).expect("a problem is no error");
            for problem in &filled.problems {
                assert!(!problem.reason.is_empty());
                // No value that was filled in.
                assert!(!problem.reason.contains("a-sample-that-opens-nothing"));
            }
            let words = &filled.words;
            assert!(!words.subject.contains(['\n', '\r']));
            assert!(words.text.len().max(words.html.len()) <= 256 * 1024);
            if filled.problems.is_empty() && kind.asks_for_proof() {
                let has_secret =
                    |said: &str| said.contains("opens-nothing") || said.contains("123456");
                assert!(has_secret(&words.text));
                assert!(channel == Channel::Sms || has_secret(&words.html));
            }
        }
    }
}
