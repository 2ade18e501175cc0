//! Any bytes as a proof of consistency that travels: what is read is what would be written, and one
//! that holds leads from the old root to a checkpoint that the log signed.
#![no_main]

use custody::note::Signer;
use custody::{Checkpoint, growth, leaf_hash};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = growth::parse(bytes) else { return };
    assert_eq!(read.text().as_bytes(), bytes);
    let log = Signer::new("casefile/fuzz", &[7; 32]).expect("a name without blanks");
    let old = Checkpoint { origin: "casefile/fuzz".into(), size: 1, root: leaf_hash(b"left") };
    if let Ok(new) = read.verify(&old, &log.verifier()) {
        assert!(read.checkpoint.starts_with(&new.text()) && new.size >= read.old_size);
    }
});
