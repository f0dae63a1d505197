//! A link together with a passkey (`passage/auth-api.md` 3.9, passage-js before 3.10): signing in with one that there is, or
//! making one.
//!
//! The start looks at the link and uses nothing up. The finish uses it up in the transaction that stores what the passkey
//! proved, so a link is never spent on a ceremony that failed, and never opens more than one session. These calls carry
//! neither the browser's key nor the two digits (D9): a link that was asked for with a key is refused.

use std::sync::Arc;

use ginnel_webauthn::{CreationOptions, RequestOptions};

use super::using::{Using, answer, require_usable, unknown};
use super::{MagicLink, Purpose, UsedBy, expired, used};
use crate::app::App;
use crate::domain::addresses::Proving;
use crate::domain::apps::LoadedApp;
use crate::domain::ceremonies::{self, Ceremony, Purpose as CeremonyPurpose};
use crate::domain::events::{Client, Event, Kind};
use crate::domain::notices::PasskeyNotice;
use crate::domain::passkeys::authentication::{
    Counting, check, find_owner, remember_refusal, request_options,
};
use crate::domain::passkeys::registration::{
    already_known, begin, require_same_user, too_many, verify, wrong_purpose,
};
use crate::domain::passkeys::{Asserted, Created, MOST, Passkey, Started, types};
use crate::domain::proof::Proof;
use crate::domain::sessions;
use crate::domain::test_apps;
use crate::domain::tokens::AuthResult;
use crate::domain::users::{self, User};
use crate::error::{Code, Error, Result};
use crate::ids::MagicLinkId;
use crate::secrets::SecretHash;

/// Every refusal of a ceremony here has this code.
const REFUSED: Code = Code::WebauthnLoginFailed;

/// A link as it was presented, and the account that it opens.
struct Found {
    link: MagicLink,
    /// Nobody, if the link is of a sign-up and nobody has the address yet.
    owner: Option<User>,
    passkeys: Vec<Passkey>,
}

/// Begins a sign-in with one of the owner's passkeys.
pub async fn start_sign_in(
    app: &App,
    loaded: &LoadedApp,
    secret: &str,
    client: &Client,
) -> Result<Started<RequestOptions>> {
    let found = find(app, loaded, secret, client).await?;
    let Some(owner) = found.owner.filter(|_| !found.passkeys.is_empty()) else {
        return Err(Error::new(
            Code::UserHasNoPasskeys,
            "This account has no passkey. Open the link without one, or make one with it.",
        ));
    };
    let purpose = CeremonyPurpose::SignInWithLink {
        user_id: owner.id.clone(),
        link_id: found.link.id,
    };
    let ceremony = Ceremony::begin(app, &loaded.rp_id, purpose);
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options: request_options(loaded, &ceremony, &found.passkeys),
        user: Some(owner),
        passkey_types: types(&found.passkeys),
    })
}

/// Finishes a sign-in: the passkey opens the session, and the link proves the address. On an account of which nothing was
/// proven before, this passkey stays and everything else goes (D7).
pub async fn finish_sign_in(
    app: &App,
    loaded: &Arc<LoadedApp>,
    secret: &str,
    asserted: Asserted,
    client: &Client,
) -> Result<AuthResult> {
    let ceremony = Ceremony::open(app, &loaded.id, &asserted.handshake_id, REFUSED)?;
    let CeremonyPurpose::SignInWithLink { user_id, link_id } = ceremony.purpose.clone() else {
        return Err(wrong_purpose());
    };
    let Found { link, .. } = find(app, loaded, secret, client).await?;
    require_same_link(&link, &link_id)?;
    let (passkey, owner) = find_owner(
        app,
        loaded,
        &asserted.credential_id,
        Some(&user_id),
        REFUSED,
    )
    .await?;
    let of_owner = (&passkey, &owner);
    let checked = check(loaded, &ceremony, &asserted, of_owner, false, REFUSED);
    let verified = match owner.require_active().and(checked) {
        Ok(verified) => verified,
        Err(refusal) => {
            return Err(remember_refusal(app, loaded, &passkey, refusal, client).await?);
        }
    };
    let proof = Proof::by_assertion(&passkey, &verified);
    let counting = Counting::prepare(app, loaded, ceremony, passkey, verified, REFUSED, client);
    let redirect_url = link.redirect_url.clone();
    let using = Using::prepare(app, loaded, link, client);
    let session_id = using.opening.session_id().clone();
    let proving = Proving::prepare(
        app,
        loaded,
        &using.link,
        Some(owner),
        Some(session_id.clone()),
        client,
    )?;
    let now = using.opening.now();
    let open = app
        .store
        .write(move |tx| {
            // Before the link, which a refused passkey must leave as it is.
            let user_metadata = match counting.count(tx)? {
                Ok(user_metadata) => user_metadata,
                Err(refusal) => return Ok(Err(refusal)),
            };
            if !tx.consume_magic_link(&using.link.id, UsedBy::Opened, Some(&session_id), now)? {
                return Err(used());
            }
            let open = sessions::open(tx, &using.opening, &proof, user_metadata)?;
            // After the session is there: what belongs to it stays.
            if using.prove(tx, &proving)? != user_id {
                return Err(expired());
            }
            Ok(Ok(open))
        })
        .await??;
    app.outbox.wake();
    answer(loaded, &open, now, redirect_url)
}

/// Begins the ceremony of a new passkey. The options exclude none: the packages that call this hand the ids of such a list
/// to the browser as text, which refuses them.
pub async fn start_adding(
    app: &App,
    loaded: &LoadedApp,
    secret: &str,
    client: &Client,
) -> Result<Started<CreationOptions>> {
    let Found {
        link,
        owner,
        passkeys,
    } = find(app, loaded, secret, client).await?;
    if passkeys.len() >= MOST {
        return Err(too_many());
    }
    let owner = match owner {
        Some(owner) => owner,
        None if !loaded.settings.public_signup => return Err(users::signup_closed()),
        None => {
            test_apps::require_room(app, loaded).await?;
            let (id, now) = (link.user_id.clone(), app.clock.now());
            User::signing_up(id, loaded.id.clone(), &link.address, now)
        }
    };
    let purpose = CeremonyPurpose::AddPasskeyWithLink {
        user_id: owner.id.clone(),
        link_id: link.id,
    };
    let mut started = begin(app, loaded, purpose, owner, passkeys, None)?;
    started.options.exclude_credentials.clear();
    Ok(started)
}

/// Finishes a new passkey: the link opens the session, and the account gets the passkey.
pub async fn finish_adding(
    app: &App,
    loaded: &Arc<LoadedApp>,
    secret: &str,
    created: Created,
    client: &Client,
) -> Result<AuthResult> {
    let ceremony = Ceremony::open(app, &loaded.id, &created.handshake_id, REFUSED)?;
    let CeremonyPurpose::AddPasskeyWithLink { user_id, link_id } = ceremony.purpose.clone() else {
        return Err(wrong_purpose());
    };
    let Found { link, owner, .. } = find(app, loaded, secret, client).await?;
    require_same_link(&link, &link_id)?;
    require_same_user(loaded, &created, &user_id, |named| *named == link.address)?;
    let (passkey, _) = verify(app, loaded, &ceremony, &created, &user_id, client)?;
    let added =
        Event::of_user(app, &user_id, &loaded.id, Kind::PasskeyAdded, client).about(&passkey.id);
    let notice = owner.as_ref().map(|owner| {
        let kind = crate::messages::Kind::PasskeyAdded;
        PasskeyNotice::prepare(app, loaded, owner, kind, &passkey.friendly_name, client)
    });
    let notice = notice.transpose()?;
    let redirect_url = link.redirect_url.clone();
    let proving = Proving::prepare(app, loaded, &link, owner, None, client)?;
    let using = Using::prepare(app, loaded, link, client);
    let now = using.opening.now();
    let open = app
        .store
        .write(move |tx| {
            if !tx.use_challenge(&ceremony.challenge, ceremony.remember_until())? {
                return Err(ceremonies::used(REFUSED));
            }
            let session_id = Some(using.opening.session_id());
            if !tx.consume_magic_link(&using.link.id, UsedBy::Opened, session_id, now)? {
                return Err(used());
            }
            // Locks the owner's row until the commit.
            let proven_id = using.prove(tx, &proving)?;
            if proven_id != passkey.user_id {
                return Err(expired());
            }
            if tx.list_passkeys(&proven_id)?.len() >= MOST {
                return Err(too_many());
            }
            if !tx.add_passkey(&passkey)? {
                return Err(already_known());
            }
            tx.add_event(&added)?;
            if let Some(notice) = &notice {
                notice.add(tx, now)?;
            }
            using.sign_in(tx, proven_id, false)
        })
        .await?;
    app.outbox.wake();
    answer(loaded, &open, now, redirect_url)
}

/// The link that a secret opens, fit for these calls, and whose it is.
async fn find(app: &App, loaded: &LoadedApp, secret: &str, client: &Client) -> Result<Found> {
    let (app_id, hash) = (loaded.id.clone(), SecretHash::of(secret));
    let found = app
        .store
        .read(move |tx| {
            let Some(link) = tx.find_magic_link_by_secret(&app_id, &hash)? else {
                return Ok(None);
            };
            let owner = match link.purpose {
                Purpose::SignUp => tx.find_user_by_identifier(&app_id, &link.address)?,
                _ => tx.find_user(&link.user_id)?,
            };
            let owner = owner.filter(|owner| owner.is_opened_by(&link.address));
            let passkeys = match &owner {
                Some(owner) => tx.list_passkeys(&owner.id)?,
                None => Vec::new(),
            };
            Ok(Some(Found {
                link,
                owner,
                passkeys,
            }))
        })
        .await?;
    // Links that prove or change an address belong to a session, which these calls do not name.
    let found =
        found.filter(|found| matches!(found.link.purpose, Purpose::SignIn | Purpose::SignUp));
    let Some(found) = found else {
        return Err(unknown(app, loaded));
    };
    let link = &found.link;
    require_usable(app, loaded, link, client).await?;
    if link.browser_key_hash.is_some() {
        return Err(Error::forbidden(
            "digits_required",
            "This link was asked for by a browser with a key. Open it there, or elsewhere with the two digits that the page there shows: `magic-link/activate`.",
        ));
    }
    match &found.owner {
        Some(owner) => owner.require_active()?,
        None if link.purpose == Purpose::SignIn => return Err(expired()),
        None => {}
    }
    Ok(found)
}

fn require_same_link(link: &MagicLink, begun_with: &MagicLinkId) -> Result<()> {
    if link.id == *begun_with {
        return Ok(());
    }
    Err(Error::new(
        REFUSED,
        "This ceremony was begun with another link. Start again.",
    )
    .with_reason("challenge_purpose"))
}
