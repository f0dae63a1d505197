//! The public URL: does it lead here, and to which hosts does the server answer?

use axum::http::{StatusCode, header};
use serde_json::Value as Json;
use url::Url;

use super::Patient;
use super::database::clock;
use super::fetch::{next_step, resolve};
use super::findings::Finding;
use crate::config::Config;
use crate::domain::keys::SigningKey;
use crate::https::Answer;
use crate::setup;
use crate::time::Timestamp;

const CHECK: &str = "public URL";

/// A name that no server can have (RFC 6761 §6.4).
const FOREIGN_HOST: &str = "ginnel-doctor.invalid";

/// What needs no network: whether these are the settings that the server ran with.
pub fn check_settings(patient: &Patient) -> Option<Finding> {
    let ours = patient.config.public_origin();
    let told = setup::told_public_url(&patient.app).ok()??;
    (told != ours).then(|| {
        Finding::warning(
            CHECK,
            format!("The server that ran last was reached at {told}, and these settings say {ours}."),
            "Run this with the server's own settings (file, environment and flags), or restart the server.",
        )
    })
}

/// Everything about the public URL that is seen from outside.
pub async fn check(patient: &Patient) -> Vec<Finding> {
    let config = &patient.config;
    let origin = config.public_origin();
    let host = config.public_url.host_str().unwrap_or_default();
    let mut probe = config.public_url.clone();
    probe.set_path("/healthz");
    let answer = match patient.fetcher.get(&probe).await {
        Ok(answer) => answer,
        Err(trouble) => {
            let next = if config.is_loopback() {
                "Start the server with `ginnel serve`.".to_owned()
            } else {
                next_step(&trouble, host)
            };
            return vec![Finding::bad(CHECK, format!("{origin} {trouble}."), next)];
        }
    };
    if answer.status != StatusCode::OK || !is_healthy(&answer) {
        return vec![Finding::bad(
            CHECK,
            format!(
                "{origin}/healthz answers {}, but not as this server does.",
                answer.status.as_u16()
            ),
            format!(
                "Let the proxy pass every path of {host} to {}.",
                config.listen
            ),
        )];
    }
    let mut findings = vec![proof(patient).await];
    findings.extend(date(&answer, patient));
    findings.push(foreign_host(patient).await);
    for (setting, hosts, defaults) in host_lists(config) {
        for name in hosts {
            findings.push(listed_host(patient, setting, name, defaults.contains(name)).await);
        }
    }
    findings
}

fn is_healthy(answer: &Answer) -> bool {
    let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    body["status"] == "ok"
}

/// Another server of the same kind would have other keys: an id of one is 142 random bits.
async fn proof(patient: &Patient) -> Finding {
    let origin = patient.config.public_origin();
    let Some((record, keys)) = patient.apps.first() else {
        return Finding::warning(
            CHECK,
            format!(
                "A server answers at {origin}; without an app it cannot be told whether it is this one."
            ),
            "Make an app, then run this again.",
        );
    };
    match patient.fetcher.get(&patient.key_set_url(&record.id)).await {
        Ok(answer) if holds_keys(&answer, keys) => {
            Finding::good(CHECK, format!("{origin} leads to this server."))
        }
        Ok(answer) => Finding::bad(
            CHECK,
            format!(
                "{origin} leads to a server with another database: it answers {} for the keys of the app {}.",
                answer.status.as_u16(),
                record.id
            ),
            "Stop the other server, or correct public_url, database or data_dir.",
        ),
        Err(trouble) => Finding::bad(
            CHECK,
            format!("The key set under {origin} {trouble}."),
            "See what the server's log says.",
        ),
    }
}

fn holds_keys(answer: &Answer, keys: &[SigningKey]) -> bool {
    let body: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
    let published: Vec<&str> = body["keys"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|key| key["kid"].as_str())
        .collect();
    // Keys may have been changed in between: one of them is enough.
    keys.iter().any(|key| published.contains(&key.id.as_str()))
}

/// The clock of the server, by the header `Date`.
fn date(answer: &Answer, patient: &Patient) -> Option<Finding> {
    let date = jiff::fmt::rfc2822::parse(answer.header(header::DATE)?).ok()?;
    let theirs = Timestamp::from_millis(date.timestamp().as_millisecond());
    Some(clock(
        "The clock behind the public URL",
        theirs,
        patient.app.clock.now(),
    ))
}

/// A page on a name that somebody else points here must get nothing (DNS rebinding).
async fn foreign_host(patient: &Patient) -> Finding {
    const CHECK: &str = "hosts";
    let mut probe = patient.config.public_url.clone();
    probe.set_path("/openapi.json");
    match patient.fetcher.get_for_host(&probe, FOREIGN_HOST).await {
        Ok(answer) if answer.status == StatusCode::MISDIRECTED_REQUEST => {
            Finding::good(CHECK, "Foreign hosts are refused.")
        }
        Ok(answer) if answer.status.is_success() && answer.body.starts_with(b"{\"openapi\"") => {
            Finding::warning(
                CHECK,
                "The proxy overwrites `Host`: every name that points here is answered, also a stranger's.",
                "Let the proxy pass `Host` on unchanged (nginx: proxy_set_header Host $host), or serve its own names only.",
            )
        }
        _ => Finding::good(CHECK, "Foreign hosts do not get through to the server."),
    }
}

/// The lists of hosts, each with its default.
fn host_lists(config: &Config) -> [(&'static str, &[String], Vec<String>); 3] {
    let default = Config::default();
    [
        ("auth_hosts", &config.auth_hosts, default.auth_hosts),
        (
            "management_hosts",
            &config.management_hosts,
            default.management_hosts,
        ),
        (
            "console_hosts",
            &config.console_hosts,
            default.console_hosts,
        ),
    ]
}

async fn listed_host(patient: &Patient, setting: &str, name: &str, is_default: bool) -> Finding {
    const CHECK: &str = "hosts";
    let answer = match probe_of_listed_host(patient, setting, name) {
        // Whoever owns a name that nobody here chose is not asked.
        Some(probe) if !is_default || shares_address(&probe, &patient.config.public_url).await => {
            patient.fetcher.get(&probe).await.ok()
        }
        _ => None,
    };
    let is_here = answer.is_some_and(|answer| match (setting, patient.apps.first()) {
        ("auth_hosts", Some((_, keys))) => holds_keys(&answer, keys),
        _ => answer.status == StatusCode::OK && is_healthy(&answer),
    });
    if is_here {
        return Finding::good(CHECK, format!("{name} ({setting}) leads to this server."));
    }
    if is_default {
        return Finding::good(
            CHECK,
            format!(
                "{name} ({setting}) is Passage's own name and does not lead here, which is as it should be unless you point old packages here by it."
            ),
        );
    }
    Finding::warning(
        CHECK,
        format!(
            "{name} ({setting}) does not lead to this server, so packages that are pointed to it do not work."
        ),
        "Add the name to the DNS and to the proxy with a certificate, or take it out of the list.",
    )
}

/// Whether the hosts of two addresses mean the same machine.
async fn shares_address(one: &Url, other: &Url) -> bool {
    match (resolve(one).await, resolve(other).await) {
        (Ok(one), Ok(other)) => one
            .iter()
            .any(|address| other.iter().any(|known| known.ip() == address.ip())),
        _ => false,
    }
}

/// What the host must answer: on hosts of the authentication API a key set, which proves more than health.
fn probe_of_listed_host(patient: &Patient, setting: &str, name: &str) -> Option<Url> {
    let public = &patient.config.public_url;
    let mut probe = Url::parse(&format!("{}://{name}/healthz", public.scheme())).ok()?;
    if probe.port().is_none() && !name.contains(':') {
        let _ = probe.set_port(public.port());
    }
    if let ("auth_hosts", Some((record, _))) = (setting, patient.apps.first()) {
        probe.set_path(&format!("/v1/apps/{}/.well-known/jwks.json", record.id));
    }
    Some(probe)
}
