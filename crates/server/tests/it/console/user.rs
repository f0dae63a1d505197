//! What a team does with one user, and what must not be done.

use ginnel::domain::members::Role;
use ginnel::domain::metadata::{FieldType, MetadataField};
use ginnel::domain::users::ways::Ways;
use ginnel::domain::users::{Origin, Status};
use ginnel::jobs;
use serde_json::json;

use crate::support::{KEY, Member, TestApp, stories};

stories!(
    the_page_tells_what_is_known,
    the_apps_fields_stand_in_their_order,
    it_is_told_how_somebody_signs_in_and_why_not,
    a_deactivated_user_is_out_at_once,
    an_unfinished_sign_up_stays_one,
    a_revoked_passkey_ends_its_sessions,
    sessions_are_ended_one_by_one_and_together,
    a_deletion_must_be_confirmed,
    a_deleted_user_is_gone_with_all_that_is_theirs,
    a_removal_that_was_cut_short_is_finished,
    what_two_do_at_once_is_done_once,
    users_of_other_apps_are_out_of_reach,
    operators_cannot_lock_themselves_out,
    of_two_operators_one_stays,
);

async fn admin(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await
}

fn page_of(app: &TestApp, user: &str) -> String {
    format!("/console/apps/{}/users/{user}", app.id)
}

async fn the_page_tells_what_is_known(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let id = ada.id.clone();
    app.write(move |tx| {
        ginnel::store::testing::execute(
            tx,
            "UPDATE users SET user_metadata = $2 WHERE id = $1",
            &[&id, &json!({ "plan": "<b>pro</b>" }).to_string()],
        )
    })
    .await;
    let path = page_of(&app, &ada.id);
    let html = admin.get(&path).await.text();
    for words in [
        "ada@example.com",
        "Signed up with a passkey",
        "&#34;&#60;b&#62;pro&#60;/b&#62;&#34;",
        "Revoke",
        "Deactivate",
    ] {
        assert!(html.contains(words), "{words}: {html}");
    }
    // Who only looks is not shown what they may not do.
    let console = app.console().await;
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    let html = viewer.get(&path).await.text();
    assert!(html.contains("ada@example.com"));
    assert!(!html.contains("Revoke") && !html.contains("/deactivate"));
    let refused = viewer.post(&format!("{path}/deactivate"), &[]).await;
    assert_eq!(refused.status, 403);
    assert!(refused.text().contains("an admin or an owner"));
    assert_eq!(ada.get("/currentuser").await.status, 200);
}

async fn the_apps_fields_stand_in_their_order(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let id = ada.id.clone();
    let values = json!({ "tea": "<i>Assam</i>", "wants_mail": false, "seats": 12, "left": "over" });
    app.write(move |tx| {
        ginnel::store::testing::execute(
            tx,
            "UPDATE users SET user_metadata = $2 WHERE id = $1",
            &[&id, &values.to_string()],
        )
    })
    .await;
    let field = |name: &str, friendly_name: &str, r#type| MetadataField {
        id: format!("{name:x<24}"),
        field_name: name.to_owned(),
        friendly_name: friendly_name.to_owned(),
        r#type,
        registration: false,
        profile: false,
    };
    let fields = [
        field("seats", "Seats", FieldType::Integer),
        field("tea", "Favourite <tea>", FieldType::String),
        field("born", "Birthday", FieldType::Date),
        field("wants_mail", "News", FieldType::Boolean),
    ];
    app.set(|settings| settings.metadata_schema = fields.to_vec())
        .await;
    let html = admin.get(&page_of(&app, &ada.id)).await.text();
    let lines = [
        "<dt>Seats</dt><dd><span class=\"wrapped\">12</span></dd>",
        "<dt>Favourite &#60;tea&#62;</dt><dd><span class=\"wrapped\">&#60;i&#62;Assam&#60;/i&#62;</span></dd>",
        "<dt>Birthday</dt><dd><span class=\"muted\">–</span></dd>",
        "<dt>News</dt><dd><span class=\"wrapped\">no</span></dd>",
    ];
    assert!(html.contains(&lines.join("\n")), "{html}");
    // What no field names is there, but apart.
    assert!(html.contains("Further metadata") && html.contains("&#34;left&#34;: &#34;over&#34;"));
    assert!(!html.contains("&#34;tea&#34;"), "{html}");
}

async fn it_is_told_how_somebody_signs_in_and_why_not(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let path = page_of(&app, &ada.id);
    let page = async || admin.get(&path).await.text();
    assert!(
        page()
            .await
            .contains("<dd>passkey, link or code to ada@example.com")
    );
    app.set(|settings| settings.identifier_verification = true)
        .await;
    let html = page().await;
    assert!(
        html.contains("<dd>link or code to ada@example.com<br>"),
        "{html}"
    );
    assert!(html.contains("Passkeys wait until an address"), "{html}");
    app.set(|settings| {
        settings.identifier_verification = false;
        settings.magic_links = false;
        settings.one_time_codes = false;
    })
    .await;
    let html = page().await;
    assert!(html.contains("<dd>passkey<br>") && html.contains("neither links nor codes"));
    let bob = app.made_user("bob@example.com", Origin::Import).await;
    let html = admin.get(&page_of(&app, bob.id.as_str())).await.text();
    assert!(
        html.contains("bob@example.com cannot sign in.")
            && html.contains("neither links nor codes")
    );
    admin.post(&format!("{path}/deactivate"), &[]).await;
    let html = page().await;
    assert!(
        html.contains("ada@example.com cannot sign in.</p><p>The account is deactivated"),
        "{html}"
    );

    // A server that nobody is to reach but by its address sends nothing until it is told how.
    app.set(|settings| settings.one_time_codes = true).await;
    let public =
        app.configured(|config| config.public_url = "https://login.example.com".parse().unwrap());
    let carl = app.made_user("+15550109999", Origin::Import).await;
    let ways = Ways::of(&public.app, &app.record().await, &carl, 0);
    assert!(
        ways.open.is_empty() && ways.shut[0].contains("`sms_url`"),
        "{ways:?}"
    );
    let ways = Ways::of(&app.app, &app.record().await, &carl, 1);
    assert_eq!(ways.open, ["passkey", "code to +15550109999"]);
    assert!(ways.shut.is_empty());
}

async fn a_deactivated_user_is_out_at_once(app: TestApp) {
    let admin = admin(&app).await;
    let mut ada = app.user("ada").await;
    let path = page_of(&app, &ada.id);
    let assertion = ada.assertion().await;
    for _ in 0..2 {
        // Twice is as good as once.
        let answer = admin.post(&format!("{path}/deactivate"), &[]).await;
        let target = answer.location().to_owned();
        assert_eq!(target, format!("{path}?done=user-deactivated"));
        let html = admin.get(&target).await.text();
        assert!(html.contains("The user is deactivated"), "{html}");
    }
    assert_eq!(ada.get("/currentuser").await.status, 401);
    let refreshed = ada.page.refresh(ada.refresh_token()).await;
    assert_eq!(refreshed.status, 403, "{}", refreshed.text());
    let answer = ada.page.finish_login(&assertion).await;
    answer.assert_refused(403, "user_not_active", "");
    let activated = admin.post(&format!("{path}/activate"), &[]).await;
    assert!(activated.location().ends_with("?done=user-activated"));
    // The sessions before do not come back.
    assert_eq!(ada.get("/currentuser").await.status, 401);
    ada.sign_in().await;
    assert_eq!(ada.get("/currentuser").await.status, 200);
    let events = app.events(&ada.id).await;
    let done = |word: &str| events.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!(
        (done("user_deactivated"), done("user_activated")),
        (1, 1),
        "{events:?}"
    );
    let html = admin.get(&path).await.text();
    assert!(html.contains("by admin@example.com"), "{html}");
}

async fn an_unfinished_sign_up_stays_one(app: TestApp) {
    let admin = admin(&app).await;
    let page = app.anonymous();
    page.post("/users", json!({ "identifier": "ada@example.com" }))
        .await
        .expect(201);
    let ada = app.stored_user("ada@example.com").await.unwrap();
    let path = page_of(&app, ada.id.as_str());
    admin.post(&format!("{path}/deactivate"), &[]).await;
    admin.post(&format!("{path}/activate"), &[]).await;
    let ada = app.stored_user("ada@example.com").await.unwrap();
    assert_eq!(ada.status, Status::Pending);
    let imported = app.made_user("bob@example.com", Origin::Import).await;
    let path = page_of(&app, imported.id.as_str());
    admin.post(&format!("{path}/deactivate"), &[]).await;
    admin.post(&format!("{path}/activate"), &[]).await;
    let bob = app.stored_user("bob@example.com").await.unwrap();
    assert_eq!(bob.status, Status::Active);
}

async fn a_revoked_passkey_ends_its_sessions(app: TestApp) {
    let admin = admin(&app).await;
    let mut ada = app.user("ada").await;
    let path = page_of(&app, &ada.id);
    let passkey = ada.passkeys().await.remove(0);
    let html = admin.get(&path).await.text();
    assert!(html.contains("It is the only one"), "{html}");
    let assertion = ada.assertion().await;
    let revoke = format!("{path}/passkeys/{passkey}/revoke");
    let answer = admin.post(&revoke, &[]).await;
    assert!(answer.location().ends_with("?done=passkey-revoked"));
    assert_eq!(ada.get("/currentuser").await.status, 401);
    let answer = ada.page.finish_login(&assertion).await;
    assert_eq!(answer.status, 401, "{}", answer.text());
    let again = admin.post(&revoke, &[]).await;
    assert_eq!(again.status, 404);
    assert!(again.text().contains("This passkey was removed already"));
    let html = admin.get(&path).await.text();
    assert!(
        html.contains("None. ada@example.com signs in by other means"),
        "{html}"
    );
}

/// The ids in the addresses of a page's forms.
fn ids(html: &str, kind: &str) -> Vec<String> {
    html.split(&format!("/{kind}/"))
        .skip(1)
        .map(|rest| rest[..24].to_owned())
        .collect()
}

async fn sessions_are_ended_one_by_one_and_together(app: TestApp) {
    let admin = admin(&app).await;
    let mut ada = app.user("ada").await;
    let mut tokens = vec![ada.auth_token().to_owned()];
    for _ in 0..2 {
        app.advance(60);
        ada.sign_in().await;
        tokens.push(ada.auth_token().to_owned());
    }
    let alive = async || {
        let mut alive = 0;
        for token in &tokens {
            let answer = ada.page.get("/currentuser").bearer(token).await;
            alive += usize::from(answer.status == 200);
        }
        alive
    };
    let path = page_of(&app, &ada.id);
    let sessions = ids(&admin.get(&path).await.text(), "sessions");
    assert_eq!(sessions.len(), 3);
    let one = format!("{path}/sessions/{}/revoke", sessions[1]);
    let answer = admin.post(&one, &[]).await;
    assert!(answer.location().ends_with("?done=session-ended"));
    assert_eq!(alive().await, 2);
    let again = admin.post(&one, &[]).await;
    assert_eq!(again.status, 404);
    assert!(again.text().contains("This session has ended already"));
    admin
        .post(&format!("{path}/sign-out"), &[])
        .await
        .location();
    assert_eq!(alive().await, 0);
    // Nothing is left to end, which is no event.
    admin
        .post(&format!("{path}/sign-out"), &[])
        .await
        .location();
    let events = app.events(&ada.id).await;
    let ended = events
        .iter()
        .filter(|line| line.starts_with("sessions_revoked"));
    assert_eq!(ended.count(), 2, "{events:?}");
}

async fn a_deletion_must_be_confirmed(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let path = format!("{}/delete", page_of(&app, &ada.id));
    let before = app.rows().await;
    let long = "x".repeat(10_000);
    for typed in ["", "bob@example.com", "<script>alert(1)</script>", &long] {
        let answer = admin.post(&path, &[("identifier", typed)]).await;
        assert_eq!(answer.status, 400, "{typed}");
        let html = answer.text();
        assert!(
            html.contains("Type ada@example.com to delete this user."),
            "{html}"
        );
        assert!(html.contains("aria-describedby=\"identifier-error\" aria-invalid=\"true\""));
        assert!(!html.contains("<script>alert"));
    }
    let kept = admin.post(&path, &[("identifier", "bob")]).await.text();
    assert!(kept.contains("value=\"bob\""), "{kept}");
    before.assert_unchanged(&app).await;
}

async fn a_deleted_user_is_gone_with_all_that_is_theirs(app: TestApp) {
    let admin = admin(&app).await;
    let before = app.rows().await;
    let mut ada = app.user("ada").await;
    let asking = app
        .anonymous()
        .asked("login", "ada@example.com", Some(KEY))
        .await;
    let path = page_of(&app, &ada.id);
    let assertion = ada.assertion().await;
    let delete = format!("{path}/delete");
    let typed = [("identifier", " Ada@Example.com ")];
    let answer = admin.post(&delete, &typed).await;
    let target = answer.location().to_owned();
    assert_eq!(
        target,
        format!("/console/apps/{}/users?done=user-deleted", app.id)
    );
    assert!(
        admin
            .get(&target)
            .await
            .text()
            .contains("The user is deleted")
    );
    let again = admin.post(&delete, &typed).await;
    assert_eq!(again.status, 404, "{}", again.text());
    assert_eq!(admin.get(&path).await.status, 404);
    assert_eq!(ada.get("/currentuser").await.status, 401);
    assert_eq!(ada.page.finish_login(&assertion).await.status, 401);
    assert_eq!(asking.open().await.status, 404);
    assert!(app.stored_user("ada@example.com").await.is_none());
    // What is left: the member's event, counters, and the challenges that were used.
    let changes = before.changes(&app).await;
    for table in [
        "users",
        "passkeys",
        "sessions",
        "refresh_tokens",
        "magic_links",
    ] {
        assert!(
            changes.iter().all(|line| !line.starts_with(table)),
            "{changes:?}"
        );
    }
    assert_eq!(app.events(&ada.id).await, ["user_removed success"]);
    let audit = admin
        .get(&format!("/console/apps/{}/activity", app.id))
        .await
        .text();
    assert!(
        audit.contains("User deleted") && audit.contains("ada@example.com"),
        "{audit}"
    );
    // The address is free again.
    let fresh = app.user("ada").await;
    assert_ne!(fresh.id, ada.id);
}

async fn a_removal_that_was_cut_short_is_finished(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let id: ginnel::ids::UserId = ada.id.parse().unwrap();
    let cut = id.clone();
    app.write(move |tx| tx.update_user_removed(&cut)).await;
    // Nobody sees them from then on.
    let list = admin.get(&format!("/console/apps/{}/users", app.id)).await;
    assert!(!list.text().contains(id.as_str()));
    assert_eq!(admin.get(&page_of(&app, &ada.id)).await.status, 404);
    let refused = admin
        .post(&format!("{}/activate", page_of(&app, &ada.id)), &[])
        .await;
    assert_eq!(refused.status, 404);
    assert_eq!(ada.get("/currentuser").await.status, 403);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    assert!(app.read(move |tx| tx.find_user(&id)).await.is_none());
    assert_eq!(app.events(&ada.id).await, [""; 0]);
}

async fn what_two_do_at_once_is_done_once(app: TestApp) {
    let admin = admin(&app).await;
    let ada = app.user("ada").await;
    let page = page_of(&app, &ada.id);
    let deactivate = async || admin.post(&format!("{page}/deactivate"), &[]).await;
    let (first, second) = tokio::join!(deactivate(), deactivate());
    assert_eq!((first.status, second.status), (303, 303));
    let events = app.events(&ada.id).await;
    let done = events
        .iter()
        .filter(|line| *line == "user_deactivated success");
    assert_eq!(done.count(), 1, "{events:?}");
    let typed = [("identifier", "ada@example.com")];
    let delete = async || admin.post(&format!("{page}/delete"), &typed).await;
    let (first, second) = tokio::join!(delete(), delete());
    let mut answers = [first.status, second.status];
    answers.sort_unstable();
    assert_eq!(answers, [303, 404]);
    let events = app.events(&ada.id).await;
    let removed = events.iter().filter(|line| *line == "user_removed success");
    assert_eq!(removed.count(), 1, "{events:?}");
    assert!(app.stored_user("ada@example.com").await.is_none());
}

async fn users_of_other_apps_are_out_of_reach(app: TestApp) {
    let admin = admin(&app).await;
    let other = app.another_app("http://localhost:9000").await;
    let theirs = other.made_user("theirs@example.com", Origin::Import).await;
    let mut ours = app.user("ours").await;
    ours.sign_in().await;
    let before = app.rows().await;
    let passkey = ours.passkeys().await.remove(0);
    let their_page = page_of(&app, theirs.id.as_str());
    assert_eq!(admin.get(&their_page).await.status, 404);
    let confirmed = [("identifier", "theirs@example.com")];
    for (path, fields) in [
        (format!("{their_page}/deactivate"), &[][..]),
        (format!("{their_page}/activate"), &[]),
        (format!("{their_page}/sign-out"), &[]),
        (format!("{their_page}/delete"), &confirmed),
        (format!("{their_page}/passkeys/{passkey}/revoke"), &[]),
        (page_of(&app, "unknown/deactivate"), &[]),
        (
            format!("{}/passkeys/x/revoke", page_of(&app, &ours.id)),
            &[],
        ),
        (
            format!("{}/sessions/x/revoke", page_of(&app, &ours.id)),
            &[],
        ),
    ] {
        let answer = admin.post(&path, fields).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.status
        );
    }
    before.assert_unchanged(&app).await;
}

async fn operators_cannot_lock_themselves_out(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let member = console.member("member@example.com").await;
    let own = page_of(&console.app, &operator.user.id);
    let html = operator.get(&own).await.text();
    assert!(html.contains("This is your own account"), "{html}");
    let typed = [("identifier", "operator@example.com")];
    for (path, fields) in [
        (format!("{own}/deactivate"), &[][..]),
        (format!("{own}/delete"), &typed),
    ] {
        let answer = operator.post(&path, fields).await;
        assert_eq!(answer.status, 403, "{}", answer.text());
        assert!(answer.text().contains("Another operator can do it"));
    }
    assert_eq!(operator.get("/console").await.status, 200);
    // Everybody else's account they may, and what it was a member of goes along.
    member.becomes(&app.id, Role::Owner).await;
    let theirs = page_of(&console.app, &member.user.id);
    let typed = [("identifier", "member@example.com")];
    operator
        .post(&format!("{theirs}/delete"), &typed)
        .await
        .location();
    assert_eq!(member.get("/console").await.status, 303);
    let (app_id, id) = (app.id.clone(), member.id());
    assert_eq!(app.read(move |tx| tx.find_role(&app_id, &id)).await, None);
}

async fn of_two_operators_one_stays(app: TestApp) {
    let console = app.console().await;
    let ada = console.member("ada@example.com").await;
    let bob = console.member("bob@example.com").await;
    bob.becomes(&console.app.id, Role::Owner).await;
    let bar = async |member: &Member, other: &Member| {
        let path = format!("{}/deactivate", page_of(&console.app, &other.user.id));
        member.post(&path, &[]).await
    };
    let (first, second) = tokio::join!(bar(&ada, &bob), bar(&bob, &ada));
    let mut active = 0;
    for member in [&ada, &bob] {
        let id = member.id();
        let user = app.read(move |tx| tx.find_user(&id)).await.unwrap();
        active += usize::from(user.status != Status::Inactive);
    }
    assert_eq!(active, 1, "{} {}", first.status, second.status);
}
