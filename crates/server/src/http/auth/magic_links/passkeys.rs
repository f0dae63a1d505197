//! A link together with a passkey (`passage/auth-api.md` 3.9): what passage-js before version 3.10 calls as
//! `magicLinkActivateWebAuthnLogin` and `magicLinkActivateWebAuthnNewDevice`.

use ginnel_webauthn::{CreationOptions, RequestOptions};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::magic_links;
use crate::error::Result;
use crate::http::auth::passkeys::authentication::FinishLogin;
use crate::http::auth::passkeys::registration::FinishRegistration;
use crate::http::auth::passkeys::{CreationOptionsJson, RequestOptionsJson, StartAnswer};
use crate::http::auth::sessions::AuthAnswer;
use crate::http::body::Body;
use crate::http::caller::AppCall;
use crate::http::respond::{ErrorBody, Json};

/// A link as it was opened.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PresentedLink {
    /// The secret from the link's `psg_magic_link`.
    magic_link: String,
}

/// A link, and the answer of a passkey.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishLoginWithLink {
    /// The secret with which the ceremony was begun.
    magic_link: String,
    #[serde(flatten)]
    finish: FinishLogin,
}

/// A link, and a new passkey. The packages send a `device_name`, too, which is the browser's `User-Agent` header again.
#[derive(Debug, Deserialize, ToSchema)]
pub struct FinishAddingWithLink {
    /// The secret with which the ceremony was begun.
    magic_link: String,
    #[serde(flatten)]
    finish: FinishRegistration,
}

/// Begins a sign-in by a link and a passkey together; the link is not used up yet. For old Passage packages: a link that was
/// asked for with a browser's key is refused.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/magic-link/webauthn/login/start",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = PresentedLink,
    responses(
        (status = 200, body = StartAnswer<RequestOptionsJson>),
        (status = 400, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "`user_not_active`, or reason `digits_required`"),
        (status = 404, body = ErrorBody, description = "`magic_link_not_found`; reason `magic_link_expired` or `magic_link_used`"),
        (status = 409, body = ErrorBody, description = "`user_has_no_passkeys`")
    )
)]
pub async fn start_login_with_link(
    call: AppCall,
    Body(body): Body<PresentedLink>,
) -> Result<Json<StartAnswer<RequestOptions>>> {
    let started =
        magic_links::start_sign_in(&call.app, &call.loaded, &body.magic_link, &call.client).await?;
    Ok(Json(StartAnswer::of(started)))
}

/// Finishes a sign-in by a link and a passkey together; the link is used up if the passkey is the right one.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/magic-link/webauthn/login/finish",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = FinishLoginWithLink,
    responses((status = 200, body = AuthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn finish_login_with_link(
    call: AppCall,
    Body(body): Body<FinishLoginWithLink>,
) -> Result<Json<AuthAnswer>> {
    let auth_result = magic_links::finish_sign_in(
        &call.app,
        &call.loaded,
        &body.magic_link,
        body.finish.decode()?,
        &call.client,
    )
    .await?;
    Ok(Json(AuthAnswer { auth_result }))
}

/// Begins a sign-in by a link that makes a passkey; the link is not used up yet. For old Passage packages: a link that was
/// asked for with a browser's key is refused.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/magic-link/webauthn/new/start",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = PresentedLink,
    responses(
        (status = 200, body = StartAnswer<CreationOptionsJson>),
        (status = 400, body = ErrorBody),
        (status = 403, body = ErrorBody, description = "`user_not_active`, or reason `digits_required`"),
        (status = 404, body = ErrorBody, description = "`magic_link_not_found`; reason `magic_link_expired` or `magic_link_used`")
    )
)]
pub async fn start_adding_with_link(
    call: AppCall,
    Body(body): Body<PresentedLink>,
) -> Result<Json<StartAnswer<CreationOptions>>> {
    let started =
        magic_links::start_adding(&call.app, &call.loaded, &body.magic_link, &call.client).await?;
    Ok(Json(StartAnswer::of(started)))
}

/// Finishes a sign-in by a link that makes a passkey; the link is used up if the passkey is good.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/magic-link/webauthn/new/finish",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = FinishAddingWithLink,
    responses((status = 200, body = AuthAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn finish_adding_with_link(
    call: AppCall,
    Body(body): Body<FinishAddingWithLink>,
) -> Result<Json<AuthAnswer>> {
    let auth_result = magic_links::finish_adding(
        &call.app,
        &call.loaded,
        &body.magic_link,
        body.finish.decode()?,
        &call.client,
    )
    .await?;
    Ok(Json(AuthAnswer { auth_result }))
}
