//! Names for things in documents of linked data: the same thing has the same name in each.

use record::canonical;
use sha1::{Digest as _, Sha1};

/// The namespace of these names: 16 bytes drawn once.
const NAMESPACE: [u8; 16] = *b"\x7b\xd2\x0e\x5c\x91\x3a\x4f\x68\xa4\x17\xc2\x6e\x0d\xb8\x53\xf1";

/// A UUID of version 5 (RFC 9562, section 5.5), as a URN: made from what the thing is, so that
/// nobody has to keep a list. CASE/UCO asks for these. Nothing rests on the SHA-1 in it: what a
/// thing is stands beside its name.
pub(crate) fn urn(parts: &[&str]) -> String {
    let digest = Sha1::new().chain_update(NAMESPACE).chain_update(canonical::to_bytes(&parts));
    let mut bytes = [0u8; 16];
    for (to, from) in bytes.iter_mut().zip(digest.finalize()) {
        *to = from;
    }
    bytes[6] = 0x50 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let mut urn = String::from("urn:uuid:");
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            urn.push('-');
        }
        urn.push_str(&format!("{byte:02x}"));
    }
    urn
}

#[cfg(test)]
mod tests {
    use super::urn;

    #[test]
    fn a_name_is_a_uuid_of_version_5() {
        let name = urn(&["casefile/a", "item", "1"]);
        assert_eq!(name.len(), "urn:uuid:".len() + 36);
        assert_eq!(name.as_bytes()["urn:uuid:".len() + 14], b'5');
        assert_ne!(name, urn(&["casefile/a", "item", "2"]));
        assert_ne!(name, urn(&["casefile/a", "item,1"]));
        assert_eq!(name, urn(&["casefile/a", "item", "1"]));
    }
}
