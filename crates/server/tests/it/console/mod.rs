//! The Console.

mod access;
mod apps;
mod joining;
mod sign_in;
