//! An app's back end: what has an API key and calls the management API.

use ginnel::domain::api_keys;
use ginnel::domain::apps::AppType;
use ginnel::domain::events::Author;
use serde_json::{Value as Json, json};

use super::{Authenticator, Call, TestApp};

/// The back end of an app.
#[derive(Clone)]
pub struct BackEnd {
    pub app: TestApp,
    /// `Ab12….…`, as it is sent.
    pub key: String,
    /// The key's id.
    pub key_id: String,
}

impl TestApp {
    /// A back end with a new key of the app.
    pub async fn back_end(&self) -> BackEnd {
        let id = self.id.clone();
        let made = move |app: &ginnel::app::App| {
            api_keys::add(app, &id, "web server", &Author::Server).unwrap()
        };
        let (key, secret) = self.blocking(made).await;
        BackEnd {
            app: self.clone(),
            key: secret.reveal().to_owned(),
            key_id: key.id.to_string(),
        }
    }

    /// The back end of the app, which has a login of its own from now on.
    pub async fn flex(&self) -> BackEnd {
        self.set(|settings| settings.app_type = AppType::Flex).await;
        self.back_end().await
    }
}

impl BackEnd {
    /// A request to a path of the app's management API.
    pub fn call(&self, method: &str, path: &str) -> Call {
        let path = format!("/api/v1/apps/{}{path}", self.app.id);
        self.app.call(method, &path).bearer(&self.key)
    }

    pub fn get(&self, path: &str) -> Call {
        self.call("GET", path)
    }

    pub fn post(&self, path: &str, body: Json) -> Call {
        self.call("POST", path).json(body)
    }

    /// Begins a register transaction; its id.
    pub async fn register(&self, external_id: &str) -> String {
        let body = json!({ "external_id": external_id, "passkey_display_name": "Ada" });
        let answer = self.post("/transactions/register", body).await.expect(201);
        answer["transaction_id"].as_str().unwrap().to_owned()
    }

    /// Begins an authenticate transaction; its id.
    pub async fn authenticate(&self, external_id: &str) -> String {
        let body = json!({ "external_id": external_id });
        let answer = self
            .post("/transactions/authenticate", body)
            .await
            .expect(201);
        answer["transaction_id"].as_str().unwrap().to_owned()
    }

    /// Exchanges a nonce.
    pub fn verify(&self, nonce: &str) -> Call {
        self.post("/authenticate/verify", json!({ "nonce": nonce }))
    }

    /// Has a user of the own login make a passkey.
    pub async fn enrolled(&self, external_id: &str) -> Authenticator {
        let transaction = self.register(external_id).await;
        let page = self.app.anonymous();
        let body = json!({ "transaction_id": transaction });
        let start = page
            .post("/register/transactions/webauthn/start", body)
            .await
            .expect(200);
        let mut authenticator = self.app.authenticator();
        let mut body = authenticator.create(&start).body();
        body["transaction_id"] = transaction.into();
        page.post("/register/transactions/webauthn/finish", body)
            .await
            .expect(200);
        authenticator
    }

    /// The id of the user whom the own login names so.
    pub async fn user_id(&self, external_id: &str) -> String {
        let query = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("identifier", external_id)
            .finish();
        let answer = self.get(&format!("/users?{query}")).await.expect(200);
        answer["users"][0]["id"].as_str().unwrap().to_owned()
    }
}
