//! Signing up with a passkey.

use ginnel_webauthn::CreationOptions;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{AttachmentWord, CreationOptionsJson, StartAnswer, bytes};
use crate::domain::passkeys::{self, Created as CreatedCredential};
use crate::error::Result;
use crate::http::auth::sessions::AuthAnswer;
use crate::http::body::Body;
use crate::http::caller::AppCall;
use crate::http::respond::{Created, ErrorBody, Json};

/// Body of a registration's start.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StartRegistration {
    /// E-mail address or phone number (E.164).
    identifier: String,
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
pub struct CreationCredential {
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
    /// The same for the domain.
    pub(in crate::http::auth) fn decode(self) -> Result<CreatedCredential> {
        self.handshake_response
            .decode(self.handshake_id, self.user_id)
    }
}

impl CreationCredential {
    /// The credential as the answer to a ceremony.
    pub fn decode(
        self,
        handshake_id: String,
        user_id: Option<String>,
    ) -> Result<CreatedCredential> {
        let response = self.response;
        let mut transports = self.transports;
        transports.extend(response.transports);
        Ok(CreatedCredential {
            handshake_id,
            user_id,
            credential_id: bytes("rawId", &self.raw_id)?,
            client_data_json: bytes("clientDataJSON", &response.client_data_json)?,
            attestation_object: bytes("attestationObject", &response.attestation_object)?,
            transports,
            attachment: self.authenticator_attachment,
        })
    }
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
    let identifier = call.loaded.identifier(&body.identifier)?;
    call.loaded.require_allowed(&identifier)?;
    let attachment = body
        .authenticator_attachment
        .unwrap_or_default()
        .attachment();
    let named = identifier.clone();
    let started = passkeys::start_sign_up(&call.app, &call.loaded, identifier, attachment).await?;
    Ok(Json(StartAnswer::named_by(&named, started)))
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
