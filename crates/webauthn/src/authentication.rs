//! Authentication: judges an assertion (WebAuthn L3 §7.2).
//!
//! The steps that are the caller's:
//!
//! | step | what | who |
//! | --- | --- | --- |
//! | 1 | make the options | the server, with [`RequestOptions`](crate::RequestOptions) |
//! | 2–4 | call `navigator.credentials.get()`, take the response and the extension results | the page |
//! | 5, 6 | find the credential record by the id of the response, among the credentials of the user who was identified or, in a discoverable sign-in, of any | the server; that the record, the id and the user handle belong together is checked here |
//! | 19.3 | a policy on BE and BS | the server, from [`VerifiedAuthentication`] |
//! | 22 | what to do with a counter that did not grow | the server, from [`CounterVerdict`] |
//! | 23 | use extension outputs | nobody: none are asked for, all are ignored |
//! | 24 | update counter and backup state in the record | the server |
//! | 25 | sign the user in | the server |

use crate::authenticator_data::AuthenticatorData;
use crate::client_data::{self, Ceremony};
use crate::{Error, Expectation, PublicKey};

/// Authenticator data up to this length are joined with the hash without allocating. Assertions without extensions
/// have 37 bytes.
const USUAL_LENGTH: usize = 224;
/// The longest accepted authenticator data, in bytes.
const MAXIMUM_LENGTH: usize = 16 * 1024;
const HASH_LENGTH: usize = 32;

/// What the browser sent back from `navigator.credentials.get()`.
#[derive(Debug, Clone, Copy)]
pub struct AuthenticationResponse<'a> {
    /// `rawId`.
    pub credential_id: &'a [u8],
    /// `response.clientDataJSON`.
    pub client_data_json: &'a [u8],
    /// `response.authenticatorData`.
    pub authenticator_data: &'a [u8],
    /// `response.signature`.
    pub signature: &'a [u8],
    /// `response.userHandle`; `None` if absent or null.
    pub user_handle: Option<&'a [u8]>,
}

/// The credential record that the response's credential id led to.
#[derive(Debug, Clone, Copy)]
pub struct StoredCredential<'a> {
    /// The credential's id.
    pub id: &'a [u8],
    /// The public key, COSE bytes.
    pub public_key: &'a [u8],
    /// The signature counter of the last use.
    pub sign_count: u32,
    /// Whether the credential could be backed up when it was registered (BE).
    pub backup_eligible: bool,
    /// The user handles by which authenticators may know the owner. A present handle must be one of them.
    pub user_handles: &'a [&'a [u8]],
    /// The user was not identified before, so that the response must carry a user handle (a discoverable sign-in).
    pub user_handle_required: bool,
}

/// An assertion that passed every check. Made by [`verify`] alone, so that holding one is evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedAuthentication {
    /// The signature counter to store.
    pub sign_count: u32,
    /// How that counter compares with the stored one.
    pub counter: CounterVerdict,
    /// The authenticator verified the user (UV).
    pub user_verified: bool,
    /// A user was present (UP).
    pub user_present: bool,
    /// The credential may be backed up (BE).
    pub backup_eligible: bool,
    /// The credential is backed up (BS).
    pub backup_state: bool,
}

/// How the signature counter compares with the stored one (WebAuthn L3 §6.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CounterVerdict {
    /// It grew.
    Increased,
    /// Both are zero: the authenticator has no counter.
    Unsupported,
    /// It did not grow: a sign, not a proof, that the authenticator was cloned.
    NotIncreased,
}

impl CounterVerdict {
    fn of(received: u32, stored: u32) -> Self {
        match (received, stored) {
            (0, 0) => Self::Unsupported,
            (received, stored) if received > stored => Self::Increased,
            _ => Self::NotIncreased,
        }
    }
}

/// Judges the response to an authentication.
///
/// # Errors
/// The first check that fails, in the order of the standard.
pub fn verify(
    response: &AuthenticationResponse<'_>,
    credential: &StoredCredential<'_>,
    expected: &Expectation<'_>,
) -> Result<VerifiedAuthentication, Error> {
    // WebAuthn L3 §7.2, steps 5 and 6: the record is that of the credential …
    if response.credential_id != credential.id {
        return Err(Error::CredentialMismatch);
    }
    // … and its owner is the user that the authenticator names.
    match response.user_handle {
        None if credential.user_handle_required => return Err(Error::UserHandleMissing),
        Some(user_handle) if !credential.user_handles.contains(&user_handle) => {
            return Err(Error::UserHandleMismatch);
        }
        _ => {}
    }

    // WebAuthn L3 §7.2, steps 8 to 14, and 20: the client data and their hash.
    let client_data_hash = client_data::verify(
        response.client_data_json,
        Ceremony::Authentication,
        expected,
    )?;

    // WebAuthn L3 §7.2, step 7: the authenticator data.
    if response.authenticator_data.len() > MAXIMUM_LENGTH {
        return Err(Error::MalformedAuthenticatorData(
            "they are longer than 16 KiB",
        ));
    }
    let authenticator_data = AuthenticatorData::parse(response.authenticator_data)?;

    // WebAuthn L3 §7.2, steps 15 to 18: RP ID, UP, UV, BE and BS.
    authenticator_data.verify(expected)?;
    let flags = authenticator_data.flags;

    // WebAuthn L3 §7.2, steps 19.1 and 19.2: backup eligibility never changes.
    if flags.backup_eligible() != credential.backup_eligible {
        return Err(Error::BackupEligibilityChanged {
            seen: flags.backup_eligible(),
            stored: credential.backup_eligible,
        });
    }

    // WebAuthn L3 §7.2, step 21: the signature over authenticator data and hash.
    let public_key = PublicKey::from_cose(credential.public_key)?;
    verify_signature(
        &public_key,
        response.authenticator_data,
        client_data_hash.as_ref(),
        response.signature,
    )?;

    // WebAuthn L3 §7.2, step 22: the counter is compared here and judged by the caller.
    let sign_count = authenticator_data.sign_count;
    Ok(VerifiedAuthentication {
        sign_count,
        counter: CounterVerdict::of(sign_count, credential.sign_count),
        user_verified: flags.user_verified(),
        user_present: flags.user_present(),
        backup_eligible: flags.backup_eligible(),
        backup_state: flags.backup_state(),
    })
}

fn verify_signature(
    public_key: &PublicKey,
    data: &[u8],
    hash: &[u8],
    signature: &[u8],
) -> Result<(), Error> {
    let length = data.len() + hash.len();
    let mut buffer = [0; USUAL_LENGTH + HASH_LENGTH];
    match buffer.get_mut(..length) {
        Some(message) => {
            message[..data.len()].copy_from_slice(data);
            message[data.len()..].copy_from_slice(hash);
            public_key.verify(message, signature)
        }
        None => public_key.verify(&[data, hash].concat(), signature),
    }
}
