//! Who owns an address (D7), told as attacks: passkeys planted before the owner comes, addresses of imported users.

use ginnel::domain::users::Origin;
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, Key, TestApp, User, opens, stories};

stories!(
    a_passkey_planted_on_a_strangers_address_goes_when_they_come,
    a_planted_passkey_goes_with_a_code_and_with_digits_too,
    a_change_of_address_begun_by_the_planter_dies_with_the_first_proof,
    ceremonies_begun_before_the_proof_make_nothing_after_it,
    the_planter_cannot_use_the_owners_mail,
    nobody_registers_the_address_of_an_imported_user,
    an_owner_keeps_the_passkey_of_the_session_that_proves,
    an_owner_on_a_second_device_loses_the_first_passkey_once,
    another_users_session_keeps_nothing,
    a_proven_account_loses_nothing_by_a_link,
    imported_metadata_stays_and_a_planters_goes,
);

/// Whether the sessions and the passkey of somebody who was there before still work.
async fn is_locked_out(planter: &mut User) {
    planter
        .get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    planter
        .page
        .refresh(planter.refresh_token())
        .await
        .assert_refused(401, "invalid_refresh_token", "");
    let discoverable = planter.discoverable_assertion().await;
    planter
        .page
        .finish_login(&discoverable)
        .await
        .assert_refused(401, "discoverable_login_failed", "unknown_credential");
}

async fn a_passkey_planted_on_a_strangers_address_goes_when_they_come(app: TestApp) {
    let mut eve = app.user("ada").await;
    eve.add_passkey().await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    let tokens = opens(asking.open().await);
    assert!(
        before
            .changes(&app)
            .await
            .contains(&"passkeys -2".to_owned())
    );
    is_locked_out(&mut eve).await;
    let me = app
        .anonymous()
        .get("/currentuser")
        .bearer(tokens["auth_token"].as_str().unwrap());
    assert_eq!(me.await.expect(200)["user"]["webauthn_devices"], json!([]));
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AccountClaimed, "ada@example.com")
    );
    assert!(
        app.events(&eve.id)
            .await
            .contains(&"account_claimed success".to_owned())
    );
}

async fn a_planted_passkey_goes_with_a_code_and_with_digits_too(app: TestApp) {
    for (name, by_code) in [("ada", true), ("bob", false)] {
        let mut eve = app.user(name).await;
        let asking = app
            .anonymous()
            .asked("login", &eve.identifier, Some(KEY))
            .await;
        if by_code {
            opens(asking.type_code(asking.code()).await);
        } else {
            let digits = asking.digits.clone().unwrap();
            asking.open_elsewhere(Some(&digits)).await.expect(202);
            is_locked_out(&mut eve).await;
            opens(asking.status().await);
        }
        is_locked_out(&mut eve).await;
    }
}

async fn a_change_of_address_begun_by_the_planter_dies_with_the_first_proof(app: TestApp) {
    let eve = app.user("ada").await;
    let change = eve
        .asked_for_address("eve@example.com", Some(Key("the key of Eve's browser")))
        .await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", Some(KEY))
        .await;
    opens(asking.open().await);
    let before = app.rows().await;
    change
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
    change.type_code(change.code()).await.assert_refused(
        404,
        "magic_link_not_found",
        "magic_link_expired",
    );
    before.assert_unchanged(&app).await;
    assert!(app.stored_user("eve@example.com").await.is_none());
}

async fn ceremonies_begun_before_the_proof_make_nothing_after_it(app: TestApp) {
    let page = app.anonymous();
    // One begun for a sign-up, one by somebody who is signed in.
    let sign_up = page.start_registration("ada@example.com").await;
    let eve = app.user("bob").await;
    let adding = eve.start_adding().await;
    opens(
        page.asked("register", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    opens(
        page.asked("login", "bob@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let before = app.rows().await;
    let creation = app.authenticator().create(&sign_up);
    page.finish_registration(&creation).await.assert_refused(
        400,
        "invalid_request",
        "user_already_exists",
    );
    let creation = app.authenticator().create(&adding);
    let refused = eve
        .post("/currentuser/devices/finish", creation.body())
        .await;
    refused.assert_refused(401, "invalid_access_token", "");
    before.assert_unchanged(&app).await;
    let again = page
        .post(
            "/register/webauthn/start",
            json!({ "identifier": "ada@example.com" }),
        )
        .await;
    again.assert_refused(403, "operation_not_allowed", "user_already_registered");
}

async fn the_planter_cannot_use_the_owners_mail(app: TestApp) {
    let mut eve = app.user("ada").await;
    // Eve asks from her browser for a proof of the address; the mail goes to the owner, who opens it.
    let asking = eve
        .asked_for_address("ada@example.com", Some(Key("the key of Eve's browser")))
        .await;
    assert_eq!(asking.letter.kind, Kind::VerifyAddress);
    asking.open_elsewhere(None).await.assert_refused(
        403,
        "operation_not_allowed",
        "digits_required",
    );
    assert!(
        !app.stored_user("ada@example.com")
            .await
            .unwrap()
            .email_verified
    );
    // And without a key, hoping to be the session that proves: the opener is, and Eve is out.
    let asking = eve.asked_for_address("ada@example.com", None).await;
    opens(asking.open().await);
    is_locked_out(&mut eve).await;
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "");
}

async fn nobody_registers_the_address_of_an_imported_user(app: TestApp) {
    app.made_user("ada@example.com", Origin::Import).await;
    let page = app.anonymous();
    let before = app.rows().await;
    let body = json!({ "identifier": "ada@example.com" });
    page.post("/register/webauthn/start", body.clone())
        .await
        .assert_refused(403, "identifier_not_verified", "");
    page.post("/users", body)
        .await
        .assert_refused(400, "invalid_request", "user_already_exists");
    before.assert_unchanged(&app).await;
    // Asking for a link only sends mail to the owner.
    let asking = page
        .asked(
            "register",
            "ada@example.com",
            Some(Key("the key of Eve's browser")),
        )
        .await;
    assert_eq!(asking.letter.to, "ada@example.com");
    asking.open_elsewhere(None).await.assert_refused(
        403,
        "operation_not_allowed",
        "digits_required",
    );
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_pending");
}

async fn an_owner_keeps_the_passkey_of_the_session_that_proves(app: TestApp) {
    // By the bearer token of the browser that opens the link …
    let mut ada = app.user("ada").await;
    let (_, second) = ada.add_passkey().await;
    let asking = ada.page.asked("login", "ada@example.com", Some(KEY)).await;
    let body = json!({ "magic_link": asking.secret(), "browser_key": KEY.0 });
    opens(ada.call("PATCH", "/magic-link/activate").json(body).await);
    let kept = ada.passkeys().await;
    assert_eq!(kept.len(), 1);
    assert_ne!(kept[0], second);
    ada.sign_in().await;
    // … and by the key of the browser whose session asked for the proof.
    let mut bob = app.user("bob").await;
    let asking = bob.asked_for_address("bob@example.com", Some(KEY)).await;
    opens(asking.open().await);
    assert_eq!(bob.passkeys().await.len(), 1);
    bob.sign_in().await;
    assert!(!app.letter_kinds().await.contains(&Kind::AccountClaimed) || kept.len() == 1);
}

async fn an_owner_on_a_second_device_loses_the_first_passkey_once(app: TestApp) {
    let mut ada = app.user("ada").await;
    // Nothing tells the owner's own passkey from a planted one.
    opens(
        app.anonymous()
            .asked("login", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    is_locked_out(&mut ada).await;
    // From then on links take nothing away.
    let tokens = opens(
        app.anonymous()
            .asked("login", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let ada = User { tokens, ..ada };
    let (_, passkey) = ada.add_passkey().await;
    opens(
        app.anonymous()
            .asked("login", "ada@example.com", Some(Key("a third device")))
            .await
            .open()
            .await,
    );
    assert_eq!(ada.passkeys().await, [passkey]);
}

async fn another_users_session_keeps_nothing(app: TestApp) {
    let mut eve = app.user("ada").await;
    let bob = app.user("bob").await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    let body = json!({ "magic_link": asking.secret() });
    opens(bob.call("PATCH", "/magic-link/activate").json(body).await);
    is_locked_out(&mut eve).await;
    assert_eq!(bob.passkeys().await.len(), 1);
    // A token that is no good counts as none.
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    let body = json!({ "magic_link": asking.secret() });
    let call = app
        .anonymous()
        .call("PATCH", "/magic-link/activate")
        .bearer("nonsense");
    opens(call.json(body).await);
}

async fn a_proven_account_loses_nothing_by_a_link(app: TestApp) {
    let page = app.anonymous();
    let tokens = opens(
        page.asked("register", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let ada = User {
        page: page.clone(),
        identifier: "ada@example.com".into(),
        id: String::new(),
        authenticator: app.authenticator(),
        tokens,
    };
    ada.add_passkey().await;
    let before = app.rows().await;
    opens(
        page.asked("login", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let changes = before.changes(&app).await;
    assert!(
        !changes.iter().any(|line| line.starts_with("passkeys")),
        "{changes:?}"
    );
    ada.get("/currentuser").await.expect(200);
}

async fn imported_metadata_stays_and_a_planters_goes(app: TestApp) {
    let mut imported = app.made_user("ada@example.com", Origin::Import).await;
    let planted = app.user("bob").await;
    imported.user_metadata = json!({ "plan": "gold" });
    for id in [imported.id.to_string(), planted.id.clone()] {
        app.write(move |tx| {
            ginnel::store::testing::execute(
                tx,
                "UPDATE users SET user_metadata = '{\"plan\":\"gold\"}' WHERE id = $1",
                &[&id.as_str()],
            )
        })
        .await;
    }
    for name in ["ada@example.com", "bob@example.com"] {
        opens(
            app.anonymous()
                .asked("login", name, None)
                .await
                .open()
                .await,
        );
    }
    let metadata = async |name| app.stored_user(name).await.unwrap().user_metadata;
    assert_eq!(metadata("ada@example.com").await, imported.user_metadata);
    assert_eq!(metadata("bob@example.com").await, json!({}));
}
