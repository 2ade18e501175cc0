//! Any bytes as a cosigner's answer, and any text as a cosigner's key: what holds was signed by a
//! cosigner who is known, and lies in the answer in the one form it has.
#![no_main]

use custody::cosignature::{Algorithm, Cosigner, Secret, cosigned};
use custody::{checkpoint, note};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

static KNOWN: LazyLock<Vec<Cosigner>> = LazyLock::new(|| {
    [("old.example", Algorithm::Ed25519, 8), ("new.example", Algorithm::MlDsa44, 9)]
        .map(|(name, algorithm, seed)| {
            Secret::new(name, algorithm, &[seed; 32]).expect("a name without blanks").cosigner()
        })
        .into()
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(held) = cosigned(bytes, &KNOWN) {
        let text = std::str::from_utf8(bytes).expect("a note is text");
        let (signed, _) = text.split_once("\n\n").expect("a note has signatures");
        assert!(checkpoint::parse(&format!("{signed}\n")).is_ok());
        for one in &held {
            assert!(text.contains(&format!("\u{2014} {} ", KNOWN[one.cosigner].name())));
        }
    }
    let log = note::Signer::new("casefile/fuzz", &[7; 32]).expect("a name without blanks");
    let _ = checkpoint::open(bytes, &log.verifier());
    if let Ok(cosigner) = std::str::from_utf8(bytes).map_err(|_| ()).and_then(|text| {
        Cosigner::parse(text).map_err(|_| ())
    }) {
        assert_eq!(cosigner.vkey().as_bytes(), bytes);
    }
});
