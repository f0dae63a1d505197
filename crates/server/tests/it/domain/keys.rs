//! How one signing key follows another (D5), and what happens when none is ready.

use axum::response::IntoResponse as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::domain::apps::{self, Changes, NewApp};
use ginnel::domain::events::Author;
use ginnel::domain::keys::{self, Algorithm, Rotation, RsaKeys, State};
use ginnel::time::Timestamp;
use ginnel::{Code, jobs};
use serde_json::Value as Json;

use crate::support::{ORIGIN, START, TestApp, stories};

stories!(
    a_key_is_published_48_hours_before_it_signs,
    a_rotation_at_once_waits_for_nothing,
    tokens_of_a_retired_key_are_good_until_they_expire,
    a_retired_key_goes_after_its_last_token,
    keys_are_changed_by_schedule,
    a_schedule_of_zero_days_changes_nothing,
    another_node_follows_within_two_seconds,
    a_node_whose_clock_went_back_follows_at_once,
    of_two_rotations_at_once_one_is_enough,
    without_a_ready_key_nothing_is_made,
    another_algorithm_follows_in_48_hours,
    another_algorithm_can_be_taken_back_or_hurried,
);

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// An app whose keys are cheap to make and differ from one another.
async fn es256(app: &TestApp) -> TestApp {
    let new = NewApp::parse("Modern", ORIGIN, "/").unwrap();
    app.app_from(new.algorithm(Algorithm::Es256)).await
}

async fn rotate(app: &TestApp, at_once: bool) -> Rotation {
    let record = app.record().await;
    app.blocking(move |app| keys::rotate(app, &record, at_once, &Author::Server).unwrap())
        .await
}

/// Housekeeping, as the server does it once a minute.
async fn maintain(app: &TestApp) {
    app.blocking(|app| jobs::maintain_keys(app).unwrap()).await;
}

/// State and id of each stored key: retired ones, the current one, the next.
async fn stored(app: &TestApp) -> Vec<(State, String)> {
    let id = app.id.clone();
    let mut keys = app.read(move |tx| tx.list_signing_keys(&id)).await;
    keys.sort_by_key(|key| match key.state {
        State::Retired => 0,
        State::Current => 1,
        State::Next => 2,
    });
    keys.iter()
        .map(|key| (key.state, key.id.to_string()))
        .collect()
}

async fn published(app: &TestApp) -> Vec<String> {
    let set = app.anonymous().get("/.well-known/jwks.json").await;
    let set = set.expect(200);
    let keys = set["keys"].as_array().unwrap();
    let mut ids: Vec<_> = keys
        .iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect();
    ids.sort();
    ids
}

/// The key that signed a token.
fn signer(token: &str) -> String {
    let header = URL_SAFE_NO_PAD
        .decode(token.split('.').next().unwrap())
        .unwrap();
    let header: Json = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

async fn a_key_is_published_48_hours_before_it_signs(app: TestApp) {
    let app = es256(&app).await;
    let first = stored(&app).await.remove(0).1;
    assert_eq!(published(&app).await, std::slice::from_ref(&first));
    maintain(&app).await;
    let waiting = stored(&app).await.remove(1).1;
    let mut both = [first.clone(), waiting.clone()];
    both.sort();
    assert_eq!(published(&app).await, both);

    let mut ada = app.user("ada").await;
    assert_eq!(signer(ada.auth_token()), first);
    app.advance(48 * HOUR - 1);
    let before = app.rows().await;
    let until = Timestamp::from_millis(START.as_millis() + 48 * 3_600_000);
    assert_eq!(rotate(&app, false).await, Rotation::Waits { until });
    before.assert_unchanged(&app).await;
    ada.sign_in().await;
    assert_eq!(signer(ada.auth_token()), first);

    app.advance(1);
    let before = app.rows().await;
    let Rotation::Done { current } = rotate(&app, false).await else {
        panic!("the key was published for 48 hours");
    };
    assert_eq!(current.as_str(), waiting);
    assert_eq!(
        before.changes(&app).await,
        ["events +1", "signing_keys +1", "signing_keys ~2"]
    );
    ada.sign_in().await;
    assert_eq!(signer(ada.auth_token()), waiting);
    ada.get("/currentuser").await.expect(200);
    // The one that follows is published already.
    let states: Vec<_> = stored(&app).await.into_iter().map(|key| key.0).collect();
    assert_eq!(states, [State::Retired, State::Current, State::Next]);
    assert_eq!(published(&app).await.len(), 3);
}

async fn a_rotation_at_once_waits_for_nothing(app: TestApp) {
    let app = es256(&app).await;
    let mut ada = app.user("ada").await;
    let first = signer(ada.auth_token());
    // There is no key in waiting yet: one is made.
    let Rotation::Done { current } = rotate(&app, true).await else {
        panic!("it was to be at once");
    };
    ada.sign_in().await;
    assert_eq!(signer(ada.auth_token()), current.as_str());
    assert_ne!(signer(ada.auth_token()), first);
}

async fn tokens_of_a_retired_key_are_good_until_they_expire(app: TestApp) {
    let app = es256(&app).await;
    let ada = app.user("ada").await;
    rotate(&app, true).await;
    rotate(&app, true).await;
    app.advance(3599);
    ada.get("/currentuser").await.expect(200);
    app.advance(1);
    ada.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
}

async fn a_retired_key_goes_after_its_last_token(app: TestApp) {
    let app = es256(&app).await;
    let first = stored(&app).await.remove(0).1;
    rotate(&app, true).await;
    // An hour for the last token, five minutes for clocks that differ.
    app.advance(24 * HOUR + 300);
    maintain(&app).await;
    assert!(published(&app).await.contains(&first));
    app.advance(1);
    maintain(&app).await;
    assert!(!published(&app).await.contains(&first));
    assert_eq!(stored(&app).await.len(), 2);
}

async fn keys_are_changed_by_schedule(app: TestApp) {
    let app = es256(&app).await;
    maintain(&app).await;
    let before = stored(&app).await;
    app.advance(90 * DAY - 1);
    maintain(&app).await;
    assert_eq!(stored(&app).await, before);
    app.advance(1);
    maintain(&app).await;
    let after = stored(&app).await;
    assert_eq!(after[0], (State::Retired, before[0].1.clone()));
    assert_eq!(after[1], (State::Current, before[1].1.clone()));
    assert_eq!(after[2].0, State::Next);
    // Once, not at each run.
    maintain(&app).await;
    assert_eq!(stored(&app).await, after);

    // Where nothing ran for long, the new key still waits for its 48 hours.
    let idle = es256(&app).await;
    app.advance(200 * DAY);
    maintain(&idle).await;
    let states: Vec<_> = stored(&idle).await.into_iter().map(|key| key.0).collect();
    assert_eq!(states, [State::Current, State::Next]);
    app.advance(48 * HOUR);
    maintain(&idle).await;
    let states: Vec<_> = stored(&idle).await.into_iter().map(|key| key.0).collect();
    assert_eq!(states, [State::Retired, State::Current, State::Next]);
}

async fn a_schedule_of_zero_days_changes_nothing(app: TestApp) {
    let app = es256(&app).await;
    app.set(|settings| settings.key_rotation_days = 0).await;
    maintain(&app).await;
    let before = stored(&app).await;
    app.advance(1000 * DAY);
    maintain(&app).await;
    assert_eq!(stored(&app).await, before);
}

async fn another_node_follows_within_two_seconds(app: TestApp) {
    let app = es256(&app).await;
    let other = app.configured(|_| {});
    let ada = app.user("ada").await;
    let page = other.anonymous();
    page.get("").await.expect(200);
    let Rotation::Done { current } = rotate(&app, true).await else {
        panic!("it was to be at once");
    };
    app.advance(2);
    let answer = page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    assert_eq!(signer(token), current.as_str());
}

async fn a_node_whose_clock_went_back_follows_at_once(app: TestApp) {
    let app = es256(&app).await;
    let other = app.configured(|_| {});
    let ada = app.user("ada").await;
    app.advance(HOUR);
    let page = other.anonymous();
    page.get("").await.expect(200);
    let Rotation::Done { current } = rotate(&app, true).await else {
        panic!("it was to be at once");
    };
    // Its copy is from the future now, and must not count as fresh for an hour.
    app.set_back(HOUR);
    let answer = page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    assert_eq!(signer(token), current.as_str());
}

async fn of_two_rotations_at_once_one_is_enough(app: TestApp) {
    let app = es256(&app).await;
    maintain(&app).await;
    app.advance(48 * HOUR);
    let (one, other) = tokio::join!(rotate(&app, false), rotate(&app, false));
    // The second finds the first one's successor, which has to wait.
    let done = |rotation: &Rotation| matches!(rotation, Rotation::Done { .. });
    assert!(done(&one) != done(&other), "{one:?} {other:?}");
    let states: Vec<_> = stored(&app).await.into_iter().map(|key| key.0).collect();
    assert_eq!(states, [State::Retired, State::Current, State::Next]);
}

async fn without_a_ready_key_nothing_is_made(app: TestApp) {
    let keys = RsaKeys::default();
    keys.start_pool(1);
    let app = app.with_rsa_keys(keys);
    let new = || NewApp::parse("One more", ORIGIN, "/").unwrap();
    // Making a key takes far longer than taking one, so the pool runs dry within a few.
    let refusal = app
        .blocking(move |app| (0..100).find_map(|_| apps::create(app, new()).err()))
        .await
        .expect("the pool of one key never ran dry");
    assert_eq!(refusal.code(), Code::Unavailable);
    let before = app.rows().await;
    let record = app.record().await;
    // An app that needs no RSA key is not held up, and housekeeping tries again later.
    es256(&app).await;
    assert_eq!(before.changes(&app).await, ["apps +1", "signing_keys +1"]);
    assert_eq!(record.settings.algorithm, Algorithm::Rs256);
    let answer = refusal.into_response();
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers()["retry-after"], "2");
}

async fn choose(app: &TestApp, algorithm: Algorithm) {
    let id = app.id.clone();
    let changes = Changes {
        algorithm: Some(algorithm),
        ..Changes::default()
    };
    app.blocking(move |app| apps::update(app, &id, changes, &Author::Server).unwrap())
        .await;
}

/// The app's keys as `state algorithm`, the one that signs first.
async fn algorithms(app: &TestApp) -> Vec<String> {
    let id = app.id.clone();
    let keys = app.read(move |tx| tx.list_signing_keys(&id)).await;
    let mut lines: Vec<_> = keys
        .iter()
        .map(|key| format!("{} {}", key.state.as_str(), key.algorithm.as_str()))
        .collect();
    lines.sort();
    lines
}

async fn another_algorithm_follows_in_48_hours(app: TestApp) {
    let app = es256(&app).await;
    maintain(&app).await;
    let mut ada = app.user("ada").await;
    let before = ada.auth_token().to_owned();
    choose(&app, Algorithm::EdDsa).await;
    assert_eq!(algorithms(&app).await, ["current ES256", "next EdDSA"]);
    // Back ends that know the key set of a moment ago are not surprised.
    app.advance(48 * HOUR - 1);
    maintain(&app).await;
    assert_eq!(algorithms(&app).await, ["current ES256", "next EdDSA"]);
    app.advance(1);
    ada.sign_in().await;
    let last = ada.auth_token().to_owned();
    assert_eq!(signer(&last), signer(&before));
    maintain(&app).await;
    assert_eq!(
        algorithms(&app).await,
        ["current EdDSA", "next EdDSA", "retired ES256"]
    );
    // A token of the key before is good until it expires.
    ada.get("/currentuser").await.expect(200);
    ada.sign_in().await;
    assert_ne!(signer(ada.auth_token()), signer(&last));
    ada.get("/currentuser").await.expect(200);
    // Once, not at each run.
    maintain(&app).await;
    assert_eq!(algorithms(&app).await.len(), 3);
}

async fn another_algorithm_can_be_taken_back_or_hurried(app: TestApp) {
    let app = es256(&app).await;
    maintain(&app).await;
    let first = stored(&app).await;
    choose(&app, Algorithm::EdDsa).await;
    choose(&app, Algorithm::Es256).await;
    assert_eq!(algorithms(&app).await, ["current ES256", "next ES256"]);
    app.advance(48 * HOUR);
    maintain(&app).await;
    assert_eq!(stored(&app).await[0].1, first[0].1);
    choose(&app, Algorithm::EdDsa).await;
    rotate(&app, true).await;
    assert_eq!(
        algorithms(&app).await,
        ["current EdDSA", "next EdDSA", "retired ES256"]
    );
    let ada = app.user("ada").await;
    ada.get("/currentuser").await.expect(200);
}
