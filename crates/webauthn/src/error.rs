//! Why a ceremony was refused: one variant for each check, a sentence for the log and a stable code for the wire.

/// The refusal of one check. [`Error::code`] is stable; the sentence (`Display`) may change.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// `clientDataJSON` is not the JSON object that the standard describes.
    #[error(
        "clientDataJSON cannot be read: {0}; send the bytes of response.clientDataJSON unchanged"
    )]
    MalformedClientData(String),
    /// The client data belong to another kind of ceremony.
    #[error(
        "clientDataJSON has type {seen:?}, expected {expected:?}; send the response of the matching browser call"
    )]
    ClientDataType {
        /// The type in the client data.
        seen: String,
        /// The type of the ceremony being finished.
        expected: &'static str,
    },
    /// The response answers another challenge.
    #[error("the response was made for another challenge; start the ceremony again")]
    ChallengeMismatch,
    /// The page that ran the ceremony is not among the expected origins.
    #[error(
        "the ceremony ran at origin {seen:?}, which is not in the list of expected origins; add it or open a listed one"
    )]
    OriginMismatch {
        /// The origin in the client data, cut to 256 characters.
        seen: String,
    },
    /// The ceremony ran inside a frame of another site, and the relying party does not allow that.
    #[error(
        "the ceremony ran in a cross-origin frame, which is not allowed here; open the page itself"
    )]
    CrossOrigin,
    /// The page around the frame is not among the expected ones.
    #[error(
        "the ceremony ran in a frame of {seen:?}, which is not in the list of expected top origins"
    )]
    TopOriginMismatch {
        /// The top origin in the client data, cut to 256 characters.
        seen: String,
    },
    /// The attestation object is not the CBOR map that the standard describes.
    #[error(
        "the attestation object cannot be read: {0}; send the bytes of response.attestationObject unchanged"
    )]
    MalformedAttestationObject(&'static str),
    /// The authenticator data have a wrong length or structure.
    #[error(
        "the authenticator data cannot be read: {0}; send the bytes the authenticator made unchanged"
    )]
    MalformedAuthenticatorData(&'static str),
    /// The credential is scoped to another relying party.
    #[error("the authenticator signed for another RP ID; check the RP ID of the application")]
    RpIdMismatch,
    /// The authenticator did not test user presence.
    #[error("the authenticator did not test that a user is present (UP is not set)")]
    UserNotPresent,
    /// User verification was required and did not happen.
    #[error(
        "the authenticator did not verify the user (UV is not set), which is required here; use a PIN or biometrics"
    )]
    UserNotVerified,
    /// The flags say "backed up" for a credential that cannot be backed up.
    #[error("the authenticator data say backed up (BS) without backup eligible (BE)")]
    BackupFlags,
    /// Backup eligibility, which never changes in the life of a credential, differs from the record.
    #[error("backup eligibility is {seen} but was {stored} when the credential was registered")]
    BackupEligibilityChanged {
        /// The BE flag of this response.
        seen: bool,
        /// The BE flag in the credential record.
        stored: bool,
    },
    /// A registration without a new credential (the AT flag is not set).
    #[error("the authenticator data carry no attested credential (AT is not set)")]
    AttestedCredentialMissing,
    /// The credential public key is not a valid COSE key of its algorithm.
    #[error("the public key cannot be used: {0}")]
    MalformedPublicKey(&'static str),
    /// The public key's algorithm was not offered, or is not known here.
    #[error("the credential uses COSE algorithm {cose_id}, which was not offered")]
    AlgorithmNotAllowed {
        /// The COSE algorithm identifier in the key.
        cose_id: i64,
    },
    /// The attestation statement does not have the syntax of its format.
    #[error("the attestation statement cannot be read: {0}")]
    MalformedAttestationStatement(&'static str),
    /// The attestation statement names an algorithm that does not fit its key or is not known here.
    #[error(
        "the attestation statement uses COSE algorithm {cose_id}, which does not fit its key or is not supported"
    )]
    AttestationAlgorithm {
        /// The COSE algorithm identifier in the statement.
        cose_id: i64,
    },
    /// The attestation signature is wrong.
    #[error("the attestation signature does not verify")]
    AttestationSignature,
    /// The attestation certificate does not meet the requirements of its format.
    #[error("the attestation certificate is not acceptable: {0}")]
    AttestationCertificate(&'static str),
    /// The credential id is longer than 1023 bytes or empty.
    #[error("the credential id has {length} bytes; 1 to 1023 are allowed")]
    CredentialIdLength {
        /// The length in bytes.
        length: usize,
    },
    /// The credential id of the response is not the one that was expected.
    #[error("the credential id of the response is not that of the credential")]
    CredentialMismatch,
    /// A discoverable sign-in without a user handle.
    #[error("the response carries no user handle, which a sign-in without an identifier needs")]
    UserHandleMissing,
    /// The user handle names somebody else than the owner of the credential.
    #[error("the user handle of the response is not that of the credential's owner")]
    UserHandleMismatch,
    /// The assertion signature is wrong.
    #[error("the signature does not verify with the credential's public key")]
    Signature,
}

impl Error {
    /// A stable name in snake case for logs and wire formats.
    pub fn code(&self) -> &'static str {
        match self {
            Self::MalformedClientData(_) => "malformed_client_data",
            Self::ClientDataType { .. } => "client_data_type",
            Self::ChallengeMismatch => "challenge_mismatch",
            Self::OriginMismatch { .. } => "origin_mismatch",
            Self::CrossOrigin => "cross_origin",
            Self::TopOriginMismatch { .. } => "top_origin_mismatch",
            Self::MalformedAttestationObject(_) => "malformed_attestation_object",
            Self::MalformedAuthenticatorData(_) => "malformed_authenticator_data",
            Self::RpIdMismatch => "rp_id_mismatch",
            Self::UserNotPresent => "user_not_present",
            Self::UserNotVerified => "user_not_verified",
            Self::BackupFlags => "backup_flags",
            Self::BackupEligibilityChanged { .. } => "backup_eligibility_changed",
            Self::AttestedCredentialMissing => "attested_credential_missing",
            Self::MalformedPublicKey(_) => "malformed_public_key",
            Self::AlgorithmNotAllowed { .. } => "algorithm_not_allowed",
            Self::MalformedAttestationStatement(_) => "malformed_attestation_statement",
            Self::AttestationAlgorithm { .. } => "attestation_algorithm",
            Self::AttestationSignature => "attestation_signature",
            Self::AttestationCertificate(_) => "attestation_certificate",
            Self::CredentialIdLength { .. } => "credential_id_length",
            Self::CredentialMismatch => "credential_mismatch",
            Self::UserHandleMissing => "user_handle_missing",
            Self::UserHandleMismatch => "user_handle_mismatch",
            Self::Signature => "signature",
        }
    }
}
