//! A borrowing CBOR reader for what authenticators send: the CTAP2 canonical form without tags.
//!
//! Refused: indefinite lengths, tags, unassigned simple values, duplicate map keys, nesting deeper than [`MAXIMUM_DEPTH`], maps with more than
//! [`MAXIMUM_MAP_ENTRIES`] entries, lengths beyond the input. Accepted although not canonical, because deployed
//! authenticators do it and nothing depends on it: map keys in another order and integers longer than needed.
//! Nothing is allocated, and the work is bounded by the length of the input.

/// How deep arrays and maps may nest (CTAP2 allows 4 in a message; TPM statements stay below that).
const MAXIMUM_DEPTH: usize = 8;
/// How many entries a map may have.
const MAXIMUM_MAP_ENTRIES: usize = 32;

/// The outcome of reading; the error says in a few words what is wrong.
pub(crate) type Result<T> = std::result::Result<T, &'static str>;

/// The major types of RFC 8949, section 3.1, that are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Major {
    Unsigned,
    Negative,
    Bytes,
    Text,
    Array,
    Map,
    Simple,
}

/// Reads items from the front of a byte string.
#[derive(Debug, Clone)]
pub(crate) struct Reader<'a> {
    input: &'a [u8],
    position: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the beginning of `input`.
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { input, position: 0 }
    }

    /// What has not been read yet.
    pub(crate) fn remaining(&self) -> &'a [u8] {
        &self.input[self.position..]
    }

    /// Succeeds if everything has been read.
    pub(crate) fn end(&self) -> Result<()> {
        if self.remaining().is_empty() {
            Ok(())
        } else {
            Err("bytes follow the end of the CBOR item")
        }
    }

    /// Reads the head of a map and returns the number of its entries.
    pub(crate) fn map(&mut self) -> Result<usize> {
        match self.head()? {
            (Major::Map, count) => count_of(count, MAXIMUM_MAP_ENTRIES),
            _ => Err("a map was expected"),
        }
    }

    /// Reads the head of an array and returns the number of its items, at most `maximum`.
    pub(crate) fn array(&mut self, maximum: usize) -> Result<usize> {
        match self.head()? {
            (Major::Array, count) => count_of(count, maximum),
            _ => Err("an array was expected"),
        }
    }

    /// Reads a byte string.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8]> {
        match self.head()? {
            (Major::Bytes, length) => self.take(length),
            _ => Err("a byte string was expected"),
        }
    }

    /// Reads a text string.
    pub(crate) fn text(&mut self) -> Result<&'a str> {
        match self.head()? {
            (Major::Text, length) => {
                std::str::from_utf8(self.take(length)?).map_err(|_| "a text string is not UTF-8")
            }
            _ => Err("a text string was expected"),
        }
    }

    /// Reads an integer.
    pub(crate) fn integer(&mut self) -> Result<i64> {
        let (major, value) = self.head()?;
        let value = i64::try_from(value).map_err(|_| "an integer is out of range")?;
        match major {
            Major::Unsigned => Ok(value),
            Major::Negative => Ok(-1 - value),
            _ => Err("an integer was expected"),
        }
    }

    /// Reads one whole item of any type and returns its bytes.
    pub(crate) fn item(&mut self) -> Result<&'a [u8]> {
        let start = self.position;
        self.skip(MAXIMUM_DEPTH)?;
        Ok(&self.input[start..self.position])
    }

    /// Like [`Reader::item`], for an item that must be a map.
    pub(crate) fn map_item(&mut self) -> Result<&'a [u8]> {
        self.clone().map()?;
        self.item()
    }

    fn skip(&mut self, depth: usize) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or("CBOR is nested too deeply")?;
        match self.head()? {
            (Major::Unsigned | Major::Negative | Major::Simple, _) => {}
            (Major::Bytes, length) => {
                self.take(length)?;
            }
            (Major::Text, length) => {
                std::str::from_utf8(self.take(length)?)
                    .map_err(|_| "a text string is not UTF-8")?;
            }
            (Major::Array, count) => {
                for _ in 0..count {
                    self.skip(depth)?;
                }
            }
            (Major::Map, count) => {
                let mut keys: [&[u8]; MAXIMUM_MAP_ENTRIES] = [&[]; MAXIMUM_MAP_ENTRIES];
                for index in 0..count_of(count, MAXIMUM_MAP_ENTRIES)? {
                    let start = self.position;
                    self.skip(depth)?;
                    let key = &self.input[start..self.position];
                    if keys[..index].contains(&key) {
                        return Err("a map key occurs twice");
                    }
                    keys[index] = key;
                    self.skip(depth)?;
                }
            }
        }
        Ok(())
    }

    /// Reads the head of an item: its major type, and its value, length, count or simple value.
    fn head(&mut self) -> Result<(Major, u64)> {
        let first = self.take(1)?[0];
        let value = match first & 0x1f {
            small @ 0..=23 => u64::from(small),
            long @ 24..=27 => {
                let bytes = self.take(1 << (long - 24))?;
                bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            31 => return Err("indefinite lengths are not allowed"),
            _ => return Err("a CBOR head is not well-formed"),
        };
        let major = match first >> 5 {
            0 => Major::Unsigned,
            1 => Major::Negative,
            2 => Major::Bytes,
            3 => Major::Text,
            4 => Major::Array,
            5 => Major::Map,
            6 => return Err("CBOR tags are not allowed"),
            // False, true, null, undefined and floating-point numbers; no other simple value has a meaning.
            _ if matches!(first, 0xf4..=0xf7 | 0xf9..=0xfb) => Major::Simple,
            _ => return Err("unassigned simple values are not allowed"),
        };
        Ok((major, value))
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8]> {
        let remaining = self.remaining();
        let length = usize::try_from(length)
            .ok()
            .filter(|length| *length <= remaining.len());
        let length = length.ok_or("CBOR ends too early")?;
        self.position += length;
        Ok(&remaining[..length])
    }
}

fn count_of(count: u64, maximum: usize) -> Result<usize> {
    usize::try_from(count)
        .ok()
        .filter(|count| *count <= maximum)
        .ok_or("an array or map has too many items")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(bytes: &[u8]) -> Result<()> {
        let mut reader = Reader::new(bytes);
        reader.item()?;
        reader.end()
    }

    #[test]
    fn integers_are_read_in_every_width() {
        for (bytes, value) in [
            (&[0x00][..], 0),
            (&[0x17], 23),
            (&[0x18, 0x18], 24),
            (&[0x26], -7),
            (&[0x39, 0x01, 0x00], -257),
            (
                &[0x1b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                i64::MAX,
            ),
            (
                &[0x3b, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                i64::MIN,
            ),
        ] {
            assert_eq!(Reader::new(bytes).integer(), Ok(value));
        }
        assert_eq!(
            Reader::new(&[0x1b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]).integer(),
            Err("an integer is out of range")
        );
    }

    #[test]
    fn what_is_not_canonical_or_not_bounded_is_refused() {
        for (bytes, reason) in [
            (&[][..], "CBOR ends too early"),
            (&[0x42, 0x00], "CBOR ends too early"),
            (
                &[0x5b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "CBOR ends too early",
            ),
            (
                &[0x9b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "CBOR ends too early",
            ),
            (
                &[0xbb, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
                "an array or map has too many items",
            ),
            (
                &[0x5f, 0x41, 0x00, 0xff],
                "indefinite lengths are not allowed",
            ),
            (&[0xbf, 0xff], "indefinite lengths are not allowed"),
            (&[0xff], "indefinite lengths are not allowed"),
            (&[0x1c], "a CBOR head is not well-formed"),
            (&[0xf8, 0x00], "unassigned simple values are not allowed"),
            (&[0xe5], "unassigned simple values are not allowed"),
            (&[0xc0, 0x00], "CBOR tags are not allowed"),
            (&[0x61, 0xff], "a text string is not UTF-8"),
            (&[0xa2, 0x01, 0x00, 0x01, 0x01], "a map key occurs twice"),
            (&[0x00, 0x00], "bytes follow the end of the CBOR item"),
        ] {
            assert_eq!(item(bytes), Err(reason), "{bytes:02x?}");
        }
        assert_eq!(
            item(&[[0x81; 8].as_slice(), &[0x00]].concat()),
            Err("CBOR is nested too deeply")
        );
        assert_eq!(item(&[[0x81; 7].as_slice(), &[0x00]].concat()), Ok(()));
    }
}
