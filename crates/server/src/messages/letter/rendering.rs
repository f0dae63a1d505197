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
        match Channel::of(&self.to) {
            Channel::Email => self.mail(),
            Channel::Sms => self.text_message(),
        }
    }

    fn mail(&self) -> Result<Rendered> {
        let words = Words::of(self.language);
        let texts = words.letter(self.kind);
        let values = self.values(words)?;
        let fill = |phrase: &Phrase| phrase.fill(&values);
        let fill_if = |is_said: bool, phrase| is_said.then(|| fill(phrase)).transpose();

        let works_once = self.kind == Kind::Invitation || asks_for_proof(self.kind);
        let (asks, is_done) = (asks_for_proof(self.kind), is_done(self.kind));
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
        let code_intro = if has_link {
            &words.shared.code_intro
        } else {
            &words.shared.code_alone_intro
        };
        let advice = [
            fill_if(self.device.is_some(), with_device)?,
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
            code_intro => fill_if(code.is_some(), code_intro)?,
            code_works => fill_if(code.is_some() && self.code_minutes.is_some(), &words.shared.code_works)?,
            notes => notes,
        };
        Ok(Rendered {
            subject,
            text: Layout::Text.fill(&page)?,
            html: Layout::Html.fill(&page)?,
        })
    }

    /// What the placeholders stand for. What the letter lacks is left out, so that a phrase that needs it is an error.
    fn values(&self, words: &Words) -> Result<Value> {
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

/// Whether the letter carries a secret that proves the address.
pub(super) fn asks_for_proof(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::SignIn | Kind::SignUp | Kind::VerifyAddress | Kind::ChangeAddress
    )
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
pub(super) fn one_line(text: &str, most: usize) -> String {
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
fn unlinked(text: &str) -> String {
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
