//! The files of a log, each taken from whichever copy has it as the checkpoint's root demands.
//!
//! From the root down: the partial files at the right edge must lead to it together; then each hash
//! says what the full file below it must be. So two copies that are both damaged, in different
//! places, mend each other, and no copy need be trusted.

use archive::{Error, layout, log, objects};
use custody::tile::{self, Kind, Tile, WIDTH};
use custody::tree::root_of;
use custody::{Checkpoint, Edge, Hash, leaf_hash};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;

/// Most ways in which the files of the right edge are put together: two copies of four levels and
/// a bundle make 2^5, and a tile made from the bundle some more.
const WAYS_LIMIT: usize = 4096;

/// A copy of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copy<'a> {
    /// Its folder: a case or a mirror.
    pub(crate) folder: &'a Path,
    /// How many leaves it has.
    pub(crate) size: u64,
}

/// Hears of a file that the first copy lacks or has otherwise: its bytes, or `None` where no copy
/// has it.
pub(crate) type Mend<'a> = &'a mut dyn FnMut(Tile, Option<Vec<u8>>) -> Result<(), Error>;

/// Goes through every file of the log at `checkpoint`. The first of `copies` is the one to mend.
/// `false` where no copy has a right edge that leads to the root: then nothing can be said of any.
pub(crate) fn go_through(
    copies: &[Copy<'_>],
    checkpoint: &Checkpoint,
    mend: Mend<'_>,
) -> Result<bool, Error> {
    let Some(edge) = right_edge(copies, checkpoint) else { return Ok(false) };
    let mut run = Run { copies, mend };
    for (tile, bytes) in &edge {
        run.compare(*tile, bytes)?;
    }
    let partial = |level| {
        let at_level = edge.iter().find(|(tile, _)| tile.kind == Kind::Hashes(level));
        at_level.and_then(|(tile, bytes)| tile::parse_hashes(bytes, tile.width).ok())
    };
    let highest = tile::levels(checkpoint.size).count().saturating_sub(1) as u8;
    let some = |hashes: Option<Vec<Hash>>| hashes.into_iter().flatten().map(Some);
    // The highest level has fewer hashes than a tile holds, so it is all in the edge.
    let mut above: Vec<Option<Hash>> = some(partial(highest)).collect();
    for level in (0..highest).rev() {
        let mut here = Vec::new();
        for (index, expected) in (0..).zip(above) {
            let hashes = run.full(level, index, expected)?;
            // What the lowest level says of its bundles has been looked at.
            if level > 0 {
                match hashes {
                    Some(hashes) => here.extend(hashes.into_iter().map(Some)),
                    None => here.extend([None; WIDTH as usize]),
                }
            }
        }
        here.extend(some(partial(level)));
        above = here;
    }
    Ok(true)
}

/// The partial files of the log at `checkpoint`, chosen among the copies so that they lead to its
/// root.
fn right_edge(copies: &[Copy<'_>], checkpoint: &Checkpoint) -> Option<BTreeMap<Tile, Vec<u8>>> {
    let size = checkpoint.size;
    let partial = |(kind, count): (Kind, u64)| {
        let width = (count % WIDTH) as u16;
        (width > 0).then_some(Tile { kind, index: count / WIDTH, width })
    };
    let tiles: Vec<Tile> = std::iter::once((Kind::Entries, size))
        .chain(tile::levels(size))
        .filter_map(partial)
        .collect();
    let mut choices: Vec<Vec<Vec<u8>>> = Vec::new();
    for tile in &tiles {
        let mut found: Vec<Vec<u8>> =
            copies.iter().filter_map(|copy| candidate(*copy, *tile)).collect();
        if tile.kind == Kind::Hashes(0) {
            let bundles = choices.first().into_iter().flatten();
            let made = bundles.filter_map(|bundle| hashes_of(bundle, tile.width));
            found.extend(made.map(|hashes| tile::encode_hashes(&hashes)).collect::<Vec<_>>());
        }
        found.sort();
        found.dedup();
        choices.push(found);
    }
    let ways = choices.iter().try_fold(1_usize, |ways, one| ways.checked_mul(one.len()))?;
    for way in 0..ways.min(WAYS_LIMIT) {
        let mut rest = way;
        let mut chosen = BTreeMap::new();
        for (tile, choice) in tiles.iter().zip(&choices) {
            chosen.insert(*tile, choice.get(rest % choice.len())?.clone());
            rest /= choice.len();
        }
        let read = |tile: Tile| Ok::<_, Infallible>(chosen.get(&tile).cloned().unwrap_or_default());
        if Edge::load(size, read).is_ok_and(|edge| edge.root() == checkpoint.root) {
            return Some(chosen);
        }
    }
    None
}

/// What a copy has in the place of `tile`, which may be the beginning of a wider file there.
fn candidate(copy: Copy<'_>, tile: Tile) -> Option<Vec<u8>> {
    let count = tile::count_of(copy.size, tile.kind);
    if tile.end() > count {
        return None;
    }
    let width = (count - tile.index * WIDTH).min(WIDTH) as u16;
    let exact = log::read_tile(copy.folder, tile).ok();
    let within = || {
        let bytes = log::read_tile(copy.folder, Tile { width, ..tile }).ok()?;
        log::beginning(&bytes, width, tile)
    };
    exact.or_else(within)
}

fn hashes_of(bundle: &[u8], width: u16) -> Option<Vec<Hash>> {
    let leaves = tile::parse_bundle(bundle, width).ok()?;
    Some(leaves.into_iter().map(leaf_hash).collect())
}

/// The file at a place of the case, exactly.
fn own(copy: Copy<'_>, tile: Tile) -> Option<Vec<u8>> {
    objects::read_from_disk(&layout::at(copy.folder, layout::LOG).join(tile.to_string())).ok()
}

struct Run<'a, 'b> {
    copies: &'a [Copy<'a>],
    mend: Mend<'b>,
}

impl Run<'_, '_> {
    /// Says where the copy to mend has not these bytes.
    fn compare(&mut self, tile: Tile, bytes: &[u8]) -> Result<(), Error> {
        let same = self.copies.first().and_then(|copy| own(*copy, tile));
        if same.as_deref() == Some(bytes) {
            Ok(())
        } else {
            (self.mend)(tile, Some(bytes.to_vec()))
        }
    }

    /// The hashes of a full tile whose root must be `expected`; at the lowest level its bundle is
    /// looked at too.
    fn full(
        &mut self,
        level: u8,
        index: u64,
        expected: Option<Hash>,
    ) -> Result<Option<Vec<Hash>>, Error> {
        let tile = Tile { kind: Kind::Hashes(level), index, width: WIDTH as u16 };
        let bundle = Tile { kind: Kind::Entries, ..tile };
        let hashes = expected.and_then(|expected| {
            let tiles = self
                .copies
                .iter()
                .filter_map(|copy| tile::parse_hashes(&candidate(*copy, tile)?, tile.width).ok());
            let bundles = self
                .copies
                .iter()
                .filter(|_| level == 0)
                .filter_map(|copy| hashes_of(&candidate(*copy, bundle)?, tile.width));
            tiles.chain(bundles).find(|hashes| root_of(hashes) == expected)
        });
        match &hashes {
            Some(hashes) => self.compare(tile, &tile::encode_hashes(hashes))?,
            None => (self.mend)(tile, None)?,
        }
        if level == 0 {
            self.bundle(bundle, hashes.as_deref())?;
        }
        Ok(hashes)
    }

    fn bundle(&mut self, bundle: Tile, expected: Option<&[Hash]>) -> Result<(), Error> {
        let right = |bytes: &Vec<u8>| hashes_of(bytes, bundle.width).as_deref() == expected;
        let candidates = self.copies.iter().filter_map(|copy| candidate(*copy, bundle));
        match expected.and_then(|_| candidates.into_iter().find(right)) {
            Some(bytes) => self.compare(bundle, &bytes),
            None => (self.mend)(bundle, None),
        }
    }
}
