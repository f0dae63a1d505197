//! Sessions: one signed-in browser each, with its family of refresh tokens.
//!
//! A session is opened by a [`Proof`] and by nothing else (D3); tokens come from an [`OpenSession`], which only opening,
//! joining and refreshing make. A refresh rotates the token, and a replay ends the session (D6).

pub mod own;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::console::Welcome;
use crate::domain::events::{Client, Counter, Event, Kind, add_refusal};
use crate::domain::proof::Proof;
use crate::domain::tokens::{self, AuthResult, Claims};
use crate::domain::users::{self, Status, User};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, PasskeyId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// Within this time of its use, a refresh token gets the same successor again: two tabs, or an answer that was lost.
pub const GRACE: Duration = Duration::from_secs(10);

/// A session as stored.
#[derive(Clone, Debug)]
pub struct Session {
    /// Names the session.
    pub id: SessionId,
    /// The app.
    pub app_id: AppId,
    /// Whose it is.
    pub user_id: UserId,
    /// The passkey that opened it.
    pub passkey_id: Option<PasskeyId>,
    /// How it was opened: `amr` values with spaces between.
    pub methods: String,
    /// Who opened it.
    pub client: Client,
    /// When it was opened.
    pub auth_time: Timestamp,
    /// When it was opened or refreshed last.
    pub last_used_at: Timestamp,
    /// When it ends, however used.
    pub expires_at: Timestamp,
    /// When it was ended early.
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    /// Whether it can still be used.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A refresh token: `1` (the id of the key that derives successors), the session's id, and 32 bytes in base64url, with
/// dots between.
#[derive(Clone)]
pub struct RefreshToken {
    text: String,
    expires_at: Timestamp,
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(hidden)")
    }
}

impl RefreshToken {
    fn from_bytes(session_id: &SessionId, bytes: [u8; 32], expires_at: Timestamp) -> Self {
        RefreshToken {
            text: format!("1.{session_id}.{}", URL_SAFE_NO_PAD.encode(bytes)),
            expires_at,
        }
    }

    /// The session that a presented token names, and what may be stored of it; `None` if it is no refresh token.
    fn parse(text: &str) -> Option<(SessionId, SecretHash)> {
        let (session_id, _) = text.strip_prefix("1.")?.split_once('.')?;
        Some((session_id.parse().ok()?, SecretHash::of(text)))
    }

    /// The secret itself, for the browser.
    pub fn secret(&self) -> &str {
        &self.text
    }

    /// When it can no longer be used.
    pub fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    /// What is stored of it.
    pub fn hash(&self) -> SecretHash {
        SecretHash::of(&self.text)
    }
}

/// A refresh token as stored, with its session and user.
#[derive(Debug)]
pub struct Family {
    /// When the token was used.
    pub used_at: Option<Timestamp>,
    /// When the token expires by inactivity.
    pub expires_at: Timestamp,
    /// Its session.
    pub session: Session,
    /// The session's user.
    pub user: User,
}

/// A session that was opened or refreshed just now.
#[derive(Debug)]
pub struct OpenSession {
    session: Session,
    user_metadata: Json,
    refresh_token: Option<RefreshToken>,
}

impl OpenSession {
    /// Names the session.
    pub fn id(&self) -> &SessionId {
        &self.session.id
    }

    /// Whose it is.
    pub fn user_id(&self) -> &UserId {
        &self.session.user_id
    }

    /// `amr` values with spaces between.
    pub fn methods(&self) -> &str {
        &self.session.methods
    }

    /// When it was opened.
    pub fn auth_time(&self) -> Timestamp {
        self.session.auth_time
    }

    /// When it ends, however used.
    pub fn expires_at(&self) -> Timestamp {
        self.session.expires_at
    }

    /// The user's metadata.
    pub fn user_metadata(&self) -> &Json {
        &self.user_metadata
    }

    /// What buys the next auth token.
    pub fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh_token.as_ref()
    }
}

/// A session about to be opened, everything random in it drawn: the closure that stores it may run twice.
pub struct Opening {
    session_id: SessionId,
    client: Client,
    now: Timestamp,
    expires_at: Timestamp,
    /// The bytes of the first refresh token, and when it expires by inactivity.
    refresh: Option<([u8; 32], Timestamp)>,
    event: Event,
    shard: i64,
    /// What a first sign-in to the Console brings about.
    welcome: Option<Welcome>,
}

impl Opening {
    /// Prepares a session for whoever proves who they are.
    pub fn prepare(app: &App, loaded: &LoadedApp, client: &Client) -> Self {
        let now = app.clock.now();
        let settings = &loaded.settings;
        let lifetime = if settings.refresh_enabled {
            settings.refresh_absolute_lifetime_seconds
        } else {
            settings.auth_token_lifetime_seconds
        };
        let expires_at = now.plus(Duration::from_secs(lifetime.into()));
        Opening {
            session_id: SessionId::draw(&app.random, now),
            client: client.clone(),
            now,
            expires_at,
            refresh: settings
                .refresh_enabled
                .then(|| (app.random.bytes(), idle_expiry(loaded, expires_at, now))),
            event: Event::of_client(app, &loaded.id, Kind::SignIn, client),
            shard: app.counters.shard(),
            welcome: Welcome::prepare(app, loaded, client),
        }
    }

    /// When it is opened.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Names the session that will be opened.
    pub fn session_id(&self) -> &SessionId {
        &self.session_id
    }

    fn refresh_token(&self, session: &Session) -> Option<RefreshToken> {
        self.refresh.map(|(bytes, idle)| {
            RefreshToken::from_bytes(&session.id, bytes, idle.min(session.expires_at))
        })
    }
}

/// Opens a session, in the transaction that consumed what the proof stands on. `user_metadata` is the user's.
pub fn open(
    tx: &mut Tx<'_>,
    opening: &Opening,
    proof: &Proof,
    user_metadata: Json,
) -> Result<OpenSession> {
    let session = Session {
        id: opening.session_id.clone(),
        app_id: proof.app_id().clone(),
        user_id: proof.user_id().clone(),
        passkey_id: proof.passkey_id().cloned(),
        methods: proof.methods().to_text(),
        client: opening.client.clone(),
        auth_time: opening.now,
        last_used_at: opening.now,
        expires_at: opening.expires_at,
        revoked_at: None,
    };
    tx.add_session(&session)?;
    let refresh_token = opening.refresh_token(&session);
    if let Some(token) = &refresh_token {
        tx.add_refresh_token(&session.id, &token.hash(), token.expires_at)?;
    }
    let mut event = opening
        .event
        .clone()
        .by(proof.user_id())
        .about(proof.evidence())
        .detailed(proof.means());
    if proof.is_sign_up() {
        event.kind = Kind::SignUp;
        if let Some(welcome) = &opening.welcome {
            welcome.admit(tx, proof.user_id())?;
        }
    }
    tx.add_event(&event)?;
    let (day, counter) = (session.auth_time.day(), proof.counter());
    tx.count(&session.app_id, day, counter, opening.shard, 1)?;
    Ok(OpenSession {
        session,
        user_metadata,
        refresh_token,
    })
}

/// Gives the session that a proof has opened already to one more tab of the browser that asked for it, with a refresh
/// token of its own. `None` if it has ended.
pub fn join(
    tx: &mut Tx<'_>,
    opening: &Opening,
    proof: &Proof,
    session_id: &SessionId,
) -> Result<Option<OpenSession>> {
    let Some((session, user)) = tx.find_session(session_id)? else {
        return Ok(None);
    };
    if !session.is_alive(opening.now) || session.user_id != *proof.user_id() {
        return Ok(None);
    }
    user.require_active()?;
    let refresh_token = opening.refresh_token(&session);
    if let Some(token) = &refresh_token {
        tx.add_refresh_token(&session.id, &token.hash(), token.expires_at)?;
    }
    Ok(Some(OpenSession {
        session,
        user_metadata: user.user_metadata,
        refresh_token,
    }))
}

/// When a token used now expires by inactivity, within its session's lifetime.
fn idle_expiry(loaded: &LoadedApp, session_expires_at: Timestamp, now: Timestamp) -> Timestamp {
    let idle = Duration::from_secs(loaded.settings.refresh_inactivity_lifetime_seconds.into());
    now.plus(idle).min(session_expires_at)
}

fn invalid_refresh_token() -> Error {
    Error::new(
        Code::InvalidRefreshToken,
        "This refresh token cannot be used any more. Sign in again.",
    )
}

/// Exchanges a refresh token for a new pair.
pub async fn refresh(
    app: &App,
    loaded: &Arc<LoadedApp>,
    token: &str,
    client: &Client,
) -> Result<AuthResult> {
    let now = app.clock.now();
    if !loaded.settings.refresh_enabled {
        return Err(invalid_refresh_token().with_reason("refresh_disabled"));
    }
    let Some((session_id, hash)) = RefreshToken::parse(token) else {
        let refused = Counter::RefusedUnknown;
        app.counters.add(&loaded.id, now.day(), refused);
        return Err(invalid_refresh_token());
    };
    let successor = app.secrets.refresh_successor(token.as_bytes());
    let replayed = Event::of_client(app, &loaded.id, Kind::RefreshReplayed, client)
        .about(&session_id)
        .refused("refresh_token_reused");
    let (shard, inner) = (app.counters.shard(), loaded.clone());
    let open = app
        .store
        .write(move |tx| {
            // This statement alone decides who rotates.
            let is_first = tx.consume_refresh_token(&session_id, &hash, now)?;
            // Refused as a whole: presented to another app, the token is not used up.
            let family = tx
                .find_refresh_family(&inner.id, &session_id, &hash)?
                .ok_or_else(invalid_refresh_token)?;
            let expires_at = idle_expiry(&inner, family.session.expires_at, now);
            let next = RefreshToken::from_bytes(&session_id, successor, expires_at);
            // Nothing is to be remembered of this refusal, so the token is not used up either.
            check_family(&family, now)?;
            if is_first {
                tx.add_refresh_token(&session_id, &next.hash(), next.expires_at)?;
                tx.update_session_used(&session_id, now)?;
                tx.count(&inner.id, now.day(), Counter::Refresh, shard, 1)?;
                return Ok(Ok(OpenSession {
                    user_metadata: family.user.user_metadata,
                    session: family.session,
                    refresh_token: Some(next),
                }));
            }
            let used_at = family.used_at.unwrap_or(now);
            if now.since(used_at) <= GRACE {
                return match tx.find_unused_refresh_token(&session_id, &next.hash())? {
                    Some(expires_at) => {
                        let next = RefreshToken { expires_at, ..next };
                        Ok(Ok(OpenSession {
                            user_metadata: family.user.user_metadata,
                            session: family.session,
                            refresh_token: Some(next),
                        }))
                    }
                    None => Ok(Err(invalid_refresh_token())),
                };
            }
            // Somebody else holds this family, too: it ends, and that is remembered.
            tx.revoke_session(&session_id, now)?;
            add_refusal(tx, &replayed.clone().by(&family.user.id), shard)?;
            Ok(Err(
                invalid_refresh_token().with_reason("refresh_token_reused")
            ))
        })
        .await
        .and_then(|open| open);
    if let Err(refusal) = &open
        && refusal.code() == Code::InvalidRefreshToken
        && refusal.reason().is_none()
    {
        app.counters
            .add(&loaded.id, now.day(), Counter::RefusedUnknown);
    }
    tokens::issue(loaded, &open?, now)
}

fn check_family(family: &Family, now: Timestamp) -> Result<()> {
    if family.user.status == Status::Inactive {
        return Err(users::not_active());
    }
    if !family.session.is_alive(now) || now >= family.expires_at {
        return Err(invalid_refresh_token());
    }
    Ok(())
}

/// Ends the session of a refresh token. A token that is unknown or was used is no error (RFC 7009 §2.2).
pub async fn revoke(app: &App, loaded: &LoadedApp, token: &str, client: &Client) -> Result<()> {
    let now = app.clock.now();
    let Some((session_id, hash)) = RefreshToken::parse(token) else {
        return Ok(());
    };
    let app_id = loaded.id.clone();
    let event = Event::of_client(app, &loaded.id, Kind::SignOut, client).about(&session_id);
    app.store
        .write(move |tx| {
            let Some(family) = tx.find_refresh_family(&app_id, &session_id, &hash)? else {
                return Ok(());
            };
            if tx.revoke_session(&session_id, now)? {
                tx.add_event(&event.clone().by(&family.user.id))?;
            }
            Ok(())
        })
        .await
}

/// Somebody who is signed in: a token that was checked, and the session behind it.
#[derive(Debug)]
pub struct SignedIn {
    /// The session.
    pub session: Session,
    /// Its user, active.
    pub user: User,
}

impl SignedIn {
    /// Refuses what needs a recent sign-in (D7).
    pub fn require_recent(&self, loaded: &LoadedApp, now: Timestamp) -> Result<()> {
        let seconds = loaded.settings.recent_sign_in_seconds;
        if seconds == 0 || now.since(self.session.auth_time) <= Duration::from_secs(seconds.into())
        {
            return Ok(());
        }
        Err(Error::forbidden(
            "reauthentication_required",
            format!(
                "This needs a sign-in within the last {}. Sign in again, then repeat it.",
                match seconds {
                    ..120 => format!("{seconds} seconds"),
                    _ => format!("{} minutes", seconds.div_ceil(60)),
                }
            ),
        ))
    }
}

/// The user of a session, locked until the commit, for a change that depends on what else is theirs: of two changes at once the
/// second sees what the first has left. Refused if user or session has ended since the request was let in.
pub fn lock_user(
    tx: &mut Tx<'_>,
    user_id: &UserId,
    session_id: &SessionId,
    now: Timestamp,
) -> Result<User> {
    tx.update_user_changed(user_id, now)?;
    let Some((session, user)) = tx.find_session(session_id)? else {
        return Err(users::not_active());
    };
    user.require_active()?;
    if !session.is_alive(now) {
        return Err(Error::new(
            Code::InvalidAccessToken,
            "The session has ended. Sign in again.",
        ));
    }
    Ok(user)
}

/// Checks an auth token and the session behind it, so that a revocation is immediate on this server's own API (D5).
pub async fn authenticate(app: &App, loaded: &LoadedApp, token: &str) -> Result<SignedIn> {
    let now = app.clock.now();
    let invalid = || {
        Error::new(
            Code::InvalidAccessToken,
            "The auth token is missing, expired or revoked. Sign in again.",
        )
    };
    let Claims { sub, sid, .. } = tokens::verify(loaded, token, now).ok_or_else(invalid)?;
    let found = app.store.read(move |tx| tx.find_session(&sid)).await?;
    let (session, user) = found.ok_or_else(invalid)?;
    if !session.is_alive(now) || session.user_id != sub {
        return Err(invalid());
    }
    user.require_active()?;
    Ok(SignedIn { session, user })
}
