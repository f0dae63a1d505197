//! One parser for each kind of value. A problem is the middle of a sentence: what is wrong, then what to write.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::{Database, LogFormat, Secret, is_loopback};
use crate::domain::origins::AuthOrigin;

/// A value as its source gave it. Numbers and booleans of the file are text here, as they are in the environment.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    Text(String),
    List(Vec<String>),
}

impl Value {
    /// Takes a value of the file.
    pub fn from_toml(value: toml::Value) -> Result<Self, &'static str> {
        match value {
            toml::Value::Array(items) => items
                .into_iter()
                .map(scalar)
                .collect::<Result<_, _>>()
                .map(Value::List),
            value => scalar(value).map(Value::Text),
        }
    }

    /// Whether the value counts as not set. A list of the file is always set: `[]` means none.
    pub fn is_empty(&self) -> bool {
        matches!(self, Value::Text(text) if text.trim().is_empty())
    }

    /// The one value.
    pub fn text(&self) -> Result<&str, String> {
        match self {
            Value::Text(text) => Ok(text.trim()),
            Value::List(_) => {
                Err("a list stands where one value belongs; write it without brackets".to_owned())
            }
        }
    }

    /// The values of a list: of the file's brackets, or separated by commas; `off` is none.
    pub fn list(&self) -> Vec<&str> {
        match self {
            Value::List(items) => items.iter().map(|item| item.trim()).collect(),
            Value::Text(text) if text.trim() == "off" => Vec::new(),
            Value::Text(text) => text.split(',').map(str::trim).collect(),
        }
    }

    /// Yes or no.
    pub fn boolean(&self) -> Result<bool, String> {
        match self.text()? {
            "true" => Ok(true),
            "false" => Ok(false),
            other => Err(format!("{other:?} is neither; write true or false")),
        }
    }

    /// A whole number between two bounds, both allowed.
    pub fn number<N: FromStr + PartialOrd + Display>(
        &self,
        lowest: N,
        highest: N,
    ) -> Result<N, String> {
        let text = self.text()?;
        text.parse()
            .ok()
            .filter(|number| (&lowest..=&highest).contains(&number))
            .ok_or_else(|| format!("{text:?} is not a whole number from {lowest} to {highest}"))
    }
}

/// The text of a single value of the file.
fn scalar(value: toml::Value) -> Result<String, &'static str> {
    match value {
        toml::Value::String(text) => Ok(text),
        toml::Value::Integer(number) => Ok(number.to_string()),
        toml::Value::Float(number) => Ok(number.to_string()),
        toml::Value::Boolean(truth) => Ok(truth.to_string()),
        toml::Value::Datetime(time) => Ok(time.to_string()),
        toml::Value::Array(_) => {
            Err("a list stands inside a list; write the values side by side in one")
        }
        toml::Value::Table(_) => {
            Err("settings have no sections; write each as a line of its own, without [brackets]")
        }
    }
}

/// An address with a port, on which something listens.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        let name = text
            .strip_prefix("localhost")
            .map(|port| format!("127.0.0.1{port}"));
        match name.filter(|address| address.parse::<SocketAddr>().is_ok()) {
            Some(address) => format!("{text:?} is a name; write the IP address, {address}"),
            None => format!(
                "{text:?} is not an IP address with a port; write for example 127.0.0.1:8400"
            ),
        }
    })
}

/// The same, or `off`.
pub(super) fn address_or_off(text: &str) -> Result<Option<SocketAddr>, String> {
    if text == "off" {
        return Ok(None);
    }
    address(text)
        .map(Some)
        .map_err(|problem| format!("{problem}, or off"))
}

/// The URL under which browsers reach the server: an origin, and `https` unless it is this machine.
pub(super) fn public_url(text: &str) -> Result<Url, String> {
    let example = "write for example https://id.example.com";
    let url =
        Url::parse(text).map_err(|cause| format!("{text:?} is not a URL ({cause}); {example}"))?;
    if !["http", "https"].contains(&url.scheme()) {
        return Err(format!("{text:?} does not begin with https://; {example}"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "a name or password stands before the host; {example}"
        ));
    }
    let origin = url.origin().ascii_serialization();
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(format!(
            "{text:?} has more than scheme, host and port; write {origin}"
        ));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let secure = origin.replacen("http:", "https:", 1);
        return Err(format!(
            "{text:?} is not https, and browsers offer passkeys only over https or on this very machine; put a proxy with \
             a certificate in front and write {secure}, or use http://localhost for development"
        ));
    }
    Ok(url)
}

/// A list of `Host` values, exact and in lower case.
pub(super) fn hosts(items: Vec<&str>) -> Result<Vec<String>, String> {
    let host = |item: &str| {
        let problem = || {
            format!(
                "{item:?} is not a host; write for example auth.passage.id or auth.example.com:8443"
            )
        };
        let (name, port) = match item.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(port)),
            _ => (item, None),
        };
        let name = Host::parse(name).map_err(|_| problem())?.to_string();
        match port.map(str::parse::<u16>) {
            None => Ok(name),
            Some(Ok(port)) => Ok(format!("{name}:{port}")),
            Some(Err(_)) => Err(problem()),
        }
    };
    items.into_iter().map(host).collect()
}

/// A list of web origins.
pub(super) fn origins(items: Vec<&str>) -> Result<Vec<AuthOrigin>, String> {
    let origin = |item: &str| {
        let parsed = AuthOrigin::parse(item).map_err(|refusal| {
            let sentence = refusal.message().trim_end_matches('.');
            format!("{item:?} is no origin of a page: {sentence}")
        })?;
        Ok(parsed.origin)
    };
    items.into_iter().map(origin).collect()
}

/// Where everything is stored. A problem never repeats the text, which may hold a password.
pub(super) fn database(text: &str, working_directory: &Path) -> Result<Database, String> {
    match text.split_once(':') {
        Some(("postgres" | "postgresql", rest)) if rest.len() > "//".len() && rest.starts_with("//") => {
            Ok(Database::Postgres(Secret::new(text)))
        }
        Some(("sqlite", path)) if !path.trim_start_matches('/').is_empty() => {
            let path = path.strip_prefix("//").unwrap_or(path);
            Ok(Database::Sqlite(resolve(working_directory, path)))
        }
        _ => Err("the value (not shown) names no database that Ginnel knows; write sqlite:PATH or \
                  postgres://USER:PASSWORD@HOST/NAME, or leave it empty for SQLite in the data folder"
            .to_owned()),
    }
}

/// A path from the working directory on, without a leading `./` that would only make messages longer.
pub(super) fn resolve(working_directory: &Path, path: &str) -> PathBuf {
    working_directory.join(path.strip_prefix("./").unwrap_or(path))
}

/// How log lines look.
pub(super) fn log_format(text: &str) -> Result<LogFormat, String> {
    match text {
        "text" => Ok(LogFormat::Text),
        "json" => Ok(LogFormat::Json),
        _ => Err(format!("{text:?} is not a format; write text or json")),
    }
}

/// The base address of a collector of OpenTelemetry, or `off`.
pub(super) fn collector_or_off(text: &str) -> Result<Option<Url>, String> {
    if text == "off" {
        return Ok(None);
    }
    let example = "write for example http://localhost:4318, or off";
    let url = Url::parse(text)
        .ok()
        .filter(|url| ["http", "https"].contains(&url.scheme()))
        .ok_or_else(|| {
            format!(
                "{text:?} is not the address of a collector that takes OTLP over HTTP; {example}"
            )
        })?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(format!(
            "a name or password stands before the host; put it into OTEL_EXPORTER_OTLP_HEADERS, and {example}"
        ));
    }
    if url.query().is_some() || url.fragment().is_some() || url.path().ends_with("/v1/traces") {
        return Err(format!(
            "{text:?} has more than the address below which /v1/traces is; {example}"
        ));
    }
    Ok(Some(url))
}

/// A filter of log lines that `tracing` understands.
pub(super) fn log_filter(text: &str) -> Result<String, String> {
    match EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(cause) => Err(format!(
            "{text:?} is not a filter ({cause}); write for example info or info,ginnel=debug"
        )),
    }
}
