//! Random damage: whatever comes in, there is a verdict and no panic, and a damaged assertion never passes.
//!
//! The damage is the same on every run, so that a failure can be looked at.

use ciborium::Value as Cbor;
use ginnel_webauthn::authenticator_data::AuthenticatorData;
use ginnel_webauthn::{
    Algorithm, AttestationPolicy, AuthenticationResponse, PublicKey, RegistrationPolicy,
    RegistrationResponse, StoredCredential, authentication, registration,
};

use crate::signer::{Signer, encode};
use crate::support::{
    Authentication, ED, Expected, Registration, attestation_object, signed_bytes,
};

/// A small generator of reproducible numbers (xorshift64*).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % below.max(1)
    }

    /// Changes, inserts, removes, repeats or cuts, up to four times.
    fn damage(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.next(4) {
            let at = self.next(bytes.len());
            match self.next(7) {
                0 if !bytes.is_empty() => bytes[at] ^= 1 << self.next(8),
                1 if !bytes.is_empty() => bytes[at] = self.next(256) as u8,
                2 => bytes.insert(at, self.next(256) as u8),
                3 if !bytes.is_empty() => drop(bytes.remove(at)),
                4 => bytes.truncate(at),
                5 => bytes.extend_from_within(at..),
                // Heads of long and deep CBOR.
                _ => {
                    let head =
                        [0x1b, 0x3b, 0x5b, 0x7b, 0x9b, 0xbb, 0x5f, 0x81, 0xa1, 0xff][self.next(10)];
                    bytes.splice(at..at, std::iter::repeat_n(head, self.next(12)));
                }
            }
        }
        bytes
    }
}

#[test]
fn damaged_registrations_get_a_verdict() {
    let mut numbers = Numbers(0x6769_6e6e_656c_0001);
    let expected = Expected::new();
    let policy = RegistrationPolicy {
        algorithms: Algorithm::ALL.to_vec(),
        attestation: AttestationPolicy::None,
    };
    for &algorithm in Algorithm::ALL {
        let mut registration = Registration::new(algorithm);
        registration.data.flags |= ED;
        registration.data.tail = encode(&Cbor::Map(vec![("credProtect".into(), 2.into())]));
        let client_data = registration.client_data.bytes();
        let data = registration.data.bytes();
        let signature = registration.signer.sign(&signed_bytes(&data, &client_data));
        let statement = |certificate: Option<&[u8]>| {
            let mut members = vec![
                ("alg".into(), algorithm.cose_id().into()),
                ("sig".into(), Cbor::Bytes(signature.clone())),
            ];
            members.extend(certificate.map(|der| ("x5c".into(), Cbor::Array(vec![der.into()]))));
            Cbor::Map(members)
        };
        let verify = |client_data: &[u8], object: &[u8]| {
            let credential_id = &registration.data.credential_id;
            let response = RegistrationResponse {
                credential_id,
                client_data_json: client_data,
                attestation_object: object,
            };
            registration::verify(&response, &expected.borrow(), &policy)
        };
        let good = attestation_object("packed", statement(None), &data);
        verify(&client_data, &good).unwrap();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::default()
            .self_signed(&key)
            .unwrap();
        for _ in 0..4_000 {
            let _ = verify(&client_data, &numbers.damage(&good));
            let damaged = numbers.damage(&client_data);
            // The self attestation signs the client data.
            assert!(damaged == client_data || verify(&damaged, &good).is_err());
            let damaged = numbers.damage(&data);
            let object = attestation_object("packed", statement(None), &damaged);
            assert!(damaged == data || verify(&client_data, &object).is_err());
            let damaged = numbers.damage(certificate.der());
            let object = attestation_object("packed", statement(Some(&damaged)), &data);
            assert!(verify(&client_data, &object).is_err());
        }
    }
}

#[test]
fn damaged_authentications_are_refused() {
    let mut numbers = Numbers(0x6769_6e6e_656c_0002);
    let expected = Expected::new();
    for &algorithm in Algorithm::ALL {
        let authentication = Authentication::new(algorithm);
        let good = [
            authentication.client_data.bytes(),
            authentication.data.bytes(),
        ];
        let signature = authentication
            .signer
            .sign(&signed_bytes(&good[1], &good[0]));
        let verify = |client_data: &[u8], data: &[u8], signature: &[u8], public_key: &[u8]| {
            let response = AuthenticationResponse {
                credential_id: b"id",
                client_data_json: client_data,
                authenticator_data: data,
                signature,
                user_handle: None,
            };
            let credential = StoredCredential {
                id: b"id",
                public_key,
                sign_count: 0,
                backup_eligible: true,
                user_handles: &[],
                user_handle_required: false,
            };
            authentication::verify(&response, &credential, &expected.borrow())
        };
        let public_key = &authentication.stored_public_key;
        verify(&good[0], &good[1], &signature, public_key).unwrap();
        for _ in 0..1_000 {
            let damaged = numbers.damage(&good[0]);
            assert!(
                damaged == good[0] || verify(&damaged, &good[1], &signature, public_key).is_err()
            );
            let damaged = numbers.damage(&good[1]);
            assert!(
                damaged == good[1] || verify(&good[0], &damaged, &signature, public_key).is_err()
            );
            let damaged = numbers.damage(&signature);
            assert!(
                damaged == signature || verify(&good[0], &good[1], &damaged, public_key).is_err()
            );
            let damaged = numbers.damage(public_key);
            if damaged != *public_key && verify(&good[0], &good[1], &signature, &damaged).is_ok() {
                // The same key in other bytes: only the order and the width of integers are free.
                let (damaged, original): (Cbor, Cbor) =
                    (decode(&damaged).unwrap(), decode(public_key).unwrap());
                assert_eq!(sorted(damaged), sorted(original));
            }
        }
    }
}

#[test]
fn what_is_read_as_cbor_here_is_cbor_elsewhere() {
    let mut numbers = Numbers(0x6769_6e6e_656c_0003);
    let mut accepted = 0;
    for &algorithm in Algorithm::ALL {
        let key = Signer::generate(algorithm).cose();
        let mut registration = Registration::new(algorithm);
        registration.data.flags |= ED;
        let extensions = Cbor::Map(vec![
            (
                "a".into(),
                Cbor::Array(vec![true.into(), 1.5.into(), Cbor::Null]),
            ),
            (2.into(), "b".into()),
        ]);
        registration.data.tail = encode(&extensions);
        let data = registration.data.bytes();
        for _ in 0..10_000 {
            let damaged = numbers.damage(&key);
            if PublicKey::from_cose(&damaged).is_ok() {
                assert!(decode(&damaged).is_some(), "{damaged:02x?}");
            }
            let damaged = numbers.damage(&data);
            if let Ok(read) = AuthenticatorData::parse(&damaged) {
                accepted += 1;
                let parts = read
                    .attested_credential
                    .map(|credential| credential.public_key)
                    .into_iter()
                    .chain(read.extensions);
                for part in parts {
                    assert!(decode(part).is_some(), "{part:02x?}");
                }
            }
        }
    }
    assert!(
        accepted > 1_000,
        "the damage must leave something to compare: {accepted}"
    );
}

/// Reads one item that takes all bytes, with another reader.
fn decode(bytes: &[u8]) -> Option<Cbor> {
    let mut rest = bytes;
    let value = ciborium::from_reader(&mut rest).ok()?;
    rest.is_empty().then_some(value)
}

fn sorted(map: Cbor) -> Vec<(Cbor, Cbor)> {
    let mut members = map.into_map().unwrap();
    members.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap());
    members
}
