//! The JSON around the bytes: members missing, of another type, in another encoding, or saying what the bytes do not say.

use ginnel_webauthn::base64url;
use serde_json::{Value as Json, json};

use crate::book::{Attested, Book, USER_ID};

type Spoil = fn(&mut Json);

pub fn record(book: &mut Book) {
    let members = |names: &[&'static str]| -> Vec<(String, Box<dyn Fn(&mut Json)>)> {
        let mut list: Vec<(String, Box<dyn Fn(&mut Json)>)> = Vec::new();
        for &name in names {
            for &(what, spoil) in TEXTS {
                list.push((
                    format!("{name} {what}"),
                    Box::new(move |it| spoil(at(it, name))),
                ));
            }
            list.push((
                format!("{name} missing"),
                Box::new(move |it| remove(it, name)),
            ));
        }
        for &(what, spoil) in WHOLE {
            list.push((what.to_owned(), Box::new(spoil)));
        }
        list
    };
    let keys = book.keys.clone();
    for keys in keys.iter().filter(|keys| keys.are_usual()) {
        let mut registration = |what: &str, change: &dyn Fn(&mut Json)| {
            let registration = keys.registration(Attested::Itself);
            book.registration(
                keys.algorithm,
                Attested::Itself,
                &format!("response, {what}"),
                &registration,
                change,
            );
        };
        for (what, change) in members(&[
            "rawId",
            "response.clientDataJSON",
            "response.attestationObject",
        ]) {
            registration(&what, &change);
        }
        for (what, change) in REGISTRATION {
            registration(what, change);
        }
        let mut authentication = |what: &str, change: &dyn Fn(&mut Json)| {
            let authentication = keys.authentication();
            book.authentication(
                keys.algorithm,
                &format!("response, {what}"),
                &authentication,
                change,
            );
        };
        let names = [
            "rawId",
            "response.clientDataJSON",
            "response.authenticatorData",
            "response.signature",
        ];
        for (what, change) in members(&names) {
            authentication(&what, &change);
        }
        for (what, change) in AUTHENTICATION {
            authentication(what, change);
        }
        for (what, handle) in [
            ("userHandle missing, which was not asked for", None),
            ("userHandle there, which was not asked for", Some(USER_ID)),
        ] {
            let mut authentication = keys.authentication();
            authentication.user_handle_required = false;
            authentication.user_handle = handle.map(|text| text.as_bytes().to_vec());
            book.authentication(
                keys.algorithm,
                &format!("response, {what}"),
                &authentication,
                |_| {},
            );
        }
    }
}

fn at<'a>(json: &'a mut Json, path: &str) -> &'a mut Json {
    path.split('.').fold(json, |json, name| &mut json[name])
}

fn remove(json: &mut Json, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() {
        json
    } else {
        at(json, parent)
    };
    parent.as_object_mut().expect("an object").remove(name);
}

fn change_text(json: &mut Json, change: impl Fn(&str) -> String) {
    *json = change(json.as_str().expect("a text")).into();
}

/// A text that holds bytes in base64url.
const TEXTS: &[(&str, Spoil)] = &[
    ("null", |it| *it = Json::Null),
    ("a number", |it| *it = 1.into()),
    ("an array of bytes", |it| *it = json!([1, 2, 3])),
    ("empty", |it| *it = "".into()),
    ("no base64", |it| *it = "§§§§".into()),
    ("with characters that are none of base64", |it| {
        change_text(it, |text| format!("{}!!!!{}", &text[..4], &text[4..]))
    }),
    ("with line breaks", |it| {
        change_text(it, |text| format!("{}\n\n\n\n{}", &text[..4], &text[4..]))
    }),
    ("of other bytes", |it| {
        *it = base64url::encode(b"other bytes than these").into()
    }),
];

const WHOLE: &[(&str, Spoil)] = &[
    (
        "response.clientDataJSON of one character more than base64 can have",
        |it| {
            change_text(at(it, "response.clientDataJSON"), |text| {
                format!("{}A", &text[..text.len() / 4 * 4])
            });
        },
    ),
    ("id missing", |it| remove(it, "id")),
    ("id null", |it| it["id"] = Json::Null),
    ("id of another credential", |it| {
        it["id"] = "YW5vdGhlcg".into()
    }),
    ("id and rawId of another credential", |it| {
        it["id"] = "YW5vdGhlcg".into();
        it["rawId"] = "YW5vdGhlcg".into();
    }),
    ("id and rawId with a bit flipped", |it| {
        for name in ["id", "rawId"] {
            change_text(&mut it[name], |text| {
                format!("{}A", &text[..text.len() - 1])
            });
        }
    }),
    ("type missing", |it| remove(it, "type")),
    ("type null", |it| it["type"] = Json::Null),
    ("type another", |it| it["type"] = "password".into()),
    ("authenticatorAttachment missing", |it| {
        remove(it, "authenticatorAttachment")
    }),
    ("authenticatorAttachment null", |it| {
        it["authenticatorAttachment"] = Json::Null
    }),
    ("authenticatorAttachment that nobody knows", |it| {
        it["authenticatorAttachment"] = "hybrid".into()
    }),
    ("authenticatorAttachment a number", |it| {
        it["authenticatorAttachment"] = 1.into()
    }),
    ("clientExtensionResults missing", |it| {
        remove(it, "clientExtensionResults")
    }),
    ("clientExtensionResults with something", |it| {
        it["clientExtensionResults"] = json!({"credProps": {"rk": true}, "unknown": [1]});
    }),
    ("response missing", |it| remove(it, "response")),
    ("response null", |it| it["response"] = Json::Null),
    ("response a text", |it| it["response"] = "response".into()),
    ("a member that nobody knows", |it| {
        it["extra"] = json!({"a": 1})
    }),
    ("an empty object", |it| *it = json!({})),
    ("an array", |it| *it = json!([it.clone()])),
    ("null", |it| *it = Json::Null),
];

const REGISTRATION: &[(&str, Spoil)] = &[
    ("transports missing", |it| remove(it, "response.transports")),
    ("transports that nobody knows", |it| {
        it["response"]["transports"] = json!(["pigeon"])
    }),
    ("transports a text", |it| {
        it["response"]["transports"] = "usb".into()
    }),
    ("the members that browsers add", |it| {
        it["response"]["publicKeyAlgorithm"] = (-7).into();
        it["response"]["publicKey"] = "AAAA".into();
        it["response"]["authenticatorData"] = "AAAA".into();
    }),
    ("the response of an authentication", |it| {
        it["response"] = json!({
            "clientDataJSON": it["response"]["clientDataJSON"],
            "authenticatorData": it["response"]["attestationObject"],
            "signature": "AAAA",
        });
    }),
];

const AUTHENTICATION: &[(&str, Spoil)] = &[
    ("userHandle missing", |it| remove(it, "response.userHandle")),
    ("userHandle null", |it| {
        it["response"]["userHandle"] = Json::Null
    }),
    ("userHandle empty", |it| {
        it["response"]["userHandle"] = "".into()
    }),
    ("userHandle a number", |it| {
        it["response"]["userHandle"] = 1.into()
    }),
    ("userHandle of somebody else", |it| {
        it["response"]["userHandle"] = base64url::encode(b"SomebodyElse000000000000").into()
    }),
    ("userHandle with a byte behind", |it| {
        it["response"]["userHandle"] = base64url::encode(format!("{USER_ID}0").as_bytes()).into();
    }),
    ("userHandle as the text itself", |it| {
        it["response"]["userHandle"] = USER_ID.into()
    }),
    ("the response of a registration", |it| {
        it["response"] = json!({
            "clientDataJSON": it["response"]["clientDataJSON"],
            "attestationObject": it["response"]["authenticatorData"],
        });
    }),
];
