//! Who owns an address (D7): what follows when somebody proves that mail to it reaches them.
//!
//! An account whose address was never proven is provisional: anybody may have made it. At the first proof, what was put on
//! it before stays only if it belongs to the very session that proves; all other passkeys, sessions and metadata go, and
//! the owner is told. The same holds for a new address that is proven by another session than the one that asked for it.

use super::magic_links::{self, MagicLink, Purpose};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::events::{Client, Event, Kind};
use crate::domain::notices;
use crate::domain::sessions::Session;
use crate::domain::test_apps;
use crate::domain::users::{self, Identifier, Origin, User};
use crate::error::Result;
use crate::ids::{SessionId, UserId};
use crate::messages::{self, Letter, Message};
use crate::store::Tx;
use crate::time::Timestamp;

/// A proof of an address about to be stored, everything random in it drawn.
pub struct Proving {
    link: MagicLink,
    /// The session that proves, if there is one.
    session_id: Option<SessionId>,
    /// Who comes to be by a sign-up.
    new_user: User,
    public_signup: bool,
    is_test_app: bool,
    user_created: Event,
    address_verified: Event,
    address_changed: Event,
    account_claimed: Event,
    claimed_notice: Option<Message>,
    changed_notice: Option<Message>,
    now: Timestamp,
}

impl Proving {
    /// Prepares what a link brings about; `user` is the one it is for, as read just now.
    pub fn prepare(
        app: &App,
        loaded: &LoadedApp,
        link: &MagicLink,
        user: Option<User>,
        session_id: Option<SessionId>,
        client: &Client,
    ) -> Result<Self> {
        let now = app.clock.now();
        let identifier = Identifier::Email(link.address.clone());
        let event = |kind| {
            Event::of_client(app, &loaded.id, kind, client).about(magic_links::label(&link.id))
        };
        let notice = |kind, to: &str, detail| {
            let letter = Letter::about(kind, link.language, to, &loaded.name);
            notices::prepare(app, loaded, &link.user_id, letter, detail, client)
        };
        // Read again in the transaction: a user who is proven here stays so.
        let is_proven = user.as_ref().is_some_and(|user| user.email_verified);
        let claimed_notice = if is_proven && link.purpose != Purpose::ChangeAddress {
            None
        } else {
            notice(messages::Kind::AccountClaimed, &link.address, None)?
        };
        let old_address = user
            .and_then(|user| user.email)
            .filter(|_| link.purpose == Purpose::ChangeAddress);
        Ok(Proving {
            new_user: User {
                email_verified: true,
                ..User::signing_up(link.user_id.clone(), loaded.id.clone(), &identifier, now)
            },
            public_signup: loaded.settings.public_signup,
            is_test_app: loaded.is_test_app(),
            user_created: event(Kind::UserCreated),
            address_verified: event(Kind::AddressVerified),
            address_changed: event(Kind::AddressChanged),
            account_claimed: event(Kind::AccountClaimed),
            claimed_notice,
            changed_notice: match old_address {
                Some(old) => {
                    let detail = messages::masked(&link.address);
                    notice(messages::Kind::AddressChanged, &old, Some(detail))?
                }
                None => None,
            },
            link: link.clone(),
            session_id,
            now,
        })
    }

    /// Stores the proof, in the transaction that used the link up. Who the owner is.
    pub fn prove(&self, tx: &mut Tx<'_>) -> Result<UserId> {
        if self.link.purpose == Purpose::SignUp && self.sign_up(tx)? {
            return Ok(self.new_user.id.clone());
        }
        let mut user = self.lock_owner(tx)?;
        user.require_active()?;
        if let Some(asking) = &self.link.asked_by_session {
            let found = tx.find_session(asking)?;
            let is_alive = found.is_some_and(|(session, _)| session.is_alive(self.now));
            if !is_alive {
                return Err(magic_links::expired());
            }
        }
        let changes = self.link.purpose == Purpose::ChangeAddress;
        if user.email_verified && !changes {
            return Ok(user.id);
        }
        // To whoever proves a new address by another session than the one that asked for it, the account is a stranger's.
        let is_askers = changes && self.session_id == self.link.asked_by_session;
        if !(user.email_verified && is_askers) {
            self.claim(tx, &mut user)?;
        }
        if changes {
            self.clear_address(tx, &user)?;
        }
        user.email = Some(self.link.address.clone());
        let stored = tx.update_user_proven(&user, self.now);
        match stored {
            Ok(true) => {}
            Err(error) if !error.is_conflict() => return Err(error),
            Ok(false) | Err(_) => return Err(users::already_exists()),
        }
        if changes {
            // Whatever else is on its way was sent for the account as it was.
            tx.expire_magic_links(&user.id, &self.link.id, self.now)?;
            tx.add_event(&self.address_changed.clone().by(&user.id))?;
            if let Some(notice) = &self.changed_notice {
                tx.add_message(notice)?;
            }
        } else {
            tx.add_event(&self.address_verified.clone().by(&user.id))?;
        }
        Ok(user.id)
    }

    /// Somebody may have signed up with the new address without ever proving it: that account has no claim to it.
    fn clear_address(&self, tx: &mut Tx<'_>, user: &User) -> Result<()> {
        let identifier = Identifier::Email(self.link.address.clone());
        let other = tx.find_user_by_identifier(&self.link.app_id, &identifier)?;
        if let Some(other) = other.filter(|other| other.id != user.id && other.is_provisional()) {
            tx.remove_user(&other.id)?;
        }
        Ok(())
    }

    /// Makes the user of a sign-up; `false` if somebody has the address by now.
    fn sign_up(&self, tx: &mut Tx<'_>) -> Result<bool> {
        if !self.public_signup {
            return Err(users::signup_closed());
        }
        if !test_apps::add_user(tx, &self.new_user, self.is_test_app)? {
            return Ok(false);
        }
        let id = &self.new_user.id;
        tx.add_event(&self.user_created.clone().by(id))?;
        tx.add_event(&self.address_verified.clone().by(id))?;
        Ok(true)
    }

    /// The user whom the link is for, locked until the commit. A link sent to an address that the user no longer has is
    /// worth nothing.
    fn lock_owner(&self, tx: &mut Tx<'_>) -> Result<User> {
        let id = if self.link.purpose == Purpose::SignUp {
            let identifier = Identifier::Email(self.link.address.clone());
            let found = tx.find_user_by_identifier(&self.link.app_id, &identifier)?;
            found.ok_or_else(magic_links::expired)?.id
        } else {
            self.link.user_id.clone()
        };
        tx.update_user_changed(&id, self.now)?;
        let user = tx.find_user(&id)?.ok_or_else(magic_links::expired)?;
        let has_address = user.email.as_deref() == Some(self.link.address.as_str());
        match self.link.purpose {
            Purpose::ChangeAddress => Ok(user),
            Purpose::Nothing => Err(magic_links::expired()),
            _ if has_address => Ok(user),
            _ => Err(magic_links::expired()),
        }
    }

    /// The first proof: what others put on the account goes.
    fn claim(&self, tx: &mut Tx<'_>, user: &mut User) -> Result<()> {
        let kept = self.kept_session(tx, user)?;
        let kept_passkey = kept
            .as_ref()
            .and_then(|session| session.passkey_id.as_ref());
        let kept_id = kept.as_ref().map(|session| &session.id);
        let passkeys = tx.remove_passkeys_except(&user.id, kept_passkey)?;
        let sessions = tx.revoke_sessions_of_user(&user.id, kept_id, self.now)?;
        if kept.is_none() {
            // What somebody else was given in the Console is not the owner's (D12).
            tx.remove_memberships(&user.id)?;
            if user.origin == Origin::SignUp {
                user.user_metadata = serde_json::json!({});
            }
            if !user.phone_verified {
                user.phone = None;
            }
        }
        if passkeys + sessions > 0 {
            tx.add_event(&self.account_claimed.clone().by(&user.id))?;
            if let Some(notice) = &self.claimed_notice {
                tx.add_message(notice)?;
            }
        }
        Ok(())
    }

    fn kept_session(&self, tx: &mut Tx<'_>, user: &User) -> Result<Option<Session>> {
        let Some(id) = &self.session_id else {
            return Ok(None);
        };
        let found = tx.find_session(id)?.map(|(session, _)| session);
        Ok(found.filter(|session| session.user_id == user.id && session.is_alive(self.now)))
    }
}
