//! What several tests use: a clock that stands still, issuers, and checks of refusals.

use std::fmt::Debug;
use std::sync::{Arc, LazyLock, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::clock::Clock;
use crate::testing::TestIssuer;
use crate::{Algorithm, Code, Error, Ginnel};

/// The time at which `Issuers` stand still, in seconds since 1970.
pub const NOW: f64 = 1_800_000_000.0;

/// A clock that moves only when told to.
pub struct Hands(Arc<Mutex<f64>>);

impl Hands {
    pub fn new(now: f64) -> Self {
        Hands(Arc::new(Mutex::new(now)))
    }

    pub fn clock(&self) -> Clock {
        Clock::Manual(self.0.clone())
    }

    pub fn pass(&self, seconds: f64) {
        *self.0.lock().unwrap() += seconds;
    }
}

/// One issuer for each algorithm, and all of them at `NOW`.
pub struct Issuers {
    pub rs256: TestIssuer,
    pub es256: TestIssuer,
    pub eddsa: TestIssuer,
}

pub static ISSUERS: LazyLock<Issuers> = LazyLock::new(|| Issuers {
    rs256: issuer(Algorithm::Rs256),
    es256: issuer(Algorithm::Es256),
    eddsa: issuer(Algorithm::EdDsa),
});

impl Issuers {
    pub fn all(&self) -> [(Algorithm, &TestIssuer); 3] {
        [
            (Algorithm::Rs256, &self.rs256),
            (Algorithm::Es256, &self.es256),
            (Algorithm::EdDsa, &self.eddsa),
        ]
    }
}

/// A fresh issuer at `NOW`.
pub fn issuer(algorithm: Algorithm) -> TestIssuer {
    TestIssuer::builder()
        .algorithm(algorithm)
        .url("http://localhost:8400")
        .clock(Hands::new(NOW).clock())
        .build()
}

/// The id of an issuer's only key.
pub fn kid(issuer: &TestIssuer) -> &str {
    issuer.jwks()["keys"][0]["kid"].as_str().unwrap()
}

#[track_caller]
pub fn refused<T: Debug>(result: Result<T, Error>, code: Code) -> Error {
    let error = result.expect_err("this must be refused");
    assert_eq!(error.code(), code, "{error}");
    error
}

/// Checks a token at `NOW`.
pub async fn check(ginnel: &Ginnel, token: &str, code: Code) {
    let outcome = ginnel.validate_token(token).await;
    let error = outcome.expect_err(token);
    assert_eq!(error.code(), code, "{error} {token}");
    assert_eq!(error.status(), 401);
}

pub fn encode(value: &Value) -> String {
    encode_bytes(value.to_string())
}

pub fn encode_bytes(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}
