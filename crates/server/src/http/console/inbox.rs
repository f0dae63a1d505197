//! An app's mails: on a server without a mail server, and of test apps, the mails themselves, which hold links that sign
//! people in; otherwise what became of those that were sent, without a word of what they say.

use askama::Template;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::IntoResponse;
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, When, show};
use crate::app::App;
use crate::domain::apps::AppRecord;
use crate::error::{Code, Error};
use crate::http::console::input::{Path, Query};
use crate::http::inbox::{self, Line, MOST, Mail};
use crate::ids::MessageId;
use crate::messages::{Channel, Kind, Message, State as MessageState};

/// The mail stands in a frame within the page and has its own styles there; nothing else is allowed that other pages do not
/// have.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
);

#[derive(Template)]
#[template(path = "console/inbox.html")]
struct InboxPage {
    frame: Frame,
    base: String,
    /// Why messages stay here, if they do.
    why_kept: Option<&'static str>,
    /// Whether messages leave this server.
    sends: bool,
    mails: Vec<Line>,
    /// Names the newest mail, so that the page knows whether there is a newer one.
    newest: String,
    deliveries: Vec<Delivery>,
    most: i64,
}

/// What became of a mail.
struct Delivery {
    recipient: String,
    about: &'static str,
    state: &'static str,
    attempts: i64,
    last_error: String,
    when: When,
    next: Option<When>,
}

#[derive(Template)]
#[template(path = "console/mail.html")]
struct MailPage {
    frame: Frame,
    base: String,
    mail: Mail,
}

/// What follows the page's path.
#[derive(Default, Deserialize)]
pub struct Params {
    newest: Option<String>,
}

/// The list.
pub async fn inbox(
    State(app): State<App>,
    visit: AppVisit,
    Query(params): Query<Params>,
) -> Answer {
    visit.require_not_console(&app)?;
    let why_kept = why_kept(&app, &visit.record);
    let leaves = |channel| app.config.has_carrier(channel);
    let sends = Channel::ALL.into_iter().any(leaves) && !visit.record.is_test_app();
    let id = visit.record.id.clone();
    let (kept, sent) = app
        .store
        .read(move |tx| {
            let sent = if sends {
                tx.list_messages_of(&id, MOST)?
            } else {
                Vec::new()
            };
            Ok((tx.list_kept_messages_of(&id, MOST)?, sent))
        })
        .await?;
    let mails = inbox::lines(&app, &kept).await?;
    let newest = mails
        .first()
        .map(|mail| mail.id.clone())
        .unwrap_or_default();
    if visit.visit.is_part && params.newest.as_ref() == Some(&newest) {
        // Nothing new: the list stays, and with it the place where somebody reads.
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let sent = sent
        .iter()
        .filter(|message| message.state != MessageState::Kept);
    Ok(show(&InboxPage {
        frame: Frame::about(&app, &visit, "inbox"),
        base: format!("/console/apps/{}/inbox", visit.record.id),
        why_kept,
        sends,
        mails,
        newest,
        deliveries: sent.map(delivery).collect(),
        most: MOST,
    }))
}

/// Why an app's messages stay here, as a sentence; `None` if they leave.
pub(super) fn why_kept(app: &App, record: &AppRecord) -> Option<&'static str> {
    if record.is_test_app() {
        return Some("The messages of a test app are never sent.");
    }
    app.config
        .why_kept(record.settings.allowed_identifier.channels())
}

fn delivery(message: &Message) -> Delivery {
    let is_waiting = message.state == MessageState::Waiting;
    Delivery {
        recipient: message.recipient.clone(),
        about: about(message.kind),
        state: message.state.as_str(),
        attempts: message.attempts,
        last_error: message.last_error.clone().unwrap_or_default(),
        when: When::of(message.finished_at.unwrap_or(message.created_at)),
        next: (is_waiting && message.attempts > 0).then(|| When::of(message.next_attempt_at)),
    }
}

/// What a mail is about, for a list.
pub(super) fn about(kind: Kind) -> &'static str {
    match kind {
        Kind::SignIn => "Sign in",
        Kind::SignUp => "Finish the sign-up",
        Kind::VerifyAddress => "Confirm the address",
        Kind::ChangeAddress => "Confirm the new address",
        Kind::PasskeyAdded => "A passkey was added",
        Kind::PasskeyRemoved => "A passkey was removed",
        Kind::AddressChanged => "The address was changed",
        Kind::AddressAdded => "An address was added",
        Kind::AddressRemoved => "An address was removed",
        Kind::AccountClaimed => "The account was claimed",
        Kind::NoAccount => "There is no account",
        Kind::AccountDeactivated => "The account is deactivated",
        Kind::AddressInUse => "The address is in use",
        Kind::Invitation => "Invitation",
    }
}

/// One mail that was kept.
pub async fn mail(
    State(app): State<App>,
    visit: AppVisit,
    Path((_, id)): Path<(String, String)>,
) -> Answer {
    visit.require_not_console(&app)?;
    let gone = || {
        Error::new(
            Code::NotFound,
            "This mail is not here, or what it offers has expired. The inbox lists the others.",
        )
    };
    let id: MessageId = id.parse().map_err(|_| gone())?;
    let found = app.store.read(move |tx| tx.find_message(&id)).await?;
    let own = found.filter(|message| message.app_id == visit.record.id);
    let own = own.ok_or_else(gone)?;
    let mail = inbox::open(&app, &own).await?.ok_or_else(gone)?;
    let page = show(&MailPage {
        frame: Frame::about(&app, &visit, "inbox"),
        base: format!("/console/apps/{}/inbox", visit.record.id),
        mail,
    });
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], page).into_response())
}
