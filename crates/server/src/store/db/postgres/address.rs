//! Where PostgreSQL is, and whether it is spoken to over TLS.
//!
//! `sslmode=require`, `verify-ca` and `verify-full` all mean TLS with a certificate that is checked for the host's
//! name: against those in the PEM file `sslrootcert`, if one is named, else against those the system trusts. TLS
//! without a check would only look safe. `disable` and `prefer` mean none, as does saying nothing.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use postgres::config::{Host, SslMode};
use postgres::{Client, Config, NoTls};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::describe;
use crate::error::{Code, Error, Result};

/// An address with everything that is needed to connect.
#[derive(Clone)]
pub(super) struct Address {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Address {
    /// Reads a URL; what it leaves open gets time limits, so that a dead host is noticed.
    pub(super) fn parse(url: &str) -> Result<Address> {
        // The URL holds a password and stays out of the messages.
        let (url, root_certificates) = split_tls_parameters(url);
        let mut config: Config = url.parse().map_err(|cause| {
            let cause = describe(&cause);
            Error::new(
                Code::InvalidRequest,
                format!("The database URL cannot be read ({cause}). Write postgres://user:password@host/database."),
            )
        })?;
        if config.get_application_name().is_none() {
            config.application_name("ginnel");
        }
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(5));
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(Duration::from_secs(15));
        }
        let tls = if config.get_ssl_mode() == SslMode::Require {
            let tls = tls(root_certificates.as_deref()).map_err(|cause| {
                Error::new(
                    Code::InvalidRequest,
                    format!("TLS to the database cannot be prepared: {cause:#}."),
                )
            })?;
            Some(tls)
        } else {
            if config.get_hosts().iter().any(is_remote) {
                tracing::warn!(
                    "the connection to PostgreSQL is not encrypted; add sslmode=require to the database URL"
                );
            }
            config.ssl_mode(SslMode::Disable);
            None
        };
        Ok(Address { config, tls })
    }

    /// Opens a connection; the sentence of an error names neither user nor password.
    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }
}

/// Takes `sslrootcert` out of the URL and turns the stricter modes, which the client does not know, into `require`.
fn split_tls_parameters(url: &str) -> (String, Option<String>) {
    let Some((base, query)) = url.split_once('?') else {
        return (url.to_owned(), None);
    };
    let mut root_certificates = None;
    let mut kept = Vec::new();
    for parameter in query.split('&') {
        match parameter.split_once('=') {
            Some(("sslrootcert", _)) => {
                root_certificates = url::form_urlencoded::parse(parameter.as_bytes())
                    .next()
                    .map(|(_, path)| path.into_owned());
            }
            Some(("sslmode", "verify-ca" | "verify-full")) => kept.push("sslmode=require"),
            _ => kept.push(parameter),
        }
    }
    (format!("{base}?{}", kept.join("&")), root_certificates)
}

fn tls(root_certificates: Option<&str>) -> anyhow::Result<MakeRustlsConnect> {
    let mut roots = RootCertStore::empty();
    match root_certificates {
        Some(path) => {
            let unreadable = || {
                format!("the file {path} named by sslrootcert cannot be read as PEM certificates")
            };
            for certificate in CertificateDer::pem_file_iter(path).with_context(unreadable)? {
                roots.add(certificate.with_context(unreadable)?)?;
            }
        }
        None => {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if roots.is_empty() {
        anyhow::bail!(
            "no trusted certificate was found; name a PEM file with sslrootcert=PATH in the database URL"
        );
    }
    let config =
        ClientConfig::builder_with_provider(Arc::new(crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

fn is_remote(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            name != "localhost"
                && !name
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tls_parameters_are_taken_out_of_the_url() {
        for (url, rest, root_certificates) in [
            ("postgres://a:b@host/db", "postgres://a:b@host/db", None),
            (
                "postgres://host/db?sslmode=disable",
                "postgres://host/db?sslmode=disable",
                None,
            ),
            (
                "postgres://host/db?sslmode=verify-full",
                "postgres://host/db?sslmode=require",
                None,
            ),
            (
                "postgres://host/db?sslrootcert=/a%20b.pem&sslmode=verify-ca&connect_timeout=3",
                "postgres://host/db?sslmode=require&connect_timeout=3",
                Some("/a b.pem"),
            ),
        ] {
            let (kept, taken) = split_tls_parameters(url);
            assert_eq!((kept.as_str(), taken.as_deref()), (rest, root_certificates));
        }
    }

    #[test]
    fn only_loopback_and_sockets_are_near() {
        for (url, remote) in [
            ("postgres://localhost/db", false),
            ("postgres://127.0.0.1/db", false),
            ("postgres://[::1]/db", false),
            ("postgres://%2Frun%2Fpostgresql/db", false),
            ("postgres://db.example.com/db", true),
            ("postgres://10.0.0.7/db", true),
        ] {
            let config: Config = url.parse().unwrap();
            assert_eq!(config.get_hosts().iter().any(is_remote), remote, "{url}");
        }
    }
}
