//! For which `Host` the server answers, and what `/v1/…` means there.

use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    a_foreign_host_is_misdirected,
    probes_are_answered_on_any_host,
    passages_host_names_choose_the_api,
    host_names_are_settings,
    a_public_server_answers_for_no_loopback_name,
);

async fn a_foreign_host_is_misdirected(app: TestApp) {
    let before = app.rows().await;
    for host in [
        "evil.example",
        "localhost.evil.example",
        "192.168.0.4:8400",
        "auth.passage.id.evil.example",
        "",
    ] {
        for path in ["/", "/web.js", "/openapi.json", "/nothing"] {
            let answer = app.call("GET", path).header("host", host).await;
            answer.assert_refused(421, "misdirected_request", "");
            assert!(answer.sentence().contains("http://localhost:8400"));
        }
        let call = app
            .anonymous()
            .post("/users", json!({ "identifier": "a@example.com" }));
        let answer = call.header("host", host).await;
        answer.assert_refused(421, "misdirected_request", "");
    }
    let answer = app.call("GET", "/openapi.json").without("host").await;
    answer.assert_refused(421, "misdirected_request", "");
    // A name in the request line counts before the header (RFC 9112 §3.2.2).
    let answer = app.call("GET", "http://evil.example/openapi.json").await;
    answer.assert_refused(421, "misdirected_request", "");
    before.assert_unchanged(&app).await;
}

async fn probes_are_answered_on_any_host(app: TestApp) {
    for path in ["/healthz", "/readyz"] {
        let call = app.call("GET", path).header("host", "10.0.0.7:8400");
        assert_eq!(call.await.expect(200)["status"], "ok");
    }
}

async fn passages_host_names_choose_the_api(app: TestApp) {
    let path = format!("/v1/apps/{}", app.id);
    let at = |host: &str| app.call("GET", &path).header("host", host);
    for host in ["auth.passage.id", "AUTH.passage.id", "auth.passage.id:443"] {
        let answer = at(host).await.expect(200);
        // There the presence of a key switches a method on …
        let passkeys = &answer["app"]["auth_methods"]["passkeys"];
        assert_eq!(*passkeys, json!({}));
    }
    // … and here `enabled` does.
    let answer = at("api.passage.id").await.expect(200);
    assert_eq!(answer["app"]["auth_methods"]["passkeys"]["enabled"], true);
    for host in ["localhost:8400", "console.passage.id"] {
        at(host).await.assert_refused(404, "not_found", "");
    }
    let call = app.call("POST", &format!("{path}/login/webauthn/start/?x=1"));
    call.header("host", "auth.passage.id").await.expect(200);
    // The whole paths are there, too.
    let path = format!("/auth/v1/apps/{}", app.id);
    let call = app.call("GET", &path).header("host", "auth.passage.id");
    call.await.expect(200);
}

async fn host_names_are_settings(app: TestApp) {
    let other = app.configured(|config| {
        config.auth_hosts = vec!["auth.example.com".to_owned()];
        config.management_hosts = Vec::new();
    });
    let path = format!("/v1/apps/{}", app.id);
    let at = |host: &str| other.call("GET", &path).header("host", host);
    at("auth.example.com").await.expect(200);
    for host in ["auth.passage.id", "api.passage.id"] {
        at(host)
            .await
            .assert_refused(421, "misdirected_request", "");
    }
}

async fn a_public_server_answers_for_no_loopback_name(app: TestApp) {
    let public = app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
    });
    let at = |host: &str| public.call("GET", "/openapi.json").header("host", host);
    for host in ["login.example.com", "login.example.com:443"] {
        at(host).await.expect(200);
    }
    for host in ["localhost:8400", "127.0.0.1", "login.example.com:8443"] {
        at(host)
            .await
            .assert_refused(421, "misdirected_request", "");
    }
}
