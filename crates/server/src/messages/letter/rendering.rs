//! From a letter to its subject, text and HTML, or to a text message (`text_message.rs`).

use minijinja::{Value, context};

use super::words::{Layout, Phrase, Words};
use super::{Kind, Letter, Rendered};
use crate::error::Result;
use crate::messages::Channel;

/// Longest app name, passkey name and device in a mail, characters.
const DATA_MAX: usize = 80;

impl Letter {
    /// Puts the letter into words.
    pub fn render(&self) -> Result<Rendered> {
        if let Some(words) = &self.words {
            return Ok(words.clone());
        }
        match Channel::of(&self.to) {
            Channel::Email => self.filled(&self.values()?, Marks::default()),
            Channel::Sms => self.text_message(),
        }
    }

    /// The built-in mail with these values in them.
    pub(super) fn filled(&self, values: &Value, marks: Marks) -> Result<Rendered> {
        let words = Words::of(self.language);
        let texts = words.letter(self.kind);
        let fill = |phrase: &Phrase| phrase.fill(values);
        let fill_if = |is_said: bool, phrase| is_said.then(|| fill(phrase)).transpose();

        let works_once = self.kind == Kind::Invitation || self.kind.asks_for_proof();
        let (asks, is_done) = (self.kind.asks_for_proof(), is_done(self.kind));
        let has_link = self.link.is_some() && texts.button.is_some();
        let code = self.code.as_ref().filter(|_| asks);
        let paragraphs = texts
            .paragraphs
            .iter()
            .map(fill)
            .collect::<Result<Vec<_>>>()?;
        let with_device = if is_done {
            &words.shared.done_with
        } else {
            &words.shared.asked_with
        };
        let shared = &words.shared;
        let code_intro = match (has_link, marks.when_link) {
            (true, "") => fill(&shared.code_intro)?,
            (false, _) => fill(&shared.code_alone_intro)?,
            (true, when_link) => {
                let (beside, alone) = (fill(&shared.code_intro)?, fill(&shared.code_alone_intro)?);
                format!("{when_link}{beside}\n{{% else %}}\n{alone}\n{{% endif %}}")
            }
        };
        let advice = [
            fill_if(self.device.is_some(), with_device)?.map(|said| marks.around_device(said)),
            Some(fill(&texts.not_you)?),
            fill_if(asks, &words.shared.keep_secret)?,
        ];
        let advice = advice.into_iter().flatten();
        // Of something done, the advice is as important as the news, and the button serves it.
        let (paragraphs, notes) = if is_done {
            (paragraphs.into_iter().chain(advice).collect(), Vec::new())
        } else {
            (paragraphs, advice.collect())
        };
        let subject = fill(&texts.subject)?;
        let page = context! {
            lang => words.lang.as_str(),
            app => one_line(&self.app_name, DATA_MAX),
            subject => subject.as_str(),
            preheader => fill(&texts.preheader)?,
            heading => fill(&texts.heading)?,
            paragraphs => paragraphs,
            button => texts.button.as_ref().filter(|_| has_link).map(fill).transpose()?,
            link => self.link.as_deref(),
            link_intro => fill_if(has_link, &words.shared.link_intro)?,
            link_works => fill_if(has_link && works_once && self.link_minutes.is_some(), &words.shared.link_works)?,
            code => code.map(String::as_str),
            code_intro => code.map(|_| code_intro),
            code_works => fill_if(code.is_some() && self.code_minutes.is_some(), &words.shared.code_works)?,
            notes => notes,
            when_link => marks.when_link,
            when_code => marks.when_code,
            end => marks.end,
        };
        Ok(Rendered {
            subject,
            text: Layout::Text.fill(&page)?,
            html: Layout::Html.fill(&page)?,
        })
    }

    /// What the placeholders stand for. What the letter lacks is left out, so that a phrase that needs it is an error.
    pub(in crate::messages) fn values(&self) -> Result<Value> {
        let words = Words::of(self.language);
        let mut values = vec![("app", one_line(&self.app_name, DATA_MAX))];
        if let Some(minutes) = self.link_minutes {
            values.push(("link_time", words.time(self.language, minutes)?));
        }
        if let Some(minutes) = self.code_minutes {
            values.push(("code_time", words.time(self.language, minutes)?));
        }
        if let Some(detail) = &self.detail {
            let name = match self.kind {
                Kind::AddressChanged | Kind::AddressAdded | Kind::AddressRemoved => "address",
                Kind::Invitation => "invited_to",
                _ => "passkey",
            };
            values.push((name, unlinked(&one_line(detail, DATA_MAX))));
        }
        if let Some(device) = &self.device {
            let device = one_line(device, DATA_MAX);
            // It comes as English: `Chrome on Windows`.
            let device = match device.split_once(" on ") {
                Some((browser, system)) => {
                    let parts = Value::from_pairs([("browser", browser), ("system", system)]);
                    words.shared.device.fill(&parts)?
                }
                None => device,
            };
            values.push(("device", device));
        }
        Ok(Value::from_pairs(values))
    }
}

/// What stands around parts of a starting text that a letter may lack; empty in a letter itself.
#[derive(Clone, Copy, Default)]
pub(super) struct Marks {
    /// Before what needs a link.
    pub when_link: &'static str,
    /// Before what needs a code.
    pub when_code: &'static str,
    /// Before what needs a device.
    pub when_device: &'static str,
    /// After each of them.
    pub end: &'static str,
}

impl Marks {
    fn around_device(self, said: String) -> String {
        if self.when_device.is_empty() {
            return said;
        }
        format!("{}{said}\n{{% endif %}}", self.when_device)
    }
}

/// Whether the letter tells of something that happened, and not of a wish.
fn is_done(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::PasskeyAdded
            | Kind::PasskeyRemoved
            | Kind::AddressChanged
            | Kind::AddressAdded
            | Kind::AddressRemoved
            | Kind::AccountClaimed
    )
}

/// A text from outside on one line, of at most `most` characters, without those that turn the direction of what follows.
pub(in crate::messages) fn one_line(text: &str, most: usize) -> String {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() || c.is_whitespace() { ' ' } else { c })
        .filter(|c| {
            !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        })
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= most {
        return line;
    }
    line.chars().take(most - 1).chain(['…']).collect()
}

/// A text that mail programs do not make a link of: whoever plants a passkey on a stranger's address chooses its name,
/// and a name such as `https://evil.example` must not become something to press. Zero-width non-joiners part it.
pub(in crate::messages) fn unlinked(text: &str) -> String {
    let mut parted = String::with_capacity(text.len() + 12);
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        parted.push(c);
        if matches!(c, '.' | ':' | '@') && rest.peek().is_some_and(|next| *next != ' ') {
            parted.push('\u{200c}');
        }
    }
    parted
}
