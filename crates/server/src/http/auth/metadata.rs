//! The app's own fields of the signed-in user (`passage/auth-api.md` 3.11).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::users::CurrentUserAnswer;
use crate::domain::metadata;
use crate::error::Result;
use crate::http::body::Body;
use crate::http::caller::UserCall;
use crate::http::respond::{self, ErrorBody};

/// Values of the app's own fields.
#[derive(Debug, Serialize, ToSchema)]
pub struct MetadataAnswer {
    /// By the fields' names; fields without a value are left out.
    #[schema(value_type = Object)]
    user_metadata: Json,
}

/// New values of the app's own fields.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeMetadata {
    /// By the fields' names; fields that are left out stay as they are, `null` or an empty text clears one.
    #[schema(value_type = Object)]
    user_metadata: Map<String, Json>,
}

/// What is stored in the app's own fields of the signed-in user.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser/user-metadata",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, body = MetadataAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn get_user_metadata(
    UserCall { signed_in, .. }: UserCall,
) -> respond::Json<MetadataAnswer> {
    respond::Json(MetadataAnswer {
        user_metadata: signed_in.user.user_metadata,
    })
}

/// Writes into those of the app's own fields that users may change themselves.
#[utoipa::path(
    patch,
    path = "/auth/v1/apps/{app_id}/currentuser/user-metadata",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    request_body = ChangeMetadata,
    responses((status = 200, body = CurrentUserAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn update_user_metadata(
    UserCall { call, signed_in }: UserCall,
    Body(change): Body<ChangeMetadata>,
) -> Result<respond::Json<CurrentUserAnswer>> {
    let values = &change.user_metadata;
    let user = metadata::update(&call.app, &call.loaded, &signed_in, values, &call.client).await?;
    let answer = CurrentUserAnswer::of(&call.app, user).await?;
    Ok(respond::Json(answer))
}
