//! What all pages of the Console have in common: the frame around them, their headers, and how a refusal looks.

use std::sync::Arc;

use askama::Template;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::guard::{AppVisit, Visit};
use super::inbox;
use crate::app::App;
use crate::domain::members::{Permission, Role};
use crate::error::{Code, Error};
use crate::time::Timestamp;

/// Scripts, styles and requests of this server only, and nobody may frame the pages.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Two years, as browsers ask for before they believe a site for good.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Middleware of all pages of the Console: their headers.
pub async fn harden(State(app): State<App>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    harden_headers(headers);
    if app.config.public_url.scheme() == "https" {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    response
}

fn harden_headers(headers: &mut HeaderMap) {
    const FIXED: [(HeaderName, &str); 6] = [
        // Not `no-referrer`: with it, browsers send `Origin: null` with our own forms (Fetch standard, section 3.1).
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        ),
    ];
    for (name, value) in FIXED {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page with a policy of its own, such as a mail, keeps it.
    headers
        .entry(header::CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static(POLICY));
}

/// The frame around a page: who looks at it, and which app it is about.
pub struct Frame {
    /// The visitor's address, if somebody is signed in.
    pub name: Option<String>,
    /// What every form carries.
    pub csrf: String,
    /// The app that the page is about.
    pub about: Option<About>,
    /// What was done just now, as a sentence.
    pub done: Option<&'static str>,
}

/// The app in the frame.
pub struct About {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What the visitor is to it.
    pub role: Role,
    /// Which of its pages this is: `overview`, `users`, `activity`, `fields`, `messages`, `settings`, `members`, `inbox`,
    /// `api-keys`, `audit`, `remove`.
    pub section: &'static str,
    /// Whether it is the Console's own.
    pub is_console: bool,
    /// Why its messages are kept here for the visitor to read, if they are.
    pub why_kept: Option<&'static str>,
}

impl Frame {
    /// For a page about no app.
    pub fn of(visit: &Visit) -> Self {
        let visitor = visit.visitor.as_ref();
        Frame {
            name: visitor.map(|visitor| visitor.user.display_name().to_owned()),
            csrf: visitor
                .map(|visitor| visitor.csrf.clone())
                .unwrap_or_default(),
            about: None,
            done: visitor.and_then(|_| done(&visit.target)),
        }
    }

    /// For a page about an app.
    pub fn about(app: &App, visit: &AppVisit, section: &'static str) -> Self {
        let is_console = app.is_console(&visit.record.id);
        Frame {
            about: Some(About {
                id: visit.record.id.to_string(),
                name: visit.record.name.clone(),
                role: visit.role,
                section,
                is_console,
                why_kept: inbox::why_kept(app, &visit.record)
                    .filter(|_| !is_console && visit.role.may(Permission::ReadMail)),
            }),
            ..Frame::of(&visit.visit)
        }
    }

    /// Whether the visitor may do something with the app; for templates.
    pub fn may(&self, permission: &str) -> bool {
        let permission = match permission {
            "users" => Permission::ManageUsers,
            "settings" => Permission::ChangeSettings,
            "keys" => Permission::ManageApiKeys,
            "members" => Permission::ManageMembers,
            "remove" => Permission::Remove,
            "mail" => Permission::ReadMail,
            _ => return false,
        };
        self.about
            .as_ref()
            .is_some_and(|about| about.role.may(permission))
    }
}

/// What was done just now: `?done=word` after a redirect, as one of the known sentences.
fn done(target: &str) -> Option<&'static str> {
    let query = target.split_once('?')?.1;
    let (_, word) =
        url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "done")?;
    DONE.iter()
        .find_map(|(known, sentence)| (*known == word).then_some(*sentence))
}

/// The sentences after something was done. Each page adds its own here, in the order of the alphabet.
const DONE: &[(&str, &str)] = &[
    (
        "api-key-revoked",
        "The key is revoked. Whatever uses it is refused.",
    ),
    (
        "app-created",
        "The app is made. Paste the two lines below into your login page.",
    ),
    ("app-claimed", "The app is yours now, with all its users."),
    (
        "app-put-right",
        "The app is made. Its authentication origin was put right: it is scheme, host and port alone, and localhost in place of an IP address. Open your pages there.",
    ),
    ("app-removed", "The app is deleted."),
    ("field-added", "The field is added."),
    ("field-changed", "The field is changed."),
    ("field-moved", "The order of the fields is changed."),
    (
        "field-removed",
        "The field is removed. What users have stored in it stays with them.",
    ),
    (
        "invitation-revoked",
        "The invitation is taken back. Its link opens nothing any more.",
    ),
    ("joined", "Welcome. The app is among yours now."),
    ("left", "You left the app."),
    ("member-changed", "The role is changed."),
    (
        "member-removed",
        "The member is removed, and sees the app no more.",
    ),
    ("operator", "You run this server now."),
    (
        "passkey-revoked",
        "The passkey is removed. It signs in no more.",
    ),
    ("session-ended", "The session is ended."),
    ("user-activated", "The user may sign in again."),
    (
        "template-reset",
        "The message says the built-in words again.",
    ),
    (
        "template-saved",
        "Saved. From now on the message says this.",
    ),
    (
        "user-deactivated",
        "The user is deactivated, and all their sessions are ended.",
    ),
    (
        "user-deleted",
        "The user is deleted with all that was theirs.",
    ),
    ("user-signed-out", "All sessions of the user are ended."),
];

/// Filters of the templates.
pub mod filters {
    /// A sentence as HTML, what stands between backticks as code.
    #[askama::filter_fn]
    pub fn sentence(
        text: impl std::fmt::Display,
        _: &dyn askama::Values,
    ) -> askama::Result<askama::filters::Safe<String>> {
        let escaped = askama::filters::escape(text.to_string(), askama::filters::Html)?.to_string();
        let mut html = String::with_capacity(escaped.len());
        for (at, part) in escaped.split('`').enumerate() {
            match at % 2 {
                0 => html.push_str(part),
                _ => html.extend(["<code>", part, "</code>"]),
            }
        }
        Ok(askama::filters::Safe(html))
    }
}

/// An instant for people: the page's script puts it into the reader's own zone.
pub struct When {
    /// RFC 3339.
    pub machine: String,
    /// The same in UTC, for readers without scripts.
    pub text: String,
}

impl When {
    /// Of an instant.
    pub fn of(at: Timestamp) -> Self {
        let machine = at.to_string();
        let text = match (machine.get(..10), machine.get(11..16)) {
            (Some(day), Some(minute)) => format!("{day} {minute} UTC"),
            _ => machine.clone(),
        };
        When { machine, text }
    }
}

/// For an address at which there is no page.
pub async fn nothing() -> Answer {
    Err(Error::new(
        Code::NotFound,
        "The Console has no page at this address. Go back to the start page.",
    )
    .into())
}

/// A page.
pub fn show(template: &impl Template) -> Response {
    show_with(StatusCode::OK, template)
}

/// A page with another status, such as a form with what is wrong in it.
pub fn show_with(status: StatusCode, template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => Error::internal(error).into_response(),
    }
}

/// The status of a refusal.
pub fn status_of(error: &Error) -> StatusCode {
    StatusCode::from_u16(error.code().status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// On to another page after something was done: 303.
pub fn go(target: &str) -> Response {
    Redirect::to(target).into_response()
}

/// On to another page, for htmx.
pub fn leave_to(target: &str) -> Response {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Ok(value) = HeaderValue::from_str(target) {
        response.headers_mut().insert("hx-redirect", value);
    }
    response
}

/// A text as part of a query.
pub fn encoded(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[derive(Template)]
#[template(path = "console/refusal.html")]
struct RefusalPage {
    frame: Frame,
    title: &'static str,
    text: String,
}

/// What handlers of the Console answer.
pub type Answer = Result<Response, Refusal>;

/// An error on its way to the guard, which draws it into the visitor's frame.
pub struct Refusal(Error);

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal(error)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut response = status_of(&self.0).into_response();
        response.extensions_mut().insert(Arc::new(self.0));
        response
    }
}

/// Draws the refusal of a handler, if the answer is one.
pub fn drawn(visit: &Visit, mut response: Response) -> Response {
    match response.extensions_mut().remove::<Arc<Error>>() {
        Some(error) => refusal(Some(visit), &error),
        None => response,
    }
}

/// A refusal as a page.
pub fn refusal(visit: Option<&Visit>, error: &Error) -> Response {
    if error.code().status() >= 500 {
        tracing::error!("a page of the Console failed: {error:?}");
    }
    let nobody = Frame {
        name: None,
        csrf: String::new(),
        about: None,
        done: None,
    };
    let page = RefusalPage {
        frame: Frame {
            done: None,
            ..visit.map_or(nobody, Frame::of)
        },
        title: match error.code() {
            Code::AppNotFound => "There is no such app here",
            Code::NotFound | Code::UserNotFound => "There is nothing here",
            Code::OperationNotAllowed if error.reason() == Some("link_used") => {
                "This link does not work any more"
            }
            Code::OperationNotAllowed => "This is not for you to do",
            Code::RateLimited => "Too many tries",
            code if code.status() >= 500 => "Something went wrong",
            _ => "This cannot be done",
        },
        text: error.message().to_owned(),
    };
    let mut response = show_with(status_of(error), &page);
    if let Some(seconds) = error.retry_after_seconds() {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
