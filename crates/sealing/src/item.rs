//! An item's bytes, sealed while they are read, and opened while they are read.

use crate::{HEADER_LIMIT_BYTES, ItemKey};
use age::stream::{StreamReader, StreamWriter};
use age::{Decryptor, Encryptor};
use record::{Digests, Hasher};
use std::cell::RefCell;
use std::io::{self, BufReader, Cursor, Read, Write};
use std::iter;
use std::rc::Rc;
use zeroize::Zeroizing;

/// Bytes of plain text taken at a time: sixteen pieces of the format, so that a call costs nothing
/// against the cipher.
const CHUNK_BYTES: usize = 1 << 20;

/// A source that is sealed while it is read: what comes out is an age file for one item's key.
pub struct Sealing<'a> {
    source: &'a mut dyn Read,
    chunk: Zeroizing<Vec<u8>>,
    /// `None` when the file is whole.
    writer: Option<StreamWriter<Tail>>,
    sealed: Tail,
    /// How many bytes of `sealed` were handed out.
    given: usize,
    plain: Hasher,
}

/// What has been sealed and not been handed out yet.
#[derive(Clone, Default)]
struct Tail(Rc<RefCell<Vec<u8>>>);

impl Write for Tail {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> Sealing<'a> {
    /// Begins to seal `source` for `key`.
    pub fn new(source: &'a mut dyn Read, key: &ItemKey) -> io::Result<Self> {
        let recipient = key.0.to_public();
        let recipients = iter::once(&recipient as &dyn age::Recipient);
        let sealed = Tail::default();
        let encryptor = Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let writer = Some(encryptor.wrap_output(sealed.clone())?);
        let chunk = Zeroizing::new(vec![0; CHUNK_BYTES]);
        Ok(Self { source, chunk, writer, sealed, given: 0, plain: Hasher::default() })
    }

    /// The digests of the plain bytes read so far: of all, once the end was read.
    pub fn plain(self) -> Digests {
        self.plain.finish()
    }

    /// Seals the next bytes of the source.
    fn advance(&mut self, mut writer: StreamWriter<Tail>) -> io::Result<()> {
        let read = match self.source.read(&mut self.chunk) {
            Ok(read) => read,
            Err(error) => {
                // One that was only interrupted is asked again.
                self.writer = Some(writer);
                return Err(error);
            }
        };
        let bytes = self.chunk.get(..read).unwrap_or_default();
        if bytes.is_empty() {
            return writer.finish().map(drop);
        }
        self.plain.update(bytes);
        writer.write_all(bytes)?;
        self.writer = Some(writer);
        Ok(())
    }
}

impl Read for Sealing<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.given == self.sealed.0.borrow().len() {
            let Some(writer) = self.writer.take() else { return Ok(0) };
            self.sealed.0.borrow_mut().clear();
            self.given = 0;
            // The header is there from the start, before any plain byte is read.
            self.advance(writer)?;
        }
        let sealed = self.sealed.0.borrow();
        let mut rest = sealed.get(self.given..).unwrap_or_default();
        let read = rest.read(out)?;
        self.given += read;
        Ok(read)
    }
}

/// The plain bytes of a sealed item, as a stream. Only its end says that they are whole.
pub struct Plain<R: Read>(StreamReader<BufReader<io::Chain<Cursor<Vec<u8>>, R>>>);

impl<R: Read> Read for Plain<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

/// Opens a sealed item. The error says that it is none, or not for this key.
pub fn open_item<R: Read>(sealed: R, key: &ItemKey) -> Result<Plain<R>, String> {
    let decryptor = begin(sealed).map_err(|error| error.to_string())?;
    let identity = iter::once(&key.0 as &dyn age::Identity);
    decryptor.decrypt(identity).map(Plain).map_err(|error| error.to_string())
}

/// Reads the header of an age file, which must end within [`HEADER_LIMIT_BYTES`].
#[allow(clippy::type_complexity, reason = "it is what the crate's reader is made of")]
pub(crate) fn begin<R: Read>(
    mut sealed: R,
) -> Result<Decryptor<BufReader<io::Chain<Cursor<Vec<u8>>, R>>>, age::DecryptError> {
    let mut head = Vec::new();
    (&mut sealed).take(HEADER_LIMIT_BYTES as u64).read_to_end(&mut head)?;
    // The last line of a header begins so (C2SP age, "Header").
    if !head.windows(4).any(|window| window == b"\n---") {
        return Err(age::DecryptError::InvalidHeader);
    }
    Decryptor::new_buffered(BufReader::new(Cursor::new(head).chain(sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seal(plain: &[u8], key: &ItemKey) -> (Vec<u8>, Digests) {
        let mut source = plain;
        let mut sealing = Sealing::new(&mut source, key).unwrap();
        let mut sealed = Vec::new();
        sealing.read_to_end(&mut sealed).unwrap();
        (sealed, sealing.plain())
    }

    fn open(sealed: &[u8], key: &ItemKey) -> Option<Vec<u8>> {
        let mut plain = Vec::new();
        open_item(sealed, key).ok()?.read_to_end(&mut plain).ok()?;
        Some(plain)
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_alone() {
        let (key, other) = (ItemKey::generate(), ItemKey::generate());
        // Around the borders of the format's pieces (64 KiB) and of our own.
        for size in [0, 1, 65_535, 65_536, 65_537, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES] {
            let plain: Vec<u8> = (0..size).map(|at| (at * 7 % 251) as u8).collect();
            let (sealed, digests) = seal(&plain, &key);
            assert_eq!(digests, Digests::of(&plain), "{size}");
            assert_eq!(open(&sealed, &key), Some(plain), "{size}");
            assert_eq!(open(&sealed, &other), None, "{size}");
        }
    }

    #[test]
    fn a_header_without_end_is_refused() {
        let endless = [&b"age-encryption.org/v1\n"[..], &b"-> X25519 a\n".repeat(9_999)].concat();
        assert!(open_item(endless.as_slice(), &ItemKey::generate()).is_err());
    }

    proptest! {
        /// Every byte of the file counts: none can be changed, added or taken away.
        #[test]
        fn nothing_but_the_sealed_bytes_opens(
            plain in prop::collection::vec(any::<u8>(), 0..200),
            at in any::<prop::sample::Index>(),
            bit in 0..8_u8,
        ) {
            let key = ItemKey::generate();
            let (sealed, _) = seal(&plain, &key);
            let at = at.index(sealed.len());
            let mut flipped = sealed.clone();
            flipped[at] ^= 1 << bit;
            prop_assert_eq!(open(&flipped, &key), None);
            prop_assert_eq!(open(&sealed[..at], &key), None);
            prop_assert_eq!(open(&[&sealed[..], &[bit]].concat(), &key), None);
            prop_assert_eq!(open(&sealed, &key), Some(plain));
        }
    }
}
