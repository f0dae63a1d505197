//! The end of test apps and of removed apps: nobody is answered, and nothing is left.

use std::time::Duration;

use ginnel::domain::apps::{self, FRESH_FOR};
use ginnel::domain::console;
use ginnel::domain::events::{Client, Counter};
use ginnel::domain::users::{Identifier, User as StoredUser};
use ginnel::ids::UserId;
use ginnel::jobs;
use ginnel::store::testing::{execute, list};

use crate::support::{TestApp, User, stories, stories_on_postgres};

stories!(
    a_test_app_ends_after_a_week,
    a_removed_app_answers_nobody,
    all_that_an_app_owned_goes_and_nothing_else,
    counts_of_a_removed_app_stop_no_others,
    the_console_and_the_example_stay,
);

const WEEK: u64 = 7 * 86_400;

/// Housekeeping, as it comes by twice: what was removed is left alone for a minute.
async fn remove_apps(app: &TestApp) {
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    app.advance(60);
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
}

/// Whether either face knows the app.
async fn is_known(app: &TestApp) -> bool {
    let mut known = Vec::new();
    for path in [
        format!("/auth/v1/apps/{}", app.id),
        format!("/auth/v1/apps/{}/.well-known/jwks.json", app.id),
        format!("/api/v1/apps/{}", app.id),
    ] {
        let answer = app.call("GET", &path).await;
        if answer.status != 200 {
            answer.assert_refused(404, "app_not_found", "");
        }
        known.push(answer.status == 200);
    }
    assert!(known.iter().all(|one| *one == known[0]), "{known:?}");
    known[0]
}

async fn a_test_app_ends_after_a_week(app: TestApp) {
    let before = app.rows().await;
    let trial = app.trial().await.app;
    let ada = User::sign_up(trial.anonymous(), "ada@example.com").await;
    app.advance(WEEK - 61);
    remove_apps(&app).await;
    assert!(is_known(&trial).await);
    app.advance(1);
    // At once, before housekeeping has come by.
    assert!(!is_known(&trial).await);
    ada.get("/currentuser")
        .await
        .assert_refused(404, "app_not_found", "");
    remove_apps(&app).await;
    assert!(is_known(&app).await);
    // What is left is the server's: when one was made last, who made how many, a used challenge.
    assert_eq!(
        before.changes(&app).await,
        ["facts +1", "limits +1", "used_challenges +1"]
    );
}

async fn a_removed_app_answers_nobody(app: TestApp) {
    app.blocking(|app| console::open(app).unwrap()).await;
    let gone = app.another_app("http://localhost:9090").await;
    let page = crate::support::Visitor::new(gone.clone(), "http://localhost:9090");
    let ada = User::sign_up(page, "ada@example.com").await;
    let member = app.member("owner").await;
    let id = gone.id.clone();
    apps::remove(&app.app, &id, &member, &Client::server())
        .await
        .unwrap();
    assert!(!is_known(&gone).await);
    ada.get("/currentuser")
        .await
        .assert_refused(404, "app_not_found", "");
    assert_eq!(ada.page.refresh(ada.refresh_token()).await.status, 404);
    // A second time it is not there any more.
    let again = apps::remove(&app.app, &id, &member, &Client::server()).await;
    assert!(again.unwrap_err().message().contains("No app has this id"));
    let events = app
        .read(|tx| {
            list::<(String, String, String)>(
                tx,
                "SELECT kind, subject, detail FROM events WHERE actor = 'member'",
                &[],
            )
        })
        .await;
    let event = ("app_removed".into(), id.to_string(), "Another".into());
    assert_eq!(events, [event]);
}

/// Users, events and counters in numbers that take more than one batch.
async fn fill(app: &TestApp) {
    let (id, now, random) = (app.id.clone(), app.now(), app.app.random.clone());
    let users: Vec<_> = (0..2_500)
        .map(|number| {
            let identifier = Identifier::Email(format!("user{number}@example.com"));
            StoredUser::signing_up(UserId::draw(&random, now), id.clone(), &identifier, now)
        })
        .collect();
    app.write(move |tx| {
        for (number, user) in (0_i64..).zip(&users) {
            assert!(tx.add_user(user)?);
            execute(
                tx,
                "INSERT INTO events (id, app_id, user_id, kind, outcome, actor, address, user_agent, created_at) \
                 VALUES ($1, $2, $1, 'sign_in', 'success', 'user', '::1', '', $3)",
                &[&user.id, &user.app_id, &number],
            )?;
            tx.count(&user.app_id, number, Counter::Lookup, 0, 1)?;
        }
        Ok(())
    })
    .await;
}

async fn all_that_an_app_owned_goes_and_nothing_else(app: TestApp) {
    app.user("ada").await;
    let page = app.anonymous();
    page.asked("login", "ada@example.com", None).await;
    let member = app.member("owner").await;
    let before = app.rows().await;
    let gone = app.another_app("http://localhost:9090").await;
    fill(&gone).await;
    let page = crate::support::Visitor::new(gone.clone(), "http://localhost:9090");
    User::sign_up(page.clone(), "ada@example.com").await;
    page.asked("login", "ada@example.com", None).await;
    let removed = gone.id.clone();
    apps::remove(&app.app, &removed, &member, &Client::server())
        .await
        .unwrap();
    // Another node may still work from its copy of the app.
    app.advance(59);
    let left_alone = app.rows().await;
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    left_alone.assert_unchanged(&app).await;
    remove_apps(&app).await;
    let mut changes = before.changes(&app).await;
    changes
        .retain(|change| !change.starts_with("limits") && !change.starts_with("used_challenges"));
    assert_eq!(changes, [""; 0]);
    let now = app.now();
    let left = app.read(move |tx| tx.list_removed_apps(now)).await;
    assert_eq!(left, []);
}

async fn counts_of_a_removed_app_stop_no_others(app: TestApp) {
    let gone = app.another_app("http://localhost:9090").await;
    let member = app.member("owner").await;
    let day = app.now().day();
    for id in [&gone.id, &app.id] {
        app.app.counters.add(id, day, Counter::Lookup);
    }
    apps::remove(&app.app, &gone.id, &member, &Client::server())
        .await
        .unwrap();
    remove_apps(&app).await;
    app.app.counters.flush(&app.app).await.unwrap();
    assert_eq!(app.count(Counter::Lookup).await, 1);
}

async fn the_console_and_the_example_stay(app: TestApp) {
    let console = app.blocking(|app| console::open(app).unwrap()).await;
    app.app.example_id.set(app.id.clone()).unwrap();
    let member = app.member("owner").await;
    let before = app.rows().await;
    for (id, reason) in [(&console.id, "console_app"), (&app.id, "example_app")] {
        let refusal = apps::remove(&app.app, id, &member, &Client::server()).await;
        assert_eq!(refusal.unwrap_err().reason(), Some(reason));
    }
    before.assert_unchanged(&app).await;
}

mod elsewhere {
    use super::*;

    stories_on_postgres!(other_nodes_follow);

    async fn other_nodes_follow(app: TestApp) {
        let other = app.another_node().await;
        let gone = app.another_app("http://localhost:9090").await;
        assert!(is_known(&other.about(&gone.id)).await);
        let member = app.member("owner").await;
        apps::remove(&app.app, &gone.id, &member, &Client::server())
            .await
            .unwrap();
        app.app.clock.advance(FRESH_FOR + Duration::from_millis(1));
        assert!(!is_known(&other.about(&gone.id)).await);
        // Two nodes clean up at once.
        app.advance(60);
        let (one, two) = tokio::join!(
            app.blocking(jobs::remove_apps),
            other.blocking(jobs::remove_apps)
        );
        one.and(two).unwrap();
        let now = app.now();
        let left = app.read(move |tx| tx.list_removed_apps(now)).await;
        assert_eq!(left, []);
    }
}
