//! Who calls: a page with nobody signed in, and somebody with a passkey and tokens.

use serde_json::{Value as Json, json};

use super::{Assertion, Authenticator, Call, Creation, Response, TestApp};

/// A page of the app.
#[derive(Clone)]
pub struct Visitor {
    pub app: TestApp,
    origin: String,
}

impl Visitor {
    pub fn new(app: TestApp, origin: &str) -> Self {
        Visitor {
            app,
            origin: origin.to_owned(),
        }
    }

    /// A request to a path of the app's authentication API.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let path = format!("/auth/v1/apps/{}{path}", self.app.id);
        self.app.call(method, &path).header("origin", &self.origin)
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str, body: Json) -> Call {
        self.call("POST", path).json(body)
    }

    /// Begins a sign-up; its answer.
    pub async fn start_registration(&self, identifier: &str) -> Json {
        self.post(
            "/register/webauthn/start",
            json!({ "identifier": identifier }),
        )
        .await
        .expect(200)
    }

    pub async fn finish_registration(&self, creation: &Creation) -> Response {
        self.post("/register/webauthn/finish", creation.body())
            .await
    }

    /// Begins a sign-in, discoverable without an identifier; its answer.
    pub async fn start_login(&self, identifier: Option<&str>) -> Json {
        let body = match identifier {
            Some(identifier) => json!({ "identifier": identifier }),
            None => json!({}),
        };
        self.post("/login/webauthn/start", body).await.expect(200)
    }

    pub async fn finish_login(&self, assertion: &Assertion) -> Response {
        self.post("/login/webauthn/finish", assertion.body()).await
    }

    pub async fn refresh(&self, token: &str) -> Response {
        self.post("/tokens", json!({ "refresh_token": token }))
            .await
    }
}

/// Somebody who is signed in.
pub struct User {
    /// The page in front of them.
    pub page: Visitor,
    pub identifier: String,
    pub id: String,
    pub authenticator: Authenticator,
    /// `auth_result` of the last sign-in.
    pub tokens: Json,
}

impl User {
    /// Signs up with a new passkey.
    pub async fn sign_up(page: Visitor, identifier: &str) -> Self {
        let start = page.start_registration(identifier).await;
        let mut authenticator = Authenticator::new(&page.origin);
        let creation = authenticator.create(&start);
        let answer = page.finish_registration(&creation).await.expect(201);
        User {
            id: start["user"]["id"].as_str().unwrap().to_owned(),
            identifier: identifier.to_owned(),
            tokens: answer["auth_result"].clone(),
            authenticator,
            page,
        }
    }

    /// Signs in again with the passkey: a new session.
    pub async fn sign_in(&mut self) {
        let assertion = self.assertion().await;
        let answer = self.page.finish_login(&assertion).await.expect(200);
        self.tokens = answer["auth_result"].clone();
    }

    /// A fresh and correct assertion, to be spoilt.
    pub async fn assertion(&mut self) -> Assertion {
        let start = self.page.start_login(Some(&self.identifier)).await;
        self.authenticator.assert(&start)
    }

    /// A fresh and correct assertion of a sign-in without identifier.
    pub async fn discoverable_assertion(&mut self) -> Assertion {
        let start = self.page.start_login(None).await;
        self.authenticator.assert(&start)
    }

    pub fn auth_token(&self) -> &str {
        self.tokens["auth_token"].as_str().unwrap()
    }

    pub fn refresh_token(&self) -> &str {
        self.tokens["refresh_token"].as_str().unwrap()
    }

    /// A request with the auth token.
    pub fn call(&self, method: &str, path: &str) -> Call {
        self.page.call(method, path).bearer(self.auth_token())
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str, body: Json) -> Call {
        self.call("POST", path).json(body)
    }

    /// Makes one more passkey; its id.
    pub async fn add_passkey(&self) -> (Authenticator, String) {
        let start = self.start_adding().await;
        let mut authenticator = self.page.app.authenticator();
        let creation = authenticator.create(&start);
        let answer = self
            .post("/currentuser/devices/finish", creation.body())
            .await
            .expect(201);
        (
            authenticator,
            answer["device"]["id"].as_str().unwrap().to_owned(),
        )
    }

    pub async fn start_adding(&self) -> Json {
        self.post("/currentuser/devices/start", json!({}))
            .await
            .expect(200)
    }

    /// The ids of the user's passkeys, oldest first.
    pub async fn passkeys(&self) -> Vec<String> {
        let answer = self.get("/currentuser/devices").await.expect(200);
        let devices = answer["devices"].as_array().unwrap();
        devices
            .iter()
            .map(|device| device["id"].as_str().unwrap().to_owned())
            .collect()
    }
}
