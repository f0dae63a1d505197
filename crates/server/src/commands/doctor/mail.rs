//! Mail: does the mail server take our connection and our account?

use std::time::Duration;

use lettre::Address;
use tokio::time::timeout;

use super::Patient;
use super::findings::Finding;
use crate::config::Config;
use crate::ids::MessageId;
use crate::messages::Refusal;
use crate::messages::email;
use crate::messages::smtp::Smtp;

const CHECK: &str = "mail";

/// How long connecting, TLS and signing in may take together; a test mail gets as long again.
const WITHIN: Duration = Duration::from_secs(5);

/// What needs no network.
pub fn check_settings(config: &Config) -> Option<Finding> {
    if config.smtp.is_some() {
        return None;
    }
    Some(if config.is_loopback() {
        Finding::good(
            CHECK,
            "No mail server is set; mails stay in the inbox of the example app.",
        )
    } else {
        Finding::warning(
            CHECK,
            "No mail server is set: nobody gets a link or a code, and people sign in by passkey only.",
            "Set smtp_url and mail_from; docs/ginnel.example.toml says how.",
        )
    })
}

/// Connects and signs in; sends a mail only if told to.
pub async fn check(patient: &Patient, send_to: Option<&Address>) -> Vec<Finding> {
    let Some(server) = &patient.config.smtp else {
        return send_to
            .map(|_| {
                Finding::bad(
                    CHECK,
                    "There is no mail server to send by.",
                    "Set smtp_url and mail_from.",
                )
            })
            .into_iter()
            .collect();
    };
    let smtp = Smtp::new(server.clone(), patient.app.clock.clone());
    let taken = in_time(smtp.check()).await;
    if let Err(reason) = taken {
        return vec![Finding::bad(
            CHECK,
            format!("The mail server does not take us: {reason}."),
            "Check smtp_url: host, port, smtp:// or smtps://, user and password.",
        )];
    }
    let account = match &server.credentials {
        Some((user, _)) => format!("signs {user} in"),
        None => "asks for no account".to_owned(),
    };
    let mut findings = vec![Finding::good(
        CHECK,
        format!("{server} answers and {account}."),
    )];
    if let Some(address) = send_to {
        findings.push(send(patient, &smtp, address).await);
    }
    smtp.close().await;
    findings
}

async fn send(patient: &Patient, smtp: &Smtp, address: &Address) -> Finding {
    let app = &patient.app;
    let Some(sender) = &patient.config.mail_from else {
        return Finding::bad(CHECK, "Nobody is set who writes.", "Set mail_from.");
    };
    let now = app.clock.now();
    let id = MessageId::draw(&app.random, now);
    let server = patient.config.public_origin();
    let sent = match email::write_test(address, sender, &server, id.as_str(), now) {
        Ok(envelope) => in_time(smtp.deliver(&envelope)).await,
        Err(error) => Err(error.to_string()),
    };
    match sent {
        Ok(()) => Finding::good(
            CHECK,
            format!("The server took a test mail to {address}; see that it arrives."),
        ),
        Err(reason) => Finding::bad(
            CHECK,
            format!("The test mail to {address} was refused: {reason}."),
            format!(
                "Let the mail server accept mails from {}, or write to another address.",
                sender.address
            ),
        ),
    }
}

async fn in_time(step: impl Future<Output = Result<(), Refusal>>) -> Result<(), String> {
    match timeout(WITHIN, step).await {
        Ok(result) => result.map_err(|refusal| refusal.reason),
        Err(_) => Err(format!("no answer within {} s", WITHIN.as_secs())),
    }
}
