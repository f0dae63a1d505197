//! A user's passkeys, as back ends see them.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::Serialize;
use utoipa::ToSchema;

use super::users::UserCall;
use crate::app::App;
use crate::domain::passkeys;
use crate::domain::users::managing;
use crate::error::{Code, Error, Result};
use crate::http::auth::passkeys::devices::Credential;
use crate::http::respond::{ErrorBody, Json};
use crate::ids::PasskeyId;

/// Answer that wraps a list of passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserDevicesAnswer {
    devices: Vec<Credential>,
}

/// The passkey that a path names.
pub struct NamedDevice(PasskeyId);

impl FromRequestParts<App> for NamedDevice {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let not_found = || {
            Error::new(
                Code::DeviceNotFound,
                "The user has no passkey with this id. Load the list again.",
            )
        };
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        let text = params
            .iter()
            .find_map(|(name, value)| (name == "device_id").then_some(value))
            .unwrap_or_default();
        text.parse().map(NamedDevice).map_err(|_| not_found())
    }
}

/// A user's passkeys, oldest first.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{app_id}/users/{user_id}/devices",
    tag = "management",
    params(("app_id" = String, Path), ("user_id" = String, Path)),
    security(("api_key" = [])),
    responses((status = 200, body = UserDevicesAnswer), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_user_devices(of: UserCall) -> Result<Json<UserDevicesAnswer>> {
    let passkeys = passkeys::list(&of.management.call.app, &of.user.id).await?;
    Ok(Json(UserDevicesAnswer {
        devices: passkeys.iter().map(Credential::of).collect(),
    }))
}

/// Removes a passkey of a user and ends the sessions that it opened, be it the user's last.
#[utoipa::path(
    delete,
    path = "/api/v1/apps/{app_id}/users/{user_id}/devices/{device_id}",
    tag = "management",
    params(("app_id" = String, Path), ("user_id" = String, Path), ("device_id" = String, Path)),
    security(("api_key" = [])),
    responses((status = 200, description = "empty"), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody, description = "`device_not_found`, `user_not_found`, `app_not_found`"))
)]
pub async fn revoke_user_device(of: UserCall, NamedDevice(id): NamedDevice) -> Result<StatusCode> {
    managing::revoke_passkey(&of.management.call.app, of.managed(), id).await?;
    Ok(StatusCode::OK)
}
