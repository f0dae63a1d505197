//! What names a user: an e-mail address or a phone number, each in one canonical form.

use std::fmt;

use idna::uts46::{AsciiDenyList, DnsLength, Hyphens, Uts46};

use super::phone;
use crate::error::{Error, Result};
use crate::store::{FromColumn, ToValue, Value};

/// An e-mail address or a phone number, in its canonical form.
#[derive(Clone, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// An e-mail address: lower case, an international domain as its A-labels (`xn--…`).
    Email(String),
    /// A phone number in E.164: `+` and 7 to 15 digits.
    Phone(String),
}

impl Identifier {
    /// Longest e-mail address, RFC 5321 §4.5.3.1.3 less the brackets.
    pub const EMAIL_MAX: usize = 254;

    /// Reads an address, or a number with its calling code. The texts of the refusals are Passage's.
    pub fn parse(text: &str) -> Result<Self> {
        let text = text.trim();
        let has_code = text.starts_with(['+', '＋']) || is_tel(text);
        if has_code && !text.contains('@') {
            Identifier::phone(text, None)
        } else {
            Identifier::email(text)
        }
    }

    /// Reads an address, or a number that may lack its calling code if it is one of `country` (ISO 3166-1 alpha-2).
    pub fn parse_in(text: &str, country: &str) -> Result<Self> {
        if phone::is_meant(text) {
            Identifier::phone(text, Some(country))
        } else {
            Identifier::parse(text)
        }
    }

    /// Reads an e-mail address: the form that the WHATWG HTML standard gives `input type=email`, plus a dot in the domain.
    /// That is what mail programs can send to, without RFC 5322's comments and quotes. The domain is read by UTS 46.
    pub fn email(text: &str) -> Result<Self> {
        let invalid = || Error::invalid("identifier: must be a valid email address.");
        let text = text.trim();
        // No address in Unicode is longer than its A-labels.
        if text.chars().count() > Identifier::EMAIL_MAX {
            return Err(invalid());
        }
        let (local, domain) = text.rsplit_once('@').ok_or_else(invalid)?;
        if !local.is_ascii() {
            return Err(Error::invalid(
                "identifier: must be a valid email address. Before the @ only the letters a to z, digits and signs work here; \
                 use an address without other letters there.",
            ));
        }
        let domain = Uts46::new()
            .to_ascii(
                domain.as_bytes(),
                AsciiDenyList::STD3,
                Hyphens::CheckFirstLast,
                DnsLength::Verify,
            )
            .map_err(|_| invalid())?;
        let address = format!("{}@{domain}", local.to_ascii_lowercase());
        if is_local(local) && is_public(&domain) && address.len() <= Identifier::EMAIL_MAX {
            Ok(Identifier::Email(address))
        } else {
            Err(invalid())
        }
    }

    /// Reads a phone number; one without a calling code is a number of `country`.
    pub fn phone(text: &str, country: Option<&str>) -> Result<Self> {
        phone::parse(text, country)
            .map(Identifier::Phone)
            .ok_or_else(|| Error::invalid("identifier: must be a valid E164 number."))
    }

    /// The address or number.
    pub fn as_str(&self) -> &str {
        match self {
            Identifier::Email(text) | Identifier::Phone(text) => text,
        }
    }
}

fn is_tel(text: &str) -> bool {
    text.get(..4)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("tel:"))
}

fn is_local(local: &str) -> bool {
    !local.is_empty()
        && local.len() <= 64
        && local
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c))
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
}

/// Whether a domain can be one of the public DNS: it has a top-level domain, which is no number (RFC 3696 §2). So no address
/// leads a mail server to a machine by its IP address.
fn is_public(domain: &str) -> bool {
    domain
        .rsplit_once('.')
        .is_some_and(|(_, top)| !top.bytes().all(|byte| byte.is_ascii_digit()))
}

impl fmt::Display for Identifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl ToValue for Identifier {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self.as_str())
    }
}

impl FromColumn for Identifier {
    /// From its canonical form; no address is without an `@`.
    fn from_column(value: Value<'_>) -> Result<Self> {
        let text = String::from_column(value)?;
        Ok(if text.contains('@') {
            Identifier::Email(text)
        } else {
            Identifier::Phone(text)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn email(text: &str) -> Identifier {
        Identifier::Email(text.to_owned())
    }

    #[test]
    fn an_address_has_one_form() {
        for (text, address) in [
            (" A@Example.COM ", "a@example.com"),
            ("A@MÜNCHEN.de", "a@xn--mnchen-3ya.de"),
            ("a@xn--MNCHEN-3ya.de", "a@xn--mnchen-3ya.de"),
            ("a@mu\u{308}nchen.de", "a@xn--mnchen-3ya.de"),
            ("a@ｅｘａｍｐｌｅ.com", "a@example.com"),
            ("a@example。com", "a@example.com"),
            ("a@exam\u{ad}ple.com", "a@example.com"),
            ("a@EXAMPLE.ＣＯＭ", "a@example.com"),
            ("a@eﬃcient.com", "a@efficient.com"),
            ("a@①.com", "a@1.com"),
            ("a@XN--MNCHEN-3YA.DE", "a@xn--mnchen-3ya.de"),
            ("a@\u{2060}exam\u{200b}ple.com", "a@example.com"),
            ("\u{3000}a@example.com\u{a0}", "a@example.com"),
            // Alike for some eyes or programs, and other domains for the DNS.
            ("a@straße.de", "a@xn--strae-oqa.de"),
            ("a@strasse.de", "a@strasse.de"),
            ("a@paypaⅼ.com", "a@paypal.com"),
            ("a@pаypal.com", "a@xn--pypal-4ve.com"),
            ("a@ıstanbul.com", "a@xn--stanbul-qfb.com"),
            ("+tag@example.com", "+tag@example.com"),
            ("0301234567@example.com", "0301234567@example.com"),
            // It looks like example.com, and is not.
            ("a@exаmple.com", "a@xn--exmple-4nf.com"),
        ] {
            assert_eq!(Identifier::parse(text).unwrap(), email(address), "{text}");
            assert_eq!(Identifier::parse_in(text, "DE").unwrap(), email(address));
        }
    }

    #[test]
    fn numbers_without_a_code_need_a_country() {
        let number = Identifier::Phone("+49301234567".into());
        assert_eq!(Identifier::parse("+49 30 1234567").unwrap(), number);
        assert_eq!(Identifier::parse("tel:+49-30-1234567").unwrap(), number);
        assert_eq!(Identifier::parse_in("030 1234567", "DE").unwrap(), number);
        assert!(Identifier::parse("030 1234567").is_err());
    }

    #[test]
    fn what_is_no_identifier_is_refused() {
        let long = format!("{}@example.com", "a".repeat(10_000));
        let long_domain = format!("a@{}.com", "é".repeat(200));
        for bad in [
            "",
            "a",
            "a@",
            "@example.com",
            "a@b",
            "a@.com",
            "a@example.com.",
            "a b@example.com",
            "a@exa mple.com",
            "a@exa_mple.com",
            "a@example.com\r\nBcc: x@y.z",
            "\"a\"@example.com",
            "a..b@example.com",
            "a@-x.com",
            "a@xn--a.com",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@example.123",
            "a@１２７.0.0.1",
            "a@example.com。",
            "a@exam\u{200d}ple.com",
            "a@\u{202e}moc.elpmaxe",
            "a@example.com\u{0}",
            "a\u{0}@example.com",
            "a@b@example.com",
            "a@example.com, b@example.com",
            "Ada <ada@example.com>",
            "a%40example.com",
            "\u{feff}ada@example.com",
            "a\u{301}da@example.com",
            "ａda@example.com",
            "(a)b@example.com",
            "b@example.com(a)",
            "\"a b\"@example.com",
            "a\\@b@example.com",
            "аdmin@example.com",
            "ada＠example.com",
            "+12",
            "+0123456789",
            "+1234567890123456",
            &long,
            &long_domain,
        ] {
            assert!(Identifier::parse(bad).is_err(), "{bad}");
            assert!(Identifier::parse_in(bad, "DE").is_err(), "{bad}");
        }
        let refused = Identifier::parse("аdmin@example.com").unwrap_err();
        assert!(refused.message().contains("Before the @"));
    }
}
