//! A look at a database without changing it: what `ginnel doctor` needs to know before anything is opened.

use std::path::Path;

use super::db::{self, Engine};
use crate::error::Result;
use crate::time::Timestamp;

/// What was found.
#[derive(Debug)]
pub struct Inspection {
    /// Which database it is.
    pub engine: Engine,
    /// Its version, as people write it.
    pub version: String,
    /// Whether no migration was ever applied.
    pub is_new: bool,
    /// Names of the migrations that this version of the server would still apply.
    pub missing: Vec<String>,
    /// What the database's own check of its pages says; empty if all is well. PostgreSQL has no such check.
    pub damage: Vec<String>,
    /// Settings with which a crash may lose or break what was written, as `name is value`.
    pub unsafe_settings: Vec<String>,
    /// How many may connect; SQLite has no limit.
    pub connections: Option<Connections>,
    /// The time on the database's machine; `None` where that is this one.
    pub now: Option<Timestamp>,
}

/// Connections to a database server.
#[derive(Debug)]
pub struct Connections {
    /// How many there may be, without those kept for superusers.
    pub limit: u32,
    /// How many there are at this moment.
    pub used: u32,
}

/// Looks at the SQLite file at `path`, which exists.
pub fn inspect_sqlite(path: &Path) -> Result<Inspection> {
    db::sqlite::inspect(path)
}

/// Looks at the PostgreSQL database at `url`. Not for threads of the async runtime.
pub fn inspect_postgres(url: &str) -> Result<Inspection> {
    db::postgres::inspect(url)
}
