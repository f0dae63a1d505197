//! App info.

use ginnel::domain::apps::{AllowedIdentifier, NewApp};
use ginnel::domain::keys::Algorithm;
use serde_json::{Value as Json, json};

use crate::support::{TestApp, stories};

stories!(
    app_info_has_every_key_of_the_contract,
    an_app_that_signs_otherwise_has_no_rsa_key,
    identifiers_are_named_as_passage_named_them,
    a_setting_is_seen_within_two_seconds,
    unknown_apps_are_not_found,
);

async fn app_info_has_every_key_of_the_contract(app: TestApp) {
    app.list_origin("https://www.example.com").await;
    let answer = app.anonymous().get("").await;
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let mut info = answer.expect(200);
    // Base64 of a PKCS#1 PEM without padding, which all of Passage's packages can decode.
    let key = info["app"]["rsa_public_key"].take();
    let key = key.as_str().unwrap();
    assert!(key.starts_with("LS0tLS1CRUdJTiBSU0EgUFVCTElDIEtFWS0tLS0tC"));
    assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    assert_eq!(
        info,
        json!({ "app": {
            "additional_auth_origins": ["https://www.example.com"],
            "allowed_identifier": "email",
            "auth_fallback_method": "otp",
            "auth_fallback_method_ttl": 10,
            "auth_methods": {
                "magic_link": { "ttl": 900, "ttl_display_unit": "m" },
                "otp": { "ttl": 600, "ttl_display_unit": "m" },
                "passkeys": {},
            },
            "auth_origin": "http://localhost:8080",
            "default_country": "US",
            "default_language": "en",
            "element_customization": {},
            "element_customization_dark": {},
            "ephemeral": false,
            "hide_user_existence": false,
            "id": app.id,
            "layouts": { "profile": [], "registration": [] },
            "login_url": "/",
            "name": "Acme",
            "passage_branding": false,
            "profile_management": true,
            "public_signup": true,
            "redirect_url": "/dashboard",
            "refresh_absolute_lifetime": 2_592_000,
            "refresh_enabled": true,
            "refresh_inactivity_lifetime": 604_800,
            "require_email_verification": false,
            "require_identifier_verification": false,
            "required_identifier": "email",
            "rsa_public_key": null,
            "session_timeout_length": 60,
            "social_connections": {},
            "type": "complete",
            "user_metadata_schema": [],
        }})
    );
}

async fn an_app_that_signs_otherwise_has_no_rsa_key(app: TestApp) {
    let new = NewApp::parse("Modern", "https://example.com", "/").unwrap();
    let modern = app.app_from(new.algorithm(Algorithm::EdDsa)).await;
    let info = modern.anonymous().get("").await.expect(200);
    assert_eq!(info["app"]["rsa_public_key"], "");
}

async fn identifiers_are_named_as_passage_named_them(app: TestApp) {
    for (setting, allowed, required) in [
        (AllowedIdentifier::Email, "email", "email"),
        (AllowedIdentifier::Phone, "phone", "phone"),
        (AllowedIdentifier::Both, "both", "either"),
    ] {
        app.set(|settings| settings.allowed_identifier = setting)
            .await;
        let info = app.anonymous().get("").await.expect(200);
        assert_eq!(info["app"]["allowed_identifier"], allowed);
        assert_eq!(info["app"]["required_identifier"], required);
    }
}

async fn a_setting_is_seen_within_two_seconds(app: TestApp) {
    let name = async || -> Json { app.anonymous().get("").await.expect(200)["app"]["name"].take() };
    assert_eq!(name().await, "Acme");
    // Written past this node, as the command line does.
    app.write(|tx| ginnel::store::testing::execute(tx, "UPDATE apps SET name = 'Renamed'", &[]))
        .await;
    app.advance(2);
    assert_eq!(name().await, "Renamed");
}

async fn unknown_apps_are_not_found(app: TestApp) {
    for id in ["TrWSUbDDTPCKTQDtLA9MO8Ee", "short", "..%2F..%2Fetc", "%00"] {
        for (method, path) in [
            ("GET", ""),
            ("GET", "/users?identifier=a@example.com"),
            ("POST", "/users"),
            ("POST", "/register/webauthn/start"),
            ("POST", "/login/webauthn/finish"),
            ("POST", "/tokens"),
            ("GET", "/currentuser"),
            ("GET", "/.well-known/jwks.json"),
        ] {
            let path = format!("/auth/v1/apps/{id}{path}");
            let answer = app.call(method, &path).json(json!({})).await;
            answer.assert_refused(404, "app_not_found", "");
        }
    }
}
