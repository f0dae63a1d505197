//! Another address or number for somebody who is signed in, and none in place of one (D7).

use std::sync::Arc;

use super::asking::{self, Asked, Means, Plan, Wish};
use super::{Purpose, is_way_in, require_sent};
use crate::app::App;
use crate::domain::apps::{LoadedApp, RequiredIdentifier};
use crate::domain::events::{Client, Event, Kind};
use crate::domain::notices;
use crate::domain::sessions::{self, SignedIn};
use crate::domain::users::{self, Identifier, User};
use crate::error::{Error, Result};
use crate::messages::{self, Letter};

/// Sends a link or code to the address or number that a signed-in user wants to have, or to the one that they have and never
/// proved.
pub async fn ask_to_change_address(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    address: Identifier,
    mut wish: Wish,
    client: &Client,
) -> Result<Asked> {
    loaded.require_profile_management()?;
    if !loaded.allows(&address) {
        return Err(Error::invalid(match address {
            Identifier::Email(_) => "new_email: this app takes phone numbers only.",
            Identifier::Phone(_) => "new_phone: this app takes e-mail addresses only.",
        }));
    }
    if !loaded.settings.magic_links && loaded.settings.one_time_codes {
        wish.means = Means::Code;
    }
    require_sent(app, loaded, wish.means, &address)?;
    owner.require_recent(loaded, app.clock.now())?;
    let user = owner.user.clone();
    let is_same = user.has(&address);
    if user.has_proven(&address) {
        return Err(Error::invalid(match address {
            Identifier::Email(_) => {
                "new_email: is the account's address already, and proven. Write another."
            }
            Identifier::Phone(_) => {
                "new_phone: is the account's number already, and proven. Write another."
            }
        }));
    }
    wish.redirect_url = wish
        .redirect_url
        .and_then(|text| loaded.allowed_redirect(&text));
    // Whoever never proved the address has no claim to it.
    let other = asking::find(app, loaded, &address).await?;
    let is_taken = !is_same && other.is_some_and(|other| other.owns(&address));
    let plan = if is_taken {
        if !loaded.settings.hide_user_existence {
            return Err(users::already_exists());
        }
        Plan::of(
            user,
            address,
            Purpose::Nothing,
            messages::Kind::AddressInUse,
        )
    } else {
        let (purpose, letter) = if is_same {
            (Purpose::VerifyAddress, messages::Kind::VerifyAddress)
        } else {
            (Purpose::ChangeAddress, messages::Kind::ChangeAddress)
        };
        Plan::of(user, address, purpose, letter).asked_by(&owner.session.id)
    };
    asking::send(app, loaded, plan, wish, client).await
}

/// Takes an address or number off the account of a signed-in user; what was never there may be removed, too. The last one
/// stays, and so does what the app demands and the last way to sign in.
pub async fn remove_address(
    app: &App,
    loaded: &Arc<LoadedApp>,
    owner: &SignedIn,
    is_phone: bool,
    client: &Client,
) -> Result<()> {
    loaded.require_profile_management()?;
    let now = app.clock.now();
    owner.require_recent(loaded, now)?;
    let address = if is_phone {
        owner.user.phone.clone().map(Identifier::Phone)
    } else {
        owner.user.email.clone().map(Identifier::Email)
    };
    let Some(address) = address else {
        return Ok(());
    };
    require_removable(app, loaded, &owner.user, &address, false)?;
    let letter = Letter::about(
        messages::Kind::AddressRemoved,
        loaded.default_language(),
        address.as_str(),
        &loaded.name,
    );
    let detail = Some(messages::masked(address.as_str()));
    let user_id = owner.user.id.clone();
    let notice = notices::prepare(app, loaded, &user_id, letter, detail, client)?;
    let event = Event::of_user(app, &user_id, &loaded.id, Kind::AddressRemoved, client);
    let (server, loaded, session_id) = (app.clone(), loaded.clone(), owner.session.id.clone());
    app.store
        .write(move |tx| {
            let user = sessions::lock_user(tx, &user_id, &session_id, now)?;
            if !user.has(&address) {
                return Ok(());
            }
            let has_passkeys = !tx.list_passkeys(&user.id)?.is_empty();
            require_removable(&server, &loaded, &user, &address, !has_passkeys)?;
            tx.remove_identifier(&user.id, &address, now)?;
            // What is on its way was sent for the account as it was.
            tx.expire_magic_links_of_user(&user.id, now)?;
            tx.add_event(&event)?;
            notice.iter().try_for_each(|notice| tx.add_message(notice))
        })
        .await?;
    app.outbox.wake();
    Ok(())
}

fn require_removable(
    app: &App,
    loaded: &LoadedApp,
    user: &User,
    address: &Identifier,
    needs_way_in: bool,
) -> Result<()> {
    let mut left = user.clone();
    left.clear(address);
    if left.email.is_none() && left.phone.is_none() {
        return Err(Error::forbidden(
            "last_identifier",
            "It is the only one that names the account. Write another in its place.",
        ));
    }
    let is_required = match loaded.required_identifier() {
        RequiredIdentifier::Either => false,
        RequiredIdentifier::Both => true,
        RequiredIdentifier::Email => matches!(address, Identifier::Email(_)),
        RequiredIdentifier::Phone => matches!(address, Identifier::Phone(_)),
    };
    if is_required {
        return Err(Error::forbidden(
            "identifier_required",
            "This app needs it for every account. Write another in its place.",
        ));
    }
    if user.is_proven() && !left.is_proven() {
        return Err(Error::forbidden(
            "last_identifier",
            "It is the only one that was proven to be yours. Prove the other one first.",
        ));
    }
    if needs_way_in && !is_way_in(app, loaded, &left) {
        return Err(Error::forbidden(
            "last_way_to_sign_in",
            "It is your only way to sign in. Add a passkey first.",
        ));
    }
    Ok(())
}
