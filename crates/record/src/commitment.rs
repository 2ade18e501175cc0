//! Salted commitments: a field that the log proves and a bundle may withhold.
//!
//! The leaf carries `SHA-256(preimage)`; the opening (salt and value) is kept apart, in `private/`.
//! Whoever has the opening can prove the value; whoever has not learns nothing, since the salt is
//! 256 random bits. The preimage is four lines of text, so that `printf … | sha256sum` checks it.

use crate::Sha256;
use serde::{Deserialize, Serialize};

/// The digest that stands in a leaf for a withheld value.
pub type Commitment = Sha256;

/// What opens a commitment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// Name of the withheld field, such as `collector`.
    pub field: String,
    /// Salt, 64 lower-case hexadecimal digits.
    pub salt: Sha256,
    /// The value.
    pub value: String,
}

impl Opening {
    /// The commitment it opens: SHA-256 over the lines `casefile commitment v1`, field, salt in
    /// hexadecimal, and the value without a line end. The field's name is in it, so that the
    /// opening of one field cannot pass for that of another.
    pub fn commitment(&self) -> Commitment {
        let preimage =
            format!("casefile commitment v1\n{}\n{}\n{}", self.field, self.salt, self.value);
        Sha256::of(preimage.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_part_is_bound() {
        let opening = |field: &str, salt: u8, value: &str| Opening {
            field: field.into(),
            salt: Sha256([salt; 32]),
            value: value.into(),
        };
        let base = opening("collector", 1, "A. Person").commitment();
        assert_ne!(base, opening("identity", 1, "A. Person").commitment());
        assert_ne!(base, opening("collector", 2, "A. Person").commitment());
        assert_ne!(base, opening("collector", 1, "B. Person").commitment());
    }
}
