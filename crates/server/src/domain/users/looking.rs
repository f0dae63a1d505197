//! Looking a user up for the app's back end: by id, or by whatever names them.

use super::{ExternalId, User, managing};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::Listed;
use crate::domain::paging::Cursor;
use crate::domain::passkeys::Passkey;
use crate::error::{Error, Result};
use crate::ids::{AppId, UserId};

/// Events of a user that are told with them.
const RECENT: i64 = 10;

/// A user with what is told of them beside.
#[derive(Debug)]
pub struct Known {
    /// The user.
    pub user: User,
    /// Their passkeys, oldest first.
    pub passkeys: Vec<Passkey>,
    /// What happened last, the newest first.
    pub events: Vec<Listed>,
}

impl Known {
    /// Reads what belongs to a user.
    pub async fn load(app: &App, user: User) -> Result<Self> {
        let id = user.id.clone();
        let (passkeys, events) = app
            .store
            .read(move |tx| {
                let events = tx.list_events_of_user(&id, &Cursor::newest(), RECENT)?;
                Ok((tx.list_passkeys(&id)?, events))
            })
            .await?;
        Ok(Known {
            user,
            passkeys,
            events,
        })
    }
}

/// The user of an app with an id.
pub async fn by_id(app: &App, app_id: &AppId, id: &UserId) -> Result<User> {
    let (app_id, id) = (app_id.clone(), id.clone());
    let found = app.store.read(move |tx| tx.find_user(&id)).await?;
    found
        .filter(|user| user.app_id == app_id && !user.is_being_removed())
        .ok_or_else(managing::no_such_user)
}

/// The user whom an address, a number or an external id names; `None` if nobody has it.
///
/// Passage's packages for Node write external ids in lower case here, so one without capital letters is looked for in any
/// case. If two users differ in nothing else, neither is given: the caller may be about to remove the wrong one's passkeys.
pub async fn by_identifier(app: &App, loaded: &LoadedApp, text: &str) -> Result<Option<User>> {
    let identifier = loaded.identifier(text).ok();
    let external_id = ExternalId::parse(text).ok();
    let app_id = loaded.id.clone();
    app.store
        .read(move |tx| {
            if let Some(external_id) = &external_id {
                let folded = external_id.folded();
                let mut found = if folded == external_id.as_str() {
                    tx.list_users_by_folded_external_id(&app_id, &folded, 2)?
                } else {
                    let exact = tx.find_user_by_external_id(&app_id, external_id)?;
                    exact.into_iter().collect()
                };
                if found.len() > 1 {
                    return Err(Error::invalid(
                        "identifier: several users have external ids that differ only in the case of letters. Ask for the user by id.",
                    )
                    .with_reason("identifier_ambiguous"));
                }
                if let Some(user) = found.pop() {
                    return Ok(Some(user));
                }
            }
            match &identifier {
                Some(identifier) => tx.find_user_by_identifier(&app_id, identifier),
                None => Ok(None),
            }
        })
        .await
}
