//! The migrations make the same schema on both databases.

use std::collections::BTreeSet;

use ginnel::store::Store;
use ginnel::store::testing::list;

use super::{Database, OPENED_AT};

type Described = BTreeSet<String>;

fn lines(store: &Store, sql: &'static str) -> Described {
    store
        .read_blocking(move |tx| list::<String>(tx, sql, &[]))
        .unwrap()
        .into_iter()
        .collect()
}

/// `table.column type null|not null`
fn columns(database: &Database) -> Described {
    let sql = if database.is_sqlite() {
        "SELECT t.name || '.' || c.name || ' ' || upper(c.type) || CASE WHEN c.\"notnull\" = 1 THEN ' not null' ELSE ' null' END
         FROM sqlite_schema t JOIN pragma_table_info(t.name) c WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT table_name || '.' || column_name || ' ' || upper(data_type)
                || CASE WHEN is_nullable = 'NO' THEN ' not null' ELSE ' null' END
         FROM information_schema.columns WHERE table_schema = current_schema()"
    };
    lines(&database.store, sql)
}

/// `table unique|plain (columns) [partial]`; names differ where an index comes from a constraint.
fn indexes(database: &Database) -> Described {
    let sql = if database.is_sqlite() {
        "SELECT t.name || CASE WHEN i.\"unique\" = 1 THEN ' unique (' ELSE ' plain (' END
                || (SELECT group_concat(coalesce(name, 'expression'), ', ') FROM (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno))
                || CASE WHEN i.partial = 1 THEN ') partial' ELSE ')' END
         FROM sqlite_schema t JOIN pragma_index_list(t.name) i WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    } else {
        "SELECT t.relname || CASE WHEN i.indisunique THEN ' unique (' ELSE ' plain (' END
                || (SELECT string_agg(coalesce(a.attname, 'expression'), ', ' ORDER BY k.position)
                    FROM unnest(i.indkey) WITH ORDINALITY AS k (number, position)
                    LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number AND k.number > 0)
                || CASE WHEN i.indpred IS NOT NULL THEN ') partial' ELSE ')' END
         FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace n ON n.oid = t.relnamespace
         WHERE n.nspname = current_schema()"
    };
    lines(&database.store, sql)
}

/// `table.column -> table.column on delete …`
fn references(database: &Database) -> Described {
    let sql = if database.is_sqlite() {
        "SELECT t.name || '.' || f.\"from\" || ' -> ' || f.\"table\" || '.' || f.\"to\" || ' on delete ' || lower(f.on_delete)
         FROM sqlite_schema t JOIN pragma_foreign_key_list(t.name) f WHERE t.type = 'table'"
    } else {
        "SELECT t.relname || '.' || a.attname || ' -> ' || r.relname || '.' || b.attname || ' on delete '
                || CASE c.confdeltype WHEN 'c' THEN 'cascade' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default'
                   WHEN 'r' THEN 'restrict' ELSE 'no action' END
         FROM pg_constraint c
         JOIN pg_class t ON t.oid = c.conrelid JOIN pg_class r ON r.oid = c.confrelid
         JOIN pg_namespace n ON n.oid = t.relnamespace
         CROSS JOIN LATERAL unnest(c.conkey, c.confkey) AS k (near, far)
         JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.near
         JOIN pg_attribute b ON b.attrelid = r.oid AND b.attnum = k.far
         WHERE c.contype = 'f' AND n.nspname = current_schema()"
    };
    lines(&database.store, sql)
}

#[test]
fn both_databases_have_the_same_schema() {
    let sqlite = Database::sqlite();
    assert!(columns(&sqlite).contains("migrations.sha256 TEXT not null"));
    assert!(indexes(&sqlite).contains("migrations unique (name)"));
    let Some(postgres) = Database::postgres() else {
        return;
    };
    same("columns", &columns(&sqlite), &columns(&postgres));
    same("indexes", &indexes(&sqlite), &indexes(&postgres));
    same("references", &references(&sqlite), &references(&postgres));
}

fn same(what: &str, sqlite: &Described, postgres: &Described) {
    let only_sqlite: Vec<_> = sqlite.difference(postgres).collect();
    let only_postgres: Vec<_> = postgres.difference(sqlite).collect();
    assert!(
        only_sqlite.is_empty() && only_postgres.is_empty(),
        "{what} only on SQLite: {only_sqlite:#?}\n{what} only on PostgreSQL: {only_postgres:#?}"
    );
}

#[test]
fn columns_have_only_the_four_types() {
    for line in columns(&Database::sqlite()) {
        let kind = line.split(' ').nth(1).unwrap();
        assert!(
            ["TEXT", "BIGINT", "BOOLEAN", "BYTEA"].contains(&kind),
            "{line}"
        );
    }
}

#[test]
fn migrations_are_recorded_once_with_their_time() {
    for database in [Some(Database::sqlite()), Database::postgres()]
        .into_iter()
        .flatten()
    {
        let before: Vec<(String, i64)> = database
            .store
            .read_blocking(|tx| list(tx, "SELECT name, applied_at FROM migrations", &[]))
            .unwrap();
        assert!(
            !before.is_empty()
                && before
                    .iter()
                    .all(|(_, applied_at)| *applied_at == OPENED_AT)
        );
        let again = database.open_again().unwrap();
        let after: Vec<(String, i64)> = again
            .read_blocking(|tx| list(tx, "SELECT name, applied_at FROM migrations", &[]))
            .unwrap();
        assert_eq!(before, after);
    }
}
