//! Auth tokens: the claims, how long they live, and what a sign-in or refresh answers with.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::domain::apps::LoadedApp;
use crate::domain::sessions::OpenSession;
use crate::error::Result;
use crate::ids::{SessionId, UserId};
use crate::time::Timestamp;

/// How much earlier than its making a token is valid, seconds, for back ends whose clocks are behind. Passage's tokens
/// had the same (samples of 2023 and later).
const NOT_BEFORE_MARGIN: i64 = 5;

/// Claims of an auth token (RFC 7519 §4.1; `auth_time` and `amr` as in OpenID Connect Core §2).
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Claims {
    /// The auth origin, then the app's id: every Passage SDK finds what it looks for.
    pub aud: [String; 2],
    /// URL of the app's authentication API.
    pub iss: String,
    /// The user's id.
    pub sub: UserId,
    /// Seconds since 1970 when the token was made.
    pub iat: i64,
    /// Seconds since 1970 from which it is valid.
    pub nbf: i64,
    /// Seconds since 1970 at which it expires.
    pub exp: i64,
    /// The session.
    pub sid: SessionId,
    /// How the session was opened (RFC 8176).
    pub amr: Vec<String>,
    /// Seconds since 1970 when the session was opened; a refresh does not move it.
    pub auth_time: i64,
    /// The metadata fields that the app chose.
    #[serde(flatten)]
    pub metadata: Map<String, Json>,
}

/// What a sign-in or a refresh answers with (`AuthResult` of the wire contract).
#[derive(Serialize, utoipa::ToSchema)]
pub struct AuthResult {
    /// The JWT.
    pub auth_token: String,
    /// Where to go now; never empty.
    pub redirect_url: String,
    /// Buys the next auth token, once; absent when the app has refresh switched off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Seconds since 1970 at which the refresh token expires.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token_expiration: Option<i64>,
}

/// Issues the tokens of an open session.
pub fn issue(app: &LoadedApp, session: &OpenSession, now: Timestamp) -> Result<AuthResult> {
    let iat = now.as_seconds();
    let lifetime = i64::from(app.settings.auth_token_lifetime_seconds);
    let claims = Claims {
        aud: [app.auth_origin.to_string(), app.id.to_string()],
        iss: app.issuer.clone(),
        sub: session.user_id().clone(),
        iat,
        nbf: iat - NOT_BEFORE_MARGIN,
        // No token outlives its session.
        exp: (iat + lifetime).min(session.expires_at().as_seconds()),
        sid: session.id().clone(),
        amr: session.methods().split(' ').map(str::to_owned).collect(),
        auth_time: session.auth_time().as_seconds(),
        metadata: chosen_metadata(app, session.user_metadata()),
    };
    Ok(AuthResult {
        auth_token: app.keys.sign(&claims)?,
        redirect_url: app.settings.redirect_url.clone(),
        refresh_token: session
            .refresh_token()
            .map(|token| token.secret().to_owned()),
        refresh_token_expiration: session
            .refresh_token()
            .map(|token| token.expires_at().as_seconds()),
    })
}

/// Claims that no metadata field can take the place of.
pub const RESERVED: [&str; 9] = [
    "aud",
    "iss",
    "sub",
    "iat",
    "nbf",
    "exp",
    "sid",
    "amr",
    "auth_time",
];

fn chosen_metadata(app: &LoadedApp, metadata: &Json) -> Map<String, Json> {
    let fields = app
        .settings
        .token_metadata
        .iter()
        .filter(|field| !RESERVED.contains(&field.as_str()));
    fields
        .filter_map(|field| Some((field.clone(), metadata.get(field)?.clone())))
        .collect()
}

/// The claims of a token of this app that has not expired; `None` for anything else.
pub fn verify(app: &LoadedApp, token: &str, now: Timestamp) -> Option<Claims> {
    let claims: Claims = app.keys.verify(token)?;
    let seconds = now.as_seconds();
    let is_ours = claims.iss == app.issuer && claims.aud[1] == app.id.as_str();
    (is_ours && claims.nbf <= seconds && seconds < claims.exp).then_some(claims)
}
