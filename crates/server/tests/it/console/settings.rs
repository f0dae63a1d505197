//! The settings of an app.

use ginnel::domain::apps::Settings;
use ginnel::domain::members::Role;
use ginnel::domain::origins::AuthOrigin;

use super::Form;
use crate::support::{Member, TestApp, stories};

stories!(
    every_section_can_be_saved_as_it_is,
    each_change_is_stored_and_told,
    what_is_wrong_stands_at_its_field_and_nothing_is_stored,
    strange_input_is_text,
    what_is_not_on_the_page_is_not_changed,
    a_viewer_looks_and_an_admin_saves,
);

/// Names of the sections.
const SECTIONS: [&str; 7] = [
    "general",
    "addresses",
    "sign-in",
    "sign-up",
    "sessions",
    "safety",
    "keys",
];

pub async fn owner(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await
}

/// A section's form as the page draws it.
pub async fn form(member: &Member, app: &TestApp, section: &str) -> Form {
    let page = member.get(&app.page("/settings")).await;
    assert_eq!(page.status, 200, "{}", page.text());
    Form::on(&page.text(), &format!("/settings/{section}"))
}

async fn every_section_can_be_saved_as_it_is(app: TestApp) {
    let owner = owner(&app).await;
    let strange = |settings: &mut Settings| {
        let origin = |text: &str| AuthOrigin::parse(text).unwrap().origin;
        settings.additional_auth_origins = vec![
            origin("http://localhost:9000"),
            origin("http://app.localhost:1"),
        ];
        settings.native_origins =
            vec!["android:apk-key-hash:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s".into()];
        settings.top_origins = vec!["https://partner.example".into()];
        settings.redirect_url = "/a?b=\"<c>\"&d='".into();
        settings.login_paths = vec!["/join".into(), "/a & b".into()];
        settings.token_metadata = vec!["plan".into(), "<b>".into()];
        settings.magic_link_lifetime_seconds = 90;
        settings.recent_sign_in_seconds = 0;
        settings.key_rotation_days = 0;
        settings.refresh_enabled = false;
        settings.plain_links = true;
        settings.hide_user_existence = true;
        settings.default_language = "zh".into();
    };
    for settings in [Settings::default(), {
        let mut settings = Settings::default();
        strange(&mut settings);
        settings
    }] {
        app.set(|now| *now = settings.clone()).await;
        let before = app.record().await;
        for section in SECTIONS {
            let answer = owner.send(&form(&owner, &app, section).await).await;
            let location = format!("/settings?saved={section}#{section}");
            assert!(answer.location().ends_with(&location), "{section}");
        }
        let after = app.record().await;
        assert_eq!(after.settings, before.settings);
        assert_eq!((after.name, after.rp_id), (before.name, before.rp_id));
        assert_eq!(after.auth_origin, before.auth_origin);
    }
    assert!(app.changes().await.is_empty());
}

async fn each_change_is_stored_and_told(app: TestApp) {
    let owner = owner(&app).await;
    let form = form(&owner, &app, "addresses")
        .await
        .typing("redirect_url", Some("  /home "))
        .typing("auth_origin", Some("http://127.0.0.1:8090"))
        .typing(
            "origins",
            Some("http://localhost:8080\r\n\r\n http://localhost:8090/\r\n"),
        )
        .typing("login_paths", Some("/join\n/join"));
    assert_eq!(owner.send(&form).await.status, 303);
    let record = app.record().await;
    assert_eq!(record.auth_origin.as_str(), "http://localhost:8090");
    assert_eq!(record.settings.redirect_url, "/home");
    assert_eq!(record.settings.login_paths, ["/join"]);
    // The auth origin is not listed a second time.
    let origins: Vec<_> = record.origins().map(AuthOrigin::as_str).collect();
    assert_eq!(origins, ["http://localhost:8090", "http://localhost:8080"]);
    assert_eq!(
        app.changes().await,
        [
            "settings_changed: Additional origins: none → http://localhost:8080",
            "settings_changed: Authentication origin: http://localhost:8080 → http://localhost:8090",
            "settings_changed: Further login paths: none → /join",
            "settings_changed: Redirect URL: /dashboard → /home",
        ]
    );
    // Pages see it at once.
    let info = app.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["redirect_url"], "/home");
    let page = owner
        .get(&app.page("/settings?saved=addresses"))
        .await
        .text();
    assert_eq!(page.matches(">Saved<").count(), 1);
    let page = owner.get(&app.page("/settings?saved=nothing")).await.text();
    assert!(!page.contains(">Saved<"));
}

async fn what_is_wrong_stands_at_its_field_and_nothing_is_stored(app: TestApp) {
    let owner = owner(&app).await;
    let before = app.rows().await;
    let form = form(&owner, &app, "addresses")
        .await
        .typing("redirect_url", Some("/good"))
        .typing("origins", Some("https://example.com"))
        .typing("login_url", Some("//evil.example"));
    let answer = owner.send(&form).await;
    assert_eq!(answer.status, 400);
    let html = answer.text();
    for (name, sentence) in [
        (
            "origins",
            "Browsers would refuse this app&#39;s passkeys on https://example.com",
        ),
        (
            "login_url",
            "The login URL <code>//evil.example</code> starts with two slashes",
        ),
    ] {
        assert!(
            html.contains(&format!("id=\"{name}-error\">{sentence}")),
            "{html}"
        );
    }
    assert_eq!(html.matches("aria-invalid=\"true\"").count(), 2);
    assert_eq!(html.matches(" autofocus").count(), 1);
    let again = Form::on(&html, "/settings/addresses");
    for (name, typed) in [
        ("redirect_url", "/good"),
        ("origins", "https://example.com"),
        ("login_url", "//evil.example"),
    ] {
        assert_eq!(again.value(name), typed);
    }
    assert!(before.changes(&app).await.is_empty());

    for (section, name, value, sentence) in [
        ("general", "name", "  ", "The name is empty"),
        ("general", "default_language", "tlh", "one of de, en"),
        ("sign-in", "code_lifetime", "1.5", "Write a whole number"),
        (
            "sign-in",
            "magic_link_lifetime_unit",
            "weeks",
            "Choose seconds",
        ),
        (
            "sign-in",
            "magic_link_lifetime",
            "9999999999999",
            "between 60 and 86400",
        ),
        (
            "sessions",
            "auth_token_lifetime",
            "0",
            "between 10 and 86400",
        ),
        (
            "sessions",
            "refresh_inactivity_lifetime",
            "31",
            "cannot wait longer",
        ),
        (
            "sessions",
            "token_metadata",
            "sub",
            "a claim <code>sub</code> of their own",
        ),
        ("sessions", "algorithm", "none", "Choose RS256"),
        ("safety", "recent_sign_in", "-5", "Write a whole number"),
        ("keys", "key_rotation_days", "2", "every 3 to 3650 days"),
    ] {
        let form = self::form(&owner, &app, section)
            .await
            .typing(name, Some(value));
        let answer = owner.send(&form).await;
        assert_eq!(answer.status, 400, "{name}");
        assert!(
            answer.text().contains(sentence),
            "{name}: {}",
            answer.text()
        );
    }
    assert!(before.changes(&app).await.is_empty());
    let unknown = owner.post(&app.page("/settings/unknown"), &[]).await;
    assert_eq!(unknown.status, 404);
}

async fn strange_input_is_text(app: TestApp) {
    let owner = owner(&app).await;
    let long = "x".repeat(10_000);
    let markup = "<script>alert('\"x\"')</script>";
    for (section, name) in [
        ("general", "name"),
        ("addresses", "auth_origin"),
        ("addresses", "origins"),
        ("addresses", "redirect_url"),
        ("addresses", "login_paths"),
        ("addresses", "native_origins"),
        ("addresses", "top_origins"),
        ("sign-in", "code_lifetime"),
        ("sessions", "token_metadata"),
    ] {
        for typed in [markup, &long, "\u{202e}\u{0}\u{1f}"] {
            let form = form(&owner, &app, section).await.typing(name, Some(typed));
            let answer = owner.send(&form).await;
            assert!(
                answer.status == 400 || answer.status == 303,
                "{name}: {}",
                answer.text()
            );
            let html = owner.get(&app.page("/settings")).await.text();
            assert!(!html.contains("<script>") && !answer.text().contains("<script>"));
        }
    }
    // A path on the app's origin may be long, but not without end.
    let path = format!("/{long}");
    let form = form(&owner, &app, "addresses")
        .await
        .typing("redirect_url", Some(&path));
    let answer = owner.send(&form).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("longer than 2000 characters"));
    let name = self::form(&owner, &app, "general")
        .await
        .typing("name", Some("Tee & Käse 茶 <b>"));
    assert_eq!(owner.send(&name).await.status, 303);
    assert_eq!(app.record().await.name, "Tee & Käse 茶 <b>");
    let html = owner.get(&app.page("/audit")).await.text();
    assert!(
        html.contains("Name: ") && html.contains("Käse 茶 &#60;b&#62;"),
        "{html}"
    );
}

async fn what_is_not_on_the_page_is_not_changed(app: TestApp) {
    let owner = owner(&app).await;
    let form = form(&owner, &app, "general")
        .await
        .typing("name", Some("Tea"))
        .typing("rp_id", Some("example.com"))
        .typing("plain_links", Some("on"))
        .typing("redirect_url", Some("/elsewhere"));
    assert_eq!(owner.send(&form).await.status, 303);
    let record = app.record().await;
    assert_eq!(
        (record.name.as_str(), record.rp_id.as_str()),
        ("Tea", "localhost")
    );
    assert!(!record.settings.plain_links);
    assert_eq!(record.settings.redirect_url, "/dashboard");
    // Nor is an app by the form of another one's page.
    let other = app.another_app("http://localhost:9000").await;
    let answer = owner
        .post(&other.page("/settings/general"), &[("name", "Mine")])
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(other.record().await.name, "Another");
}

async fn a_viewer_looks_and_an_admin_saves(app: TestApp) {
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let html = viewer.get(&app.page("/settings")).await.text();
    assert!(html.contains("You are a viewer") && html.contains("value=\"/dashboard\""));
    assert!(!html.contains(">Save<") && !html.contains("Delete this app"));
    assert_eq!(
        html.matches("<fieldset class=\"plain stack\" disabled>")
            .count(),
        SECTIONS.len()
    );
    let answer = viewer
        .post(&app.page("/settings/general"), &[("name", "Mine")])
        .await;
    assert_eq!(answer.status, 403);
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let form = form(&admin, &app, "sign-up")
        .await
        .typing("public_signup", None);
    assert_eq!(admin.send(&form).await.status, 303);
    assert!(!app.record().await.settings.public_signup);
    let html = admin.get(&app.page("/settings")).await.text();
    assert!(html.contains("Only an owner of the app can change it"));
}
