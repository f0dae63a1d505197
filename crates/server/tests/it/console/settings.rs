//! The settings of an app.

use ginnel::domain::apps::{AllowedIdentifier, RequiredIdentifier, Settings};
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
    what_settings_exclude_each_other_is_said,
    what_the_settings_bring_about_is_said,
);

/// Names of the sections.
const SECTIONS: [&str; 9] = [
    "general",
    "addresses",
    "native",
    "sign-in",
    "sign-up",
    "users",
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
        settings.android_apps = vec![format!("com.example.app {}", ["AB"; 32].join(":"))];
        settings.ios_apps = vec!["A1B2C3D4E5.com.example.app".into()];
        settings.allowed_identifier = AllowedIdentifier::Both;
        settings.required_identifier = RequiredIdentifier::Phone;
        settings.default_country = "CI".into();
        settings.identifier_verification = true;
        settings.profile_management = false;
        settings.one_time_codes = false;
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
        (
            "native",
            "android_apps",
            "com.example.app",
            "with a space between",
        ),
        ("native", "ios_apps", "com.example.app", "names no iOS app"),
        ("native", "native_origins", "AB:CD", "names no Android app"),
        ("sign-up", "default_country", "XX", "one of ISO 3166-1"),
        (
            "sign-up",
            "allowed_identifier",
            "name",
            "one of email, phone, both",
        ),
        (
            "sign-up",
            "required_identifier",
            "name",
            "one of either, email",
        ),
        (
            "sign-up",
            "required_identifier",
            "phone",
            "takes e-mail addresses only",
        ),
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
        ("native", "native_origins"),
        ("native", "android_apps"),
        ("native", "ios_apps"),
        ("sign-up", "default_country"),
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

async fn what_settings_exclude_each_other_is_said(app: TestApp) {
    let owner = owner(&app).await;
    let save = async |section: &str, typed: &[(&str, Option<&str>)]| {
        let mut form = form(&owner, &app, section).await;
        for (name, value) in typed {
            form = form.typing(name, *value);
        }
        owner.send(&form).await
    };
    let both = [
        ("allowed_identifier", Some("both")),
        ("required_identifier", Some("phone")),
    ];
    assert_eq!(save("sign-up", &both).await.status, 303);
    // The kind that was required is not taken any more.
    let refused = save("sign-up", &[("allowed_identifier", Some("email"))]).await;
    assert_eq!(refused.status, 400);
    let said = "id=\"required_identifier-error\">The app takes e-mail addresses only";
    assert!(refused.text().contains(said), "{}", refused.text());
    assert_eq!(
        app.record().await.settings.allowed_identifier,
        AllowedIdentifier::Both
    );

    let verify = [("identifier_verification", Some("on"))];
    assert_eq!(save("sign-up", &verify).await.status, 303);
    let off = [("magic_links", None), ("one_time_codes", None)];
    let refused = save("sign-in", &off).await;
    assert_eq!(refused.status, 400);
    let said = "id=\"one_time_codes-error\">Nobody could sign up";
    assert!(refused.text().contains(said), "{}", refused.text());
    assert_eq!(
        save("sign-up", &[("identifier_verification", None)])
            .await
            .status,
        303
    );
    assert_eq!(save("sign-in", &off).await.status, 303);
    let refused = save("sign-up", &verify).await;
    assert_eq!(refused.status, 400);
    let said = "id=\"identifier_verification-error\">Nobody could sign up";
    assert!(refused.text().contains(said), "{}", refused.text());
}

async fn what_the_settings_bring_about_is_said(app: TestApp) {
    let owner = owner(&app).await;
    let page = async || owner.get(&app.page("/settings")).await.text();
    let html = page().await;
    assert!(!html.contains("-caution\""), "{html}");
    app.set(|settings| {
        settings.magic_links = false;
        settings.one_time_codes = false;
        settings.token_metadata = vec!["plan".into(), "<b>".into()];
        settings.allowed_identifier = AllowedIdentifier::Both;
    })
    .await;
    let html = page().await;
    for words in [
        "id=\"allowed_identifier-caution\">This server sends no text messages yet",
        "id=\"one_time_codes-caution\">Passkeys are the only way in now",
        "id=\"token_metadata-caution\">The app has no user field <code>plan</code>, <code>&#60;b&#62;</code>.",
        "aria-describedby=\"token_metadata-hint token_metadata-caution\"",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
}
