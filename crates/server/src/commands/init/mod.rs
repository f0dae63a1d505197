//! `ginnel init`: passkeys for the project in a folder. Recognises its framework, finds or makes the app, and prints the login
//! page, the token check and the settings, or writes them when told to.

mod files;
mod frameworks;
mod recognise;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use clap::Args;

use crate::config::{Config, Database};
use crate::domain::apps::{self, AppRecord, NewApp};
use crate::domain::keys::Algorithm;
use crate::domain::origins::AuthOrigin;
use crate::domain::snippets::{self, Language};
use crate::ids::AppId;
use crate::setup;
use files::Change;
use frameworks::{Facts, Framework};
use recognise::{Seen, recognise};

/// Longest name of an app made from a folder's, characters.
const NAME_MAX: usize = 80;

/// What a project is to get.
#[derive(Args)]
pub struct InitCommand {
    /// The project's folder
    #[arg(default_value = ".")]
    folder: PathBuf,
    /// What it is built with, if that cannot be seen
    #[arg(long, value_enum)]
    framework: Option<Framework>,
    /// An app that exists, instead of a new one
    #[arg(long, value_name = "ID")]
    app_id: Option<String>,
    /// Where the project's pages run, unless at its framework's usual port on localhost
    #[arg(long, value_name = "ORIGIN")]
    auth_origin: Option<String>,
    /// Where people go after sign-in
    #[arg(long, value_name = "PATH", default_value = "/")]
    redirect_url: String,
    /// Write the files; without it, they are shown only
    #[arg(long)]
    write: bool,
}

/// The app that the project gets, as far as it is known.
struct Target {
    app_id: Option<AppId>,
    algorithm: Algorithm,
    server: String,
}

/// Recognises, makes the app, prints or writes.
pub fn run(config: Config, command: InitCommand) -> Result<()> {
    let folder = command.folder.canonicalize().with_context(|| {
        format!(
            "there is no folder {}; name the project's folder",
            command.folder.display()
        )
    })?;
    if !folder.is_dir() {
        bail!(
            "{} is no folder; name the folder that it is in.",
            folder.display()
        );
    }
    let seen = match command.framework {
        Some(framework) => Seen {
            framework,
            reason: "you said so".to_owned(),
        },
        None => recognise(&folder)?,
    };
    let facts = seen.framework.facts(&folder);
    println!("This is {}: {}.", facts.title, seen.reason);
    let target = find_app(config, &command, &folder, &facts)?;
    let changes = plan(&folder, seen.framework, &facts, &target)?;
    println!();
    for change in &changes {
        change.show(command.write);
        if command.write {
            change.apply(&folder)?;
        }
    }
    if let (Some(language), Some(app_id)) = (facts.language, &target.app_id) {
        let snippet = snippets::back_end(language, app_id, &target.server, target.algorithm);
        println!(
            "Install what the token check needs:\n\n    {}\n",
            snippet.install
        );
    }
    if let (Some((place, lines)), Some(_)) = (facts.usage, &target.app_id) {
        println!("Use it, in {place}:\n");
        for line in lines.lines() {
            println!("{}", format!("    {line}").trim_end());
        }
        println!();
    }
    if !command.write && changes.iter().any(Change::is_of_a_file) {
        println!("Nothing was written. Add `--write` to write the files.");
    }
    Ok(())
}

/// The app that was named, the installation's app for this origin, or a new one; without an installation, none.
fn find_app(config: Config, command: &InitCommand, folder: &Path, facts: &Facts) -> Result<Target> {
    let origin = match &command.auth_origin {
        Some(text) => {
            let parsed = AuthOrigin::parse(text)?;
            if let Some(note) = parsed.note {
                println!("Note: {note}");
            }
            parsed.origin
        }
        None => AuthOrigin::parse(&format!("http://localhost:{}", facts.port))?.origin,
    };
    let named: Option<AppId> = command.app_id.as_deref().map(str::parse).transpose()?;
    let is_installed = match &config.database {
        Database::Sqlite(path) => path.exists(),
        Database::Postgres(_) => true,
    };
    if !is_installed {
        let server = config.public_origin();
        match &named {
            Some(id) => println!(
                "It gets the app {id} of the server at {server}, with tokens signed by RS256. Another server: `--public-url`."
            ),
            None => println!(
                "There is no Ginnel data here, so that it gets no app: the element makes a test app at {server} when the page is opened first. For an app that stays, run this where the server was started, or name one with `--app-id`."
            ),
        }
        return Ok(Target {
            app_id: named,
            algorithm: Algorithm::Rs256,
            server,
        });
    }
    let app = setup::open_for_command(config)?;
    let record = match named {
        Some(id) => {
            let record = super::app::find(&app, id.as_str())?;
            println!(
                "It gets the app {id} (\"{}\", {}).",
                record.name, record.auth_origin
            );
            if !record.allows_origin(origin.as_str()) {
                println!(
                    "Note: the pages of that app run on {}. If these run on {origin}, add that: `ginnel app update {id} --add-origin {origin}`.",
                    record.auth_origin
                );
            }
            record
        }
        None => find_or_make(&app, &origin, command, folder, facts)?,
    };
    Ok(Target {
        app_id: Some(record.id),
        algorithm: record.settings.algorithm,
        server: app.config.public_origin(),
    })
}

/// A second run for the same project makes no second app.
fn find_or_make(
    app: &crate::app::App,
    origin: &AuthOrigin,
    command: &InitCommand,
    folder: &Path,
    facts: &Facts,
) -> Result<AppRecord> {
    let known = apps::list(app)?;
    if let Some(record) = known
        .into_iter()
        .find(|record| record.auth_origin == *origin)
    {
        println!(
            "It gets the app {} (\"{}\"), which is for {origin}.",
            record.id, record.name
        );
        return Ok(record);
    }
    let name = folder
        .file_name()
        .map(|name| name.to_string_lossy().into_owned());
    let name = name.unwrap_or_default().replace(char::is_control, " ");
    let name: String = name.chars().take(NAME_MAX).collect();
    let name = if name.trim().is_empty() {
        "My app".to_owned()
    } else {
        name
    };
    let new =
        NewApp::parse(&name, origin.as_str(), &command.redirect_url)?.login_url(facts.login_url)?;
    let record = apps::create(app, new)?;
    println!(
        "Made the app {} (\"{name}\") for {origin}, with people going to {} after sign-in. Other pages: `ginnel app update {}`.",
        record.id, record.settings.redirect_url, record.id
    );
    Ok(record)
}

/// Everything that goes into the project's files.
fn plan(
    folder: &Path,
    framework: Framework,
    facts: &Facts,
    target: &Target,
) -> Result<Vec<Change>> {
    let server = &target.server;
    let lines = match &target.app_id {
        Some(id) => snippets::front_end(id, server),
        None => snippets::front_end_of_test_app(server),
    };
    let mut changes = vec![login_page(folder, framework, facts, &lines, server)?];
    let Some(language) = facts.language else {
        return Ok(changes);
    };
    match &target.app_id {
        Some(id) => {
            let snippet = snippets::back_end(language, id, server, target.algorithm);
            let code = match language {
                Language::Go => in_package_of(folder, snippet.code)?,
                _ => snippet.code,
            };
            changes.push(Change::create(
                folder,
                facts.back_end_file,
                code.clone(),
                "The token check for another file of the project",
                &code,
            ));
        }
        None => changes.push(Change::Leave(
            "The token check of the back end needs an app id: the browser's console shows it once the page was opened. Then run this again with `--app-id`.\n".to_owned(),
        )),
    }
    let mut settings = vec![("GINNEL_URL", server.clone())];
    if let Some(id) = &target.app_id {
        settings.insert(0, ("GINNEL_APP_ID", id.to_string()));
    }
    changes.extend(Change::settings(folder, ".env.example", &settings)?);
    if folder.join(".env").exists() {
        changes.extend(Change::settings(folder, ".env", &settings)?);
    }
    Ok(changes)
}

fn login_page(
    folder: &Path,
    framework: Framework,
    facts: &Facts,
    lines: &str,
    server: &str,
) -> Result<Change> {
    let element = lines.lines().next().unwrap_or_default();
    let where_else = "For your login page";
    Ok(match framework {
        Framework::Html => Change::insert(folder, facts.login_file, lines)?,
        Framework::Next => {
            let content = files::next_page(element, server);
            Change::create(
                folder,
                facts.login_file,
                content.clone(),
                where_else,
                &content,
            )
        }
        _ => Change::create(
            folder,
            facts.login_file,
            files::page(lines),
            where_else,
            lines,
        ),
    })
}

/// Go wants every file of a folder in one package.
fn in_package_of(folder: &Path, code: String) -> Result<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .with_context(|| format!("{} cannot be read; make it readable", folder.display()))?
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".go") && !name.ends_with("_test.go"))
        .collect();
    names.sort();
    for name in names {
        let text = recognise::read(folder, &name)?.unwrap_or_default();
        let package = text.lines().find_map(|line| line.strip_prefix("package "));
        if let Some(package) = package.and_then(|package| package.split_whitespace().next()) {
            return Ok(code.replacen("package main", &format!("package {package}"), 1));
        }
    }
    Ok(code)
}
