//! The tab that asked and waits.

use serde_json::json;

use crate::support::{KEY, Key, TestApp, opens, stories};

stories!(
    the_tab_that_asked_goes_on_by_itself,
    a_waiting_tab_shares_the_session_of_the_one_that_opened,
    a_tab_of_an_approved_link_opens_one_session_however_often_it_asks,
    after_a_sign_out_the_tab_gets_nothing,
    a_code_typed_elsewhere_signs_the_tab_in,
    strangers_learn_nothing_from_an_id,
    the_tab_stops_when_the_link_expires,
    an_older_mail_of_the_same_browser_signs_the_tab_in,
    an_older_mail_asks_for_the_digits_that_the_page_shows,
    a_session_is_handed_out_ten_times_more,
);

async fn the_tab_that_asked_goes_on_by_itself(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let before = app.rows().await;
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_pending");
    before.assert_unchanged(&app).await;
    opens(asking.open().await);
    opens(asking.status().await);
}

async fn a_waiting_tab_shares_the_session_of_the_one_that_opened(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let opened = opens(asking.open().await);
    let before = app.rows().await;
    let waiting = opens(asking.status().await);
    assert_eq!(
        before.changes(&app).await,
        ["limits +1", "refresh_tokens +1"]
    );
    let claims = |tokens: &serde_json::Value| app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims(&opened)["sid"], claims(&waiting)["sid"]);
    assert_ne!(opened["refresh_token"], waiting["refresh_token"]);
    for tokens in [&opened, &waiting] {
        let token = tokens["refresh_token"].as_str().unwrap();
        asking.page.refresh(token).await.expect(201);
    }
}

async fn a_tab_of_an_approved_link_opens_one_session_however_often_it_asks(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let digits = asking.digits.clone().unwrap();
    asking.open_elsewhere(Some(&digits)).await.expect(202);
    let body = json!({ "id": asking.id, "browser_key": KEY.0 });
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let (page, body) = (asking.page.clone(), body.clone());
            tokio::spawn(async move { page.post("/magic-link/status", body).await })
        })
        .collect();
    for call in calls {
        opens(call.await.unwrap());
    }
    let sessions = app
        .read(|tx| ginnel::store::testing::list::<i64>(tx, "SELECT count(*) FROM sessions", &[]))
        .await;
    assert_eq!(sessions, [1]);
    assert_eq!(
        app.stored_user("ada@example.com")
            .await
            .unwrap()
            .login_count,
        1
    );
}

async fn after_a_sign_out_the_tab_gets_nothing(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let tokens = opens(asking.open().await);
    let token = tokens["refresh_token"].as_str().unwrap();
    let path = format!("/tokens?refresh_token={token}");
    assert_eq!(asking.page.call("DELETE", &path).await.status, 200);
    let before = app.rows().await;
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    before.assert_unchanged(&app).await;
}

async fn a_code_typed_elsewhere_signs_the_tab_in(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    opens(asking.type_code(asking.code()).await);
    opens(asking.status().await);
}

async fn strangers_learn_nothing_from_an_id(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    app.set(|settings| settings.plain_links = true).await;
    let ask = async |body: serde_json::Value| {
        let told = asking.page.post("/magic-link/status", body).await;
        told.assert_refused(404, "magic_link_not_found", "");
        told.sentence()
    };
    let unknown = ask(json!({ "id": "TrWSUbDDTPCKTQDtLA9MO8Ee" })).await;
    for used in [false, true] {
        if used {
            opens(asking.open().await);
        }
        assert_eq!(ask(json!({ "id": asking.id })).await, unknown);
        assert_eq!(
            ask(json!({ "id": asking.id, "browser_key": "" })).await,
            unknown
        );
        assert_eq!(
            ask(json!({ "id": asking.id, "browser_key": KEY.hash() })).await,
            unknown
        );
    }
}

async fn the_tab_stops_when_the_link_expires(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    let digits = asking.digits.clone().unwrap();
    asking.open_elsewhere(Some(&digits)).await.expect(202);
    app.advance(15 * 60);
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_expired");
}

async fn an_older_mail_of_the_same_browser_signs_the_tab_in(app: TestApp) {
    let page = app.anonymous();
    let old = page.asked("register", "ada@example.com", Some(KEY)).await;
    let new = page.asked("register", "ada@example.com", Some(KEY)).await;
    new.status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_pending");
    let opened = opens(old.open().await);
    let waiting = opens(new.status().await);
    let claims = |tokens: &serde_json::Value| app.claims(tokens["auth_token"].as_str().unwrap());
    assert_eq!(claims(&opened)["sid"], claims(&waiting)["sid"]);
    // Another browser's tab is not concerned.
    let other = page
        .asked("login", "ada@example.com", Some(Key("another browser")))
        .await;
    other
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_pending");
}

async fn an_older_mail_asks_for_the_digits_that_the_page_shows(app: TestApp) {
    let page = app.anonymous();
    let old = page.asked("register", "ada@example.com", Some(KEY)).await;
    let new = page.asked("register", "ada@example.com", Some(KEY)).await;
    assert_eq!(old.digits, new.digits);
    let digits = new.digits.clone().unwrap();
    old.open_elsewhere(Some(&digits)).await.expect(202);
    opens(new.status().await);
}

async fn a_session_is_handed_out_ten_times_more(app: TestApp) {
    let asking = app
        .anonymous()
        .asked("register", "ada@example.com", Some(KEY))
        .await;
    opens(asking.open().await);
    for _ in 0..10 {
        opens(asking.status().await);
    }
    let before = app.rows().await;
    asking
        .status()
        .await
        .assert_refused(404, "magic_link_not_found", "magic_link_used");
    before.assert_unchanged(&app).await;
}
