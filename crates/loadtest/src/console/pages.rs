//! The pages that are measured: every one that the Console has, lists also far from their beginning.

use anyhow::Result;

use super::database::Database;
use super::seed::BUSY;
use super::visitor::Visitor;

/// How often a list's link to the next page is followed for its deep page.
const DEEP: usize = 200;

/// A page, and a text in it that shows that it is the wanted one.
pub struct Page {
    pub name: &'static str,
    pub path: String,
    pub shows: String,
}

/// What the pages' paths are made of, read from the database.
pub struct Facts {
    pub app_id: String,
    /// The user who did more than all others.
    busy_id: String,
    /// Where a list of users goes on after three quarters, a list of events after half a year, one of members' events likewise.
    user_cursor: String,
    event_cursor: String,
    member_cursor: String,
    /// Somebody's address.
    email: String,
}

impl Facts {
    /// Reads them.
    pub fn read(database: &mut Database, app_id: String) -> Result<Self> {
        let half_a_year_ago =
            "SELECT CAST(MAX(created_at) - 15768000000 AS TEXT) FROM events WHERE app_id = $1";
        let half_a_year_ago = database.get(half_a_year_ago, &[&app_id])?;
        let mut cursor = |actor: &str| {
            let sql = format!(
                "SELECT CAST(created_at AS TEXT) || '-' || id FROM events WHERE app_id = $1 AND actor = $2 \
                 AND created_at < {half_a_year_ago} ORDER BY created_at DESC, id DESC LIMIT 1"
            );
            database.get(&sql, &[&app_id, actor])
        };
        let (event_cursor, member_cursor) = (cursor("user")?, cursor("member")?);
        let of_busy = "FROM users WHERE app_id = $1 AND email = $2";
        let busy = [app_id.as_str(), BUSY];
        Ok(Facts {
            event_cursor,
            member_cursor,
            busy_id: database.get(&format!("SELECT id {of_busy}"), &busy)?,
            user_cursor: database.get(
                &format!("SELECT CAST(created_at AS TEXT) || '-' || id {of_busy}"),
                &busy,
            )?,
            email: database.get(
                "SELECT email FROM users WHERE app_id = $1 AND email > 'jo' AND status = 'active' ORDER BY email LIMIT 1",
                &[&app_id],
            )?,
            app_id,
        })
    }
}

/// All pages; the deep ones are found by walking there.
pub async fn list(facts: &Facts, visitor: &mut Visitor) -> Result<Vec<Page>> {
    let app = format!("/console/apps/{}", facts.app_id);
    let users = format!("{app}/users");
    let busy = format!("{users}/{}", facts.busy_id);
    let (activity, audit) = (format!("{app}/activity"), format!("{app}/audit"));
    let email = facts.email.as_str();
    let mut pages = Vec::new();
    let mut add = |name, path: String, shows: &str| {
        pages.push(Page {
            name,
            path,
            shows: shows.to_owned(),
        });
    };
    let next = r#"rel="next""#;

    add("home", "/console".to_owned(), "App 50");
    add("new app", "/console/apps/new".to_owned(), "<form");
    add(
        "account",
        "/console/account".to_owned(),
        "user-0@example.com",
    );
    add("overview", app.clone(), &facts.app_id);
    add("waiting for a sign-in", format!("{app}/waiting"), "sign-in");

    add("users", users.clone(), next);
    add("users, page 2", visitor.follow(&users, 1).await?, next);
    add("users, page 201", visitor.follow(&users, DEEP).await?, next);
    let middle = format!("{users}?after={}", facts.user_cursor);
    add("users, 750,000 later", middle, next);
    add(
        "users, 1 letter",
        format!("{users}?q={}", &email[..1]),
        next,
    );
    add(
        "users, 3 letters",
        format!("{users}?q={}", &email[..3]),
        next,
    );
    add(
        "users, 8 letters",
        format!("{users}?q={}", &email[..8]),
        email,
    );
    add("users, whole address", format!("{users}?q={email}"), email);
    add(
        "users, nobody found",
        format!("{users}?q=zz.nobody"),
        "Nobody found",
    );
    add("users, by number", format!("{users}?q=%2B49151"), next);
    for (status, names) in [
        (
            "deactivated",
            [
                "deactivated",
                "deactivated, page 101",
                "deactivated, 3 letters",
                "deactivated, nobody",
            ],
        ),
        (
            "never",
            [
                "never signed in",
                "never, page 101",
                "never, 3 letters",
                "never, nobody",
            ],
        ),
    ] {
        let all = format!("{users}?status={status}");
        add(names[1], visitor.follow(&all, DEEP / 2).await?, next);
        add(names[2], format!("{all}&q={}", &email[..3]), &email[..3]);
        add(names[3], format!("{all}&q=zz.nobody"), "Nobody found");
        add(names[0], all, next);
    }
    add("user with 10,000 events", busy.clone(), BUSY);
    let deep = visitor.follow(&busy, DEEP / 2).await?;
    add("the same, page 101", deep, BUSY);

    for (name, days) in [
        ("activity, 7 days", 7),
        ("activity, 30 days", 30),
        ("activity, 90 days", 90),
        ("activity, 365 days", 365),
    ] {
        add(name, format!("{activity}?days={days}"), next);
    }
    let deep = visitor.follow(&activity, DEEP).await?;
    add("activity, page 201", deep, next);
    let middle = format!("{activity}?days=365&before={}", facts.event_cursor);
    add("activity, half a year back", middle, next);
    add("audit log", audit.clone(), next);
    let deep = visitor.follow(&audit, DEEP).await?;
    add("audit log, page 201", deep, next);
    let middle = format!("{audit}?before={}", facts.member_cursor);
    add("audit log, half a year back", middle, next);

    add("settings", format!("{app}/settings"), "<form");
    add(
        "members",
        format!("{app}/members"),
        "member-199@example.com",
    );
    add("inbox", format!("{app}/inbox"), "@example.com");
    add("remove", format!("{app}/remove"), "10,000+");
    Ok(pages)
}
