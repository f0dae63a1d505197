//! Changing an address, and proving the one that there is (D7).

use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, Key, TestApp, opens, stories};

stories!(
    an_address_is_changed_by_its_new_mailbox_and_told_to_the_old,
    a_change_opened_elsewhere_needs_the_digits,
    links_to_the_old_address_die_with_the_change,
    an_address_that_was_taken_meanwhile_is_refused,
    whoever_proves_anothers_change_owns_what_is_left,
    somebody_who_never_proved_the_address_has_no_claim_to_it,
    an_approved_link_dies_with_the_change,
    a_change_needs_a_recent_sign_in_and_a_living_session,
    an_address_is_proven_in_place,
    addresses_to_change_to_are_checked,
);

async fn an_address_is_changed_by_its_new_mailbox_and_told_to_the_old(app: TestApp) {
    let mut ada = app.user("ada").await;
    let asking = ada
        .asked_for_address("Countess@Example.com", Some(KEY))
        .await;
    assert_eq!(
        (asking.letter.kind, asking.letter.to.as_str()),
        (Kind::ChangeAddress, "countess@example.com")
    );
    assert!(
        asking
            .letter
            .link
            .as_ref()
            .unwrap()
            .contains("?psg_verify_link=")
    );
    // Nothing has changed yet.
    assert!(app.stored_user("countess@example.com").await.is_none());
    let tokens = opens(asking.open().await);
    let user = app.stored_user("countess@example.com").await.unwrap();
    assert_eq!(
        (user.id.as_str(), user.email_verified),
        (ada.id.as_str(), true)
    );
    assert!(app.stored_user("ada@example.com").await.is_none());
    assert_eq!(
        app.claims(tokens["auth_token"].as_str().unwrap())["sub"],
        ada.id
    );
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AddressChanged, "ada@example.com")
    );
    assert_eq!(told.detail.as_deref(), Some("c…@example.com"));
    // The session that asked goes on, and its passkey.
    ada.get("/currentuser").await.expect(200);
    ada.identifier = "countess@example.com".into();
    ada.sign_in().await;
    assert!(
        app.events(&ada.id)
            .await
            .contains(&"address_changed success".to_owned())
    );
}

async fn a_change_opened_elsewhere_needs_the_digits(app: TestApp) {
    let ada = app.user("ada").await;
    let asking = ada
        .asked_for_address("countess@example.com", Some(KEY))
        .await;
    asking.open_elsewhere(None).await.assert_refused(
        403,
        "operation_not_allowed",
        "digits_required",
    );
    let wrong = asking.wrong_digits();
    asking.open_elsewhere(Some(&wrong)).await.assert_refused(
        401,
        "invalid_magic_link",
        "wrong_digits",
    );
    let asking = ada
        .asked_for_address("countess@example.com", Some(KEY))
        .await;
    let digits = asking.digits.clone().unwrap();
    asking.open_elsewhere(Some(&digits)).await.expect(202);
    assert!(app.stored_user("countess@example.com").await.is_some());
    opens(asking.status().await);
    assert_eq!(ada.passkeys().await.len(), 1);
}

async fn links_to_the_old_address_die_with_the_change(app: TestApp) {
    let ada = app.user("ada").await;
    let old = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    let other = ada.asked_for_address("third@example.com", Some(KEY)).await;
    let change = ada
        .asked_for_address("countess@example.com", Some(KEY))
        .await;
    opens(change.open().await);
    for dead in [&old, &other] {
        dead.open()
            .await
            .assert_refused(404, "magic_link_not_found", "magic_link_expired");
        dead.type_code(dead.code())
            .await
            .assert_refused(400, "invalid_request", "code_expired");
    }
    app.anonymous()
        .ask("login", "ada@example.com", None)
        .await
        .assert_refused(404, "user_not_found", "");
}

async fn an_address_that_was_taken_meanwhile_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let change = ada.asked_for_address("bob@example.com", Some(KEY)).await;
    let bob = app
        .anonymous()
        .asked("register", "bob@example.com", None)
        .await;
    opens(bob.open().await);
    let before = app.rows().await;
    change
        .open()
        .await
        .assert_refused(400, "invalid_request", "user_already_exists");
    before.assert_unchanged(&app).await;
}

async fn a_change_needs_a_recent_sign_in_and_a_living_session(app: TestApp) {
    let mut ada = app.user("ada").await;
    let change = ada
        .asked_for_address("countess@example.com", Some(KEY))
        .await;
    app.advance(10 * 60 + 1);
    let body = json!({ "new_email": "countess@example.com" });
    let refused = ada.call("PATCH", "/currentuser/email").json(body).await;
    refused.assert_refused(403, "operation_not_allowed", "reauthentication_required");
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    change
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
    // A sign-in by link is as recent as one by passkey.
    ada.tokens = opens(
        app.anonymous()
            .asked("login", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    ada.asked_for_address("countess@example.com", Some(KEY))
        .await;
}

async fn an_address_is_proven_in_place(app: TestApp) {
    let ada = app.user("ada").await;
    let asking = ada.asked_for_address("ADA@example.com", Some(KEY)).await;
    assert_eq!(asking.letter.kind, Kind::VerifyAddress);
    opens(asking.type_code(asking.code()).await);
    let user = ada.get("/currentuser").await.expect(200)["user"].clone();
    assert_eq!(
        (&user["email_verified"], &user["webauthn"]),
        (&json!(true), &json!(true))
    );
    let body = json!({ "new_email": "ada@example.com" });
    let refused = ada.call("PATCH", "/currentuser/email").json(body).await;
    refused.assert_refused(400, "invalid_request", "");
    assert!(
        refused.sentence().contains("already"),
        "{}",
        refused.sentence()
    );
}

async fn addresses_to_change_to_are_checked(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    for (bad, code, reason) in [
        ("", "operation_not_allowed", "last_identifier"),
        ("nonsense", "invalid_request", ""),
        (
            "ada@example.com\r\nBcc: eve@example.com",
            "invalid_request",
            "",
        ),
        ("+15550109999", "invalid_request", ""),
    ] {
        let call = ada
            .call("PATCH", "/currentuser/email")
            .json(json!({ "new_email": bad }));
        let (_, refused, why) = call.await.refusal();
        assert_eq!((refused.as_str(), why.as_str()), (code, reason), "{bad}");
    }
    let anonymous = app.anonymous().call("PATCH", "/currentuser/email");
    let refused = anonymous
        .json(json!({ "new_email": "eve@example.com" }))
        .await;
    refused.assert_refused(401, "invalid_access_token", "token_missing");
    before.assert_unchanged(&app).await;
}

async fn whoever_proves_anothers_change_owns_what_is_left(app: TestApp) {
    // Eve proves an address of her own, and asks for Ada's without a key; Ada, or a scanner, opens the mail.
    let mut eve = app.user("eve").await;
    let own = eve.asked_for_address("eve@example.com", Some(KEY)).await;
    opens(own.open().await);
    let change = eve.asked_for_address("ada@example.com", None).await;
    let before = app.rows().await;
    let tokens = opens(change.open().await);
    assert!(
        before
            .changes(&app)
            .await
            .contains(&"passkeys -1".to_owned())
    );
    eve.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    eve.page
        .refresh(eve.refresh_token())
        .await
        .assert_refused(401, "invalid_refresh_token", "");
    let assertion = eve.discoverable_assertion().await;
    let refused = eve.page.finish_login(&assertion).await;
    refused.assert_refused(401, "discoverable_login_failed", "unknown_credential");
    assert!(app.letter_kinds().await.contains(&Kind::AccountClaimed));
    let me = app
        .anonymous()
        .get("/currentuser")
        .bearer(tokens["auth_token"].as_str().unwrap());
    assert_eq!(me.await.expect(200)["user"]["webauthn_devices"], json!([]));
}

async fn somebody_who_never_proved_the_address_has_no_claim_to_it(app: TestApp) {
    let mut squatter = app.user("new").await;
    let ada = app.user("ada").await;
    let asking = ada.asked_for_address("new@example.com", Some(KEY)).await;
    assert_eq!(asking.letter.kind, Kind::ChangeAddress);
    opens(asking.open().await);
    assert_eq!(
        app.stored_user("new@example.com")
            .await
            .unwrap()
            .id
            .as_str(),
        ada.id
    );
    squatter
        .get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    let assertion = squatter.discoverable_assertion().await;
    let refused = squatter.page.finish_login(&assertion).await;
    refused.assert_refused(401, "discoverable_login_failed", "unknown_credential");
    // Whoever proved it has.
    let bob = app.user("bob").await;
    let refused = bob
        .call("PATCH", "/currentuser/email")
        .json(json!({ "new_email": "new@example.com" }))
        .await;
    refused.assert_refused(400, "invalid_request", "user_already_exists");
}

async fn an_approved_link_dies_with_the_change(app: TestApp) {
    let ada = app.user("ada").await;
    opens(
        ada.asked_for_address("ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", Some(Key("another device")))
        .await;
    let digits = asking.digits.clone().unwrap();
    asking.open_elsewhere(Some(&digits)).await.expect(202);
    opens(
        ada.asked_for_address("countess@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
}
