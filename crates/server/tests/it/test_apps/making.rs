//! Who gets a test app, and who is told why not.

use std::sync::Arc;

use ginnel::domain::apps::{AppRecord, NewApp, create};
use ginnel::domain::test_apps::MOST;
use ginnel::ids::AppId;
use ginnel::jobs;
use serde_json::{Value as Json, json};

use super::{ask, ask_with, id_of};
use crate::support::{ORIGIN, Response, TestApp, User, stories, stories_on_postgres};

stories!(
    a_page_without_an_app_id_gets_an_app,
    links_lead_to_the_page_that_asked,
    the_request_of_old_elements_is_answered,
    preflights_are_answered,
    a_test_app_has_one_signing_key,
    names_may_hold_anything_that_can_be_read,
    pages_elsewhere_are_told_what_to_do,
    bodies_that_cannot_be_read_are_refused,
    a_server_without_test_apps_names_the_console,
    listed_origins_may_have_them,
    one_client_makes_twenty_an_hour,
    there_are_a_thousand_at_most,
);

async fn a_page_without_an_app_id_gets_an_app(app: TestApp) {
    let before = app.rows().await;
    let answer = ask(&app, ORIGIN).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let made = answer.expect(200);
    assert_eq!(made["app"]["ephemeral"], true);
    assert_eq!(made["app"]["auth_origin"], ORIGIN);
    assert_eq!(made["app"]["name"], "Try");
    let secret = made["claim_secret"].as_str().unwrap();
    assert_eq!(secret.len(), 43);
    let id = id_of(&made);
    assert_eq!(
        made["claim_url"],
        format!("http://localhost:8400/claim/{id}?name=Try&secret={secret}")
    );
    assert_eq!(
        before.changes(&app).await,
        ["apps +1", "facts +1", "limits +1", "signing_keys +1"]
    );
    assert!(!app.rows().await.to_text().contains(secret));

    let trial = app.about(&id);
    let info = trial.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["ephemeral"], true);
    let mut ada = User::sign_up(trial.anonymous(), "ada@example.com").await;
    ada.sign_in().await;
    let claims = trial.claims(ada.auth_token());
    assert_eq!(claims["aud"], json!([ORIGIN, id]));
    assert_eq!(
        claims["iss"],
        format!("http://localhost:8400/auth/v1/apps/{id}")
    );
    // Somebody of a test app is nobody elsewhere.
    assert!(app.stored_user("ada@example.com").await.is_none());
    let info = app.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["ephemeral"], false);
}

async fn links_lead_to_the_page_that_asked(app: TestApp) {
    let body = json!({ "auth_origin": ORIGIN, "name": "Try", "login_url": "/sign-in.html" });
    let made = ask_with(&app, ORIGIN, &body).await.expect(200);
    let trial = app.about(&id_of(&made));
    let asking = trial.anonymous();
    let asking = asking.asked("register", "ada@example.com", None).await;
    let link = asking.letter.link.as_deref().unwrap();
    let start = "http://localhost:8080/sign-in.html?psg_magic_link=";
    assert!(link.starts_with(start), "{link}");
    for path in ["//evil.example", "https://evil.example/", "/a\\b", "x"] {
        let body = json!({ "auth_origin": ORIGIN, "name": "Try", "login_url": path });
        let answer = ask_with(&app, ORIGIN, &body).await;
        assert_eq!(refused(&answer), (400, "invalid_request".into(), "".into()));
    }
}

/// As `@passageidentity/passage-elements` 0.1.0-beta.49 and 1.0.2 sent it.
async fn the_request_of_old_elements_is_answered(app: TestApp) {
    let at = "http://localhost:3000";
    let body = r#"{"auth_origin":"http://localhost:3000","name":"Ephemeral Random 4711"}"#;
    let answer = app
        .call("POST", "/v1/apps/")
        .header("host", "api.passage.id")
        .header("origin", at)
        .header("content-type", "text/plain;charset=UTF-8")
        .body(body)
        .await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let made = answer.expect(200);
    assert_eq!(made["app"]["name"], "Ephemeral Random 4711");
    let info = |path: String| {
        app.call("GET", &path)
            .header("host", "auth.passage.id")
            .header("origin", at)
    };
    let info_of = info(format!("/v1/apps/{}", id_of(&made))).await.expect(200);
    assert_eq!(info_of["app"]["ephemeral"], true);
    // They ask before they have an id, too.
    let none = info("/v1/apps/".to_owned()).await;
    assert_eq!(none.status, 404);
    assert_eq!(none.header("access-control-allow-origin"), Some("*"));
    // What they show of a refusal is its `message`.
    let page = "https://example.com";
    let call = ask(&app, page).header("host", "api.passage.id").await;
    assert_eq!(call.json()["message"], call.sentence());
}

async fn preflights_are_answered(app: TestApp) {
    let answer = app
        .call("OPTIONS", "/api/v1/apps")
        .header("origin", "https://anywhere.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "content-type")
        .await;
    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let headers = answer.header("access-control-allow-headers").unwrap();
    assert!(headers.contains("content-type"), "{headers}");
    // An app's own address is for back ends, and no page is let in by a preflight.
    let path = format!("/api/v1/apps/{}", app.id);
    let answer = app
        .call("OPTIONS", &path)
        .header("origin", ORIGIN)
        .header("access-control-request-method", "GET");
    assert_eq!(answer.await.status, 405);
}

async fn a_test_app_has_one_signing_key(app: TestApp) {
    let trial = app.trial().await.app;
    app.blocking(|app| jobs::maintain_keys(app).unwrap()).await;
    app.advance(3);
    let keys = async |app: &TestApp| {
        let set = app.anonymous().get("/.well-known/jwks.json").await;
        set.expect(200)["keys"].as_array().unwrap().len()
    };
    assert_eq!(keys(&trial).await, 1);
    assert_eq!(keys(&app).await, 2);
}

async fn names_may_hold_anything_that_can_be_read(app: TestApp) {
    for name in ["<b>Ünïcode</b> & 🐈", "a?b=c&d#e%20", &"x".repeat(80)] {
        let body = json!({ "auth_origin": ORIGIN, "name": name });
        let made = ask_with(&app, ORIGIN, &body).await.expect(200);
        assert_eq!(made["app"]["name"], *name);
        let url = url::Url::parse(made["claim_url"].as_str().unwrap()).unwrap();
        let pairs: Vec<_> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs[0], ("name".to_owned(), (*name).to_owned()));
        assert_eq!(pairs.len(), 2);
    }
    let long = "x".repeat(10_000);
    for (name, part) in [
        ("", "empty"),
        (" \t ", "empty"),
        ("a\nb", "line breaks"),
        ("a\u{0}b", "line breaks"),
        (&"x".repeat(81), "at most 80"),
        (&long, "at most 80"),
    ] {
        let before = app.rows().await;
        let body = json!({ "auth_origin": ORIGIN, "name": name });
        let answer = ask_with(&app, ORIGIN, &body).await;
        assert_eq!(refused(&answer), (400, "invalid_request".into(), "".into()));
        assert!(answer.sentence().contains(part), "{}", answer.sentence());
        before.assert_unchanged(&app).await;
    }
}

async fn pages_elsewhere_are_told_what_to_do(app: TestApp) {
    let before = app.rows().await;
    let forbidden = (
        403,
        "operation_not_allowed".to_owned(),
        "origin_not_allowed".to_owned(),
    );
    let invalid = (400, "invalid_request".to_owned(), String::new());
    for (page, named, refusal, part) in [
        (ORIGIN, "http://localhost:8081", &forbidden, ORIGIN),
        (ORIGIN, "http://localhost:8080/login", &forbidden, ORIGIN),
        (ORIGIN, "", &forbidden, ORIGIN),
        (ORIGIN, "null", &forbidden, ORIGIN),
        ("null", "null", &forbidden, "Serve it by a web server"),
        (
            "https://example.com",
            "https://example.com",
            &forbidden,
            "test_app_origins",
        ),
        (
            "http://localhost.evil.example:80",
            "http://localhost.evil.example:80",
            &invalid,
            "https",
        ),
        (
            "http://127.0.0.1:8080",
            "http://127.0.0.1:8080",
            &invalid,
            "Open the page at http://localhost:8080",
        ),
        (
            "http://[::1]:8080",
            "http://[::1]:8080",
            &invalid,
            "Open the page at http://localhost:8080",
        ),
        (
            "http://192.168.0.4:8080",
            "http://192.168.0.4:8080",
            &invalid,
            "IP address",
        ),
        (
            "http://localhost:8080/path",
            "http://localhost:8080/path",
            &invalid,
            "has a path",
        ),
        (
            "<script>alert(1)</script>",
            "<script>alert(1)</script>",
            &invalid,
            "is not an origin",
        ),
    ] {
        let body = json!({ "auth_origin": named, "name": "Try" });
        let answer = ask_with(&app, page, &body).await;
        assert_eq!(refused(&answer), *refusal, "{page} {named}");
        let sentence = answer.sentence();
        assert!(sentence.contains(part), "{page}: {sentence}");
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    let answer = ask(&app, ORIGIN).without("origin").await;
    assert_eq!(refused(&answer), forbidden);
    before.assert_unchanged(&app).await;
}

async fn bodies_that_cannot_be_read_are_refused(app: TestApp) {
    let before = app.rows().await;
    let huge = format!(r#"{{"name":"{}"}}"#, "x".repeat(70_000));
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        ("{", 400),
        (r#"{"auth_origin": 1, "name": "x"}"#, 400),
        (r#"{"name": "x"}"#, 400),
        (huge.as_str(), 413),
    ] {
        let answer = ask(&app, ORIGIN).body(body).await;
        assert_eq!(
            refused(&answer),
            (status, "invalid_request".into(), "".into())
        );
    }
    before.assert_unchanged(&app).await;
}

async fn a_server_without_test_apps_names_the_console(app: TestApp) {
    let public =
        app.configured(|config| config.public_url = "https://id.example.com".parse().unwrap());
    let switched_off = app.configured(|config| config.test_apps = Some(false));
    for (server, host, part) in [
        (public, "id.example.com", "https://id.example.com/console"),
        (
            switched_off,
            "localhost:8400",
            "http://localhost:8400/console",
        ),
    ] {
        let before = app.rows().await;
        let answer = ask(&server, ORIGIN).header("host", host).await;
        let expected = (
            403,
            "operation_not_allowed".into(),
            "test_apps_disabled".into(),
        );
        assert_eq!(refused(&answer), expected);
        assert!(answer.sentence().contains(part), "{}", answer.sentence());
        before.assert_unchanged(&app).await;
    }
}

async fn listed_origins_may_have_them(app: TestApp) {
    let server = app.configured(|config| {
        config.public_url = "https://id.example.com".parse().unwrap();
        config.test_apps = Some(true);
        let listed = ginnel::domain::origins::AuthOrigin::parse("https://try.example.com");
        config.test_app_origins = vec![listed.unwrap().origin];
    });
    for (origin, status) in [
        ("https://try.example.com", 200),
        ("http://localhost:8080", 200),
        ("https://try.example.com:8443", 403),
        ("https://a.try.example.com", 403),
        ("https://try.example.com.evil.example", 403),
    ] {
        let answer = ask(&server, origin).header("host", "id.example.com").await;
        assert_eq!(answer.status, status, "{origin} {}", answer.text());
    }
}

async fn one_client_makes_twenty_an_hour(app: TestApp) {
    for _ in 0..20 {
        ask(&app, ORIGIN).from("2001:db8::1").await.expect(200);
    }
    let before = app.rows().await;
    let answer = ask(&app, ORIGIN).from("2001:db8::ffff:2").await;
    assert_eq!(refused(&answer), (429, "rate_limited".into(), "".into()));
    assert_eq!(answer.header("retry-after"), Some("3600"));
    before.assert_unchanged(&app).await;
    ask(&app, ORIGIN).from("2001:db8:0:1::1").await.expect(200);
    // Who is refused for another reason is not counted.
    for _ in 0..30 {
        let refused = ask(&app, "https://example.com").from("192.0.2.7").await;
        assert_eq!(refused.status, 403);
    }
    ask(&app, ORIGIN).from("192.0.2.7").await.expect(200);
    app.advance(3600);
    ask(&app, ORIGIN).from("2001:db8::1").await.expect(200);
}

/// Puts so many more test apps into the store.
async fn fill(app: &TestApp, count: i64) {
    let new = NewApp::parse("Filler", ORIGIN, "/").unwrap();
    let filler = app.blocking(move |app| create(app, new).unwrap()).await;
    let (random, now) = (app.app.random.clone(), app.now());
    let ids: Arc<Vec<AppId>> = Arc::new((0..count).map(|_| AppId::draw(&random, now)).collect());
    let until = now.plus(ginnel::domain::test_apps::LIFETIME);
    app.write(move |tx| {
        ids.iter().try_for_each(|id| {
            tx.add_app(&AppRecord {
                id: id.clone(),
                test_until: Some(until),
                ..filler.clone()
            })
        })
    })
    .await;
}

async fn there_are_a_thousand_at_most(app: TestApp) {
    fill(&app, MOST - 1).await;
    ask(&app, ORIGIN).await.expect(200);
    let before = app.rows().await;
    let answer = ask(&app, ORIGIN).from("192.0.2.8").await;
    let expected = (
        403,
        "operation_not_allowed".to_owned(),
        "too_many_test_apps".to_owned(),
    );
    assert_eq!(refused(&answer), expected);
    before.assert_unchanged(&app).await;
    // Those that have ended hold no place.
    app.advance(7 * 86_400);
    ask(&app, ORIGIN).await.expect(200);
}

/// Status, code and reason of a refusal, whose `message` is its sentence.
#[track_caller]
pub fn refused(answer: &Response) -> (u16, String, String) {
    let body = answer.json();
    assert_eq!(body["message"], body["error"], "{body}");
    assert_ne!(body["error"], Json::Null);
    let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    (answer.status, text("code"), text("reason"))
}

mod at_once {
    use super::*;

    stories_on_postgres!(the_last_place_is_given_once);

    async fn the_last_place_is_given_once(app: TestApp) {
        fill(&app, MOST - 1).await;
        let other = app.another_node().await;
        let calls: Vec<_> = [&app, &other, &app, &other]
            .into_iter()
            .map(|node| tokio::spawn(ask(node, ORIGIN).into_future()))
            .collect();
        let mut made = 0;
        for call in calls {
            let answer = call.await.unwrap();
            made += i32::from(answer.status == 200);
            assert!(
                answer.status == 200 || refused(&answer).2 == "too_many_test_apps",
                "{}",
                answer.text()
            );
        }
        assert_eq!(made, 1);
    }
}
