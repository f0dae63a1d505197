//! Codes alone: asked for, typed, tried in vain, and switched off.

use ginnel::domain::events::Counter;
use ginnel::domain::users::{Origin, Status};
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{TestApp, opens, stories, stories_on_postgres};

stories!(
    somebody_signs_up_and_in_by_codes_alone,
    a_code_alone_has_no_link,
    app_info_says_what_is_offered,
    each_of_links_and_codes_can_be_off,
    a_message_has_a_code_only_if_codes_are_on,
    a_code_alone_lives_as_long_as_the_app_says,
    wrong_spent_foreign_and_old_codes_are_refused,
    of_a_hundred_tries_at_once_five_are_checked,
    codes_are_limited_as_links_are,
    an_app_that_hides_its_users_answers_alike,
    each_request_leaves_the_same_behind,
);

async fn somebody_signs_up_and_in_by_codes_alone(app: TestApp) {
    let page = app.anonymous();
    page.ask_for_code("login", "ada@example.com")
        .await
        .assert_refused(404, "user_not_found", "");
    let asking = page.asked_for_code("register", "Ada@Example.com").await;
    assert_eq!(asking.letter.kind, Kind::SignUp);
    assert_eq!(asking.letter.to, "ada@example.com");
    assert!(app.stored_user("ada@example.com").await.is_none());
    let tokens = opens(asking.type_code(asking.code()).await);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims["amr"], json!(["otp"]));
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert!(user.email_verified);
    assert_eq!(app.count(Counter::SignUpCode).await, 1);
    page.ask_for_code("register", "ada@example.com")
        .await
        .assert_refused(403, "operation_not_allowed", "user_already_registered");
    let asking = page.asked_for_code("login", "ada@example.com").await;
    assert_eq!(asking.letter.kind, Kind::SignIn);
    opens(asking.type_code(asking.code()).await);
    assert_eq!(app.count(Counter::SignInCode).await, 1);
    // Once.
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    let events = app.events(user.id.as_str()).await;
    assert!(events.contains(&"code_sent success".to_owned()));
    assert!(!events.contains(&"link_sent success".to_owned()));
}

async fn a_code_alone_has_no_link(app: TestApp) {
    let asking = app
        .anonymous()
        .asked_for_code("register", "ada@example.com")
        .await;
    assert_eq!(asking.letter.link, None);
    assert_eq!(asking.letter.link_minutes, None);
    let rendered = asking.letter.render().unwrap();
    assert!(rendered.text.contains(asking.code()), "{}", rendered.text);
    assert!(!rendered.text.contains("psg_"), "{}", rendered.text);
    // Nobody waits for it as for a link.
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "");
}

async fn app_info_says_what_is_offered(app: TestApp) {
    let info = async || {
        let info = app.anonymous().get("").await.expect(200)["app"].clone();
        let path = format!("/api/v1/apps/{}", app.id);
        let managed = app.call("GET", &path).await.expect(200)["app"].clone();
        assert_eq!(
            info["auth_fallback_method"],
            managed["auth_fallback_method"]
        );
        let methods = info["auth_methods"].as_object().unwrap();
        for name in ["otp", "magic_link"] {
            let enabled = &managed["auth_methods"][name]["enabled"];
            assert_eq!(*enabled, methods.contains_key(name));
        }
        (
            info["auth_methods"].clone(),
            info["auth_fallback_method"].as_str().unwrap().to_owned(),
            info["auth_fallback_method_ttl"].as_i64().unwrap(),
        )
    };
    let (link, code) = (
        json!({ "ttl": 900, "ttl_display_unit": "m" }),
        json!({ "ttl": 600, "ttl_display_unit": "m" }),
    );
    let both = json!({ "passkeys": {}, "magic_link": link, "otp": code });
    assert_eq!(info().await, (both, "otp".to_owned(), 10));
    app.set(|settings| settings.magic_links = false).await;
    let codes = json!({ "passkeys": {}, "otp": code });
    assert_eq!(info().await, (codes, "otp".to_owned(), 10));
    app.set(|settings| {
        settings.magic_links = true;
        settings.one_time_codes = false;
    })
    .await;
    let links = json!({ "passkeys": {}, "magic_link": link });
    assert_eq!(info().await, (links, "magic_link".to_owned(), 15));
    app.set(|settings| settings.magic_links = false).await;
    assert_eq!(info().await.0, json!({ "passkeys": {} }));
    assert_eq!(info().await.1, "none");
}

async fn each_of_links_and_codes_can_be_off(app: TestApp) {
    let page = app.anonymous();
    let sent = page.asked_for_code("register", "ada@example.com").await;
    app.set(|settings| settings.one_time_codes = false).await;
    let before = app.rows().await;
    for mode in ["register", "login"] {
        page.ask_for_code(mode, "ada@example.com")
            .await
            .assert_refused(403, "operation_not_allowed", "one_time_codes_disabled");
    }
    sent.type_code(sent.code()).await.assert_refused(
        403,
        "operation_not_allowed",
        "one_time_codes_disabled",
    );
    before.assert_unchanged(&app).await;
    app.set(|settings| {
        settings.one_time_codes = true;
        settings.magic_links = false;
    })
    .await;
    page.ask("register", "ada@example.com", None)
        .await
        .assert_refused(403, "operation_not_allowed", "magic_links_disabled");
    opens(sent.type_code(sent.code()).await);
    // A change of address is confirmed by what the app has.
    let bob = app.user("bob").await;
    let change = bob.asked_for_address("robert@example.com", None).await;
    assert_eq!(change.letter.link, None);
    opens(change.type_code(change.code()).await);
    assert!(app.stored_user("robert@example.com").await.is_some());
}

async fn a_message_has_a_code_only_if_codes_are_on(app: TestApp) {
    app.set(|settings| settings.one_time_codes = false).await;
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", None)
        .await;
    assert_eq!(asking.letter.code, None);
    assert_eq!(asking.letter.code_minutes, None);
    let hashes = app
        .read(|tx| {
            ginnel::store::testing::list::<i64>(
                tx,
                "SELECT count(*) FROM magic_links WHERE code_hash IS NOT NULL",
                &[],
            )
        })
        .await;
    assert_eq!(hashes, [0]);
    opens(asking.open().await);
}

async fn a_code_alone_lives_as_long_as_the_app_says(app: TestApp) {
    app.set(|settings| {
        settings.magic_link_lifetime_seconds = 300;
        settings.code_lifetime_seconds = 1200;
    })
    .await;
    let page = app.anonymous();
    let asking = page.asked_for_code("register", "ada@example.com").await;
    assert_eq!(asking.letter.code_minutes, Some(20));
    app.advance(1199);
    opens(asking.type_code(asking.code()).await);
    let asking = page.asked_for_code("login", "ada@example.com").await;
    app.advance(1200);
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
}

async fn wrong_spent_foreign_and_old_codes_are_refused(app: TestApp) {
    let page = app.anonymous();
    let ada = page.asked_for_code("register", "ada@example.com").await;
    let bob = page.asked_for_code("register", "bob@example.com").await;
    // Bob's code for Ada's, unless they happen to be the same.
    if ada.code() != bob.code() {
        ada.type_code(bob.code())
            .await
            .assert_refused(400, "invalid_request", "wrong_code");
    }
    // Another app's.
    let other = app.another_app("http://localhost:9090").await;
    let body = json!({ "otp": bob.code(), "otp_id": bob.id });
    let page_there = crate::support::Visitor::new(other, "http://localhost:9090");
    page_there.post("/otp/activate", body).await.assert_refused(
        400,
        "invalid_request",
        "code_expired",
    );
    for offset in 0..4 {
        bob.type_code(&bob.wrong_code(offset)).await.assert_refused(
            400,
            "invalid_request",
            "wrong_code",
        );
    }
    bob.type_code(&bob.wrong_code(4))
        .await
        .assert_refused(401, "exceeded_attempts", "");
    bob.type_code(bob.code())
        .await
        .assert_refused(401, "exceeded_attempts", "");
    // A new one is asked for, and ends the old: by link or alone is the same.
    let newer = page.asked("register", "ada@example.com", None).await;
    ada.type_code(ada.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    let newest = page.asked_for_code("register", "ada@example.com").await;
    newer
        .type_code(newer.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    opens(newest.type_code(newest.code()).await);
}

/// A hundred at once, the right code among the last eighty: whatever comes first, five are checked at most.
async fn race(nodes: &[TestApp]) {
    let asking = nodes[0]
        .anonymous()
        .asked_for_code("register", "ada@example.com")
        .await;
    // Four wrong ones first, so that one try is left for the crowd.
    for offset in 0..4 {
        asking
            .type_code(&asking.wrong_code(offset))
            .await
            .assert_refused(400, "invalid_request", "wrong_code");
    }
    let tries = (0..100).map(|index| {
        let page = nodes[index % nodes.len()].anonymous();
        let body = json!({ "otp": asking.wrong_code(index as u32), "otp_id": asking.id });
        tokio::spawn(async move { page.post("/otp/activate", body).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut wrong = 0;
    for answer in tries {
        let (status, code, reason) = answer.await.unwrap().refusal();
        if reason == "wrong_code" {
            wrong += 1;
        } else {
            assert_eq!((status, code.as_str()), (401, "exceeded_attempts"));
        }
    }
    assert_eq!(wrong, 0, "the fifth is told that it was the last");
    // The right one comes too late.
    asking
        .type_code(asking.code())
        .await
        .assert_refused(401, "exceeded_attempts", "");
    assert!(nodes[0].stored_user("ada@example.com").await.is_none());
    let left = nodes[0]
        .read(|tx| {
            ginnel::store::testing::list::<i64>(tx, "SELECT code_tries_left FROM magic_links", &[])
        })
        .await;
    assert_eq!(left, [0]);
    // Of a fresh code five are checked, four of them told that more are left; of the right one, a hundred times, one opens.
    let asking = nodes[0]
        .anonymous()
        .asked_for_code("register", "bob@example.com")
        .await;
    let tries = (0..100).map(|index| {
        let page = nodes[index % nodes.len()].anonymous();
        let body = json!({ "otp": asking.code(), "otp_id": asking.id });
        tokio::spawn(async move { page.post("/otp/activate", body).await })
    });
    let mut opened = 0;
    for answer in tries.collect::<Vec<_>>() {
        let answer = answer.await.unwrap();
        if answer.status == 200 {
            opened += 1;
        } else {
            let (status, _, _) = answer.refusal();
            assert!(status == 400 || status == 401, "{status}");
        }
    }
    assert_eq!(opened, 1);
}

async fn of_a_hundred_tries_at_once_five_are_checked(app: TestApp) {
    race(&[app]).await;
}

async fn codes_are_limited_as_links_are(app: TestApp) {
    let page = app.anonymous();
    for index in 0..10 {
        let answer = if index % 2 == 0 {
            page.ask_for_code("register", "ada@example.com").await
        } else {
            page.ask("register", "ada@example.com", None).await
        };
        answer.expect(201);
    }
    let before = app.rows().await;
    let refused = page.ask_for_code("register", "ADA@example.com").await;
    refused.assert_refused(429, "rate_limited", "");
    assert!(refused.header("retry-after").is_some());
    before.assert_unchanged(&app).await;
}

/// Ada has an account, Bob a deactivated one, Carl an imported one; Dora has none.
async fn prepare(app: &TestApp) {
    let asking = app
        .anonymous()
        .asked_for_code("register", "ada@example.com")
        .await;
    opens(asking.type_code(asking.code()).await);
    let bob = app.made_user("bob@example.com", Origin::Import).await;
    app.made_user("carl@example.com", Origin::Import).await;
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

async fn an_app_that_hides_its_users_answers_alike(app: TestApp) {
    prepare(&app).await;
    let mut told = Vec::new();
    for identifier in EVERYBODY {
        for mode in ["login", "register"] {
            let asking = app.anonymous().asked_for_code(mode, identifier).await;
            let mut sentences = Vec::new();
            for wrong in ["000000", "000001"] {
                let refused = asking.type_code(wrong).await;
                refused.assert_refused(400, "invalid_request", "wrong_code");
                sentences.push(refused.sentence());
            }
            told.push(sentences);
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
}

async fn each_request_leaves_the_same_behind(app: TestApp) {
    prepare(&app).await;
    for mode in ["login", "register"] {
        for identifier in EVERYBODY {
            let before = app.rows().await;
            app.anonymous()
                .ask_for_code(mode, identifier)
                .await
                .expect(201);
            let changes = before.changes(&app).await;
            let mut tables: Vec<_> = changes
                .iter()
                .map(|line| line.split(' ').next().unwrap())
                .collect();
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

mod two_nodes {
    use super::*;

    stories_on_postgres!(of_a_hundred_tries_on_two_nodes_five_are_checked);

    async fn of_a_hundred_tries_on_two_nodes_five_are_checked(app: TestApp) {
        let other = app.another_node().await;
        race(&[app, other]).await;
    }
}
