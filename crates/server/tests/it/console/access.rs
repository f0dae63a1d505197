//! Who is let in where: every route, with every kind of visitor.

use ginnel::domain::members::Role;
use ginnel::http::console::guard::{Needs, Route};
use ginnel::http::console::routes;

use crate::support::{CONSOLE, Member, TestApp, stories};

stories!(
    every_route_turns_away_who_may_not,
    every_form_must_come_from_a_page_of_the_console,
    a_role_that_is_taken_away_ends_at_once,
    every_page_has_its_headers,
    what_cannot_be_read_is_answered_by_a_page,
);

/// A route's path about an app, with ids that name nothing in the other places.
fn path(route: &Route, app: &TestApp) -> String {
    let path = route.path.replace("{app_id}", app.id.as_str());
    let mut parts = path.split('/').map(|part| {
        if part.starts_with('{') {
            "0VboZvWiQGnQ4OjtxeqERFhe"
        } else {
            part
        }
    });
    let first = parts.next().unwrap().to_owned();
    parts.fold(first, |path, part| format!("{path}/{part}"))
}

async fn every_route_turns_away_who_may_not(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let members = [
        (None, console.member("stranger@example.com").await),
        (
            Some(Role::Viewer),
            console
                .member_of(&app.id, "viewer@example.com", Role::Viewer)
                .await,
        ),
        (
            Some(Role::Admin),
            console
                .member_of(&app.id, "admin@example.com", Role::Admin)
                .await,
        ),
        (
            Some(Role::Owner),
            console
                .member_of(&app.id, "owner@example.com", Role::Owner)
                .await,
        ),
    ];
    let list = routes(app.app.clone()).list;
    assert!(list.len() > 15);
    for route in &list {
        let path = path(route, &app);
        let name = format!("{} {}", route.method, route.path);
        // Nobody is signed in.
        let call = app
            .call(route.method.as_str(), &path)
            .header("origin", CONSOLE);
        let answer = call.await;
        if route.needs != Needs::Nobody {
            assert!(answer.location().starts_with("/console/sign-in"), "{name}");
        }
        let Needs::App(permission) = route.needs else {
            continue;
        };
        for (role, member) in &members {
            let is_admitted = role.is_some_and(|role| role.may(permission));
            // A form without its token is refused after the role: so nothing is changed here.
            let answer = member
                .call(route.method.as_str(), &path)
                .header("origin", CONSOLE)
                .await;
            match (role, is_admitted) {
                (None, _) => assert_eq!(answer.status, 404, "{name} for a stranger"),
                (Some(role), false) => {
                    assert_eq!(answer.status, 403, "{name} for {role:?}");
                    assert!(
                        answer.text().contains("of this app, and this needs"),
                        "{name}"
                    );
                }
                (Some(role), true) if route.method == "POST" => {
                    assert_eq!(answer.status, 403, "{name} for {role:?}");
                    assert!(answer.text().contains("This form is out of date"), "{name}");
                }
                (Some(role), true) => {
                    assert!(
                        answer.status < 500,
                        "{name} for {role:?}: {}",
                        answer.text()
                    );
                    assert!(
                        !answer.text().contains("and this needs"),
                        "{name} for {role:?}"
                    );
                }
            }
        }
        // Who runs the server may do all; the Console's own app is nobody else's.
        let own = console.app.clone();
        let path = self::path(route, &own);
        if route.method == "GET" {
            let answer = operator.get(&path).await;
            assert!(answer.status < 500, "{name}: {}", answer.text());
            let answer = members[3].1.get(&path).await;
            assert_eq!(answer.status, 404, "{name} of the Console's own app");
        }
    }
}

async fn every_form_must_come_from_a_page_of_the_console(app: TestApp) {
    let console = app.console().await;
    let owner = console.member("owner@example.com").await;
    let another = console.member("another@example.com").await;
    let form = |member: &Member, csrf: &str| {
        let body = format!(
            "csrf={csrf}&name=Shop&auth_origin=http%3A%2F%2Flocalhost%3A9000&redirect_url=%2F"
        );
        member
            .call("POST", "/console/apps")
            .body(body)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", CONSOLE)
    };
    let before = app.read(|tx| tx.list_apps()).await.len();
    let forged = [
        form(&owner, &owner.csrf).without("origin"),
        form(&owner, &owner.csrf).header("origin", "http://localhost:8080"),
        form(&owner, &owner.csrf).header("origin", "null"),
        form(&owner, &owner.csrf).header("origin", "http://localhost:8400.evil.example"),
        form(&owner, ""),
        form(&owner, &another.csrf),
        form(&owner, &owner.csrf[1..]),
    ];
    for call in forged {
        let answer = call.await;
        assert_eq!(answer.status, 403, "{}", answer.text());
    }
    // A session that somebody else planted is not theirs to send forms with.
    let planted = form(&another, &owner.csrf).await;
    assert_eq!(planted.status, 403);
    assert_eq!(app.read(|tx| tx.list_apps()).await.len(), before);
    assert!(
        form(&owner, &owner.csrf)
            .await
            .location()
            .contains("done=app-created")
    );
}

async fn a_role_that_is_taken_away_ends_at_once(app: TestApp) {
    let console = app.console().await;
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    let page = format!("/console/apps/{}", app.id);
    assert_eq!(admin.get(&page).await.status, 200);
    let (app_id, id) = (app.id.clone(), admin.id());
    app.write(move |tx| tx.remove_member(&app_id, &id)).await;
    assert_eq!(admin.get(&page).await.status, 404);
}

async fn every_page_has_its_headers(app: TestApp) {
    let console = app.console().await;
    let owner = console.member("owner@example.com").await;
    for path in [
        "/console",
        "/console/sign-in",
        "/console/apps/new",
        "/console/apps/unknown",
    ] {
        let answer = owner.get(path).await;
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("script-src 'self';"), "{policy}");
        assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert_eq!(answer.header("referrer-policy"), Some("same-origin"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        assert_eq!(answer.header("strict-transport-security"), None);
        let html = answer.text();
        assert!(
            !html.contains("style=\"") && !html.contains("<script>"),
            "{path}"
        );
    }
    let https = app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
    });
    let answer = https
        .call("GET", "/console/sign-in")
        .header("host", "login.example.com")
        .await;
    assert!(answer.header("strict-transport-security").is_some());
}

async fn what_cannot_be_read_is_answered_by_a_page(app: TestApp) {
    let console = app.console().await;
    let owner = console.member("owner@example.com").await;
    let twice = [("name", "a"), ("name", "b")];
    for (call, status) in [
        (owner.get("/console?q=a&q=b"), 400),
        (owner.get("/claim/x?secret=a&secret=b"), 400),
        (owner.get("/console/invitations/%FF"), 400),
        (owner.get("/console/nothing/here?done=joined"), 404),
        (owner.post("/console/apps", &twice), 400),
    ] {
        let answer = call.await;
        assert_eq!(answer.status, status, "{}", answer.text());
        assert!(answer.text().contains("<h1>"), "{}", answer.text());
        assert!(
            !answer.text().contains("role=\"status\""),
            "nothing was done"
        );
        assert!(answer.header("content-security-policy").is_some());
    }
}
