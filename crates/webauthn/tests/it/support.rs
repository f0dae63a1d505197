//! A correct ceremony of each kind whose every part a test can change before it is signed and judged.

use std::rc::Rc;

use aws_lc_rs::digest::{SHA256, digest};
use ciborium::Value as Cbor;
use ginnel_webauthn::{
    Algorithm, AttestationPolicy, AuthenticationResponse, Error, Expectation, RegistrationPolicy,
    RegistrationResponse, StoredCredential, UserVerification, VerifiedAuthentication,
    VerifiedRegistration, authentication, base64url, registration,
};
use serde_json::{Value as Json, json};

use crate::signer::{Signer, encode};

pub const RP_ID: &str = "example.org";
pub const ORIGIN: &str = "https://example.org";
pub const CHALLENGE: &[u8] = b"a challenge of thirty-two bytes!";
pub const AAGUID: [u8; 16] = *b"sixteen bytes id";
pub const USER_HANDLE: &[u8] = b"the owner";

pub const UP: u8 = 0x01;
pub const UV: u8 = 0x04;
pub const BE: u8 = 0x08;
pub const BS: u8 = 0x10;
pub const AT: u8 = 0x40;
pub const ED: u8 = 0x80;

/// What the relying party expects, owned.
pub struct Expected {
    pub challenge: Vec<u8>,
    pub rp_id: String,
    pub origins: Vec<String>,
    pub user_verification: UserVerification,
    pub top_origins: Option<Vec<String>>,
}

impl Expected {
    pub fn new() -> Self {
        Self {
            challenge: CHALLENGE.to_vec(),
            rp_id: RP_ID.to_owned(),
            origins: vec!["https://other.example.org".to_owned(), ORIGIN.to_owned()],
            user_verification: UserVerification::Required,
            top_origins: None,
        }
    }

    pub fn borrow(&self) -> Expectation<'_> {
        Expectation {
            challenge: &self.challenge,
            rp_id: &self.rp_id,
            origins: &self.origins,
            user_verification: self.user_verification,
            top_origins: self.top_origins.as_deref(),
        }
    }
}

/// Client data as JSON, or as bytes where they are to be broken.
pub enum ClientData {
    Json(Json),
    Bytes(Vec<u8>),
}

impl ClientData {
    fn new(kind: &str) -> Self {
        Self::Json(json!({
            "type": kind,
            "challenge": base64url::encode(CHALLENGE),
            "origin": ORIGIN,
            "crossOrigin": false,
        }))
    }

    pub fn set(&mut self, name: &str, value: impl Into<Json>) {
        let Self::Json(json) = self else {
            panic!("the client data are bytes already")
        };
        json[name] = value.into();
    }

    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Json(json) => json.to_string().into_bytes(),
            Self::Bytes(bytes) => bytes.clone(),
        }
    }
}

/// The parts of authenticator data.
pub struct AuthenticatorData {
    pub rp_id: String,
    pub flags: u8,
    pub sign_count: u32,
    pub aaguid: [u8; 16],
    pub credential_id: Vec<u8>,
    /// Appended with the two parts above if AT is set.
    pub public_key: Vec<u8>,
    /// Appended always: extension data, or what does not belong there.
    pub tail: Vec<u8>,
    /// Changes the bytes at the end.
    pub change: Option<fn(&mut Vec<u8>)>,
}

impl AuthenticatorData {
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = digest(&SHA256, self.rp_id.as_bytes()).as_ref().to_vec();
        bytes.push(self.flags);
        bytes.extend(self.sign_count.to_be_bytes());
        if self.flags & AT != 0 {
            bytes.extend(self.aaguid);
            bytes.extend((self.credential_id.len() as u16).to_be_bytes());
            bytes.extend(&self.credential_id);
            bytes.extend(&self.public_key);
        }
        bytes.extend(&self.tail);
        if let Some(change) = self.change {
            change(&mut bytes);
        }
        bytes
    }
}

/// What authenticators sign: the authenticator data and the hash of the client data.
pub fn signed_bytes(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    [authenticator_data, digest(&SHA256, client_data).as_ref()].concat()
}

/// An attestation object.
pub fn attestation_object(format: &str, statement: Cbor, authenticator_data: &[u8]) -> Vec<u8> {
    encode(&Cbor::Map(vec![
        ("fmt".into(), format.into()),
        ("attStmt".into(), statement),
        ("authData".into(), Cbor::from(authenticator_data)),
    ]))
}

type Statement = Box<dyn Fn(&Signer, &[u8]) -> Cbor>;

/// A registration in the making.
pub struct Registration {
    pub signer: Rc<Signer>,
    pub client_data: ClientData,
    pub data: AuthenticatorData,
    /// `rawId` of the response; `None`: the same as in the authenticator data.
    pub raw_id: Option<Vec<u8>>,
    pub format: String,
    /// Makes the statement from the bytes to sign.
    pub statement: Statement,
    /// Replaces the attestation object.
    pub object: Option<Vec<u8>>,
    pub expected: Expected,
    pub policy: RegistrationPolicy,
}

impl Registration {
    pub fn new(algorithm: Algorithm) -> Self {
        Self::with(Rc::new(Signer::generate(algorithm)))
    }

    pub fn with(signer: Rc<Signer>) -> Self {
        let data = AuthenticatorData {
            rp_id: RP_ID.to_owned(),
            flags: UP | UV | BE | BS | AT,
            sign_count: 7,
            aaguid: AAGUID,
            credential_id: b"a credential id".to_vec(),
            public_key: signer.cose(),
            tail: Vec::new(),
            change: None,
        };
        Self {
            signer,
            client_data: ClientData::new("webauthn.create"),
            data,
            raw_id: None,
            format: "none".to_owned(),
            statement: Box::new(|_, _| Cbor::Map(Vec::new())),
            object: None,
            expected: Expected::new(),
            policy: RegistrationPolicy {
                algorithms: Algorithm::ALL.to_vec(),
                attestation: AttestationPolicy::None,
            },
        }
    }

    /// The client data and the attestation object.
    pub fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        let client_data = self.client_data.bytes();
        let data = self.data.bytes();
        let statement = (self.statement)(&self.signer, &signed_bytes(&data, &client_data));
        let object = self
            .object
            .clone()
            .unwrap_or_else(|| attestation_object(&self.format, statement, &data));
        (client_data, object)
    }

    pub fn verify(&self) -> Result<VerifiedRegistration, Error> {
        let (client_data, object) = self.parts();
        let response = RegistrationResponse {
            credential_id: self.raw_id.as_ref().unwrap_or(&self.data.credential_id),
            client_data_json: &client_data,
            attestation_object: &object,
        };
        registration::verify(&response, &self.expected.borrow(), &self.policy)
    }
}

/// An authentication in the making.
pub struct Authentication {
    pub signer: Rc<Signer>,
    pub client_data: ClientData,
    pub data: AuthenticatorData,
    pub credential_id: Vec<u8>,
    pub user_handle: Option<Vec<u8>>,
    /// Replaces the signature.
    pub signature: Option<Vec<u8>>,
    pub expected: Expected,
    pub stored_public_key: Vec<u8>,
    pub stored_sign_count: u32,
    pub stored_backup_eligible: bool,
    pub user_handle_required: bool,
}

impl Authentication {
    pub fn new(algorithm: Algorithm) -> Self {
        Self::with(Rc::new(Signer::generate(algorithm)))
    }

    pub fn with(signer: Rc<Signer>) -> Self {
        Self {
            client_data: ClientData::new("webauthn.get"),
            data: AuthenticatorData {
                rp_id: RP_ID.to_owned(),
                flags: UP | UV | BE | BS,
                sign_count: 8,
                aaguid: AAGUID,
                credential_id: Vec::new(),
                public_key: Vec::new(),
                tail: Vec::new(),
                change: None,
            },
            credential_id: b"a credential id".to_vec(),
            user_handle: Some(USER_HANDLE.to_vec()),
            signature: None,
            expected: Expected::new(),
            stored_public_key: signer.cose(),
            stored_sign_count: 7,
            stored_backup_eligible: true,
            user_handle_required: true,
            signer,
        }
    }

    /// The client data, the authenticator data and the signature.
    pub fn parts(&self) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
        let client_data = self.client_data.bytes();
        let data = self.data.bytes();
        let signature = self.signature.clone();
        let signature =
            signature.unwrap_or_else(|| self.signer.sign(&signed_bytes(&data, &client_data)));
        (client_data, data, signature)
    }

    pub fn verify(&self) -> Result<VerifiedAuthentication, Error> {
        let (client_data, data, signature) = self.parts();
        let response = AuthenticationResponse {
            credential_id: &self.credential_id,
            client_data_json: &client_data,
            authenticator_data: &data,
            signature: &signature,
            user_handle: self.user_handle.as_deref(),
        };
        let credential = StoredCredential {
            id: b"a credential id",
            public_key: &self.stored_public_key,
            sign_count: self.stored_sign_count,
            backup_eligible: self.stored_backup_eligible,
            user_handles: &[b"another encoding", USER_HANDLE],
            user_handle_required: self.user_handle_required,
        };
        authentication::verify(&response, &credential, &self.expected.borrow())
    }
}
