//! Where values come from: the file, the environment and the flags, each turned into the same named entries.

use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::ConfigError;
use super::values::Value;

/// The flags that every command takes. Values are plain text here, so that a bad one gets the same sentence as in a file.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct Flags {
    /// Address and port to answer on [default: 127.0.0.1:8400]
    #[arg(long, global = true, value_name = "ADDR:PORT")]
    pub listen: Option<String>,
    /// URL under which browsers reach this server [default: http://localhost:8400]
    #[arg(long, global = true, value_name = "URL")]
    pub public_url: Option<String>,
    /// Folder of the database and the master key [default: ./ginnel-data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data_dir: Option<String>,
    /// sqlite:PATH or postgres://…; a password is better kept in GINNEL_DATABASE_FILE [default: SQLite in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Settings file [default: ./ginnel.toml if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What every variable of ours begins with.
const PREFIX: &str = "GINNEL_";

/// The variable that names the settings file, as `--config` does.
const CONFIG_VARIABLE: &str = "GINNEL_CONFIG";

/// The settings file that is read when nobody names one, if it exists.
const DEFAULT_FILE: &str = "ginnel.toml";

/// Variables with our prefix that are not for the server: they belong to the SDKs, the browser tests and the build.
const NOT_SETTINGS: [&str; 4] = [
    "GINNEL_URL",
    "GINNEL_APP_ID",
    "GINNEL_CHROMIUM",
    "GINNEL_SKIP_WEB_BUILD",
];

/// All values of one source.
pub(super) struct Source {
    pub origin: Origin,
    /// Names as settings have them (`data_dir`), with the value under each.
    pub entries: Vec<(String, Value)>,
}

/// Which source it is; knows how that source writes the name of a setting.
pub(super) enum Origin {
    File(PathBuf),
    Environment,
    Flags,
}

impl Origin {
    /// The name of a setting in this source: `data_dir`, `GINNEL_DATA_DIR`, `--data-dir`.
    pub fn spell(&self, name: &str) -> String {
        match self {
            Origin::File(_) => name.to_owned(),
            Origin::Environment => format!("{PREFIX}{}", name.to_ascii_uppercase()),
            Origin::Flags => format!("--{}", name.replace('_', "-")),
        }
    }

    /// The name of a setting and where it stands, for an error.
    pub fn place(&self, name: &str) -> String {
        match self {
            Origin::File(path) => format!("{name} in {}", path.display()),
            _ => self.spell(name),
        }
    }
}

/// The environment's settings, and what it says about the file.
pub(super) struct Environment {
    pub settings: Source,
    config: Option<PathBuf>,
}

/// The variables of this process, for [`load`](super::load). One that is not UTF-8 gets replacement characters instead of
/// ending the process.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    env::vars_os().map(|(name, value)| {
        (
            name.to_string_lossy().into_owned(),
            value.to_string_lossy().into_owned(),
        )
    })
}

/// Collects `GINNEL_*` variables. Unknown names stay in, to be refused with those of the file.
pub(super) fn from_environment(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Environment, ConfigError> {
    let mut config = None;
    let mut entries = Vec::new();
    for (variable, value) in variables {
        let Some(name) = variable.strip_prefix(PREFIX) else {
            continue;
        };
        if variable == CONFIG_VARIABLE {
            config = Some(value)
                .filter(|value| !value.is_empty())
                .map(PathBuf::from);
        } else if !NOT_SETTINGS.contains(&variable.as_str()) && !is_service_link(name, &value) {
            if name.contains(|letter: char| letter.is_ascii_lowercase()) {
                let problem = format!(
                    "variables are written in capitals; write {}",
                    variable.to_ascii_uppercase()
                );
                return Err(ConfigError::BadValue {
                    place: variable,
                    problem,
                });
            }
            entries.push((name.to_ascii_lowercase(), Value::Text(value)));
        }
    }
    entries.sort_by(|one, other| one.0.cmp(&other.0));
    Ok(Environment {
        settings: Source {
            origin: Origin::Environment,
            entries,
        },
        config,
    })
}

/// Whether a variable is one of those that Kubernetes puts into every container beside a service called `ginnel`, such as
/// `GINNEL_SERVICE_HOST` and `GINNEL_PORT_8400_TCP_ADDR`.
fn is_service_link(name: &str, value: &str) -> bool {
    let is_port = name
        .strip_prefix("PORT_")
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    let is_service =
        ["SERVICE_HOST", "SERVICE_PORT"].contains(&name) || name.starts_with("SERVICE_PORT_");
    is_port || is_service || (name == "PORT" && value.contains("://"))
}

/// Reads the settings file: the one that is named, which must exist, or the default one if there is one.
pub(super) fn from_file(
    flags: &Flags,
    environment: &Environment,
    working_directory: &Path,
) -> Result<Source, ConfigError> {
    let (named, place) = match (&flags.config, &environment.config) {
        (Some(path), _) => (Some(path), "--config"),
        (None, Some(path)) => (Some(path), CONFIG_VARIABLE),
        (None, None) => (None, DEFAULT_FILE),
    };
    let shown = named
        .cloned()
        .unwrap_or_else(|| PathBuf::from(DEFAULT_FILE));
    let text = match fs::read_to_string(working_directory.join(&shown)) {
        Ok(text) => text,
        Err(cause) if named.is_none() && cause.kind() == ErrorKind::NotFound => String::new(),
        Err(cause) => {
            return Err(ConfigError::Unreadable {
                place: place.to_owned(),
                path: shown,
                cause,
            });
        }
    };
    let table: toml::Table = toml::from_str(&text).map_err(|error| {
        let offset = error.span().map_or(0, |span| span.start);
        let line = 1 + text
            .bytes()
            .take(offset)
            .filter(|byte| *byte == b'\n')
            .count();
        ConfigError::NotToml {
            path: shown.clone(),
            line,
            problem: error.message().replace('\n', ", "),
        }
    })?;

    let origin = Origin::File(shown);
    let mut entries = Vec::new();
    for (name, value) in table {
        let value = Value::from_toml(value).map_err(|problem| ConfigError::BadValue {
            place: origin.place(&name),
            problem: problem.to_owned(),
        })?;
        entries.push((name, value));
    }
    Ok(Source { origin, entries })
}

/// The settings among the flags.
pub(super) fn from_flags(flags: &Flags) -> Source {
    let given = [
        ("listen", &flags.listen),
        ("public_url", &flags.public_url),
        ("data_dir", &flags.data_dir),
        ("database", &flags.database),
    ];
    let entries = given
        .into_iter()
        .filter_map(|(name, value)| {
            value
                .clone()
                .map(|value| (name.to_owned(), Value::Text(value)))
        })
        .collect();
    Source {
        origin: Origin::Flags,
        entries,
    }
}
