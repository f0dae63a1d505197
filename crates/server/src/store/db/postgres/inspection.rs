//! A look at the database by one connection.

use super::address::Address;
use super::{describe, error};
use crate::error::{Error, Result, StoreFailure};
use crate::store::db::Engine;
use crate::store::{Connections, Inspection, migrate};
use crate::time::Timestamp;

/// Looks at the database; changes nothing.
pub(in crate::store) fn inspect(url: &str) -> Result<Inspection> {
    let mut client = Address::parse(url)?.connect().map_err(|cause| {
        let cause = anyhow::Error::msg(describe(&cause));
        Error::store(
            StoreFailure::Unavailable,
            cause.context(
                "PostgreSQL cannot be reached; check that it runs and that the database URL is right",
            ),
        )
    })?;
    let mut transaction = client
        .build_transaction()
        .read_only(true)
        .start()
        .map_err(error)?;
    let row = transaction
        .query_one(
            "SELECT current_setting('server_version'),
                    current_setting('fsync'),
                    current_setting('full_page_writes'),
                    current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
                    (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend')::int,
                    (extract(epoch FROM clock_timestamp()) * 1000)::bigint,
                    to_regclass('migrations') IS NOT NULL",
            &[],
        )
        .map_err(error)?;
    let applied: Vec<(String, String)> = if row.get(6) {
        let rows = transaction.query("SELECT name, sha256 FROM migrations", &[]);
        let rows = rows.map_err(error)?;
        rows.iter().map(|row| (row.get(0), row.get(1))).collect()
    } else {
        Vec::new()
    };
    let settings = [("fsync", row.get(1)), ("full_page_writes", row.get(2))];
    let count = |index| u32::try_from(row.get::<_, i32>(index)).unwrap_or(0);
    Ok(Inspection {
        engine: Engine::Postgres,
        version: row.get(0),
        is_new: applied.is_empty(),
        missing: migrate::missing(applied)?,
        damage: Vec::new(),
        unsafe_settings: settings
            .into_iter()
            .filter(|(_, value): &(_, String)| value != "on")
            .map(|(name, value)| format!("{name} is {value}"))
            .collect(),
        connections: Some(Connections {
            limit: count(3),
            used: count(4),
        }),
        now: Some(Timestamp::from_millis(row.get(5))),
    })
}
