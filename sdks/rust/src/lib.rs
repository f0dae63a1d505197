#![doc = include_str!("../README.md")]

mod claims;
mod client;
mod clock;
mod errors;
mod fetch;
mod key_sets;
mod keys;
mod remote;
mod requests;
mod tokens;

#[cfg(feature = "testing")]
pub mod testing;
#[cfg(test)]
mod tests;

pub use claims::Claims;
pub use client::{Builder, Ginnel};
pub use errors::{Code, Error};
pub use key_sets::{FindKey, KeySet, StaticKeySet};
pub use keys::{Algorithm, VerificationKey};
pub use remote::RemoteKeySet;
pub use requests::COOKIE_NAME;
