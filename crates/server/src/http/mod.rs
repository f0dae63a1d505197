//! The faces: joins the routers, and puts around them what every request passes.
//!
//! A request passes, from the outside in: request id and access log, `Host` and `/v1` mapping, flood limit, the
//! authentication API's rules for origins (D13), then its router.

pub mod access;
pub mod assets;
pub mod association_files;
pub mod auth;
pub mod auth_token;
pub mod body;
pub mod caller;
pub mod console;
mod description;
pub mod example;
pub mod floods;
pub mod hosts;
pub mod inbox;
pub mod listener;
pub mod manage;
pub mod operation;
pub mod origins;
pub mod respond;
pub mod test_apps;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;

use crate::app::App;
use crate::error::{Code, Error};
use floods::Floods;

/// What `/openapi.json` says beyond the handlers.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Ginnel",
        description = "Passwordless authentication that you host yourself. Wire-compatible with Passage: the authentication API is called by browsers, the management API by back ends."
    ),
    modifiers(&AuthToken),
    tags(
        (name = "apps", description = "What an app is, as its pages see it"),
        (name = "users", description = "Looking users up and signing them up"),
        (name = "passkeys", description = "Ceremonies, and the passkeys of the signed-in user"),
        (name = "links", description = "Magic links, and the code in the same mail"),
        (name = "tokens", description = "Refreshing and ending sessions"),
        (name = "flex", description = "Passkeys beside a login of the app's own"),
        (name = "gateways", description = "What a gateway in front of a site asks"),
        (name = "keys", description = "Key set and discovery for back ends"),
        (name = "native", description = "What makes Android and iOS trust an app"),
        (name = "management", description = "What back ends ask"),
        (name = "operation", description = "Health and reference"),
    )
)]
struct Document;

/// Says how the signed-in user and the back end are known.
struct AuthToken;

impl Modify for AuthToken {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("auth_token", SecurityScheme::Http(scheme));
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(auth_token::COOKIE)));
        components.add_security_scheme("auth_cookie", cookie);
        let api_key = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key of the app"))
            .build();
        components.add_security_scheme("api_key", SecurityScheme::Http(api_key));
    }
}

/// All routes that `/openapi.json` describes, and that description.
fn described() -> OpenApiRouter<App> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(auth::routes())
        .merge(manage::routes())
        .merge(association_files::routes())
        .merge(operation::routes())
}

/// The description that `/openapi.json` answers, as it stands in `docs/openapi.json`.
pub fn openapi_text() -> String {
    let mut document = described().into_openapi();
    description::complete(&mut document);
    document.to_pretty_json().expect("the description is JSON") + "\n"
}

/// Everything that the main listener answers.
pub fn router(app: App) -> Router {
    let console = console::routes(app.clone());
    let floods = Floods::new(&app);
    floods.keep_small();
    let (described, mut document) = described().split_for_parts();
    description::complete(&mut document);
    let inner = described
        .merge(operation::reference(document))
        .merge(assets::routes())
        .merge(test_apps::routes())
        .merge(console.into_router())
        .fallback(async || {
            Error::new(
                Code::NotFound,
                "There is nothing at this address. The paths are in /openapi.json.",
            )
        })
        .method_not_allowed_fallback(async || {
            Error::new(
                Code::MethodNotAllowed,
                "This address does not take this method. See /openapi.json.",
            )
        })
        // After the fallbacks, so that it stands around them, too: no route takes the method of a preflight.
        .layer(from_fn_with_state(app.clone(), origins::check))
        .layer(from_fn(access::matched_route))
        .with_state(app.clone());
    // Routing happens after the path was mapped, so the mapping stands in a router of its own.
    Router::new()
        .fallback_service(inner)
        .layer(from_fn_with_state(floods, floods::limit))
        .layer(from_fn_with_state(app.clone(), hosts::check))
        .layer(from_fn_with_state(app, access::log))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_description_in_docs_is_that_of_the_handlers() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
        let written = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            written == super::openapi_text(),
            "docs/openapi.json is out of date: run `cargo run -p ginnel -- openapi > docs/openapi.json`"
        );
    }
}
