//! Good ceremonies that somebody else made: the crate `passkey`, and the test vectors of WebAuthn Level 3.

use async_trait::async_trait;
use ginnel_webauthn::{Algorithm, UserVerification, base64url};
use passkey::authenticator::{Authenticator, UiHint, UserCheck, UserValidationMethod};
use passkey::client::{Client, DefaultClientData};
use passkey::crypto::{iana, rust_crypto::RustCryptoBackend};
use passkey::types::ctap2::{Aaguid, Ctap2Error};
use passkey::types::{Passkey, webauthn};
use serde_json::{Value as Json, json};
use url::Url;

use crate::book::{Book, USER_ID, authentication_json, registration_json};
use crate::support::{CHALLENGE, Expected, ORIGIN, RP_ID};

pub fn record(book: &mut Book) {
    level_3(book);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    for (algorithm, name) in [
        (Algorithm::Es256, iana::Algorithm::ES256),
        (Algorithm::EdDsa, iana::Algorithm::EdDSA),
    ] {
        for counter in [false, true] {
            runtime.block_on(passkey_crate(book, algorithm, name, counter));
        }
    }
}

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

async fn passkey_crate(
    book: &mut Book,
    algorithm: Algorithm,
    name: iana::Algorithm,
    counter: bool,
) {
    let store: Option<Passkey> = None;
    let aaguid = Aaguid::from(*b"the passkey rust");
    let mut authenticator = Authenticator::new(aaguid, store, WillingUser, RustCryptoBackend);
    authenticator
        .set_algorithms(&[name])
        .expect("it knows the algorithm");
    authenticator.set_make_credentials_with_signature_counter(counter);
    let mut client = Client::new(authenticator);
    let origin = Url::parse(ORIGIN).expect("a URL");
    let expected = Expected::new();
    let challenge = base64url::encode(CHALLENGE);
    let title = format!(
        "{}, {}",
        algorithm.name(),
        if counter {
            "with a counter"
        } else {
            "without a counter"
        }
    );

    let options: webauthn::CredentialCreationOptions = serde_json::from_value(json!({"publicKey": {
        "rp": {"id": RP_ID, "name": "An example"},
        "user": {"id": base64url::encode(USER_ID.as_bytes()), "name": "ada@example.org", "displayName": "Ada"},
        "challenge": challenge,
        "pubKeyCredParams": [{"type": "public-key", "alg": algorithm.cose_id()}],
        "authenticatorSelection": {"residentKey": "required", "userVerification": "required"},
    }}))
    .expect("options");
    let created = client
        .register(&origin, options, DefaultClientData)
        .await
        .expect("a credential");
    let given = &created.response;
    let response = registration_json(
        &created.raw_id,
        &given.client_data_json,
        &given.attestation_object,
    );
    book.add(
        format!("registration, crate passkey, {title}: good"),
        "registration",
        &expected,
        Json::Null,
        response,
    );

    let options: webauthn::CredentialRequestOptions = serde_json::from_value(json!({"publicKey": {
        "challenge": challenge, "rpId": RP_ID, "userVerification": "required",
    }}))
    .expect("options");
    let asserted = client
        .authenticate(&origin, options, DefaultClientData)
        .await
        .expect("an assertion");
    let given = &asserted.response;
    let response = authentication_json(
        &asserted.raw_id,
        &given.client_data_json,
        &given.authenticator_data,
        &given.signature,
        given.user_handle.as_ref().map(|handle| handle.as_slice()),
    );
    // The authenticator data of its registration: 37 bytes in front of the credential, then 18, the id, the key.
    let data = &created.response.authenticator_data;
    let credential = json!({
        "id": base64url::encode(&created.raw_id),
        "public_key": base64url::encode(&data[37 + 18 + created.raw_id.len()..]),
        "sign_count": u32::from_be_bytes([data[33], data[34], data[35], data[36]]),
        "backup_eligible": data[32] & crate::support::BE != 0,
        "user_id": USER_ID,
        "discoverable": true,
    });
    book.add(
        format!("authentication, crate passkey, {title}: good"),
        "authentication",
        &expected,
        credential,
        response,
    );
}

/// Both ceremonies of each test vector. Vectors in frames of other origins are recorded for pages that expect those.
fn level_3(book: &mut Book) {
    let document: Json =
        serde_json::from_str(include_str!("../../tests/vectors/webauthn-level-3.json"))
            .expect("JSON");
    let text = |json: &Json| json.as_str().expect("a text").to_owned();
    let bytes = |json: &Json| -> Vec<u8> {
        let text = json.as_str().expect("a text");
        let pairs = (0..text.len()).step_by(2);
        pairs
            .map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("hexadecimal"))
            .collect()
    };
    for vector in document["vectors"].as_array().expect("a list") {
        let section = text(&vector["section"]).replace("sctn-test-vectors-", "");
        let (created, asserted) = (&vector["registration"], &vector["authentication"]);
        let framed = section.ends_with("-crossOrigin") || section.ends_with("-topOrigin");
        let expected = |challenge: &Json| Expected {
            challenge: bytes(challenge),
            rp_id: text(&document["rp_id"]),
            origins: vec![text(&document["origin"])],
            user_verification: UserVerification::Preferred,
            top_origins: framed.then(|| vec![text(&document["top_origin"])]),
        };
        let id = bytes(&created["credential_id"]);
        let object = bytes(&created["attestationObject"]);
        let response = registration_json(&id, &bytes(&created["clientDataJSON"]), &object);
        let name = format!("registration, Level 3 vector {section}: good");
        book.add(
            name,
            "registration",
            &expected(&created["challenge"]),
            Json::Null,
            response,
        );

        let object: ciborium::Value = ciborium::from_reader(object.as_slice()).expect("CBOR");
        let members = object.as_map().expect("a map");
        let data = members
            .iter()
            .find(|(name, _)| *name == "authData".into())
            .expect("authData");
        let data = data.1.as_bytes().expect("bytes");
        let response = authentication_json(
            &id,
            &bytes(&asserted["clientDataJSON"]),
            &bytes(&asserted["authenticatorData"]),
            &bytes(&asserted["signature"]),
            None,
        );
        let credential = json!({
            "id": base64url::encode(&id),
            "public_key": base64url::encode(&data[37 + 18 + id.len()..]),
            "sign_count": 0,
            "backup_eligible": data[32] & crate::support::BE != 0,
            "user_id": USER_ID,
            "discoverable": false,
        });
        let name = format!("authentication, Level 3 vector {section}: good");
        book.add(
            name,
            "authentication",
            &expected(&asserted["challenge"]),
            credential,
            response,
        );
    }
}
