//! One-time codes (`otp` on the wire, `passage/auth-api.md` 3.8): asking for one alone, and typing one that was sent alone or
//! beside a link.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::magic_links::{AskForLink, AskToSignUp};
use super::sessions::AuthAnswer;
use crate::domain::magic_links::{self, Asked, Means, Wish};
use crate::error::Result;
use crate::http::body::Body;
use crate::http::caller::AppCall;
use crate::http::respond::{Created, ErrorBody, Json};

/// Answer to a request for a code.
#[derive(Debug, Serialize, ToSchema)]
pub struct CodeAnswer {
    /// 24 letters and digits; comes back with the code.
    otp_id: String,
}

impl CodeAnswer {
    fn of(asked: Asked) -> Self {
        CodeAnswer {
            otp_id: asked.id.to_string(),
        }
    }
}

/// A code as it was typed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ActivateCode {
    /// Six digits.
    otp: String,
    /// Id that answered the request for the code, or of the link that it came with.
    otp_id: String,
}

/// Sends a code that finishes a sign-up.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/otp",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = AskToSignUp,
    responses((status = 201, body = CodeAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn register_by_code(
    call: AppCall,
    Body(body): Body<AskToSignUp>,
) -> Result<Created<CodeAnswer>> {
    let (identifier, wish) = body.decode(&call)?;
    let wish = alone(wish);
    let asked =
        magic_links::ask_to_sign_up(&call.app, &call.loaded, identifier, wish, &call.client)
            .await?;
    Ok(Created(CodeAnswer::of(asked)))
}

/// Sends a code to sign in with.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/login/otp",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = AskForLink,
    responses((status = 201, body = CodeAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn login_by_code(
    call: AppCall,
    Body(body): Body<AskForLink>,
) -> Result<Created<CodeAnswer>> {
    let (identifier, wish) = body.decode(&call)?;
    let wish = alone(wish);
    let asked =
        magic_links::ask_to_sign_in(&call.app, &call.loaded, identifier, wish, &call.client)
            .await?;
    Ok(Created(CodeAnswer::of(asked)))
}

/// The same for a code alone.
fn alone(wish: Wish) -> Wish {
    Wish {
        means: Means::Code,
        ..wish
    }
}

/// Signs in whoever types the code from the message.
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
        (status = 403, body = ErrorBody, description = "`user_not_active`, or reason `one_time_codes_disabled`"),
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
