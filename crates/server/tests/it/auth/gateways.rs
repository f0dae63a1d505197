//! What a gateway asks: whose request is this?

use serde_json::json;

use ginnel::domain::users::Status;

use crate::support::{Call, ORIGIN, Response, TestApp, User, Visitor, stories};

stories!(
    a_signed_in_users_request_is_let_through,
    the_token_may_be_a_cookie,
    nobodys_request_is_refused,
    a_session_that_was_ended_is_refused_at_once,
    an_expired_token_is_refused,
    a_token_of_another_app_is_refused,
    a_deactivated_user_is_refused,
    a_removed_user_is_refused,
    an_unknown_app_is_404,
    the_way_back_is_ready_for_a_query,
    a_foreign_page_is_refused,
    no_preflight_is_taken_for_a_yes,
    other_methods_are_no_yes,
    a_gateway_names_the_public_host,
);

/// What a gateway asks, with the headers of a request that no page sent.
fn gateway(app: &TestApp, method: &str) -> Call {
    app.call(method, &format!("/auth/v1/apps/{}/verify", app.id))
}

#[track_caller]
fn assert_let_through(answer: &Response, user: &str) {
    assert_eq!(answer.status, 204, "{}", answer.text());
    assert_eq!(answer.header("ginnel-user-id"), Some(user));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.is_empty());
}

/// A refusal names nobody.
#[track_caller]
fn assert_refused(answer: &Response, reason: &str, challenge: &str) {
    answer.assert_refused(401, "invalid_access_token", reason);
    assert_eq!(answer.header("www-authenticate"), Some(challenge));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_names_nobody(answer);
    let expected = if reason.is_empty() {
        "invalid_access_token"
    } else {
        reason
    };
    assert_eq!(answer.header("ginnel-reason"), Some(expected));
}

#[track_caller]
fn assert_names_nobody(answer: &Response) {
    for name in ["ginnel-user-id", "ginnel-session-id", "ginnel-auth-time"] {
        assert_eq!(answer.header(name), None);
    }
}

const INVALID: &str = r#"Bearer error="invalid_token""#;

async fn a_signed_in_users_request_is_let_through(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(60);
    let before = app.rows().await;
    for method in ["GET", "POST", "HEAD"] {
        let answer = gateway(&app, method).bearer(ada.auth_token()).await;
        assert_let_through(&answer, &ada.id);
        assert_eq!(answer.header("ginnel-auth-time"), Some("1700000000"));
        let session = answer.header("ginnel-session-id").unwrap();
        let events = app.events(&ada.id).await;
        assert_eq!((session.len(), events.len()), (24, 1), "{session}");
        assert_eq!(answer.header("ginnel-reason"), None);
    }
    // A body is none of its business, whatever it is.
    let call = gateway(&app, "POST").bearer(ada.auth_token());
    let answer = call.body("x".repeat(70_000)).await;
    assert_let_through(&answer, &ada.id);
    // The addresses that the other calls have, too.
    let slash = format!("/auth/v1/apps/{}/verify/", app.id);
    let answer = app.call("GET", &slash).bearer(ada.auth_token()).await;
    assert_let_through(&answer, &ada.id);
    let short = format!("/v1/apps/{}/verify", app.id);
    let call = app.call("GET", &short).header("host", "auth.passage.id");
    assert_let_through(&call.bearer(ada.auth_token()).await, &ada.id);
    before.assert_unchanged(&app).await;
}

async fn the_token_may_be_a_cookie(app: TestApp) {
    let ada = app.user("ada").await;
    let cookie = format!(r#"theme=dark; psg_auth_token="{}""#, ada.auth_token());
    let call = gateway(&app, "GET").header("cookie", &cookie);
    assert_let_through(&call.clone().await, &ada.id);
    // Beside a site's own authentication; but a bearer header counts alone.
    let basic = call.clone().header("authorization", "Basic YTpi").await;
    assert_let_through(&basic, &ada.id);
    assert_refused(&call.clone().bearer("x").await, "", INVALID);
    let broken = call.header("authorization", "Bearer").await;
    assert_refused(&broken, "token_malformed", INVALID);
    // What changes something does not know the cookie.
    for (method, path) in [
        ("GET", "/currentuser"),
        ("POST", "/currentuser/devices/start"),
    ] {
        let call = app.anonymous().call(method, path).json(json!({}));
        let answer = call.header("cookie", &cookie).await;
        answer.assert_refused(401, "invalid_access_token", "token_missing");
    }
}

async fn nobodys_request_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    let answer = gateway(&app, "GET").await;
    assert_refused(&answer, "token_missing", "Bearer");
    assert!(answer.sentence().contains("Sign in first"));
    // What a visitor claims to be is nothing.
    let call = gateway(&app, "GET").header("ginnel-user-id", &ada.id);
    assert_refused(&call.await, "token_missing", "Bearer");
    let (signed, _) = ada.auth_token().rsplit_once('.').unwrap();
    let long = "x".repeat(60_000);
    for token in ["x", "a.b.c", signed, &format!("{signed}."), &long] {
        let answer = gateway(&app, "GET").bearer(token).await;
        assert_refused(&answer, "", INVALID);
    }
    before.assert_unchanged(&app).await;
}

async fn a_session_that_was_ended_is_refused_at_once(app: TestApp) {
    let ada = app.user("ada").await;
    let call = gateway(&app, "GET").bearer(ada.auth_token());
    assert_let_through(&call.clone().await, &ada.id);
    let path = format!("/tokens?refresh_token={}", ada.refresh_token());
    assert_eq!(ada.page.call("DELETE", &path).await.status, 200);
    assert_refused(&call.await, "", INVALID);
}

async fn an_expired_token_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let call = gateway(&app, "GET").bearer(ada.auth_token());
    app.advance(60 * 60 - 1);
    assert_let_through(&call.clone().await, &ada.id);
    app.advance(1);
    assert_refused(&call.await, "", INVALID);
}

async fn a_token_of_another_app_is_refused(app: TestApp) {
    let other = app.another_app("http://localhost:9090").await;
    let page = Visitor::new(other.clone(), "http://localhost:9090");
    let bob = User::sign_up(page, "bob@example.com").await;
    let answer = gateway(&other, "GET").bearer(bob.auth_token()).await;
    assert_let_through(&answer, &bob.id);
    let answer = gateway(&app, "GET").bearer(bob.auth_token()).await;
    assert_refused(&answer, "", INVALID);
}

async fn a_deactivated_user_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let (id, now) = (ada.id.parse().unwrap(), app.now());
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    let answer = gateway(&app, "GET").bearer(ada.auth_token()).await;
    answer.assert_refused(403, "user_not_active", "");
    assert_eq!(answer.header("ginnel-reason"), Some("user_not_active"));
    assert_names_nobody(&answer);
}

async fn a_removed_user_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let id = ada.id.parse().unwrap();
    assert!(app.write(move |tx| tx.remove_user(&id)).await);
    let answer = gateway(&app, "GET").bearer(ada.auth_token()).await;
    assert_refused(&answer, "", INVALID);
}

async fn an_unknown_app_is_404(app: TestApp) {
    let ada = app.user("ada").await;
    for id in ["TrWSUbDDTPCKTQDtLA9MO8Ee", "x", "..%2f", "%00"] {
        let call = app.call("GET", &format!("/auth/v1/apps/{id}/verify"));
        let answer = call.bearer(ada.auth_token()).await;
        answer.assert_refused(404, "app_not_found", "");
    }
    for path in [
        "verify/dashboard",
        "verify/../.well-known/jwks.json",
        "verify%2f",
        "Verify",
    ] {
        let call = app.call("GET", &format!("/auth/v1/apps/{}/{path}", app.id));
        let answer = call.bearer(ada.auth_token()).await;
        answer.assert_refused(404, "not_found", "");
    }
}

async fn the_way_back_is_ready_for_a_query(app: TestApp) {
    let long = format!("/{}", "é".repeat(400));
    for (wanted, expected) in [
        ("/dashboard", Some("%2Fdashboard")),
        (
            "/a%2Fb?c=d&e=f+g#h",
            Some("%2Fa%252Fb%3Fc%3Dd%26e%3Df%2Bg%23h"),
        ),
        ("//evil.example", Some("%2F%2Fevil.example")),
        ("/ü", Some("%2F%C3%BC")),
        ("https://evil.example", None),
        ("dashboard", None),
        ("", None),
        (&long, None),
    ] {
        let call = gateway(&app, "GET").header("x-forwarded-uri", wanted);
        let answer = call.await;
        assert_refused(&answer, "token_missing", "Bearer");
        assert_eq!(answer.header("ginnel-return-path"), expected, "{wanted}");
    }
    assert_eq!(
        gateway(&app, "GET").await.header("ginnel-return-path"),
        None
    );
}

async fn a_foreign_page_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let call = gateway(&app, "GET").bearer(ada.auth_token());
    assert_let_through(&call.clone().header("origin", ORIGIN).await, &ada.id);
    for origin in ["https://evil.example", "http://localhost:8081", "null", ""] {
        let answer = call.clone().header("origin", origin).await;
        answer.assert_refused(403, "operation_not_allowed", "origin_not_allowed");
        assert_names_nobody(&answer);
    }
    app.list_origin("http://app.localhost:3000").await;
    let listed = call.header("origin", "http://app.localhost:3000").await;
    assert_let_through(&listed, &ada.id);
}

async fn no_preflight_is_taken_for_a_yes(app: TestApp) {
    for origin in [ORIGIN, "https://evil.example"] {
        let preflight = gateway(&app, "OPTIONS")
            .header("origin", origin)
            .header("access-control-request-method", "GET");
        let status = preflight.await.status;
        assert!((400..500).contains(&status), "{status}");
    }
    // A gateway that asks by GET about a visitor's preflight.
    let call = gateway(&app, "GET").header("access-control-request-method", "GET");
    assert_refused(&call.await, "token_missing", "Bearer");
}

async fn other_methods_are_no_yes(app: TestApp) {
    let ada = app.user("ada").await;
    for method in ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let answer = gateway(&app, method).bearer(ada.auth_token()).await;
        answer.assert_refused(405, "method_not_allowed", "");
    }
}

async fn a_gateway_names_the_public_host(app: TestApp) {
    let ada = app.user("ada").await;
    let public = app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
    });
    // A gateway that passes on the site's own host is told what to set.
    let call = gateway(&public, "GET").bearer(ada.auth_token());
    let answer = call.clone().header("host", "www.example.com").await;
    answer.assert_refused(421, "misdirected_request", "");
    assert!(answer.sentence().contains("https://login.example.com"));
    // The token's issuer is the old address.
    let answer = call.header("host", "login.example.com").await;
    assert_refused(&answer, "", INVALID);
}
