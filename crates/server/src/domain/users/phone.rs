//! Phone numbers: every common spelling comes to one form, E.164 (`+`, calling code, number; 15 digits at most).
//!
//! No library does this here: the ports of libphonenumber carry its tables of every operator's ranges, which say whether a
//! number is in use today and go out of date; all that a login needs is that one number has one spelling.

use super::calling_codes::Plan;

/// Digits of a number with its calling code.
const DIGITS: std::ops::RangeInclusive<usize> = 7..=15;

/// Whether a text has nothing in it but digits and what people write between them, so that it can only be meant as a number.
pub(super) fn is_meant(text: &str) -> bool {
    let text = without_scheme(text);
    text.chars()
        .any(|c| matches!(read(c), Some(Sign::Digit(_))))
        && text.chars().all(|c| read(c).is_some())
}

/// The number in E.164. A number without a calling code is one of `country` (ISO 3166-1 alpha-2).
pub(super) fn parse(text: &str, country: Option<&str>) -> Option<String> {
    let mut digits = String::new();
    let mut has_plus = false;
    for c in without_zero_in_brackets(without_scheme(text)).chars() {
        match read(c)? {
            Sign::Digit(digit) => digits.push(digit),
            Sign::Plus if digits.is_empty() && !has_plus => has_plus = true,
            Sign::Plus => return None,
            Sign::Between => {}
        }
    }
    let home = country.and_then(Plan::of_country);
    let abroad = if has_plus {
        Some(digits.as_str())
    } else {
        let dialled = home.and_then(|plan| plan.abroad(&digits));
        dialled.or_else(|| digits.strip_prefix("00"))
    };
    let number = match (abroad, home) {
        (Some(digits), _) => match Plan::of_number(digits) {
            Some(plan) => with_code(plan, &digits[plan.code.len()..])?,
            // A code that was assigned lately, or one of no country.
            None if digits.starts_with('0') => return None,
            None => digits.to_owned(),
        },
        (None, Some(plan)) => with_code(plan, &digits)?,
        (None, None) => return None,
    };
    DIGITS.contains(&number.len()).then(|| format!("+{number}"))
}

fn with_code(plan: &Plan, digits: &str) -> Option<String> {
    let national = plan.national(digits)?;
    Some(format!("{}{national}", plan.code))
}

/// Without the scheme of RFC 3966.
fn without_scheme(text: &str) -> &str {
    let text = text.trim();
    match text.get(..4) {
        Some(scheme) if scheme.eq_ignore_ascii_case("tel:") => text[4..].trim_start(),
        _ => text,
    }
}

/// `+49 (0) 30 …`: the zero is dialled within the country only.
fn without_zero_in_brackets(text: &str) -> String {
    let is_abroad = text.starts_with(['+', '＋']) || text.starts_with("00");
    if is_abroad {
        text.replacen("(0)", "", 1)
    } else {
        text.to_owned()
    }
}

/// What a character of a number is.
enum Sign {
    /// A digit, in ASCII.
    Digit(char),
    Plus,
    /// Stands between digits, or is not seen at all: copied numbers bring marks of writing direction along.
    Between,
}

fn read(c: char) -> Option<Sign> {
    let zeros = ['0', '０', '٠', '۰', '०'];
    let digit = zeros.into_iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(zero))?;
        char::from_digit(value, 10)
    });
    if let Some(digit) = digit {
        return Some(Sign::Digit(digit));
    }
    match c {
        '+' | '＋' => Some(Sign::Plus),
        ' ' | '\u{a0}' | '\u{2000}'..='\u{200b}' | '\u{202f}' | '\u{3000}' => Some(Sign::Between),
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '－' => Some(Sign::Between),
        '.' | '/' | '·' | '(' | ')' | '（' | '）' | '[' | ']' => Some(Sign::Between),
        '\u{200e}'
        | '\u{200f}'
        | '\u{202a}'..='\u{202e}'
        | '\u{2060}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}' => Some(Sign::Between),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_common_spelling_comes_to_one_number() {
        for (country, text, number) in [
            // Germany, from anywhere.
            ("US", "+49 30 1234567", "+49301234567"),
            ("US", "+49 (0) 30 1234567", "+49301234567"),
            ("US", "+49 (0)30/123 45 67", "+49301234567"),
            ("US", "+49 030 1234567", "+49301234567"),
            ("US", "011 49 30 1234567", "+49301234567"),
            ("US", "0049 30 1234567", "+49301234567"),
            ("DE", "0049 (0) 30 1234567", "+49301234567"),
            ("DE", "030 1234567", "+49301234567"),
            ("DE", "(030) 123-4567", "+49301234567"),
            ("DE", "030.123.4567", "+49301234567"),
            ("DE", "tel:+49-30-1234567", "+49301234567"),
            ("DE", "TEL: 030 1234567", "+49301234567"),
            ("DE", "+49\u{a0}30\u{202f}1234567", "+49301234567"),
            ("DE", "０３０ １２３４５６７", "+49301234567"),
            ("DE", "＋49 30 1234567", "+49301234567"),
            ("DE", "\u{202a}+49 30 1234567\u{202c}", "+49301234567"),
            ("DE", "+49–30–1234567", "+49301234567"),
            ("DE", "+٤٩ ٣٠ ١٢٣٤٥٦٧", "+49301234567"),
            // America.
            ("US", "(555) 010-9999", "+15550109999"),
            ("US", "1-555-010-9999", "+15550109999"),
            ("US", "555.010.9999", "+15550109999"),
            ("DE", "+1 (555) 010-9999", "+15550109999"),
            ("DE", "+1 1 555 010 9999", "+15550109999"),
            ("DE", "001 202 555 0123", "+12025550123"),
            ("CA", "202 555 0123", "+12025550123"),
            // Where something is special.
            ("GB", "020 7946 0958", "+442079460958"),
            ("GB", "+44 (0)20 7946 0958", "+442079460958"),
            ("IT", "06 1234 5678", "+390612345678"),
            ("DE", "+39 06 1234 5678", "+390612345678"),
            ("FR", "06 12 34 56 78", "+33612345678"),
            ("RU", "8 (495) 123-45-67", "+74951234567"),
            ("RU", "8 10 49 30 1234567", "+49301234567"),
            ("RU", "+7 800 123 45 67", "+78001234567"),
            ("RU", "800 123 45 67", "+78001234567"),
            ("HU", "06 1 234 5678", "+3612345678"),
            ("LT", "8 612 34567", "+37061234567"),
            ("LT", "0 612 34567", "+37061234567"),
            ("BY", "8 029 123 45 67", "+375291234567"),
            ("BY", "8 (029) 123-45-67", "+375291234567"),
            ("MX", "+52 1 55 1234 5678", "+525512345678"),
            ("MX", "01 55 1234 5678", "+525512345678"),
            ("ES", "612 345 678", "+34612345678"),
            ("JP", "090-1234-5678", "+819012345678"),
            ("JP", "010 49 30 1234567", "+49301234567"),
            ("AU", "0011 49 30 1234567", "+49301234567"),
            ("AU", "0412 345 678", "+61412345678"),
            ("SG", "9123 4567", "+6591234567"),
            ("IN", "098765 43210", "+919876543210"),
            ("CI", "01 23 45 67 89", "+2250123456789"),
            ("US", "+800 1234 5678", "+80012345678"),
        ] {
            assert!(is_meant(text), "{text}");
            assert_eq!(
                parse(text, Some(country)).as_deref(),
                Some(number),
                "{country} {text}"
            );
        }
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in [
            "",
            "+",
            "+12",
            "++49301234567",
            "+49 30 +1234567",
            "+0123456789",
            "+1234567890123456",
            "+1 555 010 999",
            "+1 555 010 99999",
            "555 010 999",
            "030 1234567 ext. 5",
            "tel:+49-30-1234567;ext=5",
            "1-800-FLOWERS",
            "+4930123456a",
            "030\n1234567",
            "00",
            "0",
            "+49",
            // Some networks would take it for +49 30 1234567, others for nothing.
            "+49 00 30 1234567",
        ] {
            assert_eq!(parse(text, Some("US")), None, "{text}");
        }
        // Without a country there is no national form.
        assert_eq!(parse("030 1234567", None), None);
        assert_eq!(
            parse("0049 30 1234567", None).as_deref(),
            Some("+49301234567")
        );
        // Nobody lives in a country without phone numbers of its own.
        assert_eq!(parse("030 1234567", Some("BV")), None);
    }
}
