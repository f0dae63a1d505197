//! Asking other servers over HTTP, as plainly as a check needs: one connection for each request, 5 seconds at most, the
//! certificate kept to look at.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use axum::http::{HeaderMap, Request, StatusCode, header};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use super::certificate;
use crate::time::Timestamp;

/// How long a request may take, from the name to the last byte.
const WITHIN: Duration = Duration::from_secs(5);

/// Largest body that is read, bytes.
const BODY_MAX: usize = 2 << 20;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// Why there was no answer, as the end of a sentence that begins with the address.
#[derive(Debug)]
pub enum Trouble {
    /// The name means no address.
    Unresolved(String),
    /// Nobody accepts connections.
    Unreachable(String),
    /// TLS failed, usually for the certificate.
    Untrusted(String),
    /// It took too long.
    Late,
    /// What came was no answer to HTTP.
    Garbled(String),
    /// One redirect after another.
    Circle,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Unresolved(cause) => write!(f, "has a host that does not resolve ({cause})"),
            Trouble::Unreachable(cause) => write!(f, "cannot be connected to ({cause})"),
            Trouble::Untrusted(cause) => write!(f, "fails at TLS ({cause})"),
            Trouble::Late => write!(f, "gave no answer within {} s", WITHIN.as_secs()),
            Trouble::Garbled(cause) => write!(f, "does not speak HTTP ({cause})"),
            Trouble::Circle => write!(f, "redirects more than {REDIRECTS} times"),
        }
    }
}

impl Trouble {
    /// What an operator does about it.
    pub fn next_step(&self, host: &str) -> String {
        match self {
            Trouble::Unresolved(_) => format!("Add {host} to the DNS, or correct the address."),
            Trouble::Unreachable(_) => {
                "Start what should answer there, and let firewalls pass it.".to_owned()
            }
            Trouble::Untrusted(_) => format!(
                "Give it a certificate for {host} that is valid now and comes with its chain; if it is of a private authority, name that with SSL_CERT_FILE."
            ),
            Trouble::Late => "See what holds it up: a firewall that drops, or a server that hangs.".to_owned(),
            Trouble::Garbled(_) => "Check the port: another service answers there, or TLS is spoken where http is configured.".to_owned(),
            Trouble::Circle => "Open the address in a browser and mend its redirects.".to_owned(),
        }
    }
}

/// What a server answered.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// Until when its certificate is valid; `None` without TLS.
    pub certificate_until: Option<Timestamp>,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Asks, trusting the certificates that the system trusts (`SSL_CERT_FILE` names others).
pub struct Fetcher {
    connector: TlsConnector,
}

impl Fetcher {
    /// Reads the trusted certificates.
    pub fn new() -> Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Fetcher {
            connector: TlsConnector::from(Arc::new(config)),
        })
    }

    /// Fetches an address; redirects are not followed.
    pub async fn get(&self, url: &Url) -> Result<Answer, Trouble> {
        self.get_for_host(url, &host_header(url)).await
    }

    /// Fetches an address from where it leads, naming another host in the request.
    pub async fn get_for_host(&self, url: &Url, host: &str) -> Result<Answer, Trouble> {
        timeout(WITHIN, self.exchange(url, host))
            .await
            .unwrap_or(Err(Trouble::Late))
    }

    /// Fetches an address, and what it redirects to; the last address with its answer or its trouble.
    pub async fn follow(&self, url: &Url) -> (Url, Result<Answer, Trouble>) {
        let mut url = url.clone();
        for _ in 0..=REDIRECTS {
            let answer = match self.get(&url).await {
                Ok(answer) => answer,
                Err(trouble) => return (url, Err(trouble)),
            };
            let target = answer
                .header(header::LOCATION)
                .filter(|_| answer.status.is_redirection());
            match target.map(|target| url.join(target)) {
                Some(Ok(target)) if matches!(target.scheme(), "http" | "https") => url = target,
                _ => return (url, Ok(answer)),
            }
        }
        (url, Err(Trouble::Circle))
    }

    async fn exchange(&self, url: &Url, host: &str) -> Result<Answer, Trouble> {
        let name = url.host_str().unwrap_or_default();
        let stream = connect(url).await?;
        if url.scheme() != "https" {
            return talk(stream, url, host, None).await;
        }
        let untrusted = |cause: &dyn fmt::Display| Trouble::Untrusted(cause.to_string());
        let name = name
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        let server = ServerName::try_from(name).map_err(|cause| untrusted(&cause))?;
        let stream = self
            .connector
            .connect(server, stream)
            .await
            .map_err(|cause| untrusted(&cause))?;
        let certificates = stream.get_ref().1.peer_certificates();
        let until = certificates
            .and_then(<[_]>::first)
            .and_then(|certificate| certificate::valid_until(certificate));
        talk(stream, url, host, until).await
    }
}

/// `Host` as a browser would write it.
pub fn host_header(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// The addresses that the host of a URL means.
pub async fn resolve(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    let unresolved = |cause: std::io::Error| Trouble::Unresolved(cause.to_string());
    let host = url.host_str().unwrap_or_default();
    let port = url.port_or_known_default().unwrap_or(80);
    // Browsers take every name below `localhost` for this machine, resolvers do not.
    let host = if host.ends_with(".localhost") {
        "localhost"
    } else {
        host
    };
    let found = timeout(
        WITHIN,
        tokio::net::lookup_host((host.trim_matches(['[', ']']), port)),
    )
    .await
    .map_err(|_| Trouble::Unresolved("the resolver does not answer".to_owned()))?;
    let addresses: Vec<_> = found.map_err(unresolved)?.collect();
    if addresses.is_empty() {
        return Err(Trouble::Unresolved("no address".to_owned()));
    }
    Ok(addresses)
}

async fn connect(url: &Url) -> Result<TcpStream, Trouble> {
    let addresses = resolve(url).await?;
    TcpStream::connect(addresses.as_slice())
        .await
        .map_err(|cause| Trouble::Unreachable(cause.to_string()))
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    url: &Url,
    host: &str,
    certificate_until: Option<Timestamp>,
) -> Result<Answer, Trouble> {
    let garbled = |cause: &dyn fmt::Display| Trouble::Garbled(cause.to_string());
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|cause| garbled(&cause))?;
    let connection = tokio::spawn(connection);
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    let request = Request::get(target)
        .header(header::HOST, host)
        .header(
            header::USER_AGENT,
            concat!("ginnel-doctor/", env!("CARGO_PKG_VERSION")),
        )
        .header(header::ACCEPT, "text/html, application/json, */*")
        .body(Empty::<Bytes>::new())
        .map_err(|cause| garbled(&cause))?;
    let response = sender
        .send_request(request)
        .await
        .map_err(|cause| garbled(&cause))?;
    let (head, body) = response.into_parts();
    let body = Limited::new(body, BODY_MAX)
        .collect()
        .await
        .map_err(|cause| garbled(&cause))?
        .to_bytes();
    connection.abort();
    Ok(Answer {
        status: head.status,
        headers: head.headers,
        body,
        certificate_until,
    })
}
