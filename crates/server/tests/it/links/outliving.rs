//! Codes that outlive what they were sent for, and codes of one purpose used for another.

use ginnel::domain::apps::AllowedIdentifier;
use ginnel::domain::users::{Origin, Status};
use serde_json::json;

use crate::support::{KEY, TestApp, User, opens, stories};

stories!(
    a_code_dies_with_the_address_it_was_sent_to,
    a_code_of_an_address_given_up_opens_nobody_elses_account,
    a_code_for_a_change_dies_with_the_session_that_asked,
    a_code_for_a_change_that_somebody_else_won_is_refused,
    a_code_of_a_removed_user_is_worth_nothing,
    a_code_of_a_deactivated_user_opens_nothing_and_stays,
    a_code_of_an_app_that_lost_its_codes_is_refused,
    a_link_is_no_code_and_a_code_is_no_link,
);

const NUMBER: &str = "+15550109999";

async fn signed_up(app: &TestApp, identifier: &str) -> User {
    let page = app.anonymous();
    let asking = page.asked_for_code("register", identifier).await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let user = app.stored_user(identifier).await.unwrap();
    User {
        page,
        identifier: identifier.to_owned(),
        id: user.id.to_string(),
        authenticator: app.authenticator(),
        tokens,
    }
}

async fn a_code_dies_with_the_address_it_was_sent_to(app: TestApp) {
    let ada = signed_up(&app, "ada@example.com").await;
    let at_the_old = app
        .anonymous()
        .asked_for_code("login", "ada@example.com")
        .await;
    let change = ada.asked_for_address("ada@example.org", Some(KEY)).await;
    let at_the_new = ada.page.asked_for_code("register", "ada@example.org").await;
    opens(change.open().await);
    let before = app.rows().await;
    let refused = at_the_old.type_code(at_the_old.code()).await;
    refused.assert_refused(400, "invalid_request", "code_expired");
    before.assert_unchanged(&app).await;
    // One that was sent to the new address by a sign-up there finds the account that has it now.
    let tokens = opens(at_the_new.type_code(at_the_new.code()).await);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims["sub"], ada.id);
}

async fn a_code_of_an_address_given_up_opens_nobody_elses_account(app: TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    let ada = signed_up(&app, "ada@example.com").await;
    opens(ada.asked_for_number(NUMBER, Some(KEY)).await.open().await);
    let old = app.anonymous().asked_for_code("login", NUMBER).await;
    ada.ask_to_change("phone", "", None).await.expect(200);
    // The number's next owner signs up with it.
    let bob = signed_up(&app, NUMBER).await;
    assert_ne!(bob.id, ada.id);
    old.type_code(old.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    assert_eq!(app.stored_user(NUMBER).await.unwrap().id.as_str(), bob.id);
}

async fn a_code_for_a_change_dies_with_the_session_that_asked(app: TestApp) {
    let ada = signed_up(&app, "ada@example.com").await;
    let change = ada.asked_for_address("ada@example.org", None).await;
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    let before = app.rows().await;
    change.type_code(change.code()).await.assert_refused(
        404,
        "magic_link_not_found",
        "magic_link_expired",
    );
    before.assert_unchanged(&app).await;
    assert!(app.stored_user("ada@example.org").await.is_none());
}

async fn a_code_for_a_change_that_somebody_else_won_is_refused(app: TestApp) {
    let ada = signed_up(&app, "ada@example.com").await;
    let bob = signed_up(&app, "bob@example.com").await;
    let change = ada.asked_for_address("shared@example.org", None).await;
    // A later code to the same address ends the one before, whoever asked.
    let later = bob.asked_for_address("shared@example.org", Some(KEY)).await;
    change
        .type_code(change.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    opens(later.open().await);
    change
        .open()
        .await
        .assert_refused(400, "invalid_request", "user_already_exists");
    let owner = app.stored_user("shared@example.org").await.unwrap();
    assert_eq!(owner.id.as_str(), bob.id);
    assert!(app.stored_user("ada@example.com").await.is_some());
}

async fn a_code_of_a_removed_user_is_worth_nothing(app: TestApp) {
    let ada = signed_up(&app, "ada@example.com").await;
    let asking = app
        .anonymous()
        .asked_for_code("login", "ada@example.com")
        .await;
    let id = ada.id.parse().unwrap();
    app.write(move |tx| tx.remove_user(&id)).await;
    asking.type_code(asking.code()).await.assert_refused(
        404,
        "magic_link_not_found",
        "magic_link_expired",
    );
    assert!(app.stored_user("ada@example.com").await.is_none());
}

async fn a_code_of_a_deactivated_user_opens_nothing_and_stays(app: TestApp) {
    let ada = signed_up(&app, "ada@example.com").await;
    let asking = app
        .anonymous()
        .asked_for_code("login", "ada@example.com")
        .await;
    let status = async |status: Status| {
        let (id, now) = (ada.id.parse().unwrap(), app.now());
        app.write(move |tx| tx.update_user_status(&id, status, now))
            .await;
    };
    status(Status::Inactive).await;
    let before = app.rows().await;
    asking
        .type_code(asking.code())
        .await
        .assert_refused(403, "user_not_active", "");
    before.assert_unchanged(&app).await;
    status(Status::Active).await;
    opens(asking.type_code(asking.code()).await);
}

async fn a_code_of_an_app_that_lost_its_codes_is_refused(app: TestApp) {
    app.made_user("ada@example.com", Origin::Import).await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", Some(KEY))
        .await;
    app.set(|settings| settings.one_time_codes = false).await;
    asking.type_code(asking.code()).await.assert_refused(
        403,
        "operation_not_allowed",
        "one_time_codes_disabled",
    );
    opens(asking.open().await);
}

async fn a_link_is_no_code_and_a_code_is_no_link(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", None)
        .await;
    let page = app.anonymous();
    for secret in [asking.code(), &asking.id, "", "\u{0}", " "] {
        let body = json!({ "magic_link": secret });
        let refused = page.call("PATCH", "/magic-link/activate").json(body).await;
        refused.assert_refused(404, "magic_link_not_found", "");
    }
    let secret = asking.secret();
    for (otp, id) in [
        (secret.as_str(), asking.id.as_str()),
        (asking.code(), secret.as_str()),
        (asking.code(), ""),
        (asking.code(), "\u{0}"),
        (asking.code(), "../../../"),
    ] {
        let body = json!({ "otp": otp, "otp_id": id });
        let refused = page.post("/otp/activate", body).await;
        assert_eq!(refused.refusal().0, 400, "{}", refused.text());
    }
    for body in [
        json!({ "otp": 123456, "otp_id": asking.id }),
        json!({ "otp": [asking.code()], "otp_id": asking.id }),
        json!({ "otp": { "$ne": "" }, "otp_id": asking.id }),
        json!({ "otp_id": asking.id }),
        json!({ "otp": asking.code() }),
    ] {
        let refused = page.post("/otp/activate", body).await;
        refused.assert_refused(400, "invalid_request", "");
    }
    opens(asking.open().await);
}
