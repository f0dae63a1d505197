//! Coming to the Console: the setup link, invitations, open sign-up.

use ginnel::domain::console;
use ginnel::domain::invitations;
use ginnel::domain::members::Role;
use ginnel::domain::users::Status;
use ginnel::error::Code;
use serde_json::json;

use crate::support::{
    Authenticator, CONSOLE, Call, Console, Member, TestApp, Visitor, stories, stories_on_postgres,
};

stories!(
    on_loopback_the_first_to_register_is_the_operator,
    elsewhere_only_the_setup_link_admits,
    a_setup_link_works_once,
    a_newer_setup_link_replaces_the_one_before,
    an_invitation_makes_a_member_once,
    an_invitation_admits_to_a_closed_console,
    who_may_not_invite_any_more_has_invited_nobody,
    an_operator_comes_back_by_a_recovery_link,
    a_recovery_link_does_not_stay_around,
    a_move_to_another_host_is_noticed,
    a_first_proof_takes_memberships_away,
    the_console_is_closed_to_back_ends,
);

/// The same installation, reached from outside this machine.
fn public(app: &TestApp) -> TestApp {
    app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
    })
}

/// A Console whose sign-up is closed, though the tests' browsers stay where they are.
async fn closed(app: &TestApp) -> Console {
    let console = app.console().await;
    console
        .app
        .set(|settings| settings.public_signup = false)
        .await;
    console
}

async fn setup_link(app: &TestApp, recovers: bool) -> Option<String> {
    let link = app
        .blocking(move |app| console::make_setup_link(app, recovers).unwrap())
        .await?;
    Some(link.strip_prefix(CONSOLE).unwrap().to_owned())
}

async fn is_operator(console: &Console, user: &str) -> bool {
    let (id, user) = (console.app.id.clone(), user.parse().unwrap());
    console.app.read(move |tx| tx.find_role(&id, &user)).await == Some(Role::Owner)
}

/// Follows a link without an account: the cookie that it gives.
async fn grant(app: &TestApp, link: &str) -> String {
    let page = app.call("GET", link).await;
    assert_eq!(page.status, 200, "{}", page.text());
    assert_eq!(page.header("set-cookie"), None, "opening changes nothing");
    let answer = app.call("POST", link).header("origin", CONSOLE).await;
    assert!(answer.location().starts_with("/console/sign-up?next="));
    let cookie = answer.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

/// Signs up with the cookie of a link; the status of each step.
async fn sign_up_with(console: &Console, cookie: &str, email: &str) -> (u16, u16) {
    sign_up_at(CONSOLE, console, cookie, email).await
}

/// The same where the server is reached at another address.
async fn sign_up_at(home: &str, console: &Console, cookie: &str, email: &str) -> (u16, u16) {
    let page = Visitor::new(console.app.clone(), home);
    let host = home.split("://").nth(1).unwrap();
    let send = |call: Call| call.header("cookie", cookie).header("host", host);
    let start = page.post("/register/webauthn/start", json!({ "identifier": email }));
    let start = send(start).await;
    if start.status != 200 {
        return (start.status, 0);
    }
    let mut authenticator = Authenticator::new(home);
    let creation = authenticator.create(&start.json());
    let finish = page.post("/register/webauthn/finish", creation.body());
    (200, send(finish).await.status)
}

async fn on_loopback_the_first_to_register_is_the_operator(app: TestApp) {
    let console = app.console().await;
    let link = setup_link(&app, false).await.unwrap();
    let first = console.member("ada@example.com").await;
    let second = console.member("eve@example.com").await;
    assert!(is_operator(&console, &first.user.id).await);
    assert!(!is_operator(&console, &second.user.id).await);
    // Nobody needs the link any more.
    assert_eq!(app.call("GET", &link).await.status, 403);
    assert_eq!(setup_link(&app, false).await, None);
}

async fn elsewhere_only_the_setup_link_admits(app: TestApp) {
    let outside = public(&app);
    let record = outside.blocking(|app| console::open(app).unwrap()).await;
    assert!(!record.settings.public_signup);
    assert_eq!(record.rp_id, "login.example.com");
    let page = outside
        .call("GET", "/console/sign-up")
        .header("host", "login.example.com")
        .await;
    // There is nothing to fill in here, but the way to go on.
    assert!(
        page.text().contains("Open the setup link"),
        "{}",
        page.text()
    );
    assert!(!page.text().contains("<passage-register"));
    let answer = outside
        .call(
            "POST",
            &format!("/auth/v1/apps/{}/register/webauthn/start", record.id),
        )
        .header("host", "login.example.com")
        .header("origin", "https://login.example.com")
        .json(json!({ "identifier": "eve@example.com" }))
        .await;
    answer.assert_refused(403, "operation_not_allowed", "public_signup_disabled");

    // `console_signup` lets others in, but never the first.
    let open = app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
        config.console_signup = true;
    });
    let record = open.blocking(|app| console::open(app).unwrap()).await;
    assert!(!record.settings.public_signup);
}

async fn a_setup_link_works_once(app: TestApp) {
    let console = app.console().await;
    let link = setup_link(&app, false).await.unwrap();
    let (one, two) = (grant(&app, &link).await, grant(&app, &link).await);
    assert_eq!(
        sign_up_with(&console, &one, "ada@example.com").await,
        (200, 201)
    );
    let ada = console.app.stored_user("ada@example.com").await.unwrap();
    assert!(is_operator(&console, ada.id.as_str()).await);
    // On loopback the second may sign up as anybody may, and runs nothing.
    console
        .app
        .set(|settings| settings.public_signup = false)
        .await;
    assert_eq!(sign_up_with(&console, &two, "eve@example.com").await.0, 403);
    assert!(console.app.stored_user("eve@example.com").await.is_none());
    let used = app.call("GET", &link).await;
    assert_eq!(used.status, 403);
    assert!(
        used.text().contains("setup-link --recover"),
        "{}",
        used.text()
    );
}

async fn a_newer_setup_link_replaces_the_one_before(app: TestApp) {
    closed(&app).await;
    let old = setup_link(&app, false).await.unwrap();
    let new = setup_link(&app, false).await.unwrap();
    assert_eq!(app.call("GET", &old).await.status, 403);
    assert_eq!(app.call("GET", &new).await.status, 200);
    let markup = "/console/setup/%3Cscript%3E";
    let answer = app.call("GET", markup).await;
    assert_eq!(answer.status, 403);
    assert!(!answer.text().contains("<script>"));
}

/// Somebody else's invitation is as good as one's own: whoever holds the link may use it.
async fn invite(owner: &Member, app: &TestApp, role: Role) -> String {
    let record = app.record().await;
    let client = ginnel::domain::events::Client::server();
    let invited = invitations::invite(
        &app.app,
        &record,
        "robert@example.com",
        role,
        &owner.id(),
        &client,
    )
    .await
    .unwrap();
    invited.link.strip_prefix(CONSOLE).unwrap().to_owned()
}

async fn an_invitation_makes_a_member_once(app: TestApp) {
    let console = app.console().await;
    let owner = console.member("owner@example.com").await;
    let link = invite(&owner, &app, Role::Admin).await;
    let bob = console.member("bob@example.com").await;
    let page = bob.get(&link).await;
    assert!(page.text().contains("Join Acme"), "{}", page.text());
    let overview = format!("/console/apps/{}", app.id);
    assert_eq!(bob.get(&overview).await.status, 404);
    let accept = format!("{link}/accept");
    let joined = bob.post(&accept, &[]).await;
    assert_eq!(joined.location(), format!("{overview}?done=joined"));
    assert_eq!(bob.get(&overview).await.status, 200);
    let again = bob.post(&accept, &[]).await;
    assert_eq!(again.status, 404);
    assert!(again.text().contains("was used, taken back or has expired"));

    // A role is never lowered by an invitation.
    let lower = invite(&owner, &app, Role::Viewer).await;
    bob.post(&format!("{lower}/accept"), &[]).await.location();
    let (app_id, id) = (app.id.clone(), bob.id());
    let role = app.read(move |tx| tx.find_role(&app_id, &id)).await;
    assert_eq!(role, Some(Role::Admin));

    let late = invite(&owner, &app, Role::Viewer).await;
    app.advance(7 * 24 * 60 * 60);
    assert_eq!(app.call("GET", &late).await.status, 404);
}

async fn an_invitation_admits_to_a_closed_console(app: TestApp) {
    let console = app.console().await;
    let owner = console.member("owner@example.com").await;
    console
        .app
        .set(|settings| settings.public_signup = false)
        .await;
    let link = invite(&owner, &app, Role::Viewer).await;
    assert_eq!(sign_up_with(&console, "", "bob@example.com").await.0, 403);
    let cookie = grant(&app, &link).await;
    assert_eq!(
        sign_up_with(&console, &cookie, "bob@example.com").await,
        (200, 201)
    );
    let bob = console.app.stored_user("bob@example.com").await.unwrap();
    assert!(!is_operator(&console, bob.id.as_str()).await);
    let (app_id, id) = (app.id.clone(), bob.id.clone());
    let role = app.read(move |tx| tx.find_role(&app_id, &id)).await;
    assert_eq!(role, Some(Role::Viewer));
    // One invitation, one account.
    assert_eq!(app.call("GET", &link).await.status, 404);
    let again = sign_up_with(&console, &cookie, "eve@example.com").await;
    assert_eq!(again, (403, 0));
}

async fn who_may_not_invite_any_more_has_invited_nobody(app: TestApp) {
    let console = app.console().await;
    console.member("operator@example.com").await;
    let owner = console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await;
    let link = invite(&owner, &app, Role::Owner).await;
    assert_eq!(app.call("GET", &link).await.status, 200);
    owner.becomes(&app.id, Role::Admin).await;
    assert_eq!(app.call("GET", &link).await.status, 404);
    let accept = format!("{link}/accept");
    assert_eq!(owner.post(&accept, &[]).await.status, 404);
    owner.becomes(&app.id, Role::Owner).await;
    let (id, now) = (owner.id(), app.now());
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    assert_eq!(app.call("GET", &link).await.status, 404);
}

async fn an_operator_comes_back_by_a_recovery_link(app: TestApp) {
    let console = app.console().await;
    console.member("ada@example.com").await;
    let bob = console.member("bob@example.com").await;
    let link = setup_link(&app, true).await.unwrap();
    assert_eq!(
        bob.post(&format!("{link}/accept"), &[]).await.location(),
        "/console?done=operator"
    );
    assert!(is_operator(&console, &bob.user.id).await);
    assert_eq!(bob.post(&format!("{link}/accept"), &[]).await.status, 403);
}

async fn a_recovery_link_does_not_stay_around(app: TestApp) {
    let console = app.console().await;
    console.member("ada@example.com").await;
    let late = setup_link(&app, true).await.unwrap();
    // A start of the server makes none in its place.
    assert_eq!(setup_link(&app, false).await, None);
    assert_eq!(app.call("GET", &late).await.status, 200);
    app.advance(24 * 60 * 60);
    assert_eq!(app.call("GET", &late).await.status, 403);
}

async fn a_move_to_another_host_is_noticed(app: TestApp) {
    let moved = |app: &TestApp| {
        let app = app.clone();
        async move { app.blocking(|app| console::moved_from(app).unwrap()).await }
    };
    assert_eq!(moved(&app).await, None);
    let console = app.console().await;
    assert_eq!(moved(&public(&app)).await, None, "nobody is left behind");
    console.member("ada@example.com").await;
    assert_eq!(moved(&app).await, None);
    let outside = public(&app);
    assert_eq!(moved(&outside).await.as_deref(), Some("localhost"));
    outside.blocking(|app| console::open(app).unwrap()).await;
    assert_eq!(moved(&outside).await, None);
}

async fn a_first_proof_takes_memberships_away(app: TestApp) {
    let console = app.console().await;
    let typo = console.member("owner@example.com").await;
    typo.becomes(&app.id, Role::Owner).await;
    // Whoever reads mail to that address proves it by a link, in another browser.
    let asked = console
        .page()
        .post(
            "/login/magic-link",
            json!({ "identifier": "owner@example.com" }),
        )
        .await;
    assert_eq!(asked.status, 200, "{}", asked.text());
    let letters = console.app.letters().await;
    let link = letters.last().unwrap().link.clone().unwrap();
    let secret = link.split("psg_magic_link=").nth(1).unwrap();
    let opened = console
        .page()
        .call("PATCH", "/magic-link/activate")
        .json(json!({ "magic_link": secret }))
        .await;
    assert_eq!(opened.status, 200, "{}", opened.text());
    assert!(!is_operator(&console, &typo.user.id).await);
    let (app_id, id) = (app.id.clone(), typo.id());
    assert_eq!(app.read(move |tx| tx.find_role(&app_id, &id)).await, None);
    assert_eq!(typo.get("/console").await.status, 303);
}

async fn the_console_is_closed_to_back_ends(app: TestApp) {
    let console = app.console().await;
    let answer = app
        .call("GET", &format!("/api/v1/apps/{}", console.app.id))
        .await;
    answer.assert_refused(404, "app_not_found", "");
}

mod races {
    use super::*;

    stories_on_postgres!(
        of_two_browsers_with_one_setup_link_one_wins,
        an_invitation_is_used_once_by_two_at_once
    );

    async fn of_two_browsers_with_one_setup_link_one_wins(app: TestApp) {
        const HOME: &str = "https://login.example.com";
        let outside = public(&app);
        let record = outside.blocking(|app| console::open(app).unwrap()).await;
        let link = outside.blocking(|app| console::make_setup_link(app, false).unwrap());
        let link = link.await.unwrap();
        let cookie = format!("ginnel_grant=setup.{}", link.rsplit('/').next().unwrap());
        let node = public(&app.another_node().await);
        node.blocking(|app| console::open(app).unwrap()).await;
        let [here, there] = [outside, node].map(|app| Console {
            app: app.about(&record.id),
        });
        let (one, two) = tokio::join!(
            sign_up_at(HOME, &here, &cookie, "ada@example.com"),
            sign_up_at(HOME, &there, &cookie, "eve@example.com"),
        );
        // The loser was late for the finish, or for the start already, and left nothing behind.
        let results = [one, two];
        let won = results.iter().filter(|result| result.1 == 201).count();
        assert_eq!(won, 1, "{results:?}");
        let is_expected = |result: &(u16, u16)| [(200, 201), (200, 403), (403, 0)].contains(result);
        assert!(results.iter().all(is_expected), "{results:?}");
        let id = record.id.clone();
        let operators = app.read(move |tx| tx.list_members(&id)).await.len();
        assert_eq!(operators, 1);
        let ada = here.app.stored_user("ada@example.com").await;
        let eve = here.app.stored_user("eve@example.com").await;
        assert!(ada.is_some() != eve.is_some());
    }

    async fn an_invitation_is_used_once_by_two_at_once(app: TestApp) {
        let console = app.console().await;
        let owner = console.member("owner@example.com").await;
        let link = invite(&owner, &app, Role::Viewer).await;
        let secret = link.rsplit('/').next().unwrap().to_owned();
        let node = app.another_node().await;
        node.console().await;
        let (bob, eve) = (
            console.member("bob@example.com").await,
            console.member("eve@example.com").await,
        );
        let client = ginnel::domain::events::Client::server();
        let (bob_id, eve_id) = (bob.id(), eve.id());
        let (one, two) = tokio::join!(
            invitations::accept(&app.app, &secret, &bob_id, &client),
            invitations::accept(&node.app, &secret, &eve_id, &client),
        );
        let lost = [one, two]
            .into_iter()
            .filter_map(Result::err)
            .collect::<Vec<_>>();
        assert_eq!(lost.len(), 1);
        assert_eq!(lost[0].code(), Code::NotFound);
    }
}
