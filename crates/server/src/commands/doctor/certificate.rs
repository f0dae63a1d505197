//! Until when a certificate is valid (RFC 5280 §4.1.2.5). TLS has checked everything else by then.

use crate::time::Timestamp;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// Context-specific, constructed: the version.
const VERSION: u8 = 0xa0;

/// `notAfter` of a certificate in DER; `None` if it cannot be read.
pub fn valid_until(certificate: &[u8]) -> Option<Timestamp> {
    let mut outer = certificate;
    let mut certificate = take(&mut outer, SEQUENCE)?;
    let mut fields = take(&mut certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        take(&mut fields, VERSION)?;
    }
    take(&mut fields, INTEGER)?;
    // The algorithm and the issuer.
    take(&mut fields, SEQUENCE)?;
    take(&mut fields, SEQUENCE)?;
    let mut validity = take(&mut fields, SEQUENCE)?;
    time(&mut validity)?;
    time(&mut validity)
}

/// The contents of the next value, if it has this tag.
fn take<'a>(input: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    let (&found, rest) = input.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f))?;
        if bytes.len() > 4 {
            return None;
        }
        let length = bytes
            .iter()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte));
        (length, rest)
    };
    let (contents, rest) = rest.split_at_checked(length)?;
    *input = rest;
    (found == tag).then_some(contents)
}

/// A time in one of the two forms, both of which end in `Z` and have seconds.
fn time(input: &mut &[u8]) -> Option<Timestamp> {
    let tag = *input.first()?;
    let text = std::str::from_utf8(take(input, tag)?).ok()?;
    let digits = match tag {
        GENERALIZED_TIME => text.to_owned(),
        // Two digits: 50 to 99 are of the last century.
        UTC_TIME if text.get(..2)? >= "50" => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        _ => return None,
    };
    let rfc_3339 = format!(
        "{}-{}-{}T{}:{}:{}",
        digits.get(..4)?,
        digits.get(4..6)?,
        digits.get(6..8)?,
        digits.get(8..10)?,
        digits.get(10..12)?,
        digits.get(12..)?
    );
    let instant: jiff::Timestamp = rfc_3339.parse().ok()?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_certificate_is_read() {
        for (year, end) in [
            (2049, "2049-02-03T00:00:00Z"),
            (2050, "2050-02-03T00:00:00Z"),
        ] {
            let mut parameters = rcgen::CertificateParams::new(["a.example".to_owned()]).unwrap();
            parameters.not_after = rcgen::date_time_ymd(year, 2, 3);
            let key = rcgen::KeyPair::generate().unwrap();
            let certificate = parameters.self_signed(&key).unwrap();
            let until = valid_until(certificate.der()).unwrap();
            assert_eq!(until.to_string(), end);
            for length in 0..certificate.der().len() {
                // Cut off anywhere, it is refused or gives the same.
                let cut = valid_until(&certificate.der()[..length]);
                assert!(cut.is_none_or(|cut| cut == until));
            }
        }
        assert_eq!(valid_until(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
