//! A software passkey: a P-256 key that follows from the app and the user's number, so that none is stored.

use anyhow::{Result, anyhow};
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::Value;

/// Flags of a synced passkey whose owner was verified: UP, UV, BE, BS (WebAuthn L3 §6.1).
const FLAGS: u8 = 0b0001_1101;

/// Flag AT: attested credential data follows.
const ATTESTED: u8 = 0b0100_0000;

/// `ECPrivateKey` of RFC 5915 on P-256 up to the 32 bytes of the key, and what follows them.
const KEY_PREFIX: [u8; 7] = [0x30, 0x31, 0x02, 0x01, 0x01, 0x04, 0x20];
const KEY_SUFFIX: [u8; 12] = [
    0xa0, 0x0a, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07,
];

/// A passkey of one user.
pub struct Passkey {
    key: EcdsaKeyPair,
    credential_id: [u8; 32],
}

/// What an authenticator gives at a sign-in.
pub struct Assertion {
    pub authenticator_data: Vec<u8>,
    pub signature: Vec<u8>,
}

impl Passkey {
    /// The passkey of an app's user.
    pub fn of(app_id: &str, user: u64) -> Result<Self> {
        let secret = sha256(format!("key {app_id} {user}").as_bytes());
        let der = [&KEY_PREFIX[..], &secret, &KEY_SUFFIX].concat();
        let key = EcdsaKeyPair::from_private_key_der(&ECDSA_P256_SHA256_ASN1_SIGNING, &der)
            .map_err(|rejected| anyhow!("The key of user {user} is rejected: {rejected}"))?;
        Ok(Passkey {
            key,
            credential_id: sha256(format!("credential {app_id} {user}").as_bytes()),
        })
    }

    /// The credential id in base64url.
    pub fn id(&self) -> String {
        base64url(self.credential_id)
    }

    /// Attestation object of format `none` (WebAuthn L3 §6.5.4, §8.7).
    pub fn attestation_object(&self, rp_id: &str) -> Result<Vec<u8>> {
        let mut data = self.authenticator_data(rp_id, FLAGS | ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len())?.to_be_bytes());
        data.extend(self.credential_id);
        ciborium::into_writer(&self.cose_key(), &mut data)?;
        let object = Value::Map(vec![
            (Value::from("fmt"), Value::from("none")),
            (Value::from("attStmt"), Value::Map(Vec::new())),
            (Value::from("authData"), Value::Bytes(data)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&object, &mut bytes)?;
        Ok(bytes)
    }

    /// Signs a challenge's client data (WebAuthn L3 §6.3.3).
    pub fn assert(&self, rp_id: &str, client_data: &str) -> Result<Assertion> {
        let authenticator_data = self.authenticator_data(rp_id, FLAGS);
        let message = [&authenticator_data[..], &sha256(client_data.as_bytes())].concat();
        let signature = self
            .key
            .sign_digest(&digest(&SHA256, &message))
            .map_err(|_| anyhow!("The assertion cannot be signed."))?;
        Ok(Assertion {
            authenticator_data,
            signature: signature.as_ref().to_vec(),
        })
    }

    /// RP ID hash, flags, and a sign count of zero, as synced passkeys have it (WebAuthn L3 §6.1).
    fn authenticator_data(&self, rp_id: &str, flags: u8) -> Vec<u8> {
        [&sha256(rp_id.as_bytes())[..], &[flags], &[0; 4]].concat()
    }

    /// Public key: EC2, ES256, P-256, x and y (RFC 9053 §2.1, §7.1.1).
    fn cose_key(&self) -> Value {
        let point = self.key.public_key().as_ref();
        let entry = |label: i64, value: Value| (Value::from(label), value);
        Value::Map(vec![
            entry(1, Value::from(2)),
            entry(3, Value::from(-7)),
            entry(-1, Value::from(1)),
            entry(-2, Value::Bytes(point[1..33].to_vec())),
            entry(-3, Value::Bytes(point[33..65].to_vec())),
        ])
    }
}

/// What a browser writes about a ceremony (WebAuthn L3 §5.8.1); `kind` is `webauthn.create` or `webauthn.get`.
pub fn client_data(kind: &str, challenge: &str, origin: &str) -> String {
    format!(
        r#"{{"type":"{kind}","challenge":"{challenge}","origin":"{origin}","crossOrigin":false}}"#
    )
}

/// Base64url without padding, as WebAuthn's JSON has its bytes.
pub fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// SHA-256 (FIPS 180-4).
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

    use super::*;

    #[test]
    fn a_user_has_the_same_passkey_each_time_and_nobody_else_has_it() {
        let passkey = Passkey::of("app", 1).unwrap();
        let again = Passkey::of("app", 1).unwrap();
        assert_eq!(passkey.id(), again.id());
        assert_eq!(
            passkey.key.public_key().as_ref(),
            again.key.public_key().as_ref()
        );
        for other in [
            Passkey::of("app", 2).unwrap(),
            Passkey::of("ppa", 1).unwrap(),
        ] {
            assert_ne!(passkey.id(), other.id());
            assert_ne!(
                passkey.key.public_key().as_ref(),
                other.key.public_key().as_ref()
            );
        }
    }

    #[test]
    fn signs_authenticator_data_and_the_hash_of_the_client_data() {
        let passkey = Passkey::of("app", 1).unwrap();
        let client_data = client_data("webauthn.get", "AAAA", "http://localhost:8080");
        let assertion = passkey.assert("localhost", &client_data).unwrap();
        let hash = sha256(client_data.as_bytes());
        let message = [&assertion.authenticator_data[..], &hash].concat();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, passkey.key.public_key().as_ref())
            .verify(&message, &assertion.signature)
            .unwrap();
    }
}
