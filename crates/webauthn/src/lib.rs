//! WebAuthn Level 3 ceremonies for a relying party: bytes in, verdict out. No I/O, no clock, no randomness.
//!
//! The server makes the challenge and the options ([`CreationOptions`], [`RequestOptions`]), remembers what it
//! expects ([`Expectation`]), and hands in what the browser sent back: [`registration::verify`] judges a new
//! credential (WebAuthn L3 §7.1), [`authentication::verify`] an assertion (§7.2). Each check cites its step; the steps
//! that are the caller's are listed at the top of both modules.
//!
//! | module | what it is for |
//! | --- | --- |
//! | [`registration`], [`authentication`] | the two procedures, step by step |
//! | [`options`] | what is sent to the browser |
//! | `client_data` | `clientDataJSON`: type, challenge, origin, frames |
//! | [`authenticator_data`] | RP ID hash, flags, counter, the new credential |
//! | [`cose`] | public keys and signatures |
//! | `attestation` | attestation objects; the formats `none` and `packed` |
//! | `cbor` | a strict reader for the CBOR that authenticators send |
//! | [`base64url`] | bytes in JSON |
//! | [`error`] | one variant for each check |
//!
//! Step numbers are those of the Level 3 text, <https://www.w3.org/TR/webauthn-3/>.

#![warn(missing_docs)]

mod attestation;
pub mod authentication;
pub mod authenticator_data;
pub mod base64url;
mod cbor;
mod client_data;
pub mod cose;
pub mod error;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzing;
pub mod options;
pub mod registration;

pub use attestation::{Attestation, AttestationKind, AttestationPolicy};
pub use authentication::{
    AuthenticationResponse, CounterVerdict, StoredCredential, VerifiedAuthentication,
};
pub use cose::{Algorithm, PublicKey};
pub use error::Error;
pub use options::{
    Attachment, AttestationPreference, AuthenticatorSelection, CreationOptions,
    CredentialDescriptor, CredentialParameter, RelyingPartyEntity, RequestOptions, ResidentKey,
    UserEntity, UserVerification,
};
pub use registration::{RegistrationPolicy, RegistrationResponse, VerifiedRegistration};

/// What the relying party expects of a response, the same for both ceremonies.
#[derive(Debug, Clone, Copy)]
pub struct Expectation<'a> {
    /// The challenge of the options.
    pub challenge: &'a [u8],
    /// The RP ID of the options.
    pub rp_id: &'a str,
    /// The exact origins that may run the ceremony: `https://example.org`, or `android:apk-key-hash:…` for an app.
    pub origins: &'a [String],
    /// The user verification asked for in the options; only [`UserVerification::Required`] is enforced.
    pub user_verification: UserVerification,
    /// The pages in whose cross-origin frames the ceremony may run; `None` refuses all such frames. A client that
    /// reports a cross-origin frame without naming the page (Level 2) is accepted if there is a list.
    pub top_origins: Option<&'a [String]>,
}
