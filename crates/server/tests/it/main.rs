//! All integration tests in one binary: one link instead of many. Folders and files are named as in `src/` and `src/http/`.

#![recursion_limit = "256"] // For the long objects in `json!`.

mod assets;
mod auth;
mod body;
mod commands;
mod console;
mod domain;
mod example;
mod floods;
mod gateways;
mod hosts;
mod links;
mod manage;
mod messages;
mod operation;
mod origins;
mod properties;
mod setup;
mod store;
mod support;
mod test_apps;
