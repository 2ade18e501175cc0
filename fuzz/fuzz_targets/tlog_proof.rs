//! Any bytes as a proof file: what is read is what would be written, and a proof that holds leads
//! to a checkpoint that the log signed.
#![no_main]

use custody::note::Signer;
use custody::{proof, tlog_proof};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(read) = tlog_proof::parse(bytes) else { return };
    assert_eq!(read.text().as_bytes(), bytes);
    let log = Signer::new("casefile/fuzz", &[7; 32]).expect("a name without blanks");
    if let Ok(checkpoint) = read.verify(b"leaf", &log.verifier()) {
        assert!(read.checkpoint.starts_with(&checkpoint.text()));
    }
    // The place and hashes are a stranger's numbers too.
    let size = read.index.wrapping_mul(3);
    let root = read.hashes.first().copied().unwrap_or_default();
    let _ = proof::verify_inclusion(&root, read.index, size, &read.hashes, &root);
    let _ = proof::verify_consistency((read.index, &root), (size, &root), &read.hashes);
});
