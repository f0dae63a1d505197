//! The list of an app's users: all of them the newest first, or those whom a search finds.
//!
//! Each list walks along an index, so that it is as fast with a million users as with ten.

use crate::app::App;
use crate::domain::paging::{Cursor, Page, unreadable};
use crate::domain::users::{ExternalId, Identifier, Status};
use crate::error::Result;
use crate::ids::{AppId, UserId};
use crate::store::Tx;
use crate::time::Timestamp;

/// Counting ends here.
pub const COUNTED: i64 = 10_000;

/// A number that was counted to one more than [`COUNTED`], in words.
pub fn counted(count: i64) -> String {
    if count > COUNTED {
        "10,000+".to_owned()
    } else {
        count.to_string()
    }
}

/// A user as listed.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Names the user.
    pub id: UserId,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether it was proven.
    pub email_verified: bool,
    /// Phone number.
    pub phone: Option<String>,
    /// Whether it was proven.
    pub phone_verified: bool,
    /// How the app's own login names the user.
    pub external_id: Option<ExternalId>,
    /// Whether the user may sign in.
    pub status: Status,
    /// When the user was made.
    pub created_at: Timestamp,
    /// When the user signed in last.
    pub last_login_at: Option<Timestamp>,
    /// How many passkeys the user has.
    pub passkeys: i64,
}

impl Listed {
    fn cursor(&self) -> String {
        Cursor {
            created_at: self.created_at,
            id: self.id.to_string(),
        }
        .to_string()
    }
}

/// What is listed.
#[derive(Clone, Default, Debug)]
pub struct Wanted {
    /// The beginning of an address or number, or a user's id or external id; empty for all.
    pub search: String,
    /// Only users of this status, which is not [`Status::Active`].
    pub status: Option<Status>,
    /// The country whose phone numbers may be searched without their calling code (ISO 3166-1 alpha-2); `None` if the app
    /// takes no numbers.
    pub country: Option<String>,
    /// Where the page begins; empty for the first.
    pub after: String,
}

/// A page of the list.
#[derive(Debug)]
pub struct Found {
    /// The users.
    pub page: Page<Listed>,
    /// How many there are on all pages, counted to one more than [`COUNTED`].
    pub count: i64,
}

/// What is searched for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Address,
    Number,
}

/// What begins with some text: from it up to, but without, the end. The order is that of bytes.
struct Beginning {
    kind: Kind,
    from: String,
    end: String,
}

impl Beginning {
    /// As addresses and numbers are stored, however they were spelled.
    fn of(search: &str, country: Option<&str>) -> Self {
        let (kind, from) = match number(search, country) {
            Some(number) => (Kind::Number, number),
            None => match Identifier::email(search) {
                Ok(whole) => (Kind::Address, whole.to_string()),
                Err(_) => (Kind::Address, search.to_lowercase()),
            },
        };
        Beginning {
            // Nothing comes after the last letter of Unicode.
            end: format!("{from}\u{10FFFF}"),
            kind,
            from,
        }
    }

    /// Where what is left of it after a row begins.
    fn after(&self, last: &str) -> Result<String> {
        if last.is_empty() {
            return Ok(self.from.clone());
        }
        if !(self.from.as_str()..self.end.as_str()).contains(&last) {
            return Err(unreadable());
        }
        // No address and no number holds a control character, so this comes right after it.
        Ok(format!("{last}\u{1}"))
    }
}

/// A search as the beginning of a phone number: with a plus, or a whole one in any spelling. Other digits may begin an address.
fn number(search: &str, country: Option<&str>) -> Option<String> {
    let whole = match country {
        Some(country) => Identifier::parse_in(search, country),
        None => Identifier::parse(search),
    };
    if let Ok(Identifier::Phone(whole)) = whole {
        return Some(whole);
    }
    let is_between = |letter: &char| matches!(letter, ' ' | '-' | '(' | ')' | '.');
    let is_number = search.starts_with('+');
    is_number.then(|| {
        search
            .chars()
            .filter(|letter| !is_between(letter))
            .collect()
    })
}

/// A page of an app's users.
pub async fn list(app: &App, app_id: &AppId, wanted: Wanted) -> Result<Found> {
    let app_id = app_id.clone();
    app.store.read(move |tx| find(tx, &app_id, &wanted)).await
}

fn find(tx: &mut Tx<'_>, app_id: &AppId, wanted: &Wanted) -> Result<Found> {
    let search = wanted.search.trim();
    if search.len() > Identifier::EMAIL_MAX || search.contains('\0') {
        // Longer than any address, or nothing that could be in one.
        return Ok(found(Vec::new(), Listed::cursor, 0));
    }
    if let (Ok(id), None) = (search.parse::<UserId>(), wanted.status) {
        let user = tx.find_listed_user(app_id, &id)?;
        if let Some(user) = user {
            return Ok(found(vec![user], Listed::cursor, 1));
        }
    }
    let most = Page::<Listed>::READ;
    let counted = COUNTED + 1;
    if search.is_empty() {
        let cursor = Cursor::parse(&wanted.after)?;
        let (users, count) = match wanted.status {
            Some(status) => (
                tx.list_users_of_status(app_id, status, &cursor, most)?,
                tx.count_users_of_status(app_id, status, counted)?,
            ),
            None => (
                tx.list_users(app_id, &cursor, most)?,
                tx.count_users(app_id, counted)?,
            ),
        };
        return Ok(found(users, Listed::cursor, count));
    }
    if let (Ok(external_id), None) = (ExternalId::parse(search), wanted.status) {
        let most = Page::<Listed>::READ;
        let users = tx.list_users_by_external_id(app_id, &external_id.folded(), most)?;
        if !users.is_empty() {
            let count = i64::try_from(users.len()).unwrap_or(i64::MAX);
            return Ok(found(users, Listed::cursor, count));
        }
    }
    let whole = Beginning::of(search, wanted.country.as_deref());
    let rest = whole.after(&wanted.after)?;
    let (from, end) = (&whole.from, &whole.end);
    if whole.kind == Kind::Number {
        let (users, count) = match wanted.status {
            Some(status) => (
                tx.list_users_of_status_by_phone(app_id, status, &rest, end, most)?,
                tx.count_users_of_status_by_phone(app_id, status, from, end, counted)?,
            ),
            None => (
                tx.list_users_by_phone(app_id, &rest, end, most)?,
                tx.count_users_by_phone(app_id, from, end, counted)?,
            ),
        };
        let place = |user: &Listed| user.phone.clone().unwrap_or_default();
        return Ok(found(users, place, count));
    }
    let (users, count) = match wanted.status {
        Some(status) => (
            tx.list_users_of_status_by_email(app_id, status, &rest, end, most)?,
            tx.count_users_of_status_by_email(app_id, status, from, end, counted)?,
        ),
        None => (
            tx.list_users_by_email(app_id, &rest, end, most)?,
            tx.count_users_by_email(app_id, from, end, counted)?,
        ),
    };
    let place = |user: &Listed| user.email.clone().unwrap_or_default();
    Ok(found(users, place, count))
}

fn found(users: Vec<Listed>, place: impl Fn(&Listed) -> String, count: i64) -> Found {
    Found {
        page: Page::of(users, place),
        count,
    }
}
