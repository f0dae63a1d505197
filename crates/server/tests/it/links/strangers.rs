//! What a stranger learns from codes, links and look-ups, by address and by number: no more than D8 allows. `hiding.rs` has the
//! same for links alone.

use ginnel::domain::apps::AllowedIdentifier;
use ginnel::domain::users::{Origin, Status};
use serde_json::{Value as Json, json};

use crate::support::{KEY, Response, TestApp, User, opens, stories};

stories!(
    whoever_is_named_every_answer_is_the_same,
    wrong_codes_do_not_tell_whose_two_addresses_are,
    where_users_are_shown_wrong_codes_count_for_the_user,
    a_user_is_shown_by_what_they_were_named_by,
    limits_are_reached_alike,
);

const NUMBER: &str = "+15550101001";

/// Addresses and numbers of a user, a deactivated one, an imported one, of an account that never proved it, and of nobody.
const EVERYBODY: [&str; 10] = [
    "ada@example.com",
    "bob@example.com",
    "carl@example.com",
    "fay@example.com",
    "dora@example.com",
    NUMBER,
    "+15550202002",
    "+15550303003",
    "+15550404004",
    "+15550505005",
];

/// Somebody with a proven address and a proven number.
async fn with_both(app: &TestApp, address: &str, number: &str) -> User {
    let page = app.anonymous();
    let asking = page.asked_for_code("register", address).await;
    let tokens = opens(asking.type_code(asking.code()).await);
    let user = app.stored_user(address).await.unwrap();
    let user = User {
        page,
        identifier: address.to_owned(),
        id: user.id.to_string(),
        authenticator: app.authenticator(),
        tokens,
    };
    opens(user.asked_for_number(number, Some(KEY)).await.open().await);
    user
}

/// Somebody who signed up by what they never prove, and proved something else.
async fn squatting(app: &TestApp, on: &str, kind: &str, own: &str) {
    let eve = User::sign_up(app.anonymous(), on).await;
    let answer = eve.ask_to_change(kind, own, Some(&KEY)).await.expect(200);
    let asking = eve.page.asking(&answer, Some(KEY)).await;
    opens(asking.open().await);
}

async fn prepare(app: &TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    with_both(app, "ada@example.com", NUMBER).await;
    for identifier in ["bob@example.com", "+15550202002"] {
        let user = app.made_user(identifier, Origin::Import).await;
        let now = app.now();
        app.write(move |tx| tx.update_user_status(&user.id, Status::Inactive, now))
            .await;
    }
    for identifier in ["carl@example.com", "+15550303003"] {
        app.made_user(identifier, Origin::Import).await;
    }
    squatting(app, "fay@example.com", "phone", "+15550606006").await;
    squatting(app, "+15550404004", "email", "eve@example.com").await;
    app.set(|settings| settings.hide_user_existence = true)
        .await;
    // Out of the limits of what was asked for so far.
    app.advance(2 * 60 * 60);
}

/// An answer without what is drawn at random.
fn told(answer: &Response) -> String {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| *name != "x-request-id")
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    headers.sort();
    let mut body = answer.json();
    hide_what_is_random(&mut body);
    format!("{} {headers:?} {body}", answer.status)
}

fn hide_what_is_random(value: &mut Json) {
    match value {
        Json::Object(members) => {
            for (name, member) in members {
                if ["id", "otp_id", "digits", "challenge"].contains(&name.as_str())
                    && let Json::String(text) = member
                {
                    *text = format!("{} letters", text.len());
                }
                hide_what_is_random(member);
            }
        }
        Json::Array(members) => members.iter_mut().for_each(hide_what_is_random),
        _ => {}
    }
}

/// All that a stranger can ask about an identifier, and what they are told.
async fn everything(app: &TestApp, identifier: &str) -> Vec<String> {
    let page = app.anonymous();
    let mut all = Vec::new();
    let query: String = url::form_urlencoded::byte_serialize(identifier.as_bytes()).collect();
    all.push(told(&page.get(&format!("/users?identifier={query}")).await));
    let named = json!({ "identifier": identifier });
    for path in [
        "/users",
        "/register/webauthn/start",
        "/login/webauthn/start",
    ] {
        all.push(told(&page.post(path, named.clone()).await));
    }
    for mode in ["register", "login"] {
        for (means, key) in [
            ("otp", None),
            ("magic-link", None),
            ("magic-link", Some(KEY)),
        ] {
            let before = app.rows().await;
            let sent = app.letters().await.len();
            let answer = match (means, &key) {
                ("otp", _) => page.ask_for_code(mode, identifier).await,
                (_, key) => page.ask(mode, identifier, key.as_ref()).await,
            };
            all.push(told(&answer));
            // What is left behind is the same, too: as many rows in the same tables, and one message to whom it names.
            let changes = before.changes(app).await;
            let tables = changes.iter().filter_map(|line| line.split_once(' '));
            let tables: Vec<_> = tables
                .filter(|(_, change)| change.starts_with('+'))
                .filter(|(table, _)| !["daily_counters", "limits"].contains(table))
                .map(|(table, change)| format!("{table} {change}"))
                .collect();
            assert_eq!(
                tables,
                ["events +1", "magic_links +1", "messages +1"],
                "{mode} {means} {identifier}"
            );
            let letters = app.letters().await;
            assert_eq!(letters.len(), sent + 1);
            assert_eq!(letters.last().unwrap().to, identifier);
            let answer = answer.json();
            let id = answer["otp_id"]
                .as_str()
                .or(answer["magic_link"]["id"].as_str());
            let id = id.unwrap();
            let body = match key {
                Some(key) => json!({ "id": id, "browser_key": key.0 }),
                None => json!({ "id": id }),
            };
            all.push(told(&page.post("/magic-link/status", body).await));
            let body = json!({ "otp": "000000", "otp_id": id });
            all.push(told(&page.post("/otp/activate", body).await));
        }
    }
    all
}

async fn whoever_is_named_every_answer_is_the_same(app: TestApp) {
    prepare(&app).await;
    let stranger = everything(&app, "dora@example.com").await;
    for identifier in EVERYBODY {
        app.advance(2 * 60 * 60);
        let answers = everything(&app, identifier).await;
        for (answer, expected) in answers.iter().zip(&stranger) {
            assert_eq!(answer, expected, "{identifier}");
        }
        assert_eq!(answers.len(), stranger.len());
    }
    // Closed to those who sign up, it is the same.
    app.set(|settings| settings.public_signup = false).await;
    app.advance(2 * 60 * 60);
    let stranger = everything(&app, "+15550505005").await;
    for identifier in EVERYBODY {
        app.advance(2 * 60 * 60);
        assert_eq!(everything(&app, identifier).await, stranger, "{identifier}");
    }
}

/// Ten wrong codes by one address.
async fn use_up(app: &TestApp, address: &str) {
    for _ in 0..2 {
        let asking = app.anonymous().asked_for_code("login", address).await;
        for offset in 0..5 {
            let refused = asking.type_code(&asking.wrong_code(offset)).await;
            assert!([400, 401].contains(&refused.status), "{}", refused.text());
        }
    }
}

async fn wrong_codes_do_not_tell_whose_two_addresses_are(app: TestApp) {
    prepare(&app).await;
    use_up(&app, "ada@example.com").await;
    let mut answers = Vec::new();
    for number in [NUMBER, "+15550505005"] {
        let answer = app.anonymous().ask_for_code("login", number).await;
        let id = answer.expect(201)["otp_id"].clone();
        for code in ["000000", "000001", "000002"] {
            let body = json!({ "otp": code, "otp_id": id });
            answers.push(told(&app.anonymous().post("/otp/activate", body).await));
        }
    }
    assert_eq!(answers[..3], answers[3..]);
    assert!(answers[0].contains("wrong_code"), "{}", answers[0]);
    // Nothing is won by it: not even the right one opens the account before the hour is over.
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "wrong_code");
    app.advance(60 * 60);
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    opens(asking.type_code(asking.code()).await);
}

async fn where_users_are_shown_wrong_codes_count_for_the_user(app: TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    with_both(&app, "ada@example.com", NUMBER).await;
    use_up(&app, "ada@example.com").await;
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    let refused = asking.type_code(asking.code()).await;
    refused.assert_refused(401, "exceeded_attempts", "");
    assert!(refused.header("retry-after").is_some());
    app.advance(60 * 60);
    let asking = app.anonymous().asked_for_code("login", NUMBER).await;
    opens(asking.type_code(asking.code()).await);
}

async fn a_user_is_shown_by_what_they_were_named_by(app: TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
    let ada = with_both(&app, "ada@example.com", NUMBER).await;
    ada.add_passkey().await;
    let page = app.anonymous();
    for (identifier, email, phone) in [
        ("ada@example.com", "ada@example.com", ""),
        (NUMBER, "", NUMBER),
    ] {
        let query: String = url::form_urlencoded::byte_serialize(identifier.as_bytes()).collect();
        let lookup = page.get(&format!("/users?identifier={query}"));
        let start = page.post("/login/webauthn/start", json!({ "identifier": identifier }));
        for answer in [lookup.await, start.await] {
            let user = answer.expect(200)["user"].clone();
            assert_eq!(user["id"], ada.id);
            assert_eq!(
                (&user["email"], &user["phone"]),
                (&json!(email), &json!(phone))
            );
            assert_eq!(user["email_verified"], !email.is_empty());
            assert_eq!(user["phone_verified"], !phone.is_empty());
            assert_eq!(user["webauthn"], true);
        }
    }
    // The owner sees both.
    let user = ada.get("/currentuser").await.expect(200)["user"].clone();
    assert_eq!(
        (&user["email"], &user["phone"]),
        (&json!("ada@example.com"), &json!(NUMBER))
    );
    let start = ada.start_adding().await;
    assert_eq!(start["user"]["phone"], NUMBER);
}

async fn limits_are_reached_alike(app: TestApp) {
    prepare(&app).await;
    let app = app.configured(|config| {
        config.messages_per_address_per_hour = 2;
        config.text_messages_per_range_per_hour = 3;
    });
    for (known, unknown) in [
        ("ada@example.com", "dora@example.com"),
        (NUMBER, "+15550505005"),
    ] {
        let mut answers = [Vec::new(), Vec::new()];
        for (answers, identifier) in answers.iter_mut().zip([known, unknown]) {
            app.advance(2 * 60 * 60);
            for _ in 0..3 {
                let answer = app.anonymous().ask_for_code("login", identifier).await;
                answers.push(told(&answer));
            }
            assert!(answers[2].starts_with("429 "), "{}", answers[2]);
        }
        assert_eq!(answers[0], answers[1]);
    }
    // A range that is full is full for everybody in it.
    app.advance(2 * 60 * 60);
    for number in ["+15550101111", "+15550101112", "+15550101113"] {
        app.anonymous()
            .ask_for_code("login", number)
            .await
            .expect(201);
    }
    for number in [NUMBER, "+15550101114"] {
        let refused = app.anonymous().ask_for_code("login", number).await;
        refused.assert_refused(429, "rate_limited", "");
    }
}
