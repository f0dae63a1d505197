//! Migrations: numbered SQL files, embedded, each applied once in a transaction of its own and recorded by its hash.
//!
//! One file serves both databases. Where they must differ, both variants stand in it, each in a block:
//!
//! ```sql
//! -- [postgres]
//! CREATE INDEX …
//! -- [end]
//! ```
//!
//! A file never changes once it is released: a database in which it was applied with another hash is refused, and so is
//! one that knows a migration this binary does not.

use anyhow::{anyhow, bail};
use rust_embed::RustEmbed;

use super::db::{Engine, Tx};
use crate::error::{Error, Result, StoreFailure};

#[derive(RustEmbed)]
#[folder = "migrations/"]
struct Files;

/// A database that migrations can be applied to.
pub(super) trait Target {
    fn engine(&self) -> Engine;
    /// Runs one write transaction that excludes every other migration.
    fn transaction(&mut self, run: &mut dyn FnMut(&mut Tx<'_>) -> Result<()>) -> Result<()>;
}

/// One embedded file.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Migration {
    /// File name without its ending, such as `0001_apps`.
    name: String,
    sha256: String,
    text: String,
}

/// Applies what is missing. `now` is the time in milliseconds to record.
pub(super) fn run(target: &mut dyn Target, now: i64) -> Result<()> {
    run_files(target, &embedded()?, now)
}

/// Names of the migrations that a database with these (name and hash) still lacks; an error if this version cannot use it.
pub(super) fn missing(mut applied: Vec<(String, String)>) -> Result<Vec<String>> {
    applied.sort();
    let migrations = embedded()?;
    let missing = pending(&migrations, &applied).map_err(refusal)?;
    Ok(missing
        .iter()
        .map(|migration| migration.name.clone())
        .collect())
}

fn run_files(target: &mut dyn Target, migrations: &[Migration], now: i64) -> Result<()> {
    let engine = target.engine();
    target.transaction(&mut |tx| {
        tx.batch(
            "CREATE TABLE IF NOT EXISTS migrations (
                name TEXT NOT NULL PRIMARY KEY,
                sha256 TEXT NOT NULL,
                applied_at BIGINT NOT NULL
            )",
        )
    })?;
    let mut is_new = None;
    let mut done = false;
    while !done {
        // What is applied is read inside the transaction: another process may have been faster.
        target.transaction(&mut |tx| {
            let mut applied = tx.list("SELECT name, sha256 FROM migrations", &[])?;
            // Not in SQL: there the order of texts depends on the locale.
            applied.sort();
            let Some(next) = pending(migrations, &applied).map_err(refusal)?.first() else {
                done = true;
                return Ok(());
            };
            if *is_new.get_or_insert(applied.is_empty()) {
                tracing::debug!(migration = next.name, "making the schema");
            } else {
                tracing::info!(migration = next.name, "applying a migration");
            }
            tx.batch(&variant(&next.text, engine).map_err(refusal)?)?;
            tx.execute(
                "INSERT INTO migrations (name, sha256, applied_at) VALUES ($1, $2, $3)",
                &[&next.name, &next.sha256, &now],
            )
            .map(drop)
        })?;
    }
    Ok(())
}

fn refusal(cause: anyhow::Error) -> Error {
    Error::store(StoreFailure::Broken, cause)
}

/// The embedded files in the order of their names.
fn embedded() -> Result<Vec<Migration>> {
    let mut migrations = Files::iter()
        .filter(|path| path.ends_with(".sql"))
        .map(|path| {
            let file = Files::get(&path)
                .ok_or_else(|| refusal(anyhow!("the migration {path} cannot be read")))?;
            Ok(Migration {
                name: path.trim_end_matches(".sql").to_owned(),
                sha256: file
                    .metadata
                    .sha256_hash()
                    .iter()
                    .map(|byte| format!("{byte:02x}"))
                    .collect(),
                text: String::from_utf8(file.data.into_owned())
                    .map_err(|cause| refusal(cause.into()))?,
            })
        })
        .collect::<Result<Vec<_>>>()?;
    migrations.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(migrations)
}

/// What is still to be applied, after checking that what was applied is what this binary would apply.
fn pending<'a>(
    migrations: &'a [Migration],
    applied: &[(String, String)],
) -> anyhow::Result<&'a [Migration]> {
    for (position, (name, sha256)) in applied.iter().enumerate() {
        let Some(ours) = migrations.iter().find(|migration| migration.name == *name) else {
            bail!(
                "the database was made by a newer Ginnel: it has the migration {name}, which this version does not know. \
                 Start the newer version, or restore a backup from before the upgrade."
            );
        };
        if ours.sha256 != *sha256 {
            bail!(
                "the migration {name} was applied to this database with another content than this version has. \
                 Start the version that made the database, or restore a backup."
            );
        }
        if migrations[position].name != *name {
            bail!(
                "the migration {} comes before {name}, which was applied already. \
                 Start the version that made the database, or restore a backup.",
                migrations[position].name
            );
        }
    }
    Ok(&migrations[applied.len()..])
}

/// The text that one engine runs: its own blocks and all that stands outside of blocks.
fn variant(text: &str, engine: Engine) -> anyhow::Result<String> {
    let mut output = String::with_capacity(text.len());
    let mut block: Option<&str> = None;
    for (number, line) in (1..).zip(text.lines()) {
        match line.trim() {
            "-- [end]" if block.is_some() => block = None,
            "-- [end]" => bail!("line {number}: a block ends that never began"),
            marker @ ("-- [sqlite]" | "-- [postgres]") => {
                if block.is_some() {
                    bail!("line {number}: a block begins inside another");
                }
                block = marker
                    .strip_prefix("-- [")
                    .and_then(|rest| rest.strip_suffix(']'));
            }
            marker if marker.starts_with("-- [") => {
                bail!("line {number}: {marker} is no known block")
            }
            _ if block.is_none_or(|name| name == engine.name()) => {
                output.push_str(line);
                output.push('\n');
            }
            _ => {}
        }
    }
    match block {
        Some(name) => bail!("the block [{name}] is never ended"),
        None => Ok(output),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn migration(name: &str) -> Migration {
        Migration {
            name: name.into(),
            sha256: format!("hash of {name}"),
            text: String::new(),
        }
    }

    fn applied(name: &str) -> (String, String) {
        (name.into(), format!("hash of {name}"))
    }

    #[test]
    fn only_what_is_missing_is_applied() {
        let all = [
            migration("0001_a"),
            migration("0002_b"),
            migration("0003_c"),
        ];
        assert_eq!(pending(&all, &[]).unwrap(), all);
        assert_eq!(
            pending(&all, &[applied("0001_a"), applied("0002_b")]).unwrap(),
            [migration("0003_c")]
        );
        assert_eq!(
            pending(
                &all,
                &[applied("0001_a"), applied("0002_b"), applied("0003_c")]
            )
            .unwrap(),
            []
        );
    }

    #[test]
    fn a_migration_slipped_in_before_an_applied_one_is_refused() {
        let all = [migration("0001_a"), migration("0002_b")];
        let error = pending(&all, &[applied("0002_b")]).unwrap_err().to_string();
        assert!(
            error.contains("the migration 0001_a comes before 0002_b"),
            "{error}"
        );
    }

    #[test]
    fn each_engine_sees_its_blocks_and_what_is_outside() {
        let text = "a;\n-- [sqlite]\nb;\n-- [end]\n  -- [postgres]\nc;\n-- [end]\nd;\n";
        assert_eq!(variant(text, Engine::Sqlite).unwrap(), "a;\nb;\nd;\n");
        assert_eq!(variant(text, Engine::Postgres).unwrap(), "a;\nc;\nd;\n");
    }

    #[test]
    fn broken_blocks_are_refused() {
        for text in [
            "-- [sqlite]\n",
            "-- [end]\n",
            "-- [sqlite]\n-- [postgres]\n-- [end]\n",
            "-- [mysql]\n-- [end]\n",
        ] {
            variant(text, Engine::Sqlite).unwrap_err();
        }
    }

    #[test]
    fn files_are_numbered_without_gaps() {
        for (number, migration) in (1..).zip(embedded().unwrap()) {
            assert!(
                migration.name.starts_with(&format!("{number:04}_")),
                "{}",
                migration.name
            );
        }
    }
}
