//! The Console as an app of this server (D12): its own app, how people come to it, and the cookie of those who are in.
//!
//! The first member is the operator. They come by the setup link, or openly while `public_url` is loopback; later members
//! by invitation, or openly where that is allowed.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::app::App;
use crate::domain::apps::{self, AppRecord, LoadedApp, NewApp};
use crate::domain::events::{Client, Event, Kind};
use crate::domain::invitations::{self, Invitation};
use crate::domain::keys::Algorithm;
use crate::domain::members::Role;
use crate::domain::origins::AuthOrigin;
use crate::domain::sessions::{self, Session};
use crate::domain::users::{Status, User};
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// The fact that names the Console's app.
const CONSOLE_APP: &str = "console_app";

/// The fact that holds the hash of the setup link that works now.
const SETUP: &str = "console_setup";

/// Without use for so long, a cookie opens nothing any more.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);

/// A cookie's last use is noted this often at most.
const NOTED_EVERY: Duration = Duration::from_secs(5 * 60);

/// How long a link works that replaces a lost operator.
const RECOVERS_FOR: Duration = Duration::from_secs(24 * 60 * 60);

/// How long somebody stays signed in to the Console, however they use it, seconds.
pub const LIFETIME: u32 = 7 * 24 * 60 * 60;

/// The app of the Console, made at the first start and put where the server is reached now.
pub fn open(app: &App) -> Result<AppRecord> {
    let origin = AuthOrigin::parse(&app.config.public_origin())?.origin;
    let mut new = NewApp::parse("Ginnel Console", origin.as_str(), "/console")?
        .algorithm(Algorithm::Es256)
        .auth_token_lifetime(600)?
        .login_url("/console/sign-in")?;
    new.settings_mut().refresh_absolute_lifetime_seconds = LIFETIME;
    new.settings_mut().login_paths = vec!["/console/sign-up".to_owned()];
    let record = apps::create_once(app, CONSOLE_APP, new)?;
    let (id, now) = (record.id, app.clock.now());
    let console_id = id.clone();
    let config = app.config.clone();
    let record = app.store.write_blocking(move |tx| {
        let mut record = tx
            .find_app_to_update(&id, now)?
            .ok_or_else(apps::not_found)?;
        record.auth_origin = origin.clone();
        record.rp_id = origin.host();
        let has_operator = tx.has_owner(&id)?;
        record.settings.public_signup =
            config.is_loopback() || (config.console_signup && has_operator);
        tx.update_app(&record)?;
        Ok(record)
    })?;
    app.apps.forget(&console_id);
    let _ = app.console_id.set(console_id);
    Ok(record)
}

/// The host to which the members' passkeys belong, if there is an operator and the server has moved away from it: then none
/// of them can sign in by passkey any more. Asked before [`open`].
pub fn moved_from(app: &App) -> Result<Option<String>> {
    let host = AuthOrigin::parse(&app.config.public_origin())?
        .origin
        .host();
    app.store.read_blocking(move |tx| {
        let Some(id) = tx.find_fact(CONSOLE_APP)?.and_then(|id| id.parse().ok()) else {
            return Ok(None);
        };
        let Some(record) = tx.find_app(&id)? else {
            return Ok(None);
        };
        let has_moved = record.rp_id != host && tx.has_owner(&id)?;
        Ok(has_moved.then_some(record.rp_id))
    })
}

/// Names the Console's app for a command, if the server has made it.
pub fn recall(app: &App) -> Result<()> {
    let named = app.store.read_blocking(|tx| tx.find_fact(CONSOLE_APP))?;
    if let Some(id) = named.and_then(|id| id.parse().ok()) {
        let _ = app.console_id.set(id);
    }
    Ok(())
}

/// Whether nobody runs this server yet.
pub fn needs_operator(tx: &mut Tx<'_>, console_id: &AppId) -> Result<bool> {
    Ok(!tx.has_owner(console_id)?)
}

/// A new setup link in place of the one before; `None` while there is an operator, unless a lost one is to be replaced: such
/// a link works for a day.
pub fn make_setup_link(app: &App, recovers: bool) -> Result<Option<String>> {
    let secret = URL_SAFE_NO_PAD.encode(app.random.bytes::<32>());
    let until = match recovers {
        true => app.clock.now().plus(RECOVERS_FOR),
        false => Timestamp::from_millis(i64::MAX),
    };
    let value = format!(
        "{} {}",
        fact_of(&SecretHash::of(&secret)),
        until.as_millis()
    );
    let console_id = console_id(app)?;
    let is_made = app.store.write_blocking(move |tx| {
        if !recovers && !needs_operator(tx, &console_id)? {
            return Ok(false);
        }
        tx.update_fact(SETUP, &value)?;
        Ok(true)
    })?;
    let origin = app.config.public_origin();
    Ok(is_made.then(|| format!("{origin}/console/setup/{secret}")))
}

fn console_id(app: &App) -> Result<AppId> {
    let id = app.console_id.get().cloned();
    id.ok_or_else(|| {
        Error::unavailable("This server has no Console: it needs a `public_url` for which browsers make passkeys, a domain with https or localhost. If it has one, start the server once.", 60)
    })
}

/// The Console's app, ready for use.
pub async fn load(app: &App) -> Result<Arc<LoadedApp>> {
    apps::load(app, &console_id(app)?).await
}

/// What admits somebody who signs up where not everybody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// The setup link.
    Setup(SecretHash),
    /// An invitation.
    Invitation(SecretHash),
}

impl Grant {
    /// Whether it can be used now.
    fn is_good(&self, tx: &mut Tx<'_>, console_id: &AppId, now: Timestamp) -> Result<bool> {
        match self {
            Grant::Setup(hash) => Ok(find_setup_link(tx, hash, now)?.is_some()),
            Grant::Invitation(hash) => Ok(tx.find_invitation(hash, console_id, now)?.is_some()),
        }
    }
}

/// The fact of the setup link, if this is its hash and its time has not run out.
fn find_setup_link(tx: &mut Tx<'_>, hash: &SecretHash, now: Timestamp) -> Result<Option<String>> {
    let fact = tx.find_fact(SETUP)?;
    Ok(fact.filter(|fact| {
        let (known, until) = fact.split_once(' ').unwrap_or_default();
        let until = until.parse().map_or(now, Timestamp::from_millis);
        known == fact_of(hash) && now < until
    }))
}

/// Takes the setup link; `false` if it is another, or was taken. Of two at once, one gets it.
fn consume_setup_link(tx: &mut Tx<'_>, hash: &SecretHash, now: Timestamp) -> Result<bool> {
    match find_setup_link(tx, hash, now)? {
        Some(fact) => tx.consume_fact(SETUP, &fact),
        None => Ok(false),
    }
}

/// Ends the setup link that works now, if there is one.
fn end_setup_link(tx: &mut Tx<'_>) -> Result<()> {
    if let Some(fact) = tx.find_fact(SETUP)? {
        tx.consume_fact(SETUP, &fact)?;
    }
    Ok(())
}

/// How a fact holds a hash.
fn fact_of(hash: &SecretHash) -> String {
    URL_SAFE_NO_PAD.encode(hash.as_bytes())
}

/// Whether a grant can be used now.
pub async fn is_good(app: &App, grant: Grant) -> Result<bool> {
    let (console_id, now) = (console_id(app)?, app.clock.now());
    let is_good = move |tx: &mut Tx<'_>| grant.is_good(tx, &console_id, now);
    app.store.read(is_good).await
}

/// What a first sign-in to the Console brings about, everything random in it drawn.
pub struct Welcome {
    console_id: AppId,
    grant: Option<Grant>,
    /// Whether everybody may sign up, once there is an operator.
    opens: bool,
    /// Whether everybody may even be the first.
    is_open: bool,
    now: Timestamp,
    event: Event,
}

impl Welcome {
    /// Prepares it for a sign-in to the Console; `None` for every other app.
    pub fn prepare(app: &App, loaded: &LoadedApp, client: &Client) -> Option<Self> {
        app.is_console(&loaded.id).then(|| Welcome {
            console_id: loaded.id.clone(),
            grant: loaded.grant,
            opens: app.config.is_loopback() || app.config.console_signup,
            is_open: app.config.is_loopback(),
            now: app.clock.now(),
            event: Event::of_client(app, &loaded.id, Kind::OperatorAdded, client),
        })
    }

    /// Admits somebody in the transaction that stores their first sign-in. Of two who come by one link, one is let in.
    pub fn admit(&self, tx: &mut Tx<'_>, user_id: &UserId) -> Result<()> {
        tx.lock_app(&self.console_id)?;
        let is_first = needs_operator(tx, &self.console_id)?;
        let is_everybody = self.is_open || (self.opens && !is_first);
        match &self.grant {
            Some(Grant::Setup(hash)) if consume_setup_link(tx, hash, self.now)? => {
                return self.make_operator(tx, user_id);
            }
            // An invitation lets one account in, and is used up by that.
            Some(Grant::Invitation(hash)) => {
                match tx.consume_invitation(hash, &self.console_id, self.now)? {
                    Some(invitation) => return self.join(tx, &invitation, user_id),
                    None if is_everybody => {}
                    None => return Err(link_used()),
                }
            }
            _ if is_everybody => {}
            _ => return Err(link_used()),
        }
        if is_first {
            // Nobody needs the link any more.
            end_setup_link(tx)?;
            self.make_operator(tx, user_id)?;
        }
        Ok(())
    }

    fn join(&self, tx: &mut Tx<'_>, invitation: &Invitation, user_id: &UserId) -> Result<()> {
        let joined = Event {
            kind: Kind::MemberJoined,
            actor: "member",
            member_id: Some(user_id.clone()),
            ..self.event.clone()
        };
        invitations::join(tx, invitation, &joined, self.now)
    }

    fn make_operator(&self, tx: &mut Tx<'_>, user_id: &UserId) -> Result<()> {
        tx.update_member(&self.console_id, user_id, Role::Owner, self.now)?;
        let found = tx.find_app_to_update(&self.console_id, self.now)?;
        if let Some(mut record) = found.filter(|record| record.settings.public_signup != self.opens)
        {
            record.settings.public_signup = self.opens;
            tx.update_app(&record)?;
        }
        tx.add_event(&self.event.clone().by(user_id))
    }
}

/// Makes somebody who is signed in an operator by a setup link.
pub async fn become_operator(
    app: &App,
    secret: &str,
    visitor: &Visitor,
    client: &Client,
) -> Result<()> {
    let loaded = load(app).await?;
    let hash = SecretHash::of(secret);
    let welcome = Welcome::prepare(app, &loaded, client)
        .ok_or_else(|| Error::internal(anyhow::anyhow!("the Console is an app of its own")))?;
    let user_id = visitor.user.id.clone();
    app.store
        .write(move |tx| {
            tx.lock_app(&welcome.console_id)?;
            if !consume_setup_link(tx, &hash, welcome.now)? {
                return Err(link_used());
            }
            welcome.make_operator(tx, &user_id)
        })
        .await
}

/// 403 for a link that admits nobody any more.
pub fn link_used() -> Error {
    Error::forbidden(
        "link_used",
        "This link was used or replaced by a newer one. Restart the server, or run `ginnel setup-link --recover`, for a new setup link; for a new invitation, ask whoever invited you.",
    )
}

/// Somebody in the Console.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The session that the cookie was exchanged for.
    pub session: Session,
    /// Who it is.
    pub user: User,
    /// Whether they run the server.
    pub is_operator: bool,
    /// What every form of theirs carries.
    pub csrf: String,
}

/// A cookie's text: the session's id and a secret with a dot between.
fn parse_cookie(text: &str) -> Option<(SessionId, SecretHash)> {
    let (session_id, secret) = text.split_once('.')?;
    Some((session_id.parse().ok()?, SecretHash::of(secret)))
}

/// Exchanges an auth token of the Console's app for a cookie, once for each session. The cookie's text.
pub async fn exchange(app: &App, token: &str) -> Result<String> {
    let loaded = load(app).await?;
    let signed_in = sessions::authenticate(app, &loaded, token).await?;
    let now = app.clock.now();
    let secret = URL_SAFE_NO_PAD.encode(app.random.bytes::<32>());
    let session_id = signed_in.session.id;
    let text = format!("{session_id}.{secret}");
    app.store
        .write(move |tx| {
            if tx.add_console_cookie(&session_id, &SecretHash::of(&secret), now)? {
                return Ok(());
            }
            Err(Error::new(
                Code::InvalidAccessToken,
                "This sign-in was used already. Sign in again.",
            ))
        })
        .await?;
    Ok(text)
}

/// Who a cookie belongs to; `None` if it opens nothing (any more). `is_use` is false for what a page asks by itself. `then`
/// reads what else the page needs, on the same snapshot.
pub async fn visit<T: Send + 'static>(
    app: &App,
    cookie: &str,
    is_use: bool,
    then: impl Fn(&mut Tx<'_>, &Visitor) -> Result<T> + Send + 'static,
) -> Result<Option<(Visitor, T)>> {
    let Some((session_id, hash)) = parse_cookie(cookie) else {
        return Ok(None);
    };
    let (console_id, now) = (console_id(app)?, app.clock.now());
    let csrf = csrf_of(app, cookie);
    let found = app
        .store
        .read(move |tx| {
            let Some((session, user, used_at)) = tx.find_console_cookie(&session_id, &hash)? else {
                return Ok(None);
            };
            let is_good = session.is_alive(now)
                && session.app_id == console_id
                && user.status != Status::Inactive
                && now.since(used_at) < IDLE;
            if !is_good {
                return Ok(None);
            }
            let role = tx.find_role(&console_id, &user.id)?;
            let visitor = Visitor {
                session,
                user,
                is_operator: role == Some(Role::Owner),
                csrf: csrf.clone(),
            };
            let rest = then(tx, &visitor)?;
            Ok(Some((visitor, rest, used_at)))
        })
        .await?;
    let Some((visitor, rest, used_at)) = found else {
        return Ok(None);
    };
    if is_use && now.since(used_at) >= NOTED_EVERY {
        let id = visitor.session.id.clone();
        app.store
            .write(move |tx| tx.update_console_cookie(&id, now))
            .await?;
    }
    Ok(Some((visitor, rest)))
}

/// The token in a visitor's forms: only this server can tell it from the cookie.
fn csrf_of(app: &App, cookie: &str) -> String {
    let hash = app.secrets.hash_guessable("console csrf", "", cookie);
    URL_SAFE_NO_PAD.encode(hash.as_bytes())
}

/// Ends a visitor's session.
pub async fn leave(app: &App, visitor: &Visitor, client: &Client) -> Result<()> {
    let (session, now) = (visitor.session.clone(), app.clock.now());
    let event = Event::of_user(
        app,
        &visitor.user.id,
        &session.app_id,
        Kind::SignOut,
        client,
    )
    .about(&session.id);
    app.store
        .write(move |tx| {
            if tx.revoke_session(&session.id, now)? {
                tx.add_event(&event)?;
            }
            Ok(())
        })
        .await
}
