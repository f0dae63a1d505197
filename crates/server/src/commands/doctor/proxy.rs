//! What stands in front of the server: TLS, redirects, and whether the client's address arrives.

use std::net::IpAddr;

use axum::http::header;
use url::Url;

use super::Patient;
use super::certificate;
use super::findings::Finding;
use crate::config::Cidr;
use crate::https::Trouble;

/// Days before its end at which a certificate should have been renewed.
const RENEW_BEFORE: u64 = 14;

/// So many of the last visits are looked at.
const VISITS: i64 = 50;

/// What needs no network: behind https there is a proxy, and every request comes from it.
pub fn check_settings(patient: &Patient) -> Option<Finding> {
    const CHECK: &str = "proxy";
    let config = &patient.config;
    if config.public_url.scheme() != "https" {
        return None;
    }
    if config.trusted_proxies.is_empty() {
        return Some(Finding::warning(
            CHECK,
            "trusted_proxies is empty: all people seem to come from the address of the proxy that speaks TLS, and share its limits.",
            "Set trusted_proxies to the proxy's address, such as 127.0.0.1/32, and let the proxy set X-Forwarded-For.",
        ));
    }
    let ids: Vec<_> = patient
        .apps
        .iter()
        .map(|(record, _)| record.id.clone())
        .collect();
    let read = patient.app.store.read_blocking(move |tx| {
        let mut addresses = Vec::new();
        for id in &ids {
            addresses.extend(tx.list_last_addresses(id, VISITS)?);
        }
        Ok(addresses)
    });
    let addresses = read.unwrap_or_default();
    Some(if only_proxies(&addresses, &config.trusted_proxies) {
        Finding::warning(
            CHECK,
            "The last sign-ins all came from a trusted proxy itself: X-Forwarded-For does not arrive.",
            "Let the proxy set X-Forwarded-For to its client's address (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for).",
        )
    } else if addresses.is_empty() {
        Finding::good(
            CHECK,
            "trusted_proxies is set; nobody has signed in yet to see addresses by.",
        )
    } else {
        Finding::good(
            CHECK,
            "trusted_proxies is set, and clients' addresses arrive.",
        )
    })
}

fn only_proxies(addresses: &[String], proxies: &[Cidr]) -> bool {
    let is_proxy = |text: &String| {
        let address = text.parse::<IpAddr>();
        address.is_ok_and(|address| proxies.iter().any(|network| network.contains(address)))
    };
    !addresses.is_empty() && addresses.iter().all(is_proxy)
}

/// The certificate, HSTS, and what plain http is answered with.
pub async fn check(patient: &Patient) -> Vec<Finding> {
    const CHECK: &str = "tls";
    let url = &patient.config.public_url;
    if url.scheme() != "https" {
        return Vec::new();
    }
    let mut probe = url.clone();
    probe.set_path("/");
    // Whatever keeps it from answering is told by the check of the public URL.
    let Ok(answer) = patient.fetcher.get(&probe).await else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let certificate = answer.certificate.as_deref();
    if let Some(until) = certificate.and_then(certificate::valid_until) {
        let days = until.since(patient.app.clock.now()).as_secs() / (24 * 60 * 60);
        let message = format!(
            "The certificate of {} is valid for {days} more days.",
            url.host_str().unwrap_or_default()
        );
        findings.push(if days < RENEW_BEFORE {
            Finding::warning(
                CHECK,
                message,
                "Renew it, and see why it was not renewed by itself.",
            )
        } else {
            Finding::good(CHECK, message)
        });
    }
    findings.push(match answer.header(header::STRICT_TRANSPORT_SECURITY) {
        Some(_) => Finding::good(CHECK, "Browsers are told to use https only."),
        None => Finding::warning(
            CHECK,
            "Answers carry no Strict-Transport-Security.",
            "Let the proxy add `Strict-Transport-Security: max-age=31536000`.",
        ),
    });
    findings.push(plain_http(patient, url).await);
    findings
}

async fn plain_http(patient: &Patient, url: &Url) -> Finding {
    const CHECK: &str = "tls";
    let mut plain = url.clone();
    let _ = plain.set_scheme("http");
    let _ = plain.set_port(None);
    plain.set_path("/");
    match patient.fetcher.get(&plain).await {
        Ok(answer) => {
            let target = answer.header(header::LOCATION).unwrap_or_default();
            if answer.status.is_redirection() && target.starts_with("https://") {
                Finding::good(CHECK, "http leads to https.")
            } else {
                Finding::warning(
                    CHECK,
                    format!(
                        "{plain} answers {} and does not lead to https.",
                        answer.status.as_u16()
                    ),
                    "Let the proxy redirect http to https, or close port 80.",
                )
            }
        }
        Err(Trouble::Unreachable(_) | Trouble::Late(_)) => {
            Finding::good(CHECK, "Nothing answers by plain http.")
        }
        Err(trouble) => Finding::warning(
            CHECK,
            format!("{plain} {trouble}."),
            "Let the proxy redirect http to https, or close port 80.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_proxies_only_are_recognised() {
        let proxies = ["10.0.0.0/8".parse().unwrap()];
        let texts = |addresses: &[&str]| -> Vec<String> {
            addresses
                .iter()
                .map(|&address| address.to_owned())
                .collect()
        };
        assert!(only_proxies(&texts(&["10.1.2.3", "10.9.9.9"]), &proxies));
        assert!(!only_proxies(&texts(&["10.1.2.3", "192.0.2.1"]), &proxies));
        assert!(!only_proxies(&[], &proxies));
    }
}
