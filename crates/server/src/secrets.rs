//! What protects secrets at rest and on their way through a browser: one master key, from which a key for each
//! purpose (and, for ceremonies, each day) is derived by HKDF-SHA256 (RFC 5869).
//!
//! Sealing is AES-256-GCM-SIV (RFC 8452): a repeated nonce would tell only that two plaintexts are equal.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, RwLock};

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use aws_lc_rs::{digest, hmac};

use crate::error::{Error, Result};
use crate::random::Random;
use crate::store::{FromColumn, ToValue, Value};

/// Length of the master key and of each derived key, bytes.
pub const KEY_LENGTH: usize = 32;

/// What a sealed value is for; a value sealed for one purpose does not open for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// State of a WebAuthn ceremony on its way through the browser, by the day of its making.
    Ceremony {
        /// Days since 1970.
        day: i64,
    },
    /// A private signing key in the database.
    SigningKey,
    /// A letter in the outbox.
    Letter,
}

impl Purpose {
    fn info(self) -> String {
        match self {
            Purpose::Ceremony { day } => format!("ginnel ceremony {day}"),
            Purpose::SigningKey => "ginnel signing key".to_owned(),
            Purpose::Letter => "ginnel letter".to_owned(),
        }
    }
}

/// The keys derived from the master key.
#[derive(Clone)]
pub struct Secrets {
    inner: Arc<Inner>,
}

struct Inner {
    root: Prk,
    fingerprint: String,
    refresh: hmac::Key,
    guessable: hmac::Key,
    sealing: RwLock<HashMap<Purpose, Arc<LessSafeKey>>>,
}

impl Secrets {
    /// Takes the master key.
    pub fn new(master_key: &[u8; KEY_LENGTH]) -> Self {
        let root = Salt::new(HKDF_SHA256, b"ginnel").extract(master_key);
        let refresh = hmac::Key::new(
            hmac::HMAC_SHA256,
            &derive(&root, "ginnel refresh successor 1"),
        );
        let guessable = hmac::Key::new(
            hmac::HMAC_SHA256,
            &derive(&root, "ginnel guessable secrets"),
        );
        let fingerprint = derive(&root, "ginnel fingerprint")[..8]
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Secrets {
            inner: Arc::new(Inner {
                root,
                fingerprint,
                refresh,
                guessable,
                sealing: RwLock::default(),
            }),
        }
    }

    /// Sixteen hexadecimal digits that tell master keys apart and nothing else about them.
    pub fn fingerprint(&self) -> &str {
        &self.inner.fingerprint
    }

    /// HMAC-SHA256 under the key that derives a refresh token's successor (key id 1).
    pub fn refresh_successor(&self, parent: &[u8]) -> [u8; 32] {
        let tag = hmac::sign(&self.inner.refresh, parent);
        tag.as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes")
    }

    /// What is stored of a secret that is short enough to be guessed (codes, digits): HMAC-SHA256 under a key of its own,
    /// together with what the secret is for, so that the database alone does not tell it.
    pub fn hash_guessable(&self, what: &str, of: &str, secret: &str) -> SecretHash {
        let text = format!("{what}\n{of}\n{secret}");
        let tag = hmac::sign(&self.inner.guessable, text.as_bytes());
        SecretHash(tag.as_ref().try_into().expect("HMAC-SHA256 gives 32 bytes"))
    }

    /// A number that only this server can tell from a secret's hash and what it is for.
    pub fn number_of(&self, of: &SecretHash, what: &str) -> u64 {
        let tag = hmac::sign(&self.inner.guessable, &[&of.0, what.as_bytes()].concat());
        let bytes = tag.as_ref()[..8].try_into();
        u64::from_be_bytes(bytes.expect("HMAC-SHA256 gives 32 bytes"))
    }

    /// Seals `plaintext`: nonce, ciphertext and tag. `context` must be the same again when it is opened.
    pub fn seal(
        &self,
        purpose: Purpose,
        context: &[u8],
        plaintext: &[u8],
        random: &Random,
    ) -> Vec<u8> {
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = Vec::with_capacity(NONCE_LEN + plaintext.len() + 16);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(plaintext);
        let tag = self
            .key(purpose)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(context),
                &mut sealed[NONCE_LEN..],
            )
            .expect("a plaintext of this size can be sealed");
        sealed.extend_from_slice(tag.as_ref());
        sealed
    }

    /// Opens what [`Secrets::seal`] made; `None` if it was altered or sealed for something else.
    pub fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_LEN)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut buffer = ciphertext.to_vec();
        let length = self
            .key(purpose)
            .open_in_place(nonce, Aad::from(context), &mut buffer)
            .ok()?
            .len();
        buffer.truncate(length);
        Some(buffer)
    }

    fn key(&self, purpose: Purpose) -> Arc<LessSafeKey> {
        if let Some(key) = self
            .inner
            .sealing
            .read()
            .expect("no panic while reading keys")
            .get(&purpose)
        {
            return key.clone();
        }
        let bytes = derive(&self.inner.root, &purpose.info());
        let key = UnboundKey::new(&AES_256_GCM_SIV, &bytes).expect("the key has 32 bytes");
        let key = Arc::new(LessSafeKey::new(key));
        let mut keys = self
            .inner
            .sealing
            .write()
            .expect("no panic while storing keys");
        // Keys of days gone by are dropped, so that a year of running holds a handful.
        if let Purpose::Ceremony { day } = purpose {
            keys.retain(
                |other, _| !matches!(other, Purpose::Ceremony { day: old } if *old < day - 1),
            );
        }
        keys.insert(purpose, key.clone());
        key
    }
}

struct Length;

impl KeyType for Length {
    fn len(&self) -> usize {
        KEY_LENGTH
    }
}

fn derive(root: &Prk, info: &str) -> [u8; KEY_LENGTH] {
    let mut key = [0; KEY_LENGTH];
    root.expand(&[info.as_bytes()], Length)
        .and_then(|okm| okm.fill(&mut key))
        .expect("HKDF-SHA256 gives 32 bytes");
    key
}

/// What is stored of a secret in its place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SecretHash([u8; 32]);

impl SecretHash {
    /// SHA-256 of a secret that is too long to be guessed.
    pub fn of(secret: &str) -> Self {
        SecretHash(sha256(secret.as_bytes()))
    }

    /// Whether it is that of a secret; how long that takes tells nothing.
    pub fn is_of(&self, secret: &str) -> bool {
        verify_slices_are_equal(&self.0, &sha256(secret.as_bytes())).is_ok()
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// A hash that came from outside, or from the database.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        SecretHash(bytes)
    }
}

impl fmt::Debug for SecretHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretHash(hidden)")
    }
}

impl ToValue for SecretHash {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(&self.0)
    }
}

impl FromColumn for SecretHash {
    fn from_column(value: Value<'_>) -> Result<Self> {
        <[u8; 32]>::from_column(value).map(SecretHash)
    }
}

/// SHA-256.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest::digest(&digest::SHA256, bytes)
        .as_ref()
        .try_into()
        .expect("SHA-256 gives 32 bytes")
}

/// Decodes a master key as it stands in a file or setting: 32 bytes in base64.
pub fn parse_master_key(text: &str) -> Result<[u8; KEY_LENGTH]> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD
        .decode(text.trim())
        .ok()
        .and_then(|bytes| <[u8; KEY_LENGTH]>::try_from(bytes).ok())
        .ok_or_else(|| Error::invalid("The master key must be 32 bytes in base64; make one with `openssl rand -base64 32`."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_only_what_it_sealed_for_the_same_purpose_and_context() {
        let random = Random::seeded(1);
        let secrets = Secrets::new(&[7; 32]);
        let purpose = Purpose::Ceremony { day: 20_000 };
        let sealed = secrets.seal(purpose, b"app", b"state", &random);
        assert_eq!(
            secrets.open(purpose, b"app", &sealed).as_deref(),
            Some(&b"state"[..])
        );
        assert_eq!(secrets.open(purpose, b"other app", &sealed), None);
        assert_eq!(
            secrets.open(Purpose::Ceremony { day: 20_001 }, b"app", &sealed),
            None
        );
        assert_eq!(secrets.open(Purpose::SigningKey, b"app", &sealed), None);
        assert_eq!(Secrets::new(&[8; 32]).open(purpose, b"app", &sealed), None);
        for index in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[index] ^= 1;
            assert_eq!(
                secrets.open(purpose, b"app", &altered),
                None,
                "byte {index}"
            );
        }
        assert_eq!(secrets.open(purpose, b"app", &sealed[..5]), None);
    }

    #[test]
    fn fingerprints_tell_keys_apart() {
        assert_ne!(
            Secrets::new(&[7; 32]).fingerprint(),
            Secrets::new(&[8; 32]).fingerprint()
        );
    }
}
