//! What happened: one row for every sign-in, refusal of a known user and change, and daily counters beside them.
//!
//! Nothing secret is ever in an event. Lookups and refusals without a known user write no row: they are counted in
//! memory and flushed once a second, so that a flood writes nothing per request (D2, D16).

pub mod own;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Mutex;

use crate::app::App;
use crate::domain::paging::Cursor;
use crate::domain::users::words;
use crate::error::{Error, Result};
use crate::ids::{ApiKeyId, AppId, EventId, UserId};
use crate::random::Random;
use crate::store::{FromColumn, ToValue, Tx, Value};
use crate::time::Timestamp;

/// Who sent a request, for sessions and events.
#[derive(Clone, Debug)]
pub struct Client {
    /// Address of the client, behind trusted proxies.
    pub address: IpAddr,
    /// The browser's own words, at most 512 bytes.
    pub user_agent: String,
}

impl Client {
    /// The server itself, for what it does by schedule or command.
    pub fn server() -> Self {
        Client {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            user_agent: "ginnel".to_owned(),
        }
    }
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A user came to be.
    UserCreated,
    /// A user signed in for the first time.
    SignUp,
    /// A user signed in.
    SignIn,
    /// A session was ended by its owner.
    SignOut,
    /// A passkey was added.
    PasskeyAdded,
    /// A passkey got another name.
    PasskeyRenamed,
    /// A passkey was removed.
    PasskeyRemoved,
    /// A passkey's signature counter did not grow: it may have been copied.
    CounterNotIncreased,
    /// A refresh token was used again: its session was ended.
    RefreshReplayed,
    /// A link and a code were sent.
    LinkSent,
    /// An address was proven.
    AddressVerified,
    /// The account's address was changed.
    AddressChanged,
    /// The address was proven for the first time: what others had put on the account before was removed.
    AccountClaimed,
    /// The app's signing key was changed.
    KeyRotated,
    /// An app was made.
    AppCreated,
    /// A test app got an owner.
    AppClaimed,
    /// An app was removed with all it owned; stands among the Console's own events.
    AppRemoved,
    /// Settings of the app were changed.
    SettingsChanged,
    /// The app's RP ID was changed: the passkeys before it are of no use any more.
    RpIdChanged,
    /// Somebody was invited to the app.
    MemberInvited,
    /// An invitation was taken back.
    InvitationRevoked,
    /// Somebody became a member of the app.
    MemberJoined,
    /// A member got another role.
    MemberChanged,
    /// A member is one no more.
    MemberRemoved,
    /// Somebody became an operator of the server.
    OperatorAdded,
    /// A user may sign in no more.
    UserDeactivated,
    /// A user may sign in again.
    UserActivated,
    /// A user was removed with all that was theirs.
    UserRemoved,
    /// Sessions of a user were ended by somebody else.
    SessionsRevoked,
    /// A code alone was sent.
    CodeSent,
    /// The account gave up an address or number.
    AddressRemoved,
    /// The account's metadata was changed by its owner.
    MetadataChanged,
    /// An app's template of a message could not be filled in: the built-in one was sent.
    TemplateFailed,
    /// A template of a message was changed, or the built-in one chosen again.
    TemplateChanged,
    /// An API key was made.
    ApiKeyAdded,
    /// An API key was revoked.
    ApiKeyRevoked,
    /// A back end began a ceremony for a user of its own login (Flex).
    TransactionBegun,
}

words!(Kind {
    UserCreated = "user_created",
    SignUp = "sign_up",
    SignIn = "sign_in",
    SignOut = "sign_out",
    PasskeyAdded = "passkey_added",
    PasskeyRenamed = "passkey_renamed",
    PasskeyRemoved = "passkey_removed",
    CounterNotIncreased = "counter_not_increased",
    RefreshReplayed = "refresh_replayed",
    LinkSent = "link_sent",
    AddressVerified = "address_verified",
    AddressChanged = "address_changed",
    AccountClaimed = "account_claimed",
    KeyRotated = "key_rotated",
    AppCreated = "app_created",
    AppClaimed = "app_claimed",
    AppRemoved = "app_removed",
    SettingsChanged = "settings_changed",
    RpIdChanged = "rp_id_changed",
    MemberInvited = "member_invited",
    InvitationRevoked = "invitation_revoked",
    MemberJoined = "member_joined",
    MemberChanged = "member_changed",
    MemberRemoved = "member_removed",
    OperatorAdded = "operator_added",
    UserDeactivated = "user_deactivated",
    UserActivated = "user_activated",
    UserRemoved = "user_removed",
    SessionsRevoked = "sessions_revoked",
    CodeSent = "code_sent",
    AddressRemoved = "address_removed",
    MetadataChanged = "metadata_changed",
    TemplateFailed = "template_failed",
    TemplateChanged = "template_changed",
    ApiKeyAdded = "api_key_added",
    ApiKeyRevoked = "api_key_revoked",
    TransactionBegun = "transaction_begun",
});

/// How it ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was done.
    Success,
    /// It was refused.
    Refused,
}

words!(Outcome { Success = "success", Refused = "refused" });

/// One row of the trail.
#[derive(Clone, Debug)]
pub struct Event {
    /// Names the event.
    pub id: EventId,
    /// The app in which it happened.
    pub app_id: AppId,
    /// The user whom it concerns.
    pub user_id: Option<UserId>,
    /// What happened.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused, as a word.
    pub reason: Option<String>,
    /// Who did it: `user`, `server`, `member` for somebody in the Console, or `back_end` for whoever has an API key.
    pub actor: &'static str,
    /// That member.
    pub member_id: Option<UserId>,
    /// From where.
    pub client: Client,
    /// What it was done to, such as a passkey's id.
    pub subject: Option<String>,
    /// What it was, for people: a setting's old and new value.
    pub detail: Option<String>,
    /// When.
    pub created_at: Timestamp,
}

impl Event {
    /// Something that a user did.
    pub fn of_user(
        app: &App,
        user_id: &UserId,
        app_id: &AppId,
        kind: Kind,
        client: &Client,
    ) -> Self {
        Self::of_client(app, app_id, kind, client).by(user_id)
    }

    /// Something that a client did, before it is known for which user.
    pub fn of_client(app: &App, app_id: &AppId, kind: Kind, client: &Client) -> Self {
        Self::new(app, app_id, kind, "user", client.clone())
    }

    /// Something that a member did in the Console.
    pub fn of_member(
        app: &App,
        member_id: &UserId,
        app_id: &AppId,
        kind: Kind,
        client: &Client,
    ) -> Self {
        Event {
            member_id: Some(member_id.clone()),
            ..Self::new(app, app_id, kind, "member", client.clone())
        }
    }

    /// Something that the server did to an app.
    pub fn of_server(app: &App, app_id: &AppId, kind: Kind) -> Self {
        Self::new(app, app_id, kind, "server", Client::server())
    }

    fn new(app: &App, app_id: &AppId, kind: Kind, actor: &'static str, client: Client) -> Self {
        let now = app.clock.now();
        Event {
            id: EventId::draw(&app.random, now),
            app_id: app_id.clone(),
            user_id: None,
            kind,
            outcome: Outcome::Success,
            reason: None,
            actor,
            member_id: None,
            client,
            subject: None,
            detail: None,
            created_at: now,
        }
    }

    /// Says whom it concerns.
    pub fn by(mut self, user_id: &UserId) -> Self {
        self.user_id = Some(user_id.clone());
        self
    }

    /// Says what it was done to.
    pub fn about(mut self, subject: impl ToString) -> Self {
        self.subject = Some(subject.to_string());
        self
    }

    /// Says in words what it was.
    pub fn detailed(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Says that it was refused, and why.
    pub fn refused(mut self, reason: &str) -> Self {
        self.outcome = Outcome::Refused;
        self.reason = Some(reason.to_owned());
        self
    }
}

/// Who changes things of an app.
#[derive(Clone, Debug)]
pub enum Author {
    /// Somebody in the Console.
    Member {
        /// Who.
        id: UserId,
        /// From where.
        client: Client,
    },
    /// A back end, through the management API.
    BackEnd {
        /// The key that it showed.
        key_id: ApiKeyId,
        /// From where.
        client: Client,
    },
    /// The server, by schedule or command.
    Server,
}

impl Author {
    /// Something that they did to an app.
    pub fn event(&self, app: &App, app_id: &AppId, kind: Kind) -> Event {
        match self {
            Author::Member { id, client } => Event::of_member(app, id, app_id, kind, client),
            Author::BackEnd { key_id, client } => {
                Event::new(app, app_id, kind, "back_end", client.clone()).about(key_id)
            }
            Author::Server => Event::of_server(app, app_id, kind),
        }
    }
}

/// An event as listed, with the names of those in it as they are now.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Names the event.
    pub id: EventId,
    /// The user whom it concerns.
    pub user_id: Option<UserId>,
    /// What happened.
    pub kind: Kind,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it was refused, as a word.
    pub reason: Option<String>,
    /// Who did it: `user`, `server`, `member` or `back_end`.
    pub actor: String,
    /// That member.
    pub member_id: Option<UserId>,
    /// From where.
    pub address: String,
    /// By which browser.
    pub user_agent: String,
    /// What it was done to.
    pub subject: Option<String>,
    /// What it was, for people.
    pub detail: Option<String>,
    /// When.
    pub created_at: Timestamp,
    /// The user's address or number; `None` if the user is gone.
    pub user_name: Option<String>,
    /// The member's.
    pub member_name: Option<String>,
}

impl Listed {
    /// Where the list goes on after it.
    pub fn cursor(&self) -> String {
        Cursor {
            created_at: self.created_at,
            id: self.id.to_string(),
        }
        .to_string()
    }
}

/// Stores the refusal of a known user, and counts it.
pub fn add_refusal(tx: &mut Tx<'_>, event: &Event, shard: i64) -> Result<()> {
    tx.add_event(event)?;
    let day = event.created_at.day();
    tx.count(&event.app_id, day, Counter::Refused, shard, 1)
}

/// What is counted by day.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Counter {
    /// Sign-ins by passkey.
    SignInPasskey,
    /// First sign-ins by passkey.
    SignUpPasskey,
    /// Sign-ins by magic link.
    SignInLink,
    /// First sign-ins by magic link.
    SignUpLink,
    /// Sign-ins by code.
    SignInCode,
    /// First sign-ins by code.
    SignUpCode,
    /// Links and codes that were asked for.
    LinkAsked,
    /// Users made before their first ceremony.
    SignUpBegun,
    /// Refreshed tokens.
    Refresh,
    /// Refusals of a known user.
    Refused,
    /// Refusals without a known user.
    RefusedUnknown,
    /// Look-ups of identifiers.
    Lookup,
}

words!(Counter {
    SignInPasskey = "sign_in_passkey",
    SignUpPasskey = "sign_up_passkey",
    SignInLink = "sign_in_link",
    SignUpLink = "sign_up_link",
    SignInCode = "sign_in_code",
    SignUpCode = "sign_up_code",
    LinkAsked = "link_asked",
    SignUpBegun = "sign_up_begun",
    Refresh = "refresh",
    Refused = "refused",
    RefusedUnknown = "refused_unknown",
    Lookup = "lookup",
});

/// A counter's value on one day, its shards added up.
#[derive(Clone, Copy, Debug)]
pub struct DayCount {
    /// Days since 1970, in UTC.
    pub day: i64,
    /// What was counted.
    pub counter: Counter,
    /// How often.
    pub count: i64,
}

impl Counter {
    /// Whether somebody signed in, be it for the first time.
    pub fn is_sign_in(self) -> bool {
        matches!(
            self,
            Counter::SignInPasskey
                | Counter::SignUpPasskey
                | Counter::SignInLink
                | Counter::SignUpLink
                | Counter::SignInCode
                | Counter::SignUpCode
        )
    }
}

/// How many shards a counter has.
const SHARDS: u8 = 16;

/// Counts kept in memory until the next flush, and this process's shard.
pub struct Counters {
    shard: i64,
    pending: Mutex<HashMap<(AppId, i64, Counter), i64>>,
}

impl Counters {
    /// Draws the shard.
    pub fn new(random: &Random) -> Self {
        Counters {
            shard: i64::from(random.bytes::<1>()[0] % SHARDS),
            pending: Mutex::default(),
        }
    }

    /// The shard that this process adds to.
    pub fn shard(&self) -> i64 {
        self.shard
    }

    /// Counts one in memory.
    pub fn add(&self, app_id: &AppId, day: i64, counter: Counter) {
        let mut pending = self.pending.lock().expect("no panic while counting");
        *pending.entry((app_id.clone(), day, counter)).or_insert(0) += 1;
    }

    /// Writes what was counted since the last flush; what cannot be written is kept for the next.
    pub async fn flush(&self, app: &App) -> Result<()> {
        let pending = std::mem::take(&mut *self.pending.lock().expect("no panic while counting"));
        if pending.is_empty() {
            return Ok(());
        }
        let (rows, shard) = (pending.clone(), self.shard);
        let written = app
            .store
            .write(move |tx| {
                for ((app_id, day, counter), count) in &rows {
                    // What is left of an app that was removed meanwhile must not stop the counts of the others.
                    if tx.has_app(app_id)? {
                        tx.count(app_id, *day, *counter, shard, *count)?;
                    }
                }
                Ok(())
            })
            .await;
        if written.is_err() {
            let mut now = self.pending.lock().expect("no panic while counting");
            for (key, count) in pending {
                *now.entry(key).or_insert(0) += count;
            }
        }
        written
    }
}
