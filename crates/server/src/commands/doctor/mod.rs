//! `ginnel doctor`: is this deployment sound, and what is to be done where it is not?
//!
//! Each check is a file beside this one and answers with findings, one line each. The database comes first: what it holds
//! tells the others what to look for. All that needs the network runs at once. Nothing is changed, and nothing is sent
//! unless `--send-to` asks for it.

mod apps;
mod certificate;
mod database;
mod fetch;
mod findings;
mod mail;
mod proxy;
mod public_url;
mod recipient;
mod sms;

use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use clap::Args;
use tokio::task::JoinSet;

use crate::app::App;
use crate::config::{Config, ConfigError};
use crate::domain::apps::AppRecord;
use crate::domain::keys::SigningKey;
use crate::ids::AppId;
use fetch::Fetcher;
use findings::{Finding, Verdict};
use recipient::Recipient;

/// What is to be checked.
#[derive(Args)]
pub struct DoctorCommand {
    /// Of all apps, check this one only
    #[arg(long, value_name = "ID")]
    app: Option<String>,
    /// Leave out what needs the network
    #[arg(long)]
    offline: bool,
    /// Send a test mail to this address, or a test text message to this number (such as +15550100)
    #[arg(long, value_name = "ADDRESS", conflicts_with = "offline", value_parser = Recipient::parse)]
    send_to: Option<Recipient>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What the checks of one run share.
struct Patient {
    config: Config,
    app: App,
    /// Every app with its keys.
    apps: Vec<(AppRecord, Vec<SigningKey>)>,
    fetcher: Fetcher,
}

/// Checks, prints, and says by the exit code whether something is bad.
pub fn run(config: Result<Config, ConfigError>, command: DoctorCommand) -> Result<ExitCode> {
    let as_json = command.json;
    let findings = examine(config, command)?;
    if as_json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        for finding in &findings {
            println!("{finding}");
        }
        println!("{}", findings::summary(&findings));
    }
    let is_bad = findings
        .iter()
        .any(|finding| finding.verdict == Verdict::Bad);
    Ok(if is_bad {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn examine(config: Result<Config, ConfigError>, command: DoctorCommand) -> Result<Vec<Finding>> {
    let config = match config {
        Ok(config) => config,
        Err(problem) => {
            let next = "Nothing else can be checked before.";
            return Ok(vec![Finding::bad("settings", problem.to_string(), next)]);
        }
    };
    let mut findings = vec![Finding::good("settings", "They are understood.")];
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .context("The runtime cannot start.")?;
    let (more, app) = database::check(&config, &runtime);
    findings.extend(more);
    let Some(app) = app else {
        return Ok(findings);
    };
    let patient = Arc::new(Patient {
        apps: apps_with_keys(&app, command.app.as_deref())?,
        config: app.config.clone(),
        app,
        fetcher: Fetcher::new(),
    });
    findings.extend(public_url::check_settings(&patient));
    findings.extend(proxy::check_settings(&patient));
    findings.extend(mail::check_settings(&patient.config));
    findings.extend(sms::check_settings(&patient));
    let wanted: Vec<usize> = (0..patient.apps.len())
        .filter(|&index| {
            let id = patient.apps[index].0.id.as_str();
            command.app.as_deref().is_none_or(|wanted| wanted == id)
        })
        .collect();
    for &index in &wanted {
        findings.extend(apps::check_settings(&patient, index));
    }
    if !command.offline {
        findings.extend(runtime.block_on(examine_network(&patient, &wanted, command.send_to)));
    }
    patient.app.store.clone().close();
    Ok(findings)
}

/// Everything that needs the network, at once; the findings in the order of the checks.
async fn examine_network(
    patient: &Arc<Patient>,
    wanted: &[usize],
    send_to: Option<Recipient>,
) -> Vec<Finding> {
    let (address, number) = match send_to {
        Some(Recipient::Address(address)) => (Some(address), None),
        Some(Recipient::Number(number)) => (None, Some(number)),
        None => (None, None),
    };
    let mut running = JoinSet::new();
    let shared = patient.clone();
    running.spawn(async move { (0, public_url::check(&shared).await) });
    let shared = patient.clone();
    running.spawn(async move { (1, proxy::check(&shared).await) });
    let shared = patient.clone();
    running.spawn(async move { (2, mail::check(&shared, address.as_ref()).await) });
    let shared = patient.clone();
    running.spawn(async move { (3, sms::check(&shared, number.as_deref()).await) });
    for &index in wanted {
        let shared = patient.clone();
        running.spawn(async move { (4 + index, apps::check(&shared, index).await) });
    }
    let mut done = running.join_all().await;
    done.sort_by_key(|(order, _)| *order);
    done.into_iter()
        .flat_map(|(_, findings)| findings)
        .collect()
}

fn apps_with_keys(app: &App, wanted: Option<&str>) -> Result<Vec<(AppRecord, Vec<SigningKey>)>> {
    if let Some(id) = wanted {
        super::app::find(app, id)?;
    }
    let apps = app.store.read_blocking(|tx| {
        let records = tx.list_apps()?;
        let with_keys = records.into_iter().map(|record| {
            let keys = tx.list_signing_keys(&record.id)?;
            Ok((record, keys))
        });
        with_keys.collect::<crate::Result<Vec<_>>>()
    })?;
    Ok(apps)
}

impl Patient {
    /// Where the key set of an app is answered under the public URL.
    fn key_set_url(&self, id: &AppId) -> url::Url {
        let mut url = self.config.public_url.clone();
        url.set_path(&format!("/auth/v1/apps/{id}/.well-known/jwks.json"));
        url
    }
}
