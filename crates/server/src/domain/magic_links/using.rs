//! Using a link: opening it, typing its code, and the tab that waits for either (D9, D10).
//!
//! One statement decides who uses a link up; what follows from it happens in the same transaction, or nothing does.

use std::sync::Arc;

use super::{
    Consumed, MagicLink, UsedBy, code_hash, digits_hash, expired, not_found,
    one_time_codes_disabled, used, wrong_digits,
};
use crate::app::App;
use crate::domain::addresses::Proving;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Counter, Event, Kind, add_refusal};
use crate::domain::limits::Limit;
use crate::domain::proof::Proof;
use crate::domain::sessions::{self, OpenSession, Opening, SignedIn};
use crate::domain::tokens::{self, AuthResult};
use crate::domain::users::{self, User};
use crate::error::{Code, Error, Result};
use crate::ids::{MagicLinkId, SessionId, UserId};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// A link as somebody opened it.
pub struct Presented {
    /// The secret from the link.
    pub secret: String,
    /// The key of the browser that opened it, if it has one.
    pub browser_key: Option<String>,
    /// What the opener typed from the tab that asked.
    pub digits: Option<String>,
    /// Who is signed in in that browser.
    pub signed_in: Option<SignedIn>,
}

/// What came of opening a link.
pub enum Activated {
    /// The opener is signed in.
    SignedIn(AuthResult),
    /// The tab that asked is signed in; it learns so by itself.
    Approved(MagicLinkId),
}

/// Opens a link. A GET of the page never does: the page asks for it.
pub async fn activate(
    app: &App,
    loaded: &Arc<LoadedApp>,
    presented: Presented,
    client: &Client,
) -> Result<Activated> {
    let (app_id, hash) = (loaded.id.clone(), SecretHash::of(&presented.secret));
    let found = app
        .store
        .read(move |tx| {
            let Some(link) = tx.find_magic_link_by_secret(&app_id, &hash)? else {
                return Ok(None);
            };
            let user = tx.find_user(&link.user_id)?;
            Ok(Some((link, user)))
        })
        .await?;
    let Some((link, user)) = found else {
        return Err(unknown(app, loaded));
    };
    require_usable(app, loaded, &link, client).await?;
    let is_same_browser =
        link.browser_key_hash.is_none() || link.is_key(presented.browser_key.as_deref());
    let used_by = if is_same_browser {
        UsedBy::Opened
    } else {
        let digits = presented.digits.ok_or_else(digits_required)?;
        let digits = digits.trim();
        if digits.len() != 2 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Error::invalid(
                "digits: must be the two digits that the page shows where you asked for the link.",
            ));
        }
        if link.digits_hash != Some(digits_hash(app, &link.id, digits)) {
            return kill(app, loaded, &link, client).await;
        }
        UsedBy::Approved
    };
    // The session that this browser has, or that asked with the same key, is the one that proves (D7).
    let of_bearer = presented.signed_in.map(|signed_in| signed_in.session.id);
    let of_asking = link
        .asked_by_session
        .clone()
        .filter(|_| link.browser_key_hash.is_some());
    let (id, redirect_url) = (link.id.clone(), link.redirect_url.clone());
    let proving_session = of_asking.or(of_bearer);
    let proving = Proving::prepare(app, loaded, &link, user, proving_session, client)?;
    let using = Using::prepare(app, loaded, link, client);
    let open = app
        .store
        .write(move |tx| {
            let session_id = (used_by == UsedBy::Opened).then(|| using.opening.session_id());
            if !tx.consume_magic_link(&using.link.id, used_by, session_id, using.opening.now())? {
                return Err(used());
            }
            let user_id = using.prove(tx, &proving)?;
            if used_by == UsedBy::Approved {
                return Ok(None);
            }
            using.sign_in(tx, user_id, false).map(Some)
        })
        .await?;
    app.outbox.wake();
    match open {
        Some(open) => answer(loaded, &open, app.clock.now(), redirect_url).map(Activated::SignedIn),
        None => Ok(Activated::Approved(id)),
    }
}

/// Tries the code that came with a link.
pub async fn try_code(
    app: &App,
    loaded: &Arc<LoadedApp>,
    link_id: &str,
    code: &str,
    client: &Client,
) -> Result<AuthResult> {
    if !loaded.settings.one_time_codes {
        return Err(one_time_codes_disabled());
    }
    let code = code.trim();
    if code.len() != 6 || !code.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Error::invalid(
            "otp: must be the six digits from the message.",
        ));
    }
    let Some((link, user)) = find(app, loaded, link_id).await? else {
        unknown(app, loaded);
        return Err(code_expired());
    };
    let [of_user, of_address] =
        Limit::wrong_codes(&link.app_id, &link.user_id, link.address.as_str());
    let hides = loaded.settings.hide_user_existence;
    let hash = code_hash(app, &link.id, code);
    let refusal = refusal_event(app, loaded, &link, client);
    let (of_asking, redirect_url) = (link.asked_by_session.clone(), link.redirect_url.clone());
    let proving = Proving::prepare(app, loaded, &link, user, of_asking, client)?;
    let using = Using::prepare(app, loaded, link, client);
    let shard = app.counters.shard();
    let now = using.opening.now();
    let open = app
        .store
        .write(move |tx| {
            let link = &using.link;
            let remember = |tx: &mut Tx<'_>, error: Error| {
                let reason = error.reason().unwrap_or(error.code().word());
                add_refusal(tx, &refusal.clone().refused(reason), shard)?;
                Ok(Err(error))
            };
            // A try is counted as wrong before it is checked, so that many at once cannot be more than there is room for.
            if let Some(seconds) = of_address.count(tx, now)? {
                return Err(exceeded().retry_after(seconds));
            }
            // Where an app hides its users, nobody learns from this limit that two addresses are of one of them (D8): no code
            // is the right one then.
            let hash = match of_user.count(tx, now)? {
                None => Some(&hash),
                Some(_) if hides => None,
                Some(seconds) => return Err(exceeded().retry_after(seconds)),
            };
            match tx.consume_code(&link.id, hash, using.opening.session_id(), now)? {
                Some((true, _)) => {
                    tx.uncount(&of_address)?;
                    tx.uncount(&of_user)?;
                    let user_id = using.prove(tx, &proving)?;
                    using.sign_in(tx, user_id, true).map(Ok)
                }
                Some((false, 0)) => remember(tx, exceeded()),
                Some((false, left)) => remember(tx, wrong_code(left)),
                None => {
                    let link = tx.find_magic_link(&link.app_id, &link.id)?;
                    let is_spent = link.is_some_and(|link| {
                        link.code_tries_left == 0 && now < link.code_expires_at
                    });
                    Err(if is_spent { exceeded() } else { code_expired() })
                }
            }
        })
        .await??;
    app.outbox.wake();
    answer(loaded, &open, now, redirect_url)
}

/// Signs the tab in that asked for a link, once that was opened or its code typed. Only a tab with the browser's key may,
/// or, where the app allows plain links, one that asked without a key. It may ask again, a few times, until the link expires.
pub async fn collect(
    app: &App,
    loaded: &Arc<LoadedApp>,
    link_id: &str,
    browser_key: Option<&str>,
    client: &Client,
) -> Result<AuthResult> {
    let now = app.clock.now();
    let Some(link) = find_awaited(app, loaded, link_id).await? else {
        return Err(unknown(app, loaded));
    };
    let is_plain = link.browser_key_hash.is_none() && loaded.settings.plain_links;
    if !is_plain && !link.is_key(browser_key) {
        return Err(not_found());
    }
    if now >= link.expires_at {
        return Err(expired());
    }
    match link.used_by {
        None => return Err(pending()),
        Some(UsedBy::WrongDigits) => return Err(wrong_digits()),
        Some(UsedBy::Opened | UsedBy::Approved | UsedBy::Code) => {}
    }
    let (limit, redirect_url) = (Limit::joins(&link.id), link.redirect_url.clone());
    let using = Using::prepare(app, loaded, link, client);
    let open = app
        .store
        .write(move |tx| {
            let link = &using.link;
            let user_id = link.user_id.clone();
            let session_id = using.opening.session_id();
            if link.session_id.is_none() && tx.update_magic_link_session(&link.id, session_id)? {
                return using.sign_in(tx, user_id, false);
            }
            // Read again: another tab may have been first.
            let opened = tx.find_magic_link(&link.app_id, &link.id)?;
            let opened = opened.and_then(|link| link.session_id).ok_or_else(used)?;
            if limit.count(tx, now)?.is_some() {
                return Err(used());
            }
            using.join(tx, user_id, &opened)?.ok_or_else(used)
        })
        .await?;
    answer(loaded, &open, app.clock.now(), redirect_url)
}

/// The tokens of a session that a link or code opened, and where to go with them.
pub(super) fn answer(
    loaded: &LoadedApp,
    open: &OpenSession,
    now: Timestamp,
    redirect_url: Option<String>,
) -> Result<AuthResult> {
    let mut result = tokens::issue(loaded, open, now)?;
    if let Some(redirect_url) = redirect_url {
        result.redirect_url = redirect_url;
    }
    Ok(result)
}

/// A link, and the session that it may open, everything random in it drawn.
pub(super) struct Using {
    pub(super) link: MagicLink,
    pub(super) opening: Opening,
}

impl Using {
    pub(super) fn prepare(app: &App, loaded: &LoadedApp, link: MagicLink, client: &Client) -> Self {
        Using {
            opening: Opening::prepare(app, loaded, client),
            link,
        }
    }

    /// Does what the proof of the address brings about; who the owner is.
    pub(super) fn prove(&self, tx: &mut Tx<'_>, proving: &Proving) -> Result<UserId> {
        let user_id = proving.prove(tx)?;
        if user_id != self.link.user_id {
            tx.update_magic_link_user(&self.link.id, &user_id)?;
        }
        Ok(user_id)
    }

    fn consumed(&self, user_id: UserId, by_code: bool) -> Consumed {
        Consumed {
            app_id: self.link.app_id.clone(),
            user_id,
            link_id: self.link.id.clone(),
            by_code,
        }
    }

    pub(super) fn sign_in(
        &self,
        tx: &mut Tx<'_>,
        user_id: UserId,
        by_code: bool,
    ) -> Result<OpenSession> {
        let Some((user_metadata, login_count)) =
            tx.update_user_signed_in(&user_id, self.opening.now())?
        else {
            return Err(users::not_active());
        };
        let proof = Proof::by_link(&self.consumed(user_id, by_code), login_count == 1);
        sessions::open(tx, &self.opening, &proof, user_metadata)
    }

    fn join(
        &self,
        tx: &mut Tx<'_>,
        user_id: UserId,
        session_id: &SessionId,
    ) -> Result<Option<OpenSession>> {
        let proof = Proof::by_link(&self.consumed(user_id, false), false);
        sessions::join(tx, &self.opening, &proof, session_id)
    }
}

async fn find(
    app: &App,
    loaded: &LoadedApp,
    link_id: &str,
) -> Result<Option<(MagicLink, Option<User>)>> {
    let Ok(id) = link_id.parse::<MagicLinkId>() else {
        return Ok(None);
    };
    let app_id = loaded.id.clone();
    app.store
        .read(move |tx| {
            let Some(link) = tx.find_magic_link(&app_id, &id)? else {
                return Ok(None);
            };
            let user = tx.find_user(&link.user_id)?;
            Ok(Some((link, user)))
        })
        .await
}

/// The link that a tab waits for, or the one of an older mail to the same browser that was used in its place: both have the
/// same key.
async fn find_awaited(app: &App, loaded: &LoadedApp, link_id: &str) -> Result<Option<MagicLink>> {
    let Ok(id) = link_id.parse::<MagicLinkId>() else {
        return Ok(None);
    };
    let (app_id, now) = (loaded.id.clone(), app.clock.now());
    app.store
        .read(move |tx| {
            let Some(link) = tx.find_magic_link(&app_id, &id)? else {
                return Ok(None);
            };
            if link.used_by.is_some() || link.browser_key_hash.is_none() {
                return Ok(Some(link));
            }
            let sibling = tx.find_used_sibling(&link, now)?;
            Ok(Some(sibling.unwrap_or(link)))
        })
        .await
}

/// One wrong entry ends the link: with two digits, a second guess would be worth too much.
async fn kill(
    app: &App,
    loaded: &LoadedApp,
    link: &MagicLink,
    client: &Client,
) -> Result<Activated> {
    let (id, now) = (link.id.clone(), app.clock.now());
    let event = refusal_event(app, loaded, link, client).refused("wrong_digits");
    let shard = app.counters.shard();
    app.store
        .write(move |tx| {
            if !tx.consume_magic_link(&id, UsedBy::WrongDigits, None, now)? {
                return Err(used());
            }
            add_refusal(tx, &event, shard)
        })
        .await?;
    Err(wrong_digits())
}

/// Refuses a link that was used or has expired, and remembers that somebody tried it.
pub(super) async fn require_usable(
    app: &App,
    loaded: &LoadedApp,
    link: &MagicLink,
    client: &Client,
) -> Result<()> {
    let error = if link.used_by.is_some() {
        used()
    } else if app.clock.now() >= link.expires_at {
        expired()
    } else {
        return Ok(());
    };
    let reason = error.reason().unwrap_or(error.code().word());
    let event = refusal_event(app, loaded, link, client).refused(reason);
    let shard = app.counters.shard();
    app.store
        .write(move |tx| add_refusal(tx, &event, shard))
        .await?;
    Err(error)
}

fn refusal_event(app: &App, loaded: &LoadedApp, link: &MagicLink, client: &Client) -> Event {
    Event::of_user(app, &link.user_id, &loaded.id, Kind::SignIn, client).about(link.label())
}

pub(super) fn unknown(app: &App, loaded: &LoadedApp) -> Error {
    let day = app.clock.now().day();
    app.counters.add(&loaded.id, day, Counter::RefusedUnknown);
    not_found()
}

fn pending() -> Error {
    Error::new(
        Code::MagicLinkNotFound,
        "The link was not opened yet. Ask again in a few seconds.",
    )
    .with_reason("magic_link_pending")
}

fn digits_required() -> Error {
    Error::forbidden(
        "digits_required",
        "This link was asked for in another browser. Type the two digits that the page there shows, as `digits`.",
    )
}

fn code_expired() -> Error {
    Error::invalid("This code works no more. Ask for a new one.").with_reason("code_expired")
}

fn wrong_code(left: i64) -> Error {
    let tries = if left == 1 { "try is" } else { "tries are" };
    Error::invalid(format!(
        "This is not the code. Look at the newest message; {left} {tries} left."
    ))
    .with_reason("wrong_code")
}

fn exceeded() -> Error {
    Error::new(
        Code::ExceededAttempts,
        "Too many wrong codes. Ask for a new one later, or open the link if the message has one.",
    )
}
