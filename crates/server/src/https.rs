//! Asking other servers over HTTP: one connection for each request, a limit of time and of size, no redirect followed.
//!
//! Plain on purpose: hyper and rustls are here for the server itself, and what leaves is a few small requests.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, crypto};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

/// Why there was no answer, as the end of a sentence that begins with the address.
#[derive(Debug)]
pub enum Trouble {
    /// The name means no address.
    Unresolved(String),
    /// Nobody accepts connections.
    Unreachable(String),
    /// TLS failed, usually for the certificate.
    Untrusted(String),
    /// It took longer than this.
    Late(Duration),
    /// What came was no answer to HTTP, or too large a one.
    Garbled(String),
    /// One redirect after another, for whoever follows them.
    Circle,
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Unresolved(cause) => write!(f, "has a host that does not resolve ({cause})"),
            Trouble::Unreachable(cause) => write!(f, "cannot be connected to ({cause})"),
            Trouble::Untrusted(cause) => write!(f, "fails at TLS ({cause})"),
            Trouble::Late(within) => write!(f, "gave no answer within {} s", within.as_secs()),
            Trouble::Garbled(cause) => write!(f, "does not speak HTTP ({cause})"),
            Trouble::Circle => write!(f, "redirects again and again"),
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
    /// Its certificate; `None` without TLS.
    pub certificate: Option<CertificateDer<'static>>,
}

impl Answer {
    /// A header as text.
    pub fn header(&self, name: header::HeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Asks, trusting the certificates that the system trusts (`SSL_CERT_FILE` names others).
pub struct Client {
    within: Duration,
    body_max: usize,
    connector: OnceCell<TlsConnector>,
}

impl Client {
    /// One whose requests may take so long, from the name to the last byte, and whose answers may be so large (bytes).
    pub fn new(within: Duration, body_max: usize) -> Self {
        Client {
            within,
            body_max,
            connector: OnceCell::new(),
        }
    }

    /// Sends a request to where an address leads. The request's own URI is replaced by the address; a `Host` that it has
    /// stays.
    pub async fn send(&self, url: &Url, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        timeout(self.within, self.exchange(url, request))
            .await
            .unwrap_or(Err(Trouble::Late(self.within)))
    }

    /// Connects, with TLS where the address says so, and asks nothing.
    pub async fn reach(&self, url: &Url) -> Result<(), Trouble> {
        let reaching = async {
            let stream = self.connect(url).await?;
            if url.scheme() == "https" {
                self.secure(url, stream).await?;
            }
            Ok(())
        };
        timeout(self.within, reaching)
            .await
            .unwrap_or(Err(Trouble::Late(self.within)))
    }

    async fn exchange(&self, url: &Url, request: Request<Full<Bytes>>) -> Result<Answer, Trouble> {
        let request = addressed(url, request)?;
        let stream = self.connect(url).await?;
        if url.scheme() != "https" {
            return self.talk(stream, request).await;
        }
        let stream = self.secure(url, stream).await?;
        let certificates = stream.get_ref().1.peer_certificates();
        let certificate = certificates
            .and_then(<[_]>::first)
            .map(|certificate| certificate.clone().into_owned());
        let answer = self.talk(stream, request).await?;
        Ok(Answer {
            certificate,
            ..answer
        })
    }

    async fn connect(&self, url: &Url) -> Result<TcpStream, Trouble> {
        let addresses = resolve(url, self.within).await?;
        TcpStream::connect(addresses.as_slice())
            .await
            .map_err(|cause| Trouble::Unreachable(cause.to_string()))
    }

    async fn secure(
        &self,
        url: &Url,
        stream: TcpStream,
    ) -> Result<tokio_rustls::client::TlsStream<TcpStream>, Trouble> {
        let untrusted = |cause: &dyn fmt::Display| Trouble::Untrusted(cause.to_string());
        let name = url.host_str().unwrap_or_default();
        let name = name.trim_matches(['[', ']']).to_owned();
        let server = ServerName::try_from(name).map_err(|cause| untrusted(&cause))?;
        let connector = self
            .connector
            .get_or_try_init(load_connector)
            .await
            .map_err(|cause| untrusted(&cause))?;
        connector
            .connect(server, stream)
            .await
            .map_err(|cause| untrusted(&cause))
    }

    async fn talk(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        request: Request<Full<Bytes>>,
    ) -> Result<Answer, Trouble> {
        let garbled = |cause: &dyn fmt::Display| Trouble::Garbled(cause.to_string());
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(|cause| garbled(&cause))?;
        let _connection = EndedOnDrop(tokio::spawn(connection));
        let response = sender
            .send_request(request)
            .await
            .map_err(|cause| garbled(&cause))?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.body_max)
            .collect()
            .await
            .map_err(|cause| garbled(&cause))?
            .to_bytes();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            body,
            certificate: None,
        })
    }
}

/// The task of a connection, which ends with the request, however that ends.
struct EndedOnDrop(JoinHandle<hyper::Result<()>>);

impl Drop for EndedOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The request as it goes over the wire to an address.
fn addressed(
    url: &Url,
    mut request: Request<Full<Bytes>>,
) -> Result<Request<Full<Bytes>>, Trouble> {
    let garbled = |cause: &dyn fmt::Display| Trouble::Garbled(cause.to_string());
    let target = match url.query() {
        Some(query) => format!("{}?{query}", url.path()),
        None => url.path().to_owned(),
    };
    *request.uri_mut() = target.parse::<Uri>().map_err(|cause| garbled(&cause))?;
    if !request.headers().contains_key(header::HOST) {
        let host = HeaderValue::from_str(&host_header(url)).map_err(|cause| garbled(&cause))?;
        request.headers_mut().insert(header::HOST, host);
    }
    Ok(request)
}

/// Reads the trusted certificates.
async fn load_connector() -> Result<TlsConnector, rustls::Error> {
    let load = || {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        let provider = Arc::new(crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsConnector::from(Arc::new(config)))
    };
    tokio::task::spawn_blocking(load)
        .await
        .expect("reading certificates does not panic")
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
pub async fn resolve(url: &Url, within: Duration) -> Result<Vec<SocketAddr>, Trouble> {
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
        within,
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
