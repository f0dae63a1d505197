//! What a test app may do: a hundred users, and mails that never leave the server.

use ginnel::domain::test_apps::MOST_USERS;
use ginnel::domain::users::{Identifier, User as StoredUser};
use ginnel::ids::UserId;
use ginnel::messages::sender::Sender;
use ginnel::messages::{Message, State};
use serde_json::json;

use crate::messages::send_by;
use crate::support::{TestApp, User, opens, stories, stories_on_postgres};

stories!(
    a_hundred_people_may_sign_up,
    a_ceremony_begun_in_time_ends_too_late,
    with_a_mail_server_its_mails_stay_here,
    on_a_public_server_without_mail_its_links_work,
    a_mail_that_waits_is_never_sent,
);

/// Puts so many users into a test app.
async fn fill(trial: &TestApp, count: i64) {
    let (id, now, random) = (trial.id.clone(), trial.now(), trial.app.random.clone());
    let users: Vec<_> = (0..count)
        .map(|number| {
            let identifier = Identifier::Email(format!("user{number}@example.com"));
            StoredUser::signing_up(UserId::draw(&random, now), id.clone(), &identifier, now)
        })
        .collect();
    trial
        .write(move |tx| {
            users
                .iter()
                .try_for_each(|user| tx.add_user(user).map(drop))
        })
        .await;
}

async fn a_hundred_people_may_sign_up(app: TestApp) {
    let trial = app.trial().await.app;
    fill(&trial, MOST_USERS - 2).await;
    let page = trial.anonymous();
    let mut ada = User::sign_up(page.clone(), "ada@example.com").await;
    let asking = page.asked("register", "late@example.com", None).await;
    let body = json!({ "identifier": "bob@example.com" });
    page.post("/users", body.clone()).await.expect(201);
    let before = app.rows().await;
    let eve = json!({ "identifier": "eve@example.com" });
    for path in ["/users", "/register/webauthn/start", "/register/magic-link"] {
        let answer = page.post(path, eve.clone()).await;
        answer.assert_refused(403, "operation_not_allowed", "test_app_full");
        assert!(answer.sentence().contains("Claim it"));
    }
    let answer = asking.open().await;
    answer.assert_refused(403, "operation_not_allowed", "test_app_full");
    before.assert_unchanged(&app).await;
    // Who is there already goes on.
    page.post("/users", body).await.expect(201);
    ada.sign_in().await;
    opens(
        page.asked("login", "ada@example.com", None)
            .await
            .open()
            .await,
    );
}

async fn a_ceremony_begun_in_time_ends_too_late(app: TestApp) {
    let trial = app.trial().await.app;
    fill(&trial, MOST_USERS - 1).await;
    let page = trial.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let body = json!({ "identifier": "bob@example.com" });
    page.post("/users", body).await.expect(201);
    let creation = trial.authenticator().create(&start);
    let before = app.rows().await;
    let answer = page.finish_registration(&creation).await;
    answer.assert_refused(403, "operation_not_allowed", "test_app_full");
    before.assert_unchanged(&app).await;
}

async fn newest(app: &TestApp) -> Message {
    let mut messages = app.read(|tx| tx.list_messages(1)).await;
    messages.pop().unwrap()
}

async fn with_a_mail_server_its_mails_stay_here(app: TestApp) {
    // Nothing listens there: an attempt would be noted.
    let app = app.configured(|config| send_by(config, 1));
    let trial = app.trial().await.app;
    let page = trial.anonymous();
    let asking = page.asked("register", "ada@example.com", None).await;
    assert_eq!(newest(&app).await.state, State::Kept);
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 0);
    let message = newest(&app).await;
    assert_eq!((message.state, message.attempts), (State::Kept, 0));
    opens(asking.open().await);
    // The other app's mail is tried.
    let other = app.anonymous();
    other.asked("register", "ada@example.com", None).await;
    assert_eq!(newest(&app).await.state, State::Waiting);
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 1);
}

async fn on_a_public_server_without_mail_its_links_work(app: TestApp) {
    let trial = app.trial().await.app;
    let public =
        app.configured(|config| config.public_url = "https://id.example.com".parse().unwrap());
    let host = "id.example.com";
    let ask = async |id| {
        let page = public.about(id).anonymous();
        let body = json!({ "identifier": "ada@example.com" });
        let call = page.post("/register/magic-link", body).header("host", host);
        let info = page.get("").header("host", host).await.expect(200);
        let has_links = info["app"]["auth_methods"]["magic_link"].is_object();
        (has_links, call.await)
    };
    let (has_links, answer) = ask(&trial.id).await;
    assert!(has_links);
    answer.expect(201);
    assert_eq!(newest(&app).await.state, State::Kept);
    let (has_links, answer) = ask(&app.id).await;
    assert!(!has_links);
    answer.assert_refused(403, "operation_not_allowed", "magic_links_disabled");
}

async fn a_mail_that_waits_is_never_sent(app: TestApp) {
    // On loopback without a mail server the sender keeps it in a moment; before that, the server is started with one.
    let trial = app.trial().await.app;
    let page = trial.anonymous();
    page.asked("register", "ada@example.com", None).await;
    assert_eq!(newest(&app).await.state, State::Waiting);
    let app = app.configured(|config| send_by(config, 1));
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 0);
    let message = newest(&app).await;
    assert_eq!((message.state, message.attempts), (State::Waiting, 0));
}

mod at_once {
    use super::*;

    stories_on_postgres!(the_last_place_is_taken_once);

    async fn the_last_place_is_taken_once(app: TestApp) {
        let trial = app.trial().await.app;
        let other = app.another_node().await.about(&trial.id);
        fill(&trial, MOST_USERS - 1).await;
        let calls: Vec<_> = (0..6)
            .map(|number| {
                let node = if number % 2 == 0 { &trial } else { &other };
                let body = json!({ "identifier": format!("late{number}@example.com") });
                tokio::spawn(node.anonymous().post("/users", body).into_future())
            })
            .collect();
        let mut made = 0;
        for call in calls {
            let answer = call.await.unwrap();
            made += i32::from(answer.status == 201);
            if answer.status != 201 {
                answer.assert_refused(403, "operation_not_allowed", "test_app_full");
            }
        }
        assert_eq!(made, 1);
    }
}
