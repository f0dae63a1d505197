//! Auth tokens: what is in them, and which are refused.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::domain::apps::NewApp;
use ginnel::domain::keys::Algorithm;
use serde_json::{Value as Json, json};

use crate::support::{ORIGIN, TestApp, flags, stories};

stories!(
    a_token_has_these_claims,
    a_refresh_moves_neither_session_nor_sign_in,
    methods_say_how_it_was_proven,
    chosen_metadata_is_in_the_token,
    a_token_expires,
    no_token_outlives_its_session,
    an_altered_token_is_refused,
    a_token_without_our_signature_is_refused,
    a_token_of_another_app_is_refused,
    a_token_of_another_installation_is_refused,
    a_key_set_checks_a_token_of_each_algorithm,
);

/// Header and claims of a token.
fn parts(token: &str) -> (Json, Json) {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap();
        serde_json::from_slice(&bytes).unwrap_or_default()
    });
    (parts.next().unwrap(), parts.next().unwrap())
}

async fn key_id(app: &TestApp) -> String {
    let id = app.id.clone();
    let keys = app.read(move |tx| tx.list_signing_keys(&id)).await;
    keys[0].id.to_string()
}

async fn a_token_has_these_claims(app: TestApp) {
    let ada = app.user("ada").await;
    let (header, claims) = parts(ada.auth_token());
    assert_eq!(
        header,
        json!({ "alg": "RS256", "kid": key_id(&app).await, "typ": "JWT" })
    );
    let sid = claims["sid"].as_str().unwrap().to_owned();
    assert_eq!(
        claims,
        json!({
            "amr": ["swk", "user", "mfa"],
            "aud": [ORIGIN, app.id],
            "auth_time": 1_700_000_000,
            "exp": 1_700_003_600,
            "iat": 1_700_000_000,
            "iss": format!("http://localhost:8400/auth/v1/apps/{}", app.id),
            "nbf": 1_699_999_995,
            "sid": sid,
            "sub": ada.id,
        })
    );
    let session = app.read(move |tx| tx.find_session(&sid.parse()?)).await;
    assert_eq!(session.unwrap().1.id.as_str(), ada.id);
}

async fn a_refresh_moves_neither_session_nor_sign_in(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(1000);
    let answer = ada.page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    let ((_, old), (_, new)) = (parts(ada.auth_token()), parts(token));
    for claim in ["sub", "sid", "aud", "iss", "amr", "auth_time"] {
        assert_eq!(old[claim], new[claim], "{claim}");
    }
    assert_eq!(new["auth_time"], 1_700_000_000);
    assert_eq!(new["iat"], 1_700_001_000);
    assert_eq!(new["exp"], 1_700_004_600);
}

async fn methods_say_how_it_was_proven(app: TestApp) {
    let page = app.anonymous();
    let start = page.start_registration("ada@example.com").await;
    let mut authenticator = app.authenticator();
    authenticator.flags = flags::UP | flags::UV;
    let creation = authenticator.create(&start);
    let answer = page.finish_registration(&creation).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    assert_eq!(parts(token).1["amr"], json!(["hwk", "user", "mfa"]));
}

async fn chosen_metadata_is_in_the_token(app: TestApp) {
    let mut ada = app.user("ada").await;
    app.write(|tx| {
        ginnel::store::testing::execute(
            tx,
            r#"UPDATE users SET user_metadata = '{"plan":"gold","secret":"x","sub":"root"}'"#,
            &[],
        )
    })
    .await;
    let fields = ["plan", "sub", "missing"].map(str::to_owned);
    app.set(|settings| settings.token_metadata = fields.to_vec())
        .await;
    ada.sign_in().await;
    let (_, claims) = parts(ada.auth_token());
    assert_eq!(claims["plan"], "gold");
    // No field replaces a claim of ours, and none comes that was not chosen.
    assert_eq!(claims["sub"], *ada.id);
    assert_eq!(claims.get("secret"), None);
    assert_eq!(claims.get("missing"), None);
}

async fn a_token_expires(app: TestApp) {
    let ada = app.user("ada").await;
    app.advance(3599);
    ada.get("/currentuser").await.expect(200);
    app.advance(1);
    ada.get("/currentuser")
        .await
        .assert_refused(401, "invalid_access_token", "");
}

async fn no_token_outlives_its_session(app: TestApp) {
    app.set(|settings| settings.refresh_absolute_lifetime_seconds = 5000)
        .await;
    let ada = app.user("ada").await;
    app.advance(2000);
    let answer = ada.page.refresh(ada.refresh_token()).await.expect(201);
    let token = answer["auth_result"]["auth_token"].as_str().unwrap();
    // Back ends look at nothing else.
    assert_eq!(parts(token).1["exp"], 1_700_005_000);
    assert_eq!(
        answer["auth_result"]["refresh_token_expiration"],
        1_700_005_000
    );
}

#[track_caller]
fn assert_invalid(answer: crate::support::Response, what: &str) {
    let refusal = (401, "invalid_access_token".to_owned(), String::new());
    assert_eq!(answer.refusal(), refusal, "{what}");
}

async fn an_altered_token_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let bob = app.user("bob").await;
    let token = ada.auth_token();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else {
        panic!("three parts");
    };
    let (_, mut json) = parts(token);
    json["sub"] = json!(bob.id);
    let changed = URL_SAFE_NO_PAD.encode(json.to_string());
    let others = bob.auth_token().rsplit_once('.').unwrap().1;
    let broken = if signature.starts_with('A') { "B" } else { "A" };
    let before = app.rows().await;
    for (what, forged) in [
        ("claims", format!("{header}.{changed}.{signature}")),
        (
            "signature of another token",
            format!("{header}.{claims}.{others}"),
        ),
        (
            "signature's first bits",
            format!("{header}.{claims}.{broken}{}", &signature[1..]),
        ),
        ("no signature", format!("{header}.{claims}.")),
        ("two parts", format!("{header}.{claims}")),
        ("four parts", format!("{token}.{signature}")),
        ("padding", format!("{token}=")),
        ("no token", "x".to_owned()),
        ("dots", "..".to_owned()),
        ("refresh token", ada.refresh_token().to_owned()),
    ] {
        let answer = ada.page.get("/currentuser").bearer(&forged).await;
        assert_invalid(answer, what);
    }
    before.assert_unchanged(&app).await;
}

/// The classic forgeries: `alg` none, and HS256 under the published RSA key.
async fn a_token_without_our_signature_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let token = ada.auth_token();
    let (signed, _) = token.rsplit_once('.').unwrap();
    let claims = signed.split_once('.').unwrap().1;
    let kid = key_id(&app).await;
    let info = app.anonymous().get("").await.expect(200);
    let encoded = info["app"]["rsa_public_key"].as_str().unwrap();
    let pem = base64::engine::general_purpose::STANDARD
        .decode(encoded)
        .unwrap();
    let headed = |header: Json| {
        let header = URL_SAFE_NO_PAD.encode(header.to_string());
        format!("{header}.{claims}")
    };
    let mut forged = Vec::new();
    for alg in ["none", "None", "NONE", ""] {
        let unsigned = headed(json!({ "alg": alg, "kid": kid, "typ": "JWT" }));
        forged.push(format!("{unsigned}."));
        forged.push(format!("{unsigned}.AAAA"));
    }
    let unsigned = headed(json!({ "alg": "HS256", "kid": kid, "typ": "JWT" }));
    for secret in [pem.as_slice(), encoded.as_bytes(), b""] {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, unsigned.as_bytes());
        forged.push(format!("{unsigned}.{}", URL_SAFE_NO_PAD.encode(tag)));
    }
    // Our own signature under another header, and keys that the token brings along.
    for header in [
        json!({ "alg": "RS256", "typ": "JWT" }),
        json!({ "alg": "RS384", "kid": kid, "typ": "JWT" }),
        json!({ "alg": "RS256", "kid": "TrWSUbDDTPCKTQDtLA9MO8Ee", "typ": "JWT" }),
        json!({ "alg": "RS256", "kid": kid, "typ": "JWT", "jwk": {} }),
        json!({ "alg": "RS256", "kid": kid, "typ": "JWT", "jku": "https://evil.example/" }),
    ] {
        let signature = token.rsplit_once('.').unwrap().1;
        forged.push(format!("{}.{signature}", headed(header)));
    }
    for token in forged {
        let answer = ada.page.get("/currentuser").bearer(&token).await;
        assert_invalid(answer, &token);
    }
}

async fn a_token_of_another_app_is_refused(app: TestApp) {
    let ada = app.user("ada").await;
    let other = app.another_app("http://localhost:9090").await;
    let path = format!("/auth/v1/apps/{}/currentuser", other.id);
    let call = other.call("GET", &path).bearer(ada.auth_token());
    assert_invalid(call.await, "another app's token");
}

async fn a_token_of_another_installation_is_refused(app: TestApp) {
    // The same app and keys under another public URL: another issuer.
    let elsewhere = app.configured(|config| {
        config.public_url = "https://login.example.com".parse().unwrap();
    });
    let call = elsewhere.anonymous().get("/currentuser");
    let ada = app.user("ada").await;
    let call = call
        .header("host", "login.example.com")
        .bearer(ada.auth_token());
    assert_invalid(call.await, "another issuer's token");
}

async fn a_key_set_checks_a_token_of_each_algorithm(app: TestApp) {
    use aws_lc_rs::signature::{
        ECDSA_P256_SHA256_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        UnparsedPublicKey,
    };
    for algorithm in [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa] {
        let new = NewApp::parse("Signed", ORIGIN, "/").unwrap();
        let app = app.app_from(new.algorithm(algorithm)).await;
        let ada = app.user("ada").await;
        let (header, _) = parts(ada.auth_token());
        assert_eq!(header["alg"], algorithm.as_str());
        let keys = app
            .anonymous()
            .get("/.well-known/jwks.json")
            .await
            .expect(200);
        let key = &keys["keys"][0];
        assert_eq!(key["kid"], header["kid"]);
        let member = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap()).unwrap();
        let (signed, signature) = ada.auth_token().rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        let (message, signature) = (signed.as_bytes(), signature.as_slice());
        let verdict = match algorithm {
            Algorithm::Rs256 => RsaPublicKeyComponents {
                n: member("n"),
                e: member("e"),
            }
            .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature),
            Algorithm::Es256 => {
                let point = [vec![4], member("x"), member("y")].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, signature)
            }
            Algorithm::EdDsa => {
                UnparsedPublicKey::new(&ED25519, member("x")).verify(message, signature)
            }
        };
        assert!(verdict.is_ok(), "{algorithm:?}");
        ada.get("/currentuser").await.expect(200);
    }
}
