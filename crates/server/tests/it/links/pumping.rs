//! Text messages cost money, and whoever owns costly numbers earns it: how many leave is bounded, whoever asks.

use ginnel::domain::apps::AllowedIdentifier;
use ginnel::messages::Channel;
use serde_json::json;

use crate::support::{KEY, TestApp, User, opens, stories, stories_on_postgres};

stories!(
    a_range_of_numbers_gets_so_many_an_hour,
    an_app_sends_so_many_a_day,
    mails_are_not_counted,
    of_a_flood_from_many_clients_thirty_get_through,
    a_strangers_number_gets_no_flood_of_notices,
    a_number_of_ones_own_gets_five_notices_an_hour,
    a_limit_of_zero_is_none,
);

async fn takes_numbers(app: &TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Both)
        .await;
}

/// A request for a code by a client of its own.
async fn ask(app: &TestApp, number: &str, client: u32) -> crate::support::Response {
    let page = app.anonymous();
    let call = page.post("/register/otp", json!({ "identifier": number }));
    call.from(&format!("198.51.{}.{}", client / 250, client % 250))
        .await
}

async fn texts(app: &TestApp) -> usize {
    let letters = app.letters().await;
    let texts = letters
        .iter()
        .filter(|letter| Channel::of(&letter.to) == Channel::Sms);
    texts.count()
}

async fn a_range_of_numbers_gets_so_many_an_hour(app: TestApp) {
    takes_numbers(&app).await;
    for number in 0..30 {
        ask(&app, &format!("+4930123{number:03}"), number)
            .await
            .expect(201);
    }
    let before = app.rows().await;
    let refused = ask(&app, "+4930123999", 30).await;
    refused.assert_refused(429, "rate_limited", "");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    before.assert_unchanged(&app).await;
    // Its neighbours, and other apps, have counts of their own.
    ask(&app, "+4930124000", 30).await.expect(201);
    let other = app.another_app("http://localhost:9090").await;
    takes_numbers(&other).await;
    let path = format!("/auth/v1/apps/{}/register/otp", other.id);
    let call = app.call("POST", &path);
    let call = call.json(json!({ "identifier": "+4930123999" }));
    call.from("198.51.100.7").await.expect(201);
    app.advance(60 * 60);
    ask(&app, "+4930123999", 30).await.expect(201);
}

async fn an_app_sends_so_many_a_day(app: TestApp) {
    takes_numbers(&app).await;
    let app = app.configured(|config| config.text_messages_per_app_per_day = 4);
    for number in 0..4 {
        ask(&app, &format!("+49301{number}00000"), number)
            .await
            .expect(201);
    }
    app.advance(23 * 60 * 60);
    let refused = ask(&app, "+49309900000", 9).await;
    refused.assert_refused(429, "rate_limited", "");
    assert_eq!(refused.header("retry-after"), Some("3600"));
    assert_eq!(texts(&app).await, 4);
    app.advance(60 * 60);
    ask(&app, "+49309900000", 9).await.expect(201);
}

async fn mails_are_not_counted(app: TestApp) {
    takes_numbers(&app).await;
    let app = app.configured(|config| {
        config.text_messages_per_app_per_day = 1;
        config.text_messages_per_range_per_hour = 1;
    });
    ask(&app, "+4930123000", 1).await.expect(201);
    for name in 0..5 {
        ask(&app, &format!("user{name}@example.com"), 1)
            .await
            .expect(201);
    }
}

async fn flood(nodes: &[TestApp]) {
    takes_numbers(&nodes[0]).await;
    let calls: Vec<_> = (0..90)
        .map(|index| {
            let app = nodes[index as usize % nodes.len()].clone();
            tokio::spawn(async move {
                ask(&app, &format!("+4930123{index:03}"), index)
                    .await
                    .status
            })
        })
        .collect();
    let mut sent = 0;
    for call in calls {
        match call.await.unwrap() {
            201 => sent += 1,
            429 => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!((sent, texts(&nodes[0]).await), (30, 30));
}

async fn of_a_flood_from_many_clients_thirty_get_through(app: TestApp) {
    flood(&[app]).await;
}

/// Whoever signs up by passkey with numbers that are not theirs, or pay, and adds a passkey to each.
async fn a_strangers_number_gets_no_flood_of_notices(app: TestApp) {
    takes_numbers(&app).await;
    let app = app.configured(|config| config.text_messages_per_range_per_hour = 3);
    for number in 0..5 {
        let eve = User::sign_up(app.anonymous(), &format!("+4930123{number:03}")).await;
        eve.add_passkey().await;
    }
    assert_eq!(texts(&app).await, 3);
}

async fn a_number_of_ones_own_gets_five_notices_an_hour(app: TestApp) {
    takes_numbers(&app).await;
    let mut eve = User::sign_up(app.anonymous(), "+4930123000").await;
    let asking = eve.asked_for_number("+4930123000", Some(KEY)).await;
    eve.tokens = opens(asking.open().await);
    let before = texts(&app).await;
    let add = async |eve: &User| {
        let (_, id) = eve.add_passkey().await;
        let path = format!("/currentuser/devices/{id}");
        assert_eq!(eve.call("DELETE", &path).await.status, 200);
    };
    for _ in 0..6 {
        add(&eve).await;
    }
    assert_eq!(texts(&app).await, before + 5);
    app.advance(60 * 60);
    eve.sign_in().await;
    add(&eve).await;
    assert_eq!(texts(&app).await, before + 7);
}

async fn a_limit_of_zero_is_none(app: TestApp) {
    takes_numbers(&app).await;
    let app = app.configured(|config| {
        config.text_messages_per_app_per_day = 0;
        config.text_messages_per_range_per_hour = 0;
    });
    for number in 0..40 {
        ask(&app, &format!("+4930123{number:03}"), number)
            .await
            .expect(201);
    }
}

mod two_nodes {
    use super::*;

    stories_on_postgres!(nodes_count_text_messages_together);

    async fn nodes_count_text_messages_together(app: TestApp) {
        let other = app.another_node().await;
        flood(&[app, other]).await;
    }
}
