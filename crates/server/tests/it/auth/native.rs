//! Apps on telephones: whose passkeys are taken, the bodies of Passage's packages for Android and iOS, and the files that
//! make the systems trust an app.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::domain::apps::Settings;
use serde_json::{Value as Json, json};

use crate::support::{Authenticator, Call, Response, TestApp, stories};

stories!(
    an_android_app_is_known_by_its_certificate,
    an_ios_app_is_known_by_the_rp_id,
    origins_that_are_not_listed_are_refused,
    the_android_package_signs_up_and_in,
    the_swift_package_signs_up_and_in,
    a_foreign_user_id_is_refused,
    mobile_tokens_are_refreshed_and_revoked,
    android_finds_its_statements,
    ios_finds_its_association,
    a_host_is_asked_for_all_its_apps,
    who_has_no_app_on_telephones_serves_no_file,
);

/// A certificate's SHA-256 fingerprint, as settings hold it, and the origin of apps that are signed with it.
fn certificate(byte: u8) -> (String, String) {
    let hex = vec![format!("{byte:02X}"); 32].join(":");
    let hash = URL_SAFE_NO_PAD.encode([byte; 32]);
    (hex, format!("android:apk-key-hash:{hash}"))
}

fn list_both(settings: &mut Settings) {
    settings.android_apps = vec![format!("com.example.app {}", certificate(0xAB).0)];
    settings.ios_apps = vec!["A1B2C3D4E5.com.example.app".to_owned()];
}

/// A telephone: it names no `Origin`, and says what it is as Passage's packages do.
struct Phone {
    app: TestApp,
    version: &'static str,
    agent: &'static str,
    authenticator: Authenticator,
}

impl Phone {
    fn android(app: &TestApp, origin: &str) -> Self {
        Phone {
            app: app.clone(),
            version: "kotlin 2.0.3",
            agent: "Passage Android/2.0.3 (Android; Version 15; Device Pixel 8)",
            authenticator: Authenticator::new(origin),
        }
    }

    fn ios(app: &TestApp, origin: &str) -> Self {
        Phone {
            app: app.clone(),
            version: "swift 1.0.0",
            agent: "Passage Swift/1.0.0 (iOS; Version 18.1; Device iPhone)",
            authenticator: Authenticator::new(origin),
        }
    }

    fn call(&self, method: &str, path: &str) -> Call {
        let path = format!("/auth/v1/apps/{}{path}", self.app.id);
        let call = self.app.call(method, &path);
        call.header("passage-version", self.version)
            .header("user-agent", self.agent)
    }

    async fn post(&self, path: &str, body: Json) -> Response {
        self.call("POST", path).json(body).await
    }

    /// Signs up with the body that a browser sends.
    async fn sign_up(&mut self, identifier: &str) -> Response {
        let body = json!({ "identifier": identifier, "authenticator_attachment": "platform" });
        let start = self.post("/register/webauthn/start", body).await;
        let creation = self.authenticator.create(&start.expect(200)).body();
        self.post("/register/webauthn/finish", creation).await
    }
}

async fn an_android_app_is_known_by_its_certificate(app: TestApp) {
    let (_, origin) = certificate(0xAB);
    let mut phone = Phone::android(&app, &origin);
    phone.sign_up("ada@example.com").await.assert_refused(
        401,
        "webauthn_login_failed",
        "origin_not_allowed",
    );
    app.set(list_both).await;
    phone.sign_up("ada@example.com").await.expect(201);
    // Another certificate, and the same one in another spelling, are other apps.
    let (_, other) = certificate(0xCD);
    for origin in [other, origin.to_uppercase(), format!("{origin}=")] {
        let mut other = Phone::android(&app, &origin);
        let refused = other.sign_up("bob@example.com").await;
        refused.assert_refused(401, "webauthn_login_failed", "origin_not_allowed");
    }
    // Listed without a package, it is trusted alike.
    let (_, other) = certificate(0xCD);
    let listed = other.clone();
    app.set(|settings| settings.native_origins = vec![listed])
        .await;
    let mut phone = Phone::android(&app, &other);
    phone.sign_up("bob@example.com").await.expect(201);
    app.set(|settings| settings.native_origins.clear()).await;
    let start = phone.post("/login/webauthn/start", json!({})).await;
    let assertion = phone.authenticator.assert(&start.expect(200)).body();
    phone
        .post("/login/webauthn/finish", assertion)
        .await
        .assert_refused(401, "discoverable_login_failed", "origin_not_allowed");
}

async fn an_ios_app_is_known_by_the_rp_id(app: TestApp) {
    let mut phone = Phone::ios(&app, "https://localhost");
    phone.sign_up("ada@example.com").await.assert_refused(
        401,
        "webauthn_login_failed",
        "origin_not_allowed",
    );
    app.set(list_both).await;
    phone.sign_up("ada@example.com").await.expect(201);
    for origin in [
        "https://localhost/",
        "https://localhost:443",
        "http://localhost",
        "https://app.localhost",
        "https://evil.example",
    ] {
        let mut other = Phone::ios(&app, origin);
        let refused = other.sign_up("bob@example.com").await;
        refused.assert_refused(401, "webauthn_login_failed", "origin_not_allowed");
    }
    // That is an origin of passkeys alone: a page there may not call for the app.
    let call = app.call("POST", &format!("/auth/v1/apps/{}/users", app.id));
    call.header("origin", "https://localhost")
        .json(json!({ "identifier": "bob@example.com" }))
        .await
        .assert_refused(403, "operation_not_allowed", "origin_not_allowed");
}

async fn origins_that_are_not_listed_are_refused(app: TestApp) {
    app.set(list_both).await;
    let mut phone = Phone::android(&app, "android:apk-key-hash:");
    for origin in [
        "android:apk-key-hash:",
        "android:apk-key-hash-sha256:q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s",
        "ios:bundle-id:com.example.app",
        "com.example.app",
        "null",
        "",
    ] {
        phone.authenticator = Authenticator::new(origin);
        let refused = phone.sign_up("ada@example.com").await;
        assert_eq!(refused.status, 401, "{origin}: {}", refused.text());
    }
    assert!(app.stored_user("ada@example.com").await.is_none());
}

/// Credential Manager's JSON has more members than the contract; the package sends those that its model knows.
async fn the_android_package_signs_up_and_in(app: TestApp) {
    app.set(list_both).await;
    let mut phone = Phone::android(&app, &certificate(0xAB).1);
    let start = json!({ "identifier": "ada@example.com", "authenticator_attachment": "platform" });
    let start = phone
        .post("/register/webauthn/start", start)
        .await
        .expect(200);
    let mut body = phone.authenticator.create(&start).body();
    let credential = body["handshake_response"].as_object_mut().unwrap();
    let transports = credential.remove("transports").unwrap();
    credential.insert("authenticatorAttachment".to_owned(), json!("platform"));
    credential.insert(
        "clientExtensionResults".to_owned(),
        json!({ "credProps": { "rk": true } }),
    );
    credential["response"]["transports"] = transports;
    credential["response"]["publicKeyAlgorithm"] = json!(-7);
    let tokens = phone
        .post("/register/webauthn/finish", body)
        .await
        .expect(201);
    assert!(tokens["auth_result"]["auth_token"].is_string());

    for identifier in [Some("ada@example.com"), None] {
        let start = json!({ "identifier": identifier });
        let start = phone.post("/login/webauthn/start", start).await.expect(200);
        let mut body = phone.authenticator.assert(&start).body();
        let credential = &mut body["handshake_response"];
        credential["authenticatorAttachment"] = json!("platform");
        credential["clientExtensionResults"] = json!({});
        if identifier.is_none() {
            // The package's model writes what it does not know as null.
            body["user_id"] = Json::Null;
        }
        phone.post("/login/webauthn/finish", body).await.expect(200);
    }
    let token = tokens["auth_result"]["auth_token"].as_str().unwrap();
    let devices = phone.call("GET", "/currentuser/devices").bearer(token);
    let devices = devices.await.expect(200);
    assert_eq!(devices["devices"][0]["type"], "passkey");
}

/// The package takes the text of `user.id` for the handle's bytes, sends it back as it is, and names the user by what was typed.
async fn the_swift_package_signs_up_and_in(app: TestApp) {
    app.set(list_both).await;
    let mut phone = Phone::ios(&app, "https://localhost");
    let start = json!({ "identifier": "Ada@Example.com" });
    let start = phone
        .post("/register/webauthn/start", start)
        .await
        .expect(200);
    let handle = start["handshake"]["challenge"]["publicKey"]["user"]["id"].clone();
    let mut body = phone.authenticator.create(&start).body();
    body["user_id"] = json!("Ada@Example.com");
    let credential = body["handshake_response"].as_object_mut().unwrap();
    credential.remove("transports");
    phone
        .post("/register/webauthn/finish", body)
        .await
        .expect(201);

    for identifier in [Some("ADA@example.com"), None] {
        let start = match identifier {
            Some(identifier) => json!({ "identifier": identifier }),
            None => json!({}),
        };
        let start = phone.post("/login/webauthn/start", start).await.expect(200);
        let mut assertion = phone.authenticator.assert(&start);
        assertion.user_handle = handle.clone();
        assertion.user_id = json!(identifier);
        let answer = phone.post("/login/webauthn/finish", assertion.body());
        answer.await.expect(200);
    }
}

async fn a_foreign_user_id_is_refused(app: TestApp) {
    app.set(list_both).await;
    let mut phone = Phone::ios(&app, "https://localhost");
    let bob = app.user("bob").await;
    let start = json!({ "identifier": "ada@example.com" });
    let start = phone
        .post("/register/webauthn/start", start)
        .await
        .expect(200);
    let creation = phone.authenticator.create(&start).body();
    for named in ["bob@example.com", bob.id.as_str(), "nobody"] {
        let mut body = creation.clone();
        body["user_id"] = json!(named);
        let refused = phone.post("/register/webauthn/finish", body).await;
        refused.assert_refused(400, "invalid_request", "");
    }
    phone
        .post("/register/webauthn/finish", creation)
        .await
        .expect(201);
    let start = json!({ "identifier": "ada@example.com" });
    let start = phone.post("/login/webauthn/start", start).await.expect(200);
    for named in ["bob@example.com", bob.id.as_str(), "nobody"] {
        let mut assertion = phone.authenticator.assert(&start);
        assertion.user_id = json!(named);
        let refused = phone.post("/login/webauthn/finish", assertion.body()).await;
        refused.assert_refused(401, "webauthn_login_failed", "user_mismatch");
    }
}

async fn mobile_tokens_are_refreshed_and_revoked(app: TestApp) {
    app.set(list_both).await;
    let mut phone = Phone::android(&app, &certificate(0xAB).1);
    let first = phone.sign_up("ada@example.com").await.expect(201);
    let token = &first["auth_result"]["refresh_token"];
    let next = phone
        .post("/tokens", json!({ "refresh_token": token }))
        .await;
    let next = next.expect(201)["auth_result"].clone();
    assert_ne!(next["refresh_token"], *token);
    assert!(next["refresh_token_expiration"].is_i64());
    let token = next["refresh_token"].as_str().unwrap();
    let path = format!("/tokens?refresh_token={token}");
    let gone = phone.call("DELETE", &path).await;
    assert_eq!((gone.status, gone.body.len()), (200, 0));
    phone
        .post("/tokens", json!({ "refresh_token": token }))
        .await
        .assert_refused(401, "invalid_refresh_token", "");
    let dead = phone.call("GET", "/currentuser");
    dead.bearer(next["auth_token"].as_str().unwrap())
        .await
        .assert_refused(401, "invalid_access_token", "");
}

const ASSET_LINKS: &str = "/.well-known/assetlinks.json";
const SITE_ASSOCIATION: &str = "/.well-known/apple-app-site-association";

fn of_app(app: &TestApp, path: &str) -> String {
    format!("/auth/v1/apps/{}{path}", app.id)
}

/// What both systems demand of the answer.
#[track_caller]
fn is_file(answer: &Response) -> Json {
    let file = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("public, max-age=300"));
    assert_eq!(answer.header("location"), None);
    file
}

fn statement(package: &str, certificates: &[String]) -> Json {
    json!({
        "relation": [
            "delegate_permission/common.get_login_creds",
            "delegate_permission/common.handle_all_urls",
        ],
        "target": {
            "namespace": "android_app",
            "package_name": package,
            "sha256_cert_fingerprints": certificates,
        },
    })
}

async fn android_finds_its_statements(app: TestApp) {
    let (one, two) = (certificate(0xAB).0, certificate(0xCD).0);
    let listed = vec![
        format!("com.example.app {one}"),
        format!("com.example.other {one}"),
        format!("com.example.app {two}"),
    ];
    app.set(|settings| settings.android_apps = listed).await;
    let answer = app.call("GET", &of_app(&app, ASSET_LINKS)).await;
    let both = [one.clone(), two];
    assert_eq!(
        is_file(&answer),
        json!([
            statement("com.example.app", &both),
            statement("com.example.other", &[one]),
        ])
    );
    // As old packages write paths, and for whoever looks at it in a browser.
    let slash = format!("{}/", of_app(&app, ASSET_LINKS));
    let call = app
        .call("GET", &slash)
        .header("origin", "https://other.example");
    let answer = call.await;
    is_file(&answer);
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
}

async fn ios_finds_its_association(app: TestApp) {
    app.set(list_both).await;
    app.set(|settings| {
        settings.login_url = "/login".to_owned();
        settings.login_paths = vec!["/join".to_owned(), "/login".to_owned()];
    })
    .await;
    let answer = app.call("GET", &of_app(&app, SITE_ASSOCIATION)).await;
    assert_eq!(
        is_file(&answer),
        json!({
            "webcredentials": { "apps": ["A1B2C3D4E5.com.example.app"] },
            "applinks": { "details": [{
                "appIDs": ["A1B2C3D4E5.com.example.app"],
                "components": [
                    { "/": "/login", "?": { "psg_magic_link": "?*" } },
                    { "/": "/login", "?": { "psg_verify_link": "?*" } },
                    { "/": "/join", "?": { "psg_magic_link": "?*" } },
                    { "/": "/join", "?": { "psg_verify_link": "?*" } },
                ],
            }] },
        })
    );
}

async fn a_host_is_asked_for_all_its_apps(app: TestApp) {
    let shop = app.another_app("https://shop.example").await;
    let more = app.another_app("https://shop.example:8443").await;
    let (one, two) = (certificate(0xAB).0, certificate(0xCD).0);
    shop.set(list_both).await;
    let other = format!("com.example.other {two}");
    more.set(|settings| settings.android_apps = vec![other])
        .await;
    let at = |host: &str, path: &str| app.call("GET", path).header("host", host);
    for host in [
        "shop.example",
        "SHOP.example",
        "shop.example:443",
        "shop.example:8443",
    ] {
        let answer = at(host, ASSET_LINKS).await;
        assert_eq!(
            is_file(&answer),
            json!([
                statement("com.example.app", std::slice::from_ref(&one)),
                statement("com.example.other", std::slice::from_ref(&two)),
            ]),
            "{host}"
        );
        let file = is_file(&at(host, SITE_ASSOCIATION).await);
        let apps = &file["webcredentials"]["apps"];
        assert_eq!(*apps, json!(["A1B2C3D4E5.com.example.app"]));
    }
    // Nothing else is answered there, and no other host is answered for.
    for path in [
        "/openapi.json",
        "/.well-known/",
        "/.well-known/assetlinks.json/x",
    ] {
        let refused = at("shop.example", path).await;
        refused.assert_refused(421, "misdirected_request", "");
    }
    for host in [
        "example",
        "www.shop.example",
        "evil.example",
        "shop.example.evil.example",
    ] {
        let missing = at(host, ASSET_LINKS).await;
        missing.assert_refused(404, "not_found", "");
        assert!(missing.sentence().contains(host), "{}", missing.sentence());
    }
    // What anybody can make says nothing about a host.
    let id = shop.id.clone();
    let until = app.now().plus(std::time::Duration::from_secs(60));
    app.write(move |tx| {
        ginnel::store::testing::execute(
            tx,
            "UPDATE apps SET test_until = $2 WHERE id = $1",
            &[&id, &until],
        )
    })
    .await;
    let missing = at("shop.example", SITE_ASSOCIATION).await;
    missing.assert_refused(404, "not_found", "");
}

async fn who_has_no_app_on_telephones_serves_no_file(app: TestApp) {
    for (path, setting) in [
        (ASSET_LINKS, "Android apps"),
        (SITE_ASSOCIATION, "iOS apps"),
    ] {
        for path in [of_app(&app, path), path.to_owned()] {
            let missing = app.call("GET", &path).await;
            missing.assert_refused(404, "not_found", "");
            assert!(missing.sentence().contains(setting));
        }
        let path = format!("/auth/v1/apps/nobodyknowsthisapplicati{path}");
        let missing = app.call("GET", &path).await;
        missing.assert_refused(404, "app_not_found", "");
    }
}
