//! What users are told by mail of their passkeys.

use ginnel::messages::Kind;

use crate::support::{Key, TestApp, User, opens, stories};

stories!(
    a_passkey_added_or_removed_is_told,
    a_first_passkey_is_nothing_to_tell,
    a_stranger_is_not_flooded_by_whoever_took_their_address,
    a_proven_address_is_told_however_much_was_sent,
    the_last_passkey_may_go_where_a_link_still_signs_in,
    a_server_without_mail_tells_nothing,
);

async fn proven(app: &TestApp, name: &str) -> User {
    let identifier = format!("{name}@example.com");
    let page = app.anonymous();
    let tokens = opens(
        page.asked("register", &identifier, Some(Key("k")))
            .await
            .open()
            .await,
    );
    let id = app.claims(tokens["auth_token"].as_str().unwrap())["sub"]
        .as_str()
        .unwrap()
        .to_owned();
    User {
        authenticator: app.authenticator(),
        page,
        identifier,
        id,
        tokens,
    }
}

async fn remove(user: &User, id: &str) -> u16 {
    user.call("DELETE", &format!("/currentuser/devices/{id}"))
        .await
        .status
}

async fn a_passkey_added_or_removed_is_told(app: TestApp) {
    let ada = app.user("ada").await;
    let (_, second) = ada.add_passkey().await;
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::PasskeyAdded, "ada@example.com")
    );
    assert_eq!(told.detail.as_deref(), Some("Passkey"));
    assert_eq!(told.link.as_deref(), Some("http://localhost:8080/"));
    app.advance(1);
    assert_eq!(remove(&ada, &second).await, 200);
    assert_eq!(
        app.letter_kinds().await,
        [Kind::PasskeyAdded, Kind::PasskeyRemoved]
    );
}

async fn a_first_passkey_is_nothing_to_tell(app: TestApp) {
    app.user("ada").await;
    assert_eq!(app.letter_kinds().await, []);
}

async fn a_stranger_is_not_flooded_by_whoever_took_their_address(app: TestApp) {
    let eve = app.user("ada").await;
    for _ in 0..12 {
        let (_, passkey) = eve.add_passkey().await;
        assert_eq!(remove(&eve, &passkey).await, 200);
    }
    assert_eq!(app.letters().await.len(), 10);
}

async fn a_proven_address_is_told_however_much_was_sent(app: TestApp) {
    let ada = proven(&app, "ada").await;
    for _ in 0..9 {
        app.anonymous()
            .asked("login", "ada@example.com", None)
            .await;
    }
    app.anonymous()
        .ask("login", "ada@example.com", None)
        .await
        .assert_refused(429, "rate_limited", "");
    app.advance(1);
    ada.add_passkey().await;
    assert_eq!(app.letter_kinds().await.pop(), Some(Kind::PasskeyAdded));
}

async fn the_last_passkey_may_go_where_a_link_still_signs_in(app: TestApp) {
    let ada = proven(&app, "ada").await;
    let (_, only) = ada.add_passkey().await;
    app.set(|settings| {
        settings.magic_links = false;
        settings.one_time_codes = false;
    })
    .await;
    let refused = ada
        .call("DELETE", &format!("/currentuser/devices/{only}"))
        .await;
    refused.assert_refused(403, "operation_not_allowed", "last_passkey");
    // A code alone is a way in, too.
    app.set(|settings| settings.one_time_codes = true).await;
    assert_eq!(remove(&ada, &only).await, 200);
    assert_eq!(ada.passkeys().await, [""; 0]);
}

async fn a_server_without_mail_tells_nothing(app: TestApp) {
    let remote = app.configured(|config| {
        config.public_url = "https://id.example.com".parse().unwrap();
        config.auth_hosts.push("localhost:8400".into());
    });
    let ada = remote.user("ada").await;
    let (_, second) = ada.add_passkey().await;
    assert_eq!(remove(&ada, &second).await, 200);
    assert_eq!(app.letter_kinds().await, []);
}
