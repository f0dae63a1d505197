//! The Console.

mod access;
mod apps;
mod claim;
mod joining;
mod sign_in;
