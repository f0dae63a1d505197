//! The back end's half of Flex, as the six functions of Passage's packages for Rust and Node call it.

use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    transactions_and_nonces_have_the_shapes_of_passages_packages,
    refusals_are_those_of_the_contract,
    calls_come_by_passages_host_name,
    fifty_passkeys_are_enough,
);

async fn transactions_and_nonces_have_the_shapes_of_passages_packages(app: TestApp) {
    let back_end = app.flex().await;
    let body = json!({ "external_id": "ada", "passkey_display_name": "ada@example.com" });
    let answer = back_end
        .post("/transactions/register", body)
        .await
        .expect(201);
    assert_eq!(answer.as_object().unwrap().len(), 1);
    let id = answer["transaction_id"].as_str().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    back_end.enrolled("ada").await;
    let body = json!({ "external_id": "ada" });
    let answer = back_end
        .post("/transactions/authenticate", body)
        .await
        .expect(201);
    assert_eq!(answer.as_object().unwrap().len(), 1);
    // Without a media type, as Python's old package sends it.
    let call = back_end
        .call("POST", "/transactions/authenticate")
        .body(r#"{"external_id":"ada"}"#);
    call.await.expect(201);
}

async fn refusals_are_those_of_the_contract(app: TestApp) {
    let back_end = app.flex().await;
    let nobody = json!({ "external_id": "nobody" });
    let before = app.rows().await;
    let answer = back_end.post("/transactions/authenticate", nobody).await;
    answer.assert_refused(404, "user_not_found", "");
    let changes = before.changes(&app).await;
    assert!(
        changes.iter().all(|change| change.starts_with("api_keys")),
        "{changes:?}"
    );
    back_end.register("ada").await;
    let ada = json!({ "external_id": "ada" });
    let answer = back_end
        .post("/transactions/authenticate", ada.clone())
        .await;
    answer.assert_refused(409, "user_has_no_passkeys", "");
    for path in [
        "/transactions/register",
        "/transactions/authenticate",
        "/authenticate/verify",
    ] {
        for body in [json!({}), json!({ "external_id": null, "nonce": null })] {
            let answer = back_end.post(path, body).await;
            answer.assert_refused(400, "invalid_request", "");
        }
        let call = back_end.post(path, ada.clone()).without("authorization");
        call.await
            .assert_refused(401, "invalid_access_token", "token_missing");
    }
    // Case is the back end's own business.
    let answer = back_end
        .post(
            "/transactions/authenticate",
            json!({ "external_id": "Ada" }),
        )
        .await;
    answer.assert_refused(404, "user_not_found", "");
}

async fn calls_come_by_passages_host_name(app: TestApp) {
    let back_end = app.flex().await;
    let path = format!("/v1/apps/{}/transactions/register/", app.id);
    let call = app
        .call("POST", &path)
        .bearer(&back_end.key)
        .header("host", "api.passage.id")
        .json(json!({ "external_id": "ada", "passkey_display_name": "Ada" }));
    let transaction = call.await.expect(201)["transaction_id"].clone();
    let page = app.anonymous();
    let path = format!("/v1/apps/{}/register/transactions/webauthn/start", app.id);
    let call = page
        .app
        .call("POST", &path)
        .header("origin", crate::support::ORIGIN)
        .header("host", "auth.passage.id")
        .json(json!({ "transaction_id": transaction, "authenticator_attachment": "platform" }));
    call.await.expect(200);
}

async fn fifty_passkeys_are_enough(app: TestApp) {
    let back_end = app.flex().await;
    for _ in 0..49 {
        back_end.enrolled("ada").await;
    }
    // Two begin while there is room for one.
    let page = app.anonymous();
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let transaction = back_end.register("ada").await;
        let start = page
            .post(
                "/register/transactions/webauthn/start",
                json!({ "transaction_id": transaction }),
            )
            .await
            .expect(200);
        let mut body = app.authenticator().create(&start).body();
        body["transaction_id"] = transaction.into();
        bodies.push(body);
    }
    let path = "/register/transactions/webauthn/finish";
    let (one, two) = tokio::join!(
        page.post(path, bodies[0].clone()),
        page.post(path, bodies[1].clone())
    );
    let mut answers = [one, two];
    answers.sort_by_key(|answer| answer.status);
    answers[0].expect(200);
    answers[1].assert_refused(403, "operation_not_allowed", "too_many_passkeys");
    let body = json!({ "external_id": "ada", "passkey_display_name": "Ada" });
    let answer = back_end.post("/transactions/register", body).await;
    answer.assert_refused(403, "cannot_create_transaction", "too_many_passkeys");
}
