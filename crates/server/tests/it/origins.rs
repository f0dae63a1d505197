//! Which pages may call the authentication API, and what they can read (D13).

use serde_json::json;

use crate::support::{ORIGIN, TestApp, stories};

stories!(
    an_unlisted_page_is_told_what_to_add,
    whatever_is_not_public_is_for_listed_pages_only,
    a_listed_page_reads_its_answer,
    errors_are_readable_from_anywhere,
    a_caller_without_origin_is_no_page,
    preflights_are_answered_for_everybody,
);

/// Every operation that is for the app's own pages.
const OPERATIONS: [(&str, &str); 13] = [
    ("GET", "/users?identifier=a@example.com"),
    ("POST", "/users"),
    ("POST", "/register/webauthn/start"),
    ("POST", "/register/webauthn/finish"),
    ("POST", "/login/webauthn/start"),
    ("POST", "/login/webauthn/finish"),
    ("POST", "/tokens"),
    ("DELETE", "/tokens?refresh_token=x"),
    ("GET", "/currentuser"),
    ("GET", "/currentuser/devices"),
    ("POST", "/currentuser/devices/start"),
    ("PATCH", "/currentuser/devices/TrWSUbDDTPCKTQDtLA9MO8Ee"),
    ("DELETE", "/currentuser/devices/TrWSUbDDTPCKTQDtLA9MO8Ee"),
];

async fn an_unlisted_page_is_told_what_to_add(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    for origin in [
        "http://127.0.0.1:8080",
        "http://localhost:8081",
        "https://localhost:8080",
        "http://localhost:8080.evil.example",
        "http://LOCALHOST:8080",
        "null",
    ] {
        for (method, path) in OPERATIONS {
            let call = ada.call(method, path).header("origin", origin);
            let answer = call.json(json!({ "identifier": "a@example.com" })).await;
            answer.assert_refused(403, "operation_not_allowed", "origin_not_allowed");
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let sentence = answer.sentence();
            assert!(sentence.contains(&format!("`{origin}`")), "{sentence}");
            assert!(sentence.contains(ORIGIN), "{sentence}");
            // What could not be added is not proposed.
            let can_be_added = !matches!(origin, "null" | "http://localhost:8080.evil.example");
            assert_eq!(
                sentence.contains("--add-origin"),
                can_be_added,
                "{sentence}"
            );
        }
    }
    before.assert_unchanged(&app).await;
}

async fn a_listed_page_reads_its_answer(app: TestApp) {
    app.list_origin("http://app.localhost:3000").await;
    for origin in [ORIGIN, "http://app.localhost:3000"] {
        let call = app.anonymous().post("/login/webauthn/start", json!({}));
        let answer = call.header("origin", origin).await;
        answer.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
        assert_eq!(answer.header("vary"), Some("origin"));
        assert_eq!(
            answer.header("access-control-expose-headers"),
            Some("retry-after, x-request-id")
        );
        // No cookie ever comes here, so none is allowed.
        assert_eq!(answer.header("access-control-allow-credentials"), None);
    }
}

async fn errors_are_readable_from_anywhere(app: TestApp) {
    let page = app.anonymous();
    for (call, status) in [
        (page.get("/users"), 400),
        (page.get("/currentuser"), 401),
        (
            page.post(
                "/login/webauthn/start",
                json!({ "identifier": "x@example.com" }),
            ),
            404,
        ),
        (page.call("POST", "/users").body("x".repeat(70_000)), 413),
    ] {
        let answer = call.await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    }
    let path = "/auth/v1/apps/TrWSUbDDTPCKTQDtLA9MO8Ee/users";
    let call = app.call("POST", path).header("origin", "https://x.example");
    let answer = call.await;
    answer.assert_refused(404, "app_not_found", "");
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

async fn a_caller_without_origin_is_no_page(app: TestApp) {
    let call = app.anonymous().post("/login/webauthn/start", json!({}));
    let answer = call.without("origin").await;
    answer.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    // A cache must not hand this answer to a page.
    assert_eq!(answer.header("vary"), Some("origin"));
}

async fn preflights_are_answered_for_everybody(app: TestApp) {
    let before = app.rows().await;
    for origin in [ORIGIN, "https://elsewhere.example", "null"] {
        for (method, path) in OPERATIONS {
            let call = app
                .anonymous()
                .call("OPTIONS", path)
                .header("origin", origin)
                .header("access-control-request-method", method)
                .header(
                    "access-control-request-headers",
                    "authorization,passage-version",
                );
            let answer = call.await;
            assert_eq!(
                (answer.status, answer.body.len()),
                (204, 0),
                "{method} {path}"
            );
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
            let methods = answer.header("access-control-allow-methods").unwrap();
            assert!(methods.split(", ").any(|known| known == method));
            let headers = answer.header("access-control-allow-headers").unwrap();
            for name in [
                "authorization",
                "content-type",
                "passage-version",
                "passage-element-version",
                "passage-flex-version",
            ] {
                assert!(headers.split(", ").any(|known| known == name), "{name}");
            }
        }
    }
    before.assert_unchanged(&app).await;
}

/// Over the description and not over a list, so that an operation to come is not forgotten.
async fn whatever_is_not_public_is_for_listed_pages_only(app: TestApp) {
    let ada = app.user("ada").await;
    let description = app.call("GET", "/openapi.json").await.expect(200);
    let mut asked = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        let Some(path) = path.strip_prefix("/auth/v1/apps/{app_id}") else {
            continue;
        };
        // What the app is, its keys, and the files that tie native apps to it.
        if path.is_empty() || path.starts_with("/.well-known/") {
            continue;
        }
        let path = path.split('/').map(|part| match part.starts_with('{') {
            true => "TrWSUbDDTPCKTQDtLA9MO8Ee",
            false => part,
        });
        let path = path.collect::<Vec<_>>().join("/");
        for method in operations.as_object().unwrap().keys() {
            let method = method.to_uppercase();
            for origin in ["https://evil.example", "null"] {
                let call = ada.call(&method, &path).header("origin", origin);
                let answer = call.json(json!({})).await;
                answer.assert_refused(403, "operation_not_allowed", "origin_not_allowed");
                assert_eq!(answer.header("access-control-allow-credentials"), None);
            }
            asked += 1;
        }
    }
    assert!(asked > 25, "{asked}");
}
