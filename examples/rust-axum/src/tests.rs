//! The app over its router, with a stand-in for Ginnel.

use std::sync::LazyLock;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use ginnel_sdk::testing::TestIssuer;
use ginnel_sdk::{Algorithm, Ginnel};
use tower::ServiceExt as _;

use crate::site::router;

static ISSUER: LazyLock<TestIssuer> = LazyLock::new(|| TestIssuer::new(Algorithm::Es256));

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn header(&self, name: header::HeaderName) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}

/// Asks for a page as a browser with this token would.
async fn visit(ginnel: &Ginnel, path: &str, token: &str) -> Answer {
    let request = Request::get(path)
        .header(
            header::COOKIE,
            format!("theme=dark; psg_auth_token={token}"),
        )
        .body(Body::empty())
        .unwrap();
    let response = router(ginnel.clone()).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, 100_000).await.unwrap();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
    }
}

#[tokio::test]
async fn the_login_page_has_the_element() {
    let ginnel = ISSUER.ginnel();
    let answer = visit(ginnel, "/", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let element = format!(
        "<passage-auth app-id=\"{}\"></passage-auth>",
        ginnel.app_id()
    );
    let script = format!("<script src=\"{}/web.js\"></script>", ginnel.url());
    assert!(
        answer.body.contains(&element) && answer.body.contains(&script),
        "{}",
        answer.body
    );
    let policy = answer.header(header::CONTENT_SECURITY_POLICY);
    assert!(
        policy.contains(&format!("script-src 'self' {};", ginnel.url())),
        "{policy}"
    );
    assert_eq!(answer.header(header::X_CONTENT_TYPE_OPTIONS), "nosniff");
    assert_eq!(answer.header(header::REFERRER_POLICY), "same-origin");
}

#[tokio::test]
async fn the_dashboard_greets_the_user_and_escapes_what_it_shows() {
    let token = ISSUER
        .token()
        .user_id("<img src=x onerror=alert(1)>")
        .sign();
    let answer = visit(ISSUER.ginnel(), "/dashboard", &token).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(!answer.body.contains("<img"), "{}", answer.body);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");

    let token = ISSUER.token().user_id("ada").sign();
    let answer = visit(ISSUER.ginnel(), "/dashboard", &token).await;
    assert!(
        answer.body.contains("You are user <code>ada</code>."),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_dashboard_sends_everybody_else_to_the_unauthorized_page() {
    let foreign = TestIssuer::new(Algorithm::Es256).token().sign();
    let expired = ISSUER.token().expires_in(-60).sign();
    for (token, reason) in [
        ("", "token_missing"),
        ("rubbish", "token_malformed"),
        (&expired, "token_expired"),
        (&foreign, "key_unknown"),
    ] {
        let answer = visit(ISSUER.ginnel(), "/dashboard?tab=1&x=%2F", token).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER);
        let address =
            format!("/unauthorized?return=%2Fdashboard%3Ftab%3D1%26x%3D%252F&reason={reason}");
        assert_eq!(answer.header(header::LOCATION), address);
        assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    }
}

#[tokio::test]
async fn a_call_by_a_script_is_answered_in_json() {
    let token = ISSUER.token().user_id("ada").sign();
    let answer = visit(ISSUER.ginnel(), "/api/me", &token).await;
    assert_eq!(
        (answer.status, answer.body.as_str()),
        (StatusCode::OK, "{\"userID\":\"ada\"}")
    );
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");

    let answer = visit(ISSUER.ginnel(), "/api/me", "").await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(
        answer.body.starts_with("{\"code\":\"token_missing\""),
        "{}",
        answer.body
    );
}

#[tokio::test]
async fn the_unauthorized_page_and_the_other_pages() {
    let answer = visit(
        ISSUER.ginnel(),
        "/unauthorized?return=%2Fx&reason=%3Cb%3E",
        "",
    )
    .await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    assert!(
        answer.body.contains("/public/unauthorized.js"),
        "{}",
        answer.body
    );

    for path in [
        "/nowhere",
        "/public/nowhere.js",
        "/public/../Cargo.toml",
        "/public/%2e%2e/README.md",
    ] {
        let answer = visit(ISSUER.ginnel(), path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(
            answer.body.contains("There is no such page."),
            "{}",
            answer.body
        );
    }
    for file in ["style.css", "dashboard.js", "unauthorized.js"] {
        let answer = visit(ISSUER.ginnel(), &format!("/public/{file}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{file}");
    }
}

#[tokio::test]
async fn nobody_passes_while_there_are_no_keys() {
    // Port 9 is for discarding, and nobody listens there.
    let ginnel = Ginnel::builder(ISSUER.ginnel().app_id())
        .url("http://127.0.0.1:9")
        .build()
        .unwrap();
    let token = ISSUER.token().sign();
    let answer = visit(&ginnel, "/dashboard", &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.contains("cannot be checked at the moment"),
        "{}",
        answer.body
    );
    assert_eq!(answer.header(header::CACHE_CONTROL), "no-store");
    let answer = visit(&ginnel, "/api/me", &token).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        answer.body.starts_with("{\"code\":\"keys_unavailable\""),
        "{}",
        answer.body
    );
}
