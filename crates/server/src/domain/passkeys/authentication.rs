//! Signing in with a passkey, with or without an identifier.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel_webauthn::{
    AuthenticationResponse, RequestOptions, StoredCredential, UserVerification,
    VerifiedAuthentication, authentication, base64url,
};

use super::registration::{TIMEOUT, descriptors};
use super::{Passkey, Started, names_user, types};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::ceremonies::{self, Ceremony, Purpose};
use crate::domain::events::{Client, Counter, Event, Kind, add_refusal};
use crate::domain::magic_links;
use crate::domain::proof::Proof;
use crate::domain::sessions::{self, Opening};
use crate::domain::tokens::{self, AuthResult};
use crate::domain::users::{self, Identifier, User};
use crate::error::{Code, Error, Result};
use crate::ids::{PasskeyId, UserId};
use crate::store::Tx;
use crate::time::Timestamp;

/// A finished assertion as it came from the browser, decoded.
pub struct Asserted {
    /// The opaque id from the start.
    pub handshake_id: String,
    /// The user named in the request, if any.
    pub user_id: Option<String>,
    /// `rawId`.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `authenticatorData`.
    pub authenticator_data: Vec<u8>,
    /// `signature`.
    pub signature: Vec<u8>,
    /// `userHandle` as text: clients differ in its encoding.
    pub user_handle: Option<String>,
}

/// Begins a sign-in; without an identifier the passkey says who it is.
pub async fn start_sign_in(
    app: &App,
    loaded: &LoadedApp,
    identifier: Option<Identifier>,
) -> Result<Started<RequestOptions>> {
    // Where the app hides its users, the passkey says who it is (D8).
    let identifier = identifier.filter(|_| !loaded.settings.hide_user_existence);
    let (user, passkeys) = match identifier {
        None => (None, Vec::new()),
        Some(identifier) => {
            let (app_id, named) = (loaded.id.clone(), identifier.clone());
            let found = app
                .store
                .read(move |tx| {
                    let Some(user) = tx.find_user_by_identifier(&app_id, &identifier)? else {
                        return Ok(None);
                    };
                    let passkeys = tx.list_passkeys(&user.id)?;
                    Ok(Some((user, passkeys)))
                })
                .await?;
            let Some((user, passkeys)) = found else {
                app.counters
                    .add(&loaded.id, app.clock.now().day(), Counter::RefusedUnknown);
                return Err(users::not_found(named.as_str()));
            };
            user.require_active()?;
            require_verified(loaded, &user)?;
            if passkeys.is_empty() {
                let offer = magic_links::Offer::of(app, loaded);
                let sentence = if offer.links || offer.codes {
                    "This account has no passkey. Ask for a link or a code instead."
                } else {
                    "This account has no passkey yet. Sign up with this identifier to make one."
                };
                return Err(Error::new(Code::UserHasNoPasskeys, sentence));
            }
            (Some(user), passkeys)
        }
    };
    let purpose = Purpose::SignIn {
        user_id: user.as_ref().map(|user| user.id.clone()),
    };
    let ceremony = Ceremony::begin(app, &loaded.rp_id, purpose);
    let options = RequestOptions {
        challenge: ceremony.challenge.clone(),
        timeout: Some(TIMEOUT),
        rp_id: loaded.rp_id.clone(),
        allow_credentials: descriptors(&passkeys),
        user_verification: UserVerification::Required,
        extensions: serde_json::Map::new(),
    };
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options,
        user,
        passkey_types: types(&passkeys),
    })
}

/// Refuses an account of which nothing was ever proven, where the app demands a proof.
fn require_verified(loaded: &LoadedApp, user: &User) -> Result<()> {
    if !loaded.settings.identifier_verification || user.is_proven() {
        return Ok(());
    }
    Err(Error::new(
        Code::IdentifierNotVerified,
        "This app wants your address or number proven first. Sign in by a link or code; your passkey works from then on.",
    ))
}

/// Finishes a sign-in.
pub async fn finish_sign_in(
    app: &App,
    loaded: &Arc<LoadedApp>,
    asserted: Asserted,
    client: &Client,
) -> Result<AuthResult> {
    let names_user = asserted.user_id.as_deref().is_some_and(|id| !id.is_empty());
    let code = if names_user {
        Code::WebauthnLoginFailed
    } else {
        Code::DiscoverableLoginFailed
    };
    let ceremony = Ceremony::open(app, &loaded.id, &asserted.handshake_id, code)?;
    let Purpose::SignIn { user_id: wanted } = ceremony.purpose.clone() else {
        return Err(Error::new(
            code,
            "This ceremony was begun for something else. Start again.",
        )
        .with_reason("challenge_purpose"));
    };
    let code = if wanted.is_some() {
        Code::WebauthnLoginFailed
    } else {
        Code::DiscoverableLoginFailed
    };

    let (passkey, user) = find(app, loaded, &asserted, wanted.as_ref(), code).await?;
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
        .and_then(|()| require_verified(loaded, &user));
    let refusal = match is_open.and(checked) {
        Ok(verified) => {
            return sign_in(app, loaded, ceremony, passkey, verified, code, client).await;
        }
        Err(refusal) => refusal,
    };
    Err(refuse(app, loaded, &passkey, refusal, client).await?)
}

/// The passkey that answered, and its owner: one of `wanted`, if that is said.
pub(in crate::domain) async fn find(
    app: &App,
    loaded: &LoadedApp,
    asserted: &Asserted,
    wanted: Option<&UserId>,
    code: Code,
) -> Result<(Passkey, User)> {
    let (app_id, credential_id) = (loaded.id.clone(), asserted.credential_id.clone());
    let rp_id = loaded.rp_id.clone();
    let (found, is_elsewhere) = app
        .store
        .read(move |tx| {
            let found = tx.find_passkey_by_credential(&app_id, &credential_id)?;
            let is_elsewhere = found.is_none() && tx.is_credential_known(&rp_id, &credential_id)?;
            Ok((found, is_elsewhere))
        })
        .await?;
    let known = found.filter(|(passkey, _)| wanted.is_none_or(|wanted| *wanted == passkey.user_id));
    let Some(found) = known else {
        app.counters
            .add(&loaded.id, app.clock.now().day(), Counter::RefusedUnknown);
        if is_elsewhere {
            // Another reason: by `unknown_credential` browsers are told to forget the passkey.
            return Err(Error::new(
                code,
                "This passkey belongs to another app on the same host. Choose another, or sign up.",
            )
            .with_reason("other_app"));
        }
        return Err(Error::new(
            code,
            "This passkey is not known here. It may have been removed: choose another, or sign up.",
        )
        .with_reason("unknown_credential"));
    };
    Ok(found)
}

/// Remembers why a passkey's owner was refused.
pub(in crate::domain) async fn refuse(
    app: &App,
    loaded: &LoadedApp,
    passkey: &Passkey,
    refusal: Error,
    client: &Client,
) -> Result<Error> {
    let reason = refusal.reason().unwrap_or(refusal.code().word());
    let event = refusal_event(app, loaded, passkey, reason, client);
    let shard = app.counters.shard();
    app.store
        .write(move |tx| add_refusal(tx, &event, shard))
        .await?;
    Ok(refusal)
}

/// Verifies the answer of a passkey to the ceremony for which it was asked.
pub(in crate::domain) fn check(
    loaded: &LoadedApp,
    ceremony: &Ceremony,
    asserted: &Asserted,
    (passkey, owner): (&Passkey, &User),
    is_discoverable: bool,
    code: Code,
) -> Result<VerifiedAuthentication> {
    if ceremony.rp_id != loaded.rp_id {
        return Err(refused(code, &ginnel_webauthn::Error::RpIdMismatch));
    }
    let names_other = asserted
        .user_id
        .as_deref()
        .is_some_and(|text| !names_user(loaded, text, &owner.id, |named| owner.has(named)));
    if names_other {
        return Err(Error::new(
            code,
            "user_id: is not the owner of this passkey. Start again.",
        )
        .with_reason("user_mismatch"));
    }
    let handle = asserted
        .user_handle
        .as_deref()
        .filter(|text| !text.is_empty())
        .map(|text| handle_bytes(text, &passkey.user_id));
    let encoded = URL_SAFE_NO_PAD.encode(passkey.user_id.as_str());
    let response = AuthenticationResponse {
        credential_id: &asserted.credential_id,
        client_data_json: &asserted.client_data_json,
        authenticator_data: &asserted.authenticator_data,
        signature: &asserted.signature,
        user_handle: handle.as_deref(),
    };
    let credential = StoredCredential {
        id: &passkey.credential_id,
        public_key: &passkey.public_key,
        sign_count: passkey.sign_count,
        backup_eligible: passkey.backup_eligible,
        // Passage's Swift package stores the text of `user.id` as the handle, a browser the bytes behind it.
        user_handles: &[passkey.user_id.as_str().as_bytes(), encoded.as_bytes()],
        user_handle_required: is_discoverable,
    };
    let expected = ceremony.expectation(loaded);
    authentication::verify(&response, &credential, &expected).map_err(|error| refused(code, &error))
}

/// Bytes of a user handle. A browser sends base64url of the bytes; Swift sends the stored text as it is.
fn handle_bytes(text: &str, user_id: &UserId) -> Vec<u8> {
    if text == user_id.as_str() {
        return text.as_bytes().to_vec();
    }
    base64url::decode(text).unwrap_or_else(|| text.as_bytes().to_vec())
}

async fn sign_in(
    app: &App,
    loaded: &Arc<LoadedApp>,
    ceremony: Ceremony,
    passkey: Passkey,
    verified: VerifiedAuthentication,
    code: Code,
    client: &Client,
) -> Result<AuthResult> {
    let now = app.clock.now();
    let proof = Proof::by_assertion(&passkey, &verified);
    let opening = Opening::prepare(app, loaded, client);
    let usage = Usage::prepare(app, loaded, &passkey, &verified, code, client);
    let user_id = passkey.user_id;
    let open = app
        .store
        .write(move |tx| {
            if !tx.use_challenge(&ceremony.challenge, ceremony.remember_until())? {
                return Err(ceremonies::used(code));
            }
            if let Err(refusal) = usage.store(tx)? {
                return Ok(Err(refusal));
            }
            let Some((user_metadata, _)) = tx.update_user_signed_in(&user_id, now)? else {
                return Err(users::not_active());
            };
            sessions::open(tx, &opening, &proof, user_metadata).map(Ok)
        })
        .await??;
    tokens::issue(loaded, &open, now)
}

/// A passkey that signs in, about to be stored: its counter, and what follows if that did not grow.
pub(in crate::domain) struct Usage {
    passkey_id: PasskeyId,
    sign_count: u32,
    backup_state: bool,
    now: Timestamp,
    /// Tells of a counter that did not grow.
    stale: Event,
    /// Tells of the refusal for it.
    refused: Event,
    refuses_stale: bool,
    shard: i64,
    code: Code,
}

impl Usage {
    /// Prepares it; `code` is that of a refusal.
    pub(in crate::domain) fn prepare(
        app: &App,
        loaded: &LoadedApp,
        passkey: &Passkey,
        verified: &VerifiedAuthentication,
        code: Code,
        client: &Client,
    ) -> Self {
        let kind = Kind::CounterNotIncreased;
        Usage {
            passkey_id: passkey.id.clone(),
            sign_count: verified.sign_count,
            backup_state: verified.backup_state,
            now: app.clock.now(),
            stale: Event::of_user(app, &passkey.user_id, &loaded.id, kind, client)
                .about(&passkey.id),
            refused: refusal_event(app, loaded, passkey, COUNTER_NOT_INCREASED, client),
            refuses_stale: loaded.settings.refuse_stale_counter,
            shard: app.counters.shard(),
            code,
        }
    }

    /// Stores it, in the transaction that opens the session. The inner error is a refusal to be remembered: nothing may
    /// come after it in the transaction.
    pub(in crate::domain) fn store(&self, tx: &mut Tx<'_>) -> Result<Result<()>> {
        let (id, count, now) = (&self.passkey_id, self.sign_count, self.now);
        if tx.update_passkey_counted(id, count, self.backup_state, now)? {
            return Ok(Ok(()));
        }
        if self.refuses_stale {
            add_refusal(tx, &self.refused, self.shard)?;
            return Ok(Err(Error::new(self.code, "This passkey's counter did not grow, so it may have been copied. Use another, and remove this one.")
                .with_reason(COUNTER_NOT_INCREASED)));
        }
        if !tx.update_passkey_used(id, self.backup_state, now)? {
            return Err(
                Error::new(self.code, "This passkey was removed. Choose another.")
                    .with_reason("unknown_credential"),
            );
        }
        tx.add_event(&self.stale)?;
        Ok(Ok(()))
    }
}

/// Why a passkey may have been copied.
const COUNTER_NOT_INCREASED: &str = "counter_not_increased";

/// The event of a refused sign-in of a known user.
fn refusal_event(
    app: &App,
    loaded: &LoadedApp,
    passkey: &Passkey,
    reason: &str,
    client: &Client,
) -> Event {
    Event::of_user(app, &passkey.user_id, &loaded.id, Kind::SignIn, client)
        .about(&passkey.id)
        .refused(reason)
}

/// What a caller is told of a ceremony that failed verification.
pub(super) fn refused(code: Code, error: &ginnel_webauthn::Error) -> Error {
    let sentence = match error {
        ginnel_webauthn::Error::OriginMismatch { seen } => format!(
            "The passkey was used on {seen}, which is not among this app's origins. Open the app at its auth origin, or add this one to the app."
        ),
        ginnel_webauthn::Error::ChallengeMismatch => {
            "The passkey answered another ceremony. Start again.".to_owned()
        }
        _ => "The passkey could not be verified. Try again, or use another.".to_owned(),
    };
    let reason = match error.code() {
        "origin_mismatch" => "origin_not_allowed",
        other => other,
    };
    Error::new(code, sentence)
        .with_reason(reason)
        .with_cause(anyhow::anyhow!("{error}"))
}
