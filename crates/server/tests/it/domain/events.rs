//! The trail and the counters: what is written, from where, and how often.

use ginnel::domain::events::Counter;
use ginnel::store::testing::list;
use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    a_life_leaves_its_trail,
    an_event_knows_who_did_it_and_where,
    counters_of_all_nodes_add_up,
    counters_are_by_day,
    a_refusal_of_nobody_writes_no_row,
);

async fn a_life_leaves_its_trail(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.advance(1);
    let (_, second) = ada.add_passkey().await;
    app.advance(1);
    let path = format!("/currentuser/devices/{second}");
    let call = ada.call("PATCH", &path);
    call.json(json!({ "friendly_name": "Key" }))
        .await
        .expect(200);
    app.advance(1);
    assert_eq!(ada.call("DELETE", &path).await.status, 200);
    app.advance(1);
    ada.sign_in().await;
    app.advance(1);
    let mut spoilt = ada.assertion().await;
    spoilt.client_data["origin"] = json!("https://evil.example");
    assert_eq!(ada.page.finish_login(&spoilt).await.status, 401);
    app.advance(1);
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    assert_eq!(
        app.events(&ada.id).await,
        [
            "sign_up success",
            "passkey_added success",
            "passkey_renamed success",
            "passkey_removed success",
            "sign_in success",
            "sign_in refused origin_not_allowed",
            "sign_out success",
        ]
    );
    for (counter, expected) in [
        (Counter::SignUpPasskey, 1),
        (Counter::SignInPasskey, 1),
        (Counter::Refused, 1),
        (Counter::Refresh, 0),
    ] {
        assert_eq!(app.count(counter).await, expected, "{counter:?}");
    }
}

async fn an_event_knows_who_did_it_and_where(app: TestApp) {
    let mut ada = app.user("ada").await;
    let app = app.configured(|config| {
        config.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    });
    app.advance(1);
    let assertion = ada.assertion().await;
    // Longer than is kept, and cut inside a character.
    let agent = format!("{}\u{e4}{}", "a".repeat(511), "b".repeat(100));
    let call = app
        .anonymous()
        .post("/login/webauthn/finish", assertion.body());
    call.header("x-forwarded-for", "203.0.113.9")
        .header("user-agent", &agent)
        .await
        .expect(200);
    let rows: Vec<(String, String)> = app
        .read(|tx| {
            list(
                tx,
                "SELECT actor || ' ' || address, user_agent FROM events WHERE kind = 'sign_in'",
                &[],
            )
        })
        .await;
    assert_eq!(rows, [("user 203.0.113.9".to_owned(), "a".repeat(511))]);
}

async fn counters_of_all_nodes_add_up(app: TestApp) {
    let other = app.configured(|_| {});
    for node in [&app, &other, &app] {
        let answer = node.anonymous().get("/users?identifier=a@example.com");
        answer.await.expect(200);
    }
    assert_eq!(app.count(Counter::Lookup).await, 0);
    for node in [&app, &other, &other] {
        node.app.counters.flush(&node.app).await.unwrap();
    }
    assert_eq!(app.count(Counter::Lookup).await, 3);
}

async fn counters_are_by_day(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.advance(86_400);
    ada.sign_in().await;
    assert_eq!(app.count(Counter::SignUpPasskey).await, 0);
    assert_eq!(app.count(Counter::SignInPasskey).await, 1);
}

async fn a_refusal_of_nobody_writes_no_row(app: TestApp) {
    let before = app.rows().await;
    let page = app.anonymous();
    let body = json!({ "identifier": "nobody@example.com" });
    page.post("/login/webauthn/start", body).await;
    page.refresh("1.unknown").await;
    page.get("/currentuser").bearer("x.y.z").await;
    let start = page.start_registration("new@example.com").await;
    let mut spoilt = app.authenticator().create(&start);
    spoilt.client_data["origin"] = json!("https://evil.example");
    page.finish_registration(&spoilt).await;
    before.assert_unchanged(&app).await;
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(app.count(Counter::RefusedUnknown).await, 3);
}
