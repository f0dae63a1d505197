//! Signing in with a passkey.

use ginnel_webauthn::RequestOptions;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{RequestOptionsJson, StartAnswer, bytes};
use crate::domain::passkeys::{self, Asserted};
use crate::error::Result;
use crate::http::auth::sessions::AuthAnswer;
use crate::http::body::{Body, OptionalBody};
use crate::http::caller::AppCall;
use crate::http::respond::{ErrorBody, Json};

/// Body of a sign-in's start.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartLogin {
    /// Absent: the passkey says who it is.
    #[serde(default)]
    identifier: Option<String>,
}

/// Body of a sign-in's finish.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishLogin {
    handshake_id: String,
    handshake_response: AssertionCredential,
    #[serde(default)]
    user_id: Option<String>,
}

/// What `navigator.credentials.get` gave (`passage/auth-api.md` 3.5).
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AssertionCredential {
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
    /// The same for the domain.
    pub(in crate::http::auth) fn decode(self) -> Result<Asserted> {
        self.handshake_response
            .decode(self.handshake_id, self.user_id)
    }
}

impl AssertionCredential {
    /// The credential as the answer to a ceremony.
    pub fn decode(self, handshake_id: String, user_id: Option<String>) -> Result<Asserted> {
        let response = self.response;
        Ok(Asserted {
            handshake_id,
            user_id,
            credential_id: bytes("rawId", &self.raw_id)?,
            client_data_json: bytes("clientDataJSON", &response.client_data_json)?,
            authenticator_data: bytes("authenticatorData", &response.authenticator_data)?,
            signature: bytes("signature", &response.signature)?,
            user_handle: response.user_handle,
        })
    }
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
        .map(|text| call.loaded.identifier(&text))
        .transpose()?;
    let named = identifier.clone();
    let started = passkeys::start_sign_in(&call.app, &call.loaded, identifier).await?;
    Ok(Json(match &named {
        Some(named) => StartAnswer::named_by(named, started),
        None => StartAnswer::of(started),
    }))
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
