//! Asking other servers as a check needs it: 5 seconds at most, redirects followed on request.

use std::net::SocketAddr;
use std::time::Duration;

use axum::http::{Request, header};
use http_body_util::Full;
use hyper::body::Bytes;
use url::Url;

use crate::https::{self, Answer, Client, Trouble, host_header};

/// How long a request may take, from the name to the last byte.
pub const WITHIN: Duration = Duration::from_secs(5);

/// Largest body that is read, bytes.
const BODY_MAX: usize = 2 << 20;

/// How many redirects are followed.
const REDIRECTS: usize = 5;

/// What an operator does about an address that does not answer.
pub fn next_step(trouble: &Trouble, host: &str) -> String {
    match trouble {
        Trouble::Unresolved(_) => format!("Add {host} to the DNS, or correct the address."),
        Trouble::Unreachable(_) => {
            "Start what should answer there, and let firewalls pass it.".to_owned()
        }
        Trouble::Untrusted(_) => format!(
            "Give it a certificate for {host} that is valid now and comes with its chain; if it is of a private authority, name that with SSL_CERT_FILE."
        ),
        Trouble::Late(_) => "See what holds it up: a firewall that drops, or a server that hangs.".to_owned(),
        Trouble::Garbled(_) => "Check the port: another service answers there, or TLS is spoken where http is configured.".to_owned(),
        Trouble::Circle => "Open the address in a browser and mend its redirects.".to_owned(),
    }
}

/// Asks.
pub struct Fetcher {
    client: Client,
}

impl Fetcher {
    /// Connects when the first check asks.
    pub fn new() -> Self {
        Fetcher {
            client: Client::new(WITHIN, BODY_MAX),
        }
    }

    /// Fetches an address; redirects are not followed.
    pub async fn get(&self, url: &Url) -> Result<Answer, Trouble> {
        self.get_for_host(url, &host_header(url)).await
    }

    /// Fetches an address from where it leads, naming another host in the request.
    pub async fn get_for_host(&self, url: &Url, host: &str) -> Result<Answer, Trouble> {
        let request = Request::get("/")
            .header(header::HOST, host)
            .header(
                header::USER_AGENT,
                concat!("ginnel-doctor/", env!("CARGO_PKG_VERSION")),
            )
            .header(header::ACCEPT, "text/html, application/json, */*")
            .body(Full::new(Bytes::new()))
            .map_err(|cause| Trouble::Garbled(cause.to_string()))?;
        self.client.send(url, request).await
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
}

/// The addresses that the host of a URL means.
pub async fn resolve(url: &Url) -> Result<Vec<SocketAddr>, Trouble> {
    https::resolve(url, WITHIN).await
}
