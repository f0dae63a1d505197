//! Housekeeping: what has expired is forgotten, and nothing else.

use ginnel::jobs;
use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    used_challenges_are_forgotten_when_they_cannot_come_back,
    ended_sessions_are_kept_for_a_day,
    old_events_are_forgotten,
    sign_ups_that_were_never_finished_are_forgotten,
);

const DAY: u64 = 86_400;

async fn clean(app: &TestApp) {
    app.blocking(|app| jobs::clean(app).unwrap()).await;
}

async fn used_challenges_are_forgotten_when_they_cannot_come_back(app: TestApp) {
    let mut ada = app.user("ada").await;
    let assertion = ada.assertion().await;
    ada.page.finish_login(&assertion).await.expect(200);
    app.advance(600);
    let before = app.rows().await;
    clean(&app).await;
    before.assert_unchanged(&app).await;
    app.advance(1);
    clean(&app).await;
    assert_eq!(before.changes(&app).await, ["used_challenges -2"]);
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_expired");
}

async fn ended_sessions_are_kept_for_a_day(app: TestApp) {
    app.user("ada").await;
    app.advance(31 * DAY);
    let before = app.rows().await;
    clean(&app).await;
    assert_eq!(before.changes(&app).await, ["used_challenges -1"]);
    app.advance(1);
    let before = app.rows().await;
    clean(&app).await;
    // A session takes its refresh tokens along.
    assert_eq!(
        before.changes(&app).await,
        ["refresh_tokens -1", "sessions -1"]
    );
}

async fn old_events_are_forgotten(app: TestApp) {
    let app = app.configured(|config| config.event_retention_days = 40);
    let ada = app.user("ada").await;
    app.advance(40 * DAY);
    clean(&app).await;
    assert_eq!(app.events(&ada.id).await.len(), 1);
    app.advance(1);
    clean(&app).await;
    assert_eq!(app.events(&ada.id).await.len(), 0);
    assert!(app.stored_user("ada@example.com").await.is_some());
}

async fn sign_ups_that_were_never_finished_are_forgotten(app: TestApp) {
    let page = app.anonymous();
    app.user("ada").await;
    let body = json!({ "identifier": "bob@example.com" });
    page.post("/users", body.clone()).await.expect(201);
    app.made_user("eve@example.com", ginnel::domain::users::Origin::Import)
        .await;
    app.advance(7 * DAY);
    clean(&app).await;
    assert!(app.stored_user("bob@example.com").await.is_some());
    app.advance(1);
    clean(&app).await;
    assert!(app.stored_user("bob@example.com").await.is_none());
    assert!(app.stored_user("ada@example.com").await.is_some());
    assert!(app.stored_user("eve@example.com").await.is_some());
    // The address is free again.
    page.post("/users", body).await.expect(201);
}
