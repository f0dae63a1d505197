//! The back end's half of Flex: transactions before the ceremony, nonces after it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::domain::flex::{self, TransactionSecret};
use crate::error::Result;
use crate::http::body::Body;
use crate::http::caller::ManagementCall;
use crate::http::respond::{Created, ErrorBody, Json};

/// Body of a register transaction.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewRegisterTransaction {
    /// What names the user in the app's own login: 1 to 255 characters.
    external_id: String,
    /// What authenticators show beside the passkey: 1 to 128 characters.
    passkey_display_name: String,
}

/// Body of an authenticate transaction.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewAuthenticateTransaction {
    /// As in the register transaction.
    external_id: String,
}

/// A new transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct TransactionAnswer {
    /// For the page that runs the ceremony, within ten minutes. Whoever has it can do what it allows.
    transaction_id: String,
}

impl TransactionAnswer {
    fn of(secret: &TransactionSecret) -> Created<Self> {
        Created(TransactionAnswer {
            transaction_id: secret.reveal().to_owned(),
        })
    }
}

/// Body of a nonce's exchange.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NonceToVerify {
    /// What the page got at the end of the ceremony.
    nonce: String,
}

/// Who ran the ceremony.
#[derive(Debug, Serialize, ToSchema)]
pub struct VerifiedNonce {
    /// As in the transactions.
    external_id: String,
}

/// Begins a transaction in which a user of the app's own login makes a passkey; the first one makes the user here.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app_id}/transactions/register",
    tag = "management",
    params(("app_id" = String, Path)),
    security(("api_key" = [])),
    request_body = NewRegisterTransaction,
    responses((status = 201, body = TransactionAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody, description = "`operation_not_allowed`: the app is none of Flex; `cannot_create_transaction`: the user is deactivated or has too many passkeys"), (status = 404, body = ErrorBody))
)]
pub async fn create_register_transaction(
    management: ManagementCall,
    Body(body): Body<NewRegisterTransaction>,
) -> Result<Created<TransactionAnswer>> {
    let (call, author) = (&management.call, management.author());
    let name = &body.passkey_display_name;
    let secret =
        flex::begin_registration(&call.app, &call.loaded, &body.external_id, name, &author).await?;
    Ok(TransactionAnswer::of(&secret))
}

/// Begins a transaction in which a user proves to be one of the app's own login, by passkey.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app_id}/transactions/authenticate",
    tag = "management",
    params(("app_id" = String, Path)),
    security(("api_key" = [])),
    request_body = NewAuthenticateTransaction,
    responses((status = 201, body = TransactionAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody, description = "`operation_not_allowed`: the app is none of Flex; `cannot_create_transaction`: the user is deactivated"), (status = 404, body = ErrorBody, description = "`user_not_found`, `app_not_found`"), (status = 409, body = ErrorBody, description = "`user_has_no_passkeys`"))
)]
pub async fn create_authenticate_transaction(
    management: ManagementCall,
    Body(body): Body<NewAuthenticateTransaction>,
) -> Result<Created<TransactionAnswer>> {
    let (call, author) = (&management.call, management.author());
    let secret =
        flex::begin_authentication(&call.app, &call.loaded, &body.external_id, &author).await?;
    Ok(TransactionAnswer::of(&secret))
}

/// Exchanges a nonce for the user who ran the ceremony, once.
#[utoipa::path(
    post,
    path = "/api/v1/apps/{app_id}/authenticate/verify",
    tag = "management",
    params(("app_id" = String, Path)),
    security(("api_key" = [])),
    request_body = NonceToVerify,
    responses((status = 200, body = VerifiedNonce), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody, description = "`invalid_nonce`, `invalid_access_token`"), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn verify_nonce(
    management: ManagementCall,
    Body(body): Body<NonceToVerify>,
) -> Result<Json<VerifiedNonce>> {
    let call = &management.call;
    let external_id = flex::verify_nonce(&call.app, &call.loaded, &body.nonce).await?;
    Ok(Json(VerifiedNonce {
        external_id: external_id.to_string(),
    }))
}
