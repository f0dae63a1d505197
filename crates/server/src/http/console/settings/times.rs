//! Lengths of time as they are typed: a whole number and a unit.

use super::form::Typed;
use crate::error::{Error, Result};

/// The units, with the seconds in each.
pub const UNITS: &[(&str, u32)] = &[
    ("seconds", 1),
    ("minutes", 60),
    ("hours", 60 * 60),
    ("days", 24 * 60 * 60),
];

/// The name of the unit's input beside a number's.
pub fn unit_name(name: &str) -> String {
    format!("{name}_unit")
}

/// A length of time in the largest unit that leaves no rest; nothing is 0 minutes.
pub fn split(seconds: u32) -> (u32, &'static str) {
    if seconds == 0 {
        return (0, "minutes");
    }
    let whole = UNITS
        .iter()
        .rev()
        .find(|unit| seconds.is_multiple_of(unit.1));
    whole.map_or((seconds, "seconds"), |unit| (seconds / unit.1, unit.0))
}

/// The seconds that were typed.
pub fn read(typed: &Typed, name: &str) -> Result<u32> {
    let count = number(typed, name)?;
    let unit = typed.get(&unit_name(name)).map(String::as_str);
    let unit = UNITS.iter().find(|known| Some(known.0) == unit);
    let seconds = unit.map(|unit| count.saturating_mul(unit.1));
    seconds.ok_or_else(|| Error::invalid("Choose seconds, minutes, hours or days."))
}

/// The whole number that was typed.
pub fn number(typed: &Typed, name: &str) -> Result<u32> {
    let text = typed.get(name).map(|text| text.trim()).unwrap_or_default();
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return Err(Error::invalid("Write a whole number, such as 15."));
    }
    // What is too large for the type is too large for every setting.
    Ok(text.parse().unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_drawn_can_be_typed_again() {
        for seconds in [0, 1, 59, 60, 90, 3600, 5400, 86_400, 86_401, u32::MAX] {
            let (count, unit) = split(seconds);
            let typed = Typed::from([
                ("time".to_owned(), count.to_string()),
                ("time_unit".to_owned(), unit.to_owned()),
            ]);
            assert_eq!(read(&typed, "time").unwrap(), seconds);
        }
    }

    #[test]
    fn only_whole_numbers_and_known_units_are_read() {
        let typed = |count: &str, unit: &str| {
            Typed::from([
                ("time".to_owned(), count.to_owned()),
                ("time_unit".to_owned(), unit.to_owned()),
            ])
        };
        for bad in ["", "-1", "1.5", "+3", "1e3", "٣", "ten"] {
            assert!(read(&typed(bad, "minutes"), "time").is_err(), "{bad}");
        }
        assert!(read(&typed("1", "weeks"), "time").is_err());
        assert!(read(&Typed::new(), "time").is_err());
        assert_eq!(
            read(&typed("99999999999999999999", "days"), "time").unwrap(),
            u32::MAX
        );
    }
}
