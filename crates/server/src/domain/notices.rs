//! What users are told by mail of what happened to their account (D7).

use std::time::Duration;

use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::Client;
use crate::domain::limits::Limit;
use crate::domain::user_agents;
use crate::domain::users::User;
use crate::error::Result;
use crate::ids::UserId;
use crate::messages::{self, Channel, Kind, Letter, Message};
use crate::store::Tx;
use crate::time::Timestamp;

/// How long delivery of a notice is tried.
const LIFETIME: Duration = Duration::from_secs(2 * 24 * 60 * 60);

/// A notice ready to be stored; `None` if nobody would read it.
pub fn prepare(
    app: &App,
    loaded: &LoadedApp,
    user_id: &UserId,
    letter: Letter,
    detail: Option<String>,
    client: &Client,
) -> Result<Option<Message>> {
    if !messages::are_read(app, loaded, Channel::of(&letter.to)) {
        return Ok(None);
    }
    let letter = Letter {
        link: Some(loaded.login_page(None).into()),
        detail,
        device: user_agents::describe(&client.user_agent),
        ..letter
    };
    let expires_at = app.clock.now().plus(LIFETIME);
    Message::prepare(app, loaded, Some(user_id), &letter, expires_at).map(Some)
}

/// What a user is told of a passkey, and how often they may be told.
pub struct PasskeyNotice(Option<(Message, Vec<Limit>)>);

impl PasskeyNotice {
    /// Prepares it.
    pub fn prepare(
        app: &App,
        loaded: &LoadedApp,
        user: &User,
        kind: Kind,
        passkey_name: &str,
        client: &Client,
    ) -> Result<Self> {
        let Some(address) = user.email.as_ref().or(user.phone.as_ref()) else {
            return Ok(PasskeyNotice(None));
        };
        let letter = Letter::about(kind, loaded.default_language(), address, &loaded.name);
        let detail = Some(passkey_name.to_owned());
        let message = prepare(app, loaded, &user.id, letter, detail, client)?;
        let (config, app_id) = (&app.config, &loaded.id);
        let limits = match (&user.email, &user.phone) {
            (Some(_), _) if user.email_verified => Vec::new(),
            // Whoever signs up with a stranger's address must not fill the stranger's mailbox by it.
            (Some(email), _) => vec![Limit::messages_to(config, app_id, email)],
            // A number of one's own may be one that earns by each text.
            (None, Some(phone)) if user.phone_verified => vec![Limit::notices_to(app_id, phone)],
            (None, Some(phone)) => Limit::of_message(config, app_id, phone, client),
            (None, None) => Vec::new(),
        };
        Ok(PasskeyNotice(message.map(|message| (message, limits))))
    }

    /// Stores it, in the transaction that it tells of.
    pub fn add(&self, tx: &mut Tx<'_>, now: Timestamp) -> Result<()> {
        let Some((message, limits)) = &self.0 else {
            return Ok(());
        };
        for limit in limits {
            if limit.count(tx, now)?.is_some() {
                return Ok(());
            }
        }
        tx.add_message(message)
    }
}
