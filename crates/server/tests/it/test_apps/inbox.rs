//! The inbox of a test app, opened by its claim secret.

use ginnel::domain::events::Client;
use ginnel::domain::{console, test_apps};
use ginnel::http::example;
use ginnel::messages::sender::Sender;

use super::Trial;
use crate::messages::{LINK_SECRET, letter};
use crate::support::{Call, TestApp, stories};

stories!(
    the_secret_opens_it,
    nothing_else_opens_it,
    it_ends_with_the_test_app,
    it_shows_no_other_apps_mails,
    the_example_shows_them_but_never_the_consoles,
    behind_https_it_stays_there,
);

impl Trial {
    fn inbox(&self, rest: &str) -> Call {
        let path = format!("/claim/{}/inbox{rest}", self.app.id);
        self.app.call("GET", &path)
    }

    fn open(&self) -> Call {
        self.inbox(&format!("?secret={}", self.secret))
    }
}

async fn send(app: &TestApp) {
    Sender::new(app.app.clone()).send_due().await;
}

async fn the_secret_opens_it(app: TestApp) {
    let trial = app.trial().await;
    let answer = trial.open().await;
    assert_eq!(answer.status, 200);
    let html = answer.text();
    assert!(
        html.contains("No mail yet") && html.contains("http://localhost:8080"),
        "{html}"
    );
    let id = trial.app.store_message(&letter("ada@example.com")).await;
    send(&app).await;
    let answer = trial.open().await;
    for (header, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(header), Some(value), "{header}");
    }
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("form-action 'none'"));
    assert_eq!(answer.header("strict-transport-security"), None);
    let html = answer.text();
    let (path, secret) = (format!("/claim/{}", trial.app.id), &trial.secret);
    let mail = format!("{path}/inbox/{id}?secret={secret}");
    assert!(html.contains(&format!(r#"href="{mail}""#)), "{html}");
    assert!(html.contains("ada@example.com") && !html.contains(LINK_SECRET));
    assert!(
        html.contains(&format!(
            "http://localhost:8400{path}?name=Try&#38;secret={secret}"
        )),
        "{html}"
    );
    let html = app.call("GET", &mail).await.text();
    let link = format!(r#"href="http://localhost:8080/login?psg_magic_link={LINK_SECRET}""#);
    assert!(html.contains(&link), "{html}");
    assert!(html.contains("493027"));
    let script = app.call("GET", "/inbox.js").await;
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
}

async fn nothing_else_opens_it(app: TestApp) {
    let trial = app.trial().await;
    let other = app.trial().await;
    let id = trial.app.store_message(&letter("ada@example.com")).await;
    send(&app).await;
    for query in [
        String::new(),
        "?secret=".to_owned(),
        "?secret=x".to_owned(),
        format!("?secret={}x", trial.secret),
        format!("?secret={}", other.secret),
        format!("?Secret={}", trial.secret),
        format!("?secret=x&secret={}", trial.secret),
        "?secret=%ff%00%3Cscript%3E".to_owned(),
    ] {
        for path in [query.clone(), format!("/{id}{query}")] {
            let answer = trial.inbox(&path).await;
            let html = answer.text();
            assert_eq!(answer.status, 404, "{path}");
            assert!(html.contains("There is no test inbox"), "{html}");
            assert_eq!(answer.header("cache-control"), Some("no-store"));
            assert!(!html.contains("ada@example.com") && !html.contains("Try"));
        }
    }
    for id in [app.id.as_str(), "TrWSUbDDTPCKTQDtLA9MO8Ee", "x"] {
        let path = format!("/claim/{id}/inbox?secret={}", trial.secret);
        let answer = app.call("GET", &path).await;
        assert_eq!(answer.status, 404, "{path}");
        assert!(answer.text().contains("There is no test inbox"));
    }
}

async fn it_ends_with_the_test_app(app: TestApp) {
    let (claimed, ended) = (app.trial().await, app.trial().await);
    let member = app.member("owner").await;
    let (id, secret) = (&claimed.app.id, Some(claimed.secret.as_str()));
    test_apps::claim(&app.app, id, secret, &member, &Client::server())
        .await
        .unwrap();
    assert_eq!(claimed.open().await.status, 404);
    assert_eq!(ended.open().await.status, 200);
    app.advance(7 * 86_400);
    assert_eq!(ended.open().await.status, 404);
}

async fn it_shows_no_other_apps_mails(app: TestApp) {
    let (trial, other) = (app.trial().await, app.trial().await);
    let foreign = app.store_message(&letter("acme@example.com")).await;
    let neighbour = other.app.store_message(&letter("next@example.com")).await;
    send(&app).await;
    assert!(trial.open().await.text().contains("No mail yet"));
    for id in [foreign.as_str(), neighbour.as_str(), "x"] {
        let answer = trial.inbox(&format!("/{id}?secret={}", trial.secret)).await;
        assert_eq!(answer.status, 404);
        assert!(answer.text().contains("This mail is not here"));
    }
}

async fn the_example_shows_them_but_never_the_consoles(app: TestApp) {
    let record = app.blocking(|app| console::open(app).unwrap()).await;
    let trial = app.trial().await.app;
    trial.store_message(&letter("try@example.com")).await;
    let console = app.about(&record.id);
    let hidden = console.store_message(&letter("operator@example.com")).await;
    send(&app).await;
    let page = |path: &str| {
        let router = example::router(app.app.clone(), app.id.clone());
        Call::new(router, "GET", path)
    };
    let html = page("/inbox").await.text();
    assert!(html.contains("try@example.com"), "{html}");
    assert!(!html.contains("operator@example.com"), "{html}");
    assert_eq!(page(&format!("/inbox/{hidden}")).await.status, 404);
}

async fn behind_https_it_stays_there(app: TestApp) {
    let trial = app.trial().await;
    let public =
        app.configured(|config| config.public_url = "https://id.example.com".parse().unwrap());
    let path = format!("/claim/{}/inbox?secret={}", trial.app.id, trial.secret);
    let answer = public
        .call("GET", &path)
        .header("host", "id.example.com")
        .await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.header("strict-transport-security"),
        Some("max-age=63072000")
    );
}
