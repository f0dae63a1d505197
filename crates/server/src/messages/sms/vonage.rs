//! Vonage's SMS API, once Nexmo's: `POST /sms/json` with a form; it answers 200 with a status for each part of the message.
//!
//! Sources: <https://developer.vonage.com/en/api/sms> (fields), and
//! <https://developer.vonage.com/en/messaging/sms/guides/troubleshooting-sms> (statuses: 0 is accepted; 1 throttled,
//! 5 internal error and 10 too many connections pass, of which it says to try again; all others are for good).

use axum::http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;

use super::{TextMessage, form, gsm};
use crate::config::Secret;
use crate::https::Answer;
use crate::messages::Refusal;

pub const PATH: &str = "/sms/json";

pub fn request(
    key: &str,
    secret: &Secret,
    from: &str,
    message: &TextMessage<'_>,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let is_gsm = gsm::length(message.text).is_some();
    // It takes numbers without the plus.
    let fields = [
        ("api_key", key),
        ("api_secret", secret.expose()),
        ("from", from.trim_start_matches('+')),
        ("to", message.to.trim_start_matches('+')),
        ("text", message.text),
        ("type", if is_gsm { "text" } else { "unicode" }),
    ];
    let (request, body) = form(&fields);
    request.body(body)
}

#[derive(Deserialize)]
struct Report {
    messages: Vec<Part>,
}

#[derive(Deserialize)]
struct Part {
    status: String,
    #[serde(rename = "error-text")]
    error_text: Option<String>,
}

/// What an answer with 200 means.
pub fn judge(name: &str, answer: &Answer) -> Result<(), Refusal> {
    let report: Option<Report> = serde_json::from_slice(&answer.body).ok();
    let parts = report.map(|report| report.messages).unwrap_or_default();
    let Some(first) = parts.first() else {
        return Err(Refusal::passing(
            name,
            format!("{} without a report", answer.status.as_u16()),
        ));
    };
    // Some of its parts are on their way, and another try would send them twice.
    if parts.iter().any(|part| part.status == "0") {
        return Ok(());
    }
    let text = first.error_text.as_deref().unwrap_or("no reason given");
    let said = format!("(status {}) {text}", first.status);
    Err(match first.status.as_str() {
        "1" | "5" | "10" => Refusal::passing(name, said),
        _ => Refusal::lasting(name, said),
    })
}
