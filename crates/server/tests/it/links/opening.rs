//! Opening a link: in the browser that asked, elsewhere, twice, late, altered, of another app.

use ginnel::domain::events::Counter;
use ginnel::messages::Kind;
use serde_json::json;

use crate::support::{KEY, TestApp, opens, stories, stories_on_postgres};

stories!(
    a_link_signs_up_whoever_asked,
    a_link_signs_in_a_user,
    elsewhere_the_digits_are_asked_for_and_nothing_is_used_up,
    right_digits_sign_in_the_tab_that_asked_and_nobody_else,
    wrong_digits_end_the_link,
    what_is_no_two_digits_ends_nothing,
    without_a_key_the_opener_is_signed_in,
    a_link_works_once,
    a_late_link_is_refused,
    altered_and_foreign_links_are_unknown,
    a_deactivated_user_is_refused_and_the_link_stays,
    a_removed_users_link_is_worth_nothing,
    of_a_hundred_at_once_one_wins,
    a_sign_up_that_somebody_else_finished_first_signs_in,
    a_closed_sign_up_refuses_a_link_that_was_sent_before,
);

async fn a_link_signs_up_whoever_asked(app: TestApp) {
    let page = app.anonymous();
    let before = app.rows().await;
    let asking = page.asked("register", "Ada@Example.com", Some(KEY)).await;
    assert_eq!(
        before.changes(&app).await,
        [
            "daily_counters +1",
            "events +1",
            "limits +2",
            "magic_links +1",
            "messages +1"
        ]
    );
    assert_eq!(asking.letter.kind, Kind::SignUp);
    assert_eq!(asking.letter.to, "ada@example.com");
    assert_eq!(asking.letter.app_name, "Acme");
    let link = asking.letter.link.as_ref().unwrap();
    assert!(
        link.starts_with("http://localhost:8080/?psg_magic_link="),
        "{link}"
    );
    assert_eq!(asking.secret().len(), 43);
    assert_eq!(
        (asking.letter.link_minutes, asking.letter.code_minutes),
        (Some(15), Some(10))
    );

    let tokens = opens(asking.open().await);
    let me = page
        .get("/currentuser")
        .bearer(tokens["auth_token"].as_str().unwrap());
    let user = me.await.expect(200)["user"].clone();
    assert_eq!(user["email"], "ada@example.com");
    assert_eq!(user["email_verified"], true);
    assert_eq!(
        (&user["status"], &user["login_count"]),
        (&json!("active"), &json!(1))
    );
    assert_eq!(user["webauthn"], false);
    assert_eq!(
        app.events(user["id"].as_str().unwrap()).await,
        [
            "address_verified success",
            "sign_up success",
            "user_created success"
        ]
    );
    assert_eq!(app.count(Counter::SignUpLink).await, 1);
    assert_eq!(app.count(Counter::LinkAsked).await, 1);
}

async fn a_link_signs_in_a_user(app: TestApp) {
    let page = app.anonymous();
    opens(
        page.asked("register", "ada@example.com", Some(KEY))
            .await
            .open()
            .await,
    );
    app.advance(60);
    let asking = page.asked("login", "ada@example.com", Some(KEY)).await;
    assert_eq!(asking.letter.kind, Kind::SignIn);
    let tokens = opens(asking.open().await);
    let claims = app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims["amr"], json!(["otp"]));
    assert_eq!(claims["auth_time"], app.now().as_seconds());
    assert_eq!(app.count(Counter::SignInLink).await, 1);
    let refreshed = page
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await;
    refreshed.expect(201);
}

async fn elsewhere_the_digits_are_asked_for_and_nothing_is_used_up(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    for _ in 0..3 {
        let refused = asking.open_elsewhere(None).await;
        refused.assert_refused(403, "operation_not_allowed", "digits_required");
    }
    let without_key = json!({ "magic_link": asking.secret() });
    let call = asking
        .page
        .call("PATCH", "/magic-link/activate")
        .json(without_key);
    call.await
        .assert_refused(403, "operation_not_allowed", "digits_required");
    before.assert_unchanged(&app).await;
    opens(asking.open().await);
}

async fn right_digits_sign_in_the_tab_that_asked_and_nobody_else(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let digits = asking.digits.clone().unwrap();
    let answer = asking.open_elsewhere(Some(&digits)).await.expect(202);
    assert_eq!(answer, json!({ "magic_link": { "id": asking.id } }));
    let sessions = app.rows().await;
    // Whoever knows the id alone learns nothing.
    let stranger = json!({ "id": asking.id, "browser_key": "of another browser" });
    let told = asking.page.post("/magic-link/status", stranger).await;
    told.assert_refused(404, "magic_link_not_found", "");
    sessions.assert_unchanged(&app).await;
    let tokens = opens(asking.status().await);
    assert_eq!(
        app.claims(tokens["auth_token"].as_str().unwrap())["amr"],
        json!(["otp"])
    );
    assert_eq!(app.count(Counter::SignUpLink).await, 1);
    let again = asking.open_elsewhere(Some(&digits)).await;
    again.assert_refused(404, "magic_link_not_found", "magic_link_used");
}

async fn wrong_digits_end_the_link(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    let refused = asking.open_elsewhere(Some(&asking.wrong_digits())).await;
    refused.assert_refused(401, "invalid_magic_link", "wrong_digits");
    let changes = ["daily_counters +1", "events +1", "magic_links ~1"];
    assert_eq!(before.changes(&app).await, changes);
    let digits = asking.digits.clone().unwrap();
    for late in [
        asking.open_elsewhere(Some(&digits)).await,
        asking.open().await,
    ] {
        late.assert_refused(404, "magic_link_not_found", "magic_link_used");
    }
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
    asking
        .status()
        .await
        .assert_refused(401, "invalid_magic_link", "wrong_digits");
    assert!(app.stored_user("ada@example.com").await.is_none());
}

async fn what_is_no_two_digits_ends_nothing(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    for digits in ["", "1", "123", "ab", "１２", "-1", "1e"] {
        let refused = asking.open_elsewhere(Some(digits)).await;
        refused.assert_refused(400, "invalid_request", "");
    }
    before.assert_unchanged(&app).await;
}

async fn without_a_key_the_opener_is_signed_in(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", None)
        .await;
    assert_eq!(asking.digits, None);
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "");
    opens(asking.open().await);
    // The waiting tab learns nothing, unless the app says so.
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "");
    app.set(|settings| settings.plain_links = true).await;
    opens(asking.status().await);
}

async fn a_link_works_once(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    opens(asking.open().await);
    let before = app.rows().await;
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    assert_eq!(
        before.changes(&app).await,
        ["daily_counters +1", "events +1"]
    );
    let user = app.stored_user("ada@example.com").await.unwrap();
    let events = app.events(user.id.as_str()).await;
    assert!(
        events.contains(&"sign_in refused magic_link_used".to_owned()),
        "{events:?}"
    );
}

async fn a_late_link_is_refused(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    app.advance(15 * 60 - 1);
    asking.open_elsewhere(None).await.assert_refused(
        403,
        "operation_not_allowed",
        "digits_required",
    );
    app.advance(1);
    let digits = asking.digits.clone().unwrap();
    for late in [
        asking.open().await,
        asking.open_elsewhere(Some(&digits)).await,
        asking.status().await,
    ] {
        late.assert_refused(404, "magic_link_not_found", "magic_link_expired");
    }
    assert!(app.stored_user("ada@example.com").await.is_none());
    app.set(|settings| settings.magic_link_lifetime_seconds = 60)
        .await;
    let asking = app
        .anonymous()
        .asked("register", "bob@example.com", Some(KEY))
        .await;
    assert_eq!(
        (asking.letter.link_minutes, asking.letter.code_minutes),
        (Some(1), Some(1))
    );
    app.advance(60);
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
    asking
        .type_code(asking.code())
        .await
        .assert_refused(400, "invalid_request", "code_expired");
}

async fn altered_and_foreign_links_are_unknown(app: TestApp) {
    let page = app.anonymous();
    let asking = page.asked("register", "ada@example.com", None).await;
    let before = app.rows().await;
    let secret = asking.secret();
    let mut altered = secret.clone();
    let last = if altered.ends_with('A') { "E" } else { "A" };
    altered.replace_range(42.., last);
    let cases = [
        altered,
        secret[..42].to_owned(),
        format!("{secret}A"),
        secret.to_lowercase(),
        asking.id.clone(),
        String::new(),
        "x".repeat(10_000),
        "\0\r\n".to_owned(),
    ];
    for bad in cases {
        let call = page
            .call("PATCH", "/magic-link/activate")
            .json(json!({ "magic_link": bad }));
        call.await.assert_refused(404, "magic_link_not_found", "");
    }
    let other = app.another_app("http://localhost:9090").await;
    let there = format!("/auth/v1/apps/{}/magic-link/activate", other.id);
    let call = other
        .call("PATCH", &there)
        .json(json!({ "magic_link": secret }));
    call.await.assert_refused(404, "magic_link_not_found", "");
    let there = format!("/auth/v1/apps/{}/magic-link/status", other.id);
    let call = other.call("POST", &there).json(json!({ "id": asking.id }));
    call.await.assert_refused(404, "magic_link_not_found", "");
    let there = format!("/auth/v1/apps/{}/otp/activate", other.id);
    let call = other
        .call("POST", &there)
        .json(json!({ "otp": asking.code(), "otp_id": asking.id }));
    call.await
        .assert_refused(400, "invalid_request", "code_expired");
    // One app more, with its key; nothing else.
    assert_eq!(before.changes(&app).await, ["apps +1", "signing_keys +1"]);
    opens(asking.open().await);
}

async fn a_deactivated_user_is_refused_and_the_link_stays(app: TestApp) {
    let page = app.anonymous();
    opens(
        page.asked("register", "ada@example.com", None)
            .await
            .open()
            .await,
    );
    let asking = page.asked("login", "ada@example.com", None).await;
    let user = app.stored_user("ada@example.com").await.unwrap();
    let id = user.id.clone();
    let now = app.now();
    app.write(move |tx| tx.update_user_status(&id, ginnel::domain::users::Status::Inactive, now))
        .await;
    let before = app.rows().await;
    asking
        .open()
        .await
        .assert_refused(403, "user_not_active", "");
    asking
        .type_code(asking.code())
        .await
        .assert_refused(403, "user_not_active", "");
    before.assert_unchanged(&app).await;
    page.ask("login", "ada@example.com", None)
        .await
        .assert_refused(403, "user_not_active", "");
    page.ask("register", "ada@example.com", None)
        .await
        .assert_refused(403, "user_not_active", "");
    before.assert_unchanged(&app).await;
}

async fn a_removed_users_link_is_worth_nothing(app: TestApp) {
    let page = app.anonymous();
    opens(
        page.asked("register", "ada@example.com", None)
            .await
            .open()
            .await,
    );
    let asking = page.asked("login", "ada@example.com", None).await;
    let id = app.stored_user("ada@example.com").await.unwrap().id;
    app.write(move |tx| tx.remove_user(&id)).await;
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
    // Neither for whoever signs up with the address afterwards.
    opens(
        page.asked("register", "ada@example.com", None)
            .await
            .open()
            .await,
    );
    asking
        .open()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
}

async fn race(nodes: &[TestApp], keyed: bool) {
    let app = &nodes[0];
    let key = keyed.then_some(KEY);
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", key)
        .await;
    let mut body = json!({ "magic_link": asking.secret() });
    if keyed {
        body["browser_key"] = KEY.0.into();
    }
    let calls = (0..100).map(|index| {
        let page = nodes[index % nodes.len()].anonymous();
        let body = body.clone();
        tokio::spawn(async move { page.call("PATCH", "/magic-link/activate").json(body).await })
    });
    let calls: Vec<_> = calls.collect();
    let mut won = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            won += 1;
        } else {
            answer.assert_refused(404, "magic_link_not_found", "magic_link_used");
        }
    }
    assert_eq!(won, 1);
    let sessions = app
        .read(|tx| ginnel::store::testing::list::<i64>(tx, "SELECT count(*) FROM sessions", &[]))
        .await;
    assert_eq!(sessions, [1]);
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(user.login_count, 1);
}

async fn of_a_hundred_at_once_one_wins(app: TestApp) {
    race(&[app], true).await;
}

async fn a_sign_up_that_somebody_else_finished_first_signs_in(app: TestApp) {
    let page = app.anonymous();
    let one = page.asked("register", "ada@example.com", Some(KEY)).await;
    let two = page.asked("register", "ada@example.com", None).await;
    opens(one.open().await);
    let tokens = opens(two.open().await);
    let user = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(user.login_count, 2);
    assert_eq!(
        app.claims(tokens["auth_token"].as_str().unwrap())["sub"],
        user.id.as_str()
    );
}

async fn a_closed_sign_up_refuses_a_link_that_was_sent_before(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", None)
        .await;
    app.set(|settings| settings.public_signup = false).await;
    let before = app.rows().await;
    asking
        .open()
        .await
        .assert_refused(403, "operation_not_allowed", "public_signup_disabled");
    before.assert_unchanged(&app).await;
}

mod two_nodes {
    use super::*;

    stories_on_postgres!(of_a_hundred_on_two_nodes_one_wins);

    async fn of_a_hundred_on_two_nodes_one_wins(app: TestApp) {
        let other = app.another_node().await;
        race(&[app, other], false).await;
    }
}
