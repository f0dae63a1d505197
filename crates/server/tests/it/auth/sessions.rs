//! Refreshing and ending sessions: rotation, replays, ends (D6).

use ginnel::domain::events::Counter;
use ginnel::domain::users::Status;
use serde_json::{Value as Json, json};

use crate::support::{Response, TestApp, stories, stories_on_postgres};

stories!(
    a_refresh_rotates_the_token,
    what_is_no_refresh_token_is_refused,
    a_lost_answer_is_given_again_within_the_grace,
    a_parent_whose_successor_was_used_is_refused_without_revocation,
    a_replay_after_the_grace_ends_the_session,
    a_replay_ends_the_session_however_late_it_comes,
    a_lost_answer_is_given_again_when_the_token_would_have_ended,
    a_clock_that_goes_back_makes_no_used_token_good,
    of_two_refreshes_at_once_both_get_the_same_successor,
    a_session_ends_when_idle,
    a_session_ends_at_its_absolute_expiry,
    sign_out_is_200_and_empty,
    sign_out_of_an_unknown_token_is_200,
    sign_out_by_a_used_token_ends_the_session,
    a_deactivated_user_cannot_refresh,
    a_removed_user_cannot_refresh,
    a_token_of_another_app_is_unknown,
    refresh_may_be_switched_off,
);

fn refresh_token(answer: &Response) -> String {
    let answer = answer.expect(201);
    let token = &answer["auth_result"]["refresh_token"];
    token.as_str().unwrap().to_owned()
}

async fn a_refresh_rotates_the_token(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(100);
    let before = app.rows().await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let body = answer.expect(201);
    assert_eq!(body["auth_result"]["redirect_url"], "/dashboard");
    assert_eq!(
        body["auth_result"]["refresh_token_expiration"],
        1_700_000_100 + 7 * 86_400
    );
    assert_eq!(
        before.changes(&app).await,
        [
            "daily_counters +1",
            "refresh_tokens +1",
            "refresh_tokens ~1",
            "sessions ~1"
        ]
    );
    assert_eq!(app.count(Counter::Refresh).await, 1);
    let successor = refresh_token(&answer);
    assert_ne!(successor, ada.refresh_token());
    let token = body["auth_result"]["auth_token"].as_str().unwrap();
    ada.page.get("/currentuser").bearer(token).await.expect(200);
    // Older packages write a slash and no media type.
    let call = ada.page.call("POST", "/tokens/");
    let body = json!({ "refresh_token": successor }).to_string();
    call.body(body).await.expect(201);
}

async fn what_is_no_refresh_token_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let altered = format!("{}A", ada.refresh_token());
    for token in ["1.", "x", ada.auth_token().get(..100).unwrap(), &altered] {
        let answer = ada.page.refresh(token).await;
        answer.assert_refused(401, "invalid_refresh_token", "");
    }
    for token in ["", &"x".repeat(513)] {
        let answer = ada.page.refresh(token).await;
        answer.assert_refused(400, "invalid_request", "");
    }
    before.assert_unchanged(&app).await;
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(app.count(Counter::RefusedUnknown).await, 4);
}

async fn a_lost_answer_is_given_again_within_the_grace(app: TestApp) {
    let ada = app.user("ada").await;
    let first = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    app.advance(10);
    let before = app.rows().await;
    let again = ada.page.refresh(ada.refresh_token()).await;
    assert_eq!(refresh_token(&again), first);
    // With the expiry of the first time.
    let body = again.expect(201);
    assert_eq!(
        body["auth_result"]["refresh_token_expiration"],
        1_700_000_000 + 7 * 86_400
    );
    before.assert_unchanged(&app).await;
    ada.page.refresh(&first).await.expect(201);
}

async fn a_parent_whose_successor_was_used_is_refused_without_revocation(app: TestApp) {
    let ada = app.user("ada").await;
    let second = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    let third = refresh_token(&ada.page.refresh(&second).await);
    let before = app.rows().await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    before.assert_unchanged(&app).await;
    ada.page.refresh(&third).await.expect(201);
}

async fn a_clock_that_goes_back_makes_no_used_token_good(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(3600);
    let successor = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    app.set_back(3000);
    let before = app.rows().await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    // Whoever holds the successor is not thrown out: nobody knows whether the answer was lost a moment ago.
    before.assert_unchanged(&app).await;
    // Nodes whose clocks differ by seconds still forgive a lost answer.
    app.advance(2995);
    let again = ada.page.refresh(ada.refresh_token()).await;
    assert_eq!(refresh_token(&again), successor);
    ada.page.refresh(&successor).await.expect(201);
}

async fn a_replay_after_the_grace_ends_the_session(app: TestApp) {
    let mut ada = app.user("ada").await;
    let mut bob = app.user("bob").await;
    let first = ada.tokens.clone();
    // A second session of the same user, which lives on.
    ada.sign_in().await;
    let parent = first["refresh_token"].as_str().unwrap();
    let answer = ada.page.refresh(parent).await.expect(201);
    let successor = answer["auth_result"]["refresh_token"].as_str().unwrap();
    app.advance(11);
    let before = app.rows().await;
    let answer = ada.page.refresh(parent).await;
    answer.assert_refused(401, "invalid_refresh_token", "refresh_token_reused");
    assert_eq!(
        before.changes(&app).await,
        ["daily_counters +1", "events +1", "sessions ~1"]
    );
    assert_eq!(
        app.events(&ada.id).await.last().unwrap(),
        "refresh_replayed refused refresh_token_reused"
    );
    assert_eq!(app.count(Counter::Refused).await, 1);
    // Whoever holds the successor is out, too, and told nothing new.
    let before = app.rows().await;
    for token in [successor, parent] {
        let answer = ada.page.refresh(token).await;
        answer.assert_refused(401, "invalid_refresh_token", "");
    }
    before.assert_unchanged(&app).await;
    let dead = first["auth_token"].as_str().unwrap();
    let answer = ada.page.get("/currentuser").bearer(dead).await;
    answer.assert_refused(401, "invalid_access_token", "");
    ada.get("/currentuser").await.expect(200);
    ada.page.refresh(ada.refresh_token()).await.expect(201);
    bob.sign_in().await;
}

/// Somebody has copied the token and uses it first; its owner comes back after the week in which it had to be used.
async fn a_replay_ends_the_session_however_late_it_comes(app: TestApp) {
    let ada = app.user("ada").await;
    let mut stolen = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    for _ in 0..2 {
        app.advance(4 * 86_400);
        stolen = refresh_token(&ada.page.refresh(&stolen).await);
    }
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "refresh_token_reused");
    let answer = ada.page.refresh(&stolen).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
}

async fn a_lost_answer_is_given_again_when_the_token_would_have_ended(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(7 * 86_400 - 1);
    let next = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    app.advance(2);
    let again = ada.page.refresh(ada.refresh_token()).await;
    assert_eq!(refresh_token(&again), next);
}

async fn of_two_refreshes_at_once_both_get_the_same_successor(app: TestApp) {
    refresh_at_once(&app, &app).await;
}

async fn refresh_at_once(one: &TestApp, other: &TestApp) {
    let ada = one.user("ada").await;
    let before = one.rows().await;
    let (one_page, other_page) = (one.anonymous(), other.anonymous());
    let (first, second) = tokio::join!(
        one_page.refresh(ada.refresh_token()),
        other_page.refresh(ada.refresh_token())
    );
    let successor = refresh_token(&first);
    assert_eq!(refresh_token(&second), successor);
    assert_eq!(
        before.changes(one).await,
        [
            "daily_counters +1",
            "refresh_tokens +1",
            "refresh_tokens ~1",
            "sessions ~1"
        ]
        .into_iter()
        // A session that was opened at this very instant does not change by being used.
        .filter(|line| *line != "sessions ~1")
        .collect::<Vec<_>>()
    );
    other_page.refresh(&successor).await.expect(201);
}

async fn a_session_ends_when_idle(app: TestApp) {
    let ada = app.user("ada").await;
    let week = 7 * 86_400;
    app.advance(week - 1);
    let next = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    app.advance(week);
    let before = app.rows().await;
    let answer = ada.page.refresh(&next).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    before.assert_unchanged(&app).await;
}

async fn a_session_ends_at_its_absolute_expiry(app: TestApp) {
    let ada = app.user("ada").await;
    let mut token = ada.refresh_token().to_owned();
    let mut last = Json::Null;
    for _ in 0..5 {
        app.advance(6 * 86_400 - 1);
        let answer = ada.page.refresh(&token).await;
        token = refresh_token(&answer);
        last = answer.json();
    }
    // Five seconds before the end: neither token outlives the session.
    assert_eq!(
        last["auth_result"]["refresh_token_expiration"],
        1_700_000_000 + 30 * 86_400
    );
    let auth_token = last["auth_result"]["auth_token"].as_str().unwrap();
    app.advance(4);
    ada.page
        .get("/currentuser")
        .bearer(auth_token)
        .await
        .expect(200);
    app.advance(1);
    let answer = ada.page.get("/currentuser").bearer(auth_token).await;
    answer.assert_refused(401, "invalid_access_token", "");
    let answer = ada.page.refresh(&token).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
}

fn sign_out_path(token: &str) -> String {
    format!("/tokens?refresh_token={token}")
}

async fn sign_out_is_200_and_empty(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(1);
    let before = app.rows().await;
    let path = sign_out_path(ada.refresh_token());
    let answer = ada.page.call("DELETE", &path).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(before.changes(&app).await, ["events +1", "sessions ~1"]);
    assert_eq!(
        app.events(&ada.id).await.last().unwrap(),
        "sign_out success"
    );
    // At once, though the auth token has not expired.
    ada.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    // Again: still 200, and nothing more happens.
    let before = app.rows().await;
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    before.assert_unchanged(&app).await;
}

async fn sign_out_of_an_unknown_token_is_200(app: TestApp) {
    let before = app.rows().await;
    let page = app.anonymous();
    for path in [
        "/tokens?refresh_token=unknown",
        "/tokens/?refresh_token=1.x",
    ] {
        let answer = page.call("DELETE", path).await;
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    for path in ["/tokens", "/tokens?refresh_token="] {
        let answer = page.call("DELETE", path).await;
        answer.assert_refused(400, "invalid_request", "");
        assert!(answer.sentence().starts_with("refresh_token: "));
    }
    before.assert_unchanged(&app).await;
}

async fn sign_out_by_a_used_token_ends_the_session(app: TestApp) {
    let ada = app.user("ada").await;
    let next = refresh_token(&ada.page.refresh(ada.refresh_token()).await);
    let path = sign_out_path(ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    let answer = ada.page.refresh(&next).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
}

async fn a_deactivated_user_cannot_refresh(app: TestApp) {
    let ada = app.user("ada").await;
    let (id, now) = (ada.id.parse().unwrap(), app.now());
    let set = async |status| {
        let id = ginnel::ids::UserId::clone(&id);
        app.write(move |tx| tx.update_user_status(&id, status, now))
            .await
    };
    set(Status::Inactive).await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(403, "user_not_active", "");
    ada.get("/currentuser")
        .await
        .assert_refused(403, "user_not_active", "");
    // The refusal used nothing up: once active again, the session goes on.
    set(Status::Active).await;
    app.advance(60);
    ada.page.refresh(ada.refresh_token()).await.expect(201);
}

async fn a_removed_user_cannot_refresh(app: TestApp) {
    let ada = app.user("ada").await;
    let id = ada.id.parse().unwrap();
    assert!(app.write(move |tx| tx.remove_user(&id)).await);
    let before = app.rows().await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    ada.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    before.assert_unchanged(&app).await;
}

async fn a_token_of_another_app_is_unknown(app: TestApp) {
    let ada = app.user("ada").await;
    let other = app.another_app("http://localhost:9090").await;
    let path = format!("/auth/v1/apps/{}/tokens", other.id);
    let call = other.call("POST", &path);
    let answer = call
        .json(json!({ "refresh_token": ada.refresh_token() }))
        .await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    let path = format!("{path}?refresh_token={}", ada.refresh_token());
    assert_eq!(other.call("DELETE", &path).await.status, 200);
    ada.page.refresh(ada.refresh_token()).await.expect(201);
}

async fn refresh_may_be_switched_off(app: TestApp) {
    let ada = app.user("ada").await;
    app.set(|settings| settings.refresh_enabled = false).await;
    let before = app.rows().await;
    let answer = ada.page.refresh(ada.refresh_token()).await;
    answer.assert_refused(401, "invalid_refresh_token", "refresh_disabled");
    before.assert_unchanged(&app).await;
}

mod two_nodes {
    //! The same over two nodes.

    use super::*;

    stories_on_postgres!(of_two_refreshes_on_two_nodes_both_get_the_same_successor);

    async fn of_two_refreshes_on_two_nodes_both_get_the_same_successor(app: TestApp) {
        let other = app.another_node().await;
        for _ in 0..5 {
            let fresh = app.another_app("http://localhost:8080").await;
            refresh_at_once(&fresh, &other.about(&fresh.id)).await;
        }
    }
}
