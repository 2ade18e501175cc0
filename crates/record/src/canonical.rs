//! Canonical JSON (RFC 8785): the one byte string that a value has.
//!
//! Records are signed and hashed, so two writers must never give two spellings of one record.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Why bytes are not the canonical JSON of a `T`.
#[derive(Debug, thiserror::Error)]
pub enum CanonicalError {
    /// Not JSON, or not of this shape; the message of the parser, which names line and column.
    #[error("not a record of the expected form: {0}")]
    Form(#[from] serde_json::Error),
    /// JSON of the right shape, but not in its canonical spelling (RFC 8785, section 3.2).
    #[error("JSON is not in canonical form (RFC 8785)")]
    Spelling,
}

/// The canonical JSON of `value`, without a line end.
///
/// # Panics
/// Never for the types of this crate: they hold no maps with non-string keys and no non-finite
/// floats.
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json_canonicalizer::to_vec(value).expect("record types always have a JSON form")
}

/// Reads `bytes` as a `T`, and refuses any spelling but the canonical one: what is read and written
/// again must give the same bytes, so unknown fields, spare blanks and repeated keys are refused
/// too.
pub fn from_bytes<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Result<T, CanonicalError> {
    let value: T = serde_json::from_slice(bytes)?;
    if to_bytes(&value) == bytes { Ok(value) } else { Err(CanonicalError::Spelling) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn only_the_canonical_spelling_is_read() {
        let span = Span::new(1, 2);
        assert_eq!(to_bytes(&span), br#"{"end":2,"start":1}"#);
        assert_eq!(from_bytes::<Span>(br#"{"end":2,"start":1}"#).unwrap(), span);
        for other in [
            &br#"{"start":1,"end":2}"#[..],
            br#"{"end":2, "start":1}"#,
            br#"{"end":2,"start":1,"x":0}"#,
            br#"{"end":2,"end":2,"start":1}"#,
            br#"{"end":2,"start":1"#,
        ] {
            assert!(from_bytes::<Span>(other).is_err(), "{}", String::from_utf8_lossy(other));
        }
    }
}
