//! Signing in with a passkey, with an identifier and without.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ginnel::domain::events::Counter;
use ginnel::domain::users::{Origin, Status};
use serde_json::{Value as Json, json};

use crate::support::{Browser, TestApp, stories};

stories!(
    a_start_with_an_identifier_lists_the_passkeys,
    a_start_without_an_identifier_may_have_no_body,
    a_sign_in_opens_a_session,
    a_passkey_says_who_signs_in,
    another_makers_authenticator_signs_in,
    user_handles_come_in_three_encodings,
    nobody_has_the_identifier,
    an_account_without_passkey_cannot_sign_in,
    a_deactivated_user_cannot_sign_in,
    a_removed_passkey_is_unknown,
    a_passkey_of_another_app_is_told_apart,
    without_refresh_there_is_no_refresh_token,
);

async fn a_start_with_an_identifier_lists_the_passkeys(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let mut start = ada.page.start_login(Some("ADA@example.com")).await;
    let options = &mut start["handshake"]["challenge"]["publicKey"];
    let challenge = options["challenge"].take();
    let challenge = challenge.as_str().unwrap();
    assert!(challenge.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(
        *options,
        json!({
            "allowCredentials": [{
                "id": URL_SAFE_NO_PAD.encode(&ada.authenticator.credential_id),
                "transports": ["internal"],
                "type": "public-key",
            }],
            "challenge": null,
            "extensions": {},
            "rpId": "localhost",
            "timeout": 60_000,
            "userVerification": "required",
        })
    );
    assert_eq!(start["user"]["id"], *ada.id);
    assert_eq!(start["user"]["webauthn"], true);
    before.assert_unchanged(&app).await;
}

async fn a_start_without_an_identifier_may_have_no_body(app: TestApp) {
    let page = app.anonymous();
    for body in [
        "",
        "  ",
        "{}",
        r#"{"identifier":null}"#,
        r#"{"identifier":""}"#,
    ] {
        let start = page.call("POST", "/login/webauthn/start").body(body).await;
        let start = start.expect(200);
        let options = &start["handshake"]["challenge"]["publicKey"];
        assert_eq!(options["allowCredentials"], json!([]), "{body}");
        assert_eq!(start.get("user"), None);
    }
}

async fn a_sign_in_opens_a_session(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.advance(3600);
    let before = app.rows().await;
    let assertion = ada.assertion().await;
    let answer = ada.page.finish_login(&assertion).await.expect(200);
    assert_eq!(answer["auth_result"]["redirect_url"], "/dashboard");
    assert_eq!(
        answer["auth_result"]["refresh_token_expiration"],
        1_700_000_000 + 3600 + 7 * 86_400
    );
    assert_eq!(
        before.changes(&app).await,
        [
            "daily_counters +1",
            "events +1",
            "passkeys ~1",
            "refresh_tokens +1",
            "sessions +1",
            "used_challenges +1",
            "users ~1",
        ]
    );
    assert_eq!(app.events(&ada.id).await.last().unwrap(), "sign_in success");
    assert_eq!(app.count(Counter::SignInPasskey).await, 1);
}

async fn a_passkey_says_who_signs_in(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.user("bob").await;
    let assertion = ada.discoverable_assertion().await;
    assert!(assertion.body().get("user_id").is_none());
    let answer = ada.page.finish_login(&assertion).await.expect(200);
    ada.tokens = answer["auth_result"].clone();
    let user = ada.get("/currentuser").await.expect(200);
    assert_eq!(user["user"]["email"], "ada@example.com");
    assert_eq!(user["user"]["login_count"], 2);
}

async fn another_makers_authenticator_signs_in(app: TestApp) {
    let page = app.anonymous();
    let mut browser = Browser::default();
    let start = page.start_registration("ada@example.com").await;
    let body = browser.create(&start).await;
    page.post("/register/webauthn/finish", body)
        .await
        .expect(201);
    for identifier in [Some("ada@example.com"), None] {
        let start = page.start_login(identifier).await;
        let body = browser.assert(&start).await;
        page.post("/login/webauthn/finish", body).await.expect(200);
    }
}

/// A browser sends base64url of the handle's bytes. Passage's Swift package stores the text of `user.id` as the handle and
/// sends it as it is; where a browser uses such a passkey, the handle's bytes are that text.
async fn user_handles_come_in_three_encodings(app: TestApp) {
    let mut ada = app.user("ada").await;
    let text = URL_SAFE_NO_PAD.encode(&ada.id);
    for handle in [
        URL_SAFE_NO_PAD.encode(&ada.id),
        URL_SAFE_NO_PAD.encode(&text),
        ada.id.clone(),
        STANDARD.encode(&text),
    ] {
        let mut assertion = ada.discoverable_assertion().await;
        assertion.user_handle = json!(handle);
        let answer = ada.page.finish_login(&assertion).await;
        assert_eq!(answer.status, 200, "{handle}: {}", answer.text());
    }
    // With an identifier the handle may be missing.
    for handle in [Json::Null, json!("")] {
        let mut assertion = ada.assertion().await;
        assertion.user_handle = handle;
        ada.page.finish_login(&assertion).await.expect(200);
    }
}

async fn nobody_has_the_identifier(app: TestApp) {
    let before = app.rows().await;
    let body = json!({ "identifier": "nobody@example.com" });
    let answer = app.anonymous().post("/login/webauthn/start", body).await;
    answer.assert_refused(404, "user_not_found", "");
    before.assert_unchanged(&app).await;
}

async fn an_account_without_passkey_cannot_sign_in(app: TestApp) {
    app.made_user("ada@example.com", Origin::Import).await;
    let before = app.rows().await;
    let body = json!({ "identifier": "ada@example.com" });
    let answer = app.anonymous().post("/login/webauthn/start", body).await;
    answer.assert_refused(409, "user_has_no_passkeys", "");
    before.assert_unchanged(&app).await;
}

async fn a_deactivated_user_cannot_sign_in(app: TestApp) {
    let mut ada = app.user("ada").await;
    let begun = [ada.assertion().await, ada.discoverable_assertion().await];
    let (id, now) = (ada.id.parse().unwrap(), app.now());
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    let body = json!({ "identifier": "ada@example.com" });
    let answer = ada.page.post("/login/webauthn/start", body).await;
    answer.assert_refused(403, "user_not_active", "");
    for assertion in begun {
        let before = app.rows().await;
        let answer = ada.page.finish_login(&assertion).await;
        answer.assert_refused(403, "user_not_active", "");
        let changes = before.changes(&app).await;
        assert!(changes.contains(&"events +1".to_owned()), "{changes:?}");
        assert!(!changes.iter().any(|line| line.starts_with("sessions")));
        assert!(!changes.iter().any(|line| line.starts_with("users")));
    }
    let events = app.events(&ada.id).await;
    let refused = events
        .iter()
        .filter(|event| *event == "sign_in refused user_not_active");
    assert_eq!(refused.count(), 2, "{events:?}");
}

async fn a_removed_passkey_is_unknown(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (_, second) = ada.add_passkey().await;
    let first = ada.passkeys().await.swap_remove(0);
    assert_ne!(first, second);
    let begun = ada.assertion().await;
    let path = format!("/currentuser/devices/{first}");
    assert_eq!(ada.call("DELETE", &path).await.status, 200);
    let before = app.rows().await;
    let answer = ada.page.finish_login(&begun).await;
    answer.assert_refused(401, "webauthn_login_failed", "unknown_credential");
    let assertion = ada.discoverable_assertion().await;
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "discoverable_login_failed", "unknown_credential");
    before.assert_unchanged(&app).await;
}

async fn a_passkey_of_another_app_is_told_apart(app: TestApp) {
    let mut ada = app.user("ada").await;
    // The same host, and so the same RP ID.
    let other = app.another_app("http://localhost:9090").await;
    let start = other.call(
        "POST",
        &format!("/auth/v1/apps/{}/login/webauthn/start", other.id),
    );
    let start = start.await.expect(200);
    let assertion = ada.authenticator.assert(&start);
    let before = app.rows().await;
    let path = format!("/auth/v1/apps/{}/login/webauthn/finish", other.id);
    let answer = other.call("POST", &path).json(assertion.body()).await;
    // Not `unknown_credential`, by which the browser would forget a passkey that is good at the app it belongs to.
    answer.assert_refused(401, "discoverable_login_failed", "other_app");
    before.assert_unchanged(&app).await;
}

async fn without_refresh_there_is_no_refresh_token(app: TestApp) {
    app.set(|settings| settings.refresh_enabled = false).await;
    let ada = app.user("ada").await;
    let members = ada.tokens.as_object().unwrap();
    assert_eq!(
        members.keys().collect::<Vec<_>>(),
        ["auth_token", "redirect_url"]
    );
    // The session ends with its only token.
    app.advance(3599);
    ada.get("/currentuser").await.expect(200);
    app.advance(1);
    ada.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
}
