//! Signing keys: what signs an app's auth tokens, what checks them, and how one key follows another.
//!
//! A key is *next* (published, does not sign yet), *current* (signs), or *retired* (published until its last token has
//! expired). The next key is in the key set for 48 hours before it signs, because SDKs cache a key set for a day. An app that
//! is to sign with another algorithm gets a next key of that algorithm, which takes over when its 48 hours are over.
//! Beside this file: `ring.rs` signs and checks with an app's keys, `rsa.rs` makes RSA keys ahead.

mod ring;
mod rsa;

use std::time::Duration;

use anyhow::anyhow;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair};
pub use ring::KeyRing;
pub use rsa::RsaKeys;
use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::domain::apps::{self, AppRecord};
use crate::domain::events::{Author, Kind};
use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::ids::{AppId, KeyId};
use crate::secrets::Purpose;
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// How long a key is published before it signs.
pub const PUBLISHED_BEFORE: Duration = Duration::from_secs(48 * 60 * 60);

/// How long a key is published after it signed last: as long as any auth token may live (a day, whatever the app's
/// setting was meanwhile), and 5 minutes more because clocks differ and nodes work from copies.
pub const PUBLISHED_AFTER: Duration = Duration::from_secs(24 * 60 * 60 + 5 * 60);

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
pub fn rotate(app: &App, record: &AppRecord, at_once: bool, author: &Author) -> Result<Rotation> {
    let now = app.clock.now();
    ensure_next(app, record)?;
    let following = SigningKey::generate(app, &record.id, record.settings.algorithm)?;
    let event = author.event(app, &record.id, Kind::KeyRotated);
    let app_id = record.id.clone();
    let retired_until = now.plus(PUBLISHED_AFTER);
    let rotation = app.store.write_blocking(move |tx| {
        // Of two rotations at once, the second one sees what the first one did.
        tx.lock_app(&app_id)?;
        let keys = tx.list_signing_keys(&app_id)?;
        let stored = tx.find_app(&app_id)?.ok_or_else(apps::not_found)?;
        let find = |state| keys.iter().find(|key| key.state == state);
        let (Some(current), Some(next)) = (find(State::Current), find(State::Next)) else {
            return Err(Error::internal(anyhow!(
                "app {app_id} lacks a current key or one in waiting"
            )));
        };
        let wanted = stored.settings.algorithm;
        if next.algorithm != wanted || following.algorithm != wanted {
            return Err(Error::unavailable(
                "The app's algorithm was changed at this moment. Try again.",
                1,
            ));
        }
        if !at_once && now < next.signs_from() {
            return Ok(Rotation::Waits {
                until: next.signs_from(),
            });
        }
        tx.retire_signing_key(&current.id, retired_until)?;
        tx.promote_signing_key(&next.id, now)?;
        tx.add_signing_key(&following)?;
        let detail = format!("{} signs with {} now", next.id, wanted.as_str());
        tx.add_event(&event.clone().about(&next.id).detailed(detail))?;
        Ok(Rotation::Done {
            current: next.id.clone(),
        })
    })?;
    app.apps.forget(&record.id);
    Ok(rotation)
}

/// Gives an app a key in waiting of its algorithm if it has none.
pub fn ensure_next(app: &App, record: &AppRecord) -> Result<()> {
    let (app_id, algorithm) = (record.id.clone(), record.settings.algorithm);
    let keys = app
        .store
        .read_blocking(move |tx| tx.list_signing_keys(&app_id))?;
    let is_good = |key: &SigningKey| key.state == State::Next && key.algorithm == algorithm;
    if keys.iter().any(is_good) {
        return Ok(());
    }
    let next = SigningKey::generate(app, &record.id, algorithm)?;
    let added = app.store.write_blocking(move |tx| {
        tx.remove_next_signing_key_except(&next.app_id, algorithm)?;
        tx.add_signing_key(&next)
    });
    match added {
        // Another node was faster.
        Err(error) if error.is_conflict() => {}
        other => other?,
    }
    app.apps.forget(&record.id);
    Ok(())
}

/// What is due for an app's keys now: a key in waiting, a change by schedule or to another algorithm, retired keys to forget.
pub fn maintain(app: &App, record: &AppRecord) -> Result<()> {
    ensure_next(app, record)?;
    let now = app.clock.now();
    let app_id = record.id.clone();
    let keys = app
        .store
        .read_blocking(move |tx| tx.list_signing_keys(&app_id))?;
    let days = u64::from(record.settings.key_rotation_days);
    let is_due = |key: &SigningKey| {
        let is_old = days > 0
            && key
                .current_since
                .is_some_and(|since| now.since(since) >= Duration::from_secs(days * 24 * 60 * 60));
        key.state == State::Current && (is_old || key.algorithm != record.settings.algorithm)
    };
    let is_ready = |key: &SigningKey| key.state == State::Next && key.signs_from() <= now;
    if keys.iter().any(is_due) && keys.iter().any(is_ready) {
        rotate(app, record, false, &Author::Server)?;
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
