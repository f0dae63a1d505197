//! The contract tests' door: raw SQL, on tables of their own. Nothing in the product uses it.

use super::{FromRow, Result, ToValue, Tx};

/// [`Tx`]'s `execute`.
pub fn execute(tx: &mut Tx<'_>, sql: &'static str, params: &[&dyn ToValue]) -> Result<u64> {
    tx.execute(sql, params)
}

/// [`Tx`]'s `one`.
pub fn one<T: FromRow>(tx: &mut Tx<'_>, sql: &'static str, params: &[&dyn ToValue]) -> Result<T> {
    tx.one(sql, params)
}

/// [`Tx`]'s `optional`.
pub fn optional<T: FromRow>(
    tx: &mut Tx<'_>,
    sql: &'static str,
    params: &[&dyn ToValue],
) -> Result<Option<T>> {
    tx.optional(sql, params)
}

/// [`Tx`]'s `list`.
pub fn list<T: FromRow>(
    tx: &mut Tx<'_>,
    sql: &'static str,
    params: &[&dyn ToValue],
) -> Result<Vec<T>> {
    tx.list(sql, params)
}

/// Several statements without parameters.
pub fn batch(tx: &mut Tx<'_>, sql: &str) -> Result<()> {
    tx.batch(sql)
}
