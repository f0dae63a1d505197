//! What an app says in its messages in place of the built-in words: who changed which, and that it can be filled in.
//!
//! `messages/templates.rs` fills them in. A template that is stored was tried with sample values before; what may still go
//! wrong with a user's is found when the message leaves.

mod sample;

use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::domain::events::Client;
use crate::domain::events::{self, Author};
use crate::domain::limits::Limit;
use crate::error::{Error, Result};
use crate::ids::AppId;
use crate::messages::letter::Rendered;
use crate::messages::templates::{self, Filled, Part, Problem};
use crate::messages::{self, Channel, Kind, Language, Letter, Message};
use crate::time::Timestamp;

pub use sample::{Variable, variables};

/// Longest template of a subject, characters.
pub const SUBJECT_MAX: usize = 200;

/// Longest template of a plain-text part, bytes.
pub const TEXT_MAX: usize = 20_000;

/// Longest template of an HTML part, bytes.
pub const HTML_MAX: usize = 100_000;

/// Longest template of a text message, characters.
pub const TEXT_MESSAGE_MAX: usize = 600;

/// How long the delivery of a test is tried.
const TEST_LIVES: std::time::Duration = std::time::Duration::from_secs(60 * 60);

/// The three texts of a template; one that is empty stays as built in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Of the subject; empty for a text message.
    pub subject: String,
    /// Of the plain-text part, or the text message.
    pub text: String,
    /// Of the HTML part; empty for a text message.
    pub html: String,
}

/// A template as stored.
#[derive(Clone, Debug)]
pub struct Template {
    /// By which way the message goes.
    pub channel: Channel,
    /// What the message is about.
    pub kind: Kind,
    /// The language of its words.
    pub language: Language,
    /// What it says.
    pub draft: Draft,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

/// Names a template of an app.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name {
    /// By which way the message goes.
    pub channel: Channel,
    /// What the message is about.
    pub kind: Kind,
    /// The language of its words.
    pub language: Language,
}

impl Name {
    /// As the audit log has it.
    fn label(self) -> String {
        let (channel, language) = (self.channel.as_str(), self.language.as_str());
        format!("{} by {channel} in {language}", self.kind.as_str())
    }
}

/// The messages of a channel that an app may put into words of its own. Invitations come from the Console.
pub fn kinds(channel: Channel) -> Vec<Kind> {
    let may = |kind: &Kind| match channel {
        Channel::Email => *kind != Kind::Invitation,
        Channel::Sms => matches!(
            kind,
            Kind::SignIn | Kind::SignUp | Kind::VerifyAddress | Kind::ChangeAddress
        ),
    };
    Kind::ALL.into_iter().filter(may).collect()
}

impl Draft {
    /// What was typed: lines end as everywhere, and what no message can hold is left out.
    pub fn typed(subject: &str, text: &str, html: &str) -> Self {
        let clean = |text: &str| {
            let lines = text.replace("\r\n", "\n").replace('\r', "\n");
            lines.replace(|c: char| c.is_control() && c != '\n' && c != '\t', "")
        };
        Draft {
            subject: clean(subject).replace('\n', " ").trim().to_owned(),
            text: clean(text),
            html: clean(html),
        }
    }

    /// The built-in words as a template.
    pub fn built_in(name: Name) -> Result<Self> {
        let Rendered {
            subject,
            text,
            html,
        } = Rendered::starting(name.channel, name.kind, name.language)?;
        Ok(Draft {
            subject,
            text,
            html,
        })
    }

    /// Whether it says nothing of its own.
    fn is_empty(&self) -> bool {
        let parts = [&self.subject, &self.text, &self.html];
        parts.iter().all(|part| part.trim().is_empty())
    }

    /// What is too long.
    fn excesses(&self, channel: Channel) -> Vec<Problem> {
        let is_text_message = channel == Channel::Sms;
        let text = if is_text_message {
            (self.text.chars().count(), TEXT_MESSAGE_MAX, "characters")
        } else {
            (self.text.len(), TEXT_MAX, "bytes")
        };
        let subject = (self.subject.chars().count(), SUBJECT_MAX, "characters");
        let html = (self.html.len(), HTML_MAX, "bytes");
        [
            (Part::Subject, subject),
            (Part::Text, text),
            (Part::Html, html),
        ]
        .into_iter()
        .filter(|(_, (length, most, _))| length > most)
        .map(|(part, (length, most, unit))| Problem {
            part,
            reason: format!("it has {length} {unit}, and may have {most}. Write less."),
        })
        .collect()
    }
}

/// A template filled in with sample values, as the editor shows it.
pub fn preview(record: &AppRecord, name: Name, draft: &Draft) -> Result<Filled> {
    let letter = sample::letter(record, name);
    let user = sample::user(record);
    let mut filled = templates::fill(draft, &letter, record, Some(&user))?;
    let excesses = draft.excesses(name.channel);
    filled
        .problems
        .retain(|problem| excesses.iter().all(|excess| excess.part != problem.part));
    filled.problems.extend(excesses);
    Ok(filled)
}

/// What a template that is fine lacks for some letters of this app: those go out with the built-in words.
pub fn gaps(record: &AppRecord, name: Name, draft: &Draft) -> Result<Option<&'static str>> {
    let letter = sample::letter(record, name);
    if letter.link.is_none() {
        return Ok(None);
    }
    let settings = &record.settings;
    let (user, full) = (sample::user(record), letter.code.is_some());
    let cases = [
        (
            full && settings.one_time_codes,
            Letter {
                link: None,
                link_minutes: None,
                ..letter.clone()
            },
            "A message with a code alone goes out with the built-in words: this template says nothing without a link. Add {{ otp.code }}.",
        ),
        (
            full && settings.magic_links && !settings.one_time_codes,
            Letter {
                code: None,
                code_minutes: None,
                ..letter
            },
            "Codes are off in this app, and this template says nothing without one: the built-in words go out. Add {{ magic_link.url }}.",
        ),
    ];
    for (applies, letter, sentence) in cases {
        if applies
            && !templates::fill(draft, &letter, record, Some(&user))?
                .problems
                .is_empty()
        {
            return Ok(Some(sentence));
        }
    }
    Ok(None)
}

/// Stores a template, or says what is wrong with it.
pub async fn save(
    app: &App,
    record: &AppRecord,
    name: Name,
    draft: Draft,
    author: &Author,
) -> Result<Result<(), Vec<Problem>>> {
    let filled = preview(record, name, &draft)?;
    if !filled.problems.is_empty() {
        return Ok(Err(filled.problems));
    }
    if draft.is_empty() || draft == Draft::built_in(name)? {
        return reset(app, &record.id, name, author).await.map(Ok);
    }
    let template = Template {
        channel: name.channel,
        kind: name.kind,
        language: name.language,
        draft,
        updated_at: app.clock.now(),
    };
    let event = author
        .event(app, &record.id, events::Kind::TemplateChanged)
        .detailed(name.label());
    let id = record.id.clone();
    app.store
        .write(move |tx| {
            let before = tx.find_template(&id, name.channel, name.kind, name.language)?;
            if before.is_some_and(|before| before.draft == template.draft) {
                return Ok(());
            }
            tx.update_template(&id, &template)?;
            tx.add_event(&event)
        })
        .await?;
    Ok(Ok(()))
}

/// Goes back to the built-in words.
pub async fn reset(app: &App, id: &AppId, name: Name, author: &Author) -> Result<()> {
    let event = author
        .event(app, id, events::Kind::TemplateChanged)
        .detailed(format!("{}: as built in again", name.label()));
    let id = id.clone();
    app.store
        .write(move |tx| {
            if tx.remove_template(&id, name.channel, name.kind, name.language)? {
                tx.add_event(&event)?;
            }
            Ok(())
        })
        .await
}

/// Sends a template, saved or not, with sample values to whoever works on it.
pub async fn send_test(
    app: &App,
    record: &AppRecord,
    name: Name,
    draft: &Draft,
    to: &str,
    client: &Client,
) -> Result<Result<(), Vec<Problem>>> {
    if !messages::are_read(app, record, name.channel) {
        return Err(Error::forbidden(
            "channel_not_available",
            "This server sends no messages of this kind, so that there can be no test. The preview shows what people would get.",
        ));
    }
    let filled = preview(record, name, draft)?;
    if !filled.problems.is_empty() {
        return Ok(Err(filled.problems));
    }
    let now = app.clock.now();
    let letter = Letter {
        to: to.to_owned(),
        words: Some(filled.words),
        // What they open signs nobody in: nobody is to think so who finds them in a list.
        link: None,
        code: None,
        ..sample::letter(record, name)
    };
    let message = Message::prepare(app, record, None, &letter, now.plus(TEST_LIVES))?;
    let limits = Limit::of_message(&app.config, &record.id, to, client);
    app.store
        .write(move |tx| {
            for limit in &limits {
                limit.require(tx, now)?;
            }
            tx.add_message(&message)
        })
        .await?;
    app.outbox.wake();
    Ok(Ok(()))
}
