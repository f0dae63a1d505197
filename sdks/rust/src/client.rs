//! The client: which application's tokens to accept, and from which server.

use std::ffi::OsString;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;

use crate::address::read_address;
use crate::claims::Claims;
use crate::clock::Clock;
use crate::errors::{Code, Error};
use crate::key_sets::KeySet;
use crate::keys::Algorithm;
use crate::remote::RemoteKeySet;
use crate::requests::read_token;
use crate::tokens::{Expectations, check_token};

/// The path of an application's key set on its server.
pub(crate) const JWKS_PATH: &str = ".well-known/jwks.json";

/// Checks the sign-ins of one application. Make one and keep it: it holds the keys. Clones share them.
///
/// ```no_run
/// # async fn handler(headers: &http::HeaderMap) -> Result<(), ginnel_sdk::Error> {
/// let ginnel = ginnel_sdk::Ginnel::new("Abcdefghijkl012345678901")?;
/// let user_id = ginnel.authenticate_request(headers).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Ginnel(Arc<Inner>);

struct Inner {
    url: String,
    expected: Expectations,
    clock: Clock,
}

impl Ginnel {
    /// A client with the default options. Makes no request.
    ///
    /// # Errors
    /// [`Code::Configuration`] when `app_id` is not an application's id or `GINNEL_URL` is not an address.
    pub fn new(app_id: impl Into<String>) -> Result<Self, Error> {
        Self::builder(app_id).build()
    }

    /// A client whose options are yours. `app_id` is the application's id, 24 letters and digits, as `ginnel app create`
    /// prints it.
    pub fn builder(app_id: impl Into<String>) -> Builder {
        Builder {
            app_id: app_id.into(),
            url: None,
            issuer: None,
            key_set: None,
            leeway: Duration::from_secs(5),
            algorithms: Algorithm::ALL.to_vec(),
            clock: Clock::default(),
        }
    }

    /// The id of the user who sent a request with these headers. The token is taken from `Authorization: Bearer …` when
    /// the request has it, else from the cookie `psg_auth_token`.
    ///
    /// # Errors
    /// Every [`Code`]: the request is not a signed-in user's, or that cannot be known.
    pub async fn authenticate_request(&self, headers: &HeaderMap) -> Result<String, Error> {
        Ok(self.validate_token(&read_token(headers)?).await?.sub)
    }

    /// The claims of a valid auth token.
    ///
    /// # Errors
    /// Every [`Code`]: the token is not valid, or that cannot be known.
    pub async fn validate_token(&self, token: &str) -> Result<Claims, Error> {
        check_token(token, &self.0.expected, || self.0.clock.now()).await
    }

    /// The application's id.
    pub fn app_id(&self) -> &str {
        &self.0.expected.app_id
    }

    /// Where Ginnel runs, without a slash at the end.
    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// The issuer that tokens must name.
    pub fn issuer(&self) -> &str {
        &self.0.expected.issuer
    }
}

impl fmt::Debug for Ginnel {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Ginnel")
            .field("app_id", &self.app_id())
            .field("url", &self.url())
            .field("issuer", &self.issuer())
            .finish_non_exhaustive()
    }
}

/// The options of a [`Ginnel`]; see [`Ginnel::builder`].
#[must_use = "options do nothing until `build` is called"]
pub struct Builder {
    app_id: String,
    url: Option<String>,
    issuer: Option<String>,
    key_set: Option<Arc<dyn KeySet>>,
    leeway: Duration,
    algorithms: Vec<Algorithm>,
    clock: Clock,
}

impl Builder {
    /// Where Ginnel runs. Default: the variable `GINNEL_URL`, else `http://localhost:8400`.
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// The issuer that tokens must name. Default: `{url}/auth/v1/apps/{app_id}`. Needed when this server reaches Ginnel by
    /// another address than browsers do.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuer = Some(issuer.into());
        self
    }

    /// Where keys come from. Default: a [`RemoteKeySet`] with the application's key set on the server.
    pub fn key_set(mut self, key_set: impl KeySet) -> Self {
        self.key_set = Some(Arc::new(key_set));
        self
    }

    /// By how much this server's clock may differ from Ginnel's, at most 300 seconds. Default: 5 seconds.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway;
        self
    }

    /// The signature algorithms to accept, at least one. Default: all three.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = Algorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// The client. Makes no request.
    ///
    /// # Errors
    /// [`Code::Configuration`] when an option is wrong.
    pub fn build(self) -> Result<Ginnel, Error> {
        self.build_with(std::env::var_os("GINNEL_URL"))
    }

    /// `variable` is what the environment has for `GINNEL_URL`.
    pub(crate) fn build_with(self, variable: Option<OsString>) -> Result<Ginnel, Error> {
        let Builder {
            app_id,
            url,
            issuer,
            key_set,
            leeway,
            algorithms,
            clock,
        } = self;
        if app_id.len() != 24 || !app_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(configuration(
                "The application's id must be 24 letters and digits, as `ginnel app create` prints it.",
            ));
        }
        if leeway > Duration::from_secs(300) {
            return Err(configuration("leeway must be 0 to 300 seconds."));
        }
        if algorithms.is_empty() {
            return Err(configuration(
                "algorithms must be one or more of RS256, ES256, EdDSA.",
            ));
        }
        if issuer.as_deref() == Some("") {
            return Err(configuration(
                "issuer must be the `iss` of the tokens: {public url}/auth/v1/apps/{app_id}.",
            ));
        }
        let url = match (url, variable.filter(|value| !value.is_empty())) {
            (Some(url), _) => read_url(&url)?,
            (None, Some(variable)) => read_url(&variable.to_string_lossy())?,
            (None, None) => "http://localhost:8400".to_owned(),
        };
        let api = format!("{url}/auth/v1/apps/{app_id}");
        let key_set = match key_set {
            Some(key_set) => key_set,
            None => Arc::new(RemoteKeySet::new(&format!("{api}/{JWKS_PATH}"))?),
        };
        Ok(Ginnel(Arc::new(Inner {
            url,
            expected: Expectations {
                app_id,
                issuer: issuer.unwrap_or(api),
                key_set,
                algorithms,
                leeway: leeway.as_secs_f64(),
            },
            clock,
        })))
    }
}

/// The address without a slash at the end.
fn read_url(text: &str) -> Result<String, Error> {
    read_address(text).ok_or_else(|| {
        configuration(&format!(
            "url (or GINNEL_URL) must be an address such as https://login.example.com, and is {text:?}."
        ))
    })
}

fn configuration(sentence: &str) -> Error {
    Error::new(Code::Configuration, sentence)
}
