//! What happened in the last year: events, evenly over the days, and the counters that come with them.

use std::collections::BTreeMap;

use anyhow::Result;

use super::numbers::{Id, Numbers};
use super::people::{self, People, USER_AGENTS};
use super::{DAY, Plan};
use crate::console::database::{Database, Rows, Value};

/// Days that have events: a little less than a server keeps them by default.
const DAYS: i64 = 364;

/// Of so many events, one is something that a member did in the Console.
const BY_MEMBER: u64 = 500;

/// Of so many events, one is the busy user's.
const BY_BUSY_USER: u64 = 1000;

/// Shards of a counter. A node draws one when it starts, so over a year all of them are used.
const SHARDS: i64 = 16;

/// What users do: of a thousand events, how many; what it is; what stands beside it; what is counted.
const BY_USERS: [Share; 12] = [
    share(640, "sign_in", None, Some("passkey"), "sign_in_passkey"),
    share(100, "sign_in", None, Some("link"), "sign_in_link"),
    share(50, "sign_in", None, Some("code"), "sign_in_code"),
    share(70, "link_sent", None, None, "link_asked"),
    share(30, "sign_in", Some("wrong_digits"), None, "refused"),
    share(50, "sign_out", None, None, ""),
    share(10, "sign_up", None, Some("passkey"), "sign_up_passkey"),
    share(5, "sign_up", None, Some("link"), "sign_up_link"),
    share(15, "user_created", None, None, "sign_up_begun"),
    share(20, "passkey_added", None, None, ""),
    share(8, "address_verified", None, None, ""),
    share(
        2,
        "refresh_replayed",
        Some("refresh_token_reused"),
        None,
        "refused",
    ),
];

/// What members do, and in which words it is told.
const BY_MEMBERS: [(&str, Option<&str>); 6] = [
    (
        "settings_changed",
        Some("Redirect URL: /start → /dashboard"),
    ),
    (
        "settings_changed",
        Some("Auth token lifetime: 60 minutes → 30 minutes"),
    ),
    ("user_deactivated", None),
    ("user_activated", None),
    ("sessions_revoked", None),
    ("passkey_removed", None),
];

struct Share {
    of_a_thousand: u64,
    kind: &'static str,
    refused: Option<&'static str>,
    detail: Option<&'static str>,
    /// Empty if nothing is counted.
    counter: &'static str,
}

const fn share(
    of_a_thousand: u64,
    kind: &'static str,
    refused: Option<&'static str>,
    detail: Option<&'static str>,
    counter: &'static str,
) -> Share {
    Share {
        of_a_thousand,
        kind,
        refused,
        detail,
        counter,
    }
}

/// How often something was counted, by day and counter.
type Counts = BTreeMap<(i64, &'static str), i64>;

/// Adds events and counters.
pub fn add(
    database: &mut Database,
    plan: &Plan,
    people: &People,
    team: &[Id],
    numbers: &mut Numbers,
) -> Result<()> {
    let columns = [
        "id",
        "app_id",
        "user_id",
        "kind",
        "outcome",
        "reason",
        "actor",
        "address",
        "user_agent",
        "subject",
        "created_at",
        "member_id",
        "detail",
    ];
    let mut counts = Counts::new();
    let first = plan.now - DAYS * DAY;
    let step = (plan.now - first - 60_000) as f64 / plan.events as f64;
    database.fill("events", &columns, |rows| {
        for number in 0..plan.events {
            let at = first + (number as f64 * step) as i64;
            if number % BY_MEMBER == 13 {
                let user = people.active_user_at(numbers.any(), at);
                add_by_member(rows, plan, people.id(user), team, at, numbers)?;
                continue;
            }
            let user = match number % BY_BUSY_USER {
                7 => people.busy_user(),
                _ => people.active_user_at(numbers.any(), at),
            };
            let share = draw(numbers);
            add_by_user(rows, plan, people.id(user), share, at, numbers)?;
            if !share.counter.is_empty() {
                *counts.entry((at / DAY, share.counter)).or_default() += 1;
            }
        }
        Ok(())
    })?;
    add_uneventful(&mut counts);
    add_counts(database, plan, &counts)
}

fn draw(numbers: &mut Numbers) -> &'static Share {
    let mut rest = numbers.below(1000);
    for share in &BY_USERS {
        if rest < share.of_a_thousand {
            return share;
        }
        rest -= share.of_a_thousand;
    }
    &BY_USERS[0]
}

fn add_by_user(
    rows: &mut Rows<'_>,
    plan: &Plan,
    user: Id,
    share: &Share,
    at: i64,
    numbers: &mut Numbers,
) -> Result<()> {
    rows.add(&[
        Value::Text(numbers.id(at).as_str()),
        Value::Text(&plan.app_id),
        Value::Text(user.as_str()),
        Value::Text(share.kind),
        Value::Text(share.refused.map_or("success", |_| "refused")),
        Value::text(share.refused),
        Value::Text("user"),
        Value::Text(&people::address(numbers)),
        Value::Text(numbers.one_of(&USER_AGENTS)),
        Value::Text(numbers.id(at).as_str()),
        Value::Number(at),
        Value::Null,
        Value::text(share.detail),
    ])
}

fn add_by_member(
    rows: &mut Rows<'_>,
    plan: &Plan,
    user: Id,
    team: &[Id],
    at: i64,
    numbers: &mut Numbers,
) -> Result<()> {
    let (kind, detail) = numbers.one_of(&BY_MEMBERS);
    let user = (kind != "settings_changed").then_some(user);
    rows.add(&[
        Value::Text(numbers.id(at).as_str()),
        Value::Text(&plan.app_id),
        Value::text(user.as_ref().map(Id::as_str)),
        Value::Text(kind),
        Value::Text("success"),
        Value::Null,
        Value::Text("member"),
        Value::Text(&people::address(numbers)),
        Value::Text(numbers.one_of(&USER_AGENTS)),
        Value::Null,
        Value::Number(at),
        Value::Text(numbers.one_of(team).as_str()),
        Value::text(detail),
    ])
}

/// Counts what leaves no event: refreshes, and questions whether somebody has an account.
fn add_uneventful(counts: &mut Counts) {
    let sign_ins: Vec<(i64, i64)> = counts
        .iter()
        .filter(|((_, counter), _)| *counter == "sign_in_passkey")
        .map(|((day, _), count)| (*day, *count))
        .collect();
    for (day, count) in sign_ins {
        counts.insert((day, "refresh"), 5 * count);
        counts.insert((day, "lookup"), count + count / 5);
        counts.insert((day, "refused_unknown"), count / 50);
        counts.insert((day, "sign_up_code"), count / 100);
    }
}

fn add_counts(database: &mut Database, plan: &Plan, counts: &Counts) -> Result<()> {
    // Today's of those who signed up as people do would be in the way.
    database.batch("DELETE FROM daily_counters")?;
    let columns = ["app_id", "day", "kind", "shard", "count"];
    database.fill("daily_counters", &columns, |rows| {
        for ((day, counter), count) in counts {
            for shard in 0..SHARDS {
                let rest = i64::from(shard < count % SHARDS);
                rows.add(&[
                    Value::Text(&plan.app_id),
                    Value::Number(*day),
                    Value::Text(counter),
                    Value::Number(shard),
                    Value::Number(count / SHARDS + rest),
                ])?;
            }
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_shares_of_a_thousand() {
        let sum: u64 = BY_USERS.iter().map(|share| share.of_a_thousand).sum();
        assert_eq!(sum, 1000);
    }

    #[test]
    fn what_leaves_no_event_is_counted_beside_what_does() {
        let mut counts = Counts::from([((7, "sign_in_passkey"), 1000), ((7, "refused"), 3)]);
        add_uneventful(&mut counts);
        assert_eq!(counts[&(7, "refresh")], 5000);
        assert_eq!(counts[&(7, "lookup")], 1200);
        assert_eq!(counts[&(7, "refused")], 3);
    }
}
