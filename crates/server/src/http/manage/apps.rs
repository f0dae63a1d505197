//! App info for back ends. Old packages read it without a key, so it holds public facts only.

use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::domain::{apps, magic_links};
use crate::error::Result;
use crate::http::auth::apps::AppInfo;
use crate::http::caller::AppCall;
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
    r#type: &'static str,
}

/// Answer that wraps the app.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagementAppAnswer {
    app: ManagementAppInfo,
}

/// App info for back ends; no key is needed.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{app_id}",
    tag = "management",
    params(("app_id" = String, Path)),
    responses((status = 200, body = ManagementAppAnswer), (status = 404, body = ErrorBody))
)]
pub async fn get_management_app(call: AppCall) -> Result<Response> {
    if call.app.is_console(&call.loaded.id) {
        return Err(apps::not_found());
    }
    let has_links = magic_links::are_enabled(&call.app, &call.loaded);
    let settings = &call.loaded.settings;
    let methods = json!({
        "magic_link": { "enabled": has_links, "ttl": settings.magic_link_lifetime_seconds, "ttl_display_unit": "m" },
        "otp": { "enabled": false, "ttl": settings.code_lifetime_seconds, "ttl_display_unit": "m" },
        "passkeys": { "enabled": true },
    });
    let app = ManagementAppInfo {
        info: AppInfo::of(&call.loaded, has_links, methods),
        allowed_callback_urls: [],
        allowed_logout_urls: [],
        application_login_uri: "",
        auto_theme_enabled: true,
        created_at: call.loaded.created_at.to_string(),
        hosted: false,
        hosted_subdomain: "",
        hosted_theme: "auto",
        role: "",
        technologies: [],
        r#type: "complete",
    };
    Ok(readable_anywhere(
        respond::Json(ManagementAppAnswer { app }).into_response(),
    ))
}
