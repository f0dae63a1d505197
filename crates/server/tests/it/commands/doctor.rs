//! `ginnel doctor`: what it finds good, and each thing that it must not find good.

mod surroundings;

use std::path::Path;
use std::process::Command;

use rusqlite::Connection;
use serde_json::Value as Json;

use crate::support::{Home, Schema};
use surroundings::{Authority, PublicServer, TlsProxy, mail_server, pages};

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

#[test]
fn an_apps_settings_are_judged() {
    let home = Home::new();
    let id = create(&home, "https://app.example.com");
    let other = create(&home, "http://localhost:8080");
    let check = |home: &Home| Report::new(home, &["doctor", "--offline", "--app", &id]);
    let report = check(&home);
    report.has("good", "app", "in order");
    assert!(
        report
            .findings
            .iter()
            .all(|finding| finding["app"] != other.as_str())
    );

    let set = |sql: &str, value: &str| {
        assert_eq!(database(&home).execute(sql, [value, &id]).unwrap(), 1);
    };
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "other.example");
    check(&home).has(
        "bad",
        "app",
        "https://app.example.com is outside of the RP ID other.example",
    );
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "com");
    check(&home).has("bad", "app", "The RP ID com is a single label");
    set("UPDATE apps SET rp_id = ?1 WHERE id = ?2", "example.com");
    check(&home).has("good", "app", "in order");

    let settings = r#"{"algorithm":"EdDSA","redirect_url":"https://other.example/","login_url":"//evil.example",
        "auth_token_lifetime_seconds":86400,"refresh_inactivity_lifetime_seconds":3600,"refresh_absolute_lifetime_seconds":60,
        "magic_link_lifetime_seconds":100000,"code_lifetime_seconds":4000}"#;
    set("UPDATE apps SET settings = ?1 WHERE id = ?2", settings);
    let report = check(&home);
    for says in ["The redirect URL is wrong.", "The login URL is wrong."] {
        report.has("bad", "app", says);
    }
    for says in [
        "Auth tokens live 24 h",
        "Sessions may idle longer",
        "Magic links work for more",
        "Codes work for more",
    ] {
        report.has("warning", "app", says);
    }

    set(
        "UPDATE apps SET settings = ?1 WHERE id = ?2",
        r#"{"algorithm":"EdDSA","key_rotation_days":1}"#,
    );
    set(
        "UPDATE signing_keys SET current_since = ?1 WHERE app_id = ?2 AND state = 'current'",
        "1000",
    );
    check(&home).has(
        "warning",
        "app",
        "should have been changed on 1970-01-02T00:00:01Z",
    );
    set(
        "DELETE FROM signing_keys WHERE state <> ?1 AND app_id = ?2",
        "next",
    );
    check(&home).has("bad", "app", "Its signing keys cannot be opened");

    // A server that is public, and an app that only its developer can use.
    let report = Report::new(
        &home,
        &[
            "--public-url",
            "https://id.example.com",
            "doctor",
            "--offline",
            "--app",
            &other,
        ],
    );
    report.has(
        "warning",
        "app",
        "The RP ID is localhost, but this server is public",
    );
    report.has("warning", "proxy", "trusted_proxies is empty");
    report.has("warning", "mail", "No mail server is set");

    let output = home.run(&["doctor", "--app", "0VboX5rdQ2zPWRiTNVayyUYx"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .starts_with("No app has this id.")
    );
}

#[test]
fn an_apps_pages_are_looked_at() {
    let home = Home::new();
    let element = |title: &str| format!("<title>{title}</title><passage-auth></passage-auth>");
    for (page, verdict, says) in [
        (
            ("200 OK", String::new(), element("Hi")),
            "good",
            "carries the element",
        ),
        (
            ("200 OK", String::new(), "<h1>Hi</h1>".to_owned()),
            "warning",
            "shows no element in its HTML",
        ),
        (
            ("404 Not Found", String::new(), String::new()),
            "bad",
            "answers 404",
        ),
        (
            (
                "302 Found",
                "location: /login\r\n".to_owned(),
                String::new(),
            ),
            "bad",
            "redirects more than 5 times",
        ),
        (
            (
                "302 Found",
                "location: http://127.0.0.2:1/\r\n".to_owned(),
                String::new(),
            ),
            "bad",
            "cannot be connected to",
        ),
    ] {
        let origin = pages(move |_| page.clone());
        let id = create(&home, &origin);
        Report::new(&home, &["doctor", "--app", &id]).has(verdict, "app", says);
    }
    // A page on another origin: its calls would be refused.
    let elsewhere = pages(move |_| {
        (
            "200 OK",
            String::new(),
            "<passage-auth></passage-auth>".to_owned(),
        )
    });
    let location = format!("location: {elsewhere}/login\r\n");
    let origin = pages(move |_| ("307 Temporary Redirect", location.clone(), String::new()));
    let id = create(&home, &origin);
    Report::new(&home, &["doctor", "--app", &id]).has(
        "bad",
        "app",
        "which is none of the app's origins",
    );
    // Nobody is there: on localhost that may be as it should be.
    let id = create(&home, "http://localhost:9");
    Report::new(&home, &["doctor", "--app", &id]).has(
        "warning",
        "app",
        "http://localhost:9/login cannot be connected to",
    );
    let id = create(&home, "https://nowhere.invalid");
    Report::new(&home, &["doctor", "--app", &id]).has(
        "bad",
        "app",
        "has a host that does not resolve",
    );
}

/// A server behind a proxy that speaks TLS, and what is found with a certificate of so many days.
fn behind_tls(authority: &Authority, days: i64, trusted: Option<&Path>) -> Report {
    let home = Home::new();
    let proxy = TlsProxy::new(authority, days);
    let url = format!("https://localhost:{}", proxy.port);
    let server = PublicServer::new(&home, &url);
    proxy.lead_to(server.port);
    let mut command = home.command(&["--public-url", &url, "doctor"]);
    if let Some(file) = trusted {
        command.env("SSL_CERT_FILE", file);
    }
    Report::of(&mut command)
}

#[test]
fn tls_in_front_is_looked_at() {
    let authority = Authority::new();
    let report = behind_tls(&authority, 30, Some(authority.file()));
    report.has("good", "public URL", "leads to this server");
    report.has("good", "tls", "is valid for 29 more days");
    report.has("warning", "tls", "no Strict-Transport-Security");
    report.has("warning", "proxy", "trusted_proxies is empty");
    assert!(report.are_bad().is_empty(), "{:#?}", report.findings);

    let report = behind_tls(&authority, 5, Some(authority.file()));
    report.has("warning", "tls", "is valid for 4 more days");
    let report = behind_tls(&authority, -1, Some(authority.file()));
    report.has(
        "bad",
        "public URL",
        "fails at TLS (invalid peer certificate: certificate expired",
    );
    let report = behind_tls(&authority, 30, None);
    report.has(
        "bad",
        "public URL",
        "fails at TLS (invalid peer certificate",
    );
    let report = behind_tls(&authority, 30, Some(Authority::new().file()));
    report.has(
        "bad",
        "public URL",
        "fails at TLS (invalid peer certificate",
    );
}

#[test]
fn the_mail_server_is_asked_without_sending() {
    let home = Home::new();
    create(&home, "http://localhost:8080");
    let check = |credentials: &str, port: u16, arguments: &[&str]| {
        let mut command = home.command(&[&["doctor"], arguments].concat());
        command
            .env(
                "GINNEL_SMTP_URL",
                format!("smtp://{credentials}127.0.0.1:{port}"),
            )
            .env("GINNEL_MAIL_FROM", "login@example.com");
        Report::of(&mut command)
    };
    let (port, texts) = mail_server("235 welcome");
    check("ada:secret@", port, &[]).has("good", "mail", "answers and signs ada in");
    assert!(texts.lock().unwrap().is_empty(), "nothing was sent");
    let report = check("ada:secret@", port, &["--send-to", "bob@example.com"]);
    report.has("good", "mail", "took a test mail to bob@example.com");
    let text = texts.lock().unwrap().concat();
    assert!(text.contains("To: bob@example.com"), "{text}");
    assert!(text.contains("ginnel doctor --send-to"), "{text}");

    let (port, _) = mail_server("535 5.7.8 go away");
    let report = check("ada:secret@", port, &[]);
    report.has("bad", "mail", "signing in at 127.0.0.1");
    report.has("bad", "mail", "535 5.7.8 go away");
    assert!(!format!("{:?}", report.findings).contains("secret@"));
    check("", 1, &[]).has("bad", "mail", "connecting to 127.0.0.1:1");
    let report = Report::new(&home, &["doctor", "--send-to", "bob@example.com"]);
    report.has("bad", "mail", "There is no mail server to send by");
}

#[test]
fn postgresql_is_looked_at() {
    let Some(schema) = Schema::new("doctor") else {
        return;
    };
    let home = Home::new();
    let run = |arguments: &[&str]| {
        let mut command = home.command(arguments);
        command.env("GINNEL_DATABASE", schema.url()).env(
            "GINNEL_MASTER_KEY",
            "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
        );
        command
    };
    let report = Report::of(&mut run(&["doctor", "--offline"]));
    report.has("bad", "database", "The PostgreSQL database is empty");
    assert!(run(&["app", "list"]).output().unwrap().status.success());
    let report = Report::of(&mut run(&["doctor", "--offline"]));
    report.has("good", "database", "its tables are up to date");
    report.has("good", "database", "the master key fits");
    report.has("good", "clock", "The database's clock agrees");
    let mut many = run(&["doctor", "--offline"]);
    let report = Report::of(many.env("GINNEL_DATABASE_CONNECTIONS", "1000"));
    report.has("bad", "database", "A node opens 1000 connections");
    let mut other = run(&["doctor", "--offline"]);
    let report = Report::of(other.env(
        "GINNEL_MASTER_KEY",
        "AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI=",
    ));
    report.has(
        "bad",
        "database",
        "The master key does not fit this database",
    );
}
