//! The database under the server, filled in bulk and asked a few questions while no server runs.

use std::io::Write as _;
use std::path::Path;

use anyhow::{Context as _, Result};
use postgres::NoTls;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension as _, params_from_iter};

/// Bytes of rows that go to PostgreSQL at once.
const CHUNK: usize = 256 * 1024;

/// SQLite or PostgreSQL. PostgreSQL's client must not be used inside an asynchronous runtime.
pub enum Database {
    Sqlite(Connection),
    Postgres(postgres::Client),
}

/// A value of a row.
#[derive(Clone, Copy)]
pub enum Value<'a> {
    Null,
    Text(&'a str),
    Number(i64),
    Truth(bool),
    Bytes(&'a [u8]),
}

impl<'a> Value<'a> {
    /// A text, if there is one.
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Value::Null, Value::Text)
    }

    /// A number, if there is one.
    pub fn number(number: Option<i64>) -> Self {
        number.map_or(Value::Null, Value::Number)
    }
}

/// Rows on their way into a table.
pub enum Rows<'a> {
    Sqlite(rusqlite::CachedStatement<'a>),
    Postgres(postgres::CopyInWriter<'a>, Vec<u8>),
}

impl Database {
    /// Opens the database that a server has made: in its data folder, or at an address.
    pub fn open(folder: &Path, url: Option<&str>) -> Result<Self> {
        match url {
            None => {
                let connection = Connection::open(folder.join("ginnel.db"))?;
                connection.execute_batch("PRAGMA busy_timeout = 5000")?;
                Ok(Database::Sqlite(connection))
            }
            Some(url) => {
                let client = postgres::Client::connect(url, NoTls)
                    .context("PostgreSQL cannot be reached without TLS.")?;
                Ok(Database::Postgres(client))
            }
        }
    }

    /// The text of a row's only column, if there is such a row.
    pub fn find(&mut self, sql: &str, params: &[&str]) -> Result<Option<String>> {
        match self {
            Database::Sqlite(connection) => {
                let row = |row: &rusqlite::Row<'_>| row.get(0);
                let params = params_from_iter(params);
                Ok(connection.query_row(sql, params, row).optional()?)
            }
            Database::Postgres(client) => {
                let params: Vec<&(dyn postgres::types::ToSql + Sync)> =
                    params.iter().map(|param| param as _).collect();
                let row = client.query_opt(sql, &params)?;
                Ok(row.map(|row| row.try_get(0)).transpose()?)
            }
        }
    }

    /// Like [`find`](Self::find), for what must be there.
    pub fn get(&mut self, sql: &str, params: &[&str]) -> Result<String> {
        self.find(sql, params)?
            .with_context(|| format!("The database has no row for: {sql}"))
    }

    /// Adds rows to a table.
    pub fn fill(
        &mut self,
        table: &str,
        columns: &[&str],
        add: impl FnOnce(&mut Rows<'_>) -> Result<()>,
    ) -> Result<()> {
        let names = columns.join(", ");
        match self {
            Database::Sqlite(connection) => {
                let marks = vec!["?"; columns.len()].join(", ");
                let sql = format!("INSERT INTO {table} ({names}) VALUES ({marks})");
                let transaction = connection.transaction()?;
                add(&mut Rows::Sqlite(transaction.prepare_cached(&sql)?))?;
                transaction.commit()?;
            }
            Database::Postgres(client) => {
                let writer = client.copy_in(&format!("COPY {table} ({names}) FROM STDIN"))?;
                let mut rows = Rows::Postgres(writer, Vec::with_capacity(2 * CHUNK));
                add(&mut rows)?;
                if let Rows::Postgres(mut writer, rest) = rows {
                    writer.write_all(&rest)?;
                    writer.finish()?;
                }
            }
        }
        Ok(())
    }

    /// Lets a lot be added at once: nothing is checked or made durable meanwhile, and the tables' indexes are made anew
    /// afterwards. What a failure leaves is of no use.
    pub fn load(
        &mut self,
        tables: &[&str],
        fill: impl FnOnce(&mut Self) -> Result<()>,
    ) -> Result<()> {
        self.batch(match self {
            Database::Sqlite(_) => {
                "PRAGMA foreign_keys = OFF; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000"
            }
            Database::Postgres(_) => {
                "SET session_replication_role = replica; SET synchronous_commit = off; SET maintenance_work_mem = '512MB'"
            }
        })
        .context("A role that may change session_replication_role is needed, such as the superuser of a test cluster.")?;
        let mut indexes = Vec::new();
        for table in tables {
            indexes.extend(self.indexes(table)?);
        }
        for (name, _) in &indexes {
            self.batch(&format!("DROP INDEX {name}"))?;
        }
        fill(self)?;
        for (name, sql) in &indexes {
            eprintln!("  index {name}");
            self.batch(sql)?;
        }
        // PostgreSQL does the second by itself sooner or later. SQLite keeps no statistics, as under every server.
        self.batch(match self {
            Database::Sqlite(_) => "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
            Database::Postgres(_) => "CHECKPOINT; VACUUM (ANALYZE)",
        })
    }

    /// Bytes that it takes on the disk.
    pub fn size(&mut self) -> Result<u64> {
        let sql = match self {
            Database::Sqlite(_) => {
                "SELECT CAST(page_count * page_size AS TEXT) FROM pragma_page_count, pragma_page_size"
            }
            Database::Postgres(_) => "SELECT pg_database_size(current_database())::text",
        };
        Ok(self.get(sql, &[])?.parse()?)
    }

    /// Runs statements.
    pub fn batch(&mut self, sql: &str) -> Result<()> {
        match self {
            Database::Sqlite(connection) => connection.execute_batch(sql)?,
            // Some statements must not stand in one batch with others.
            Database::Postgres(client) => {
                for statement in sql.split(';') {
                    client.batch_execute(statement)?;
                }
            }
        }
        Ok(())
    }

    /// Names and texts of a table's indexes, without those that hold a constraint.
    fn indexes(&mut self, table: &str) -> Result<Vec<(String, String)>> {
        match self {
            Database::Sqlite(connection) => {
                let mut statement = connection.prepare(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = ?",
                )?;
                let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<_>>()?)
            }
            Database::Postgres(client) => {
                let rows = client.query(
                    "SELECT indexname::text, indexdef FROM pg_indexes WHERE schemaname = current_schema() AND tablename = $1 \
                     AND indexname NOT IN (SELECT conname FROM pg_constraint)",
                    &[&table],
                )?;
                Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
            }
        }
    }
}

impl Rows<'_> {
    /// Adds a row; its values come in the order of the columns.
    pub fn add(&mut self, row: &[Value<'_>]) -> Result<()> {
        match self {
            Rows::Sqlite(statement) => {
                statement.execute(params_from_iter(row))?;
            }
            Rows::Postgres(writer, buffer) => {
                write_line(buffer, row)?;
                if buffer.len() >= CHUNK {
                    writer.write_all(buffer)?;
                    buffer.clear();
                }
            }
        }
        Ok(())
    }
}

impl ToSql for Value<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Value::Null => ValueRef::Null,
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Number(number) => ValueRef::Integer(number),
            Value::Truth(truth) => ValueRef::Integer(i64::from(truth)),
            Value::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// A row in the text format of PostgreSQL's COPY.
fn write_line(line: &mut Vec<u8>, row: &[Value<'_>]) -> Result<()> {
    for (index, value) in row.iter().enumerate() {
        if index > 0 {
            line.push(b'\t');
        }
        match *value {
            Value::Null => line.extend(b"\\N"),
            Value::Number(number) => write!(line, "{number}")?,
            Value::Truth(truth) => line.push(if truth { b't' } else { b'f' }),
            Value::Text(text) => {
                for byte in text.bytes() {
                    match byte {
                        b'\\' => line.extend(b"\\\\"),
                        b'\t' => line.extend(b"\\t"),
                        b'\n' => line.extend(b"\\n"),
                        b'\r' => line.extend(b"\\r"),
                        _ => line.push(byte),
                    }
                }
            }
            Value::Bytes(bytes) => {
                line.extend(b"\\\\x");
                for byte in bytes {
                    write!(line, "{byte:02x}")?;
                }
            }
        }
    }
    line.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_for_copy_escapes_what_would_end_a_value() {
        let mut line = Vec::new();
        let row = [
            Value::Null,
            Value::Text("a\tb\\c\n"),
            Value::Number(-7),
            Value::Truth(true),
            Value::Bytes(&[0, 255]),
        ];
        write_line(&mut line, &row).unwrap();
        let expected = "\\N\ta\\tb\\\\c\\n\t-7\tt\t\\\\x00ff\n";
        assert_eq!(String::from_utf8(line).unwrap(), expected);
    }

    #[test]
    fn indexes_come_back_after_a_load() {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch("CREATE TABLE t (id TEXT PRIMARY KEY, n BIGINT); CREATE UNIQUE INDEX t_n ON t (n) WHERE n > 0")
            .unwrap();
        let mut database = Database::Sqlite(connection);
        let before = database.indexes("t").unwrap();
        assert_eq!(before.len(), 1);
        database
            .load(&["t"], |database| {
                assert!(database.indexes("t")?.is_empty());
                database.fill("t", &["id", "n"], |rows| {
                    rows.add(&[Value::Text("a"), Value::Number(1)])?;
                    rows.add(&[Value::Text("b"), Value::Null])
                })
            })
            .unwrap();
        assert_eq!(database.indexes("t").unwrap(), before);
        let found = database.find("SELECT id FROM t WHERE n = 1", &[]).unwrap();
        assert_eq!(found.as_deref(), Some("a"));
        assert_eq!(
            database
                .find("SELECT id FROM t WHERE id = ?", &["c"])
                .unwrap(),
            None
        );
    }
}
