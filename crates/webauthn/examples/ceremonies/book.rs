//! The cases, and how a ceremony becomes one.

use std::collections::HashSet;
use std::rc::Rc;

use ciborium::Value as Cbor;
use ginnel_webauthn::{Algorithm, UserVerification, base64url};
use rcgen::{CertificateParams, KeyPair, SigningKey};
use serde_json::{Value as Json, json};

use crate::certificates::{parameters, statement};
use crate::signer::Signer;
use crate::support::{Authentication, Expected, Registration};

/// The owner: an id as the server gives it. Its bytes are the user handle.
pub const USER_ID: &str = "TwinsUser000000000000000";

/// How a registration is attested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Attested {
    /// Not at all: the format `none`.
    None,
    /// The format `packed`, signed by the credential.
    Itself,
    /// The format `packed`, signed by a certificate's key.
    Certificate,
}

impl Attested {
    const ALL: [Self; 3] = [Self::None, Self::Itself, Self::Certificate];

    fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Itself => "packed self",
            Self::Certificate => "packed x5c",
        }
    }
}

/// The keys for one algorithm. They are made once, as RSA keys take their time.
pub struct Keys {
    pub algorithm: Algorithm,
    pub signer: Rc<Signer>,
    pub other: Rc<Signer>,
    pub certificate: Rc<KeyPair>,
}

impl Keys {
    fn generate(algorithm: Algorithm) -> Self {
        let certificate = match algorithm {
            Algorithm::Es256 => &rcgen::PKCS_ECDSA_P256_SHA256,
            Algorithm::EdDsa => &rcgen::PKCS_ED25519,
            Algorithm::Es384 => &rcgen::PKCS_ECDSA_P384_SHA384,
            Algorithm::Es512 => &rcgen::PKCS_ECDSA_P521_SHA512,
            Algorithm::Rs256 => &rcgen::PKCS_RSA_SHA256,
        };
        Self {
            algorithm,
            signer: Rc::new(Signer::generate(algorithm)),
            other: Rc::new(Signer::generate(algorithm)),
            certificate: Rc::new(KeyPair::generate_for(certificate).expect("a key")),
        }
    }

    /// Whether they are for one of the algorithms that authenticators have.
    pub fn are_usual(&self) -> bool {
        matches!(
            self.algorithm,
            Algorithm::Es256 | Algorithm::EdDsa | Algorithm::Rs256
        )
    }

    /// A good registration.
    pub fn registration(&self, attested: Attested) -> Registration {
        let mut registration = Registration::with(self.signer.clone());
        match attested {
            Attested::None => {}
            Attested::Itself => {
                registration.format = "packed".to_owned();
                registration.statement = Box::new(|signer, signed| {
                    statement(signer.algorithm.cose_id(), signer.sign(signed), None)
                });
            }
            Attested::Certificate => self.certify(&mut registration, &parameters(), |_| {}),
        }
        registration
    }

    /// Attests with a certificate made from `parameters`, whose encoding `change` changes.
    pub fn certify(
        &self,
        registration: &mut Registration,
        parameters: &CertificateParams,
        change: fn(&mut Vec<u8>),
    ) {
        let (key, algorithm) = (self.certificate.clone(), self.algorithm.cose_id());
        let certificate = parameters.self_signed(&*key).expect("a certificate");
        let mut certificate = certificate.der().to_vec();
        change(&mut certificate);
        registration.format = "packed".to_owned();
        registration.statement = Box::new(move |_, signed| {
            let signature = key.sign(signed).expect("a signature");
            statement(
                algorithm,
                signature,
                Some(vec![Cbor::Bytes(certificate.clone())]),
            )
        });
    }

    /// A good authentication.
    pub fn authentication(&self) -> Authentication {
        let mut authentication = Authentication::with(self.signer.clone());
        authentication.user_handle = Some(USER_ID.as_bytes().to_vec());
        authentication
    }
}

/// All cases so far.
pub struct Book {
    pub keys: Rc<[Keys]>,
    pub cases: Vec<Json>,
    names: HashSet<String>,
}

impl Book {
    pub fn new() -> Self {
        Self {
            keys: Algorithm::ALL.iter().copied().map(Keys::generate).collect(),
            cases: Vec::new(),
            names: HashSet::new(),
        }
    }

    /// Those that nobody spoilt.
    pub fn good(&mut self) {
        for attested in Attested::ALL {
            self.registrations_attested(attested, "good", |_, _| {});
        }
        for keys in self.keys.clone().iter() {
            self.authentication(keys.algorithm, "good", &keys.authentication(), |_| {});
        }
    }

    /// Records a registration with every attestation, for a fault that has nothing to do with keys.
    pub fn registrations(&mut self, what: &str, spoil: impl Fn(&mut Registration)) {
        for attested in Attested::ALL {
            for keys in self.keys.clone().iter().filter(|keys| keys.are_usual()) {
                // Not every judge reads EdDSA certificates, and one reason to refuse is enough.
                if attested == Attested::Certificate && keys.algorithm == Algorithm::EdDsa {
                    continue;
                }
                let mut registration = keys.registration(attested);
                spoil(&mut registration);
                self.registration(keys.algorithm, attested, what, &registration, |_| {});
            }
        }
    }

    /// Records a registration with every algorithm and this attestation.
    pub fn registrations_attested(
        &mut self,
        attested: Attested,
        what: &str,
        spoil: impl Fn(&mut Registration, &Keys),
    ) {
        for keys in self.keys.clone().iter() {
            let mut registration = keys.registration(attested);
            spoil(&mut registration, keys);
            self.registration(keys.algorithm, attested, what, &registration, |_| {});
        }
    }

    /// Records a registration, whose response `change` changes.
    pub fn registration(
        &mut self,
        algorithm: Algorithm,
        attested: Attested,
        what: &str,
        registration: &Registration,
        change: impl FnOnce(&mut Json),
    ) {
        let (client_data, object) = registration.parts();
        let data = &registration.data;
        let id = registration.raw_id.as_ref().unwrap_or(&data.credential_id);
        let mut response = registration_json(id, &client_data, &object);
        change(&mut response);
        let name = format!(
            "registration, {}, {}: {what}",
            algorithm.name(),
            attested.name()
        );
        self.add(
            name,
            "registration",
            &registration.expected,
            Json::Null,
            response,
        );
    }

    /// Records an authentication, for a fault that has nothing to do with keys.
    pub fn authentications(&mut self, what: &str, spoil: impl Fn(&mut Authentication)) {
        for keys in self.keys.clone().iter().filter(|keys| keys.are_usual()) {
            let mut authentication = keys.authentication();
            spoil(&mut authentication);
            self.authentication(keys.algorithm, what, &authentication, |_| {});
        }
    }

    /// Records an authentication, whose response `change` changes.
    pub fn authentication(
        &mut self,
        algorithm: Algorithm,
        what: &str,
        authentication: &Authentication,
        change: impl FnOnce(&mut Json),
    ) {
        let (client_data, data, signature) = authentication.parts();
        let handle = authentication.user_handle.as_deref();
        let mut response = authentication_json(
            &authentication.credential_id,
            &client_data,
            &data,
            &signature,
            handle,
        );
        change(&mut response);
        let credential = json!({
            "id": base64url::encode(b"a credential id"),
            "public_key": base64url::encode(&authentication.stored_public_key),
            "sign_count": authentication.stored_sign_count,
            "backup_eligible": authentication.stored_backup_eligible,
            "user_id": USER_ID,
            "discoverable": authentication.user_handle_required,
        });
        let name = format!("authentication, {}: {what}", algorithm.name());
        self.add(
            name,
            "authentication",
            &authentication.expected,
            credential,
            response,
        );
    }

    /// Adds a case. Names are unique, as the table of differences names cases.
    pub fn add(
        &mut self,
        name: String,
        ceremony: &str,
        expected: &Expected,
        credential: Json,
        response: Json,
    ) {
        assert!(
            self.names.insert(name.clone()),
            "two cases are called {name:?}"
        );
        self.cases.push(json!({
            "name": name,
            "ceremony": ceremony,
            "expected": {
                "challenge": base64url::encode(&expected.challenge),
                "rp_id": expected.rp_id,
                "origins": expected.origins,
                "user_verification": expected.user_verification == UserVerification::Required,
                "top_origins": expected.top_origins,
            },
            "credential": credential,
            "response": response,
        }));
    }
}

/// `RegistrationResponseJSON` (WebAuthn L3 §5.1).
pub fn registration_json(id: &[u8], client_data: &[u8], object: &[u8]) -> Json {
    json!({
        "id": base64url::encode(id),
        "rawId": base64url::encode(id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": base64url::encode(client_data),
            "attestationObject": base64url::encode(object),
            "transports": ["internal"],
        },
    })
}

/// `AuthenticationResponseJSON` (WebAuthn L3 §5.1).
pub fn authentication_json(
    id: &[u8],
    client_data: &[u8],
    data: &[u8],
    signature: &[u8],
    user_handle: Option<&[u8]>,
) -> Json {
    let mut response = json!({
        "clientDataJSON": base64url::encode(client_data),
        "authenticatorData": base64url::encode(data),
        "signature": base64url::encode(signature),
    });
    if let Some(handle) = user_handle {
        response["userHandle"] = base64url::encode(handle).into();
    }
    json!({
        "id": base64url::encode(id),
        "rawId": base64url::encode(id),
        "type": "public-key",
        "authenticatorAttachment": "platform",
        "clientExtensionResults": {},
        "response": response,
    })
}
