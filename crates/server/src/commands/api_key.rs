//! `ginnel api-key`: makes, lists and revokes what back ends show to the management API.

use anyhow::Result;
use clap::Subcommand;
use serde_json::json;

use super::app::find;
use crate::app::App;
use crate::domain::api_keys::{self, ApiKey};
use crate::domain::events::Author;

/// What can be done with API keys.
#[derive(Subcommand)]
pub enum ApiKeyCommand {
    /// Make a key and print it, once
    Create {
        /// The application id
        #[arg(long)]
        app: String,
        /// What uses the key, such as "web server"
        #[arg(long)]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List an app's keys; the keys themselves are not kept
    List {
        /// The application id
        #[arg(long)]
        app: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke a key: whatever uses it is refused from then on
    Revoke {
        /// The application id
        #[arg(long)]
        app: String,
        /// The key's id, as listed
        id: String,
    },
}

/// Carries a command out.
pub fn run(app: &App, command: ApiKeyCommand) -> Result<()> {
    match command {
        ApiKeyCommand::Create {
            app: id,
            name,
            json: as_json,
        } => {
            let record = find(app, &id)?;
            let (key, secret) = api_keys::add(app, &record.id, &name, &Author::Server)?;
            if as_json {
                let mut described = describe(&key);
                described["key"] = json!(secret.reveal());
                println!("{}", serde_json::to_string_pretty(&described)?);
                return Ok(());
            }
            println!("{}\n", secret.reveal());
            println!(
                "This is the only time that the key is shown. Your back end sends it as `Authorization: Bearer …`."
            );
        }
        ApiKeyCommand::List {
            app: id,
            json: as_json,
        } => {
            let keys = api_keys::list(app, &find(app, &id)?.id)?;
            if as_json {
                let keys: Vec<_> = keys.iter().map(describe).collect();
                println!(
                    "{}",
                    serde_json::to_string_pretty(&json!({ "api_keys": keys }))?
                );
                return Ok(());
            }
            if keys.is_empty() {
                println!("There is no key yet. Make one with `ginnel api-key create`.");
            }
            for key in keys {
                let used = match key.last_used_at {
                    Some(at) => format!("last used {at}"),
                    None => "not used yet".to_owned(),
                };
                println!(
                    "{}  {}.…  {}  made {}  {used}",
                    key.id, key.prefix, key.name, key.created_at
                );
            }
        }
        ApiKeyCommand::Revoke { app: id, id: key } => {
            let record = find(app, &id)?;
            let key = api_keys::revoke(app, &record.id, &key.parse()?, &Author::Server)?;
            println!("The key “{}” is revoked.", key.name);
        }
    }
    Ok(())
}

fn describe(key: &ApiKey) -> serde_json::Value {
    json!({
        "id": key.id,
        "name": key.name,
        "prefix": key.prefix,
        "created_at": key.created_at.to_string(),
        "last_used_at": key.last_used_at.map(|at| at.to_string()),
    })
}
