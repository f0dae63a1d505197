//! A software authenticator and the browser around it, whose every part a test can spoil before it is signed.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value as Cbor;
use serde_json::{Value as Json, json};

/// Flags of authenticator data (WebAuthn L3 §6.1).
pub mod flags {
    pub const UP: u8 = 0x01;
    pub const UV: u8 = 0x04;
    pub const BE: u8 = 0x08;
    pub const BS: u8 = 0x10;
    pub const AT: u8 = 0x40;
}
use flags::{AT, BE, BS, UP, UV};

/// An authenticator with one P-256 passkey.
#[derive(Clone)]
pub struct Authenticator {
    pkcs8: Vec<u8>,
    origin: String,
    pub credential_id: Vec<u8>,
    pub user_handle: Vec<u8>,
    pub sign_count: u32,
    /// How much the counter grows with each assertion.
    pub counts_by: u32,
    /// UP, UV, BE and BS as it sets them.
    pub flags: u8,
}

impl Authenticator {
    /// An empty one, in a browser that shows a page of `origin`; synced, with a counter that grows.
    pub fn new(origin: &str) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap();
        Authenticator {
            pkcs8: pair.to_pkcs8v1().unwrap().as_ref().to_vec(),
            origin: origin.to_owned(),
            credential_id: hash(&number.to_be_bytes()),
            user_handle: Vec::new(),
            sign_count: 0,
            counts_by: 1,
            flags: UP | UV | BE | BS,
        }
    }

    /// Makes the passkey that the answer of a start asks for.
    pub fn create(&mut self, start: &Json) -> Creation {
        let options = &start["handshake"]["challenge"]["publicKey"];
        self.user_handle = decode(&options["user"]["id"]);
        self.sign_count += self.counts_by;
        Creation {
            handshake_id: start["handshake"]["id"].clone(),
            user_id: start["user"]["id"].clone(),
            client_data: client_data("webauthn.create", &options["challenge"], &self.origin),
            rp_id: options["rp"]["id"].as_str().unwrap().to_owned(),
            flags: self.flags | AT,
            sign_count: self.sign_count,
            credential_id: self.credential_id.clone(),
            raw_id: None,
            attestation_object: None,
            public_key: self.cose(),
        }
    }

    /// Answers the challenge of a start.
    pub fn assert(&mut self, start: &Json) -> Assertion {
        let options = &start["handshake"]["challenge"]["publicKey"];
        self.sign_count += self.counts_by;
        Assertion {
            handshake_id: start["handshake"]["id"].clone(),
            user_id: start["user"]["id"].clone(),
            client_data: client_data("webauthn.get", &options["challenge"], &self.origin),
            rp_id: options["rpId"].as_str().unwrap().to_owned(),
            flags: self.flags,
            sign_count: self.sign_count,
            credential_id: self.credential_id.clone(),
            user_handle: URL_SAFE_NO_PAD.encode(&self.user_handle).into(),
            signature: None,
            pkcs8: self.pkcs8.clone(),
        }
    }

    /// COSE_Key (RFC 9053 §7.1): EC2, ES256, P-256.
    fn cose(&self) -> Vec<u8> {
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &self.pkcs8).unwrap();
        let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
        encode(&Cbor::Map(vec![
            (1.into(), 2.into()),
            (3.into(), (-7).into()),
            ((-1).into(), 1.into()),
            ((-2).into(), x.into()),
            ((-3).into(), y.into()),
        ]))
    }
}

fn client_data(kind: &str, challenge: &Json, origin: &str) -> Json {
    json!({ "type": kind, "challenge": challenge, "origin": origin, "crossOrigin": false })
}

/// A registration that is correct until a test changes it.
#[derive(Clone)]
pub struct Creation {
    pub handshake_id: Json,
    pub user_id: Json,
    pub client_data: Json,
    pub rp_id: String,
    pub flags: u8,
    pub sign_count: u32,
    pub credential_id: Vec<u8>,
    /// `rawId`, if it is not to be the credential id.
    pub raw_id: Option<Vec<u8>>,
    /// Replaces the attestation object.
    pub attestation_object: Option<Vec<u8>>,
    public_key: Vec<u8>,
}

impl Creation {
    /// The body of the finish, as passage-js writes it.
    pub fn body(&self) -> Json {
        let mut data = authenticator_data(&self.rp_id, self.flags, self.sign_count);
        if self.flags & AT != 0 {
            data.extend([0; 16]);
            data.extend((self.credential_id.len() as u16).to_be_bytes());
            data.extend(&self.credential_id);
            data.extend(&self.public_key);
        }
        let object = self.attestation_object.clone().unwrap_or_else(|| {
            encode(&Cbor::Map(vec![
                ("fmt".into(), "none".into()),
                ("attStmt".into(), Cbor::Map(Vec::new())),
                ("authData".into(), data.as_slice().into()),
            ]))
        });
        let id = URL_SAFE_NO_PAD.encode(self.raw_id.as_ref().unwrap_or(&self.credential_id));
        json!({
            "handshake_id": self.handshake_id,
            "handshake_response": {
                "id": id,
                "rawId": id,
                "type": "public-key",
                "transports": ["internal"],
                "response": {
                    "attestationObject": URL_SAFE_NO_PAD.encode(object),
                    "clientDataJSON": URL_SAFE_NO_PAD.encode(self.client_data.to_string()),
                },
            },
            "user_id": self.user_id,
        })
    }
}

/// An assertion that is correct until a test changes it.
#[derive(Clone)]
pub struct Assertion {
    pub handshake_id: Json,
    /// Null for a discoverable sign-in.
    pub user_id: Json,
    pub client_data: Json,
    pub rp_id: String,
    pub flags: u8,
    pub sign_count: u32,
    pub credential_id: Vec<u8>,
    /// `userHandle` as text.
    pub user_handle: Json,
    /// Replaces the signature.
    pub signature: Option<Vec<u8>>,
    pkcs8: Vec<u8>,
}

impl Assertion {
    /// The body of the finish, as passage-js writes it.
    pub fn body(&self) -> Json {
        let data = authenticator_data(&self.rp_id, self.flags, self.sign_count);
        let client_data = self.client_data.to_string();
        let signature = self.signature.clone().unwrap_or_else(|| {
            let message = [data.as_slice(), &hash(client_data.as_bytes())].concat();
            sign(&self.pkcs8, &message)
        });
        let id = URL_SAFE_NO_PAD.encode(&self.credential_id);
        let mut body = json!({
            "handshake_id": self.handshake_id,
            "handshake_response": {
                "id": id,
                "rawId": id,
                "type": "public-key",
                "response": {
                    "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                    "clientDataJSON": URL_SAFE_NO_PAD.encode(client_data),
                    "signature": URL_SAFE_NO_PAD.encode(signature),
                    "userHandle": self.user_handle,
                },
            },
        });
        if !self.user_id.is_null() {
            body["user_id"] = self.user_id.clone();
        }
        body
    }
}

fn authenticator_data(rp_id: &str, flags: u8, sign_count: u32) -> Vec<u8> {
    let mut data = hash(rp_id.as_bytes());
    data.push(flags);
    data.extend(sign_count.to_be_bytes());
    data
}

#[expect(
    clippy::disallowed_methods,
    reason = "ECDSA wants a random source, and no test looks at the nonce"
)]
fn sign(pkcs8: &[u8], message: &[u8]) -> Vec<u8> {
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, pkcs8).unwrap();
    let signature = pair.sign(&SystemRandom::new(), message).unwrap();
    signature.as_ref().to_vec()
}

fn hash(bytes: &[u8]) -> Vec<u8> {
    digest(&SHA256, bytes).as_ref().to_vec()
}

fn encode(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

fn decode(text: &Json) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}
