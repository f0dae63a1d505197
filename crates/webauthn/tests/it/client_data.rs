//! WebAuthn L3 §7.1, steps 5 to 11: the client data of a registration. Those of an authentication take the same way.

use ginnel_webauthn::{Algorithm, Error};
use serde_json::json;

use crate::registration::{accepted, refused};
use crate::support::{ClientData, ORIGIN, Registration};

#[test]
fn step_5_bytes_that_are_not_utf_8_are_refused_and_a_byte_order_mark_is_not() {
    let error = refused(|it| it.client_data = ClientData::Bytes(b"{\"type\":\"\xff\"}".to_vec()));
    assert_eq!(
        error,
        Error::MalformedClientData("it is not UTF-8".to_owned())
    );
    accepted(|it| {
        it.client_data =
            ClientData::Bytes([b"\xef\xbb\xbf", it.client_data.bytes().as_slice()].concat());
    });
}

#[test]
fn step_6_client_data_that_are_not_the_json_object_are_refused() {
    let good = String::from_utf8(Registration::new(Algorithm::Es256).client_data.bytes()).unwrap();
    let array = r#"["webauthn.create","YSBjaGFsbGVuZ2Ugb2YgdGhpcnR5LXR3byBieXRlcyE","https://example.org",false,null]"#;
    for broken in [
        "",
        "null",
        "[]",
        array,
        &good[..good.len() - 1],
        &format!("{good} {good}"),
        &good.replace("\"type\"", "\"kind\""),
        &good.replace("\"challenge\"", "\"nonce\""),
        &good.replace("\"origin\"", "\"from\""),
        &good.replace("false", "\"false\""),
        &good.replace('{', "{\"origin\":\"https://example.org\","),
        &good.replace('{', "{\"topOrigin\":7,"),
    ] {
        let error = refused(|it| it.client_data = ClientData::Bytes(broken.as_bytes().to_vec()));
        assert_eq!(error.code(), "malformed_client_data", "{broken}");
    }
    let error = refused(|it| it.client_data.set("padding", "x".repeat(16 * 1024)));
    assert_eq!(
        error,
        Error::MalformedClientData("it is longer than 16 KiB".to_owned())
    );
}

#[test]
fn step_6_unknown_members_and_other_spellings_of_the_json_are_accepted() {
    accepted(|it| {
        it.client_data
            .set("somethingNew", json!({"deep": [1, {"deeper": null}]}))
    });
    accepted(|it| {
        let text = String::from_utf8(it.client_data.bytes()).unwrap();
        let text = text
            .replace("example", "ex\\u0061mple")
            .replace("\":", "\" :\n");
        it.client_data = ClientData::Bytes(text.into_bytes());
    });
}

#[test]
fn step_6_deep_nesting_in_unknown_members_is_no_danger() {
    let deep = |closing: usize| {
        let good =
            String::from_utf8(Registration::new(Algorithm::Es256).client_data.bytes()).unwrap();
        let member = format!("{{\"deep\":{}{},", "[".repeat(5000), "]".repeat(closing));
        good.replacen('{', &member, 1).into_bytes()
    };
    accepted(|it| it.client_data = ClientData::Bytes(deep(5000)));
    let error = refused(|it| it.client_data = ClientData::Bytes(deep(4999)));
    assert_eq!(error.code(), "malformed_client_data");
}

#[test]
fn step_7_another_type_is_refused() {
    for kind in ["webauthn.get", "webauthn.Create", "payment.get", ""] {
        let error = refused(|it| it.client_data.set("type", kind));
        assert_eq!(
            error,
            Error::ClientDataType {
                seen: kind.to_owned(),
                expected: "webauthn.create"
            }
        );
    }
}

#[test]
fn step_8_another_challenge_is_refused() {
    assert_eq!(
        refused(|it| it.expected.challenge[0] ^= 1),
        Error::ChallengeMismatch
    );
    assert_eq!(
        refused(|it| it.expected.challenge.truncate(31)),
        Error::ChallengeMismatch
    );
    assert_eq!(
        refused(|it| it.client_data.set("challenge", "")),
        Error::ChallengeMismatch
    );
    // The encoding is exact: no padding, no other alphabet.
    let padded = "YSBjaGFsbGVuZ2Ugb2YgdGhpcnR5LXR3byBieXRlcyE=";
    assert_eq!(
        refused(|it| it.client_data.set("challenge", padded)),
        Error::ChallengeMismatch
    );
    accepted(|it| it.client_data.set("challenge", &padded[..padded.len() - 1]));
}

#[test]
fn step_9_another_origin_is_refused_and_named() {
    for origin in [
        "http://example.org",
        "https://example.org/",
        "https://example.org:443",
        "https://example.org.evil.test",
        "https://EXAMPLE.org",
        "null",
        "",
    ] {
        assert_eq!(
            refused(|it| it.client_data.set("origin", origin)),
            Error::OriginMismatch {
                seen: origin.to_owned()
            }
        );
    }
    assert_eq!(
        refused(|it| it.expected.origins.clear()),
        Error::OriginMismatch {
            seen: ORIGIN.to_owned()
        }
    );
    let Error::OriginMismatch { seen } =
        refused(|it| it.client_data.set("origin", "ä".repeat(4000)))
    else {
        panic!("the origin is another")
    };
    assert_eq!(seen, "ä".repeat(256));
}

#[test]
fn step_9_the_origin_of_an_android_app_is_one_like_others() {
    let origin = "android:apk-key-hash:2jmj7l5rSw0yVb_vlWAYkK_YBwk";
    accepted(|it| {
        it.client_data.set("origin", origin);
        it.expected.origins = vec![origin.to_owned()];
    });
}

#[test]
fn step_10_a_cross_origin_frame_is_refused_unless_expected() {
    assert_eq!(
        refused(|it| it.client_data.set("crossOrigin", true)),
        Error::CrossOrigin
    );
    accepted(|it| {
        it.client_data.set("crossOrigin", true);
        it.expected.top_origins = Some(Vec::new());
    });
    accepted(|it| it.client_data.set("crossOrigin", json!(null)));
}

#[test]
fn step_11_a_top_origin_is_refused_unless_expected() {
    let top = "https://top.example.com";
    // Also without crossOrigin, which a client must send along.
    assert_eq!(
        refused(|it| it.client_data.set("topOrigin", top)),
        Error::CrossOrigin
    );
    let error = refused(|it| {
        it.client_data.set("crossOrigin", true);
        it.client_data.set("topOrigin", top);
        it.expected.top_origins = Some(vec![ORIGIN.to_owned()]);
    });
    assert_eq!(
        error,
        Error::TopOriginMismatch {
            seen: top.to_owned()
        }
    );
    accepted(|it| {
        it.client_data.set("crossOrigin", true);
        it.client_data.set("topOrigin", top);
        it.expected.top_origins = Some(vec![ORIGIN.to_owned(), top.to_owned()]);
    });
}
