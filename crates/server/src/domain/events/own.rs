//! What people see of the events of their own account.

use super::Listed;
use crate::app::App;
use crate::domain::paging::{Cursor, Page};
use crate::error::Result;
use crate::ids::UserId;

/// The user's own events before a place in the list, the newest first.
pub async fn list(
    app: &App,
    user_id: &UserId,
    before: Cursor,
    limit: usize,
) -> Result<Page<Listed>> {
    let user_id = user_id.clone();
    let most = i64::try_from(limit).unwrap_or(i64::MAX).saturating_add(1);
    let rows = app
        .store
        .read(move |tx| tx.list_events_of_user(&user_id, &before, most))
        .await?;
    Ok(Page::of_size(limit, rows, Listed::cursor))
}
