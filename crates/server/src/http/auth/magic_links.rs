//! Magic links: asking for one, opening it, and the tab that waits (`passage/auth-api.md` 3.7).
//!
//! Beyond Passage's contract a browser may have a key: it sends the key's SHA-256 when it asks, and the key when it opens
//! or waits (D9).

pub mod passkeys;

use axum::response::{IntoResponse, Response};
use ginnel_webauthn::base64url;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::sessions::AuthAnswer;
use crate::domain::magic_links::{self, Activated, Asked, Presented, Wish};
use crate::domain::metadata::{self, Occasion};
use crate::domain::users::Identifier;
use crate::error::{Error, Result};
use crate::http::body::Body;
use crate::http::caller::{AppCall, MaybeSignedIn};
use crate::http::respond::{Accepted, Created, ErrorBody, Json};
use crate::secrets::SecretHash;

/// How somebody wants their link.
#[derive(Debug, Deserialize, ToSchema)]
pub struct WishBody {
    /// BCP 47 tag; messages speak `de`, `en`, `es`, `it`, `pl`, `pt` and `zh`. The app's default language otherwise.
    #[serde(default)]
    language: Option<String>,
    /// Path of the page that asks; taken if it is among the app's login paths, its login URL otherwise.
    #[serde(default)]
    magic_link_path: Option<String>,
    /// Base64url of the SHA-256 of the browser's key: the link signs in this browser only.
    #[serde(default)]
    browser_key_hash: Option<String>,
}

impl WishBody {
    /// The same for the domain.
    pub fn decode(self) -> Result<Wish> {
        let browser_key_hash = match self.browser_key_hash {
            None => None,
            Some(text) => {
                let bytes = base64url::decode(&text).and_then(|bytes| bytes.try_into().ok());
                Some(SecretHash::from_bytes(bytes.ok_or_else(|| {
                    Error::invalid(
                        "browser_key_hash: must be 32 bytes in base64url, the SHA-256 of the browser's key.",
                    )
                })?))
            }
        };
        Ok(Wish {
            language: self.language,
            path: self.magic_link_path,
            browser_key_hash,
            ..Wish::default()
        })
    }
}

/// Body of a request for a link.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AskForLink {
    /// E-mail address or phone number.
    identifier: String,
    #[serde(flatten)]
    wish: WishBody,
}

/// Body of a request for a link that finishes a sign-up.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AskToSignUp {
    #[serde(flatten)]
    ask: AskForLink,
    /// Values of the app's own fields for the new account. With a link they need a browser with a key: anybody may open a link
    /// without one, and whoever asked for it would write into a stranger's account.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    user_metadata: Option<Map<String, Value>>,
}

/// Answer to a request for a link.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkAnswer {
    magic_link: AskedLink,
}

/// A link that is on its way.
#[derive(Debug, Serialize, ToSchema)]
struct AskedLink {
    /// 24 letters and digits; empty where nothing had to be sent.
    id: String,
    /// Two digits to show: whoever opens the link in another browser must type them. Only for a browser with a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    digits: Option<String>,
}

impl LinkAnswer {
    /// For the wire.
    pub fn of(Asked { id, digits }: Asked) -> Self {
        LinkAnswer::new(id.to_string(), digits)
    }

    /// Says that nothing was sent.
    pub fn of_nothing() -> Self {
        LinkAnswer::new(String::new(), None)
    }

    fn new(id: String, digits: Option<String>) -> Self {
        LinkAnswer {
            magic_link: AskedLink { id, digits },
        }
    }
}

/// A link as it was opened.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ActivateLink {
    /// The secret from the link's `psg_magic_link` or `psg_verify_link`.
    magic_link: String,
    /// The browser's key, if it has one.
    #[serde(default)]
    browser_key: Option<String>,
    /// The two digits that the page shows where the link was asked for.
    #[serde(default)]
    digits: Option<String>,
}

/// What a waiting tab sends.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LinkStatus {
    /// Id of the link that it asked for.
    id: String,
    /// The browser's key, if it has one.
    #[serde(default)]
    browser_key: Option<String>,
}

/// Sends a link that finishes a sign-up; with the link comes a code, if the app has codes.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/register/magic-link",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = AskToSignUp,
    responses((status = 201, body = LinkAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn register_by_link(
    call: AppCall,
    Body(body): Body<AskToSignUp>,
) -> Result<Created<LinkAnswer>> {
    let (identifier, wish) = body.decode(&call)?;
    if wish.user_metadata.is_some() && wish.browser_key_hash.is_none() {
        return Err(Error::invalid(
            "user_metadata: needs a `browser_key_hash` beside it, so that nobody else's sign-up gets it. Send one, leave the fields out, or sign up by a code.",
        ));
    }
    let asked =
        magic_links::ask_to_sign_up(&call.app, &call.loaded, identifier, wish, &call.client)
            .await?;
    Ok(Created(LinkAnswer::of(asked)))
}

/// Sends a link to sign in with; with the link comes a code, if the app has codes.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/login/magic-link",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = AskForLink,
    responses((status = 200, body = LinkAnswer), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody))
)]
pub async fn login_by_link(
    call: AppCall,
    Body(body): Body<AskForLink>,
) -> Result<Json<LinkAnswer>> {
    let (identifier, wish) = body.decode(&call)?;
    let asked =
        magic_links::ask_to_sign_in(&call.app, &call.loaded, identifier, wish, &call.client)
            .await?;
    Ok(Json(LinkAnswer::of(asked)))
}

impl AskToSignUp {
    /// The same for the domain, checked against the app's fields.
    pub fn decode(self, call: &AppCall) -> Result<(Identifier, Wish)> {
        let (identifier, wish) = self.ask.decode(call)?;
        call.loaded.require_allowed(&identifier)?;
        let values = self.user_metadata.unwrap_or_default();
        let checked = metadata::check(&call.loaded.settings, &values, Occasion::Registration)?;
        let user_metadata = (!checked.is_empty()).then_some(Value::Object(checked));
        Ok((
            identifier,
            Wish {
                user_metadata,
                ..wish
            },
        ))
    }
}

impl AskForLink {
    /// The same for the domain.
    pub fn decode(self, call: &AppCall) -> Result<(Identifier, Wish)> {
        let identifier = call.loaded.identifier(&self.identifier)?;
        Ok((identifier, self.wish.decode()?))
    }
}

/// Opens a link. Whoever asked for it in this browser, or without a key, is signed in; elsewhere the two digits are needed,
/// and then the tab that asked is signed in.
#[utoipa::path(
    patch,
    path = "/auth/v1/apps/{app_id}/magic-link/activate",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = ActivateLink,
    security((), ("auth_token" = [])),
    responses(
        (status = 200, body = AuthAnswer),
        (status = 202, body = LinkAnswer, description = "the tab that asked is signed in"),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`invalid_magic_link`: wrong digits, the link is dead"),
        (status = 403, body = ErrorBody, description = "`user_not_active`, or reason `digits_required`"),
        (status = 404, body = ErrorBody, description = "`magic_link_not_found`; reason `magic_link_expired` or `magic_link_used`")
    )
)]
pub async fn activate_link(
    call: AppCall,
    MaybeSignedIn(signed_in): MaybeSignedIn,
    Body(body): Body<ActivateLink>,
) -> Result<Response> {
    let presented = Presented {
        secret: body.magic_link,
        browser_key: body.browser_key,
        digits: body.digits,
        signed_in,
    };
    let activated = magic_links::activate(&call.app, &call.loaded, presented, &call.client).await?;
    Ok(match activated {
        Activated::SignedIn(auth_result) => Json(AuthAnswer { auth_result }).into_response(),
        Activated::Approved(id) => Accepted(LinkAnswer::new(id.to_string(), None)).into_response(),
    })
}

/// Whether the link was opened that this tab waits for; then it is signed in.
#[utoipa::path(
    post,
    path = "/auth/v1/apps/{app_id}/magic-link/status",
    tag = "links",
    params(("app_id" = String, Path)),
    request_body = LinkStatus,
    responses(
        (status = 200, body = AuthAnswer),
        (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody, description = "`invalid_magic_link`: wrong digits were typed elsewhere"),
        (status = 403, body = ErrorBody, description = "`user_not_active`"),
        (status = 404, body = ErrorBody, description = "`magic_link_not_found`; reason `magic_link_pending`, `magic_link_expired` or `magic_link_used` for the browser that asked")
    )
)]
pub async fn get_link_status(
    call: AppCall,
    Body(body): Body<LinkStatus>,
) -> Result<Json<AuthAnswer>> {
    let auth_result = magic_links::collect(
        &call.app,
        &call.loaded,
        &body.id,
        body.browser_key.as_deref(),
        &call.client,
    )
    .await?;
    Ok(Json(AuthAnswer { auth_result }))
}
