//! The words and layouts of messages: `templates/mail/`, read and compiled once, at the first letter.
//!
//! Words are phrases in one TOML file per language, layouts are one HTML and one text file. All of them are templates of
//! minijinja. A phrase is filled in first, without escaping; the layout then places it, and the HTML one escapes it, so
//! that neither a phrase nor what is filled into it can be markup. A placeholder without a value is an error.

use std::collections::HashMap;
use std::sync::LazyLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, escape_formatter};
use serde::Deserialize;

use super::{Kind, Language};
use crate::error::{Error, Result};

/// The two layouts.
#[derive(Clone, Copy)]
pub enum Layout {
    /// The HTML part; what it places is escaped.
    Html,
    /// The plain-text part.
    Text,
}

impl Layout {
    /// Puts the filled-in phrases into their places.
    pub fn fill(self, values: &Value) -> Result<String> {
        LIBRARY.fill(self.name(), values)
    }

    fn name(self) -> &'static str {
        match self {
            Layout::Html => "layout.html",
            Layout::Text => "layout.txt",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Layout::Html => include_str!("../../../templates/mail/layout.html"),
            Layout::Text => include_str!("../../../templates/mail/layout.txt"),
        }
    }
}

/// A sentence with placeholders.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct Phrase(String);

impl Phrase {
    /// The sentence with `values` in place of its placeholders.
    pub fn fill(&self, values: &Value) -> Result<String> {
        LIBRARY.fill(&self.0, values)
    }
}

/// All words of one language. `words/en.toml` explains them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Words {
    /// BCP 47 tag of the texts, for the HTML part.
    pub lang: String,
    /// What several kinds of letters say.
    pub shared: Shared,
    /// What text messages say.
    pub sms: Sms,
    time: Time,
    letter: HashMap<Kind, Texts>,
}

/// What several kinds of letters say; the sentences are to be read in `words/en.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    pub link_intro: Phrase,
    pub link_works: Phrase,
    pub code_intro: Phrase,
    pub code_alone_intro: Phrase,
    pub code_works: Phrase,
    pub device: Phrase,
    pub asked_with: Phrase,
    pub done_with: Phrase,
    pub keep_secret: Phrase,
}

/// What one kind of letter says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Texts {
    /// The subject.
    pub subject: Phrase,
    /// What lists of mails show beside the subject.
    pub preheader: Phrase,
    /// The first line in large letters.
    pub heading: Phrase,
    /// What happened, or what was asked for.
    pub paragraphs: Vec<Phrase>,
    /// On the button that opens the link; `None` for a letter without a link.
    pub button: Option<Phrase>,
    /// What to do if somebody else caused the letter.
    pub not_you: Phrase,
}

/// What text messages say.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sms {
    /// After the code, where there is a link, too.
    pub or_link: Phrase,
    /// After a code that stands alone.
    pub code_works: Phrase,
    code: HashMap<Kind, Phrase>,
    link: HashMap<Kind, Phrase>,
    notice: HashMap<Kind, Phrase>,
}

impl Sms {
    /// For a letter with a code.
    pub fn code(&self, kind: Kind) -> &Phrase {
        &self.code[&kind]
    }

    /// For a letter with a link and no code.
    pub fn link(&self, kind: Kind) -> &Phrase {
        &self.link[&kind]
    }

    /// For a letter that proves nothing.
    pub fn notice(&self, kind: Kind) -> &Phrase {
        &self.notice[&kind]
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Time {
    minute: Forms,
    hour: Forms,
    day: Forms,
}

/// The plural forms of CLDR that our languages use with whole numbers.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forms {
    one: Option<Phrase>,
    few: Option<Phrase>,
    many: Option<Phrase>,
    other: Phrase,
}

impl Words {
    /// The words of a language.
    pub fn of(language: Language) -> &'static Words {
        &LIBRARY.words[&language]
    }

    /// The texts of one kind of letter.
    pub fn letter(&self, kind: Kind) -> &Texts {
        &self.letter[&kind]
    }

    /// A length of time in words, in the largest unit that leaves no rest: 90 minutes, but 1 hour and 2 days.
    pub fn time(&self, language: Language, minutes: u32) -> Result<String> {
        let (forms, count) = match minutes {
            _ if minutes > 0 && minutes.is_multiple_of(24 * 60) => {
                (&self.time.day, minutes / (24 * 60))
            }
            _ if minutes > 0 && minutes.is_multiple_of(60) => (&self.time.hour, minutes / 60),
            _ => (&self.time.minute, minutes),
        };
        let form = match language {
            Language::Zh => None,
            _ if count == 1 => forms.one.as_ref(),
            Language::Pl => match (count % 10, count % 100) {
                (2..=4, 0..=11 | 15..) => forms.few.as_ref(),
                _ => forms.many.as_ref(),
            },
            _ => None,
        };
        form.unwrap_or(&forms.other)
            .fill(&Value::from_pairs([("count", count)]))
    }
}

/// Everything from `templates/mail/`.
struct Library {
    words: HashMap<Language, Words>,
    /// The layouts by name, the phrases by their own text.
    templates: Environment<'static>,
}

static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::load().expect("the tests render every letter from these very files"));

impl Library {
    fn load() -> anyhow::Result<Self> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        templates.set_auto_escape_callback(|name| {
            if name == Layout::Html.name() {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        // minijinja escapes slashes, too. Programs that look for links in the source of a mail would miss ours then.
        templates.set_formatter(|out, state, value| match value.as_str() {
            Some(text) if *state.auto_escape() == AutoEscape::Html => {
                out.write_str(&escaped(text)).map_err(Into::into)
            }
            _ => escape_formatter(out, state, value),
        });
        templates.set_syntax(
            SyntaxConfig::builder()
                .trim_blocks(true)
                .lstrip_blocks(true)
                .keep_trailing_newline(true)
                .build()?,
        );
        for layout in [Layout::Html, Layout::Text] {
            templates.add_template(layout.name(), layout.source())?;
        }
        let mut words = HashMap::new();
        for language in Language::ALL {
            let table: toml::Table = toml::from_str(source(language))?;
            for (_, phrase) in leaves(&table) {
                templates.add_template_owned(phrase.clone(), phrase)?;
            }
            words.insert(language, table.try_into()?);
        }
        Ok(Library { words, templates })
    }

    fn fill(&self, template: &str, values: &Value) -> Result<String> {
        self.templates
            .get_template(template)
            .and_then(|found| found.render(values.clone()))
            .map_err(|cause| {
                Error::internal(anyhow::Error::new(cause).context(template.to_owned()))
            })
    }
}

/// The words of a language as they stand in its file.
pub(super) fn source(language: Language) -> &'static str {
    match language {
        Language::De => include_str!("../../../templates/mail/words/de.toml"),
        Language::En => include_str!("../../../templates/mail/words/en.toml"),
        Language::Es => include_str!("../../../templates/mail/words/es.toml"),
        Language::It => include_str!("../../../templates/mail/words/it.toml"),
        Language::Pl => include_str!("../../../templates/mail/words/pl.toml"),
        Language::Pt => include_str!("../../../templates/mail/words/pt.toml"),
        Language::Zh => include_str!("../../../templates/mail/words/zh.toml"),
    }
}

/// All texts in a table with their places in it, such as `letter.sign_in.paragraphs.0`.
pub(super) fn leaves(table: &toml::Table) -> Vec<(String, String)> {
    fn collect(place: String, value: &toml::Value, found: &mut Vec<(String, String)>) {
        match value {
            toml::Value::String(text) => found.push((place, text.clone())),
            toml::Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    collect(format!("{place}.{index}"), item, found);
                }
            }
            toml::Value::Table(items) => {
                for (key, item) in items {
                    collect(format!("{place}.{key}"), item, found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    for (key, value) in table {
        collect(key.clone(), value, &mut found);
    }
    found
}

/// A text for HTML, in or between tags.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(c),
        }
    }
    safe
}
