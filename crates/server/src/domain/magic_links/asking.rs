//! Asking for a link or a code: who may, what is sent, and how little a stranger learns from it (D7, D8).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value as Json;

use super::{CODE_TRIES, MagicLink, Purpose, code_hash, digits, digits_hash, require_sent};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Counter, Event, Kind};
use crate::domain::limits::Limit;
use crate::domain::test_apps;
use crate::domain::user_agents;
use crate::domain::users::{self, Identifier, Status, User};
use crate::error::{Code, Error, Result};
use crate::ids::{MagicLinkId, SessionId, UserId};
use crate::messages::{self, Language, Letter, Message};
use crate::secrets::SecretHash;

/// What somebody wants to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Means {
    /// A link, and a code beside it if the app has codes.
    #[default]
    Link,
    /// A code alone.
    Code,
}

/// How somebody wants their link or code.
#[derive(Default)]
pub struct Wish {
    /// Which of them.
    pub means: Means,
    /// BCP 47 tag of the message's language.
    pub language: Option<String>,
    /// Path of the page that asks.
    pub path: Option<String>,
    /// SHA-256 of the browser's key, if it has one.
    pub browser_key_hash: Option<SecretHash>,
    /// Values of the app's own fields for a new account, checked.
    pub user_metadata: Option<Json>,
    /// Where to go once it is used.
    pub redirect_url: Option<String>,
}

/// A link or code that is on its way.
#[derive(Debug)]
pub struct Asked {
    /// Names the link.
    pub id: MagicLinkId,
    /// What the tab that asked shows, for opening the link elsewhere; only for a browser with a key.
    pub digits: Option<String>,
}

/// What is to be sent, and to whom.
pub(super) struct Plan {
    address: Identifier,
    /// The user, or the id that a user would have.
    user_id: UserId,
    /// Whether that user exists.
    is_known: bool,
    purpose: Purpose,
    letter: messages::Kind,
    asked_by_session: Option<SessionId>,
}

/// Sends a link or code to sign in with, whatever kind of identifier the app takes from those who sign up. An app that hides
/// its users (D8) answers alike for everybody; the message says the rest.
pub async fn ask_to_sign_in(
    app: &App,
    loaded: &LoadedApp,
    address: Identifier,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    require_sent(app, loaded, wish.means, &address)?;
    let hides = loaded.settings.hide_user_existence;
    let plan = match find(app, loaded, &address).await? {
        Some(user) if user.status == Status::Inactive => deactivated(hides, user, address)?,
        Some(user) if user.is_opened_by(&address) => {
            Plan::of(user, address, Purpose::SignIn, messages::Kind::SignIn)
        }
        _ if hides => Plan::stand_in(app, address, messages::Kind::NoAccount),
        Some(_) => return Err(never_proven()),
        None => {
            let day = app.clock.now().day();
            app.counters.add(&loaded.id, day, Counter::RefusedUnknown);
            return Err(users::not_found(address.as_str()));
        }
    };
    send(app, loaded, plan, wish, client).await
}

/// Sends a link or code that finishes a sign-up. Open until the user has signed in once, as with Passage.
pub async fn ask_to_sign_up(
    app: &App,
    loaded: &LoadedApp,
    address: Identifier,
    wish: Wish,
    client: &Client,
) -> Result<Asked> {
    require_sent(app, loaded, wish.means, &address)?;
    let (hides, is_open) = (
        loaded.settings.hide_user_existence,
        loaded.settings.public_signup,
    );
    if !is_open && !hides {
        return Err(users::signup_closed());
    }
    let found = find(app, loaded, &address).await?;
    // An address that another account has and never proved goes to whoever proves it.
    let plan = match found.filter(|user| user.is_opened_by(&address)) {
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

/// 403 for an address that its account never proved, while another one is proven.
fn never_proven() -> Error {
    Error::new(
        Code::IdentifierNotVerified,
        "This was never proven to belong to its account. Sign in with the other address or number of the account, or with a passkey, and prove this one there; or sign up with it.",
    )
}

pub(super) async fn find(
    app: &App,
    loaded: &LoadedApp,
    address: &Identifier,
) -> Result<Option<User>> {
    let (app_id, wanted) = (loaded.id.clone(), address.clone());
    app.store
        .read(move |tx| tx.find_user_by_identifier(&app_id, &wanted))
        .await
}

/// A deactivated user is refused, or told by mail where the app hides its users.
fn deactivated(hides: bool, user: User, address: Identifier) -> Result<Plan> {
    if !hides {
        return Err(users::not_active());
    }
    let letter = messages::Kind::AccountDeactivated;
    Ok(Plan::of(user, address, Purpose::Nothing, letter))
}

impl Plan {
    pub(super) fn of(
        user: User,
        address: Identifier,
        purpose: Purpose,
        letter: messages::Kind,
    ) -> Self {
        Plan {
            address,
            user_id: user.id,
            is_known: true,
            purpose,
            letter,
            asked_by_session: None,
        }
    }

    /// The same, asked for by a session.
    pub(super) fn asked_by(self, session_id: &SessionId) -> Self {
        Plan {
            asked_by_session: Some(session_id.clone()),
            ..self
        }
    }

    /// For nobody: what is stored looks the same, and its secrets are sent to nobody.
    fn stand_in(app: &App, address: Identifier, letter: messages::Kind) -> Self {
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

pub(super) async fn send(
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
    let has_link = wish.means == Means::Link;
    let has_code = settings.one_time_codes;
    let digits = wish
        .browser_key_hash
        .filter(|_| has_link)
        .map(|hash| digits(app, &hash, &plan.address));
    let language = wish.language.as_deref().and_then(Language::of_tag);
    let link_seconds = match wish.means {
        Means::Link => settings.magic_link_lifetime_seconds,
        Means::Code => settings.code_lifetime_seconds,
    };
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
        code_hash: has_code.then(|| code_hash(app, &id, &code)),
        code_tries_left: CODE_TRIES,
        code_expires_at: now.plus(Duration::from_secs(code_seconds.into())),
        asked_by_session: plan.asked_by_session,
        created_at: now,
        expires_at: now.plus(Duration::from_secs(link_seconds.into())),
        used_by: None,
        session_id: None,
        user_metadata: wish.user_metadata,
        redirect_url: wish.redirect_url,
        id,
    };
    let letter = Letter {
        device: user_agents::describe(&client.user_agent),
        ..Letter::about(
            plan.letter,
            link.language,
            link.address.as_str(),
            &loaded.name,
        )
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
                link: has_link.then(|| url.into()),
                link_minutes: has_link.then(|| link_seconds.div_ceil(60)),
                code: has_code.then_some(code),
                code_minutes: has_code.then(|| code_seconds.div_ceil(60)),
                ..letter
            }
        }
    };
    let known = plan.is_known.then_some(&link.user_id);
    let message = Message::prepare(app, loaded, known, &letter, link.expires_at)?;
    let kind = match wish.means {
        Means::Link => Kind::LinkSent,
        Means::Code => Kind::CodeSent,
    };
    let mut event = Event::of_client(app, &loaded.id, kind, client).about(link.label());
    event.user_id = known.cloned();
    let limits = Limit::of_message(&app.config, &loaded.id, link.address.as_str(), client);
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
