//! Inside the crate, because they set the clock and the environment, which nobody else can.

mod guards;
mod options;
mod remote;
mod requests;
mod server;
mod support;
mod tokens;
mod transport;
mod vectors;
