//! The inbox: mails of a server on this machine that has no mail server, for whoever tries it out.
//!
//! It shows links that sign people in, and so exists only while `public_url` is loopback, on the example listener, which
//! answers for loopback names only.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};

use super::{Example, page};
use crate::app::App;
use crate::error::Result;
use crate::ids::MessageId;
use crate::messages::{Letter, Message, State as MessageState};
use crate::time::Timestamp;

/// Mails that are listed at most.
const MOST: i64 = 100;

/// Scripts and styles of these pages only; the mail's own styles stand in its page, and nothing is loaded from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "example/inbox.html")]
struct InboxPage {
    mails: Vec<Line>,
}

/// One mail in the list.
struct Line {
    id: String,
    to: String,
    subject: String,
    app: String,
    at: String,
    ago: String,
}

#[derive(Template)]
#[template(path = "example/inbox_mail.html")]
struct MailPage {
    line: Line,
    link: Option<String>,
    code: Option<String>,
    text: String,
    html: String,
}

/// Routes of the inbox.
pub fn routes() -> Router<Example> {
    let script = async || {
        (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
            ],
            include_str!("../../../templates/example/inbox.js"),
        )
    };
    Router::new()
        .route("/inbox", routing::get(inbox))
        .route("/inbox.js", routing::get(script))
        .route("/inbox/{id}", routing::get(mail))
}

async fn inbox(State(example): State<Example>) -> Result<Response> {
    let app = &example.app;
    let kept = app
        .store
        .read(|tx| tx.list_messages_in_state(MessageState::Kept, MOST))
        .await?;
    let mut mails = Vec::new();
    for message in kept {
        if let Some(letter) = usable(app, &message)? {
            mails.push(line(app, &message, &letter, letter.render()?.subject));
        }
    }
    Ok(guarded(page(&InboxPage { mails })?))
}

async fn mail(State(example): State<Example>, Path(id): Path<String>) -> Result<Response> {
    let app = &example.app;
    let found = match id.parse::<MessageId>() {
        Ok(id) => app.store.read(move |tx| tx.find_message(&id)).await?,
        Err(_) => None,
    };
    let found = found.filter(|message| message.state == MessageState::Kept);
    let letter = found
        .as_ref()
        .map(|message| usable(app, message))
        .transpose()?;
    let (Some(message), Some(Some(letter))) = (found, letter) else {
        let gone =
            "This mail is not here, or what it offers has expired. Go to /inbox for the others.";
        return Ok(guarded((StatusCode::NOT_FOUND, gone).into_response()));
    };
    let words = letter.render()?;
    let page = page(&MailPage {
        line: line(app, &message, &letter, words.subject),
        link: letter.link,
        code: letter.code,
        text: words.text,
        html: opening_outside(&words.html),
    })?;
    Ok(guarded(page))
}

/// The letter of a kept message, unless it has expired and only waits to be forgotten.
fn usable(app: &App, message: &Message) -> Result<Option<Letter>> {
    if message.expires_at <= app.clock.now() {
        return Ok(None);
    }
    message.letter(app)
}

fn line(app: &App, message: &Message, letter: &Letter, subject: String) -> Line {
    Line {
        id: message.id.to_string(),
        to: letter.to.clone(),
        subject,
        app: letter.app_name.clone(),
        at: message.created_at.to_string(),
        ago: ago(message.created_at, app.clock.now()),
    }
}

/// How long ago in words.
fn ago(then: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(then).as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3600 => format!("{} min ago", seconds / 60),
        _ => format!("{} h ago", seconds / 3600),
    }
}

/// The mail's page with links that open in a tab of their own, as in a mail program.
fn opening_outside(html: &str) -> String {
    const BASE: &str = "<base target=\"_blank\">";
    match html.find("<head>") {
        Some(at) => {
            let (before, after) = html.split_at(at + "<head>".len());
            format!("{before}{BASE}{after}")
        }
        None => format!("{BASE}{html}"),
    }
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, header::HeaderValue::from_static(value));
    }
    response
}
