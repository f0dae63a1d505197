//! The signed-in user's passkeys: listing, adding, renaming, removing.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use ginnel_webauthn::{CreationOptions, base64url};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::registration::FinishRegistration;
use super::{AttachmentWord, CreationOptionsJson, StartAnswer};
use crate::app::App;
use crate::domain::passkeys::{self, Passkey, PasskeyType};
use crate::error::{Code, Error, Result};
use crate::http::body::{Body, OptionalBody};
use crate::http::caller::UserCall;
use crate::http::respond::{Created, ErrorBody, Json};
use crate::ids::PasskeyId;

/// A passkey as its owner sees it (`passage/auth-api.md` 3.11).
#[derive(Debug, Serialize, ToSchema)]
pub struct Credential {
    /// RFC 3339.
    created_at: String,
    /// Credential id, base64url.
    cred_id: String,
    friendly_name: String,
    icons: Icons,
    id: String,
    /// RFC 3339; when it was made, if it never signed in.
    last_login_at: String,
    r#type: PasskeyType,
    /// RFC 3339.
    updated_at: String,
    usage_count: i64,
    user_id: String,
}

/// Pictures of a password manager; none are known yet.
#[derive(Debug, Serialize, ToSchema)]
struct Icons {
    light: Option<String>,
    dark: Option<String>,
}

impl Credential {
    /// A passkey for the wire.
    pub fn of(passkey: &Passkey) -> Self {
        Credential {
            created_at: passkey.created_at.to_string(),
            cred_id: base64url::encode(&passkey.credential_id),
            friendly_name: passkey.friendly_name.clone(),
            icons: Icons {
                light: None,
                dark: None,
            },
            id: passkey.id.to_string(),
            last_login_at: passkey
                .last_login_at
                .unwrap_or(passkey.created_at)
                .to_string(),
            r#type: passkey.kind(),
            updated_at: passkey.updated_at.to_string(),
            usage_count: passkey.usage_count,
            user_id: passkey.user_id.to_string(),
        }
    }
}

/// Body of the start of one more passkey.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartAdding {
    #[serde(default)]
    authenticator_attachment: Option<AttachmentWord>,
}

/// The passkey that a path names.
pub struct NamedPasskey(PasskeyId);

impl FromRequestParts<App> for NamedPasskey {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let not_found = || {
            Error::new(
                Code::DeviceNotFound,
                "You have no passkey with this id. Load the list again.",
            )
        };
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| not_found())?;
        let text = params
            .iter()
            .find_map(|(name, value)| (name == "device_id").then_some(value))
            .unwrap_or_default();
        text.parse().map(NamedPasskey).map_err(|_| not_found())
    }
}

/// Answer that wraps a list of passkeys.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevicesAnswer {
    devices: Vec<Credential>,
}

/// Answer that wraps a passkey.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeviceAnswer {
    device: Credential,
}

/// New name of a passkey.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RenameDevice {
    /// 1 to 64 characters.
    friendly_name: String,
}

/// The signed-in user's passkeys.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser/devices",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, body = DevicesAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_devices(UserCall { call, signed_in }: UserCall) -> Result<Json<DevicesAnswer>> {
    let passkeys = passkeys::list(&call.app, &signed_in.user.id).await?;
    Ok(Json(DevicesAnswer {
        devices: passkeys.iter().map(Credential::of).collect(),
    }))
}

/// Begins the ceremony of one more passkey; needs a recent sign-in.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/currentuser/devices/start",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    request_body(content = StartAdding, description = "may be absent"),
    responses((status = 200, body = StartAnswer<CreationOptionsJson>), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn start_adding_device(
    UserCall { call, signed_in }: UserCall,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<StartAdding>,
) -> Result<Json<StartAnswer<CreationOptions>>> {
    let attachment = body
        .authenticator_attachment
        .unwrap_or_default()
        .attachment();
    // passage-js before 4 hands the ids in `excludeCredentials` to the browser as text, which refuses them. Those packages
    // are known by naming no media type here; all later ones say JSON.
    let media_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let says_json = media_type.is_some_and(|media_type| media_type.starts_with("application/json"));
    let started =
        passkeys::start_adding(&call.app, &call.loaded, &signed_in, attachment, says_json).await?;
    Ok(Json(StartAnswer::of(started)))
}

/// Finishes one more passkey.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/currentuser/devices/finish",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    request_body = FinishRegistration,
    responses((status = 201, body = DeviceAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn finish_adding_device(
    UserCall { call, signed_in }: UserCall,
    Body(body): Body<FinishRegistration>,
) -> Result<Created<DeviceAnswer>> {
    let passkey = passkeys::finish_adding(
        &call.app,
        &call.loaded,
        &signed_in,
        body.decode()?,
        &call.client,
    )
    .await?;
    Ok(Created(DeviceAnswer {
        device: Credential::of(&passkey),
    }))
}

/// Gives a passkey another name.
#[utoipa::path(
    patch,
    path = "/auth/v1/apps/{app_id}/currentuser/devices/{device_id}",
    tag = "passkeys",
    params(("app_id" = String, Path), ("device_id" = String, Path)),
    security(("auth_token" = [])),
    request_body = RenameDevice,
    responses((status = 200, body = DeviceAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn rename_device(
    UserCall { call, signed_in }: UserCall,
    NamedPasskey(id): NamedPasskey,
    Body(body): Body<RenameDevice>,
) -> Result<Json<DeviceAnswer>> {
    let passkey = passkeys::rename(
        &call.app,
        &call.loaded,
        &signed_in,
        id,
        &body.friendly_name,
        &call.client,
    )
    .await?;
    Ok(Json(DeviceAnswer {
        device: Credential::of(&passkey),
    }))
}

/// Removes a passkey and ends the other sessions that it opened; needs a recent sign-in.
#[utoipa::path(
    delete,
    path = "/auth/v1/apps/{app_id}/currentuser/devices/{device_id}",
    tag = "passkeys",
    params(("app_id" = String, Path), ("device_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, description = "empty"), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn remove_device(
    UserCall { call, signed_in }: UserCall,
    NamedPasskey(id): NamedPasskey,
) -> Result<StatusCode> {
    passkeys::remove(&call.app, &call.loaded, &signed_in, id, &call.client).await?;
    Ok(StatusCode::OK)
}
