//! The settings of an app.

use ginnel::domain::apps::Settings;
use ginnel::domain::keys::{Algorithm, State};
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
    another_algorithm_is_announced_and_can_be_hurried,
    a_key_is_not_changed_before_it_is_known,
    a_new_rp_id_is_typed_twice_by_an_owner,
    the_consoles_own_app_changes_how_long_things_last,
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

async fn owner(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await
}

/// A section's form as the page draws it.
async fn form(member: &Member, app: &TestApp, section: &str) -> Form {
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
            "The login URL `//evil.example` starts with two slashes",
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
            "a claim `sub` of their own",
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

async fn another_algorithm_is_announced_and_can_be_hurried(app: TestApp) {
    let owner = owner(&app).await;
    let ada = app.user("ada").await;
    let form = form(&owner, &app, "sessions")
        .await
        .typing("algorithm", Some("ES256"));
    assert_eq!(owner.send(&form).await.status, 303);
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(html.contains("ES256 takes over on"), "{html}");
    let rotate = app.page("/settings/keys/rotate");
    let waits = owner.post(&rotate, &[]).await;
    assert_eq!(waits.status, 409);
    assert!(waits.text().contains("published less than 48 hours ago"));
    let answer = owner.post(&rotate, &[("at_once", "on")]).await;
    assert!(answer.location().ends_with("?saved=keys#keys"));
    let id = app.id.clone();
    let keys = app.read(move |tx| tx.list_signing_keys(&id)).await;
    let current = keys.iter().find(|key| key.state == State::Current).unwrap();
    assert_eq!(current.algorithm, Algorithm::Es256);
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(!html.contains("takes over on"));
    // A token that is out stays good.
    ada.get("/currentuser").await.expect(200);
    let changes = app.changes().await;
    assert_eq!(
        changes,
        [
            format!("key_rotated: {} signs with ES256 now", current.id),
            "settings_changed: Signature: RS256 → ES256".to_owned()
        ]
    );
}

async fn a_key_is_not_changed_before_it_is_known(app: TestApp) {
    let owner = owner(&app).await;
    let rotate = app.page("/settings/keys/rotate");
    assert_eq!(owner.post(&rotate, &[]).await.status, 409);
    app.advance(48 * 60 * 60);
    let mut user = owner.user;
    user.sign_in().await;
    let owner = owner.console.enter(user).await;
    assert_eq!(owner.post(&rotate, &[]).await.status, 303);
    assert_eq!(app.changes().await.len(), 1);
}

async fn a_new_rp_id_is_typed_twice_by_an_owner(app: TestApp) {
    let owner = owner(&app).await;
    app.user("ada").await;
    let move_to = [
        ("auth_origin", "https://app.example.com"),
        ("redirect_url", "/"),
    ];
    let mut form = form(&owner, &app, "addresses").await;
    for (name, value) in move_to {
        form = form.typing(name, Some(value));
    }
    let refused = owner.send(&form).await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("they belong to `localhost`"));

    let to = app.page("/settings/rp-id");
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(html.contains("1 passkey will stop working"), "{html}");
    for (rp_id, confirm, sentence) in [
        ("app.localhost", "", "The two inputs differ"),
        (
            "app.localhost",
            "app.localhost",
            "not within `app.localhost`",
        ),
        (
            "https://localhost",
            "https://localhost",
            "no scheme, no port",
        ),
        ("<b>", "<b>", "cannot be an RP ID"),
        ("", "", "cannot be an RP ID"),
    ] {
        let answer = owner
            .post(&to, &[("rp_id", rp_id), ("confirm", confirm)])
            .await;
        assert_eq!(answer.status, 400, "{rp_id}");
        assert!(
            answer.text().contains(sentence),
            "{rp_id}: {}",
            answer.text()
        );
    }
    assert_eq!(app.record().await.rp_id, "localhost");
    let admin = owner
        .console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let typed = [("rp_id", "localhost"), ("confirm", "localhost")];
    assert_eq!(admin.post(&to, &typed).await.status, 403);

    // From a subdomain to the domain above it.
    let own = app.another_app("https://app.example.com").await;
    owner.becomes(&own.id, Role::Owner).await;
    let typed = [("rp_id", "Example.com"), ("confirm", "example.com")];
    let answer = owner.post(&own.page("/settings/rp-id"), &typed).await;
    assert!(answer.location().ends_with("#rp-id"));
    assert_eq!(own.record().await.rp_id, "example.com");
    assert_eq!(
        own.changes().await,
        ["rp_id_changed: RP ID: app.example.com → example.com"]
    );
    let info = own.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["id"], own.id.as_str());
}

async fn the_consoles_own_app_changes_how_long_things_last(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let own = &console.app;
    let html = operator.get(&own.page("/settings")).await.text();
    for absent in [
        "name=\"auth_origin\"",
        "id=\"rp-id\"",
        "name=\"algorithm\"",
        "Delete this app",
    ] {
        assert!(!html.contains(absent), "{absent}");
    }
    let form = form(&operator, own, "sessions").await;
    let form = form
        .typing("auth_token_lifetime", Some("5"))
        .typing("auth_token_lifetime_unit", Some("minutes"))
        .typing("algorithm", Some("RS256"));
    assert_eq!(operator.send(&form).await.status, 303);
    let record = own.record().await;
    assert_eq!(record.settings.auth_token_lifetime_seconds, 300);
    assert_eq!(record.settings.algorithm, Algorithm::Es256);
    let long = self::form(&operator, own, "sessions")
        .await
        .typing("refresh_absolute_lifetime", Some("8"));
    let answer = operator.send(&long).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("lasts at most 7 days"));
    let rp_id = [("rp_id", "example.com"), ("confirm", "example.com")];
    for (rest, fields, status) in [
        ("/settings/general", [("name", "Mine"), ("", "")], 404),
        ("/settings/keys/rotate", [("at_once", "on"), ("", "")], 403),
        ("/settings/rp-id", rp_id, 404),
    ] {
        let answer = operator.post(&own.page(rest), &fields).await;
        assert_eq!(answer.status, status, "{rest}: {}", answer.text());
    }
    let after = own.record().await;
    assert_eq!((after.name, after.rp_id), (record.name, record.rp_id));
    assert_eq!(own.changes().await.len(), 1);
}
