//! The built program: its commands, and a server that starts, stops and is killed.

mod api_key;
mod app;
mod doctor;
mod init;
mod keys;
mod logs;
mod messages;
mod serve;
mod snippets;
mod telemetry;
