//! The browser's half of Flex (`passage/auth-api.md` 3.14): ceremonies under a transaction of the app's back end, which end
//! in a nonce for it.

use ginnel_webauthn::{CreationOptions, RequestOptions};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::passkeys::authentication::AssertionCredential;
use super::passkeys::registration::CreationCredential;
use super::passkeys::{AttachmentWord, CreationOptionsJson, Handshake, RequestOptionsJson};
use crate::domain::flex::{self, Nonce};
use crate::error::Result;
use crate::http::body::{Body, OptionalBody};
use crate::http::caller::FlexCall;
use crate::http::respond::{ErrorBody, Json};

/// Body of a registration's start.
#[derive(Debug, Deserialize, ToSchema)]
pub struct StartFlexRegistration {
    /// What the back end got from the management API.
    transaction_id: String,
    #[serde(default)]
    authenticator_attachment: Option<AttachmentWord>,
}

/// Body of a registration's finish.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishFlexRegistration {
    handshake_id: String,
    handshake_response: CreationCredential,
    transaction_id: String,
}

/// Body of an authentication's start.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct StartFlexAuthentication {
    /// Absent: the passkey says who it is.
    #[serde(default)]
    transaction_id: Option<String>,
}

/// Body of an authentication's finish.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishFlexAuthentication {
    handshake_id: String,
    handshake_response: AssertionCredential,
    /// That of the start, if it had one.
    #[serde(default)]
    transaction_id: Option<String>,
}

/// Answer of a start.
#[derive(Debug, Serialize, ToSchema)]
pub struct FlexStartAnswer<O> {
    handshake: Handshake<O>,
    /// The one of the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    transaction_id: Option<String>,
}

/// Answer of a finish.
#[derive(Debug, Serialize, ToSchema)]
pub struct NonceAnswer {
    /// For the back end, which exchanges it once within two minutes for the user.
    nonce: String,
}

impl NonceAnswer {
    fn of(nonce: &Nonce) -> Json<Self> {
        Json(NonceAnswer {
            nonce: nonce.reveal().to_owned(),
        })
    }
}

/// An id that may be left out or empty.
fn given(id: Option<String>) -> Option<String> {
    id.filter(|id| !id.is_empty())
}

/// Begins the ceremony of a new passkey.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/transactions/webauthn/start",
    tag = "flex",
    params(("app_id" = String, Path)),
    request_body = StartFlexRegistration,
    responses((status = 200, body = FlexStartAnswer<CreationOptionsJson>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`transaction_not_found`, `app_not_found`"))
)]
pub async fn start_flex_registration(
    FlexCall(call): FlexCall,
    Body(body): Body<StartFlexRegistration>,
) -> Result<Json<FlexStartAnswer<CreationOptions>>> {
    let attachment = body.authenticator_attachment.unwrap_or_default();
    let id = body.transaction_id;
    let started =
        flex::start_registration(&call.app, &call.loaded, &id, attachment.attachment()).await?;
    Ok(Json(FlexStartAnswer {
        handshake: Handshake::of(started),
        transaction_id: Some(id),
    }))
}

/// Finishes it: stores the passkey.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/transactions/webauthn/finish",
    tag = "flex",
    params(("app_id" = String, Path)),
    request_body = FinishFlexRegistration,
    responses((status = 200, body = NonceAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`transaction_not_found`, `app_not_found`"))
)]
pub async fn finish_flex_registration(
    FlexCall(call): FlexCall,
    Body(body): Body<FinishFlexRegistration>,
) -> Result<Json<NonceAnswer>> {
    let created = body.handshake_response.decode(body.handshake_id, None)?;
    let id = &body.transaction_id;
    let nonce =
        flex::finish_registration(&call.app, &call.loaded, created, id, &call.client).await?;
    Ok(NonceAnswer::of(&nonce))
}

/// Begins a sign-in to the app's own login: of the transaction's user, or of whoever the passkey says.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/authenticate/transactions/webauthn/start",
    tag = "flex",
    params(("app_id" = String, Path)),
    request_body(content = StartFlexAuthentication, description = "may be absent"),
    responses((status = 200, body = FlexStartAnswer<RequestOptionsJson>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`transaction_not_found`, `app_not_found`"), (status = 409, body = ErrorBody, description = "`user_has_no_passkeys`"))
)]
pub async fn start_flex_authentication(
    FlexCall(call): FlexCall,
    OptionalBody(body): OptionalBody<StartFlexAuthentication>,
) -> Result<Json<FlexStartAnswer<RequestOptions>>> {
    let id = given(body.transaction_id);
    let started = flex::start_authentication(&call.app, &call.loaded, id.as_deref()).await?;
    Ok(Json(FlexStartAnswer {
        handshake: Handshake::of(started),
        transaction_id: id,
    }))
}

/// Finishes it.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/authenticate/transactions/webauthn/finish",
    tag = "flex",
    params(("app_id" = String, Path)),
    request_body = FinishFlexAuthentication,
    responses((status = 200, body = NonceAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody, description = "`transaction_not_found`, `app_not_found`"))
)]
pub async fn finish_flex_authentication(
    FlexCall(call): FlexCall,
    Body(body): Body<FinishFlexAuthentication>,
) -> Result<Json<NonceAnswer>> {
    let asserted = body.handshake_response.decode(body.handshake_id, None)?;
    let id = given(body.transaction_id);
    let nonce = flex::finish_authentication(
        &call.app,
        &call.loaded,
        asserted,
        id.as_deref(),
        &call.client,
    )
    .await?;
    Ok(NonceAnswer::of(&nonce))
}
