//! `ginnel doctor`: what it finds good, and each thing that it must not find good.

mod apps;
mod around;
mod surroundings;

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::support::{Home, Schema};
use surroundings::{Authority, PublicServer, TlsProxy, mail_server, pages, sms_provider};

/// What one run found.
struct Report {
    code: Option<i32>,
    findings: Vec<Json>,
}

impl Report {
    fn of(command: &mut Command) -> Self {
        let output = command.arg("--json").output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        let findings = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|error| panic!("{error}: {errors}"));
        Report {
            code: output.status.code(),
            findings,
        }
    }

    fn new(home: &Home, arguments: &[&str]) -> Self {
        Self::of(&mut home.command(arguments))
    }

    /// Asserts that something was found, with a verdict and a part of its sentence.
    #[track_caller]
    fn has(&self, verdict: &str, check: &str, says: &str) {
        let found = self.findings.iter().any(|finding| {
            finding["verdict"] == verdict
                && finding["check"] == check
                && finding["message"].as_str().unwrap().contains(says)
        });
        assert!(
            found,
            "no {verdict} {check} with \"{says}\": {:#?}",
            self.findings
        );
        let next = |finding: &Json| {
            finding["next"]
                .as_str()
                .is_some_and(|next| next.ends_with('.'))
        };
        for finding in &self.findings {
            assert_eq!(next(finding), finding["verdict"] != "good", "{finding}");
        }
        let is_bad = self
            .findings
            .iter()
            .any(|finding| finding["verdict"] == "bad");
        assert_eq!(self.code, Some(i32::from(is_bad)));
    }

    fn are_bad(&self) -> Vec<&Json> {
        let bad = self
            .findings
            .iter()
            .filter(|finding| finding["verdict"] == "bad");
        bad.collect()
    }
}

/// An app, and its id.
fn create(home: &Home, origin: &str) -> String {
    let made = home.succeed(&[
        "app",
        "create",
        "--name",
        "Acme",
        "--auth-origin",
        origin,
        "--redirect-url",
        "/home",
        "--login-url",
        "/login",
        "--algorithm",
        "EdDSA",
        "--json",
    ]);
    let made: Json = serde_json::from_str(&made).unwrap();
    made["app"]["id"].as_str().unwrap().to_owned()
}

fn database(home: &Home) -> Connection {
    Connection::open(home.path().join("data/ginnel.db")).unwrap()
}

#[test]
fn a_server_that_runs_is_sound() {
    let home = Home::new();
    let server = home.serve(&[]);
    let output = home.run(&["doctor"]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for line in [
        "good     settings    They are understood.",
        "good     database    It can be read and written, and the master key fits.",
        "good     hosts       Foreign hosts are refused.",
    ] {
        assert!(said.lines().any(|known| known == line), "{said}");
    }
    assert!(
        said.contains(&format!(
            "good     public URL  http://{} leads to this server.",
            server.address
        )),
        "{said}"
    );
    assert!(said.contains("carries the element."), "{said}");
    assert!(said.ends_with(" good, 0 warnings, 0 bad\n"), "{said}");

    let report = Report::new(&home, &["doctor"]);
    report.has("good", "clock", "The clock behind the public URL agrees");
    report.has("good", "disk", "MB are free");
    // It went on running, and answers.
    assert_eq!(server.get("/readyz").0, 200);
}

#[test]
fn offline_asks_nobody() {
    let home = Home::new();
    create(&home, "http://localhost:8080");
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has(
        "good",
        "app",
        "RP ID, addresses, keys and lifetimes are in order",
    );
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding["check"] != "public URL")
    );
    let report = Report::new(&home, &["doctor"]);
    report.has("bad", "public URL", "cannot be connected to");
}

#[test]
fn settings_and_a_missing_database_are_told_first() {
    let home = Home::new();
    let report = Report::new(&home, &["--listen", "here", "doctor"]);
    report.has("bad", "settings", "is not an IP address with a port");
    let report = Report::new(&home, &["doctor"]);
    report.has("bad", "database", "There is no database at ");
    assert_eq!(report.findings.len(), 2);
    assert!(
        !home.path().join("data").exists(),
        "nothing was made by looking"
    );

    let mut command = home.command(&["doctor"]);
    command
        .env(
            "GINNEL_DATABASE",
            "postgres://somebody:hunter2@127.0.0.1:1/nowhere",
        )
        .env(
            "GINNEL_MASTER_KEY",
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        );
    let report = Report::of(&mut command);
    report.has("bad", "database", "PostgreSQL cannot be reached");
    assert!(!format!("{:?}", report.findings).contains("hunter2"));
}

#[test]
fn another_server_at_the_address_is_told_apart() {
    let (home, other) = (Home::new(), Home::new());
    create(&home, "http://localhost:8080");
    let server = other.serve(&[]);
    let url = format!("http://{}", server.address);
    let report = Report::new(&home, &["--public-url", &url, "doctor"]);
    report.has(
        "bad",
        "public URL",
        "leads to a server with another database",
    );

    // And so is one that is no Ginnel at all.
    let url = pages(|_| ("200 OK", String::new(), "<h1>It works!</h1>".to_owned()));
    let report = Report::new(&home, &["--public-url", &url, "doctor"]);
    report.has(
        "bad",
        "public URL",
        "answers 200, but not as this server does",
    );
}

#[test]
fn a_database_that_does_not_fit_is_not_opened() {
    let home = Home::new();
    create(&home, "http://localhost:8080");
    let applied = |home: &Home| -> i64 {
        database(home)
            .query_row("SELECT count(*) FROM migrations", [], |row| row.get(0))
            .unwrap()
    };
    let all = applied(&home);
    database(&home)
        .execute(
            "DELETE FROM migrations WHERE name = (SELECT max(name) FROM migrations)",
            [],
        )
        .unwrap();
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has(
        "bad",
        "database",
        "1 migrations of this version are not applied: 00",
    );
    assert_eq!(applied(&home), all - 1, "a diagnosis applies nothing");

    database(&home)
        .execute("INSERT INTO migrations VALUES ('9999_later', '', 0)", [])
        .unwrap();
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has("bad", "database", "made by a newer Ginnel");

    let home = Home::new();
    create(&home, "http://localhost:8080");
    let key = home.path().join("data/master.key");
    std::fs::write(&key, "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=\n").unwrap();
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has(
        "bad",
        "database",
        "The master key does not fit this database",
    );
    std::fs::remove_file(&key).unwrap();
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has(
        "bad",
        "database",
        "is missing, and the database's secrets were sealed with it",
    );

    std::fs::write(
        home.path().join("data/ginnel.db"),
        "not a database, but long enough to be one",
    )
    .unwrap();
    for companion in ["ginnel.db-wal", "ginnel.db-shm"] {
        let _ = std::fs::remove_file(home.path().join("data").join(companion));
    }
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has("bad", "database", "not a database");
}

#[test]
fn damage_and_a_lost_journal_mode_are_found() {
    let home = Home::new();
    create(&home, "http://localhost:8080");
    let connection = database(&home);
    connection
        .pragma_update(None, "journal_mode", "delete")
        .unwrap();
    drop(connection);
    let report = Report::new(&home, &["doctor", "--offline"]);
    report.has("bad", "database", "journal_mode is delete");

    let connection = database(&home);
    let page_size: u32 = connection
        .query_row("PRAGMA page_size", [], |row| row.get(0))
        .unwrap();
    let root: u32 = connection
        .query_row(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'users'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    drop(connection);
    let path = home.path().join("data/ginnel.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let end = (root * page_size) as usize;
    bytes[end - page_size as usize..end].fill(0xff);
    std::fs::write(&path, bytes).unwrap();
    let report = Report::new(&home, &["doctor", "--offline"]);
    assert!(!report.are_bad().is_empty(), "{:#?}", report.findings);
    assert_eq!(report.code, Some(1));
}
