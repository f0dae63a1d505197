//! Who may make the first passkey of an account (D7): only somebody who signs up, while nothing is proven yet.

use ginnel::domain::users::{Origin, Status};
use serde_json::json;

use crate::support::{TestApp, stories, stories_on_postgres};

stories!(
    an_account_with_a_passkey_takes_no_other_without_signing_in,
    an_account_that_signed_in_once_takes_no_passkey,
    no_passkey_is_planted_on_an_account_that_somebody_made,
    no_passkey_is_planted_on_a_proven_address,
    a_deactivated_account_takes_no_passkey,
    an_account_may_change_between_start_and_finish,
    sign_up_may_close_between_start_and_finish,
    of_two_sign_ups_of_one_identifier_one_wins,
);

const START: &str = "/register/webauthn/start";

async fn an_account_with_a_passkey_takes_no_other_without_signing_in(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let answer = ada
        .page
        .post(START, json!({ "identifier": "ada@example.com" }));
    let answer = answer.await;
    answer.assert_refused(403, "operation_not_allowed", "user_already_registered");
    before.assert_unchanged(&app).await;
}

async fn an_account_that_signed_in_once_takes_no_passkey(app: TestApp) {
    let page = app.anonymous();
    let identifier = json!({ "identifier": "ada@example.com" });
    page.post("/users", identifier.clone()).await.expect(201);
    // As after a sign-in by link or code.
    let id = app.stored_user("ada@example.com").await.unwrap().id;
    let now = app.now();
    app.write(move |tx| tx.update_user_signed_in(&id, now))
        .await;
    let answer = page.post(START, identifier).await;
    answer.assert_refused(403, "operation_not_allowed", "user_already_registered");
}

async fn no_passkey_is_planted_on_an_account_that_somebody_made(app: TestApp) {
    for (identifier, origin) in [
        ("imported@example.com", Origin::Import),
        ("managed@example.com", Origin::Management),
    ] {
        app.made_user(identifier, origin).await;
        let before = app.rows().await;
        let answer = app
            .anonymous()
            .post(START, json!({ "identifier": identifier }));
        let answer = answer.await;
        answer.assert_refused(403, "identifier_not_verified", "");
        before.assert_unchanged(&app).await;
    }
}

async fn no_passkey_is_planted_on_a_proven_address(app: TestApp) {
    let page = app.anonymous();
    let identifier = json!({ "identifier": "ada@example.com" });
    page.post("/users", identifier.clone()).await.expect(201);
    let start = page.start_registration("ada@example.com").await;
    app.write(|tx| {
        ginnel::store::testing::execute(tx, "UPDATE users SET email_verified = TRUE", &[])
    })
    .await;
    let before = app.rows().await;
    let answer = page.post(START, identifier).await;
    answer.assert_refused(403, "identifier_not_verified", "");
    // Nor by a ceremony that was begun before.
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(403, "operation_not_allowed", "user_already_registered");
    before.assert_unchanged(&app).await;
}

async fn a_deactivated_account_takes_no_passkey(app: TestApp) {
    let page = app.anonymous();
    let identifier = json!({ "identifier": "ada@example.com" });
    page.post("/users", identifier.clone()).await.expect(201);
    let start = page.start_registration("ada@example.com").await;
    let (id, now) = (
        app.stored_user("ada@example.com").await.unwrap().id,
        app.now(),
    );
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    let before = app.rows().await;
    let answer = page.post(START, identifier).await;
    answer.assert_refused(403, "user_not_active", "");
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    assert_eq!(answer.status, 403);
    before.assert_unchanged(&app).await;
}

async fn an_account_may_change_between_start_and_finish(app: TestApp) {
    let page = app.anonymous();
    // Nobody had the identifier at the start; at the finish somebody does.
    let start = page.start_registration("ada@example.com").await;
    app.made_user("ada@example.com", Origin::Import).await;
    let before = app.rows().await;
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(400, "invalid_request", "user_already_exists");
    before.assert_unchanged(&app).await;
    // The account was there at the start; at the finish it is gone.
    page.post("/users", json!({ "identifier": "bob@example.com" }))
        .await
        .expect(201);
    let start = page.start_registration("bob@example.com").await;
    let id = app.stored_user("bob@example.com").await.unwrap().id;
    assert!(app.write(move |tx| tx.remove_user(&id)).await);
    let before = app.rows().await;
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    assert_eq!(answer.status, 403);
    before.assert_unchanged(&app).await;
}

async fn sign_up_may_close_between_start_and_finish(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    let creation = app.authenticator().create(&start);
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(403, "operation_not_allowed", "public_signup_disabled");
    before.assert_unchanged(&app).await;
}

async fn of_two_sign_ups_of_one_identifier_one_wins(app: TestApp) {
    sign_up_at_once(&app, &app, "ada@example.com").await;
    // The same with an account that waits for its first passkey.
    let body = json!({ "identifier": "bob@example.com" });
    app.anonymous().post("/users", body).await.expect(201);
    sign_up_at_once(&app, &app, "bob@example.com").await;
}

async fn sign_up_at_once(one: &TestApp, other: &TestApp, identifier: &str) {
    let (one, other) = (one.anonymous(), other.anonymous());
    let first = one.start_registration(identifier).await;
    let second = other.start_registration(identifier).await;
    let (first, second) = (
        one.app.authenticator().create(&first),
        one.app.authenticator().create(&second),
    );
    let (first, second) = tokio::join!(
        one.finish_registration(&first),
        other.finish_registration(&second)
    );
    let mut statuses = [first.status, second.status];
    statuses.sort();
    assert!(
        matches!(statuses, [201, 400 | 403]),
        "{} {}",
        first.text(),
        second.text()
    );
    let user = one.app.stored_user(identifier).await.unwrap();
    assert_eq!(user.login_count, 1);
    let passkeys = one.app.read(move |tx| tx.list_passkeys(&user.id)).await;
    assert_eq!(passkeys.len(), 1);
}

mod two_nodes {
    //! The same race over two nodes.

    use super::*;

    stories_on_postgres!(of_two_sign_ups_on_two_nodes_one_wins);

    async fn of_two_sign_ups_on_two_nodes_one_wins(app: TestApp) {
        let other = app.another_node().await;
        for number in 0..5 {
            sign_up_at_once(&app, &other, &format!("new{number}@example.com")).await;
            let pending = format!("pending{number}@example.com");
            let body = json!({ "identifier": pending });
            app.anonymous().post("/users", body).await.expect(201);
            sign_up_at_once(&app, &other, &pending).await;
        }
    }
}
