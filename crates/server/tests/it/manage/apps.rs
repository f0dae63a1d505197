//! App info for back ends.

use serde_json::json;

use crate::support::{TestApp, stories};

stories!(
    app_info_needs_no_key,
    keys_are_those_of_the_authentication_api,
    unknown_apps_are_not_found,
);

async fn app_info_needs_no_key(app: TestApp) {
    let path = format!("/api/v1/apps/{}", app.id);
    let answer = app.call("GET", &path).await;
    // Packages of other languages differ in which of two equal keys they read.
    let text = String::from_utf8(answer.body.clone()).unwrap();
    assert_eq!(text.matches("\"auth_methods\"").count(), 1);
    let mut answer = answer.expect(200);
    assert!(answer["app"]["rsa_public_key"].take().is_string());
    let link = json!({ "enabled": true, "ttl": 900, "ttl_display_unit": "m" });
    let code = json!({ "enabled": true, "ttl": 600, "ttl_display_unit": "m" });
    assert_eq!(
        answer,
        json!({ "app": {
            "additional_auth_origins": [],
            "allowed_callback_urls": [],
            "allowed_identifier": "email",
            "allowed_logout_urls": [],
            "application_login_uri": "",
            "auth_fallback_method": "otp",
            "auth_fallback_method_ttl": 10,
            "auth_methods": { "magic_link": link, "otp": code, "passkeys": { "enabled": true } },
            "auth_origin": "http://localhost:8080",
            "auto_theme_enabled": true,
            "created_at": "2023-11-14T22:13:20Z",
            "default_country": "US",
            "default_language": "en",
            "element_customization": {},
            "element_customization_dark": {},
            "ephemeral": false,
            "hide_user_existence": false,
            "hosted": false,
            "hosted_subdomain": "",
            "hosted_theme": "auto",
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
            "role": "",
            "rsa_public_key": null,
            "session_timeout_length": 60,
            "social_connections": {},
            "technologies": [],
            "type": "complete",
            "user_metadata_schema": [],
        }})
    );
}

async fn keys_are_those_of_the_authentication_api(app: TestApp) {
    let path = format!("/api/v1/apps/{}/", app.id);
    let managed = app.call("GET", &path).await.expect(200);
    let public = app.anonymous().get("").await.expect(200);
    for (name, value) in public["app"].as_object().unwrap() {
        if name != "auth_methods" {
            assert_eq!(&managed["app"][name], value, "{name}");
        }
    }
}

async fn unknown_apps_are_not_found(app: TestApp) {
    for id in ["TrWSUbDDTPCKTQDtLA9MO8Ee", "x"] {
        let answer = app.call("GET", &format!("/api/v1/apps/{id}")).await;
        answer.assert_refused(404, "app_not_found", "");
    }
}
