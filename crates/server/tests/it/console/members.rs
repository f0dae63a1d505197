//! Members: invitations, roles, and letting go.

use ginnel::domain::events::Client;
use ginnel::domain::members::{self, Role};
use ginnel::domain::users::Status;
use ginnel::error::Code;
use ginnel::messages::Kind;

use crate::messages::send_by;
use crate::support::{Console, Member, TestApp, stories, stories_on_postgres};

stories!(
    an_invitation_is_shown_once_and_makes_a_member,
    an_invitation_is_taken_back_or_replaced,
    what_cannot_be_invited_keeps_what_was_typed,
    where_mail_is_sent_the_link_goes_by_mail,
    roles_change_and_members_go,
    an_owner_who_may_not_sign_in_is_none,
    the_last_owner_neither_goes_nor_steps_down,
    who_leaves_sees_nothing_more,
    operators_are_members_of_the_console,
    who_was_demoted_a_moment_ago_changes_nothing,
    members_of_another_app_are_out_of_reach,
);

async fn is_role(app: &TestApp, member: &Member) -> Option<Role> {
    let (id, user) = (app.id.clone(), member.id());
    app.read(move |tx| tx.find_role(&id, &user)).await
}

async fn team(app: &TestApp) -> (Console, Member, Member) {
    let console = app.console().await;
    let owner = console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await;
    let other = console
        .member_of(&app.id, "other@example.com", Role::Admin)
        .await;
    (console, owner, other)
}

/// The link in the answer to an invitation, without the server's address.
fn link(html: &str) -> String {
    let start = "data-copy=\"http://localhost:8400";
    let (_, rest) = html.split_once(start).expect("the answer shows the link");
    rest.split('"').next().unwrap().to_owned()
}

async fn invite(owner: &Member, app: &TestApp, email: &str, role: &str) -> String {
    let fields = [("email", email), ("role", role)];
    let answer = owner.post(&app.page("/invitations"), &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    link(&answer.text())
}

async fn an_invitation_is_shown_once_and_makes_a_member(app: TestApp) {
    let (console, owner, _) = team(&app).await;
    let link = invite(&owner, &app, "Grace@Example.com", "admin").await;
    let html = owner.get(&app.page("/members")).await.text();
    assert!(html.contains("Open invitations") && html.contains("grace@example.com"));
    assert!(!html.contains("/console/invitations/"), "{html}");
    let grace = console.member("grace@example.com").await;
    let page = grace.get(&link).await.text();
    assert!(
        page.contains("Join Acme") && page.contains("as an admin"),
        "{page}"
    );
    let answer = grace.post(&format!("{link}/accept"), &[]).await;
    assert!(answer.location().ends_with("?done=joined"));
    assert_eq!(is_role(&app, &grace).await, Some(Role::Admin));
    let html = grace.get(&app.page("/members")).await.text();
    assert!(!html.contains("Open invitations") && !html.contains("Invite somebody"));
    assert!(html.contains(">you<") && html.contains(">admin<"), "{html}");
    let again = grace.post(&format!("{link}/accept"), &[]).await;
    assert_eq!(again.status, 404);
    assert_eq!(
        app.changes().await,
        [
            "member_invited: grace@example.com as admin",
            "member_joined: admin"
        ]
    );
}

async fn an_invitation_is_taken_back_or_replaced(app: TestApp) {
    let (console, owner, _) = team(&app).await;
    let first = invite(&owner, &app, "grace@example.com", "owner").await;
    let second = invite(&owner, &app, "grace@example.com", "viewer").await;
    assert_eq!(owner.get(&first).await.status, 404);
    assert_eq!(owner.get(&second).await.status, 200);
    let id = app.id.clone();
    let now = app.now();
    let console_id = console.app.id.clone();
    let open = app
        .read(move |tx| tx.list_invitations(&id, &console_id, now))
        .await;
    assert_eq!(open.len(), 1);
    let other = app.another_app("http://localhost:9000").await;
    let stranger = console
        .member_of(&other.id, "stranger@example.com", Role::Owner)
        .await;
    let revoke = |app: &TestApp| app.page(&format!("/invitations/{}/revoke", open[0].id));
    assert_eq!(stranger.post(&revoke(&other), &[]).await.status, 404);
    let answer = owner.post(&revoke(&app), &[]).await;
    assert!(answer.location().ends_with("?done=invitation-revoked"));
    assert_eq!(owner.post(&revoke(&app), &[]).await.status, 404);
    assert_eq!(owner.get(&second).await.status, 404);
    let unknown = owner.post(&app.page("/invitations/x/revoke"), &[]).await;
    assert_eq!(unknown.status, 404);
}

async fn what_cannot_be_invited_keeps_what_was_typed(app: TestApp) {
    let (_, owner, _) = team(&app).await;
    let before = app.rows().await;
    let long = format!("{}@example.com", "x".repeat(10_000));
    for (email, role, sentence) in [
        ("nobody", "admin", "no e-mail address"),
        ("", "admin", "no e-mail address"),
        ("<b>@example.com\"", "admin", "no e-mail address"),
        (long.as_str(), "admin", "no e-mail address"),
        ("+4915112345678", "admin", "no e-mail address"),
        ("grace@example.com", "operator", "Choose one of the roles"),
        ("other@example.com", "admin", "is a member already"),
    ] {
        let fields = [("email", email), ("role", role)];
        let answer = owner.post(&app.page("/invitations"), &fields).await;
        assert_eq!(answer.status, 400, "{email}");
        let html = answer.text();
        assert!(html.contains(sentence), "{email}: {html}");
        assert!(html.contains("id=\"email-error\"") && !html.contains("<b>"));
        let typed = super::Form::on(&html, "/invitations");
        assert_eq!(typed.value("email"), email);
    }
    assert!(before.changes(&app).await.is_empty());
}

async fn where_mail_is_sent_the_link_goes_by_mail(app: TestApp) {
    let app = app.configured(|config| {
        send_by(config, 2525);
        config.messages_per_address_per_hour = 2;
    });
    let (console, owner, _) = team(&app).await;
    app.set(|settings| settings.default_language = "de".into())
        .await;
    let link = invite(&owner, &app, "grace@example.com", "viewer").await;
    let messages = app.read(|tx| tx.list_messages(10)).await;
    let [message] = &messages[..] else {
        panic!("{messages:?}")
    };
    assert_eq!(
        (message.kind, &message.app_id),
        (Kind::Invitation, &console.app.id)
    );
    assert_eq!(message.recipient, "g…@example.com");
    let letter = message.letter(&app.app).unwrap().unwrap();
    assert_eq!(letter.to, "grace@example.com");
    let text = letter.render().unwrap().text;
    assert!(
        text.contains(&format!("http://localhost:8400{link}\n")),
        "{text}"
    );
    assert!(
        text.contains("Einladung ansehen") && text.contains("gilt 7 Tage lang"),
        "{text}"
    );
    assert!(
        text.contains("Acme") && text.contains("Ginnel Console"),
        "{text}"
    );

    // Nobody's mailbox is filled by inviting them again and again; what is refused leaves all as it was.
    invite(&owner, &app, "grace@example.com", "viewer").await;
    let before = app.rows().await;
    let fields = [("email", "grace@example.com"), ("role", "viewer")];
    let answer = owner.post(&app.page("/invitations"), &fields).await;
    assert_eq!(answer.status, 429);
    assert!(answer.text().contains("Wait"), "{}", answer.text());
    assert!(before.changes(&app).await.is_empty());
}

async fn roles_change_and_members_go(app: TestApp) {
    let (_, owner, other) = team(&app).await;
    let member = |rest: &str| app.page(&format!("/members/{}{rest}", other.id()));
    let answer = owner.post(&member("/role"), &[("role", "viewer")]).await;
    assert!(answer.location().ends_with("/members?done=member-changed"));
    assert_eq!(is_role(&app, &other).await, Some(Role::Viewer));
    // To the same role again is no change.
    assert_eq!(
        owner
            .post(&member("/role"), &[("role", "viewer")])
            .await
            .status,
        303
    );
    assert_eq!(
        owner
            .post(&member("/role"), &[("role", "god")])
            .await
            .status,
        400
    );
    assert_eq!(
        other
            .post(&member("/role"), &[("role", "owner")])
            .await
            .status,
        403
    );
    let answer = owner.post(&member("/remove"), &[]).await;
    assert!(answer.location().ends_with("/members?done=member-removed"));
    assert_eq!(is_role(&app, &other).await, None);
    assert_eq!(other.get(&app.page("")).await.status, 404);
    for rest in ["/remove", "/role"] {
        let gone = owner.post(&member(rest), &[("role", "viewer")]).await;
        assert_eq!(gone.status, 404);
    }
    assert_eq!(
        owner.post(&app.page("/members/x/remove"), &[]).await.status,
        404
    );
    assert_eq!(
        app.changes().await,
        [
            "member_changed: other@example.com: admin → viewer",
            "member_removed: other@example.com, viewer"
        ]
    );
}

async fn an_owner_who_may_not_sign_in_is_none(app: TestApp) {
    let (_, owner, other) = team(&app).await;
    other.becomes(&app.id, Role::Owner).await;
    let (id, now) = (other.id(), app.now());
    app.write(move |tx| tx.update_user_status(&id, Status::Inactive, now))
        .await;
    let leave = owner.post(&app.page("/members/leave"), &[]).await;
    assert_eq!(leave.status, 403, "{}", leave.text());
    // But they can be let go.
    let path = app.page(&format!("/members/{}/remove", other.id()));
    assert_eq!(owner.post(&path, &[]).await.status, 303);
}

async fn the_last_owner_neither_goes_nor_steps_down(app: TestApp) {
    let (console, owner, other) = team(&app).await;
    let own = app.page(&format!("/members/{}", owner.id()));
    let before = app.rows().await;
    for (path, fields) in [
        (format!("{own}/role"), vec![("role", "admin")]),
        (format!("{own}/remove"), vec![]),
        (app.page("/members/leave"), vec![]),
    ] {
        let answer = owner.post(&path, &fields).await;
        assert_eq!(answer.status, 403, "{path}");
        assert!(
            answer.text().contains("Make somebody else an owner first"),
            "{}",
            answer.text()
        );
    }
    assert!(before.changes(&app).await.is_empty());
    other.becomes(&app.id, Role::Owner).await;
    assert_eq!(
        owner
            .post(&format!("{own}/role"), &[("role", "admin")])
            .await
            .status,
        303
    );
    assert_eq!(is_role(&app, &owner).await, Some(Role::Admin));
    // An operator is an owner of every app, but none of its members.
    let operator = console.member("second@example.com").await;
    operator.becomes(&console.app.id, Role::Owner).await;
    let last = app.page(&format!("/members/{}/remove", other.id()));
    assert_eq!(operator.post(&last, &[]).await.status, 403);
}

async fn who_leaves_sees_nothing_more(app: TestApp) {
    let (console, owner, other) = team(&app).await;
    let answer = other.post(&app.page("/members/leave"), &[]).await;
    assert_eq!(answer.location(), "/console?done=left");
    assert_eq!(other.get(&app.page("/members")).await.status, 404);
    assert_eq!(
        other.post(&app.page("/members/leave"), &[]).await.status,
        404
    );
    let html = owner.get(&app.page("/audit")).await.text();
    assert!(
        html.contains(">Left<") && html.contains("former member"),
        "{html}"
    );
    // Who looks at the example without being its member has nothing to leave.
    let _ = app.app.example_id.set(app.id.clone());
    let guest = console.member("guest@example.com").await;
    assert_eq!(guest.get(&app.page("/members")).await.status, 200);
    assert_eq!(
        guest.post(&app.page("/members/leave"), &[]).await.status,
        404
    );
}

async fn operators_are_members_of_the_console(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let own = &console.app;
    let html = operator.get(&own.page("/members")).await.text();
    assert!(
        html.contains("<h1>Operators</h1>") && html.contains("Step down"),
        "{html}"
    );
    assert!(!html.contains("name=\"role\""), "{html}");
    let leave = operator.post(&own.page("/members/leave"), &[]).await;
    assert_eq!(leave.status, 403);
    let link = invite(&operator, own, "second@example.com", "viewer").await;
    let second = console.member("second@example.com").await;
    assert_eq!(second.get(&own.page("/members")).await.status, 404);
    assert_eq!(
        second.post(&format!("{link}/accept"), &[]).await.status,
        303
    );
    assert_eq!(second.get(&own.page("/members")).await.status, 200);
    let role = own.page(&format!("/members/{}/role", operator.id()));
    assert_eq!(second.post(&role, &[("role", "viewer")]).await.status, 403);
    let remove = own.page(&format!("/members/{}/remove", operator.id()));
    assert_eq!(second.post(&remove, &[]).await.status, 303);
    assert_eq!(operator.get(&app.page("")).await.status, 404);
}

async fn who_was_demoted_a_moment_ago_changes_nothing(app: TestApp) {
    let (_, owner, other) = team(&app).await;
    // The guard let the request in, and then the role was taken away.
    let client = Client::server();
    let (by, member) = (other.id(), owner.id());
    let refused = members::remove(&app.app, &app.id, &member, &by, &client).await;
    assert_eq!(refused.unwrap_err().code(), Code::OperationNotAllowed);
    let refused = members::change_role(&app.app, &app.id, &member, Role::Viewer, &by, &client);
    assert_eq!(refused.await.unwrap_err().code(), Code::OperationNotAllowed);
    assert_eq!(is_role(&app, &owner).await, Some(Role::Owner));
    assert!(app.changes().await.is_empty());
}

async fn members_of_another_app_are_out_of_reach(app: TestApp) {
    let (console, owner, _) = team(&app).await;
    let other = app.another_app("http://localhost:9000").await;
    let victim = console
        .member_of(&other.id, "victim@example.com", Role::Admin)
        .await;
    let path = |app: &TestApp, rest: &str| app.page(&format!("/members/{}{rest}", victim.id()));
    for rest in ["/role", "/remove"] {
        let fields = [("role", "viewer")];
        assert_eq!(owner.post(&path(&app, rest), &fields).await.status, 404);
        assert_eq!(owner.post(&path(&other, rest), &fields).await.status, 404);
    }
    assert_eq!(is_role(&other, &victim).await, Some(Role::Admin));
}

mod races {
    use super::*;

    stories_on_postgres!(
        of_two_owners_who_demote_each_other_one_stays,
        of_two_owners_who_leave_at_once_one_stays,
    );

    async fn of_two_owners_who_demote_each_other_one_stays(app: TestApp) {
        let (_, one, other) = team(&app).await;
        other.becomes(&app.id, Role::Owner).await;
        let second_node = app.another_node().await;
        second_node.console().await;
        for _ in 0..10 {
            one.becomes(&app.id, Role::Owner).await;
            other.becomes(&app.id, Role::Owner).await;
            let client = Client::server();
            let (a, b) = (one.id(), other.id());
            let (first, second) = tokio::join!(
                members::change_role(&app.app, &app.id, &b, Role::Viewer, &a, &client),
                members::change_role(&second_node.app, &app.id, &a, Role::Viewer, &b, &client),
            );
            assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
        }
    }

    async fn of_two_owners_who_leave_at_once_one_stays(app: TestApp) {
        let (_, one, other) = team(&app).await;
        let second_node = app.another_node().await;
        for _ in 0..10 {
            one.becomes(&app.id, Role::Owner).await;
            other.becomes(&app.id, Role::Owner).await;
            let client = Client::server();
            let (a, b) = (one.id(), other.id());
            let (first, second) = tokio::join!(
                members::remove(&app.app, &app.id, &a, &a, &client),
                members::remove(&second_node.app, &app.id, &b, &b, &client),
            );
            assert!(first.is_ok() != second.is_ok(), "{first:?} {second:?}");
            let refused = first.err().or(second.err()).unwrap();
            assert!(refused.message().contains("last owner"), "{refused}");
        }
    }
}
