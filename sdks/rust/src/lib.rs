#![doc = include_str!("../README.md")]

mod address;
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

#[cfg(any(feature = "axum", feature = "tower"))]
mod users;

#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "tower")]
pub mod tower;

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
#[cfg(any(feature = "axum", feature = "tower"))]
pub use users::User;
