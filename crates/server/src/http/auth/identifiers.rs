//! The signed-in user's address and number: another one, a proof of the one that there is, or none.

use serde::Deserialize;
use utoipa::ToSchema;

use super::magic_links::{LinkAnswer, WishBody};
use crate::domain::magic_links::{Wish, ask_to_change_address, remove_address};
use crate::domain::users::Identifier;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::caller::UserCall;
use crate::http::respond::{ErrorBody, Json};

/// Body of a change of address.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangeEmail {
    /// The address that the account shall have, or the one that it has and that was never proven; empty to have none.
    new_email: String,
    #[serde(flatten)]
    wish: ChangeBody,
}

/// Body of a change of number.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ChangePhone {
    /// The number that the account shall have, or the one that it has and that was never proven; empty to have none.
    new_phone: String,
    #[serde(flatten)]
    wish: ChangeBody,
}

/// How somebody wants to confirm it.
#[derive(Debug, Deserialize, ToSchema)]
struct ChangeBody {
    /// Where to go once it is confirmed: the app's redirect URL or the address of one of its login pages. Anything else is
    /// left out of account.
    #[serde(default)]
    redirect_url: Option<String>,
    #[serde(flatten)]
    wish: WishBody,
}

impl ChangeBody {
    fn decode(self) -> Result<Wish> {
        Ok(Wish {
            redirect_url: self.redirect_url,
            ..self.wish.decode()?
        })
    }
}

/// Asks for another address, or for a proof of the one that there is: the mail goes to that address, and nothing changes
/// until its link is opened or its code typed. An empty one removes the address at once; the id in the answer is empty then.
/// Needs a recent sign-in.
#[utoipa::path(
    patch,
    path = "/auth/v1/apps/{app_id}/currentuser/email",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    request_body = ChangeEmail,
    responses((status = 200, body = LinkAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn change_email(
    user: UserCall,
    Body(body): Body<ChangeEmail>,
) -> Result<Json<LinkAnswer>> {
    let address = match body.new_email.trim() {
        "" => None,
        text => Some(
            Identifier::email(text)
                .map_err(|_| Error::invalid("new_email: must be a valid email address."))?,
        ),
    };
    change(user, address, false, body.wish).await
}

/// The same for the phone number: the confirmation goes there as a text message.
#[utoipa::path(
    patch,
    path = "/auth/v1/apps/{app_id}/currentuser/phone",
    tag = "users",
    params(("app_id" = String, Path)),
    security(("auth_token" = [])),
    request_body = ChangePhone,
    responses((status = 200, body = LinkAnswer), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn change_phone(
    user: UserCall,
    Body(body): Body<ChangePhone>,
) -> Result<Json<LinkAnswer>> {
    let country = &user.call.loaded.settings.default_country;
    let number = match body.new_phone.trim() {
        "" => None,
        text => Some(
            Identifier::phone(text, Some(country))
                .map_err(|_| Error::invalid("new_phone: must be a valid E164 number."))?,
        ),
    };
    change(user, number, true, body.wish).await
}

async fn change(
    UserCall { call, signed_in }: UserCall,
    wanted: Option<Identifier>,
    is_phone: bool,
    wish: ChangeBody,
) -> Result<Json<LinkAnswer>> {
    let wish = wish.decode()?;
    let answer = match wanted {
        None => {
            remove_address(&call.app, &call.loaded, &signed_in, is_phone, &call.client).await?;
            LinkAnswer::of_nothing()
        }
        Some(address) => LinkAnswer::of(
            ask_to_change_address(
                &call.app,
                &call.loaded,
                &signed_in,
                address,
                wish,
                &call.client,
            )
            .await?,
        ),
    };
    Ok(Json(answer))
}
