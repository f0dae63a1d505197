//! Removing apps. A removed app answers nobody from then on; what it owned goes little by little (`jobs.rs`), so that an app
//! with a million users holds up nobody else.

use super::not_found;
use crate::app::App;
use crate::domain::events::{Client, Event, Kind};
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};

/// Removes an app in the name of a member. Other nodes follow when their copy is no longer fresh.
pub async fn remove(app: &App, id: &AppId, member: &UserId, client: &Client) -> Result<()> {
    if app.is_console(id) {
        return Err(Error::forbidden(
            "console_app",
            "This is the Console's own app. It stays as long as the server.",
        ));
    }
    if app.example_id.get() == Some(id) {
        return Err(Error::forbidden(
            "example_app",
            "The example app belongs to its listener. Switch that off by `example_listen`.",
        ));
    }
    let now = app.clock.now();
    // Among the Console's own events: the app's go with it.
    let event = app.console_id.get().map(|console_id| {
        Event::of_member(app, member, console_id, Kind::AppRemoved, client).about(id)
    });
    let removed = id.clone();
    app.store
        .write(move |tx| {
            let name = tx.mark_app_removed(&removed, now)?.ok_or_else(not_found)?;
            match &event {
                Some(event) => tx.add_event(&event.clone().detailed(name)),
                None => Ok(()),
            }
        })
        .await?;
    app.apps.forget(id);
    Ok(())
}
