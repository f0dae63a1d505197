//! Who may ask for what: each route of the Console says what it needs where it is made, and nothing is answered without.
//!
//! A request passes, in this order: the address that the cookie belongs to, `Origin` of what changes things, the cookie, what
//! the route needs, the CSRF token. What a page reads of its app comes from the same snapshot as the permission.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::handler::Handler;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{self, MethodRouter};
use axum::{Extension, Router};

use super::cookie;
use super::page;
use crate::app::App;
use crate::domain::apps::{self, AppRecord};
use crate::domain::console::{self, Visitor};
use crate::domain::events::Client;
use crate::domain::members::{self, Permission, Role};
use crate::error::{Code, Error, Result};
use crate::http::body;
use crate::http::caller;
use crate::ids::AppId;

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: whoever comes.
    Nobody,
    /// Somebody who is signed in.
    Member,
    /// Somebody who may do this with the app that the path names.
    App(Permission),
}

/// A route and what it needs.
#[derive(Clone, Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The path's template.
    pub path: &'static str,
    /// What it needs.
    pub needs: Needs,
}

/// Routes of the Console, each with what it needs.
pub struct Routes {
    app: App,
    router: Router<App>,
    /// All that were added.
    pub list: Vec<Route>,
}

impl Routes {
    /// None yet.
    pub fn new(app: App) -> Self {
        Routes {
            app,
            router: Router::new(),
            list: Vec::new(),
        }
    }

    /// Adds a page.
    pub fn get<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::GET, path, needs, body::LIMIT, routing::get(handler))
    }

    /// Adds something that changes things.
    pub fn post<H, T>(self, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.post_up_to(body::LIMIT, path, needs, handler)
    }

    /// The same with a form of at most `most` bytes.
    pub fn post_up_to<H, T>(self, most: usize, path: &'static str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, App>,
        T: 'static,
    {
        self.add(Method::POST, path, needs, most, routing::post(handler))
    }

    fn add(
        mut self,
        method: Method,
        path: &'static str,
        needs: Needs,
        most: usize,
        handler: MethodRouter<App>,
    ) -> Self {
        let guard = from_fn_with_state((self.app.clone(), needs, most), guard);
        self.router = self.router.route(path, handler.layer(guard));
        self.list.push(Route {
            method,
            path,
            needs,
        });
        self
    }

    /// The router, with what every answer of the Console carries.
    pub fn into_router(self) -> Router<App> {
        self.router
            .layer(from_fn_with_state(self.app, page::harden))
    }
}

/// Who asks, and from where; an extractor for every handler of the Console.
#[derive(Clone)]
pub struct Visit {
    /// Who sent the request.
    pub client: Client,
    /// Who is signed in.
    pub visitor: Option<Visitor>,
    /// The path and query that were asked for.
    pub target: String,
    /// Whether htmx asks, for a part of a page.
    pub is_part: bool,
}

impl Visit {
    /// Who is signed in, where the route needs somebody.
    pub fn visitor(&self) -> &Visitor {
        self.visitor
            .as_ref()
            .expect("the guard let nobody in who is not signed in")
    }
}

/// The app that a page is about, and what the visitor is to it; an extractor where the route needs [`Needs::App`].
#[derive(Clone)]
pub struct AppVisit {
    /// Who asks.
    pub visit: Visit,
    /// The app.
    pub record: AppRecord,
    /// What the visitor is to it.
    pub role: Role,
}

impl AppVisit {
    /// Answers that there is no such page, where the Console's own app has none.
    pub fn require_not_console(&self, app: &App) -> Result<()> {
        if app.is_console(&self.record.id) {
            return Err(Error::new(
                Code::NotFound,
                "The Console's own app has no such page.",
            ));
        }
        Ok(())
    }
}

macro_rules! from_guard {
    ($($name:ident),*) => {$(
        impl FromRequestParts<App> for $name {
            type Rejection = Error;

            async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
                let found = Extension::<$name>::from_request_parts(parts, app).await;
                let Extension(found) = found.map_err(|_| {
                    Error::internal(anyhow::anyhow!(concat!("the guard left no ", stringify!($name))))
                })?;
                Ok(found)
            }
        }
    )*};
}
from_guard!(Visit, AppVisit);

async fn guard(
    State((app, needs, most)): State<(App, Needs, usize)>,
    request: Request,
    next: Next,
) -> Response {
    let is_part = request.headers().contains_key("hx-request");
    match admit(&app, needs, most, request).await {
        Ok(Admission::Admitted(visit, request)) => page::drawn(&visit, next.run(*request).await),
        Ok(Admission::Elsewhere(target)) if is_part => page::leave_to(&target),
        Ok(Admission::Elsewhere(target)) => page::go(&target),
        Ok(Admission::Refused(visit, error)) => page::refusal(Some(&visit), &error),
        Err(error) => page::refusal(None, &error),
    }
}

enum Admission {
    Admitted(Box<Visit>, Box<Request>),
    Elsewhere(String),
    Refused(Box<Visit>, Error),
}

async fn admit(app: &App, needs: Needs, most: usize, request: Request) -> Result<Admission> {
    let (mut parts, body) = request.into_parts();
    let is_safe = parts.method == Method::GET || parts.method == Method::HEAD;
    let target = parts
        .uri
        .path_and_query()
        .map_or("/console", |target| target.as_str())
        .to_owned();
    if !is_at_home(app, &parts.headers) && is_safe {
        // Passkeys and the cookie belong to the public address, whatever other name leads here.
        return Ok(Admission::Elsewhere(format!(
            "{}{target}",
            app.config.public_origin()
        )));
    }
    if !is_safe {
        require_own_origin(app, &parts.headers)?;
    }
    let app_id = match needs {
        Needs::App(_) => app_id(&mut parts, app).await,
        Needs::Nobody | Needs::Member => None,
    };
    let mut found = None;
    if let Some(cookie) = cookie::read(app, &parts.headers) {
        let (wanted, server) = (app_id, app.clone());
        let is_use = !parts.headers.contains_key("hx-request");
        found = console::visit(app, cookie, is_use, move |tx, visitor| {
            let Some(id) = &wanted else { return Ok(None) };
            let (user_id, is_operator) = (&visitor.user.id, visitor.is_operator);
            let Some(role) = members::role_in(&server, tx, user_id, is_operator, id)? else {
                return Ok(None);
            };
            Ok(tx.find_app(id)?.map(|record| (record, role)))
        })
        .await?;
    }
    let (visitor, about) = match found {
        Some((visitor, about)) => (Some(visitor), about),
        None => (None, None),
    };
    let visit = Visit {
        client: caller::client(&app.config, &parts),
        visitor,
        target,
        is_part: parts.headers.contains_key("hx-request"),
    };
    if visit.visitor.is_none() && needs != Needs::Nobody {
        let back = match is_safe && !visit.is_part {
            true => visit.target,
            false => open_page(app, &parts.headers),
        };
        let ended = if is_safe { "" } else { "&ended" };
        let next = page::encoded(&back);
        return Ok(Admission::Elsewhere(format!(
            "/console/sign-in?next={next}{ended}"
        )));
    }
    if let Needs::App(permission) = needs {
        // Whether an app exists that somebody has nothing to do with is none of their business.
        let Some((record, role)) = about else {
            return Ok(Admission::Refused(Box::new(visit), apps::not_found()));
        };
        if let Err(refusal) = role.require(permission) {
            return Ok(Admission::Refused(Box::new(visit), refusal));
        }
        parts.extensions.insert(AppVisit {
            visit: visit.clone(),
            record,
            role,
        });
    }
    let body = if !is_safe && needs != Needs::Nobody {
        let bytes = body::read_up_to(most, Request::new(body)).await?;
        if !has_csrf_token(&visit, &parts.headers, &bytes) {
            let error = Error::forbidden(
                "csrf_token",
                "This form is out of date, or was not sent by the Console. Load the page again and repeat it.",
            );
            return Ok(Admission::Refused(Box::new(visit), error));
        }
        Body::from(bytes)
    } else {
        body
    };
    parts.extensions.insert(visit.clone());
    let request = Request::from_parts(parts, body);
    Ok(Admission::Admitted(Box::new(visit), Box::new(request)))
}

/// The page that somebody had open who sent a form, or a part of which asks by itself.
fn open_page(app: &App, headers: &HeaderMap) -> String {
    let referrer = headers
        .get("hx-current-url")
        .or(headers.get(header::REFERER));
    let own = app.config.public_origin();
    let path = referrer
        .and_then(|url| url.to_str().ok())
        .and_then(|url| url.strip_prefix(&own));
    path.filter(|path| path.starts_with('/'))
        .unwrap_or("/console")
        .to_owned()
}

/// Whether the request came to the address under which the server is known.
fn is_at_home(app: &App, headers: &HeaderMap) -> bool {
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default()
        .to_ascii_lowercase();
    let bare = host
        .strip_suffix(":443")
        .or_else(|| host.strip_suffix(":80"))
        .unwrap_or(&host);
    host == app.config.public_host() || bare == app.config.public_host()
}

/// Refuses what another page sent: browsers say by `Origin` where a form stands (RFC 6454 §7).
fn require_own_origin(app: &App, headers: &HeaderMap) -> Result<()> {
    let own = app.config.public_origin();
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (Some(origin), None) if origin.as_bytes() == own.as_bytes() => Ok(()),
        _ => Err(Error::forbidden(
            "origin_not_allowed",
            format!("The Console takes forms from its own pages only. Open it at {own}/console."),
        )),
    }
}

async fn app_id(parts: &mut Parts, app: &App) -> Option<AppId> {
    let params = RawPathParams::from_request_parts(parts, app).await.ok()?;
    let mut values = params.iter().filter(|(name, _)| *name == "app_id");
    values.next()?.1.parse().ok()
}

fn has_csrf_token(visit: &Visit, headers: &HeaderMap, body: &Bytes) -> bool {
    let Some(visitor) = &visit.visitor else {
        return false;
    };
    let in_header = headers
        .get("x-csrf-token")
        .is_some_and(|token| token.as_bytes() == visitor.csrf.as_bytes());
    in_header
        || url::form_urlencoded::parse(body)
            .any(|(name, value)| name == "csrf" && value == visitor.csrf.as_str())
}
