//! Any bytes as a bundle or a tile: what comes apart goes together again to the same bytes.
#![no_main]

use custody::tile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u16, &[u8])| {
    let (width, bytes) = (input.0 % 257, input.1);
    if let Ok(leaves) = tile::parse_bundle(bytes, width) {
        let mut again = Vec::new();
        leaves.iter().for_each(|leaf| tile::push_leaf(&mut again, leaf));
        assert_eq!((leaves.len(), again.as_slice()), (usize::from(width), bytes));
    }
    if let Ok(hashes) = tile::parse_hashes(bytes, width) {
        assert_eq!(tile::encode_hashes(&hashes), bytes);
    }
});
