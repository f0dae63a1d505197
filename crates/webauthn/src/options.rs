//! The options that a server sends to the browser, in the JSON of WebAuthn L3 §5.1 (`parseCreationOptionsFromJSON`,
//! `parseRequestOptionsFromJSON`): camelCase names, bytes as unpadded base64url.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{Algorithm, base64url};

/// `PublicKeyCredentialCreationOptionsJSON`: asks for a new credential.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreationOptions {
    /// Who asks.
    pub rp: RelyingPartyEntity,
    /// Whose credential it will be.
    pub user: UserEntity,
    /// The challenge, at least 16 random bytes.
    #[serde(with = "base64url")]
    pub challenge: Vec<u8>,
    /// The accepted algorithms, the preferred ones first.
    pub pub_key_cred_params: Vec<CredentialParameter>,
    /// How long the browser should wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// Credentials that the user has already; their authenticators refuse to make another one.
    #[serde(default)]
    pub exclude_credentials: Vec<CredentialDescriptor>,
    /// What the authenticator must or should be able to do.
    #[serde(default)]
    pub authenticator_selection: AuthenticatorSelection,
    /// Which attestation is asked for.
    #[serde(default)]
    pub attestation: AttestationPreference,
    /// Client extension inputs.
    #[serde(default)]
    pub extensions: Map<String, Value>,
}

/// `PublicKeyCredentialRequestOptionsJSON`: asks for an assertion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestOptions {
    /// The challenge, at least 16 random bytes.
    #[serde(with = "base64url")]
    pub challenge: Vec<u8>,
    /// How long the browser should wait, in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u32>,
    /// The RP ID that the credential must be scoped to.
    pub rp_id: String,
    /// The credentials that may answer; empty for any discoverable one.
    #[serde(default)]
    pub allow_credentials: Vec<CredentialDescriptor>,
    /// Whether the authenticator must verify the user.
    #[serde(default)]
    pub user_verification: UserVerification,
    /// Client extension inputs.
    #[serde(default)]
    pub extensions: Map<String, Value>,
}

/// The relying party (`PublicKeyCredentialRpEntity`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelyingPartyEntity {
    /// The RP ID, a domain.
    pub id: String,
    /// A name that the browser may show.
    pub name: String,
}

/// The user (`PublicKeyCredentialUserEntityJSON`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserEntity {
    /// The user handle, 1 to 64 bytes that identify the account and say nothing about the person.
    #[serde(with = "base64url")]
    pub id: Vec<u8>,
    /// The name by which the user knows the account, such as an e-mail address.
    pub name: String,
    /// A name for people.
    pub display_name: String,
}

/// An accepted algorithm (`PublicKeyCredentialParameters`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "public-key")]
pub struct CredentialParameter {
    /// The COSE algorithm identifier.
    pub alg: i64,
}

impl From<Algorithm> for CredentialParameter {
    fn from(algorithm: Algorithm) -> Self {
        Self {
            alg: algorithm.cose_id(),
        }
    }
}

/// A known credential (`PublicKeyCredentialDescriptorJSON`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "public-key")]
pub struct CredentialDescriptor {
    /// The credential's id.
    #[serde(with = "base64url")]
    pub id: Vec<u8>,
    /// How the authenticator can be reached, as `getTransports()` said at registration.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub transports: Vec<String>,
}

/// What the authenticator must or should be able to do (`AuthenticatorSelectionCriteria`).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AuthenticatorSelection {
    /// Only authenticators inside, or only outside, the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authenticator_attachment: Option<Attachment>,
    /// Whether the credential must be discoverable.
    pub resident_key: ResidentKey,
    /// For Level 1 browsers: true if, and only if, `resident_key` is required.
    pub require_resident_key: bool,
    /// Whether the authenticator must verify the user.
    pub user_verification: UserVerification,
}

/// Where the authenticator is (`AuthenticatorAttachment`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Attachment {
    /// Part of the client device.
    Platform,
    /// Removable, or another device.
    CrossPlatform,
}

/// Whether a credential must be discoverable (`ResidentKeyRequirement`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResidentKey {
    /// It must be.
    Required,
    /// It should be.
    Preferred,
    /// It should not be; the standard's default.
    #[default]
    Discouraged,
}

/// Whether the authenticator must verify the user (`UserVerificationRequirement`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// It must; a response without it is refused.
    Required,
    /// It should; the standard's default.
    #[default]
    Preferred,
    /// It should not.
    Discouraged,
}

/// Which attestation is asked for (`AttestationConveyancePreference`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AttestationPreference {
    /// None; the standard's default.
    #[default]
    None,
    /// Any that the client cares to give, possibly anonymised.
    Indirect,
    /// The authenticator's own.
    Direct,
    /// One that may identify the single device.
    Enterprise,
}
