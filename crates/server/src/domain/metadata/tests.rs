//! Every type, and every refusal.

use serde_json::json;

use super::*;

fn field(name: &str, r#type: FieldType, registration: bool, profile: bool) -> MetadataField {
    MetadataField {
        id: "TrWSUbDDTPCKTQDtLA9MO8Ee".to_owned(),
        field_name: name.to_owned(),
        friendly_name: name.to_owned(),
        r#type,
        registration,
        profile,
    }
}

/// A field of each type, named like it, and one for each occasion alone.
fn settings() -> Settings {
    let mut schema: Vec<_> = FieldType::ALL
        .map(|r#type| field(r#type.as_str(), r#type, true, true))
        .into();
    schema.push(field("plan", FieldType::String, true, false));
    schema.push(field("motto", FieldType::String, false, true));
    schema.push(field("score", FieldType::Integer, false, false));
    Settings {
        metadata_schema: schema,
        ..Settings::default()
    }
}

fn check_at(occasion: Occasion, values: Json) -> Result<Json> {
    check(&settings(), values.as_object().unwrap(), occasion).map(Json::Object)
}

#[track_caller]
fn refusal(occasion: Occasion, values: Json) -> String {
    let error = check_at(occasion, values.clone()).expect_err(&values.to_string());
    assert_eq!(error.code().status(), 400);
    assert_eq!(error.reason(), Some("metadata_invalid"));
    error.message().to_owned()
}

#[test]
fn each_type_takes_its_values() {
    for (sent, stored) in [
        (json!({ "string": "Ada" }), json!({ "string": "Ada" })),
        (
            json!({ "string": "ß".repeat(1_000) }),
            json!({ "string": "ß".repeat(1_000) }),
        ),
        (json!({ "boolean": false }), json!({ "boolean": false })),
        (json!({ "integer": 0 }), json!({ "integer": 0 })),
        (
            json!({ "integer": -9_007_199_254_740_991i64 }),
            json!({ "integer": -9_007_199_254_740_991i64 }),
        ),
        (
            json!({ "integer": 9_007_199_254_740_991i64 }),
            json!({ "integer": 9_007_199_254_740_991i64 }),
        ),
        (json!({ "integer": 5.0 }), json!({ "integer": 5 })),
        (
            json!({ "date": "2024-02-29" }),
            json!({ "date": "2024-02-29" }),
        ),
        (
            json!({ "date": "02/29/2024" }),
            json!({ "date": "02/29/2024" }),
        ),
        (
            json!({ "phone": "+1 (555) 010-9999" }),
            json!({ "phone": "+15550109999" }),
        ),
        (
            json!({ "phone": "(555) 010-9999" }),
            json!({ "phone": "+15550109999" }),
        ),
        (
            json!({ "email": "Ada@Example.COM" }),
            json!({ "email": "ada@example.com" }),
        ),
    ] {
        for occasion in [Occasion::Registration, Occasion::Profile] {
            assert_eq!(check_at(occasion, sent.clone()).unwrap(), stored, "{sent}");
        }
    }
}

#[test]
fn each_type_refuses_the_others_and_says_what_it_takes() {
    for (name, values) in [
        (
            "string",
            vec![
                json!(1),
                json!(true),
                json!({}),
                json!(["a"]),
                json!("a".repeat(1_001)),
            ],
        ),
        (
            "boolean",
            vec![json!("true"), json!(0), json!([]), json!("no")],
        ),
        (
            "integer",
            vec![
                json!("5"),
                json!(5.5),
                json!(true),
                json!(9_007_199_254_740_992i64),
                json!(-9_007_199_254_740_992i64),
                json!(u64::MAX),
                json!(1e300),
            ],
        ),
        (
            "date",
            vec![
                json!("2023-02-29"),
                json!("29/02/2024"),
                json!("2024-2-29"),
                json!("2024-02-29T00:00:00Z"),
                json!("today"),
                json!(20240229),
                json!("2024-13-01"),
                json!("0000-01-01"),
                json!("+024-01-01"),
                json!("2024/02/29"),
                json!("02-29-2024"),
            ],
        ),
        (
            "phone",
            vec![
                json!("12"),
                json!("ada@example.com"),
                json!(4930123456i64),
                json!("+0123456789"),
            ],
        ),
        (
            "email",
            vec![
                json!("ada"),
                json!("+15550109999"),
                json!(1),
                json!("ada@example.com\r\nBcc: x@y.z"),
            ],
        ),
    ] {
        for value in values {
            let sentence = refusal(Occasion::Profile, json!({ name: value }));
            let begins = format!("user_metadata: `{name}` ({name}) must be ");
            assert!(sentence.starts_with(&begins), "{value}: {sentence}");
        }
    }
}

#[test]
fn a_field_has_its_occasions() {
    assert!(check_at(Occasion::Registration, json!({ "plan": "free" })).is_ok());
    assert!(check_at(Occasion::Profile, json!({ "motto": "on" })).is_ok());
    assert_eq!(
        refusal(Occasion::Profile, json!({ "plan": "free" })),
        "user_metadata: `plan` (string) cannot be set by the user. Leave it out."
    );
    assert_eq!(
        refusal(Occasion::Registration, json!({ "motto": "on" })),
        "user_metadata: `motto` (string) cannot be set when signing up. Leave it out."
    );
    // Not even to clear it.
    for occasion in [Occasion::Registration, Occasion::Profile] {
        let sentence = refusal(occasion, json!({ "score": null }));
        assert!(sentence.starts_with("user_metadata: `score` (integer) cannot"));
    }
}

#[test]
fn an_unknown_field_is_refused_and_named_safely() {
    assert_eq!(
        refusal(Occasion::Profile, json!({ "admin": true })),
        "user_metadata: this app has no field `admin`. Leave it out."
    );
    let sentence = refusal(Occasion::Profile, json!({ "\r\n".repeat(1_000): true }));
    assert!(
        sentence.contains("\\r\\n") && sentence.len() < 200,
        "{sentence}"
    );
}

#[test]
fn null_and_an_empty_text_clear_a_field() {
    let sent = json!({ "string": "", "integer": null, "email": "" });
    assert_eq!(
        check_at(Occasion::Registration, sent.clone()).unwrap(),
        json!({})
    );
    let checked = check_at(Occasion::Profile, sent).unwrap();
    assert_eq!(
        checked,
        json!({ "string": null, "integer": null, "email": null })
    );
    let stored = json!({ "string": "Ada", "integer": 1, "boolean": true });
    assert_eq!(
        merge(&stored, checked.as_object().unwrap()).unwrap(),
        json!({ "boolean": true })
    );
}

#[test]
fn all_fields_together_have_a_limit() {
    let many = Settings {
        metadata_schema: (0..20)
            .map(|index| field(&format!("text{index}"), FieldType::String, true, true))
            .collect(),
        ..Settings::default()
    };
    let texts = |range: std::ops::Range<usize>| -> Map<String, Json> {
        range
            .map(|index| (format!("text{index}"), json!("a".repeat(1_000))))
            .collect()
    };
    assert!(check(&many, &texts(0..16), Occasion::Registration).is_ok());
    let error = check(&many, &texts(0..17), Occasion::Registration).unwrap_err();
    assert_eq!(error.reason(), Some("metadata_invalid"));
    // Also bit by bit.
    let stored = merge(&json!({}), &texts(0..10)).unwrap();
    assert!(merge(&stored, &texts(6..16)).is_ok());
    let error = merge(&stored, &texts(10..18)).unwrap_err();
    assert_eq!(error.reason(), Some("metadata_invalid"));
}
