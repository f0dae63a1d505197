//! Which identifiers people sign up with, and apps that want them proven before a passkey counts.

use ginnel::domain::apps::{AllowedIdentifier, RequiredIdentifier};
use ginnel::domain::users::Origin;
use serde_json::json;

use crate::support::{KEY, TestApp, User, opens, stories};

stories!(
    the_required_kind_signs_up_and_either_signs_in,
    with_verification_a_passkey_comes_after_the_proof,
    with_verification_an_old_unproven_account_proves_itself_first,
    what_was_begun_before_verification_is_not_finished_after_it,
    a_closed_sign_up_is_closed_for_codes,
    profile_management_off_keeps_addresses_as_they_are,
    a_passkey_only_app_sends_nothing,
);

const NUMBER: &str = "+15550109999";

async fn the_required_kind_signs_up_and_either_signs_in(app: TestApp) {
    let page = app.anonymous();
    for (required, email_signs_up, phone_signs_up) in [
        (RequiredIdentifier::Either, true, true),
        (RequiredIdentifier::Both, true, true),
        (RequiredIdentifier::Email, true, false),
        (RequiredIdentifier::Phone, false, true),
    ] {
        app.set(move |settings| {
            settings.allowed_identifier = AllowedIdentifier::Both;
            settings.required_identifier = required;
        })
        .await;
        for (identifier, signs_up, sentence) in [
            (
                "ada@example.com",
                email_signs_up,
                "identifier: must be a valid E164 number.",
            ),
            (
                NUMBER,
                phone_signs_up,
                "identifier: must be a valid email address.",
            ),
        ] {
            let body = json!({ "identifier": identifier });
            for path in [
                "/register/otp",
                "/register/magic-link",
                "/register/webauthn/start",
            ] {
                let answer = page.post(path, body.clone()).await;
                if signs_up {
                    assert!([200, 201].contains(&answer.status), "{required:?} {path}");
                } else {
                    answer.assert_refused(400, "invalid_request", "");
                    assert_eq!(answer.sentence(), sentence, "{required:?} {path}");
                }
            }
            // A sign-in is not refused for its kind: nobody has it, that is all.
            page.ask_for_code("login", identifier)
                .await
                .assert_refused(404, "user_not_found", "");
        }
        app.advance(3600);
    }
}

async fn with_verification_a_passkey_comes_after_the_proof(app: TestApp) {
    app.set(|settings| settings.identifier_verification = true)
        .await;
    let page = app.anonymous();
    let info = page.get("").await.expect(200);
    assert_eq!(info["app"]["require_identifier_verification"], true);
    let body = json!({ "identifier": "ada@example.com" });
    let before = app.rows().await;
    page.post("/register/webauthn/start", body.clone())
        .await
        .assert_refused(403, "identifier_not_verified", "");
    before.assert_unchanged(&app).await;
    // Also for a user made ahead.
    page.post("/users", body.clone()).await.expect(201);
    page.post("/register/webauthn/start", body)
        .await
        .assert_refused(403, "identifier_not_verified", "");
    let asking = page.asked_for_code("register", "ada@example.com").await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let user = app.stored_user("ada@example.com").await.unwrap();
    let ada = User {
        page: page.clone(),
        identifier: "ada@example.com".to_owned(),
        id: user.id.to_string(),
        authenticator: app.authenticator(),
        tokens,
    };
    let (authenticator, _) = ada.add_passkey().await;
    let mut ada = User {
        authenticator,
        ..ada
    };
    ada.sign_in().await;
}

async fn with_verification_an_old_unproven_account_proves_itself_first(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.set(|settings| settings.identifier_verification = true)
        .await;
    let discoverable = ada.discoverable_assertion().await;
    ada.page
        .finish_login(&discoverable)
        .await
        .assert_refused(403, "identifier_not_verified", "");
    let body = json!({ "identifier": "ada@example.com" });
    ada.page
        .post("/login/webauthn/start", body)
        .await
        .assert_refused(403, "identifier_not_verified", "");
    assert!(
        app.events(&ada.id)
            .await
            .contains(&"sign_in refused identifier_not_verified".to_owned())
    );
    // The session that she has proves it, and keeps its passkey.
    let asking = ada.asked_for_address("ada@example.com", Some(KEY)).await;
    opens(asking.open().await);
    ada.sign_in().await;
}

async fn what_was_begun_before_verification_is_not_finished_after_it(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    app.set(|settings| settings.identifier_verification = true)
        .await;
    let creation = app.authenticator().create(&start);
    let before = app.rows().await;
    page.finish_registration(&creation)
        .await
        .assert_refused(403, "identifier_not_verified", "");
    before.assert_unchanged(&app).await;
}

async fn a_closed_sign_up_is_closed_for_codes(app: TestApp) {
    let page = app.anonymous();
    let pending = page.asked_for_code("register", "ada@example.com").await;
    app.made_user("bob@example.com", Origin::Import).await;
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    for identifier in ["ada@example.com", "bob@example.com"] {
        let refused = page.ask_for_code("register", identifier).await;
        refused.assert_refused(403, "operation_not_allowed", "public_signup_disabled");
        assert!(refused.sentence().starts_with("Public signup"));
    }
    pending.type_code(pending.code()).await.assert_refused(
        403,
        "operation_not_allowed",
        "public_signup_disabled",
    );
    before.assert_unchanged(&app).await;
    let asking = page.asked_for_code("login", "bob@example.com").await;
    opens(asking.type_code(asking.code()).await);
}

async fn profile_management_off_keeps_addresses_as_they_are(app: TestApp) {
    let ada = app.user("ada").await;
    app.set(|settings| {
        settings.profile_management = false;
        settings.allowed_identifier = AllowedIdentifier::Both;
    })
    .await;
    let before = app.rows().await;
    for (kind, to) in [
        ("email", "countess@example.com"),
        ("email", ""),
        ("phone", NUMBER),
        ("phone", ""),
    ] {
        ada.ask_to_change(kind, to, None).await.assert_refused(
            403,
            "operation_not_allowed",
            "profile_management_disabled",
        );
    }
    before.assert_unchanged(&app).await;
}

async fn a_passkey_only_app_sends_nothing(app: TestApp) {
    app.set(|settings| {
        settings.magic_links = false;
        settings.one_time_codes = false;
    })
    .await;
    let mut ada = app.user("ada").await;
    ada.sign_in().await;
    let info = ada.page.get("").await.expect(200)["app"].clone();
    assert_eq!(info["auth_methods"], json!({ "passkeys": {} }));
    assert_eq!(info["auth_fallback_method"], "none");
    let before = app.rows().await;
    for mode in ["login", "register"] {
        ada.page
            .ask(mode, "ada@example.com", None)
            .await
            .assert_refused(403, "operation_not_allowed", "magic_links_disabled");
        ada.page
            .ask_for_code(mode, "ada@example.com")
            .await
            .assert_refused(403, "operation_not_allowed", "one_time_codes_disabled");
    }
    before.assert_unchanged(&app).await;
}
