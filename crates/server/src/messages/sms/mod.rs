//! Text messages on their way to phones.

pub mod gsm;
