//! Any bytes as a leaf. One that opens is what its signer would write, if that is us.
#![no_main]

use custody::{leaf, sshsig};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let seed = [5; 32];
    if let Ok(opened) = leaf::open_leaf(bytes) {
        assert!(!opened.record.contains(&b'\n'));
        if opened.key == sshsig::public_key(&seed) {
            assert_eq!(leaf::sign_leaf(&seed, opened.record), bytes);
        }
    }
    // What we sign opens, unless it has a line end in it or is too long.
    let opened = leaf::sign_leaf(&seed, bytes);
    let fits = opened.len() <= custody::tile::LEAF_LIMIT_BYTES && !bytes.contains(&b'\n');
    assert_eq!(leaf::open_leaf(&opened).is_ok(), fits);
});
