//! The editor of one message in one language: its texts, a preview with sample values, a test, and the way back to the
//! built-in words.
//!
//! One form with several buttons, so that what is typed is tried before it is saved, and all works without scripts.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::{language_name, occasion, path, title};
use crate::app::App;
use crate::domain::events::Author;
use crate::domain::message_templates::{self, Draft, Name, Variable};
use crate::error::{Code, Error, Result};
use crate::http::console::guard::AppVisit;
use crate::http::console::inbox::about;
use crate::http::console::input::{Form, Path, Query};
use crate::http::console::page::{Answer, Frame, filters, go, show_with, status_of};
use crate::messages::templates::{Part, Problem};
use crate::messages::{Channel, Language};

/// The preview stands in a frame that runs no script, and has its own styles and pictures there.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
     img-src 'self' data: https:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

/// Largest form, bytes: the longest texts with every letter encoded.
pub const FORM_MAX: usize = 512 * 1024;

#[derive(Template)]
#[template(path = "console/message.html")]
struct EditorPage {
    frame: Frame,
    list: String,
    /// Path of the form, without its query.
    base: String,
    language: &'static str,
    language_name: &'static str,
    channel: &'static str,
    title: &'static str,
    about: &'static str,
    languages: Vec<Choice>,
    /// Whether the app has words of its own in this language.
    is_own: bool,
    /// The language whose words are used for this one until it has its own.
    stand_in: Option<&'static str>,
    fields: Vec<Field>,
    may_save: bool,
    /// What was done just now, or what is wrong with none of the texts in particular.
    said: Said,
    /// Which letters go out with the built-in words in spite of the template.
    gap: Option<&'static str>,
    preview: Preview,
    variables: Vec<Variable>,
    /// How a condition is written.
    condition: &'static str,
    /// How Passage's templates name a variable.
    passage: &'static str,
}

/// A language to go to.
struct Choice {
    name: &'static str,
    href: String,
    is_current: bool,
    is_own: bool,
}

/// One text.
struct Field {
    part: &'static str,
    label: &'static str,
    hint: &'static str,
    value: String,
    error: String,
    rows: usize,
    is_line: bool,
}

/// The message as people would get it.
struct Preview {
    subject: String,
    text: String,
    html: String,
    length: usize,
    problems: Vec<String>,
}

/// What the page says beside the texts.
#[derive(Default)]
struct Said {
    good: String,
    bad: String,
}

/// What follows the page's path.
#[derive(Default, Deserialize)]
pub struct Params {
    language: Option<String>,
}

/// What was typed.
#[derive(Default, Deserialize)]
pub struct Typed {
    #[serde(default)]
    subject: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    html: String,
}

impl Typed {
    fn draft(&self) -> Draft {
        Draft::typed(&self.subject, &self.text, &self.html)
    }
}

/// What every address of the editor names.
type Place = Path<(String, String, String)>;

fn name(app: &App, visit: &AppVisit, place: &Place, params: &Params) -> Result<Name> {
    visit.require_not_console(app)?;
    let (_, channel, kind) = &place.0;
    let nothing = || {
        Error::new(
            Code::NotFound,
            "There is no such message. The Messages page lists them all.",
        )
    };
    let mut channels = Channel::ALL.into_iter();
    let channel = channels.find(|known| known.as_str() == channel);
    let channel = channel.ok_or_else(nothing)?;
    let mut kinds = message_templates::kinds(channel).into_iter();
    let kind = kinds.find(|known| known.as_str() == kind);
    let language = match &params.language {
        None => Some(visit.record.default_language()),
        Some(tag) => Language::ALL
            .into_iter()
            .find(|known| known.as_str() == tag),
    };
    Ok(Name {
        channel,
        kind: kind.ok_or_else(nothing)?,
        language: language.ok_or_else(nothing)?,
    })
}

fn author(visit: &AppVisit) -> Author {
    Author::Member {
        id: visit.visit.visitor().user.id.clone(),
        client: visit.visit.client.clone(),
    }
}

/// The page.
pub async fn edit(
    State(app): State<App>,
    visit: AppVisit,
    place: Place,
    Query(params): Query<Params>,
) -> Answer {
    let name = name(&app, &visit, &place, &params)?;
    Ok(draw(&app, &visit, name, None, StatusCode::OK, Said::default()).await?)
}

/// Saves the texts.
pub async fn save(
    State(app): State<App>,
    visit: AppVisit,
    place: Place,
    Query(params): Query<Params>,
    Form(typed): Form<Typed>,
) -> Answer {
    let name = name(&app, &visit, &place, &params)?;
    let draft = typed.draft();
    let author = author(&visit);
    let saved = message_templates::save(&app, &visit.record, name, draft.clone(), &author).await?;
    if saved.is_ok() {
        let page = path(&visit, name.channel, name.kind, name.language);
        return Ok(go(&format!("{page}&done=template-saved")));
    }
    let said = Said {
        bad: "This is not saved: something is wrong with it.".to_owned(),
        ..Said::default()
    };
    let status = status_of(&Error::invalid(""));
    Ok(draw(&app, &visit, name, Some(draft), status, said).await?)
}

/// Shows what the texts would become, and stores nothing.
pub async fn preview(
    State(app): State<App>,
    visit: AppVisit,
    place: Place,
    Query(params): Query<Params>,
    Form(typed): Form<Typed>,
) -> Answer {
    let name = name(&app, &visit, &place, &params)?;
    let said = Said {
        good: "This is a preview: nothing is saved yet.".to_owned(),
        ..Said::default()
    };
    let draft = Some(typed.draft());
    Ok(draw(&app, &visit, name, draft, StatusCode::OK, said).await?)
}

/// Sends the texts, saved or not, to the member.
pub async fn test(
    State(app): State<App>,
    visit: AppVisit,
    place: Place,
    Query(params): Query<Params>,
    Form(typed): Form<Typed>,
) -> Answer {
    let name = name(&app, &visit, &place, &params)?;
    let draft = typed.draft();
    let (status, said) = match send_test(&app, &visit, name, &draft).await {
        Ok(good) => (
            StatusCode::OK,
            Said {
                good,
                ..Said::default()
            },
        ),
        Err(error) if error.code().status() < 500 => {
            let bad = error.message().to_owned();
            (
                status_of(&error),
                Said {
                    bad,
                    ..Said::default()
                },
            )
        }
        Err(error) => return Err(error.into()),
    };
    Ok(draw(&app, &visit, name, Some(draft), status, said).await?)
}

/// What is said of a test that is on its way.
async fn send_test(app: &App, visit: &AppVisit, name: Name, draft: &Draft) -> Result<String> {
    let member = &visit.visit.visitor().user;
    let to = match name.channel {
        Channel::Email => member.email.clone(),
        Channel::Sms => member.phone.clone(),
    };
    let to = to.ok_or_else(|| {
        Error::invalid(match name.channel {
            Channel::Email => "Your account in the Console has no e-mail address to send a test to.",
            Channel::Sms => "Your account in the Console has no phone number to send a test to. The preview shows what people would get.",
        })
    })?;
    let client = &visit.visit.client;
    let sent = message_templates::send_test(app, &visit.record, name, draft, &to, client).await?;
    sent.map_err(|_| Error::invalid("No test is sent: something is wrong with the texts."))?;
    let is_kept = app.config.keeps(name.channel) || visit.record.is_test_app();
    Ok(if is_kept {
        format!(
            "A test to {to} is in the app's inbox: this server sends none. Nothing is saved yet."
        )
    } else {
        format!("A test is on its way to {to}. Nothing is saved yet.")
    })
}

/// Goes back to the built-in words.
pub async fn reset(
    State(app): State<App>,
    visit: AppVisit,
    place: Place,
    Query(params): Query<Params>,
) -> Answer {
    let name = name(&app, &visit, &place, &params)?;
    message_templates::reset(&app, &visit.record.id, name, &author(&visit)).await?;
    let page = path(&visit, name.channel, name.kind, name.language);
    Ok(go(&format!("{page}&done=template-reset")))
}

async fn draw(
    app: &App,
    visit: &AppVisit,
    name: Name,
    typed: Option<Draft>,
    status: StatusCode,
    said: Said,
) -> Result<Response> {
    let record = &visit.record;
    let id = record.id.clone();
    let (languages, stored) = app
        .store
        .read(move |tx| {
            Ok((
                tx.list_template_languages(&id, name.channel, name.kind)?,
                tx.find_template(&id, name.channel, name.kind, name.language)?,
            ))
        })
        .await?;
    let is_own = stored.is_some();
    let draft = match (typed, stored) {
        (Some(typed), _) => typed,
        (None, Some(stored)) => stored.draft,
        (None, None) => Draft::built_in(name)?,
    };
    let filled = message_templates::preview(record, name, &draft)?;
    let gap = match filled.problems.is_empty() {
        true => message_templates::gaps(record, name, &draft)?,
        false => None,
    };
    let default = record.default_language();
    let frame = Frame::about(app, visit, "messages");
    let page = EditorPage {
        list: format!("/console/apps/{}/messages", record.id),
        base: path(visit, name.channel, name.kind, name.language)
            .split('?')
            .next()
            .unwrap_or_default()
            .to_owned(),
        language: name.language.as_str(),
        language_name: language_name(name.language),
        channel: title(name.channel),
        title: about(name.kind),
        about: occasion(name.kind),
        languages: Language::ALL
            .into_iter()
            .map(|language| Choice {
                name: language_name(language),
                href: path(visit, name.channel, name.kind, language),
                is_current: language == name.language,
                is_own: languages.contains(&language),
            })
            .collect(),
        is_own,
        stand_in: (!is_own && languages.contains(&default)).then(|| language_name(default)),
        fields: fields(name, &draft, &filled.problems),
        may_save: frame.may("settings"),
        said,
        gap,
        preview: Preview {
            length: filled.words.text.chars().count(),
            subject: filled.words.subject,
            text: filled.words.text,
            html: filled.words.html,
            problems: filled.problems.iter().map(ToString::to_string).collect(),
        },
        variables: message_templates::variables(record, name.kind),
        condition: "{% if otp.code %}…{% endif %}",
        passage: "{{ .app.name }}",
        frame,
    };
    let page = show_with(status, &page);
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], page).into_response())
}

fn fields(name: Name, draft: &Draft, problems: &[Problem]) -> Vec<Field> {
    let field = |part: Part, label, hint, value: &String, rows| Field {
        part: part.as_str(),
        label,
        hint,
        value: value.clone(),
        error: problems
            .iter()
            .find(|problem| problem.part == part)
            .map(|problem| problem.reason.clone())
            .unwrap_or_default(),
        rows,
        is_line: part == Part::Subject,
    };
    match name.channel {
        Channel::Email => vec![
            field(
                Part::Subject,
                "Subject",
                "One line. What is left empty stays as built in.",
                &draft.subject,
                1,
            ),
            field(
                Part::Html,
                "HTML",
                "What mail programs show. Styles belong on the elements; pictures need an https address.",
                &draft.html,
                18,
            ),
            field(
                Part::Text,
                "Plain text",
                "For programs that show no HTML. It needs the link or the code, too.",
                &draft.text,
                12,
            ),
        ],
        Channel::Sms => vec![field(
            Part::Text,
            "Text",
            "The code first: phones show the beginning. The line by which browsers fill the code in is added by itself.",
            &draft.text,
            6,
        )],
    }
}
