//! API keys in the Console.

use ginnel::domain::members::Role;

use super::Form;
use super::settings::owner;
use crate::support::{TestApp, stories};

stories!(
    a_key_is_made_shown_once_and_revoked,
    what_is_wrong_stands_at_the_name,
    an_admin_makes_keys_and_a_viewer_does_not_see_them,
    another_apps_key_is_not_touched,
    the_consoles_own_app_has_no_such_page,
);

async fn a_key_is_made_shown_once_and_revoked(app: TestApp) {
    let owner = owner(&app).await;
    let path = app.page("/api-keys");
    let html = owner.get(&path).await.text();
    assert!(html.contains("No keys yet"), "{html}");
    assert!(html.contains(&format!("http://localhost:8400/api/v1/apps/{}", app.id)));
    let form = Form::on(&html, "/api-keys").typing("name", Some(" web <server> "));
    let answer = owner.send(&form).await;
    assert_eq!(answer.status, 200);
    let html = answer.text();
    let (_, rest) = html.split_once("id=\"fresh-key\">").unwrap();
    let key = rest.split('<').next().unwrap().to_owned();
    assert_eq!(key.len(), 75);
    assert!(html.contains("web &#60;server&#62;"), "{html}");
    let back_end = crate::support::BackEnd {
        app: app.clone(),
        key: key.clone(),
        key_id: String::new(),
    };
    back_end.get("/users?identifier=ada").await.expect(200);
    // Never again, nowhere.
    let html = owner.get(&path).await.text();
    assert!(
        !html.contains(&key[11..]) && html.contains(&key[..10]),
        "{html}"
    );
    assert!(html.contains("last used") && html.contains("by owner@example.com"));
    assert!(!app.rows().await.to_text().contains(&key[11..]));
    let revoke = Form::on(&html, "/revoke");
    let answer = owner.send(&revoke).await;
    assert_eq!(answer.location(), format!("{path}?done=api-key-revoked"));
    assert_eq!(owner.send(&revoke).await.status, 404);
    let answer = back_end.get("/users?identifier=ada").await;
    answer.assert_refused(401, "invalid_access_token", "api_key_unknown");
    let said = format!("web <server> ({}.…)", &key[..10]);
    assert_eq!(
        app.changes().await,
        [
            format!("api_key_added: {said}"),
            format!("api_key_revoked: {said}")
        ]
    );
    let audit = owner.get(&app.page("/audit")).await.text();
    assert!(audit.contains("API key made") && audit.contains("API key revoked"));
}

async fn what_is_wrong_stands_at_the_name(app: TestApp) {
    let owner = owner(&app).await;
    let path = app.page("/api-keys");
    let before = app.rows().await;
    for name in ["", " ", &"x".repeat(65), "a\u{0}"] {
        let answer = owner.post(&path, &[("name", name)]).await;
        assert_eq!(answer.status, 400);
        let html = answer.text();
        assert!(
            html.contains("aria-invalid=\"true\"") && html.contains("1 to 64 characters"),
            "{html}"
        );
        assert_eq!(Form::on(&html, "/api-keys").value("name"), name);
    }
    let changes = before.changes(&app).await;
    assert!(changes.is_empty(), "{changes:?}");
    for index in 0..20 {
        let answer = owner
            .post(&path, &[("name", &format!("key {index}"))])
            .await;
        assert_eq!(answer.status, 200);
    }
    let html = owner.get(&path).await.text();
    assert!(html.contains("as many keys as an app can have"), "{html}");
    let answer = owner.post(&path, &[("name", "one more")]).await;
    assert_eq!(answer.status, 403);
    assert!(answer.text().contains("This app has 20 keys."));
    // Without the form's secret nothing happens.
    let bare = owner
        .call("POST", &path)
        .header("origin", crate::support::CONSOLE)
        .body("name=x")
        .header("content-type", "application/x-www-form-urlencoded");
    assert_eq!(bare.await.status, 403);
}

async fn an_admin_makes_keys_and_a_viewer_does_not_see_them(app: TestApp) {
    let console = app.console().await;
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let path = app.page("/api-keys");
    assert_eq!(admin.post(&path, &[("name", "web")]).await.status, 200);
    assert_eq!(viewer.get(&path).await.status, 403);
    assert_eq!(viewer.post(&path, &[("name", "web")]).await.status, 403);
    let (own, other) = (
        admin.get(&app.page("")).await.text(),
        viewer.get(&app.page("")).await.text(),
    );
    assert!(own.contains(&path) && !other.contains(&path));
    let html = admin.get(&path).await.text();
    let revoke = Form::on(&html, "/revoke").action;
    assert_eq!(viewer.post(&revoke, &[]).await.status, 403);
    let stranger = console.member("stranger@example.com").await;
    assert_eq!(stranger.get(&path).await.status, 404);
}

async fn another_apps_key_is_not_touched(app: TestApp) {
    let owner = owner(&app).await;
    let other = app.another_app("http://localhost:9000").await;
    let key = other.back_end().await;
    let path = app.page(&format!("/api-keys/{}/revoke", key.key_id));
    assert_eq!(owner.post(&path, &[]).await.status, 404);
    let path = app.page("/api-keys/x/revoke");
    assert_eq!(owner.post(&path, &[]).await.status, 404);
    key.get("/users?identifier=a").await.expect(200);
}

async fn the_consoles_own_app_has_no_such_page(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let path = console.app.page("/api-keys");
    assert_eq!(operator.get(&path).await.status, 404);
    let answer = operator.post(&path, &[("name", "web")]).await;
    assert_eq!(answer.status, 403);
    let html = operator.get(&console.app.page("/settings")).await.text();
    assert!(!html.contains("/api-keys"), "{html}");
}
