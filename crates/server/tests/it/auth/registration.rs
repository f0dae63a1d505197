//! Signing up with a passkey.

use ginnel::domain::events::Counter;
use serde_json::{Value as Json, json};

use crate::support::{Browser, ORIGIN, TestApp, flags, stories};

stories!(
    a_start_has_the_browsers_options,
    attachments_are_as_asked,
    a_sign_up_makes_user_passkey_and_session,
    a_pending_user_finishes_the_sign_up,
    another_makers_authenticator_signs_up,
    transports_are_read_beside_and_inside_the_response,
    a_handle_is_the_users_id,
);

async fn a_start_has_the_browsers_options(app: TestApp) {
    let before = app.rows().await;
    let page = app.anonymous();
    let answer = page.post(
        "/register/webauthn/start",
        json!({ "identifier": "Ada@example.com", "authenticator_attachment": "platform" }),
    );
    let mut start = answer.await.expect(200);
    let challenge = start["handshake"]["challenge"]["publicKey"]["challenge"].take();
    assert_is_readable_by_old_packages(&challenge);
    let handle = start["handshake"]["challenge"]["publicKey"]["user"]["id"].take();
    assert_eq!(handle.as_str().unwrap().len(), 32);
    let id = start["handshake"]["id"].take();
    assert!(id.as_str().unwrap().len() > 100);
    let user_id = start["user"]["id"].take();
    assert_eq!(user_id.as_str().unwrap().len(), 24);
    let algorithms = [-7, -8, -257, -35, -36];
    let parameters = start["handshake"]["challenge"]["publicKey"]["pubKeyCredParams"].take();
    for algorithm in algorithms {
        let parameter = json!({ "alg": algorithm, "type": "public-key" });
        assert!(parameters.as_array().unwrap().contains(&parameter));
    }
    assert_eq!(parameters.as_array().unwrap().len(), algorithms.len());
    assert_eq!(
        start,
        json!({
            "handshake": { "id": null, "challenge": { "publicKey": {
                "attestation": "none",
                "authenticatorSelection": {
                    "authenticatorAttachment": "platform",
                    "requireResidentKey": true,
                    "residentKey": "required",
                    "userVerification": "required",
                },
                "challenge": null,
                "excludeCredentials": [],
                "extensions": {},
                "pubKeyCredParams": null,
                "rp": { "id": "localhost", "name": "Acme" },
                "timeout": 60_000,
                "user": { "displayName": "ada@example.com", "id": null, "name": "ada@example.com" },
            }}},
            "user": {
                "email": "ada@example.com",
                "email_verified": false,
                "id": null,
                "phone": "",
                "phone_verified": false,
                "status": "pending",
                "user_metadata": {},
                "webauthn": false,
                "webauthn_types": [],
            },
        })
    );
    // Whoever only asks leaves nothing behind.
    before.assert_unchanged(&app).await;
}

/// Packages of Passage before 2.x.4 read standard base64 only.
fn assert_is_readable_by_old_packages(challenge: &Json) {
    let challenge = challenge.as_str().unwrap();
    assert_eq!(challenge.len(), 44);
    assert!(challenge.bytes().all(|byte| byte.is_ascii_alphanumeric()));
}

async fn attachments_are_as_asked(app: TestApp) {
    let page = app.anonymous();
    for (asked, attachment) in [
        (json!("platform"), json!("platform")),
        (json!("cross-platform"), json!("cross-platform")),
        (json!("any"), Json::Null),
        (Json::Null, json!("platform")),
    ] {
        let body = json!({ "identifier": "a@example.com", "authenticator_attachment": asked });
        let start = page
            .post("/register/webauthn/start", body)
            .await
            .expect(200);
        let selection = &start["handshake"]["challenge"]["publicKey"]["authenticatorSelection"];
        assert_eq!(selection["authenticatorAttachment"], attachment, "{asked}");
    }
    let body = json!({ "identifier": "a@example.com", "authenticator_attachment": "telepathy" });
    let answer = page.post("/register/webauthn/start", body).await;
    answer.assert_refused(400, "invalid_request", "");
}

async fn a_sign_up_makes_user_passkey_and_session(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    let start = page.start_registration("ada@example.com").await;
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut answer = answer.expect(201);
    let token = answer["auth_result"]["auth_token"].take();
    assert_eq!(token.as_str().unwrap().split('.').count(), 3);
    let refresh = answer["auth_result"]["refresh_token"].take();
    assert_eq!(refresh.as_str().unwrap().len(), 70);
    assert_eq!(
        answer,
        json!({ "auth_result": {
            "auth_token": null,
            "redirect_url": "/dashboard",
            "refresh_token": null,
            "refresh_token_expiration": 1_700_604_800,
        }})
    );
    assert_eq!(
        before.changes(&app).await,
        [
            "daily_counters +1",
            "events +1",
            "passkeys +1",
            "refresh_tokens +1",
            "sessions +1",
            "used_challenges +1",
            "users +1",
        ]
    );
    let id = start["user"]["id"].as_str().unwrap();
    assert_eq!(app.events(id).await, ["sign_up success"]);
    assert_eq!(app.count(Counter::SignUpPasskey).await, 1);
    assert_eq!(app.count(Counter::SignInPasskey).await, 0);
}

async fn a_pending_user_finishes_the_sign_up(app: TestApp) {
    let page = app.anonymous();
    let body = json!({ "identifier": "ada@example.com" });
    let made = page.post("/users", body).await.expect(201);
    let start = page.start_registration("ada@example.com").await;
    assert_eq!(start["user"]["id"], made["user"]["id"]);
    let before = app.rows().await;
    let creation = app.authenticator().create(&start);
    page.finish_registration(&creation).await.expect(201);
    assert_eq!(
        before.changes(&app).await,
        [
            "daily_counters +1",
            "events +1",
            "passkeys +1",
            "refresh_tokens +1",
            "sessions +1",
            "used_challenges +1",
            "users ~1",
        ]
    );
    let stored = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!((stored.status.as_str(), stored.login_count), ("active", 1));
}

async fn another_makers_authenticator_signs_up(app: TestApp) {
    let page = app.anonymous();
    let mut browser = Browser::default();
    let start = page.start_registration("ada@example.com").await;
    let body = browser.create(&start).await;
    let answer = page.post("/register/webauthn/finish", body).await;
    assert_eq!(
        answer.expect(201)["auth_result"]["redirect_url"],
        "/dashboard"
    );
}

async fn transports_are_read_beside_and_inside_the_response(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let mut authenticator = app.authenticator();
    authenticator.flags = flags::UP | flags::UV;
    let mut body = authenticator.create(&start).body();
    body["handshake_response"]["transports"] = json!(["usb", "made-up"]);
    body["handshake_response"]["response"]["transports"] = json!(["nfc", "usb"]);
    page.post("/register/webauthn/finish", body)
        .await
        .expect(201);
    let start = page.start_login(Some("ada@example.com")).await;
    assert_eq!(
        start["handshake"]["challenge"]["publicKey"]["allowCredentials"][0]["transports"],
        json!(["nfc", "usb"])
    );
    assert_eq!(start["user"]["webauthn_types"], json!(["security_key"]));
}

async fn a_handle_is_the_users_id(app: TestApp) {
    let ada = app.user("ada").await;
    assert_eq!(ada.authenticator.user_handle, ada.id.as_bytes());
}
