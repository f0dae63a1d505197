//! Looking users up, signing them up before the ceremony, and the one who is signed in.

use ginnel::domain::apps::AllowedIdentifier;
use ginnel::domain::events::Counter;
use ginnel::domain::users::Status;
use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    nobody_is_null_with_200,
    a_lookup_folds_case,
    a_lookup_needs_an_identifier,
    a_sign_up_makes_a_pending_user,
    older_packages_post_without_media_type_and_with_a_slash,
    an_identifier_is_taken_once,
    identifiers_that_the_app_does_not_take_are_refused,
    phone_numbers_name_users_where_the_app_takes_them,
    unknown_metadata_is_refused,
    nothing_is_made_where_sign_up_is_closed,
    the_signed_in_user_is_shown_in_full,
    metadata_is_shown_to_its_owner_only,
    a_call_without_token_is_refused,
    whatever_is_about_the_signed_in_user_needs_a_token,
);

async fn nobody_is_null_with_200(app: TestApp) {
    let before = app.rows().await;
    let answer = app
        .anonymous()
        .get("/users?identifier=nobody%40example.com");
    assert_eq!(answer.await.expect(200), json!({ "user": null }));
    before.assert_unchanged(&app).await;
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(app.count(Counter::Lookup).await, 1);
}

async fn a_lookup_folds_case(app: TestApp) {
    let ada = app.user("ada").await;
    let answer = app
        .anonymous()
        .get("/users?identifier=%20ADA%40Example.COM");
    assert_eq!(
        answer.await.expect(200),
        json!({ "user": {
            "email": "ada@example.com",
            "email_verified": false,
            "id": ada.id,
            "phone": "",
            "phone_verified": false,
            "status": "active",
            "user_metadata": {},
            "webauthn": true,
            "webauthn_types": ["passkey"],
        }})
    );
}

async fn a_lookup_needs_an_identifier(app: TestApp) {
    for path in [
        "/users",
        "/users?identifier=",
        "/users?identifier=ada",
        "/users?identifier=%FF",
    ] {
        let answer = app.anonymous().get(path).await;
        answer.assert_refused(400, "invalid_request", "");
        assert!(answer.sentence().starts_with("identifier: "), "{path}");
    }
}

async fn a_sign_up_makes_a_pending_user(app: TestApp) {
    let before = app.rows().await;
    let body = json!({ "identifier": "Ada@Example.com", "user_metadata": {} });
    let mut answer = app.anonymous().post("/users", body).await.expect(201);
    let id = answer["user"]["id"].take();
    assert_eq!(
        answer,
        json!({ "user": {
            "email": "ada@example.com",
            "email_verified": false,
            "id": null,
            "phone": "",
            "phone_verified": false,
            "status": "pending",
            "user_metadata": {},
            "webauthn": false,
            "webauthn_types": [],
        }})
    );
    assert_eq!(
        before.changes(&app).await,
        ["daily_counters +1", "events +1", "users +1"]
    );
    assert_eq!(
        app.events(id.as_str().unwrap()).await,
        ["user_created success"]
    );
    assert_eq!(app.count(Counter::SignUpBegun).await, 1);
}

async fn older_packages_post_without_media_type_and_with_a_slash(app: TestApp) {
    let page = app.anonymous();
    for (path, media_type, identifier) in [
        ("/users", "text/plain;charset=UTF-8", "a@example.com"),
        ("/users/", "application/json", "b@example.com"),
        ("/users/", "", "c@example.com"),
    ] {
        let call = page
            .call("POST", path)
            .body(json!({ "identifier": identifier }).to_string())
            .header("content-type", media_type);
        assert_eq!(call.await.expect(201)["user"]["email"], identifier);
    }
}

async fn an_identifier_is_taken_once(app: TestApp) {
    app.user("ada").await;
    let page = app.anonymous();
    let body = json!({ "identifier": "ada@example.com" });
    let before = app.rows().await;
    for identifier in ["ada@example.com", "ADA@EXAMPLE.COM"] {
        let answer = page.post("/users", json!({ "identifier": identifier }));
        let answer = answer.await;
        answer.assert_refused(400, "invalid_request", "user_already_exists");
        // Passage's Swift package compares this text.
        assert_eq!(answer.sentence(), "user: already exists.");
    }
    before.assert_unchanged(&app).await;
    // Another app has users of its own.
    let other = app.another_app("https://example.com").await;
    let call = other.anonymous().post("/users", body);
    call.header("origin", "https://example.com")
        .await
        .expect(201);
}

async fn identifiers_that_the_app_does_not_take_are_refused(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    for (identifier, sentence) in [
        ("ada", "identifier: must be a valid email address."),
        ("", "identifier: must be a valid email address."),
        (
            "a@b@example.com ,",
            "identifier: must be a valid email address.",
        ),
        ("+12", "identifier: must be a valid E164 number."),
        ("+15550109999", "identifier: must be a valid email address."),
    ] {
        for path in ["/users", "/register/webauthn/start"] {
            let answer = page.post(path, json!({ "identifier": identifier })).await;
            answer.assert_refused(400, "invalid_request", "");
            assert_eq!(answer.sentence(), sentence, "{path} {identifier}");
        }
    }
    before.assert_unchanged(&app).await;
}

async fn phone_numbers_name_users_where_the_app_takes_them(app: TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    let page = app.anonymous();
    let body = json!({ "identifier": "+1 (555) 010-9999" });
    let answer = page.post("/users", body).await.expect(201);
    assert_eq!(answer["user"]["phone"], "+15550109999");
    assert_eq!(answer["user"]["email"], "");
    let found = page.get("/users?identifier=%2B15550109999").await;
    assert_eq!(found.expect(200)["user"]["id"], answer["user"]["id"]);

    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Phone)
        .await;
    let answer = page.post("/users", json!({ "identifier": "a@example.com" }));
    let answer = answer.await;
    answer.assert_refused(400, "invalid_request", "");
    assert_eq!(
        answer.sentence(),
        "identifier: must be a valid E164 number."
    );
}

async fn unknown_metadata_is_refused(app: TestApp) {
    let before = app.rows().await;
    let body = json!({ "identifier": "ada@example.com", "user_metadata": { "is_admin": true } });
    let answer = app.anonymous().post("/users", body).await;
    answer.assert_refused(400, "invalid_request", "metadata_invalid");
    assert!(answer.sentence().contains("`is_admin`"));
    before.assert_unchanged(&app).await;
}

async fn nothing_is_made_where_sign_up_is_closed(app: TestApp) {
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    for path in ["/users", "/register/webauthn/start"] {
        let answer = app
            .anonymous()
            .post(path, json!({ "identifier": "ada@example.com" }));
        let answer = answer.await;
        answer.assert_refused(403, "operation_not_allowed", "public_signup_disabled");
        // The elements show a text that begins like this word for word.
        assert!(answer.sentence().starts_with("Public signup"));
    }
    before.assert_unchanged(&app).await;
}

async fn the_signed_in_user_is_shown_in_full(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.advance(60);
    ada.sign_in().await;
    let mut answer = ada.get("/currentuser").await.expect(200);
    let passkeys = answer["user"]["webauthn_devices"].take();
    assert_eq!(
        answer,
        json!({ "user": {
            "created_at": "2023-11-14T22:13:20Z",
            "email": "ada@example.com",
            "email_verified": false,
            "id": ada.id,
            "last_login_at": "2023-11-14T22:14:20Z",
            "login_count": 2,
            "phone": "",
            "phone_verified": false,
            "social_connections": {},
            "status": "active",
            "updated_at": "2023-11-14T22:13:20Z",
            "user_metadata": {},
            "webauthn": true,
            "webauthn_devices": null,
            "webauthn_types": ["passkey"],
        }})
    );
    let devices = ada.get("/currentuser/devices").await.expect(200);
    assert_eq!(passkeys, devices["devices"]);
}

async fn metadata_is_shown_to_its_owner_only(app: TestApp) {
    let ada = app.user("ada").await;
    app.write(|tx| {
        ginnel::store::testing::execute(
            tx,
            "UPDATE users SET user_metadata = '{\"plan\":\"gold\"}'",
            &[],
        )
    })
    .await;
    let own = ada.get("/currentuser").await.expect(200);
    assert_eq!(own["user"]["user_metadata"], json!({ "plan": "gold" }));
    let page = app.anonymous();
    let lookup = page.get("/users?identifier=ada@example.com").await;
    assert_eq!(lookup.expect(200)["user"]["user_metadata"], json!({}));
    let start = page.start_login(Some("ada@example.com")).await;
    assert_eq!(start["user"]["user_metadata"], json!({}));
}

async fn a_call_without_token_is_refused(app: TestApp) {
    const INVALID: &str = r#"Bearer error="invalid_token""#;
    let page = app.anonymous();
    let before = app.rows().await;
    for (method, path) in [
        ("GET", "/currentuser"),
        ("GET", "/currentuser/user-metadata"),
        ("PATCH", "/currentuser/user-metadata"),
        ("PATCH", "/currentuser/email"),
        ("PATCH", "/currentuser/phone"),
        ("GET", "/currentuser/sessions"),
        ("DELETE", "/currentuser/sessions"),
        ("DELETE", "/currentuser/sessions/TrWSUbDDTPCKTQDtLA9MO8Ee"),
        ("GET", "/currentuser/events"),
        ("GET", "/currentuser/social-connections"),
        ("DELETE", "/currentuser/social-connections/github"),
        ("GET", "/currentuser/devices"),
        ("POST", "/currentuser/devices/start"),
        ("POST", "/currentuser/devices/finish"),
        ("PATCH", "/currentuser/devices/TrWSUbDDTPCKTQDtLA9MO8Ee"),
        ("DELETE", "/currentuser/devices/TrWSUbDDTPCKTQDtLA9MO8Ee"),
    ] {
        for (authorization, reason, challenge) in [
            (None, "token_missing", "Bearer"),
            (Some(""), "token_missing", "Bearer"),
            (Some("Basic YTpi"), "token_missing", "Bearer"),
            (Some("Bearer"), "token_malformed", INVALID),
            (Some("Bearer "), "token_malformed", INVALID),
            (Some("Bearer x"), "", INVALID),
        ] {
            let mut call = page.call(method, path).json(json!({}));
            if let Some(authorization) = authorization {
                call = call.header("authorization", authorization);
            }
            let answer = call.await;
            answer.assert_refused(401, "invalid_access_token", reason);
            assert_eq!(answer.header("www-authenticate"), Some(challenge));
        }
    }
    before.assert_unchanged(&app).await;
}

/// A user's status reaches the page: the elements explain `inactive`.
#[test]
fn statuses_have_passages_words() {
    let words = [Status::Active, Status::Inactive, Status::Pending].map(Status::as_str);
    assert_eq!(words, ["active", "inactive", "pending"]);
}

/// Over the description and not over a list, so that an operation to come is not forgotten.
async fn whatever_is_about_the_signed_in_user_needs_a_token(app: TestApp) {
    app.user("ada").await;
    let description = app.call("GET", "/openapi.json").await.expect(200);
    let before = app.rows().await;
    let mut asked = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/auth/v1/apps/{app_id}") else {
            continue;
        };
        if !path.starts_with("/currentuser") {
            continue;
        }
        let path = path.split('/').map(|part| match part.starts_with('{') {
            true => "TrWSUbDDTPCKTQDtLA9MO8Ee",
            false => part,
        });
        let path = path.collect::<Vec<_>>().join("/");
        for method in operations.as_object().unwrap().keys() {
            let call = app.anonymous().call(&method.to_uppercase(), &path);
            let answer = call.json(json!({})).await;
            answer.assert_refused(401, "invalid_access_token", "token_missing");
            asked += 1;
        }
    }
    assert!(asked > 15, "{asked}");
    before.assert_unchanged(&app).await;
}
