//! Asking for a link: who may, what is sent where, in which language, and what is refused.

use ginnel::domain::users::Origin;
use ginnel::messages::{Kind, Language};
use serde_json::json;

use crate::support::{KEY, TestApp, opens, stories};

stories!(
    app_info_says_that_there_are_links,
    without_a_way_to_send_there_are_no_links,
    an_app_may_have_no_links,
    an_unknown_address_cannot_sign_in,
    a_sign_up_is_open_until_the_first_sign_in,
    a_closed_sign_up_sends_nothing,
    somebody_imported_proves_the_address_by_either_link,
    addresses_have_one_form,
    what_is_no_address_is_refused_and_sends_nothing,
    a_key_must_be_a_hash,
    mails_speak_the_language_that_was_asked_for,
    links_lead_to_the_apps_own_pages_only,
    no_header_of_a_request_gets_into_a_mail,
);

async fn app_info_says_that_there_are_links(app: TestApp) {
    app.set(|settings| settings.magic_link_lifetime_seconds = 600)
        .await;
    let info = app.anonymous().get("").await.expect(200)["app"].clone();
    let link = json!({ "ttl": 600, "ttl_display_unit": "m" });
    assert_eq!(info["auth_methods"]["magic_link"], link);
    let path = format!("/api/v1/apps/{}", app.id);
    let info = app.call("GET", &path).await.expect(200)["app"].clone();
    let link = json!({ "enabled": true, "ttl": 600, "ttl_display_unit": "m" });
    assert_eq!(info["auth_methods"]["magic_link"], link);
}

async fn without_a_way_to_send_there_are_no_links(app: TestApp) {
    let remote =
        app.configured(|config| config.public_url = "https://id.example.com".parse().unwrap());
    let page = remote.anonymous();
    let host = |call: crate::support::Call| call.header("host", "id.example.com");
    let info = host(page.get("")).await.expect(200)["app"].clone();
    assert_eq!(info["auth_methods"], json!({ "passkeys": {} }));
    assert_eq!(info["auth_fallback_method"], "none");
    let before = app.rows().await;
    let body = json!({ "identifier": "ada@example.com" });
    let refused = host(page.post("/register/magic-link", body)).await;
    refused.assert_refused(403, "operation_not_allowed", "magic_links_disabled");
    assert!(
        refused.sentence().contains("`smtp_url`"),
        "{}",
        refused.sentence()
    );
    before.assert_unchanged(&app).await;
}

async fn an_app_may_have_no_links(app: TestApp) {
    app.set(|settings| settings.magic_links = false).await;
    let page = app.anonymous();
    let info = page.get("").await.expect(200)["app"].clone();
    assert_eq!(info["auth_methods"].get("magic_link"), None);
    for mode in ["register", "login"] {
        let refused = page.ask(mode, "ada@example.com", None).await;
        refused.assert_refused(403, "operation_not_allowed", "magic_links_disabled");
    }
}

async fn an_unknown_address_cannot_sign_in(app: TestApp) {
    let before = app.rows().await;
    let refused = app
        .anonymous()
        .ask("login", "ada@example.com", Some(&KEY))
        .await;
    refused.assert_refused(404, "user_not_found", "");
    before.assert_unchanged(&app).await;
}

async fn a_sign_up_is_open_until_the_first_sign_in(app: TestApp) {
    let page = app.anonymous();
    page.post("/users", json!({ "identifier": "ada@example.com" }))
        .await
        .expect(201);
    let asking = page.asked("register", "ada@example.com", None).await;
    assert_eq!(asking.letter.kind, Kind::SignUp);
    opens(asking.open().await);
    let before = app.rows().await;
    let refused = page.ask("register", "ada@example.com", None).await;
    refused.assert_refused(403, "operation_not_allowed", "user_already_registered");
    before.assert_unchanged(&app).await;
}

async fn a_closed_sign_up_sends_nothing(app: TestApp) {
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    let refused = app
        .anonymous()
        .ask("register", "ada@example.com", None)
        .await;
    refused.assert_refused(403, "operation_not_allowed", "public_signup_disabled");
    assert!(refused.sentence().starts_with("Public signup"));
    before.assert_unchanged(&app).await;
}

async fn somebody_imported_proves_the_address_by_either_link(app: TestApp) {
    for (mode, name) in [
        ("login", "ada@example.com"),
        ("register", "bob@example.com"),
    ] {
        let made = app.made_user(name, Origin::Import).await;
        let tokens = opens(
            app.anonymous()
                .asked(mode, name, Some(KEY))
                .await
                .open()
                .await,
        );
        assert_eq!(
            app.claims(tokens["auth_token"].as_str().unwrap())["sub"],
            made.id.as_str()
        );
        let user = app.stored_user(name).await.unwrap();
        assert!(user.email_verified);
        assert_eq!(user.origin, Origin::Import);
    }
}

async fn addresses_have_one_form(app: TestApp) {
    let page = app.anonymous();
    opens(
        page.asked("register", " Ada.Lovelace@EXAMPLE.com ", None)
            .await
            .open()
            .await,
    );
    let asking = page.asked("login", "ADA.LOVELACE@example.COM", None).await;
    assert_eq!(asking.letter.to, "ada.lovelace@example.com");
    opens(asking.open().await);
    let users = app
        .read(|tx| ginnel::store::testing::list::<i64>(tx, "SELECT count(*) FROM users", &[]))
        .await;
    assert_eq!(users, [1]);
}

async fn what_is_no_address_is_refused_and_sends_nothing(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    let long = format!("{}@example.com", "a".repeat(10_000));
    for bad in [
        "",
        "ada",
        "ada@example",
        "ada@example.com, eve@example.com",
        "ada(comment)@example.com",
        "ada@example.com(comment)",
        "\"ada lovelace\"@example.com",
        "ada@example.com\r\nBcc: eve@example.com",
        "ada\n@example.com",
        "Ada <ada@example.com>",
        "ada@[127.0.0.1]",
        "аda@example.com",
        "ada@example.com\u{202e}",
        &long,
    ] {
        for mode in ["register", "login"] {
            let refused = page.ask(mode, bad, None).await;
            refused.assert_refused(400, "invalid_request", "");
            assert!(
                refused
                    .sentence()
                    .starts_with("identifier: must be a valid email address.")
            );
        }
    }
    before.assert_unchanged(&app).await;
}

async fn a_key_must_be_a_hash(app: TestApp) {
    let before = app.rows().await;
    for bad in ["", "short", "!!!", "AAAA", &"A".repeat(44)] {
        let body = json!({ "identifier": "ada@example.com", "browser_key_hash": bad });
        let refused = app.anonymous().post("/register/magic-link", body).await;
        refused.assert_refused(400, "invalid_request", "");
        assert!(refused.sentence().starts_with("browser_key_hash:"));
    }
    before.assert_unchanged(&app).await;
}

async fn mails_speak_the_language_that_was_asked_for(app: TestApp) {
    app.set(|settings| settings.default_language = "it".into())
        .await;
    let page = app.anonymous();
    for (tag, expected) in [
        (json!("de"), Language::De),
        (json!("pt-BR"), Language::Pt),
        (json!("ZH_hans"), Language::Zh),
        (json!("fr"), Language::It),
        (json!(""), Language::It),
        (json!(null), Language::It),
    ] {
        let body = json!({ "identifier": "ada@example.com", "language": tag });
        page.post("/register/magic-link", body).await.expect(201);
        app.advance(1);
        assert_eq!(
            app.letters().await.pop().unwrap().language,
            expected,
            "{tag}"
        );
    }
}

async fn links_lead_to_the_apps_own_pages_only(app: TestApp) {
    app.set(|settings| {
        settings.login_url = "/sign-in?from=mail".into();
        settings.login_paths = vec!["/de/anmelden".into()];
    })
    .await;
    let page = app.anonymous();
    for (path, expected) in [
        (
            json!(null),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
        (
            json!("/sign-in"),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
        (
            json!("/de/anmelden"),
            "http://localhost:8080/de/anmelden?psg_magic_link=",
        ),
        (
            json!("/de/anmelden/"),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
        (
            json!("//evil.example"),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
        (
            json!("https://evil.example/"),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
        (
            json!("/../../x"),
            "http://localhost:8080/sign-in?from=mail&psg_magic_link=",
        ),
    ] {
        let body = json!({ "identifier": "ada@example.com", "magic_link_path": path });
        // What a request says of its host or origin never gets into a mail.
        let call = page
            .post("/register/magic-link", body)
            .header("x-forwarded-host", "evil.example");
        call.await.expect(201);
        app.advance(1);
        let link = app.letters().await.pop().unwrap().link.unwrap();
        assert!(link.starts_with(expected), "{path}: {link}");
    }
}

async fn no_header_of_a_request_gets_into_a_mail(app: TestApp) {
    // A name that this server answers for, and still not one to lead people to.
    let path = format!("/v1/apps/{}/register/magic-link", app.id);
    let body = json!({ "identifier": "ada@example.com", "browser_key_hash": KEY.hash() });
    let mut call = app.call("POST", &path).json(body);
    for (name, value) in [
        ("host", "auth.passage.id"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-server", "evil.example"),
        ("x-forwarded-proto", "evil.example"),
        ("x-forwarded-prefix", "/evil.example"),
        ("x-original-host", "evil.example"),
        ("x-host", "evil.example"),
        ("x-http-host-override", "evil.example"),
        ("forwarded", "host=evil.example;proto=http"),
        ("referer", "https://evil.example/"),
        ("user-agent", "evil.example"),
        ("accept-language", "evil.example"),
    ] {
        call = call.header(name, value);
    }
    call.await.expect(201);
    let letter = app.letters().await.pop().unwrap();
    let text = format!("{letter:?}");
    assert!(
        !text.contains("evil") && !text.contains("passage.id"),
        "{text}"
    );
    let link = letter.link.unwrap();
    assert!(link.starts_with("http://localhost:8080/"), "{link}");
}
