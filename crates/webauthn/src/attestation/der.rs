//! A borrowing reader of DER (X.690), as much as an attestation certificate needs. Never allocates, never recurses.

/// Tags that are looked for.
pub(super) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0c;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    /// Context-specific, constructed: the explicit tags [0] and [3] of a certificate.
    pub(crate) const VERSION: u8 = 0xa0;
    pub(crate) const EXTENSIONS: u8 = 0xa3;
}

/// One value: its tag, its contents, and both with the length in front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Value<'a> {
    pub(super) tag: u8,
    pub(super) contents: &'a [u8],
    pub(super) whole: &'a [u8],
}

/// Reads values from the front of a byte string.
#[derive(Debug, Clone)]
pub(super) struct Reader<'a> {
    input: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.input.is_empty()
    }

    /// Reads the next value; `None` at the end and for what is not DER.
    pub(super) fn value(&mut self) -> Option<Value<'a>> {
        let [tag, first, rest @ ..] = self.input else {
            return None;
        };
        // Tags above 30 take several bytes and do not occur in certificates.
        if tag & 0x1f == 0x1f {
            return None;
        }
        let (length, rest) = match *first {
            short @ 0..=0x7f => (usize::from(short), rest),
            0x81 => match rest {
                [length @ 0x80..=0xff, rest @ ..] => (usize::from(*length), rest),
                _ => return None,
            },
            0x82 => match rest {
                [high @ 1..=0xff, low, rest @ ..] => {
                    (usize::from(u16::from_be_bytes([*high, *low])), rest)
                }
                _ => return None,
            },
            _ => return None,
        };
        let (contents, after) = rest.split_at_checked(length)?;
        let whole = &self.input[..self.input.len() - after.len()];
        self.input = after;
        Some(Value {
            tag: *tag,
            contents,
            whole,
        })
    }

    /// Reads the next value if it has this tag, else leaves it.
    pub(super) fn optional(&mut self, tag: u8) -> Option<Value<'a>> {
        let mut ahead = self.clone();
        let value = ahead.value().filter(|value| value.tag == tag)?;
        *self = ahead;
        Some(value)
    }

    /// Reads the next value, which must have this tag, and returns a reader of its contents.
    pub(super) fn inside(&mut self, tag: u8) -> Option<Reader<'a>> {
        self.optional(tag).map(|value| Reader::new(value.contents))
    }
}
