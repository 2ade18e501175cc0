//! Any bytes as a record: what is read is what would be written, whatever numbers are in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use record::canonical::{from_bytes, to_bytes};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(leaf) = from_bytes::<record::Leaf>(bytes) {
        assert_eq!(to_bytes(&leaf), bytes);
    }
});
