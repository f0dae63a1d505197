//! Making an app in the Console, and its page.

use ginnel::domain::members::Role;

use crate::support::{TestApp, stories};

stories!(
    whoever_makes_an_app_owns_it,
    what_was_typed_is_kept_beside_what_is_wrong,
    one_member_makes_only_so_many,
    the_page_turns_green_with_the_first_sign_in,
    the_start_page_lists_what_is_the_visitors,
);

async fn whoever_makes_an_app_owns_it(app: TestApp) {
    let console = app.console().await;
    console.member("operator@example.com").await;
    let ada = console.member("ada@example.com").await;
    let made = ada
        .post(
            "/console/apps",
            &[
                ("name", "Shöp & <b>"),
                ("auth_origin", "127.0.0.1:9000"),
                ("redirect_url", "/"),
            ],
        )
        .await;
    assert_eq!(made.status, 400);
    assert!(
        made.text()
            .contains("it needs a scheme and a host, such as"),
        "{}",
        made.text()
    );
    let made = ada
        .post(
            "/console/apps",
            &[
                ("name", "Shöp & <b>"),
                ("auth_origin", "http://localhost:9000/"),
                ("redirect_url", "/home"),
            ],
        )
        .await;
    let page = made.location().to_owned();
    let html = ada.get(&page).await.text();
    assert!(html.contains("Sh\u{f6}p &#38; &#60;b&#62;"), "{html}");
    assert!(html.contains("http://localhost:9000"));
    let id = page.split(['/', '?']).nth(3).unwrap();
    let id: ginnel::ids::AppId = id.parse().unwrap();
    let user = ada.id();
    let role = app.read(move |tx| tx.find_role(&id, &user)).await;
    assert_eq!(role, Some(Role::Owner));
}

async fn what_was_typed_is_kept_beside_what_is_wrong(app: TestApp) {
    let console = app.console().await;
    let ada = console.member("ada@example.com").await;
    let long = "x".repeat(10_000);
    let before = app.read(|tx| tx.list_apps()).await.len();
    for (name, origin, redirect, problem) in [
        ("", "http://localhost:9000", "/", "The name is empty"),
        (&long, "http://localhost:9000", "/", "at most 80 characters"),
        (
            "Sh\u{202e}op",
            "http://localhost:9000",
            "/",
            "invisible characters",
        ),
        ("Shop", "", "/", "The auth origin is empty"),
        ("Shop", "http://example.com", "/", "uses http"),
        (
            "Shop",
            "\"><script>alert(1)</script>",
            "/",
            "is not an origin",
        ),
        (
            "Shop",
            "http://localhost:9000",
            "https://evil.example/",
            "is not on the app",
        ),
        (
            "Shop",
            "http://localhost:9000",
            "",
            "The redirect URL is empty",
        ),
    ] {
        let fields = [
            ("name", name),
            ("auth_origin", origin),
            ("redirect_url", redirect),
        ];
        let answer = ada.post("/console/apps", &fields).await;
        let html = answer.text();
        assert_eq!(answer.status, 400, "{html}");
        assert!(html.contains(problem), "{problem}: {html}");
        assert!(html.contains("aria-invalid=\"true\""));
        assert!(!html.contains("<script>alert"));
        if !name.is_empty() {
            assert!(html.contains(&format!("value=\"{name}\"")), "{html}");
        }
    }
    let empty = ada.post("/console/apps", &[]).await;
    assert_eq!(empty.status, 400);
    assert_eq!(app.read(|tx| tx.list_apps()).await.len(), before);
}

async fn one_member_makes_only_so_many(app: TestApp) {
    let console = app.console().await;
    let ada = console.member("ada@example.com").await;
    let fields = [
        ("name", "Shop"),
        ("auth_origin", "http://localhost:9000"),
        ("redirect_url", "/"),
    ];
    for _ in 0..30 {
        let made = ada.post("/console/apps", &fields).await;
        assert_eq!(made.status, 303, "{}", made.text());
    }
    let before = app.read(|tx| tx.list_apps()).await.len();
    let refused = ada.post("/console/apps", &fields).await;
    assert_eq!(refused.status, 429);
    // What was typed is still there.
    assert!(refused.text().contains("Too many tries") && refused.text().contains("value=\"Shop\""));
    assert_eq!(app.read(|tx| tx.list_apps()).await.len(), before);
    let eve = console.member("eve@example.com").await;
    assert_eq!(eve.post("/console/apps", &fields).await.status, 303);
}

async fn the_page_turns_green_with_the_first_sign_in(app: TestApp) {
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "ada@example.com", Role::Viewer)
        .await;
    let part = format!("/console/apps/{}/waiting", app.id);
    let before = viewer.get(&part).header("hx-request", "true").await.text();
    assert!(before.contains("Waiting for your first sign-in") && before.contains("hx-trigger"));
    app.user("bob").await;
    let after = viewer.get(&part).header("hx-request", "true").await.text();
    assert!(after.contains("It works: 1 sign-in"), "{after}");
    assert!(!after.contains("hx-trigger"), "it asks no more");
}

async fn the_start_page_lists_what_is_the_visitors(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let ada = console.member("ada@example.com").await;
    let html = ada.get("/console").await.text();
    assert!(html.contains("No app of your own yet") && !html.contains("Acme"));
    let html = operator.get("/console").await.text();
    assert!(html.contains("Acme") && html.contains("own users and activity"));
    ada.becomes(&app.id, Role::Viewer).await;
    let html = ada.get("/console").await.text();
    assert!(html.contains("Acme") && html.contains("viewer"));
    assert!(!html.contains(console.app.id.as_str()));
    let _ = app.app.example_id.set(app.id.clone());
    let stranger = console.member("stranger@example.com").await;
    let html = stranger.get("/console").await.text();
    assert!(html.contains("To explore") && html.contains("Acme"));
    let page = stranger.get(&format!("/console/apps/{}", app.id)).await;
    assert_eq!(page.status, 200);
}
