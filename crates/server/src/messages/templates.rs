//! An app's own words of a message, filled in when it leaves.
//!
//! Templates are written in minijinja's language. Passage's were Go's: its `{{ .app.name }}` is read as `{{ app.name }}`. What
//! is missing is empty text. What is put into the HTML part is always escaped, whatever a template says: metadata is
//! written by users. One budget bounds the time and the memory that a template takes.
//!
//! A message is more important than its looks: what cannot be filled in, is too long, or lacks the link and the code that
//! the message is about, is replaced by the built-in words.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, ErrorKind, UndefinedBehavior, Value, context};

use super::letter::rendering::{one_line, unlinked};
use super::letter::words::escaped;
use super::letter::{Letter, Rendered};
use super::{Channel, Kind, Language, Message};
use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::events::{self, Event};
use crate::domain::message_templates::Draft;
use crate::domain::users::User;
use crate::error::Result;

/// What filling in one part may cost: about 30,000 steps, or 2 MB of text.
const FUEL: u64 = 30_000;

/// Longest value of a user's metadata in a message, characters.
const METADATA_MAX: usize = 200;

/// Longest subject that goes out, characters.
const SUBJECT_MAX: usize = 200;

/// Longest text message that goes out, characters.
const TEXT_MESSAGE_MAX: usize = 600;

/// Longest text and HTML part that go out, bytes.
const PART_MAX: usize = 256 * 1024;

/// A part of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// The subject line of a mail.
    Subject,
    /// The plain-text part of a mail, or a text message.
    Text,
    /// The HTML part of a mail.
    Html,
}

impl Part {
    /// Its name in forms, and of its template.
    pub fn as_str(self) -> &'static str {
        match self {
            Part::Subject => "subject",
            Part::Text => "text",
            Part::Html => "html",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Part::Subject => "Subject",
            Part::Text => "Text",
            Part::Html => "HTML",
        })
    }
}

/// Why a part of a template cannot be used. Holds no value that was filled in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The part.
    pub part: Part,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.part, self.reason)
    }
}

/// A template, filled in.
#[derive(Clone, Debug)]
pub struct Filled {
    /// What the message says; a part that is empty in the template, or wrong, is the built-in one.
    pub words: Rendered,
    /// What is wrong.
    pub problems: Vec<Problem>,
}

/// A message as it goes out.
#[derive(Clone, Debug)]
pub struct Written {
    /// What it is about, in the language of its words.
    pub letter: Letter,
    /// What it says.
    pub words: Rendered,
    /// Why the app's template was not used, if it has one.
    pub problems: Vec<Problem>,
}

/// An app's own words of a message, and what is filled in.
#[derive(Clone, Debug)]
pub struct Own {
    draft: Draft,
    language: Language,
    record: AppRecord,
    user: Option<User>,
}

/// The app's template of a message in the letter's language, or else in the app's default language.
pub async fn find(app: &App, message: &Message, letter: &Letter) -> Result<Option<Own>> {
    if letter.words.is_some() {
        return Ok(None);
    }
    let (app_id, user_id) = (message.app_id.clone(), message.user_id.clone());
    let (channel, kind, wanted) = (Channel::of(&letter.to), letter.kind, letter.language);
    app.store
        .read(move |tx| {
            let languages = tx.list_template_languages(&app_id, channel, kind)?;
            if languages.is_empty() {
                return Ok(None);
            }
            let Some(record) = tx.find_app(&app_id)? else {
                return Ok(None);
            };
            let mut choice = [wanted, record.default_language()].into_iter();
            let Some(language) = choice.find(|language| languages.contains(language)) else {
                return Ok(None);
            };
            let Some(template) = tx.find_template(&app_id, channel, kind, language)? else {
                return Ok(None);
            };
            let user = match &user_id {
                // It goes to somebody else than the user who caused it.
                Some(_) if kind == Kind::AddressInUse => None,
                Some(id) => tx.find_user(id)?,
                None => None,
            };
            Ok(Some(Own {
                draft: template.draft,
                language,
                record,
                user,
            }))
        })
        .await
}

/// Puts a message into words: the app's own, or the built-in ones if it has none or they cannot be used.
pub fn write(letter: Letter, own: Option<Own>) -> Result<Written> {
    let mut problems = Vec::new();
    if let Some(own) = own {
        let letter = Letter {
            language: own.language,
            ..letter.clone()
        };
        let filled = fill(&own.draft, &letter, &own.record, own.user.as_ref())?;
        if filled.problems.is_empty() {
            return Ok(Written {
                letter,
                words: filled.words,
                problems,
            });
        }
        problems = filled.problems;
    }
    Ok(Written {
        words: letter.render()?,
        letter,
        problems,
    })
}

/// The same, with what it is written by.
pub async fn find_and_write(app: &App, message: &Message, letter: Letter) -> Result<Written> {
    let own = find(app, message, &letter).await?;
    write(letter, own)
}

/// Notes that the template of a message was not used, once however often the message is tried. The message goes out even
/// if that cannot be noted.
pub async fn note_failure(app: &App, message: &Message, written: &Written) {
    let Some(problem) = written.problems.first() else {
        return;
    };
    let kind = events::Kind::TemplateFailed;
    let event = Event::of_server(app, &message.app_id, kind)
        .about(&message.id)
        .detailed(format!("{}, {problem}", message.kind.as_str()));
    let (id, since) = (message.id.clone(), message.created_at);
    let noted = app.store.write(move |tx| {
        if tx.has_template_failure(&event.app_id, &id, since)? {
            return Ok(());
        }
        tx.add_event(&event)
    });
    if let Err(error) = noted.await {
        tracing::warn!(message_id = %message.id, "that a template failed could not be noted: {error:?}");
    }
}

/// Fills a template in for a letter.
pub fn fill(
    draft: &Draft,
    letter: &Letter,
    record: &AppRecord,
    user: Option<&User>,
) -> Result<Filled> {
    let values = variables(letter, record, user)?;
    let mut words = letter.render()?;
    let mut problems = Vec::new();
    let is_mail = Channel::of(&letter.to) == Channel::Email;
    let parts: &[Part] = if is_mail {
        &[Part::Subject, Part::Text, Part::Html]
    } else {
        &[Part::Text]
    };
    for part in parts {
        let (source, place) = match part {
            Part::Subject => (&draft.subject, &mut words.subject),
            Part::Text => (&draft.text, &mut words.text),
            Part::Html => (&draft.html, &mut words.html),
        };
        if source.trim().is_empty() {
            continue;
        }
        match fill_part(*part, source, &values).and_then(|said| check(*part, said, letter)) {
            Ok(said) => *place = said,
            Err(reason) => problems.push(Problem {
                part: *part,
                reason,
            }),
        }
    }
    Ok(Filled { words, problems })
}

static ENGINE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut engine = Environment::new();
    engine.set_fuel(Some(FUEL));
    engine.set_undefined_behavior(UndefinedBehavior::Chainable);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build();
    engine.set_syntax(syntax.expect("the usual delimiters are fine"));
    engine.set_auto_escape_callback(|name| match name {
        "html" => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    // Nothing from outside becomes markup, not even if a template asks for it.
    engine.remove_filter("safe");
    engine.set_formatter(|out, state, value| {
        if value.is_undefined() || value.is_none() {
            return Ok(());
        }
        // The library writes Python's `True`; JSON's words are what a template and its readers expect.
        let text = match value.kind() {
            ValueKind::Bool => value.is_true().to_string(),
            _ => value.to_string(),
        };
        let is_markup = state.name() != "html" || value.is_safe();
        let text = if is_markup { text } else { escaped(&text) };
        out.write_str(&text).map_err(Into::into)
    });
    engine
});

fn fill_part(part: Part, source: &str, values: &Value) -> Result<String, String> {
    let source = without_leading_dots(source)?;
    ENGINE
        .render_named_str(part.as_str(), &source, values.clone())
        .map_err(|error| explain(&error))
}

/// What is wrong with a template. Of what happens while it is filled in, only the kind is told: the rest may hold values.
fn explain(error: &minijinja::Error) -> String {
    let what = match error.kind() {
        ErrorKind::OutOfFuel => {
            "it takes too long to fill in, or becomes too large; write less, and loop over less"
                .to_owned()
        }
        ErrorKind::SyntaxError
        | ErrorKind::UnknownFilter
        | ErrorKind::UnknownFunction
        | ErrorKind::UnknownTest => error
            .detail()
            .map_or_else(|| error.kind().to_string(), str::to_owned),
        kind => kind.to_string(),
    };
    let place = error
        .line()
        .map(|line| format!("line {line}: "))
        .unwrap_or_default();
    format!("{place}{what}.")
}

/// A part as it goes out.
fn check(part: Part, said: String, letter: &Letter) -> Result<String, String> {
    let said = match part {
        Part::Subject => one_line(&said, SUBJECT_MAX),
        Part::Text | Part::Html => said.trim_end().to_owned(),
    };
    let is_text_message = Channel::of(&letter.to) == Channel::Sms;
    let said = match (&letter.code, &letter.host) {
        // The line by which browsers offer the code to the page that asked for it.
        (Some(code), Some(host)) if is_text_message && said.contains(code) => {
            format!("{said}\n@{host} #{code}")
        }
        _ => said,
    };
    if said.trim().is_empty() {
        return Err("nothing is left of it when it is filled in.".to_owned());
    }
    if is_text_message && said.chars().count() > TEXT_MESSAGE_MAX {
        return Err(format!(
            "it becomes longer than {TEXT_MESSAGE_MAX} characters. Write less."
        ));
    }
    if said.len() > PART_MAX {
        return Err(format!(
            "it becomes larger than {} kB. Write less.",
            PART_MAX / 1024
        ));
    }
    if part == Part::Subject || !letter.kind.asks_for_proof() || has_secret(part, &said, letter) {
        return Ok(said);
    }
    Err(match (&letter.link, &letter.code) {
        (None, _) => {
            "the code is missing from a message that has no link. Add `{{ otp.code }}`.".to_owned()
        }
        (_, None) => {
            "the link is missing from a message that has no code. Add `{{ magic_link.url }}`."
                .to_owned()
        }
        _ => "neither the link nor the code is in it. Add `{{ magic_link.url }}` or `{{ otp.code }}`."
            .to_owned(),
    })
}

/// Whether people find what they need to sign in.
fn has_secret(part: Part, said: &str, letter: &Letter) -> bool {
    let has_link = letter.link.as_ref().is_some_and(|link| match part {
        Part::Html => said.contains(&escaped(link)),
        _ => said.contains(link.as_str()),
    });
    has_link
        || letter
            .code
            .as_ref()
            .is_some_and(|code| said.contains(code.as_str()))
}

/// What the placeholders stand for.
fn variables(letter: &Letter, record: &AppRecord, user: Option<&User>) -> Result<Value> {
    let said = letter.values()?;
    let said = |name: &str| said.get_attr(name).unwrap_or_default();
    let asks = letter.kind.asks_for_proof();
    let link = letter.link.as_ref().filter(|_| asks);
    let code = letter.code.as_ref().filter(|_| asks);
    Ok(context! {
        app => context! {
            id => record.id.as_str(),
            name => said("app"),
            auth_origin => record.auth_origin.as_str(),
            login_url => record.settings.login_url.as_str(),
            login_page => record.login_page(None).as_str(),
        },
        magic_link => context! {
            url => link,
            ttl => letter.link_minutes.filter(|_| link.is_some()),
            lifetime => said("link_time"),
            locale => letter.language.as_str(),
        },
        otp => context! {
            code => code,
            ttl => letter.code_minutes.filter(|_| code.is_some()),
            lifetime => said("code_time"),
        },
        user => user_values(letter, user),
        passkey => said("passkey"),
        address => said("address"),
        device => said("device"),
    })
}

fn user_values(letter: &Letter, user: Option<&User>) -> Value {
    let Some(user) = user else {
        let name = match Channel::of(&letter.to) {
            Channel::Email => "email",
            Channel::Sms => "phone",
        };
        return Value::from_pairs([(name, letter.to.as_str())]);
    };
    let own = user.user_metadata.as_object();
    let metadata: BTreeMap<&str, Value> = own
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), metadata_value(value, user)))
        .collect();
    let mut values = metadata.clone();
    values.extend([
        ("user_metadata", Value::from_pairs(metadata)),
        ("id", Value::from(user.id.as_str())),
        ("email", Value::from(user.email.clone())),
        ("phone", Value::from(user.phone.clone())),
        ("status", Value::from(user.status.as_str())),
        ("email_verified", Value::from(user.email_verified)),
    ]);
    Value::from_pairs(values)
}

/// A value of a user's metadata. Until an address is proven, a stranger may have written it: then no mail program makes a
/// link of it.
fn metadata_value(value: &serde_json::Value, user: &User) -> Value {
    match value {
        serde_json::Value::String(text) => {
            let line = one_line(text, METADATA_MAX);
            Value::from(if user.is_provisional() {
                unlinked(&line)
            } else {
                line
            })
        }
        serde_json::Value::Bool(value) => Value::from(*value),
        serde_json::Value::Number(number) => match number.as_i64() {
            Some(whole) => Value::from(whole),
            None => Value::from(number.as_f64().unwrap_or_default()),
        },
        _ => Value::default(),
    }
}

/// Words with which Go's templates begin what is no variable. Here they would be names of nothing, and go unseen.
const GO_ACTIONS: [&str; 8] = [
    "if", "else", "end", "range", "with", "template", "block", "define",
];

/// A template without the dots with which Go's variables begin: `{{ .app.name }}` is `{{ app.name }}`.
fn without_leading_dots(source: &str) -> Result<String, String> {
    let mut parts = source.split("{{");
    let mut plain = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let name = part.trim_start_matches(['-', ' ', '\t']);
        let word = name.split(|c: char| !c.is_ascii_alphanumeric()).next();
        if word.is_some_and(|word| GO_ACTIONS.contains(&word)) {
            let line = 1 + plain.matches('\n').count();
            return Err(format!(
                "line {line}: a condition is written `{{% if otp.code %}}`…`{{% endif %}}` here, and not as in Go."
            ));
        }
        plain.push_str("{{");
        plain.push_str(&part[..part.len() - name.len()]);
        let is_name = |rest: &&str| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        plain.push_str(name.strip_prefix('.').filter(is_name).unwrap_or(name));
    }
    Ok(plain)
}
