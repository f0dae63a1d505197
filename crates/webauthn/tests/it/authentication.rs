//! WebAuthn L3 §7.2: a good authentication with each algorithm, and a refusal for each step.

use ciborium::Value as Cbor;
use ginnel_webauthn::{Algorithm, CounterVerdict, Error, UserVerification};

use crate::signer::{Signer, encode};
use crate::support::{AT, Authentication, BE, BS, ClientData, ED, ORIGIN, UP, UV};

/// Changes a good authentication and returns why it was refused.
fn refused(change: impl FnOnce(&mut Authentication)) -> Error {
    let mut authentication = Authentication::new(Algorithm::Es256);
    change(&mut authentication);
    authentication
        .verify()
        .expect_err("the changed authentication must be refused")
}

/// Changes a good authentication in a way that must not matter.
fn accepted(change: impl FnOnce(&mut Authentication)) {
    let mut authentication = Authentication::new(Algorithm::Es256);
    change(&mut authentication);
    authentication
        .verify()
        .expect("the changed authentication must be accepted");
}

#[test]
fn every_algorithm_signs_in() {
    for &algorithm in Algorithm::ALL {
        let verified = Authentication::new(algorithm).verify().unwrap();
        assert_eq!(
            (verified.sign_count, verified.counter),
            (8, CounterVerdict::Increased)
        );
        assert!(verified.user_present && verified.user_verified);
        assert!(verified.backup_eligible && verified.backup_state);
    }
}

#[test]
fn the_result_repeats_the_flags() {
    let mut authentication = Authentication::new(Algorithm::Es256);
    authentication.expected.user_verification = UserVerification::Discouraged;
    authentication.stored_backup_eligible = false;
    authentication.data.flags = UP;
    let verified = authentication.verify().unwrap();
    assert!(verified.user_present && !verified.user_verified);
    assert!(!verified.backup_eligible && !verified.backup_state);
}

#[test]
fn steps_5_and_6_another_credential_is_refused() {
    assert_eq!(
        refused(|it| it.credential_id.push(0)),
        Error::CredentialMismatch
    );
    assert_eq!(
        refused(|it| it.credential_id.clear()),
        Error::CredentialMismatch
    );
}

#[test]
fn step_6_a_missing_user_handle_is_refused_if_nobody_was_identified() {
    assert_eq!(
        refused(|it| it.user_handle = None),
        Error::UserHandleMissing
    );
    accepted(|it| {
        it.user_handle = None;
        it.user_handle_required = false;
    });
}

#[test]
fn step_6_the_user_handle_of_somebody_else_is_refused_always() {
    for required in [true, false] {
        for handle in [&b"somebody else"[..], b"", b"the owne", b"the owner "] {
            let error = refused(|it| {
                it.user_handle = Some(handle.to_vec());
                it.user_handle_required = required;
            });
            assert_eq!(error, Error::UserHandleMismatch);
        }
    }
    accepted(|it| it.user_handle = Some(b"another encoding".to_vec()));
}

#[test]
fn step_7_broken_authenticator_data_are_refused() {
    assert_eq!(
        refused(|it| it.data.tail = vec![0]),
        Error::MalformedAuthenticatorData("bytes follow what the flags announce")
    );
    assert_eq!(
        refused(|it| it.data.flags |= ED),
        Error::MalformedAuthenticatorData("CBOR ends too early")
    );
    let error = refused(|it| {
        it.data.flags |= ED;
        it.data.tail = encode(&Cbor::Map(vec![(
            1.into(),
            Cbor::Bytes(vec![0; 16 * 1024]),
        )]));
    });
    assert_eq!(
        error,
        Error::MalformedAuthenticatorData("they are longer than 16 KiB")
    );
}

#[test]
fn steps_8_and_9_broken_client_data_are_refused() {
    for broken in [&b""[..], b"{}", b"\xff", b"[]"] {
        let error = refused(|it| it.client_data = ClientData::Bytes(broken.to_vec()));
        assert_eq!(error.code(), "malformed_client_data");
    }
}

#[test]
fn step_10_another_type_is_refused() {
    let error = refused(|it| it.client_data.set("type", "webauthn.create"));
    assert_eq!(
        error,
        Error::ClientDataType {
            seen: "webauthn.create".to_owned(),
            expected: "webauthn.get"
        }
    );
}

#[test]
fn step_11_another_challenge_is_refused() {
    assert_eq!(
        refused(|it| it.expected.challenge[31] ^= 1),
        Error::ChallengeMismatch
    );
}

#[test]
fn step_12_another_origin_is_refused_and_named() {
    let error = refused(|it| it.expected.origins = vec!["https://example.org:8443".to_owned()]);
    assert_eq!(
        error,
        Error::OriginMismatch {
            seen: ORIGIN.to_owned()
        }
    );
}

#[test]
fn step_13_a_cross_origin_frame_is_refused_unless_expected() {
    assert_eq!(
        refused(|it| it.client_data.set("crossOrigin", true)),
        Error::CrossOrigin
    );
    accepted(|it| {
        it.client_data.set("crossOrigin", true);
        it.expected.top_origins = Some(Vec::new());
    });
}

#[test]
fn step_14_a_top_origin_is_refused_unless_expected() {
    let top = "https://top.example.com";
    assert_eq!(
        refused(|it| it.client_data.set("topOrigin", top)),
        Error::CrossOrigin
    );
    let error = refused(|it| {
        it.client_data.set("topOrigin", top);
        it.expected.top_origins = Some(vec![ORIGIN.to_owned()]);
    });
    assert_eq!(
        error,
        Error::TopOriginMismatch {
            seen: top.to_owned()
        }
    );
    accepted(|it| {
        it.client_data.set("topOrigin", top);
        it.expected.top_origins = Some(vec![top.to_owned()]);
    });
}

#[test]
fn step_15_another_rp_id_is_refused() {
    assert_eq!(
        refused(|it| it.data.rp_id = "example.com".to_owned()),
        Error::RpIdMismatch
    );
}

#[test]
fn step_16_without_user_presence_it_is_refused() {
    assert_eq!(refused(|it| it.data.flags &= !UP), Error::UserNotPresent);
}

#[test]
fn step_17_without_user_verification_it_is_refused_if_required() {
    assert_eq!(refused(|it| it.data.flags &= !UV), Error::UserNotVerified);
    accepted(|it| {
        it.data.flags &= !UV;
        it.expected.user_verification = UserVerification::Preferred;
    });
}

#[test]
fn step_18_backed_up_without_backup_eligible_is_refused() {
    assert_eq!(refused(|it| it.data.flags &= !BE), Error::BackupFlags);
}

#[test]
fn step_19_a_change_of_backup_eligibility_is_refused() {
    let error = refused(|it| it.data.flags &= !(BE | BS));
    assert_eq!(
        error,
        Error::BackupEligibilityChanged {
            seen: false,
            stored: true
        }
    );
    let error = refused(|it| it.stored_backup_eligible = false);
    assert_eq!(
        error,
        Error::BackupEligibilityChanged {
            seen: true,
            stored: false
        }
    );
    accepted(|it| it.data.flags &= !BS);
}

#[test]
fn step_20_the_signature_covers_the_client_data_as_received() {
    let mut authentication = Authentication::new(Algorithm::Es256);
    let bytes = authentication.client_data.bytes();
    let data = authentication.data.bytes();
    let signed = crate::support::signed_bytes(&data, &bytes);
    authentication.signature = Some(authentication.signer.sign(&signed));
    authentication.verify().unwrap();
    // The same JSON in other bytes.
    authentication.client_data = ClientData::Bytes([bytes.as_slice(), b" "].concat());
    assert_eq!(authentication.verify(), Err(Error::Signature));
}

#[test]
fn step_21_a_wrong_signature_is_refused_with_every_algorithm() {
    for &algorithm in Algorithm::ALL {
        let mut authentication = Authentication::new(algorithm);
        let signed = crate::support::signed_bytes(
            &authentication.data.bytes(),
            &authentication.client_data.bytes(),
        );
        let good = authentication.signer.sign(&signed);
        let mut flipped = good.clone();
        *flipped.last_mut().unwrap() ^= 1;
        for signature in [
            flipped,
            good[..good.len() - 1].to_vec(),
            [good.as_slice(), &[0]].concat(),
            Vec::new(),
            vec![0; good.len()],
            authentication.signer.sign(&signed[..signed.len() - 1]),
            Signer::generate(algorithm).sign(&signed),
        ] {
            authentication.signature = Some(signature);
            assert_eq!(
                authentication.verify(),
                Err(Error::Signature),
                "{}",
                algorithm.name()
            );
        }
        authentication.signature = Some(good);
        authentication.verify().unwrap();
        // The signature covers the authenticator data too.
        authentication.data.sign_count += 1;
        assert_eq!(authentication.verify(), Err(Error::Signature));
    }
}

#[test]
fn step_21_a_stored_key_that_is_none_is_refused() {
    let error = refused(|it| it.stored_public_key.truncate(20));
    assert_eq!(error, Error::MalformedPublicKey("CBOR ends too early"));
}

#[test]
fn step_22_the_counter_is_compared() {
    for (received, stored, verdict) in [
        (0, 0, CounterVerdict::Unsupported),
        (1, 0, CounterVerdict::Increased),
        (u32::MAX, u32::MAX - 1, CounterVerdict::Increased),
        (0, 1, CounterVerdict::NotIncreased),
        (7, 7, CounterVerdict::NotIncreased),
        (6, 7, CounterVerdict::NotIncreased),
        (0, u32::MAX, CounterVerdict::NotIncreased),
    ] {
        let mut authentication = Authentication::new(Algorithm::EdDsa);
        authentication.data.sign_count = received;
        authentication.stored_sign_count = stored;
        let verified = authentication.verify().unwrap();
        assert_eq!(
            (verified.sign_count, verified.counter),
            (received, verdict),
            "{received} after {stored}"
        );
    }
}

#[test]
fn step_23_unsolicited_extension_outputs_are_ignored_however_long() {
    for length in [0, 1, 150, 1000] {
        accepted(|it| {
            it.data.flags |= ED;
            it.data.tail = encode(&Cbor::Map(vec![("x".into(), Cbor::Bytes(vec![1; length]))]));
        });
    }
}

#[test]
fn a_credential_in_an_assertion_is_ignored() {
    accepted(|it| {
        it.data.flags |= AT;
        it.data.credential_id = vec![1];
        it.data.public_key = it.signer.cose();
    });
}
