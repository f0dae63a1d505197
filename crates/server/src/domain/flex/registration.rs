//! A passkey for a user of the app's own login: the back end begins, the browser makes it.

use ginnel_webauthn::{Attachment, CreationOptions};

use super::{Beginning, Nonce, Purpose, TransactionSecret, require_active};
use super::{sealed_hash, transaction_not_found};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::ceremonies::{self, Ceremony, Purpose as CeremonyPurpose};
use crate::domain::events::{Author, Client, Event, Kind};
use crate::domain::passkeys::registration::{
    already_known, creation_options, too_many, verify, wrong_purpose,
};
use crate::domain::passkeys::{self, Created, Started};
use crate::domain::test_apps;
use crate::domain::users::{ExternalId, Status, User};
use crate::error::{Code, Error, Result};
use crate::ids::UserId;
use crate::secrets::SecretHash;

/// Longest name that an authenticator shows beside a passkey, characters.
const NAME_MAX: usize = 128;

/// Begins a transaction for a user, whom the first one makes.
pub async fn begin_registration(
    app: &App,
    loaded: &LoadedApp,
    external_id: &str,
    passkey_name: &str,
    author: &Author,
) -> Result<TransactionSecret> {
    loaded.require_flex()?;
    let external_id = ExternalId::parse(external_id)?;
    let name = passkey_name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX || name.chars().any(char::is_control) {
        return Err(Error::invalid(format!(
            "passkey_display_name: must have 1 to {NAME_MAX} characters. Send what the user knows the account by, such as an address."
        )));
    }
    let now = app.clock.now();
    let beginning = Beginning::draw(app, Purpose::Register, name);
    let secret = beginning.secret.clone();
    let new = User::of_own_login(
        UserId::draw(&app.random, now),
        loaded.id.clone(),
        external_id.clone(),
        now,
    );
    let made = author.event(app, &loaded.id, Kind::UserCreated);
    let begun = author
        .event(app, &loaded.id, Kind::TransactionBegun)
        .detailed("to make a passkey");
    let is_test_app = loaded.is_test_app();
    app.store
        .write(move |tx| {
            if test_apps::add_user(tx, &new, is_test_app)? {
                tx.add_event(&made.clone().by(&new.id))?;
            }
            // Of two at once for a new user, one makes them and both find them.
            let user = tx
                .find_user_by_external_id(&new.app_id, &external_id)?
                .ok_or_else(transaction_not_found)?;
            require_active(&user)?;
            if tx.list_passkeys(&user.id)?.len() >= passkeys::MOST {
                return Err(Error::new(
                    Code::CannotCreateTransaction,
                    format!(
                        "This user has {} passkeys. Let them remove one that they no longer use first.",
                        passkeys::MOST
                    ),
                )
                .with_reason("too_many_passkeys"));
            }
            tx.add_flex_transaction(&beginning.of(&user))?;
            tx.add_event(&begun.clone().by(&user.id))
        })
        .await?;
    Ok(secret)
}

/// Begins the ceremony in the browser.
pub async fn start_registration(
    app: &App,
    loaded: &LoadedApp,
    transaction: &str,
    attachment: Option<Attachment>,
) -> Result<Started<CreationOptions>> {
    let (hash, app_id, now) = (
        SecretHash::of(transaction),
        loaded.id.clone(),
        app.clock.now(),
    );
    let (transaction, existing) = app
        .store
        .read(move |tx| {
            let transaction = tx
                .find_flex_transaction(&hash, &app_id, Purpose::Register, now)?
                .ok_or_else(transaction_not_found)?;
            let user = tx.find_user(&transaction.user_id)?;
            user.ok_or_else(transaction_not_found)?.require_active()?;
            let existing = tx.list_passkeys(&transaction.user_id)?;
            Ok((transaction, existing))
        })
        .await?;
    let purpose = CeremonyPurpose::FlexRegistration(transaction.sealed());
    let ceremony = Ceremony::begin(app, &loaded.rp_id, purpose);
    let options = creation_options(
        loaded,
        &ceremony,
        &transaction.user_id,
        &transaction.passkey_name,
        &existing,
        attachment,
    );
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options,
        user: None,
        passkey_types: passkeys::types(&existing),
    })
}

/// Finishes it: the passkey is stored, the transaction used up, and the browser gets a nonce, no session.
pub async fn finish_registration(
    app: &App,
    loaded: &LoadedApp,
    created: Created,
    transaction: &str,
    client: &Client,
) -> Result<Nonce> {
    let code = Code::WebauthnLoginFailed;
    let ceremony = Ceremony::open(app, &loaded.id, &created.handshake_id, code)?;
    let CeremonyPurpose::FlexRegistration(sealed) = ceremony.purpose.clone() else {
        return Err(wrong_purpose());
    };
    let hash = sealed_hash(&sealed, Some(transaction))?;
    let now = app.clock.now();
    let (passkey, _) = verify(app, loaded, &ceremony, &created, &sealed.user_id, client)?;
    let event = Event::of_user(app, &sealed.user_id, &loaded.id, Kind::PasskeyAdded, client)
        .about(&passkey.id);
    let nonce = Nonce::draw(app);
    let stored = nonce.clone();
    app.store
        .write(move |tx| {
            if !tx.use_challenge(&ceremony.challenge, ceremony.remember_until())? {
                return Err(ceremonies::used(code));
            }
            let (app_id, user_id) = (&passkey.app_id, &passkey.user_id);
            if tx.consume_flex_transaction(&hash, app_id, now)?.is_none() {
                return Err(transaction_not_found());
            }
            let user = tx
                .find_user_to_update(app_id, user_id, now)?
                .ok_or_else(transaction_not_found)?;
            user.require_active()?;
            if tx.list_passkeys(user_id)?.len() >= passkeys::MOST {
                return Err(too_many());
            }
            if !tx.add_passkey(&passkey)? {
                return Err(already_known());
            }
            if user.status == Status::Pending {
                tx.update_user_status(user_id, Status::Active, now)?;
            }
            tx.add_event(&event)?;
            stored.add(tx, app_id, user_id)
        })
        .await?;
    Ok(nonce)
}
