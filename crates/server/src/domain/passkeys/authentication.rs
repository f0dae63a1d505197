//! Signing in with a passkey, with or without an identifier.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ginnel_webauthn::{
    AuthenticationResponse, RequestOptions, StoredCredential, UserVerification,
    VerifiedAuthentication, authentication, base64url,
};
use serde_json::Value as Json;

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
use crate::ids::UserId;
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
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options: request_options(loaded, &ceremony, &passkeys),
        user,
        passkey_types: types(&passkeys),
    })
}

/// What the browser is asked for: an assertion by one of these passkeys, or by any of the app if there are none.
pub(in crate::domain) fn request_options(
    loaded: &LoadedApp,
    ceremony: &Ceremony,
    passkeys: &[Passkey],
) -> RequestOptions {
    RequestOptions {
        challenge: ceremony.challenge.clone(),
        timeout: Some(TIMEOUT),
        rp_id: loaded.rp_id.clone(),
        allow_credentials: descriptors(passkeys),
        user_verification: UserVerification::Required,
        extensions: serde_json::Map::new(),
    }
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

    let (passkey, user) =
        find_owner(app, loaded, &asserted.credential_id, wanted.as_ref(), code).await?;
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
    match is_open.and(checked) {
        Ok(verified) => sign_in(app, loaded, ceremony, passkey, verified, code, client).await,
        Err(refusal) => Err(remember_refusal(app, loaded, &passkey, refusal, client).await?),
    }
}

/// The passkey that was used and its owner, who must be the one that was wanted, if one was.
pub(in crate::domain) async fn find_owner(
    app: &App,
    loaded: &LoadedApp,
    credential_id: &[u8],
    wanted: Option<&UserId>,
    code: Code,
) -> Result<(Passkey, User)> {
    let (app_id, credential_id) = (loaded.id.clone(), credential_id.to_vec());
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
    if let Some(known) = known {
        return Ok(known);
    }
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
    Err(Error::new(
        code,
        "This passkey is not known here. It may have been removed: choose another, or sign up.",
    )
    .with_reason("unknown_credential"))
}

/// Stores the refusal of a known user, and gives it back.
pub(in crate::domain) async fn remember_refusal(
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

/// Judges an assertion against the passkey that it names.
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
    let proof = Proof::by_assertion(&passkey, &verified);
    let opening = Opening::prepare(app, loaded, client);
    let counting = Counting::prepare(app, loaded, ceremony, passkey, verified, code, client);
    let now = counting.now;
    let open = app
        .store
        .write(move |tx| match counting.count(tx)? {
            Ok(user_metadata) => sessions::open(tx, &opening, &proof, user_metadata).map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        })
        .await??;
    tokens::issue(loaded, &open, now)
}

/// An assertion that was verified, on its way into the transaction that makes something of it.
pub(in crate::domain) struct Counting {
    ceremony: Ceremony,
    passkey: Passkey,
    verified: VerifiedAuthentication,
    code: Code,
    now: Timestamp,
    stale: Event,
    refused: Event,
    shard: i64,
    refuses_stale: bool,
}

impl Counting {
    /// Draws what is random in it.
    pub(in crate::domain) fn prepare(
        app: &App,
        loaded: &LoadedApp,
        ceremony: Ceremony,
        passkey: Passkey,
        verified: VerifiedAuthentication,
        code: Code,
        client: &Client,
    ) -> Self {
        let kind = Kind::CounterNotIncreased;
        Counting {
            stale: Event::of_user(app, &passkey.user_id, &loaded.id, kind, client)
                .about(&passkey.id),
            refused: refusal_event(app, loaded, &passkey, COUNTER_NOT_INCREASED, client),
            now: app.clock.now(),
            shard: app.counters.shard(),
            refuses_stale: loaded.settings.refuse_stale_counter,
            ceremony,
            passkey,
            verified,
            code,
        }
    }

    /// Uses the challenge up, and counts the sign-in at passkey and user: the user's metadata. The inner error is a refusal
    /// that was stored and must be committed.
    pub(in crate::domain) fn count(&self, tx: &mut Tx<'_>) -> Result<Result<Json>> {
        let (code, now, passkey) = (self.code, self.now, &self.passkey);
        if !tx.use_challenge(&self.ceremony.challenge, self.ceremony.remember_until())? {
            return Err(ceremonies::used(code));
        }
        let VerifiedAuthentication {
            sign_count,
            backup_state,
            ..
        } = self.verified;
        if !tx.update_passkey_counted(&passkey.id, sign_count, backup_state, now)? {
            if self.refuses_stale {
                add_refusal(tx, &self.refused, self.shard)?;
                return Ok(Err(Error::new(code, "This passkey's counter did not grow, so it may have been copied. Use another, and remove this one.")
                    .with_reason(COUNTER_NOT_INCREASED)));
            }
            if !tx.update_passkey_used(&passkey.id, backup_state, now)? {
                return Err(
                    Error::new(code, "This passkey was removed. Choose another.")
                        .with_reason("unknown_credential"),
                );
            }
            tx.add_event(&self.stale)?;
        }
        match tx.update_user_signed_in(&passkey.user_id, now)? {
            Some((user_metadata, _)) => Ok(Ok(user_metadata)),
            None => Err(users::not_active()),
        }
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
