//! A webhook of the operator's own: JSON, signed with `sms_webhook_secret`; any 2xx means taken.
//!
//! `Ginnel-Signature: t=<seconds>,v1=<hex>` is the HMAC-SHA256 of `t`, a dot and the body: the time is signed, too, so
//! that an old request cannot be played again. `Idempotency-Key` is the same at each try of a message.

use aws_lc_rs::hmac;
use axum::http::Request;
use http_body_util::Full;
use hyper::body::Bytes;
use serde_json::json;

use super::{TextMessage, post};
use crate::config::Secret;
use crate::time::Timestamp;

pub fn request(
    secret: &Secret,
    from: Option<&str>,
    message: &TextMessage<'_>,
    now: Timestamp,
) -> Result<Request<Full<Bytes>>, axum::http::Error> {
    let (app_id, app_name) = message.app;
    let body = json!({
        "id": message.id,
        "to": message.to,
        "from": from,
        "text": message.text,
        "kind": message.kind.as_str(),
        "language": message.language.as_str(),
        "app": { "id": app_id, "name": app_name },
    })
    .to_string();
    post("application/json")
        .header(
            "Ginnel-Signature",
            signature(secret, &body, now.as_seconds()),
        )
        .header("Idempotency-Key", message.id)
        .body(Full::new(Bytes::from(body)))
}

fn signature(secret: &Secret, body: &str, seconds: i64) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
    let tag = hmac::sign(&key, format!("{seconds}.{body}").as_bytes());
    let hex: String = tag
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("t={seconds},v1={hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed with `printf '1700000000.{"a":1}' | openssl dgst -sha256 -hmac …`.
    #[test]
    fn the_signature_is_what_others_compute() {
        assert_eq!(
            signature(
                &Secret::new("a secret of some length"),
                "{\"a\":1}",
                1_700_000_000
            ),
            "t=1700000000,v1=e09db3ce6e6e8f9b633a62851e5074a9e9148ac19b1c0e1a8f7c352380be630b"
        );
    }
}
