//! The table of all settings and how each takes its value, and the checks that need more than one of them.

use std::fs;
use std::path::{Path, PathBuf};

use url::Url;

use super::sources::{Origin, Source};
use super::values::{self, Value};
use super::{Config, ConfigError, DATABASE_FILE, Database, MasterKey, localhost, mail, sms};

/// One setting: its name, and where its value goes.
pub(super) struct Setting {
    pub name: &'static str,
    /// Whether the value may also stand in a file whose path is given as `{name}_file`.
    pub is_secret: bool,
    set: Set,
}

/// Checks a value and puts it into the draft; the error is a problem as in [`values`].
type Set = fn(&mut Draft, &Value) -> Result<(), String>;

const fn open(name: &'static str, set: Set) -> Setting {
    Setting {
        name,
        is_secret: false,
        set,
    }
}

const fn secret(name: &'static str, set: Set) -> Setting {
    Setting {
        name,
        is_secret: true,
        set,
    }
}

/// Shortens a line of the table: the value that is made goes into the place that is named.
macro_rules! into {
    ($($place:ident).+, $value:ident => $made:expr) => {
        |draft, $value| {
            draft.$($place).+ = $made;
            Ok(())
        }
    };
}

/// All settings, in the order of the documentation.
pub(super) const SETTINGS: &[Setting] = &[
    open(
        "listen",
        into!(config.listen, value => values::address(value.text()?)?),
    ),
    open(
        "public_url",
        into!(public_url, value => Some(values::public_url(value.text()?)?)),
    ),
    open("data_dir", |draft, value| {
        draft.config.data_dir = values::resolve(&draft.working_directory, value.text()?);
        Ok(())
    }),
    secret("database", |draft, value| {
        draft.database = Some(values::database(value.text()?, &draft.working_directory)?);
        Ok(())
    }),
    open(
        "database_connections",
        into!(config.database_connections, value => value.number(1, 1000)?),
    ),
    secret(
        "master_key",
        into!(config.master_key, value => Some(MasterKey::from_base64(value.text()?)?)),
    ),
    open(
        "example_listen",
        into!(config.example_listen, value => values::address_or_off(value.text()?)?),
    ),
    open(
        "metrics_listen",
        into!(config.metrics_listen, value => values::address_or_off(value.text()?)?),
    ),
    open("trusted_proxies", |draft, value| {
        draft.config.trusted_proxies = value
            .list()
            .into_iter()
            .map(str::parse)
            .collect::<Result<_, _>>()?;
        Ok(())
    }),
    open(
        "auth_hosts",
        into!(config.auth_hosts, value => values::hosts(value.list())?),
    ),
    open(
        "management_hosts",
        into!(config.management_hosts, value => values::hosts(value.list())?),
    ),
    open(
        "console_hosts",
        into!(config.console_hosts, value => values::hosts(value.list())?),
    ),
    open(
        "console_signup",
        into!(config.console_signup, value => value.boolean()?),
    ),
    secret(
        "smtp_url",
        into!(config.smtp, value => Some(mail::smtp_url(value.text()?)?)),
    ),
    open(
        "mail_from",
        into!(config.mail_from, value => Some(mail::mail_from(value.text()?)?)),
    ),
    open(
        "smtp_connections",
        into!(config.smtp_connections, value => value.number(1, 64)?),
    ),
    secret(
        "sms_url",
        into!(config.sms, value => Some(sms::sms_url(value.text()?)?)),
    ),
    open(
        "sms_from",
        into!(config.sms_from, value => Some(sms::sms_from(value.text()?)?)),
    ),
    secret(
        "sms_webhook_secret",
        into!(config.sms_webhook_secret, value => Some(sms::webhook_secret(value.text()?)?)),
    ),
    open(
        "messages_per_address_per_hour",
        into!(config.messages_per_address_per_hour, value => value.number(0, 1_000_000)?),
    ),
    open(
        "messages_per_client_per_hour",
        into!(config.messages_per_client_per_hour, value => value.number(0, 1_000_000)?),
    ),
    open(
        "text_messages_per_range_per_hour",
        into!(config.text_messages_per_range_per_hour, value => value.number(0, 1_000_000)?),
    ),
    open(
        "text_messages_per_app_per_day",
        into!(config.text_messages_per_app_per_day, value => value.number(0, 10_000_000)?),
    ),
    open(
        "flood_requests_per_second",
        into!(config.flood_requests_per_second, value => value.number(0, 1_000_000)?),
    ),
    open(
        "flood_burst",
        into!(config.flood_burst, value => value.number(0, 1_000_000)?),
    ),
    open(
        "test_apps",
        into!(config.test_apps, value => Some(value.boolean()?)),
    ),
    open(
        "test_app_origins",
        into!(config.test_app_origins, value => values::origins(value.list())?),
    ),
    open(
        "bare_claims",
        into!(config.bare_claims, value => Some(value.boolean()?)),
    ),
    open(
        "event_retention_days",
        into!(config.event_retention_days, value => value.number(1, 36_500)?),
    ),
    open(
        "log_format",
        into!(config.log_format, value => values::log_format(value.text()?)?),
    ),
    open(
        "log",
        into!(config.log, value => values::log_filter(value.text()?)?),
    ),
    open(
        "otlp_endpoint",
        into!(config.otlp_endpoint, value => values::collector_or_off(value.text()?)?),
    ),
    open(
        "rsa_key_pool",
        into!(config.rsa_key_pool, value => value.number(1, 64)?),
    ),
    open(
        "sqlite_readers",
        into!(config.sqlite_readers, value => value.number(1, 64)?),
    ),
    open(
        "worker_threads",
        into!(config.worker_threads, value => value.number(0, 1024)?),
    ),
];

/// A configuration on its way: what depends on other settings waits here until all sources have spoken.
pub(super) struct Draft {
    config: Config,
    public_url: Option<Url>,
    database: Option<Database>,
    working_directory: PathBuf,
}

impl Draft {
    pub fn new(working_directory: &Path) -> Self {
        let mut config = Config::default();
        config.data_dir = working_directory.join(config.data_dir);
        Draft {
            config,
            public_url: None,
            database: None,
            working_directory: working_directory.to_owned(),
        }
    }

    /// Takes every value of a source. All names are looked at first: a wrong one often explains a wrong value.
    pub fn apply(&mut self, source: Source) -> Result<(), ConfigError> {
        let Source { origin, entries } = source;
        let mut found = Vec::new();
        for (name, value) in entries {
            let setting = find(&name).ok_or_else(|| ConfigError::UnknownName {
                place: origin.place(&name),
                nearest: origin.spell(&nearest(&name)),
            })?;
            if !value.is_empty() {
                found.push((setting, name, value));
            }
        }
        for (setting, name, value) in &found {
            if found
                .iter()
                .filter(|(other, ..)| other.name == setting.name)
                .count()
                > 1
            {
                let (place, file_place) = (
                    origin.place(setting.name),
                    origin.place(&file_name(setting.name)),
                );
                return Err(ConfigError::BothSet { place, file_place });
            }
            let content;
            let value = if name == setting.name {
                value
            } else {
                content = self.secret_from_file(&origin, name, value)?;
                &content
            };
            (setting.set)(self, value).map_err(|problem| ConfigError::BadValue {
                place: origin.place(name),
                problem,
            })?;
        }
        Ok(())
    }

    /// Reads a secret from the file that an entry such as `master_key_file` names.
    fn secret_from_file(
        &self,
        origin: &Origin,
        name: &str,
        value: &Value,
    ) -> Result<Value, ConfigError> {
        let place = origin.place(name);
        let path = match value.text() {
            Ok(path) => values::resolve(&self.working_directory, path),
            Err(problem) => return Err(ConfigError::BadValue { place, problem }),
        };
        match fs::read_to_string(&path) {
            Ok(content) if content.trim().is_empty() => {
                let problem = format!("{} is empty; write the secret into it", path.display());
                Err(ConfigError::BadValue { place, problem })
            }
            Ok(content) => Ok(Value::Text(content)),
            Err(cause) => Err(ConfigError::Unreadable { place, path, cause }),
        }
    }

    /// Fills in what follows from other settings, and checks what one setting cannot say alone.
    pub fn finish(self) -> Result<Config, ConfigError> {
        let mut config = self.config;
        config.follow_port = self.public_url.is_none();
        config.public_url = self
            .public_url
            .unwrap_or_else(|| localhost(config.listen.port()));
        config.database = self
            .database
            .unwrap_or_else(|| Database::Sqlite(config.data_dir.join(DATABASE_FILE)));
        if !config.is_loopback() {
            config.example_listen = None;
        }
        if matches!(config.database, Database::Postgres(_)) && config.master_key.is_none() {
            return Err(ConfigError::MissingMasterKey);
        }
        if config.smtp.is_some() && config.mail_from.is_none() {
            return Err(ConfigError::MissingMailFrom);
        }
        sms::check(&config)?;
        let lists = [
            (
                "management_hosts",
                &config.management_hosts,
                "auth_hosts",
                &config.auth_hosts,
            ),
            (
                "console_hosts",
                &config.console_hosts,
                "auth_hosts",
                &config.auth_hosts,
            ),
            (
                "console_hosts",
                &config.console_hosts,
                "management_hosts",
                &config.management_hosts,
            ),
        ];
        for (name, hosts, other_name, others) in lists {
            if let Some(host) = hosts.iter().find(|host| others.contains(host)) {
                let problem = format!(
                    "{host} is also in {other_name}, and a host can be one of them only; take one out"
                );
                return Err(ConfigError::BadValue {
                    place: name.to_owned(),
                    problem,
                });
            }
        }
        Ok(config)
    }
}

/// The name under which a secret's file is given.
fn file_name(name: &str) -> String {
    format!("{name}_file")
}

/// The setting to which a name belongs, be it the secret's own or its file's.
fn find(name: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| {
        setting.name == name || (setting.is_secret && file_name(setting.name) == name)
    })
}

/// The known name that is most like an unknown one.
fn nearest(name: &str) -> String {
    let files = SETTINGS
        .iter()
        .filter(|setting| setting.is_secret)
        .map(|setting| file_name(setting.name));
    let names = SETTINGS
        .iter()
        .map(|setting| setting.name.to_owned())
        .chain(files);
    let distance = |known: &String| {
        let edits = edits(known, name);
        let is_alike = edits <= 2 || known.contains(name) || name.contains(known.as_str());
        (!is_alike, edits)
    };
    names.min_by_key(distance).expect("the table is not empty")
}

/// How many letters must be added, removed or changed to turn one name into the other (Levenshtein distance).
fn edits(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, other_letter) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(letter != other_letter);
            diagonal = row[column + 1];
            row[column + 1] = changed.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[other.len()]
}
