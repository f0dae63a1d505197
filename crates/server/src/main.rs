//! The `ginnel` program: arguments, settings, run.

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use ginnel::commands::api_key::ApiKeyCommand;
use ginnel::commands::app::AppCommand;
use ginnel::commands::doctor::DoctorCommand;
use ginnel::commands::init::InitCommand;
use ginnel::commands::keys::KeysCommand;
use ginnel::commands::messages::MessagesCommand;
use ginnel::config::Flags;
use ginnel::telemetry::log;
use ginnel::telemetry::traces::Traces;
use ginnel::{commands, config, serve, setup};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Passwordless authentication that you host yourself
#[derive(Parser)]
#[command(name = "ginnel", version)]
struct Arguments {
    #[command(flatten)]
    flags: Flags,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server; what `ginnel` alone does, too
    Serve,
    /// Make, list and show apps
    #[command(subcommand)]
    App(AppCommand),
    /// Make, list and revoke the keys that back ends show to the management API
    #[command(subcommand)]
    ApiKey(ApiKeyCommand),
    /// List and rotate an app's signing keys
    #[command(subcommand)]
    Keys(KeysCommand),
    /// List messages and what became of them
    #[command(subcommand)]
    Messages(MessagesCommand),
    /// Print a link that makes whoever opens it an operator of the Console
    SetupLink {
        /// Even if the server is set up: for operators who can sign in no more
        #[arg(long)]
        recover: bool,
    },
    /// Give the project in a folder passkeys: login page, token check, settings
    Init(InitCommand),
    /// Check this deployment; exit code 1 if something is bad
    Doctor(DoctorCommand),
    /// Print the description of the API, as /openapi.json answers it
    Openapi,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let config = config::load(
        &arguments.flags,
        config::environment(),
        &std::env::current_dir()?,
    );
    let command = arguments.command.unwrap_or(Command::Serve);
    let mut traces = None;
    if let Ok(config) = &config {
        if let (Command::Serve, Some(endpoint)) = (&command, &config.otlp_endpoint) {
            traces = Some(Traces::start(endpoint)?);
        }
        log::start(config, traces.as_ref())?;
    }
    match command {
        Command::Serve => {
            let ended = serve::run(config?);
            if let Some(traces) = traces {
                traces.stop();
            }
            ended?;
        }
        Command::App(command) => commands::app::run(&setup::open_for_command(config?)?, command)?,
        Command::ApiKey(command) => {
            commands::api_key::run(&setup::open_for_command(config?)?, command)?;
        }
        Command::Keys(command) => {
            commands::keys::run(&setup::open_for_command(config?)?, command)?;
        }
        Command::SetupLink { recover } => {
            commands::setup_link::run(&setup::open_for_command(config?)?, recover)?;
        }
        Command::Messages(command) => {
            commands::messages::run(&setup::open_for_command(config?)?, command)?;
        }
        Command::Init(command) => commands::init::run(config?, command)?,
        Command::Doctor(command) => return commands::doctor::run(config, command),
        Command::Openapi => {
            config?;
            print!("{}", ginnel::http::openapi_text());
        }
    }
    Ok(ExitCode::SUCCESS)
}
