//! Authenticator data (WebAuthn L3 §6.1): what the authenticator signed, and the checks common to both ceremonies.

use aws_lc_rs::digest::{SHA256, digest};

use crate::cbor::Reader;
use crate::{Error, Expectation, UserVerification};

/// RP ID hash, flags and signature counter.
const FIXED_LENGTH: usize = 32 + 1 + 4;

/// The flags byte of authenticator data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flags(pub u8);

impl Flags {
    /// UP: a user was present.
    pub const fn user_present(self) -> bool {
        self.0 & 0x01 != 0
    }
    /// UV: the authenticator verified the user.
    pub const fn user_verified(self) -> bool {
        self.0 & 0x04 != 0
    }
    /// BE: the credential may be backed up; never changes for a credential.
    pub const fn backup_eligible(self) -> bool {
        self.0 & 0x08 != 0
    }
    /// BS: the credential is backed up now.
    pub const fn backup_state(self) -> bool {
        self.0 & 0x10 != 0
    }
    /// AT: attested credential data follow.
    pub const fn attested_credential(self) -> bool {
        self.0 & 0x40 != 0
    }
    /// ED: extension data follow.
    pub const fn extensions(self) -> bool {
        self.0 & 0x80 != 0
    }
}

/// Authenticator data, borrowed from the bytes they were read from.
#[derive(Debug, Clone)]
pub struct AuthenticatorData<'a> {
    /// SHA-256 of the RP ID that the credential is scoped to.
    pub rp_id_hash: &'a [u8],
    /// What the authenticator did.
    pub flags: Flags,
    /// The signature counter; 0 if the authenticator has none.
    pub sign_count: u32,
    /// The new credential; present in registrations.
    pub attested_credential: Option<AttestedCredential<'a>>,
    /// Extension outputs, a CBOR map.
    pub extensions: Option<&'a [u8]>,
}

/// Attested credential data (WebAuthn L3 §6.5.1).
#[derive(Debug, Clone)]
pub struct AttestedCredential<'a> {
    /// The model of the authenticator; all zeros if it does not say.
    pub aaguid: [u8; 16],
    /// The credential's id, of any length up to 65535: [`crate::registration::verify`] limits it.
    pub credential_id: &'a [u8],
    /// The COSE_Key, exactly the bytes received.
    pub public_key: &'a [u8],
}

impl<'a> AuthenticatorData<'a> {
    /// Takes authenticator data apart. Every byte must be accounted for.
    ///
    /// # Errors
    /// [`Error::MalformedAuthenticatorData`]
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::read(bytes).map_err(Error::MalformedAuthenticatorData)
    }

    fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (fixed, mut rest) = bytes
            .split_at_checked(FIXED_LENGTH)
            .ok_or("they are shorter than 37 bytes")?;
        let flags = Flags(fixed[32]);
        let attested_credential = match flags.attested_credential() {
            true => {
                let (credential, after) = AttestedCredential::read(rest)?;
                rest = after;
                Some(credential)
            }
            false => None,
        };
        let extensions = match flags.extensions() {
            true => {
                let mut reader = Reader::new(rest);
                let extensions = reader.map_item()?;
                rest = reader.remaining();
                Some(extensions)
            }
            false => None,
        };
        if !rest.is_empty() {
            return Err("bytes follow what the flags announce");
        }
        Ok(Self {
            rp_id_hash: &fixed[..32],
            flags,
            sign_count: u32::from_be_bytes([fixed[33], fixed[34], fixed[35], fixed[36]]),
            attested_credential,
            extensions,
        })
    }

    /// The checks that both ceremonies make.
    pub(crate) fn verify(&self, expected: &Expectation<'_>) -> Result<(), Error> {
        // WebAuthn L3 §7.1, step 14; §7.2, step 15: the RP ID.
        if self.rp_id_hash != digest(&SHA256, expected.rp_id.as_bytes()).as_ref() {
            return Err(Error::RpIdMismatch);
        }
        // WebAuthn L3 §7.1, step 15; §7.2, step 16: user presence. Registrations with conditional mediation, which
        // may go without, are not offered.
        if !self.flags.user_present() {
            return Err(Error::UserNotPresent);
        }
        // WebAuthn L3 §7.1, step 16; §7.2, step 17: user verification.
        if expected.user_verification == UserVerification::Required && !self.flags.user_verified() {
            return Err(Error::UserNotVerified);
        }
        // WebAuthn L3 §7.1, step 17; §7.2, step 18: backed up implies backup eligible.
        if self.flags.backup_state() && !self.flags.backup_eligible() {
            return Err(Error::BackupFlags);
        }
        Ok(())
    }
}

impl<'a> AttestedCredential<'a> {
    /// Reads attested credential data from the front of `bytes` and returns what follows them.
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), &'static str> {
        const SHORT: &str = "the attested credential is cut short";
        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(SHORT)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(SHORT)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (credential_id, rest) = rest.split_at_checked(length).ok_or(SHORT)?;
        let mut reader = Reader::new(rest);
        let public_key = reader.map_item()?;
        Ok((
            Self {
                aaguid: *aaguid,
                credential_id,
                public_key,
            },
            reader.remaining(),
        ))
    }
}
