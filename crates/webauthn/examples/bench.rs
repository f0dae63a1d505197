//! Prints how many assertions one core verifies in a second, with each algorithm.
//!
//! `cargo run --release -p ginnel-webauthn --example bench`
//!
//! An assertion is everything that [`authentication::verify`] does: client data, authenticator data, COSE key and
//! signature, each time from the bytes. "signature alone" is the part that the cryptographic library takes with a key
//! parsed beforehand, for comparison.

#[path = "../tests/it/signer.rs"]
mod signer;

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::digest::{SHA256, digest};
use ginnel_webauthn::{
    Algorithm, AuthenticationResponse, Expectation, PublicKey, StoredCredential, UserVerification,
    authentication, base64url,
};
use signer::Signer;

/// How long each figure is measured, after a tenth of it to warm up.
const DURATION: Duration = Duration::from_secs(2);
/// Different assertions, so that no cache holds a single one.
const ASSERTIONS: usize = 64;

/// One user's credential and assertion.
struct Assertion {
    challenge: Vec<u8>,
    credential_id: Vec<u8>,
    public_key: Vec<u8>,
    client_data: Vec<u8>,
    authenticator_data: Vec<u8>,
    signature: Vec<u8>,
}

impl Assertion {
    fn new(signer: &Signer, number: usize) -> Self {
        let challenge = digest(&SHA256, &number.to_be_bytes()).as_ref().to_vec();
        let client_data = format!(
            r#"{{"type":"webauthn.get","challenge":"{}","origin":"https://example.org","crossOrigin":false}}"#,
            base64url::encode(&challenge)
        )
        .into_bytes();
        let rp_id_hash = digest(&SHA256, b"example.org");
        let authenticator_data = [rp_id_hash.as_ref(), &[0x1d], &[0; 4]].concat();
        let signed = [
            authenticator_data.as_slice(),
            digest(&SHA256, &client_data).as_ref(),
        ]
        .concat();
        Self {
            credential_id: challenge.clone(),
            public_key: signer.cose(),
            signature: signer.sign(&signed),
            challenge,
            client_data,
            authenticator_data,
        }
    }

    fn verify(&self, origins: &[String]) {
        let response = AuthenticationResponse {
            credential_id: &self.credential_id,
            client_data_json: &self.client_data,
            authenticator_data: &self.authenticator_data,
            signature: &self.signature,
            user_handle: Some(b"the owner of this credential"),
        };
        let credential = StoredCredential {
            id: &self.credential_id,
            public_key: &self.public_key,
            sign_count: 0,
            backup_eligible: true,
            user_handles: &[b"the owner of this credential"],
            user_handle_required: true,
        };
        let expected = Expectation {
            challenge: &self.challenge,
            rp_id: "example.org",
            origins,
            user_verification: UserVerification::Required,
            top_origins: None,
        };
        black_box(authentication::verify(
            black_box(&response),
            &credential,
            &expected,
        ))
        .expect("the assertion is good");
    }
}

/// Calls `work` with 0, 1, 2 … for a while and returns the calls in a second.
#[expect(
    clippy::disallowed_methods,
    reason = "a benchmark reads the real clock"
)]
fn rate(mut work: impl FnMut(usize)) -> f64 {
    let mut run = |duration: Duration| {
        let start = Instant::now();
        let mut calls = 0;
        while start.elapsed() < duration {
            for _ in 0..16 {
                work(calls);
                calls += 1;
            }
        }
        calls as f64 / start.elapsed().as_secs_f64()
    };
    run(DURATION / 10);
    run(DURATION)
}

fn main() {
    let origins = ["https://example.org".to_owned()];
    println!(
        "{:<9} {:>13} {:>8} {:>20}",
        "algorithm", "assertions/s", "µs each", "signature alone, µs"
    );
    for &algorithm in Algorithm::ALL {
        // One RSA key serves all, because making them takes long.
        let shared = Signer::generate(algorithm);
        let assertions: Vec<Assertion> = (0..ASSERTIONS)
            .map(|number| match algorithm {
                Algorithm::Rs256 => Assertion::new(&shared, number),
                _ => Assertion::new(&Signer::generate(algorithm), number),
            })
            .collect();
        let whole = rate(|call| assertions[call % ASSERTIONS].verify(&origins));

        let key = PublicKey::from_cose(&shared.cose()).expect("the key is good");
        let message = [7; 69];
        let signature = shared.sign(&message);
        let alone = rate(|_| {
            black_box(key.verify(black_box(&message), &signature)).expect("the signature is good")
        });
        println!(
            "{:<9} {:>13.0} {:>8.1} {:>20.1}",
            algorithm.name(),
            whole,
            1e6 / whole,
            1e6 / alone
        );
    }
}
