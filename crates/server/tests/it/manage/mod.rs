//! The management API, as back ends call it.

mod apps;
