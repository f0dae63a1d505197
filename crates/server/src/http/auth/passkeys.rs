//! Ceremonies (`webauthn` on the wire) and the signed-in user's passkeys (`devices`).

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::StatusCode;
use axum::http::request::Parts;
use ginnel_webauthn::{Attachment, CreationOptions, RequestOptions, base64url};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::sessions::AuthAnswer;
use super::users::UserInfo;
use crate::app::App;
use crate::domain::passkeys::{
    self, Asserted, Created as CreatedCredential, Passkey, PasskeyType, Started,
};
use crate::domain::users::Identifier;
use crate::error::{Code, Error, Result};
use crate::http::body::{Body, OptionalBody};
use crate::http::caller::{AppCall, UserCall};
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

/// Answer of a start: the ceremony's id and the browser's options.
#[derive(Debug, Serialize, ToSchema)]
pub struct StartAnswer<O> {
    handshake: Handshake<O>,
    /// Absent when the passkey is to say who signs in.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserInfo>,
}

#[derive(Debug, Serialize, ToSchema)]
struct Handshake<O> {
    /// Opaque; comes back with the finish.
    id: String,
    challenge: PublicKey<O>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PublicKey<O> {
    /// Options for `navigator.credentials`, binary members in base64url.
    public_key: O,
}

impl<O> StartAnswer<O> {
    fn of(started: Started<O>) -> Self {
        let user = started
            .user
            .map(|user| UserInfo::of(&user, started.passkey_types));
        StartAnswer {
            handshake: Handshake {
                id: started.handshake_id,
                challenge: PublicKey {
                    public_key: started.options,
                },
            },
            user,
        }
    }
}

/// Which authenticators a page wants.
#[derive(Debug, Default, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
enum AttachmentWord {
    /// In the device; what Passage took when nothing was said.
    #[default]
    Platform,
    /// Outside: a security key or another device.
    CrossPlatform,
    /// Either.
    Any,
}

impl AttachmentWord {
    fn attachment(self) -> Option<Attachment> {
        match self {
            AttachmentWord::Platform => Some(Attachment::Platform),
            AttachmentWord::CrossPlatform => Some(Attachment::CrossPlatform),
            AttachmentWord::Any => None,
        }
    }
}

/// Body of a registration's start.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StartRegistration {
    /// E-mail address or phone number (E.164).
    identifier: String,
    #[serde(default)]
    authenticator_attachment: Option<AttachmentWord>,
}

/// Body of a sign-in's start.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartLogin {
    /// Absent: the passkey says who it is.
    #[serde(default)]
    identifier: Option<String>,
}

/// Body of the start of one more passkey.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartAdding {
    #[serde(default)]
    authenticator_attachment: Option<AttachmentWord>,
}

/// Body of a registration's finish.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishRegistration {
    handshake_id: String,
    handshake_response: CreationCredential,
    #[serde(default)]
    user_id: Option<String>,
}

/// What `navigator.credentials.create` gave (`passage/auth-api.md` 3.4): `transports` stands beside `response`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CreationCredential {
    raw_id: String,
    response: AttestationResponse,
    #[serde(default)]
    transports: Vec<String>,
    #[serde(default)]
    authenticator_attachment: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AttestationResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    attestation_object: String,
    /// Where the JSON form of the standard has them.
    #[serde(default)]
    transports: Vec<String>,
}

impl FinishRegistration {
    fn decode(self) -> Result<CreatedCredential> {
        let credential = self.handshake_response;
        let mut transports = credential.transports;
        transports.extend(credential.response.transports);
        Ok(CreatedCredential {
            handshake_id: self.handshake_id,
            user_id: self.user_id,
            credential_id: bytes("rawId", &credential.raw_id)?,
            client_data_json: bytes("clientDataJSON", &credential.response.client_data_json)?,
            attestation_object: bytes(
                "attestationObject",
                &credential.response.attestation_object,
            )?,
            transports,
            attachment: credential.authenticator_attachment,
        })
    }
}

/// Body of a sign-in's finish.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishLogin {
    handshake_id: String,
    handshake_response: AssertionCredential,
    #[serde(default)]
    user_id: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssertionCredential {
    raw_id: String,
    response: AssertionResponse,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AssertionResponse {
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    authenticator_data: String,
    signature: String,
    #[serde(default)]
    user_handle: Option<String>,
}

impl FinishLogin {
    fn decode(self) -> Result<Asserted> {
        let response = self.handshake_response.response;
        Ok(Asserted {
            handshake_id: self.handshake_id,
            user_id: self.user_id,
            credential_id: bytes("rawId", &self.handshake_response.raw_id)?,
            client_data_json: bytes("clientDataJSON", &response.client_data_json)?,
            authenticator_data: bytes("authenticatorData", &response.authenticator_data)?,
            signature: bytes("signature", &response.signature)?,
            user_handle: response.user_handle,
        })
    }
}

fn bytes(name: &str, text: &str) -> Result<Vec<u8>> {
    base64url::decode(text).ok_or_else(|| {
        Error::invalid(format!(
            "{name}: is not base64url. Send the bytes of the credential in base64url."
        ))
    })
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

/// Begins the ceremony of a sign-up.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/webauthn/start",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    request_body = StartRegistration,
    responses((status = 200, body = StartAnswer<CreationOptionsJson>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn start_registration(
    call: AppCall,
    Body(body): Body<StartRegistration>,
) -> Result<Json<StartAnswer<CreationOptions>>> {
    let identifier = Identifier::parse(&body.identifier)?;
    call.loaded.require_allowed(&identifier)?;
    let attachment = body
        .authenticator_attachment
        .unwrap_or_default()
        .attachment();
    let started = passkeys::start_sign_up(&call.app, &call.loaded, identifier, attachment).await?;
    Ok(Json(StartAnswer::of(started)))
}

/// Finishes a sign-up: makes the user and the passkey, and signs in.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/webauthn/finish",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    request_body = FinishRegistration,
    responses((status = 201, body = AuthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn finish_registration(
    call: AppCall,
    Body(body): Body<FinishRegistration>,
) -> Result<Created<AuthAnswer>> {
    let auth_result =
        passkeys::finish_sign_up(&call.app, &call.loaded, body.decode()?, &call.client).await?;
    Ok(Created(AuthAnswer { auth_result }))
}

/// Begins a sign-in, with an identifier or without.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/login/webauthn/start",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    request_body(content = StartLogin, description = "may be absent"),
    responses((status = 200, body = StartAnswer<RequestOptionsJson>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody))
)]
pub async fn start_login(
    call: AppCall,
    OptionalBody(body): OptionalBody<StartLogin>,
) -> Result<Json<StartAnswer<RequestOptions>>> {
    let identifier = body
        .identifier
        .filter(|text| !text.is_empty())
        .map(|text| Identifier::parse(&text))
        .transpose()?;
    let started = passkeys::start_sign_in(&call.app, &call.loaded, identifier).await?;
    Ok(Json(StartAnswer::of(started)))
}

/// Finishes a sign-in.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/login/webauthn/finish",
    tag = "passkeys",
    params(("app_id" = String, Path)),
    request_body = FinishLogin,
    responses((status = 200, body = AuthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn finish_login(
    call: AppCall,
    Body(body): Body<FinishLogin>,
) -> Result<Json<AuthAnswer>> {
    let auth_result =
        passkeys::finish_sign_in(&call.app, &call.loaded, body.decode()?, &call.client).await?;
    Ok(Json(AuthAnswer { auth_result }))
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
    OptionalBody(body): OptionalBody<StartAdding>,
) -> Result<Json<StartAnswer<CreationOptions>>> {
    let attachment = body
        .authenticator_attachment
        .unwrap_or_default()
        .attachment();
    let started = passkeys::start_adding(&call.app, &call.loaded, &signed_in, attachment).await?;
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

/// `PublicKeyCredentialCreationOptionsJSON` of WebAuthn Level 3 §5.1.8.
#[derive(ToSchema)]
pub struct CreationOptionsJson {}

/// `PublicKeyCredentialRequestOptionsJSON` of WebAuthn Level 3 §5.1.8.
#[derive(ToSchema)]
pub struct RequestOptionsJson {}
