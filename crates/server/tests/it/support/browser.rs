//! Somebody else's browser and authenticator: the crate `passkey`, which reads the options and answers by itself.

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::rust_crypto::RustCryptoBackend;
use passkey::types::Passkey;
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use serde_json::{Value as Json, json};
use url::Url;

use super::ORIGIN;

/// A user who is always there and always verified.
struct WillingUser;

#[async_trait]
impl UserValidationMethod for WillingUser {
    type PasskeyItem = Passkey;

    async fn check_user<'a>(
        &self,
        _: UiHint<'a, Passkey>,
        _: bool,
        _: bool,
    ) -> Result<UserCheck, Ctap2Error> {
        Ok(UserCheck {
            presence: true,
            verification: true,
        })
    }

    fn is_presence_enabled(&self) -> bool {
        true
    }

    fn is_verification_enabled(&self) -> Option<bool> {
        Some(true)
    }
}

/// A browser at the app's origin, with room for one passkey.
#[derive(Default)]
pub struct Browser {
    passkey: Option<Passkey>,
}

/// The client around the passkey that it has so far.
macro_rules! client {
    ($browser:expr) => {{
        let passkey = $browser.passkey.clone();
        let aaguid = Aaguid::new_empty();
        let authenticator = Authenticator::new(aaguid, passkey, WillingUser, RustCryptoBackend);
        Client::new(authenticator).allows_insecure_localhost(true)
    }};
}

impl Browser {
    /// Makes a passkey from the answer of a start; the body of the finish.
    pub async fn create(&mut self, start: &Json) -> Json {
        let options = serde_json::from_value(start["handshake"]["challenge"].clone()).unwrap();
        let origin = Url::parse(ORIGIN).unwrap();
        let mut client = client!(self);
        let created = client.register(&origin, options, DefaultClientData).await;
        self.passkey = client.authenticator().store().clone();
        let created = created.unwrap();
        let response = json!({
            "attestationObject": encode(&created.response.attestation_object),
            "clientDataJSON": encode(&created.response.client_data_json),
        });
        finish(start, &created.raw_id, response)
    }

    /// Answers a sign-in's start; the body of the finish.
    pub async fn assert(&mut self, start: &Json) -> Json {
        let options = serde_json::from_value(start["handshake"]["challenge"].clone()).unwrap();
        let origin = Url::parse(ORIGIN).unwrap();
        let mut client = client!(self);
        let asserted = client.authenticate(&origin, options, DefaultClientData);
        let asserted = asserted.await.unwrap();
        self.passkey = client.authenticator().store().clone();
        let response = json!({
            "authenticatorData": encode(&asserted.response.authenticator_data),
            "clientDataJSON": encode(&asserted.response.client_data_json),
            "signature": encode(&asserted.response.signature),
            "userHandle": asserted.response.user_handle.map(|handle| encode(&handle)),
        });
        finish(start, &asserted.raw_id, response)
    }
}

fn finish(start: &Json, raw_id: &[u8], response: Json) -> Json {
    json!({
        "handshake_id": start["handshake"]["id"],
        "handshake_response": {
            "id": encode(raw_id),
            "rawId": encode(raw_id),
            "type": "public-key",
            "response": response,
        },
        "user_id": start["user"]["id"],
    })
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
