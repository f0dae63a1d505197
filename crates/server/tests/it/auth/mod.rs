//! The authentication API, as an app's pages call it.

mod apps;
mod assertions;
mod attestations;
mod ceremonies;
mod devices;
mod enrolment;
mod flex;
mod gateways;
mod keys;
mod login;
mod metadata;
mod native;
mod own;
mod registration;
mod sessions;
mod tokens;
mod users;
