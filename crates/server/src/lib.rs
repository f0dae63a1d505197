//! Ginnel: passwordless authentication that you host yourself.
//!
//! Code map: [`http`] (the faces) → [`domain`] (meaning) → [`store`] (SQL). The same noun is the same file name in
//! each layer. [`messages`] is what is sent to people. [`app::App`] carries settings, store, secrets, clock and randomness into all of them.

pub mod app;
pub mod commands;
pub mod config;
pub mod domain;
pub mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod http;
pub mod https;
pub mod ids;
pub mod jobs;
pub mod messages;
pub mod random;
pub mod secrets;
pub mod serve;
pub mod setup;
pub mod store;
pub mod telemetry;
pub mod time;

pub use error::{Code, Error, Result};
