//! What opens the management API.

use ginnel::domain::api_keys;
use ginnel::domain::events::Author;
use ginnel::ids::ApiKeyId;

use crate::support::{TestApp, stories};

stories!(
    a_key_opens_its_own_app_alone,
    a_revoked_key_opens_nothing,
    its_use_is_noted_now_and_then,
    the_consoles_app_has_none,
    an_app_has_twenty_at_most,
    names_are_checked,
    test_of_the_host_names_of_passage,
);

const USERS: &str = "/users?identifier=ada";

async fn a_key_opens_its_own_app_alone(app: TestApp) {
    let back_end = app.back_end().await;
    back_end.get(USERS).await.expect(200);
    let ada = app.user("ada").await;
    let missing = back_end.get(USERS).without("authorization").await;
    missing.assert_refused(401, "invalid_access_token", "token_missing");
    assert!(missing.sentence().contains("ginnel api-key create"));
    assert_eq!(missing.header("www-authenticate"), Some("Bearer"));
    for broken in ["Bearer", "Bearer a b", "Bearer a,b"] {
        let answer = back_end.get(USERS).header("authorization", broken).await;
        answer.assert_refused(401, "invalid_access_token", "token_malformed");
        assert!(answer.sentence().contains("API key"));
    }
    let other = app.another_app("http://localhost:9000").await;
    let foreign = other.back_end().await.key;
    let (prefix, secret) = back_end.key.split_once('.').unwrap();
    let flipped = if secret.ends_with('a') { "b" } else { "a" };
    for wrong in [
        foreign.clone(),
        ada.auth_token().to_owned(),
        "x".to_owned(),
        format!("{prefix}."),
        format!("{prefix}.{}", &secret[..63]),
        format!("{prefix}.{}{flipped}", &secret[..63]),
        format!("{}.{secret}", &foreign[..10]),
        format!("{}x", back_end.key),
        back_end.key_id.clone(),
        "x".repeat(10_000),
    ] {
        let before = app.rows().await;
        let answer = back_end.get(USERS).bearer(&wrong).await;
        answer.assert_refused(401, "invalid_access_token", "api_key_unknown");
        assert!(answer.sentence().contains("Console"));
        before.assert_unchanged(&app).await;
    }
    // In a query or a cookie it is no key.
    let path = format!("{USERS}&access_token={}", back_end.key);
    let answer = back_end.get(&path).without("authorization").await;
    assert_eq!(answer.status, 401);
    let answer = back_end.get(USERS).header("authorization", "Basic x").await;
    answer.assert_refused(401, "invalid_access_token", "token_missing");
    // A key is no auth token either.
    let answer = ada.get("/currentuser").bearer(&back_end.key).await;
    assert_eq!(answer.status, 401);
}

async fn a_revoked_key_opens_nothing(app: TestApp) {
    let (one, two) = (app.back_end().await, app.back_end().await);
    one.get(USERS).await.expect(200);
    let (app_id, key) = (app.id.clone(), one.key_id.parse::<ApiKeyId>().unwrap());
    app.blocking(move |app| api_keys::revoke(app, &app_id, &key, &Author::Server).unwrap())
        .await;
    let answer = one.get(USERS).await;
    answer.assert_refused(401, "invalid_access_token", "api_key_unknown");
    two.get(USERS).await.expect(200);
    // Another app's key is not revoked by this one's name.
    let other = app.another_app("http://localhost:9000").await;
    let (id, key) = (other.id.clone(), two.key_id.parse::<ApiKeyId>().unwrap());
    let refused = app
        .blocking(move |app| api_keys::revoke(app, &id, &key, &Author::Server))
        .await;
    assert!(refused.unwrap_err().message().contains("no such key"));
    two.get(USERS).await.expect(200);
}

async fn its_use_is_noted_now_and_then(app: TestApp) {
    let back_end = app.back_end().await;
    let id = app.id.clone();
    let last_used = async || {
        let id = id.clone();
        let keys = app.read(move |tx| tx.list_api_keys(&id)).await;
        keys[0].last_used_at
    };
    assert_eq!(last_used().await, None);
    back_end.get(USERS).await.expect(200);
    let first = app.now();
    assert_eq!(last_used().await, Some(first));
    app.advance(9 * 60);
    let before = app.rows().await;
    back_end.get(USERS).await.expect(200);
    before.assert_unchanged(&app).await;
    app.advance(60);
    back_end.get(USERS).await.expect(200);
    assert_eq!(last_used().await, Some(app.now()));
}

async fn the_consoles_app_has_none(app: TestApp) {
    let console = app.console().await.app;
    let back_end = app.back_end().await;
    let id = console.id.clone();
    let made = app
        .blocking(move |app| api_keys::add(app, &id, "web", &Author::Server))
        .await;
    assert_eq!(made.unwrap_err().reason(), Some("console_app"));
    let path = format!("/api/v1/apps/{}{USERS}", console.id);
    for call in [
        app.call("GET", &path),
        app.call("GET", &path).bearer(&back_end.key),
    ] {
        call.await.assert_refused(404, "app_not_found", "");
    }
}

async fn an_app_has_twenty_at_most(app: TestApp) {
    let make = async || {
        let id = app.id.clone();
        app.blocking(move |app| api_keys::add(app, &id, "web", &Author::Server))
            .await
    };
    for _ in 0..19 {
        make().await.unwrap();
    }
    let (one, two) = tokio::join!(make(), make());
    assert_eq!([&one, &two].iter().filter(|made| made.is_ok()).count(), 1);
    let refused = one.err().or(two.err()).unwrap();
    assert_eq!(refused.reason(), Some("too_many_api_keys"));
    // Another app has room.
    app.another_app("http://localhost:9000")
        .await
        .back_end()
        .await;
}

async fn names_are_checked(app: TestApp) {
    for name in ["", "  ", "a\nb", &"x".repeat(65)] {
        let (id, name) = (app.id.clone(), name.to_owned());
        let made = app
            .blocking(move |app| api_keys::add(app, &id, &name, &Author::Server))
            .await;
        assert!(made.unwrap_err().message().contains("1 to 64 characters"));
    }
}

async fn test_of_the_host_names_of_passage(app: TestApp) {
    let back_end = app.back_end().await;
    let path = format!("/v1/apps/{}{USERS}", app.id);
    let call = app.call("GET", &path).bearer(&back_end.key);
    call.clone()
        .header("host", "api.passage.id")
        .await
        .expect(200);
    let answer = call.header("host", "auth.passage.id").await;
    assert_ne!(answer.json()["users"], serde_json::json!([]));
    assert_eq!(answer.json().get("_links"), None);
}
