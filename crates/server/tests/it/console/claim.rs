//! Claiming a test app: what the link shows, and whom it makes the owner.

use ginnel::domain::members::Role;
use ginnel::ids::AppId;
use serde_json::json;

use crate::support::{CONSOLE, ORIGIN, TestApp, stories};

stories!(
    a_claim_leads_to_the_app_with_its_users,
    claims_that_cannot_be_are_told_apart,
);

/// A test app of the page at [`ORIGIN`]: its id, and the claim link's path.
async fn make(app: &TestApp) -> (AppId, String) {
    let answer = app
        .call("POST", "/api/v1/apps")
        .header("origin", ORIGIN)
        .json(json!({ "auth_origin": ORIGIN, "name": "Ephemeral Random 1" }))
        .await
        .expect(200);
    let url = answer["claim_url"].as_str().unwrap();
    let path = url.strip_prefix(CONSOLE).unwrap().to_owned();
    (answer["app"]["id"].as_str().unwrap().parse().unwrap(), path)
}

fn secret_of(path: &str) -> &str {
    path.split("secret=").nth(1).unwrap()
}

async fn a_claim_leads_to_the_app_with_its_users(app: TestApp) {
    let console = app.console().await;
    console.member("operator@example.com").await;
    let (id, link) = make(&app).await;
    let bob = app.about(&id).user("bob").await;
    let page = app.call("GET", &link).await;
    let html = page.text();
    assert_eq!(page.status, 200, "{html}");
    assert!(html.contains("Claim Ephemeral Random 1") && html.contains("Create an account"));
    // The way back from the sign-up is this very link.
    assert!(html.contains("next=%2Fclaim%2F"), "{html}");
    let action = link.split('?').next().unwrap();
    let nobody = app.call("POST", action).header("origin", CONSOLE).await;
    assert!(nobody.location().starts_with("/console/sign-in?next="));

    let ada = console.member("ada@example.com").await;
    assert!(
        ada.get(&link)
            .await
            .text()
            .contains("Claim it as ada@example.com")
    );
    let claimed = ada.post(action, &[("secret", secret_of(&link))]).await;
    assert_eq!(
        claimed.location(),
        format!("/console/apps/{id}?done=app-claimed")
    );
    let user = ada.id();
    let wanted = id.clone();
    let role = app.read(move |tx| tx.find_role(&wanted, &user)).await;
    assert_eq!(role, Some(Role::Owner));
    let record = app.about(&id).record().await;
    assert_eq!(record.test_until, None);
    assert!(
        app.about(&id)
            .stored_user("bob@example.com")
            .await
            .is_some()
    );
    assert_eq!(bob.get("/currentuser").await.status, 200);
    // For whoever claimed it, the same link leads to the app.
    let again = ada.get(&link).await;
    assert_eq!(again.location(), format!("/console/apps/{id}"));
    let eve = console.member("eve@example.com").await;
    let late = eve.get(&link).await;
    assert_eq!(late.status, 409);
    assert!(late.text().contains("Ask whoever claimed it"));
}

async fn claims_that_cannot_be_are_told_apart(app: TestApp) {
    let console = app.console().await;
    console.member("operator@example.com").await;
    let ada = console.member("ada@example.com").await;
    let (id, link) = make(&app).await;
    let (_, other) = make(&app).await;
    let bare = format!("/claim/{id}?name=x");
    let foreign = format!("/claim/{id}?secret={}", secret_of(&other));
    for (path, status, words) in [
        (
            "/claim/nothing".to_owned(),
            404,
            "There is no such test app",
        ),
        (
            format!("/claim/{}", console.app.id),
            404,
            "There is no such test app",
        ),
        (format!("/claim/{}?secret=x", app.id), 409, "claimed before"),
        (foreign.clone(), 403, "not this app"),
        (
            format!(
                "/claim/{id}?name=%3Cscript%3E&secret={}",
                "x".repeat(10_000)
            ),
            403,
            "not this app",
        ),
        (bare.clone(), 200, "Claim Ephemeral"),
        (link.clone(), 200, "Claim Ephemeral"),
    ] {
        let answer = ada.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert!(answer.text().contains(words), "{path}: {}", answer.text());
        assert!(!answer.text().contains("<script>"), "{path}");
    }
    let action = format!("/claim/{id}");
    let wrong = ada.post(&action, &[("secret", secret_of(&other))]).await;
    assert_eq!(wrong.status, 403);
    let strict = app.configured(|config| config.bare_claims = Some(false));
    let strict = strict.console().await;
    let answer = strict.app.call("GET", &bare).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("lacks its secret"),
        "{}",
        answer.text()
    );
    app.advance(7 * 24 * 60 * 60);
    let ada = console
        .enter({
            let mut user = ada.user;
            user.sign_in().await;
            user
        })
        .await;
    assert_eq!(ada.get(&link).await.status, 410);
    let late = ada.post(&action, &[("secret", secret_of(&link))]).await;
    assert_eq!(late.status, 410);
    assert!(late.text().contains("nobody claimed it within 7 days"));
}
