//! The cookie: how it is got, what it is worth, how it ends.

use ginnel::domain::users::Status;

use crate::support::{CONSOLE, TestApp, stories};

stories!(
    a_token_is_exchanged_once,
    only_tokens_of_the_console_are_exchanged,
    an_ended_session_ends_the_cookie,
    a_cookie_that_is_not_used_goes_stale,
    signing_out_ends_the_session,
    another_name_of_the_server_leads_home,
    after_signing_in_nobody_is_sent_elsewhere,
);

async fn a_token_is_exchanged_once(app: TestApp) {
    let console = app.console().await;
    let member = console.member("ada@example.com").await;
    assert!(member.cookie.starts_with("ginnel_console="));
    let again = app
        .call("POST", "/console/session")
        .header("origin", CONSOLE)
        .bearer(member.user.auth_token())
        .await;
    assert_eq!(again.status, 401, "{}", again.text());
    let elsewhere = app
        .call("POST", "/console/session")
        .header("origin", "http://localhost:8080")
        .bearer(member.user.auth_token())
        .await;
    assert_eq!(elsewhere.status, 403);
    let nothing = app
        .call("POST", "/console/session")
        .header("origin", CONSOLE)
        .await;
    assert_eq!(nothing.status, 401);
}

async fn only_tokens_of_the_console_are_exchanged(app: TestApp) {
    app.console().await;
    let user = app.user("ada").await;
    let answer = app
        .call("POST", "/console/session")
        .header("origin", CONSOLE)
        .bearer(user.auth_token())
        .await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert_eq!(answer.header("set-cookie"), None);
}

async fn an_ended_session_ends_the_cookie(app: TestApp) {
    let console = app.console().await;
    let member = console.member("ada@example.com").await;
    let session: ginnel::ids::SessionId = {
        let text = member.cookie.split(['=', '.']).nth(1).unwrap();
        text.parse().unwrap()
    };
    let now = app.now();
    app.write(move |tx| tx.revoke_session(&session, now)).await;
    let page = member.get("/console").await;
    assert_eq!(page.location(), "/console/sign-in?next=%2Fconsole");
    let part = member.get("/console").header("hx-request", "true").await;
    assert_eq!(
        part.header("hx-redirect"),
        Some("/console/sign-in?next=%2Fconsole")
    );
    // A form leads back to the page on which it stood, and nowhere else.
    let form = member.post("/console/apps", &[("name", "Shop")]);
    let sent = form
        .clone()
        .header("referer", "http://localhost:8400/console/apps/new")
        .await;
    let back = "/console/sign-in?next=%2Fconsole%2Fapps%2Fnew&ended";
    assert_eq!(sent.location(), back);
    assert!(
        app.call("GET", back)
            .await
            .text()
            .contains("nothing was changed")
    );
    let foreign = form.header("referer", "https://evil.example/console").await;
    assert_eq!(foreign.location(), "/console/sign-in?next=%2Fconsole&ended");

    let deactivated = console.member("eve@example.com").await;
    let id = deactivated.id();
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    assert_eq!(deactivated.get("/console").await.status, 303);
}

async fn a_cookie_that_is_not_used_goes_stale(app: TestApp) {
    let console = app.console().await;
    let member = console.member("ada@example.com").await;
    // Used every now and then, it lives until its session ends.
    for _ in 0..6 {
        app.advance(23 * 60 * 60);
        assert_eq!(member.get("/console").await.status, 200);
    }
    let other = console.member("eve@example.com").await;
    // What an open page asks by itself is no use of it.
    app.advance(12 * 60 * 60);
    let part = other.get("/console").header("hx-request", "true").await;
    assert_eq!(part.status, 200);
    app.advance(12 * 60 * 60);
    assert_eq!(other.get("/console").await.status, 303);
    app.advance(2 * 24 * 60 * 60);
    assert_eq!(member.get("/console").await.status, 303);
    // Altered, it opens nothing.
    let fresh = console.member("ida@example.com").await;
    for cookie in [
        format!("{}x", fresh.cookie),
        fresh.cookie.replace('.', ""),
        format!("ginnel_console={}", "x".repeat(4000)),
        other.cookie.clone(),
    ] {
        let answer = app.call("GET", "/console").header("cookie", &cookie).await;
        assert_eq!(answer.status, 303, "{cookie}");
    }
}

async fn signing_out_ends_the_session(app: TestApp) {
    let console = app.console().await;
    let member = console.member("ada@example.com").await;
    let answer = member.post("/console/sign-out", &[]).await;
    assert_eq!(answer.location(), "/console/sign-in");
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(member.get("/console").await.status, 303);
    let renewed = member.user.page.refresh(member.user.refresh_token()).await;
    assert_eq!(renewed.status, 401);
}

async fn another_name_of_the_server_leads_home(app: TestApp) {
    app.console().await;
    for host in ["127.0.0.1:8400", "console.passage.id"] {
        let answer = app
            .call("GET", "/console/sign-in?next=%2Fconsole")
            .header("host", host)
            .await;
        let home = "http://localhost:8400/console/sign-in?next=%2Fconsole";
        assert_eq!(answer.location(), home);
    }
}

async fn after_signing_in_nobody_is_sent_elsewhere(app: TestApp) {
    let console = app.console().await;
    let member = console.member("ada@example.com").await;
    let next = async |target: &str| {
        let query: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let answer = member.get(&format!("/console/sign-in?next={query}")).await;
        answer.location().to_owned()
    };
    assert_eq!(next("/console/apps/new?x=1").await, "/console/apps/new?x=1");
    assert_eq!(next("/claim/abc?name=x").await, "/claim/abc?name=x");
    for foreign in [
        "https://evil.example/console",
        "//evil.example/console",
        "/\\evil.example/console",
        "javascript:alert(1)",
        "/auth/v1",
        "/console\r\nSet-Cookie: a=b",
        "/console/../auth",
    ] {
        assert_eq!(next(foreign).await, "/console", "{foreign}");
    }
}
