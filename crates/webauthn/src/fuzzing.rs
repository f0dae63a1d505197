//! What the fuzz targets run (`docs/fuzzing.md`): one function each, which takes any bytes, and panics if a property does not
//! hold. The tests below run the same functions over the corpus.
//!
//! Beyond "no panic": a second reader agrees (ciborium, `serde_json::Value`), what was taken apart gives the same bytes again,
//! and nothing passes a ceremony that breaks what the relying party expects.

use aws_lc_rs::digest::{SHA256, digest};
use ciborium::Value as Cbor;
use serde_json::Value as Json;

use crate::attestation::AttestationObject;
use crate::authenticator_data::AuthenticatorData;
use crate::cbor::Reader;
use crate::{
    Algorithm, AttestationPolicy, AuthenticationResponse, Expectation, PublicKey,
    RegistrationPolicy, RegistrationResponse, StoredCredential, UserVerification, authentication,
    base64url, registration,
};

/// What every target looks like.
pub type Target = fn(&[u8]);

/// All targets, by the names of their corpora.
pub const TARGETS: &[(&str, Target)] = &[
    ("attestation", attestation),
    ("authentication", authentication),
    ("authenticator_data", authenticator_data),
    ("base64url", base64url),
    ("cbor", cbor),
    ("client_data", client_data),
    ("cose", cose),
    ("registration", registration),
];

/// The CBOR reader: what it takes, ciborium takes; what ciborium reads within our limits, it takes when written plainly.
pub fn cbor(data: &[u8]) {
    let mut reader = Reader::new(data);
    if let Ok(item) = reader.item() {
        assert_eq!(item.len() + reader.remaining().len(), data.len());
        let value: Cbor = ciborium::from_reader(item).expect("ciborium reads it, too");
        match Reader::new(item).integer() {
            Ok(number) => assert_eq!(value, Cbor::from(number)),
            Err(_) => assert!(
                value
                    .as_integer()
                    .is_none_or(|it| i64::try_from(it).is_err())
            ),
        }
        assert_eq!(
            Reader::new(item).bytes().ok(),
            value.as_bytes().map(Vec::as_slice)
        );
        assert_eq!(Reader::new(item).text().ok(), value.as_text());
        let count = value.as_map().map(Vec::len);
        assert_eq!(Reader::new(item).map().ok(), count);
        assert_eq!(Reader::new(item).map_item().is_ok(), count.is_some());
    }
    if let Ok(value) = ciborium::from_reader::<Cbor, _>(data)
        && is_within_limits(&value, 8)
    {
        let plain = encode(&value);
        let mut reader = Reader::new(&plain);
        assert_eq!(reader.item(), Ok(plain.as_slice()), "{value:?}");
        assert_eq!(reader.end(), Ok(()));
    }
}

fn encode(value: &Cbor) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("a vector takes all");
    bytes
}

fn is_within_limits(value: &Cbor, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else {
        return false;
    };
    match value {
        Cbor::Array(items) => items.iter().all(|item| is_within_limits(item, depth)),
        Cbor::Map(entries) => {
            let mut keys: Vec<_> = entries.iter().map(|(key, _)| encode(key)).collect();
            keys.sort();
            keys.dedup();
            entries.len() <= 32
                && keys.len() == entries.len()
                && entries.iter().all(|(key, value)| {
                    is_within_limits(key, depth) && is_within_limits(value, depth)
                })
        }
        Cbor::Tag(..) => false,
        _ => true,
    }
}

/// Authenticator data: its parts, written one after another, are the same bytes.
pub fn authenticator_data(data: &[u8]) {
    let Ok(parsed) = AuthenticatorData::parse(data) else {
        return;
    };
    let mut written = parsed.rp_id_hash.to_vec();
    written.push(parsed.flags.0);
    written.extend(parsed.sign_count.to_be_bytes());
    assert_eq!(
        parsed.flags.attested_credential(),
        parsed.attested_credential.is_some()
    );
    if let Some(credential) = &parsed.attested_credential {
        written.extend(credential.aaguid);
        let length = u16::try_from(credential.credential_id.len()).expect("two bytes hold it");
        written.extend(length.to_be_bytes());
        written.extend(credential.credential_id);
        written.extend(credential.public_key);
        let _ = PublicKey::from_cose(credential.public_key);
    }
    assert_eq!(parsed.flags.extensions(), parsed.extensions.is_some());
    written.extend(parsed.extensions.unwrap_or_default());
    assert_eq!(written, data);
}

/// Attestation objects: ciborium finds the same three members. The bytes are tried as a certificate, too.
pub fn attestation(data: &[u8]) {
    crate::attestation::read_certificate(data);
    let Ok(object) = AttestationObject::parse(data) else {
        return;
    };
    let value: Cbor = ciborium::from_reader(data).expect("ciborium reads it, too");
    let member = |name: &str| {
        let mut members = value.as_map().expect("it is a map").iter();
        let found = members.find(|(key, _)| key.as_text() == Some(name));
        &found.expect("the member is there").1
    };
    assert_eq!(member("fmt").as_text(), Some(object.format));
    assert_eq!(
        member("authData").as_bytes().map(Vec::as_slice),
        Some(object.authenticator_data)
    );
    assert!(member("attStmt").is_map());
}

/// Client data: `serde_json::Value` sees the same type, challenge and origin in what passes.
pub fn client_data(data: &[u8]) {
    for is_registration in [false, true] {
        let vector = Vector::first();
        let passed = crate::client_data::verify(
            data,
            if is_registration {
                crate::client_data::Ceremony::Registration
            } else {
                crate::client_data::Ceremony::Authentication
            },
            &vector.expectation(is_registration),
        );
        if passed.is_ok() {
            vector.assert_client_data(data, is_registration);
        }
    }
}

/// COSE keys: ciborium finds exactly the parameters of the algorithm, and no key takes a signature out of the air.
pub fn cose(data: &[u8]) {
    let Ok(key) = PublicKey::from_cose(data) else {
        return;
    };
    let value: Cbor = ciborium::from_reader(data).expect("ciborium reads it, too");
    let entries = value.as_map().expect("it is a map");
    let labels = |label: i64| {
        let mut found = entries.iter().filter(|(key, _)| *key == Cbor::from(label));
        let first = found.next().map(|(_, value)| value);
        assert!(found.next().is_none(), "a label occurs once");
        first
    };
    assert_eq!(labels(3), Some(&Cbor::from(key.algorithm().cose_id())));
    let (key_type, curve, parameters) = match key.algorithm() {
        Algorithm::Es256 => (2, Some(1), 5),
        Algorithm::Es384 => (2, Some(2), 5),
        Algorithm::Es512 => (2, Some(3), 5),
        Algorithm::EdDsa => (1, Some(6), 4),
        Algorithm::Rs256 => (3, None, 4),
    };
    assert_eq!(labels(1), Some(&Cbor::from(key_type)));
    assert_eq!(entries.len(), parameters);
    if let Some(curve) = curve {
        assert_eq!(labels(-1), Some(&Cbor::from(curve)));
    }
    // Small orders and weak exponents aside, which only harm whoever registers them: an empty signature is none.
    assert!(key.verify(b"a message", &[]).is_err());
}

/// Base64url: what is read and written again reads the same, and comparing agrees with writing.
pub fn base64url(data: &[u8]) {
    let written = base64url::encode(data);
    assert_eq!(base64url::decode(&written).as_deref(), Some(data));
    assert!(base64url::is_encoding_of(&written, data));
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(bytes) = base64url::decode(text) {
        let plain = text
            .trim_end_matches('=')
            .replace('+', "-")
            .replace('/', "_");
        assert_eq!(base64url::encode(&bytes), plain);
        assert_eq!(base64url::is_encoding_of(text, &bytes), text == plain);
    }
}

/// A whole registration, `client data` and `attestation object` with the length of the first before it: what passes was
/// made for the expected challenge, origin and RP ID, by a user who was there and was verified.
pub fn registration(data: &[u8]) {
    let _ = passes_registration(data);
}

/// `None` for a refusal.
fn passes_registration(data: &[u8]) -> Option<()> {
    let vector = Vector::first();
    let [client_data, object] = split(data)?;
    let parsed = AttestationObject::parse(object).ok()?;
    let parsed = AuthenticatorData::parse(parsed.authenticator_data).ok()?;
    let credential = parsed.attested_credential.as_ref()?;
    let response = RegistrationResponse {
        credential_id: credential.credential_id,
        client_data_json: client_data,
        attestation_object: object,
    };
    let policy = RegistrationPolicy {
        algorithms: vec![Algorithm::Es256, Algorithm::EdDsa, Algorithm::Rs256],
        attestation: AttestationPolicy::None,
    };
    let verified = registration::verify(&response, &vector.expectation(true), &policy).ok()?;
    vector.assert_client_data(client_data, true);
    assert_eq!(
        parsed.rp_id_hash,
        digest(&SHA256, RP_ID.as_bytes()).as_ref()
    );
    assert!(parsed.flags.user_present());
    assert_eq!(verified.user_verified, parsed.flags.user_verified());
    assert!(policy.algorithms.contains(&verified.algorithm));
    assert!(verified.backup_eligible || !verified.backup_state);
    let key = PublicKey::from_cose(&verified.public_key).expect("a stored key is read again");
    assert_eq!(key.algorithm(), verified.algorithm);
    assert!((1..=1023).contains(&verified.credential_id.len()));
    Some(())
}

/// A whole authentication, `client data`, `authenticator data` and `signature` with the length of each but the last before
/// it. The credential's private key signed one pair: nothing else passes.
pub fn authentication(data: &[u8]) {
    let _ = passes_authentication(data);
}

/// `None` for a refusal.
fn passes_authentication(data: &[u8]) -> Option<()> {
    let vector = Vector::first();
    let [client_data, rest] = split(data)?;
    let [authenticator_data, signature] = split(rest)?;
    let response = AuthenticationResponse {
        credential_id: b"id",
        client_data_json: client_data,
        authenticator_data,
        signature,
        user_handle: None,
    };
    let parsed = AttestationObject::parse(&vector.attestation_object).expect("the vector is fine");
    let parsed = AuthenticatorData::parse(parsed.authenticator_data).expect("the vector is fine");
    let credential = StoredCredential {
        id: b"id",
        public_key: parsed.attested_credential.expect("it has one").public_key,
        sign_count: 0,
        backup_eligible: vector.authenticator_data[32] & 8 != 0,
        user_handles: &[],
        user_handle_required: false,
    };
    authentication::verify(&response, &credential, &vector.expectation(false)).ok()?;
    let bare = client_data.strip_prefix(b"\xef\xbb\xbf");
    assert_eq!(bare.unwrap_or(client_data), vector.client_data);
    assert_eq!(authenticator_data, vector.authenticator_data);
    Some(())
}

/// Takes apart: two bytes of length, so many bytes, the rest.
fn split(data: &[u8]) -> Option<[&[u8]; 2]> {
    let (length, rest) = data.split_first_chunk::<2>()?;
    let (first, second) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
    Some([first, second])
}

const RP_ID: &str = "example.org";

/// The first ceremony among the standard's test vectors.
struct Vector {
    challenges: [Vec<u8>; 2],
    origins: Vec<String>,
    attestation_object: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
}

impl Vector {
    fn first() -> &'static Self {
        static FIRST: std::sync::LazyLock<Vector> = std::sync::LazyLock::new(|| {
            let text = include_str!("../tests/vectors/webauthn-level-3.json");
            let document: Json = serde_json::from_str(text).expect("the vectors are JSON");
            let bytes = |ceremony: &str, name: &str| {
                let hex = document["vectors"][0][ceremony][name].as_str();
                let hex = hex.expect("the vector has the member").as_bytes().chunks(2);
                let pairs = hex.map(|pair| std::str::from_utf8(pair).expect("hex is ASCII"));
                pairs
                    .map(|pair| u8::from_str_radix(pair, 16).expect("it is hex"))
                    .collect::<Vec<_>>()
            };
            Vector {
                challenges: ["authentication", "registration"].map(|it| bytes(it, "challenge")),
                origins: vec!["https://example.org".to_owned()],
                attestation_object: bytes("registration", "attestationObject"),
                client_data: bytes("authentication", "clientDataJSON"),
                authenticator_data: bytes("authentication", "authenticatorData"),
            }
        });
        &FIRST
    }

    fn expectation(&self, is_registration: bool) -> Expectation<'_> {
        Expectation {
            challenge: &self.challenges[usize::from(is_registration)],
            rp_id: RP_ID,
            origins: &self.origins,
            // The first vector was made without it.
            user_verification: UserVerification::Preferred,
            top_origins: None,
        }
    }

    /// Reads client data that passed by other means.
    fn assert_client_data(&self, bytes: &[u8], is_registration: bool) {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let json: Json = serde_json::from_slice(bytes).expect("it is JSON");
        let kind = ["webauthn.get", "webauthn.create"][usize::from(is_registration)];
        assert_eq!(json["type"], kind);
        let challenge = base64url::encode(&self.challenges[usize::from(is_registration)]);
        assert_eq!(json["challenge"], challenge);
        assert_eq!(json["origin"], self.origins[0]);
        assert_ne!(json["crossOrigin"], true);
        assert!(json["topOrigin"].is_null());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every file that the fuzzers kept, and the ceremonies that must pass among them.
    #[test]
    fn the_corpus_keeps_the_properties() {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        for (name, target) in TARGETS {
            let files = std::fs::read_dir(corpus.join(name)).expect("the target has a corpus");
            let mut count = 0;
            for file in files {
                target(&std::fs::read(file.unwrap().path()).unwrap());
                count += 1;
            }
            assert!(count > 0, "{name} has an empty corpus");
        }
    }

    #[test]
    fn every_target_has_its_program() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/fuzz_targets");
        let mut programs: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().file_name().into_string().unwrap())
            .collect();
        programs.sort();
        let names: Vec<_> = TARGETS
            .iter()
            .map(|(name, _)| format!("{name}.rs"))
            .collect();
        assert_eq!(programs, names);
    }

    /// The properties are looked at, and not passed by.
    #[test]
    fn the_seeds_of_whole_ceremonies_pass() {
        let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
        let seed = |name: &str| std::fs::read(corpus.join(name)).unwrap();
        assert!(passes_authentication(&seed("authentication/none-es256")).is_some());
        for name in ["none-es256", "packed-es256"] {
            let seed = seed(&format!("registration/{name}"));
            assert_eq!(passes_registration(&seed).is_some(), name == "none-es256");
        }
    }
}
