//! Inboxes: mails that stay on this server, drawn for whoever may read them. They hold links that sign people in, so each
//! page that shows them decides first who that is: `example/inbox.rs` on loopback, `test_apps.rs` by the claim secret, the
//! Console by role.

use askama::Template;
use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;

use crate::app::App;
use crate::error::{Error, Result};
use crate::messages::templates::{self, Written};
use crate::messages::{Letter, Message, State};
use crate::time::Timestamp;

/// Mails that are listed at most.
pub const MOST: i64 = 100;

/// Scripts and styles of these pages only; the mail's own styles stand in its page, and nothing is loaded from elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; connect-src 'self'; \
                      img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Two years.
const HTTPS_ONLY: &str = "max-age=63072000";

/// Whose inbox it is, as its pages say it.
pub struct Inbox {
    /// What stands at the top.
    pub brand: String,
    /// A way out of the inbox: its words and its address.
    pub way_out: (&'static str, String),
    /// Path of the list; a mail's id follows after a slash.
    pub path: String,
    /// What follows the path, with its question mark.
    pub query: String,
    /// Why the mails are here.
    pub explanation: String,
    /// How the first one comes.
    pub how: String,
}

/// One mail in the list.
pub struct Line {
    /// Names the mail.
    pub id: String,
    /// To whom.
    pub to: String,
    /// About what.
    pub subject: String,
    /// In the name of which app.
    pub app: String,
    /// When, RFC 3339.
    pub at: String,
    /// How long ago in words.
    pub ago: String,
}

/// One mail.
pub struct Mail {
    /// As it is listed.
    pub line: Line,
    /// What it asks to open.
    pub link: Option<String>,
    /// What it asks to type.
    pub code: Option<String>,
    /// Its plain text.
    pub text: String,
    /// Its page, with links that open in a tab of their own.
    pub html: String,
}

#[derive(Template)]
#[template(path = "inbox/list.html")]
struct ListPage<'a> {
    inbox: &'a Inbox,
    mails: Vec<Line>,
}

#[derive(Template)]
#[template(path = "inbox/mail.html")]
struct MailPage<'a> {
    inbox: &'a Inbox,
    mail: Mail,
}

#[derive(Template)]
#[template(path = "inbox/missing.html")]
struct MissingPage<'a> {
    sentence: &'a str,
}

/// The script of these pages, for every listener that draws them.
pub fn script<S: Clone + Send + Sync + 'static>() -> Router<S> {
    let script = async || {
        (
            [
                (header::CONTENT_TYPE, "text/javascript; charset=utf-8"),
                (header::CACHE_CONTROL, "no-cache"),
                (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            ],
            include_str!("../../templates/inbox/inbox.js"),
        )
    };
    Router::new().route("/inbox.js", get(script))
}

/// The page that lists mails.
pub async fn list_page(app: &App, inbox: &Inbox, kept: &[Message]) -> Result<Response> {
    let mails = lines(app, kept).await?;
    page(app, StatusCode::OK, &ListPage { inbox, mails })
}

/// The page of one mail, or the one that says that it is not here.
pub async fn mail_page(app: &App, inbox: &Inbox, found: Option<&Message>) -> Result<Response> {
    let mail = match found {
        Some(message) => open(app, message).await?,
        None => None,
    };
    match mail {
        Some(mail) => page(app, StatusCode::OK, &MailPage { inbox, mail }),
        None => missing_page(
            app,
            "This mail is not here, or what it offers has expired. Go back to the list for the others.",
        ),
    }
}

/// The page that says that there is nothing, and what to do.
pub fn missing_page(app: &App, sentence: &str) -> Result<Response> {
    page(app, StatusCode::NOT_FOUND, &MissingPage { sentence })
}

/// What a list shows of kept messages; what has expired and only waits to be forgotten is left out.
pub async fn lines(app: &App, kept: &[Message]) -> Result<Vec<Line>> {
    let mut lines = Vec::new();
    for message in kept {
        if let Some(letter) = usable(app, message)? {
            let written = templates::find_and_write(app, message, letter).await?;
            lines.push(line(app, message, &written.letter, written.words.subject));
        }
    }
    Ok(lines)
}

/// What a kept message says; `None` if it has expired or is not kept.
pub async fn open(app: &App, message: &Message) -> Result<Option<Mail>> {
    let Some(letter) = usable(app, message)? else {
        return Ok(None);
    };
    let Written { letter, words, .. } = templates::find_and_write(app, message, letter).await?;
    Ok(Some(Mail {
        line: line(app, message, &letter, words.subject),
        link: letter.link,
        code: letter.code,
        text: words.text,
        html: opening_outside(&words.html),
    }))
}

fn usable(app: &App, message: &Message) -> Result<Option<Letter>> {
    if message.state != State::Kept || message.expires_at <= app.clock.now() {
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

fn page(app: &App, status: StatusCode, template: &impl Template) -> Result<Response> {
    let html = template.render().map_err(Error::internal)?;
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if app.config.public_url.scheme() == "https" {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static(HTTPS_ONLY),
        );
    }
    Ok(response)
}
