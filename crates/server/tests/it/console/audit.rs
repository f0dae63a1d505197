//! The audit log.

use ginnel::domain::events::{Client, Event, Kind};
use ginnel::domain::members::Role;

use crate::support::{TestApp, stories};

stories!(
    changes_are_listed_newest_first_and_in_pages,
    who_is_gone_is_a_former_member,
    it_shows_members_and_nobody_else,
);

async fn changes_are_listed_newest_first_and_in_pages(app: TestApp) {
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let log = app.page("/audit");
    assert!(
        viewer
            .get(&log)
            .await
            .text()
            .contains("Nobody has changed anything yet")
    );
    // Several at one instant, so that a page ends among them.
    for instant in 0..11 {
        app.advance(1);
        let event = |index: i64| {
            Event::of_member(
                &app.app,
                &viewer.id(),
                &app.id,
                Kind::SettingsChanged,
                &Client::server(),
            )
            .detailed(format!("Change {}.", instant * 10 + index))
        };
        let events: Vec<_> = (0..10).map(event).collect();
        app.write(move |tx| events.iter().try_for_each(|event| tx.add_event(event)))
            .await;
    }
    let mut path = log.clone();
    let mut seen = Vec::new();
    let mut pages = 0;
    loop {
        let html = viewer.get(&path).await.text();
        pages += 1;
        let rows = html.split("Change ").skip(1);
        seen.extend(rows.map(|rest| rest.split('.').next().unwrap().parse::<i64>().unwrap()));
        let Some((_, rest)) = html.split_once("/audit?before=") else {
            break;
        };
        path = format!("{log}?before={}", rest.split('"').next().unwrap());
    }
    assert_eq!((pages, seen.len()), (3, 110));
    let instants: Vec<_> = seen.iter().map(|change| change / 10).collect();
    assert!(
        instants.is_sorted_by(|newer, older| newer >= older),
        "{seen:?}"
    );
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 110);
    for bad in ["1", "x", "%3Cscript%3E", "1-0VboZvWiQGnQ4OjtxeqER"] {
        let answer = viewer.get(&format!("{log}?before={bad}")).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert!(answer.text().contains("Begin at the first page"));
    }
    let old = viewer
        .get(&format!("{log}?before=1-0VboZvWiQGnQ4OjtxeqERFhe"))
        .await;
    assert!(old.text().contains("There is nothing older"));
}

async fn who_is_gone_is_a_former_member(app: TestApp) {
    let console = app.console().await;
    let owner = console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await;
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let save = app.page("/settings/general");
    let fields = [("name", "Tea"), ("default_language", "en")];
    assert_eq!(admin.post(&save, &fields).await.status, 303);
    let log = app.page("/audit");
    let html = owner.get(&log).await.text();
    assert!(
        html.contains("admin@example.com") && html.contains("Name: Acme → Tea"),
        "{html}"
    );
    assert!(!html.contains("former member"));
    let (id, user) = (app.id.clone(), admin.id());
    app.write(move |tx| tx.remove_member(&id, &user)).await;
    let html = owner.get(&log).await.text();
    assert!(
        html.contains("admin@example.com") && html.contains(">former member<"),
        "{html}"
    );
    let user = admin.id();
    assert!(app.write(move |tx| tx.remove_user(&user)).await);
    let html = owner.get(&log).await.text();
    assert!(
        !html.contains("admin@example.com") && html.contains("A former member"),
        "{html}"
    );
    // An operator is none, though no member of the app.
    let operator = console.member("second@example.com").await;
    operator.becomes(&console.app.id, Role::Owner).await;
    let fields = [("name", "Coffee"), ("default_language", "en")];
    assert_eq!(operator.post(&save, &fields).await.status, 303);
    let html = owner.get(&log).await.text();
    assert!(
        html.contains("second@example.com") && !html.contains(">former member<"),
        "{html}"
    );
}

async fn it_shows_members_and_nobody_else(app: TestApp) {
    let console = app.console().await;
    let owner = console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await;
    app.user("ada").await;
    let other = app.another_app("http://localhost:9000").await;
    owner.becomes(&other.id, Role::Owner).await;
    let fields = [("name", "Elsewhere"), ("default_language", "en")];
    assert_eq!(
        owner
            .post(&other.page("/settings/general"), &fields)
            .await
            .status,
        303
    );
    let html = owner.get(&app.page("/audit")).await.text();
    assert!(html.contains("Nobody has changed anything yet"), "{html}");
    assert!(
        owner
            .get(&other.page("/audit"))
            .await
            .text()
            .contains("Elsewhere")
    );
}
