//! The inbox of a server on loopback without a mail server.

use ginnel::config::{Secret, SmsProvider};
use ginnel::http::example;
use ginnel::messages::sender::Sender;

use super::{LINK_SECRET, letter, send_by};
use crate::support::{Call, TestApp, stories};

stories!(
    an_empty_inbox_says_what_to_do,
    kept_mails_are_listed_and_shown,
    a_mail_is_shown_without_its_own_power,
    mails_that_expired_are_gone,
    other_mails_are_not_shown,
    where_everything_is_sent_there_is_no_inbox,
    it_answers_for_localhost_only,
);

fn page(app: &TestApp, path: &str) -> Call {
    let router = example::router(app.app.clone(), app.id.clone());
    Call::new(router, "GET", path)
}

async fn send(app: &TestApp) {
    Sender::new(app.app.clone()).send_due().await;
}

async fn an_empty_inbox_says_what_to_do(app: TestApp) {
    let answer = page(&app, "/inbox").await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("No mail yet"));
    assert!(
        page(&app, "/")
            .await
            .text()
            .contains(r#"<a href="/inbox">"#)
    );
    let script = page(&app, "/inbox.js").await;
    assert_eq!(
        script.header("content-type"),
        Some("text/javascript; charset=utf-8")
    );
}

async fn kept_mails_are_listed_and_shown(app: TestApp) {
    let first = app.store_message(&letter("ada@example.com")).await;
    app.advance(120);
    let mut other = letter("bob@example.com");
    other.app_name = "<b>Another</b>".to_owned();
    app.store_message(&other).await;
    send(&app).await;
    let answer = page(&app, "/inbox").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"));
    let html = answer.text();
    let place = |text: &str| {
        html.find(text)
            .unwrap_or_else(|| panic!("{text} in {html}"))
    };
    assert!(place("bob@example.com") < place("ada@example.com"));
    assert!(html.contains("just now") && html.contains("2 min ago"));
    assert!(!html.contains("<b>Another"), "{html}");
    assert!(!html.contains(LINK_SECRET));

    let answer = page(&app, &format!("/inbox/{first}")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    let html = answer.text();
    let link = format!(r#"href="http://localhost:8080/login?psg_magic_link={LINK_SECRET}""#);
    assert!(html.contains(&link), "{html}");
    assert!(html.contains("493027") && html.contains("ada@example.com"));
}

async fn a_mail_is_shown_without_its_own_power(app: TestApp) {
    let mut hostile = letter("ada@example.com");
    hostile.app_name = "\"></iframe><script>alert(1)</script>".to_owned();
    let id = app.store_message(&hostile).await;
    send(&app).await;
    let answer = page(&app, &format!("/inbox/{id}")).await;
    let html = answer.text();
    assert!(!html.contains("<script>"), "{html}");
    assert_eq!(html.matches("</iframe>").count(), 1, "{html}");
    assert!(html.contains(r#"sandbox="allow-popups allow-popups-to-escape-sandbox""#));
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';"), "{policy}");
}

async fn mails_that_expired_are_gone(app: TestApp) {
    let id = app.store_message(&letter("ada@example.com")).await;
    send(&app).await;
    app.advance(15 * 60);
    let list = page(&app, "/inbox").await;
    assert!(list.text().contains("No mail yet"));
    let answer = page(&app, &format!("/inbox/{id}")).await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("has expired"), "{}", answer.text());
}

async fn other_mails_are_not_shown(app: TestApp) {
    let waiting = app.store_message(&letter("ada@example.com")).await;
    for path in [
        format!("/inbox/{waiting}"),
        "/inbox/TrWSUbDDTPCKTQDtLA9MO8Ee".to_owned(),
        "/inbox/x".to_owned(),
    ] {
        assert_eq!(page(&app, &path).await.status, 404, "{path}");
    }
    assert!(page(&app, "/inbox").await.text().contains("No mail yet"));
}

async fn where_everything_is_sent_there_is_no_inbox(app: TestApp) {
    let id = app.store_message(&letter("ada@example.com")).await;
    send(&app).await;
    let mail_only = app.configured(|config| send_by(config, 1));
    let list = page(&mail_only, "/inbox").await.text();
    assert!(list.contains("This server has no provider of text messages. What"));
    let app = app.configured(|config| {
        send_by(config, 1);
        config.sms = Some(SmsProvider::Webhook(Secret::new("https://sms.example")));
    });
    for path in ["/inbox".to_owned(), format!("/inbox/{id}")] {
        assert_eq!(page(&app, &path).await.status, 404, "{path}");
    }
    assert!(!page(&app, "/").await.text().contains("/inbox"));
}

async fn it_answers_for_localhost_only(app: TestApp) {
    let answer = page(&app, "/inbox").header("host", "evil.example").await;
    answer.assert_refused(421, "misdirected_request", "");
}
