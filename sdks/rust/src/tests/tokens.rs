//! Which tokens pass and which are refused, with which code.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::support::{Hands, ISSUERS, NOW, check, encode, encode_bytes, issuer, kid};
use crate::testing::TestIssuer;
use crate::{Algorithm, Code, Ginnel, StaticKeySet};

fn client(issuer: &TestIssuer) -> crate::Builder {
    Ginnel::builder(issuer.ginnel().app_id())
        .url("http://localhost:8400")
        .key_set(issuer.key_set())
        .clock(Hands::new(NOW).clock())
}

#[tokio::test]
async fn a_valid_token_gives_its_claims() {
    for (_, issuer) in ISSUERS.all() {
        let token = issuer.token().user_id("ada").claim("plan", "gold").sign();
        let claims = issuer.ginnel().validate_token(&token).await.unwrap();
        assert_eq!(claims.sub, "ada");
        assert_eq!(claims.iss, issuer.ginnel().issuer());
        assert_eq!(
            claims.aud,
            ["http://localhost:8080", issuer.ginnel().app_id()]
        );
        assert_eq!((claims.iat, claims.exp), (NOW, NOW + 3600.0));
        assert_eq!((claims.nbf, claims.auth_time), (Some(NOW - 5.0), Some(NOW)));
        assert_eq!(claims.sid.as_deref(), Some("TestSession0000000000000"));
        assert_eq!(claims.amr, ["swk", "user"]);
        assert_eq!(Value::Object(claims.other), json!({"plan": "gold"}));
    }
}

#[tokio::test]
async fn what_may_be_left_out_may_be_left_out() {
    let issuer = &ISSUERS.es256;
    let token = issuer
        .token()
        .claim("aud", issuer.ginnel().app_id())
        .claim("name", "Žofie 🦊")
        .without_claim("nbf")
        .without_claim("sid")
        .claim("amr", "swk")
        .without_header("typ")
        .sign();
    let claims = issuer.ginnel().validate_token(&token).await.unwrap();
    assert_eq!(claims.other["name"], "Žofie 🦊");
    assert_eq!((claims.nbf, claims.sid, claims.amr), (None, None, vec![]));
}

#[tokio::test]
async fn a_forged_token_is_refused() {
    for (algorithm, own) in ISSUERS.all() {
        let ginnel = own.ginnel();
        let token = own.token().sign();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let mut bytes = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
        let longer = [&bytes[..], &[0; 3]].concat();
        let zeros = vec![0; bytes.len()];
        bytes[10] ^= 1;
        for forged in [&bytes, &longer, &zeros, &vec![]] {
            let forged = format!("{signed}.{}", encode_bytes(forged));
            check(ginnel, &forged, Code::SignatureInvalid).await;
        }
        let stranger = issuer(algorithm).token().header("kid", kid(own)).sign();
        check(ginnel, &stranger, Code::SignatureInvalid).await;
    }
    let ada = ISSUERS.es256.token().user_id("ada").sign();
    let bob = ISSUERS.es256.token().user_id("bob").sign();
    let [ada, bob] = [&ada, &bob].map(|token| token.split('.').collect::<Vec<_>>());
    for mixed in [[ada[0], bob[1], ada[2]], [ada[0], ada[1], bob[2]]] {
        check(
            ISSUERS.es256.ginnel(),
            &mixed.join("."),
            Code::SignatureInvalid,
        )
        .await;
    }
}

#[tokio::test]
async fn a_token_is_refused_whichever_character_was_changed() {
    let token = ISSUERS.es256.token().sign();
    for index in 0..token.len() {
        let other = if &token[index..=index] == "A" {
            "B"
        } else {
            "A"
        };
        let changed = format!("{}{other}{}", &token[..index], &token[index + 1..]);
        let outcome = ISSUERS.es256.ginnel().validate_token(&changed).await;
        assert!(outcome.is_err(), "character {index}");
    }
}

#[tokio::test]
async fn keys_that_a_token_brings_are_not_read() {
    let stranger = issuer(Algorithm::Es256);
    let token = stranger
        .token()
        .header("kid", kid(&ISSUERS.es256))
        .header("jwk", stranger.jwks()["keys"][0].clone())
        .header("jku", "http://127.0.0.1:9/keys")
        .header("x5u", "http://127.0.0.1:9/keys")
        .sign();
    check(ISSUERS.es256.ginnel(), &token, Code::SignatureInvalid).await;
}

#[tokio::test]
async fn the_algorithm_is_among_the_accepted_ones() {
    let token = ISSUERS.es256.token().sign();
    let [_, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    let wrong = [
        "none", "None", "NONE", "", "es256", "ES384", "HS256", "eddsa",
    ]
    .map(Value::from);
    for alg in [&wrong[..], &[json!(null), json!(1), json!(["ES256"])]].concat() {
        let header = encode(&json!({"alg": alg, "kid": kid(&ISSUERS.es256), "typ": "JWT"}));
        for signature in ["", signature] {
            let token = format!("{header}.{claims}.{signature}");
            check(ISSUERS.es256.ginnel(), &token, Code::AlgorithmNotAllowed).await;
        }
    }
    let own = &ISSUERS.rs256;
    let narrow = client(own)
        .algorithms([Algorithm::Es256, Algorithm::EdDsa])
        .build()
        .unwrap();
    check(&narrow, &own.token().sign(), Code::AlgorithmNotAllowed).await;
}

#[tokio::test]
async fn the_algorithm_is_the_keys_own() {
    for (algorithm, own) in ISSUERS.all() {
        for (other, stranger) in ISSUERS.all() {
            if other == algorithm {
                continue;
            }
            let token = stranger.token().header("kid", kid(own)).sign();
            check(own.ginnel(), &token, Code::AlgorithmNotAllowed).await;
            let renamed = stranger
                .token()
                .header("kid", kid(own))
                .header("alg", algorithm.as_str());
            check(own.ginnel(), &renamed.sign(), Code::SignatureInvalid).await;
        }
    }
}

#[tokio::test]
async fn the_form_is_strict() {
    let own = &ISSUERS.es256;
    let good = own.token().sign();
    let json = json!({"alg": "ES256", "kid": kid(own)}).to_string();
    let deep = format!("{}{}", "[".repeat(3000), "]".repeat(3000));
    let not_utf8 = [&json.as_bytes()[..json.len() - 1], b",\"x\":\"\xff\"}"].concat();
    let of_header = |bytes: &[u8]| format!("{}.e30.AAAA", encode_bytes(bytes));
    // 64 bytes are 86 characters, and the last one has four bits to spare.
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet.find(&good[good.len() - 1..]).unwrap();
    let twin = format!(
        "{}{}",
        &good[..good.len() - 1],
        &alphabet[last + 1..=last + 1]
    );
    let cases = [
        "not a token".to_owned(),
        "abc".to_owned(),
        "abc.def".to_owned(),
        "a.b.c.d.e".to_owned(),
        "..".to_owned(),
        ".e30.AAAA".to_owned(),
        "žluťoučký.kůň.úpěl".to_owned(),
        "a+/=.e30.x".to_owned(),
        of_header(b"{"),
        of_header(b"[]"),
        of_header(b"null"),
        of_header(b"\"ES256\""),
        of_header(b""),
        of_header(format!("\u{feff}{json}").as_bytes()),
        of_header(format!("{json}{json}").as_bytes()),
        of_header(&not_utf8),
        of_header(
            &json
                .encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<_>>(),
        ),
        of_header(json.replace('}', ",\"x\":NaN}").as_bytes()),
        of_header(json.replace('}', &format!(",\"x\":{deep}}}")).as_bytes()),
        own.token().header("crit", json!(["exp"])).sign(),
        own.token().header("crit", json!([])).sign(),
        own.token().header("typ", "at+jwt").sign(),
        own.token().header("typ", json!(null)).sign(),
        own.token().without_header("kid").sign(),
        own.token().header("kid", "").sign(),
        own.token().header("kid", 1).sign(),
        format!("{good}.x"),
        format!("{good}=="),
        format!("{good} "),
        format!("{good}\n"),
        format!("{}.e30.AAAAA", encode_bytes(&json)),
        format!("{}+/", &good[..good.len() - 2]),
        twin,
    ];
    for token in cases {
        check(own.ginnel(), &token, Code::TokenMalformed).await;
    }
    check(own.ginnel(), "", Code::TokenMissing).await;
}

#[tokio::test]
async fn of_two_members_with_one_name_the_last_counts() {
    let own = &ISSUERS.es256;
    let twice = |first: &str, last: &str| {
        let header = format!(r#"{{"alg":"{first}","alg":"{last}","kid":"{}"}}"#, kid(own));
        format!("{}.e30.AAAA", encode_bytes(header))
    };
    check(
        own.ginnel(),
        &twice("ES256", "none"),
        Code::AlgorithmNotAllowed,
    )
    .await;
    check(
        own.ginnel(),
        &twice("none", "ES256"),
        Code::SignatureInvalid,
    )
    .await;
}

#[tokio::test]
async fn a_token_over_16_kb_is_refused_before_it_is_read() {
    let own = &ISSUERS.es256;
    check(own.ginnel(), &"a".repeat(16_385), Code::TokenOversize).await;
    check(own.ginnel(), &"a".repeat(16_384), Code::TokenMalformed).await;
    check(own.ginnel(), &"ž".repeat(16_384), Code::TokenMalformed).await;
    let large = own.token().claim("text", "x".repeat(11_000)).sign();
    assert!(own.ginnel().validate_token(&large).await.is_ok());
}

#[tokio::test]
async fn a_key_id_that_nobody_has_is_refused() {
    for kid in ["nobody", "__proto__", "../../etc", &"k".repeat(5000)] {
        let token = ISSUERS.es256.token().header("kid", kid).sign();
        check(ISSUERS.es256.ginnel(), &token, Code::KeyUnknown).await;
    }
}

#[tokio::test]
async fn a_key_that_is_none_is_left_out() {
    let own = &ISSUERS.es256;
    let mut jwks = ISSUERS.eddsa.jwks().clone();
    let mut broken = own.jwks()["keys"][0].clone();
    // As long as a coordinate, and of no point of the curve.
    broken["x"] = encode_bytes([255; 32]).into();
    jwks["keys"].as_array_mut().unwrap().push(broken);
    let ginnel = client(own)
        .key_set(StaticKeySet::new(&jwks).unwrap())
        .build()
        .unwrap();
    check(&ginnel, &own.token().sign(), Code::KeyUnknown).await;
}

#[tokio::test]
async fn claims_are_complete_and_of_their_type() {
    let own = &ISSUERS.es256;
    let app_id = own.ginnel().app_id();
    let null = json!(null);
    let wrong = [
        (
            "sub",
            vec![null.clone(), json!(""), json!(7), json!(["ada"])],
        ),
        ("iss", vec![null.clone(), json!(["x"])]),
        (
            "aud",
            vec![
                null.clone(),
                json!(7),
                json!([7, app_id]),
                json!([[app_id]]),
                json!({}),
            ],
        ),
        ("iat", vec![null.clone(), json!("1800000000"), json!(true)]),
        ("exp", vec![null.clone(), json!("1900000000"), json!({})]),
        ("nbf", vec![null, json!("0"), json!(false)]),
    ];
    for (claim, values) in wrong {
        if claim != "nbf" {
            check(
                own.ginnel(),
                &own.token().without_claim(claim).sign(),
                Code::ClaimMissing,
            )
            .await;
        }
        for value in values {
            let outcome = own
                .ginnel()
                .validate_token(&own.token().claim(claim, value).sign())
                .await;
            let error = outcome.unwrap_err();
            assert_eq!(error.code(), Code::ClaimMissing);
            assert!(error.message().contains(&format!("{claim:?}")), "{error}");
        }
    }
}

#[tokio::test]
async fn a_claims_part_that_is_none_is_refused_behind_its_signature_only() {
    let own = &ISSUERS.es256;
    for part in [
        "!!",
        "e3",
        &encode_bytes(b"\xff"),
        &encode(&json!([])),
        &encode(&json!(null)),
    ] {
        let header = encode(&json!({"alg": "ES256", "kid": kid(own)}));
        let signed = format!("{header}.{part}");
        let token = format!("{signed}.{}", own.sign(signed.as_bytes()));
        check(own.ginnel(), &token, Code::ClaimMissing).await;
        check(
            own.ginnel(),
            &format!("{signed}.AAAA"),
            Code::SignatureInvalid,
        )
        .await;
    }
}

#[tokio::test]
async fn times_have_a_leeway() {
    let own = &ISSUERS.es256;
    let ends = |seconds| own.token().expires_in(seconds).sign();
    let begins = |claim: &str, time: f64| own.token().claim(claim, time).sign();
    let strict = client(own).leeway(Duration::ZERO).build().unwrap();
    let generous = client(own)
        .leeway(Duration::from_secs(300))
        .build()
        .unwrap();
    for (ginnel, token) in [
        (own.ginnel(), ends(-4)),
        (own.ginnel(), begins("nbf", NOW + 5.0)),
        (own.ginnel(), begins("iat", NOW + 5.0)),
        (own.ginnel(), begins("exp", NOW - 4.5)),
        (&strict, ends(1)),
        (&generous, ends(-299)),
    ] {
        assert!(ginnel.validate_token(&token).await.is_ok());
    }
    check(own.ginnel(), &ends(-5), Code::TokenExpired).await;
    check(own.ginnel(), &begins("exp", -1e300), Code::TokenExpired).await;
    check(&strict, &ends(0), Code::TokenExpired).await;
    for claim in ["nbf", "iat"] {
        check(
            own.ginnel(),
            &begins(claim, NOW + 5.5),
            Code::TokenNotYetValid,
        )
        .await;
        check(own.ginnel(), &begins(claim, 1e300), Code::TokenNotYetValid).await;
    }
}

#[tokio::test]
async fn claims_are_of_this_application_and_this_server() {
    let own = &ISSUERS.es256;
    let (app_id, iss) = (own.ginnel().app_id(), own.ginnel().issuer());
    let foreign = "ForeignApplication000000";
    for aud in [
        json!(foreign),
        json!([foreign]),
        json!([]),
        json!(""),
        json!(format!("{app_id}x")),
    ] {
        check(
            own.ginnel(),
            &own.token().claim("aud", aud).sign(),
            Code::AudienceMismatch,
        )
        .await;
    }
    for iss in [
        &iss.replace(app_id, foreign),
        &format!("{iss}/"),
        &iss.to_uppercase(),
        "",
    ] {
        check(
            own.ginnel(),
            &own.token().claim("iss", iss).sign(),
            Code::IssuerMismatch,
        )
        .await;
    }
    let split = client(own).url("http://ginnel.internal:8400");
    check(
        &split.build().unwrap(),
        &own.token().sign(),
        Code::IssuerMismatch,
    )
    .await;
    let split = client(own)
        .url("http://ginnel.internal:8400")
        .issuer(iss)
        .build()
        .unwrap();
    assert!(split.validate_token(&own.token().sign()).await.is_ok());
}
