//! What can be wrong with settings, each said with its place and with what to write instead.

use std::path::PathBuf;

/// A setting, or a source of settings, that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// A value that its setting does not allow.
    #[error("{place}: {problem}.")]
    BadValue {
        /// Where the value was found: `GINNEL_LISTEN`, `--listen`, or `listen` with the file's name.
        place: String,
        /// What is wrong and what to write, without a full stop.
        problem: String,
    },

    /// A name that no setting has.
    #[error(
        "{place}: there is no such setting; the nearest is {nearest}. docs/ginnel.example.toml lists all of them."
    )]
    UnknownName {
        /// Where the name was found.
        place: String,
        /// The setting whose name is most alike, written as that source writes it.
        nearest: String,
    },

    /// A secret given twice in one source, as a value and as a file.
    #[error("{place} and {file_place} are both set; keep one of them.")]
    BothSet {
        /// Where the secret itself was found.
        place: String,
        /// Where the name of the file with the secret was found.
        file_place: String,
    },

    /// A configuration file that is missing or cannot be read.
    #[error(
        "{place}: cannot read {path}: {cause}. Make the file readable to this user, or name another."
    )]
    Unreadable {
        /// What named the file.
        place: String,
        /// The file.
        path: PathBuf,
        /// The system's reason.
        cause: std::io::Error,
    },

    /// A configuration file that is not TOML. The line is not quoted, since it may hold a secret.
    #[error(
        "{path}, line {line}: {problem}. Write each setting as a line like listen = \"127.0.0.1:8400\"."
    )]
    NotToml {
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: usize,
        /// The parser's reason.
        problem: String,
    },

    /// PostgreSQL without a master key.
    #[error(
        "master_key is not set, and with PostgreSQL it must be, the same on every node. Make one with \
         `openssl rand -base64 32`, keep it safe, and set GINNEL_MASTER_KEY to it, or GINNEL_MASTER_KEY_FILE to a file \
         that holds it."
    )]
    MissingMasterKey,

    /// A mail server, and nobody who writes.
    #[error(
        "smtp_url is set and mail_from is not. Set mail_from (or GINNEL_MAIL_FROM) to the address that mails come from, such \
         as login@example.com; the mail server must let its user write from there."
    )]
    MissingMailFrom,

    /// An SMS provider, and nothing that it sends from.
    #[error(
        "sms_url is set and sms_from is not. Set sms_from (or GINNEL_SMS_FROM) to the number that text messages come from, such \
         as +15550100, or to a name that your provider lets you use."
    )]
    MissingSmsFrom,

    /// A messaging service of Twilio's for another provider.
    #[error(
        "sms_from names a messaging service of Twilio's, and sms_url another provider. Set sms_from to the number or name that \
         its text messages come from."
    )]
    ForeignMessagingService,

    /// A webhook whose requests nobody could tell from forged ones.
    #[error(
        "sms_url is a webhook and sms_webhook_secret is not set. Make one with `openssl rand -base64 32`, set \
         GINNEL_SMS_WEBHOOK_SECRET to it, and let the webhook check the header Ginnel-Signature with it."
    )]
    MissingSmsWebhookSecret,
}
