//! Who carries text messages: what `sms_url` and its companions take and refuse.

use super::*;
use crate::messages::Channel;

const FROM: &str = "\nsms_from = '+15550100'";

fn provider(url: &str) -> SmsProvider {
    let file = format!("sms_url = '{url}'{FROM}\nsms_webhook_secret = 'a secret of some length'");
    from_file(&file).sms.expect("it is set")
}

#[test]
fn a_provider_is_named_by_its_scheme() {
    let SmsProvider::Twilio {
        base,
        account,
        token,
    } = provider("twilio://AC12:to%3Aken%40@api.twilio.com")
    else {
        panic!("not Twilio")
    };
    assert_eq!(
        (base.as_str(), account.as_str(), token.expose()),
        ("https://api.twilio.com/", "AC12", "to:ken@")
    );
    let SmsProvider::Vonage { base, key, secret } =
        provider("vonage://ab%2F1:s@rest.nexmo.com:8443")
    else {
        panic!("not Vonage")
    };
    assert_eq!(
        (base.as_str(), key.as_str(), secret.expose()),
        ("https://rest.nexmo.com:8443/", "ab/1", "s")
    );
    let SmsProvider::Webhook(url) = provider("https://hooks.example.com/sms/s3cret?a=b") else {
        panic!("not a webhook")
    };
    assert_eq!(url.expose(), "https://hooks.example.com/sms/s3cret?a=b");
    // A stand-in on this machine has no certificate.
    let SmsProvider::Twilio { base, .. } = provider("twilio://AC12:t@127.0.0.1:9") else {
        panic!("not Twilio")
    };
    assert_eq!(base.as_str(), "http://127.0.0.1:9/");
    provider("http://localhost:9000/hook");
}

#[test]
fn what_is_no_provider_is_refused_without_being_shown() {
    for (url, said) in [
        ("api.twilio.com", "is not a URL"),
        ("sinch://a:hush@x.com", "begins with none of"),
        ("twilio://AC12@api.twilio.com", "lacks one of the two parts"),
        (
            "twilio://:hush@api.twilio.com",
            "lacks one of the two parts",
        ),
        (
            "twilio://AC12:%ff@api.twilio.com",
            "lacks one of the two parts",
        ),
        (
            "twilio://AC%2F..:hush@api.twilio.com",
            "an account SID that is none",
        ),
        (
            "twilio://AC12:hush@api.twilio.com/x",
            "something after the host",
        ),
        (
            "twilio://AC12:hush@api.twilio.com?x",
            "something after the host",
        ),
        ("twilio://AC12:hush@api.twilio.com:0", "the port 0"),
        ("twilio://AC12:hu#sh@api.twilio.com", "%23"),
        ("http://hooks.example.com/hush", "begins with http://"),
        (
            "https://ada:hush@hooks.example.com/",
            "has a user or a password",
        ),
    ] {
        let sentence = refusal(&format!("sms_url = '{url}'{FROM}"));
        assert_says(&sentence, &["sms_url in ginnel.toml", said]);
        assert!(!sentence.contains("hush"), "{sentence}");
    }
    let debug = format!(
        "{:?}",
        from_file(&format!(
            "sms_url = 'twilio://AC12:hush@api.twilio.com'{FROM}"
        ))
    );
    assert!(!debug.contains("hush"), "{debug}");
    let shown = provider("https://hooks.example.com/hush").to_string();
    assert_eq!(shown, "the webhook at https://hooks.example.com");
}

#[test]
fn a_sender_is_a_number_a_name_or_a_service() {
    let from =
        |text: &str| format!("sms_url = 'twilio://AC12:t@api.twilio.com'\nsms_from = '{text}'");
    for good in [
        "+15550100",
        "40404",
        "Acme",
        "Acme Co-1",
        "MG0123456789abcdef0123456789abcdef",
    ] {
        assert_eq!(from_file(&from(good)).sms_from.as_deref(), Some(good));
    }
    for bad in [
        "+1 555 0100",
        "+12",
        "15550100123",
        "A name that is long",
        "Ümlaut",
        "a\tb",
    ] {
        assert_says(&refusal(&from(bad)), &["sms_from in ginnel.toml"]);
    }
}

#[test]
fn a_provider_needs_its_companions() {
    assert_says(
        &refusal("sms_url = 'twilio://AC12:t@api.twilio.com'"),
        &["sms_from is not", "GINNEL_SMS_FROM"],
    );
    let service = "sms_from = 'MG0123456789abcdef0123456789abcdef'";
    assert_says(
        &refusal(&format!(
            "sms_url = 'vonage://k:s@rest.nexmo.com'\n{service}"
        )),
        &["a messaging service of Twilio's"],
    );
    assert_says(
        &refusal("sms_url = 'https://hooks.example.com/'"),
        &["sms_webhook_secret is not set", "openssl rand"],
    );
    assert_says(
        &refusal("sms_url = 'https://hooks.example.com/'\nsms_webhook_secret = 'short'"),
        &["fewer than 16 letters"],
    );
}

#[test]
fn text_messages_reach_people_by_a_provider_or_on_loopback() {
    let sends = |file: &str| {
        let config = from_file(file);
        (config.sends(Channel::Sms), config.keeps(Channel::Sms))
    };
    let public = "public_url = 'https://id.example.com'\n";
    let text = format!("sms_url = 'twilio://AC12:t@api.twilio.com'{FROM}");
    assert_eq!(sends(""), (true, true));
    assert_eq!(sends(&text), (true, false));
    assert_eq!(sends(public), (false, false));
    assert_eq!(sends(&format!("{public}{text}")), (true, false));
}
