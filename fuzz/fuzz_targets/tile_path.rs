//! Any text as a path: what is read is what would be written, and nothing panics.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|path: &str| {
    if let Some(tile) = custody::tile::parse_path(path) {
        assert_eq!(tile.to_string(), path);
        assert!((1..=256).contains(&tile.width));
    }
});
