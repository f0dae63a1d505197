//! Users as a page sees them: looking one up, signing one up, the one who is signed in.

use axum::extract::{FromRequestParts as _, Query, Request};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use utoipa::ToSchema;

use super::passkeys::devices::Credential;
use crate::app::App;
use crate::domain::passkeys::{self, PasskeyType};
use crate::domain::users::{self, Identifier, User};
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::caller::{AppCall, UserCall};
use crate::http::respond::{self, Created, ErrorBody};

/// A user as anybody may see them (`passage/auth-api.md` 3.3).
#[derive(Debug, Serialize, ToSchema)]
pub struct UserInfo {
    /// Empty when unset, and where the user was named by their number and is not the one who asks.
    email: String,
    email_verified: bool,
    id: String,
    /// Empty when unset, and where the user was named by their address and is not the one who asks.
    phone: String,
    phone_verified: bool,
    /// `active`, `inactive` or `pending`.
    status: &'static str,
    #[schema(value_type = Object)]
    user_metadata: Json,
    /// Whether the user has a passkey.
    webauthn: bool,
    webauthn_types: Vec<PasskeyType>,
}

impl UserInfo {
    /// A user and the kinds of their passkeys. Metadata is the user's own business: it is shown to nobody else.
    pub fn of(user: &User, passkey_types: Vec<PasskeyType>) -> Self {
        UserInfo {
            email: user.email.clone().unwrap_or_default(),
            email_verified: user.email_verified,
            id: user.id.to_string(),
            phone: user.phone.clone().unwrap_or_default(),
            phone_verified: user.phone_verified,
            status: user.status.as_str(),
            user_metadata: Json::Object(Map::new()),
            webauthn: !passkey_types.is_empty(),
            webauthn_types: passkey_types,
        }
    }

    /// A user as shown to whoever named them by an address or number, and who may be a stranger: what else the account has
    /// is not theirs to know (D8).
    pub fn named_by(identifier: &Identifier, user: &User, passkey_types: Vec<PasskeyType>) -> Self {
        let info = UserInfo::of(user, passkey_types);
        match identifier {
            Identifier::Email(_) => UserInfo {
                phone: String::new(),
                phone_verified: false,
                ..info
            },
            Identifier::Phone(_) => UserInfo {
                email: String::new(),
                email_verified: false,
                ..info
            },
        }
    }
}

/// The signed-in user (`passage/auth-api.md` 3.11).
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentUser {
    #[serde(flatten)]
    info: UserInfo,
    /// RFC 3339.
    created_at: String,
    /// RFC 3339.
    last_login_at: String,
    login_count: i64,
    #[schema(value_type = Object)]
    social_connections: Map<String, Json>,
    /// RFC 3339.
    updated_at: String,
    webauthn_devices: Vec<Credential>,
}

impl CurrentUserAnswer {
    /// The signed-in user with their passkeys.
    pub async fn of(app: &App, user: User) -> Result<Self> {
        let passkeys = passkeys::list(app, &user.id).await?;
        let mut info = UserInfo::of(&user, passkeys::types(&passkeys));
        info.user_metadata = user.user_metadata;
        Ok(CurrentUserAnswer {
            user: CurrentUser {
                info,
                created_at: user.created_at.to_string(),
                last_login_at: user.last_login_at.unwrap_or(user.created_at).to_string(),
                login_count: user.login_count,
                social_connections: Map::new(),
                updated_at: user.updated_at.to_string(),
                webauthn_devices: passkeys.iter().map(Credential::of).collect(),
            },
        })
    }
}

/// Answer that wraps a user, or says that there is none.
#[derive(Debug, Serialize, ToSchema)]
pub struct UserAnswer {
    /// `null` if nobody has the identifier.
    user: Option<UserInfo>,
}

/// Answer that wraps the signed-in user.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentUserAnswer {
    user: CurrentUser,
}

/// Query of a look-up.
#[derive(Debug, Deserialize)]
pub struct Lookup {
    identifier: Option<String>,
}

/// Body of a sign-up.
#[derive(Debug, Deserialize, ToSchema)]
pub struct NewUser {
    /// E-mail address or phone number (E.164).
    identifier: String,
    /// Values of the app's own fields.
    #[schema(value_type = Option<Object>)]
    user_metadata: Option<Map<String, Json>>,
}

/// The user whom an identifier names: 200 with `"user": null` if nobody has it, which Passage's elements rely on.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/users",
    tag = "users",
    params(("app_id" = String, Path), ("identifier" = String, Query, description = "e-mail address or phone number")),
    responses((status = 200, body = UserAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn find_user(call: AppCall, request: Request) -> Result<respond::Json<UserAnswer>> {
    let (mut parts, _) = request.into_parts();
    let Query(query) = Query::<Lookup>::from_request_parts(&mut parts, &())
        .await
        .map_err(|_| Error::invalid("identifier: must be given once, as `?identifier=…`."))?;
    let identifier = query
        .identifier
        .ok_or_else(|| Error::invalid("identifier: must be given once, as `?identifier=…`."))?;
    let identifier = call.loaded.identifier(&identifier)?;
    let found = users::find(&call.app, &call.loaded, identifier.clone()).await?;
    Ok(respond::Json(UserAnswer {
        user: found.map(|found| UserInfo::named_by(&identifier, &found.user, found.passkey_types)),
    }))
}

/// Makes a `pending` user ahead of the ceremony, as Passage's packages do.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/users",
    tag = "users",
    params(("app_id" = String, Path)),
    request_body = NewUser,
    responses((status = 201, body = UserAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn create_user(call: AppCall, Body(new): Body<NewUser>) -> Result<Created<UserAnswer>> {
    let identifier = call.loaded.identifier(&new.identifier)?;
    call.loaded.require_allowed(&identifier)?;
    let metadata = new.user_metadata.unwrap_or_default();
    let user = users::sign_up(&call.app, &call.loaded, identifier, &metadata, call.client).await?;
    // Who sent it may see how it was stored.
    let info = UserInfo {
        user_metadata: user.user_metadata.clone(),
        ..UserInfo::of(&user, Vec::new())
    };
    Ok(Created(UserAnswer { user: Some(info) }))
}

/// Who is signed in.
#[utoipa::path(
    get,
    path = "/auth/v1/apps/{app_id}/currentuser",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    responses((status = 200, body = CurrentUserAnswer), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn get_current_user(
    UserCall { call, signed_in }: UserCall,
) -> Result<respond::Json<CurrentUserAnswer>> {
    let answer = CurrentUserAnswer::of(&call.app, signed_in.user).await?;
    Ok(respond::Json(answer))
}
