//! Ginnel.
fn main() {}
