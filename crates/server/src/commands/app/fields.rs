//! `ginnel app fields`: an app's own fields of a user.

use anyhow::{Result, bail};
use clap::{Args, Subcommand};
use serde_json::json;

use super::{find, print_json};
use crate::app::App;
use crate::domain::apps::{self, AppRecord, Changes, FieldChange, NewField};
use crate::domain::events::Author;
use crate::domain::metadata::MetadataField;

/// What can be done with fields.
#[derive(Subcommand)]
pub enum FieldsCommand {
    /// List an app's fields, in the order in which forms show them
    List {
        /// The application id
        app: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Add a field; its name and type stay as they are from then on
    Add(Add),
    /// Change how a field is called, and who fills it in
    Change(Change),
    /// Remove a field; the values stay stored with their users
    Remove {
        /// The application id
        app: String,
        /// The field's name in JSON
        name: String,
    },
}

/// A field to be added.
#[derive(Args)]
pub struct Add {
    /// The application id
    app: String,
    /// Its name in JSON, such as favourite_tea
    name: String,
    /// What people see, such as "Favourite tea"
    #[arg(long, value_name = "TEXT")]
    friendly_name: String,
    /// What its values are: string, boolean, integer, date, phone or email
    #[arg(long = "type", value_name = "TYPE", default_value = "string")]
    field_type: String,
    /// Ask for it when people sign up
    #[arg(long)]
    registration: bool,
    /// Let people change it themselves
    #[arg(long)]
    profile: bool,
}

/// What is to change of a field.
#[derive(Args)]
pub struct Change {
    /// The application id
    app: String,
    /// The field's name in JSON
    name: String,
    /// What people see
    #[arg(long, value_name = "TEXT")]
    friendly_name: Option<String>,
    /// Whether it is asked for when people sign up
    #[arg(long, value_name = "true|false")]
    registration: Option<bool>,
    /// Whether people may change it themselves
    #[arg(long, value_name = "true|false")]
    profile: Option<bool>,
}

/// Carries a command out.
pub fn run(app: &App, command: FieldsCommand) -> Result<()> {
    match command {
        FieldsCommand::List { app: id, json } => {
            let fields = find(app, &id)?.settings.metadata_schema;
            if json {
                return print_json(&json!({ "fields": fields }));
            }
            print(&fields);
            Ok(())
        }
        FieldsCommand::Add(add) => {
            let record = find(app, &add.app)?;
            let new = NewField {
                id: app.random.alphanumeric(24),
                field_name: add.name,
                friendly_name: add.friendly_name,
                r#type: add.field_type,
                registration: add.registration,
                profile: add.profile,
            };
            change(app, &record, FieldChange::Add(new))
        }
        FieldsCommand::Change(wanted) => {
            let record = find(app, &wanted.app)?;
            let update = FieldChange::Update {
                id: id_of(&record, &wanted.name)?,
                friendly_name: wanted.friendly_name,
                registration: wanted.registration,
                profile: wanted.profile,
            };
            change(app, &record, update)
        }
        FieldsCommand::Remove { app: id, name } => {
            let record = find(app, &id)?;
            let remove = FieldChange::Remove {
                id: id_of(&record, &name)?,
            };
            change(app, &record, remove)
        }
    }
}

fn id_of(record: &AppRecord, name: &str) -> Result<String> {
    let fields = &record.settings.metadata_schema;
    match fields.iter().find(|field| field.field_name == name) {
        Some(field) => Ok(field.id.clone()),
        None => bail!(
            "The app has no field `{name}`. `ginnel app fields list {}` shows those it has.",
            record.id
        ),
    }
}

fn change(app: &App, record: &AppRecord, change: FieldChange) -> Result<()> {
    let changes = Changes {
        fields: Some(change),
        ..Changes::default()
    };
    let (record, _) = apps::update(app, &record.id, changes, &Author::Server)?;
    print(&record.settings.metadata_schema);
    Ok(())
}

fn print(fields: &[MetadataField]) {
    if fields.is_empty() {
        println!("There is no field yet. Add one with `ginnel app fields add`.");
    }
    for field in fields {
        let mut words = vec![field.r#type.as_str()];
        words.extend(field.registration.then_some("asked at sign-up"));
        words.extend(field.profile.then_some("changed by users"));
        println!(
            "{}  {}  “{}”",
            field.field_name,
            words.join(", "),
            field.friendly_name
        );
    }
}
