//! Where somebody is signed in: they see it and end it, and nobody else does.

use serde_json::Value as Json;

use crate::support::{Response, TestApp, User, stories};

stories!(
    sessions_are_listed_the_last_used_first,
    one_session_is_ended_and_no_other,
    all_others_are_ended_at_once,
    somebody_elses_session_is_not_found,
);

/// Signs in once more; the tokens of the session before.
async fn sign_in_elsewhere(user: &mut User) -> Json {
    let before = user.tokens.clone();
    user.page.app.advance(1);
    user.sign_in().await;
    before
}

/// Ids of the sessions that the user is shown.
async fn listed(user: &User) -> Vec<String> {
    let answer = user.get("/currentuser/sessions").await.expect(200);
    let sessions = answer["sessions"].as_array().unwrap();
    sessions
        .iter()
        .map(|session| session["id"].as_str().unwrap().to_owned())
        .collect()
}

async fn end(user: &User, id: &str) -> Response {
    let path = format!("/currentuser/sessions/{id}");
    user.call("DELETE", &path).await
}

/// Neither token of a session is good for anything any more.
async fn assert_ended(user: &User, tokens: &Json) {
    let token = tokens["auth_token"].as_str().unwrap();
    let answer = user.page.get("/currentuser").bearer(token).await;
    answer.assert_refused(401, "invalid_access_token", "");
    let answer = user.page.refresh(tokens["refresh_token"].as_str().unwrap());
    answer
        .await
        .assert_refused(401, "invalid_refresh_token", "");
}

async fn sessions_are_listed_the_last_used_first(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.user("bob").await;
    sign_in_elsewhere(&mut ada).await;
    let answer = ada.get("/currentuser/sessions").await.expect(200);
    let sessions = answer["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2);
    assert_eq!(sessions[0]["current"], true);
    assert_eq!(sessions[1]["current"], false);
    assert!(sessions[0]["created_at"].as_str() > sessions[1]["created_at"].as_str());
    // Nothing by which a session could be taken over.
    let text = answer.to_string();
    assert!(!text.contains(ada.refresh_token()) && !text.contains(ada.auth_token()));
}

async fn one_session_is_ended_and_no_other(app: TestApp) {
    let mut ada = app.user("ada").await;
    let lost = sign_in_elsewhere(&mut ada).await;
    let [current, other]: [String; 2] = listed(&ada).await.try_into().unwrap();
    assert_eq!(end(&ada, &other).await.status, 200);
    assert_ended(&ada, &lost).await;
    assert_eq!(listed(&ada).await, [current.as_str()]);
    end(&ada, &other)
        .await
        .assert_refused(404, "not_found", "session_not_found");
    // The one that asks may go, too.
    let tokens = ada.tokens.clone();
    assert_eq!(end(&ada, &current).await.status, 200);
    assert_ended(&ada, &tokens).await;
}

async fn all_others_are_ended_at_once(app: TestApp) {
    let mut ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let first = sign_in_elsewhere(&mut ada).await;
    let second = sign_in_elsewhere(&mut ada).await;
    let answer = ada.call("DELETE", "/currentuser/sessions").await;
    assert_eq!(answer.status, 200);
    assert_ended(&ada, &first).await;
    assert_ended(&ada, &second).await;
    assert_eq!(listed(&ada).await.len(), 1);
    ada.page.refresh(ada.refresh_token()).await.expect(201);
    bob.get("/currentuser").await.expect(200);
}

async fn somebody_elses_session_is_not_found(app: TestApp) {
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let [session]: [String; 1] = listed(&ada).await.try_into().unwrap();
    let before = app.rows().await;
    for id in [session.as_str(), "0VboZvWiQGnQ4OjtxeqERFhe", "x", "%2e%2e"] {
        end(&bob, id)
            .await
            .assert_refused(404, "not_found", "session_not_found");
    }
    let path = format!("/currentuser/sessions/{session}");
    let call = ada.page.call("DELETE", &path);
    call.await
        .assert_refused(401, "invalid_access_token", "token_missing");
    before.assert_unchanged(&app).await;
    ada.get("/currentuser").await.expect(200);
}
