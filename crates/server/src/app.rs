//! What every handler and job works with: settings, store, secrets, keys, clock, randomness. Cloning is cheap.

use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use crate::config::Config;
use crate::domain::apps::LoadedApps;
use crate::domain::events::Counters;
use crate::domain::keys::RsaKeys;
use crate::ids::AppId;
use crate::messages::outbox::Outbox;
use crate::random::Random;
use crate::secrets::Secrets;
use crate::store::Store;
use crate::time::Clock;

/// The running product.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What an [`App`] is made of.
pub struct Parts {
    /// Every setting.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// Keys derived from the master key.
    pub secrets: Secrets,
    /// The time; nothing else reads it.
    pub clock: Clock,
    /// Randomness; nothing else draws it.
    pub random: Random,
    /// Where RSA keys come from.
    pub rsa_keys: RsaKeys,
    /// Copies of apps that requests work from.
    pub apps: LoadedApps,
    /// Counts kept in memory until the next flush.
    pub counters: Counters,
    /// Wakes whoever sends messages.
    pub outbox: Outbox,
    /// The Console's own app, once [`crate::domain::console::open`] has named it (D12).
    pub console_id: OnceLock<AppId>,
    /// The example app, while its listener runs.
    pub example_id: OnceLock<AppId>,
}

impl App {
    /// Puts the parts together.
    pub fn new(
        config: Config,
        store: Store,
        secrets: Secrets,
        clock: Clock,
        random: Random,
        rsa_keys: RsaKeys,
    ) -> Self {
        let counters = Counters::new(&random);
        App(Arc::new(Parts {
            config,
            store,
            secrets,
            clock,
            random,
            rsa_keys,
            apps: LoadedApps::default(),
            counters,
            outbox: Outbox::default(),
            console_id: OnceLock::new(),
            example_id: OnceLock::new(),
        }))
    }
}

impl App {
    /// Whether an app is the Console's own: closed to the management API, import, claim and every inbox (D12).
    pub fn is_console(&self, id: &AppId) -> bool {
        self.console_id.get() == Some(id)
    }

    /// The settings, while nobody shares them yet.
    ///
    /// # Panics
    ///
    /// If the app was cloned.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut Arc::get_mut(&mut self.0)
            .expect("the app is not shared yet")
            .config
    }
}

impl Deref for App {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}
