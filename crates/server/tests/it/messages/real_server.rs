//! The built program against a real mail server (`scripts/with-mail`: Exim, read back from Dovecot by IMAP).

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;

use ginnel::app::App;
use ginnel::config::{Flags, load};
use ginnel::domain::apps;
use ginnel::messages::{Language, Letter, State};
use ginnel::setup;
use serde_json::Value as Json;

use super::{LINK_SECRET, letter, message};
use crate::support::Home;

/// What stands in the URL for the account that Exim knows.
const ACCOUNT: &str = "ginnel%40mail.test:p%40ss%3A%20word%2F%25";

/// The mail server of this run.
struct MailServer {
    folder: PathBuf,
    starttls: u16,
    tls: u16,
    imap: u16,
}

impl MailServer {
    /// `None`, with the reason printed once, if none runs.
    fn of_this_run() -> Option<Self> {
        static SAID: Once = Once::new();
        let Some(folder) = std::env::var_os("TEST_MAIL_SERVER").map(PathBuf::from) else {
            SAID.call_once(|| {
                let reason = "tests with a real mail server are skipped: TEST_MAIL_SERVER is not set (scripts/with-mail sets it)";
                let _ = writeln!(std::io::stderr(), "{reason}");
            });
            return None;
        };
        let ports = std::fs::read_to_string(folder.join("env")).unwrap();
        let port = |name: &str| {
            let line = ports.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().trim_start_matches('=').parse().unwrap()
        };
        Some(MailServer {
            starttls: port("STARTTLS_PORT"),
            tls: port("TLS_PORT"),
            imap: port("IMAP_PORT"),
            folder,
        })
    }

    /// What a mail program understands of the mails with these ids, each at least once.
    fn read(&self, ids: &[String]) -> Vec<Json> {
        let script = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/it/messages/read_mail.py"
        );
        let ids = ids.iter().map(|id| format!("<{id}@example.com>"));
        let output = Command::new("python3")
            .arg(script)
            .arg(self.imap.to_string())
            .args(ids)
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }
}

/// The program in a folder of its own, sending, and a second hand on the same database that stores messages.
struct Installation {
    home: Home,
    app: App,
    record: apps::AppRecord,
    server: Option<Child>,
}

impl Installation {
    /// Not started yet.
    fn new() -> Self {
        let home = Home::new();
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
        let app = setup::open_for_command(config).unwrap();
        let record = apps::list(&app).unwrap().remove(0);
        Installation {
            home,
            app,
            record,
            server: None,
        }
    }

    fn store(&self, letter: &Letter) -> String {
        let message = message(&self.app, &self.record, letter);
        let id = message.id.to_string();
        let add = move |tx: &mut ginnel::store::Tx<'_>| tx.add_message(&message);
        self.app.store.write_blocking(add).unwrap();
        id
    }

    /// Starts the program with a mail server; `trusted` are the certificates that it trusts.
    fn send_by(&mut self, smtp_url: &str, trusted: &std::path::Path) {
        let server = self
            .home
            .command(&["serve", "--listen", "127.0.0.1:0"])
            .env("GINNEL_EXAMPLE_LISTEN", "off")
            .env("GINNEL_SMTP_URL", smtp_url)
            .env("GINNEL_MAIL_FROM", "login@example.com")
            .env("SSL_CERT_FILE", trusted)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn();
        self.server = Some(server.unwrap());
    }

    /// Waits until a message stands so, and returns its line of `messages list`.
    fn wait(&self, id: &str, is_there: impl Fn(&Json) -> bool) -> Json {
        for _ in 0..600 {
            let list = self.home.succeed(&["messages", "list", "--json"]);
            let list: Json = serde_json::from_str(&list).unwrap();
            let messages = list["messages"].as_array().unwrap().clone();
            let message = messages.into_iter().find(|message| message["id"] == id);
            let message = message.unwrap();
            if is_there(&message) {
                return message;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        panic!("the message {id} did not get there within a minute");
    }

    fn wait_for(&self, id: &str, state: State) -> Json {
        self.wait(id, |message| message["state"] == state.as_str())
    }

    /// Stops the program; what it logged.
    fn stop(&mut self) -> String {
        let mut server = self.server.take().unwrap();
        server.kill().unwrap();
        let mut log = String::new();
        let mut stderr = server.stderr.take().unwrap();
        stderr.read_to_string(&mut log).unwrap();
        server.wait().unwrap();
        log
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        if self.server.is_some() {
            self.stop();
        }
        self.app.store.clone().close();
    }
}

#[test]
fn mails_arrive_by_starttls_and_by_tls() {
    let Some(mail) = MailServer::of_this_run() else {
        return;
    };
    for (scheme, port) in [("smtp", mail.starttls), ("smtps", mail.tls)] {
        let mut ginnel = Installation::new();
        let mut ids = vec![ginnel.store(&letter("ada@example.com"))];
        let mut chinese = letter("li@example.com");
        chinese.language = Language::Zh;
        chinese.app_name = "极客通道\r\nBcc: eve@example.com".to_owned();
        ids.push(ginnel.store(&chinese));
        let mut quoted = letter("bob@example.com");
        quoted.app_name = "Bob, \"the\" <builder> & Söhne ".repeat(6);
        ids.push(ginnel.store(&quoted));
        ginnel.send_by(
            &format!("{scheme}://{ACCOUNT}@localhost:{port}"),
            &mail.folder.join("cert.pem"),
        );
        for id in &ids {
            ginnel.wait_for(id, State::Sent);
        }
        let mails = mail.read(&ids);
        assert_eq!(mails.len(), ids.len());
        for ((mail, id), letter) in
            mails
                .iter()
                .zip(&ids)
                .zip([letter("ada@example.com"), chinese, quoted])
        {
            let words = letter.render().unwrap();
            assert_eq!(mail["defects"], serde_json::json!([]), "{mail}");
            assert_eq!(mail["ascii"], true);
            assert!(mail["longest_line"].as_u64().unwrap() <= 998, "{mail}");
            assert_eq!(mail["type"], "multipart/alternative");
            let headers = &mail["headers"];
            let in_one_line = |text: &str| text.replace(['\r', '\n'], " ").trim().to_owned();
            assert_eq!(headers["Message-ID"], format!("<{id}@example.com>"));
            assert_eq!(headers["To"], letter.to);
            assert_eq!(headers["Envelope-to"], letter.to);
            assert_eq!(headers["Auto-Submitted"], "auto-generated");
            assert_eq!(headers["Content-Language"], letter.language.as_str());
            assert_eq!(headers["MIME-Version"], "1.0");
            assert!(headers["Date"].is_string());
            assert_eq!(
                headers["Subject"].as_str().unwrap().trim(),
                in_one_line(&words.subject)
            );
            let from = headers["From"].as_str().unwrap();
            assert!(from.ends_with("<login@example.com>"), "{from}");
            let names = mail["header_names"].as_array().unwrap();
            assert!(!names.contains(&Json::from("Bcc")), "{names:?}");
            let encrypted = headers["Received"].as_str().unwrap();
            assert!(
                encrypted.contains("esmtpsa") && encrypted.contains("TLS1.3"),
                "{encrypted}"
            );
            let lines = |text: &str| text.replace("\r\n", "\n").trim_end().to_owned();
            let parts = mail["parts"].as_array().unwrap();
            assert_eq!(parts.len(), 2);
            for (part, (kind, text)) in parts
                .iter()
                .zip([("text/plain", &words.text), ("text/html", &words.html)])
            {
                assert_eq!(part["type"], kind);
                assert_eq!(part["charset"], "utf-8");
                assert_eq!(lines(part["text"].as_str().unwrap()), lines(text));
            }
            assert!(parts[0]["text"].as_str().unwrap().contains(LINK_SECRET));
        }
        let log = ginnel.stop();
        assert_eq!(log, "", "nothing to complain about");
    }
}

#[test]
fn an_unknown_mailbox_fails_for_good() {
    let Some(mail) = MailServer::of_this_run() else {
        return;
    };
    let mut ginnel = Installation::new();
    let id = ginnel.store(&letter("nobody@example.com"));
    ginnel.send_by(
        &format!("smtp://{ACCOUNT}@localhost:{}", mail.starttls),
        &mail.folder.join("cert.pem"),
    );
    let message = ginnel.wait_for(&id, State::Failed);
    assert_eq!(
        message["last_error"],
        "RCPT TO: 550 there is no such mailbox"
    );
    let log = ginnel.stop();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains(&id) && log.contains("550"), "{log}");
    assert!(
        !log.contains(LINK_SECRET) && !log.contains("nobody@"),
        "{log}"
    );
}

#[test]
fn a_wrong_password_is_shown_and_tried_again() {
    let Some(mail) = MailServer::of_this_run() else {
        return;
    };
    let mut ginnel = Installation::new();
    let id = ginnel.store(&letter("ada@example.com"));
    let trusted = mail.folder.join("cert.pem");
    let url = |account| format!("smtps://{account}@localhost:{}", mail.tls);
    ginnel.send_by(&url("ginnel%40mail.test:hunter2"), &trusted);
    let message = ginnel.wait(&id, |message| {
        message["attempts"] == 1 && !message["last_error"].is_null()
    });
    assert_eq!(message["state"], "waiting");
    let error = message["last_error"].as_str().unwrap();
    let expected = format!("signing in at localhost:{}: 535", mail.tls);
    assert!(error.starts_with(&expected), "{error}");
    let log = ginnel.stop();
    assert!(
        log.contains("535") && !log.contains("hunter2") && !log.contains(LINK_SECRET),
        "{log}"
    );
    // Mended.
    ginnel.send_by(&url(ACCOUNT), &trusted);
    ginnel.home.succeed(&["messages", "retry", &id]);
    ginnel.wait_for(&id, State::Sent);
    assert_eq!(mail.read(&[id]).len(), 1);
}

#[test]
fn an_untrusted_certificate_is_refused_and_shown() {
    let Some(mail) = MailServer::of_this_run() else {
        return;
    };
    for (scheme, port) in [("smtp", mail.starttls), ("smtps", mail.tls)] {
        let mut ginnel = Installation::new();
        let id = ginnel.store(&letter("ada@example.com"));
        // A file without any certificate: nobody is trusted.
        let trusted = ginnel.home.path().join("none.pem");
        std::fs::write(&trusted, "").unwrap();
        ginnel.send_by(&format!("{scheme}://{ACCOUNT}@localhost:{port}"), &trusted);
        let message = ginnel.wait(&id, |message| !message["last_error"].is_null());
        assert_eq!(message["state"], "waiting");
        let error = message["last_error"].as_str().unwrap();
        assert!(error.contains("invalid peer certificate"), "{error}");
    }
}

/// Passes connections on to another port, from now on.
fn forward(listener: TcpListener, to: u16) {
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let near = stream.unwrap();
            let far = TcpStream::connect(("127.0.0.1", to)).unwrap();
            for (mut from, mut to) in [
                (near.try_clone().unwrap(), far.try_clone().unwrap()),
                (far, near),
            ] {
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Both);
                });
            }
        }
    });
}

#[test]
fn what_waited_for_the_mail_server_arrives_once() {
    let Some(mail) = MailServer::of_this_run() else {
        return;
    };
    let mut ginnel = Installation::new();
    // Bound, so that nobody else takes it; and refusing, as long as nobody listens.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let ids: Vec<_> = (0..20)
        .map(|number| ginnel.store(&letter(&format!("user{number}@example.com"))))
        .collect();
    ginnel.send_by(
        &format!("smtp://{ACCOUNT}@localhost:{port}"),
        &mail.folder.join("cert.pem"),
    );
    for id in &ids {
        let message = ginnel.wait(id, |message| !message["last_error"].is_null());
        assert_eq!(message["state"], "waiting");
        let error = message["last_error"].as_str().unwrap();
        assert!(error.contains("refused"), "{error}");
    }
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    forward(listener, mail.starttls);
    for id in &ids {
        ginnel.wait_for(id, State::Sent);
    }
    assert_eq!(mail.read(&ids).len(), ids.len());
}
