//! A link together with a passkey, as passage-js before 3.10 uses it: what opens a session, what uses a link up, and what
//! neither does.

use ginnel::domain::events::Counter;
use ginnel::domain::users::Status;
use ginnel::messages::Kind;
use ginnel::store::testing;
use serde_json::{Value as Json, json};

use crate::support::{
    Authenticator, KEY, Response, TestApp, User, Visitor, opens, stories, stories_on_postgres,
};

stories!(
    a_link_and_a_passkey_sign_in,
    a_link_makes_a_passkey_and_signs_in,
    a_link_makes_an_account_with_a_passkey,
    starting_uses_nothing_up,
    the_passkey_that_comes_with_the_first_proof_stays,
    a_planted_passkey_goes_when_the_owner_makes_one_by_a_link,
    the_planter_has_no_use_for_a_passkey_without_the_link,
    a_link_that_was_asked_for_with_a_key_is_refused,
    links_of_other_apps_and_purposes_are_unknown,
    a_ceremony_is_bound_to_its_link_and_purpose,
    what_fails_to_verify_leaves_the_link,
    a_copied_passkey_is_refused_and_leaves_the_link,
    a_passkey_of_somebody_else_is_refused,
    a_used_and_a_late_link_are_refused,
    a_deactivated_user_is_refused,
    a_closed_sign_up_makes_nobody,
    a_get_uses_nothing_up,
    whoever_has_no_passkey_is_told,
    of_many_at_once_one_wins,
);

const LOGIN: &str = "/magic-link/webauthn/login";
const NEW: &str = "/magic-link/webauthn/new";

async fn start(page: &Visitor, face: &str, secret: &str) -> Response {
    page.post(&format!("{face}/start"), json!({ "magic_link": secret }))
        .await
}

async fn finish(page: &Visitor, face: &str, secret: &str, mut body: Json) -> Response {
    body["magic_link"] = secret.into();
    if face == NEW {
        body["device_name"] = "Mozilla/5.0".into();
    }
    page.post(&format!("{face}/finish"), body).await
}

/// Signs in with a link and the user's passkey.
async fn log_in(user: &mut User, secret: &str) -> Response {
    let started = start(&user.page, LOGIN, secret).await.expect(200);
    let body = user.authenticator.assert(&started).body();
    finish(&user.page, LOGIN, secret, body).await
}

/// Makes a passkey with a link.
async fn enrol(page: &Visitor, secret: &str) -> (Authenticator, Response) {
    let started = start(page, NEW, secret).await.expect(200);
    let mut authenticator = page.app.authenticator();
    let body = authenticator.create(&started).body();
    (authenticator, finish(page, NEW, secret, body).await)
}

/// Somebody whose address is proven, with a passkey.
async fn proven(app: &TestApp, name: &str) -> User {
    let user = app.user(name).await;
    let id = user.id.parse().unwrap();
    app.write(move |tx| {
        testing::execute(
            tx,
            "UPDATE users SET email_verified = TRUE WHERE id = $1",
            &[&id as &ginnel::ids::UserId],
        )
    })
    .await;
    user
}

async fn a_link_and_a_passkey_sign_in(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let (_, other) = ada.add_passkey().await;
    app.advance(60);
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let secret = asking.secret();
    let started = start(&ada.page, LOGIN, &secret).await.expect(200);
    assert_eq!(started["user"]["id"], ada.id.as_str());
    let options = &started["handshake"]["challenge"]["publicKey"];
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 2);
    assert_eq!(options["userVerification"], "required");
    let body = ada.authenticator.assert(&started).body();
    let tokens = opens(finish(&ada.page, LOGIN, &secret, body.clone()).await);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims["sub"], ada.id.as_str());
    assert_eq!(claims["amr"], json!(["swk", "user", "mfa"]));
    assert_eq!(tokens["redirect_url"], "/dashboard");
    let refreshed = ada.page.refresh(tokens["refresh_token"].as_str().unwrap());
    refreshed.await.expect(201);
    // Neither works a second time, alone or together.
    finish(&ada.page, LOGIN, &secret, body)
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    // Nothing was proven for the first time, so nothing went.
    assert!(ada.passkeys().await.contains(&other));
    assert_eq!(app.count(Counter::SignInPasskey).await, 1);
    assert_eq!(app.count(Counter::SignInLink).await, 0);
}

async fn a_link_makes_a_passkey_and_signs_in(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    app.advance(60);
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let started = start(&ada.page, NEW, &asking.secret()).await.expect(200);
    let options = &started["handshake"]["challenge"]["publicKey"];
    // The packages cannot read such a list.
    let excluded = options["excludeCredentials"].as_array();
    assert!(excluded.is_none_or(Vec::is_empty), "{options}");
    assert_eq!(started["user"]["id"], ada.id.as_str());
    let (mut new, answer) = enrol(&ada.page, &asking.secret()).await;
    let tokens = opens(answer);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(
        (&claims["sub"], &claims["amr"]),
        (&json!(ada.id), &json!(["otp"]))
    );
    assert_eq!(ada.passkeys().await.len(), 2);
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::PasskeyAdded, "ada@example.com")
    );
    let events = app.events(&ada.id).await;
    assert!(
        events.contains(&"passkey_added success".to_owned()),
        "{events:?}"
    );
    assert_eq!(app.count(Counter::SignInLink).await, 1);
    // Both passkeys sign in.
    ada.sign_in().await;
    let started = ada.page.start_login(Some(&ada.identifier)).await;
    opens(ada.page.finish_login(&new.assert(&started)).await);
}

async fn a_link_makes_an_account_with_a_passkey(app: TestApp) {
    let page = app.anonymous();
    let asking = page.asked("register", "ada@example.com", None).await;
    let (mut new, answer) = enrol(&page, &asking.secret()).await;
    let tokens = opens(answer);
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert!(user.email_verified);
    assert_eq!(user.login_count, 1);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims["sub"], user.id.as_str());
    assert_eq!(app.count(Counter::SignUpLink).await, 1);
    let started = page.start_login(Some("ada@example.com")).await;
    opens(page.finish_login(&new.assert(&started)).await);
}

async fn starting_uses_nothing_up(app: TestApp) {
    let ada = proven(&app, "ada").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let before = app.rows().await;
    for face in [LOGIN, NEW] {
        for _ in 0..3 {
            start(&ada.page, face, &asking.secret()).await.expect(200);
        }
    }
    before.assert_unchanged(&app).await;
    opens(asking.open().await);
}

async fn the_passkey_that_comes_with_the_first_proof_stays(app: TestApp) {
    let mut ada = app.user("ada").await;
    let (mut other, _) = ada.add_passkey().await;
    let old_session = ada.auth_token().to_owned();
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let tokens = opens(log_in(&mut ada, &asking.secret()).await);
    let me = ada
        .page
        .get("/currentuser")
        .bearer(tokens["auth_token"].as_str().unwrap());
    let me = me.await.expect(200);
    assert_eq!(me["user"]["email_verified"], true);
    assert_eq!(me["user"]["webauthn_devices"].as_array().unwrap().len(), 1);
    // What else was on the account may be somebody else's.
    let dead = ada.page.get("/currentuser").bearer(&old_session);
    dead.await.assert_refused(401, "invalid_access_token", "");
    let started = ada.page.start_login(None).await;
    ada.page
        .finish_login(&other.assert(&started))
        .await
        .assert_refused(401, "discoverable_login_failed", "unknown_credential");
    ada.sign_in().await;
}

async fn a_planted_passkey_goes_when_the_owner_makes_one_by_a_link(app: TestApp) {
    let mut eve = app.user("ada").await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    let (mut new, answer) = enrol(&app.anonymous(), &asking.secret()).await;
    opens(answer);
    eve.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    let planted = eve.discoverable_assertion().await;
    eve.page.finish_login(&planted).await.assert_refused(
        401,
        "discoverable_login_failed",
        "unknown_credential",
    );
    let started = eve.page.start_login(Some("ada@example.com")).await;
    let options = &started["handshake"]["challenge"]["publicKey"];
    assert_eq!(options["allowCredentials"].as_array().unwrap().len(), 1);
    opens(eve.page.finish_login(&new.assert(&started)).await);
}

async fn the_planter_has_no_use_for_a_passkey_without_the_link(app: TestApp) {
    let mut eve = app.user("ada").await;
    let asking = eve.page.asked("login", "ada@example.com", None).await;
    // Eve asked, so she knows the id; the mail is Ada's.
    for guess in [asking.id.as_str(), "", asking.code()] {
        for face in [LOGIN, NEW] {
            start(&eve.page, face, guess)
                .await
                .assert_refused(404, "magic_link_not_found", "");
        }
    }
    // An ordinary ceremony of hers does not stand for one with the link.
    let body = eve.assertion().await.body();
    finish(&eve.page, LOGIN, &asking.id, body)
        .await
        .assert_refused(401, "webauthn_login_failed", "challenge_purpose");
}

async fn a_link_that_was_asked_for_with_a_key_is_refused(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    // A ceremony that was begun with a link of its own does not help either.
    let plain = ada.page.asked("login", &ada.identifier, None).await;
    let asking = ada.page.asked("login", &ada.identifier, Some(KEY)).await;
    let begun = start(&ada.page, LOGIN, &plain.secret()).await.expect(200);
    let assertion = ada.authenticator.assert(&begun).body();
    let begun = start(&ada.page, NEW, &plain.secret()).await.expect(200);
    let creation = app.authenticator().create(&begun).body();
    let before = app.rows().await;
    let secret = asking.secret();
    for refused in [
        start(&ada.page, LOGIN, &secret).await,
        start(&ada.page, NEW, &secret).await,
        finish(&ada.page, LOGIN, &secret, assertion).await,
        finish(&ada.page, NEW, &secret, creation).await,
    ] {
        refused.assert_refused(403, "operation_not_allowed", "digits_required");
        assert!(refused.sentence().contains("magic-link/activate"));
    }
    // Not with the digits or the key in the body either: these calls know neither.
    for more in [
        json!({ "digits": asking.digits }),
        json!({ "browser_key": KEY.0 }),
    ] {
        let mut body = more;
        body["magic_link"] = secret.clone().into();
        let refused = ada.page.post(&format!("{NEW}/start"), body).await;
        refused.assert_refused(403, "operation_not_allowed", "digits_required");
    }
    before.assert_unchanged(&app).await;
    opens(asking.open().await);
}

async fn links_of_other_apps_and_purposes_are_unknown(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let other = app.another_app("http://localhost:9090").await;
    let there = Visitor::new(other.clone(), "http://localhost:9090");
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let begun = start(&ada.page, LOGIN, &asking.secret()).await.expect(200);
    let assertion = ada.authenticator.assert(&begun).body();
    for face in [LOGIN, NEW] {
        start(&there, face, &asking.secret())
            .await
            .assert_refused(404, "magic_link_not_found", "");
    }
    finish(&there, LOGIN, &asking.secret(), assertion)
        .await
        .assert_refused(401, "webauthn_login_failed", "challenge_unknown");

    let change = ada.asked_for_address("new@example.com", None).await;
    let mut bob = app.user("bob").await;
    let verify = bob.asked_for_address("bob@example.com", None).await;
    for (user, link) in [(&mut ada, change), (&mut bob, verify)] {
        for face in [LOGIN, NEW] {
            start(&user.page, face, &link.secret())
                .await
                .assert_refused(404, "magic_link_not_found", "");
        }
        opens(link.open().await);
    }
}

async fn a_ceremony_is_bound_to_its_link_and_purpose(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let mut bob = proven(&app, "bob").await;
    let one = ada.page.asked("login", &ada.identifier, None).await;
    let two = ada.page.asked("login", &ada.identifier, None).await;
    let bobs = bob.page.asked("login", &bob.identifier, None).await;
    let begun = start(&ada.page, LOGIN, &one.secret()).await.expect(200);
    let assertion = ada.authenticator.assert(&begun).body();
    let begun = start(&ada.page, NEW, &one.secret()).await.expect(200);
    let creation = app.authenticator().create(&begun).body();
    let before = app.rows().await;
    // Another link, of the same user and of another; the other finish; the finishes of the ordinary ceremonies.
    let page = &ada.page;
    for refused in [
        finish(page, LOGIN, &two.secret(), assertion.clone()).await,
        finish(page, LOGIN, &bobs.secret(), assertion.clone()).await,
        finish(page, NEW, &two.secret(), creation.clone()).await,
        finish(page, NEW, &bobs.secret(), creation.clone()).await,
        page.post("/login/webauthn/finish", assertion).await,
        page.post("/register/webauthn/finish", creation.clone())
            .await,
        ada.post("/currentuser/devices/finish", creation).await,
    ] {
        refused.assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    }
    // And ordinary ceremonies finish nothing here.
    let ordinary = bob.assertion().await.body();
    finish(&bob.page, LOGIN, &bobs.secret(), ordinary)
        .await
        .assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    let adding = bob.start_adding().await;
    let ordinary = app.authenticator().create(&adding).body();
    finish(&bob.page, NEW, &bobs.secret(), ordinary)
        .await
        .assert_refused(401, "webauthn_login_failed", "challenge_purpose");
    before.assert_unchanged(&app).await;
    for asking in [one, two, bobs] {
        opens(asking.open().await);
    }
}

async fn what_fails_to_verify_leaves_the_link(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let secret = asking.secret();
    let begun = start(&ada.page, LOGIN, &secret).await.expect(200);
    let good = ada.authenticator.assert(&begun);
    let mut unsigned = good.clone();
    unsigned.signature = Some(vec![0; 70]);
    let mut unverified = good.clone();
    unverified.flags &= !crate::support::flags::UV;
    let mut elsewhere = good.clone();
    elsewhere.client_data["origin"] = "https://evil.example".into();
    for bad in [unsigned, unverified, elsewhere] {
        let refused = finish(&ada.page, LOGIN, &secret, bad.body()).await;
        assert_eq!(refused.refusal().1, "webauthn_login_failed");
    }
    let begun = start(&ada.page, NEW, &secret).await.expect(200);
    let mut creation = app.authenticator().create(&begun);
    creation.client_data["origin"] = "https://evil.example".into();
    finish(&ada.page, NEW, &secret, creation.body())
        .await
        .assert_refused(401, "webauthn_login_failed", "origin_not_allowed");
    // A passkey that is registered already makes no second one.
    let begun = start(&ada.page, NEW, &secret).await.expect(200);
    let again = ada.authenticator.clone().create(&begun);
    finish(&ada.page, NEW, &secret, again.body())
        .await
        .assert_refused(400, "invalid_request", "credential_exists");
    assert_eq!(ada.passkeys().await.len(), 1);
    opens(finish(&ada.page, LOGIN, &secret, good.body()).await);
}

async fn a_copied_passkey_is_refused_and_leaves_the_link(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    app.set(|settings| settings.refuse_stale_counter = true)
        .await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let mut copy = ada.authenticator.clone();
    copy.counts_by = 0;
    let begun = start(&ada.page, LOGIN, &asking.secret()).await.expect(200);
    let body = copy.assert(&begun).body();
    finish(&ada.page, LOGIN, &asking.secret(), body)
        .await
        .assert_refused(401, "webauthn_login_failed", "counter_not_increased");
    let events = app.events(&ada.id).await;
    let refusal = "sign_in refused counter_not_increased".to_owned();
    assert!(events.contains(&refusal), "{events:?}");
    opens(log_in(&mut ada, &asking.secret()).await);
}

async fn a_passkey_of_somebody_else_is_refused(app: TestApp) {
    let ada = proven(&app, "ada").await;
    let mut eve = proven(&app, "eve").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let begun = start(&ada.page, LOGIN, &asking.secret()).await.expect(200);
    let mut body = eve.authenticator.assert(&begun).body();
    for user_id in [ada.id.as_str(), eve.id.as_str()] {
        body["user_id"] = user_id.into();
        finish(&ada.page, LOGIN, &asking.secret(), body.clone())
            .await
            .assert_refused(401, "webauthn_login_failed", "unknown_credential");
    }
    let begun = start(&ada.page, NEW, &asking.secret()).await.expect(200);
    let mut body = app.authenticator().create(&begun).body();
    body["user_id"] = eve.id.as_str().into();
    finish(&ada.page, NEW, &asking.secret(), body)
        .await
        .assert_refused(400, "invalid_request", "");
    opens(asking.open().await);
}

async fn a_used_and_a_late_link_are_refused(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    // Shorter than a ceremony, so that a ceremony outlives its link.
    app.set(|settings| settings.magic_link_lifetime_seconds = 60)
        .await;
    for reason in ["magic_link_used", "magic_link_expired"] {
        let asking = ada.page.asked("login", &ada.identifier, None).await;
        let secret = asking.secret();
        let begun = start(&ada.page, LOGIN, &secret).await.expect(200);
        let assertion = ada.authenticator.assert(&begun).body();
        let begun = start(&ada.page, NEW, &secret).await.expect(200);
        let creation = app.authenticator().create(&begun).body();
        if reason == "magic_link_used" {
            opens(asking.open().await);
        } else {
            app.advance(60);
        }
        for late in [
            finish(&ada.page, LOGIN, &secret, assertion).await,
            finish(&ada.page, NEW, &secret, creation).await,
            start(&ada.page, LOGIN, &secret).await,
            start(&ada.page, NEW, &secret).await,
        ] {
            late.assert_refused(404, "magic_link_not_found", reason);
        }
    }
    assert_eq!(ada.passkeys().await.len(), 1);
}

async fn a_deactivated_user_is_refused(app: TestApp) {
    let mut ada = proven(&app, "ada").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let secret = asking.secret();
    let begun = start(&ada.page, LOGIN, &secret).await.expect(200);
    let assertion = ada.authenticator.assert(&begun).body();
    let begun = start(&ada.page, NEW, &secret).await.expect(200);
    let creation = app.authenticator().create(&begun).body();
    let (id, now) = (ada.id.parse().unwrap(), app.now());
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    let before = app.rows().await;
    for refused in [
        start(&ada.page, LOGIN, &secret).await,
        start(&ada.page, NEW, &secret).await,
        finish(&ada.page, LOGIN, &secret, assertion).await,
        finish(&ada.page, NEW, &secret, creation).await,
    ] {
        refused.assert_refused(403, "user_not_active", "");
    }
    before.assert_unchanged(&app).await;
}

async fn a_closed_sign_up_makes_nobody(app: TestApp) {
    let page = app.anonymous();
    let asking = page.asked("register", "ada@example.com", None).await;
    let begun = start(&page, NEW, &asking.secret()).await.expect(200);
    let creation = app.authenticator().create(&begun).body();
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    for refused in [
        start(&page, NEW, &asking.secret()).await,
        finish(&page, NEW, &asking.secret(), creation).await,
    ] {
        refused.assert_refused(403, "operation_not_allowed", "public_signup_disabled");
    }
    before.assert_unchanged(&app).await;
}

async fn a_get_uses_nothing_up(app: TestApp) {
    let ada = proven(&app, "ada").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let before = app.rows().await;
    for face in [LOGIN, NEW] {
        for step in ["start", "finish"] {
            let path = format!("{face}/{step}?magic_link={}", asking.secret());
            let refused = ada.page.get(&path).await;
            refused.assert_refused(405, "method_not_allowed", "");
        }
    }
    before.assert_unchanged(&app).await;
}

async fn whoever_has_no_passkey_is_told(app: TestApp) {
    let page = app.anonymous();
    // Neither an account that is not there yet, nor one that came by a link, has one.
    let first = page.asked("register", "ada@example.com", None).await;
    start(&page, LOGIN, &first.secret())
        .await
        .assert_refused(409, "user_has_no_passkeys", "");
    opens(first.open().await);
    let second = page.asked("login", "ada@example.com", None).await;
    start(&page, LOGIN, &second.secret())
        .await
        .assert_refused(409, "user_has_no_passkeys", "");
    opens(second.open().await);
}

/// Signs in, enrols and opens the link, all with one link at once.
async fn race(nodes: &[TestApp]) {
    let app = &nodes[0];
    let mut ada = proven(app, "ada").await;
    let asking = ada.page.asked("login", &ada.identifier, None).await;
    let secret = asking.secret();
    let sessions = || async {
        app.read(|tx| testing::list::<i64>(tx, "SELECT count(*) FROM sessions", &[]))
            .await[0]
    };
    let before = sessions().await;
    let mut calls = Vec::new();
    for index in 0..60 {
        let page = nodes[index % nodes.len()].anonymous();
        let secret = secret.clone();
        let body = match index % 3 {
            0 => {
                let begun = start(&page, LOGIN, &secret).await.expect(200);
                ada.authenticator.assert(&begun).body()
            }
            1 => {
                let begun = start(&page, NEW, &secret).await.expect(200);
                app.authenticator().create(&begun).body()
            }
            _ => json!({ "magic_link": secret }),
        };
        calls.push(async move {
            match index % 3 {
                0 => finish(&page, LOGIN, &secret, body).await,
                1 => finish(&page, NEW, &secret, body).await,
                _ => page.call("PATCH", "/magic-link/activate").json(body).await,
            }
        });
    }
    let calls: Vec<_> = calls.into_iter().map(tokio::spawn).collect();
    let mut won = Vec::new();
    for (index, call) in calls.into_iter().enumerate() {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            won.push(index % 3);
        } else {
            answer.assert_refused(404, "magic_link_not_found", "magic_link_used");
        }
    }
    assert_eq!(won.len(), 1, "{won:?}");
    assert_eq!(sessions().await, before + 1);
    let passkeys = if won == [1] { 2 } else { 1 };
    assert_eq!(ada.passkeys().await.len(), passkeys);
}

async fn of_many_at_once_one_wins(app: TestApp) {
    race(&[app]).await;
}

mod two_nodes {
    use super::*;

    stories_on_postgres!(of_many_on_two_nodes_one_wins);

    async fn of_many_on_two_nodes_one_wins(app: TestApp) {
        let other = app.another_node().await;
        race(&[app, other]).await;
    }
}
