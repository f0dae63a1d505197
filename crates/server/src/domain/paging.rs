//! Long lists a page at a time: where a page ends is where the next one begins, so that no page is slower than the first.

use std::fmt;

use crate::error::{Error, Result};
use crate::time::Timestamp;

/// Rows that a page shows.
pub const PAGE: usize = 50;

/// A row in a list whose newest come first: when it was made, and its id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    /// When it was made.
    pub created_at: Timestamp,
    /// Its id: 24 letters and digits.
    pub id: String,
}

impl Cursor {
    /// Before all rows.
    pub fn newest() -> Self {
        Cursor::before(Timestamp::from_millis(i64::MAX))
    }

    /// Before all rows that were made earlier than an instant.
    pub fn before(created_at: Timestamp) -> Self {
        Cursor {
            created_at,
            id: String::new(),
        }
    }

    /// Reads what stood in a link to the next page; an empty text is the first page.
    pub fn parse(text: &str) -> Result<Self> {
        if text.is_empty() {
            return Ok(Cursor::newest());
        }
        let parsed = text.split_once('-').and_then(|(millis, id)| {
            let is_id = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
            let created_at = Timestamp::from_millis(millis.parse().ok()?);
            is_id.then(|| Cursor {
                created_at,
                id: id.to_owned(),
            })
        });
        parsed.ok_or_else(unreadable)
    }
}

/// 400 for a link to a page that was cut off or altered.
pub fn unreadable() -> Error {
    Error::invalid(
        "The address of this page of the list was cut off or altered. Begin at the first page.",
    )
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.created_at.as_millis(), self.id)
    }
}

/// A page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// Its rows.
    pub rows: Vec<T>,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// How many rows to read: one more than is shown tells whether there is a next page.
    pub const READ: i64 = PAGE as i64 + 1;

    /// Makes a page from [`Page::READ`] rows at most.
    pub fn of(rows: Vec<T>, place: impl Fn(&T) -> String) -> Self {
        Page::of_size(PAGE, rows, place)
    }

    /// Makes a page of at most `size` rows; one more than that may have been read.
    pub fn of_size(size: usize, mut rows: Vec<T>, place: impl Fn(&T) -> String) -> Self {
        let has_more = rows.len() > size;
        rows.truncate(size);
        let next = rows.last().filter(|_| has_more).map(place);
        Page { rows, next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        let cursor = Cursor {
            created_at: Timestamp::from_millis(1_700_000_000_000),
            id: "TrWSUbDDTPCKTQDtLA9MO8Ee".to_owned(),
        };
        assert_eq!(Cursor::parse(&cursor.to_string()).unwrap(), cursor);
        assert_eq!(Cursor::parse("").unwrap(), Cursor::newest());
        for bad in [
            "1",
            "-",
            "x-TrWSUbDDTPCKTQDtLA9MO8Ee",
            "1-TrWSUb",
            "1-'; DROP",
        ] {
            assert!(Cursor::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_page_knows_whether_there_is_another() {
        let full = Page::of((0..51).collect(), |row: &i32| row.to_string());
        assert_eq!((full.rows.len(), full.next.as_deref()), (50, Some("49")));
        let last = Page::of((0..50).collect(), |row: &i32| row.to_string());
        assert_eq!((last.rows.len(), last.next), (50, None));
    }
}
