//! Assertions with one thing wrong: each is refused with its reason, remembered as a refusal of its user, and nothing else
//! changes. The numbered steps themselves are tested in `crates/webauthn`.

use ginnel::domain::events::Counter;
use serde_json::{Value as Json, json};

use crate::support::{Assertion, TestApp, flags, stories, stories_on_postgres};

stories!(
    a_spoilt_assertion_is_refused_and_remembered,
    an_unlisted_origin_is_named,
    a_listed_origin_is_accepted,
    a_frame_is_refused_unless_it_is_listed,
    an_unknown_passkey_is_counted_and_not_remembered,
    somebody_elses_passkey_is_refused,
    a_discoverable_sign_in_needs_a_user_handle,
    a_counter_that_does_not_grow_is_an_event,
    a_counter_that_does_not_grow_is_refused_where_the_app_says_so,
    an_authenticator_without_counter_is_no_suspect,
    a_stored_counter_never_goes_back,
    of_copies_that_sign_in_at_once_one_is_no_suspect,
);

/// Ways to spoil an assertion, each with the reason of its refusal.
type Spoilers = [(&'static str, fn(&mut Assertion)); 13];
const SPOILERS: Spoilers = [
    ("origin_not_allowed", |it| {
        it.client_data["origin"] = json!("https://evil.example");
    }),
    ("origin_not_allowed", |it| {
        it.client_data["origin"] = json!("http://localhost:8081");
    }),
    ("rp_id_mismatch", |it| it.rp_id = "evil.example".into()),
    ("client_data_type", |it| {
        it.client_data["type"] = json!("webauthn.create");
    }),
    ("challenge_mismatch", |it| {
        it.client_data["challenge"] = json!("bm90IHRoZSBvbmUgdGhhdCB3YXMgc2VudA");
    }),
    ("cross_origin", |it| {
        it.client_data["crossOrigin"] = json!(true);
    }),
    ("user_not_present", |it| it.flags &= !flags::UP),
    ("user_not_verified", |it| it.flags &= !flags::UV),
    ("backup_flags", |it| it.flags &= !flags::BE),
    ("backup_eligibility_changed", |it| {
        it.flags &= !(flags::BE | flags::BS);
    }),
    ("user_handle_mismatch", |it| {
        it.user_handle = json!("c29tZWJvZHkgZWxzZQ");
    }),
    ("signature", |it| {
        it.signature = Some(vec![0x30, 0x06, 2, 1, 1, 2, 1, 1])
    }),
    ("malformed_client_data", |it| it.client_data = json!([])),
];

async fn a_spoilt_assertion_is_refused_and_remembered(app: TestApp) {
    let mut ada = app.user("ada").await;
    let mut refused = 0;
    for (reason, spoil) in SPOILERS {
        for (good, code) in [
            (ada.assertion().await, "webauthn_login_failed"),
            (
                ada.discoverable_assertion().await,
                "discoverable_login_failed",
            ),
        ] {
            let mut spoilt = good.clone();
            spoil(&mut spoilt);
            let before = app.rows().await;
            let answer = ada.page.finish_login(&spoilt).await;
            answer.assert_refused(401, code, reason);
            refused += 1;
            let counters = if refused == 1 { '+' } else { '~' };
            assert_eq!(
                before.changes(&app).await,
                [
                    format!("daily_counters {counters}1"),
                    "events +1".to_owned()
                ],
                "{reason}"
            );
            assert!(
                app.events(&ada.id)
                    .await
                    .contains(&format!("sign_in refused {reason}"))
            );
            // The challenge was not used up, and the passkey still works.
            ada.page.finish_login(&good).await.expect(200);
        }
    }
    assert_eq!(app.count(Counter::Refused).await, refused);
}

async fn an_unlisted_origin_is_named(app: TestApp) {
    let mut ada = app.user("ada").await;
    let mut assertion = ada.assertion().await;
    assertion.client_data["origin"] = json!("http://localhost:3000");
    let answer = ada.page.finish_login(&assertion).await;
    assert_eq!(
        answer.sentence(),
        "The passkey was used on http://localhost:3000, which is not among this app's origins. \
         Open the app at its auth origin, or add this one to the app."
    );
}

async fn a_listed_origin_is_accepted(app: TestApp) {
    app.list_origin("http://localhost:3000").await;
    app.set(|settings| {
        let native = "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck";
        settings.native_origins = vec![native.to_owned()];
    })
    .await;
    let mut ada = app.user("ada").await;
    for origin in [
        "http://localhost:3000",
        "android:apk-key-hash:pNiP5iKyQ8JwgGOaKA1zGPUPJIS-0H1xKCQcfIoGLck",
    ] {
        let mut assertion = ada.assertion().await;
        assertion.client_data["origin"] = json!(origin);
        ada.page.finish_login(&assertion).await.expect(200);
    }
}

async fn a_frame_is_refused_unless_it_is_listed(app: TestApp) {
    let mut ada = app.user("ada").await;
    let framed = |assertion: &mut Assertion, top: &str| {
        assertion.client_data["crossOrigin"] = json!(true);
        assertion.client_data["topOrigin"] = json!(top);
    };
    let mut assertion = ada.assertion().await;
    framed(&mut assertion, "https://partner.example");
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "cross_origin");

    app.set(|settings| settings.top_origins = vec!["https://partner.example".to_owned()])
        .await;
    let mut assertion = ada.assertion().await;
    framed(&mut assertion, "https://partner.example");
    ada.page.finish_login(&assertion).await.expect(200);
    let mut assertion = ada.assertion().await;
    framed(&mut assertion, "https://evil.example");
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "top_origin_mismatch");
}

async fn an_unknown_passkey_is_counted_and_not_remembered(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    for _ in 0..3 {
        let start = page.start_login(None).await;
        let assertion = app.authenticator().assert(&start);
        let answer = page.finish_login(&assertion).await;
        answer.assert_refused(401, "discoverable_login_failed", "unknown_credential");
    }
    before.assert_unchanged(&app).await;
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(app.count(Counter::RefusedUnknown).await, 3);
}

async fn somebody_elses_passkey_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let mut bob = app.user("bob").await;
    // Bob's passkey in a ceremony begun for Ada.
    let start = ada.page.start_login(Some("ada@example.com")).await;
    let assertion = bob.authenticator.assert(&start);
    let before = app.rows().await;
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "unknown_credential");
    before.assert_unchanged(&app).await;
    // Bob's passkey, but the request names Ada.
    let mut assertion = bob.discoverable_assertion().await;
    assertion.user_id = json!(ada.id);
    let answer = bob.page.finish_login(&assertion).await;
    answer.assert_refused(401, "discoverable_login_failed", "user_mismatch");
    assert_eq!(
        before.changes(&app).await,
        ["daily_counters +1", "events +1"]
    );
    // Bob's signature under Ada's credential id.
    let mut assertion = bob.discoverable_assertion().await;
    assertion.credential_id = ada.authenticator.credential_id.clone();
    assertion.user_handle = Json::Null;
    let answer = bob.page.finish_login(&assertion).await;
    assert_eq!(answer.status, 401);
}

async fn a_discoverable_sign_in_needs_a_user_handle(app: TestApp) {
    let mut ada = app.user("ada").await;
    for handle in [Json::Null, json!("")] {
        let mut assertion = ada.discoverable_assertion().await;
        assertion.user_handle = handle;
        let answer = ada.page.finish_login(&assertion).await;
        answer.assert_refused(401, "discoverable_login_failed", "user_handle_missing");
    }
}

async fn a_counter_that_does_not_grow_is_an_event(app: TestApp) {
    let mut ada = app.user("ada").await;
    ada.authenticator.counts_by = 0;
    app.advance(1);
    ada.sign_in().await;
    assert_eq!(
        app.events(&ada.id).await[1..],
        ["counter_not_increased success", "sign_in success"]
    );
}

async fn a_counter_that_does_not_grow_is_refused_where_the_app_says_so(app: TestApp) {
    app.set(|settings| settings.refuse_stale_counter = true)
        .await;
    let mut ada = app.user("ada").await;
    ada.authenticator.counts_by = 0;
    let assertion = ada.assertion().await;
    let before = app.rows().await;
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(401, "webauthn_login_failed", "counter_not_increased");
    assert_eq!(
        before.changes(&app).await,
        ["daily_counters +1", "events +1", "used_challenges +1"]
    );
    // Growing again, it is welcome.
    ada.authenticator.counts_by = 1;
    ada.sign_in().await;
}

async fn an_authenticator_without_counter_is_no_suspect(app: TestApp) {
    app.set(|settings| settings.refuse_stale_counter = true)
        .await;
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let mut authenticator = app.authenticator();
    authenticator.counts_by = 0;
    let creation = authenticator.create(&start);
    page.finish_registration(&creation).await.expect(201);
    for _ in 0..2 {
        let start = page.start_login(None).await;
        let assertion = authenticator.assert(&start);
        page.finish_login(&assertion).await.expect(200);
    }
}

async fn a_stored_counter_never_goes_back(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (older, newer) = (ada.assertion().await, ada.assertion().await);
    ada.page.finish_login(&newer).await.expect(200);
    ada.page.finish_login(&older).await.expect(200);
    let id = app.stored_user("ada@example.com").await.unwrap().id;
    let passkeys = app.read(move |tx| tx.list_passkeys(&id)).await;
    assert_eq!(passkeys[0].sign_count, newer.sign_count);
    assert_eq!(passkeys[0].usage_count, 2);
}

async fn of_copies_that_sign_in_at_once_one_is_no_suspect(app: TestApp) {
    copies_at_once(&app, &app).await;
}

/// Two copies of a passkey hold the same counter. However they meet, one of them shows.
async fn copies_at_once(one: &TestApp, other: &TestApp) {
    one.set(|settings| settings.refuse_stale_counter = true)
        .await;
    let mut ada = one.user("ada").await;
    let first = ada.assertion().await;
    ada.authenticator.counts_by = 0;
    let second = ada.assertion().await;
    assert_eq!(first.sign_count, second.sign_count);
    let page = other.anonymous();
    let (first, second) = tokio::join!(ada.page.finish_login(&first), page.finish_login(&second));
    let (winner, loser) = if first.status == 200 {
        (first, second)
    } else {
        (second, first)
    };
    winner.expect(200);
    loser.assert_refused(401, "webauthn_login_failed", "counter_not_increased");
    let events = one.events(&ada.id).await;
    let refused = "sign_in refused counter_not_increased";
    assert!(events.iter().any(|event| event == refused), "{events:?}");
}

mod two_nodes {
    //! Several nodes share a PostgreSQL database.

    use super::*;

    stories_on_postgres!(of_copies_on_two_nodes_one_is_no_suspect);

    async fn of_copies_on_two_nodes_one_is_no_suspect(app: TestApp) {
        let other = app.another_node().await;
        for _ in 0..5 {
            let fresh = app.another_app("http://localhost:8080").await;
            copies_at_once(&fresh, &other.about(&fresh.id)).await;
        }
    }
}
