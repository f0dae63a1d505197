//! Opening an installation: master key and database belong together (D18).

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use ginnel::app::App;
use ginnel::config::{Config, Database, MasterKey, Secret};
use ginnel::domain::apps::{self, NewApp};
use ginnel::domain::keys::{Algorithm, RsaKeys};

use crate::support::{Home, Schema};

fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.data_dir = folder.join("data");
    config.database = Database::Sqlite(folder.join("data").join("ginnel.db"));
    config
}

fn open(config: Config) -> anyhow::Result<App> {
    ginnel::setup::open(config, RsaKeys::default())
}

#[track_caller]
fn refusal(config: Config) -> String {
    match open(config) {
        Ok(_) => panic!("it opened"),
        Err(error) => format!("{error:#}"),
    }
}

/// Makes an installation with one app, and closes it.
fn install(config: Config) -> ginnel::ids::AppId {
    let app = open(config).unwrap();
    let new = NewApp::parse("Acme", "http://localhost:8080", "/").unwrap();
    let record = apps::create(&app, new.algorithm(Algorithm::Es256)).unwrap();
    app.store.clone().close();
    record.id
}

#[test]
fn a_first_start_makes_folder_key_and_database_for_its_owner_only() {
    let folder = tempfile::tempdir().unwrap();
    let id = install(config(folder.path()));
    let data = folder.path().join("data");
    for (path, mode) in [
        (data.clone(), 0o700),
        (data.join("master.key"), 0o600),
        (data.join("ginnel.db"), 0o600),
    ] {
        let permissions = fs::metadata(&path).unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{}", path.display());
    }
    // What the key was written to first is gone.
    let names = fs::read_dir(&data).unwrap();
    let names: Vec<_> = names
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(names.iter().all(|name| !name.contains("new")), "{names:?}");
    // And the next start finds them.
    let app = open(config(folder.path())).unwrap();
    let record = app.store.read_blocking(move |tx| tx.find_app(&id));
    assert_eq!(record.unwrap().unwrap().name, "Acme");
}

#[test]
fn a_key_of_another_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    install(config(folder.path()));
    let mut other = config(folder.path());
    other.master_key = Some(MasterKey::new([9; 32]));
    let sentence = refusal(other);
    assert!(
        sentence.starts_with("The master key does not fit this database: "),
        "{sentence}"
    );
    // The right one still opens it.
    open(config(folder.path())).unwrap();
}

#[test]
fn a_missing_key_file_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    install(config(folder.path()));
    let key = folder.path().join("data").join("master.key");
    fs::remove_file(&key).unwrap();
    let sentence = refusal(config(folder.path()));
    assert!(sentence.contains("is missing"), "{sentence}");
    assert!(sentence.contains("backup"), "{sentence}");
    assert!(!key.exists());
}

#[test]
fn a_key_file_that_holds_no_key_is_refused() {
    for content in ["", "not base64!", "c2hvcnQ="] {
        let folder = tempfile::tempdir().unwrap();
        install(config(folder.path()));
        let key = folder.path().join("data").join("master.key");
        fs::write(&key, content).unwrap();
        let sentence = refusal(config(folder.path()));
        assert!(sentence.contains("holds no master key"), "{sentence}");
        assert!(sentence.contains("openssl rand -base64 32"), "{sentence}");
        assert_eq!(fs::read_to_string(&key).unwrap(), content);
    }
}

#[test]
fn postgresql_wants_a_master_key_that_all_nodes_share() {
    let home = Home::new();
    let sentence = home.fail(&["serve", "--database", "postgres://localhost/ginnel"]);
    assert!(sentence.contains("GINNEL_MASTER_KEY"), "{sentence}");
    // Nothing was made on the way.
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn nodes_on_postgresql_share_one_master_key() {
    let Some(schema) = Schema::new("setup") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let on_postgres = |key: Option<u8>| {
        let mut config = config(folder.path());
        config.database = Database::Postgres(Secret::new(schema.url()));
        config.database_connections = 2;
        config.master_key = key.map(|byte| MasterKey::new([byte; 32]));
        config
    };
    let sentence = refusal(on_postgres(None));
    assert!(sentence.contains("GINNEL_MASTER_KEY_FILE"), "{sentence}");
    let id = install(on_postgres(Some(1)));
    let sentence = refusal(on_postgres(Some(2)));
    assert!(
        sentence.contains("does not fit this database"),
        "{sentence}"
    );
    let other = open(on_postgres(Some(1))).unwrap();
    let found = other.store.read_blocking(move |tx| tx.find_app(&id));
    assert!(found.unwrap().is_some());
    // No key is left lying about beside the node.
    assert!(!folder.path().join("data").join("master.key").exists());
}

#[test]
fn a_database_that_cannot_be_opened_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path());
    let path = folder.path().join("text.db");
    fs::write(
        &path,
        "this is a text, and no database at all. ".repeat(100),
    )
    .unwrap();
    config.database = Database::Sqlite(path);
    let sentence = refusal(config);
    assert!(sentence.contains("not a database"), "{sentence}");
}
