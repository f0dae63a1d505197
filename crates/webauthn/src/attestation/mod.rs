//! Attestation: what an authenticator says about itself when it makes a credential (WebAuthn L3 §6.5 and §8).

mod certificate;
mod der;
mod none;
mod packed;

use crate::authenticator_data::AttestedCredential;
use crate::cbor::Reader;
use crate::{Error, PublicKey};

/// The longest accepted attestation object, in bytes. Statements with certificate chains have a few thousand.
const MAXIMUM_LENGTH: usize = 48 * 1024;

/// Which attestation a relying party accepts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum AttestationPolicy {
    /// Attestation is not needed. Formats `none` and `packed` must be correct all the same; others are recorded as
    /// [`AttestationKind::Unverified`]. Certificates are not traced to a root.
    #[default]
    None,
}

/// What was found out about the attestation of a new credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// The attestation statement format identifier, such as `none` or `packed`.
    pub format: String,
    /// What the statement proves.
    pub kind: AttestationKind,
}

/// What an attestation statement proves (WebAuthn L3 §6.5.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttestationKind {
    /// Nothing: there is no statement.
    None,
    /// The authenticator holds the credential's private key.
    SelfAttestation,
    /// The holder of an attestation certificate signed; whose certificate that is, nobody has checked.
    Basic,
    /// Nothing: the format is not known here.
    Unverified,
}

/// An attestation object (WebAuthn L3 §6.5.4), taken apart.
#[derive(Debug)]
pub(crate) struct AttestationObject<'a> {
    pub(crate) format: &'a str,
    pub(crate) statement: &'a [u8],
    pub(crate) authenticator_data: &'a [u8],
}

impl<'a> AttestationObject<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, Error> {
        Self::read(bytes).map_err(Error::MalformedAttestationObject)
    }

    fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        if bytes.len() > MAXIMUM_LENGTH {
            return Err("it is longer than 48 KiB");
        }
        // One pass over the whole finds everything that no part may have, duplicate keys included.
        let mut reader = Reader::new(bytes);
        reader.map_item()?;
        reader.end()?;

        let (mut format, mut statement, mut authenticator_data) = (None, None, None);
        let mut reader = Reader::new(bytes);
        for _ in 0..reader.map()? {
            match reader.text()? {
                "fmt" => format = Some(reader.text()?),
                "attStmt" => statement = Some(reader.map_item()?),
                "authData" => authenticator_data = Some(reader.bytes()?),
                _ => {
                    reader.item()?;
                }
            }
        }
        let format = format.ok_or("fmt is missing")?;
        // WebAuthn L3 §8.1: at most 32 octets of printable ASCII except quotes and backslashes.
        if !(1..=32).contains(&format.len())
            || !format
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        {
            return Err("fmt is not an attestation statement format identifier");
        }
        Ok(Self {
            format,
            statement: statement.ok_or("attStmt is missing")?,
            authenticator_data: authenticator_data.ok_or("authData is missing")?,
        })
    }
}

/// What the verification procedure of a format works on (WebAuthn L3 §6.5.2).
pub(crate) struct Inputs<'a> {
    /// `attStmt`, a well-formed CBOR map.
    pub(crate) statement: &'a [u8],
    /// The authenticator data as received.
    pub(crate) authenticator_data: &'a [u8],
    /// The hash of the client data.
    pub(crate) client_data_hash: &'a [u8],
    /// The new credential in the authenticator data.
    pub(crate) credential: &'a AttestedCredential<'a>,
    /// Its public key, parsed.
    pub(crate) public_key: &'a PublicKey,
}

/// Chooses the format and runs its verification procedure.
pub(crate) fn verify(
    format: &str,
    inputs: &Inputs<'_>,
    policy: AttestationPolicy,
) -> Result<Attestation, Error> {
    // WebAuthn L3 §7.1, step 21: the format, compared exactly. Step 22: its verification procedure.
    let kind = match format {
        "none" => none::verify(inputs)?,
        "packed" => packed::verify(inputs)?,
        _ => AttestationKind::Unverified,
    };
    // WebAuthn L3 §7.1, step 23: there are no trust anchors yet. Step 24: whether the statement is good enough.
    match policy {
        AttestationPolicy::None => Ok(Attestation {
            format: format.to_owned(),
            kind,
        }),
    }
}

/// Takes any bytes as a certificate, for the fuzz targets: what is read of it lies within it, and is judged.
#[cfg(any(test, fuzzing))]
pub(crate) fn read_certificate(der: &[u8]) {
    if let Ok(certificate) = certificate::Certificate::parse(der) {
        let info = certificate.subject_public_key_info;
        assert!(der.as_ptr_range().contains(&info.as_ptr()) && info.len() < der.len());
        let _ = certificate.verify(&[0; 16]);
        for algorithm in crate::Algorithm::ALL {
            let _ = PublicKey::from_subject_public_key_info(*algorithm, info);
        }
    }
}
