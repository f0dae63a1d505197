//! Settings that are guarded: what signs tokens, what passkeys belong to, and the Console's own app.

use ginnel::domain::keys::{Algorithm, State};
use ginnel::domain::members::Role;

use super::settings::{form, owner};
use crate::support::{TestApp, stories};

stories!(
    another_algorithm_is_announced_and_can_be_hurried,
    a_key_is_not_changed_before_it_is_known,
    a_new_rp_id_is_typed_twice_by_an_owner,
    the_consoles_own_app_changes_how_long_things_last,
);

async fn another_algorithm_is_announced_and_can_be_hurried(app: TestApp) {
    let owner = owner(&app).await;
    let ada = app.user("ada").await;
    let form = form(&owner, &app, "sessions")
        .await
        .typing("algorithm", Some("ES256"));
    assert_eq!(owner.send(&form).await.status, 303);
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(html.contains("ES256 takes over on"), "{html}");
    let rotate = app.page("/settings/keys/rotate");
    let waits = owner.post(&rotate, &[]).await;
    assert_eq!(waits.status, 409);
    assert!(waits.text().contains("published less than 48 hours ago"));
    let answer = owner.post(&rotate, &[("at_once", "on")]).await;
    assert!(answer.location().ends_with("?saved=keys#keys"));
    let id = app.id.clone();
    let keys = app.read(move |tx| tx.list_signing_keys(&id)).await;
    let current = keys.iter().find(|key| key.state == State::Current).unwrap();
    assert_eq!(current.algorithm, Algorithm::Es256);
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(!html.contains("takes over on"));
    // A token that is out stays good.
    ada.get("/currentuser").await.expect(200);
    let changes = app.changes().await;
    assert_eq!(
        changes,
        [
            format!("key_rotated: {} signs with ES256 now", current.id),
            "settings_changed: Signature: RS256 → ES256".to_owned()
        ]
    );
}

async fn a_key_is_not_changed_before_it_is_known(app: TestApp) {
    let owner = owner(&app).await;
    let rotate = app.page("/settings/keys/rotate");
    assert_eq!(owner.post(&rotate, &[]).await.status, 409);
    app.advance(48 * 60 * 60);
    let mut user = owner.user;
    user.sign_in().await;
    let owner = owner.console.enter(user).await;
    assert_eq!(owner.post(&rotate, &[]).await.status, 303);
    assert_eq!(app.changes().await.len(), 1);
}

async fn a_new_rp_id_is_typed_twice_by_an_owner(app: TestApp) {
    let owner = owner(&app).await;
    app.user("ada").await;
    let move_to = [
        ("auth_origin", "https://app.example.com"),
        ("redirect_url", "/"),
    ];
    let mut form = form(&owner, &app, "addresses").await;
    for (name, value) in move_to {
        form = form.typing(name, Some(value));
    }
    let refused = owner.send(&form).await;
    assert_eq!(refused.status, 400);
    assert!(
        refused
            .text()
            .contains("they belong to <code>localhost</code>")
    );

    let to = app.page("/settings/rp-id");
    let html = owner.get(&app.page("/settings")).await.text();
    assert!(html.contains("1 passkey will stop working"), "{html}");
    for (rp_id, confirm, sentence) in [
        ("app.localhost", "", "The two inputs differ"),
        (
            "app.localhost",
            "app.localhost",
            "not within <code>app.localhost</code>",
        ),
        (
            "https://localhost",
            "https://localhost",
            "no scheme, no port",
        ),
        ("<b>", "<b>", "cannot be an RP ID"),
        ("", "", "cannot be an RP ID"),
    ] {
        let answer = owner
            .post(&to, &[("rp_id", rp_id), ("confirm", confirm)])
            .await;
        assert_eq!(answer.status, 400, "{rp_id}");
        assert!(
            answer.text().contains(sentence),
            "{rp_id}: {}",
            answer.text()
        );
    }
    assert_eq!(app.record().await.rp_id, "localhost");
    let admin = owner
        .console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let typed = [("rp_id", "localhost"), ("confirm", "localhost")];
    assert_eq!(admin.post(&to, &typed).await.status, 403);

    // From a subdomain to the domain above it.
    let own = app.another_app("https://app.example.com").await;
    owner.becomes(&own.id, Role::Owner).await;
    let typed = [("rp_id", "Example.com"), ("confirm", "example.com")];
    let answer = owner.post(&own.page("/settings/rp-id"), &typed).await;
    assert!(answer.location().ends_with("#rp-id"));
    assert_eq!(own.record().await.rp_id, "example.com");
    assert_eq!(
        own.changes().await,
        ["rp_id_changed: RP ID: app.example.com → example.com"]
    );
    let info = own.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["id"], own.id.as_str());
}

async fn the_consoles_own_app_changes_how_long_things_last(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let own = &console.app;
    let html = operator.get(&own.page("/settings")).await.text();
    for absent in [
        "name=\"auth_origin\"",
        "id=\"rp-id\"",
        "name=\"algorithm\"",
        "Delete this app",
    ] {
        assert!(!html.contains(absent), "{absent}");
    }
    let form = form(&operator, own, "sessions").await;
    let form = form
        .typing("auth_token_lifetime", Some("5"))
        .typing("auth_token_lifetime_unit", Some("minutes"))
        .typing("algorithm", Some("RS256"));
    assert_eq!(operator.send(&form).await.status, 303);
    let record = own.record().await;
    assert_eq!(record.settings.auth_token_lifetime_seconds, 300);
    assert_eq!(record.settings.algorithm, Algorithm::Es256);
    let long = super::settings::form(&operator, own, "sessions")
        .await
        .typing("refresh_absolute_lifetime", Some("8"));
    let answer = operator.send(&long).await;
    assert_eq!(answer.status, 400);
    assert!(answer.text().contains("lasts at most 7 days"));
    let rp_id = [("rp_id", "example.com"), ("confirm", "example.com")];
    for (rest, fields, status) in [
        ("/settings/general", [("name", "Mine"), ("", "")], 404),
        ("/settings/keys/rotate", [("at_once", "on"), ("", "")], 403),
        ("/settings/rp-id", rp_id, 404),
    ] {
        let answer = operator.post(&own.page(rest), &fields).await;
        assert_eq!(answer.status, status, "{rest}: {}", answer.text());
    }
    let after = own.record().await;
    assert_eq!((after.name, after.rp_id), (record.name, record.rp_id));
    assert_eq!(own.changes().await.len(), 1);
}
