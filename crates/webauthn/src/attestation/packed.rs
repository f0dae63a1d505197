//! The format `packed` (WebAuthn L3 §8.2): signed by the new credential itself, or by the key of a certificate.

use super::certificate::Certificate;
use super::{AttestationKind, Inputs};
use crate::cbor::Reader;
use crate::{Algorithm, Error, PublicKey};

/// The longest accepted certificate chain.
const MAXIMUM_CHAIN: usize = 8;

/// The members of the statement.
struct Statement<'a> {
    algorithm: i64,
    signature: &'a [u8],
    /// The first certificate of `x5c`; `None` for self attestation.
    certificate: Option<&'a [u8]>,
}

impl<'a> Statement<'a> {
    fn read(bytes: &'a [u8]) -> Result<Self, &'static str> {
        let (mut algorithm, mut signature, mut certificate) = (None, None, None);
        let mut reader = Reader::new(bytes);
        for _ in 0..reader.map()? {
            match reader.text()? {
                "alg" => algorithm = Some(reader.integer()?),
                "sig" => signature = Some(reader.bytes()?),
                "x5c" => {
                    for index in 0..reader.array(MAXIMUM_CHAIN)? {
                        let der = reader.bytes()?;
                        if index == 0 {
                            certificate = Some(der);
                        }
                    }
                    if certificate.is_none() {
                        return Err("x5c is empty");
                    }
                }
                _ => return Err("it has a member that the format packed does not have"),
            }
        }
        Ok(Self {
            algorithm: algorithm.ok_or("alg is missing")?,
            signature: signature.ok_or("sig is missing")?,
            certificate,
        })
    }
}

/// The verification procedure of WebAuthn L3 §8.2.
pub(super) fn verify(inputs: &Inputs<'_>) -> Result<AttestationKind, Error> {
    // Verification procedure, step 1: the syntax.
    let statement =
        Statement::read(inputs.statement).map_err(Error::MalformedAttestationStatement)?;
    let signed = [inputs.authenticator_data, inputs.client_data_hash].concat();
    let unfit = Error::AttestationAlgorithm {
        cose_id: statement.algorithm,
    };
    let Some(der) = statement.certificate else {
        // Step 3: self attestation; the algorithm is that of the credential, and so is the key.
        if statement.algorithm != inputs.public_key.algorithm().cose_id() {
            return Err(unfit);
        }
        inputs
            .public_key
            .verify(&signed, statement.signature)
            .map_err(|_| Error::AttestationSignature)?;
        return Ok(AttestationKind::SelfAttestation);
    };

    // Step 2: a certificate. First the signature with the key in it …
    let algorithm = Algorithm::from_cose_id(statement.algorithm).ok_or(unfit)?;
    let certificate = Certificate::parse(der).map_err(Error::AttestationCertificate)?;
    PublicKey::from_subject_public_key_info(algorithm, certificate.subject_public_key_info)
        .ok_or(Error::AttestationCertificate(
            "its key does not fit the algorithm of the statement",
        ))?
        .verify(&signed, statement.signature)
        .map_err(|_| Error::AttestationSignature)?;
    // … then the requirements on it, the AAGUID among them.
    certificate
        .verify(&inputs.credential.aaguid)
        .map_err(Error::AttestationCertificate)?;
    Ok(AttestationKind::Basic)
}
