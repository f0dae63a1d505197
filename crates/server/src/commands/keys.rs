//! `ginnel keys`: shows and changes an app's signing keys.

use anyhow::Result;
use clap::Subcommand;

use super::app::find;
use crate::app::App;
use crate::domain::events::Author;
use crate::domain::keys::{self, Rotation};

/// What can be done with signing keys.
#[derive(Subcommand)]
pub enum KeysCommand {
    /// List an app's keys
    List {
        /// The application id
        #[arg(long)]
        app: String,
    },
    /// Sign with the key in waiting from now on, and make the one that follows it
    Rotate {
        /// The application id
        #[arg(long)]
        app: String,
        /// Even if the key in waiting was published less than 48 hours ago
        #[arg(long)]
        at_once: bool,
    },
}

/// Carries a command out.
pub fn run(app: &App, command: KeysCommand) -> Result<()> {
    match command {
        KeysCommand::List { app: id } => {
            let record = find(app, &id)?;
            let id = record.id.clone();
            for key in app
                .store
                .read_blocking(move |tx| tx.list_signing_keys(&id))?
            {
                let until = key
                    .retired_until
                    .map(|until| format!(", published until {until}"))
                    .unwrap_or_default();
                println!(
                    "{}  {}  {}  made {}{until}",
                    key.id,
                    key.algorithm.as_str(),
                    key.state.as_str(),
                    key.created_at
                );
            }
        }
        KeysCommand::Rotate { app: id, at_once } => {
            match keys::rotate(app, &find(app, &id)?, at_once, &Author::Server)? {
                Rotation::Done { current } => println!(
                    "The key {current} signs from now on. Running nodes follow within 2 seconds."
                ),
                Rotation::Waits { until } => {
                    println!(
                        "Nothing changed: the key in waiting has not been published for 48 hours. It may sign from {until} on."
                    );
                    println!(
                        "If the current key must go at once, repeat with `--at-once`: back ends that cached the key set fetch it again."
                    );
                }
            }
        }
    }
    Ok(())
}
