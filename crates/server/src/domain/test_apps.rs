//! Test apps (D15): made by a page that has no app id yet, for a week, until somebody claims them.
//!
//! A page may have one if it runs on this machine or on an origin that the operator listed. Whoever made it holds the claim
//! secret, which opens its inbox and its claim; the id alone does so only where bare claims are allowed.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::Url;

use crate::app::App;
use crate::domain::apps::{AppRecord, NewApp};
use crate::domain::events::{Client, Event, Kind};
use crate::domain::keys::SigningKey;
use crate::domain::limits::Limit;
use crate::domain::members::Role;
use crate::domain::origins::AuthOrigin;
use crate::domain::users::User;
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// How long a test app lives.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Test apps at once on one server.
pub const MOST: i64 = 1000;

/// Users of one test app.
pub const MOST_USERS: i64 = 100;

/// The fact whose row makes those wait who make test apps at the same moment, so that their number is exact.
const LAST_MADE: &str = "last_test_app_at";

/// What a page asks for.
#[derive(Debug)]
pub struct Wish {
    /// The page's origin as its browser says it.
    pub page_origin: Option<String>,
    /// The page's origin as the page says it.
    pub auth_origin: String,
    /// What people will see.
    pub name: String,
    /// Path of the page, to which links in mails lead; `/` if it does not say.
    pub login_url: Option<String>,
}

/// A test app that was just made.
#[derive(Debug)]
pub struct Made {
    /// Names the app.
    pub id: AppId,
    /// Opens its claim and its inbox; told once.
    pub claim_secret: String,
    /// Where it is claimed.
    pub claim_url: Url,
}

/// Makes a test app for a page.
pub async fn make(app: &App, wish: Wish, client: &Client) -> Result<Made> {
    if !app.config.makes_test_apps() {
        return Err(Error::forbidden(
            "test_apps_disabled",
            format!(
                "This server makes no test apps. Make an app in its Console at {}/console and set its id as `app-id`, or ask the people who run it to set `test_apps`.",
                app.config.public_origin()
            ),
        ));
    }
    let origin = page_origin(app, &wish)?;
    let mut new = NewApp::parse(&wish.name, origin.as_str(), "/")?;
    if let Some(path) = &wish.login_url {
        new = new.login_url(path)?;
    }
    let now = app.clock.now();
    let limit = Limit::test_apps_by(client);
    let counted = limit.clone();
    app.store
        .write(move |tx| {
            require_room_for_one_more(tx, now)?;
            counted.require(tx, now)
        })
        .await?;
    // Only now, so that who is refused takes no key from the pool.
    let secret = URL_SAFE_NO_PAD.encode(app.random.bytes::<32>());
    let record = AppRecord {
        test_until: Some(now.plus(LIFETIME)),
        ..new.into_record(AppId::draw(&app.random, now), now)
    };
    let key = match SigningKey::first(app, &record) {
        Ok(key) => key,
        Err(error) => {
            app.store.write(move |tx| tx.uncount(&limit)).await?;
            return Err(error);
        }
    };
    let claim_url = claim_url(app, &record, &secret);
    let hash = SecretHash::of(&secret);
    let id = record.id.clone();
    app.store
        .write(move |tx| {
            tx.update_fact(LAST_MADE, &now.to_string())?;
            require_room_for_one_more(tx, now)?;
            tx.add_app(&record)?;
            tx.update_claim_hash(&record.id, &hash)?;
            tx.add_signing_key(&key)
        })
        .await?;
    Ok(Made {
        id,
        claim_secret: secret,
        claim_url,
    })
}

/// The origin of the page, if it may have a test app.
fn page_origin(app: &App, wish: &Wish) -> Result<AuthOrigin> {
    let refused = |sentence: String| Error::forbidden("origin_not_allowed", sentence);
    let Some(page) = &wish.page_origin else {
        return Err(refused(
            "A test app is made by a page in a browser, which sends its `Origin`. For anything else make an app in the Console or by `ginnel app create`."
                .to_owned(),
        ));
    };
    let shown = page.escape_default();
    if page == "null" {
        return Err(refused(
            "This page has no origin, as a file or a sandboxed frame has none. Serve it by a web server on your machine and open it at an address such as http://localhost:8080."
                .to_owned(),
        ));
    }
    if *page != wish.auth_origin {
        return Err(refused(format!(
            "A test app is for the page that makes it: this page runs at `{shown}`. Send that as `auth_origin`."
        )));
    }
    let parsed = AuthOrigin::parse(page)?.origin;
    if parsed.as_str() != page {
        return Err(Error::invalid(format!(
            "Browsers make no passkeys at `{shown}`. Open the page at {parsed}."
        )));
    }
    if parsed.is_loopback() || app.config.test_app_origins.contains(&parsed) {
        return Ok(parsed);
    }
    Err(refused(format!(
        "Test apps are for pages on your own machine, and this one runs at {parsed}. Make an app in the Console at {}/console, or ask the people who run this server to add the origin to `test_app_origins`.",
        app.config.public_origin()
    )))
}

fn require_room_for_one_more(tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
    if tx.count_test_apps(now)? < MOST {
        return Ok(());
    }
    Err(Error::forbidden(
        "too_many_test_apps",
        format!(
            "This server holds {MOST} test apps, as many as it may. Each ends after a week; make an app in the Console instead."
        ),
    ))
}

/// Where whoever holds the secret claims a test app.
pub fn claim_url(app: &App, record: &AppRecord, secret: &str) -> Url {
    let mut url = app.config.public_url.clone();
    url.set_path(&format!("/claim/{}", record.id));
    url.query_pairs_mut()
        .append_pair("name", &record.name)
        .append_pair("secret", secret);
    url
}

/// Refuses a sign-up for which a test app has no room, before anybody goes to trouble for it. [`add_user`] decides.
pub async fn require_room(app: &App, record: &AppRecord) -> Result<()> {
    if !record.is_test_app() {
        return Ok(());
    }
    let id = record.id.clone();
    let count = app
        .store
        .read(move |tx| tx.count_users(&id, MOST_USERS))
        .await?;
    if count < MOST_USERS {
        Ok(())
    } else {
        Err(full())
    }
}

fn full() -> Error {
    Error::forbidden(
        "test_app_full",
        format!(
            "This test app has {MOST_USERS} users, as many as it may. Claim it, and it takes more: the browser's console where it was made shows the link."
        ),
    )
}

/// Stores a new user of any app, but of a test app only while there is room; `false` if the identifier is taken.
pub fn add_user(tx: &mut Tx<'_>, user: &User, is_test_app: bool) -> Result<bool> {
    if !is_test_app {
        return tx.add_user(user);
    }
    // Of two at once, the second sees what the first has added.
    tx.lock_app(&user.app_id)?;
    if !tx.add_user(user)? {
        return Ok(false);
    }
    if tx.count_users(&user.app_id, MOST_USERS + 1)? > MOST_USERS {
        return Err(full());
    }
    Ok(true)
}

/// The test app whose inbox a secret opens.
pub async fn open_inbox(app: &App, id: &AppId, secret: &str) -> Result<Option<AppRecord>> {
    let (id, now) = (id.clone(), app.clock.now());
    let found = app
        .store
        .read(move |tx| Ok(tx.find_app(&id)?.zip(tx.find_claim(&id)?)))
        .await?;
    Ok(found.and_then(|(record, (_, hash))| {
        let opens = !record.has_ended(now) && hash.is_some_and(|hash| hash.is_of(secret));
        opens.then_some(record)
    }))
}

/// A test app that belongs to a member from now on.
#[derive(Debug, PartialEq, Eq)]
pub struct Claimed {
    /// Its name.
    pub name: String,
}

/// Why an app cannot be claimed.
#[derive(Debug, thiserror::Error)]
pub enum ClaimRefusal {
    /// No app has this id, or it can never be claimed.
    #[error(
        "There is no such test app. Copy the whole claim link from the page that made it, or from its browser's console."
    )]
    Unknown,
    /// Its week is over.
    #[error(
        "This test app has ended: nobody claimed it within 7 days. Open your page again, and it gets a new one."
    )]
    Expired,
    /// It belongs to somebody.
    #[error("This app was claimed before. Ask whoever claimed it to invite you as a member.")]
    AlreadyClaimed,
    /// The secret is not this app's.
    #[error(
        "This claim link is not this app's. Copy the whole link from the page that made the app, or from its browser's console."
    )]
    Foreign,
    /// There is no secret, and this server wants one.
    #[error(
        "This claim link lacks its secret. Copy the whole link; one of an old Passage package has none, and works only while the people who run this server set `bare_claims`."
    )]
    BareRefused,
    /// The store failed.
    #[error("{0}")]
    Failed(#[from] Error),
}

/// Gives a test app to a member of the Console, users and all. Without a secret it is a bare claim.
pub async fn claim(
    app: &App,
    id: &AppId,
    secret: Option<&str>,
    member: &UserId,
    client: &Client,
) -> Result<Claimed, ClaimRefusal> {
    if app.is_console(id) {
        return Err(ClaimRefusal::Unknown);
    }
    let now = app.clock.now();
    let event = Event::of_member(app, member, id, Kind::AppClaimed, client);
    let is_bare_taken = app.config.takes_bare_claims();
    let hash = secret.map(SecretHash::of);
    let (wanted, member) = (id.clone(), member.clone());
    let claimed = app
        .store
        .write(move |tx| {
            let name = match &hash {
                Some(hash) => tx.claim_test_app(&wanted, hash, now)?,
                None if is_bare_taken => tx.claim_test_app_bare(&wanted, now)?,
                None => None,
            };
            let Some(name) = name else {
                let state = tx.find_claim(&wanted)?;
                return Ok(Err((state, hash.is_none())));
            };
            tx.update_member(&wanted, &member, Role::Owner, now)?;
            tx.add_event(&event)?;
            Ok(Ok(Claimed { name }))
        })
        .await?;
    app.apps.forget(id);
    claimed.map_err(|(state, is_bare)| refusal(id, state, is_bare, now))
}

/// The test app that a claim link names, for the page that offers to claim it.
pub async fn find_claimable(
    app: &App,
    id: &AppId,
    secret: Option<&str>,
) -> Result<AppRecord, ClaimRefusal> {
    if app.is_console(id) {
        return Err(ClaimRefusal::Unknown);
    }
    let (wanted, now) = (id.clone(), app.clock.now());
    let (record, state) = app
        .store
        .read(move |tx| Ok((tx.find_app(&wanted)?, tx.find_claim(&wanted)?)))
        .await?;
    let opens = match (secret, &state) {
        (Some(secret), Some((_, Some(hash)))) => hash.is_of(secret),
        (None, Some(_)) => app.config.takes_bare_claims(),
        _ => false,
    };
    record
        .filter(|record| opens && record.is_test_app() && !record.has_ended(now))
        .ok_or_else(|| refusal(id, state, secret.is_none(), now))
}

/// Why an app that stands so cannot be claimed; `state` is until when it lives, and what opens its claim.
fn refusal(
    id: &AppId,
    state: Option<(Option<Timestamp>, Option<SecretHash>)>,
    is_bare: bool,
    now: Timestamp,
) -> ClaimRefusal {
    match state {
        None if is_past_its_week(id, now) => ClaimRefusal::Expired,
        None => ClaimRefusal::Unknown,
        Some((None, _)) => ClaimRefusal::AlreadyClaimed,
        Some((Some(until), _)) if until <= now => ClaimRefusal::Expired,
        Some(_) if is_bare => ClaimRefusal::BareRefused,
        Some(_) => ClaimRefusal::Foreign,
    }
}

/// Whether an id was drawn so long ago that its test app, of which nothing is left, has ended.
fn is_past_its_week(id: &AppId, now: Timestamp) -> bool {
    let made_at = id.made_at();
    made_at <= now && now.since(made_at) >= LIFETIME
}
