//! The management API, as back ends call it.

mod api_keys;
mod apps;
mod flex;
mod users;
