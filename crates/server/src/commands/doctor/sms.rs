//! Text messages: is the provider reached, and does it take one?

use super::Patient;
use super::fetch::WITHIN;
use super::findings::Finding;
use crate::domain::apps::AllowedIdentifier;
use crate::ids::MessageId;
use crate::messages::sms::{Sms, TextMessage};
use crate::messages::{Channel, Kind, Language};

const CHECK: &str = "text messages";

/// What needs no network: whether an app lets people name themselves by a number that nobody can write to.
pub fn check_settings(patient: &Patient) -> Option<Finding> {
    let uses_phones = patient
        .apps
        .iter()
        .any(|(record, _)| record.settings.allowed_identifier != AllowedIdentifier::Email);
    if patient.config.has_carrier(Channel::Sms) || !uses_phones {
        return None;
    }
    Some(if patient.config.is_loopback() {
        Finding::good(
            CHECK,
            "No SMS provider is set; text messages stay in the inbox of the example app.",
        )
    } else {
        Finding::warning(
            CHECK,
            "An app takes phone numbers, and no SMS provider is set: nobody gets a link or a code by phone.",
            "Set sms_url and sms_from; docs/ginnel.example.toml says how.",
        )
    })
}

/// Connects; sends a text message only if told to.
pub async fn check(patient: &Patient, send_to: Option<&str>) -> Vec<Finding> {
    let app = &patient.app;
    let (Some(provider), Some(sms)) = (
        &patient.config.sms,
        Sms::answering_within(WITHIN, &patient.config, app.clock.clone()),
    ) else {
        let missing = send_to.map(|_| {
            Finding::bad(
                CHECK,
                "There is no SMS provider to send by.",
                "Set sms_url and sms_from.",
            )
        });
        return missing.into_iter().collect();
    };
    if let Err(trouble) = sms.check().await {
        return vec![Finding::bad(
            CHECK,
            format!("{provider} {trouble}."),
            "Check the host and the port in sms_url, and that a firewall lets this server out to it.",
        )];
    }
    let mut findings = vec![Finding::good(CHECK, format!("{provider} is reached."))];
    if let Some(number) = send_to {
        findings.push(send(patient, &sms, number).await);
    }
    findings
}

async fn send(patient: &Patient, sms: &Sms, number: &str) -> Finding {
    let app = &patient.app;
    let id = MessageId::draw(&app.random, app.clock.now());
    let text = format!(
        "A test by ginnel doctor: the server at {} can reach you.",
        patient.config.public_origin()
    );
    let message = TextMessage {
        id: id.as_str(),
        to: number,
        text: &text,
        kind: Kind::VerifyAddress,
        language: Language::En,
        app: ("", "Ginnel"),
    };
    match sms.deliver(&message).await {
        Ok(()) => Finding::good(
            CHECK,
            format!("The provider took a test message to {number}; see that it arrives."),
        ),
        Err(refusal) => Finding::bad(
            CHECK,
            format!(
                "The test message to {number} was refused. {}.",
                refusal.reason
            ),
            "Check the account in sms_url, sms_from, and whether the account may send to that country.",
        ),
    }
}
