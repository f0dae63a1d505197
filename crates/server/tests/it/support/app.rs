//! The running product: the real router on a fresh database, with a clock that the test moves and seeded randomness.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use ginnel::app::App;
use ginnel::config::Config;
use ginnel::domain::apps::{self, AppRecord, NewApp, Settings};
use ginnel::domain::events::Counter;
use ginnel::domain::keys::RsaKeys;
use ginnel::domain::origins::AuthOrigin;
use ginnel::domain::paging::Cursor;
use ginnel::domain::users::{Identifier, Origin, Status, User as StoredUser};
use ginnel::http;
use ginnel::ids::{AppId, UserId};
use ginnel::random::Random;
use ginnel::secrets::Secrets;
use ginnel::store::Tx;
use ginnel::time::{Clock, Timestamp};

use super::{Authenticator, Call, User, Visitor};
use crate::store::Database;

/// When every story begins: 2023-11-14T22:13:20Z.
pub const START: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// Where the pages of the test's app run.
pub const ORIGIN: &str = "http://localhost:8080";

/// The key that every node of a story shares.
pub const MASTER_KEY: [u8; 32] = [7; 32];

/// One node of the product, and the app that the story is about.
#[derive(Clone)]
pub struct TestApp {
    /// The product's own parts.
    pub app: App,
    pub router: Router,
    /// The app `Acme` at [`ORIGIN`].
    pub id: AppId,
    /// What the store's file or schema hangs on.
    pub database: Arc<Database>,
    /// Seed of the next node's randomness.
    nodes: Arc<AtomicU64>,
}

impl TestApp {
    /// Starts on a fresh database with one app, signing with RS256.
    pub async fn new(database: Arc<Database>) -> Self {
        let app = App::new(
            Self::config(),
            database.store.clone(),
            Secrets::new(&MASTER_KEY),
            Clock::fixed(START),
            Random::seeded(0),
            RsaKeys::fixed(),
        );
        let new = NewApp::parse("Acme", ORIGIN, "/dashboard").unwrap();
        let record = create(&app, new).await;
        TestApp {
            router: http::router(app.clone()),
            id: record.id,
            app,
            database,
            nodes: Arc::new(AtomicU64::new(1)),
        }
    }

    /// Floods have stories of their own; the others may send what they like.
    fn config() -> Config {
        let mut config = Config::default();
        config.flood_burst = 0;
        config
    }

    /// One more node over the same database, with the same master key and clock and a connection pool of its own.
    pub async fn another_node(&self) -> TestApp {
        let database = self.database.clone();
        let store = tokio::task::spawn_blocking(move || database.open_again().unwrap())
            .await
            .unwrap();
        self.restarted(store, Self::config(), RsaKeys::fixed())
    }

    /// The same installation with other settings of the server.
    pub fn configured(&self, change: impl FnOnce(&mut Config)) -> TestApp {
        let mut config = Self::config();
        change(&mut config);
        self.restarted(self.app.store.clone(), config, RsaKeys::fixed())
    }

    /// The same installation with another source of RSA keys.
    pub fn with_rsa_keys(&self, keys: RsaKeys) -> TestApp {
        self.restarted(self.app.store.clone(), Self::config(), keys)
    }

    fn restarted(&self, store: ginnel::store::Store, config: Config, keys: RsaKeys) -> TestApp {
        let seed = self.nodes.fetch_add(1, Ordering::SeqCst);
        let app = App::new(
            config,
            store,
            self.app.secrets.clone(),
            self.app.clock.clone(),
            Random::seeded(seed),
            keys,
        );
        TestApp {
            router: http::router(app.clone()),
            app,
            ..self.clone()
        }
    }

    /// The same node, for another app.
    pub fn about(&self, id: &AppId) -> TestApp {
        TestApp {
            id: id.clone(),
            ..self.clone()
        }
    }

    /// One more app of this installation, at its own origin.
    pub async fn another_app(&self, origin: &str) -> TestApp {
        self.app_from(NewApp::parse("Another", origin, "/").unwrap())
            .await
    }

    /// One more app, made as told.
    pub async fn app_from(&self, new: NewApp) -> TestApp {
        self.about(&create(&self.app, new).await.id)
    }

    /// Runs what blocks (`keys::rotate`, `apps::create`, the store's blocking calls) outside the runtime.
    pub async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&App) -> T + Send + 'static,
    ) -> T {
        let app = self.app.clone();
        tokio::task::spawn_blocking(move || work(&app))
            .await
            .unwrap()
    }

    /// The app as stored.
    pub async fn record(&self) -> AppRecord {
        let id = self.id.clone();
        let found = self.app.store.read(move |tx| tx.find_app(&id)).await;
        found.unwrap().unwrap()
    }

    /// Changes the app's settings, as its team would.
    pub async fn set(&self, change: impl FnOnce(&mut Settings)) {
        let mut settings = self.record().await.settings;
        change(&mut settings);
        let settings = serde_json::to_string(&settings).unwrap();
        let id = self.id.clone();
        self.write(move |tx| {
            ginnel::store::testing::execute(
                tx,
                "UPDATE apps SET settings = $2 WHERE id = $1",
                &[&id, &settings],
            )
        })
        .await;
        self.app.apps.forget(&self.id);
    }

    /// Adds an origin to the app's list.
    pub async fn list_origin(&self, origin: &str) {
        let origin = AuthOrigin::parse(origin).unwrap().origin;
        self.set(|settings| settings.additional_auth_origins.push(origin))
            .await;
    }

    /// Writes past the product.
    pub async fn write<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> ginnel::Result<T> + Send + 'static,
    ) -> T {
        self.app.store.write(run).await.unwrap()
    }

    /// Reads past the product.
    pub async fn read<T: Send + 'static>(
        &self,
        run: impl Fn(&mut Tx<'_>) -> ginnel::Result<T> + Send + 'static,
    ) -> T {
        self.app.store.read(run).await.unwrap()
    }

    /// Lets time pass.
    pub fn advance(&self, seconds: u64) {
        self.app.clock.advance(Duration::from_secs(seconds));
    }

    /// Sets the clock back.
    pub fn set_back(&self, seconds: u64) {
        self.app.clock.set_back(Duration::from_secs(seconds));
    }

    pub fn now(&self) -> Timestamp {
        self.app.clock.now()
    }

    /// A request to any path of the server, from no page.
    pub fn call(&self, method: &str, path: &str) -> Call {
        Call::new(self.router.clone(), method, path)
    }

    /// A page at the app's origin, nobody signed in.
    pub fn anonymous(&self) -> Visitor {
        Visitor::new(self.clone(), ORIGIN)
    }

    /// Somebody who signed up a moment ago with a software passkey: `name@example.com`.
    pub async fn user(&self, name: &str) -> User {
        User::sign_up(self.anonymous(), &format!("{name}@example.com")).await
    }

    /// A software authenticator at the app's origin.
    pub fn authenticator(&self) -> Authenticator {
        Authenticator::new(ORIGIN)
    }

    /// A user whom somebody else made: imported, or by a back end.
    pub async fn made_user(&self, identifier: &str, origin: Origin) -> StoredUser {
        let user = StoredUser {
            origin,
            status: Status::Active,
            ..StoredUser::signing_up(
                UserId::draw(&self.app.random, self.app.clock.now()),
                self.id.clone(),
                &Identifier::parse(identifier).unwrap(),
                self.now(),
            )
        };
        let stored = user.clone();
        assert!(self.write(move |tx| tx.add_user(&stored)).await);
        user
    }

    /// The user whom an identifier names.
    pub async fn stored_user(&self, identifier: &str) -> Option<StoredUser> {
        let (app, identifier) = (self.id.clone(), Identifier::parse(identifier).unwrap());
        self.read(move |tx| tx.find_user_by_identifier(&app, &identifier))
            .await
    }

    /// A user's events in order, each as `kind outcome` and, for a refusal, its reason.
    pub async fn events(&self, user: &str) -> Vec<String> {
        let user: UserId = user.parse().unwrap();
        let events = self
            .read(move |tx| tx.list_events_of_user(&user, &Cursor::newest(), 1000))
            .await;
        let mut lines: Vec<_> = events
            .into_iter()
            .map(|event| {
                let reason = event.reason.unwrap_or_default();
                let line = format!(
                    "{} {} {reason}",
                    event.kind.as_str(),
                    event.outcome.as_str()
                );
                (event.created_at, line.trim_end().to_owned())
            })
            .collect();
        // Events of one instant have no order.
        lines.sort();
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Today's counter of the app, as it stands in the store.
    pub async fn count(&self, counter: Counter) -> i64 {
        let (app, day) = (self.id.clone(), self.now().day());
        self.read(move |tx| tx.find_count(&app, day, counter)).await
    }
}

async fn create(app: &App, new: NewApp) -> AppRecord {
    let app = app.clone();
    tokio::task::spawn_blocking(move || apps::create(&app, new).unwrap())
        .await
        .unwrap()
}
