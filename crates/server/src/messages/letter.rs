//! What a message says; [`Letter::render`] puts it into words, which stand in `templates/mail/`.

mod rendering;
#[cfg(test)]
mod tests;
mod text_message;
mod words;

use serde::{Deserialize, Serialize};

use super::Kind;

/// Passage's seven languages of messages (`passage/tokens-and-browser.md` B6).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// Italian.
    It,
    /// Polish.
    Pl,
    /// Portuguese.
    Pt,
    /// Chinese, simplified.
    Zh,
}

impl Language {
    /// The language that a BCP 47 tag such as `pt-BR` begins with, if messages speak it.
    pub fn of_tag(tag: &str) -> Option<Self> {
        let first = tag.split(['-', '_']).next().unwrap_or_default();
        Language::ALL
            .into_iter()
            .find(|language| first.eq_ignore_ascii_case(language.as_str()))
    }
}

/// One message to one person, before it is put into words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// What it is about.
    pub kind: Kind,
    /// In which language.
    pub language: Language,
    /// E-mail address or phone number (E.164) of the recipient; a number gets a text message.
    pub to: String,
    /// What people know the app by.
    pub app_name: String,
    /// The link to open: for signing in and up, for proving and changing an address, for an invitation; where to sign in
    /// otherwise.
    pub link: Option<String>,
    /// Minutes that the link works.
    pub link_minutes: Option<u32>,
    /// The six digits that work in place of the link, or without one.
    pub code: Option<String>,
    /// Minutes that the code works.
    pub code_minutes: Option<u32>,
    /// What it is about in particular: the passkey's name, the new address with most of it hidden, or the app of an
    /// invitation.
    pub detail: Option<String>,
    /// The browser and system of whoever caused it, such as `Chrome on Windows`.
    pub device: Option<String>,
    /// Host of the page that asks for the code: set in text messages when they are stored, so that a phone offers the code
    /// to that page only.
    pub host: Option<String>,
}

/// A letter in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// One line; empty for a text message.
    pub subject: String,
    /// The plain-text part, or the text message.
    pub text: String,
    /// The HTML part; empty for a text message.
    pub html: String,
}

impl Letter {
    /// A letter that says no more than its kind.
    pub fn about(kind: Kind, language: Language, to: &str, app_name: &str) -> Self {
        Letter {
            kind,
            language,
            to: to.to_owned(),
            app_name: app_name.to_owned(),
            link: None,
            link_minutes: None,
            code: None,
            code_minutes: None,
            detail: None,
            device: None,
            host: None,
        }
    }
}
