//! Health, the API's description, and answers for what does not exist.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::support::{TestApp, stories};

stories!(
    a_running_server_is_healthy_and_ready,
    a_server_without_database_is_healthy_and_not_ready,
    the_description_names_every_operation,
    the_description_is_whole,
    every_described_operation_is_routed,
    what_does_not_exist_says_so,
    every_answer_has_a_request_id,
    pages_without_scripts_are_framed_by_nobody,
);

async fn a_running_server_is_healthy_and_ready(app: TestApp) {
    let before = app.rows().await;
    for (path, body) in [
        ("/healthz", json!({ "status": "ok" })),
        ("/readyz", json!({ "status": "ok", "database": "ok" })),
    ] {
        let answer = app.call("GET", path).await;
        assert_eq!(answer.expect(200), body);
        assert_eq!(answer.header("cache-control"), Some("no-store"));
    }
    before.assert_unchanged(&app).await;
}

async fn a_server_without_database_is_healthy_and_not_ready(app: TestApp) {
    app.anonymous().get("").await.expect(200);
    app.blocking(|app| app.store.clone().close()).await;
    app.call("GET", "/healthz").await.expect(200);
    let answer = app.call("GET", "/readyz").await;
    answer.assert_refused(503, "unavailable", "database_unavailable");
    assert_eq!(answer.header("retry-after"), Some("5"));
    // What needs the database is put off, and says nothing of the cause.
    let body = json!({ "identifier": "ada@example.com" });
    let answer = app.anonymous().post("/users", body).await;
    answer.assert_refused(503, "unavailable", "");
    assert!(answer.header("retry-after").is_some());
    // Back ends go on reading the key set.
    app.advance(60);
    app.anonymous()
        .get("/.well-known/jwks.json")
        .await
        .expect(200);
}

async fn description(app: &TestApp) -> Json {
    app.call("GET", "/openapi.json").await.expect(200)
}

/// Method, path and operation id of everything that is described.
fn operations(document: &Json) -> Vec<(String, String, String)> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            let id = operation["operationId"].as_str().unwrap();
            operations.push((method.to_uppercase(), path.clone(), id.to_owned()));
        }
    }
    operations
}

/// The handlers' names are the operation ids, so they are a contract, too.
async fn the_description_names_every_operation(app: TestApp) {
    let document = description(&app).await;
    let listed: BTreeSet<String> = operations(&document)
        .into_iter()
        .map(|(method, path, id)| {
            let path = path.replace("/auth/v1/apps/{app_id}", "…");
            format!("{id}: {method} {path}")
        })
        .collect();
    let expected = [
        "activate_code: POST …/otp/activate",
        "activate_link: PATCH …/magic-link/activate",
        "change_email: PATCH …/currentuser/email",
        "change_phone: PATCH …/currentuser/phone",
        "create_authenticate_transaction: POST /api/v1/apps/{app_id}/transactions/authenticate",
        "create_register_transaction: POST /api/v1/apps/{app_id}/transactions/register",
        "verify_nonce: POST /api/v1/apps/{app_id}/authenticate/verify",
        "list_users: GET /api/v1/apps/{app_id}/users",
        "get_user: GET /api/v1/apps/{app_id}/users/{user_id}",
        "list_user_devices: GET /api/v1/apps/{app_id}/users/{user_id}/devices",
        "revoke_user_device: DELETE /api/v1/apps/{app_id}/users/{user_id}/devices/{device_id}",
        "start_flex_registration: POST …/register/transactions/webauthn/start",
        "finish_flex_registration: POST …/register/transactions/webauthn/finish",
        "start_flex_authentication: POST …/authenticate/transactions/webauthn/start",
        "finish_flex_authentication: POST …/authenticate/transactions/webauthn/finish",
        "create_user: POST …/users",
        "find_user: GET …/users",
        "finish_adding_device: POST …/currentuser/devices/finish",
        "finish_login: POST …/login/webauthn/finish",
        "finish_registration: POST …/register/webauthn/finish",
        "get_app: GET …",
        "get_current_user: GET …/currentuser",
        "get_user_metadata: GET …/currentuser/user-metadata",
        "update_user_metadata: PATCH …/currentuser/user-metadata",
        "get_health: GET /healthz",
        "get_link_status: POST …/magic-link/status",
        "get_jwks: GET …/.well-known/jwks.json",
        "create_test_app: POST /api/v1/apps",
        "get_management_app: GET /api/v1/apps/{app_id}",
        "get_openid_configuration: GET …/.well-known/openid-configuration",
        "get_readiness: GET /readyz",
        "end_other_sessions: DELETE …/currentuser/sessions",
        "end_session: DELETE …/currentuser/sessions/{session_id}",
        "list_devices: GET …/currentuser/devices",
        "list_events: GET …/currentuser/events",
        "list_sessions: GET …/currentuser/sessions",
        "list_social_connections: GET …/currentuser/social-connections",
        "remove_social_connection: DELETE …/currentuser/social-connections/{provider}",
        "login_by_code: POST …/login/otp",
        "login_by_link: POST …/login/magic-link",
        "register_by_code: POST …/register/otp",
        "register_by_link: POST …/register/magic-link",
        "refresh_tokens: POST …/tokens",
        "remove_device: DELETE …/currentuser/devices/{device_id}",
        "rename_device: PATCH …/currentuser/devices/{device_id}",
        "revoke_tokens: DELETE …/tokens",
        "start_adding_device: POST …/currentuser/devices/start",
        "start_login: POST …/login/webauthn/start",
        "start_registration: POST …/register/webauthn/start",
        "verify_session: GET …/verify",
        "verify_session_of_post: POST …/verify",
        "start_login_with_link: POST …/magic-link/webauthn/login/start",
        "finish_login_with_link: POST …/magic-link/webauthn/login/finish",
        "start_adding_with_link: POST …/magic-link/webauthn/new/start",
        "finish_adding_with_link: POST …/magic-link/webauthn/new/finish",
        "get_asset_links: GET …/.well-known/assetlinks.json",
        "get_site_association: GET …/.well-known/apple-app-site-association",
        "get_asset_links_of_host: GET /.well-known/assetlinks.json",
        "get_site_association_of_host: GET /.well-known/apple-app-site-association",
    ];
    assert_eq!(listed, expected.map(str::to_owned).into());
}

async fn the_description_is_whole(app: TestApp) {
    let answer = app.call("GET", "/openapi.json").await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    let document = answer.expect(200);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let mut references = Vec::new();
    collect_references(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').unwrap();
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
    let schemes = &document["components"]["securitySchemes"];
    for (path, methods) in document["paths"].as_object().unwrap() {
        for operation in methods.as_object().unwrap().values() {
            assert!(operation["summary"].is_string(), "{path}");
            assert!(!operation["responses"].as_object().unwrap().is_empty());
            // Where a link is opened, a token is of use and not needed.
            let is_guarded = path.contains("/currentuser")
                || path.starts_with("/api/v1/apps/{app_id}/")
                || path.ends_with("/verify")
                || path.ends_with("/activate") && path.contains("/magic-link");
            assert_eq!(operation["security"].is_array(), is_guarded, "{path}");
            for scheme in operation["security"].as_array().into_iter().flatten() {
                for name in scheme.as_object().unwrap().keys() {
                    assert!(schemes[name].is_object(), "{path}: {name}");
                }
            }
            for part in path.split('/').filter(|part| part.starts_with('{')) {
                let parameters = operation["parameters"].as_array().unwrap();
                let name = part.trim_matches(['{', '}']);
                assert!(
                    parameters.iter().any(|it| it["name"] == name
                        && it["in"] == "path"
                        && it["required"] == true),
                    "{path}: {name}"
                );
            }
        }
    }
}

fn collect_references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(members) => {
            found.extend(members.get("$ref").and_then(Json::as_str));
            members
                .values()
                .for_each(|member| collect_references(member, found));
        }
        Json::Array(items) => items
            .iter()
            .for_each(|item| collect_references(item, found)),
        _ => {}
    }
}

async fn every_described_operation_is_routed(app: TestApp) {
    app.set(|settings| {
        settings.android_apps = vec![format!("com.example.app {}", ["AB"; 32].join(":"))];
        settings.ios_apps = vec!["A1B2C3D4E5.com.example.app".to_owned()];
    })
    .await;
    for (method, path, id) in operations(&description(&app).await) {
        let path = path.replace("{app_id}", app.id.as_str());
        let answer = app.call(&method, &path.replace("{device_id}", "x")).await;
        assert!(
            !matches!(answer.status, 404 | 405 | 500..),
            "{id}: {}",
            answer.text()
        );
    }
}

async fn what_does_not_exist_says_so(app: TestApp) {
    for path in ["/nothing", "/auth/v1/apps", "/auth", "/api/v2", "/%00"] {
        let answer = app.call("GET", path).await;
        answer.assert_refused(404, "not_found", "");
        assert!(answer.sentence().contains("/openapi.json"));
    }
    for (method, path) in [("PUT", ""), ("DELETE", ""), ("GET", "/tokens")] {
        let answer = app.anonymous().call(method, path).await;
        answer.assert_refused(405, "method_not_allowed", "");
    }
    for path in ["/", "/docs"] {
        let answer = app.call("GET", path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(
            answer
                .header("content-type")
                .unwrap()
                .starts_with("text/html")
        );
    }
}

async fn every_answer_has_a_request_id(app: TestApp) {
    let mut seen = BTreeSet::new();
    for path in ["/healthz", "/nothing", "/web.js", "/healthz"] {
        let answer = app.call("GET", path).await;
        let id = answer.header("x-request-id").unwrap().to_owned();
        assert_eq!(id.len(), 16);
        assert!(seen.insert(id), "{path}");
    }
    // One that a caller brings along is not taken over.
    let call = app.call("GET", "/healthz").header("x-request-id", "theirs");
    assert_ne!(call.await.header("x-request-id"), Some("theirs"));
}

async fn pages_without_scripts_are_framed_by_nobody(app: TestApp) {
    for path in ["/", "/docs"] {
        let answer = app.call("GET", path).await;
        assert_eq!(answer.status, 200);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("script-src"), "{policy}");
        assert_eq!(answer.header("x-frame-options"), Some("DENY"));
        let html = answer.text();
        assert!(
            !html.contains("<script>") && !html.contains("<script "),
            "{path}"
        );
        assert!(
            !html.contains("style=\"") && !html.contains("<form"),
            "{path}"
        );
    }
}
