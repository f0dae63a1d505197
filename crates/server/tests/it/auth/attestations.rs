//! Registrations with one thing wrong: each is refused with its reason, and nothing is stored.

use serde_json::{Value as Json, json};

use crate::support::{Creation, TestApp, flags, stories};

stories!(
    a_spoilt_registration_is_refused,
    a_spoilt_added_passkey_is_refused,
    what_is_no_credential_is_a_bad_request,
    the_request_may_not_name_another_user,
    a_credential_id_is_registered_once,
    an_added_passkey_is_registered_once,
);

/// Ways to spoil a registration, each with the reason of its refusal.
type Spoilers = [(&'static str, fn(&mut Creation)); 15];
const SPOILERS: Spoilers = [
    ("origin_not_allowed", |it| {
        it.client_data["origin"] = json!("https://evil.example");
    }),
    ("origin_not_allowed", |it| {
        it.client_data["origin"] = json!("http://localhost:8080/");
    }),
    ("rp_id_mismatch", |it| it.rp_id = "evil.example".into()),
    ("client_data_type", |it| {
        it.client_data["type"] = json!("webauthn.get");
    }),
    ("challenge_mismatch", |it| {
        it.client_data["challenge"] = json!("bm90IHRoZSBvbmUgdGhhdCB3YXMgc2VudA");
    }),
    ("cross_origin", |it| {
        it.client_data["crossOrigin"] = json!(true);
    }),
    ("user_not_present", |it| it.flags &= !flags::UP),
    ("user_not_verified", |it| it.flags &= !flags::UV),
    ("backup_flags", |it| it.flags &= !flags::BE),
    ("attested_credential_missing", |it| it.flags &= !flags::AT),
    ("credential_mismatch", |it| it.raw_id = Some(vec![1; 32])),
    ("malformed_client_data", |it| it.client_data = json!("text")),
    // No CBOR at all, a map that ends early, and another kind of value.
    ("malformed_attestation_object", |it| {
        it.attestation_object = Some(vec![0xff, 0xff]);
    }),
    ("malformed_attestation_object", |it| {
        it.attestation_object = Some(vec![0xa3, 0x63]);
    }),
    ("malformed_attestation_object", |it| {
        it.attestation_object = Some(vec![0x80]);
    }),
];

async fn a_spoilt_registration_is_refused(app: TestApp) {
    let page = app.anonymous();
    for (number, (reason, spoil)) in SPOILERS.into_iter().enumerate() {
        let start = page
            .start_registration(&format!("user{number}@example.com"))
            .await;
        let good = app.authenticator().create(&start);
        let mut spoilt = good.clone();
        spoil(&mut spoilt);
        let before = app.rows().await;
        let answer = page.finish_registration(&spoilt).await;
        answer.assert_refused(401, "webauthn_login_failed", reason);
        before.assert_unchanged(&app).await;
        // The challenge was not used up.
        page.finish_registration(&good).await.expect(201);
    }
}

async fn a_spoilt_added_passkey_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    for (reason, spoil) in SPOILERS {
        let start = ada.start_adding().await;
        let mut spoilt = app.authenticator().create(&start);
        spoil(&mut spoilt);
        let before = app.rows().await;
        let answer = ada.post("/currentuser/devices/finish", spoilt.body()).await;
        answer.assert_refused(401, "webauthn_login_failed", reason);
        before.assert_unchanged(&app).await;
    }
}

async fn what_is_no_credential_is_a_bad_request(app: TestApp) {
    let mut ada = app.user("ada").await;
    let start = app.anonymous().start_registration("bob@example.com").await;
    let creation = app.authenticator().create(&start).body();
    let assertion = ada.assertion().await.body();
    let before = app.rows().await;
    for (path, good, broken) in [
        (
            "/register/webauthn/finish",
            &creation,
            "/handshake_response/rawId",
        ),
        (
            "/register/webauthn/finish",
            &creation,
            "/handshake_response/response/clientDataJSON",
        ),
        (
            "/register/webauthn/finish",
            &creation,
            "/handshake_response/response/attestationObject",
        ),
        (
            "/register/webauthn/finish",
            &creation,
            "/handshake_response",
        ),
        ("/register/webauthn/finish", &creation, "/handshake_id"),
        (
            "/login/webauthn/finish",
            &assertion,
            "/handshake_response/rawId",
        ),
        (
            "/login/webauthn/finish",
            &assertion,
            "/handshake_response/response/clientDataJSON",
        ),
        (
            "/login/webauthn/finish",
            &assertion,
            "/handshake_response/response/authenticatorData",
        ),
        (
            "/login/webauthn/finish",
            &assertion,
            "/handshake_response/response/signature",
        ),
        (
            "/login/webauthn/finish",
            &assertion,
            "/handshake_response/response",
        ),
    ] {
        for value in [Json::Null, json!(7), json!([1, 2]), json!("not base64url!")] {
            if broken == "/handshake_id" && value.is_string() {
                continue;
            }
            let mut body = good.clone();
            *body.pointer_mut(broken).unwrap() = value.clone();
            let answer = app.anonymous().post(path, body).await;
            assert_eq!(answer.status, 400, "{path} {broken} {value}");
            answer.assert_refused(400, "invalid_request", "");
        }
    }
    before.assert_unchanged(&app).await;
}

async fn the_request_may_not_name_another_user(app: TestApp) {
    let ada = app.user("ada").await;
    let start = app.anonymous().start_registration("bob@example.com").await;
    let mut creation = app.authenticator().create(&start);
    let own = creation.user_id.clone();
    let before = app.rows().await;
    creation.user_id = json!(ada.id);
    let answer = app.anonymous().finish_registration(&creation).await;
    answer.assert_refused(400, "invalid_request", "");
    assert!(answer.sentence().starts_with("user_id: "));
    before.assert_unchanged(&app).await;
    // Absent, null and empty are as good as the own one.
    creation.user_id = Json::Null;
    app.anonymous()
        .finish_registration(&creation)
        .await
        .expect(201);
    assert!(own.is_string());
}

async fn a_credential_id_is_registered_once(app: TestApp) {
    let ada = app.user("ada").await;
    let start = app.anonymous().start_registration("bob@example.com").await;
    let mut creation = app.authenticator().create(&start);
    creation.credential_id = ada.authenticator.credential_id.clone();
    let before = app.rows().await;
    let answer = app.anonymous().finish_registration(&creation).await;
    answer.assert_refused(400, "invalid_request", "credential_exists");
    // Neither the user nor anything else of the transaction stays.
    before.assert_unchanged(&app).await;

    // In another app the same id is no matter.
    let other = app.another_app("http://localhost:9090").await;
    let path = format!("/auth/v1/apps/{}/register/webauthn", other.id);
    let body = json!({ "identifier": "bob@example.com" });
    let start = other.call("POST", &format!("{path}/start")).json(body);
    let start = start.await.expect(200);
    let mut creation = other.authenticator().create(&start);
    creation.credential_id = ada.authenticator.credential_id.clone();
    creation.client_data["origin"] = json!("http://localhost:9090");
    let call = other.call("POST", &format!("{path}/finish"));
    call.json(creation.body()).await.expect(201);
}

async fn an_added_passkey_is_registered_once(app: TestApp) {
    let ada = app.user("ada").await;
    let start = ada.start_adding().await;
    // The browser is asked to keep the owner from making the same one again.
    let excluded = &start["handshake"]["challenge"]["publicKey"]["excludeCredentials"];
    assert_eq!(excluded.as_array().unwrap().len(), 1);
    let mut creation = app.authenticator().create(&start);
    creation.credential_id = ada.authenticator.credential_id.clone();
    let before = app.rows().await;
    let answer = ada
        .post("/currentuser/devices/finish", creation.body())
        .await;
    answer.assert_refused(400, "invalid_request", "credential_exists");
    before.assert_unchanged(&app).await;
}
