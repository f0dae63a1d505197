//! What people see and end of their own: sessions, events, connections to other providers.

use ginnel::domain::events::{Author, Client};
use ginnel::domain::users::managing::{self, Managed};
use serde_json::{Value as Json, json};

use crate::support::{TestApp, User, opens, stories};

stories!(
    sessions_are_listed_the_last_used_first,
    one_session_is_ended,
    all_other_sessions_are_ended,
    somebody_elses_session_is_unknown,
    a_session_may_end_itself,
    events_are_the_users_own_in_pages,
    an_unproven_account_is_not_told_from_where,
    what_the_team_does_is_told_without_an_address,
    there_are_no_connections_to_other_providers,
);

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0";

async fn sessions(user: &User) -> Vec<Json> {
    let answer = user.get("/currentuser/sessions").await.expect(200);
    answer["sessions"].as_array().unwrap().clone()
}

fn id_of(app: &TestApp, tokens: &Json) -> String {
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    claims["sid"].as_str().unwrap().to_owned()
}

/// Ada on three devices, the last of which is in front of her; tokens of the other two.
async fn on_three_devices(app: &TestApp) -> (User, Json, Json) {
    let mut ada = app.user("ada").await;
    let first = ada.tokens.clone();
    app.advance(60);
    ada.sign_in().await;
    let second = ada.tokens.clone();
    app.advance(60);
    ada.sign_in().await;
    (ada, first, second)
}

async fn is_signed_in(app: &TestApp, tokens: &Json) -> bool {
    let call = app.anonymous().get("/currentuser");
    let answer = call.bearer(tokens["auth_token"].as_str().unwrap()).await;
    if answer.status != 200 {
        answer.assert_refused(401, "invalid_access_token", "");
    }
    answer.status == 200
}

async fn sessions_are_listed_the_last_used_first(app: TestApp) {
    let (ada, first, second) = on_three_devices(&app).await;
    app.advance(60);
    // A refresh is a use, too.
    let refreshed = app
        .anonymous()
        .refresh(first["refresh_token"].as_str().unwrap())
        .await;
    refreshed.expect(201);
    app.user("bob").await;
    let listed = sessions(&ada).await;
    let ids: Vec<_> = listed.iter().map(|session| session["id"].clone()).collect();
    let expected = [&first, &ada.tokens, &second].map(|tokens| json!(id_of(&app, tokens)));
    assert_eq!(ids, expected);
    let current: Vec<_> = listed
        .iter()
        .map(|session| session["current"].clone())
        .collect();
    assert_eq!(current, [false, true, false]);
    assert_eq!(
        listed[0],
        json!({
            "id": id_of(&app, &first),
            "current": false,
            "created_at": "2023-11-14T22:13:20Z",
            "last_used_at": "2023-11-14T22:16:20Z",
            "expires_at": "2023-12-14T22:13:20Z",
            "device": null,
            "address": "127.0.0.1",
            "methods": listed[0]["methods"],
        })
    );
    assert!(
        listed[0]["methods"]
            .as_array()
            .unwrap()
            .contains(&json!("user"))
    );
    // One whose time is over is none.
    app.advance(8 * 24 * 60 * 60);
    let mut ada = ada;
    ada.sign_in().await;
    assert_eq!(sessions(&ada).await.len(), 1);
}

async fn one_session_is_ended(app: TestApp) {
    let (ada, first, second) = on_three_devices(&app).await;
    let path = format!("/currentuser/sessions/{}", id_of(&app, &first));
    let ended = ada.call("DELETE", &path).await;
    assert_eq!((ended.status, ended.text().as_str()), (200, ""));
    assert!(!is_signed_in(&app, &first).await);
    assert!(is_signed_in(&app, &second).await);
    let refused = app
        .anonymous()
        .refresh(first["refresh_token"].as_str().unwrap())
        .await;
    refused.assert_refused(401, "invalid_refresh_token", "");
    assert_eq!(sessions(&ada).await.len(), 2);
    let events = app.events(&ada.id).await;
    assert_eq!(
        events
            .iter()
            .filter(|line| *line == "sign_out success")
            .count(),
        1
    );
    let before = app.rows().await;
    ada.call("DELETE", &path)
        .await
        .assert_refused(404, "not_found", "session_not_found");
    before.assert_unchanged(&app).await;
}

async fn all_other_sessions_are_ended(app: TestApp) {
    let (ada, first, second) = on_three_devices(&app).await;
    let bob = app.user("bob").await;
    let ended = ada.call("DELETE", "/currentuser/sessions").await;
    assert_eq!((ended.status, ended.text().as_str()), (200, ""));
    assert!(!is_signed_in(&app, &first).await);
    assert!(!is_signed_in(&app, &second).await);
    assert!(is_signed_in(&app, &ada.tokens).await);
    assert!(is_signed_in(&app, &bob.tokens).await);
    assert_eq!(sessions(&ada).await.len(), 1);
    // With none left, nothing happens and nothing is told.
    let before = app.rows().await;
    assert_eq!(
        ada.call("DELETE", "/currentuser/sessions").await.status,
        200
    );
    before.assert_unchanged(&app).await;
}

async fn somebody_elses_session_is_unknown(app: TestApp) {
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let before = app.rows().await;
    for id in [
        id_of(&app, &bob.tokens),
        "AAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "..%2F..%2F".to_owned(),
        "%00".to_owned(),
        "x".repeat(5_000),
    ] {
        let path = format!("/currentuser/sessions/{id}");
        let refused = ada.call("DELETE", &path).await;
        refused.assert_refused(404, "not_found", "session_not_found");
    }
    before.assert_unchanged(&app).await;
    // Nor one of the same address in another app.
    let other = app.another_app("http://localhost:9090").await;
    let page = crate::support::Visitor::new(other, "http://localhost:9090");
    let ada_there = User::sign_up(page, "ada@example.com").await;
    let path = format!("/currentuser/sessions/{}", id_of(&app, &ada_there.tokens));
    let refused = ada.call("DELETE", &path).await;
    refused.assert_refused(404, "not_found", "session_not_found");
    ada_there.get("/currentuser").await.expect(200);
}

async fn a_session_may_end_itself(app: TestApp) {
    let ada = app.user("ada").await;
    let path = format!("/currentuser/sessions/{}", id_of(&app, &ada.tokens));
    assert_eq!(ada.call("DELETE", &path).await.status, 200);
    assert!(!is_signed_in(&app, &ada.tokens).await);
}

/// Somebody who proved their address.
async fn proven(app: &TestApp, name: &str) -> User {
    let ada = app.user(name).await;
    let address = format!("{name}@example.com");
    let asking = ada
        .asked_for_address(&address, Some(crate::support::KEY))
        .await;
    let tokens = opens(asking.open().await);
    User { tokens, ..ada }
}

async fn events_are_the_users_own_in_pages(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    app.user("bob").await;
    for _ in 0..5 {
        app.advance(1);
        ada.sign_in().await;
    }
    let page = async |query: &str| {
        let path = format!("/currentuser/events{query}");
        ada.get(&path).await.expect(200)
    };
    let all = page("").await;
    let all_events = all["events"].as_array().unwrap();
    assert_eq!(all["next"], Json::Null);
    assert_eq!(all_events.len(), app.events(&ada.id).await.len());
    assert_eq!(
        all_events[0],
        json!({
            "id": all_events[0]["id"],
            "kind": "sign_in",
            "outcome": "success",
            "created_at": app.now().to_string(),
            "device": null,
            "address": "127.0.0.1",
        })
    );
    let mut collected = Vec::new();
    let mut query = "?limit=2".to_owned();
    loop {
        let part = page(&query).await;
        let events = part["events"].as_array().unwrap();
        assert!(events.len() <= 2);
        collected.extend(events.clone());
        let Some(next) = part["next"].as_str() else {
            break;
        };
        let next: String = url::form_urlencoded::byte_serialize(next.as_bytes()).collect();
        query = format!("?limit=2&before={next}");
    }
    assert_eq!(&collected, all_events);
    for bad in [
        "?limit=0",
        "?limit=101",
        "?limit=-1",
        "?limit=x",
        "?limit=1&limit=2",
        "?before=x",
        "?before=%00",
    ] {
        let refused = ada.get(&format!("/currentuser/events{bad}")).await;
        refused.assert_refused(400, "invalid_request", "");
    }
}

/// A stranger may have made it, and is not to learn from where the owner of the address comes.
async fn an_unproven_account_is_not_told_from_where(app: TestApp) {
    let mut ada = app.user("ada").await;
    let assertion = ada.assertion().await;
    let call = ada.page.post("/login/webauthn/finish", assertion.body());
    let answer = call.header("user-agent", FIREFOX).from("192.0.2.7").await;
    ada.tokens = answer.expect(200)["auth_result"].clone();
    let events = ada.get("/currentuser/events").await.expect(200);
    for event in events["events"].as_array().unwrap() {
        assert_eq!(
            (&event["address"], &event["device"]),
            (&Json::Null, &Json::Null)
        );
    }
    let asking = ada
        .asked_for_address("ada@example.com", Some(crate::support::KEY))
        .await;
    ada.tokens = opens(asking.open().await);
    let events = ada.get("/currentuser/events").await.expect(200);
    let told: Vec<_> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["address"] == "192.0.2.7")
        .collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0]["device"], "Firefox on Linux");
}

async fn what_the_team_does_is_told_without_an_address(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let member = app.user("member").await;
    app.advance(1);
    let managed = Managed {
        app_id: app.id.clone(),
        user_id: ada.id.parse().unwrap(),
        author: Author::Member {
            id: member.id.parse().unwrap(),
            client: Client {
                address: "192.0.2.9".parse().unwrap(),
                user_agent: FIREFOX.to_owned(),
            },
        },
    };
    managing::sign_out(&app.app, managed).await.unwrap();
    app.advance(1);
    ada.sign_in().await;
    let events = ada.get("/currentuser/events").await.expect(200);
    let event = &events["events"][1];
    assert_eq!(event["kind"], "sessions_revoked");
    assert_eq!(
        (&event["address"], &event["device"]),
        (&Json::Null, &Json::Null)
    );
    assert!(!events.to_string().contains(member.id.as_str()));
}

async fn there_are_no_connections_to_other_providers(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    for path in [
        "/currentuser/social-connections",
        "/currentuser/social-connections/",
    ] {
        let answer = ada.get(path).await.expect(200);
        assert_eq!(answer, json!({ "social_connections": {} }));
    }
    for provider in ["apple", "github", "google"] {
        let path = format!("/currentuser/social-connections/{provider}");
        let refused = ada.call("DELETE", &path).await;
        refused.assert_refused(404, "social_connection_not_found", "");
    }
    let path = "/currentuser/social-connections/facebook";
    let refused = ada.call("DELETE", path).await;
    refused.assert_refused(400, "invalid_request", "");
    before.assert_unchanged(&app).await;
}
