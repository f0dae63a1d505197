//! Bodies that are no bodies: too large, no JSON, other types. Each is a 400 or 413 with a sentence, and nothing is stored.

use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    what_is_no_json_is_refused,
    what_has_other_types_is_refused,
    what_is_unknown_is_passed_over,
    a_body_has_at_most_64_kib,
    an_empty_body_is_refused_where_something_is_needed,
);

/// Every path that takes a body from anybody.
const PATHS: [&str; 6] = [
    "/users",
    "/register/webauthn/start",
    "/register/webauthn/finish",
    "/login/webauthn/start",
    "/login/webauthn/finish",
    "/tokens",
];

async fn what_is_no_json_is_refused(app: TestApp) {
    let before = app.rows().await;
    let deep = "[".repeat(10_000);
    let bodies: [&[u8]; 8] = [
        b"{",
        b"{\"identifier\":",
        b"{'identifier':'a@example.com'}",
        b"identifier=a@example.com",
        b"{\"identifier\":\"\xff\"}",
        b"{} {}",
        b"<html>",
        deep.as_bytes(),
    ];
    for path in PATHS {
        for body in bodies {
            let answer = app.anonymous().call("POST", path).body(body).await;
            answer.assert_refused(400, "invalid_request", "");
        }
    }
    before.assert_unchanged(&app).await;
}

async fn what_has_other_types_is_refused(app: TestApp) {
    let before = app.rows().await;
    let wrong = [json!(7), json!(true), json!(["a"]), json!({ "a": 1 })];
    for path in PATHS {
        for value in &wrong {
            let body = json!({
                "identifier": value,
                "handshake_id": value,
                "handshake_response": value,
                "refresh_token": value,
            });
            let answer = app.anonymous().post(path, body).await;
            answer.assert_refused(400, "invalid_request", "");
        }
        // An array is no object, even one that holds the values in the order of the fields.
        let arrays = ["[]", "[\"a@example.com\",null]", "[\"1.x\"]"];
        for body in ["null", "7", "\"text\"", "true"].iter().chain(&arrays) {
            let answer = app.anonymous().call("POST", path).body(*body).await;
            answer.assert_refused(400, "invalid_request", "");
        }
    }
    let body = json!({ "identifier": "a@example.com", "user_metadata": [] });
    let answer = app.anonymous().post("/users", body).await;
    answer.assert_refused(400, "invalid_request", "");
    before.assert_unchanged(&app).await;
}

/// js 2.5 to 3.2 send `cred_type`; clients of tomorrow will send more.
async fn what_is_unknown_is_passed_over(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let mut body = app.authenticator().create(&start).body();
    body["cred_type"] = json!("passkey");
    body["handshake_response"]["clientExtensionResults"] = json!({ "credProps": { "rk": true } });
    body["handshake_response"]["authenticatorAttachment"] = json!("platform");
    page.post("/register/webauthn/finish", body)
        .await
        .expect(201);
}

async fn a_body_has_at_most_64_kib(app: TestApp) {
    let page = app.anonymous();
    let padded = |identifier: &str, length: usize| {
        let empty = json!({ "identifier": identifier, "padding": "" }).to_string();
        let padding = "x".repeat(length - empty.len());
        json!({ "identifier": identifier, "padding": padding }).to_string()
    };
    let most = 64 * 1024;
    let call = page.call("POST", "/users");
    call.body(padded("a@example.com", most)).await.expect(201);
    let before = app.rows().await;
    for path in PATHS {
        let call = page.call("POST", path);
        let answer = call.body(padded("b@example.com", most + 1)).await;
        answer.assert_refused(413, "invalid_request", "");
        assert!(answer.sentence().contains("64 KiB"));
    }
    before.assert_unchanged(&app).await;
}

async fn an_empty_body_is_refused_where_something_is_needed(app: TestApp) {
    let before = app.rows().await;
    for path in PATHS {
        for body in ["", " \r\n"] {
            let answer = app.anonymous().call("POST", path).body(body).await;
            if path == "/login/webauthn/start" {
                answer.expect(200);
            } else {
                answer.assert_refused(400, "invalid_request", "");
            }
        }
    }
    before.assert_unchanged(&app).await;
}
