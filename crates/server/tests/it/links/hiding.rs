//! An app that hides who has an account: nobody learns it but the owner of the address (D8).

use ginnel::domain::users::{Origin, Status};
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, TestApp, opens, stories};

stories!(
    requests_are_answered_alike,
    each_request_leaves_the_same_behind,
    the_mail_says_the_rest,
    lookups_and_sign_ups_ahead_are_closed,
    a_sign_up_begins_with_a_link_for_everybody,
    a_passkey_says_who_it_is,
    a_taken_address_is_not_told_to_whoever_wants_it,
    wrong_codes_run_out_alike,
);

/// Ada has an account, Bob a deactivated one, Carl an imported one; Dora has none.
async fn prepare(app: &TestApp) {
    opens(
        app.anonymous()
            .asked("register", "ada@example.com", None)
            .await
            .open()
            .await,
    );
    let bob = app.made_user("bob@example.com", Origin::Import).await;
    app.made_user("carl@example.com", Origin::Import).await;
    app.made_user("clara@example.com", Origin::Import).await;
    let now = app.now();
    app.write(move |tx| tx.update_user_status(&bob.id, Status::Inactive, now))
        .await;
    app.set(|settings| settings.hide_user_existence = true)
        .await;
}

const EVERYBODY: [&str; 4] = [
    "ada@example.com",
    "bob@example.com",
    "carl@example.com",
    "dora@example.com",
];

async fn requests_are_answered_alike(app: TestApp) {
    prepare(&app).await;
    for (mode, status) in [("login", 200), ("register", 201)] {
        for identifier in EVERYBODY {
            let answer = app
                .anonymous()
                .ask(mode, identifier, Some(&KEY))
                .await
                .expect(status);
            let link = answer["magic_link"].as_object().unwrap();
            assert!(
                link.len() == 2 && link.contains_key("digits"),
                "{mode} {identifier}"
            );
            let id = link["id"].as_str().unwrap();
            // What the id is asked for later tells as little.
            let body = json!({ "id": id, "browser_key": KEY.0 });
            let told = app.anonymous().post("/magic-link/status", body).await;
            told.assert_refused(404, "magic_link_not_found", "magic_link_pending");
            for left in ["4", "3"] {
                let body = json!({ "otp": "000000", "otp_id": id });
                let told = app.anonymous().post("/otp/activate", body).await;
                told.assert_refused(400, "invalid_request", "wrong_code");
                assert!(told.sentence().contains(&format!("{left} tries")));
            }
        }
    }
}

async fn each_request_leaves_the_same_behind(app: TestApp) {
    prepare(&app).await;
    for mode in ["login", "register"] {
        for identifier in EVERYBODY {
            let before = app.rows().await;
            app.anonymous().ask(mode, identifier, Some(&KEY)).await;
            let changes = before.changes(&app).await;
            let mut tables: Vec<_> = changes
                .iter()
                .map(|line| line.split(' ').next().unwrap())
                .collect();
            // A link that was sent before loses its code.
            tables.dedup();
            assert_eq!(
                tables,
                [
                    "daily_counters",
                    "events",
                    "limits",
                    "magic_links",
                    "messages"
                ],
                "{mode} {identifier}"
            );
        }
    }
}

async fn the_mail_says_the_rest(app: TestApp) {
    prepare(&app).await;
    let page = app.anonymous();
    for (mode, identifier, kind) in [
        ("login", "ada@example.com", Kind::SignIn),
        ("login", "bob@example.com", Kind::AccountDeactivated),
        ("login", "carl@example.com", Kind::SignIn),
        ("login", "dora@example.com", Kind::NoAccount),
        ("register", "ada@example.com", Kind::SignIn),
        ("register", "bob@example.com", Kind::AccountDeactivated),
        ("register", "clara@example.com", Kind::SignUp),
        ("register", "dora@example.com", Kind::SignUp),
    ] {
        let asking = page.asked(mode, identifier, Some(KEY)).await;
        assert_eq!(asking.letter.kind, kind, "{mode} {identifier}");
        assert_eq!(asking.letter.to, identifier);
        let helps = matches!(kind, Kind::SignIn | Kind::SignUp);
        assert_eq!(asking.letter.link.is_some(), helps);
        assert_eq!(asking.letter.code.is_some(), helps);
        if helps {
            opens(asking.open().await);
        }
    }
    app.set(|settings| settings.public_signup = false).await;
    let asking = page.asked("register", "emil@example.com", Some(KEY)).await;
    assert_eq!(asking.letter.kind, Kind::NoAccount);
}

async fn lookups_and_sign_ups_ahead_are_closed(app: TestApp) {
    prepare(&app).await;
    let before = app.rows().await;
    for identifier in EVERYBODY {
        let path = format!("/users?identifier={identifier}");
        let refused = app.anonymous().get(&path).await;
        refused.assert_refused(403, "operation_not_allowed", "user_existence_hidden");
        let refused = app
            .anonymous()
            .post("/users", json!({ "identifier": identifier }))
            .await;
        refused.assert_refused(403, "operation_not_allowed", "user_existence_hidden");
    }
    before.assert_unchanged(&app).await;
    let info = app.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["hide_user_existence"], true);
}

async fn a_sign_up_begins_with_a_link_for_everybody(app: TestApp) {
    prepare(&app).await;
    let mut sentences = Vec::new();
    for identifier in EVERYBODY {
        let body = json!({ "identifier": identifier });
        let refused = app.anonymous().post("/register/webauthn/start", body).await;
        refused.assert_refused(403, "identifier_not_verified", "");
        sentences.push(refused.sentence());
    }
    sentences.dedup();
    assert_eq!(sentences.len(), 1);
}

async fn a_passkey_says_who_it_is(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.set(|settings| settings.hide_user_existence = true)
        .await;
    for identifier in ["ada@example.com", "dora@example.com"] {
        let start = app.anonymous().start_login(Some(identifier)).await;
        assert_eq!(start.get("user"), None);
        assert_eq!(
            start["handshake"]["challenge"]["publicKey"]["allowCredentials"],
            json!([])
        );
    }
    let assertion = ada.assertion().await;
    ada.page.finish_login(&assertion).await.expect(200);
}

async fn a_taken_address_is_not_told_to_whoever_wants_it(app: TestApp) {
    prepare(&app).await;
    let eve = opens(
        app.anonymous()
            .asked("register", "eve@example.com", None)
            .await
            .open()
            .await,
    );
    let ask = async |address: &str| {
        app.advance(1);
        let body = json!({ "new_email": address, "browser_key_hash": KEY.hash() });
        let call = app
            .anonymous()
            .call("PATCH", "/currentuser/email")
            .json(body);
        call.bearer(eve["auth_token"].as_str().unwrap())
            .await
            .expect(200)
    };
    for (address, kind) in [
        ("ada@example.com", Kind::AddressInUse),
        ("new@example.com", Kind::ChangeAddress),
    ] {
        let answer = ask(address).await;
        let asking = app.anonymous().asking(&answer, Some(KEY)).await;
        assert_eq!(asking.digits.as_ref().unwrap().len(), 2);
        assert_eq!(
            (asking.letter.kind, asking.letter.to.as_str()),
            (kind, address)
        );
        asking
            .status()
            .await
            .assert_refused(404, "magic_link_not_found", "magic_link_pending");
    }
    app.set(|settings| settings.hide_user_existence = false)
        .await;
    let body = json!({ "new_email": "ada@example.com" });
    let call = app
        .anonymous()
        .call("PATCH", "/currentuser/email")
        .json(body);
    let refused = call.bearer(eve["auth_token"].as_str().unwrap()).await;
    refused.assert_refused(400, "invalid_request", "user_already_exists");
}

async fn wrong_codes_run_out_alike(app: TestApp) {
    prepare(&app).await;
    for identifier in ["ada@example.com", "dora@example.com"] {
        for round in 0..3 {
            let answer = app.anonymous().ask("login", identifier, Some(&KEY)).await;
            let id = answer.expect(200)["magic_link"]["id"].clone();
            for number in 0..5 {
                let body = json!({ "otp": format!("00000{number}"), "otp_id": id });
                let refused = app.anonymous().post("/otp/activate", body).await;
                let is_out = round == 2;
                assert_eq!(
                    refused.header("retry-after").is_some(),
                    is_out,
                    "{identifier}"
                );
                assert_eq!(
                    refused.status,
                    if is_out || number == 4 { 401 } else { 400 }
                );
            }
        }
    }
}
