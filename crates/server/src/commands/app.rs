//! `ginnel app`: makes and shows apps. Beside this file: `update.rs` changes them, `user_flags.rs` are the settings that they
//! can be made with, too, `fields.rs` are their own fields of a user.

mod fields;
mod update;
mod user_flags;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde_json::json;

use crate::app::App;
use crate::domain::apps::{self, AppRecord, NewApp};
use crate::domain::events::Author;
use crate::domain::keys::Algorithm;
use crate::domain::snippets;
use crate::ids::AppId;
use fields::FieldsCommand;
use update::Update;
use user_flags::UserFlags;

/// What can be done with apps.
#[derive(Subcommand)]
pub enum AppCommand {
    /// Make an app and print the two lines of HTML for its login page
    Create(Box<Create>),
    /// Change an app; running servers follow within 2 seconds
    Update(Box<Update>),
    /// Show and change an app's own fields of a user
    #[command(subcommand)]
    Fields(FieldsCommand),
    /// List all apps
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one app
    Show {
        /// The application id
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// What a new app is made from.
#[derive(Args)]
pub struct Create {
    /// What people know your product by
    #[arg(long)]
    name: String,
    /// Where your pages run: scheme, host and port, such as http://localhost:8080
    #[arg(long)]
    auth_origin: String,
    /// Where people go after sign-in, such as /dashboard
    #[arg(long)]
    redirect_url: String,
    /// Path of the page that carries the element
    #[arg(long, default_value = "/")]
    login_url: String,
    /// What signs auth tokens; Passage's packages take RS256 only
    #[arg(long, value_enum, default_value = "RS256", ignore_case = true)]
    algorithm: Algorithm,
    /// Seconds that an auth token lives
    #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
    auth_token_lifetime: u32,
    #[command(flatten)]
    users: UserFlags,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Carries a command out.
pub fn run(app: &App, command: AppCommand) -> Result<()> {
    match command {
        AppCommand::Create(create) => {
            let as_json = create.json;
            let new = NewApp::parse(&create.name, &create.auth_origin, &create.redirect_url)?
                .login_url(&create.login_url)?
                .algorithm(create.algorithm)
                .auth_token_lifetime(create.auth_token_lifetime)?
                .change(&create.users.into_changes())?;
            let notes = new.notes.clone();
            let record = apps::create(app, new)?;
            if as_json {
                return print_json(&json!({ "app": describe(&record), "notes": notes }));
            }
            for note in notes {
                println!("Note: {note}");
            }
            println!("Application ID: {}\n", record.id);
            print_snippet(app, &record);
        }
        AppCommand::Update(update) => {
            let id = find(app, update.id())?.id;
            update.check(app, &id)?;
            let (record, notes) = apps::update(app, &id, update.into_changes(), &Author::Server)?;
            for note in notes {
                println!("Note: {note}");
            }
            show(app, &record);
        }
        AppCommand::Fields(command) => fields::run(app, command)?,
        AppCommand::List { json: as_json } => {
            let records = apps::list(app)?;
            if as_json {
                return print_json(
                    &json!({ "apps": records.iter().map(describe).collect::<Vec<_>>() }),
                );
            }
            if records.is_empty() {
                println!("There is no app yet. Make one with `ginnel app create`.");
            }
            for record in records {
                println!("{}  {}  {}", record.id, record.auth_origin, record.name);
            }
        }
        AppCommand::Show { id, json: as_json } => {
            let record = find(app, &id)?;
            if as_json {
                return print_json(&json!({ "app": describe(&record) }));
            }
            show(app, &record);
        }
    }
    Ok(())
}

fn show(app: &App, record: &AppRecord) {
    let settings = &record.settings;
    println!("Application ID:  {}", record.id);
    println!("Name:            {}", record.name);
    println!("Type:            {}", settings.app_type.as_str());
    println!("Auth origin:     {}", record.auth_origin);
    for origin in &settings.additional_auth_origins {
        println!("                 {origin}");
    }
    println!("RP ID:           {}", record.rp_id);
    let natives = settings.android_apps.iter().chain(&settings.ios_apps);
    list(
        "Native apps:",
        natives.chain(&settings.native_origins).map(String::as_str),
    );
    println!("Redirect URL:    {}", settings.redirect_url);
    println!("Login URL:       {}", settings.login_url);
    for path in &settings.login_paths {
        println!("                 {path}");
    }
    println!("Signs with:      {}", settings.algorithm.as_str());
    println!(
        "Auth token:      {} s",
        settings.auth_token_lifetime_seconds
    );
    let yes_or_no = |yes| if yes { "yes" } else { "no" };
    println!("Public sign-up:  {}", yes_or_no(settings.public_signup));
    println!(
        "Identifiers:     {}, required {}, numbers of {}",
        settings.allowed_identifier.as_str(),
        record.required_identifier().as_str(),
        settings.default_country
    );
    println!(
        "Verifies them:   {}",
        yes_or_no(settings.identifier_verification)
    );
    println!(
        "Own profile:     {}",
        yes_or_no(settings.profile_management)
    );
    let means = |is_on, seconds| match is_on {
        true => format!("{seconds} s"),
        false => "off".to_owned(),
    };
    println!(
        "Magic links:     {}",
        means(settings.magic_links, settings.magic_link_lifetime_seconds)
    );
    if settings.magic_links {
        println!("Plain links:     {}", yes_or_no(settings.plain_links));
    }
    println!(
        "One-time codes:  {}",
        means(settings.one_time_codes, settings.code_lifetime_seconds)
    );
    println!("Messages in:     {}", settings.default_language);
    let fields = settings.metadata_schema.iter();
    list(
        "User fields:",
        fields.map(|field| field.field_name.as_str()),
    );
    println!(
        "Hides its users: {}",
        yes_or_no(settings.hide_user_existence)
    );
    println!("Made at:         {}\n", record.created_at);
    print_snippet(app, record);
}

/// Prints values one a line, the first behind their name; nothing if there are none.
fn list<'a>(name: &str, values: impl Iterator<Item = &'a str>) {
    for (index, value) in values.enumerate() {
        println!("{:<17}{value}", if index == 0 { name } else { "" });
    }
}

/// The app that somebody named on the command line.
pub fn find(app: &App, id: &str) -> Result<AppRecord> {
    let id: AppId = id.parse()?;
    let found = app.store.read_blocking(move |tx| tx.find_app(&id))?;
    found.ok_or_else(|| apps::not_found().into())
}

fn print_snippet(app: &App, record: &AppRecord) {
    println!("Paste into your login page:\n");
    let lines = snippets::front_end(&record.id, &app.config.public_origin());
    for line in lines.lines() {
        println!("  {line}");
    }
}

fn describe(record: &AppRecord) -> serde_json::Value {
    json!({
        "id": record.id,
        "name": record.name,
        "auth_origin": record.auth_origin,
        "rp_id": record.rp_id,
        "settings": record.settings,
        "created_at": record.created_at.to_string(),
    })
}

fn print_json(value: &serde_json::Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}
