//! One-time codes (`otp` on the wire): the six digits that stand beside a link in the same mail.

use serde::Deserialize;
use utoipa::ToSchema;

use super::sessions::AuthAnswer;
use crate::domain::magic_links;
use crate::error::Result;
use crate::http::body::Body;
use crate::http::caller::AppCall;
use crate::http::respond::{ErrorBody, Json};

/// A code as it was typed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ActivateCode {
    /// Six digits.
    otp: String,
    /// Id of the link that came with it.
    otp_id: String,
}

/// Signs in whoever types the code from the mail.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/otp/activate",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = ActivateCode,
    responses(
        (status = 200, body = AuthAnswer),
        (status = 400, body = ErrorBody, description = "`invalid_request`; reason `wrong_code` or `code_expired`"),
        (status = 401, body = ErrorBody, description = "`exceeded_attempts`"),
        (status = 403, body = ErrorBody, description = "`user_not_active`"),
        (status = 404, body = ErrorBody)
    )
)]
pub async fn activate_code(
    call: AppCall,
    Body(body): Body<ActivateCode>,
) -> Result<Json<AuthAnswer>> {
    let auth_result = magic_links::try_code(
        &call.app,
        &call.loaded,
        &body.otp_id,
        &body.otp,
        &call.client,
    )
    .await?;
    Ok(Json(AuthAnswer { auth_result }))
}
