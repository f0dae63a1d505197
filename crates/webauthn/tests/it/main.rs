//! The ceremonies as a relying party meets them: made by software authenticators, by the standard's test vectors, and
//! by the crate `passkey`; then changed, one thing at a time, so that each check has something to refuse.

mod authentication;
mod certificates;
mod client_data;
mod cose;
mod mutations;
mod options;
mod packed;
mod passkey_crate;
mod registration;
mod signer;
mod support;
mod vectors;
