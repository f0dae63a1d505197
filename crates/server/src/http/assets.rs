//! The web build, embedded: the elements and the stylesheet of the pages that the server draws.

use std::sync::Arc;

use axum::Router;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::app::App;
use crate::error::{Code, Error};

#[derive(RustEmbed)]
#[folder = "../../web/elements/dist"]
struct Elements;

#[derive(RustEmbed)]
#[folder = "../../web/console/dist"]
struct Pages;

/// Routes of the main listener.
pub fn routes() -> Router<App> {
    Router::new()
        .route(
            "/web.js",
            get(async |headers: HeaderMap| answer(Elements::get("web.js"), &headers)),
        )
        .route(
            "/elements/{*file}",
            get(async |Path(file): Path<String>, headers: HeaderMap| {
                answer(Elements::get(&format!("elements/{file}")), &headers)
            }),
        )
        .merge(stylesheet())
}

/// The stylesheet, for every listener that draws pages.
pub fn stylesheet<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route(
        "/console/console.css",
        get(async |headers: HeaderMap| answer(Pages::get("console.css"), &headers)),
    )
}

/// A file of the build, readable from any page, asked for again when it changed.
fn answer(file: Option<EmbeddedFile>, request: &HeaderMap) -> Response {
    let Some(file) = file else {
        return Error::new(
            Code::NotFound,
            "There is no such script. The elements are in /web.js and /elements/passkey-table.js.",
        )
        .into_response();
    };
    let tag = format!(
        "\"{}\"",
        URL_SAFE_NO_PAD.encode(&file.metadata.sha256_hash()[..12])
    );
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "public, max-age=300".to_owned()),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
    ];
    if request
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == tag.as_bytes())
    {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let media_type = format!("{}; charset=utf-8", file.metadata.mimetype());
    let body: Arc<[u8]> = file.data.into();
    (common, [(header::CONTENT_TYPE, media_type)], body.to_vec()).into_response()
}
