//! A software key for each algorithm: makes COSE keys and signatures as an authenticator does.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, ECDSA_P521_SHA512_ASN1_SIGNING,
    EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};
use ciborium::Value;
use ginnel_webauthn::Algorithm;

enum PrivateKey {
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
    Rsa(RsaKeyPair),
}

/// A private key.
pub struct Signer {
    pub algorithm: Algorithm,
    key: PrivateKey,
}

impl Signer {
    pub fn generate(algorithm: Algorithm) -> Self {
        let ecdsa = |signing: &'static EcdsaSigningAlgorithm| {
            PrivateKey::Ecdsa(EcdsaKeyPair::generate(signing).unwrap())
        };
        let key = match algorithm {
            Algorithm::Es256 => ecdsa(&ECDSA_P256_SHA256_ASN1_SIGNING),
            Algorithm::Es384 => ecdsa(&ECDSA_P384_SHA384_ASN1_SIGNING),
            Algorithm::Es512 => ecdsa(&ECDSA_P521_SHA512_ASN1_SIGNING),
            Algorithm::EdDsa => PrivateKey::Ed25519(Ed25519KeyPair::generate().unwrap()),
            Algorithm::Rs256 => PrivateKey::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()),
        };
        Self { algorithm, key }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "ECDSA wants a random source, and no test looks at the nonce"
    )]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match &self.key {
            PrivateKey::Ecdsa(key) => key.sign(&random, message).unwrap().as_ref().to_vec(),
            PrivateKey::Ed25519(key) => key.sign(message).as_ref().to_vec(),
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)
                    .unwrap();
                signature
            }
        }
    }

    /// The members of the COSE_Key in the order of CTAP2's canonical form.
    pub fn cose_members(&self) -> Vec<(i64, Value)> {
        let algorithm = (3, Value::from(self.algorithm.cose_id()));
        match &self.key {
            PrivateKey::Ecdsa(key) => {
                let point = key.public_key().as_ref();
                let (x, y) = point[1..].split_at(point.len() / 2);
                let curve = match self.algorithm {
                    Algorithm::Es256 => 1,
                    Algorithm::Es384 => 2,
                    _ => 3,
                };
                vec![
                    (1, 2.into()),
                    algorithm,
                    (-1, curve.into()),
                    (-2, Value::from(x)),
                    (-3, Value::from(y)),
                ]
            }
            PrivateKey::Ed25519(key) => {
                vec![
                    (1, 1.into()),
                    algorithm,
                    (-1, 6.into()),
                    (-2, Value::from(key.public_key().as_ref())),
                ]
            }
            PrivateKey::Rsa(key) => rsa_members(key),
        }
    }

    pub fn cose(&self) -> Vec<u8> {
        encode(&map_of(self.cose_members()))
    }
}

/// The members of an RSA key's COSE_Key, for RS256.
pub fn rsa_members(key: &RsaKeyPair) -> Vec<(i64, Value)> {
    // RSAPublicKey in DER: two heads of 4 bytes, a zero, the modulus, a head of 2 bytes, the exponent.
    let der = key.public_key().as_ref();
    assert_eq!(
        (&der[..9], &der[265..267]),
        (
            &b"\x30\x82\x01\x0a\x02\x82\x01\x01\x00"[..],
            &b"\x02\x03"[..]
        )
    );
    vec![
        (1, 3.into()),
        (3, Algorithm::Rs256.cose_id().into()),
        (-1, Value::from(&der[9..265])),
        (-2, Value::from(&der[267..])),
    ]
}

/// A CBOR map with integer keys.
pub fn map_of(members: Vec<(i64, Value)>) -> Value {
    Value::Map(
        members
            .into_iter()
            .map(|(label, value)| (label.into(), value))
            .collect(),
    )
}

/// The CBOR encoding of a value.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}
