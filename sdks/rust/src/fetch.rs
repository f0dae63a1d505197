//! One fetch of a key set, with limits on time and size. Whatever goes wrong (no connection, a redirect, 429, 500, HTML
//! where JSON belongs) becomes one `keys_unavailable`, so that no failure can let a request through.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, HOST, RETRY_AFTER, USER_AGENT};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use url::{Host, Url};

use crate::errors::{Code, Error};
use crate::keys::{Keys, read_key_set};

const LARGEST_BODY: usize = 64 * 1024; // bytes
const LONGEST_RETRY_AFTER: u32 = 60; // seconds

/// Why there are no keys.
pub(crate) struct Failure {
    pub(crate) error: Error,
    /// After how many seconds the server wants to be asked again, at most a minute.
    pub(crate) retry_after: Option<u32>,
}

/// Fetches and reads a key set; `timeout` covers the whole of it. Redirects are not followed.
pub(crate) async fn fetch_key_set(url: &Url, timeout: Duration) -> Result<Keys, Failure> {
    match tokio::time::timeout(timeout, exchange(url)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(refusal(
            url,
            &format!("no answer came within {} seconds", timeout.as_secs_f64()),
        )),
    }
}

async fn exchange(url: &Url) -> Result<Keys, Failure> {
    let no_connection =
        |cause: std::io::Error| refusal(url, "no connection was made").because(cause);
    // Checked when the key set was made: the address has a host and a known port.
    let host = match url.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => String::new(),
    };
    let port = url.port_or_known_default().unwrap_or_default();
    let stream = TcpStream::connect((host.as_str(), port))
        .await
        .map_err(no_connection)?;
    if url.scheme() == "http" {
        return ask(url, stream).await;
    }
    let configuration = tokio::task::spawn_blocking(trust_the_system)
        .await
        .map_err(|cause| refusal(url, "the certificates were not loaded").because(cause))?
        .map_err(|cause| refusal(url, "TLS cannot be set up").because(cause))?;
    let name = ServerName::try_from(host)
        .map_err(|cause| refusal(url, "its host is no name for TLS").because(cause))?;
    let stream = TlsConnector::from(Arc::new(configuration))
        .connect(name, stream)
        .await
        .map_err(no_connection)?;
    ask(url, stream).await
}

/// Trusts the authorities that the operating system trusts. Read anew for each fetch, as they change while we run.
fn trust_the_system() -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    Ok(ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

/// One request and its answer over a connection that was made for it.
async fn ask<S>(url: &Url, stream: S) -> Result<Keys, Failure>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |cause: hyper::Error| refusal(url, "the connection broke off").because(cause);
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
        .await
        .map_err(broken)?;
    // Ends together with this function, also when that is dropped at its time limit.
    let mut driver = JoinSet::new();
    driver.spawn(connection);

    let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let request = Request::get(target)
        .header(HOST, authority)
        .header(ACCEPT, "application/json")
        .header(
            USER_AGENT,
            concat!("ginnel-sdk/", env!("CARGO_PKG_VERSION")),
        )
        .body(String::new())
        .map_err(|cause| refusal(url, "it is no address of HTTP").because(cause))?;
    let response = sender.send_request(request).await.map_err(broken)?;
    if response.status() != StatusCode::OK {
        let mut failure = refusal(
            url,
            &format!("the answer was {}", response.status().as_u16()),
        );
        failure.retry_after = retry_after(response.headers());
        return Err(failure);
    }
    let body = Limited::new(response.into_body(), LARGEST_BODY)
        .collect()
        .await
        .map_err(|cause| {
            let reason = if cause.is::<LengthLimitError>() {
                format!("the answer was larger than {LARGEST_BODY} bytes")
            } else {
                "the connection broke off".to_owned()
            };
            refusal(url, &reason).because(cause)
        })?
        .to_bytes();
    let document = serde_json::from_slice(&body)
        .map_err(|cause| refusal(url, "the answer was not JSON").because(cause))?;
    read_key_set(&document).map_err(|reason| refusal(url, &format!("the answer {reason}")))
}

/// The wait that the server asks for, in seconds; only the number form, and at most a minute.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
    let plain = !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    // A number that fits no integer is more than a minute, too.
    plain.then(|| {
        value
            .parse()
            .unwrap_or(LONGEST_RETRY_AFTER)
            .min(LONGEST_RETRY_AFTER)
    })
}

/// The refusal with its reason, which completes "The keys could not be fetched: …".
pub(crate) fn refusal(url: &Url, reason: &str) -> Failure {
    let sentence = format!(
        "The keys at {url} could not be fetched: {reason}. Check that Ginnel runs there and that the application \
         exists, or set GINNEL_URL."
    );
    Failure {
        error: Error::new(Code::KeysUnavailable, sentence),
        retry_after: None,
    }
}

impl Failure {
    fn because(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Failure {
            error: self.error.with_cause(cause),
            ..self
        }
    }
}
