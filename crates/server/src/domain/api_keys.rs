//! API keys: what a back end shows to the management API. Shown once when they are made, kept as hashes.

use std::fmt;
use std::time::Duration;

use crate::app::App;
use crate::domain::events::{Author, Kind};
use crate::error::{Code, Error, Result};
use crate::ids::{ApiKeyId, AppId, UserId};
use crate::random::Random;
use crate::secrets::SecretHash;
use crate::time::Timestamp;

/// Keys that one app may have.
pub const MOST: usize = 20;

/// Longest name of a key, characters.
const NAME_MAX: usize = 64;

/// Length of the part before the dot, characters (`passage/management-api.md`).
const PREFIX_LENGTH: usize = 10;

/// Length of the part after it: 381 bits.
const SECRET_LENGTH: usize = 64;

/// How exactly a key's last use is known: a request writes only if the last one noted is older.
const NOTED_EVERY: Duration = Duration::from_secs(10 * 60);

/// A key as stored.
#[derive(Clone, Debug)]
pub struct ApiKey {
    /// Names the key; no secret.
    pub id: ApiKeyId,
    /// The app whose management API it opens.
    pub app_id: AppId,
    /// The part before the dot, by which people recognise it.
    pub prefix: String,
    /// What the whole key hashes to.
    pub hash: SecretHash,
    /// What the team calls it.
    pub name: String,
    /// The member who made it; `None` for the command line.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: Timestamp,
    /// When it was used last, to about ten minutes.
    pub last_used_at: Option<Timestamp>,
}

/// A key itself, on its way to whoever asked for it: ten letters and digits, a dot, and 64 more.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    fn draw(random: &Random) -> Self {
        Secret(format!(
            "{}.{}",
            random.alphanumeric(PREFIX_LENGTH),
            random.alphanumeric(SECRET_LENGTH)
        ))
    }

    /// The text to copy.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(hidden)")
    }
}

/// The part before the dot, if a text has the form of a key.
fn prefix(text: &str) -> Option<&str> {
    let (prefix, secret) = text.split_once('.')?;
    let has_form = |part: &str, length| {
        part.len() == length && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    (has_form(prefix, PREFIX_LENGTH) && has_form(secret, SECRET_LENGTH)).then_some(prefix)
}

/// A key about to be stored, everything random in it drawn.
fn prepare(app: &App, app_id: &AppId, name: &str, author: &Author) -> Result<(ApiKey, Secret)> {
    if app.is_console(app_id) {
        return Err(Error::forbidden(
            "console_app",
            "The Console's own app is closed to the management API, so it has no keys. Name the app whose back end calls.",
        ));
    }
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "The name must have 1 to {NAME_MAX} characters. Write what uses the key, such as “web server”."
        )));
    }
    let now = app.clock.now();
    let secret = Secret::draw(&app.random);
    let key = ApiKey {
        id: ApiKeyId::draw(&app.random, now),
        app_id: app_id.clone(),
        prefix: secret.reveal()[..PREFIX_LENGTH].to_owned(),
        hash: SecretHash::of(secret.reveal()),
        name: name.to_owned(),
        created_by: match author {
            Author::Member { id, .. } => Some(id.clone()),
            Author::Server | Author::BackEnd { .. } => None,
        },
        created_at: now,
        last_used_at: None,
    };
    Ok((key, secret))
}

/// Makes a key: what is stored of it, and the key itself, which nobody sees again.
pub fn add(app: &App, app_id: &AppId, name: &str, author: &Author) -> Result<(ApiKey, Secret)> {
    let (key, secret) = prepare(app, app_id, name, author)?;
    let event = author
        .event(app, app_id, Kind::ApiKeyAdded)
        .about(&key.id)
        .detailed(format!("{} ({}.…)", key.name, key.prefix));
    let stored = key.clone();
    app.store.write_blocking(move |tx| {
        // Of two made at once, the second sees what the first has added.
        tx.lock_app(&stored.app_id)?;
        if tx.list_api_keys(&stored.app_id)?.len() >= MOST {
            return Err(Error::forbidden(
                "too_many_api_keys",
                format!("This app has {MOST} keys. Revoke one that nothing uses first."),
            ));
        }
        tx.add_api_key(&stored)?;
        tx.add_event(&event)
    })?;
    Ok((key, secret))
}

/// Revokes a key: from the commit on it opens nothing.
pub fn revoke(app: &App, app_id: &AppId, id: &ApiKeyId, author: &Author) -> Result<ApiKey> {
    let event = author.event(app, app_id, Kind::ApiKeyRevoked).about(id);
    let (app_id, id) = (app_id.clone(), id.clone());
    app.store.write_blocking(move |tx| {
        let key = tx.remove_api_key(&app_id, &id)?.ok_or_else(not_found)?;
        tx.add_event(
            &event
                .clone()
                .detailed(format!("{} ({}.…)", key.name, key.prefix)),
        )?;
        Ok(key)
    })
}

/// 404 for a key that the app does not have.
pub fn not_found() -> Error {
    Error::new(
        Code::NotFound,
        "This app has no such key, or it was revoked already. Load the list again.",
    )
}

/// An app's keys, oldest first.
pub fn list(app: &App, app_id: &AppId) -> Result<Vec<ApiKey>> {
    let app_id = app_id.clone();
    app.store.read_blocking(move |tx| tx.list_api_keys(&app_id))
}

/// The key that a back end shows, if it is one of the app's.
///
/// It is looked for by the part that is no secret and compared as a hash in constant time, so that how long the answer takes
/// tells nothing of a key.
pub async fn authenticate(app: &App, app_id: &AppId, text: &str) -> Result<ApiKey> {
    let unknown = || {
        Error::new(
            Code::InvalidAccessToken,
            "This API key is not one of this app's: it was revoked, cut short, or belongs to another app. Make one on the app's page “API keys” in the Console, or by `ginnel api-key create`.",
        )
        .with_reason("api_key_unknown")
    };
    let prefix = prefix(text).ok_or_else(unknown)?.to_owned();
    let found = app
        .store
        .read(move |tx| tx.find_api_key(&prefix))
        .await?
        .filter(|key| key.hash.is_of(text) && key.app_id == *app_id);
    let key = found.ok_or_else(unknown)?;
    note_use(app, &key).await;
    Ok(key)
}

/// Notes that a key was used, unless that is noted already. The request goes on if it cannot be.
async fn note_use(app: &App, key: &ApiKey) {
    let now = app.clock.now();
    let before = now.minus(NOTED_EVERY);
    if key.last_used_at.is_some_and(|last| last > before) {
        return;
    }
    let id = key.id.clone();
    let noted = app
        .store
        .write(move |tx| tx.update_api_key_used(&id, now, before))
        .await;
    if let Err(error) = noted {
        tracing::warn!("the use of an API key could not be noted: {error:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_the_form_of_passages_and_hides_in_logs() {
        let secret = Secret::draw(&Random::system());
        let (before, after) = secret.reveal().split_once('.').unwrap();
        assert_eq!((before.len(), after.len()), (10, 64));
        assert_eq!(prefix(secret.reveal()), Some(before));
        assert_eq!(format!("{secret:?}"), "Secret(hidden)");
        for bad in [
            "",
            ".",
            before,
            after,
            &format!("{before}.{after}x"),
            &format!("{before}.{after}").replace(before, "with space"),
        ] {
            assert_eq!(prefix(bad), None, "{bad}");
        }
    }
}
