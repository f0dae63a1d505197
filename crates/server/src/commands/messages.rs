//! `ginnel messages`: what became of mails and text messages.

use anyhow::{Result, bail};
use clap::Subcommand;
use serde_json::json;

use crate::app::App;
use crate::ids::MessageId;
use crate::messages::{Message, State};

/// Messages that are listed at most.
const MOST: i64 = 1000;

/// What can be done with messages.
#[derive(Subcommand)]
pub enum MessagesCommand {
    /// List messages, the newest first: those on their way, and those that ended in the last 7 days
    List {
        /// Only those that stand there
        #[arg(long, value_parser = parse_state, value_name = "waiting|kept|sent|failed|expired")]
        state: Option<State>,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Send a waiting message now, and not when its next attempt is due
    Retry {
        /// The message's id, as listed
        id: String,
    },
}

fn parse_state(text: &str) -> Result<State, String> {
    State::ALL
        .into_iter()
        .find(|state| state.as_str() == text)
        .ok_or_else(|| "write waiting, kept, sent, failed or expired".to_owned())
}

/// Carries a command out.
pub fn run(app: &App, command: MessagesCommand) -> Result<()> {
    match command {
        MessagesCommand::List { state, json } => list(app, state, json),
        MessagesCommand::Retry { id } => retry(app, &id.parse()?),
    }
}

fn list(app: &App, state: Option<State>, as_json: bool) -> Result<()> {
    let messages = app.store.read_blocking(move |tx| match state {
        Some(state) => tx.list_messages_in_state(state, MOST),
        None => tx.list_messages(MOST),
    })?;
    if as_json {
        let messages: Vec<_> = messages.iter().map(describe).collect();
        println!(
            "{}",
            serde_json::to_string_pretty(&json!({ "messages": messages }))?
        );
        return Ok(());
    }
    if messages.is_empty() {
        println!("There is no such message.");
    }
    for message in messages {
        let attempts = match message.attempts {
            1 => "1 attempt".to_owned(),
            count => format!("{count} attempts"),
        };
        let next = (message.state == State::Waiting && message.attempts > 0)
            .then(|| format!(", next at {}", message.next_attempt_at));
        let error = message.last_error.map(|error| format!("  {error}"));
        println!(
            "{}  {}  app {}  {}  {}  {}  {}, {attempts}{}{}",
            message.id,
            message.created_at,
            message.app_id,
            message.kind.as_str(),
            message.channel.as_str(),
            message.recipient,
            message.state.as_str(),
            next.unwrap_or_default(),
            error.unwrap_or_default()
        );
    }
    Ok(())
}

fn describe(message: &Message) -> serde_json::Value {
    json!({
        "id": message.id,
        "app_id": message.app_id,
        "kind": message.kind,
        "channel": message.channel.as_str(),
        "recipient": message.recipient,
        "state": message.state.as_str(),
        "attempts": message.attempts,
        "next_attempt_at": (message.state == State::Waiting).then(|| message.next_attempt_at.to_string()),
        "last_error": message.last_error,
        "created_at": message.created_at.to_string(),
        "expires_at": message.expires_at.to_string(),
        "finished_at": message.finished_at.map(|at| at.to_string()),
    })
}

fn retry(app: &App, id: &MessageId) -> Result<()> {
    let (id, now) = (id.clone(), app.clock.now());
    let (found, is_due) = app.store.write_blocking(move |tx| {
        let is_due = tx.retry_message(&id, now)?;
        Ok((tx.find_message(&id)?, is_due))
    })?;
    let Some(message) = found else {
        bail!("There is no message with this id. `ginnel messages list` shows them.");
    };
    if !is_due && message.state == State::Waiting && now < message.expires_at {
        bail!(
            "The message is being sent at this moment. `ginnel messages list` shows what becomes of it."
        );
    }
    if !is_due {
        let state = match message.state {
            State::Waiting | State::Expired => "has expired",
            State::Kept => "is in the inbox of the example app",
            State::Sent => "was sent",
            State::Failed => "was refused for good",
        };
        bail!(
            "The message {state}. What it said is kept only while it waits to be sent, so it cannot be sent again; the user asks for a new one."
        );
    }
    println!("The message is due now. A running server sends it within 2 seconds.");
    Ok(())
}
