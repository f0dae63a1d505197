//! Twilio's Programmable Messaging: `POST /2010-04-01/Accounts/{SID}/Messages.json` with a form, 201, and for a refusal an
//! error of `code` and `message`.
//!
//! Sources: <https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource> (fields),
//! <https://www.twilio.com/docs/usage/twilios-response> (errors), <https://www.twilio.com/docs/api/errors/20429> (429 was not
//! processed and may be tried again).

use axum::http::{Request, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http_body_util::Full;
use hyper::body::Bytes;
use serde::Deserialize;

use super::{TextMessage, form};
use crate::config::{Secret, is_messaging_service};
use crate::https::Answer;

pub fn path(account: &str) -> String {
    format!("/2010-04-01/Accounts/{account}/Messages.json")
}

pub fn request(
    account: &str,
    token: &Secret,
    from: &str,
    message: &TextMessage<'_>,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let sender = if is_messaging_service(from) {
        "MessagingServiceSid"
    } else {
        "From"
    };
    let fields = [("To", message.to), (sender, from), ("Body", message.text)];
    let (request, body) = form(&fields);
    let credentials = STANDARD.encode(format!("{account}:{}", token.expose()));
    request
        .header(header::AUTHORIZATION, format!("Basic {credentials}"))
        .body(body)
}

#[derive(Deserialize)]
struct Problem {
    code: Option<i64>,
    message: String,
}

/// What the body of a refusal says.
pub fn explain(answer: &Answer) -> Option<String> {
    let problem: Problem = serde_json::from_slice(&answer.body).ok()?;
    let code = problem.code.map(|code| format!("(error {code}) "));
    Some(format!("{}{}", code.unwrap_or_default(), problem.message))
}
