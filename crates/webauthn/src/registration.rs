//! Registration: judges a new credential (WebAuthn L3 §7.1).
//!
//! The steps that are the caller's:
//!
//! | step | what | who |
//! | --- | --- | --- |
//! | 1 | make the options | the server, with [`CreationOptions`](crate::CreationOptions) |
//! | 2–4 | call `navigator.credentials.create()`, take the response and the extension results | the page |
//! | 18, 19 | use BE and BS for what the user sees and may do | the server, from [`VerifiedRegistration`] |
//! | 23 | find trust anchors | nobody yet: [`AttestationPolicy::None`] |
//! | 26 | refuse a credential id that is already known | the server's store |
//! | 27, 29 | make the credential record (`transports` come beside the response) and store it | the server |
//! | 28 | use extension outputs | nobody: none are asked for, all are ignored |

use crate::attestation::{self, AttestationObject, Inputs};
use crate::authenticator_data::AuthenticatorData;
use crate::client_data::{self, Ceremony};
use crate::{Algorithm, Attestation, AttestationPolicy, Error, Expectation, PublicKey};

/// The longest credential id that the standard allows, in bytes.
const MAXIMUM_CREDENTIAL_ID: usize = 1023;

/// What the browser sent back from `navigator.credentials.create()`.
#[derive(Debug, Clone, Copy)]
pub struct RegistrationResponse<'a> {
    /// `rawId`.
    pub credential_id: &'a [u8],
    /// `response.clientDataJSON`.
    pub client_data_json: &'a [u8],
    /// `response.attestationObject`.
    pub attestation_object: &'a [u8],
}

/// What the relying party accepts, as it said in the options.
#[derive(Debug, Clone)]
pub struct RegistrationPolicy {
    /// The algorithms that were in `pubKeyCredParams`.
    pub algorithms: Vec<Algorithm>,
    /// Which attestation is good enough.
    pub attestation: AttestationPolicy,
}

/// A credential that passed every check. Made by [`verify`] alone, so that holding one is evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct VerifiedRegistration {
    /// The credential's id.
    pub credential_id: Vec<u8>,
    /// The public key, the COSE bytes as received.
    pub public_key: Vec<u8>,
    /// The algorithm of the public key.
    pub algorithm: Algorithm,
    /// The signature counter; 0 if the authenticator has none.
    pub sign_count: u32,
    /// The authenticator verified the user (UV).
    pub user_verified: bool,
    /// The credential may be backed up (BE).
    pub backup_eligible: bool,
    /// The credential is backed up (BS).
    pub backup_state: bool,
    /// The model of the authenticator; all zeros if it does not say.
    pub aaguid: [u8; 16],
    /// What the authenticator says about itself.
    pub attestation: Attestation,
}

/// Judges the response to a registration.
///
/// # Errors
/// The first check that fails, in the order of the standard.
pub fn verify(
    response: &RegistrationResponse<'_>,
    expected: &Expectation<'_>,
    policy: &RegistrationPolicy,
) -> Result<VerifiedRegistration, Error> {
    // WebAuthn L3 §7.1, steps 5 to 12: the client data and their hash.
    let client_data_hash =
        client_data::verify(response.client_data_json, Ceremony::Registration, expected)?;

    // WebAuthn L3 §7.1, step 13: take the attestation object apart.
    let object = AttestationObject::parse(response.attestation_object)?;
    let authenticator_data = AuthenticatorData::parse(object.authenticator_data)?;

    // WebAuthn L3 §7.1, steps 14 to 17: RP ID, UP, UV, BE and BS.
    authenticator_data.verify(expected)?;
    let flags = authenticator_data.flags;

    // WebAuthn L3 §6.5: a registration always carries the new credential.
    let credential = authenticator_data
        .attested_credential
        .ok_or(Error::AttestedCredentialMissing)?;

    // WebAuthn L3 §7.1, step 20: an algorithm that was offered, and a key that is one.
    let public_key = PublicKey::from_cose(credential.public_key)?;
    let algorithm = public_key.algorithm();
    if !policy.algorithms.contains(&algorithm) {
        return Err(Error::AlgorithmNotAllowed {
            cose_id: algorithm.cose_id(),
        });
    }

    // WebAuthn L3 §7.1, steps 21 to 24: the attestation statement.
    let inputs = Inputs {
        statement: object.statement,
        authenticator_data: object.authenticator_data,
        client_data_hash: client_data_hash.as_ref(),
        credential: &credential,
        public_key: &public_key,
    };
    let attestation = attestation::verify(object.format, &inputs, policy.attestation)?;

    // WebAuthn L3 §7.1, step 25: the length of the credential id.
    let length = credential.credential_id.len();
    if !(1..=MAXIMUM_CREDENTIAL_ID).contains(&length) {
        return Err(Error::CredentialIdLength { length });
    }

    // WebAuthn L3 §7.1, step 27: the record's id is the id of the response; it must be the one that was signed.
    if credential.credential_id != response.credential_id {
        return Err(Error::CredentialMismatch);
    }

    Ok(VerifiedRegistration {
        credential_id: credential.credential_id.to_vec(),
        public_key: credential.public_key.to_vec(),
        algorithm,
        sign_count: authenticator_data.sign_count,
        user_verified: flags.user_verified(),
        backup_eligible: flags.backup_eligible(),
        backup_state: flags.backup_state(),
        aaguid: credential.aaguid,
        attestation,
    })
}
