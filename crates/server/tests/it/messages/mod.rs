//! How messages leave: claims, retries and ends against a mail server that does as it is told, and the built program
//! against a real one.

mod delivery;
mod inbox;
mod outcomes;
mod real_server;
mod scripted_server;
mod sms;
pub mod templates;

use std::time::Duration;

use ginnel::app::App;
use ginnel::config::{Config, Security, Sender, SmtpServer};
use ginnel::domain::apps::AppRecord;
use ginnel::ids::MessageId;
use ginnel::messages::{Kind, Language, Letter, Message};

use crate::support::TestApp;

/// The secret of every link here.
pub const LINK_SECRET: &str = "Tr4-nsp0rt_of-Secrets-aB3dE6gH9jK2mN5pQ8s";

/// What a person gets who wants to sign in.
pub fn letter(to: &str) -> Letter {
    Letter {
        kind: Kind::SignIn,
        language: Language::En,
        to: to.to_owned(),
        app_name: "Acme".to_owned(),
        link: Some(format!(
            "http://localhost:8080/login?psg_magic_link={LINK_SECRET}"
        )),
        link_minutes: Some(15),
        code: Some("493027".to_owned()),
        code_minutes: Some(5),
        detail: None,
        device: Some("Chrome on Windows".to_owned()),
        words: None,
        host: None,
    }
}

/// A letter as stored that loses its use after 15 minutes.
pub fn message(app: &App, record: &AppRecord, letter: &Letter) -> Message {
    let expires_at = app.clock.now().plus(Duration::from_secs(15 * 60));
    Message::prepare(app, record, None, letter, expires_at).unwrap()
}

/// Sends by the server on this machine at `port`.
pub fn send_by(config: &mut Config, port: u16) {
    config.smtp = Some(SmtpServer {
        host: "127.0.0.1".to_owned(),
        port,
        security: Security::StartTls,
        credentials: None,
        is_loopback: true,
    });
    config.mail_from = Some(Sender {
        name: None,
        address: "login@example.com".parse().unwrap(),
    });
}

impl TestApp {
    /// Stores a message, as whatever causes it does.
    pub async fn store_message(&self, letter: &Letter) -> MessageId {
        let message = message(&self.app, &self.record().await, letter);
        let id = message.id.clone();
        self.write(move |tx| tx.add_message(&message)).await;
        id
    }

    /// A message as it is stored now.
    pub async fn stored_message(&self, id: &MessageId) -> Message {
        let id = id.clone();
        self.read(move |tx| tx.find_message(&id)).await.unwrap()
    }
}
