//! Signing keys: what signs an app's auth tokens, what checks them, and how one key follows another.
//!
//! A key is *next* (published, does not sign yet), *current* (signs), or *retired* (published until its last token has
//! expired). The next key is in the key set for 48 hours before it signs, because SDKs cache a key set for a day.
//! Each key is parsed once, when the app is loaded: parsing per token would triple the cost of an RS256 token.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, ED25519, EcdsaKeyPair,
    Ed25519KeyPair, KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};

use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::events::{Event, Kind};
use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::ids::{AppId, KeyId};
use crate::secrets::{Purpose, Secrets};
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// How long a key is published before it signs.
pub const PUBLISHED_BEFORE: Duration = Duration::from_secs(48 * 60 * 60);

/// How much longer than its last token a retired key stays published: clocks differ, and nodes work from copies.
const RETIRED_MARGIN: Duration = Duration::from_secs(5 * 60);

/// What signs auth tokens (RFC 7518 §3.1, RFC 8037 §3.1). Passage's packages take RS256 only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, clap::ValueEnum)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, 2048 bits: what Passage's packages demand.
    #[serde(rename = "RS256")]
    #[value(name = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256. Not for Passage's packages.
    #[serde(rename = "ES256")]
    #[value(name = "ES256")]
    Es256,
    /// Ed25519. Not for Passage's packages.
    #[serde(rename = "EdDSA")]
    #[value(name = "EdDSA")]
    EdDsa,
}

words!(Algorithm { Rs256 = "RS256", Es256 = "ES256", EdDsa = "EdDSA" });

/// Where a key is in its life.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// Published, does not sign yet.
    Next,
    /// Signs.
    Current,
    /// Published until its last token has expired.
    Retired,
}

words!(State { Next = "next", Current = "current", Retired = "retired" });

/// A signing key as stored, its private half sealed.
#[derive(Clone, Debug)]
pub struct SigningKey {
    /// `kid` in tokens and key sets.
    pub id: KeyId,
    /// The app whose tokens it signs.
    pub app_id: AppId,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Where it is in its life.
    pub state: State,
    /// PKCS#8, sealed for this key's id.
    pub sealed_private_key: Vec<u8>,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub current_since: Option<Timestamp>,
    /// When it may be forgotten.
    pub retired_until: Option<Timestamp>,
}

impl SigningKey {
    /// The key that signs a new app's tokens from the start.
    pub fn first(app: &App, record: &AppRecord) -> Result<Self> {
        let mut key = Self::generate(app, &record.id, record.settings.algorithm)?;
        key.state = State::Current;
        key.current_since = Some(key.created_at);
        Ok(key)
    }

    /// A key in waiting.
    fn generate(app: &App, app_id: &AppId, algorithm: Algorithm) -> Result<Self> {
        let id = KeyId::draw(&app.random, app.clock.now());
        let private_key = match algorithm {
            Algorithm::Rs256 => app.rsa_keys.take()?,
            Algorithm::Es256 => pkcs8(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                    .and_then(|pair| pair.to_pkcs8v1()),
            )?,
            Algorithm::EdDsa => pkcs8(Ed25519KeyPair::generate().and_then(|pair| pair.to_pkcs8()))?,
        };
        Ok(SigningKey {
            sealed_private_key: app.secrets.seal(
                Purpose::SigningKey,
                id.as_str().as_bytes(),
                &private_key,
                &app.random,
            ),
            id,
            app_id: app_id.clone(),
            algorithm,
            state: State::Next,
            created_at: app.clock.now(),
            current_since: None,
            retired_until: None,
        })
    }

    /// When a key in waiting may begin to sign.
    pub fn signs_from(&self) -> Timestamp {
        self.created_at.plus(PUBLISHED_BEFORE)
    }
}

fn pkcs8<D: AsRef<[u8]>>(document: Result<D, aws_lc_rs::error::Unspecified>) -> Result<Vec<u8>> {
    document
        .map(|document| document.as_ref().to_vec())
        .map_err(|_| Error::internal(anyhow!("a signing key could not be made")))
}

/// Makes an RSA key of 2048 bits, as PKCS#8. Takes a tenth of a second or more.
fn generate_rsa() -> Result<Vec<u8>> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048)
        .map_err(|_| Error::internal(anyhow!("an RSA key could not be made")))?;
    let document: Pkcs8V1Der<'_> = pair
        .as_der()
        .map_err(|_| Error::internal(anyhow!("an RSA key could not be written")))?;
    Ok(document.as_ref().to_vec())
}

/// Where RSA keys come from: made when asked for (the command line, the first start), until a pool is started.
#[derive(Default)]
pub struct RsaKeys {
    pool: OnceLock<Mutex<Receiver<Vec<u8>>>>,
    fixed: Option<Vec<u8>>,
}

impl RsaKeys {
    /// The same key again and again, for tests: making one takes long.
    pub fn fixed() -> Self {
        static KEY: OnceLock<Vec<u8>> = OnceLock::new();
        let key = KEY.get_or_init(|| generate_rsa().expect("an RSA key can be made"));
        RsaKeys {
            fixed: Some(key.clone()),
            ..RsaKeys::default()
        }
    }

    /// From now on keys are made ahead by one background thread, `size` of them, so that a flood of new apps costs
    /// nobody else's sign-in. The thread ends with the pool.
    pub fn start_pool(&self, size: usize) {
        // The thread itself holds one more, which waits for its place.
        let (sender, receiver) = sync_channel(size.saturating_sub(1));
        if self.pool.set(Mutex::new(receiver)).is_err() {
            return;
        }
        let work = move || {
            while let Ok(key) = generate_rsa() {
                if sender.send(key).is_err() {
                    return;
                }
            }
        };
        std::thread::Builder::new()
            .name("rsa keys".to_owned())
            .spawn(work)
            .expect("the system can start a thread");
    }

    fn take(&self) -> Result<Vec<u8>> {
        if let Some(key) = &self.fixed {
            return Ok(key.clone());
        }
        let Some(pool) = self.pool.get() else {
            return generate_rsa();
        };
        match pool.lock().expect("no panic while taking a key").try_recv() {
            Ok(key) => Ok(key),
            Err(TryRecvError::Empty) => Err(Error::unavailable(
                "No signing key is ready for the moment. Try again in 2 s.",
                2,
            )),
            Err(TryRecvError::Disconnected) => Err(Error::internal(anyhow!(
                "the thread that makes RSA keys has ended"
            ))),
        }
    }
}

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

/// What a rotation did.
#[derive(Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The key in waiting signs now.
    Done {
        /// The key that signs now.
        current: KeyId,
    },
    /// The key in waiting was published less than 48 hours ago; it signs from this instant on.
    Waits {
        /// When it may sign.
        until: Timestamp,
    },
}

/// Makes the key in waiting the current one. `at_once` does so even if it was published less than 48 hours ago: SDKs
/// that cached the key set fetch it again when they meet the unknown key, most of them once.
pub fn rotate(app: &App, record: &AppRecord, at_once: bool) -> Result<Rotation> {
    let now = app.clock.now();
    ensure_next(app, record)?;
    let following = SigningKey::generate(app, &record.id, record.settings.algorithm)?;
    let event = Event::of_server(app, &record.id, Kind::KeyRotated);
    let app_id = record.id.clone();
    let retired_until = now
        .plus(Duration::from_secs(
            record.settings.auth_token_lifetime_seconds.into(),
        ))
        .plus(RETIRED_MARGIN);
    let rotation = app.store.write_blocking(move |tx| {
        // Of two rotations at once, the second one sees what the first one did.
        tx.lock_app(&app_id)?;
        let keys = tx.list_signing_keys(&app_id)?;
        let find = |state| keys.iter().find(|key| key.state == state);
        let (Some(current), Some(next)) = (find(State::Current), find(State::Next)) else {
            return Err(Error::internal(anyhow!(
                "app {app_id} lacks a current key or one in waiting"
            )));
        };
        if !at_once && now < next.signs_from() {
            return Ok(Rotation::Waits {
                until: next.signs_from(),
            });
        }
        tx.retire_signing_key(&current.id, retired_until)?;
        tx.promote_signing_key(&next.id, now)?;
        tx.add_signing_key(&following)?;
        tx.add_event(&event.clone().about(&next.id))?;
        Ok(Rotation::Done {
            current: next.id.clone(),
        })
    })?;
    app.apps.forget(&record.id);
    Ok(rotation)
}

/// Gives an app a key in waiting if it has none.
pub fn ensure_next(app: &App, record: &AppRecord) -> Result<()> {
    let app_id = record.id.clone();
    let keys = app
        .store
        .read_blocking(move |tx| tx.list_signing_keys(&app_id))?;
    if keys.iter().any(|key| key.state == State::Next) {
        return Ok(());
    }
    let next = SigningKey::generate(app, &record.id, record.settings.algorithm)?;
    match app
        .store
        .write_blocking(move |tx| tx.add_signing_key(&next))
    {
        // Another node was faster.
        Err(error) if error.is_conflict() => {}
        other => other?,
    }
    app.apps.forget(&record.id);
    Ok(())
}

/// What is due for an app's keys now: a key in waiting, a scheduled change, retired keys to forget.
pub fn maintain(app: &App, record: &AppRecord) -> Result<()> {
    ensure_next(app, record)?;
    let now = app.clock.now();
    let app_id = record.id.clone();
    let keys = app
        .store
        .read_blocking(move |tx| tx.list_signing_keys(&app_id))?;
    let days = u64::from(record.settings.key_rotation_days);
    let is_due = |key: &SigningKey| {
        key.state == State::Current
            && days > 0
            && key
                .current_since
                .is_some_and(|since| now.since(since) >= Duration::from_secs(days * 24 * 60 * 60))
    };
    if keys.iter().any(is_due) {
        rotate(app, record, false)?;
    }
    if keys
        .iter()
        .any(|key| key.retired_until.is_some_and(|until| until < now))
    {
        let app_id = record.id.clone();
        app.store
            .write_blocking(move |tx| tx.remove_retired_signing_keys(&app_id, now))?;
        app.apps.forget(&record.id);
    }
    Ok(())
}
