//! DER as tags, lengths and contents (X.690), read in the one spelling that DER allows.
//!
//! Small on purpose: tokens have to be taken apart so that the bytes that were signed stay at hand
//! as they came, and a set of certificates in the wrong order, as OpenSSL 3.0 writes it, must not
//! keep the rest from being read. No recursion: each structure is opened by who knows its form.

use crate::fault::Fault;
use der::asn1::ObjectIdentifier;

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
#[cfg(test)]
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_ID: u8 = 0x06;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// `[number]`, constructed.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// `[number]`, primitive.
pub(crate) const fn context_primitive(number: u8) -> u8 {
    0x80 | number
}

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    /// Tag, length and content.
    pub(crate) whole: &'a [u8],
}

/// What is still to be read of a structure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    code: &'static str,
    what: &'static str,
}

impl<'a> Cursor<'a> {
    /// Reads `bytes`, which are the `what`; faults bear `code`.
    pub(crate) fn new(bytes: &'a [u8], code: &'static str, what: &'static str) -> Self {
        Self { rest: bytes, code, what }
    }

    /// A fault at this place.
    pub(crate) fn fault(&self, why: &str) -> Fault {
        Fault::new(self.code, format!("{}: {why}", self.what))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, Fault> {
        let (element, rest) = split(self.rest).map_err(|why| self.fault(why))?;
        self.rest = rest;
        Ok(element)
    }

    /// The next element, which must have `tag`; its content.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<&'a [u8], Fault> {
        let element = self.any()?;
        if element.tag == tag {
            return Ok(element.content);
        }
        Err(self.fault(&format!("the tag {:#04x} stands where {tag:#04x} must", element.tag)))
    }

    /// The next element where it has `tag`.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Fault> {
        match self.rest.first() {
            Some(first) if *first == tag => self.any().map(|element| Some(element.content)),
            _ => Ok(None),
        }
    }

    /// The next element, which must have `tag`, opened.
    pub(crate) fn open(&mut self, tag: u8, what: &'static str) -> Result<Self, Fault> {
        let content = self.expect(tag)?;
        Ok(Self { rest: content, code: self.code, what })
    }

    /// [`Cursor::open`] where the next element has `tag`.
    pub(crate) fn open_optional(
        &mut self,
        tag: u8,
        what: &'static str,
    ) -> Result<Option<Self>, Fault> {
        let content = self.optional(tag)?;
        Ok(content.map(|rest| Self { rest, code: self.code, what }))
    }

    pub(crate) fn object_id(&mut self) -> Result<ObjectIdentifier, Fault> {
        let content = self.expect(OBJECT_ID)?;
        ObjectIdentifier::from_bytes(content).map_err(|_| self.fault("a bad object identifier"))
    }

    /// The bytes of an INTEGER, minimal, two's complement.
    pub(crate) fn integer(&mut self) -> Result<&'a [u8], Fault> {
        let content = self.expect(INTEGER)?;
        if is_integer(content) { Ok(content) } else { Err(self.fault("a bad INTEGER")) }
    }

    /// A small INTEGER that is not negative.
    pub(crate) fn small(&mut self) -> Result<u64, Fault> {
        let bytes = self.integer()?;
        small(bytes).ok_or_else(|| self.fault("an INTEGER out of range"))
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        if self.is_empty() { Ok(()) } else { Err(self.fault("something follows that must not")) }
    }
}

/// The value of a minimal INTEGER that is not negative and fits.
pub(crate) fn small(bytes: &[u8]) -> Option<u64> {
    let unsigned = match bytes {
        [] => return None,
        [first, ..] if first & 0x80 != 0 => return None,
        [0, rest @ ..] => rest,
        all => all,
    };
    (unsigned.len() <= 8)
        .then(|| unsigned.iter().fold(0, |value, byte| (value << 8) | u64::from(*byte)))
}

/// Whether `content` is the one spelling of an INTEGER (X.690, 8.3.2).
pub(crate) fn is_integer(content: &[u8]) -> bool {
    match content {
        [] => false,
        [0, second, ..] => second & 0x80 != 0,
        [0xff, second, ..] => second & 0x80 == 0,
        _ => true,
    }
}

/// Takes the first element off: single-byte tag, definite length in its shortest form (X.690,
/// 10.1).
fn split(bytes: &[u8]) -> Result<(Element<'_>, &[u8]), &'static str> {
    let (&[tag, length], after) = bytes.split_first_chunk::<2>().ok_or("it ends too early")?;
    if tag & 0x1f == 0x1f {
        return Err("a tag of more than one byte");
    }
    let (length, after) = match length {
        0x80 => return Err("an indefinite length: this is BER, and must be DER"),
        0..0x80 => (usize::from(length), after),
        _ => {
            let count = usize::from(length & 0x7f);
            let (digits, after) = after.split_at_checked(count).ok_or("it ends too early")?;
            let long = digits.first() == Some(&0) || count > 4;
            let value = digits.iter().take(4).fold(0, |n, byte| (n << 8) | usize::from(*byte));
            if long || value < 0x80 {
                return Err("a length that is not in its shortest form");
            }
            (value, after)
        }
    };
    let (content, rest) = after.split_at_checked(length).ok_or("it ends too early")?;
    let (whole, _) = bytes.split_at_checked(bytes.len() - rest.len()).ok_or("it ends too early")?;
    Ok((Element { tag, content, whole }, rest))
}

/// Writes one element.
pub(crate) fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| part.len()).sum::<usize>();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            let digits: Vec<u8> =
                length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
            out.push(0x80 | u8::try_from(digits.len()).expect("a length has at most 8 bytes"));
            out.extend(digits);
        }
    }
    parts.iter().for_each(|part| out.extend_from_slice(part));
    out
}

/// Writes an unsigned INTEGER from big-endian bytes.
pub(crate) fn unsigned(bytes: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    let sign: &[u8] = match digits.first() {
        Some(first) if first & 0x80 == 0 => &[],
        _ => &[0],
    };
    element(INTEGER, &[sign, &digits])
}

/// Writes an OBJECT IDENTIFIER.
pub(crate) fn object_id(id: &ObjectIdentifier) -> Vec<u8> {
    element(OBJECT_ID, &[id.as_bytes()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_only() {
        for (bytes, expect) in [
            (&[0x04, 0x01, 0x07][..], Some(&[7][..])),
            (&[0x04, 0x00], Some(&[])),
            (&[0x04, 0x81, 0x01, 0x07], None),
            (&[0x04, 0x82, 0x00, 0x80], None),
            (&[0x04, 0x80, 0x00, 0x00], None),
            (&[0x1f, 0x01, 0x07], None),
            (&[0x04, 0x02, 0x07], None),
            (&[0x04, 0x85, 1, 1, 1, 1, 1], None),
            (&[0x04], None),
            (&[], None),
        ] {
            assert_eq!(split(bytes).ok().map(|(element, _)| element.content), expect, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_written_is_read() {
        for length in [0, 1, 127, 128, 255, 256, 65_535, 65_536] {
            let content = vec![7; length];
            let written = element(OCTET_STRING, &[&content]);
            let (read, rest) = split(&written).unwrap();
            assert_eq!((read.content, read.whole, rest), (&content[..], &written[..], &[][..]));
        }
        for (value, expect) in
            [(&[0][..], &[2, 1, 0][..]), (&[0, 200], &[2, 2, 0, 200]), (&[5], &[2, 1, 5])]
        {
            assert_eq!(unsigned(value), expect);
        }
    }

    #[test]
    fn integers() {
        for (bytes, expect) in [
            (&[0][..], Some(0)),
            (&[1], Some(1)),
            (&[0, 0x80], Some(128)),
            (&[0x80], None),
            (&[0, 255, 255, 255, 255, 255, 255, 255, 255], Some(u64::MAX)),
            (&[1, 0, 0, 0, 0, 0, 0, 0, 0], None),
            (&[], None),
        ] {
            assert_eq!(small(bytes), expect, "{bytes:?}");
        }
        for bad in [&[][..], &[0, 1], &[0xff, 0x80]] {
            assert!(!is_integer(bad), "{bad:?}");
        }
    }
}
