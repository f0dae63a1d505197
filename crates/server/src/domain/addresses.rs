//! Who owns an address (D7): what follows when somebody proves that messages to it reach them. Addresses are those of mail
//! and phone numbers alike.
//!
//! An account of which nothing was ever proven is provisional: anybody may have made it. At the first proof of either address,
//! what was put on it before stays only if it belongs to the very session that proves; all other passkeys, sessions and
//! metadata go, and the owner is told. The same holds for an address that is proven by another session than the one that
//! asked for it: then the account's other address has to be proven again, too. A second address that the owner proves takes
//! nothing away.
//!
//! An address that was never proven opens an account only while nothing of the account is proven. So nobody can sign up with a
//! stranger's number, prove an address of their own, and wait there for the stranger: whoever proves the number has it.

use std::time::Duration;

use super::magic_links::{self, MagicLink, Purpose};
use serde_json::Value as Json;

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

/// How long a sign-up takes at most, from the making of the account to the request for a link or code.
const SIGN_UP_LASTS: Duration = Duration::from_secs(60 * 60);

/// Who is told of another address, and how: the one that it replaces, or else the account's other one.
fn told_of_change(user: &User, new: &Identifier) -> Option<(messages::Kind, Identifier)> {
    if let Some(replaced) = user.of_kind(new) {
        return Some((messages::Kind::AddressChanged, replaced));
    }
    let other = match new {
        Identifier::Email(_) => user.phone.clone().map(Identifier::Phone),
        Identifier::Phone(_) => user.email.clone().map(Identifier::Email),
    };
    other.map(|other| (messages::Kind::AddressChanged, other))
}

/// Adds what came with the link to a new account's fields.
fn add_metadata(user: &mut User, link: &MagicLink) {
    let added = link.user_metadata.as_ref().and_then(Json::as_object);
    if let (Some(fields), Some(added)) = (user.user_metadata.as_object_mut(), added) {
        fields.extend(added.clone());
    }
}

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
    address_lost: Event,
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
        let event = |kind| {
            Event::of_client(app, &loaded.id, kind, client).about(magic_links::label(&link.id))
        };
        let notice = |kind, to: &Identifier, detail| {
            let letter = Letter::about(kind, link.language, to.as_str(), &loaded.name);
            notices::prepare(app, loaded, &link.user_id, letter, detail, client)
        };
        // Read again in the transaction: a user who is proven here stays so.
        let is_proven = user
            .as_ref()
            .is_some_and(|user| user.has_proven(&link.address));
        let claimed_notice = if is_proven {
            None
        } else {
            notice(messages::Kind::AccountClaimed, &link.address, None)?
        };
        let told = user.filter(|_| link.purpose == Purpose::ChangeAddress);
        let told = told.and_then(|user| told_of_change(&user, &link.address));
        let mut new_user =
            User::signing_up(link.user_id.clone(), loaded.id.clone(), &link.address, now);
        new_user.set(&link.address, true);
        add_metadata(&mut new_user, link);
        Ok(Proving {
            new_user,
            public_signup: loaded.settings.public_signup,
            is_test_app: loaded.is_test_app(),
            user_created: event(Kind::UserCreated),
            address_verified: event(Kind::AddressVerified),
            address_changed: event(Kind::AddressChanged),
            address_lost: event(Kind::AddressRemoved),
            account_claimed: event(Kind::AccountClaimed),
            claimed_notice,
            changed_notice: match told {
                Some((kind, to)) => {
                    let detail = messages::masked(link.address.as_str());
                    notice(kind, &to, Some(detail))?
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
        let address = &self.link.address;
        if user.has_proven(address) {
            return Ok(user.id);
        }
        // To whoever proves an address by another session than the one that asked for it, the account is a stranger's.
        let asking = &self.link.asked_by_session;
        let is_askers = asking.is_some() && self.session_id == *asking;
        let is_fresh = user.is_fresh_sign_up();
        if !(user.is_proven() && is_askers) {
            self.claim(tx, &mut user)?;
        }
        if is_fresh {
            add_metadata(&mut user, &self.link);
        }
        let changes = self.link.purpose == Purpose::ChangeAddress;
        if changes {
            self.clear_address(tx, Some(&user.id))?;
        }
        user.set(address, true);
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

    /// Somebody may have the address without ever having proven it, and has no claim to it then: an account with nothing else
    /// goes, and any other gives the address up.
    fn clear_address(&self, tx: &mut Tx<'_>, for_user: Option<&UserId>) -> Result<()> {
        let address = &self.link.address;
        let other = tx.find_user_by_identifier(&self.link.app_id, address)?;
        let Some(other) = other.filter(|other| for_user != Some(&other.id)) else {
            return Ok(());
        };
        if !other.is_opened_by(address) {
            tx.remove_identifier(&other.id, address, self.now)?;
            tx.add_event(&self.address_lost.clone().by(&other.id))?;
        } else if for_user.is_some() && other.is_provisional() {
            tx.remove_user(&other.id)?;
        }
        Ok(())
    }

    /// Makes the user of a sign-up; `false` if somebody has the address by now.
    fn sign_up(&self, tx: &mut Tx<'_>) -> Result<bool> {
        if !self.public_signup {
            return Err(users::signup_closed());
        }
        self.clear_address(tx, None)?;
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
            let found = tx.find_user_by_identifier(&self.link.app_id, &self.link.address)?;
            found.ok_or_else(magic_links::expired)?.id
        } else {
            self.link.user_id.clone()
        };
        tx.update_user_changed(&id, self.now)?;
        let user = tx.find_user(&id)?.ok_or_else(magic_links::expired)?;
        let address = &self.link.address;
        let is_theirs = match self.link.purpose {
            Purpose::ChangeAddress => true,
            Purpose::VerifyAddress => user.has(address),
            Purpose::SignIn | Purpose::SignUp => user.is_opened_by(address),
            Purpose::Nothing => false,
        };
        is_theirs.then_some(user).ok_or_else(magic_links::expired)
    }

    /// The first proof, or one by somebody else than who asked: what others put on the account goes.
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
                // Whoever signs up writes the app's fields before the address is proven.
                let is_untouched = passkeys + sessions == 0 && user.login_count == 0;
                if !(is_untouched && self.is_of_this_sign_up(user)) {
                    user.user_metadata = serde_json::json!({});
                }
                if !user.email_verified {
                    user.email = None;
                }
                if !user.phone_verified {
                    user.phone = None;
                }
            }
            // What the other party proved is theirs, and opens this account no more until it is proven here.
            (user.email_verified, user.phone_verified) = (false, false);
        }
        if passkeys + sessions > 0 {
            tx.add_event(&self.account_claimed.clone().by(&user.id))?;
            if let Some(notice) = &self.claimed_notice {
                tx.add_message(notice)?;
            }
        }
        Ok(())
    }

    /// Whether the account was made shortly before the link was asked for, as in one sign-up.
    fn is_of_this_sign_up(&self, user: &User) -> bool {
        let asked_at = self.link.created_at;
        user.created_at <= asked_at && asked_at.since(user.created_at) <= SIGN_UP_LASTS
    }

    fn kept_session(&self, tx: &mut Tx<'_>, user: &User) -> Result<Option<Session>> {
        let Some(id) = &self.session_id else {
            return Ok(None);
        };
        let found = tx.find_session(id)?.map(|(session, _)| session);
        Ok(found.filter(|session| session.user_id == user.id && session.is_alive(self.now)))
    }
}
