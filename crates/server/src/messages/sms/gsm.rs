//! The alphabet of text messages: one of them holds 160 letters of it, and 70 if a single one is of another
//! (GSM 03.38 §6.2.1, 3GPP TS 23.038).

/// Letters that take one place.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// Letters that take two, one to say so.
const EXTENDED: &str = "\u{c}^{}\\[~]|€";

/// How many places a text takes in the alphabet; `None` if it has a letter of another.
pub fn length(text: &str) -> Option<usize> {
    text.chars()
        .map(|letter| match letter {
            _ if BASIC.contains(letter) => Some(1),
            _ if EXTENDED.contains(letter) => Some(2),
            _ => None,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_take_one_place_or_two_or_are_of_another_alphabet() {
        assert_eq!(length("Grüße à 5 ¥\n"), Some(12));
        assert_eq!(length("[€]"), Some(6));
        for other in ["ó", "ą", "“", "’", "…", "中", "😀", "`"] {
            assert_eq!(length(other), None, "{other}");
        }
        assert_eq!(BASIC.chars().count(), 127, "128 less the escape");
        assert_eq!(EXTENDED.chars().count(), 10);
    }
}
