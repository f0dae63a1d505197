//! Every setting of the server: its name, its default and one sentence about it.
//!
//! Values come from `ginnel.toml`, then `GINNEL_*` variables, then flags; the later wins. A name that nobody knows is an
//! error in the file and in the environment, so that a slip of the pen never silently becomes a default. Relative paths
//! start at the working directory, and an empty value counts as not set. `docs/ginnel.example.toml` lists the same
//! settings for operators; a test holds the two together.

mod cidr;
mod error;
mod mail;
mod secret;
mod settings;
mod sms;
mod sources;
#[cfg(test)]
mod tests;
mod values;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use url::{Host, Url};

pub use cidr::Cidr;
pub use error::ConfigError;
pub use mail::{Security, Sender, SmtpServer};
pub use secret::{MasterKey, Secret};
pub use sms::SmsProvider;
pub(crate) use sms::is_messaging_service;
pub use sources::{Flags, environment};

use crate::domain::origins::AuthOrigin;
use crate::messages::Channel;

/// What the server was told to do, checked. A `Config` that exists is valid.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `listen`, default `127.0.0.1:8400`: address and port on which the server answers HTTP.
    pub listen: SocketAddr,
    /// `public_url`, default `http://localhost:{port of listen}`: the origin under which browsers and back ends reach the
    /// server. `http` only for loopback hosts. Print [`Config::public_origin`], since a `Url` shows a trailing slash.
    pub public_url: Url,
    /// `data_dir`, default `./ginnel-data`: folder of the SQLite database and of the master key made at the first start.
    pub data_dir: PathBuf,
    /// `database`, default empty, which means SQLite at `{data_dir}/ginnel.db`: where everything is stored.
    pub database: Database,
    /// `database_connections`, default 10: connections held open to PostgreSQL; SQLite does not use it.
    pub database_connections: u32,
    /// `master_key`, default none: base64 of the 32 bytes that seal secrets at rest; made in the data folder when SQLite is
    /// used without one, required with PostgreSQL, where every node must have the same.
    pub master_key: Option<MasterKey>,
    /// `example_listen`, default `127.0.0.1:8401`, or `off`: address of the example app; always `None` here when
    /// `public_url` is not loopback.
    pub example_listen: Option<SocketAddr>,
    /// `metrics_listen`, default `off`: address on which `/metrics` answers Prometheus, to anyone who can reach it.
    pub metrics_listen: Option<SocketAddr>,
    /// `trusted_proxies`, default none: networks whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Cidr>,
    /// `auth_hosts`, default `auth.passage.id`: `Host` values, lower case, whose `/v1/…` is the authentication API.
    pub auth_hosts: Vec<String>,
    /// `management_hosts`, default `api.passage.id`: `Host` values, lower case, whose `/v1/…` is the management API.
    pub management_hosts: Vec<String>,
    /// `console_hosts`, default `console.passage.id`: `Host` values, lower case, that show the Console.
    pub console_hosts: Vec<String>,
    /// `console_signup`, default false: whether everybody may sign up to the Console once there is an operator; on loopback
    /// everybody may.
    pub console_signup: bool,
    /// `flood_requests_per_second`, default 50: requests a second that one client address may keep up; 0 is no limit.
    pub flood_requests_per_second: u32,
    /// `flood_burst`, default 200: requests that one client address may send at once; 0 is no limit.
    pub flood_burst: u32,
    /// `smtp_url`, default none: the mail server that takes what is sent, as `smtp://user:password@host:587` (STARTTLS) or
    /// `smtps://user:password@host:465` (TLS).
    pub smtp: Option<SmtpServer>,
    /// `mail_from`, needed with `smtp_url`: who writes, as an address or `Name <address>`; without a name, the app's.
    pub mail_from: Option<Sender>,
    /// `smtp_connections`, default 4, from 1 to 64: connections to the mail server at once.
    pub smtp_connections: usize,
    /// `sms_url`, default none: who carries text messages, as `twilio://SID:TOKEN@api.twilio.com`,
    /// `vonage://KEY:SECRET@rest.nexmo.com`, or an `https://` address of one's own that is told of each (a webhook).
    pub sms: Option<SmsProvider>,
    /// `sms_from`, needed with Twilio and Vonage: the number or name that text messages come from, or the id of a messaging
    /// service of Twilio's.
    pub sms_from: Option<String>,
    /// `sms_webhook_secret`, needed with a webhook: signs what the webhook gets.
    pub sms_webhook_secret: Option<Secret>,
    /// `messages_per_address_per_hour`, default 10: messages with a link or a code that one address or number gets within an
    /// hour; 0 is no limit.
    pub messages_per_address_per_hour: u32,
    /// `messages_per_client_per_hour`, default 60: messages with a link or a code that one client address causes within an
    /// hour; 0 is no limit.
    pub messages_per_client_per_hour: u32,
    /// `text_messages_per_range_per_hour`, default 30: text messages with a link or a code of one app within an hour to all
    /// numbers together that differ in their last three digits alone; 0 is no limit.
    pub text_messages_per_range_per_hour: u32,
    /// `text_messages_per_app_per_day`, default 1000: text messages with a link or a code of one app within a day; 0 is no
    /// limit.
    pub text_messages_per_app_per_day: u32,
    /// `test_apps`, by default whether `public_url` is loopback: whether pages without an app id get a test app. Ask
    /// [`Config::makes_test_apps`].
    pub test_apps: Option<bool>,
    /// `test_app_origins`, default none: origins beyond those of this machine whose pages may have test apps.
    pub test_app_origins: Vec<AuthOrigin>,
    /// `bare_claims`, by default whether `public_url` is loopback: whether a test app may be claimed without its secret, as
    /// the links of old Passage packages do. Ask [`Config::takes_bare_claims`].
    pub bare_claims: Option<bool>,
    /// `event_retention_days`, default 365: days after which rows of the audit trail are removed.
    pub event_retention_days: u32,
    /// `log_format`, default `text`: `text` for people or `json` for machines.
    pub log_format: LogFormat,
    /// `log`, default `info`: which log lines are written, as a filter such as `info,ginnel=debug`.
    pub log: String,
    /// `otlp_endpoint`, default `off`: base address of a collector of OpenTelemetry that takes OTLP over HTTP, such as
    /// `http://localhost:4318`; traces go to `/v1/traces` there.
    pub otlp_endpoint: Option<Url>,
    /// `rsa_key_pool`, default 4, from 1 to 64: RSA signing keys kept ready for new apps.
    pub rsa_key_pool: usize,
    /// `sqlite_readers`, default 4, from 1 to 64: threads that read SQLite beside its one writer.
    pub sqlite_readers: usize,
    /// `worker_threads`, default 0, which means one for each core: threads that serve requests.
    pub worker_threads: usize,
    /// Whether `public_url` was left to its default and so follows the port that is really bound.
    follow_port: bool,
}

/// Where everything is stored.
#[derive(Clone, Debug, PartialEq)]
pub enum Database {
    /// The file of the built-in SQLite.
    Sqlite(PathBuf),
    /// A connection string, `postgres://…`, which usually holds a password.
    Postgres(Secret),
}

/// How log lines look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// One readable line for each message.
    Text,
    /// One JSON object for each message.
    Json,
}

impl Default for Config {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8400));
        let data_dir = PathBuf::from("ginnel-data");
        Config {
            listen,
            public_url: localhost(listen.port()),
            database: Database::Sqlite(data_dir.join(DATABASE_FILE)),
            data_dir,
            database_connections: 10,
            master_key: None,
            example_listen: Some(SocketAddr::from(([127, 0, 0, 1], 8401))),
            metrics_listen: None,
            trusted_proxies: Vec::new(),
            auth_hosts: vec!["auth.passage.id".to_owned()],
            management_hosts: vec!["api.passage.id".to_owned()],
            console_hosts: vec!["console.passage.id".to_owned()],
            console_signup: false,
            flood_requests_per_second: 50,
            flood_burst: 200,
            smtp: None,
            mail_from: None,
            smtp_connections: 4,
            sms: None,
            sms_from: None,
            sms_webhook_secret: None,
            messages_per_address_per_hour: 10,
            messages_per_client_per_hour: 60,
            text_messages_per_range_per_hour: 30,
            text_messages_per_app_per_day: 1000,
            test_apps: None,
            test_app_origins: Vec::new(),
            bare_claims: None,
            event_retention_days: 365,
            log_format: LogFormat::Text,
            log: "info".to_owned(),
            otlp_endpoint: None,
            rsa_key_pool: 4,
            sqlite_readers: 4,
            worker_threads: 0,
            follow_port: true,
        }
    }
}

impl Config {
    /// The public URL as an origin, without a trailing slash: `https://id.example.com`.
    pub fn public_origin(&self) -> String {
        self.public_url.origin().ascii_serialization()
    }

    /// The public URL's host as a browser sends it in `Host`: with its port unless that is the scheme's own.
    pub fn public_host(&self) -> String {
        let host = self.public_url.host_str().unwrap_or_default();
        match self.public_url.port() {
            Some(port) => format!("{host}:{port}"),
            None => host.to_owned(),
        }
    }

    /// Whether the public URL can only mean this machine, which is what switches the conveniences of development on.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.public_url)
    }

    /// Whether messages of a channel reach people: by the mail server or the SMS provider, or in the inbox of a server on
    /// loopback.
    pub fn sends(&self, channel: Channel) -> bool {
        self.has_carrier(channel) || self.is_loopback()
    }

    /// Whether messages of a channel stay here, for the inbox of the example listener and on standard output.
    pub fn keeps(&self, channel: Channel) -> bool {
        !self.has_carrier(channel) && self.is_loopback()
    }

    /// Whether messages of a channel leave this server.
    pub fn has_carrier(&self, channel: Channel) -> bool {
        match channel {
            Channel::Email => self.smtp.is_some(),
            Channel::Sms => self.sms.is_some(),
        }
    }

    /// Whether there are messages that stay here.
    pub fn has_inbox(&self) -> bool {
        self.why_kept(&Channel::ALL).is_some()
    }

    /// Why messages of these channels stay here, as a sentence for the pages that show them; `None` if none of them do.
    pub fn why_kept(&self, channels: &[Channel]) -> Option<&'static str> {
        let keeps = |channel| channels.contains(&channel) && self.keeps(channel);
        match (keeps(Channel::Email), keeps(Channel::Sms)) {
            (true, true) => {
                Some("This server has no mail server and no provider of text messages.")
            }
            (true, false) => Some("This server has no mail server."),
            (false, true) => Some("This server has no provider of text messages."),
            (false, false) => None,
        }
    }

    /// Whether pages without an app id get a test app (D15).
    pub fn makes_test_apps(&self) -> bool {
        self.test_apps.unwrap_or(self.is_loopback())
    }

    /// Whether a test app may be claimed by whoever knows its id (D15).
    pub fn takes_bare_claims(&self) -> bool {
        self.bare_claims.unwrap_or(self.is_loopback())
    }

    /// Takes the public URL that the running server told, unless one was set.
    pub fn served_at(&mut self, public_url: Url) {
        if self.follow_port {
            self.public_url = public_url;
        }
    }

    /// Tells the configuration which address was really bound. With port 0 in `listen` the system picks a port, and a
    /// `public_url` that nobody set must name that one.
    pub fn bound_to(&mut self, address: SocketAddr) {
        self.listen = address;
        if self.follow_port {
            self.public_url = localhost(address.port());
        }
    }
}

/// Reads the settings from all three sources. `environment` is usually [`environment()`]; names in it without the prefix
/// `GINNEL_` are passed over.
///
/// # Errors
///
/// The first thing that is wrong, as a sentence with the place of the bad value and what to write instead.
pub fn load(
    flags: &Flags,
    environment: impl Iterator<Item = (String, String)>,
    working_directory: &Path,
) -> Result<Config, ConfigError> {
    let environment = sources::from_environment(environment)?;
    let file = sources::from_file(flags, &environment, working_directory)?;
    let mut draft = settings::Draft::new(working_directory);
    for source in [file, environment.settings, sources::from_flags(flags)] {
        draft.apply(source)?;
    }
    draft.finish()
}

/// Name of the SQLite database inside the data folder.
pub const DATABASE_FILE: &str = "ginnel.db";

/// The public URL that a server has when nobody chose one.
fn localhost(port: u16) -> Url {
    Url::parse(&format!("http://localhost:{port}")).expect("localhost with a port is a URL")
}

/// Whether the host of a URL is this machine by its very name, whatever a resolver says.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}
