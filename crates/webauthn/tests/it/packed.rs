//! WebAuthn L3 §8.2: packed attestation, signed by the credential itself or with a certificate.

use ciborium::Value as Cbor;
use ginnel_webauthn::{Algorithm, AttestationKind, Error, VerifiedRegistration};
use rcgen::{BasicConstraints, CertificateParams, CustomExtension, IsCa, KeyPair, SigningKey};

use crate::certificates::{FIDO_AAGUID, aaguid_extension, parameters, replace, statement, subject};
use crate::signer::Signer;
use crate::support::{AAGUID, Registration};

fn packed(
    algorithm: Algorithm,
    statement: impl Fn(&Signer, &[u8]) -> Cbor + 'static,
) -> Result<VerifiedRegistration, Error> {
    let mut registration = Registration::new(algorithm);
    registration.format = "packed".to_owned();
    registration.statement = Box::new(statement);
    registration.verify()
}

#[test]
fn self_attestation_with_every_algorithm() {
    for &algorithm in Algorithm::ALL {
        let verified = packed(algorithm, |signer, signed| {
            statement(signer.algorithm.cose_id(), signer.sign(signed), None)
        });
        let attestation = verified.unwrap().attestation;
        assert_eq!(
            (attestation.format.as_str(), attestation.kind),
            ("packed", AttestationKind::SelfAttestation)
        );
    }
}

#[test]
fn procedure_step_1_a_statement_of_another_shape_is_refused() {
    let member = |name: &str, value: Cbor| (Cbor::from(name), value);
    let algorithm = || member("alg", (-7).into());
    let signature = || member("sig", Cbor::Bytes(vec![1]));
    for (members, reason) in [
        (vec![], "alg is missing"),
        (vec![algorithm()], "sig is missing"),
        (vec![signature()], "alg is missing"),
        (
            vec![member("alg", "ES256".into())],
            "an integer was expected",
        ),
        (
            vec![member("sig", "text".into())],
            "a byte string was expected",
        ),
        (
            vec![algorithm(), signature(), member("x5c", Cbor::Array(vec![]))],
            "x5c is empty",
        ),
        (
            vec![member("x5c", Cbor::Bytes(vec![]))],
            "an array was expected",
        ),
        (
            vec![member("x5c", Cbor::Array(vec![1.into()]))],
            "a byte string was expected",
        ),
        (
            vec![member("x5c", Cbor::Array(vec![Cbor::Bytes(vec![]); 9]))],
            "an array or map has too many items",
        ),
        (
            vec![member("ecdaaKeyId", Cbor::Bytes(vec![]))],
            "it has a member that the format packed does not have",
        ),
    ] {
        let error = packed(Algorithm::Es256, move |_, _| Cbor::Map(members.clone())).unwrap_err();
        assert_eq!(error, Error::MalformedAttestationStatement(reason));
    }
}

#[test]
fn procedure_step_3_another_algorithm_than_the_credentials_is_refused() {
    for cose_id in [-8, -257, -65535] {
        let error = packed(Algorithm::Es256, move |signer, signed| {
            statement(cose_id, signer.sign(signed), None)
        });
        assert_eq!(error.unwrap_err(), Error::AttestationAlgorithm { cose_id });
    }
}

#[test]
fn procedure_step_3_a_wrong_signature_is_refused() {
    for &algorithm in Algorithm::ALL {
        let error = packed(algorithm, |signer, signed| {
            statement(signer.algorithm.cose_id(), signer.sign(&signed[1..]), None)
        });
        assert_eq!(error.unwrap_err(), Error::AttestationSignature);
        let error = packed(algorithm, |signer, signed| {
            let other = Signer::generate(signer.algorithm);
            statement(signer.algorithm.cose_id(), other.sign(signed), None)
        });
        assert_eq!(error.unwrap_err(), Error::AttestationSignature);
    }
}

/// Registers with a certificate made from `parameters`, its encoding changed by `change`.
fn with_certificate(
    parameters: &CertificateParams,
    change: fn(&mut Vec<u8>),
) -> Result<VerifiedRegistration, Error> {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let mut certificate = parameters.self_signed(&key).unwrap().der().to_vec();
    change(&mut certificate);
    packed(Algorithm::EdDsa, move |_, signed| {
        statement(
            -7,
            key.sign(signed).unwrap(),
            Some(vec![Cbor::Bytes(certificate.clone())]),
        )
    })
}

fn certificate_refused(change: impl FnOnce(&mut CertificateParams)) -> &'static str {
    let mut parameters = parameters();
    change(&mut parameters);
    match with_certificate(&parameters, |_| {}) {
        Err(Error::AttestationCertificate(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn procedure_step_2_a_certificate_of_each_key_type() {
    for (cose_id, algorithm) in [
        (-7, &rcgen::PKCS_ECDSA_P256_SHA256),
        (-35, &rcgen::PKCS_ECDSA_P384_SHA384),
        (-36, &rcgen::PKCS_ECDSA_P521_SHA512),
        (-8, &rcgen::PKCS_ED25519),
        (-257, &rcgen::PKCS_RSA_SHA256),
    ] {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let certificate = parameters().self_signed(&key).unwrap().der().to_vec();
        let verified = packed(Algorithm::Es256, move |_, signed| {
            let chain = vec![
                Cbor::Bytes(certificate.clone()),
                Cbor::Bytes(b"not looked at".to_vec()),
            ];
            statement(cose_id, key.sign(signed).unwrap(), Some(chain))
        });
        assert_eq!(
            verified.unwrap().attestation.kind,
            AttestationKind::Basic,
            "{cose_id}"
        );
    }
}

#[test]
fn procedure_step_2_a_wrong_signature_is_refused() {
    let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
    let certificate = parameters().self_signed(&key).unwrap().der().to_vec();
    let chain = vec![Cbor::Bytes(certificate)];
    // Signed by the credential instead of the certificate's key.
    let error = packed(Algorithm::Es256, move |signer, signed| {
        statement(-7, signer.sign(signed), Some(chain.clone()))
    });
    assert_eq!(error.unwrap_err(), Error::AttestationSignature);
}

#[test]
fn procedure_step_2_a_key_that_does_not_fit_the_algorithm_is_refused() {
    for (cose_id, expected) in [
        (
            -8,
            Error::AttestationCertificate("its key does not fit the algorithm of the statement"),
        ),
        (
            -257,
            Error::AttestationCertificate("its key does not fit the algorithm of the statement"),
        ),
        (
            -35,
            Error::AttestationCertificate("its key does not fit the algorithm of the statement"),
        ),
        (-65535, Error::AttestationAlgorithm { cose_id: -65535 }),
    ] {
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let certificate = parameters().self_signed(&key).unwrap().der().to_vec();
        let error = packed(Algorithm::Es256, move |_, signed| {
            statement(
                cose_id,
                key.sign(signed).unwrap(),
                Some(vec![Cbor::Bytes(certificate.clone())]),
            )
        });
        assert_eq!(error.unwrap_err(), expected);
    }
}

#[test]
fn requirement_version_3() {
    let error = with_certificate(&parameters(), |der| {
        replace(der, &[0xa0, 3, 2, 1, 2], &[0xa0, 3, 2, 1, 1])
    });
    assert_eq!(
        error.unwrap_err(),
        Error::AttestationCertificate("its version is not 3")
    );
}

#[test]
fn requirement_subject() {
    let unit = Some("Authenticator Attestation");
    let refused = |subject| certificate_refused(|it| it.distinguished_name = subject);
    for country in [None, Some("GBR"), Some("gb"), Some("")] {
        assert_eq!(
            refused(subject(country, Some("O"), unit, true)),
            "its subject has no country (C) of two letters"
        );
    }
    for organization in [None, Some("")] {
        assert_eq!(
            refused(subject(Some("GB"), organization, unit, true)),
            "its subject has no organization (O)"
        );
    }
    for unit in [None, Some(""), Some("authenticator attestation")] {
        assert_eq!(
            refused(subject(Some("GB"), Some("O"), unit, true)),
            "its subject's unit (OU) is not \"Authenticator Attestation\""
        );
    }
    assert_eq!(
        refused(subject(Some("GB"), Some("O"), unit, false)),
        "its subject has no common name (CN)"
    );
}

#[test]
fn requirement_basic_constraints() {
    let authority = IsCa::Ca(BasicConstraints::Unconstrained);
    assert_eq!(
        certificate_refused(|it| it.is_ca = authority),
        "its basic constraints say that it is a certification authority"
    );
    assert_eq!(
        certificate_refused(|it| it.is_ca = IsCa::NoCa),
        "it has no basic constraints"
    );
}

#[test]
fn requirement_aaguid() {
    let other = "its AAGUID extension does not hold the AAGUID of the authenticator data";
    let refused = |extension| certificate_refused(|it| it.custom_extensions = vec![extension]);
    assert_eq!(refused(aaguid_extension(b"sixteen bytes ID")), other);
    assert_eq!(refused(aaguid_extension(&AAGUID[..15])), other);
    // Only one OCTET STRING around it.
    assert_eq!(
        refused(CustomExtension::from_oid_content(
            FIDO_AAGUID,
            AAGUID.to_vec()
        )),
        other
    );
    // Something after it.
    let trailing = [&[0x04, 16], AAGUID.as_slice(), &[0x05, 0x00]].concat();
    assert_eq!(
        refused(CustomExtension::from_oid_content(FIDO_AAGUID, trailing)),
        other
    );
    let mut critical = aaguid_extension(&AAGUID);
    critical.set_criticality(true);
    assert_eq!(
        refused(critical),
        "its AAGUID extension is marked as critical"
    );

    // Without the extension there is nothing to compare.
    let mut parameters = parameters();
    parameters.custom_extensions.clear();
    with_certificate(&parameters, |_| {}).unwrap();
}

#[test]
fn a_certificate_with_very_many_extensions_is_refused() {
    let many = |count: u64| {
        let extension =
            |number| CustomExtension::from_oid_content(&[2, 5, 29, 1000 + number], vec![5, 0]);
        (0..count).map(extension).collect()
    };
    let reason = certificate_refused(|it| it.custom_extensions = many(32));
    assert_eq!(reason, "it has too many extensions");
    let mut parameters = parameters();
    parameters.custom_extensions = many(20);
    with_certificate(&parameters, |_| {}).unwrap();
}

#[test]
fn what_is_no_certificate_is_refused() {
    let changes: [fn(&mut Vec<u8>); 6] = [
        Vec::clear,
        |der| der.truncate(der.len() - 1),
        |der| der.push(0),
        |der| der[0] = 0x31,
        |der| der[1] = 0x80,
        |der| der[4] = 0x1f,
    ];
    for change in changes {
        let error = with_certificate(&parameters(), change).unwrap_err();
        assert_eq!(
            error,
            Error::AttestationCertificate("it is not a DER-encoded X.509 certificate")
        );
    }
}
