//! Any bytes as a note, a verifier key and a secret key. A note that opens was signed by the key.
#![no_main]

use custody::note::{self, Signer, Verifier};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let log = Signer::new("casefile/fuzz", &[7; 32]).expect("a name without blanks");
    if let Ok(text) = note::open(bytes, &[log.verifier()]) {
        let signature = log.sign(text)[text.len() + 1..].to_owned();
        assert!(std::str::from_utf8(bytes).is_ok_and(|note| note.contains(&signature)));
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(key) = Verifier::parse(text) {
        assert_eq!(key.vkey(), text);
    }
    if let Ok(key) = Signer::parse(text) {
        assert_eq!(key.private_key(), text);
    }
    // The text that a signer signs is either refused by the reader or read back the same.
    if let Ok(read) = note::open(log.sign(text).as_bytes(), &[log.verifier()]) {
        assert_eq!(read, text);
    }
});
