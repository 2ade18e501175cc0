//! Tiles and entry bundles: the log as static files (C2SP tlog-tiles).
//!
//! A tile holds up to 256 hashes of one level; an entry bundle up to 256 leaves. Both are full, or
//! partial with their width in the path; a full one never changes again.

use crate::tree::Hash;
use std::fmt;

/// Hashes in a full tile, leaves in a full bundle.
pub const WIDTH: u64 = 256;

/// Bytes of a hash.
pub const HASH_BYTES: usize = 32;

/// Most bytes in a leaf: its length is a uint16.
pub const LEAF_LIMIT_BYTES: usize = u16::MAX as usize;

/// Most bytes in a bundle: 256 × (2 + 65,535).
pub const BUNDLE_LIMIT_BYTES: usize = WIDTH as usize * (2 + LEAF_LIMIT_BYTES);

/// Highest level of a tile: with 8 levels of the tree to a tile, level 7 holds the roots of 2^56
/// leaves, more than any log that can be written.
pub const MAX_LEVEL: u8 = 7;

/// What a file of the log holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Hashes at a level: level 0 hashes leaves, each higher one roots of full tiles below.
    Hashes(u8),
    /// Leaves.
    Entries,
}

/// One file of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    /// What it holds.
    pub kind: Kind,
    /// Its number among those of its kind, from 0.
    pub index: u64,
    /// How many hashes or leaves are in it, 1 to 256.
    pub width: u16,
}

impl Tile {
    /// Whether it is full.
    pub fn is_full(&self) -> bool {
        u64::from(self.width) == WIDTH
    }

    /// How many hashes or leaves of its kind there are up to its end. Saturating: the index of a
    /// tile that was parsed may be anything.
    pub fn end(&self) -> u64 {
        self.index.saturating_mul(WIDTH).saturating_add(u64::from(self.width))
    }

    /// The full tile in the same place.
    pub fn full(self) -> Self {
        Self { width: WIDTH as u16, ..self }
    }
}

/// The path, such as `tile/0/x001/234.p/5` or `tile/entries/000`.
impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            Kind::Hashes(level) => write!(f, "tile/{level}/")?,
            Kind::Entries => f.write_str("tile/entries/")?,
        }
        let mut groups = vec![self.index % 1000];
        let mut rest = self.index / 1000;
        while rest > 0 {
            groups.push(rest % 1000);
            rest /= 1000;
        }
        for group in groups[1..].iter().rev() {
            write!(f, "x{group:03}/")?;
        }
        write!(f, "{:03}", groups[0])?;
        if self.is_full() { Ok(()) } else { write!(f, ".p/{}", self.width) }
    }
}

/// Reads exactly the paths that `Display` writes.
pub fn parse_path(path: &str) -> Option<Tile> {
    let (kind, rest) = path.strip_prefix("tile/")?.split_once('/')?;
    let kind = if kind == "entries" { Kind::Entries } else { Kind::Hashes(kind.parse().ok()?) };
    let (number, width) = match rest.split_once(".p/") {
        Some((number, width)) => (number, width.parse().ok()?),
        None => (rest, WIDTH as u16),
    };
    let mut index: u64 = 0;
    for group in number.split('/') {
        let digits: u64 = group.strip_prefix('x').unwrap_or(group).parse().ok()?;
        index = index.checked_mul(1000)?.checked_add(digits)?;
    }
    let tile = Tile { kind, index, width };
    let in_range = (1..=WIDTH as u16).contains(&width)
        && !matches!(kind, Kind::Hashes(level) if level > MAX_LEVEL);
    // Every other spelling (signs, leading zeros, missing `x`) is refused by writing it again.
    (in_range && tile.to_string() == path).then_some(tile)
}

/// The files that a log of `size` leaves consists of, full ones and the partial one at the end of
/// each level: bundles first, then hashes from level 0 up.
pub fn tiles_of(size: u64) -> impl Iterator<Item = Tile> {
    std::iter::once((Kind::Entries, size)).chain(levels(size)).flat_map(|(kind, count)| {
        (0..count.div_ceil(WIDTH)).map(move |index| Tile {
            kind,
            index,
            width: (count - index * WIDTH).min(WIDTH) as u16,
        })
    })
}

/// Each level with how many hashes it has in a log of `size` leaves.
pub fn levels(size: u64) -> impl Iterator<Item = (Kind, u64)> {
    (0..=MAX_LEVEL)
        .map(move |level| (Kind::Hashes(level), count_at(size, level)))
        .take_while(|(_, count)| *count > 0)
}

/// How many of a kind there are in a log of `size` leaves.
pub fn count_of(size: u64, kind: Kind) -> u64 {
    match kind {
        Kind::Entries => size,
        Kind::Hashes(level) => count_at(size, level),
    }
}

/// How many hashes a level has in a log of `size` leaves: one for each full tile below.
pub fn count_at(size: u64, level: u8) -> u64 {
    size.checked_shr(8 * u32::from(level)).unwrap_or(0)
}

/// The full files that a log has at `after` leaves and had only partially at `before`: the partial
/// ones in their places may go once these are durable (tlog-tiles, "Partial Tiles").
pub fn superseding(before: u64, after: u64) -> impl Iterator<Item = Tile> {
    std::iter::once((Kind::Entries, before))
        .chain(levels(before))
        .map(|(kind, count)| Tile { kind, index: count / WIDTH, width: (count % WIDTH) as u16 })
        .filter(move |tile| tile.width > 0 && count_of(after, tile.kind) / WIDTH > tile.index)
        .map(Tile::full)
}

/// Why bytes are no tile or bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TileError {
    /// The number of bytes does not fit the width.
    #[error("{found} bytes where {expected} are due")]
    Length {
        /// Bytes that there are.
        found: usize,
        /// Bytes that the width asks for.
        expected: usize,
    },
    /// The bundle ends inside a leaf.
    #[error("cut off inside leaf {leaf} of the bundle")]
    CutOff {
        /// Which, counted from 0.
        leaf: u16,
    },
    /// A leaf is another than the tree has in that place.
    #[error("leaf {leaf} of the bundle is not the one whose hash the tree has")]
    OtherLeaf {
        /// Which, counted from 0.
        leaf: u16,
    },
    /// There are bytes after the last leaf.
    #[error("{left} bytes left over after the last leaf")]
    LeftOver {
        /// How many.
        left: usize,
    },
}

/// Takes a hash tile of `width` apart. Fewer hashes than the file holds may be asked for: a wider
/// tile begins with the hashes of a narrower one.
pub fn parse_hashes(bytes: &[u8], width: u16) -> Result<Vec<Hash>, TileError> {
    let expected = usize::from(width) * HASH_BYTES;
    if bytes.len() != expected {
        return Err(TileError::Length { found: bytes.len(), expected });
    }
    let mut hashes = Vec::with_capacity(usize::from(width));
    let (chunks, _) = bytes.as_chunks::<HASH_BYTES>();
    hashes.extend_from_slice(chunks);
    Ok(hashes)
}

/// Puts a hash tile together.
pub fn encode_hashes(hashes: &[Hash]) -> Vec<u8> {
    hashes.concat()
}

/// Adds a leaf to a bundle.
///
/// # Panics
/// If the leaf is longer than [`LEAF_LIMIT_BYTES`]: the caller refuses such a leaf before.
pub fn push_leaf(bundle: &mut Vec<u8>, leaf: &[u8]) {
    let length =
        u16::try_from(leaf.len()).expect("leaves are limited to a uint16 of bytes before this");
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(leaf);
}

/// Takes a bundle of `width` leaves apart.
pub fn parse_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, TileError> {
    let mut rest = bytes;
    let mut leaves = Vec::with_capacity(usize::from(width));
    for leaf in 0..width {
        let cut_off = TileError::CutOff { leaf };
        let (length, after) = rest.split_first_chunk::<2>().ok_or(cut_off)?;
        let length = usize::from(u16::from_be_bytes(*length));
        let (bytes, after) = after.split_at_checked(length).ok_or(cut_off)?;
        leaves.push(bytes);
        rest = after;
    }
    if rest.is_empty() { Ok(leaves) } else { Err(TileError::LeftOver { left: rest.len() }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn paths() {
        let tile = |kind, index, width| Tile { kind, index, width };
        for (tile, path) in [
            (tile(Kind::Hashes(0), 0, 256), "tile/0/000"),
            (tile(Kind::Hashes(1), 1_234_067, 256), "tile/1/x001/x234/067"),
            (tile(Kind::Hashes(0), 273, 112), "tile/0/273.p/112"),
            (tile(Kind::Entries, 1000, 1), "tile/entries/x001/000.p/1"),
        ] {
            assert_eq!(tile.to_string(), path);
            assert_eq!(parse_path(path), Some(tile));
        }
        for path in [
            "",
            "tile",
            "tile/0",
            "tile/0/",
            "tile/8/000",
            "tile/00/000",
            "tile/0/0",
            "tile/0/0000",
            "tile/0/000.p/0",
            "tile/0/000.p/256",
            "tile/0/000.p/257",
            "tile/0/000.p/05",
            "tile/0/+00",
            "tile/0/x000/000",
            "tile/0/001/000",
            "tile/0/x001/x000",
            "tile/2/92/55",
            "tile/0/x018/x446/x744/x073/x709/x551/616",
            "tile/0/../0",
            "tile/0/000/",
            "tile/entries/000.p",
            "tile/-1/000",
            "/tile/0/000",
        ] {
            assert_eq!(parse_path(path), None, "{path}");
        }
    }

    #[test]
    fn files_of_a_log() {
        let paths: Vec<String> = tiles_of(70_000).map(|tile| tile.to_string()).collect();
        assert_eq!(paths.len(), 274 + 274 + 2 + 1);
        assert_eq!(paths[273], "tile/entries/273.p/112");
        assert_eq!(paths[paths.len() - 2], "tile/1/001.p/17");
        assert_eq!(paths[paths.len() - 1], "tile/2/000.p/1");
        assert_eq!(tiles_of(0).count(), 0);
    }

    #[test]
    fn partial_files_that_may_go() {
        for (before, after, expect) in [
            (0, 1_000, vec![]),
            (1, 255, vec![]),
            (1, 256, vec!["tile/entries/000", "tile/0/000"]),
            (256, 512, vec![]),
            (511, 512, vec!["tile/entries/001", "tile/0/001"]),
            (70_000, 140_000, vec!["tile/entries/273", "tile/0/273", "tile/1/001"]),
        ] {
            let paths: Vec<_> = superseding(before, after).map(|tile| tile.to_string()).collect();
            assert_eq!(paths, expect, "{before} {after}");
        }
    }

    proptest! {
        #[test]
        fn bundles_come_apart_as_they_were_put_together(leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..20), cut in 1usize..30) {
            let mut bundle = Vec::new();
            leaves.iter().for_each(|leaf| push_leaf(&mut bundle, leaf));
            let width = leaves.len() as u16;
            prop_assert_eq!(parse_bundle(&bundle, width).unwrap(), leaves.iter().map(Vec::as_slice).collect::<Vec<_>>());
            prop_assert!(parse_bundle(&bundle[..bundle.len().saturating_sub(cut)], width).is_err());
            bundle.push(0);
            prop_assert!(parse_bundle(&bundle, width).is_err());
        }

        #[test]
        fn any_bytes_may_come(bytes in prop::collection::vec(any::<u8>(), 0..300), width in 1u16..=256, path in "\\PC{0,40}") {
            let _ = parse_bundle(&bytes, width);
            let _ = parse_hashes(&bytes, width);
            let _ = parse_path(&path);
        }
    }
}
