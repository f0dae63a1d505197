//! The server's key set over HTTP, kept and refreshed. There are no timers: a refresh is started by use. Each fetch is a
//! task of its own, so a request that is dropped while it waits takes nothing away from the others.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::watch;
use url::Url;

use crate::clock::Clock;
use crate::errors::{Code, Error};
use crate::fetch::{Failure, fetch_key_set, refusal};
use crate::key_sets::{FindKey, KeySet};
use crate::keys::{Keys, VerificationKey};

/// Seconds for which a failed fetch is remembered, so that a server that is down is not asked by every request.
const WAIT_AFTER_FAILURE: u32 = 1;

/// How much longer than a fetch may take a request waits for its outcome, in case the fetch was lost.
const GRACE: Duration = Duration::from_secs(1);

/// The key set at an address, fetched at the first use. Clones share their keys.
///
/// It needs tokio's runtime with its timers and network, as axum, actix-web and `#[tokio::main]` bring it.
#[derive(Clone)]
pub struct RemoteKeySet {
    options: Arc<Options>,
    state: Arc<Mutex<State>>,
}

type OnError = Arc<dyn Fn(&Error) + Send + Sync>;

#[derive(Clone)]
struct Options {
    url: Url,
    refresh_after: Duration,
    max_age: Duration,
    cooldown: Duration,
    timeout: Duration,
    on_error: Option<OnError>,
    clock: Clock,
}

/// Times are in seconds since 1970.
#[derive(Default)]
struct State {
    keys: Option<Keys>,
    loaded_at: f64,
    attempted_at: f64,
    failure: Option<PastFailure>,
    pending: Option<Pending>,
}

struct PastFailure {
    error: Error,
    at: f64,
    wait: f64,
}

/// A fetch under way.
struct Pending {
    outcome: Outcome,
    started_at: f64,
}

/// Holds the fetch's outcome once there is one, and is closed without one if the fetch was lost with its runtime.
type Outcome = watch::Receiver<Option<Result<Keys, Error>>>;

/// What a look into the keys comes to.
enum Found {
    Answer(Option<VerificationKey>),
    Wait(Outcome),
}

impl RemoteKeySet {
    /// The key set at `url`, with the default times. Makes no request.
    ///
    /// # Errors
    /// [`Code::Configuration`] when that is not an address of `http` or `https`.
    pub fn new(url: &str) -> Result<Self, Error> {
        let parsed = Url::parse(url).ok().filter(|url| {
            matches!(url.scheme(), "http" | "https")
                && url.username().is_empty()
                && url.password().is_none()
                && url.fragment().is_none()
        });
        let Some(parsed) = parsed else {
            return Err(Error::new(
                Code::Configuration,
                format!(
                    "A key set's address must be one such as \
                     https://login.example.com/auth/v1/apps/{{app_id}}/.well-known/jwks.json, and is {url:?}."
                ),
            ));
        };
        let options = Options {
            url: parsed,
            refresh_after: Duration::from_secs(600),
            max_age: Duration::from_secs(86_400),
            cooldown: Duration::from_secs(30),
            timeout: Duration::from_secs(5),
            on_error: None,
            clock: Clock::default(),
        };
        Ok(RemoteKeySet {
            options: Arc::new(options),
            state: Arc::default(),
        })
    }

    /// Age at which the keys are fetched again in the background, while the old ones stay in use. Default: 10 minutes.
    pub fn refresh_after(self, age: Duration) -> Self {
        self.with(|options| options.refresh_after = age)
    }

    /// Age at which keys are no longer used, even if the server cannot be reached. Default: one day.
    pub fn max_age(self, age: Duration) -> Self {
        self.with(|options| options.max_age = age)
    }

    /// Shortest time between two fetches while there are keys to work with. Default: 30 seconds.
    pub fn cooldown(self, time: Duration) -> Self {
        self.with(|options| options.cooldown = time)
    }

    /// Longest time that one fetch may take. Default: 5 seconds.
    pub fn timeout(self, time: Duration) -> Self {
        self.with(|options| options.timeout = time)
    }

    /// Told about each fetch that failed, those in the background included: the place to log it.
    pub fn on_error(self, hook: impl Fn(&Error) + Send + Sync + 'static) -> Self {
        self.with(|options| options.on_error = Some(Arc::new(hook)))
    }

    #[cfg(test)]
    pub(crate) fn clock(self, clock: Clock) -> Self {
        self.with(|options| options.clock = clock)
    }

    #[cfg(test)]
    pub(crate) fn is_fetching(&self) -> bool {
        self.lock().pending.is_some()
    }

    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(Arc::make_mut(&mut self.options));
        self
    }

    async fn find_key(&self, kid: &str) -> Result<Option<VerificationKey>, Error> {
        // A fetch is lost when the runtime that it ran on is gone; the second attempt then runs on our own.
        for _ in 0..2 {
            let mut outcome = match self.look(kid)? {
                Found::Answer(key) => return Ok(key),
                Found::Wait(outcome) => outcome,
            };
            let limit = self.options.timeout.saturating_add(GRACE);
            match tokio::time::timeout(limit, outcome.wait_for(Option::is_some)).await {
                Ok(Ok(value)) => {
                    if let Some(outcome) = &*value {
                        return outcome.clone().map(|keys| keys.get(kid).cloned());
                    }
                }
                Ok(Err(_closed)) => {}
                Err(_elapsed) => break,
            }
        }
        Err(refusal(&self.options.url, "the fetch was given up").error)
    }

    /// Answers from the keys there are, or says which fetch to wait for; begins one where it is due.
    fn look(&self, kid: &str) -> Result<Found, Error> {
        let Options {
            refresh_after,
            max_age,
            cooldown,
            ..
        } = *self.options;
        let now = self.options.clock.now();
        let mut state = self.lock();
        let waits = state
            .failure
            .as_ref()
            .is_some_and(|failure| !is_due(failure.at, failure.wait, now));
        let keys = match &state.keys {
            Some(keys) if now - state.loaded_at < max_age.as_secs_f64() => keys.clone(),
            _ => {
                return match &state.failure {
                    Some(failure) if waits => Err(failure.error.clone()),
                    _ => Ok(Found::Wait(self.load(&mut state, now)?)),
                };
            }
        };
        let may_fetch = !waits && is_due(state.attempted_at, cooldown.as_secs_f64(), now);
        if let Some(key) = keys.get(kid) {
            if may_fetch && is_due(state.loaded_at, refresh_after.as_secs_f64(), now) {
                // A failure is kept in the state and told to the hook; this request has its key.
                let _ = self.load(&mut state, now);
            }
            return Ok(Found::Answer(Some(key.clone())));
        }
        if may_fetch || state.pending.is_some() {
            return Ok(Found::Wait(self.load(&mut state, now)?));
        }
        match &state.failure {
            // The key may be a new one that could not be fetched: that is not the caller's fault.
            Some(failure) => Err(failure.error.clone()),
            None => Ok(Found::Answer(None)),
        }
    }

    /// Begins to fetch the keys, or joins the fetch that is under way.
    fn load(&self, state: &mut State, now: f64) -> Result<Outcome, Error> {
        // A fetch that is past its time limit, or whose runtime is gone, is given up.
        if let Some(pending) = &state.pending
            && !is_due(pending.started_at, self.options.timeout.as_secs_f64(), now)
            && pending.outcome.has_changed().is_ok()
        {
            return Ok(pending.outcome.clone());
        }
        let runtime = Handle::try_current().map_err(|cause| {
            Error::new(
                Code::Configuration,
                "Keys are fetched on tokio's runtime and there is none here; call this from one, or use StaticKeySet.",
            )
            .with_cause(cause)
        })?;
        let (sender, outcome) = watch::channel(None);
        state.attempted_at = now;
        state.pending = Some(Pending {
            outcome: outcome.clone(),
            started_at: now,
        });
        let keys = self.clone();
        let own = outcome.clone();
        runtime.spawn(async move {
            let fetched = fetch_key_set(&keys.options.url, keys.options.timeout).await;
            let fetched = keys.store(fetched, &own);
            let error = fetched.as_ref().err().cloned();
            sender.send_replace(Some(fetched));
            // Last, so that a hook that panics takes nothing away from those who wait.
            if let (Some(error), Some(hook)) = (error, &keys.options.on_error) {
                hook(&error);
            }
        });
        Ok(outcome)
    }

    /// Remembers what a fetch came to.
    fn store(&self, fetched: Result<Keys, Failure>, own: &Outcome) -> Result<Keys, Error> {
        let now = self.options.clock.now();
        let mut state = self.lock();
        state
            .pending
            .take_if(|pending| pending.outcome.same_channel(own));
        match fetched {
            Ok(keys) => {
                state.failure = None;
                state.loaded_at = now;
                state.keys = Some(keys.clone());
                Ok(keys)
            }
            Err(Failure { error, retry_after }) => {
                state.failure = Some(PastFailure {
                    error: error.clone(),
                    at: now,
                    wait: retry_after.unwrap_or(WAIT_AFTER_FAILURE).into(),
                });
                Err(error)
            }
        }
    }

    /// The state is whole at every point at which a thread could end, so a poisoned lock is as good as another.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl KeySet for RemoteKeySet {
    fn find<'a>(&'a self, kid: &'a str) -> FindKey<'a> {
        Box::pin(self.find_key(kid))
    }
}

impl fmt::Debug for RemoteKeySet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("RemoteKeySet")
            .field("url", &self.options.url.as_str())
            .finish_non_exhaustive()
    }
}

/// Whether `seconds` have passed since `then`; a clock that was set back counts as passed.
fn is_due(then: f64, seconds: f64, now: f64) -> bool {
    now - then >= seconds || now < then
}
