//! App info for back ends, and the making of test apps (D15). Neither takes a key: old packages read app info without one, so
//! it holds public facts only, and whoever needs a test app has nothing yet.

use axum::extract::{FromRequest, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use crate::app::App;
use crate::domain::apps::{self, LoadedApp};
use crate::domain::magic_links::Offer;
use crate::domain::test_apps;
use crate::error::{Error, Result};
use crate::http::auth::apps::AppInfo;
use crate::http::body::Body;
use crate::http::caller::{self, AnyAppCall};
use crate::http::origins::readable_anywhere;
use crate::http::respond::{self, ErrorBody};

/// App info of the management API (`passage/management-api.md` 3.1): that of the authentication API, and more.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagementAppInfo {
    #[serde(flatten)]
    info: AppInfo,
    allowed_callback_urls: [String; 0],
    allowed_logout_urls: [String; 0],
    application_login_uri: &'static str,
    auto_theme_enabled: bool,
    /// RFC 3339.
    created_at: String,
    /// Tokens of a hosted app have another audience; Python's old package asks.
    hosted: bool,
    hosted_subdomain: &'static str,
    hosted_theme: &'static str,
    role: &'static str,
    technologies: [String; 0],
}

/// Answer that wraps the app.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagementAppAnswer {
    app: ManagementAppInfo,
}

impl ManagementAppInfo {
    fn of(app: &App, loaded: &LoadedApp) -> Self {
        let offer = Offer::of(app, loaded);
        let settings = &loaded.settings;
        let methods = json!({
            "magic_link": { "enabled": offer.links, "ttl": settings.magic_link_lifetime_seconds, "ttl_display_unit": "m" },
            "otp": { "enabled": offer.codes, "ttl": settings.code_lifetime_seconds, "ttl_display_unit": "m" },
            "passkeys": { "enabled": true },
        });
        ManagementAppInfo {
            info: AppInfo::of(loaded, offer, methods),
            allowed_callback_urls: [],
            allowed_logout_urls: [],
            application_login_uri: "",
            auto_theme_enabled: true,
            created_at: loaded.created_at.to_string(),
            hosted: false,
            hosted_subdomain: "",
            hosted_theme: "auto",
            role: "",
            technologies: [],
        }
    }
}

/// App info for back ends; no key is needed.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{app_id}",
    tag = "management",
    params(("app_id" = String, Path)),
    responses((status = 200, body = ManagementAppAnswer), (status = 404, body = ErrorBody))
)]
pub async fn get_management_app(AnyAppCall(call): AnyAppCall) -> Result<Response> {
    if call.app.is_console(&call.loaded.id) {
        return Err(apps::not_found());
    }
    let app = ManagementAppInfo::of(&call.app, &call.loaded);
    Ok(readable_anywhere(
        respond::Json(ManagementAppAnswer { app }).into_response(),
    ))
}

/// What a page says that has no app id.
#[derive(Debug, Deserialize, ToSchema)]
pub struct TestAppBody {
    /// The page's origin, the same as in the header `Origin`.
    #[schema(example = "http://localhost:8080")]
    auth_origin: String,
    /// At most 80 characters.
    name: String,
    /// Path of the page, to which links in mails lead; `/` by default.
    #[serde(default)]
    login_url: Option<String>,
}

/// A new test app.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestAppAnswer {
    app: ManagementAppInfo,
    /// Opens the app's claim and its inbox; told here and never again.
    claim_secret: String,
    /// Where the app is claimed.
    claim_url: String,
}

/// The error body of this operation: old elements show `message`.
#[derive(Debug, Serialize, ToSchema)]
pub struct TestAppErrorBody {
    #[serde(flatten)]
    body: ErrorBody,
    /// The same as `error`.
    message: String,
}

/// A refusal whose body has a `message`, too.
pub struct TestAppRefusal(Error);

impl From<Error> for TestAppRefusal {
    fn from(error: Error) -> Self {
        TestAppRefusal(error)
    }
}

impl IntoResponse for TestAppRefusal {
    fn into_response(self) -> Response {
        let body = TestAppErrorBody {
            body: ErrorBody::of(&self.0),
            message: self.0.message().to_owned(),
        };
        let (parts, _) = self.0.into_response().into_parts();
        let body = respond::Json(body).into_response().into_body();
        Response::from_parts(parts, body)
    }
}

/// Makes a test app for the page that asks, which lives for a week unless somebody claims it; no key is needed. Pages on the
/// server's own machine may ask, and those whose origins the server lists.
#[utoipa::path(
    post,
    path = "/api/v1/apps",
    tag = "management",
    request_body = TestAppBody,
    responses(
        (status = 200, body = TestAppAnswer),
        (status = 400, body = TestAppErrorBody, description = "`invalid_request`"),
        (status = 403, body = TestAppErrorBody, description = "`operation_not_allowed`: `test_apps_disabled`, `origin_not_allowed` or `too_many_test_apps`"),
        (status = 429, body = TestAppErrorBody, description = "`rate_limited`"),
        (status = 503, body = TestAppErrorBody)
    )
)]
pub async fn create_test_app(
    State(app): State<App>,
    request: Request,
) -> Result<respond::Json<TestAppAnswer>, TestAppRefusal> {
    let (parts, body) = request.into_parts();
    let client = caller::client(&app.config, &parts);
    let origin = parts.headers.get(header::ORIGIN);
    let page_origin = origin.map(|origin| String::from_utf8_lossy(origin.as_bytes()).into_owned());
    // Not as an argument of its own, whose refusals would lack the `message`.
    let Body(body) =
        Body::<TestAppBody>::from_request(Request::from_parts(parts, body), &app).await?;
    let wish = test_apps::Wish {
        page_origin,
        auth_origin: body.auth_origin,
        name: body.name,
        login_url: body.login_url,
    };
    let made = test_apps::make(&app, wish, &client).await?;
    let loaded = apps::load(&app, &made.id).await?;
    Ok(respond::Json(TestAppAnswer {
        app: ManagementAppInfo::of(&app, &loaded),
        claim_secret: made.claim_secret,
        claim_url: made.claim_url.into(),
    }))
}
