//! The users of the big app, their passkeys and sessions. What a user is follows from the number: a fifth never signed in,
//! one of a hundred is deactivated, six of ten have a passkey.

use anyhow::Result;

use super::numbers::{Id, Numbers};
use super::{DAY, Plan};
use crate::console::database::{Database, Value};

/// Columns of a user.
pub const COLUMNS: [&str; 13] = [
    "id",
    "app_id",
    "email",
    "email_verified",
    "phone",
    "phone_verified",
    "status",
    "origin",
    "user_metadata",
    "login_count",
    "last_login_at",
    "created_at",
    "updated_at",
];

/// Over how long the users came.
const CAME_IN: i64 = 730 * DAY;

/// The address of the user who did more than all others.
pub const BUSY: &str = "busy@example.com";

/// Syllables of invented addresses.
const SYLLABLES: [&str; 32] = [
    "ba", "be", "bo", "da", "de", "do", "fi", "fu", "ga", "go", "ha", "he", "jo", "ju", "ka", "ki",
    "la", "lo", "ma", "mi", "na", "no", "pa", "pe", "ra", "ri", "sa", "so", "ta", "ti", "va", "wi",
];

/// What browsers say of themselves.
pub const USER_AGENTS: [&str; 5] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0",
];

/// Everybody who uses the app, in the order in which they came.
pub struct People {
    ids: Vec<Id>,
    /// When each came.
    times: Vec<i64>,
}

impl People {
    /// Draws them.
    pub fn new(plan: &Plan, numbers: &mut Numbers) -> Self {
        let first = plan.now - CAME_IN;
        let step = (CAME_IN - DAY / 24) / plan.users as i64;
        let times: Vec<i64> = (0..plan.users as i64)
            .map(|number| numbers.moment(first + number * step, first + (number + 1) * step))
            .collect();
        let ids = times.iter().map(|&at| numbers.id(at)).collect();
        People { ids, times }
    }

    /// A user's id.
    pub fn id(&self, user: usize) -> Id {
        self.ids[user]
    }

    /// The user who did more than all others; was there before the year of the events.
    pub fn busy_user(&self) -> usize {
        self.ids.len() / 4 / 20 * 20
    }

    /// One of those who have signed in; any number names one.
    pub fn active_user(&self, number: u64) -> usize {
        self.active_user_among(number, self.ids.len())
    }

    /// One of those who have signed in and were there at a moment.
    pub fn active_user_at(&self, number: u64, at: i64) -> usize {
        self.active_user_among(number, self.times.partition_point(|&came| came <= at))
    }

    fn active_user_among(&self, number: u64, count: usize) -> usize {
        let user = (number % count.max(1) as u64) as usize;
        // Each fifth has never signed in, and the one before has.
        user - usize::from(is_pending(user))
    }

    /// Adds the users.
    pub fn add_users(
        &self,
        database: &mut Database,
        plan: &Plan,
        numbers: &mut Numbers,
    ) -> Result<()> {
        let busy = self.busy_user();
        database.fill("users", &COLUMNS, |rows| {
            for (user, (id, &came)) in self.ids.iter().zip(&self.times).enumerate() {
                let email = email(user, busy, numbers);
                let phone = (user % 20 == 3).then(|| format!("+49151{user:08}"));
                // One of forty has a number only.
                let has_email = user % 40 != 3;
                let status = match user {
                    _ if is_pending(user) => "pending",
                    _ if user % 100 == 50 => "inactive",
                    _ => "active",
                };
                let is_known = status != "pending";
                let last = is_known.then(|| numbers.moment(came, plan.now));
                let metadata = match user % 10 {
                    0 => r#"{"plan":"team","seats":12,"newsletter":true}"#,
                    _ => "{}",
                };
                rows.add(&[
                    Value::Text(id.as_str()),
                    Value::Text(&plan.app_id),
                    Value::text(has_email.then_some(&email)),
                    Value::Truth(has_email && is_known),
                    Value::text(phone.as_deref()),
                    Value::Truth(phone.is_some() && !has_email && is_known),
                    Value::Text(status),
                    // Who was brought along from another system may not sign in for years.
                    Value::Text(if is_known { "sign_up" } else { "import" }),
                    Value::Text(metadata),
                    Value::Number(last.map_or(0, |_| 10)),
                    Value::number(last),
                    Value::Number(came),
                    Value::Number(last.unwrap_or(came)),
                ])?;
            }
            Ok(())
        })
    }

    /// Adds their passkeys: one for six of ten, a second one for one of ten.
    pub fn add_passkeys(
        &self,
        database: &mut Database,
        plan: &Plan,
        numbers: &mut Numbers,
    ) -> Result<()> {
        let columns = [
            "id",
            "app_id",
            "user_id",
            "credential_id",
            "public_key",
            "sign_count",
            "attachment",
            "transports",
            "aaguid",
            "attestation",
            "backup_eligible",
            "backup_state",
            "friendly_name",
            "usage_count",
            "last_login_at",
            "created_at",
            "updated_at",
        ];
        database.fill("passkeys", &columns, |rows| {
            for (user, (owner, &came)) in self.ids.iter().zip(&self.times).enumerate() {
                let count = match user % 10 {
                    0 => 2,
                    2..=5 | 7 => 1,
                    _ => 0,
                };
                for name in ["iPhone", "Chrome on Windows"].iter().take(count) {
                    // As long as an ES256 key in COSE.
                    let key = [&numbers.bytes()[..], &numbers.bytes(), &[7; 13]].concat();
                    rows.add(&[
                        Value::Text(numbers.id(came).as_str()),
                        Value::Text(&plan.app_id),
                        Value::Text(owner.as_str()),
                        Value::Bytes(&numbers.bytes()),
                        Value::Bytes(&key),
                        Value::Number(0),
                        Value::Text("platform"),
                        Value::Text("internal hybrid"),
                        Value::Bytes(&[0; 16]),
                        Value::Text("none"),
                        Value::Truth(true),
                        Value::Truth(true),
                        Value::Text(name),
                        Value::Number(10),
                        Value::Number(plan.now - DAY),
                        Value::Number(came),
                        Value::Number(came),
                    ])?;
                }
            }
            Ok(())
        })
    }

    /// Adds sessions of the last month, one refresh token each: some for each third user, a hundred for the busy one.
    pub fn add_sessions(
        &self,
        database: &mut Database,
        plan: &Plan,
        numbers: &mut Numbers,
    ) -> Result<()> {
        let busy = self.busy_user();
        let mut sessions = Vec::with_capacity(self.ids.len() / 3 + 100);
        let columns = [
            "id",
            "app_id",
            "user_id",
            "methods",
            "address",
            "user_agent",
            "auth_time",
            "last_used_at",
            "expires_at",
            "revoked_at",
        ];
        database.fill("sessions", &columns, |rows| {
            let owners = (0..self.ids.len()).filter(|user| user % 3 == 0 && !is_pending(*user));
            for user in owners.chain(std::iter::repeat_n(busy, 100)) {
                let at = numbers.moment(plan.now - 20 * DAY, plan.now);
                let used = numbers.moment(at, plan.now);
                let id = numbers.id(at);
                sessions.push((id, at + 30 * DAY));
                rows.add(&[
                    Value::Text(id.as_str()),
                    Value::Text(&plan.app_id),
                    Value::Text(self.ids[user].as_str()),
                    Value::Text("passkey"),
                    Value::Text(&address(numbers)),
                    Value::Text(numbers.one_of(&USER_AGENTS)),
                    Value::Number(at),
                    Value::Number(used),
                    Value::Number(at + 30 * DAY),
                    Value::number((user % 8 == 6).then_some(used)),
                ])?;
            }
            Ok(())
        })?;
        let columns = ["session_id", "hash", "expires_at"];
        database.fill("refresh_tokens", &columns, |rows| {
            for (id, until) in &sessions {
                rows.add(&[
                    Value::Text(id.as_str()),
                    Value::Bytes(&numbers.bytes()),
                    Value::Number(*until),
                ])?;
            }
            Ok(())
        })
    }
}

/// Whether a user has never signed in.
fn is_pending(user: usize) -> bool {
    user % 5 == 1
}

/// An address of a network that is nobody's (RFC 5737, RFC 3849).
pub fn address(numbers: &mut Numbers) -> String {
    let host = numbers.below(256);
    match numbers.below(4) {
        0 => format!("2001:db8::{host:x}"),
        1 => format!("192.0.2.{host}"),
        2 => format!("198.51.100.{host}"),
        _ => format!("203.0.113.{host}"),
    }
}

/// An invented address that nobody else has.
fn email(user: usize, busy: usize, numbers: &mut Numbers) -> String {
    if user == busy {
        return BUSY.to_owned();
    }
    let mut email = String::with_capacity(32);
    for _ in 0..3 {
        email.push_str(numbers.one_of(&SYLLABLES));
    }
    let domain = numbers.one_of(&["example.com", "example.org", "mail.example.net"]);
    email.push_str(&format!(".{user}@{domain}"));
    email
}
