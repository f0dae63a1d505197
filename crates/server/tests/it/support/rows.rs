//! The whole content of the database before and after: what a refusal must not change, and what it must leave behind.

use std::collections::BTreeMap;

use ginnel::Result;
use ginnel::store::testing::list;
use ginnel::store::{FromColumn, FromRow, Row, Tx, Value};

use super::TestApp;

/// A column's value as text.
struct Cell(String);

impl FromColumn for Cell {
    fn from_column(value: Value<'_>) -> Result<Self> {
        Ok(Cell(format!("{value:?}")))
    }
}

/// A row of `N` columns as text.
struct Line<const N: usize>(String);

impl<const N: usize> FromRow for Line<N> {
    fn from_row(row: &Row<'_>) -> Result<Self> {
        let cells: Result<Vec<_>> = (0..N)
            .map(|index| row.get::<Cell>(index).map(|cell| cell.0))
            .collect();
        Ok(Line(cells?.join(" ")))
    }
}

fn lines<const N: usize>(tx: &mut Tx<'_>, sql: &'static str) -> Result<Vec<String>> {
    let lines = list::<Line<N>>(tx, sql, &[])?;
    Ok(lines.into_iter().map(|line| line.0).collect())
}

/// Every row of every table at one instant.
pub struct Rows(BTreeMap<&'static str, Vec<String>>);

fn read(tx: &mut Tx<'_>) -> Result<Rows> {
    Ok(Rows(BTreeMap::from([
        ("api_keys", lines::<8>(tx, "SELECT * FROM api_keys")?),
        ("apps", lines::<10>(tx, "SELECT * FROM apps")?),
        (
            "console_cookies",
            lines::<3>(tx, "SELECT * FROM console_cookies")?,
        ),
        (
            "daily_counters",
            lines::<5>(tx, "SELECT * FROM daily_counters")?,
        ),
        ("events", lines::<13>(tx, "SELECT * FROM events")?),
        ("facts", lines::<2>(tx, "SELECT * FROM facts")?),
        ("flex_nonces", lines::<4>(tx, "SELECT * FROM flex_nonces")?),
        (
            "flex_transactions",
            lines::<6>(tx, "SELECT * FROM flex_transactions")?,
        ),
        ("invitations", lines::<8>(tx, "SELECT * FROM invitations")?),
        ("limits", lines::<4>(tx, "SELECT * FROM limits")?),
        ("magic_links", lines::<20>(tx, "SELECT * FROM magic_links")?),
        ("members", lines::<4>(tx, "SELECT * FROM members")?),
        ("messages", lines::<14>(tx, "SELECT * FROM messages")?),
        ("passkeys", lines::<17>(tx, "SELECT * FROM passkeys")?),
        (
            "refresh_tokens",
            lines::<4>(tx, "SELECT * FROM refresh_tokens")?,
        ),
        ("sessions", lines::<11>(tx, "SELECT * FROM sessions")?),
        (
            "signing_keys",
            lines::<8>(tx, "SELECT * FROM signing_keys")?,
        ),
        (
            "used_challenges",
            lines::<2>(tx, "SELECT * FROM used_challenges")?,
        ),
        ("users", lines::<15>(tx, "SELECT * FROM users")?),
    ])))
}

impl TestApp {
    /// What the database holds now.
    pub async fn rows(&self) -> Rows {
        self.read(read).await
    }
}

impl Rows {
    /// What differs by now, a line for each table: `events +1` for a new row, `users ~1` for a changed one,
    /// `passkeys -1` for a removed one.
    pub async fn changes(&self, app: &TestApp) -> Vec<String> {
        let now = app.rows().await;
        let mut changes = Vec::new();
        for (table, before) in &self.0 {
            let after = &now.0[table];
            let added = after.iter().filter(|row| !before.contains(row)).count();
            let removed = before.iter().filter(|row| !after.contains(row)).count();
            let changed = added.min(removed);
            for (sign, count) in [
                ('+', added - changed),
                ('~', changed),
                ('-', removed - changed),
            ] {
                if count > 0 {
                    changes.push(format!("{table} {sign}{count}"));
                }
            }
        }
        changes
    }

    /// All of it, to search in.
    pub fn to_text(&self) -> String {
        let rows: Vec<_> = self.0.values().flatten().map(String::as_str).collect();
        rows.join("\n")
    }

    /// Fails if anything differs by now.
    pub async fn assert_unchanged(&self, app: &TestApp) {
        assert_eq!(self.changes(app).await, [""; 0]);
    }
}
