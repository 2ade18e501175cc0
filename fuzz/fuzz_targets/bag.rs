//! Any text as a manifest and as a bag-info: what is read as a manifest is what would be written,
//! and every path in it stays inside.
#![no_main]

use verifier::bag;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    for digest_length in [64, 128] {
        if let Ok(manifest) = bag::parse(text, digest_length) {
            assert_eq!(bag::text(&manifest), text);
            let inside = |path: &String| {
                !path.starts_with('/') && path.split('/').all(|part| part != ".." && part != "")
            };
            assert!(manifest.keys().all(inside));
        }
    }
    let _ = bag::info(text);
});
