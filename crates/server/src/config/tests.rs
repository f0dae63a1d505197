//! The rules of the sources: which wins, which names are known, where secrets may stand. Rules of single values are in
//! `values`, those of networks and keys beside their types.

mod sms;
mod values;

use std::fs;

use tempfile::TempDir;

use super::settings::SETTINGS;
use super::*;

/// The base64 of 32 bytes.
const KEY: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

const EXAMPLE: &str = include_str!("../../../../docs/ginnel.example.toml");

/// Loads a settings file (none if empty), variables and flags, in an empty working directory.
fn load_all(file: &str, variables: &[(&str, &str)], flags: &Flags) -> Result<Config, ConfigError> {
    let directory = TempDir::new().expect("a temporary directory");
    if !file.is_empty() {
        fs::write(directory.path().join("ginnel.toml"), file).expect("the settings file");
    }
    let loaded = load_in(directory.path(), variables, flags);
    loaded.map(|config| below(config, directory.path()))
}

fn load_in(
    directory: &Path,
    variables: &[(&str, &str)],
    flags: &Flags,
) -> Result<Config, ConfigError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    load(flags, variables, directory)
}

/// Takes the working directory off the paths, so that they can be compared.
fn below(mut config: Config, directory: &Path) -> Config {
    let strip = |path: &Path| path.strip_prefix(directory).unwrap_or(path).to_owned();
    config.data_dir = strip(&config.data_dir);
    if let Database::Sqlite(path) = &config.database {
        config.database = Database::Sqlite(strip(path));
    }
    config
}

fn from_file(file: &str) -> Config {
    load_all(file, &[], &Flags::default()).expect(file)
}

fn from_variable(name: &str, value: &str) -> Config {
    load_all("", &[(name, value)], &Flags::default()).expect(name)
}

/// The sentence with which a file is refused.
fn refusal(file: &str) -> String {
    load_all(file, &[], &Flags::default())
        .expect_err(file)
        .to_string()
}

/// The sentence with which variables are refused.
fn refusal_of(variables: &[(&str, &str)]) -> String {
    load_all("", variables, &Flags::default())
        .expect_err("the variables are accepted")
        .to_string()
}

#[track_caller]
fn assert_says(sentence: &str, parts: &[&str]) {
    for part in parts {
        assert!(
            sentence.contains(part),
            "{part:?} is missing in: {sentence}"
        );
    }
}

#[test]
fn nothing_set_gives_the_defaults() {
    let config = from_file("");
    assert_eq!(config, Config::default());
    assert_eq!(config.public_origin(), "http://localhost:8400");
    assert_eq!(config.public_host(), "localhost:8400");
    assert_eq!(
        config.database,
        Database::Sqlite(PathBuf::from("ginnel-data/ginnel.db"))
    );
}

#[test]
fn flags_win_over_the_environment_which_wins_over_the_file() {
    let file = "listen = '127.0.0.1:1'\ndata_dir = 'from-file'\nrsa_key_pool = 1";
    let variables = [
        ("GINNEL_LISTEN", "127.0.0.1:2"),
        ("GINNEL_DATA_DIR", "from-environment"),
    ];
    let flags = Flags {
        listen: Some("127.0.0.1:3".to_owned()),
        ..Flags::default()
    };
    let config = load_all(file, &variables, &flags).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data_dir, Path::new("from-environment"));
    assert_eq!(config.rsa_key_pool, 1);
}

#[test]
fn flags_stand_before_or_after_a_command() {
    let command = || {
        let command = clap::Command::new("ginnel").subcommand(clap::Command::new("serve"));
        <Flags as clap::Args>::augment_args(command)
    };
    command().debug_assert();
    for line in [
        ["ginnel", "--listen", "a:1", "serve"],
        ["ginnel", "serve", "--listen", "a:1"],
    ] {
        let matches = command().try_get_matches_from(line).unwrap();
        let flags = <Flags as clap::FromArgMatches>::from_arg_matches(&matches).unwrap();
        assert_eq!(flags.listen.as_deref(), Some("a:1"));
    }
}

#[test]
fn an_empty_value_counts_as_not_set() {
    let config = load_all(
        "rsa_key_pool = 7\ndatabase = ''",
        &[("GINNEL_RSA_KEY_POOL", "")],
        &Flags::default(),
    )
    .unwrap();
    assert_eq!(
        config,
        Config {
            rsa_key_pool: 7,
            ..Config::default()
        }
    );
}

#[test]
fn a_named_file_must_exist_and_the_default_one_need_not() {
    let directory = TempDir::new().unwrap();
    let flags = Flags {
        config: Some(PathBuf::from("other.toml")),
        ..Flags::default()
    };
    assert_says(
        &load_in(directory.path(), &[], &flags)
            .unwrap_err()
            .to_string(),
        &["--config: cannot read other.toml"],
    );
    let missing = load_in(
        directory.path(),
        &[("GINNEL_CONFIG", "other.toml")],
        &Flags::default(),
    );
    assert_says(
        &missing.unwrap_err().to_string(),
        &["GINNEL_CONFIG: cannot read other.toml"],
    );

    fs::write(directory.path().join("ginnel.toml"), "sqlite_readers = 1").unwrap();
    fs::write(directory.path().join("other.toml"), "sqlite_readers = 2").unwrap();
    assert_eq!(
        load_in(directory.path(), &[], &Flags::default())
            .unwrap()
            .sqlite_readers,
        1
    );
    assert_eq!(
        load_in(directory.path(), &[], &flags)
            .unwrap()
            .sqlite_readers,
        2
    );
}

#[test]
fn a_file_that_is_not_toml_is_refused_by_line_without_quoting_it() {
    let sentence = refusal("log = 'info'\nmaster_key = verysecret\n");
    assert_says(&sentence, &["ginnel.toml, line 2: "]);
    assert!(!sentence.contains("verysecret"), "{sentence}");
    assert_says(
        &refusal("[server]\nlisten = '127.0.0.1:1'"),
        &["server in ginnel.toml"],
    );
    assert_says(
        &refusal("listen = { port = 1 }"),
        &["listen in ginnel.toml: settings have no sections"],
    );
}

#[test]
fn an_unknown_name_is_refused_with_the_nearest_known_one() {
    assert_says(
        &refusal("listne = 'x'"),
        &["listne in ginnel.toml: there is no such setting; the nearest is listen."],
    );
    assert_says(
        &refusal("log_fromat = 'json'"),
        &["the nearest is log_format."],
    );
    assert_says(&refusal("listen_file = 'x'"), &["the nearest is listen."]);
    assert_says(
        &refusal_of(&[("GINNEL_DATABASE_URL", "x")]),
        &["GINNEL_DATABASE_URL: ", "nearest is GINNEL_DATABASE."],
    );
    assert_says(
        &refusal_of(&[("GINNEL_MASTERKEY_FILE", "x")]),
        &["nearest is GINNEL_MASTER_KEY_FILE."],
    );
    assert_says(
        &refusal_of(&[("GINNEL_PORT", "9000")]),
        &["GINNEL_PORT: there is no such setting"],
    );
    assert_says(
        &refusal_of(&[("GINNEL_listen", "x")]),
        &["GINNEL_listen: ", "write GINNEL_LISTEN"],
    );
}

#[test]
fn variables_of_others_are_left_alone() {
    let variables = [
        ("GINNEL_URL", "http://localhost:8400"),
        ("GINNEL_APP_ID", "an-app"),
        ("GINNEL_CHROMIUM", "/usr/bin/chromium"),
        ("GINNEL_SKIP_WEB_BUILD", "1"),
        ("GINNEL_PORT", "tcp://10.0.0.1:8400"),
        ("GINNEL_PORT_8400_TCP_ADDR", "10.0.0.1"),
        ("GINNEL_SERVICE_HOST", "10.0.0.1"),
        ("GINNEL_SERVICE_PORT_HTTP", "8400"),
        ("PATH", "/usr/bin"),
    ];
    assert_eq!(
        load_all("", &variables, &Flags::default()).unwrap(),
        Config::default()
    );
}

#[test]
fn every_secret_can_stand_in_a_file() {
    let directory = TempDir::new().unwrap();
    fs::write(directory.path().join("key"), format!("{KEY}\n")).unwrap();
    fs::write(directory.path().join("url"), "postgres://db/ginnel\n").unwrap();
    let variables = [
        ("GINNEL_MASTER_KEY_FILE", "key"),
        ("GINNEL_DATABASE_FILE", "./url"),
    ];
    let config = load_in(directory.path(), &variables, &Flags::default()).unwrap();
    assert_eq!(config.master_key, Some(MasterKey::new([0; 32])));
    assert_eq!(
        config.database,
        Database::Postgres(Secret::new("postgres://db/ginnel"))
    );

    fs::write(
        directory.path().join("ginnel.toml"),
        "master_key_file = 'key'",
    )
    .unwrap();
    let config = load_in(directory.path(), &[], &Flags::default()).unwrap();
    assert_eq!(config.master_key, Some(MasterKey::new([0; 32])));
    let own = [(
        "GINNEL_MASTER_KEY",
        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=",
    )];
    let config = load_in(directory.path(), &own, &Flags::default()).unwrap();
    assert_eq!(
        config.master_key,
        Some(MasterKey::new([1; 32])),
        "the environment wins over the file"
    );

    fs::write(directory.path().join("key"), "\n").unwrap();
    assert_says(
        &load_in(directory.path(), &[], &Flags::default())
            .unwrap_err()
            .to_string(),
        &["key is empty"],
    );
    fs::remove_file(directory.path().join("key")).unwrap();
    let sentence = load_in(directory.path(), &[], &Flags::default())
        .unwrap_err()
        .to_string();
    assert_says(&sentence, &["master_key_file in ginnel.toml: cannot read"]);
}

#[test]
fn a_secret_and_its_file_together_are_refused() {
    let sentence = refusal_of(&[
        ("GINNEL_MASTER_KEY", KEY),
        ("GINNEL_MASTER_KEY_FILE", "key"),
    ]);
    assert_says(
        &sentence,
        &["GINNEL_MASTER_KEY and GINNEL_MASTER_KEY_FILE are both set"],
    );
    let sentence = refusal("database = 'sqlite:a'\ndatabase_file = 'b'");
    assert_says(
        &sentence,
        &["database in ginnel.toml and database_file in ginnel.toml are both set"],
    );
}

#[test]
fn the_example_file_names_every_setting_with_its_default() {
    let written: String = EXAMPLE
        .lines()
        .filter_map(|line| line.strip_prefix('#'))
        .filter(|line| line.starts_with(|first: char| first.is_ascii_lowercase()))
        .map(|line| format!("{line}\n"))
        .collect();
    let table: toml::Table =
        toml::from_str(&written).expect("the example without its comment signs is TOML");
    for setting in SETTINGS {
        assert!(
            table.contains_key(setting.name),
            "{} is missing in docs/ginnel.example.toml",
            setting.name
        );
    }
    let uncommented = from_file(&written);
    assert_eq!(
        Config {
            follow_port: true,
            ..uncommented
        },
        Config::default()
    );
    assert_eq!(
        from_file(EXAMPLE),
        Config::default(),
        "copied as it is, the example changes nothing"
    );
}
