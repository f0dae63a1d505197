//! An app with its keys ready for use: what a request works from.

use std::collections::HashMap;
use std::sync::{Arc, RwLock};
use std::time::Duration;

use super::{AppRecord, AppType, native, not_found};
use crate::app::App;
use crate::domain::console::Grant;
use crate::domain::keys::KeyRing;
use crate::error::{Code, Error, Result};
use crate::ids::AppId;
use crate::time::Timestamp;

/// An app with its keys ready for use. Requests share one copy for at most [`FRESH_FOR`]; what another node or the
/// command line changed is seen after that.
#[derive(Clone)]
pub struct LoadedApp {
    record: AppRecord,
    /// The app's keys, parsed once.
    pub keys: Arc<KeyRing>,
    /// Issuer of the app's tokens: the URL of its authentication API under `public_url`.
    pub issuer: String,
    /// Origins that a passkey's client data may name: web origins, then native ones.
    pub webauthn_origins: Vec<String>,
    /// What admits whoever signs up to the Console, where not everybody may (D12).
    pub grant: Option<Grant>,
    read_at: Timestamp,
}

impl LoadedApp {
    /// The same app for a call that a grant admits: sign-up is open to it.
    pub fn admitting(&self, grant: Grant) -> Self {
        let mut admitting = self.clone();
        admitting.record.settings.public_signup = true;
        admitting.grant = Some(grant);
        admitting
    }

    /// Refuses the parts of the API that sign people in by themselves, where the app does that.
    pub fn require_complete(&self) -> Result<()> {
        if self.settings.app_type == AppType::Complete {
            return Ok(());
        }
        Err(Error::forbidden(
            "app_is_flex",
            "This app signs its users in by itself and has only their passkeys here (Flex). Use the transactions, or change the type in the app's settings.",
        ))
    }

    /// Refuses the transactions of an app that leaves all of signing in to this server.
    pub fn require_flex(&self) -> Result<()> {
        if self.settings.app_type == AppType::Flex {
            return Ok(());
        }
        Err(Error::forbidden(
            "app_is_complete",
            "This app leaves all of signing in to this server and has no transactions. Change the type to Flex in the app's settings, or by `ginnel app update --type flex`.",
        ))
    }

    /// Refuses users who change their own identifiers, metadata or passkeys' names, where the app's team keeps that to itself.
    pub fn require_profile_management(&self) -> Result<()> {
        if self.settings.profile_management {
            return Ok(());
        }
        Err(Error::forbidden(
            "profile_management_disabled",
            "This app does not let people change their profile. Ask the people who run it.",
        ))
    }
}

impl std::ops::Deref for LoadedApp {
    type Target = AppRecord;

    fn deref(&self) -> &AppRecord {
        &self.record
    }
}

/// How long a node works from its copy of an app.
pub const FRESH_FOR: Duration = Duration::from_secs(2);

/// How long a copy is kept that nobody asks for.
const KEPT_FOR: Duration = Duration::from_secs(10 * 60);

/// The node's copies of apps.
#[derive(Default)]
pub struct LoadedApps {
    apps: RwLock<HashMap<AppId, Arc<LoadedApp>>>,
}

impl LoadedApps {
    /// Drops a copy, so that the next request reads the app again.
    pub fn forget(&self, id: &AppId) {
        self.apps
            .write()
            .expect("no panic while holding apps")
            .remove(id);
    }

    /// Whether there is a copy, fresh or not.
    pub fn has(&self, id: &AppId) -> bool {
        self.get_stale(id).is_some()
    }

    fn get(&self, id: &AppId, now: Timestamp) -> Option<Arc<LoadedApp>> {
        let apps = self.apps.read().expect("no panic while holding apps");
        apps.get(id)
            .filter(|app| now.since(app.read_at) < FRESH_FOR && !app.has_ended(now))
            .cloned()
    }

    fn get_stale(&self, id: &AppId) -> Option<Arc<LoadedApp>> {
        self.apps
            .read()
            .expect("no panic while holding apps")
            .get(id)
            .cloned()
    }

    /// Drops the copies that no request has asked for in a while.
    pub fn keep_small(&self, now: Timestamp) {
        let mut apps = self.apps.write().expect("no panic while holding apps");
        apps.retain(|_, app| now.since(app.read_at) < KEPT_FOR);
    }

    fn put(&self, app: Arc<LoadedApp>) {
        self.apps
            .write()
            .expect("no panic while holding apps")
            .insert(app.id.clone(), app);
    }
}

/// The app that an id names, with its keys.
pub async fn load(app: &App, id: &AppId) -> Result<Arc<LoadedApp>> {
    let now = app.clock.now();
    if let Some(loaded) = app.apps.get(id, now) {
        return Ok(loaded);
    }
    let wanted = id.clone();
    let read = app
        .store
        .read(move |tx| {
            let found = tx.find_app(&wanted)?;
            let record = found.filter(|record| !record.has_ended(now));
            let record = record.ok_or_else(not_found)?;
            let keys = tx.list_signing_keys(&wanted)?;
            Ok((record, keys))
        })
        .await;
    let previous = app.apps.get_stale(id);
    let (record, keys) = match (read, &previous) {
        (Ok(read), _) => read,
        // Back ends can go on checking tokens while the database is away.
        (Err(error), Some(previous)) if error.code() == Code::Unavailable => {
            return Ok(previous.clone());
        }
        (Err(error), _) => {
            app.apps.forget(id);
            return Err(error);
        }
    };
    let keys = match previous {
        Some(previous) if previous.keys.is_of(&keys) => previous.keys.clone(),
        _ => Arc::new(KeyRing::open(&app.secrets, &keys)?),
    };
    let loaded = Arc::new(LoadedApp {
        keys,
        issuer: issuer(&app.config.public_origin(), id),
        webauthn_origins: record
            .origins()
            .map(|origin| origin.as_str().to_owned())
            .chain(native::origins(&record.rp_id, &record.settings))
            .collect(),
        grant: None,
        record,
        read_at: now,
    });
    app.apps.put(loaded.clone());
    Ok(loaded)
}

/// Issuer of an app's tokens, under the server's public origin.
pub fn issuer(public_origin: &str, id: &AppId) -> String {
    format!("{public_origin}/auth/v1/apps/{id}")
}
