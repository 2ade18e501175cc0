//! Sealed items: bytes that only named recipients can open, in the age format.
//!
//! Each item has a key of its own (an age X25519 identity), to which alone it is encrypted. That
//! key, with the openings of what is withheld about the item, stands in a **key file**, which is
//! encrypted to the recipients. So destroying one small file erases the item for everybody, and
//! `age -d` opens both files without us (age-encryption.org/v1, C2SP age).
//!
//! Streams in, streams out: no disk, no clock. Memory is the same for items of any size. Bytes of a
//! stream that is being opened prove nothing before its end: the format authenticates piece by
//! piece, so that one cut off gives its beginning first and the fault last.

mod item;
mod key_file;
pub mod recovery;

pub use item::{Plain, Sealing, open_item};
pub use key_file::{KeyFile, KeyFileFault, open_key_file, seal_key_file};

use age::secrecy::ExposeSecret as _;
use age::x25519;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

/// Most recipients of one case: each adds some 120 bytes to the header of each key file.
pub const RECIPIENTS_LIMIT: usize = 64;

/// Most bytes of the header of an age file that is opened: 64 recipients at under 200 bytes each
/// take 12,800; the rest is room for what other programs add. A hostile one could have no end.
pub const HEADER_LIMIT_BYTES: usize = 32 * 1024;

/// Most bytes of a file of identities, as `age-keygen` writes one: hundreds of keys.
pub const IDENTITIES_LIMIT_BYTES: usize = 64 * 1024;

/// Who is to be able to open an item.
#[derive(Clone)]
pub struct Recipients(BTreeMap<String, x25519::Recipient>);

impl Recipients {
    /// Reads recipients (`age1…`), in any order; one named twice counts once. The error is what
    /// cannot be one.
    pub fn parse(texts: &[String]) -> Result<Self, NoRecipient> {
        let mut recipients = BTreeMap::new();
        for text in texts {
            let recipient: x25519::Recipient =
                text.trim().parse().map_err(|_| NoRecipient::Form { text: text.clone() })?;
            recipients.insert(recipient.to_string(), recipient);
        }
        match recipients.len() {
            0 => Err(NoRecipient::None),
            1..=RECIPIENTS_LIMIT => Ok(Self(recipients)),
            _ => Err(NoRecipient::Many),
        }
    }

    /// Them, and one more.
    pub fn with(&self, recipient: &str) -> Result<Self, NoRecipient> {
        let all: Vec<String> = self.0.keys().cloned().chain([recipient.to_owned()]).collect();
        Self::parse(&all)
    }

    /// Them as text, one a line, in order, without a line end: what the record commits to.
    pub fn text(&self) -> String {
        self.0.keys().map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Why nobody could be named as a recipient.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoRecipient {
    /// Nobody was named.
    #[error("nobody is named who could open it")]
    None,
    /// More than [`RECIPIENTS_LIMIT`].
    #[error("more than {RECIPIENTS_LIMIT} recipients")]
    Many,
    /// Not the public key of an age identity.
    #[error("{text:?} is no recipient")]
    Form {
        /// What was given.
        text: String,
    },
}

/// Secret keys of somebody who may be a recipient.
pub struct Identities(Vec<x25519::Identity>);

impl Identities {
    /// Reads a file of identities as `age-keygen` writes it: one a line, comments after `#`. `None`
    /// where it is no such file, or holds none.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(text).ok()?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let keys: Option<Vec<x25519::Identity>> =
            lines.filter(|line| !line.starts_with('#')).map(|line| line.parse().ok()).collect();
        keys.filter(|keys| !keys.is_empty()).map(Self)
    }

    fn all(&self) -> impl Iterator<Item = &dyn age::Identity> {
        self.0.iter().map(|key| key as &dyn age::Identity)
    }
}

/// The secret key of one item.
#[derive(Clone)]
pub struct ItemKey(x25519::Identity);

impl ItemKey {
    /// A new one, from the system's randomness.
    pub fn generate() -> Self {
        Self(x25519::Identity::generate())
    }

    /// Reads one line of an identity file, in the one form that [`ItemKey::text`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let key = Self(text.parse().ok()?);
        (*key.text() == text).then_some(key)
    }

    /// As `age-keygen` writes it: `AGE-SECRET-KEY-1…`.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipients_are_a_set_and_nothing_else_passes_for_one() {
        let [a, b] = [0; 2].map(|_| x25519::Identity::generate().to_public().to_string());
        let both = Recipients::parse(&[a.clone(), format!(" {b}\n"), a.clone()]).unwrap().text();
        let mut sorted = [a.clone(), b];
        sorted.sort();
        assert_eq!(both, sorted.join("\n"));
        assert_eq!(Recipients::parse(&[]).err(), Some(NoRecipient::None));
        let secret = ItemKey::generate().text().to_string();
        for text in ["", "age1", "ssh-ed25519 AAAA", &a[..a.len() - 1], &secret] {
            let said = Recipients::parse(&[a.clone(), text.into()]).err();
            assert_eq!(said, Some(NoRecipient::Form { text: text.into() }));
        }
    }

    #[test]
    fn a_file_of_identities_is_read_whole_or_not_at_all() {
        let key = ItemKey::generate().text().to_string();
        let read = |text: &str| Identities::parse(text.as_bytes()).map(|read| read.0.len());
        assert_eq!(read(&format!("# made today\n\n{key}\n{key}\r\n")), Some(2));
        for text in ["", "# none\n", "hello", &format!("{key}\nhello\n"), &key[1..]] {
            assert_eq!(read(text), None, "{text}");
        }
        assert!(ItemKey::parse(&key).is_some() && ItemKey::parse(&key.to_lowercase()).is_none());
    }
}
