//! How a test app gets an owner, and each reason why not.

use ginnel::domain::events::Client;
use ginnel::domain::members::Role;
use ginnel::domain::test_apps::{ClaimRefusal, Claimed, claim};
use ginnel::domain::{apps, console};
use ginnel::ids::{AppId, UserId};
use ginnel::jobs;

use super::Trial;
use crate::support::{TestApp, User, stories, stories_on_postgres};

stories!(
    a_claim_gives_the_app_with_its_users,
    a_claimed_app_is_like_every_other,
    each_refusal_is_told_apart,
    a_bare_claim_needs_the_setting,
    the_console_cannot_be_claimed,
    of_two_at_once_one_gets_it,
);

async fn claims(
    app: &TestApp,
    id: &AppId,
    secret: Option<&str>,
    member: &UserId,
) -> Result<Claimed, ClaimRefusal> {
    claim(&app.app, id, secret, member, &Client::server()).await
}

async fn a_claim_gives_the_app_with_its_users(app: TestApp) {
    let Trial { app: trial, secret } = app.trial().await;
    let mut ada = User::sign_up(trial.anonymous(), "ada@example.com").await;
    let member = app.member("owner").await;
    let before = app.rows().await;
    let claimed = claims(&app, &trial.id, Some(&secret), &member).await;
    assert_eq!(claimed.unwrap().name, "Try");
    assert_eq!(
        before.changes(&app).await,
        ["apps ~1", "events +1", "members +1"]
    );
    let (id, user) = (trial.id.clone(), member.clone());
    let role = app.read(move |tx| tx.find_role(&id, &user)).await;
    assert_eq!(role, Some(Role::Owner));
    let info = trial.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["ephemeral"], false);
    // Who was signed in stays so, and the passkeys are as good as before.
    ada.get("/currentuser").await.expect(200);
    ada.sign_in().await;
}

async fn a_claimed_app_is_like_every_other(app: TestApp) {
    let Trial { app: trial, secret } = app.trial().await;
    let member = app.member("owner").await;
    let claimed = claims(&app, &trial.id, Some(&secret), &member).await;
    claimed.unwrap();
    app.blocking(|app| jobs::maintain_keys(app).unwrap()).await;
    app.advance(7 * 86_400 + 3);
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    let page = trial.anonymous();
    let keys = page.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    for number in 0..101 {
        let body = serde_json::json!({ "identifier": format!("user{number}@example.com") });
        page.post("/users", body).await.expect(201);
    }
}

async fn each_refusal_is_told_apart(app: TestApp) {
    let trial = app.trial().await;
    let other = app.trial().await;
    let (owner, stranger) = (app.member("owner").await, app.member("stranger").await);
    let id = &trial.app.id;
    let before = app.rows().await;
    for secret in [other.secret.as_str(), "", "x", &"x".repeat(10_000)] {
        let refusal = claims(&app, id, Some(secret), &stranger).await.unwrap_err();
        assert!(matches!(refusal, ClaimRefusal::Foreign), "{refusal:?}");
    }
    let unknown = AppId::draw(&app.app.random, app.now());
    let invented = "zzzzzzzzzzzzzzzzzzzzzzzz".parse().unwrap();
    for id in [&unknown, &invented] {
        let refusal = claims(&app, id, Some(&trial.secret), &stranger).await;
        assert!(matches!(refusal, Err(ClaimRefusal::Unknown)), "{refusal:?}");
    }
    // An app that never was a test app has an owner.
    let refusal = claims(&app, &app.id, Some(&trial.secret), &stranger).await;
    assert!(matches!(refusal, Err(ClaimRefusal::AlreadyClaimed)));
    before.assert_unchanged(&app).await;

    claims(&app, id, Some(&trial.secret), &owner).await.unwrap();
    for secret in [Some(trial.secret.as_str()), Some("x"), None] {
        let refusal = claims(&app, id, secret, &stranger).await;
        assert!(matches!(refusal, Err(ClaimRefusal::AlreadyClaimed)));
    }

    app.advance(7 * 86_400 - 1);
    let late = other.app.id.clone();
    app.advance(1);
    let expired = async || {
        let refusal = claims(&app, &late, Some(&other.secret), &stranger).await;
        assert!(matches!(refusal, Err(ClaimRefusal::Expired)), "{refusal:?}");
    };
    expired().await;
    // Also when nothing is left of it.
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    app.advance(60);
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    expired().await;
    let (id, user) = (id.clone(), stranger.clone());
    assert_eq!(app.read(move |tx| tx.find_role(&id, &user)).await, None);
}

async fn a_bare_claim_needs_the_setting(app: TestApp) {
    let trial = app.trial().await.app;
    let member = app.member("owner").await;
    let strict = app.configured(|config| config.bare_claims = Some(false));
    let before = app.rows().await;
    let refusal = claims(&strict, &trial.id, None, &member).await.unwrap_err();
    assert!(matches!(refusal, ClaimRefusal::BareRefused));
    assert!(refusal.to_string().contains("`bare_claims`"), "{refusal}");
    before.assert_unchanged(&app).await;
    claims(&app, &trial.id, None, &member).await.unwrap();
}

async fn the_console_cannot_be_claimed(app: TestApp) {
    let record = app.blocking(|app| console::open(app).unwrap()).await;
    let member = app.member("owner").await;
    let before = app.rows().await;
    let refusal = claims(&app, &record.id, None, &member).await;
    assert!(matches!(refusal, Err(ClaimRefusal::Unknown)));
    before.assert_unchanged(&app).await;
    // Nor does the management API know it.
    let answer = app
        .call("GET", &format!("/api/v1/apps/{}", record.id))
        .await;
    answer.assert_refused(404, "app_not_found", "");
}

async fn race(nodes: &[TestApp]) {
    let app = &nodes[0];
    let trial = app.trial().await;
    let mut claimers = Vec::new();
    for (index, node) in nodes.iter().cycle().take(6).enumerate() {
        let member = app.member(&format!("member{index}")).await;
        let (node, id, secret) = (node.clone(), trial.app.id.clone(), trial.secret.clone());
        claimers.push(tokio::spawn(async move {
            // Half of them by the bare link.
            let secret = (index % 3 > 0).then_some(secret.as_str());
            claims(&node, &id, secret, &member).await
        }));
    }
    let mut owners = 0;
    for claimer in claimers {
        match claimer.await.unwrap() {
            Ok(_) => owners += 1,
            Err(ClaimRefusal::AlreadyClaimed) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(owners, 1);
    let id = trial.app.id.clone();
    let members = app.read(move |tx| tx.count_members(&id, Role::Owner)).await;
    assert_eq!(members, 1);
    let info = apps::load(&nodes[0].app, &trial.app.id).await.unwrap();
    assert!(nodes.len() > 1 || !info.is_test_app());
}

async fn of_two_at_once_one_gets_it(app: TestApp) {
    race(&[app]).await;
}

mod at_once {
    use super::*;

    stories_on_postgres!(of_two_nodes_one_gives_it);

    async fn of_two_nodes_one_gives_it(app: TestApp) {
        let other = app.another_node().await;
        race(&[app, other]).await;
    }
}
