//! An app's keys, ready for use. Each is parsed once, when the app is loaded: parsing per token would triple the cost of
//! an RS256 token.

use anyhow::{Context as _, anyhow};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::Serialize;
use serde_json::{Value as Json, json};

use super::{Algorithm, SigningKey, State};
use crate::error::{Error, Result};
use crate::ids::KeyId;
use crate::secrets::{Purpose, Secrets};

/// An app's keys, ready for use.
pub struct KeyRing {
    /// Which keys these are, to see whether the stored ones still are the same.
    states: Vec<(KeyId, State)>,
    current: Signer,
    others: Vec<Signer>,
    /// Body of the key set (RFC 7517 §5): current, next, retired.
    pub jwks: String,
    /// The current RSA key as Passage's oldest SDKs read it: base64 of a PKCS#1 PEM; empty for other algorithms.
    pub rsa_public_key: String,
}

impl KeyRing {
    /// Opens an app's stored keys.
    pub fn open(secrets: &Secrets, keys: &[SigningKey]) -> Result<Self> {
        let mut current = None;
        let mut others = Vec::new();
        for key in keys {
            let signer = Signer::open(secrets, key).map_err(Error::internal)?;
            match key.state {
                State::Current => current = Some(signer),
                State::Next | State::Retired => others.push(signer),
            }
        }
        let current =
            current.ok_or_else(|| Error::internal(anyhow!("an app has no current signing key")))?;
        let jwks: Vec<&Json> = std::iter::once(&current)
            .chain(&others)
            .map(|signer| &signer.jwk)
            .collect();
        Ok(KeyRing {
            jwks: json!({ "keys": jwks }).to_string(),
            rsa_public_key: current.rsa_public_key(),
            states: states(keys),
            current,
            others,
        })
    }

    /// Whether these are still the stored keys.
    pub fn is_of(&self, keys: &[SigningKey]) -> bool {
        self.states == states(keys)
    }

    /// The algorithm that signs now.
    pub fn algorithm(&self) -> Algorithm {
        self.current.algorithm
    }

    /// Signs claims: a compact JWS (RFC 7515 §3.1).
    pub fn sign(&self, claims: &impl Serialize) -> Result<String> {
        self.current.sign(claims)
    }

    /// The claims of a token that one of these keys signed; `None` for anything else.
    pub fn verify<T: serde::de::DeserializeOwned>(&self, token: &str) -> Option<T> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        // The algorithm is the key's, never the token's: a header that this server would not have written is refused.
        let signer = std::iter::once(&self.current)
            .chain(&self.others)
            .find(|signer| signer.header == header)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        signer
            .public_key
            .verify_sig(signed.as_bytes(), &signature)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

fn states(keys: &[SigningKey]) -> Vec<(KeyId, State)> {
    keys.iter().map(|key| (key.id.clone(), key.state)).collect()
}

/// A key that was parsed.
struct Signer {
    algorithm: Algorithm,
    /// The encoded header of every token of this key.
    header: String,
    pair: Pair,
    public_key: ParsedPublicKey,
    jwk: Json,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl Signer {
    fn open(secrets: &Secrets, key: &SigningKey) -> anyhow::Result<Self> {
        let private_key = secrets
            .open(
                Purpose::SigningKey,
                key.id.as_str().as_bytes(),
                &key.sealed_private_key,
            )
            .context("a signing key does not open with this master key")?;
        let kid = key.id.as_str();
        let alg = key.algorithm.as_str();
        let (pair, public_key, jwk) = match key.algorithm {
            Algorithm::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(&private_key)?;
                let public = pair.public_key();
                let (n, e) = (public.modulus(), public.exponent());
                let jwk = json!({
                    "kty": "RSA", "use": "sig", "alg": alg, "kid": kid,
                    "n": URL_SAFE_NO_PAD.encode(n.big_endian_without_leading_zero()),
                    "e": URL_SAFE_NO_PAD.encode(e.big_endian_without_leading_zero()),
                });
                let public_key =
                    ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public.as_ref())?;
                (Pair::Rsa(Box::new(pair)), public_key, jwk)
            }
            Algorithm::Es256 => {
                let pair =
                    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &private_key)?;
                // SEC 1 §2.3.3: 04, x, y.
                let (x, y) = pair.public_key().as_ref()[1..].split_at(32);
                let jwk = json!({
                    "kty": "EC", "crv": "P-256", "use": "sig", "alg": alg, "kid": kid,
                    "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y),
                });
                let public_key =
                    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref())?;
                (Pair::Ecdsa(pair), public_key, jwk)
            }
            Algorithm::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(&private_key)?;
                let jwk = json!({
                    "kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": alg, "kid": kid,
                    "x": URL_SAFE_NO_PAD.encode(pair.public_key().as_ref()),
                });
                let public_key = ParsedPublicKey::new(&ED25519, pair.public_key().as_ref())?;
                (Pair::Ed25519(pair), public_key, jwk)
            }
        };
        let header =
            URL_SAFE_NO_PAD.encode(format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"JWT"}}"#));
        Ok(Signer {
            algorithm: key.algorithm,
            header,
            pair,
            public_key,
            jwk,
        })
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "RSA PKCS#1 v1.5 and Ed25519 are deterministic; ECDSA's nonce is aws-lc's own business"
    )]
    fn sign(&self, claims: &impl Serialize) -> Result<String> {
        let mut token = String::with_capacity(1024);
        token.push_str(&self.header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(
            serde_json::to_vec(claims).map_err(Error::internal)?,
            &mut token,
        );
        let random = SystemRandom::new();
        let failed = |_| Error::internal(anyhow!("a token could not be signed"));
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, token.as_bytes(), &mut signature)
                    .map_err(failed)?;
                signature
            }
            Pair::Ecdsa(pair) => pair
                .sign(&random, token.as_bytes())
                .map_err(failed)?
                .as_ref()
                .to_vec(),
            Pair::Ed25519(pair) => pair.sign(token.as_bytes()).as_ref().to_vec(),
        };
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }

    /// Base64 of a PKCS#1 PEM. Go decodes it as raw URL-safe base64, Python and Ruby as padded standard base64; PEM
    /// text gives no `+ / - _`, and newlines up to a multiple of three bytes leave no padding, so one text serves all.
    fn rsa_public_key(&self) -> String {
        let Pair::Rsa(pair) = &self.pair else {
            return String::new();
        };
        let body = STANDARD.encode(pair.public_key().as_ref());
        let mut pem = String::from("-----BEGIN RSA PUBLIC KEY-----\n");
        for line in body.as_bytes().chunks(64) {
            pem.push_str(std::str::from_utf8(line).expect("base64 is ASCII"));
            pem.push('\n');
        }
        pem.push_str("-----END RSA PUBLIC KEY-----\n");
        while pem.len() % 3 != 0 {
            pem.push('\n');
        }
        STANDARD.encode(pem)
    }
}
