//! WebAuthn L3 §7.1: a good registration with each algorithm, and a refusal for each step (5 to 11: `client_data`).

use ciborium::Value as Cbor;
use ginnel_webauthn::{Algorithm, AttestationKind, Error, UserVerification};

use crate::signer::encode;
use crate::support::{AAGUID, AT, BE, BS, ED, Registration, UP, UV, attestation_object};

/// Changes a good registration and returns why it was refused.
pub fn refused(change: impl FnOnce(&mut Registration)) -> Error {
    let mut registration = Registration::new(Algorithm::Es256);
    change(&mut registration);
    registration
        .verify()
        .expect_err("the changed registration must be refused")
}

/// Changes a good registration in a way that must not matter.
pub fn accepted(change: impl FnOnce(&mut Registration)) {
    let mut registration = Registration::new(Algorithm::Es256);
    change(&mut registration);
    registration
        .verify()
        .expect("the changed registration must be accepted");
}

#[test]
fn every_algorithm_registers() {
    for &algorithm in Algorithm::ALL {
        let registration = Registration::new(algorithm);
        let verified = registration.verify().unwrap();
        assert_eq!(verified.credential_id, b"a credential id");
        assert_eq!(verified.public_key, registration.signer.cose());
        assert_eq!(verified.algorithm, algorithm);
        assert_eq!(verified.sign_count, 7);
        assert!(verified.user_verified && verified.backup_eligible && verified.backup_state);
        assert_eq!(verified.aaguid, AAGUID);
        assert_eq!(
            (
                verified.attestation.format.as_str(),
                verified.attestation.kind
            ),
            ("none", AttestationKind::None)
        );
    }
}

#[test]
fn the_result_repeats_the_flags() {
    let mut registration = Registration::new(Algorithm::Es256);
    registration.expected.user_verification = UserVerification::Preferred;
    registration.data.flags = UP | AT;
    registration.data.sign_count = 0;
    let verified = registration.verify().unwrap();
    assert!(!verified.user_verified && !verified.backup_eligible && !verified.backup_state);
    assert_eq!(verified.sign_count, 0);
}

#[test]
fn step_13_a_broken_attestation_object_is_refused() {
    let data = Registration::new(Algorithm::Es256).data.bytes();
    let good = attestation_object("none", Cbor::Map(Vec::new()), &data);
    let member = |name: &str, value: Cbor| (Cbor::from(name), value);
    let object = |members: Vec<(Cbor, Cbor)>| encode(&Cbor::Map(members));
    let statement = || member("attStmt", Cbor::Map(Vec::new()));
    let authenticator_data = || member("authData", Cbor::from(data.as_slice()));
    let mut tagged = vec![0xd9, 0xd9, 0xf7];
    tagged.extend(&good);
    for (object, reason) in [
        (Vec::new(), "CBOR ends too early"),
        (good[..good.len() - 1].to_vec(), "CBOR ends too early"),
        (
            [good.as_slice(), &[0]].concat(),
            "bytes follow the end of the CBOR item",
        ),
        (tagged, "CBOR tags are not allowed"),
        (encode(&Cbor::Array(Vec::new())), "a map was expected"),
        (
            object(vec![statement(), authenticator_data()]),
            "fmt is missing",
        ),
        (
            object(vec![member("fmt", "none".into()), authenticator_data()]),
            "attStmt is missing",
        ),
        (
            object(vec![member("fmt", "none".into()), statement()]),
            "authData is missing",
        ),
        (
            object(vec![
                member("fmt", 1.into()),
                statement(),
                authenticator_data(),
            ]),
            "a text string was expected",
        ),
        (
            object(vec![member("attStmt", 1.into()), authenticator_data()]),
            "a map was expected",
        ),
        (
            object(vec![statement(), authenticator_data(), statement()]),
            "a map key occurs twice",
        ),
        (
            object(vec![
                (1.into(), 1.into()),
                statement(),
                authenticator_data(),
            ]),
            "a text string was expected",
        ),
        (
            encode(&Cbor::Map(vec![member(
                "x",
                Cbor::Bytes(vec![0; 48 * 1024]),
            )])),
            "it is longer than 48 KiB",
        ),
    ] {
        assert_eq!(
            refused(|it| it.object = Some(object)),
            Error::MalformedAttestationObject(reason)
        );
    }
}

#[test]
fn step_13_broken_authenticator_data_are_refused() {
    let reason = |change: fn(&mut Registration)| match refused(change) {
        Error::MalformedAuthenticatorData(reason) => reason,
        error => panic!("{error}"),
    };
    let cut = |length: usize| {
        let data = Registration::new(Algorithm::Es256).data.bytes();
        let object = attestation_object("none", Cbor::Map(Vec::new()), &data[..length]);
        refused(|it| it.object = Some(object))
    };
    assert_eq!(
        cut(36),
        Error::MalformedAuthenticatorData("they are shorter than 37 bytes")
    );
    for length in [37, 52, 54, 60] {
        assert_eq!(
            cut(length),
            Error::MalformedAuthenticatorData("the attested credential is cut short")
        );
    }
    assert_eq!(
        cut(90),
        Error::MalformedAuthenticatorData("CBOR ends too early")
    );
    assert_eq!(
        reason(|it| it.data.tail = vec![0xa0]),
        "bytes follow what the flags announce"
    );
    assert_eq!(reason(|it| it.data.flags |= ED), "CBOR ends too early");
    assert_eq!(
        reason(|it| {
            it.data.flags |= ED;
            it.data.tail = vec![0xf6];
        }),
        "a map was expected"
    );
    assert_eq!(
        reason(|it| {
            it.data.flags |= ED;
            it.data.tail = vec![0xa0, 0x00];
        }),
        "bytes follow what the flags announce"
    );
    assert_eq!(
        reason(|it| it.data.public_key = vec![0x80]),
        "a map was expected"
    );
}

#[test]
fn step_14_another_rp_id_is_refused() {
    assert_eq!(
        refused(|it| it.data.rp_id = "example.com".to_owned()),
        Error::RpIdMismatch
    );
    assert_eq!(
        refused(|it| it.expected.rp_id = "sub.example.org".to_owned()),
        Error::RpIdMismatch
    );
}

#[test]
fn step_15_without_user_presence_it_is_refused() {
    assert_eq!(refused(|it| it.data.flags &= !UP), Error::UserNotPresent);
}

#[test]
fn step_16_without_user_verification_it_is_refused_if_required() {
    assert_eq!(refused(|it| it.data.flags &= !UV), Error::UserNotVerified);
    for user_verification in [UserVerification::Preferred, UserVerification::Discouraged] {
        accepted(|it| {
            it.data.flags &= !UV;
            it.expected.user_verification = user_verification;
        });
    }
}

#[test]
fn step_17_backed_up_without_backup_eligible_is_refused() {
    assert_eq!(refused(|it| it.data.flags &= !BE), Error::BackupFlags);
    accepted(|it| it.data.flags &= !BS);
}

#[test]
fn a_registration_without_a_credential_is_refused() {
    assert_eq!(
        refused(|it| it.data.flags &= !AT),
        Error::AttestedCredentialMissing
    );
}

#[test]
fn step_20_an_algorithm_that_was_not_offered_is_refused() {
    let error = refused(|it| {
        it.policy
            .algorithms
            .retain(|algorithm| *algorithm != Algorithm::Es256)
    });
    assert_eq!(error, Error::AlgorithmNotAllowed { cose_id: -7 });
    accepted(|it| it.policy.algorithms = vec![Algorithm::Es256]);
}

#[test]
fn step_20_a_broken_key_is_refused() {
    let error = refused(|it| *it.data.public_key.last_mut().unwrap() ^= 1);
    assert_eq!(
        error,
        Error::MalformedPublicKey("the point is not on its curve")
    );
}

#[test]
fn step_21_a_format_that_is_no_identifier_is_refused() {
    for format in [
        "",
        "a name",
        "quo\"te",
        "back\\slash",
        "ä",
        "a-name-of-more-than-thirty-two-octets",
    ] {
        let error = refused(|it| it.format = format.to_owned());
        let reason = "fmt is not an attestation statement format identifier";
        assert_eq!(error, Error::MalformedAttestationObject(reason));
    }
}

#[test]
fn step_21_formats_are_compared_exactly_and_unknown_ones_are_recorded() {
    for format in ["None", "PACKED", "packed2", "tpm"] {
        let mut registration = Registration::new(Algorithm::Es256);
        registration.format = format.to_owned();
        let attestation = registration.verify().unwrap().attestation;
        assert_eq!(
            (attestation.format.as_str(), attestation.kind),
            (format, AttestationKind::Unverified)
        );
    }
}

#[test]
fn step_22_a_statement_in_the_format_none_is_refused() {
    let error =
        refused(|it| it.statement = Box::new(|_, _| Cbor::Map(vec![("alg".into(), (-7).into())])));
    assert_eq!(
        error,
        Error::MalformedAttestationStatement("the format none takes an empty map")
    );
}

#[test]
fn step_25_a_credential_id_of_a_wrong_length_is_refused() {
    for length in [0, 1024, 65535 / 2] {
        let error = refused(|it| it.data.credential_id = vec![7; length]);
        assert_eq!(error, Error::CredentialIdLength { length });
    }
    for length in [1, 1023] {
        accepted(|it| it.data.credential_id = vec![7; length]);
    }
}

#[test]
fn step_27_another_id_than_the_signed_one_is_refused() {
    assert_eq!(
        refused(|it| it.raw_id = Some(b"another id".to_vec())),
        Error::CredentialMismatch
    );
}

#[test]
fn step_28_unsolicited_extension_outputs_are_ignored() {
    accepted(|it| {
        it.data.flags |= ED;
        it.data.tail = encode(&Cbor::Map(vec![("credProtect".into(), 2.into())]));
    });
}
