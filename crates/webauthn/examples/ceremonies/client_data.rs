//! `clientDataJSON`, spoilt member by member and as a whole.

use serde_json::{Value as Json, json};

use crate::book::Book;
use crate::support::{ClientData, Expected};

pub fn record(book: &mut Book) {
    for (what, spoil) in MEMBERS {
        let what = format!("client data, {what}");
        book.registrations(&what, |it| spoil(object(&mut it.client_data)));
        book.authentications(&what, |it| spoil(object(&mut it.client_data)));
    }
    for (what, spoil) in TEXTS {
        let what = format!("client data, {what}");
        let change = |client_data: &mut ClientData| {
            let text = String::from_utf8(client_data.bytes()).expect("JSON");
            *client_data = ClientData::Bytes(spoil(&text));
        };
        book.registrations(&what, |it| change(&mut it.client_data));
        book.authentications(&what, |it| change(&mut it.client_data));
    }
    for (what, expect) in EXPECTATIONS {
        let what = format!("client data, {what}");
        book.registrations(&what, |it| {
            expect(object(&mut it.client_data), &mut it.expected)
        });
        book.authentications(&what, |it| {
            expect(object(&mut it.client_data), &mut it.expected)
        });
    }
    book.registrations("client data, type of an authentication", |it| {
        it.client_data.set("type", "webauthn.get");
    });
    book.authentications("client data, type of a registration", |it| {
        it.client_data.set("type", "webauthn.create");
    });
}

fn object(client_data: &mut ClientData) -> &mut Json {
    match client_data {
        ClientData::Json(json) => json,
        ClientData::Bytes(_) => panic!("the client data are bytes already"),
    }
}

fn remove(json: &mut Json, name: &str) {
    json.as_object_mut().expect("an object").remove(name);
}

fn change_text(json: &mut Json, name: &str, change: fn(&str) -> String) {
    json[name] = change(json[name].as_str().expect("a text")).into();
}

/// One member is another.
const MEMBERS: &[(&str, fn(&mut Json))] = &[
    ("type missing", |it| remove(it, "type")),
    ("type null", |it| it["type"] = Json::Null),
    ("type a number", |it| it["type"] = 1.into()),
    ("type empty", |it| it["type"] = "".into()),
    ("type of a payment", |it| it["type"] = "payment.get".into()),
    ("type in capitals", |it| {
        change_text(it, "type", str::to_uppercase)
    }),
    ("type with a space behind", |it| {
        change_text(it, "type", |text| format!("{text} "))
    }),
    ("challenge missing", |it| remove(it, "challenge")),
    ("challenge null", |it| it["challenge"] = Json::Null),
    ("challenge a number", |it| it["challenge"] = 7.into()),
    ("challenge an array", |it| {
        it["challenge"] = json!([it["challenge"]])
    }),
    ("challenge empty", |it| it["challenge"] = "".into()),
    ("challenge of another ceremony", |it| {
        it["challenge"] = "YW5vdGhlciBjaGFsbGVuZ2U".into()
    }),
    ("challenge cut short", |it| {
        change_text(it, "challenge", |text| text[..40].to_owned())
    }),
    ("challenge with more behind", |it| {
        change_text(it, "challenge", |text| format!("{text}AAAA"))
    }),
    ("challenge twice", |it| {
        change_text(it, "challenge", |text| format!("{text}{text}"))
    }),
    ("challenge in other case", |it| {
        change_text(it, "challenge", str::to_uppercase)
    }),
    ("challenge with padding", |it| {
        change_text(it, "challenge", |text| format!("{text}="))
    }),
    ("challenge with too much padding", |it| {
        change_text(it, "challenge", |text| format!("{text}=="))
    }),
    ("challenge with a line break behind", |it| {
        change_text(it, "challenge", |text| format!("{text}\n"))
    }),
    // 32 bytes leave two bits in the last character, which decoders ignore.
    ("challenge with spare bits set", |it| {
        change_text(it, "challenge", |text| {
            let last = text.chars().next_back().expect("it is not empty");
            let next = char::from_u32(last as u32 + 1).expect("a character");
            format!("{}{next}", &text[..text.len() - 1])
        });
    }),
    ("origin missing", |it| remove(it, "origin")),
    ("origin null", |it| it["origin"] = Json::Null),
    ("origin a number", |it| it["origin"] = 1.into()),
    ("origin an array", |it| it["origin"] = json!([it["origin"]])),
    ("origin empty", |it| it["origin"] = "".into()),
    ("origin the word null", |it| it["origin"] = "null".into()),
    ("origin the RP ID", |it| it["origin"] = "example.org".into()),
    ("origin of another site", |it| {
        it["origin"] = "https://example.com".into()
    }),
    ("origin without TLS", |it| {
        it["origin"] = "http://example.org".into()
    }),
    ("origin of a subdomain", |it| {
        it["origin"] = "https://evil.example.org".into()
    }),
    ("origin that begins like ours", |it| {
        it["origin"] = "https://example.org.evil.example".into()
    }),
    ("origin that ends like ours", |it| {
        it["origin"] = "https://evil-example.org".into()
    }),
    ("origin with ours as user", |it| {
        it["origin"] = "https://example.org@evil.example".into()
    }),
    ("origin with another port", |it| {
        it["origin"] = "https://example.org:8443".into()
    }),
    ("origin with its own port", |it| {
        it["origin"] = "https://example.org:443".into()
    }),
    ("origin with a slash behind", |it| {
        it["origin"] = "https://example.org/".into()
    }),
    ("origin with a dot behind", |it| {
        it["origin"] = "https://example.org.".into()
    }),
    ("origin in capitals", |it| {
        it["origin"] = "https://EXAMPLE.ORG".into()
    }),
    ("origin with a space behind", |it| {
        it["origin"] = "https://example.org ".into()
    }),
    ("origin of an app", |it| {
        it["origin"] = "android:apk-key-hash:AAAAAAAAAAAAAAAAAAAAAAAAAAA".into()
    }),
    ("crossOrigin missing", |it| remove(it, "crossOrigin")),
    ("crossOrigin null", |it| it["crossOrigin"] = Json::Null),
    ("crossOrigin true", |it| it["crossOrigin"] = true.into()),
    ("crossOrigin a text", |it| it["crossOrigin"] = "true".into()),
    ("crossOrigin a number", |it| it["crossOrigin"] = 1.into()),
    ("crossOrigin true, topOrigin of another site", |it| {
        it["crossOrigin"] = true.into();
        it["topOrigin"] = "https://example.com".into();
    }),
    ("topOrigin without crossOrigin", |it| {
        it["topOrigin"] = "https://example.com".into()
    }),
    ("topOrigin null", |it| it["topOrigin"] = Json::Null),
    ("topOrigin a number", |it| it["topOrigin"] = 1.into()),
    ("tokenBinding supported", |it| {
        it["tokenBinding"] = json!({"status": "supported"})
    }),
    ("tokenBinding present", |it| {
        it["tokenBinding"] = json!({"status": "present", "id": "AAAA"})
    }),
    ("tokenBinding of no known status", |it| {
        it["tokenBinding"] = json!({"status": "maybe"})
    }),
    ("tokenBinding a text", |it| {
        it["tokenBinding"] = "present".into()
    }),
    ("a member that nobody knows", |it| {
        it["extraData"] = json!({"a": [1, null, {"b": "c"}]})
    }),
    ("a member of 12 kB", |it| {
        it["extraData"] = "x".repeat(12_000).into()
    }),
    ("a member of 20 kB", |it| {
        it["extraData"] = "x".repeat(20_000).into()
    }),
];

/// The text is another, or no JSON, or no text.
const TEXTS: &[(&str, fn(&str) -> Vec<u8>)] = &[
    ("empty", |_| Vec::new()),
    ("an empty object", |_| b"{}".to_vec()),
    ("null", |_| b"null".to_vec()),
    ("a text", |_| b"\"webauthn.get\"".to_vec()),
    ("an array around it", |text| {
        format!("[{text}]").into_bytes()
    }),
    ("cut short", |text| {
        text.as_bytes()[..text.len() - 1].to_vec()
    }),
    ("more behind it", |text| format!("{text}x").into_bytes()),
    ("twice", |text| format!("{text}{text}").into_bytes()),
    ("a zero byte behind it", |text| {
        format!("{text}\0").into_bytes()
    }),
    ("white space around it", |text| {
        format!(" \r\n\t{text} \n").into_bytes()
    }),
    ("other white space in front", |text| {
        format!("\u{a0}{text}").into_bytes()
    }),
    ("a byte order mark", |text| {
        format!("\u{feff}{text}").into_bytes()
    }),
    ("two byte order marks", |text| {
        format!("\u{feff}\u{feff}{text}").into_bytes()
    }),
    ("in UTF-16", |text| {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }),
    ("a byte that is no UTF-8 in a text", |text| {
        let mut bytes = text.as_bytes().to_vec();
        bytes.truncate(bytes.len() - 1);
        bytes.extend(b",\"extraData\":\"\xff\"}");
        bytes
    }),
    ("half a surrogate pair in a member", |text| {
        with_member(text, r#""extraData":"\ud800""#)
    }),
    ("a number beyond a double", |text| {
        with_member(text, r#""extraData":1e400"#)
    }),
    ("a number that is none", |text| {
        with_member(text, r#""extraData":NaN"#)
    }),
    ("a comma at the end", |text| with_member(text, "")),
    ("a comment", |text| {
        format!("{text}/* no JSON */").into_bytes()
    }),
    ("names in single quotes", |text| {
        text.replace('"', "'").into_bytes()
    }),
    ("nested 100 deep", |text| {
        with_member(
            text,
            &format!("\"extraData\":{}{}", "[".repeat(100), "]".repeat(100)),
        )
    }),
    ("nested 1000 deep", |text| {
        with_member(
            text,
            &format!("\"extraData\":{}{}", "[".repeat(1000), "]".repeat(1000)),
        )
    }),
    ("names as escapes", |text| {
        text.replace("\"challenge\"", r#""\u0063hallenge""#)
            .replace("\"origin\"", r#""\u006frigin""#)
            .into_bytes()
    }),
    ("slashes as escapes", |text| {
        text.replace('/', "\\/").into_bytes()
    }),
    ("type twice, alike", |text| {
        let kind = if text.contains("webauthn.get") {
            "webauthn.get"
        } else {
            "webauthn.create"
        };
        with_member(text, &format!("\"type\":\"{kind}\""))
    }),
    ("origin twice, the first another", |text| {
        format!("{{\"origin\":\"https://example.com\",{}", &text[1..]).into_bytes()
    }),
    ("origin twice, the last another", |text| {
        with_member(text, "\"origin\":\"https://example.com\"")
    }),
    ("challenge twice, the last another", |text| {
        with_member(text, "\"challenge\":\"AAAA\"")
    }),
];

fn with_member(text: &str, member: &str) -> Vec<u8> {
    format!("{},{member}}}", &text[..text.len() - 1]).into_bytes()
}

/// What is expected fits what came, or does not.
const EXPECTATIONS: &[(&str, fn(&mut Json, &mut Expected))] = &[
    ("challenge in standard base64", |it, expected| {
        expected.challenge = vec![0xfb; 33];
        it["challenge"] = "+/v7".repeat(11).into();
    }),
    (
        "challenge with the characters of base64url",
        |it, expected| {
            expected.challenge = vec![0xfb; 33];
            it["challenge"] = "-_v7".repeat(11).into();
        },
    ),
    ("origin with a port, as expected", |it, expected| {
        expected.origins = vec!["https://example.org:8443".to_owned()];
        it["origin"] = "https://example.org:8443".into();
    }),
    ("origin of an app, as expected", |it, expected| {
        let origin = "android:apk-key-hash:47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
        expected.origins = vec![origin.to_owned()];
        it["origin"] = origin.into();
    }),
    ("no origin is expected", |_, expected| {
        expected.origins.clear()
    }),
    ("in an expected frame", |it, expected| {
        expected.top_origins = Some(vec!["https://example.com".to_owned()]);
        it["crossOrigin"] = true.into();
        it["topOrigin"] = "https://example.com".into();
    }),
    ("in an expected frame, without its name", |it, expected| {
        expected.top_origins = Some(vec!["https://example.com".to_owned()]);
        it["crossOrigin"] = true.into();
    }),
    (
        "in a frame that is not expected, where others are",
        |it, expected| {
            expected.top_origins = Some(vec!["https://example.com".to_owned()]);
            it["crossOrigin"] = true.into();
            it["topOrigin"] = "https://example.net".into();
        },
    ),
    ("in no frame, where some are expected", |_, expected| {
        expected.top_origins = Some(vec!["https://example.com".to_owned()]);
    }),
];
