//! COSE keys: what a key must have, and that nothing else is taken.

use ciborium::Value as Cbor;
use ginnel_webauthn::{Algorithm, Error, PublicKey};

use crate::signer::{Signer, encode, map_of};

const EXTRA: &str = "it has a parameter other than those its algorithm needs";
const KEY_TYPE: &str = "the key type (1) is missing or does not fit the algorithm";
const CURVE: &str = "the curve (-1) is missing or does not fit the algorithm";
const X: &str = "the x coordinate is missing or has a wrong length";
const Y: &str = "the y coordinate is missing or has a wrong length";
const OFF_CURVE: &str = "the point is not on its curve";
const MODULUS: &str = "the modulus must have 2048 to 8192 bits";

/// Reads a good key of `algorithm` after a change to its members.
fn changed(
    algorithm: Algorithm,
    change: impl FnOnce(&mut Vec<(i64, Cbor)>),
) -> Result<PublicKey, Error> {
    let mut members = Signer::generate(algorithm).cose_members();
    change(&mut members);
    PublicKey::from_cose(&encode(&map_of(members)))
}

fn refused(algorithm: Algorithm, change: impl FnOnce(&mut Vec<(i64, Cbor)>)) -> &'static str {
    match changed(algorithm, change) {
        Err(Error::MalformedPublicKey(reason)) => reason,
        other => panic!("{other:?}"),
    }
}

fn set(members: &mut Vec<(i64, Cbor)>, label: i64, value: impl Into<Cbor>) {
    members.retain(|(other, _)| *other != label);
    members.push((label, value.into()));
}

fn remove(members: &mut Vec<(i64, Cbor)>, label: i64) {
    members.retain(|(other, _)| *other != label);
}

fn bytes_of(members: &[(i64, Cbor)], label: i64) -> Vec<u8> {
    members
        .iter()
        .find(|(other, _)| *other == label)
        .unwrap()
        .1
        .as_bytes()
        .unwrap()
        .clone()
}

#[test]
fn identifiers_names_and_preference() {
    let all: Vec<_> = Algorithm::ALL
        .iter()
        .map(|algorithm| (algorithm.name(), algorithm.cose_id()))
        .collect();
    assert_eq!(
        all,
        [
            ("ES256", -7),
            ("EdDSA", -8),
            ("ES384", -35),
            ("ES512", -36),
            ("RS256", -257)
        ]
    );
    for &algorithm in Algorithm::ALL {
        assert_eq!(
            Algorithm::from_cose_id(algorithm.cose_id()),
            Some(algorithm)
        );
    }
    for unknown in [0, 7, -1, -19, -37, -47, -53, -65535, i64::MIN] {
        assert_eq!(Algorithm::from_cose_id(unknown), None);
    }
}

#[test]
fn every_algorithm_verifies_and_in_any_order_of_members() {
    for &algorithm in Algorithm::ALL {
        let signer = Signer::generate(algorithm);
        let mut members = signer.cose_members();
        members.reverse();
        let key = PublicKey::from_cose(&encode(&map_of(members))).unwrap();
        assert_eq!(key.algorithm(), algorithm);
        let signature = signer.sign(b"message");
        assert_eq!(key.verify(b"message", &signature), Ok(()));
        assert_eq!(key.verify(b"massage", &signature), Err(Error::Signature));
    }
}

#[test]
fn an_unknown_algorithm_is_refused() {
    let error = changed(Algorithm::Es256, |it| set(it, 3, -47)).unwrap_err();
    assert_eq!(error, Error::AlgorithmNotAllowed { cose_id: -47 });
    assert_eq!(
        refused(Algorithm::Es256, |it| remove(it, 3)),
        "the parameter alg (3) is missing"
    );
}

#[test]
fn key_type_curve_and_algorithm_must_fit() {
    for &algorithm in Algorithm::ALL {
        assert_eq!(refused(algorithm, |it| remove(it, 1)), KEY_TYPE);
        for key_type in 1..=4 {
            if changed(algorithm, |it| set(it, 1, key_type)).is_ok() {
                continue;
            }
            assert_eq!(refused(algorithm, |it| set(it, 1, key_type)), KEY_TYPE);
        }
        for &other in Algorithm::ALL.iter().filter(|other| **other != algorithm) {
            let reason = refused(algorithm, |it| set(it, 3, other.cose_id()));
            assert!(
                [KEY_TYPE, CURVE].contains(&reason),
                "{} as {}",
                algorithm.name(),
                other.name()
            );
        }
    }
    for &algorithm in &[
        Algorithm::Es256,
        Algorithm::Es384,
        Algorithm::Es512,
        Algorithm::EdDsa,
    ] {
        assert_eq!(refused(algorithm, |it| remove(it, -1)), CURVE);
        assert_eq!(refused(algorithm, |it| set(it, -1, 8)), CURVE);
        assert_eq!(
            refused(algorithm, |it| set(it, -1, Cbor::Bytes(vec![1]))),
            CURVE
        );
    }
}

#[test]
fn exactly_one_key_type_fits_each_algorithm() {
    for &algorithm in Algorithm::ALL {
        let fitting = (1..=4)
            .filter(|key_type| changed(algorithm, |it| set(it, 1, *key_type)).is_ok())
            .count();
        assert_eq!(fitting, 1);
    }
}

#[test]
fn points_are_uncompressed_and_on_their_curve() {
    for &algorithm in &[Algorithm::Es256, Algorithm::Es384, Algorithm::Es512] {
        assert_eq!(refused(algorithm, |it| remove(it, -2)), X);
        assert_eq!(refused(algorithm, |it| remove(it, -3)), Y);
        // A compressed point has a sign instead of y (RFC 9053, section 7.1.1).
        assert_eq!(
            refused(algorithm, |it| set(it, -3, true)),
            "a byte string was expected"
        );
        for label in [-2, -3] {
            let reason = refused(algorithm, |it| {
                let mut coordinate = bytes_of(it, label);
                *coordinate.last_mut().unwrap() ^= 1;
                set(it, label, Cbor::Bytes(coordinate));
            });
            assert_eq!(reason, OFF_CURVE);
            for longer in [true, false] {
                let reason = refused(algorithm, |it| {
                    let mut coordinate = bytes_of(it, label);
                    let length = coordinate.len();
                    if longer {
                        coordinate.insert(0, 0)
                    } else {
                        coordinate.truncate(length - 1)
                    }
                    set(it, label, Cbor::Bytes(coordinate));
                });
                assert_eq!(reason, if label == -2 { X } else { Y });
            }
        }
        let reason = refused(algorithm, |it| {
            let zeros = Cbor::Bytes(vec![0; bytes_of(it, -2).len()]);
            set(it, -2, zeros.clone());
            set(it, -3, zeros);
        });
        assert_eq!(reason, OFF_CURVE);
    }
    assert_eq!(refused(Algorithm::EdDsa, |it| remove(it, -2)), X);
    assert_eq!(
        refused(Algorithm::EdDsa, |it| set(it, -2, Cbor::Bytes(vec![9; 31]))),
        X
    );
    assert_eq!(
        refused(Algorithm::EdDsa, |it| set(it, -3, Cbor::Bytes(vec![9; 32]))),
        EXTRA
    );
}

#[test]
fn an_edwards_point_off_the_curve_verifies_nothing() {
    // y = 2 has no x on Curve25519's Edwards form; the library finds out when the key is parsed or used.
    let mut y = vec![0; 32];
    y[0] = 2;
    let key = changed(Algorithm::EdDsa, |it| set(it, -2, Cbor::Bytes(y)));
    match key {
        Err(error) => assert_eq!(error, Error::MalformedPublicKey(OFF_CURVE)),
        Ok(key) => assert_eq!(key.verify(b"message", &[0; 64]), Err(Error::Signature)),
    }
}

#[test]
fn rsa_keys_have_2048_to_8192_bits() {
    let modulus = |length: usize, first: u8| {
        let mut modulus = vec![0xff; length];
        modulus[0] = first;
        move |it: &mut Vec<(i64, Cbor)>| set(it, -1, Cbor::Bytes(modulus))
    };
    assert_eq!(refused(Algorithm::Rs256, modulus(128, 0xff)), MODULUS);
    assert_eq!(refused(Algorithm::Rs256, modulus(256, 0x7f)), MODULUS);
    assert_eq!(refused(Algorithm::Rs256, modulus(1025, 0x01)), MODULUS);
    assert_eq!(
        refused(Algorithm::Rs256, modulus(257, 0x00)),
        "the modulus is empty or starts with zeros"
    );
    changed(Algorithm::Rs256, modulus(256, 0x80)).unwrap();
    let even = refused(Algorithm::Rs256, |it| {
        set(it, -1, Cbor::Bytes(vec![0xfe; 256]))
    });
    assert_eq!(even, "the modulus or exponent cannot be used");
    assert_eq!(
        refused(Algorithm::Rs256, |it| remove(it, -1)),
        "the modulus is missing"
    );
    assert_eq!(
        refused(Algorithm::Rs256, |it| set(it, -1, Cbor::Bytes(Vec::new()))),
        "the modulus is empty or starts with zeros"
    );
    assert_eq!(
        refused(Algorithm::Rs256, |it| remove(it, -2)),
        "the exponent is missing"
    );
    for exponent in [
        &[][..],
        &[0],
        &[1],
        &[0, 1],
        &[2],
        &[0, 3],
        &[1, 0, 0, 0, 1],
    ] {
        assert_eq!(
            refused(Algorithm::Rs256, |it| set(it, -2, exponent)),
            "the modulus or exponent cannot be used",
            "{exponent:?}"
        );
    }
    assert_eq!(
        refused(Algorithm::Rs256, |it| set(it, -3, Cbor::Bytes(vec![1]))),
        EXTRA
    );
}

#[test]
fn duplicate_foreign_and_trailing_members_are_refused() {
    for &algorithm in Algorithm::ALL {
        let members = Signer::generate(algorithm).cose_members();
        for duplicate in &members {
            let reason = refused(algorithm, |it| it.push(duplicate.clone()));
            assert_eq!(reason, "a parameter occurs twice");
        }
        for label in [0, 2, 4, 5, -4, 1000] {
            assert_eq!(refused(algorithm, |it| set(it, label, 1)), EXTRA);
        }
        let mut bytes = encode(&map_of(members));
        bytes.push(0);
        let error = PublicKey::from_cose(&bytes).unwrap_err();
        assert_eq!(
            error,
            Error::MalformedPublicKey("bytes follow the end of the CBOR item")
        );
    }
    // A curve and a modulus share a label.
    let reason = refused(Algorithm::Rs256, |it| it.push((-1, 1.into())));
    assert_eq!(reason, "a parameter occurs twice");
}

#[test]
fn what_is_no_map_of_integers_is_refused() {
    for (bytes, reason) in [
        (&b""[..], "CBOR ends too early"),
        (b"\x80", "a map was expected"),
        (b"\xa1\x61\x31\x02", "an integer was expected"),
        (b"\xa1\x03\x41\x26", "an integer was expected"),
        (b"\xbf\xff", "indefinite lengths are not allowed"),
        (b"\xa0", "the parameter alg (3) is missing"),
    ] {
        assert_eq!(
            PublicKey::from_cose(bytes).unwrap_err(),
            Error::MalformedPublicKey(reason)
        );
    }
}
