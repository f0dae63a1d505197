//! Asking for a link: who may, what is sent, and how little a stranger learns from it (D7, D8).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{CODE_TRIES, MagicLink, Purpose, code_hash, digits, digits_hash, require_enabled};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Counter, Event, Kind};
use crate::domain::limits::Limit;
use crate::domain::sessions::SignedIn;
use crate::domain::test_apps;
use crate::domain::user_agents;
use crate::domain::users::{self, Identifier, Status, User};
use crate::error::{Error, Result};
use crate::ids::{MagicLinkId, SessionId, UserId};
use crate::messages::{self, Language, Letter, Message};
use crate::secrets::SecretHash;

/// How somebody wants their link.
#[derive(Default)]
pub struct Wish {
    /// BCP 47 tag of the mail's language.
    pub language: Option<String>,
    /// Path of the page that asks.
    pub path: Option<String>,
    /// SHA-256 of the browser's key, if it has one.
    pub browser_key_hash: Option<SecretHash>,
}

/// A link that is on its way.
#[derive(Debug)]
pub struct Asked {
    /// Names the link.
    pub id: MagicLinkId,
    /// What the tab that asked shows, for opening the link elsewhere; only for a browser with a key.
    pub digits: Option<String>,
}

/// What is to be sent, and to whom.
struct Plan {
    address: String,
    /// The user, or the id that a user would have.
    user_id: UserId,
    /// Whether that user exists.
    is_known: bool,
    purpose: Purpose,
    letter: messages::Kind,
    asked_by_session: Option<SessionId>,
}

/// Sends a link to sign in with. An app that hides its users (D8) answers alike for everybody; the mail says the rest.
pub async fn ask_to_sign_in(
    app: &App,
    loaded: &LoadedApp,
    identifier: Identifier,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    require_enabled(app, loaded)?;
    let address = require_address(identifier)?;
    let hides = loaded.settings.hide_user_existence;
    let plan = match find(app, loaded, &address).await? {
        Some(user) if user.status == Status::Inactive => deactivated(hides, user, address)?,
        Some(user) => Plan::of(user, address, Purpose::SignIn, messages::Kind::SignIn),
        None if hides => Plan::stand_in(app, address, messages::Kind::NoAccount),
        None => {
            let day = app.clock.now().day();
            app.counters.add(&loaded.id, day, Counter::RefusedUnknown);
            return Err(users::not_found(&address));
        }
    };
    send(app, loaded, plan, wish, client).await
}

/// Sends a link that finishes a sign-up. Open until the user has signed in once, as with Passage.
pub async fn ask_to_sign_up(
    app: &App,
    loaded: &LoadedApp,
    identifier: Identifier,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    require_enabled(app, loaded)?;
    let address = require_address(identifier)?;
    let (hides, is_open) = (
        loaded.settings.hide_user_existence,
        loaded.settings.public_signup,
    );
    if !is_open && !hides {
        return Err(users::signup_closed());
    }
    let plan = match find(app, loaded, &address).await? {
        Some(user) if user.status == Status::Inactive => deactivated(hides, user, address)?,
        Some(user) if user.login_count > 0 && !hides => {
            return Err(users::already_registered());
        }
        Some(user) => {
            let letter = if user.login_count > 0 {
                messages::Kind::SignIn
            } else {
                messages::Kind::SignUp
            };
            Plan::of(user, address, Purpose::SignIn, letter)
        }
        None if is_open => {
            test_apps::require_room(app, loaded).await?;
            Plan {
                purpose: Purpose::SignUp,
                ..Plan::stand_in(app, address, messages::Kind::SignUp)
            }
        }
        None => Plan::stand_in(app, address, messages::Kind::NoAccount),
    };
    send(app, loaded, plan, wish, client).await
}

/// Sends a link to the address that a signed-in user wants to have, or to the one that they have and never proved.
pub async fn ask_to_change_address(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    new_address: &str,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    require_enabled(app, loaded)?;
    owner.require_recent(loaded, app.clock.now())?;
    if new_address.trim().is_empty() {
        return Err(Error::forbidden(
            "last_identifier",
            "This address is the only one that names the account. Write another in its place.",
        ));
    }
    let Ok(Identifier::Email(address)) = Identifier::parse(new_address) else {
        return Err(Error::invalid("new_email: must be a valid email address."));
    };
    let user = owner.user.clone();
    let is_same = user.email.as_deref() == Some(address.as_str());
    if is_same && user.email_verified {
        return Err(Error::invalid(
            "new_email: is the account's address already, and proven. Write another.",
        ));
    }
    // Whoever never proved the address has no claim to it.
    let other = find(app, loaded, &address).await?;
    let is_taken = !is_same && other.is_some_and(|other| !other.is_provisional());
    let plan = if is_taken {
        if !loaded.settings.hide_user_existence {
            return Err(users::already_exists());
        }
        Plan::of(
            user,
            address,
            Purpose::Nothing,
            messages::Kind::AddressInUse,
        )
    } else {
        let (purpose, letter) = if is_same {
            (Purpose::VerifyAddress, messages::Kind::VerifyAddress)
        } else {
            (Purpose::ChangeAddress, messages::Kind::ChangeAddress)
        };
        Plan {
            asked_by_session: Some(owner.session.id.clone()),
            ..Plan::of(user, address, purpose, letter)
        }
    };
    send(app, loaded, plan, wish, client).await
}

fn require_address(identifier: Identifier) -> Result<String> {
    match identifier {
        Identifier::Email(address) => Ok(address),
        Identifier::Phone(_) => Err(Error::invalid(
            "identifier: must be a valid email address. This server sends no text messages.",
        )),
    }
}

async fn find(app: &App, loaded: &LoadedApp, address: &str) -> Result<Option<User>> {
    let (app_id, wanted) = (loaded.id.clone(), Identifier::Email(address.to_owned()));
    app.store
        .read(move |tx| tx.find_user_by_identifier(&app_id, &wanted))
        .await
}

/// A deactivated user is refused, or told by mail where the app hides its users.
fn deactivated(hides: bool, user: User, address: String) -> Result<Plan> {
    if !hides {
        return Err(users::not_active());
    }
    let letter = messages::Kind::AccountDeactivated;
    Ok(Plan::of(user, address, Purpose::Nothing, letter))
}

impl Plan {
    fn of(user: User, address: String, purpose: Purpose, letter: messages::Kind) -> Self {
        Plan {
            address,
            user_id: user.id,
            is_known: true,
            purpose,
            letter,
            asked_by_session: None,
        }
    }

    /// For nobody: what is stored looks the same, and its secrets are sent to nobody.
    fn stand_in(app: &App, address: String, letter: messages::Kind) -> Self {
        Plan {
            address,
            user_id: UserId::draw(&app.random, app.clock.now()),
            is_known: false,
            purpose: Purpose::Nothing,
            letter,
            asked_by_session: None,
        }
    }
}

async fn send(
    app: &App,
    loaded: &LoadedApp,
    plan: Plan,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    let now = app.clock.now();
    let settings = &loaded.settings;
    let id = MagicLinkId::draw(&app.random, now);
    let secret = URL_SAFE_NO_PAD.encode(app.random.bytes::<32>());
    let code = app.random.digits(6);
    let digits = wish
        .browser_key_hash
        .map(|hash| digits(app, &hash, &plan.address));
    let language = wish.language.as_deref().and_then(Language::of_tag);
    let link_seconds = settings.magic_link_lifetime_seconds;
    let code_seconds = settings.code_lifetime_seconds.min(link_seconds);
    let link = MagicLink {
        app_id: loaded.id.clone(),
        user_id: plan.user_id,
        purpose: plan.purpose,
        address: plan.address,
        language: language.unwrap_or_else(|| loaded.default_language()),
        secret_hash: SecretHash::of(&secret),
        browser_key_hash: wish.browser_key_hash,
        digits_hash: digits.as_ref().map(|digits| digits_hash(app, &id, digits)),
        code_hash: Some(code_hash(app, &id, &code)),
        code_tries_left: CODE_TRIES,
        code_expires_at: now.plus(Duration::from_secs(code_seconds.into())),
        asked_by_session: plan.asked_by_session,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(link_seconds.into())),
        used_by: None,
        session_id: None,
        id,
    };
    let letter = Letter {
        device: user_agents::describe(&client.user_agent),
        ..Letter::about(plan.letter, link.language, &link.address, &loaded.name)
    };
    let parameter = match plan.purpose {
        Purpose::SignIn | Purpose::SignUp => Some("psg_magic_link"),
        Purpose::VerifyAddress | Purpose::ChangeAddress => Some("psg_verify_link"),
        Purpose::Nothing => None,
    };
    let letter = match parameter {
        None => letter,
        Some(parameter) => {
            let mut url = loaded.login_page(wish.path.as_deref());
            url.query_pairs_mut().append_pair(parameter, &secret);
            Letter {
                link: Some(url.into()),
                link_minutes: Some(link_seconds.div_ceil(60)),
                code: Some(code),
                code_minutes: Some(code_seconds.div_ceil(60)),
                ..letter
            }
        }
    };
    let known = plan.is_known.then_some(&link.user_id);
    let message = Message::prepare(app, loaded, known, &letter, link.expires_at)?;
    let mut event = Event::of_client(app, &loaded.id, Kind::LinkSent, client).about(link.label());
    event.user_id = known.cloned();
    let limits = [
        Limit::messages_to(&app.config, &loaded.id, &link.address),
        Limit::messages_by(&app.config, client),
    ];
    let shard = app.counters.shard();
    let id = link.id.clone();
    app.store
        .write(move |tx| {
            for limit in &limits {
                limit.require(tx, now)?;
            }
            tx.remove_codes(&link.app_id, &link.address)?;
            tx.add_magic_link(&link)?;
            tx.add_message(&message)?;
            tx.add_event(&event)?;
            tx.count(&link.app_id, now.day(), Counter::LinkAsked, shard, 1)
        })
        .await?;
    app.outbox.wake();
    Ok(Asked { id, digits })
}
