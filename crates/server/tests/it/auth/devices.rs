//! The signed-in user's passkeys: listed, added, renamed, removed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use crate::support::{Browser, TestApp, stories, stories_on_postgres};

stories!(
    passkeys_are_listed_in_full,
    a_second_passkey_is_added_and_signs_in,
    another_makers_authenticator_adds_a_passkey,
    packages_that_cannot_read_exclusions_get_none,
    a_passkey_is_renamed,
    names_are_checked,
    a_passkey_is_removed_with_its_other_sessions,
    somebody_elses_passkey_is_not_found,
    the_last_passkey_stays,
    of_two_removals_at_once_one_passkey_stays,
    changes_need_a_recent_sign_in,
    a_sign_in_of_the_future_is_not_recent,
    the_rule_may_be_switched_off,
    a_session_that_ended_meanwhile_adds_nothing,
    a_user_has_at_most_fifty_passkeys,
);

async fn passkeys_are_listed_in_full(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.advance(60);
    ada.sign_in().await;
    let answer = ada.get("/currentuser/devices").await.expect(200);
    let id = answer["devices"][0]["id"].as_str().unwrap();
    assert_eq!(id.len(), 24);
    assert_eq!(
        answer,
        json!({ "devices": [{
            "created_at": "2023-11-14T22:13:20Z",
            "cred_id": URL_SAFE_NO_PAD.encode(&ada.authenticator.credential_id),
            "friendly_name": "Passkey",
            "icons": { "light": null, "dark": null },
            "id": id,
            "last_login_at": "2023-11-14T22:14:20Z",
            "type": "passkey",
            "updated_at": "2023-11-14T22:13:20Z",
            "usage_count": 1,
            "user_id": ada.id,
        }]})
    );
}

async fn a_second_passkey_is_added_and_signs_in(app: TestApp) {
    let ada = app.user("ada").await;
    let start = ada.start_adding().await;
    assert_eq!(start["user"]["id"], *ada.id);
    let options = &start["handshake"]["challenge"]["publicKey"];
    assert_eq!(
        options["excludeCredentials"],
        json!([{
            "id": URL_SAFE_NO_PAD.encode(&ada.authenticator.credential_id),
            "transports": ["internal"],
            "type": "public-key",
        }])
    );
    app.advance(1);
    let mut second = app.authenticator();
    let creation = second.create(&start);
    let before = app.rows().await;
    let agent = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let call = ada.post("/currentuser/devices/finish", creation.body());
    let answer = call.header("user-agent", agent).await.expect(201);
    assert_eq!(answer["device"]["friendly_name"], "Firefox on Linux");
    assert_eq!(
        before.changes(&app).await,
        [
            "events +1",
            "limits +1",
            "messages +1",
            "passkeys +1",
            "used_challenges +1",
            "users ~1"
        ]
    );
    assert_eq!(
        app.events(&ada.id).await.last().unwrap(),
        "passkey_added success"
    );
    let page = app.anonymous();
    let start = page.start_login(Some("ada@example.com")).await;
    let allowed = &start["handshake"]["challenge"]["publicKey"]["allowCredentials"];
    assert_eq!(allowed.as_array().unwrap().len(), 2);
    let assertion = second.assert(&start);
    page.finish_login(&assertion).await.expect(200);
}

async fn packages_that_cannot_read_exclusions_get_none(app: TestApp) {
    let ada = app.user("ada").await;
    let excluded = async |media_type: Option<&str>, body: &str| {
        let mut call = ada.call("POST", "/currentuser/devices/start").body(body);
        if let Some(media_type) = media_type {
            call = call.header("content-type", media_type);
        }
        let start = call.await.expect(200);
        let options = &start["handshake"]["challenge"]["publicKey"];
        options["excludeCredentials"].as_array().unwrap().len()
    };
    let body = r#"{"authenticator_attachment":"platform"}"#;
    // passage-js 2.x, 3.x, 4.x.
    assert_eq!(excluded(None, "").await, 0);
    assert_eq!(excluded(Some("text/plain;charset=UTF-8"), body).await, 0);
    assert_eq!(excluded(Some("application/json"), body).await, 1);
}

async fn another_makers_authenticator_adds_a_passkey(app: TestApp) {
    let ada = app.user("ada").await;
    // Passage's 2.x packages send no body here.
    let start = ada.call("POST", "/currentuser/devices/start").await;
    let start = start.expect(200);
    let mut browser = Browser::default();
    let body = browser.create(&start).await;
    let call = ada.post("/currentuser/devices/finish", body);
    call.await.expect(201);
    let start = app.anonymous().start_login(None).await;
    let body = browser.assert(&start).await;
    let call = app.anonymous().post("/login/webauthn/finish", body);
    call.await.expect(200);
}

async fn a_passkey_is_renamed(app: TestApp) {
    let ada = app.user("ada").await;
    let id = ada.passkeys().await.remove(0);
    let path = format!("/currentuser/devices/{id}");
    // Renaming needs no recent sign-in.
    app.advance(3000);
    let before = app.rows().await;
    let call = ada.call("PATCH", &path);
    let answer = call.json(json!({ "friendly_name": "  Büro 🔑 " })).await;
    let answer = answer.expect(200);
    assert_eq!(answer["device"]["friendly_name"], "Büro 🔑");
    assert_eq!(answer["device"]["updated_at"], "2023-11-14T23:03:20Z");
    assert_eq!(before.changes(&app).await, ["events +1", "passkeys ~1"]);
    assert_eq!(
        app.events(&ada.id).await.last().unwrap(),
        "passkey_renamed success"
    );
}

async fn names_are_checked(app: TestApp) {
    let ada = app.user("ada").await;
    let id = ada.passkeys().await.remove(0);
    let path = format!("/currentuser/devices/{id}");
    let before = app.rows().await;
    for name in ["", "   ", "a\nb", "a\u{0}b", &"x".repeat(65)] {
        let call = ada.call("PATCH", &path);
        let answer = call.json(json!({ "friendly_name": name })).await;
        answer.assert_refused(400, "invalid_request", "");
        assert_eq!(
            answer.sentence(),
            "friendly_name: must have 1 to 64 characters and no line breaks."
        );
    }
    for body in [json!({}), json!({ "friendly_name": 7 }), json!([])] {
        let answer = ada.call("PATCH", &path).json(body).await;
        answer.assert_refused(400, "invalid_request", "");
    }
    before.assert_unchanged(&app).await;
    // 64 characters, not bytes.
    let call = ada.call("PATCH", &path);
    call.json(json!({ "friendly_name": "ü".repeat(64) }))
        .await
        .expect(200);
}

async fn a_passkey_is_removed_with_its_other_sessions(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (mut second, id) = ada.add_passkey().await;
    // Somebody else's browser, signed in by the second passkey.
    let start = app.anonymous().start_login(None).await;
    let assertion = second.assert(&start);
    let stolen = app.anonymous().finish_login(&assertion).await.expect(200);
    app.advance(1);
    let before = app.rows().await;
    let path = format!("/currentuser/devices/{id}");
    let answer = ada.call("DELETE", &path).await;
    assert_eq!((answer.status, answer.body.len()), (200, 0));
    assert_eq!(
        before.changes(&app).await,
        [
            "events +1",
            "limits ~1",
            "messages +1",
            "passkeys -1",
            "sessions ~1",
            "users ~1"
        ]
    );
    assert_eq!(
        app.events(&ada.id).await.last().unwrap(),
        "passkey_removed success"
    );
    let token = stolen["auth_result"]["auth_token"].as_str().unwrap();
    let answer = app.anonymous().get("/currentuser").bearer(token).await;
    answer.assert_refused(401, "invalid_access_token", "");
    let token = stolen["auth_result"]["refresh_token"].as_str().unwrap();
    let answer = app.anonymous().refresh(token).await;
    answer.assert_refused(401, "invalid_refresh_token", "");
    // The owner stays signed in, and the other passkey works.
    ada.get("/currentuser").await.expect(200);
    ada.sign_in().await;
}

async fn somebody_elses_passkey_is_not_found(app: TestApp) {
    let ada = app.user("ada").await;
    ada.add_passkey().await;
    let bob = app.user("bob").await;
    let theirs = bob.passkeys().await.remove(0);
    let before = app.rows().await;
    for id in [theirs.as_str(), "TrWSUbDDTPCKTQDtLA9MO8Ee", "x", "%2e%2e"] {
        let path = format!("/currentuser/devices/{id}");
        let answer = ada.call("DELETE", &path).await;
        answer.assert_refused(404, "device_not_found", "");
        let call = ada.call("PATCH", &path);
        let answer = call.json(json!({ "friendly_name": "Mine" })).await;
        answer.assert_refused(404, "device_not_found", "");
    }
    before.assert_unchanged(&app).await;
}

async fn the_last_passkey_stays(app: TestApp) {
    let ada = app.user("ada").await;
    let id = ada.passkeys().await.remove(0);
    let before = app.rows().await;
    let answer = ada.call("DELETE", &format!("/currentuser/devices/{id}"));
    let answer = answer.await;
    answer.assert_refused(403, "operation_not_allowed", "last_passkey");
    before.assert_unchanged(&app).await;
}

async fn of_two_removals_at_once_one_passkey_stays(app: TestApp) {
    remove_at_once(&app, &app).await;
}

async fn remove_at_once(one: &TestApp, other: &TestApp) {
    let ada = one.user("ada").await;
    ada.add_passkey().await;
    let passkeys = ada.passkeys().await;
    let remove = |node: &TestApp, id: &str| {
        let call = node
            .anonymous()
            .call("DELETE", &format!("/currentuser/devices/{id}"));
        call.bearer(ada.auth_token()).into_future()
    };
    let (first, second) = tokio::join!(remove(one, &passkeys[0]), remove(other, &passkeys[1]));
    let (done, refused) = if first.status == 200 {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(done.status, 200, "{}", done.text());
    refused.assert_refused(403, "operation_not_allowed", "last_passkey");
    assert_eq!(ada.passkeys().await.len(), 1);
}

async fn changes_need_a_recent_sign_in(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (_, id) = ada.add_passkey().await;
    let begun = app.authenticator().create(&ada.start_adding().await);
    app.advance(600);
    // Ten minutes to the second are recent.
    ada.start_adding().await;
    app.advance(1);
    let before = app.rows().await;
    let path = format!("/currentuser/devices/{id}");
    for (method, path) in [("POST", "/currentuser/devices/start"), ("DELETE", &path)] {
        let answer = ada.call(method, path).await;
        answer.assert_refused(403, "operation_not_allowed", "reauthentication_required");
        assert!(answer.sentence().contains("within the last 10 minutes"));
    }
    let answer = ada.post("/currentuser/devices/finish", begun.body()).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_expired");
    before.assert_unchanged(&app).await;
    // A refresh is no sign-in.
    let answer = ada.page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    let call = ada.page.call("DELETE", &path).bearer(token);
    let answer = call.await;
    answer.assert_refused(403, "operation_not_allowed", "reauthentication_required");
    ada.sign_in().await;
    assert_eq!(ada.call("DELETE", &path).await.status, 200);
}

async fn a_sign_in_of_the_future_is_not_recent(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (_, id) = ada.add_passkey().await;
    app.advance(7200);
    ada.sign_in().await;
    // The clock was wrong by two hours, and nobody knows any more when that sign-in was.
    app.set_back(5400);
    let answer = ada.page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    let path = format!("/currentuser/devices/{id}");
    let call = ada.page.call("DELETE", &path).bearer(token);
    let answer = call.await;
    answer.assert_refused(403, "operation_not_allowed", "reauthentication_required");
    ada.sign_in().await;
    assert_eq!(ada.call("DELETE", &path).await.status, 200);
}

async fn the_rule_may_be_switched_off(app: TestApp) {
    app.set(|settings| settings.recent_sign_in_seconds = 0)
        .await;
    let ada = app.user("ada").await;
    app.advance(3000);
    let (_, id) = ada.add_passkey().await;
    let call = ada.call("DELETE", &format!("/currentuser/devices/{id}"));
    assert_eq!(call.await.status, 200);
}

async fn a_session_that_ended_meanwhile_adds_nothing(app: TestApp) {
    let ada = app.user("ada").await;
    let creation = app.authenticator().create(&ada.start_adding().await);
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    let before = app.rows().await;
    let answer = ada
        .post("/currentuser/devices/finish", creation.body())
        .await;
    answer.assert_refused(401, "invalid_access_token", "");
    before.assert_unchanged(&app).await;
}

async fn a_user_has_at_most_fifty_passkeys(app: TestApp) {
    let ada = app.user("ada").await;
    let mut begun = Vec::new();
    for _ in 0..2 {
        begun.push(app.authenticator().create(&ada.start_adding().await));
    }
    for _ in 0..48 {
        ada.add_passkey().await;
    }
    // There was room for both when they began, and is for one now.
    let finish = "/currentuser/devices/finish";
    ada.post(finish, begun[0].body()).await.expect(201);
    let before = app.rows().await;
    let answer = ada.post(finish, begun[1].body()).await;
    answer.assert_refused(403, "operation_not_allowed", "too_many_passkeys");
    let answer = ada.post("/currentuser/devices/start", json!({})).await;
    answer.assert_refused(403, "operation_not_allowed", "too_many_passkeys");
    before.assert_unchanged(&app).await;
    assert_eq!(ada.passkeys().await.len(), 50);
}

mod two_nodes {
    //! The same race over two nodes.

    use super::*;

    stories_on_postgres!(of_two_removals_on_two_nodes_one_passkey_stays);

    async fn of_two_removals_on_two_nodes_one_passkey_stays(app: TestApp) {
        let other = app.another_node().await;
        for _ in 0..5 {
            let fresh = app.another_app("http://localhost:8080").await;
            remove_at_once(&fresh, &other.about(&fresh.id)).await;
        }
    }
}
