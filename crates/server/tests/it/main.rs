//! All integration tests in one binary: one link instead of many. Folders are named as in `src/`.

mod auth;
mod store;
mod support;
