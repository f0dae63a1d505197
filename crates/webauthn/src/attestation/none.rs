//! The format `none` (WebAuthn L3 §8.7): no statement at all.

use super::{AttestationKind, Inputs};
use crate::Error;
use crate::cbor::Reader;

/// The statement must be an empty map.
pub(super) fn verify(inputs: &Inputs<'_>) -> Result<AttestationKind, Error> {
    match Reader::new(inputs.statement).map() {
        Ok(0) => Ok(AttestationKind::None),
        _ => Err(Error::MalformedAttestationStatement(
            "the format none takes an empty map",
        )),
    }
}
