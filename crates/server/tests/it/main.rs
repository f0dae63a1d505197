//! All integration tests in one binary: one link instead of many. Folders and files are named as in `src/` and `src/http/`.

mod assets;
mod auth;
mod body;
mod commands;
mod domain;
mod example;
mod floods;
mod hosts;
mod manage;
mod messages;
mod operation;
mod origins;
mod setup;
mod store;
mod support;
