//! The activity page: its numbers are the counters', its events come page by page.

use ginnel::domain::events::{Client, Counter, Event, Kind};
use ginnel::domain::members::Role;
use ginnel::time::Timestamp;

use crate::support::{Member, TestApp, stories};

stories!(
    sign_ins_stand_in_the_chart_and_in_the_list,
    every_event_is_listed_once,
    a_range_bounds_the_numbers_and_the_events,
    a_bar_narrows_the_events,
    nothing_yet_says_what_to_do,
    nonsense_is_answered_with_a_sentence,
);

const DAY: u64 = 86_400;

async fn viewer(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await
}

fn page(app: &TestApp) -> String {
    format!("/console/apps/{}/activity", app.id)
}

/// How many events a page lists.
fn events(html: &str) -> usize {
    html.matches("<span class=\"what").count()
}

/// The number of a tile.
fn tile(html: &str, name: &str) -> String {
    let (_, rest) = html
        .split_once(&format!("<dt>{name}</dt><dd><strong>"))
        .unwrap();
    rest.split('<').next().unwrap().to_owned()
}

fn next(html: &str) -> Option<String> {
    let (before, _) = html.split_once("\" rel=\"next\"")?;
    let (_, link) = before.rsplit_once("href=\"")?;
    Some(link.replace("&#38;", "&").replace("#events", ""))
}

async fn sign_ins_stand_in_the_chart_and_in_the_list(app: TestApp) {
    let viewer = viewer(&app).await;
    let mut ada = app.user("ada").await;
    for _ in 0..2 {
        ada.sign_in().await;
    }
    let html = viewer.get(&page(&app)).await.text();
    assert_eq!(tile(&html, "Sign-ins"), "3");
    assert_eq!(tile(&html, "Sign-ups"), "1");
    assert_eq!(tile(&html, "Refusals"), "0");
    // START is 14 November.
    assert!(
        html.contains("title=\"14 Nov: 3 sign-ins (3 by passkey)\""),
        "{html}"
    );
    assert!(html.contains("title=\"14 Nov: 1 sign-up (1 by passkey)\""));
    assert!(
        html.contains("Sign-ins from 16 Oct to 14 Nov: 3 in all"),
        "{html}"
    );
    assert_eq!(html.matches("Signed in with a passkey").count(), 2);
    assert_eq!(html.matches("Signed up with a passkey").count(), 1);
    assert!(html.contains(&format!("/users/{}\">ada@example.com</a>", ada.id)));
    assert!(!html.contains("style="), "the policy forbids it");
    let other = app.another_app("http://localhost:9000").await;
    viewer.becomes(&other.id, Role::Viewer).await;
    assert_eq!(
        tile(&viewer.get(&page(&other)).await.text(), "Sign-ins"),
        "0"
    );
}

/// Adds events past the product, three of each second.
async fn add(app: &TestApp, count: u64) {
    let list: Vec<Event> = (0..count)
        .map(|index| {
            let created_at = app.now().plus(std::time::Duration::from_secs(index / 3));
            let client = Client::server();
            let event = Event::of_client(&app.app, &app.id, Kind::LinkSent, &client);
            Event {
                created_at,
                detail: Some(format!("number {index:03}")),
                ..event
            }
        })
        .collect();
    app.write(move |tx| list.iter().try_for_each(|event| tx.add_event(event)))
        .await;
}

async fn every_event_is_listed_once(app: TestApp) {
    let viewer = viewer(&app).await;
    add(&app, 120).await;
    app.advance(60);
    let mut path = page(&app);
    let mut seen = Vec::new();
    loop {
        let html = viewer.get(&path).await.text();
        assert!(events(&html) <= 50);
        seen.extend(
            html.split("number ")
                .skip(1)
                .map(|rest| rest[..3].to_owned()),
        );
        match next(&html) {
            Some(next) => path = next,
            None => break,
        }
    }
    assert!(
        seen[0].as_str() >= "117",
        "the newest come first: {}",
        seen[0]
    );
    seen.sort();
    let all: Vec<String> = (0..120).map(|index| format!("{index:03}")).collect();
    assert_eq!(seen, all);
}

async fn a_range_bounds_the_numbers_and_the_events(app: TestApp) {
    let viewer = viewer(&app).await;
    app.user("ada").await;
    // The cookie of the member lives for a day without use, so that time passes behind its back.
    let then = Timestamp::from_millis(app.now().as_millis() - 40 * DAY as i64 * 1000);
    let (id, day) = (app.id.clone(), then.day());
    let client = Client::server();
    let old = Event {
        created_at: then,
        ..Event::of_client(&app.app, &app.id, Kind::SignOut, &client)
    };
    app.write(move |tx| {
        tx.add_event(&old)?;
        tx.count(&id, day, Counter::SignInCode, 3, 7)?;
        tx.count(&id, day, Counter::SignInCode, 4, 5)
    })
    .await;
    for (days, sign_ins, listed) in [
        ("7", "1", 1),
        ("30", "1", 1),
        ("90", "13", 2),
        ("365", "13", 2),
    ] {
        let html = viewer
            .get(&format!("{}?days={days}", page(&app)))
            .await
            .text();
        assert_eq!(
            (tile(&html, "Sign-ins").as_str(), events(&html)),
            (sign_ins, listed),
            "{days}"
        );
        assert!(
            html.contains(&format!("?days={days}\" aria-current=\"page\"")),
            "{days}"
        );
    }
}

async fn a_bar_narrows_the_events(app: TestApp) {
    let viewer = viewer(&app).await;
    app.user("ada").await;
    let html = viewer.get(&page(&app)).await.text();
    assert!(html.contains("?days=30&#38;on=2023-11-14#events"), "{html}");
    let on = async |query: &str| {
        let html = viewer.get(&format!("{}?{query}", page(&app))).await.text();
        events(&html)
    };
    assert_eq!(on("days=30&on=2023-11-14").await, 1);
    assert_eq!(on("days=30&on=2023-11-13").await, 0);
    assert_eq!(on("days=30&on=2023-11-15").await, 0);
    // A week's bar.
    assert_eq!(on("days=365&on=2023-11-08").await, 1);
    assert_eq!(on("days=365&on=2023-11-01").await, 0);
}

async fn nothing_yet_says_what_to_do(app: TestApp) {
    let viewer = viewer(&app).await;
    let html = viewer.get(&page(&app)).await.text();
    assert!(
        html.contains("Nothing happened in the last 30 days"),
        "{html}"
    );
    assert_eq!(html.matches("None in this time").count(), 2);
}

async fn nonsense_is_answered_with_a_sentence(app: TestApp) {
    let viewer = viewer(&app).await;
    let long = "9".repeat(10_000);
    for query in [
        "on=yesterday",
        "on=2023-13-45",
        "on=%3Cb%3E",
        &format!("on={long}"),
        "before=x",
        &format!("before={long}-0VboZvWiQGnQ4OjtxeqERFhe"),
    ] {
        let answer = viewer.get(&format!("{}?{query}", page(&app))).await;
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.text().contains("Begin at the first page"), "{query}");
    }
    for query in [
        "days=0",
        "days=-1",
        "days=abc",
        "on=9999-12-31",
        "on=-009999-01-01",
        "before=-9223372036854775808-0VboZvWiQGnQ4OjtxeqERFhe",
    ] {
        let answer = viewer.get(&format!("{}?{query}", page(&app))).await;
        assert!(
            answer.status == 200 || answer.status == 400,
            "{query}: {}",
            answer.text()
        );
    }
}
