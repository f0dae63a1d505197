//! Stands in for a Ginnel server in the tests of a back end. It makes a key pair, the key set to check with, and tokens as
//! the server would issue them. Nothing is sent over a network.
//!
//! ```
//! use ginnel_sdk::{Algorithm, testing::TestIssuer};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let issuer = TestIssuer::new(Algorithm::Es256);
//! let token = issuer.token().user_id("ada").sign();
//! assert_eq!(issuer.ginnel().validate_token(&token).await.unwrap().sub, "ada");
//! # }
//! ```

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256,
    RsaKeyPair,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::client::{Ginnel, JWKS_PATH};
use crate::clock::Clock;
use crate::key_sets::StaticKeySet;
use crate::keys::Algorithm;

/// A stand-in for one application on a server.
pub struct TestIssuer {
    ginnel: Ginnel,
    key_set: StaticKeySet,
    jwks: Value,
    algorithm: Algorithm,
    kid: String,
    key: PrivateKey,
    auth_origin: String,
    clock: Clock,
}

enum PrivateKey {
    Rsa(RsaKeyPair),
    Ecdsa(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl TestIssuer {
    /// Makes a stand-in with a fresh key. An RSA key takes some 100 ms: make one and share it among tests.
    ///
    /// # Panics
    /// As [`TestIssuerBuilder::build`].
    pub fn new(algorithm: Algorithm) -> Self {
        Self::builder().algorithm(algorithm).build()
    }

    /// A stand-in whose options are yours.
    pub fn builder() -> TestIssuerBuilder {
        TestIssuerBuilder {
            app_id: "TestApplication000000000".to_owned(),
            url: None,
            algorithm: Algorithm::Rs256,
            auth_origin: "http://localhost:8080".to_owned(),
            clock: Clock::default(),
        }
    }

    /// A client that accepts this issuer's tokens.
    pub fn ginnel(&self) -> &Ginnel {
        &self.ginnel
    }

    /// The same keys, to be passed to [`Builder::key_set`](crate::Builder::key_set).
    pub fn key_set(&self) -> StaticKeySet {
        self.key_set.clone()
    }

    /// The document that the server would publish at [`jwks_path`](Self::jwks_path).
    pub fn jwks(&self) -> &Value {
        &self.jwks
    }

    /// The path of the key set, for a test that serves it over HTTP.
    pub fn jwks_path(&self) -> String {
        format!("/auth/v1/apps/{}/{JWKS_PATH}", self.ginnel.app_id())
    }

    /// An auth token as the server would issue it now: change what the test is about, then [`sign`](TestToken::sign) it.
    pub fn token(&self) -> TestToken<'_> {
        let mut token = TestToken {
            issuer: self,
            header: object(json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": "JWT"})),
            claims: object(json!({
                "iss": self.ginnel.issuer(),
                "aud": [self.auth_origin, self.ginnel.app_id()],
                "sub": "TestUser0000000000000000",
                "sid": "TestSession0000000000000",
                "amr": ["swk", "user"],
            })),
        };
        token.set_times(3600);
        token
    }

    /// The signature over these bytes, encoded.
    pub(crate) fn sign(&self, data: &[u8]) -> String {
        let random = random();
        let signature = match &self.key {
            PrivateKey::Rsa(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, data, &mut signature)
                    .expect("an RSA key that was just made signs");
                signature
            }
            PrivateKey::Ecdsa(key) => key
                .sign(&random, data)
                .expect("a P-256 key that was just made signs")
                .as_ref()
                .to_vec(),
            PrivateKey::Ed25519(key) => key.sign(data).as_ref().to_vec(),
        };
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    }
}

/// The options of a [`TestIssuer`].
#[must_use = "options do nothing until `build` is called"]
pub struct TestIssuerBuilder {
    app_id: String,
    url: Option<String>,
    algorithm: Algorithm,
    auth_origin: String,
    clock: Clock,
}

impl TestIssuerBuilder {
    /// Default: an id made up for tests.
    pub fn app_id(mut self, app_id: impl Into<String>) -> Self {
        self.app_id = app_id.into();
        self
    }

    /// Where the server would run. Default: as for [`Ginnel`].
    pub fn url(mut self, url: impl Into<String>) -> Self {
        self.url = Some(url.into());
        self
    }

    /// Default: RS256, as on the server.
    pub fn algorithm(mut self, algorithm: Algorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// The first entry of `aud`. Default: `http://localhost:8080`.
    pub fn auth_origin(mut self, auth_origin: impl Into<String>) -> Self {
        self.auth_origin = auth_origin.into();
        self
    }

    #[cfg(test)]
    pub(crate) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    /// Makes the key and the stand-in.
    ///
    /// # Panics
    /// When the application's id or the address is one that [`Ginnel`] refuses.
    pub fn build(self) -> TestIssuer {
        let (key, mut jwk) = generate(self.algorithm);
        let mut id = [0; 18];
        #[expect(
            clippy::disallowed_methods,
            reason = "a key id of a test; the crate has no other use for randomness"
        )]
        aws_lc_rs::rand::fill(&mut id).expect("the system has random bytes");
        let kid = BASE64_URL_SAFE_NO_PAD.encode(id);
        jwk.insert("alg".to_owned(), self.algorithm.as_str().into());
        jwk.insert("kid".to_owned(), kid.as_str().into());
        jwk.insert("use".to_owned(), "sig".into());
        let jwks = json!({ "keys": [jwk] });
        let key_set = StaticKeySet::new(&jwks).expect("a key that was just made is a key set");
        let mut builder = Ginnel::builder(self.app_id).key_set(key_set.clone());
        if let Some(url) = self.url {
            builder = builder.url(url);
        }
        #[cfg(test)]
        let builder = builder.clock(self.clock.clone());
        let ginnel = match builder.build() {
            Ok(ginnel) => ginnel,
            Err(error) => panic!("{error}"),
        };
        TestIssuer {
            ginnel,
            key_set,
            jwks,
            algorithm: self.algorithm,
            kid,
            key,
            auth_origin: self.auth_origin,
            clock: self.clock,
        }
    }
}

/// A token in the making; see [`TestIssuer::token`].
#[must_use = "a token is made by `sign`"]
pub struct TestToken<'a> {
    issuer: &'a TestIssuer,
    header: Map<String, Value>,
    claims: Map<String, Value>,
}

impl TestToken<'_> {
    /// Default: an id made up for tests.
    pub fn user_id(self, user_id: impl Into<String>) -> Self {
        self.claim("sub", user_id.into())
    }

    /// Seconds from now until the token expires; negative for one that has. Default: 3600.
    pub fn expires_in(mut self, seconds: i64) -> Self {
        self.set_times(seconds);
        self
    }

    /// Adds or replaces a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without_claim(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Adds or replaces a member of the header.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a member of the header.
    pub fn without_header(mut self, name: &str) -> Self {
        self.header.remove(name);
        self
    }

    /// The token, signed with the issuer's key.
    pub fn sign(self) -> String {
        let part = |members| BASE64_URL_SAFE_NO_PAD.encode(Value::Object(members).to_string());
        let signed = format!("{}.{}", part(self.header), part(self.claims));
        let signature = self.issuer.sign(signed.as_bytes());
        format!("{signed}.{signature}")
    }

    fn set_times(&mut self, expires_in: i64) {
        let now = self.issuer.clock.now() as i64;
        // A token that has expired was issued before it did.
        let issued_at = now.min(now + expires_in - 1);
        for (name, time) in [
            ("iat", issued_at),
            ("nbf", issued_at - 5),
            ("exp", now + expires_in),
            ("auth_time", issued_at),
        ] {
            self.claims.insert(name.to_owned(), time.into());
        }
    }
}

/// A fresh key pair, and the members of its JWK that are the public key.
fn generate(algorithm: Algorithm) -> (PrivateKey, Map<String, Value>) {
    let text = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let (key, jwk) = match algorithm {
        Algorithm::Rs256 => {
            let key = RsaKeyPair::generate(KeySize::Rsa2048).expect("an RSA key can be made");
            let n = text(key.public_key().modulus().big_endian_without_leading_zero());
            let e = text(
                key.public_key()
                    .exponent()
                    .big_endian_without_leading_zero(),
            );
            (PrivateKey::Rsa(key), json!({"kty": "RSA", "n": n, "e": e}))
        }
        Algorithm::Es256 => {
            let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)
                .expect("a P-256 key can be made");
            // SEC 1, section 2.3.3: 04, x, y.
            let (x, y) = key.public_key().as_ref()[1..].split_at(32);
            let jwk = json!({"kty": "EC", "crv": "P-256", "x": text(x), "y": text(y)});
            (PrivateKey::Ecdsa(key), jwk)
        }
        Algorithm::EdDsa => {
            let key = Ed25519KeyPair::generate().expect("an Ed25519 key can be made");
            let x = text(key.public_key().as_ref());
            let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
            (PrivateKey::Ed25519(key), jwk)
        }
    };
    (key, object(jwk))
}

#[expect(
    clippy::disallowed_methods,
    reason = "what signatures of tests are blinded with; the crate has no other use for randomness"
)]
fn random() -> SystemRandom {
    SystemRandom::new()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => unreachable!("written as an object above"),
    }
}
