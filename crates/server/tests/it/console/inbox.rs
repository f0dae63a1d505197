//! An app's mails in the Console.

use ginnel::domain::members::Role;
use ginnel::messages::sender::Sender;
use ginnel::messages::{Kind, State};

use crate::messages::{LINK_SECRET, letter, send_by};
use crate::support::{Console, Member, TestApp, stories};

stories!(
    mails_stay_here_where_none_are_sent,
    another_apps_mails_are_not_shown,
    a_list_without_news_is_not_drawn_again,
    where_mail_is_sent_only_its_fate_is_shown,
    the_consoles_own_mails_are_in_no_inbox,
);

async fn admin(app: &TestApp) -> (Console, Member) {
    let console = app.console().await;
    let admin = console
        .member_of(&app.id, "admin@example.com", Role::Admin)
        .await;
    (console, admin)
}

/// Stores a mail and lets the sender do with it what it does.
async fn mail(app: &TestApp, to: &str) -> String {
    let id = app.store_message(&letter(to)).await;
    Sender::new(app.app.clone()).send_due().await;
    id.to_string()
}

async fn mails_stay_here_where_none_are_sent(app: TestApp) {
    let (console, admin) = admin(&app).await;
    let list = app.page("/inbox");
    assert!(admin.get(&list).await.text().contains("No mail yet"));
    let id = mail(&app, "ada@example.com").await;
    let html = admin.get(&list).await.text();
    assert!(
        html.contains("To ada@example.com") && !html.contains(LINK_SECRET),
        "{html}"
    );
    let path = format!("{list}/{id}");
    assert!(html.contains(&format!("href=\"{path}\"")), "{html}");
    let page = admin.get(&path).await;
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("script-src 'self';") && policy.contains("frame-ancestors 'none'"));
    assert!(page.text().contains(LINK_SECRET) && page.text().contains("493027"));
    for bad in ["x", "0VboZvWiQGnQ4OjtxeqERFhe", "%3Cb%3E"] {
        assert_eq!(admin.get(&format!("{list}/{bad}")).await.status, 404);
    }
    let viewer = console
        .member_of(&app.id, "viewer@example.com", Role::Viewer)
        .await;
    assert_eq!(viewer.get(&list).await.status, 403);
    assert_eq!(viewer.get(&path).await.status, 403);
    assert!(!viewer.get(&app.page("")).await.text().contains("/inbox"));
    // What it offers has expired.
    app.advance(15 * 60);
    assert_eq!(admin.get(&path).await.status, 404);
    assert!(admin.get(&list).await.text().contains("No mail yet"));
}

async fn another_apps_mails_are_not_shown(app: TestApp) {
    let (_, admin) = admin(&app).await;
    let other = app.another_app("http://localhost:9000").await;
    let id = mail(&other, "ada@example.com").await;
    assert!(
        !admin
            .get(&app.page("/inbox"))
            .await
            .text()
            .contains("ada@example.com")
    );
    assert_eq!(
        admin.get(&app.page(&format!("/inbox/{id}"))).await.status,
        404
    );
    assert_eq!(
        admin.get(&other.page(&format!("/inbox/{id}"))).await.status,
        404
    );
}

async fn a_list_without_news_is_not_drawn_again(app: TestApp) {
    let (_, admin) = admin(&app).await;
    let id = mail(&app, "ada@example.com").await;
    let html = admin.get(&app.page("/inbox")).await.text();
    let again = app.page(&format!("/inbox?newest={id}"));
    assert!(html.contains(&format!("hx-get=\"{again}\"")), "{html}");
    assert_eq!(
        admin.get(&again).header("hx-request", "true").await.status,
        204
    );
    assert_eq!(admin.get(&again).await.status, 200);
    app.advance(1);
    mail(&app, "grace@example.com").await;
    let answer = admin.get(&again).header("hx-request", "true").await;
    assert!(
        answer.text().contains("grace@example.com"),
        "{}",
        answer.text()
    );
}

async fn where_mail_is_sent_only_its_fate_is_shown(app: TestApp) {
    let app = app.configured(|config| send_by(config, 2525));
    let (_, admin) = admin(&app).await;
    let list = app.page("/inbox");
    assert!(
        admin
            .get(&list)
            .await
            .text()
            .contains("No mail in the last seven days")
    );
    let waiting = app.store_message(&letter("ada@example.com")).await;
    let mut removed = letter("grace@example.com");
    removed.kind = Kind::PasskeyRemoved;
    let failed = app.store_message(&removed).await;
    let now = app.now();
    let end = failed.clone();
    app.write(move |tx| tx.finish_message(&end, State::Failed, Some("550 no such <box>"), now))
        .await;
    let html = admin.get(&list).await.text();
    for shown in [
        "To a…@example.com",
        "To g…@example.com",
        "Sign in",
        "A passkey was removed",
        ">waiting<",
        ">failed<",
        "550 no such &#60;box&#62;",
    ] {
        assert!(html.contains(shown), "{shown}: {html}");
    }
    for hidden in [LINK_SECRET, "493027", "ada@example.com", "hx-get"] {
        assert!(!html.contains(hidden), "{hidden}: {html}");
    }
    for id in [waiting, failed] {
        assert_eq!(admin.get(&format!("{list}/{id}")).await.status, 404);
    }
}

async fn the_consoles_own_mails_are_in_no_inbox(app: TestApp) {
    let console = app.console().await;
    let operator = console.member("operator@example.com").await;
    let id = mail(&console.app, "operator@example.com").await;
    assert_eq!(operator.get(&console.app.page("/inbox")).await.status, 404);
    let path = console.app.page(&format!("/inbox/{id}"));
    assert_eq!(operator.get(&path).await.status, 404);
    // Nor by the way of another app.
    assert_eq!(
        operator
            .get(&app.page(&format!("/inbox/{id}")))
            .await
            .status,
        404
    );
    assert!(
        !operator
            .get(&console.app.page(""))
            .await
            .text()
            .contains("/inbox\"")
    );
}
