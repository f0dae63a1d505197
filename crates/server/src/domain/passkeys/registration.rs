//! Making passkeys: the first one of somebody who signs up, and one more for somebody who is signed in.

use std::sync::Arc;

use ginnel_webauthn::{
    Algorithm, Attachment, AttestationKind, AttestationPolicy, AttestationPreference,
    AuthenticatorSelection, CreationOptions, CredentialDescriptor, CredentialParameter,
    RegistrationPolicy, RegistrationResponse, RelyingPartyEntity, ResidentKey, UserEntity,
    UserVerification, VerifiedRegistration, registration,
};

use super::names::friendly_name;
use super::{MOST, Passkey, Started, types};
use crate::app::App;
use crate::domain::apps::LoadedApp;
use crate::domain::ceremonies::{self, Ceremony, Purpose};
use crate::domain::events::{Client, Counter, Event, Kind};
use crate::domain::notices::PasskeyNotice;
use crate::domain::proof::Proof;
use crate::domain::sessions::{self, Opening, SignedIn};
use crate::domain::test_apps;
use crate::domain::tokens::{self, AuthResult};
use crate::domain::users::{self, Identifier, User};
use crate::error::{Code, Error, Result};
use crate::ids::{PasskeyId, UserId};
use crate::messages;

/// Milliseconds that a browser waits for the authenticator.
pub(in crate::domain) const TIMEOUT: u32 = 60_000;

/// A finished creation as it came from the browser, decoded.
pub struct Created {
    /// The opaque id from the start.
    pub handshake_id: String,
    /// The user named in the request, if any.
    pub user_id: Option<String>,
    /// `rawId`.
    pub credential_id: Vec<u8>,
    /// `clientDataJSON`.
    pub client_data_json: Vec<u8>,
    /// `attestationObject`.
    pub attestation_object: Vec<u8>,
    /// What `getTransports()` said.
    pub transports: Vec<String>,
    /// `authenticatorAttachment`, when the client says.
    pub attachment: Option<String>,
}

/// Begins the ceremony of a sign-up. Open without a proof only while nothing about the user is proven (D7).
pub async fn start_sign_up(
    app: &App,
    loaded: &LoadedApp,
    identifier: Identifier,
    attachment: Option<Attachment>,
) -> Result<Started<CreationOptions>> {
    if !loaded.settings.public_signup {
        return Err(users::signup_closed());
    }
    if loaded.settings.hide_user_existence {
        return Err(not_verified(
            "Prove the address by a link or code first; then add a passkey.",
        ));
    }
    let (app_id, wanted) = (loaded.id.clone(), identifier.clone());
    let found = app
        .store
        .read(move |tx| {
            let Some(user) = tx.find_user_by_identifier(&app_id, &wanted)? else {
                return Ok(None);
            };
            let has_passkeys = !tx.list_passkeys(&user.id)?.is_empty();
            Ok(Some((user, has_passkeys)))
        })
        .await?;
    if found.is_none() {
        require_no_verification(loaded)?;
        test_apps::require_room(app, loaded).await?;
    }
    let (user, exists) = match found {
        None => (
            User::signing_up(
                UserId::draw(&app.random, app.clock.now()),
                loaded.id.clone(),
                &identifier,
                app.clock.now(),
            ),
            false,
        ),
        Some((user, has_passkeys)) => {
            user.require_active()?;
            if !user.is_opened_by(&identifier) {
                return Err(not_verified(
                    "Another account has this and never proved it. Prove that it is yours by a link or code first; then add a passkey.",
                ));
            }
            if has_passkeys || user.login_count > 0 {
                return Err(users::already_registered());
            }
            if !user.is_fresh_sign_up() {
                return Err(not_verified(
                    "This account waits for its owner. Prove the address by a link or code first.",
                ));
            }
            require_no_verification(loaded)?;
            (user, true)
        }
    };
    let purpose = Purpose::SignUp {
        user_id: user.id.clone(),
        identifier,
        exists,
    };
    begin(app, loaded, purpose, user, Vec::new(), attachment)
}

/// Refuses a sign-up by passkey where the app demands that the address or number is proven before.
fn require_no_verification(loaded: &LoadedApp) -> Result<()> {
    if loaded.settings.identifier_verification {
        return Err(not_verified(
            "This app wants your address or number proven first. Sign up by a link or code; then add a passkey.",
        ));
    }
    Ok(())
}

fn not_verified(message: &str) -> Error {
    Error::new(Code::IdentifierNotVerified, message)
}

/// Begins the ceremony of one more passkey. The options name the passkeys that there are already, so that no authenticator
/// gets a second one, unless the page's package cannot read that list.
pub async fn start_adding(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    attachment: Option<Attachment>,
    reads_exclusions: bool,
) -> Result<Started<CreationOptions>> {
    owner.require_recent(loaded, app.clock.now())?;
    let passkeys = super::list(app, &owner.user.id).await?;
    if passkeys.len() >= MOST {
        return Err(too_many());
    }
    let purpose = Purpose::AddPasskey {
        user_id: owner.user.id.clone(),
        session_id: owner.session.id.clone(),
    };
    let mut started = begin(
        app,
        loaded,
        purpose,
        owner.user.clone(),
        passkeys,
        attachment,
    )?;
    if !reads_exclusions {
        started.options.exclude_credentials.clear();
    }
    Ok(started)
}

/// Begins a creation for a user who has these passkeys.
pub(in crate::domain) fn begin(
    app: &App,
    loaded: &LoadedApp,
    purpose: Purpose,
    user: User,
    existing: Vec<Passkey>,
    attachment: Option<Attachment>,
) -> Result<Started<CreationOptions>> {
    let ceremony = Ceremony::begin(app, &loaded.rp_id, purpose);
    let name = user.display_name();
    let options = creation_options(loaded, &ceremony, &user.id, name, &existing, attachment);
    Ok(Started {
        handshake_id: ceremony.seal(app, &loaded.id)?,
        options,
        user: Some(user),
        passkey_types: types(&existing),
    })
}

/// What the browser is asked for: a passkey of this user, who is called so where passkeys are chosen, on an authenticator
/// that has none of those that exist.
pub(in crate::domain) fn creation_options(
    loaded: &LoadedApp,
    ceremony: &Ceremony,
    user_id: &UserId,
    name: &str,
    existing: &[Passkey],
    attachment: Option<Attachment>,
) -> CreationOptions {
    CreationOptions {
        rp: RelyingPartyEntity {
            id: loaded.rp_id.clone(),
            name: loaded.name.clone(),
        },
        user: UserEntity {
            id: user_id.as_str().as_bytes().to_vec(),
            name: name.to_owned(),
            display_name: name.to_owned(),
        },
        challenge: ceremony.challenge.clone(),
        pub_key_cred_params: Algorithm::ALL
            .iter()
            .map(|&algorithm| CredentialParameter::from(algorithm))
            .collect(),
        timeout: Some(TIMEOUT),
        exclude_credentials: descriptors(existing),
        authenticator_selection: AuthenticatorSelection {
            authenticator_attachment: attachment,
            resident_key: ResidentKey::Required,
            require_resident_key: true,
            user_verification: UserVerification::Required,
        },
        attestation: AttestationPreference::None,
        extensions: serde_json::Map::new(),
    }
}

/// Passkeys as the options name them.
pub(in crate::domain) fn descriptors(passkeys: &[Passkey]) -> Vec<CredentialDescriptor> {
    passkeys
        .iter()
        .map(|passkey| CredentialDescriptor {
            id: passkey.credential_id.clone(),
            transports: passkey.transports.clone(),
        })
        .collect()
}

/// Finishes a sign-up: the user, the first passkey and the session are made in one transaction, or none of them.
pub async fn finish_sign_up(
    app: &App,
    loaded: &Arc<LoadedApp>,
    created: Created,
    client: &Client,
) -> Result<AuthResult> {
    let ceremony = Ceremony::open(
        app,
        &loaded.id,
        &created.handshake_id,
        Code::WebauthnLoginFailed,
    )?;
    let Purpose::SignUp {
        user_id,
        identifier,
        exists,
    } = ceremony.purpose.clone()
    else {
        return Err(wrong_purpose());
    };
    require_same_user(loaded, &created, &user_id, |named| *named == identifier)?;
    require_no_verification(loaded)?;
    let now = app.clock.now();
    let (passkey, verified) = verify(app, loaded, &ceremony, &created, &user_id, client)?;
    let proof = Proof::by_registration(&passkey, &verified);
    let opening = Opening::prepare(app, loaded, client);
    let user = User::signing_up(user_id, loaded.id.clone(), &identifier, now);
    let (public_signup, is_test_app) = (loaded.settings.public_signup, loaded.is_test_app());
    let open = app
        .store
        .write(move |tx| {
            if !tx.use_challenge(&ceremony.challenge, ceremony.remember_until())? {
                return Err(ceremonies::used(Code::WebauthnLoginFailed));
            }
            if !exists {
                if !public_signup {
                    return Err(users::signup_closed());
                }
                if !test_apps::add_user(tx, &user, is_test_app)? {
                    return Err(users::already_exists());
                }
            }
            // Of two sign-ups at once, this statement lets one through.
            let Some(user_metadata) = tx.claim_sign_up(&user.id, now)? else {
                return Err(users::already_registered());
            };
            if !tx.add_passkey(&passkey)? {
                return Err(already_known());
            }
            sessions::open(tx, &opening, &proof, user_metadata)
        })
        .await?;
    tokens::issue(loaded, &open, now)
}

/// Finishes one more passkey of somebody who is signed in.
pub async fn finish_adding(
    app: &App,
    loaded: &LoadedApp,
    owner: &SignedIn,
    created: Created,
    client: &Client,
) -> Result<Passkey> {
    let ceremony = Ceremony::open(
        app,
        &loaded.id,
        &created.handshake_id,
        Code::WebauthnLoginFailed,
    )?;
    let is_owners = matches!(&ceremony.purpose, Purpose::AddPasskey { user_id, session_id } if *user_id == owner.user.id && *session_id == owner.session.id);
    if !is_owners {
        return Err(wrong_purpose());
    }
    require_same_user(loaded, &created, &owner.user.id, |named| {
        owner.user.has(named)
    })?;
    let now = app.clock.now();
    let (passkey, _) = verify(app, loaded, &ceremony, &created, &owner.user.id, client)?;
    let event = Event::of_user(app, &owner.user.id, &loaded.id, Kind::PasskeyAdded, client)
        .about(&passkey.id);
    let notice = PasskeyNotice::prepare(
        app,
        loaded,
        &owner.user,
        messages::Kind::PasskeyAdded,
        &passkey.friendly_name,
        client,
    )?;
    let session_id = owner.session.id.clone();
    let added = app
        .store
        .write(move |tx| {
            if !tx.use_challenge(&ceremony.challenge, ceremony.remember_until())? {
                return Err(ceremonies::used(Code::WebauthnLoginFailed));
            }
            // The user's row is locked, and session and user are looked at again: either may have ended meanwhile.
            tx.update_user_changed(&passkey.user_id, now)?;
            let Some((session, user)) = tx.find_session(&session_id)? else {
                return Err(users::not_active());
            };
            user.require_active()?;
            if !session.is_alive(now) {
                return Err(Error::new(
                    Code::InvalidAccessToken,
                    "The session has ended. Sign in again.",
                ));
            }
            // Any number of ceremonies may have begun while there was room for one.
            if tx.list_passkeys(&passkey.user_id)?.len() >= MOST {
                return Err(too_many());
            }
            if !tx.add_passkey(&passkey)? {
                return Err(already_known());
            }
            tx.add_event(&event)?;
            notice.add(tx, now)?;
            Ok(passkey.clone())
        })
        .await?;
    app.outbox.wake();
    Ok(added)
}

/// 403 for somebody who has as many passkeys as there may be.
pub(in crate::domain) fn too_many() -> Error {
    Error::forbidden(
        "too_many_passkeys",
        format!("You have {MOST} passkeys. Remove one that you no longer use first."),
    )
}

/// 401 for a ceremony that was begun for something else.
pub(in crate::domain) fn wrong_purpose() -> Error {
    Error::new(
        Code::WebauthnLoginFailed,
        "This ceremony was begun for something else. Start again.",
    )
    .with_reason("challenge_purpose")
}

/// WebAuthn L3 §7.1: a credential id must not be registered for any user yet.
pub(in crate::domain) fn already_known() -> Error {
    Error::invalid("This passkey is registered already. Sign in with it, or use another.")
        .with_reason("credential_exists")
}

/// Refuses an answer that names another user than the one for whom the ceremony was begun. Who that is stands in the
/// ceremony itself.
pub(in crate::domain) fn require_same_user(
    loaded: &LoadedApp,
    created: &Created,
    user_id: &UserId,
    is_named: impl Fn(&Identifier) -> bool,
) -> Result<()> {
    match created.user_id.as_deref() {
        None => Ok(()),
        Some(named) if super::names_user(loaded, named, user_id, is_named) => Ok(()),
        Some(_) => Err(Error::invalid(
            "user_id: is not the user for whom this ceremony was begun. Start again.",
        )),
    }
}

/// Verifies a creation; the passkey as it will be stored.
pub(in crate::domain) fn verify(
    app: &App,
    loaded: &LoadedApp,
    ceremony: &Ceremony,
    created: &Created,
    user_id: &UserId,
    client: &Client,
) -> Result<(Passkey, VerifiedRegistration)> {
    if ceremony.rp_id != loaded.rp_id {
        return Err(super::authentication::refused(
            Code::WebauthnLoginFailed,
            &ginnel_webauthn::Error::RpIdMismatch,
        ));
    }
    let response = RegistrationResponse {
        credential_id: &created.credential_id,
        client_data_json: &created.client_data_json,
        attestation_object: &created.attestation_object,
    };
    let expected = ceremony.expectation(loaded);
    let policy = RegistrationPolicy {
        algorithms: Algorithm::ALL.to_vec(),
        attestation: AttestationPolicy::None,
    };
    let verified = registration::verify(&response, &expected, &policy).map_err(|error| {
        app.counters
            .add(&loaded.id, app.clock.now().day(), Counter::RefusedUnknown);
        super::authentication::refused(Code::WebauthnLoginFailed, &error)
    })?;
    let transports = known_transports(&created.transports);
    let is_removable = created.attachment.as_deref() == Some("cross-platform")
        || transports
            .iter()
            .any(|transport| matches!(transport.as_str(), "usb" | "nfc" | "ble" | "smart-card"));
    let now = app.clock.now();
    let passkey = Passkey {
        id: PasskeyId::draw(&app.random, now),
        app_id: loaded.id.clone(),
        user_id: user_id.clone(),
        credential_id: verified.credential_id.clone(),
        public_key: verified.public_key.clone(),
        sign_count: verified.sign_count,
        attachment: Some(
            if is_removable {
                "cross-platform"
            } else {
                "platform"
            }
            .to_owned(),
        ),
        transports,
        aaguid: verified.aaguid,
        attestation: attestation_text(&verified),
        backup_eligible: verified.backup_eligible,
        backup_state: verified.backup_state,
        friendly_name: friendly_name(&verified, is_removable, &client.user_agent),
        usage_count: 0,
        last_login_at: None,
        created_at: now,
        updated_at: now,
    };
    Ok((passkey, verified))
}

/// Transports of the standard (WebAuthn L3 §5.8.4), none twice; what a client invents is left out.
fn known_transports(transports: &[String]) -> Vec<String> {
    const KNOWN: [&str; 6] = ["ble", "hybrid", "internal", "nfc", "smart-card", "usb"];
    KNOWN
        .iter()
        .filter(|known| transports.iter().any(|transport| transport == *known))
        .map(|&known| known.to_owned())
        .collect()
}

fn attestation_text(verified: &VerifiedRegistration) -> String {
    let how = match verified.attestation.kind {
        AttestationKind::None => return verified.attestation.format.clone(),
        AttestationKind::SelfAttestation => "self",
        AttestationKind::Basic => "basic",
        _ => "unverified",
    };
    format!("{} {how}", verified.attestation.format)
}
