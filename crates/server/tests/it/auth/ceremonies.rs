//! A ceremony's id: it is for one app, one purpose and one use, within five minutes.

use serde_json::{Value as Json, json};

use crate::support::{TestApp, User, stories, stories_on_postgres};

stories!(
    an_assertion_cannot_be_replayed,
    a_registration_cannot_be_replayed,
    of_two_finishes_at_once_one_wins,
    a_ceremony_ends_after_five_minutes,
    a_ceremony_may_cross_midnight,
    a_ceremony_of_another_app_is_unknown,
    a_ceremony_serves_its_purpose_only,
    an_altered_id_is_unknown,
    an_added_passkey_is_for_the_session_that_asked,
    a_ceremony_does_not_survive_another_rp_id,
    a_flood_of_starts_writes_nothing,
);

async fn an_assertion_cannot_be_replayed(app: TestApp) {
    let mut ada = app.user("ada").await;
    for (assertion, code) in [
        (ada.assertion().await, "webauthn_login_failed"),
        (
            ada.discoverable_assertion().await,
            "discoverable_login_failed",
        ),
    ] {
        ada.page.finish_login(&assertion).await.expect(200);
        let before = app.rows().await;
        let answer = ada.page.finish_login(&assertion).await;
        answer.assert_refused(401, code, "challenge_used");
        before.assert_unchanged(&app).await;
        // A new signature over the same challenge is no better.
        let mut again = assertion.clone();
        again.sign_count += 10;
        let answer = ada.page.finish_login(&again).await;
        answer.assert_refused(401, code, "challenge_used");
        before.assert_unchanged(&app).await;
    }
}

async fn a_registration_cannot_be_replayed(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let creation = app.authenticator().create(&start);
    page.finish_registration(&creation).await.expect(201);
    let before = app.rows().await;
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_used");
    // Nor does another passkey come in by the same id.
    let another = app.authenticator().create(&start);
    let answer = page.finish_registration(&another).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_used");
    before.assert_unchanged(&app).await;
}

async fn of_two_finishes_at_once_one_wins(app: TestApp) {
    finish_at_once(&app, &app).await;
}

/// Signs up, signs in and adds a passkey, each finish sent to both nodes at the same time.
async fn finish_at_once(one: &TestApp, other: &TestApp) {
    let at = |node: &TestApp, path: &str, body: &Json, user: Option<&User>| {
        let mut call = node.anonymous().post(path, body.clone());
        if let Some(user) = user {
            call = call.bearer(user.auth_token());
        }
        call
    };
    let race = async |path: &str, body: Json, user: Option<&User>, success: u16| {
        let (first, second) = tokio::join!(
            at(one, path, &body, user).into_future(),
            at(other, path, &body, user).into_future()
        );
        let (winner, loser) = if first.status == success {
            (first, second)
        } else {
            (second, first)
        };
        winner.expect(success);
        loser.assert_refused(401, "webauthn_login_failed", "challenge_used");
    };

    let page = one.anonymous();
    let start = page.start_registration("race@example.com").await;
    let body = one.authenticator().create(&start).body();
    let before = one.rows().await;
    race("/register/webauthn/finish", body, None, 201).await;
    let changes = before.changes(one).await;
    for line in [
        "users +1",
        "passkeys +1",
        "sessions +1",
        "refresh_tokens +1",
    ] {
        assert!(changes.contains(&line.to_owned()), "{line}: {changes:?}");
    }

    let mut ada = one.user("ada").await;
    let body = ada.assertion().await.body();
    let before = one.rows().await;
    race("/login/webauthn/finish", body, None, 200).await;
    let changes = before.changes(one).await;
    assert!(changes.contains(&"sessions +1".to_owned()), "{changes:?}");
    assert!(changes.contains(&"events +1".to_owned()), "{changes:?}");

    let start = ada.start_adding().await;
    let body = one.authenticator().create(&start).body();
    race("/currentuser/devices/finish", body, Some(&ada), 201).await;
    assert_eq!(ada.passkeys().await.len(), 2);
}

async fn a_ceremony_ends_after_five_minutes(app: TestApp) {
    let mut ada = app.user("ada").await;
    let page = app.anonymous();
    let in_time = ada.assertion().await;
    app.advance(299);
    ada.page.finish_login(&in_time).await.expect(200);

    let late = ada.assertion().await;
    let start = page.start_registration("bob@example.com").await;
    let creation = app.authenticator().create(&start);
    app.advance(300);
    let before = app.rows().await;
    let answer = ada.page.finish_login(&late).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_expired");
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_expired");
    before.assert_unchanged(&app).await;
}

async fn a_ceremony_may_cross_midnight(app: TestApp) {
    let mut ada = app.user("ada").await;
    let to_midnight = 86_400 - app.now().as_seconds() as u64 % 86_400;
    app.advance(to_midnight - 60);
    let in_time = ada.assertion().await;
    let late = ada.assertion().await;
    app.advance(120);
    ada.page.finish_login(&in_time).await.expect(200);
    app.advance(180);
    let answer = ada.page.finish_login(&late).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_expired");
    // A day later its key is gone, too.
    app.advance(2 * 86_400);
    let answer = ada.page.finish_login(&late).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_unknown");
}

async fn a_ceremony_of_another_app_is_unknown(app: TestApp) {
    let mut ada = app.user("ada").await;
    let assertion = ada.assertion().await;
    let other = app.another_app("http://localhost:9090").await;
    let path = format!("/auth/v1/apps/{}/login/webauthn/finish", other.id);
    let before = app.rows().await;
    let answer = other.call("POST", &path).json(assertion.body()).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_unknown");
    before.assert_unchanged(&app).await;
    ada.page.finish_login(&assertion).await.expect(200);
}

async fn a_ceremony_serves_its_purpose_only(app: TestApp) {
    let mut ada = app.user("ada").await;
    let page = app.anonymous();
    let login = ada.page.start_login(Some("ada@example.com")).await;
    let discoverable = page.start_login(None).await;
    let register = page.start_registration("bob@example.com").await;
    let add = ada.start_adding().await;
    let before = app.rows().await;

    let mut authenticator = app.authenticator();
    let good = authenticator.create(&register);
    for (path, wrong) in [
        ("/register/webauthn/finish", &login),
        ("/register/webauthn/finish", &discoverable),
        ("/register/webauthn/finish", &add),
        ("/currentuser/devices/finish", &login),
        ("/currentuser/devices/finish", &register),
    ] {
        let mut creation = good.clone();
        creation.handshake_id = wrong["handshake"]["id"].clone();
        creation.user_id = Json::Null;
        creation.client_data["challenge"] =
            wrong["handshake"]["challenge"]["publicKey"]["challenge"].clone();
        let answer = ada.post(path, creation.body()).await;
        answer.assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    }
    let good = ada.authenticator.assert(&login);
    for wrong in [&register, &add] {
        let mut assertion = good.clone();
        assertion.handshake_id = wrong["handshake"]["id"].clone();
        assertion.client_data["challenge"] =
            wrong["handshake"]["challenge"]["publicKey"]["challenge"].clone();
        let answer = page.finish_login(&assertion).await;
        answer.assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    }
    before.assert_unchanged(&app).await;
}

async fn an_altered_id_is_unknown(app: TestApp) {
    let mut ada = app.user("ada").await;
    let good = ada.assertion().await;
    let text = good.handshake_id.as_str().unwrap().to_owned();
    let flipped = if text.ends_with('A') { "B" } else { "A" };
    let mut middle = text.clone();
    let replacement = if &text[60..61] == "A" { "B" } else { "A" };
    middle.replace_range(60..61, replacement);
    let before = app.rows().await;
    for id in [
        "",
        "x",
        "not base64!",
        &text[..40],
        &middle,
        &format!("{text}{flipped}"),
    ] {
        let mut assertion = good.clone();
        assertion.handshake_id = json!(id);
        let answer = ada.page.finish_login(&assertion).await;
        answer.assert_refused(401, "webauthn_login_failed", "challenge_unknown");
    }
    before.assert_unchanged(&app).await;
}

async fn an_added_passkey_is_for_the_session_that_asked(app: TestApp) {
    let mut ada = app.user("ada").await;
    let start = ada.start_adding().await;
    let creation = app.authenticator().create(&start);
    let first_session = ada.tokens.clone();
    ada.sign_in().await;
    let bob = app.user("bob").await;
    let before = app.rows().await;
    let finish = "/currentuser/devices/finish";
    // Another session of the same user, and another user.
    for user in [&ada, &bob] {
        let answer = user.post(finish, creation.body()).await;
        answer.assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    }
    before.assert_unchanged(&app).await;
    ada.tokens = first_session;
    ada.post(finish, creation.body()).await.expect(201);
}

async fn a_ceremony_does_not_survive_another_rp_id(app: TestApp) {
    let mut ada = app.user("ada").await;
    let assertion = ada.assertion().await;
    let start = ada.start_adding().await;
    let creation = app.authenticator().create(&start);
    app.write(|tx| {
        ginnel::store::testing::execute(tx, "UPDATE apps SET rp_id = 'example.com'", &[])
    })
    .await;
    app.app.apps.forget(&app.id);
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "rp_id_mismatch");
    let answer = ada
        .post("/currentuser/devices/finish", creation.body())
        .await;
    answer.assert_refused(401, "webauthn_login_failed", "rp_id_mismatch");
    assert_eq!(ada.passkeys().await.len(), 1);
}

async fn a_flood_of_starts_writes_nothing(app: TestApp) {
    let ada = app.user("ada").await;
    let before = app.rows().await;
    // SQLite tells each connection when another one has committed a change.
    let connection = (app.app.store.engine() == ginnel::store::Engine::Sqlite)
        .then(|| app.database.sqlite_connection());
    let version = || {
        connection.as_ref().map(|connection| {
            connection
                .query_row("PRAGMA data_version", [], |row| row.get::<_, i64>(0))
                .unwrap()
        })
    };
    let at_first = version();
    for number in 0..50 {
        ada.page.start_login(Some("ada@example.com")).await;
        ada.page.start_login(None).await;
        let identifier = format!("nobody{number}@example.com");
        ada.page.start_registration(&identifier).await;
        let body = json!({ "identifier": identifier });
        let unknown = ada.page.post("/login/webauthn/start", body).await;
        unknown.assert_refused(404, "user_not_found", "");
        let lookup = format!("/users?identifier={identifier}");
        ada.page.get(&lookup).await.expect(200);
    }
    assert_eq!(version(), at_first);
    before.assert_unchanged(&app).await;
    // What was counted in memory is written once.
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(before.changes(&app).await, ["daily_counters +2"]);
    assert_ne!(version(), at_first.or(Some(0)));
    let flushed = app.rows().await;
    app.app.counters.flush(&app.app).await.unwrap();
    flushed.assert_unchanged(&app).await;
}

mod two_nodes {
    //! Several nodes share a PostgreSQL database.

    use super::*;

    stories_on_postgres!(
        one_node_finishes_what_another_began,
        of_two_finishes_on_two_nodes_one_wins,
    );

    async fn one_node_finishes_what_another_began(app: TestApp) {
        let other = app.another_node().await;
        let start = app.anonymous().start_registration("ada@example.com").await;
        let creation = app.authenticator().create(&start);
        let answer = other.anonymous().finish_registration(&creation).await;
        let tokens = answer.expect(201)["auth_result"].take();
        let token = tokens["auth_token"].as_str().unwrap();
        // And the first one knows who it is.
        let answer = app.anonymous().get("/currentuser").bearer(token).await;
        answer.expect(200);
    }

    async fn of_two_finishes_on_two_nodes_one_wins(app: TestApp) {
        let other = app.another_node().await;
        for _ in 0..5 {
            let fresh = app.another_app("http://localhost:8080").await;
            finish_at_once(&fresh, &other.about(&fresh.id)).await;
        }
    }
}
