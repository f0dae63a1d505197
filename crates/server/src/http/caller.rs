//! Who is calling: the app that the path names, the client's address and words, the signed-in user.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};

use crate::app::App;
use crate::config::Config;
use crate::domain::api_keys::{self, ApiKey};
use crate::domain::apps::{self, LoadedApp};
use crate::domain::console;
use crate::domain::events::{Author, Client};
use crate::domain::sessions::{self, SignedIn};
use crate::error::{Error, Result};
use crate::http::auth_token;
use crate::http::console::cookie;
use crate::ids::AppId;

/// Longest part of a `User-Agent` that is kept, bytes.
const USER_AGENT_MAX: usize = 512;

/// The app that a request is about, one that leaves signing in to this server, and who sent it.
pub struct AppCall {
    /// The server.
    pub app: App,
    /// The app.
    pub loaded: Arc<LoadedApp>,
    /// Who sent it.
    pub client: Client,
}

/// A request about an app of any type.
pub struct AnyAppCall(pub AppCall);

impl FromRequestParts<App> for AnyAppCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let params = RawPathParams::from_request_parts(parts, app)
            .await
            .map_err(|_| apps::not_found())?;
        let text = params
            .iter()
            .find_map(|(name, value)| (name == "app_id").then_some(value))
            .unwrap_or_default();
        let id: AppId = text.parse().map_err(|_| apps::not_found())?;
        let mut loaded = apps::load(app, &id).await?;
        if app.is_console(&id)
            && let Some(grant) = cookie::read_grant(&parts.headers)
            && console::is_good(app, grant).await?
        {
            loaded = Arc::new(loaded.admitting(grant));
        }
        Ok(AnyAppCall(AppCall {
            loaded,
            client: client(&app.config, parts),
            app: app.clone(),
        }))
    }
}

impl FromRequestParts<App> for AppCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let AnyAppCall(call) = AnyAppCall::from_request_parts(parts, app).await?;
        call.loaded.require_complete()?;
        Ok(call)
    }
}

/// A request about the passkeys of an app that signs its users in by itself.
pub struct FlexCall(pub AppCall);

impl FromRequestParts<App> for FlexCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let AnyAppCall(call) = AnyAppCall::from_request_parts(parts, app).await?;
        call.loaded.require_flex()?;
        Ok(FlexCall(call))
    }
}

/// A back end's call of the management API, with a key of the app.
pub struct ManagementCall {
    /// The call.
    pub call: AppCall,
    /// The key that was shown.
    pub key: ApiKey,
}

impl ManagementCall {
    /// Who changes something by this call.
    pub fn author(&self) -> Author {
        Author::BackEnd {
            key_id: self.key.id.clone(),
            client: self.call.client.clone(),
        }
    }
}

impl FromRequestParts<App> for ManagementCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let AnyAppCall(call) = AnyAppCall::from_request_parts(parts, app).await?;
        if app.is_console(&call.loaded.id) {
            return Err(apps::not_found());
        }
        let shown = auth_token::find_api_key(&parts.headers)?;
        let key = api_keys::authenticate(app, &call.loaded.id, shown).await?;
        Ok(ManagementCall { call, key })
    }
}

/// A call by somebody who is signed in.
pub struct UserCall {
    /// The call.
    pub call: AppCall,
    /// Who is signed in.
    pub signed_in: SignedIn,
}

impl UserCall {
    /// A call by whoever has this token.
    pub async fn of(call: AppCall, token: &str) -> Result<Self> {
        let signed_in = sessions::authenticate(&call.app, &call.loaded, token).await?;
        Ok(UserCall { call, signed_in })
    }
}

impl FromRequestParts<App> for UserCall {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        let call = AppCall::from_request_parts(parts, app).await?;
        UserCall::of(call, auth_token::bearer(&parts.headers)?).await
    }
}

/// Who is signed in in the browser that calls, where that is of use but not needed: a token that is no good counts as none.
pub struct MaybeSignedIn(pub Option<SignedIn>);

impl FromRequestParts<App> for MaybeSignedIn {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self> {
        if !matches!(auth_token::find_bearer(&parts.headers), Ok(Some(_))) {
            return Ok(MaybeSignedIn(None));
        }
        match UserCall::from_request_parts(parts, app).await {
            Ok(call) => Ok(MaybeSignedIn(Some(call.signed_in))),
            Err(error) if error.code().status() < 500 => Ok(MaybeSignedIn(None)),
            Err(error) => Err(error),
        }
    }
}

/// Who sent a request.
pub fn client(config: &Config, parts: &Parts) -> Client {
    let agent = parts
        .headers
        .get(header::USER_AGENT)
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    let mut user_agent = agent.unwrap_or_default().replace(char::is_control, " ");
    let mut end = USER_AGENT_MAX.min(user_agent.len());
    while !user_agent.is_char_boundary(end) {
        end -= 1;
    }
    user_agent.truncate(end);
    let peer = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|info| info.0.ip());
    Client {
        address: address(
            config,
            peer.unwrap_or(IpAddr::from([127, 0, 0, 1])),
            &parts.headers,
        ),
        user_agent,
    }
}

/// Whether an address is that of a proxy whose headers are believed.
pub fn is_trusted(config: &Config, address: IpAddr) -> bool {
    let address = address.to_canonical();
    config
        .trusted_proxies
        .iter()
        .any(|network| network.contains(address))
}

/// The client's address: the peer's, or, while the one before is a trusted proxy, the next in `X-Forwarded-For`.
pub fn address(config: &Config, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
    let forwarded: Vec<&str> = headers
        .get_all("x-forwarded-for")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .collect();
    let mut client = peer.to_canonical();
    for hop in forwarded.iter().rev() {
        if !is_trusted(config, client) {
            break;
        }
        let Ok(next) = hop.trim().parse::<IpAddr>() else {
            break;
        };
        client = next.to_canonical();
    }
    client
}
