//! Codes: tries are few, however many come at once, and a code ends with its link, with the next one and with time.

use ginnel::domain::events::Counter;
use serde_json::json;

use crate::support::{KEY, TestApp, opens, stories, stories_on_postgres};

stories!(
    a_code_signs_in_like_its_link,
    a_wrong_code_says_how_many_tries_are_left,
    after_five_wrong_tries_the_code_is_spent_and_the_link_still_works,
    of_a_hundred_tries_at_once_five_are_checked,
    a_user_has_ten_wrong_codes_an_hour,
    right_codes_count_for_nothing,
    a_new_code_ends_the_old,
    a_late_code_is_refused,
    what_is_no_code_costs_no_try,
    codes_of_nothing_are_refused_alike,
);

async fn a_code_signs_in_like_its_link(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    assert_eq!(asking.code().len(), 6);
    let tokens = opens(asking.type_code(&format!(" {} ", asking.code())).await);
    assert_eq!(
        app.claims(tokens["auth_token"].as_str().unwrap())["amr"],
        json!(["otp"])
    );
    assert_eq!(app.count(Counter::SignUpCode).await, 1);
    assert!(
        app.stored_user("ada@example.com")
            .await
            .unwrap()
            .email_verified
    );
    // The link is used up by it, and so is the code.
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", None)
        .await;
    opens(asking.type_code(asking.code()).await);
    assert_eq!(app.count(Counter::SignInCode).await, 1);
}

async fn a_wrong_code_says_how_many_tries_are_left(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    let refused = asking.type_code(&asking.wrong_code(0)).await;
    refused.assert_refused(400, "invalid_request", "wrong_code");
    assert!(
        refused.sentence().contains("4 tries are left"),
        "{}",
        refused.sentence()
    );
    let changes = [
        "daily_counters +1",
        "events +1",
        "limits +2",
        "magic_links ~1",
    ];
    assert_eq!(before.changes(&app).await, changes);
    opens(asking.type_code(asking.code()).await);
}

async fn after_five_wrong_tries_the_code_is_spent_and_the_link_still_works(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    for offset in 0..4 {
        let refused = asking.type_code(&asking.wrong_code(offset)).await;
        refused.assert_refused(400, "invalid_request", "wrong_code");
    }
    asking
        .type_code(&asking.wrong_code(4))
        .await
        .assert_refused(401, "exceeded_attempts", "");
    let before = app.rows().await;
    asking
        .type_code(asking.code())
        .await
        .assert_refused(401, "exceeded_attempts", "");
    before.assert_unchanged(&app).await;
    opens(asking.open().await);
}

async fn race(nodes: &[TestApp]) {
    let asking = nodes[0]
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let tries = (0..100).map(|index| {
        let page = nodes[index % nodes.len()].anonymous();
        let body = json!({ "otp": asking.wrong_code(index as u32), "otp_id": asking.id });
        tokio::spawn(async move { page.post("/otp/activate", body).await })
    });
    let tries: Vec<_> = tries.collect();
    let mut checked = 0;
    for answer in tries {
        let answer = answer.await.unwrap();
        let (status, code, reason) = answer.refusal();
        if reason == "wrong_code" {
            checked += 1;
        } else {
            assert_eq!((status, code.as_str()), (401, "exceeded_attempts"));
        }
    }
    // The fifth is checked, too, and told that it was the last.
    assert_eq!(checked, 4);
    let left = nodes[0]
        .read(|tx| {
            ginnel::store::testing::list::<i64>(tx, "SELECT code_tries_left FROM magic_links", &[])
        })
        .await;
    assert_eq!(left, [0]);
}

async fn of_a_hundred_tries_at_once_five_are_checked(app: TestApp) {
    race(&[app]).await;
}

async fn a_user_has_ten_wrong_codes_an_hour(app: TestApp) {
    let page = app.anonymous();
    opens(
        page.asked("register", "ada@example.com", None)
            .await
            .open()
            .await,
    );
    for _ in 0..2 {
        let asking = page.asked("login", "ada@example.com", None).await;
        for offset in 0..5 {
            asking.type_code(&asking.wrong_code(offset)).await;
        }
    }
    let asking = page.asked("login", "ada@example.com", None).await;
    app.advance(60);
    let before = app.rows().await;
    let refused = asking.type_code(asking.code()).await;
    refused.assert_refused(401, "exceeded_attempts", "");
    assert_eq!(refused.header("retry-after"), Some("3540"));
    before.assert_unchanged(&app).await;
    // Somebody else is not concerned.
    let other = page.asked("register", "bob@example.com", None).await;
    opens(other.type_code(other.code()).await);
    app.advance(3540);
    let asking = page.asked("login", "ada@example.com", None).await;
    opens(asking.type_code(asking.code()).await);
}

async fn right_codes_count_for_nothing(app: TestApp) {
    let unlimited = app.configured(|config| config.messages_per_address_per_hour = 0);
    let page = unlimited.anonymous();
    let asking = page.asked("register", "ada@example.com", None).await;
    opens(asking.type_code(asking.code()).await);
    for _ in 0..11 {
        let asking = page.asked("login", "ada@example.com", None).await;
        opens(asking.type_code(asking.code()).await);
    }
}

async fn a_new_code_ends_the_old(app: TestApp) {
    let page = app.anonymous();
    let old = page.asked("register", "ada@example.com", Some(KEY)).await;
    let new = page.asked("register", "ada@example.com", Some(KEY)).await;
    old.type_code(old.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    opens(new.type_code(new.code()).await);
    // The link in the old mail is as good as any.
    opens(old.open().await);
}

async fn a_late_code_is_refused(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    app.advance(10 * 60);
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    opens(asking.open().await);
}

async fn what_is_no_code_costs_no_try(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    for bad in [
        "",
        "12345",
        "1234567",
        "abcdef",
        "１２３４５６",
        "12 456",
        "-12345",
    ] {
        asking
            .type_code(bad)
            .await
            .assert_refused(400, "invalid_request", "");
    }
    before.assert_unchanged(&app).await;
}

async fn codes_of_nothing_are_refused_alike(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    for id in [
        "",
        "nonsense",
        "TrWSUbDDTPCKTQDtLA9MO8Ee",
        "../../../../etc/passwd00",
    ] {
        let body = json!({ "otp": "123456", "otp_id": id });
        let refused = page.post("/otp/activate", body).await;
        refused.assert_refused(400, "invalid_request", "code_expired");
    }
    before.assert_unchanged(&app).await;
}

mod two_nodes {
    use super::*;

    stories_on_postgres!(of_a_hundred_tries_on_two_nodes_five_are_checked);

    async fn of_a_hundred_tries_on_two_nodes_five_are_checked(app: TestApp) {
        let other = app.another_node().await;
        race(&[app, other]).await;
    }
}
