//! Digests: SHA-256 names an item, BLAKE2b-512 stands beside it as a second family.
//!
//! Two unrelated constructions (Merkle–Damgård, and HAIFA over a ChaCha core) must both fall before
//! two different files can pass for one.

use data_encoding::HEXLOWER;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::Digest as _;
use std::fmt;

macro_rules! digest {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl $name {
            /// Reads exactly the lower-case hexadecimal form that `Display` writes.
            pub fn parse(text: &str) -> Option<Self> {
                let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
                Some(Self(bytes.try_into().ok()?))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = String::deserialize(d)?;
                Self::parse(&text).ok_or_else(|| {
                    serde::de::Error::custom(concat!(
                        "expected ",
                        $bytes,
                        " bytes in lower-case hexadecimal"
                    ))
                })
            }
        }
    };
}

digest!(
    /// A SHA-256 digest (FIPS 180-4). Of an item's bytes, it is the item's name.
    Sha256,
    32
);
digest!(
    /// A BLAKE2b-512 digest (RFC 7693), as `b2sum` prints it.
    Blake2b512,
    64
);

impl Sha256 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl Blake2b512 {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(*blake2b_simd::blake2b(bytes).as_array())
    }
}

/// What is written down about some bytes: enough to tell them from any others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Digests {
    /// Their BLAKE2b-512 digest.
    pub blake2b512: Blake2b512,
    /// Their SHA-256 digest: the item's name.
    pub sha256: Sha256,
    /// How many bytes.
    pub size: u64,
}

impl Digests {
    /// The digests of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self {
            blake2b512: Blake2b512::of(bytes),
            sha256: Sha256::of(bytes),
            size: bytes.len() as u64,
        }
    }
}

/// Both digests in one pass over a stream.
#[derive(Debug, Clone)]
pub struct Hasher {
    sha256: sha2::Sha256,
    blake2b: blake2b_simd::State,
    size: u64,
}

impl Default for Hasher {
    fn default() -> Self {
        Self { sha256: sha2::Sha256::new(), blake2b: blake2b_simd::State::new(), size: 0 }
    }
}

impl Hasher {
    /// Takes in the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.sha256.update(bytes);
        self.blake2b.update(bytes);
        self.size += bytes.len() as u64;
    }

    /// The digests of all bytes taken in.
    pub fn finish(self) -> Digests {
        Digests {
            blake2b512: Blake2b512(*self.blake2b.finalize().as_array()),
            sha256: Sha256(self.sha256.finalize().into()),
            size: self.size,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_digests_of_abc() {
        // FIPS 180-4 and RFC 7693, appendix A.
        let d = Digests::of(b"abc");
        assert!(d.sha256.to_string().starts_with("ba7816bf8f01cfea414140de5dae2223"));
        assert!(d.blake2b512.to_string().starts_with("ba80a53f981c4d0d6a2797b69f12f6e9"));
        let mut h = Hasher::default();
        h.update(b"a");
        h.update(b"bc");
        assert_eq!(h.finish(), d);
    }

    #[test]
    fn only_lower_case_hexadecimal_of_the_right_length_is_read() {
        let good = Sha256::of(b"").to_string();
        assert_eq!(Sha256::parse(&good), Some(Sha256::of(b"")));
        for bad in
            [&good[1..], &good.to_uppercase(), "", &format!("{good}0"), &good.replace('e', "g")]
        {
            assert_eq!(Sha256::parse(bad), None, "{bad}");
        }
    }
}
