//! The files by which Android and iOS learn that an app on a telephone belongs to a domain: for one app of this server, at an
//! address to which the site's own server may pass the request, and for a host that is an RP ID and is served from here.
//!
//! Both systems take the file only as JSON, with 200 and without a redirect.

use axum::extract::State;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::AppCall;
use super::respond::ErrorBody;
use crate::app::App;
use crate::domain::apps::native::{self, SiteAssociation, Statement};
use crate::error::{Code, Error, Result};

/// Where telephones ask for the files on the host itself.
pub const PATHS: [&str; 2] = [
    "/.well-known/assetlinks.json",
    "/.well-known/apple-app-site-association",
];

/// Telephones and Apple's network keep the files much longer anyway.
const CACHE: &str = "public, max-age=300";

/// All routes of the files.
pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(get_asset_links))
        .routes(routes!(get_site_association))
        .routes(routes!(get_asset_links_of_host))
        .routes(routes!(get_site_association_of_host))
}

/// Digital Asset Links for the Android apps of an app.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/.well-known/assetlinks.json",
    tag = "native",
    params(("app_id" = String, Path)),
    responses((status = 200, body = Vec<Statement>), (status = 404, body = ErrorBody))
)]
pub async fn get_asset_links(call: AppCall) -> Result<Response> {
    match native::asset_links(&[&*call.loaded]) {
        Some(statements) => file(&statements),
        None => Err(none("This app has no Android app", "Android apps")),
    }
}

/// The association file for the iOS apps of an app.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/.well-known/apple-app-site-association",
    tag = "native",
    params(("app_id" = String, Path)),
    responses((status = 200, body = SiteAssociation), (status = 404, body = ErrorBody))
)]
pub async fn get_site_association(call: AppCall) -> Result<Response> {
    match native::site_association(&[&*call.loaded]) {
        Some(association) => file(&association),
        None => Err(none("This app has no iOS app", "iOS apps")),
    }
}

/// Digital Asset Links for the host that is asked: the Android apps of all apps whose RP ID it is.
#[utoipa::path(
    get,
    path = "/.well-known/assetlinks.json",
    tag = "native",
    responses((status = 200, body = Vec<Statement>), (status = 404, body = ErrorBody))
)]
pub async fn get_asset_links_of_host(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let host = host(&uri, &headers);
    let apps = native::of_host(&app, &host).await?;
    match native::asset_links(&apps.iter().collect::<Vec<_>>()) {
        Some(statements) => file(&statements),
        None => Err(none(&no_app_of(&host, "Android"), "Android apps")),
    }
}

/// The association file for the host that is asked: the iOS apps of all apps whose RP ID it is.
#[utoipa::path(
    get,
    path = "/.well-known/apple-app-site-association",
    tag = "native",
    responses((status = 200, body = SiteAssociation), (status = 404, body = ErrorBody))
)]
pub async fn get_site_association_of_host(
    State(app): State<App>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response> {
    let host = host(&uri, &headers);
    let apps = native::of_host(&app, &host).await?;
    match native::site_association(&apps.iter().collect::<Vec<_>>()) {
        Some(association) => file(&association),
        None => Err(none(&no_app_of(&host, "iOS"), "iOS apps")),
    }
}

/// The host that was asked for, without its port and as RP IDs are spelt.
fn host(uri: &Uri, headers: &HeaderMap) -> String {
    let named = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .and_then(|host| host.parse::<Authority>().ok());
    let authority = uri.authority().or(named.as_ref());
    authority
        .map(|authority| authority.host().to_ascii_lowercase())
        .unwrap_or_default()
}

fn file(content: &impl Serialize) -> Result<Response> {
    let body = serde_json::to_vec(content).map_err(Error::internal)?;
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (header::CACHE_CONTROL, CACHE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    Ok((headers, body).into_response())
}

fn no_app_of(host: &str, system: &str) -> String {
    let host = host.escape_default();
    format!("No app with the RP ID `{host}` has an {system} app")
}

fn none(what: &str, setting: &str) -> Error {
    let message =
        format!("{what}. List it under \"{setting}\" in the settings of the app in the Console.");
    Error::new(Code::NotFound, message)
}
