//! Where verification keys come from: the trait, and a list in memory. The server's key set over HTTP is in `remote`.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use serde_json::Value;

use crate::errors::{Code, Error};
use crate::keys::{Keys, VerificationKey, read_key_set};

/// What [`KeySet::find`] gives back.
pub type FindKey<'a> =
    Pin<Box<dyn Future<Output = Result<Option<VerificationKey>, Error>> + Send + 'a>>;

/// A source of verification keys.
pub trait KeySet: Send + Sync + 'static {
    /// The key with this id; `None` if there is none.
    ///
    /// # Errors
    /// [`Code::KeysUnavailable`] when that cannot be known.
    fn find<'a>(&'a self, kid: &'a str) -> FindKey<'a>;
}

impl<K: KeySet + ?Sized> KeySet for Arc<K> {
    fn find<'a>(&'a self, kid: &'a str) -> FindKey<'a> {
        (**self).find(kid)
    }
}

/// A fixed list of keys, for work without a network. Cheap to clone.
#[derive(Clone, Debug)]
pub struct StaticKeySet(Keys);

impl StaticKeySet {
    /// Reads a key set document, `{"keys": […]}`.
    ///
    /// # Errors
    /// [`Code::Configuration`] when it is not a key set, or has no key that Ginnel's tokens could be signed with.
    pub fn new(document: &Value) -> Result<Self, Error> {
        read_key_set(document).map(StaticKeySet).map_err(refusal)
    }

    /// Reads the text of a key set document.
    ///
    /// # Errors
    /// [`Code::Configuration`], as for [`new`](Self::new), and when the text is not JSON.
    pub fn from_json(text: &str) -> Result<Self, Error> {
        match serde_json::from_str(text) {
            Ok(document) => Self::new(&document),
            Err(cause) => Err(refusal("is not JSON".to_owned()).with_cause(cause)),
        }
    }
}

impl KeySet for StaticKeySet {
    fn find<'a>(&'a self, kid: &'a str) -> FindKey<'a> {
        Box::pin(std::future::ready(Ok(self.0.get(kid).cloned())))
    }
}

fn refusal(reason: String) -> Error {
    Error::new(
        Code::Configuration,
        format!(
            "The key set {reason}; pass the JSON found at {{url}}/auth/v1/apps/{{app_id}}/.well-known/jwks.json."
        ),
    )
}
