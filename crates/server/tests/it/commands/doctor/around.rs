//! What `doctor` says of what stands around the server: TLS, mail, PostgreSQL.

use super::*;

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
fn the_sms_provider_is_asked_without_sending() {
    let home = Home::new();
    create(&home, "http://localhost:8080");
    let check = |port: u16, arguments: &[&str]| {
        let mut command = home.command(&[&["doctor"], arguments].concat());
        command
            .env(
                "GINNEL_SMS_URL",
                format!("twilio://AC12:secret@127.0.0.1:{port}"),
            )
            .env("GINNEL_SMS_FROM", "+15550100");
        Report::of(&mut command)
    };
    let (port, texts) = sms_provider("201 Created", "{}");
    check(port, &[]).has("good", "text messages", "is reached");
    assert!(texts.lock().unwrap().is_empty(), "nothing was sent");
    let report = check(port, &["--send-to", "+15550109999"]);
    report.has(
        "good",
        "text messages",
        "took a test message to +15550109999",
    );
    let sent = texts.lock().unwrap().concat();
    assert!(
        sent.starts_with("To=%2B15550109999&From=%2B15550100&Body=A+test+by+ginnel+doctor"),
        "{sent}"
    );

    let refusal = r#"{"code":20003,"message":"Authenticate"}"#;
    let (port, _) = sms_provider("401 Unauthorized", refusal);
    let report = check(port, &["--send-to", "+15550109999"]);
    report.has("bad", "text messages", "401 (error 20003) Authenticate");
    assert!(!format!("{:?}", report.findings).contains("secret@"));
    check(1, &[]).has("bad", "text messages", "cannot be connected to");
    let report = Report::new(&home, &["doctor", "--send-to", "+15550109999"]);
    report.has(
        "bad",
        "text messages",
        "There is no SMS provider to send by",
    );
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
