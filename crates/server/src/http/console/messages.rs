//! What the app says in its messages: the list of all of them, and an editor for each (`messages/editor.rs`).

mod editor;

use askama::Template;
use axum::extract::State;

pub use self::editor::{FORM_MAX, edit, preview, reset, save, test};
use super::guard::AppVisit;
use super::inbox::about;
use super::page::{Answer, Frame, show};
use crate::app::App;
use crate::domain::message_templates::kinds;
use crate::messages::{Channel, Kind, Language};

#[derive(Template)]
#[template(path = "console/messages.html")]
struct ListPage {
    frame: Frame,
    groups: Vec<Group>,
    default_language: &'static str,
}

/// The messages of a channel.
struct Group {
    title: &'static str,
    about: &'static str,
    id: &'static str,
    lines: Vec<Line>,
}

/// One message.
struct Line {
    title: &'static str,
    about: &'static str,
    href: String,
    /// The languages in which it has words of the app.
    own: Vec<&'static str>,
}

/// The list.
pub async fn list(State(app): State<App>, visit: AppVisit) -> Answer {
    visit.require_not_console(&app)?;
    let id = visit.record.id.clone();
    let names = app
        .store
        .read(move |tx| tx.list_template_names(&id))
        .await?;
    let default = visit.record.default_language();
    let group = |channel: Channel| Group {
        title: title(channel),
        about: match channel {
            Channel::Email => {
                "A subject, an HTML part, and a plain-text part for programs that show no HTML."
            }
            Channel::Sms => {
                "To phone numbers. Every 160 letters cost one text message, every 70 with letters beyond the GSM alphabet."
            }
        },
        id: channel.as_str(),
        lines: kinds(channel)
            .into_iter()
            .map(|kind| Line {
                title: about(kind),
                about: occasion(kind),
                href: path(&visit, channel, kind, default),
                own: names
                    .iter()
                    .filter(|name| (name.0, name.1) == (channel, kind))
                    .map(|name| language_name(name.2))
                    .collect(),
            })
            .collect(),
    };
    Ok(show(&ListPage {
        groups: Channel::ALL.map(group).into(),
        default_language: language_name(default),
        frame: Frame::about(&app, &visit, "messages"),
    }))
}

/// Where a message is edited.
fn path(visit: &AppVisit, channel: Channel, kind: Kind, language: Language) -> String {
    format!(
        "/console/apps/{}/messages/{}/{}?language={}",
        visit.record.id,
        channel.as_str(),
        kind.as_str(),
        language.as_str()
    )
}

fn title(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "E-mail",
        Channel::Sms => "Text messages",
    }
}

/// A language's name in itself.
fn language_name(language: Language) -> &'static str {
    match language {
        Language::De => "Deutsch",
        Language::En => "English",
        Language::Es => "Español",
        Language::It => "Italiano",
        Language::Pl => "Polski",
        Language::Pt => "Português",
        Language::Zh => "中文",
    }
}

/// When a message is sent.
fn occasion(kind: Kind) -> &'static str {
    match kind {
        Kind::SignIn => "Somebody asks to sign in by link or code.",
        Kind::SignUp => "Somebody signs up by link or code.",
        Kind::VerifyAddress => "A user proves the address of their account.",
        Kind::ChangeAddress => "A user wants another address; sent to the new one.",
        Kind::PasskeyAdded => "The account has one more passkey.",
        Kind::PasskeyRemoved => "A passkey of the account was removed.",
        Kind::AddressChanged => "The account has another address; sent to the old one.",
        Kind::AddressAdded => "The account has one more address or number; sent to the other one.",
        Kind::AddressRemoved => "The account has one address or number less.",
        Kind::AccountClaimed => {
            "The address was proven for the first time, and what others had put on the account is gone."
        }
        Kind::NoAccount => {
            "Only where the app tells nobody who has an account: somebody wants to sign in and has none."
        }
        Kind::AccountDeactivated => {
            "Only where the app tells nobody who has an account: the account is deactivated."
        }
        Kind::AddressInUse => {
            "Only where the app tells nobody who has an account: another user wants this address."
        }
        Kind::Invitation => "Somebody is invited to the Console.",
    }
}
