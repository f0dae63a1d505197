//! `ginnel messages`, and what `ginnel serve` says of mails.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use ginnel::app::App;
use ginnel::config::{Flags, load};
use ginnel::domain::apps;
use ginnel::ids::MessageId;
use ginnel::messages::{Channel, State};
use ginnel::setup;
use serde_json::Value as Json;

use crate::messages::{LINK_SECRET, letter, message};
use crate::support::Home;

/// An installation with one app, from within.
fn open(home: &Home) -> App {
    let create = [
        "app",
        "create",
        "--name",
        "Acme",
        "--auth-origin",
        "http://localhost:8080",
    ];
    home.succeed(
        &[
            &create[..],
            &["--redirect-url", "/", "--algorithm", "EdDSA"],
        ]
        .concat(),
    );
    let variables = [("GINNEL_DATA_DIR".to_owned(), "data".to_owned())];
    let config = load(&Flags::default(), variables.into_iter(), home.path()).unwrap();
    setup::open_for_command(config).unwrap()
}

fn store(app: &App, to: &str) -> MessageId {
    let record = apps::list(app).unwrap().remove(0);
    let message = message(app, &record, &letter(to));
    let id = message.id.clone();
    app.store
        .write_blocking(move |tx| tx.add_message(&message))
        .unwrap();
    id
}

#[test]
fn messages_are_listed_without_what_they_say() {
    let home = Home::new();
    let app = open(&home);
    assert_eq!(
        home.succeed(&["messages", "list"]),
        "There is no such message.\n"
    );
    let (waiting, failed) = (
        store(&app, "ada@example.com"),
        store(&app, "bob@example.com"),
    );
    let (id, now) = (failed.clone(), app.clock.now());
    app.store
        .write_blocking(move |tx| {
            tx.claim_messages(Channel::Email, now, now, 2)?;
            tx.finish_message(&id, State::Failed, Some("RCPT TO: 550 no"), now)
        })
        .unwrap();
    let listed = home.succeed(&["messages", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(
        listed.contains("sign_in  email  a…@example.com  waiting, 1 attempt, next at "),
        "{listed}"
    );
    assert!(
        listed.contains("sign_in  email  b…@example.com  failed, 1 attempt  RCPT TO: 550 no"),
        "{listed}"
    );
    assert!(
        !listed.contains(LINK_SECRET) && !listed.contains("ada@"),
        "{listed}"
    );

    let listed = home.succeed(&["messages", "list", "--state", "failed", "--json"]);
    let listed: Json = serde_json::from_str(&listed).unwrap();
    let listed = listed["messages"].as_array().unwrap();
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["id"], failed.as_str());
    assert_eq!(listed[0]["last_error"], "RCPT TO: 550 no");
    assert_eq!(listed[0]["recipient"], "b…@example.com");

    let said = home.succeed(&["messages", "retry", waiting.as_str()]);
    assert!(said.starts_with("The message is due now."), "{said}");
    let said = home.fail(&["messages", "retry", failed.as_str()]);
    assert!(
        said.starts_with("The message was refused for good. What it said is kept only"),
        "{said}"
    );
    let said = home.fail(&["messages", "retry", "TrWSUbDDTPCKTQDtLA9MO8Ee"]);
    assert!(
        said.starts_with("There is no message with this id."),
        "{said}"
    );
    let output = home.run(&["messages", "list", "--state", "lost"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains("write waiting, kept, sent, failed or expired"),
        "{said}"
    );
    app.store.clone().close();
}

#[test]
fn a_server_on_loopback_prints_links() {
    let home = Home::new();
    let app = open(&home);
    store(&app, "ada@example.com");
    let mut server = home
        .command(&["serve", "--listen", "127.0.0.1:0"])
        .env("GINNEL_EXAMPLE_LISTEN", "127.0.0.1:0")
        .env("GINNEL_LOG", "info")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let greeting = lines.by_ref().find(|line| line.contains("/inbox")).unwrap();
    assert!(
        greeting.starts_with("  Mails        http://localhost:"),
        "{greeting}"
    );
    let mail = lines
        .by_ref()
        .find(|line| line.starts_with("Mail to "))
        .unwrap();
    assert_eq!(mail, "Mail to ada@example.com from Acme: sign_in");
    let link = lines.next().unwrap();
    assert_eq!(
        link,
        format!("  http://localhost:8080/login?psg_magic_link={LINK_SECRET}   code 493027")
    );
    server.kill().unwrap();
    let output = server.wait_with_output().unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(!log.contains(LINK_SECRET), "{log}");
    app.store.clone().close();
}

#[test]
fn a_public_server_without_mail_says_so() {
    let home = Home::new();
    let mut server = home
        .command(&[
            "serve",
            "--listen",
            "127.0.0.1:0",
            "--public-url",
            "https://id.example.com",
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(server.stderr.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let warning = lines.next().unwrap();
    assert!(
        warning.contains("nobody gets a mail: set smtp_url and mail_from"),
        "{warning}"
    );
    server.kill().unwrap();
    server.wait().unwrap();
}
