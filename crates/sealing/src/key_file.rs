//! The key file of an item: its secret key and the openings of what is withheld about it, encrypted
//! to the recipients.
//!
//! Its plain text is an identity file as `age -i` takes it; the openings stand in comments. Plain
//! text of it must never be written anywhere but where a recipient asks for it.

use crate::item::begin;
use crate::{Identities, ItemKey, Recipients};
use age::{DecryptError, Encryptor};
use record::{Commitment, Digests, Opening, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};
use zeroize::Zeroizing;

/// First line of the plain text.
const HEADER: &str = "# casefile sealed item v1";

/// Most bytes of a key file: its notes and names come to a few hundred, and other programs take no
/// line over 64 KiB in an identity file.
pub(crate) const LIMIT_BYTES: usize = 60 * 1024;

/// What stands in a key file.
pub struct KeyFile {
    /// Opens the item.
    pub key: ItemKey,
    /// Openings of its withheld fields, in order.
    pub openings: Vec<Opening>,
}

impl KeyFile {
    /// Whether it is that of an item whose record withholds this: it opens every commitment, and
    /// its key is the one committed to.
    pub fn fits(&self, withheld: &BTreeMap<String, Commitment>) -> bool {
        let opens = |one: &Opening| withheld.get(&one.field) == Some(&one.commitment());
        let fields: BTreeSet<&str> = self.openings.iter().map(|one| one.field.as_str()).collect();
        let key = self.value("key").is_some_and(|key| key == *self.key.text());
        key && fields.len() == withheld.len() && self.openings.iter().all(opens)
    }

    /// The digests of the item's plain bytes, if it says what they are.
    pub fn plain(&self) -> Option<Digests> {
        canonical::from_bytes(self.value("plain")?.as_bytes()).ok()
    }

    fn value(&self, field: &str) -> Option<&str> {
        self.openings.iter().find(|one| one.field == field).map(|one| one.value.as_str())
    }
}

/// Why a key file does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyFileFault {
    /// None of the identities is one of its recipients.
    #[error("it is not encrypted to any of these identities")]
    Identity,
    /// It is no age file, or not whole.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// It opens, and holds something else than an item's key and openings.
    #[error("it holds no key of an item")]
    Form,
}

/// Makes the key file of an item. The error is its size, where that is over 60 KiB, or
/// why nothing can be encrypted.
pub fn seal_key_file(file: &KeyFile, recipients: &Recipients) -> io::Result<Vec<u8>> {
    let mut plain = Zeroizing::new(format!("{HEADER}\n").into_bytes());
    for opening in &file.openings {
        plain.extend(b"# ");
        plain.extend(canonical::to_bytes(opening));
        plain.push(b'\n');
    }
    plain.extend(file.key.text().as_bytes());
    plain.push(b'\n');
    if plain.len() > LIMIT_BYTES {
        let message = format!("what is said about it has {} bytes, of {LIMIT_BYTES}", plain.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
    }
    let named = recipients.0.values().map(|one| one as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(named).map_err(io::Error::other)?;
    let mut writer = encryptor.wrap_output(Vec::new())?;
    writer.write_all(&plain)?;
    writer.finish()
}

/// Opens a key file with one of `identities`.
pub fn open_key_file(sealed: &[u8], identities: &Identities) -> Result<KeyFile, KeyFileFault> {
    let damaged = |error: String| KeyFileFault::Damaged(error);
    let decryptor = begin(sealed).map_err(|error| damaged(error.to_string()))?;
    let opened = decryptor.decrypt(identities.all()).map_err(|error| match error {
        DecryptError::NoMatchingKeys => KeyFileFault::Identity,
        other => damaged(other.to_string()),
    })?;
    let mut plain = Zeroizing::new(Vec::new());
    opened
        .take(LIMIT_BYTES as u64 + 1)
        .read_to_end(&mut plain)
        .map_err(|error| damaged(error.to_string()))?;
    parse(&plain).ok_or(KeyFileFault::Form)
}

fn parse(plain: &[u8]) -> Option<KeyFile> {
    let text = std::str::from_utf8(plain).ok().filter(|_| plain.len() <= LIMIT_BYTES)?;
    let (openings, key) = text.strip_suffix('\n')?.rsplit_once('\n')?;
    let mut openings = openings.split('\n');
    if openings.next() != Some(HEADER) {
        return None;
    }
    let opening = |line: &str| canonical::from_bytes(line.strip_prefix("# ")?.as_bytes()).ok();
    Some(KeyFile {
        key: ItemKey::parse(key)?,
        openings: openings.map(opening).collect::<Option<_>>()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use record::Sha256;

    fn file() -> KeyFile {
        let value = "several\nlines \u{201c}here\u{201d}".to_string();
        let opening = Opening { field: "note".into(), salt: Sha256([1; 32]), value };
        KeyFile { key: ItemKey::generate(), openings: vec![opening] }
    }

    fn person() -> (Identities, String) {
        let key = ItemKey::generate();
        let identities = Identities::parse(key.text().as_bytes()).unwrap();
        (identities, key.0.to_public().to_string())
    }

    #[test]
    fn every_recipient_opens_it_and_nobody_else() {
        let ([one, two, stranger], file) = ([0; 3].map(|_| person()), file());
        let recipients = Recipients::parse(&[one.1.clone(), two.1.clone()]).unwrap();
        let sealed = seal_key_file(&file, &recipients).unwrap();
        for (identities, _) in [&one, &two] {
            let opened = open_key_file(&sealed, identities).unwrap();
            assert_eq!(opened.openings, file.openings);
            assert_eq!(opened.key.text(), file.key.text());
        }
        assert_eq!(open_key_file(&sealed, &stranger.0).err(), Some(KeyFileFault::Identity));
        for end in 0..sealed.len() {
            let fault = open_key_file(&sealed[..end], &one.0).err();
            assert!(matches!(fault, Some(KeyFileFault::Damaged(_))), "{end}: {fault:?}");
        }
    }

    #[test]
    fn other_text_is_no_key_file() {
        let ((identities, public), file) = (person(), file());
        let recipients = Recipients::parse(&[public]).unwrap();
        let key = file.key.text();
        let seal = |text: &str| {
            let named = recipients.0.values().map(|one| one as &dyn age::Recipient);
            let mut out =
                Encryptor::with_recipients(named).unwrap().wrap_output(Vec::new()).unwrap();
            out.write_all(text.as_bytes()).unwrap();
            out.finish().unwrap()
        };
        assert!(open_key_file(&seal(&format!("{HEADER}\n{}\n", *key)), &identities).is_ok());
        for text in [
            String::new(),
            format!("{}\n", *key),
            format!("{HEADER}\n{}", *key),
            format!("{HEADER}\n# {{}}\n{}\n", *key),
            format!("{HEADER}\n{}\n{}\n", *key, *key),
            format!("{HEADER}\n{}\n{}\n", "#".repeat(LIMIT_BYTES), *key),
        ] {
            let fault = open_key_file(&seal(&text), &identities).err();
            assert_eq!(fault, Some(KeyFileFault::Form), "{text}");
        }
    }

    #[test]
    fn what_no_other_program_would_read_is_not_written() {
        let mut file = file();
        file.openings[0].value = "x".repeat(LIMIT_BYTES);
        let recipients = Recipients::parse(&[person().1]).unwrap();
        assert!(seal_key_file(&file, &recipients).is_err());
    }
}
