//! What the providers are asked, field by field: nothing is missing, nothing is there that they need not know.

use aws_lc_rs::hmac;
use ginnel::domain::apps::AllowedIdentifier;
use ginnel::messages::sender::Sender;
use ginnel::messages::{Letter, State};
use serde_json::{Value as Json, json};

use super::stand_in::StandIn;
use super::{ACCOUNT, NUMBER, WEBHOOK_SECRET, chinese_letter, letter, twilio, vonage, webhook};
use crate::support::{TestApp, opens, stories};

stories!(
    twilio_gets_its_three_fields,
    twilio_picks_the_number_of_a_messaging_service,
    vonage_gets_its_six_fields,
    vonage_is_told_of_another_alphabet,
    a_webhook_gets_a_signed_object,
    a_webhook_knows_a_message_at_each_try,
    somebody_signs_up_by_what_the_provider_was_told,
);

const TEXT: &str = "493027 is your Acme code to sign in. It works for 5 minutes. Never share it.\n@localhost #493027";

/// Headers of every request with a body; none tells more.
const HEADERS: [&str; 5] = [
    "accept",
    "content-length",
    "content-type",
    "host",
    "user-agent",
];

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(own).collect()
}

async fn twilio_gets_its_three_fields(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(twilio(&stand_in));
    stand_in.answers(
        "201 Created",
        "content-type: application/json\r\n",
        r#"{"sid":"SM1","status":"queued"}"#,
    );
    let message = app.text(&letter()).await;
    assert_eq!((message.state, message.attempts), (State::Sent, 1));
    assert_eq!((message.sealed_letter, message.last_error), (None, None));
    assert_eq!(message.recipient, "+1…99");
    let asked = stand_in.asked_once();
    assert_eq!(
        asked.line,
        format!("POST /2010-04-01/Accounts/{ACCOUNT}/Messages.json HTTP/1.1")
    );
    let mut names = HEADERS.to_vec();
    names.insert(1, "authorization");
    assert_eq!(asked.header_names(), names);
    assert_eq!(asked.header("host"), stand_in.host());
    assert_eq!(asked.header("accept"), "application/json");
    assert!(asked.header("user-agent").starts_with("ginnel/"));
    assert_eq!(asked.credentials(), format!("{ACCOUNT}:to:ken@1"));
    assert_eq!(
        asked.form(),
        fields(&[("To", NUMBER), ("From", "+15550100"), ("Body", TEXT)])
    );
    // Nothing is left to do.
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 0);
}

async fn twilio_picks_the_number_of_a_messaging_service(app: TestApp) {
    let stand_in = StandIn::start().await;
    let service = "MG0123456789abcdef0123456789abcdef";
    let app = app.configured(|config| {
        twilio(&stand_in)(config);
        config.sms_from = Some(service.to_owned());
    });
    stand_in.answers("201 Created", "", "{}");
    assert_eq!(app.text(&letter()).await.state, State::Sent);
    assert_eq!(
        stand_in.asked_once().form(),
        fields(&[
            ("To", NUMBER),
            ("MessagingServiceSid", service),
            ("Body", TEXT)
        ])
    );
}

/// Vonage's answer to one part that it took.
const TAKEN: &str = r#"{"message-count":"1","messages":[{"to":"15550109999","message-id":"1","status":"0","remaining-balance":"1","message-price":"0.1","network":"1"}]}"#;

async fn vonage_gets_its_six_fields(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(vonage(&stand_in));
    stand_in.answers("200 OK", "content-type: application/json\r\n", TAKEN);
    let message = app.text(&letter()).await;
    assert_eq!(message.state, State::Sent, "{:?}", message.last_error);
    let asked = stand_in.asked_once();
    assert_eq!(asked.line, "POST /sms/json HTTP/1.1");
    assert_eq!(asked.header_names(), HEADERS);
    assert_eq!(
        asked.form(),
        fields(&[
            ("api_key", "abcd1234"),
            ("api_secret", "s&cret=1"),
            ("from", "15550100"),
            ("to", "15550109999"),
            ("text", TEXT),
            ("type", "text"),
        ])
    );
}

async fn vonage_is_told_of_another_alphabet(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(|config| {
        vonage(&stand_in)(config);
        config.sms_from = Some("Acme".to_owned());
    });
    stand_in.answers("200 OK", "", TAKEN);
    assert_eq!(app.text(&chinese_letter()).await.state, State::Sent);
    let form = stand_in.asked_once().form();
    assert_eq!(form[2], ("from".to_owned(), "Acme".to_owned()));
    assert!(form[4].1.starts_with("493027 是您的 Acme"), "{form:?}");
    assert_eq!(form[5], ("type".to_owned(), "unicode".to_owned()));
}

async fn a_webhook_gets_a_signed_object(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(|config| {
        webhook(&stand_in, "/hooks/texts?from=us")(config);
        config.sms_from = Some("Acme".to_owned());
    });
    stand_in.answers("204 No Content", "", "");
    let message = app.text(&letter()).await;
    assert_eq!(message.state, State::Sent, "{:?}", message.last_error);
    let asked = stand_in.asked_once();
    assert_eq!(asked.line, "POST /hooks/texts?from=us HTTP/1.1");
    let mut names = HEADERS.to_vec();
    names.extend(["ginnel-signature", "idempotency-key"]);
    names.sort_unstable();
    assert_eq!(asked.header_names(), names);
    assert_eq!(asked.header("content-type"), "application/json");
    assert_eq!(asked.header("idempotency-key"), message.id.as_str());
    let body: Json = serde_json::from_str(&asked.body).unwrap();
    assert_eq!(
        body,
        json!({
            "id": message.id.as_str(),
            "to": NUMBER,
            "from": "Acme",
            "text": TEXT,
            "kind": "sign_in",
            "language": "en",
            "app": { "id": app.id.as_str(), "name": "Acme" },
        })
    );
    // As a receiver checks it.
    let signature = asked.header("ginnel-signature");
    let (time, tag) = signature
        .strip_prefix("t=")
        .and_then(|rest| rest.split_once(",v1="))
        .unwrap();
    assert_eq!(time, app.now().as_seconds().to_string());
    let tag: Vec<u8> = (0..tag.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&tag[at..at + 2], 16).unwrap())
        .collect();
    let key = hmac::Key::new(hmac::HMAC_SHA256, WEBHOOK_SECRET.as_bytes());
    let signed = format!("{time}.{}", asked.body);
    hmac::verify(&key, signed.as_bytes(), &tag).unwrap();
    assert!(hmac::verify(&key, format!("{signed} ").as_bytes(), &tag).is_err());
}

async fn a_webhook_knows_a_message_at_each_try(app: TestApp) {
    let stand_in = StandIn::start().await;
    let app = app.configured(webhook(&stand_in, "/"));
    stand_in.answers("503 Service Unavailable", "", "");
    stand_in.answers("202 Accepted", "", "");
    let message = app.text(&letter()).await;
    assert_eq!(message.state, State::Waiting);
    app.advance(5);
    assert_eq!(app.sent(&message.id).await.state, State::Sent);
    let asked = stand_in.asked();
    assert_eq!(asked[0].body, asked[1].body);
    for try_ in &asked {
        assert_eq!(try_.header("idempotency-key"), message.id.as_str());
    }
    // The time is signed, too.
    assert_ne!(
        asked[0].header("ginnel-signature"),
        asked[1].header("ginnel-signature")
    );
    let body: Json = serde_json::from_str(&asked[0].body).unwrap();
    assert_eq!(body["from"], Json::Null);
}

/// From the page to the phone and back.
async fn somebody_signs_up_by_what_the_provider_was_told(app: TestApp) {
    app.set(|settings| settings.allowed_identifier = AllowedIdentifier::Phone)
        .await;
    let stand_in = StandIn::start().await;
    let app = app.configured(twilio(&stand_in));
    let page = app.anonymous();
    let answer = page.ask_for_code("register", "(555) 010-9999").await;
    let id = answer.expect(201)["otp_id"].clone();
    stand_in.answers("201 Created", "", "{}");
    assert_eq!(Sender::new(app.app.clone()).send_due().await, 1);
    let form = stand_in.asked_once().form();
    assert_eq!(form[0].1, NUMBER);
    let code = form[2].1.split(' ').next().unwrap();
    let body = json!({ "otp": code, "otp_id": id });
    opens(page.post("/otp/activate", body).await);
    let user = app.stored_user(NUMBER).await.unwrap();
    assert!(user.phone_verified);
    let letters: Vec<Letter> = app.letters().await;
    assert!(letters.is_empty(), "what it said is forgotten");
}
