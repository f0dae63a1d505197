//! What is promised of delivery: nothing is lost, nobody sends what another is sending, and what may come twice is known.

use std::collections::BTreeSet;

use ginnel::messages::sender::{LEASE, Sender};
use ginnel::messages::{Channel, State};
use tokio::sync::watch;

use super::scripted_server::ScriptedServer;
use super::{letter, send_by};
use crate::support::{TestApp, stories};

stories!(
    two_nodes_never_claim_the_same_message,
    a_message_is_sent_again_if_nobody_noted_that_it_was,
    an_attempt_that_took_too_long_does_not_disturb_the_next,
    a_stop_finishes_what_is_being_sent,
    a_running_sender_sends_what_comes,
    only_as_many_connections_as_allowed,
    a_server_may_end_a_connection_after_some_messages,
);

async fn two_nodes_never_claim_the_same_message(app: TestApp) {
    const MESSAGES: usize = 60;
    let other = app.another_node().await;
    for number in 0..MESSAGES {
        app.store_message(&letter(&format!("user{number}@example.com")))
            .await;
    }
    let now = app.now();
    // Four clients on two nodes, until each finds nothing left.
    let claim_all = async |node: &TestApp| {
        let mut claimed = Vec::new();
        let mut empty = 0;
        while empty < 3 {
            let batch = node
                .write(move |tx| tx.claim_messages(Channel::Email, now, now.plus(LEASE), 3))
                .await;
            empty = if batch.is_empty() { empty + 1 } else { 0 };
            assert!(batch.iter().all(|message| message.attempts == 1));
            claimed.extend(batch.into_iter().map(|message| message.id));
        }
        claimed
    };
    let (one, two, three, four) = tokio::join!(
        claim_all(&app),
        claim_all(&other),
        claim_all(&app),
        claim_all(&other)
    );
    let mut all: Vec<_> = [one, two, three, four].concat();
    // Whoever lost every race gave up early; the rest is still there, and unclaimed.
    all.extend(claim_all(&app).await);
    assert_eq!(all.len(), MESSAGES);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), MESSAGES);
    app.advance(LEASE.as_secs() - 1);
    let now = app.now();
    let claim = move |tx: &mut ginnel::store::Tx<'_>| {
        tx.claim_messages(Channel::Email, now, now.plus(LEASE), 100)
    };
    assert_eq!(app.write(claim).await.len(), 0);
    app.advance(1);
    let now = app.now();
    let claim = move |tx: &mut ginnel::store::Tx<'_>| {
        tx.claim_messages(Channel::Email, now, now.plus(LEASE), 100)
    };
    assert_eq!(app.write(claim).await.len(), MESSAGES);
}

/// The app, sending to a server of this test.
fn sending(app: &TestApp, server: &ScriptedServer) -> TestApp {
    app.configured(|config| send_by(config, server.port))
}

async fn a_message_is_sent_again_if_nobody_noted_that_it_was(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server);
    let id = app.store_message(&letter("held@example.com")).await;
    let sender = Sender::new(app.app.clone());
    let process = tokio::runtime::Runtime::new().unwrap();
    process.spawn(async move { sender.send_due().await });
    server.text_arrived().await;
    // The process dies while the server takes the message: nothing of it runs any more.
    tokio::task::spawn_blocking(move || drop(process))
        .await
        .unwrap();
    server.let_go();
    let message = app.stored_message(&id).await;
    assert_eq!((message.state, message.attempts), (State::Waiting, 1));

    let next = Sender::new(app.app.clone());
    app.advance(LEASE.as_secs() - 1);
    assert_eq!(next.send_due().await, 0);
    app.advance(1);
    server.let_go();
    assert_eq!(next.send_due().await, 1);
    assert_eq!(app.stored_message(&id).await.state, State::Sent);
    // The same to the last byte: a mail program sees one message that came twice.
    let texts = server.texts();
    assert_eq!(texts.len(), 2);
    assert_eq!(texts[0], texts[1]);
    assert!(texts[0].contains(&format!("Message-ID: <{id}@example.com>")));
}

async fn an_attempt_that_took_too_long_does_not_disturb_the_next(app: TestApp) {
    let id = app.store_message(&letter("ada@example.com")).await;
    let (now, later) = (app.now(), app.now().plus(LEASE));
    let claimed = app
        .write(move |tx| tx.claim_messages(Channel::Email, now, later, 1))
        .await;
    assert_eq!(claimed[0].attempts, 1);
    app.advance(LEASE.as_secs());
    let now = app.now();
    let claimed = app
        .write(move |tx| tx.claim_messages(Channel::Email, now, now.plus(LEASE), 1))
        .await;
    assert_eq!(claimed[0].attempts, 2);
    // The first one comes back with a failure: the second goes on.
    let late = id.clone();
    assert!(
        !app.write(move |tx| tx.put_off_message(&late, 1, "late", now))
            .await
    );
    let message = app.stored_message(&id).await;
    assert_eq!(message.next_attempt_at, now.plus(LEASE));
    assert_eq!(message.last_error, None);
    // It comes back with success: that is true whoever says so, and ends the message once.
    for noted in [true, false] {
        let late = id.clone();
        let finish =
            move |tx: &mut ginnel::store::Tx<'_>| tx.finish_message(&late, State::Sent, None, now);
        assert_eq!(app.write(finish).await, noted);
    }
    let late = id.clone();
    assert!(
        !app.write(move |tx| tx.put_off_message(&late, 2, "late", now))
            .await
    );
    assert_eq!(app.stored_message(&id).await.state, State::Sent);
}

async fn a_stop_finishes_what_is_being_sent(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server);
    let id = app.store_message(&letter("held@example.com")).await;
    let (stop, stopped) = watch::channel(());
    let running = tokio::spawn(Sender::new(app.app.clone()).run(stopped));
    server.text_arrived().await;
    let late = app.store_message(&letter("ada@example.com")).await;
    drop(stop);
    server.let_go();
    running.await.unwrap();
    assert_eq!(app.stored_message(&id).await.state, State::Sent);
    // The next start sends what came after.
    let message = app.stored_message(&late).await;
    assert!(
        message.state == State::Sent || (message.state, message.attempts) == (State::Waiting, 0),
        "{message:?}"
    );
}

async fn a_running_sender_sends_what_comes(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = sending(&app, &server);
    let (stop, stopped) = watch::channel(());
    let running = tokio::spawn(Sender::new(app.app.clone()).run(stopped));
    for number in 1..=3 {
        app.store_message(&letter("ada@example.com")).await;
        app.app.outbox.wake();
        server.text_arrived().await;
        assert_eq!(server.texts().len(), number);
    }
    drop(stop);
    running.await.unwrap();
}

async fn only_as_many_connections_as_allowed(app: TestApp) {
    let server = ScriptedServer::start().await;
    let app = app.configured(|config| {
        send_by(config, server.port);
        config.smtp_connections = 2;
    });
    for _ in 0..5 {
        app.store_message(&letter("held@example.com")).await;
    }
    let sender = Sender::new(app.app.clone());
    let running = tokio::spawn(async move { sender.send_due().await });
    for done in 0..5_usize {
        while server.texts().len() < (done + 2).min(5) {
            tokio::task::yield_now().await;
        }
        // The others wait unclaimed, for another node to take.
        let attempted = app.read(|tx| tx.list_messages(10)).await;
        let attempted = attempted
            .iter()
            .filter(|message| message.attempts > 0)
            .count();
        assert!(attempted <= (done + 2).min(5), "{attempted} after {done}");
        server.let_go();
    }
    assert_eq!(running.await.unwrap(), 5);
    assert_eq!(server.texts().len(), 5);
}

async fn a_server_may_end_a_connection_after_some_messages(app: TestApp) {
    let server = ScriptedServer::taking(2).await;
    let app = app.configured(|config| {
        send_by(config, server.port);
        config.smtp_connections = 1;
    });
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(app.store_message(&letter("ada@example.com")).await);
    }
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 5);
    for id in &ids {
        let message = app.stored_message(id).await;
        assert_eq!((message.state, message.attempts), (State::Sent, 1));
    }
    // Two on each connection, and no connection for each.
    assert_eq!((server.texts().len(), server.connections()), (5, 3));
}
