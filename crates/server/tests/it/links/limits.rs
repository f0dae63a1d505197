//! Floods of mail: one address and one client get so many an hour, whichever node they ask.

use crate::support::{TestApp, stories, stories_on_postgres};

stories!(
    one_address_gets_ten_an_hour,
    one_client_asks_for_sixty_an_hour,
    an_ipv6_client_is_its_network,
    of_a_flood_at_once_ten_get_through,
    another_app_has_counts_of_its_own,
    unknown_addresses_write_nothing,
);

async fn one_address_gets_ten_an_hour(app: TestApp) {
    let page = app.anonymous();
    for _ in 0..10 {
        page.asked("register", "ada@example.com", None).await;
        app.advance(1);
    }
    let before = app.rows().await;
    for identifier in ["ada@example.com", "ADA@example.com"] {
        let refused = page.ask("register", identifier, None).await;
        refused.assert_refused(429, "rate_limited", "");
        assert_eq!(refused.header("retry-after"), Some("3590"));
    }
    before.assert_unchanged(&app).await;
    page.asked("register", "bob@example.com", None).await;
    app.advance(3590);
    page.asked("register", "ada@example.com", None).await;
}

async fn one_client_asks_for_sixty_an_hour(app: TestApp) {
    let page = app.anonymous();
    for number in 0..60 {
        page.asked("register", &format!("user{number}@example.com"), None)
            .await;
    }
    let before = app.rows().await;
    let refused = page.ask("register", "user60@example.com", None).await;
    refused.assert_refused(429, "rate_limited", "");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    before.assert_unchanged(&app).await;
    let body = serde_json::json!({ "identifier": "user60@example.com" });
    let elsewhere = page.post("/register/magic-link", body).from("192.0.2.7");
    elsewhere.await.expect(201);
}

async fn an_ipv6_client_is_its_network(app: TestApp) {
    let app = app.configured(|config| config.messages_per_client_per_hour = 1);
    let ask = async |name: &str, address: &str| {
        let body = serde_json::json!({ "identifier": format!("{name}@example.com") });
        let call = app
            .anonymous()
            .post("/register/magic-link", body)
            .from(address);
        call.await.status
    };
    assert_eq!(ask("a", "2001:db8:0:1::1").await, 201);
    assert_eq!(ask("b", "2001:db8:0:1:ffff::2").await, 429);
    assert_eq!(ask("c", "2001:db8:0:2::1").await, 201);
}

async fn flood(nodes: &[TestApp]) {
    let calls: Vec<_> = (0..60)
        .map(|index| {
            let page = nodes[index % nodes.len()].anonymous();
            tokio::spawn(async move { page.ask("register", "ada@example.com", None).await.status })
        })
        .collect();
    let mut sent = 0;
    for call in calls {
        match call.await.unwrap() {
            201 => sent += 1,
            429 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(sent, 10);
    assert_eq!(nodes[0].letters().await.len(), 10);
}

async fn of_a_flood_at_once_ten_get_through(app: TestApp) {
    flood(&[app]).await;
}

async fn another_app_has_counts_of_its_own(app: TestApp) {
    let app = app.configured(|config| config.messages_per_address_per_hour = 1);
    let other = app.another_app("http://localhost:9090").await;
    let ask = async |app: &TestApp| {
        let path = format!("/auth/v1/apps/{}/register/magic-link", app.id);
        let body = serde_json::json!({ "identifier": "ada@example.com" });
        app.call("POST", &path).json(body).await.status
    };
    assert_eq!(
        (ask(&app).await, ask(&app).await, ask(&other).await),
        (201, 429, 201)
    );
}

async fn unknown_addresses_write_nothing(app: TestApp) {
    let before = app.rows().await;
    for number in 0..100 {
        let refused = app
            .anonymous()
            .ask("login", &format!("user{number}@example.com"), None)
            .await;
        refused.assert_refused(404, "user_not_found", "");
    }
    before.assert_unchanged(&app).await;
}

mod two_nodes {
    use super::*;

    stories_on_postgres!(nodes_count_together);

    async fn nodes_count_together(app: TestApp) {
        let other = app.another_node().await;
        flood(&[app, other]).await;
    }
}
