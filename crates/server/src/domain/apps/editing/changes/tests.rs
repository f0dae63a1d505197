//! Which changes are refused, at which setting, and with which sentence.

use super::*;
use crate::domain::apps::NewApp;
use crate::ids::AppId;
use crate::random::Random;
use crate::time::Timestamp;

fn record() -> AppRecord {
    let now = Timestamp::from_millis(0);
    let new = NewApp::parse("Demo", "https://app.example.com", "/").unwrap();
    new.into_record(AppId::draw(&Random::seeded(1), now), now)
}

/// What is wrong with changes, as `setting: sentence`.
fn problems(record: &AppRecord, changes: &Changes) -> Vec<String> {
    let refused = changes.apply(&mut record.clone()).unwrap_err();
    let line = |problem: &Problem| format!("{}: {}", problem.setting, problem.error.message());
    refused.iter().map(line).collect()
}

fn lines(lines: &[&str]) -> ListChange {
    ListChange {
        replace: Some(lines.iter().map(|line| (*line).to_owned()).collect()),
        ..ListChange::default()
    }
}

#[test]
fn origins_stay_within_the_rp_id() {
    let mut record = record();
    let add = |origin: &str| Changes {
        origins: ListChange {
            add: vec![origin.to_owned()],
            ..ListChange::default()
        },
        ..Changes::default()
    };
    add("https://admin.app.example.com")
        .apply(&mut record)
        .unwrap();
    assert!(record.allows_origin("https://admin.app.example.com"));
    let refusal = problems(&record, &add("https://example.com"));
    assert!(
        refusal[0].starts_with("origins: Browsers would refuse"),
        "{refusal:?}"
    );
    assert!(refusal[0].contains("Make an app of its own"), "{refusal:?}");
    problems(&record, &add("https://notapp.example.com"));
    let changes = Changes {
        redirect_url: Some("https://admin.app.example.com/home".into()),
        ..Changes::default()
    };
    changes.apply(&mut record).unwrap();
    // The redirect URL would lead to an origin that is none any more.
    let remove = Changes {
        origins: ListChange {
            remove: vec!["https://admin.app.example.com/".into()],
            ..ListChange::default()
        },
        ..Changes::default()
    };
    let refusal = problems(&record, &remove);
    assert!(refusal[0].starts_with("redirect_url: "), "{refusal:?}");
    let both = Changes {
        redirect_url: Some("/home".into()),
        ..remove.clone()
    };
    both.apply(&mut record).unwrap();
    let refusal = problems(&record, &remove);
    assert!(refusal[0].contains("is not among"), "{refusal:?}");
}

#[test]
fn the_auth_origin_moves_within_the_rp_id_and_the_rp_id_above_the_origins() {
    let mut record = record();
    let to = |auth_origin: Option<&str>, rp_id: Option<&str>| Changes {
        auth_origin: auth_origin.map(str::to_owned),
        rp_id: rp_id.map(str::to_owned),
        ..Changes::default()
    };
    let refusal = problems(&record, &to(Some("https://www.example.com"), None));
    assert!(refusal[0].starts_with("auth_origin: "), "{refusal:?}");
    for bad in [
        "com",
        "https://example.com",
        "example.com:80",
        "",
        "exa mple.com",
        "127.0.0.1",
    ] {
        let refusal = problems(&record, &to(None, Some(bad)));
        assert!(refusal[0].starts_with("rp_id: "), "{bad}: {refusal:?}");
    }
    let refusal = problems(&record, &to(None, Some("other.example.com")));
    assert!(
        refusal[0].contains("not within `other.example.com`"),
        "{refusal:?}"
    );
    to(Some("https://www.example.com"), Some("Example.com"))
        .apply(&mut record)
        .unwrap();
    assert_eq!(record.rp_id, "example.com");
    assert_eq!(record.auth_origin.as_str(), "https://www.example.com");
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let changes = Changes {
        name: Some(" ".into()),
        redirect_url: Some("//evil.example".into()),
        login_url: Some(String::new()),
        login_paths: lines(&["login"]),
        native_origins: lines(&["android:apk-key-hash:short"]),
        token_metadata: lines(&["plan", "sub"]),
        magic_link_lifetime: Some(59),
        auth_token_lifetime: Some(86_401),
        key_rotation_days: Some(1),
        refresh_absolute_lifetime: Some(3600),
        refresh_inactivity_lifetime: Some(3601),
        recent_sign_in: Some(86_401),
        default_language: Some("tlh".into()),
        ..Changes::default()
    };
    let mut settings: Vec<_> = problems(&record(), &changes)
        .iter()
        .map(|line| line.split_once(':').unwrap().0.to_owned())
        .collect();
    settings.sort_unstable();
    assert_eq!(
        settings,
        [
            "auth_token_lifetime",
            "default_language",
            "key_rotation_days",
            "login_paths",
            "login_url",
            "magic_link_lifetime",
            "name",
            "native_origins",
            "recent_sign_in",
            "redirect_url",
            "refresh_inactivity_lifetime",
            "token_metadata",
        ]
    );
}

#[test]
fn an_android_app_is_named_by_its_fingerprint() {
    let mut record = record();
    let hex = ["AB"; 32].join(":");
    let changes = Changes {
        native_origins: lines(&[&hex]),
        ..Changes::default()
    };
    changes.apply(&mut record).unwrap();
    let origin = "android:apk-key-hash:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s";
    assert_eq!(record.settings.native_origins, [origin]);
    let again = Changes {
        native_origins: lines(&[origin, &hex]),
        ..Changes::default()
    };
    again.apply(&mut record).unwrap();
    assert_eq!(record.settings.native_origins, [origin]);
}
