//! An app's own fields of a user: listed, added, changed, put into another order, removed.

use std::collections::HashMap;

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::guard::AppVisit;
use super::page::{Answer, Frame, filters, go, nothing, show_with, status_of};
use super::settings;
use crate::app::App;
use crate::domain::apps::{Changes, FIELDS_MAX, FieldChange, NewField, Problem};
use crate::domain::metadata::{FieldType, MetadataField};
use crate::error::{Code, Error};
use crate::http::console::input::{Form, Path};

/// The types, as people call them.
const TYPES: [(FieldType, &str); 6] = [
    (FieldType::String, "Text"),
    (FieldType::Boolean, "Yes or no"),
    (FieldType::Integer, "Whole number"),
    (FieldType::Date, "Day"),
    (FieldType::Phone, "Phone number"),
    (FieldType::Email, "E-mail address"),
];

/// What people call a type.
pub fn type_name(wanted: FieldType) -> &'static str {
    let known = TYPES.iter().find(|known| known.0 == wanted);
    known.map_or(wanted.as_str(), |known| known.1)
}

#[derive(Template)]
#[template(path = "console/fields.html")]
struct FieldsPage {
    frame: Frame,
    base: String,
    lines: Vec<Line>,
    is_full: bool,
    may_change: bool,
    new: Inputs,
    /// What is wrong with nothing that was typed.
    problem: String,
}

/// A field as it is listed.
struct Line {
    field: MetadataField,
    type_name: &'static str,
    is_in_tokens: bool,
    is_first: bool,
    is_last: bool,
    /// What stands in the form that changes it.
    inputs: Inputs,
}

/// What stands in a form for a field, and what is wrong with it.
#[derive(Default)]
struct Inputs {
    typed: Typed,
    problems: Vec<Problem>,
}

impl Inputs {
    fn text(&self, name: &str) -> &str {
        self.typed.get(name).map(String::as_str).unwrap_or_default()
    }

    fn is_on(&self, name: &str) -> bool {
        self.text(name) == "on"
    }

    fn error(&self, name: &str) -> Option<&str> {
        let mut wrong = self.problems.iter();
        wrong
            .find(|problem| problem.setting == name)
            .map(|problem| problem.error.message())
    }

    fn is_wrong(&self) -> bool {
        !self.problems.is_empty()
    }

    /// The first input that is wrong: the cursor is to stand there.
    fn is_first_wrong(&self, name: &str) -> bool {
        let first = self.problems.first();
        first.is_some_and(|problem| problem.setting == name)
    }
}

/// What was typed into a form.
pub type Typed = HashMap<String, String>;

/// What could not be done, and where it is said.
enum Refused {
    Adding(Inputs),
    Changing(String, Inputs),
    Other(Error),
}

/// The page.
pub async fn fields(State(app): State<App>, visit: AppVisit) -> Answer {
    if app.is_console(&visit.record.id) {
        return nothing().await;
    }
    Ok(draw(&app, &visit, StatusCode::OK, None))
}

fn draw(app: &App, visit: &AppVisit, status: StatusCode, refused: Option<Refused>) -> Response {
    let settings = &visit.record.settings;
    let (mut new, mut changing, mut problem) = (Inputs::default(), None, String::new());
    match refused {
        Some(Refused::Adding(inputs)) => {
            problem.extend(inputs.error("metadata_schema"));
            new = inputs;
        }
        Some(Refused::Changing(id, inputs)) => changing = Some((id, inputs)),
        Some(Refused::Other(error)) => problem = error.message().to_owned(),
        None => {}
    }
    let fields = &settings.metadata_schema;
    let line = |(index, field): (usize, &MetadataField)| Line {
        type_name: type_name(field.r#type),
        is_in_tokens: settings.token_metadata.contains(&field.field_name),
        is_first: index == 0,
        is_last: index + 1 == fields.len(),
        inputs: match changing.take_if(|changing| changing.0 == field.id) {
            Some((_, inputs)) => inputs,
            None => as_it_is(field),
        },
        field: field.clone(),
    };
    let frame = Frame::about(app, visit, "fields");
    let page = FieldsPage {
        base: base(visit),
        lines: fields.iter().enumerate().map(line).collect(),
        is_full: fields.len() >= FIELDS_MAX,
        may_change: frame.may("settings"),
        new,
        problem,
        frame,
    };
    show_with(status, &page)
}

fn base(visit: &AppVisit) -> String {
    format!("/console/apps/{}/fields", visit.record.id)
}

fn as_it_is(field: &MetadataField) -> Inputs {
    let on = |is_on: bool| if is_on { "on" } else { "" }.to_owned();
    let typed = [
        ("friendly_name", field.friendly_name.clone()),
        ("registration", on(field.registration)),
        ("profile", on(field.profile)),
    ];
    let typed = typed.map(|(name, value)| (name.to_owned(), value));
    Inputs {
        typed: typed.into(),
        problems: Vec::new(),
    }
}

/// Adds a field.
pub async fn add(State(app): State<App>, visit: AppVisit, Form(typed): Form<Typed>) -> Answer {
    let text = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let new = NewField {
        id: app.random.alphanumeric(24),
        field_name: text("field_name"),
        friendly_name: text("friendly_name"),
        r#type: text("type"),
        registration: text("registration") == "on",
        profile: text("profile") == "on",
    };
    let refused = |problems| Refused::Adding(Inputs { typed, problems });
    change(&app, &visit, FieldChange::Add(new), "field-added", refused).await
}

/// Changes how a field is called, and who fills it in.
pub async fn update(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
    Form(typed): Form<Typed>,
) -> Answer {
    let text = |name: &str| typed.get(name).cloned().unwrap_or_default();
    let update = FieldChange::Update {
        id: id.clone(),
        friendly_name: Some(text("friendly_name")),
        registration: Some(text("registration") == "on"),
        profile: Some(text("profile") == "on"),
    };
    let refused = |problems| Refused::Changing(id, Inputs { typed, problems });
    change(&app, &visit, update, "field-changed", refused).await
}

/// Moves a field, or removes it.
pub async fn act(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id, action)): Path<(String, String, String)>,
) -> Answer {
    let (wanted, word) = match action.as_str() {
        "up" => (FieldChange::MoveUp { id: id.clone() }, "field-moved"),
        "down" => (FieldChange::MoveDown { id: id.clone() }, "field-moved"),
        "remove" => (FieldChange::Remove { id }, "field-removed"),
        _ => return nothing().await,
    };
    let refused = |problems| Refused::Other(Problem::first(problems));
    change(&app, &visit, wanted, word, refused).await
}

/// Makes a change, and goes back to the page; `refused` says where on it stands what is wrong.
async fn change(
    app: &App,
    visit: &AppVisit,
    wanted: FieldChange,
    word: &str,
    refused: impl FnOnce(Vec<Problem>) -> Refused,
) -> Answer {
    let place = match &wanted {
        FieldChange::Update { id, .. }
        | FieldChange::MoveUp { id }
        | FieldChange::MoveDown { id } => {
            format!("#field-{id}")
        }
        FieldChange::Add(_) | FieldChange::Remove { .. } => String::new(),
    };
    let changes = Changes {
        fields: Some(wanted),
        ..Changes::default()
    };
    let refusal = match changes.apply(&mut visit.record.clone()) {
        Ok(_) => match settings::update(app, visit, changes).await {
            Ok(()) => return Ok(go(&format!("{}?done={word}{place}", base(visit)))),
            // Somebody else changed the fields a moment before.
            Err(error) if error.code() == Code::InvalidRequest => Refused::Other(error),
            Err(error) => return Err(error.into()),
        },
        Err(problems) => {
            let gone = problems
                .iter()
                .position(|problem| problem.error.code() == Code::NotFound);
            if gone.is_some() {
                return Err(Problem::first(problems).into());
            }
            refused(problems)
        }
    };
    let status = status_of(&Error::invalid(""));
    Ok(draw(app, visit, status, Some(refusal)))
}
