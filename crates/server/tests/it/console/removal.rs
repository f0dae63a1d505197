//! Deleting an app.

use ginnel::domain::members::Role;
use ginnel::jobs;

use crate::support::{Member, TestApp, stories};

stories!(
    it_says_what_goes_and_asks_for_the_name,
    the_app_is_gone_at_once_and_its_rows_later,
    of_two_who_delete_at_once_one_does,
    the_example_and_the_console_stay,
);

async fn owner(app: &TestApp) -> Member {
    let console = app.console().await;
    console
        .member_of(&app.id, "owner@example.com", Role::Owner)
        .await
}

async fn it_says_what_goes_and_asks_for_the_name(app: TestApp) {
    let owner = owner(&app).await;
    app.user("ada").await;
    app.user("grace").await;
    let path = app.page("/remove");
    let html = owner.get(&path).await.text();
    assert!(
        html.contains("<dt>Users</dt><dd><strong>2</strong>"),
        "{html}"
    );
    assert!(
        html.contains("<dt>Passkeys</dt><dd><strong>2</strong>"),
        "{html}"
    );
    assert!(
        html.contains("<dt>Members</dt><dd><strong>1</strong>"),
        "{html}"
    );
    let before = app.rows().await;
    let long = "x".repeat(10_000);
    for typed in ["", "acme", "Acme Inc", "<b>", &long] {
        let answer = owner.post(&path, &[("name", typed)]).await;
        assert_eq!(answer.status, 400);
        let html = answer.text();
        assert!(
            html.contains("Type `Acme` to delete it") && !html.contains("<b>"),
            "{html}"
        );
        assert_eq!(super::Form::on(&html, "/remove").value("name"), typed);
    }
    assert!(before.changes(&app).await.is_empty());
    let admin = owner
        .console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    assert_eq!(admin.get(&path).await.status, 403);
    assert_eq!(admin.post(&path, &[("name", "Acme")]).await.status, 403);
}

async fn the_app_is_gone_at_once_and_its_rows_later(app: TestApp) {
    let owner = owner(&app).await;
    let ada = app.user("ada").await;
    let answer = owner
        .post(&app.page("/remove"), &[("name", " Acme ")])
        .await;
    assert_eq!(answer.location(), "/console?done=app-removed");
    let home = owner.get("/console?done=app-removed").await.text();
    assert!(
        home.contains("The app is deleted.") && !home.contains("Acme"),
        "{home}"
    );
    assert_eq!(owner.get(&app.page("")).await.status, 404);
    app.anonymous()
        .get("")
        .await
        .assert_refused(404, "app_not_found", "");
    ada.get("/currentuser")
        .await
        .assert_refused(404, "app_not_found", "");
    assert_eq!(owner.console.app.changes().await, ["app_removed: Acme"]);
    // A node may work from its copy of the app for a moment, and its rows stay as long.
    app.advance(60);
    app.blocking(|app| jobs::remove_apps(app).unwrap()).await;
    assert!(app.stored_user("ada@example.com").await.is_none());
    let id = app.id.clone();
    assert!(app.read(move |tx| tx.list_members(&id)).await.is_empty());
}

async fn of_two_who_delete_at_once_one_does(app: TestApp) {
    let one = owner(&app).await;
    let two = one
        .console
        .member_of(&app.id, "two@example.com", Role::Owner)
        .await;
    let path = app.page("/remove");
    let fields = [("name", "Acme")];
    let (first, second) = tokio::join!(one.post(&path, &fields), two.post(&path, &fields));
    let mut statuses = [first.status, second.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 404]);
    assert_eq!(one.console.app.changes().await.len(), 1);
}

async fn the_example_and_the_console_stay(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    assert_eq!(operator.get(&console.app.page("/remove")).await.status, 404);
    let fields = [("name", "Ginnel Console")];
    assert_eq!(
        operator
            .post(&console.app.page("/remove"), &fields)
            .await
            .status,
        404
    );
    let _ = app.app.example_id.set(app.id.clone());
    let answer = operator
        .post(&app.page("/remove"), &[("name", "Acme")])
        .await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("example_listen"),
        "{}",
        answer.text()
    );
    assert_eq!(operator.get(&app.page("")).await.status, 200);
}
