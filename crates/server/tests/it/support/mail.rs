//! People with a mailbox: browsers that ask for links, and what is in the mail.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel::messages::{Kind, Letter};
use serde_json::{Value as Json, json};

use super::{Response, TestApp, User, Visitor};

/// The key of one browser.
#[derive(Clone)]
pub struct Key(pub &'static str);

/// The key of the browser that a story is about.
pub const KEY: Key = Key("the key of this browser");

impl Key {
    /// What the browser sends of it when it asks.
    pub fn hash(&self) -> String {
        URL_SAFE_NO_PAD.encode(ginnel::secrets::sha256(self.0.as_bytes()))
    }
}

/// A tab that asked for a link, and the mail that came.
pub struct Asking {
    pub page: Visitor,
    pub key: Option<Key>,
    pub id: String,
    /// What the tab shows.
    pub digits: Option<String>,
    /// The mail.
    pub letter: Letter,
}

impl Asking {
    /// The secret in the mail's link.
    pub fn secret(&self) -> String {
        let link = url::Url::parse(self.letter.link.as_deref().expect("the mail has a link"));
        let pairs = link.unwrap();
        let mut pairs = pairs.query_pairs();
        pairs
            .find(|(name, _)| name == "psg_magic_link" || name == "psg_verify_link")
            .expect("the link has a secret")
            .1
            .into_owned()
    }

    pub fn code(&self) -> &str {
        self.letter.code.as_deref().expect("the mail has a code")
    }

    /// Opens the link in the browser that asked.
    pub async fn open(&self) -> Response {
        self.page.app.app.clock.advance(Duration::from_millis(1));
        let body = match &self.key {
            Some(key) => json!({ "magic_link": self.secret(), "browser_key": key.0 }),
            None => json!({ "magic_link": self.secret() }),
        };
        self.page
            .call("PATCH", "/magic-link/activate")
            .json(body)
            .await
    }

    /// Opens it in another browser.
    pub async fn open_elsewhere(&self, digits: Option<&str>) -> Response {
        let mut body = json!({ "magic_link": self.secret(), "browser_key": "of another browser" });
        if let Some(digits) = digits {
            body["digits"] = digits.into();
        }
        self.page
            .call("PATCH", "/magic-link/activate")
            .json(body)
            .await
    }

    /// What the waiting tab is told.
    pub async fn status(&self) -> Response {
        let body = match &self.key {
            Some(key) => json!({ "id": self.id, "browser_key": key.0 }),
            None => json!({ "id": self.id }),
        };
        self.page.post("/magic-link/status", body).await
    }

    /// Types a code.
    pub async fn type_code(&self, code: &str) -> Response {
        let body = json!({ "otp": code, "otp_id": self.id });
        self.page.post("/otp/activate", body).await
    }

    /// A code that is not the one in the mail.
    pub fn wrong_code(&self, offset: u32) -> String {
        let code: u32 = self.code().parse().unwrap();
        format!("{:06}", (code + 1 + offset) % 1_000_000)
    }

    /// Two digits that the tab does not show.
    pub fn wrong_digits(&self) -> String {
        let digits: u32 = self.digits.as_ref().unwrap().parse().unwrap();
        format!("{:02}", (digits + 1) % 100)
    }
}

/// Refuses an answer that opens no session; its `auth_result`.
#[track_caller]
pub fn opens(answer: Response) -> Json {
    answer.expect(200)["auth_result"].clone()
}

impl Visitor {
    /// A request for a link, as it is answered.
    pub async fn ask(&self, mode: &str, identifier: &str, key: Option<&Key>) -> Response {
        // Mails of one instant have no order.
        self.app.app.clock.advance(Duration::from_millis(1));
        let mut body = json!({ "identifier": identifier });
        if let Some(key) = key {
            body["browser_key_hash"] = key.hash().into();
        }
        self.post(&format!("/{mode}/magic-link"), body).await
    }

    /// A request for a link, and the mail that came.
    pub async fn asked(&self, mode: &str, identifier: &str, key: Option<Key>) -> Asking {
        let answer = self.ask(mode, identifier, key.as_ref()).await;
        let answer = answer.expect(if mode == "register" { 201 } else { 200 });
        self.asking(&answer, key).await
    }

    /// A request for a code alone, as it is answered.
    pub async fn ask_for_code(&self, mode: &str, identifier: &str) -> Response {
        self.app.app.clock.advance(Duration::from_millis(1));
        let body = json!({ "identifier": identifier });
        self.post(&format!("/{mode}/otp"), body).await
    }

    /// A request for a code alone, and the message that came.
    pub async fn asked_for_code(&self, mode: &str, identifier: &str) -> Asking {
        let answer = self.ask_for_code(mode, identifier).await.expect(201);
        assert_eq!(answer.as_object().unwrap().len(), 1);
        Asking {
            page: self.clone(),
            key: None,
            id: answer["otp_id"].as_str().unwrap().to_owned(),
            digits: None,
            letter: self.app.letters().await.pop().expect("a message came"),
        }
    }

    /// The tab behind an answer, and the newest mail.
    pub async fn asking(&self, answer: &Json, key: Option<Key>) -> Asking {
        let link = &answer["magic_link"];
        Asking {
            page: self.clone(),
            key,
            id: link["id"].as_str().unwrap().to_owned(),
            digits: link["digits"].as_str().map(str::to_owned),
            letter: self.app.letters().await.pop().expect("a mail came"),
        }
    }
}

impl User {
    /// A request for another address, or for a proof of the one that there is, and the mail that came.
    pub async fn asked_for_address(&self, address: &str, key: Option<Key>) -> Asking {
        let answer = self.ask_to_change("email", address, key.as_ref());
        self.page.asking(&answer.await.expect(200), key).await
    }

    /// The same for a phone number, and the text message that came.
    pub async fn asked_for_number(&self, number: &str, key: Option<Key>) -> Asking {
        let answer = self.ask_to_change("phone", number, key.as_ref());
        self.page.asking(&answer.await.expect(200), key).await
    }

    /// A request for another `email` or `phone`, as it is answered.
    pub async fn ask_to_change(&self, kind: &str, to: &str, key: Option<&Key>) -> Response {
        self.page.app.app.clock.advance(Duration::from_millis(1));
        let mut body = json!({ format!("new_{kind}"): to });
        if let Some(key) = key {
            body["browser_key_hash"] = key.hash().into();
        }
        self.call("PATCH", &format!("/currentuser/{kind}"))
            .json(body)
            .await
    }
}

impl TestApp {
    /// The claims of an auth token, unchecked.
    pub fn claims(&self, token: &str) -> Json {
        let payload = token.split('.').nth(1).expect("a JWT has three parts");
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
    }

    /// All mails on their way, oldest first.
    pub async fn letters(&self) -> Vec<Letter> {
        let messages = self.read(|tx| tx.list_messages(1000)).await;
        let letters = messages.iter().rev();
        letters
            .filter_map(|message| message.letter(&self.app).unwrap())
            .collect()
    }

    /// What those mails are about.
    pub async fn letter_kinds(&self) -> Vec<Kind> {
        self.letters()
            .await
            .iter()
            .map(|letter| letter.kind)
            .collect()
    }
}
