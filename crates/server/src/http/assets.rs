//! The web build, embedded: the elements and the stylesheet of the pages that the server draws.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::rejection::PathRejection;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flate2::Compression;
use flate2::write::GzEncoder;
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
            get(
                async |file: Result<Path<String>, PathRejection>, headers: HeaderMap| {
                    let file = file
                        .ok()
                        .and_then(|Path(file)| Elements::get(&format!("elements/{file}")));
                    answer(file, &headers)
                },
            ),
        )
        .route(
            "/console/console.js",
            get(async |headers: HeaderMap| answer(Pages::get("console.js"), &headers)),
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
            "There is no such script. The elements are in /web.js, /elements/passkey-table.js and /elements/profile.js.",
        )
        .into_response();
    };
    let accepts = request
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let is_small =
        accepts.is_some_and(|value| value.split(',').any(|coding| coding.trim() == "gzip"));
    let hash = file.metadata.sha256_hash();
    let tag = URL_SAFE_NO_PAD.encode(&hash[..12]);
    let tag = format!("\"{tag}{}\"", if is_small { "-gzip" } else { "" });
    let common = [
        (header::ETAG, tag.clone()),
        (header::CACHE_CONTROL, "public, max-age=300".to_owned()),
        (header::ACCESS_CONTROL_ALLOW_ORIGIN, "*".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::VARY, "accept-encoding".to_owned()),
    ];
    let known = request.get(header::IF_NONE_MATCH);
    if known.is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    let media_type = format!("{}; charset=utf-8", file.metadata.mimetype());
    let media_type = [(header::CONTENT_TYPE, media_type)];
    if is_small {
        let encoding = [(header::CONTENT_ENCODING, "gzip")];
        (common, media_type, encoding, compressed(hash, &file.data)).into_response()
    } else {
        (common, media_type, file.data.into_owned()).into_response()
    }
}

/// A file after gzip (RFC 1952); compressed once and kept, since there are few of them.
fn compressed(hash: [u8; 32], data: &[u8]) -> Bytes {
    static KEPT: Mutex<BTreeMap<[u8; 32], Bytes>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().expect("no panic while compressing");
    let compress = || {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
        encoder
            .write_all(data)
            .and_then(|()| encoder.finish())
            .expect("memory can be written")
            .into()
    };
    kept.entry(hash).or_insert_with(compress).clone()
}
