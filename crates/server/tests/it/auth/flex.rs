//! Flex in the browser: ceremonies under a back end's transaction, and without.

use ginnel::domain::apps::AppType;
use ginnel::domain::events::Counter;
use ginnel::domain::users::Status;
use ginnel::ids::UserId;
use ginnel::jobs;
use serde_json::{Value as Json, json};

use crate::support::{Authenticator, BackEnd, Response, TestApp, flags, stories};

stories!(
    a_passkey_is_made_and_signs_in_to_the_own_login,
    a_passkey_says_by_itself_who_it_is,
    nothing_of_flex_opens_a_session,
    a_transaction_is_used_once,
    of_two_who_finish_at_once_one_gets_a_nonce,
    a_transaction_is_for_one_purpose_user_and_app,
    transactions_and_nonces_end_and_are_forgotten,
    a_spoilt_ceremony_leaves_the_transaction,
    another_users_passkey_is_refused,
    whoever_is_deactivated_is_refused,
    a_stale_counter_is_told_and_can_be_refused,
    complete_and_flex_keep_apart,
    an_account_from_before_is_not_known_to_the_own_login,
    strange_bodies_are_refused,
    nothing_secret_is_stored,
);

const REGISTER: &str = "/register/transactions/webauthn";
const AUTHENTICATE: &str = "/authenticate/transactions/webauthn";

impl BackEnd {
    /// Begins a ceremony in the browser.
    async fn start(&self, what: &str, transaction: Option<&str>) -> Response {
        let body = match transaction {
            Some(id) => json!({ "transaction_id": id }),
            None => json!({}),
        };
        let page = self.app.anonymous();
        page.post(&format!("{what}/start"), body).await
    }

    /// Finishes one as flex-js does.
    async fn finish(&self, what: &str, mut body: Json, transaction: Option<&str>) -> Response {
        if let Some(id) = transaction {
            body["transaction_id"] = id.into();
        }
        let page = self.app.anonymous();
        page.post(&format!("{what}/finish"), body).await
    }

    /// Signs in to the own login; the nonce.
    async fn signed_in(&self, passkey: &mut Authenticator, transaction: Option<&str>) -> String {
        let start = self.start(AUTHENTICATE, transaction).await.expect(200);
        let body = passkey.assert(&start).body();
        let answer = self.finish(AUTHENTICATE, body, transaction).await;
        nonce(&answer)
    }
}

#[track_caller]
fn nonce(answer: &Response) -> String {
    let body = answer.expect(200);
    assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
    body["nonce"].as_str().unwrap().to_owned()
}

async fn a_passkey_is_made_and_signs_in_to_the_own_login(app: TestApp) {
    let back_end = app.flex().await;
    let transaction = back_end.register("Customer 7").await;
    let before = app.rows().await;
    let start = back_end
        .start(REGISTER, Some(&transaction))
        .await
        .expect(200);
    before.assert_unchanged(&app).await;
    assert_eq!(start["transaction_id"], transaction.as_str());
    let id = back_end.user_id("Customer 7").await;
    let user = &start["handshake"]["challenge"]["publicKey"]["user"];
    assert_eq!(user["name"], "Ada");
    let mut passkey = app.authenticator();
    let creation = passkey.create(&start);
    assert_eq!(passkey.user_handle, id.as_bytes());
    let finished = back_end
        .finish(REGISTER, creation.body(), Some(&transaction))
        .await;
    let verified = back_end.verify(&nonce(&finished)).await.expect(200);
    assert_eq!(verified, json!({ "external_id": "Customer 7" }));
    assert_eq!(app.flex_user(&id).await, (Status::Active, 0));

    let transaction = back_end.authenticate("Customer 7").await;
    let start = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    let options = &start["handshake"]["challenge"]["publicKey"];
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    let body = passkey.assert(&start).body();
    let finished = back_end
        .finish(AUTHENTICATE, body, Some(&transaction))
        .await;
    let nonce = nonce(&finished);
    let verified = back_end.verify(&nonce).await.expect(200);
    assert_eq!(verified["external_id"], "Customer 7");
    back_end
        .verify(&nonce)
        .await
        .assert_refused(401, "invalid_nonce", "");
    assert_eq!(app.flex_user(&id).await, (Status::Active, 1));
    assert_eq!(app.count(Counter::SignInPasskey).await, 1);
    let mut events = app.events(&id).await;
    events.sort();
    assert_eq!(
        events,
        [
            "passkey_added success",
            "sign_in success",
            "transaction_begun success",
            "transaction_begun success",
            "user_created success",
        ]
    );

    // One more passkey: the authenticator must not be one that has one.
    let transaction = back_end.register("Customer 7").await;
    let start = back_end
        .start(REGISTER, Some(&transaction))
        .await
        .expect(200);
    let options = &start["handshake"]["challenge"]["publicKey"];
    assert_eq!(options["excludeCredentials"].as_array().unwrap().len(), 1);
}

impl TestApp {
    /// Status and number of sign-ins of a user.
    async fn flex_user(&self, id: &str) -> (Status, i64) {
        let id: UserId = id.parse().unwrap();
        let user = self.read(move |tx| tx.find_user(&id)).await.unwrap();
        (user.status, user.login_count)
    }
}

async fn a_passkey_says_by_itself_who_it_is(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    back_end.enrolled("grace").await;
    let before = app.rows().await;
    let start = back_end.start(AUTHENTICATE, None).await.expect(200);
    before.assert_unchanged(&app).await;
    assert!(start.get("transaction_id").is_none(), "{start}");
    let options = &start["handshake"]["challenge"]["publicKey"];
    assert_eq!(options["allowCredentials"], json!([]));
    let body = ada.assert(&start).body();
    let first = back_end.finish(AUTHENTICATE, body.clone(), None).await;
    // The same answer once more.
    let again = back_end.finish(AUTHENTICATE, body, None).await;
    again.assert_refused(401, "discoverable_login_failed", "challenge_used");
    let verified = back_end.verify(&nonce(&first)).await.expect(200);
    assert_eq!(verified["external_id"], "ada");
    // Old packages send no body at all, and an empty id is none.
    let page = app.anonymous();
    page.call("POST", &format!("{AUTHENTICATE}/start"))
        .await
        .expect(200);
    back_end.start(AUTHENTICATE, Some("")).await.expect(200);
    // Without a user handle nobody is said.
    let start = back_end.start(AUTHENTICATE, None).await.expect(200);
    let mut assertion = ada.assert(&start);
    assertion.user_handle = Json::Null;
    let answer = back_end.finish(AUTHENTICATE, assertion.body(), None).await;
    assert_eq!(answer.refusal().0, 401);
    // Who is not known is told so, and nothing is written.
    let mut stranger = app.authenticator();
    stranger.user_handle = ada.user_handle.clone();
    let start = back_end.start(AUTHENTICATE, None).await.expect(200);
    let before = app.rows().await;
    let body = stranger.assert(&start).body();
    let answer = back_end.finish(AUTHENTICATE, body, None).await;
    answer.assert_refused(401, "discoverable_login_failed", "unknown_credential");
    before.assert_unchanged(&app).await;
}

async fn nothing_of_flex_opens_a_session(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let before = app.rows().await;
    let transaction = back_end.authenticate("ada").await;
    back_end.signed_in(&mut ada, Some(&transaction)).await;
    let changes = before.changes(&app).await;
    assert!(
        changes.iter().any(|change| change == "flex_nonces +1"),
        "{changes:?}"
    );
    for table in ["sessions", "refresh_tokens", "messages"] {
        assert!(
            changes.iter().all(|change| !change.starts_with(table)),
            "{changes:?}"
        );
    }
}

async fn a_transaction_is_used_once(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let transaction = back_end.authenticate("ada").await;
    // Any number of ceremonies may begin under it: people cancel and try again.
    let second = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    back_end.signed_in(&mut ada, Some(&transaction)).await;
    let before = app.rows().await;
    let answer = back_end.start(AUTHENTICATE, Some(&transaction)).await;
    answer.assert_refused(404, "transaction_not_found", "");
    let body = ada.assert(&second).body();
    let answer = back_end
        .finish(AUTHENTICATE, body, Some(&transaction))
        .await;
    answer.assert_refused(404, "transaction_not_found", "");
    before.assert_unchanged(&app).await;

    let transaction = back_end.register("ada").await;
    let starts = [
        back_end
            .start(REGISTER, Some(&transaction))
            .await
            .expect(200),
        back_end
            .start(REGISTER, Some(&transaction))
            .await
            .expect(200),
    ];
    let mut answers = Vec::new();
    for start in starts {
        let body = app.authenticator().create(&start).body();
        answers.push(back_end.finish(REGISTER, body, Some(&transaction)).await);
    }
    nonce(&answers[0]);
    answers[1].assert_refused(404, "transaction_not_found", "");
    let devices = back_end.user_id("ada").await;
    let devices = back_end.get(&format!("/users/{devices}/devices")).await;
    assert_eq!(devices.expect(200)["devices"].as_array().unwrap().len(), 2);
}

async fn of_two_who_finish_at_once_one_gets_a_nonce(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    for round in 0..5 {
        let transaction = back_end.authenticate("ada").await;
        let mut bodies = Vec::new();
        for _ in 0..2 {
            let start = back_end.start(AUTHENTICATE, Some(&transaction)).await;
            bodies.push(ada.assert(&start.expect(200)).body());
        }
        let [first, second] = [bodies.remove(0), bodies.remove(0)];
        let (first, second) = tokio::join!(
            back_end.finish(AUTHENTICATE, first, Some(&transaction)),
            back_end.finish(AUTHENTICATE, second, Some(&transaction)),
        );
        let mut answers = [first, second];
        answers.sort_by_key(|answer| answer.status);
        answers[1].assert_refused(404, "transaction_not_found", "");

        // The same of nonces.
        let nonce = nonce(&answers[0]);
        let (first, second) = tokio::join!(back_end.verify(&nonce), back_end.verify(&nonce));
        let mut answers = [first, second];
        answers.sort_by_key(|answer| answer.status);
        assert_eq!(answers[0].expect(200)["external_id"], "ada");
        answers[1].assert_refused(401, "invalid_nonce", "");

        // Two transactions for a new user at once make one user.
        let name = format!("new {round}");
        tokio::join!(back_end.register(&name), back_end.register(&name));
        let id = back_end.user_id(&name).await;
        let made = app.events(&id).await;
        let count = made
            .iter()
            .filter(|event| event.starts_with("user_created"));
        assert_eq!(count.count(), 1, "{made:?}");
    }
}

async fn a_transaction_is_for_one_purpose_user_and_app(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let other = app.another_app(crate::support::ORIGIN).await.flex().await;
    other.enrolled("ada").await;
    let (making, proving) = (
        back_end.register("ada").await,
        back_end.authenticate("ada").await,
    );
    for (what, transaction) in [
        (REGISTER, &proving),
        (AUTHENTICATE, &making),
        (REGISTER, &other.register("ada").await),
        (AUTHENTICATE, &other.authenticate("ada").await),
        (REGISTER, &"x".repeat(32)),
        (AUTHENTICATE, &"x".repeat(100_000)[..50_000].to_owned()),
    ] {
        let answer = back_end.start(what, Some(transaction)).await;
        answer.assert_refused(404, "transaction_not_found", "");
    }
    // A ceremony begun under one transaction is not finished under another, and none without.
    let start = back_end
        .start(AUTHENTICATE, Some(&proving))
        .await
        .expect(200);
    let assertion = ada.assert(&start).body();
    let second = back_end.authenticate("ada").await;
    for wrong in [&making, &second] {
        let answer = back_end
            .finish(AUTHENTICATE, assertion.clone(), Some(wrong))
            .await;
        answer.assert_refused(404, "transaction_not_found", "");
    }
    let bare = back_end.start(AUTHENTICATE, None).await.expect(200);
    let body = ada.assert(&bare).body();
    let answer = back_end.finish(AUTHENTICATE, body, Some(&second)).await;
    answer.assert_refused(404, "transaction_not_found", "");
    // Registration and authentication do not take each other's ceremonies.
    let start = back_end.start(REGISTER, Some(&making)).await.expect(200);
    let mut creation = app.authenticator().create(&start).body();
    creation["handshake_id"] = bare["handshake"]["id"].clone();
    let answer = back_end.finish(REGISTER, creation, Some(&making)).await;
    answer.assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    let mut swapped = ada.assert(&bare).body();
    swapped["handshake_id"] = start["handshake"]["id"].clone();
    let answer = back_end.finish(AUTHENTICATE, swapped, None).await;
    answer.assert_refused(401, "discoverable_login_failed", "challenge_purpose");
    // What was refused is still good where it belongs.
    let answer = back_end
        .finish(AUTHENTICATE, assertion, Some(&proving))
        .await;
    let nonce = nonce(&answer);
    let refused = other.verify(&nonce).await;
    refused.assert_refused(401, "invalid_nonce", "");
    back_end.verify(&nonce).await.expect(200);
}

async fn transactions_and_nonces_end_and_are_forgotten(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let transaction = back_end.authenticate("ada").await;
    app.advance(10 * 60 - 1);
    let late = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    app.advance(1);
    let answer = back_end.start(AUTHENTICATE, Some(&transaction)).await;
    answer.assert_refused(404, "transaction_not_found", "");
    let body = ada.assert(&late).body();
    let answer = back_end
        .finish(AUTHENTICATE, body, Some(&transaction))
        .await;
    answer.assert_refused(404, "transaction_not_found", "");

    let transaction = back_end.authenticate("ada").await;
    let in_time = back_end.signed_in(&mut ada, Some(&transaction)).await;
    app.advance(2 * 60 - 1);
    back_end.verify(&in_time).await.expect(200);
    let late = back_end.signed_in(&mut ada, None).await;
    app.advance(2 * 60);
    let answer = back_end.verify(&late).await;
    answer.assert_refused(401, "invalid_nonce", "");

    back_end.authenticate("ada").await;
    app.advance(11 * 60);
    let before = app.rows().await;
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    let changes = before.changes(&app).await;
    // One transaction timed out above and one here; the nonces are the one of the enrolment and the late one.
    for line in ["flex_transactions -2", "flex_nonces -2"] {
        assert!(changes.iter().any(|change| change == line), "{changes:?}");
    }
}

async fn a_spoilt_ceremony_leaves_the_transaction(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let transaction = back_end.authenticate("ada").await;
    let start = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    let good = ada.assert(&start);
    let mut foreign = good.clone();
    foreign.client_data["origin"] = "https://evil.example".into();
    let mut unverified = good.clone();
    unverified.flags = flags::UP;
    let mut forged = good.clone();
    forged.signature = Some(vec![0; 70]);
    for (spoilt, reason) in [
        (foreign, "origin_not_allowed"),
        (unverified, "user_not_verified"),
        (forged, "signature"),
    ] {
        let before = app.rows().await;
        let answer = back_end
            .finish(AUTHENTICATE, spoilt.body(), Some(&transaction))
            .await;
        assert_eq!(answer.refusal().0, 401, "{reason}");
        // The refusal of somebody known is an event, and that is all.
        let changes = before.changes(&app).await;
        assert!(
            changes.len() == 2
                && changes[0].starts_with("daily_counters")
                && changes[1] == "events +1",
            "{changes:?}"
        );
    }
    let answer = back_end
        .finish(AUTHENTICATE, good.body(), Some(&transaction))
        .await;
    nonce(&answer);

    let transaction = back_end.register("grace").await;
    let start = back_end
        .start(REGISTER, Some(&transaction))
        .await
        .expect(200);
    let mut passkey = app.authenticator();
    let mut creation = passkey.create(&start);
    creation.rp_id = "evil.example".to_owned();
    let before = app.rows().await;
    let answer = back_end
        .finish(REGISTER, creation.body(), Some(&transaction))
        .await;
    assert_eq!(answer.refusal().0, 401);
    before.assert_unchanged(&app).await;
}

async fn another_users_passkey_is_refused(app: TestApp) {
    let back_end = app.flex().await;
    back_end.enrolled("ada").await;
    let mut eve = back_end.enrolled("eve").await;
    let transaction = back_end.authenticate("ada").await;
    let start = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    let body = eve.assert(&start).body();
    let answer = back_end
        .finish(AUTHENTICATE, body, Some(&transaction))
        .await;
    answer.assert_refused(401, "webauthn_login_failed", "unknown_credential");
    // A passkey that somebody has is not made again for another.
    let transaction = back_end.register("ada").await;
    let start = back_end
        .start(REGISTER, Some(&transaction))
        .await
        .expect(200);
    let body = eve.clone().create(&start).body();
    let answer = back_end.finish(REGISTER, body, Some(&transaction)).await;
    answer.assert_refused(400, "invalid_request", "credential_exists");
}

async fn whoever_is_deactivated_is_refused(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let id: UserId = back_end.user_id("ada").await.parse().unwrap();
    let (making, proving) = (
        back_end.register("ada").await,
        back_end.authenticate("ada").await,
    );
    let start = back_end
        .start(AUTHENTICATE, Some(&proving))
        .await
        .expect(200);
    let making_start = back_end.start(REGISTER, Some(&making)).await.expect(200);
    let nonce = back_end.signed_in(&mut ada, None).await;
    let now = app.now();
    let bar = id.clone();
    app.write(move |tx| tx.update_user_status(&bar, Status::Inactive, now))
        .await;
    for (path, body) in [
        (
            "/transactions/register",
            json!({ "external_id": "ada", "passkey_display_name": "Ada" }),
        ),
        (
            "/transactions/authenticate",
            json!({ "external_id": "ada" }),
        ),
    ] {
        let answer = back_end.post(path, body).await;
        answer.assert_refused(403, "cannot_create_transaction", "user_not_active");
    }
    let answer = back_end.verify(&nonce).await;
    answer.assert_refused(403, "operation_not_allowed", "user_not_active");
    for (what, transaction) in [(REGISTER, &making), (AUTHENTICATE, &proving)] {
        let answer = back_end.start(what, Some(transaction)).await;
        answer.assert_refused(403, "user_not_active", "");
    }
    let body = ada.assert(&start).body();
    let answer = back_end.finish(AUTHENTICATE, body, Some(&proving)).await;
    answer.assert_refused(403, "user_not_active", "");
    let body = app.authenticator().create(&making_start).body();
    let answer = back_end.finish(REGISTER, body, Some(&making)).await;
    answer.assert_refused(403, "user_not_active", "");
    let events = app.events(id.as_str()).await;
    assert!(
        events.contains(&"sign_in refused user_not_active".to_owned()),
        "{events:?}"
    );
}

async fn a_stale_counter_is_told_and_can_be_refused(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    ada.counts_by = 0;
    back_end.signed_in(&mut ada, None).await;
    let id = back_end.user_id("ada").await;
    let events = app.events(&id).await;
    assert!(
        events.contains(&"counter_not_increased success".to_owned()),
        "{events:?}"
    );
    app.set(|settings| settings.refuse_stale_counter = true)
        .await;
    let transaction = back_end.authenticate("ada").await;
    let start = back_end
        .start(AUTHENTICATE, Some(&transaction))
        .await
        .expect(200);
    let body = ada.assert(&start).body();
    let answer = back_end
        .finish(AUTHENTICATE, body, Some(&transaction))
        .await;
    answer.assert_refused(401, "webauthn_login_failed", "counter_not_increased");
    // The refusal is remembered, and the transaction with it: whoever copied the passkey gets one try.
    let events = app.events(&id).await;
    assert!(
        events.contains(&"sign_in refused counter_not_increased".to_owned()),
        "{events:?}"
    );
    let answer = back_end.start(AUTHENTICATE, Some(&transaction)).await;
    answer.assert_refused(404, "transaction_not_found", "");
}

async fn complete_and_flex_keep_apart(app: TestApp) {
    let mut ada = app.user("ada").await;
    let back_end = app.back_end().await;
    let page = app.anonymous();
    for what in [REGISTER, AUTHENTICATE] {
        for step in ["start", "finish"] {
            let answer = page.post(&format!("{what}/{step}"), json!({})).await;
            answer.assert_refused(403, "operation_not_allowed", "app_is_complete");
        }
    }
    for (path, body) in [
        (
            "/transactions/register",
            json!({ "external_id": "ada", "passkey_display_name": "Ada" }),
        ),
        (
            "/transactions/authenticate",
            json!({ "external_id": "ada" }),
        ),
        ("/authenticate/verify", json!({ "nonce": "x" })),
    ] {
        let answer = back_end.post(path, body).await;
        answer.assert_refused(403, "operation_not_allowed", "app_is_complete");
    }
    let assertion = ada.assertion().await;
    app.set(|settings| settings.app_type = AppType::Flex).await;
    for (method, path) in [
        ("GET", "/users?identifier=ada@example.com"),
        ("POST", "/users"),
        ("POST", "/register/webauthn/start"),
        ("POST", "/register/webauthn/finish"),
        ("POST", "/login/webauthn/start"),
        ("POST", "/register/magic-link"),
        ("POST", "/login/magic-link"),
        ("PATCH", "/magic-link/activate"),
        ("POST", "/magic-link/status"),
        ("POST", "/register/otp"),
        ("POST", "/login/otp"),
        ("POST", "/otp/activate"),
        ("POST", "/tokens"),
        ("GET", "/currentuser"),
        ("POST", "/currentuser/devices/start"),
    ] {
        let answer = ada.call(method, path).json(json!({})).await;
        answer.assert_refused(403, "operation_not_allowed", "app_is_flex");
    }
    let answer = page.finish_login(&assertion).await;
    answer.assert_refused(403, "operation_not_allowed", "app_is_flex");
    // What every app tells stays.
    let info = page.get("").await.expect(200);
    assert_eq!(info["app"]["type"], "flex");
    assert_eq!(info["app"]["auth_methods"], json!({ "passkeys": {} }));
    page.get("/.well-known/jwks.json").await.expect(200);
}

async fn an_account_from_before_is_not_known_to_the_own_login(app: TestApp) {
    let ada = app.user("ada").await;
    let back_end = app.flex().await;
    let mut passkey = ada.authenticator;
    let start = back_end.start(AUTHENTICATE, None).await.expect(200);
    let body = passkey.assert(&start).body();
    let answer = back_end.finish(AUTHENTICATE, body, None).await;
    answer.assert_refused(401, "discoverable_login_failed", "no_external_id");
    // Her address as external id is somebody else's account.
    let transaction = back_end.register("ada@example.com").await;
    let start = back_end
        .start(REGISTER, Some(&transaction))
        .await
        .expect(200);
    let mut other = app.authenticator();
    other.create(&start);
    assert_ne!(other.user_handle, ada.id.as_bytes());
}

async fn strange_bodies_are_refused(app: TestApp) {
    let back_end = app.flex().await;
    let page = app.anonymous();
    for (path, body) in [
        (format!("{REGISTER}/start"), json!({})),
        (format!("{REGISTER}/start"), json!({ "transaction_id": 7 })),
        (
            format!("{REGISTER}/start"),
            json!({ "transaction_id": "x", "authenticator_attachment": "nose" }),
        ),
        (format!("{AUTHENTICATE}/start"), json!([])),
        (format!("{REGISTER}/finish"), json!({})),
        (
            format!("{AUTHENTICATE}/finish"),
            json!({ "handshake_id": "x" }),
        ),
    ] {
        let answer = page.post(&path, body).await;
        answer.assert_refused(400, "invalid_request", "");
    }
    // Only the app's own pages may call.
    let call = page.post(&format!("{AUTHENTICATE}/start"), json!({}));
    let answer = call.header("origin", "https://evil.example").await;
    answer.assert_refused(403, "operation_not_allowed", "origin_not_allowed");
    let long = "é".repeat(256);
    for external_id in ["", "a\nb", "\0", &long] {
        let body = json!({ "external_id": external_id, "passkey_display_name": "Ada" });
        let answer = back_end.post("/transactions/register", body).await;
        answer.assert_refused(400, "invalid_request", "");
        assert!(answer.sentence().starts_with("external_id:"));
    }
    for name in ["", " ", "a\u{7}", &"x".repeat(129)] {
        let body = json!({ "external_id": "ada", "passkey_display_name": name });
        let answer = back_end.post("/transactions/register", body).await;
        answer.assert_refused(400, "invalid_request", "");
        assert!(answer.sentence().starts_with("passkey_display_name:"));
    }
    for nonce in ["", "x", &"x".repeat(50_000), "' OR 1=1 --"] {
        let answer = back_end.verify(nonce).await;
        answer.assert_refused(401, "invalid_nonce", "");
    }
    // Nothing of all that made a user.
    let longest = "é".repeat(255);
    assert_eq!(
        back_end.get("/users?identifier=ada").await.expect(200)["users"],
        json!([])
    );
    for odd in [&longest, "🦊 <b>", " ada ", "%00", "a/b?c#d"] {
        let mut passkey = back_end.enrolled(odd).await;
        let nonce = back_end.signed_in(&mut passkey, None).await;
        assert_eq!(
            back_end.verify(&nonce).await.expect(200)["external_id"],
            odd
        );
    }
}

async fn nothing_secret_is_stored(app: TestApp) {
    let back_end = app.flex().await;
    let mut ada = back_end.enrolled("ada").await;
    let transaction = back_end.authenticate("ada").await;
    let nonce = back_end.signed_in(&mut ada, None).await;
    let stored = app.rows().await.to_text();
    let (_, secret) = back_end.key.split_once('.').unwrap();
    for hidden in [secret, &transaction, &nonce] {
        assert!(!stored.contains(hidden));
    }
}
