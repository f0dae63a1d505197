//! Nonces: what a browser brings to its back end after a ceremony, exchanged once for the user who ran it.

use std::fmt;
use std::time::Duration;

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::Counter;
use crate::domain::users::ExternalId;
use crate::error::{Code, Error, Result};
use crate::ids::{AppId, UserId};
use crate::secrets::SecretHash;
use crate::store::Tx;
use crate::time::Timestamp;

/// How long a nonce can be exchanged: it goes from the page straight to the back end.
pub const LIVES: Duration = Duration::from_secs(2 * 60);

/// Length of a nonce: 256 bits.
const LENGTH: usize = 43;

/// A nonce on its way to the browser.
#[derive(Clone)]
pub struct Nonce {
    secret: String,
    expires_at: Timestamp,
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(hidden)")
    }
}

impl Nonce {
    pub(super) fn draw(app: &App) -> Self {
        Nonce {
            secret: app.random.alphanumeric(LENGTH),
            expires_at: app.clock.now().plus(LIVES),
        }
    }

    /// Stores it for whoever ran a ceremony, in the transaction that counted that.
    pub(super) fn add(&self, tx: &mut Tx<'_>, app_id: &AppId, user_id: &UserId) -> Result<()> {
        tx.add_flex_nonce(
            &SecretHash::of(&self.secret),
            app_id,
            user_id,
            self.expires_at,
        )
    }

    /// The text that the page hands to its back end.
    pub fn reveal(&self) -> &str {
        &self.secret
    }
}

fn invalid() -> Error {
    Error::new(
        Code::InvalidNonce,
        "This nonce is not good: it was exchanged before, is older than two minutes, or belongs to another app. Let the user start again.",
    )
}

/// Exchanges a nonce for the user who ran the ceremony. Whatever the answer, the nonce is used up by it.
pub async fn verify(app: &App, loaded: &LoadedApp, nonce: &str) -> Result<ExternalId> {
    loaded.require_flex()?;
    let (hash, app_id, now) = (SecretHash::of(nonce), loaded.id.clone(), app.clock.now());
    let verified = app
        .store
        .write(move |tx| {
            let Some(user_id) = tx.consume_flex_nonce(&hash, &app_id, now)? else {
                return Ok(Err(invalid()));
            };
            let user = tx.find_user(&user_id)?;
            let Some(user) = user.filter(|user| user.app_id == app_id) else {
                return Ok(Err(invalid()));
            };
            if user.require_active().is_err() {
                return Ok(Err(Error::forbidden(
                    "user_not_active",
                    "This user was deactivated a moment ago. Activate them in the Console first.",
                )));
            }
            Ok(user.external_id.ok_or_else(invalid))
        })
        .await?;
    if verified.is_err() {
        app.counters
            .add(&loaded.id, now.day(), Counter::RefusedUnknown);
    }
    verified
}
