//! Attestation certificates and statements of the format `packed`.

use ciborium::Value as Cbor;
use rcgen::{CertificateParams, CustomExtension, DistinguishedName, DnType, IsCa};

use crate::support::AAGUID;

/// id-fido-gen-ce-aaguid.
pub const FIDO_AAGUID: &[u64] = &[1, 3, 6, 1, 4, 1, 45724, 1, 1, 4];

/// A statement of the format `packed`.
pub fn statement(algorithm: i64, signature: Vec<u8>, certificates: Option<Vec<Cbor>>) -> Cbor {
    let mut members = vec![
        ("alg".into(), algorithm.into()),
        ("sig".into(), Cbor::Bytes(signature)),
    ];
    members.extend(certificates.map(|certificates| ("x5c".into(), Cbor::Array(certificates))));
    Cbor::Map(members)
}

/// The parameters of a certificate that meets every requirement of §8.2.1.
pub fn parameters() -> CertificateParams {
    let mut parameters = CertificateParams::default();
    parameters.distinguished_name = subject(
        Some("GB"),
        Some("Ginnel Tests"),
        Some("Authenticator Attestation"),
        true,
    );
    parameters.is_ca = IsCa::ExplicitNoCa;
    parameters.custom_extensions = vec![aaguid_extension(&AAGUID)];
    parameters
}

/// The subject of a certificate.
pub fn subject(
    country: Option<&str>,
    organization: Option<&str>,
    unit: Option<&str>,
    named: bool,
) -> DistinguishedName {
    let mut subject = DistinguishedName::new();
    for (kind, value) in [
        (DnType::CountryName, country),
        (DnType::OrganizationName, organization),
        (DnType::OrganizationalUnitName, unit),
        (
            DnType::CommonName,
            named.then_some("A software authenticator"),
        ),
    ] {
        if let Some(value) = value {
            subject.push(kind, value);
        }
    }
    subject
}

/// The AAGUID in the OCTET STRING that the standard wants; the extension itself adds the second one.
pub fn aaguid_extension(aaguid: &[u8]) -> CustomExtension {
    CustomExtension::from_oid_content(FIDO_AAGUID, [&[0x04, aaguid.len() as u8], aaguid].concat())
}

/// Puts `to` over the first place where `from` stands.
pub fn replace(bytes: &mut [u8], from: &[u8], to: &[u8]) {
    let at = bytes
        .windows(from.len())
        .position(|window| window == from)
        .expect("it is there");
    bytes[at..at + to.len()].copy_from_slice(to);
}
