//! How a message ends, and what is stored of it meanwhile.

use std::time::Duration;

use ginnel::jobs;
use ginnel::messages::sender::{LEASE, Sender};
use ginnel::messages::{Channel, State};

use super::scripted_server::ScriptedServer;
use super::{LINK_SECRET, letter, send_by};
use crate::support::{TestApp, stories};

stories!(
    a_message_is_sent_and_what_it_said_is_forgotten,
    a_passing_failure_is_tried_again_later_and_later,
    a_lasting_refusal_ends_the_message,
    a_refusal_of_the_server_itself_is_no_refusal_of_the_message,
    what_a_server_quotes_is_not_stored,
    a_message_that_lost_its_use_is_not_sent,
    without_a_mail_server_messages_are_kept_on_loopback,
    a_public_server_without_mail_lets_messages_expire,
    ended_messages_are_listed_for_a_week,
    a_message_that_is_being_sent_is_not_sent_again_by_hand,
);

const DAY: u64 = 86_400;

/// The app, sending to a server of this test.
async fn sending(app: &TestApp, server: &ScriptedServer) -> TestApp {
    let port = server.port;
    app.configured(|config| send_by(config, port))
}

async fn send_due(app: &TestApp) -> usize {
    Sender::new(app.app.clone()).send_due().await
}

async fn a_message_is_sent_and_what_it_said_is_forgotten(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    let id = app.store_message(&letter("ada@example.com")).await;
    let before = app.stored_message(&id).await;
    assert_eq!((before.state, before.attempts), (State::Waiting, 0));
    assert_eq!(send_due(&app).await, 1);
    let message = app.stored_message(&id).await;
    assert_eq!((message.state, message.attempts), (State::Sent, 1));
    assert_eq!(message.finished_at, Some(app.now()));
    assert_eq!((message.sealed_letter, message.last_error), (None, None));
    let texts = server.texts();
    assert_eq!(texts.len(), 1);
    for header in [
        "To: ada@example.com\n",
        "From: Acme <login@example.com>\n",
        "Date: Tue, 14 Nov 2023 22:13:20 +0000\n",
        "Auto-Submitted: auto-generated\n",
        "Content-Language: en\n",
        &format!("Message-ID: <{id}@example.com>\n"),
    ] {
        assert!(texts[0].contains(header), "{header} in {}", texts[0]);
    }
    // Nothing is left to do.
    app.advance(3600);
    assert_eq!(send_due(&app).await, 0);
}

async fn a_passing_failure_is_tried_again_later_and_later(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    let mut message = super::message(&app.app, &app.record().await, &letter("busy@example.com"));
    message.expires_at = app.now().plus(Duration::from_secs(8000));
    let (id, expires_at) = (message.id.clone(), message.expires_at);
    app.write(move |tx| tx.add_message(&message)).await;
    for (attempt, seconds) in (1..).zip([5, 15, 60, 300, 900, 3600, 3600]) {
        assert_eq!(send_due(&app).await, 1);
        let message = app.stored_message(&id).await;
        assert_eq!((message.state, message.attempts), (State::Waiting, attempt));
        assert_eq!(
            message.last_error.as_deref(),
            Some("RCPT TO: 451 come again")
        );
        let next = app.now().plus(Duration::from_secs(seconds));
        assert_eq!(message.next_attempt_at, next.min(expires_at));
        app.advance(seconds - 1);
        if app.now() < expires_at {
            assert_eq!(send_due(&app).await, 0);
        }
        app.advance(1);
    }
    // Its time is over, and the last reason stays.
    assert_eq!(send_due(&app).await, 1);
    let message = app.stored_message(&id).await;
    assert_eq!(message.state, State::Expired);
    assert_eq!(message.sealed_letter, None);
    assert_eq!(
        message.last_error.as_deref(),
        Some("RCPT TO: 451 come again")
    );
    assert_eq!(server.texts().len(), 0);
}

async fn a_lasting_refusal_ends_the_message(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    let id = app.store_message(&letter("refused@example.com")).await;
    let other = app.store_message(&letter("ada@example.com")).await;
    assert_eq!(send_due(&app).await, 2);
    let message = app.stored_message(&id).await;
    assert_eq!(message.state, State::Failed);
    assert_eq!(message.sealed_letter, None);
    assert_eq!(
        message.last_error.as_deref(),
        Some("RCPT TO: 550 5.1.1 RCPT TO:<r…@example.com>: no such mailbox")
    );
    assert_eq!(app.stored_message(&other).await.state, State::Sent);
    app.advance(600);
    assert_eq!(send_due(&app).await, 0);
}

async fn a_refusal_of_the_server_itself_is_no_refusal_of_the_message(app: TestApp) {
    for (greeting, from, reason) in [
        ("554 not you", "250 fine", "connecting to 127.0.0.1:"),
        (
            "220 here",
            "550 not your address",
            "MAIL FROM login@example.com: 550 not your address",
        ),
    ] {
        let server = ScriptedServer::answering(greeting, from).await;
        let app = sending(&app, &server).await;
        let id = app.store_message(&letter("ada@example.com")).await;
        assert_eq!(send_due(&app).await, 1);
        let message = app.stored_message(&id).await;
        assert_eq!(message.state, State::Waiting);
        let error = message.last_error.unwrap();
        assert!(error.starts_with(reason), "{error}");
    }
}

async fn what_a_server_quotes_is_not_stored(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    let id = app.store_message(&letter("quoted@example.com")).await;
    assert_eq!(send_due(&app).await, 1);
    assert!(server.texts()[0].contains("Message-ID"));
    let error = app.stored_message(&id).await.last_error.unwrap();
    assert!(!error.contains(LINK_SECRET), "{error}");
    assert_eq!(
        error,
        "the message: 554 (the rest of the answer quotes the message)"
    );
}

async fn a_message_that_lost_its_use_is_not_sent(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    let id = app.store_message(&letter("ada@example.com")).await;
    app.advance(15 * 60);
    assert_eq!(send_due(&app).await, 1);
    let message = app.stored_message(&id).await;
    assert_eq!(message.state, State::Expired);
    assert_eq!(message.sealed_letter, None);
    assert!(server.texts().is_empty());
}

async fn without_a_mail_server_messages_are_kept_on_loopback(app: TestApp) {
    let id = app.store_message(&letter("ada@example.com")).await;
    send_due(&app).await;
    let message = app.stored_message(&id).await;
    assert_eq!((message.state, message.attempts), (State::Kept, 0));
    assert_eq!(
        message.letter(&app.app).unwrap(),
        Some(letter("ada@example.com"))
    );
    app.advance(15 * 60 - 1);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    assert_eq!(app.stored_message(&id).await.state, State::Kept);
    app.advance(1);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    let message = app.stored_message(&id).await;
    assert_eq!(message.state, State::Expired);
    assert_eq!(message.sealed_letter, None);
}

async fn a_public_server_without_mail_lets_messages_expire(app: TestApp) {
    let app =
        app.configured(|config| config.public_url = "https://id.example.com".parse().unwrap());
    assert!(!app.app.config.sends(Channel::Email));
    let id = app.store_message(&letter("ada@example.com")).await;
    assert_eq!(send_due(&app).await, 0);
    assert_eq!(app.stored_message(&id).await.state, State::Waiting);
    app.advance(15 * 60);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    let message = app.stored_message(&id).await;
    assert_eq!(message.state, State::Expired);
    assert_eq!(message.sealed_letter, None);
}

async fn ended_messages_are_listed_for_a_week(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server).await;
    app.store_message(&letter("ada@example.com")).await;
    app.store_message(&letter("refused@example.com")).await;
    send_due(&app).await;
    let count = async || app.read(|tx| Ok(tx.list_messages(10)?.len())).await;
    app.advance(7 * DAY);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    assert_eq!(count().await, 2);
    app.advance(1);
    app.blocking(|app| jobs::clean(app).unwrap()).await;
    assert_eq!(count().await, 0);
}

async fn a_message_that_is_being_sent_is_not_sent_again_by_hand(app: TestApp) {
    let id = app.store_message(&letter("ada@example.com")).await;
    let now = app.now();
    let claimed = app.write(move |tx| tx.claim_messages(Channel::Email, now, now.plus(LEASE), 1));
    assert_eq!(claimed.await.len(), 1);
    let (by_hand, later) = (id.clone(), id.clone());
    assert!(!app.write(move |tx| tx.retry_message(&by_hand, now)).await);
    assert!(app.stored_message(&id).await.next_attempt_at > now);
    // Whoever claimed it is gone: its lease is over.
    app.advance(LEASE.as_secs());
    let now = app.now();
    assert!(app.write(move |tx| tx.retry_message(&later, now)).await);
}
