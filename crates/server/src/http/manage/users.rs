//! Users as back ends see them: one by id, or by what names them.

use axum::extract::{FromRequestParts, Query, RawPathParams};
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::user_info::{ListedUser, ManagedUser};
use crate::app::App;
use crate::domain::users::looking::{self, Known};
use crate::domain::users::managing::Managed;
use crate::domain::users::{User, managing};
use crate::error::{Error, Result};
use crate::http::caller::ManagementCall;
use crate::http::respond::{self, ErrorBody};
use crate::ids::UserId;

/// Most users that one answer holds (`passage/management-api.md` 3.2).
const MOST: u32 = 500;

/// A back end's call about one user of its app.
pub struct UserCall {
    /// The call.
    pub management: ManagementCall,
    /// The user.
    pub user: User,
}

impl UserCall {
    /// The user, about to be changed by this call.
    pub fn managed(&self) -> Managed {
        Managed {
            app_id: self.user.app_id.clone(),
            user_id: self.user.id.clone(),
            author: self.management.author(),
        }
    }
}

impl FromRequestParts<App> for UserCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let management = ManagementCall::from_request_parts(parts, app).await?;
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| managing::no_such_user())?;
        let text = params
            .iter()
            .find_map(|(name, value)| (name == "user_id").then_some(value))
            .unwrap_or_default();
        let id: UserId = text.parse().map_err(|_| managing::no_such_user())?;
        let user = looking::by_id(app, &management.call.loaded.id, &id).await?;
        Ok(UserCall { management, user })
    }
}

/// Answer that wraps a user.
#[derive(Debug, Serialize, ToSchema)]
pub struct ManagedUserAnswer {
    user: ManagedUser,
}

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// An e-mail address, a phone number or an external id; that of a user whose own is not in lower case may be.
    identifier: Option<String>,
    /// 1 unless told.
    #[param(minimum = 1)]
    page: Option<u32>,
    /// 10 unless told.
    #[param(minimum = 1, maximum = 500)]
    limit: Option<u32>,
}

impl Wanted {
    fn decode(self) -> Result<(String, u32, u32)> {
        let unreadable = || {
            Error::invalid(format!(
                "Ask for users as `?identifier=…&limit=…&page=…`: limit is a number from 1 to {MOST}, page one from 1."
            ))
        };
        let identifier = self.identifier.filter(|text| !text.is_empty());
        let identifier = identifier.ok_or_else(|| {
            Error::invalid("identifier: must be given, as `?identifier=…`: users are found one at a time, by e-mail address, phone number or external id.")
        })?;
        let (page, limit) = (self.page.unwrap_or(1), self.limit.unwrap_or(10));
        if page == 0 || !(1..=MOST).contains(&limit) {
            return Err(unreadable());
        }
        Ok((identifier, page, limit))
    }
}

/// A link to a page of the list; empty where there is none.
#[derive(Debug, Serialize, ToSchema)]
struct Link {
    href: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Links {
    first: Link,
    last: Link,
    next: Link,
    previous: Link,
    #[serde(rename = "self")]
    this: Link,
}

/// A page of users.
#[derive(Debug, Serialize, ToSchema)]
pub struct UsersAnswer {
    _links: Links,
    /// Unix seconds.
    created_before: i64,
    limit: u32,
    page: u32,
    total_users: usize,
    users: Vec<ListedUser>,
}

impl UsersAnswer {
    fn of(
        call: &ManagementCall,
        identifier: &str,
        page: u32,
        limit: u32,
        found: Option<User>,
    ) -> Self {
        let app = &call.call.app;
        let address = |page: u32| {
            let query = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("identifier", identifier)
                .append_pair("limit", &limit.to_string())
                .append_pair("page", &page.to_string())
                .finish();
            let (origin, id) = (app.config.public_origin(), &call.call.loaded.id);
            Link {
                href: format!("{origin}/api/v1/apps/{id}/users?{query}"),
            }
        };
        let none = || Link {
            href: String::new(),
        };
        UsersAnswer {
            _links: Links {
                first: address(1),
                last: address(1),
                next: none(),
                previous: if page > 1 { address(page - 1) } else { none() },
                this: address(page),
            },
            created_before: app.clock.now().as_millis() / 1000,
            limit,
            page,
            total_users: usize::from(found.is_some()),
            users: found
                .iter()
                .filter(|_| page == 1)
                .map(ListedUser::of)
                .collect(),
        }
    }
}

/// The user whom an address, a number or an external id names, as a list: empty if there is none.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{app_id}/users",
    tag = "management",
    params(("app_id" = String, Path), Wanted),
    security(("api_key" = [])),
    responses((status = 200, body = UsersAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn list_users(
    management: ManagementCall,
    query: Result<Query<Wanted>, axum::extract::rejection::QueryRejection>,
) -> Result<respond::Json<UsersAnswer>> {
    let Query(wanted) = query.map_err(|_| {
        Error::invalid("Ask for users as `?identifier=…&limit=…&page=…`, each given once.")
    })?;
    let (identifier, page, limit) = wanted.decode()?;
    let call = &management.call;
    let found = looking::by_identifier(&call.app, &call.loaded, &identifier).await?;
    Ok(respond::Json(UsersAnswer::of(
        &management,
        &identifier,
        page,
        limit,
        found,
    )))
}

/// A user with their passkeys and what happened to the account last.
#[utoipa::path(
    get,
    path = "/api/v1/apps/{app_id}/users/{user_id}",
    tag = "management",
    params(("app_id" = String, Path), ("user_id" = String, Path)),
    security(("api_key" = [])),
    responses((status = 200, body = ManagedUserAnswer), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody))
)]
pub async fn get_user(of: UserCall) -> Result<respond::Json<ManagedUserAnswer>> {
    let known = Known::load(&of.management.call.app, of.user).await?;
    Ok(respond::Json(ManagedUserAnswer {
        user: ManagedUser::of(&known),
    }))
}
