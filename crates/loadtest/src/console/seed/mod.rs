//! A year in the life of a big app, written straight into the database: users who came over two years, what they did in the
//! last one, the counters beside it, and the app's team.
//!
//! `people.rs` has the rows of users, `happenings.rs` those of events and counters, `numbers.rs` the chance in both.

mod happenings;
mod numbers;
mod people;

use anyhow::Result;

use super::database::{Database, Value};
use numbers::{Id, Numbers};
pub use people::BUSY;
use people::People;

/// A day in milliseconds.
const DAY: i64 = 24 * 60 * 60 * 1000;

/// Members of the app, and of the Console with them.
const MEMBERS: u64 = 200;

/// Open invitations: as many as one app may have.
const INVITATIONS: u64 = 100;

/// Mails of the last days that were delivered.
const MESSAGES: u64 = 50_000;

/// The fact that names the app, once all is written.
const FACT: &str = "loadtest_app";

/// Tables that are filled.
const TABLES: [&str; 9] = [
    "users",
    "passkeys",
    "sessions",
    "refresh_tokens",
    "events",
    "daily_counters",
    "members",
    "invitations",
    "messages",
];

/// What is written.
#[derive(Clone)]
pub struct Plan {
    pub users: u64,
    pub events: u64,
    /// The big app.
    pub app_id: String,
    /// The Console's own app.
    pub console_id: String,
    /// Now, milliseconds since 1970.
    pub now: i64,
}

/// The app that an earlier run has filled, if one has.
pub fn find(database: &mut Database) -> Result<Option<String>> {
    database.find("SELECT value FROM facts WHERE name = $1", &[FACT])
}

/// Fills the database.
pub fn fill(database: &mut Database, plan: &Plan) -> Result<()> {
    database.load(&TABLES, |database| {
        let mut numbers = Numbers::new(1);
        eprintln!("  {} users", plan.users);
        let people = People::new(plan, &mut numbers);
        people.add_users(database, plan, &mut numbers)?;
        people.add_passkeys(database, plan, &mut numbers)?;
        people.add_sessions(database, plan, &mut numbers)?;
        let team = add_team(database, plan, &mut numbers)?;
        add_messages(database, plan, &people, &mut numbers)?;
        eprintln!("  {} events", plan.events);
        happenings::add(database, plan, &people, &team, &mut numbers)?;
        database.fill("facts", &["name", "value"], |rows| {
            rows.add(&[Value::Text(FACT), Value::Text(&plan.app_id)])
        })
    })
}

/// Adds the app's members, who have accounts in the Console's app, and open invitations. The members.
fn add_team(database: &mut Database, plan: &Plan, numbers: &mut Numbers) -> Result<Vec<Id>> {
    let since = plan.now - 400 * DAY;
    let team: Vec<Id> = (0..MEMBERS).map(|_| numbers.id(since)).collect();
    database.fill("users", &people::COLUMNS, |rows| {
        for (number, id) in team.iter().enumerate() {
            let email = format!("member-{number}@example.com");
            rows.add(&[
                Value::Text(id.as_str()),
                Value::Text(&plan.console_id),
                Value::Text(&email),
                Value::Truth(true),
                Value::Null,
                Value::Truth(false),
                Value::Text("active"),
                Value::Text("sign_up"),
                Value::Text("{}"),
                Value::Number(100),
                Value::Number(plan.now - DAY),
                Value::Number(since),
                Value::Number(since),
            ])?;
        }
        Ok(())
    })?;
    let columns = ["app_id", "user_id", "role", "created_at"];
    database.fill("members", &columns, |rows| {
        for (number, id) in team.iter().enumerate() {
            let role = ["owner", "admin", "admin", "viewer", "viewer"][number % 5];
            rows.add(&[
                Value::Text(&plan.app_id),
                Value::Text(id.as_str()),
                Value::Text(role),
                Value::Number(since),
            ])?;
        }
        Ok(())
    })?;
    let columns = [
        "id",
        "app_id",
        "email",
        "role",
        "secret_hash",
        "invited_by",
        "created_at",
        "expires_at",
    ];
    database.fill("invitations", &columns, |rows| {
        for number in 0..INVITATIONS {
            let at = plan.now - DAY + number as i64 * 1000;
            rows.add(&[
                Value::Text(numbers.id(at).as_str()),
                Value::Text(&plan.app_id),
                Value::Text(&format!("invited-{number}@example.com")),
                Value::Text("viewer"),
                Value::Bytes(&numbers.bytes()),
                Value::Text(numbers.one_of(&team).as_str()),
                Value::Number(at),
                Value::Number(at + 7 * DAY),
            ])?;
        }
        Ok(())
    })?;
    Ok(team)
}

/// Adds mails that were delivered in the last days; their texts are gone, as the server does it.
fn add_messages(
    database: &mut Database,
    plan: &Plan,
    people: &People,
    numbers: &mut Numbers,
) -> Result<()> {
    let columns = [
        "id",
        "app_id",
        "user_id",
        "kind",
        "state",
        "recipient",
        "attempts",
        "next_attempt_at",
        "expires_at",
        "created_at",
        "finished_at",
    ];
    let first = plan.now - 6 * DAY;
    let step = (6 * DAY - DAY / 24) / MESSAGES as i64;
    database.fill("messages", &columns, |rows| {
        for number in 0..MESSAGES {
            let at = first + number as i64 * step;
            let user = people.active_user(numbers.any());
            rows.add(&[
                Value::Text(numbers.id(at).as_str()),
                Value::Text(&plan.app_id),
                Value::Text(people.id(user).as_str()),
                Value::Text(numbers.one_of(&["sign_in", "sign_in", "sign_in", "passkey_added"])),
                Value::Text("sent"),
                Value::Text("k…@example.com"),
                Value::Number(1),
                Value::Number(at),
                Value::Number(at + 15 * 60 * 1000),
                Value::Number(at),
                Value::Number(at + 900),
            ])?;
        }
        Ok(())
    })
}
