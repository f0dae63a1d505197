//! What a statement promises, whatever database is behind it: values, parameters, counts of rows, kinds of errors.

use ginnel::Code;
use ginnel::store::Store;
use ginnel::store::testing::{batch, execute, one, optional};

use super::support::{add_note, create_notes, notes};
use super::{Database, contract};

contract! {
    values_come_back_as_they_went_in,
    null_fits_every_type,
    parameters_are_bound_by_name,
    every_parameter_must_be_used,
    nul_characters_are_refused,
    one_and_optional_count_rows,
    a_conflict_is_known_by_its_kind,
}

type Everything = (Option<String>, Option<i64>, Option<bool>, Option<Vec<u8>>);

fn create_things(store: &Store) {
    store
        .write_blocking(|tx| {
            batch(
                tx,
                "CREATE TABLE things (id BIGINT, t TEXT, i BIGINT, b BOOLEAN, y BYTEA)",
            )
        })
        .unwrap();
}

fn values_come_back_as_they_went_in(database: &Database) {
    create_things(&database.store);
    let things: [Everything; 2] = [
        (
            Some("ü 🙂 '; --".into()),
            Some(i64::MIN),
            Some(true),
            Some(vec![0, 255, 39]),
        ),
        (
            Some(String::new()),
            Some(i64::MAX),
            Some(false),
            Some(vec![]),
        ),
    ];
    for thing in things {
        let given = thing.clone();
        database
            .store
            .write_blocking(move |tx| {
                let (t, i, b, y) = &given;
                execute(
                    tx,
                    "INSERT INTO things (t, i, b, y) VALUES ($1, $2, $3, $4)",
                    &[t, i, b, y],
                )
            })
            .unwrap();
        let given = thing.clone();
        let found: Everything = database
            .store
            .read_blocking(move |tx| {
                let (t, i, b, y) = &given;
                one(
                    tx,
                    "SELECT t, i, b, y FROM things WHERE t = $1 AND i = $2 AND b = $3 AND y = $4",
                    &[t, i, b, y],
                )
            })
            .unwrap();
        assert_eq!(found, thing);
    }
}

fn null_fits_every_type(database: &Database) {
    create_things(&database.store);
    let found: Everything = database
        .store
        .write_blocking(|tx| {
            let none: Option<i64> = None;
            execute(
                tx,
                "INSERT INTO things (t, i, b, y) VALUES ($1, $2, $3, $4)",
                &[&none, &none, &none, &none],
            )?;
            one(tx, "SELECT t, i, b, y FROM things", &[])
        })
        .unwrap();
    assert_eq!(found, (None, None, None, None));
}

fn parameters_are_bound_by_name(database: &Database) {
    create_things(&database.store);
    let found: (i64, String, i64) = database
        .store
        .write_blocking(|tx| {
            execute(
                tx,
                "INSERT INTO things (i, t, id) VALUES ($2, $1, $2)",
                &[&"first", &7_i64],
            )?;
            one(
                tx,
                "SELECT i, t, id FROM things WHERE id = $2 AND t = $1 AND i = $2",
                &[&"first", &7_i64],
            )
        })
        .unwrap();
    assert_eq!(found, (7, "first".into(), 7));
}

fn every_parameter_must_be_used(database: &Database) {
    create_things(&database.store);
    for params in [vec![], vec![1_i64, 2]] {
        let result = database.store.write_blocking(move |tx| {
            let params: Vec<&dyn ginnel::store::ToValue> =
                params.iter().map(|param| param as _).collect();
            execute(tx, "INSERT INTO things (i) VALUES ($1)", &params)
        });
        assert_eq!(result.unwrap_err().code(), Code::InternalServerError);
    }
}

fn nul_characters_are_refused(database: &Database) {
    create_notes(&database.store);
    let error = database
        .store
        .write_blocking(|tx| add_note(tx, "a\0b"))
        .unwrap_err();
    assert_eq!(error.code(), Code::InvalidRequest);
    assert_eq!(notes(&database.store), [""; 0]);
}

fn one_and_optional_count_rows(database: &Database) {
    create_notes(&database.store);
    let store = &database.store;
    let none = store
        .read_blocking(|tx| optional::<String>(tx, "SELECT name FROM notes", &[]))
        .unwrap();
    assert_eq!(none, None);
    store
        .read_blocking(|tx| one::<String>(tx, "SELECT name FROM notes", &[]))
        .unwrap_err();
    for name in ["a", "b"] {
        store.write_blocking(move |tx| add_note(tx, name)).unwrap();
    }
    store
        .read_blocking(|tx| one::<String>(tx, "SELECT name FROM notes", &[]))
        .unwrap_err();
    store
        .read_blocking(|tx| optional::<String>(tx, "SELECT name FROM notes", &[]))
        .unwrap_err();
}

fn a_conflict_is_known_by_its_kind(database: &Database) {
    create_notes(&database.store);
    let store = &database.store;
    store
        .write_blocking(|tx| {
            batch(tx, "CREATE UNIQUE INDEX sizes ON notes (size)")?;
            batch(
                tx,
                "CREATE TABLE leaves (note TEXT REFERENCES notes (name))",
            )?;
            add_note(tx, "there")
        })
        .unwrap();
    let primary_key = "INSERT INTO notes (name, size) VALUES ('there', 1)";
    let unique_index = "INSERT INTO notes (name, size) VALUES ('other', 0)";
    for conflicting in [primary_key, unique_index] {
        let error = store
            .write_blocking(move |tx| execute(tx, conflicting, &[]))
            .unwrap_err();
        assert!(error.is_conflict(), "{conflicting}: {error:?}");
    }
    let not_null = "INSERT INTO notes (name, size) VALUES ('other', NULL)";
    let foreign_key = "INSERT INTO leaves (note) VALUES ('nowhere')";
    for wrong in [not_null, foreign_key, "SELECT nonsense"] {
        let error = store
            .write_blocking(move |tx| execute(tx, wrong, &[]))
            .unwrap_err();
        assert!(
            !error.is_conflict() && error.code() == Code::InternalServerError,
            "{wrong}: {error:?}"
        );
    }
}
