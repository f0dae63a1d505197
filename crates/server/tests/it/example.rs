//! The example app: a site that uses what any site uses.

use ginnel::http::example;

use crate::support::{Call, TestApp, User, stories};

stories!(
    the_login_page_carries_the_two_lines,
    the_dashboard_knows_who_is_signed_in,
    the_dashboard_sends_others_away,
    a_name_is_no_markup,
    it_answers_for_localhost_only,
    a_missing_page_says_where_to_go,
);

fn page(app: &TestApp, path: &str) -> Call {
    let router = example::router(app.app.clone(), app.id.clone());
    Call::new(router, "GET", path)
}

fn dashboard(app: &TestApp, token: &str) -> Call {
    let cookie = format!("other=1; psg_auth_token={token}; last=2");
    page(app, "/dashboard").header("cookie", &cookie)
}

async fn the_login_page_carries_the_two_lines(app: TestApp) {
    let answer = page(&app, "/").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-frame-options"), Some("DENY"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let html = answer.text();
    let element = format!(r#"<passage-auth app-id="{}"></passage-auth>"#, app.id);
    assert!(html.contains(&element), "{html}");
    assert!(html.contains(r#"<script src="http://localhost:8400/web.js"></script>"#));
    let style = page(&app, "/console/console.css").await;
    assert_eq!(
        style.header("content-type"),
        Some("text/css; charset=utf-8")
    );
}

async fn the_dashboard_knows_who_is_signed_in(app: TestApp) {
    let ada = app.user("ada").await;
    let answer = dashboard(&app, ada.auth_token()).await;
    assert_eq!(answer.status, 200);
    assert!(answer.text().contains("Hello, ada@example.com"));
    assert!(answer.text().contains(&ada.id));
}

async fn the_dashboard_sends_others_away(app: TestApp) {
    let ada = app.user("ada").await;
    let other = app.another_app("http://localhost:9090").await;
    let bob = User::sign_up(
        crate::support::Visitor::new(other, "http://localhost:9090"),
        "bob@example.com",
    );
    let foreign = bob.await.auth_token().to_owned();
    let altered = format!("{}x", ada.auth_token());
    let expired = ada.auth_token().to_owned();
    let to = async |call: Call| {
        let answer = call.await;
        assert_eq!(answer.status, 303);
        answer.header("location").unwrap().to_owned()
    };
    assert_eq!(to(page(&app, "/dashboard")).await, "/unauthorized");
    for token in ["", "x", &altered, &foreign] {
        assert_eq!(to(dashboard(&app, token)).await, "/unauthorized", "{token}");
    }
    app.advance(3600);
    assert_eq!(to(dashboard(&app, &expired)).await, "/unauthorized");
    // The second time, the page there does not try to renew again.
    let again = page(&app, "/dashboard?again");
    assert_eq!(to(again).await, "/unauthorized?again");
    assert_eq!(page(&app, "/unauthorized").await.status, 200);
}

async fn a_name_is_no_markup(app: TestApp) {
    let user = app.user("a&lt'`b").await;
    let answer = dashboard(&app, user.auth_token()).await;
    assert_eq!(answer.status, 200);
    let html = answer.text();
    assert!(!html.contains("Hello, a&lt"), "{html}");
    assert!(html.contains("Hello, a&#38;lt&#39;"), "{html}");
}

async fn it_answers_for_localhost_only(app: TestApp) {
    for host in ["localhost:8401", "127.0.0.1:8401"] {
        assert_eq!(page(&app, "/").header("host", host).await.status, 200);
    }
    for host in ["evil.example", "192.168.0.4:8401", ""] {
        let answer = page(&app, "/").header("host", host).await;
        answer.assert_refused(421, "misdirected_request", "");
    }
}

async fn a_missing_page_says_where_to_go(app: TestApp) {
    let answer = page(&app, "/nothing").await;
    assert_eq!(answer.status, 404);
    assert!(answer.text().contains("/dashboard"));
}
