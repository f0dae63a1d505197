//! Phone numbers: signing up and in by text message, changing, and who owns them (D7).

use ginnel::domain::apps::{AllowedIdentifier, RequiredIdentifier};
use ginnel::domain::users::Identifier;
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, Key, TestApp, User, opens, stories};

stories!(
    somebody_signs_up_and_in_by_text_message,
    a_number_has_one_form_however_it_is_written,
    an_address_has_one_form_however_it_is_written,
    a_server_without_text_messages_says_so,
    a_second_identifier_of_the_owner_takes_nothing_away,
    the_first_proof_of_either_claims_the_account,
    a_strangers_number_on_an_account_is_nobodys,
    a_strangers_number_goes_to_whoever_proves_it,
    whoever_proves_anothers_number_by_a_bare_link_gets_what_is_left_and_locks_them_out,
    a_number_that_another_has_is_refused,
    a_change_of_number_is_told_to_the_old_one,
    a_redirect_must_be_one_of_the_apps_pages,
    hidden_numbers_are_answered_alike,
);

const NUMBER: &str = "+15550109999";

async fn takes(app: &TestApp, allowed: AllowedIdentifier) {
    app.set(move |settings| {
        settings.allowed_identifier = allowed;
        settings.required_identifier = RequiredIdentifier::Either;
    })
    .await;
}

/// Somebody with tokens from a code or link.
async fn signed_up(app: &TestApp, identifier: &str) -> User {
    let page = app.anonymous();
    let asking = page.asked_for_code("register", identifier).await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let user = app.stored_user(identifier).await.unwrap();
    User {
        page,
        identifier: identifier.to_owned(),
        id: user.id.to_string(),
        authenticator: app.authenticator(),
        tokens,
    }
}

async fn somebody_signs_up_and_in_by_text_message(app: TestApp) {
    takes(&app, AllowedIdentifier::Phone).await;
    let page = app.anonymous();
    let asking = page.asked_for_code("register", "(555) 010-9999").await;
    assert_eq!(
        (asking.letter.kind, asking.letter.to.as_str()),
        (Kind::SignUp, NUMBER)
    );
    let rendered = asking.letter.render().unwrap();
    assert!(rendered.text.contains(asking.code()), "{}", rendered.text);
    opens(asking.type_code(asking.code()).await);
    let user = app.stored_user(NUMBER).await.unwrap();
    assert!(user.phone_verified && user.email.is_none() && !user.email_verified);
    let asking = page.asked("login", NUMBER, Some(KEY)).await;
    opens(asking.open().await);
    // An address does not sign up here.
    for path in [
        "/register/otp",
        "/register/magic-link",
        "/register/webauthn/start",
        "/users",
    ] {
        let body = json!({ "identifier": "ada@example.com" });
        let refused = page.post(path, body).await;
        refused.assert_refused(400, "invalid_request", "");
        assert_eq!(
            refused.sentence(),
            "identifier: must be a valid E164 number."
        );
    }
}

async fn a_number_has_one_form_however_it_is_written(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    app.set(|settings| settings.default_country = "DE".to_owned())
        .await;
    let ada = signed_up(&app, "+49301234567").await;
    for spelling in [
        "+49 (0) 30 1234567",
        "0049 30 1234567",
        "030 1234567",
        "tel:+49-30-1234567",
        "030/123.45.67",
        "+49\u{a0}30\u{a0}1234567",
        "０３０ １２３４５６７",
    ] {
        let asking = app.anonymous().asked_for_code("login", spelling).await;
        assert_eq!(asking.letter.to, "+49301234567", "{spelling}");
        let query: String = url::form_urlencoded::byte_serialize(spelling.as_bytes()).collect();
        let found = app.anonymous().get(&format!("/users?identifier={query}"));
        assert_eq!(found.await.expect(200)["user"]["id"], ada.id, "{spelling}");
        let taken = app
            .anonymous()
            .post("/users", json!({ "identifier": spelling }))
            .await;
        taken.assert_refused(400, "invalid_request", "user_already_exists");
        app.advance(3600);
    }
    for bad in [
        "030 12",
        "+49",
        "030 1234567 ext. 3",
        "++4930123456",
        "+1 555 010 999",
    ] {
        let refused = app.anonymous().ask_for_code("register", bad).await;
        refused.assert_refused(400, "invalid_request", "");
    }
}

async fn an_address_has_one_form_however_it_is_written(app: TestApp) {
    let ada = signed_up(&app, "ada@xn--mnchen-3ya.de").await;
    for spelling in ["ADA@MÜNCHEN.de", "Ada@mu\u{308}nchen.DE", "ada@münchen。de"] {
        let asking = app.anonymous().asked_for_code("login", spelling).await;
        assert_eq!(asking.letter.to, "ada@xn--mnchen-3ya.de");
        let tokens = opens(asking.type_code(asking.code()).await);
        let claims = app.claims(tokens["auth_token"].as_str().unwrap());
        assert_eq!(claims["sub"], ada.id);
    }
    // A Cyrillic а: another domain, and no address at all before the @.
    app.anonymous()
        .ask_for_code("login", "ada@münchеn.de")
        .await
        .assert_refused(404, "user_not_found", "");
    let refused = app
        .anonymous()
        .ask_for_code("login", "аda@münchen.de")
        .await;
    refused.assert_refused(400, "invalid_request", "");
    assert!(refused.sentence().contains("Before the @"));
}

async fn a_server_without_text_messages_says_so(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    let remote = app.configured(|config| {
        config.public_url = "https://id.example.com".parse().unwrap();
        config.smtp = Some(ginnel::config::SmtpServer {
            host: "mail.example.com".to_owned(),
            port: 465,
            security: ginnel::config::Security::Tls,
            credentials: None,
            is_loopback: false,
        });
    });
    let page = remote.anonymous();
    let host = |call: crate::support::Call| call.header("host", "id.example.com");
    let before = app.rows().await;
    for path in [
        "/register/otp",
        "/register/magic-link",
        "/login/otp",
        "/login/magic-link",
    ] {
        let refused = host(page.post(path, json!({ "identifier": NUMBER }))).await;
        refused.assert_refused(400, "invalid_request", "channel_not_available");
        assert!(refused.sentence().contains("no text messages"));
    }
    before.assert_unchanged(&app).await;
    let info = host(page.get("")).await.expect(200);
    assert!(info["app"]["auth_methods"].get("otp").is_some());
    takes(&app, AllowedIdentifier::Phone).await;
    remote.app.apps.forget(&app.id);
    let info = host(page.get("")).await.expect(200);
    assert_eq!(info["app"]["auth_methods"], json!({ "passkeys": {} }));
}

async fn a_second_identifier_of_the_owner_takes_nothing_away(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    let ada = signed_up(&app, "ada@example.com").await;
    ada.add_passkey().await;
    let asking = ada.asked_for_number(NUMBER, Some(KEY)).await;
    assert_eq!(
        (asking.letter.kind, asking.letter.to.as_str()),
        (Kind::ChangeAddress, NUMBER)
    );
    assert!(app.stored_user(NUMBER).await.is_none());
    opens(asking.open().await);
    let user = app.stored_user(NUMBER).await.unwrap();
    assert_eq!(user.id.as_str(), ada.id);
    assert!(user.email_verified && user.phone_verified);
    assert_eq!(user.email.as_deref(), Some("ada@example.com"));
    assert_eq!(ada.passkeys().await.len(), 1);
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AddressAdded, "ada@example.com")
    );
    // By its code it is the same.
    let bob = signed_up(&app, "bob@example.com").await;
    bob.add_passkey().await;
    let asking = bob.asked_for_number("+15550108888", None).await;
    opens(asking.type_code(asking.code()).await);
    assert_eq!(bob.passkeys().await.len(), 1);
    assert!(
        app.stored_user("bob@example.com")
            .await
            .unwrap()
            .email_verified
    );
}

async fn the_first_proof_of_either_claims_the_account(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    // Eve signs up with a stranger's number and a passkey; the stranger comes.
    let eve = User::sign_up(app.anonymous(), NUMBER).await;
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    opens(asking.type_code(asking.code()).await);
    eve.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AccountClaimed, NUMBER)
    );
    // From then on nothing goes.
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let owner = User { tokens, ..eve };
    owner.add_passkey().await;
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    opens(asking.type_code(asking.code()).await);
    assert_eq!(owner.passkeys().await.len(), 1);
}

/// Eve signs up with a stranger's number and proves an address of her own.
async fn planted(app: &TestApp) -> User {
    let eve = User::sign_up(app.anonymous(), NUMBER).await;
    let asking = eve.asked_for_address("eve@example.com", Some(KEY)).await;
    opens(asking.open().await);
    let user = app.stored_user(NUMBER).await.unwrap();
    assert!(user.email_verified && !user.phone_verified);
    // Her own session and passkey are hers.
    assert_eq!(eve.passkeys().await.len(), 1);
    eve
}

async fn a_strangers_number_on_an_account_is_nobodys(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    let mut eve = planted(&app).await;
    // A link that was on its way before does not meet her in that account, either.
    let before = app.rows().await;
    for path in ["/login/otp", "/login/magic-link"] {
        let refused = app
            .anonymous()
            .post(path, json!({ "identifier": NUMBER }))
            .await;
        refused.assert_refused(403, "identifier_not_verified", "");
    }
    app.anonymous()
        .post("/register/webauthn/start", json!({ "identifier": NUMBER }))
        .await
        .assert_refused(403, "identifier_not_verified", "");
    before.assert_unchanged(&app).await;
    // Eve herself still signs in by her passkey, and proves the number if it is hers.
    eve.sign_in().await;
    let asking = eve.asked_for_number(NUMBER, Some(KEY)).await;
    assert_eq!(asking.letter.kind, Kind::VerifyAddress);
    opens(asking.open().await);
    let user = app.stored_user(NUMBER).await.unwrap();
    assert!(user.email_verified && user.phone_verified);
    assert_eq!(eve.passkeys().await.len(), 1);
}

async fn a_strangers_number_goes_to_whoever_proves_it(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    let early = User::sign_up(app.anonymous(), NUMBER).await;
    let pending = app.anonymous().asked("login", NUMBER, None).await;
    opens(
        early
            .asked_for_address("eve@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    pending
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
    // By a sign-up of their own …
    let asking = app.anonymous().asked_for_code("register", NUMBER).await;
    assert_eq!(asking.letter.kind, Kind::SignUp);
    opens(asking.type_code(asking.code()).await);
    let owner = app.stored_user(NUMBER).await.unwrap();
    assert_ne!(owner.id.as_str(), early.id);
    assert!(owner.phone_verified);
    let eve = app.stored_user("eve@example.com").await.unwrap();
    assert_eq!((eve.id.as_str(), eve.phone), (early.id.as_str(), None));
    let events = app.events(&early.id).await;
    assert!(
        events.contains(&"address_removed success".to_owned()),
        "{events:?}"
    );
    // … and by a change of number.
    takes(&app, AllowedIdentifier::Both).await;
    let other = "+15550107777";
    let planter = User::sign_up(app.anonymous(), other).await;
    opens(
        planter
            .asked_for_address("mallory@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    let bob = signed_up(&app, "bob@example.com").await;
    opens(bob.asked_for_number(other, Some(KEY)).await.open().await);
    assert_eq!(app.stored_user(other).await.unwrap().id.as_str(), bob.id);
    assert_eq!(
        app.stored_user("mallory@example.com").await.unwrap().phone,
        None
    );
}

async fn whoever_proves_anothers_number_by_a_bare_link_gets_what_is_left_and_locks_them_out(
    app: TestApp,
) {
    takes(&app, AllowedIdentifier::Both).await;
    let eve = signed_up(&app, "eve@example.com").await;
    eve.add_passkey().await;
    // Eve asks for a stranger's number without a key and hopes that they open the link.
    let asking = eve.asked_for_number(NUMBER, None).await;
    opens(asking.open().await);
    eve.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
    let user = app.stored_user(NUMBER).await.unwrap();
    assert!(user.phone_verified && !user.email_verified);
    // Her address opens that account no more.
    app.anonymous()
        .ask_for_code("login", "eve@example.com")
        .await
        .assert_refused(403, "identifier_not_verified", "");
    // It is hers for an account of her own.
    let asking = app
        .anonymous()
        .asked_for_code("register", "eve@example.com")
        .await;
    opens(asking.type_code(asking.code()).await);
    assert_ne!(
        app.stored_user("eve@example.com").await.unwrap().id,
        user.id
    );
    assert_eq!(app.stored_user(NUMBER).await.unwrap().email, None);
    // With a key a link opened elsewhere asks for digits.
    let bob = signed_up(&app, "bob@example.com").await;
    let asking = bob
        .asked_for_number("+15550108888", Some(Key("the key of Bob's browser")))
        .await;
    asking.open_elsewhere(None).await.assert_refused(
        403,
        "operation_not_allowed",
        "digits_required",
    );
}

async fn a_number_that_another_has_is_refused(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    signed_up(&app, NUMBER).await;
    let bob = signed_up(&app, "bob@example.com").await;
    let before = app.rows().await;
    bob.ask_to_change("phone", "1 (555) 010-9999", None)
        .await
        .assert_refused(400, "invalid_request", "user_already_exists");
    for bad in ["555", "bob@example.com", "+1 555 010 99 999"] {
        let refused = bob.ask_to_change("phone", bad, None).await;
        refused.assert_refused(400, "invalid_request", "");
        assert_eq!(
            refused.sentence(),
            "new_phone: must be a valid E164 number."
        );
    }
    before.assert_unchanged(&app).await;
    // Of two who ask for a free one, the first to confirm has it.
    let carl = signed_up(&app, "carl@example.com").await;
    let of_bob = bob.asked_for_number("+15550108888", Some(KEY)).await;
    let of_carl = carl
        .asked_for_number("+15550108888", Some(Key("the key of Carl's browser")))
        .await;
    opens(of_carl.open().await);
    of_bob
        .open()
        .await
        .assert_refused(400, "invalid_request", "user_already_exists");
    // An app that takes addresses only has no numbers.
    takes(&app, AllowedIdentifier::Email).await;
    bob.ask_to_change("phone", "+15550107777", None)
        .await
        .assert_refused(400, "invalid_request", "");
}

async fn a_change_of_number_is_told_to_the_old_one(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    let ada = signed_up(&app, NUMBER).await;
    let asking = ada.asked_for_number("+15550108888", Some(KEY)).await;
    opens(asking.open().await);
    let told = app.letters().await.pop().unwrap();
    assert_eq!(
        (told.kind, told.to.as_str()),
        (Kind::AddressChanged, NUMBER)
    );
    assert!(app.stored_user(NUMBER).await.is_none());
    let user = app.stored_user("+15550108888").await.unwrap();
    assert_eq!(user.id.as_str(), ada.id);
    // Signing in is open to numbers, whatever the app takes for a sign-up by now.
    takes(&app, AllowedIdentifier::Email).await;
    let asking = app
        .anonymous()
        .asked_for_code("login", "+1 555 010 8888")
        .await;
    opens(asking.type_code(asking.code()).await);
}

async fn a_redirect_must_be_one_of_the_apps_pages(app: TestApp) {
    let home = "http://localhost:8080/dashboard";
    for (index, (wish, goes_to)) in [
        ("/dashboard", home),
        (home, home),
        ("/dashboard/../dashboard", home),
        ("/", "http://localhost:8080/"),
        ("/dashboard/more", "/dashboard"),
        ("//evil.example/dashboard", "/dashboard"),
        ("https://evil.example/dashboard", "/dashboard"),
        ("http://localhost:8080.evil.example/dashboard", "/dashboard"),
        ("javascript:alert(1)", "/dashboard"),
        ("/dashboard?next=//evil.example", "/dashboard"),
        ("", "/dashboard"),
    ]
    .into_iter()
    .enumerate()
    {
        // Letters of one moment have no order.
        app.advance(1);
        let ada = app.user(&format!("ada{index}")).await;
        let body = json!({
            "new_email": format!("countess{index}@example.com"),
            "redirect_url": wish,
            "browser_key_hash": KEY.hash(),
        });
        let answer = ada.call("PATCH", "/currentuser/email").json(body).await;
        let asking = ada.page.asking(&answer.expect(200), Some(KEY)).await;
        let tokens = opens(asking.open().await);
        assert_eq!(tokens["redirect_url"], goes_to, "{wish}");
    }
}

async fn hidden_numbers_are_answered_alike(app: TestApp) {
    takes(&app, AllowedIdentifier::Both).await;
    signed_up(&app, NUMBER).await;
    planted_number(&app, "+15550107777").await;
    app.set(|settings| settings.hide_user_existence = true)
        .await;
    let mut left_behind = Vec::new();
    for (number, login, register) in [
        (NUMBER, Kind::SignIn, Kind::SignIn),
        ("+15550107777", Kind::NoAccount, Kind::SignUp),
        ("+15550106666", Kind::NoAccount, Kind::SignUp),
    ] {
        for (mode, kind) in [("login", login), ("register", register)] {
            let before = app.rows().await;
            let asking = app.anonymous().asked_for_code(mode, number).await;
            assert_eq!(
                (asking.letter.kind, asking.letter.to.as_str()),
                (kind, number)
            );
            let changes = before.changes(&app).await;
            let mut tables: Vec<_> = changes
                .iter()
                .map(|line| line.split(' ').next().unwrap().to_owned())
                .collect();
            tables.dedup();
            left_behind.push(tables);
        }
    }
    left_behind.dedup();
    assert_eq!(left_behind.len(), 1, "{left_behind:?}");
}

/// A number that was never proven, on an account with a proven address.
async fn planted_number(app: &TestApp, number: &str) {
    let mallory = signed_up(app, "mallory@example.com").await;
    let (id, number) = (mallory.id, Identifier::parse(number).unwrap());
    app.write(move |tx| {
        ginnel::store::testing::execute(
            tx,
            "UPDATE users SET phone = $2 WHERE id = $1",
            &[&id.as_str(), &number],
        )
    })
    .await;
}
