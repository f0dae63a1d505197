//! Each app: do its settings fit together, and are its pages where they say?

use std::time::Duration;

use axum::http::{StatusCode, header};
use url::{Host, Url};

use super::Patient;
use super::fetch::next_step;
use super::findings::Finding;
use crate::domain::apps::{AppRecord, Settings};
use crate::domain::keys::{KeyRing, SigningKey, State};
use crate::domain::origins::RedirectUrl;
use crate::https::Trouble;
use crate::time::Timestamp;

const CHECK: &str = "app";

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What needs no network.
pub fn check_settings(patient: &Patient, index: usize) -> Vec<Finding> {
    let (record, keys) = &patient.apps[index];
    let mut findings = rp_id(record, patient.config.is_loopback());
    findings.extend(addresses(record));
    findings.extend(signing_keys(patient, record, keys));
    findings.extend(lifetimes(&record.settings));
    let is_sound = findings.is_empty();
    if is_sound {
        let message = format!(
            "\"{}\": RP ID, addresses, keys and lifetimes are in order.",
            record.name
        );
        findings.push(Finding::good(CHECK, message));
    }
    findings
        .into_iter()
        .map(|finding| finding.of_app(&record.id))
        .collect()
}

/// Browsers let a page use the RP ID only if the page's host is it or ends in it (WebAuthn L3 §5.1.3, step 8).
fn rp_id(record: &AppRecord, is_loopback: bool) -> Vec<Finding> {
    let rp_id = &record.rp_id;
    let mut findings = Vec::new();
    for origin in record.origins().filter(|origin| !origin.is_within(rp_id)) {
        findings.push(Finding::bad(
            CHECK,
            format!("The origin {origin} is outside of the RP ID {rp_id}: no passkey works there."),
            format!("Take the origin out, or serve the page on {rp_id} or below it."),
        ));
    }
    let is_local = rp_id == "localhost" || rp_id.ends_with(".localhost");
    if !rp_id.contains('.') && !is_local {
        findings.push(Finding::bad(
            CHECK,
            format!("The RP ID {rp_id} is a single label, and browsers refuse that."),
            "Use a domain of your own, such as example.com.",
        ));
    }
    if is_local && !is_loopback {
        findings.push(Finding::warning(
            CHECK,
            format!("The RP ID is {rp_id}, but this server is public: only a developer's own machine can use the app."),
            "Make an app with your site's origin for everybody else.",
        ));
    }
    findings
}

/// Redirect and login URL must be on the app's origins: tokens live there.
fn addresses(record: &AppRecord) -> Vec<Finding> {
    let origins: Vec<_> = record.origins().collect();
    let settings = &record.settings;
    let mut findings = Vec::new();
    let mut named = vec![
        ("redirect URL", settings.redirect_url.as_str()),
        ("login URL", settings.login_url.as_str()),
    ];
    named.extend(
        settings
            .login_paths
            .iter()
            .map(|path| ("login path", path.as_str())),
    );
    for (name, address) in named {
        if let Err(problem) = RedirectUrl::parse(address, &origins) {
            findings.push(Finding::bad(
                CHECK,
                format!("The {name} is wrong. {problem}"),
                format!("Set it with `ginnel app update {}`.", record.id),
            ));
        }
    }
    findings
}

fn signing_keys(patient: &Patient, record: &AppRecord, keys: &[SigningKey]) -> Vec<Finding> {
    let now = patient.app.clock.now();
    let id = &record.id;
    if let Err(error) = KeyRing::open(&patient.app.secrets, keys) {
        let cause = error.cause().map(|cause| format!(" ({cause:#})"));
        return vec![Finding::bad(
            CHECK,
            format!(
                "Its signing keys cannot be opened{}: nobody can sign in.",
                cause.unwrap_or_default()
            ),
            "Restore the database and the master key from the same backup.",
        )];
    }
    let mut findings = Vec::new();
    if let Some(since) = overdue_since(record, keys, now) {
        findings.push(Finding::warning(
            CHECK,
            format!("Its signing key should have been changed on {since}."),
            format!("Keep the server running, which does it by itself, or run `ginnel keys rotate --app {id}`."),
        ));
    }
    let is_in_waiting = |key: &SigningKey| key.state == State::Next;
    let age = now.since(record.created_at);
    if record.test_until.is_none() && age > DAY && !keys.iter().any(is_in_waiting) {
        findings.push(Finding::warning(
            CHECK,
            "It has no signing key in waiting, so a change of keys would surprise back ends.",
            "Keep the server running: it makes one within the hour.",
        ));
    }
    findings
}

/// When the current key should have been changed, if that is two days ago or more.
fn overdue_since(record: &AppRecord, keys: &[SigningKey], now: Timestamp) -> Option<Timestamp> {
    let days = record.settings.key_rotation_days;
    let current = keys.iter().find(|key| key.state == State::Current)?;
    let due = current.current_since?.plus(DAY * days);
    (days > 0 && now.since(due) > 2 * DAY).then_some(due)
}

fn lifetimes(settings: &Settings) -> Vec<Finding> {
    let mut problems = Vec::new();
    let (absolute, idle) = (
        settings.refresh_absolute_lifetime_seconds,
        settings.refresh_inactivity_lifetime_seconds,
    );
    if settings.auth_token_lifetime_seconds > 12 * 60 * 60 {
        problems.push(format!(
            "Auth tokens live {} h; back ends accept them for so long after a session was revoked.",
            settings.auth_token_lifetime_seconds / 3600
        ));
    }
    if settings.refresh_enabled && idle > absolute {
        problems.push("Sessions may idle longer than they may live.".to_owned());
    }
    if settings.refresh_enabled && settings.auth_token_lifetime_seconds >= idle {
        problems.push("Auth tokens live as long as a session may idle, so that it ends before its first refresh.".to_owned());
    }
    if settings.magic_links && settings.magic_link_lifetime_seconds > 24 * 60 * 60 {
        problems.push("Magic links work for more than a day.".to_owned());
    }
    if settings.magic_links && settings.code_lifetime_seconds > 60 * 60 {
        problems.push("Codes work for more than an hour.".to_owned());
    }
    let next = "Shorten it in the app's settings (`ginnel app update`).";
    problems
        .into_iter()
        .map(|problem| Finding::warning(CHECK, problem, next))
        .collect()
}

/// Whether its pages answer, and carry the element.
pub async fn check(patient: &Patient, index: usize) -> Vec<Finding> {
    let (record, _) = &patient.apps[index];
    let mut findings = Vec::new();
    let login_page = record.login_page(None);
    for origin in record.origins().skip(1) {
        findings.extend(reach(patient, &origin.url()).await.err());
    }
    findings.push(match reach(patient, &login_page).await {
        Err(finding) => finding,
        Ok(page) => judge_login_page(record, &login_page, &page),
    });
    findings
        .into_iter()
        .map(|finding| finding.of_app(&record.id))
        .collect()
}

/// A page that answered.
struct Page {
    url: Url,
    status: StatusCode,
    body: String,
    is_html: bool,
}

async fn reach(patient: &Patient, url: &Url) -> Result<Page, Finding> {
    let (landed, answer) = patient.fetcher.follow(url).await;
    let trouble = match answer {
        Ok(answer) => {
            let kind = answer.header(header::CONTENT_TYPE).unwrap_or_default();
            return Ok(Page {
                is_html: kind.starts_with("text/html"),
                url: landed,
                status: answer.status,
                body: String::from_utf8_lossy(&answer.body).into_owned(),
            });
        }
        Err(trouble) => trouble,
    };
    let is_local = match landed.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        _ => false,
    };
    let message = if landed == *url {
        format!("{url} {trouble}.")
    } else {
        format!("{url} leads to {landed}, which {trouble}.")
    };
    Err(if is_local && matches!(trouble, Trouble::Unreachable(_)) {
        Finding::warning(
            CHECK,
            message,
            "Start your app; on another machine this says nothing.",
        )
    } else {
        Finding::bad(
            CHECK,
            message,
            next_step(&trouble, landed.host_str().unwrap_or_default()),
        )
    })
}

fn judge_login_page(record: &AppRecord, asked: &Url, page: &Page) -> Finding {
    let landed = page.url.origin().ascii_serialization();
    if !record.allows_origin(&landed) {
        return Finding::bad(
            CHECK,
            format!(
                "The login page {asked} leads to {}, which is none of the app's origins: calls from there are refused.",
                page.url
            ),
            format!(
                "Add the origin (`ginnel app update {} --add-origin {landed}`), or mend the redirect.",
                record.id
            ),
        );
    }
    if page.status != StatusCode::OK {
        return Finding::bad(
            CHECK,
            format!(
                "The login page {} answers {}.",
                page.url,
                page.status.as_u16()
            ),
            "Set the login URL to the page that carries the element, or serve it there.",
        );
    }
    let carries = ["/web.js", "<passage-"]
        .iter()
        .any(|sign| page.body.contains(sign));
    if page.is_html && carries {
        return Finding::good(
            CHECK,
            format!("The login page {} carries the element.", page.url),
        );
    }
    Finding::warning(
        CHECK,
        format!("The login page {} shows no element in its HTML.", page.url),
        "If a script puts it there, all is well; else paste the two lines that `ginnel app show` prints, or set the login URL to the page that has them.",
    )
}
