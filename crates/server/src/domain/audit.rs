//! The audit log of an app: what its members changed, a page at a time.

use std::fmt;
use std::str::FromStr;

use crate::app::App;
use crate::error::{Error, Result};
use crate::ids::{AppId, EventId};
use crate::store::Change;
use crate::time::Timestamp;

/// Changes on one page.
pub const PAGE: usize = 50;

/// A place between two changes: behind this one. The next page begins there, whatever has come on top since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// When it happened.
    pub created_at: Timestamp,
    /// Its id; changes of one instant have an order by it.
    pub id: String,
}

impl Place {
    /// Before the newest change.
    fn top() -> Self {
        Place {
            created_at: Timestamp::from_millis(i64::MAX),
            id: String::new(),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.created_at.as_millis(), self.id)
    }
}

impl FromStr for Place {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let wrong = || {
            Error::invalid(
                "This address leads to no page of the audit log. Begin at its first page.",
            )
        };
        let (millis, id) = text.split_once('.').ok_or_else(wrong)?;
        let id: EventId = id.parse().map_err(|_| wrong())?;
        Ok(Place {
            created_at: Timestamp::from_millis(millis.parse().map_err(|_| wrong())?),
            id: id.to_string(),
        })
    }
}

/// Changes, the newest first, and where the page after them begins.
pub struct Page {
    /// At most [`PAGE`].
    pub changes: Vec<Change>,
    /// `None` on the last page.
    pub next: Option<Place>,
}

/// A page of an app's audit log.
pub async fn list(app: &App, id: &AppId, before: Option<Place>) -> Result<Page> {
    let (id, before) = (id.clone(), before.unwrap_or_else(Place::top));
    let mut changes = app
        .store
        .read(move |tx| tx.list_changes(&id, &before, PAGE as i64 + 1))
        .await?;
    let has_more = changes.len() > PAGE;
    changes.truncate(PAGE);
    let last = changes.last().filter(|_| has_more);
    Ok(Page {
        next: last.map(|change| Place {
            created_at: change.created_at,
            id: change.id.to_string(),
        }),
        changes,
    })
}
