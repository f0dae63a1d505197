//! The Console.

mod access;
mod activity;
mod apps;
mod claim;
mod joining;
mod sign_in;
mod user;
mod users;
