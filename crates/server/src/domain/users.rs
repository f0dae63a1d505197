//! People in an app, and the identifiers that name them.
//!
//! Beside this file: `identifier.rs`, `phone.rs` and `external_id.rs` read what names them; `listing.rs`, `managing.rs` and `removal.rs` hold
//! what the app's team does with them, `looking.rs` finds them for its back end, `ways.rs` tells it how they can sign in.

mod calling_codes;
mod external_id;
mod identifier;
pub mod listing;
pub mod looking;
pub mod managing;
mod phone;
pub mod removal;
pub mod ways;

pub use external_id::ExternalId;
pub use identifier::Identifier;

use serde_json::{Map, Value as Json};

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Counter, Event, Kind};
use crate::domain::metadata::{self, Occasion};
use crate::domain::test_apps;
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, UserId};
use crate::store::{FromColumn, ToValue, Value};
use crate::time::Timestamp;

/// Whether a user may sign in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Signs in.
    Active,
    /// Deactivated by the app's team.
    Inactive,
    /// Has never signed in.
    Pending,
}

/// How a user came to be; decides who may enrol the first passkey (D7).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Signed up by themselves.
    SignUp,
    /// Brought along from another system.
    Import,
    /// Made through the management API.
    Management,
}

macro_rules! words {
    ($name:ident { $($variant:ident = $word:literal),* $(,)? }) => {
        impl $name {
            /// All of them.
            pub const ALL: [$name; [$($word),*].len()] = [$($name::$variant),*];

            /// The word in the database and on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),* }
            }
        }
        impl ToValue for $name {
            fn to_value(&self) -> Value<'_> { Value::Text(self.as_str()) }
        }
        impl FromColumn for $name {
            fn from_column(value: Value<'_>) -> Result<Self> {
                match String::from_column(value)?.as_str() {
                    $($word => Ok($name::$variant),)*
                    other => Err(Error::internal(anyhow::anyhow!(concat!("unknown ", stringify!($name), " `{}` in the database"), other))),
                }
            }
        }
    };
}
pub(crate) use words;

words!(Status { Active = "active", Inactive = "inactive", Pending = "pending" });
words!(Origin { SignUp = "sign_up", Import = "import", Management = "management" });

/// A user as stored.
#[derive(Clone, Debug)]
pub struct User {
    /// Names the user.
    pub id: UserId,
    /// The app that the user belongs to.
    pub app_id: AppId,
    /// E-mail address in its canonical form.
    pub email: Option<String>,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// Phone number, E.164.
    pub phone: Option<String>,
    /// Whether the number was proven.
    pub phone_verified: bool,
    /// Whether the user may sign in.
    pub status: Status,
    /// How the user came to be.
    pub origin: Origin,
    /// The app's own fields.
    pub user_metadata: Json,
    /// How often the user signed in.
    pub login_count: i64,
    /// When the user signed in last.
    pub last_login_at: Option<Timestamp>,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user changed last.
    pub updated_at: Timestamp,
    /// How the app's own login names the user (Flex).
    pub external_id: Option<ExternalId>,
}

impl User {
    /// A new user who signs up by themselves, not signed in yet.
    pub fn signing_up(id: UserId, app_id: AppId, identifier: &Identifier, now: Timestamp) -> Self {
        let (email, phone) = match identifier {
            Identifier::Email(email) => (Some(email.clone()), None),
            Identifier::Phone(phone) => (None, Some(phone.clone())),
        };
        User {
            id,
            app_id,
            email,
            email_verified: false,
            phone,
            phone_verified: false,
            status: Status::Pending,
            origin: Origin::SignUp,
            user_metadata: serde_json::json!({}),
            login_count: 0,
            last_login_at: None,
            created_at: now,
            updated_at: now,
            external_id: None,
        }
    }

    /// A new user whom the app's own login knows.
    pub fn of_own_login(
        id: UserId,
        app_id: AppId,
        external_id: ExternalId,
        now: Timestamp,
    ) -> Self {
        User {
            id,
            app_id,
            email: None,
            email_verified: false,
            phone: None,
            phone_verified: false,
            status: Status::Pending,
            origin: Origin::Management,
            user_metadata: serde_json::json!({}),
            login_count: 0,
            last_login_at: None,
            created_at: now,
            updated_at: now,
            external_id: Some(external_id),
        }
    }

    /// The address, number or external id shown for the user.
    pub fn display_name(&self) -> &str {
        self.email
            .as_deref()
            .or(self.phone.as_deref())
            .or(self.external_id.as_ref().map(ExternalId::as_str))
            .unwrap_or(self.id.as_str())
    }

    /// Whether the account's removal has begun: nothing names it any more.
    pub fn is_being_removed(&self) -> bool {
        self.email.is_none() && self.phone.is_none() && self.external_id.is_none()
    }

    /// Whether someone without a proof may enrol this user's first passkey (D7): a sign-up with nothing verified
    /// and no sign-in yet. Whether there is a passkey already is asked beside it.
    pub fn is_fresh_sign_up(&self) -> bool {
        self.is_provisional() && self.login_count == 0
    }

    /// Whether nobody ever proved to be the owner of what names this account, and nobody but a stranger made it (D7).
    pub fn is_provisional(&self) -> bool {
        self.origin == Origin::SignUp && !self.is_proven()
    }

    /// Whether somebody proved that the address or the number is theirs.
    pub fn is_proven(&self) -> bool {
        self.email_verified || self.phone_verified
    }

    /// Whether the account has this address or number.
    pub fn has(&self, identifier: &Identifier) -> bool {
        match identifier {
            Identifier::Email(email) => self.email.as_ref() == Some(email),
            Identifier::Phone(phone) => self.phone.as_ref() == Some(phone),
        }
    }

    /// Whether the account has this address or number, and it was proven.
    pub fn has_proven(&self, identifier: &Identifier) -> bool {
        let is_verified = match identifier {
            Identifier::Email(_) => self.email_verified,
            Identifier::Phone(_) => self.phone_verified,
        };
        is_verified && self.has(identifier)
    }

    /// Whether a proof of this address or number opens the account (D7). One that was never proven does so only while
    /// nothing else of the account is proven: whoever signed up with a stranger's number and proved an address of their own
    /// must not meet the stranger in that account.
    pub fn is_opened_by(&self, identifier: &Identifier) -> bool {
        self.has(identifier) && (self.has_proven(identifier) || !self.is_proven())
    }

    /// Whether nobody else can have this address or number by proving it: it was proven, or the app's team says so and
    /// nothing speaks against it.
    pub fn owns(&self, identifier: &Identifier) -> bool {
        self.is_opened_by(identifier) && !self.is_provisional()
    }

    /// The address or number of the same kind.
    pub fn of_kind(&self, identifier: &Identifier) -> Option<Identifier> {
        match identifier {
            Identifier::Email(_) => self.email.clone().map(Identifier::Email),
            Identifier::Phone(_) => self.phone.clone().map(Identifier::Phone),
        }
    }

    /// Takes an address or number off the account.
    pub fn clear(&mut self, identifier: &Identifier) {
        match identifier {
            Identifier::Email(_) => (self.email, self.email_verified) = (None, false),
            Identifier::Phone(_) => (self.phone, self.phone_verified) = (None, false),
        }
    }

    /// Gives the account an address or number, in place of what it has of the kind.
    pub fn set(&mut self, identifier: &Identifier, is_verified: bool) {
        match identifier {
            Identifier::Email(email) => {
                (self.email, self.email_verified) = (Some(email.clone()), is_verified);
            }
            Identifier::Phone(phone) => {
                (self.phone, self.phone_verified) = (Some(phone.clone()), is_verified);
            }
        }
    }

    /// Refuses a deactivated user.
    pub fn require_active(&self) -> Result<()> {
        match self.status {
            Status::Inactive => Err(not_active()),
            Status::Active | Status::Pending => Ok(()),
        }
    }
}

/// 403 for a deactivated user.
pub fn not_active() -> Error {
    Error::new(
        Code::UserNotActive,
        "This account is deactivated. Ask the people who run this app.",
    )
}

/// 403 for an app that takes no sign-ups. The elements show a text that starts with "Public signup" word for word.
pub fn signup_closed() -> Error {
    Error::forbidden(
        "public_signup_disabled",
        "Public signup is disabled for this app. Ask the people who run it for an account.",
    )
}

/// 404 for an identifier that nobody has.
pub fn not_found(identifier: &str) -> Error {
    Error::new(
        Code::UserNotFound,
        format!("There is no account for {identifier}. Check it, or sign up."),
    )
}

/// 403 for a sign-up of somebody who has signed in before.
pub fn already_registered() -> Error {
    Error::forbidden(
        "user_already_registered",
        "This account exists. Sign in to it; passkeys are added after signing in.",
    )
}

/// Refuses to tell whether an identifier has an account, where the app hides that (D8).
pub fn require_shown(loaded: &LoadedApp) -> Result<()> {
    if loaded.settings.hide_user_existence {
        return Err(Error::forbidden(
            "user_existence_hidden",
            "This app does not tell who has an account. Sign in with a passkey, or ask for a link.",
        ));
    }
    Ok(())
}

/// 400 for an identifier that is taken. The text is Passage's; its Swift SDK matches it.
pub fn already_exists() -> Error {
    Error::invalid("user: already exists.").with_reason("user_already_exists")
}

/// The user whom an identifier names, and whether they have a passkey.
pub struct Found {
    /// The user.
    pub user: User,
    /// Kinds of the user's passkeys, none twice.
    pub passkey_types: Vec<crate::domain::passkeys::PasskeyType>,
}

/// Looks a user up by identifier; `None` if nobody has it.
pub async fn find(app: &App, loaded: &LoadedApp, identifier: Identifier) -> Result<Option<Found>> {
    require_shown(loaded)?;
    let app_id = loaded.id.clone();
    let found = app
        .store
        .read(move |tx| {
            let Some(user) = tx.find_user_by_identifier(&app_id, &identifier)? else {
                return Ok(None);
            };
            let passkeys = tx.list_passkeys(&user.id)?;
            Ok(Some(Found {
                user,
                passkey_types: crate::domain::passkeys::types(&passkeys),
            }))
        })
        .await?;
    app.counters
        .add(&loaded.id, app.clock.now().day(), Counter::Lookup);
    Ok(found)
}

/// Makes a `pending` user for a sign-up, as Passage's packages do before the ceremony, with what they wrote into the app's
/// fields.
pub async fn sign_up(
    app: &App,
    loaded: &LoadedApp,
    identifier: Identifier,
    user_metadata: &Map<String, Json>,
    client: Client,
) -> Result<User> {
    require_shown(loaded)?;
    if !loaded.settings.public_signup {
        return Err(signup_closed());
    }
    let user_metadata = metadata::check(&loaded.settings, user_metadata, Occasion::Registration)?;
    let now = app.clock.now();
    let user = User {
        user_metadata: Json::Object(user_metadata),
        ..User::signing_up(
            UserId::draw(&app.random, now),
            loaded.id.clone(),
            &identifier,
            now,
        )
    };
    let event = Event::of_user(app, &user.id, &loaded.id, Kind::UserCreated, &client);
    let shard = app.counters.shard();
    let is_test_app = loaded.is_test_app();
    app.store
        .write(move |tx| {
            if !test_apps::add_user(tx, &user, is_test_app)? {
                return Err(already_exists());
            }
            tx.add_event(&event)?;
            tx.count(&user.app_id, now.day(), Counter::SignUpBegun, shard, 1)?;
            Ok(user.clone())
        })
        .await
}
