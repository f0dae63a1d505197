//! The list of an app's users, searched by how an address or number begins.

use askama::Template;
use axum::extract::State;
use serde::Deserialize;

use super::guard::AppVisit;
use super::page::{Answer, Frame, When, encoded, show};
use crate::app::App;
use crate::domain::apps::AllowedIdentifier;
use crate::domain::users::Status;
use crate::domain::users::listing::{self, COUNTED, Listed, Wanted};
use crate::http::console::input::Query;

#[derive(Template)]
#[template(path = "console/users.html")]
struct UsersPage {
    frame: Frame,
    base: String,
    search: String,
    status: &'static str,
    users: Vec<Line>,
    /// How many there are, in words.
    count: String,
    /// The next page.
    next: Option<String>,
    /// The first page, unless this is it.
    first: Option<String>,
}

impl UsersPage {
    fn is_all(&self) -> bool {
        self.search.is_empty() && self.status.is_empty()
    }
}

struct Line {
    id: String,
    name: String,
    /// The number beside an address.
    other: Option<String>,
    is_proven: bool,
    status: Status,
    passkeys: i64,
    last_login: Option<When>,
    created: When,
}

/// What is asked for.
#[derive(Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    after: String,
}

/// The list.
pub async fn users(State(app): State<App>, visit: AppVisit, Query(asked): Query<Asked>) -> Answer {
    let settings = &visit.record.settings;
    let takes_numbers = settings.allowed_identifier != AllowedIdentifier::Email;
    let wanted = Wanted {
        country: takes_numbers.then(|| settings.default_country.clone()),
        search: asked.q.clone(),
        status: match asked.status.as_str() {
            "deactivated" => Some(Status::Inactive),
            "never" => Some(Status::Pending),
            _ => None,
        },
        after: asked.after,
    };
    let status = match wanted.status {
        Some(Status::Inactive) => "deactivated",
        Some(Status::Pending) => "never",
        _ => "",
    };
    let is_first = wanted.after.is_empty();
    let found = listing::list(&app, &visit.record.id, wanted).await?;
    let base = format!("/console/apps/{}/users", visit.record.id);
    let here = format!("{base}?q={}&status={status}", encoded(&asked.q));
    let next = found.page.next.as_deref();
    Ok(show(&UsersPage {
        frame: Frame::about(&app, &visit, "users"),
        next: next.map(|next| format!("{here}&after={}", encoded(next))),
        first: (!is_first).then_some(here),
        count: count(found.count),
        users: found.page.rows.into_iter().map(line).collect(),
        search: asked.q,
        status,
        base,
    }))
}

fn count(count: i64) -> String {
    match count {
        1 => "1 user".to_owned(),
        COUNTED.. if count > COUNTED => "10,000+ users".to_owned(),
        _ => format!("{} users", grouped(count)),
    }
}

/// A number with its thousands set apart.
pub fn grouped(number: i64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn line(user: Listed) -> Line {
    let is_proven = match &user.email {
        Some(_) => user.email_verified,
        None => user.phone_verified,
    };
    let (name, other) = match (user.email, user.phone) {
        (Some(email), phone) => (email, phone),
        (None, Some(phone)) => (phone, None),
        (None, None) => {
            let external_id = user.external_id.map(|id| id.to_string());
            (external_id.unwrap_or_else(|| user.id.to_string()), None)
        }
    };
    Line {
        id: user.id.to_string(),
        name,
        other,
        is_proven,
        status: user.status,
        passkeys: user.passkeys,
        last_login: user.last_login_at.map(When::of),
        created: When::of(user.created_at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_long_counts_cut() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(1_234_567), "1,234,567");
        assert_eq!(count(1), "1 user");
        assert_eq!(count(10_000), "10,000 users");
        assert_eq!(count(10_001), "10,000+ users");
    }
}
