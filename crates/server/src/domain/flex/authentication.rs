//! A sign-in to the app's own login by passkey: under a transaction of the back end for one user, or without, so that the
//! passkey says who it is.

use ginnel_webauthn::RequestOptions;

use super::{Beginning, Nonce, Purpose, TransactionSecret, require_active};
use super::{sealed_hash, transaction_not_found};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::ceremonies::{Ceremony, Purpose as CeremonyPurpose};
use crate::domain::events::{Author, Client, Counter, Event, Kind};
use crate::domain::passkeys::authentication::{
    Counting, check, find_owner, remember_refusal, request_options,
};
use crate::domain::passkeys::{self, Asserted, Passkey, Started};
use crate::domain::users::{ExternalId, User};
use crate::error::{Code, Error, Result};
use crate::secrets::SecretHash;
use crate::store::Tx;

/// Begins a transaction for a user who has a passkey.
pub async fn begin_authentication(
    app: &App,
    loaded: &LoadedApp,
    external_id: &str,
    author: &Author,
) -> Result<TransactionSecret> {
    loaded.require_flex()?;
    let external_id = ExternalId::parse(external_id)?;
    let beginning = Beginning::draw(app, Purpose::Authenticate, "");
    let secret = beginning.secret.clone();
    let begun = author
        .event(app, &loaded.id, Kind::TransactionBegun)
        .detailed("to sign in");
    let app_id = loaded.id.clone();
    app.store
        .write(move |tx| {
            let user = tx.find_user_by_external_id(&app_id, &external_id)?;
            let user = user.ok_or_else(unknown_user)?;
            require_active(&user)?;
            list_passkeys(tx, &user)?;
            tx.add_flex_transaction(&beginning.of(&user))?;
            tx.add_event(&begun.clone().by(&user.id))
        })
        .await?;
    Ok(secret)
}

fn unknown_user() -> Error {
    Error::new(
        Code::UserNotFound,
        "No user has this external_id. Begin a register transaction first: it makes the user.",
    )
}

/// The user's passkeys; 409 if there are none.
fn list_passkeys(tx: &mut Tx<'_>, user: &User) -> Result<Vec<Passkey>> {
    let passkeys = tx.list_passkeys(&user.id)?;
    if passkeys.is_empty() {
        return Err(Error::new(
            Code::UserHasNoPasskeys,
            "This user has no passkey. Sign them in by your own login, then begin a register transaction.",
        ));
    }
    Ok(passkeys)
}

/// Begins the ceremony in the browser.
pub async fn start_authentication(
    app: &App,
    loaded: &LoadedApp,
    transaction: Option<&str>,
) -> Result<Started<RequestOptions>> {
    let (transaction, existing) = match transaction {
        None => (None, Vec::new()),
        Some(transaction) => {
            let hash = SecretHash::of(transaction);
            let (app_id, now) = (loaded.id.clone(), app.clock.now());
            let (transaction, existing) = app
                .store
                .read(move |tx| {
                    let transaction = tx
                        .find_flex_transaction(&hash, &app_id, Purpose::Authenticate, now)?
                        .ok_or_else(transaction_not_found)?;
                    let user = tx.find_user(&transaction.user_id)?;
                    let user = user.ok_or_else(transaction_not_found)?;
                    user.require_active()?;
                    Ok((transaction, list_passkeys(tx, &user)?))
                })
                .await?;
            (Some(transaction.sealed()), existing)
        }
    };
    let purpose = CeremonyPurpose::FlexAuthentication(transaction);
    let ceremony = Ceremony::begin(app, &loaded.rp_id, purpose);
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options: request_options(loaded, &ceremony, &existing),
        user: None,
        passkey_types: passkeys::types(&existing),
    })
}

/// Finishes it: the sign-in is counted, the transaction used up, and the browser gets a nonce, no session.
pub async fn finish_authentication(
    app: &App,
    loaded: &LoadedApp,
    asserted: Asserted,
    transaction: Option<&str>,
    client: &Client,
) -> Result<Nonce> {
    let code = match transaction {
        Some(_) => Code::WebauthnLoginFailed,
        None => Code::DiscoverableLoginFailed,
    };
    let ceremony = Ceremony::open(app, &loaded.id, &asserted.handshake_id, code)?;
    let CeremonyPurpose::FlexAuthentication(sealed) = ceremony.purpose.clone() else {
        return Err(Error::new(
            code,
            "This ceremony was begun for something else. Start again.",
        )
        .with_reason("challenge_purpose"));
    };
    let (hash, code) = match &sealed {
        Some(sealed) => (
            Some(sealed_hash(sealed, transaction)?),
            Code::WebauthnLoginFailed,
        ),
        None if transaction.is_some() => return Err(transaction_not_found()),
        None => (None, Code::DiscoverableLoginFailed),
    };
    let wanted = sealed.as_ref().map(|sealed| &sealed.user_id);
    let (passkey, user) = find_owner(app, loaded, &asserted.credential_id, wanted, code).await?;
    let checked = check(
        loaded,
        &ceremony,
        &asserted,
        (&passkey, &user),
        wanted.is_none(),
        code,
    );
    let is_open = user
        .require_active()
        .and_then(|()| require_external_id(&user, code));
    let verified = match is_open.and(checked) {
        Ok(verified) => verified,
        Err(refusal) => {
            return Err(remember_refusal(app, loaded, &passkey, refusal, client).await?);
        }
    };
    let event = Event::of_user(app, &user.id, &loaded.id, Kind::SignIn, client)
        .about(&passkey.id)
        .detailed("passkey");
    let nonce = Nonce::draw(app);
    let stored = nonce.clone();
    let (app_id, shard) = (loaded.id.clone(), app.counters.shard());
    let now = app.clock.now();
    let counting = Counting::prepare(app, loaded, ceremony, passkey, verified, code, client);
    app.store
        .write(move |tx| {
            if let Some(hash) = &hash
                && tx.consume_flex_transaction(hash, &app_id, now)?.is_none()
            {
                return Err(transaction_not_found());
            }
            if let Err(refusal) = counting.count(tx)? {
                return Ok(Err(refusal));
            }
            tx.add_event(&event)?;
            stored.add(tx, &app_id, &user.id)?;
            tx.count(&app_id, now.day(), Counter::SignInPasskey, shard, 1)?;
            Ok(Ok(()))
        })
        .await??;
    Ok(nonce)
}

/// Refuses whoever has a passkey from the time when the app left its login to this server: the back end does not know them.
fn require_external_id(user: &User, code: Code) -> Result<()> {
    if user.external_id.is_some() {
        return Ok(());
    }
    Err(Error::new(
        code,
        "This passkey belongs to an account that the site's own login does not know. Choose another.",
    )
    .with_reason("no_external_id"))
}
