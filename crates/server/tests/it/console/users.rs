//! The list of users: what it shows, how it is searched, and its pages.

use std::time::Duration;

use ginnel::domain::apps::AllowedIdentifier;
use ginnel::domain::members::Role;
use ginnel::domain::users::{Identifier, Origin, Status, User};
use ginnel::ids::UserId;

use crate::support::{Member, TestApp, stories};

stories!(
    all_users_stand_in_the_list_once,
    a_search_finds_what_an_address_begins_with,
    deactivated_users_are_listed_apart,
    a_list_without_users_says_what_to_do,
    the_list_is_of_one_app,
    nonsense_is_answered_with_a_sentence,
    every_spelling_finds_the_same_people,
);

/// Adds users past the product: their addresses, and how each is changed. All of one instant, three at a time.
async fn add(app: &TestApp, identifiers: &[String], change: impl Fn(&mut User)) {
    let mut users = Vec::new();
    for (index, identifier) in identifiers.iter().enumerate() {
        let now = app.now().plus(Duration::from_secs(index as u64 / 3));
        let identifier = Identifier::parse(identifier).unwrap();
        let id = UserId::draw(&app.app.random, now);
        let mut user = User::signing_up(id, app.id.clone(), &identifier, now);
        user.status = Status::Active;
        change(&mut user);
        users.push(user);
    }
    app.write(move |tx| {
        for user in &users {
            assert!(tx.add_user(user)?);
        }
        Ok(())
    })
    .await;
}

fn people(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("p{n:03}@example.com")).collect()
}

async fn viewer(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await
}

/// The addresses in a page, in order.
fn listed(html: &str) -> Vec<String> {
    html.split("<td class=\"who\"><a href=\"")
        .skip(1)
        .map(|row| {
            let (_, rest) = row.split_once('>').unwrap();
            rest.split('<').next().unwrap().to_owned()
        })
        .collect()
}

/// Where the link to the next page leads.
fn next(html: &str) -> Option<String> {
    let (before, _) = html.split_once("\" rel=\"next\"")?;
    let (_, link) = before.rsplit_once("href=\"")?;
    Some(link.replace("&#38;", "&"))
}

/// The addresses of all pages from one on.
async fn all_pages(member: &Member, path: &str) -> Vec<String> {
    let mut path = path.to_owned();
    let mut found = Vec::new();
    loop {
        let answer = member.get(&path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        let html = answer.text();
        found.extend(listed(&html));
        match next(&html) {
            Some(next) => path = next,
            None => return found,
        }
    }
}

async fn all_users_stand_in_the_list_once(app: TestApp) {
    let viewer = viewer(&app).await;
    let people = people(120);
    add(&app, &people, |_| {}).await;
    let base = format!("/console/apps/{}/users", app.id);
    let first = viewer.get(&base).await.text();
    assert_eq!(listed(&first).len(), 50);
    assert!(first.contains("120 users"), "{first}");
    assert!(!first.contains("First page"));
    let second = viewer.get(&next(&first).unwrap()).await.text();
    assert!(second.contains("First page"));
    let mut found = all_pages(&viewer, &base).await;
    // The newest first; those of one instant in some order, each once.
    assert!(found[0] >= people[117]);
    found.sort();
    assert_eq!(found, people);
}

async fn a_search_finds_what_an_address_begins_with(app: TestApp) {
    let viewer = viewer(&app).await;
    add(&app, &people(60), |_| {}).await;
    let others = ["ada_x@example.com", "adam@example.com", "+15550109999"];
    add(&app, &others.map(str::to_owned), |_| {}).await;
    let base = format!("/console/apps/{}/users", app.id);
    let search = async |text: &str| {
        let query = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        all_pages(&viewer, &format!("{base}?q={query}")).await
    };
    assert_eq!(search("p0").await, people(60));
    assert_eq!(search("P01").await.len(), 10);
    assert_eq!(
        search(" ada").await,
        ["ada_x@example.com", "adam@example.com"]
    );
    // What is a wildcard elsewhere is a letter here.
    assert_eq!(search("ada_").await, ["ada_x@example.com"]);
    assert_eq!(search("%").await, [""; 0]);
    assert_eq!(search("adam@example.com").await, ["adam@example.com"]);
    assert_eq!(search("+1 (555)").await, ["+15550109999"]);
    assert_eq!(search("example.com").await, [""; 0]);
    let ada = app.stored_user("adam@example.com").await.unwrap();
    assert_eq!(search(ada.id.as_str()).await, ["adam@example.com"]);
    let html = viewer.get(&format!("{base}?q=nobody")).await.text();
    assert!(
        html.contains("Nobody found") && html.contains("0 users"),
        "{html}"
    );
}

async fn deactivated_users_are_listed_apart(app: TestApp) {
    let viewer = viewer(&app).await;
    add(&app, &people(10), |_| {}).await;
    let barred: Vec<String> = (0..70).map(|n| format!("b{n:02}@example.com")).collect();
    add(&app, &barred, |user| user.status = Status::Inactive).await;
    let begun = ["begun@example.com".to_owned()];
    add(&app, &begun, |user| user.status = Status::Pending).await;
    let base = format!("/console/apps/{}/users", app.id);
    let mut found = all_pages(&viewer, &format!("{base}?status=deactivated")).await;
    found.sort();
    assert_eq!(found, barred);
    let found = all_pages(&viewer, &format!("{base}?status=deactivated&q=b6")).await;
    assert_eq!(found.len(), 10);
    // A search lists them in the order of the alphabet, over several pages, too.
    let found = all_pages(&viewer, &format!("{base}?status=deactivated&q=b")).await;
    assert_eq!(found, barred);
    let found = all_pages(&viewer, &format!("{base}?status=never&q=b")).await;
    assert_eq!(found, begun);
    let html = viewer
        .get(&format!("{base}?status=deactivated"))
        .await
        .text();
    assert!(html.contains("70 users"), "{html}");
    let number = ["+15550109999".to_owned()];
    add(&app, &number, |user| user.status = Status::Inactive).await;
    let found = all_pages(&viewer, &format!("{base}?status=deactivated&q=%2B1555")).await;
    assert_eq!(found, number);
    let found = all_pages(&viewer, &format!("{base}?status=never&q=%2B1555")).await;
    assert_eq!(found, [""; 0]);
}

async fn a_list_without_users_says_what_to_do(app: TestApp) {
    let viewer = viewer(&app).await;
    let base = format!("/console/apps/{}/users", app.id);
    let html = viewer.get(&base).await.text();
    assert!(html.contains("No users yet") && html.contains("Show the two lines"));
    let html = viewer
        .get(&format!("{base}?status=deactivated"))
        .await
        .text();
    assert!(html.contains("Nobody is deactivated"), "{html}");
    let html = viewer.get(&format!("{base}?status=never")).await.text();
    assert!(html.contains("Nobody is waiting"), "{html}");
    let user = app.made_user("gone@example.com", Origin::Import).await;
    let past = format!("{base}?after=1-{}", user.id);
    let html = viewer.get(&past).await.text();
    assert!(html.contains("The list ends here"), "{html}");
}

async fn the_list_is_of_one_app(app: TestApp) {
    let viewer = viewer(&app).await;
    let other = app.another_app("http://localhost:9000").await;
    let theirs = other.made_user("theirs@example.com", Origin::Import).await;
    app.made_user("ours@example.com", Origin::Import).await;
    let base = format!("/console/apps/{}/users", app.id);
    for query in [
        "",
        "?q=theirs",
        &format!("?q={}", theirs.id),
        "?status=never",
    ] {
        let html = viewer.get(&format!("{base}{query}")).await.text();
        assert!(!html.contains("theirs@example.com"), "{query}");
    }
}

async fn nonsense_is_answered_with_a_sentence(app: TestApp) {
    let viewer = viewer(&app).await;
    app.made_user("ada@example.com", Origin::Import).await;
    let base = format!("/console/apps/{}/users", app.id);
    let long = "x".repeat(10_000);
    for query in [
        long.as_str(),
        "%00",
        "a%00",
        "%F0%9F%99%82",
        "%FF",
        "%3Cscript%3E",
        "%2B",
    ] {
        let answer = viewer.get(&format!("{base}?q={query}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        let html = answer.text();
        assert!(!html.contains("ada@example.com"), "{query}");
        assert!(!html.contains("<script>"), "{query}");
    }
    for after in ["x", "1-short", "1-%27%3B+DROP+TABLE", &long] {
        let answer = viewer.get(&format!("{base}?after={after}")).await;
        assert_eq!(answer.status, 400, "{after}");
        assert!(answer.text().contains("Begin at the first page"));
    }
    // A place outside of what is searched for.
    let answer = viewer.get(&format!("{base}?q=ada&after=zoe")).await;
    assert_eq!(answer.status, 400, "{}", answer.text());
    let answer = viewer.get(&format!("{base}?status=unknown")).await;
    assert!(answer.text().contains("ada@example.com"));
}

async fn every_spelling_finds_the_same_people(app: TestApp) {
    let viewer = viewer(&app).await;
    let stored = [
        "+49301234567",
        "a@xn--mnchen-3ya.de",
        "0301234567@example.com",
    ];
    add(&app, &stored.map(str::to_owned), |_| {}).await;
    let base = format!("/console/apps/{}/users", app.id);
    let search = async |text: &str| {
        let query = url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        all_pages(&viewer, &format!("{base}?q={query}")).await
    };
    for text in ["A@MÜNCHEN.de", " a@münchen.DE ", "a@xn--mnchen"] {
        assert_eq!(search(text).await, ["a@xn--mnchen-3ya.de"], "{text}");
    }
    for text in ["+49 (0)30 123-45 67", "tel:+49301234567", "+49 30"] {
        assert_eq!(search(text).await, ["+49301234567"], "{text}");
    }
    // The app takes no numbers: digits alone begin an address.
    assert_eq!(search("0301234567").await, ["0301234567@example.com"]);
    app.set(|settings| {
        settings.allowed_identifier = AllowedIdentifier::Both;
        settings.default_country = "DE".into();
    })
    .await;
    for text in ["030 1234567", "(030) 123-4567", "0049 30 1234567"] {
        assert_eq!(search(text).await, ["+49301234567"], "{text}");
    }
    assert_eq!(search("0301234567@e").await, ["0301234567@example.com"]);
}
