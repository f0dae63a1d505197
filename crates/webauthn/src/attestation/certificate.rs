//! Attestation certificates (RFC 5280), and what WebAuthn L3 §8.2.1 requires of them.
//!
//! Only the leaf is read. Its issuer's signature, its validity and its chain say something only once there are trust
//! anchors (WebAuthn L3 §7.1, step 23), and are not looked at before.

use super::der::{Reader, Value, tag};

/// The most extensions that are looked at; certificates have about five.
const MAXIMUM_EXTENSIONS: usize = 32;

/// id-at-countryName, organizationName, organizationalUnitName, commonName (2.5.4.6, .10, .11, .3).
const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];
const ORGANIZATION: &[u8] = &[0x55, 0x04, 0x0a];
const ORGANIZATIONAL_UNIT: &[u8] = &[0x55, 0x04, 0x0b];
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// id-ce-basicConstraints (2.5.29.19).
const BASIC_CONSTRAINTS: &[u8] = &[0x55, 0x1d, 0x13];
/// id-fido-gen-ce-aaguid (1.3.6.1.4.1.45724.1.1.4).
const FIDO_AAGUID: &[u8] = &[
    0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xe5, 0x1c, 0x01, 0x01, 0x04,
];

const NOT_DER: &str = "it is not a DER-encoded X.509 certificate";

/// A certificate, borrowed from its DER encoding.
#[derive(Debug)]
pub(super) struct Certificate<'a> {
    /// The version number as encoded: 2 means version 3.
    version: &'a [u8],
    subject: Reader<'a>,
    /// SubjectPublicKeyInfo, head included.
    pub(super) subject_public_key_info: &'a [u8],
    extensions: Reader<'a>,
}

/// One extension of a certificate.
struct Extension<'a> {
    identifier: &'a [u8],
    critical: bool,
    /// The contents of the OCTET STRING around the extension's own encoding.
    value: &'a [u8],
}

impl<'a> Certificate<'a> {
    /// Takes the certificate apart.
    pub(super) fn parse(der: &'a [u8]) -> Result<Self, &'static str> {
        Self::read(der).ok_or(NOT_DER)
    }

    fn read(der: &'a [u8]) -> Option<Self> {
        let mut outer = Reader::new(der);
        let mut certificate = outer.inside(tag::SEQUENCE)?;
        if !outer.is_empty() {
            return None;
        }
        let mut fields = certificate.inside(tag::SEQUENCE)?;
        let version = match fields.inside(tag::VERSION) {
            Some(mut version) => version.optional(tag::INTEGER)?.contents,
            None => &[0],
        };
        fields.optional(tag::INTEGER)?; // serial number
        fields.optional(tag::SEQUENCE)?; // signature algorithm
        fields.optional(tag::SEQUENCE)?; // issuer
        fields.optional(tag::SEQUENCE)?; // validity
        let subject = fields.inside(tag::SEQUENCE)?;
        let subject_public_key_info = fields.optional(tag::SEQUENCE)?.whole;
        let mut extensions = Reader::new(&[]);
        while !fields.is_empty() {
            let field = fields.value()?;
            if field.tag == tag::EXTENSIONS {
                extensions = Reader::new(field.contents).inside(tag::SEQUENCE)?;
            }
        }
        Some(Self {
            version,
            subject,
            subject_public_key_info,
            extensions,
        })
    }

    /// Checks the requirements of WebAuthn L3 §8.2.1, and the AAGUID as §8.2, step 2 of the verification procedure, says.
    pub(super) fn verify(&self, aaguid: &[u8; 16]) -> Result<(), &'static str> {
        if self.version != [2] {
            return Err("its version is not 3");
        }
        self.verify_subject()?;

        let mut basic_constraints = None;
        let mut seen = 0;
        let mut extensions = self.extensions.clone();
        while !extensions.is_empty() {
            let extension = Extension::read(&mut extensions).ok_or(NOT_DER)?;
            seen += 1;
            if seen > MAXIMUM_EXTENSIONS {
                return Err("it has too many extensions");
            }
            if extension.identifier == BASIC_CONSTRAINTS {
                basic_constraints = Some(extension.value);
            } else if extension.identifier == FIDO_AAGUID {
                extension.verify_aaguid(aaguid)?;
            }
        }
        match basic_constraints.map(is_authority) {
            Some(Some(false)) => Ok(()),
            Some(Some(true)) => {
                Err("its basic constraints say that it is a certification authority")
            }
            Some(None) => Err(NOT_DER),
            None => Err("it has no basic constraints"),
        }
    }

    /// Country, organization, unit and common name. The string types that the standard names are not insisted on.
    fn verify_subject(&self) -> Result<(), &'static str> {
        let (mut country, mut organization, mut unit, mut common_name) = (None, None, None, None);
        let mut names = self.subject.clone();
        while !names.is_empty() {
            let mut name = names.inside(tag::SET).ok_or(NOT_DER)?;
            while !name.is_empty() {
                let mut attribute = name.inside(tag::SEQUENCE).ok_or(NOT_DER)?;
                let identifier = attribute
                    .optional(tag::OBJECT_IDENTIFIER)
                    .ok_or(NOT_DER)?
                    .contents;
                let text = attribute.value().and_then(text_of);
                match identifier {
                    COUNTRY => country = text,
                    ORGANIZATION => organization = text,
                    ORGANIZATIONAL_UNIT => unit = text,
                    COMMON_NAME => common_name = text,
                    _ => {}
                }
            }
        }
        if !country.is_some_and(|code| code.len() == 2 && code.iter().all(u8::is_ascii_uppercase)) {
            return Err("its subject has no country (C) of two letters");
        }
        if organization.is_none_or(<[u8]>::is_empty) {
            return Err("its subject has no organization (O)");
        }
        if unit != Some(b"Authenticator Attestation") {
            return Err("its subject's unit (OU) is not \"Authenticator Attestation\"");
        }
        if common_name.is_none_or(<[u8]>::is_empty) {
            return Err("its subject has no common name (CN)");
        }
        Ok(())
    }
}

impl<'a> Extension<'a> {
    fn read(extensions: &mut Reader<'a>) -> Option<Self> {
        let mut extension = extensions.inside(tag::SEQUENCE)?;
        let identifier = extension.optional(tag::OBJECT_IDENTIFIER)?.contents;
        let critical = extension
            .optional(tag::BOOLEAN)
            .is_some_and(|value| value.contents != [0]);
        let value = extension.optional(tag::OCTET_STRING)?.contents;
        Some(Self {
            identifier,
            critical,
            value,
        })
    }

    fn verify_aaguid(&self, aaguid: &[u8; 16]) -> Result<(), &'static str> {
        if self.critical {
            return Err("its AAGUID extension is marked as critical");
        }
        let mut value = Reader::new(self.value);
        match value.optional(tag::OCTET_STRING) {
            Some(inner) if inner.contents == aaguid && value.is_empty() => Ok(()),
            _ => Err("its AAGUID extension does not hold the AAGUID of the authenticator data"),
        }
    }
}

/// Reads BasicConstraints and says whether it is for a certification authority.
fn is_authority(der: &[u8]) -> Option<bool> {
    let mut constraints = Reader::new(der).inside(tag::SEQUENCE)?;
    Some(
        constraints
            .optional(tag::BOOLEAN)
            .is_some_and(|authority| authority.contents != [0]),
    )
}

fn text_of(value: Value<'_>) -> Option<&[u8]> {
    matches!(value.tag, tag::UTF8_STRING | tag::PRINTABLE_STRING).then_some(value.contents)
}
