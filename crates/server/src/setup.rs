//! Opening an installation: data folder, database, master key. The server and the command line do it alike.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::app::App;
use crate::config::{Config, DATABASE_FILE, Database};
use crate::domain::console;
use crate::domain::keys::RsaKeys;
use crate::random::Random;
use crate::secrets::{KEY_LENGTH, Secrets, parse_master_key};
use crate::store::Store;
use crate::time::Clock;

/// Name of the master key's file in the data folder.
pub const KEY_FILE: &str = "master.key";

/// The fact that tells which master key sealed the database's secrets.
const FINGERPRINT: &str = "master_key_fingerprint";

/// The fact that tells where the server was reached that ran last.
const PUBLIC_URL: &str = "public_url";

/// Opens the installation for a command, which speaks of the server as that said it is reached. A folder that nobody
/// named is not made: a command in the wrong place would talk to a database that no server reads.
pub fn open_for_command(config: Config) -> Result<App> {
    let working_directory = std::env::current_dir()?;
    let default = working_directory
        .join(Config::default().data_dir)
        .join(DATABASE_FILE);
    if config.database == Database::Sqlite(default.clone()) && !default.exists() {
        bail!(
            "There is no Ginnel data in {}. Run this where the server was started, or name its folder with `--data-dir`.",
            default.parent().unwrap_or(&default).display()
        );
    }
    let mut app = open(config, RsaKeys::default())?;
    if let Some(public_url) = told_public_url(&app)?.and_then(|url| url.parse().ok()) {
        app.config_mut().served_at(public_url);
    }
    console::recall(&app)?;
    Ok(app)
}

/// Where the server that ran last said that it is reached.
pub fn told_public_url(app: &App) -> Result<Option<String>> {
    app.store
        .read_blocking(|tx| tx.find_fact(PUBLIC_URL))
        .map_err(explain)
}

/// Remembers where the server is reached, for commands.
pub fn remember_public_url(app: &App) -> Result<()> {
    let url = app.config.public_origin();
    app.store
        .write_blocking(move |tx| tx.update_fact(PUBLIC_URL, &url))
        .map_err(explain)
}

/// Opens the installation that the settings describe; makes it at the first start.
pub fn open(config: Config, rsa_keys: RsaKeys) -> Result<App> {
    let (clock, random) = (Clock::system(), Random::system());
    let now = clock.now().as_millis();
    let store = match &config.database {
        Database::Sqlite(path) => {
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            for folder in [Some(config.data_dir.as_path()), folder]
                .into_iter()
                .flatten()
            {
                DirBuilder::new()
                    .recursive(true)
                    .mode(0o700)
                    .create(folder)
                    .with_context(|| {
                        format!(
                            "the folder {} cannot be made; name another with `--data-dir`",
                            folder.display()
                        )
                    })?;
            }
            Store::open_sqlite(path, config.sqlite_readers, now).map_err(explain)?
        }
        Database::Postgres(url) => {
            Store::open_postgres(url.expose(), config.database_connections as usize, now)
                .map_err(explain)?
        }
    };
    let secrets = secrets(&config, &store, &random)?;
    Ok(App::new(config, store, secrets, clock, random, rsa_keys))
}

/// An error of the store with the cause that a person at the terminal may see.
pub fn explain(error: crate::Error) -> anyhow::Error {
    match error.cause() {
        Some(cause) => anyhow::anyhow!("{cause:#}"),
        None => anyhow::anyhow!("{error}"),
    }
}

fn secrets(config: &Config, store: &Store, random: &Random) -> Result<Secrets> {
    let known = store
        .read_blocking(|tx| tx.find_fact(FINGERPRINT))
        .map_err(explain)?;
    let key = match (&config.master_key, &config.database) {
        (Some(key), _) => *key.expose(),
        (None, Database::Sqlite(_)) => {
            key_from_file(&config.data_dir.join(KEY_FILE), known.is_some(), random)?
        }
        (None, Database::Postgres(_)) => {
            bail!("PostgreSQL needs a master key that all nodes share: set GINNEL_MASTER_KEY_FILE.")
        }
    };
    let secrets = Secrets::new(&key);
    let fingerprint = secrets.fingerprint().to_owned();
    let stored = store
        .write_blocking(move |tx| tx.add_fact(FINGERPRINT, &fingerprint))
        .map_err(explain)?;
    if stored != secrets.fingerprint() {
        bail!(
            "The master key does not fit this database: its secrets were sealed with the key {stored}, this one is {}. \
             Start with the key that belongs to the database.",
            secrets.fingerprint()
        );
    }
    Ok(secrets)
}

fn key_from_file(path: &Path, is_needed: bool, random: &Random) -> Result<[u8; KEY_LENGTH]> {
    match std::fs::read_to_string(path) {
        Ok(text) => {
            return parse_master_key(&text)
                .with_context(|| format!("the file {} holds no master key", path.display()));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => {
            return Err(error)
                .with_context(|| format!("the master key {} cannot be read", path.display()));
        }
    }
    if is_needed {
        bail!(
            "The master key {} is missing, and the database's secrets were sealed with it. Put it back from your backup.",
            path.display()
        );
    }
    let key = random.bytes::<KEY_LENGTH>();
    match write_key(path, &key, random) {
        Ok(()) => Ok(key),
        // A command that ran at the same moment was faster.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => key_from_file(path, true, random),
        Err(error) => Err(error)
            .with_context(|| format!("the master key {} cannot be written", path.display())),
    }
}

/// Makes the key's file, durable and whole or not at all: a start may be killed at any moment, and a file without a key in it
/// would stop all starts after. `AlreadyExists` if there is one.
fn write_key(path: &Path, key: &[u8; KEY_LENGTH], random: &Random) -> std::io::Result<()> {
    let suffix = u64::from_be_bytes(random.bytes());
    let new = path.with_extension(format!("new-{suffix:016x}"));
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)?;
    let written = writeln!(file, "{}", STANDARD.encode(key))
        .and_then(|()| file.sync_all())
        // Unlike a new name by `rename`, one by `link` never takes the place of a file that is there.
        .and_then(|()| std::fs::hard_link(&new, path));
    let removed = std::fs::remove_file(&new);
    written.and(removed)?;
    match path.parent() {
        // The name must be durable before the database says which key it wants.
        Some(folder) => std::fs::File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
