//! Health for operators, and the API's reference for developers.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use axum::{Router, routing};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::respond::{ErrorBody, Json};
use crate::app::App;
use crate::error::{Error, Result, StoreFailure};

/// Nothing but the stylesheet and the empty icon.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'none'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// Routes that the reference describes.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_readiness))
}

/// State of the process.
#[derive(Serialize, ToSchema)]
pub struct Health {
    status: &'static str,
}

/// State of the process and of what it needs.
#[derive(Serialize, ToSchema)]
pub struct Readiness {
    status: &'static str,
    /// That a row could be written and read.
    database: &'static str,
}

/// `reason` of a server whose database does not answer.
const DATABASE_UNAVAILABLE: &str = "database_unavailable";

/// `reason` of a server whose database takes no writes.
const DATABASE_BROKEN: &str = "database_broken";

/// Whether the process runs.
#[utoipa::path(get, path = "/healthz", tag = "operation", responses((status = 200, body = Health)))]
pub async fn get_health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Whether the database can be read and written; if not, `reason` says whether it does not answer (`database_unavailable`) or
/// refuses (`database_broken`), and the server's log says why.
#[utoipa::path(get, path = "/readyz", tag = "operation", responses((status = 200, body = Readiness), (status = 503, body = ErrorBody)))]
pub async fn get_readiness(State(app): State<App>) -> Result<Json<Readiness>> {
    app.store.ping().await.map_err(|error| {
        let (reason, sentence) = match error.store_failure() {
            Some(StoreFailure::Broken | StoreFailure::Conflict) => (
                DATABASE_BROKEN,
                "The database refuses to be written or read. The server's log says why.",
            ),
            _ => (
                DATABASE_UNAVAILABLE,
                "The database cannot be read and written at the moment.",
            ),
        };
        Error::unavailable(sentence, 5)
            .with_reason(reason)
            .with_cause(error)
    })?;
    Ok(Json(Readiness {
        status: "ok",
        database: "ok",
    }))
}

/// One operation of the reference page.
struct Operation {
    method: String,
    path: String,
    summary: String,
}

#[derive(Template)]
#[template(path = "pages/reference.html")]
struct Reference {
    groups: Vec<(String, Vec<Operation>)>,
}

/// `/openapi.json` and the page that draws it.
pub fn reference(document: OpenApi) -> Router<App> {
    let document: Arc<str> = document.to_json().expect("the description is JSON").into();
    let page: Arc<str> = draw(&document).into();
    let json = move || async move {
        (
            [
                (header::CONTENT_TYPE, "application/json"),
                (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
            ],
            document.to_string(),
        )
    };
    let html = move || async move { guarded(page.to_string()) };
    Router::new()
        .route("/openapi.json", routing::get(json))
        .route("/docs", routing::get(html))
        .route("/", routing::get(index))
}

fn draw(document: &str) -> String {
    let document: serde_json::Value =
        serde_json::from_str(document).expect("the description is JSON");
    let mut groups: Vec<(String, Vec<Operation>)> = Vec::new();
    for tag in document["tags"].as_array().into_iter().flatten() {
        groups.push((
            tag["name"].as_str().unwrap_or_default().to_owned(),
            Vec::new(),
        ));
    }
    for (path, methods) in document["paths"].as_object().into_iter().flatten() {
        for (method, operation) in methods.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or_default();
            if let Some((_, operations)) = groups.iter_mut().find(|(name, _)| name == tag) {
                operations.push(Operation {
                    method: method.to_uppercase(),
                    path: path.clone(),
                    // Summaries are Markdown; the page is not.
                    summary: operation["summary"]
                        .as_str()
                        .unwrap_or_default()
                        .replace('`', ""),
                });
            }
        }
    }
    Reference { groups }
        .render()
        .expect("the page has no failing part")
}

#[derive(Template)]
#[template(path = "pages/index.html")]
struct Index {
    public_origin: String,
    example_address: Option<String>,
    makes_test_apps: bool,
}

/// A page of this server without scripts and forms, which nobody may frame.
fn guarded(html: String) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    (headers, Html(html)).into_response()
}

/// The first page that somebody sees who opens the server's address.
async fn index(State(app): State<App>) -> Response {
    let example_address = app
        .config
        .example_listen
        .map(|address| format!("http://localhost:{}", address.port()));
    let page = Index {
        public_origin: app.config.public_origin(),
        example_address,
        makes_test_apps: app.config.makes_test_apps(),
    };
    match page.render() {
        Ok(html) => guarded(html),
        Err(error) => Error::internal(error).into_response(),
    }
}
