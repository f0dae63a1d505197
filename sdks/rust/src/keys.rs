//! Public keys as a key set publishes them (RFC 7517), turned into something that verifies. The key's own `alg` decides
//! which algorithm is used; a token never does.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256,
    RsaPublicKeyComponents,
};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value};

/// The signature algorithms that Ginnel issues tokens with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, the server's default.
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    /// The name in a token's header and a key's `alg` (RFC 7518, section 3.1; RFC 8037, section 3.1).
    pub const fn as_str(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }

    /// The key's `kty` and `crv`.
    const fn key_type(self) -> (&'static str, Option<&'static str>) {
        match self {
            Algorithm::Rs256 => ("RSA", None),
            Algorithm::Es256 => ("EC", Some("P-256")),
            Algorithm::EdDsa => ("OKP", Some("Ed25519")),
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// One public key, ready to verify. Cheap to clone.
#[derive(Clone, Debug)]
pub struct VerificationKey(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    kid: String,
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerificationKey {
    /// The id by which tokens name this key.
    pub fn kid(&self) -> &str {
        &self.0.kid
    }

    /// The one algorithm that this key is for.
    pub fn algorithm(&self) -> Algorithm {
        self.0.algorithm
    }

    /// Whether this key made the signature over these bytes.
    pub fn verify(&self, signature: &[u8], data: &[u8]) -> bool {
        self.0.key.verify_sig(data, signature).is_ok()
    }
}

/// The keys of a key set by their id.
pub(crate) type Keys = Arc<HashMap<String, VerificationKey>>;

/// Bytes of a coordinate on either curve (RFC 7518, section 6.2.1.2; RFC 8037, section 2).
const COORDINATE: usize = 32;

/// The signing keys of a key set document. Keys for other purposes or of types we do not know are left out, as RFC 7517,
/// section 5 asks.
///
/// # Errors
/// What completes the sentence "The key set …".
pub(crate) fn read_key_set(document: &Value) -> Result<Keys, String> {
    let Some(entries) = document.get("keys").and_then(Value::as_array) else {
        return Err("is not an object with a list of \"keys\"".to_owned());
    };
    let mut keys = HashMap::new();
    for key in entries
        .iter()
        .filter_map(Value::as_object)
        .filter_map(read_key)
    {
        if let Some(twin) = keys.insert(key.kid().to_owned(), key) {
            return Err(format!("has two keys with the id {:?}", twin.kid()));
        }
    }
    if keys.is_empty() {
        return Err("has no signing key of type RS256, ES256 or EdDSA with an id".to_owned());
    }
    Ok(Arc::new(keys))
}

fn read_key(jwk: &Map<String, Value>) -> Option<VerificationKey> {
    let kid = jwk.get("kid")?.as_str().filter(|kid| !kid.is_empty())?;
    let algorithm = Algorithm::from_name(jwk.get("alg")?.as_str()?)?;
    let signs = jwk.get("use").is_none_or(|purpose| purpose == "sig");
    let verifies = jwk.get("key_ops").is_none_or(|operations| {
        operations
            .as_array()
            .is_some_and(|list| list.iter().any(|operation| operation == "verify"))
    });
    let (kty, crv) = algorithm.key_type();
    let fits = jwk.get("kty").is_some_and(|value| value == kty)
        && match crv {
            Some(crv) => jwk.get("crv").is_some_and(|value| value == crv),
            None => !jwk.contains_key("crv"),
        };
    if !(signs && verifies && fits) {
        return None;
    }
    let member = |name: &str| decode_base64url(jwk.get(name)?.as_str()?);
    let coordinate = |name: &str| member(name).filter(|bytes| bytes.len() == COORDINATE);
    // What is no key is left out, too, such as a point that is not on the curve.
    let key = match algorithm {
        Algorithm::Rs256 => {
            let n = member("n").filter(|n| is_modulus(n))?;
            let e = member("e").filter(|e| is_exponent(e))?;
            RsaPublicKeyComponents { n, e }.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256)
        }
        Algorithm::Es256 => {
            // SEC 1, section 2.3.3: 04, x, y.
            let point = [&[4][..], &coordinate("x")?, &coordinate("y")?].concat();
            ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
        }
        Algorithm::EdDsa => ParsedPublicKey::new(&ED25519, coordinate("x")?),
    }
    .ok()?;
    Some(VerificationKey(Arc::new(Inner {
        kid: kid.to_owned(),
        algorithm,
        key,
    })))
}

/// The bytes, or `None` when the text is not canonical base64url without padding (RFC 7515, section 2): there is one
/// text for one sequence of bytes, so that a token cannot be written in two ways.
pub(crate) fn decode_base64url(text: &str) -> Option<Vec<u8>> {
    BASE64_URL_SAFE_NO_PAD.decode(text).ok()
}

/// RFC 7518, section 6.3.1: no zeros in front. 2048 to 8192 bits that fill their bytes are what the libraries of all our
/// SDKs take.
fn is_modulus(n: &[u8]) -> bool {
    (256..=1024).contains(&n.len()) && n[0] >= 0x80 && is_odd(n)
}

/// The same of the exponent, of at most 31 bits.
fn is_exponent(e: &[u8]) -> bool {
    let number = e
        .iter()
        .fold(0, |number, byte| number << 8 | u64::from(*byte));
    e.len() <= 4 && e.first() != Some(&0) && is_odd(e) && (3..1 << 31).contains(&number)
}

fn is_odd(number: &[u8]) -> bool {
    number.last().is_some_and(|last| last % 2 == 1)
}
