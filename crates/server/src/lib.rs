//! Ginnel: passwordless authentication that you host yourself.
//!
//! Code map: `http` (the faces) → `domain` (meaning) → `store` (SQL). The same noun is the same file name in each.

pub mod error;
pub mod store;

pub use error::{Code, Error, Result};
