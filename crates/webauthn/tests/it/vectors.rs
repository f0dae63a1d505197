//! The test vectors in the text of WebAuthn Level 3, as data in `tests/vectors/`.

use ginnel_webauthn::{
    Algorithm, AttestationKind, AttestationPolicy, AuthenticationResponse, CounterVerdict, Error,
    Expectation, RegistrationPolicy, RegistrationResponse, StoredCredential, UserVerification,
    VerifiedRegistration, authentication, registration,
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Document {
    rp_id: String,
    origin: String,
    top_origin: String,
    vectors: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    section: String,
    registration: Registration,
    authentication: Authentication,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Registration {
    challenge: Hex,
    #[serde(rename = "credential_id")]
    credential_id: Hex,
    aaguid: Hex,
    #[serde(rename = "clientDataJSON")]
    client_data_json: Hex,
    attestation_object: Hex,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    challenge: Hex,
    authenticator_data: Hex,
    #[serde(rename = "clientDataJSON")]
    client_data_json: Hex,
    signature: Hex,
}

#[derive(Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let byte = |at| {
            u8::from_str_radix(text.get(at..at + 2).ok_or("odd length")?, 16)
                .map_err(|error| error.to_string())
        };
        (0..text.len())
            .step_by(2)
            .map(byte)
            .collect::<Result<_, _>>()
            .map(Self)
    }
}

fn document() -> Document {
    serde_json::from_str(include_str!("../vectors/webauthn-level-3.json")).unwrap()
}

/// What each section's credential is: algorithm, attestation format, what the statement proves.
const EXPECTED: &[(&str, Algorithm, &str, AttestationKind)] = &[
    (
        "none-es256",
        Algorithm::Es256,
        "none",
        AttestationKind::None,
    ),
    (
        "packed-self-es256",
        Algorithm::Es256,
        "packed",
        AttestationKind::SelfAttestation,
    ),
    (
        "none-es256-crossOrigin",
        Algorithm::Es256,
        "none",
        AttestationKind::None,
    ),
    (
        "none-es256-topOrigin",
        Algorithm::Es256,
        "none",
        AttestationKind::None,
    ),
    (
        "none-es256-long-credential-id",
        Algorithm::Es256,
        "none",
        AttestationKind::None,
    ),
    (
        "packed-es256",
        Algorithm::Es256,
        "packed",
        AttestationKind::Basic,
    ),
    (
        "packed-es384",
        Algorithm::Es384,
        "packed",
        AttestationKind::Basic,
    ),
    (
        "packed-es512",
        Algorithm::Es512,
        "packed",
        AttestationKind::Basic,
    ),
    (
        "packed-rs256",
        Algorithm::Rs256,
        "packed",
        AttestationKind::Basic,
    ),
    (
        "packed-eddsa",
        Algorithm::EdDsa,
        "packed",
        AttestationKind::Basic,
    ),
    (
        "tpm-es256",
        Algorithm::Es256,
        "tpm",
        AttestationKind::Unverified,
    ),
    (
        "android-key-es256",
        Algorithm::Es256,
        "android-key",
        AttestationKind::Unverified,
    ),
    (
        "apple-es256",
        Algorithm::Es256,
        "apple",
        AttestationKind::Unverified,
    ),
    (
        "fido-u2f-es256",
        Algorithm::Es256,
        "fido-u2f",
        AttestationKind::Unverified,
    ),
];
/// The one section whose algorithm is not supported.
const UNSUPPORTED: &str = "packed-ed448";

fn register(
    document: &Document,
    vector: &Vector,
    origins: &[String],
    top_origins: Option<&[String]>,
) -> Result<VerifiedRegistration, Error> {
    let expected = Expectation {
        challenge: &vector.registration.challenge.0,
        rp_id: &document.rp_id,
        origins,
        user_verification: UserVerification::Preferred,
        top_origins,
    };
    let response = RegistrationResponse {
        credential_id: &vector.registration.credential_id.0,
        client_data_json: &vector.registration.client_data_json.0,
        attestation_object: &vector.registration.attestation_object.0,
    };
    let policy = RegistrationPolicy {
        algorithms: Algorithm::ALL.to_vec(),
        attestation: AttestationPolicy::None,
    };
    registration::verify(&response, &expected, &policy)
}

#[test]
fn every_vector_verifies() {
    let document = document();
    let origins = [document.origin.clone()];
    let top_origins = [document.top_origin.clone()];
    let mut seen = 0;
    for vector in &document.vectors {
        let name = vector.section.strip_prefix("sctn-test-vectors-").unwrap();
        let verified = register(&document, vector, &origins, Some(&top_origins));
        if name == UNSUPPORTED {
            assert!(
                matches!(verified, Err(Error::AlgorithmNotAllowed { .. })),
                "{name}: {verified:?}"
            );
            continue;
        }
        let verified = verified.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (_, algorithm, format, kind) = EXPECTED
            .iter()
            .find(|expected| expected.0 == name)
            .expect(name);
        assert_eq!(verified.algorithm, *algorithm, "{name}");
        assert_eq!(verified.attestation.format, *format, "{name}");
        assert_eq!(verified.attestation.kind, *kind, "{name}");
        assert_eq!(
            verified.aaguid.as_slice(),
            vector.registration.aaguid.0,
            "{name}"
        );

        let response = AuthenticationResponse {
            credential_id: &vector.registration.credential_id.0,
            client_data_json: &vector.authentication.client_data_json.0,
            authenticator_data: &vector.authentication.authenticator_data.0,
            signature: &vector.authentication.signature.0,
            user_handle: None,
        };
        let credential = StoredCredential {
            id: &verified.credential_id,
            public_key: &verified.public_key,
            sign_count: verified.sign_count,
            backup_eligible: verified.backup_eligible,
            user_handles: &[],
            user_handle_required: false,
        };
        let mut expected = Expectation {
            challenge: &vector.authentication.challenge.0,
            rp_id: &document.rp_id,
            origins: &origins,
            user_verification: UserVerification::Preferred,
            top_origins: Some(&top_origins),
        };
        let verdict = authentication::verify(&response, &credential, &expected);
        let verdict = verdict.unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(verdict.counter, CounterVerdict::Unsupported, "{name}");
        // The same assertion does not answer the registration's challenge.
        expected.challenge = &vector.registration.challenge.0;
        assert_eq!(
            authentication::verify(&response, &credential, &expected),
            Err(Error::ChallengeMismatch)
        );
        seen += 1;
    }
    assert_eq!(seen, EXPECTED.len());
}

#[test]
fn frames_are_refused_unless_expected() {
    let document = document();
    let origins = [document.origin.clone()];
    for vector in &document.vectors {
        let framed =
            vector.section.ends_with("-crossOrigin") || vector.section.ends_with("-topOrigin");
        let refused = register(&document, vector, &origins, None) == Err(Error::CrossOrigin);
        assert_eq!(refused, framed, "{}", vector.section);
    }
}
