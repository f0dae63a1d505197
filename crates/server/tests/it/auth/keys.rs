//! Key set and discovery: what back ends read.

use ginnel::domain::apps::NewApp;
use ginnel::domain::keys::Algorithm;
use serde_json::{Value as Json, json};

use crate::support::{ORIGIN, TestApp, stories};

stories!(
    an_rsa_key_has_all_six_members,
    other_keys_have_theirs,
    discovery_names_issuer_and_key_set,
    any_page_may_read_them,
);

async fn an_rsa_key_has_all_six_members(app: TestApp) {
    let answer = app.anonymous().get("/.well-known/jwks.json").await;
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    let mut set = answer.expect(200);
    let kid = set["keys"][0]["kid"].take();
    assert_eq!(kid.as_str().unwrap().len(), 24);
    let modulus = set["keys"][0]["n"].take();
    assert_eq!(modulus.as_str().unwrap().len(), 342);
    assert_eq!(
        set,
        json!({ "keys": [{
            "alg": "RS256", "e": "AQAB", "kid": null, "kty": "RSA", "n": null, "use": "sig",
        }]})
    );
}

async fn other_keys_have_theirs(app: TestApp) {
    for (algorithm, members) in [
        (
            Algorithm::Es256,
            json!({ "alg": "ES256", "crv": "P-256", "kty": "EC", "use": "sig" }),
        ),
        (
            Algorithm::EdDsa,
            json!({ "alg": "EdDSA", "crv": "Ed25519", "kty": "OKP", "use": "sig" }),
        ),
    ] {
        let new = NewApp::parse("Modern", ORIGIN, "/").unwrap();
        let app = app.app_from(new.algorithm(algorithm)).await;
        let answer = app.anonymous().get("/.well-known/jwks.json").await;
        let mut key = answer.expect(200)["keys"][0].take();
        let key = key.as_object_mut().unwrap();
        assert!(key.remove("kid").is_some());
        assert_eq!(key.remove("x").unwrap().as_str().unwrap().len(), 43);
        assert_eq!(key.remove("y").is_some(), algorithm == Algorithm::Es256);
        assert_eq!(Json::Object(key.clone()), members);
    }
}

async fn discovery_names_issuer_and_key_set(app: TestApp) {
    app.set(|settings| settings.login_url = "/login".to_owned())
        .await;
    let answer = app
        .anonymous()
        .get("/.well-known/openid-configuration")
        .await;
    let issuer = format!("http://localhost:8400/auth/v1/apps/{}", app.id);
    assert_eq!(
        answer.expect(200),
        json!({
            "authorization_endpoint": "http://localhost:8080/login",
            "id_token_signing_alg_values_supported": ["RS256"],
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            "response_types_supported": ["token"],
            "subject_types_supported": ["public"],
        })
    );
}

async fn any_page_may_read_them(app: TestApp) {
    for path in [
        "",
        "/.well-known/jwks.json",
        "/.well-known/openid-configuration",
    ] {
        for origin in [Some("https://elsewhere.example"), None] {
            let mut call = app.anonymous().get(path).without("origin");
            if let Some(origin) = origin {
                call = call.header("origin", origin);
            }
            let answer = call.await;
            answer.expect(200);
            let allowed = answer.header("access-control-allow-origin");
            assert_eq!(allowed, origin.map(|_| "*"), "{path}");
        }
    }
}
