//! How another copy of the log stands to ours, told by their two checkpoints and a consistency
//! proof between them. Nothing is written here.

use crate::{Error, codes, layout, log};
use custody::proof::{MakeError, Tiles, verify_consistency};
use custody::tile::Tile;
use custody::{Checkpoint, Hash};

/// How another copy stands to the case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is nothing yet.
    New,
    /// Both have the same records.
    Same,
    /// It is the beginning of the case.
    Behind {
        /// How many records it lacks.
        records: u64,
    },
    /// The case is its beginning: the case is an older copy.
    Ahead {
        /// How many records the case lacks.
        records: u64,
    },
    /// Both have records after a common beginning that the other lacks.
    Forked,
    /// It is another log.
    Foreign,
}

impl Standing {
    /// How many records the two are apart, where one is the beginning of the other.
    pub fn records(self) -> u64 {
        match self {
            Self::Behind { records } | Self::Ahead { records } => records,
            Self::New | Self::Same | Self::Forked | Self::Foreign => 0,
        }
    }

    /// In one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Behind { .. } => "behind",
            Self::Ahead { .. } => "ahead",
            Self::Forked => "forked",
            Self::Foreign => "foreign",
        }
    }
}

/// Reads a file of a log, or the beginning of a wider one in its place.
pub type ReadTile<'a> = &'a mut dyn FnMut(Tile) -> Result<Vec<u8>, Error>;

/// How `theirs` stands to `ours`: checkpoints, both signed by the log's key, each with the tiles
/// that prove it. Of a checkpoint that is kept alone and is larger than ours, all that can be told
/// is that ours is not the last.
pub fn standing(
    (ours, our_tiles): (&Checkpoint, ReadTile<'_>),
    (theirs, their_tiles): (&Checkpoint, Option<ReadTile<'_>>),
) -> Result<Standing, Error> {
    if ours.size == theirs.size {
        return Ok(if ours.root == theirs.root { Standing::Same } else { Standing::Forked });
    }
    if theirs.size < ours.size {
        let records = ours.size - theirs.size;
        let is_ours = extends(our_tiles, theirs, ours)?;
        return Ok(if is_ours { Standing::Behind { records } } else { Standing::Forked });
    }
    let records = theirs.size - ours.size;
    let is_theirs = their_tiles.map_or(Ok(true), |tiles| extends(tiles, ours, theirs))?;
    Ok(if is_theirs { Standing::Ahead { records } } else { Standing::Forked })
}

/// Whether the log of `tiles`, whose checkpoint is `new`, begins with `old`. A damaged tile must
/// not pass for a fork: what the tiles say of the old size is first shown to lead to the new root.
fn extends(tiles: ReadTile<'_>, old: &Checkpoint, new: &Checkpoint) -> Result<bool, Error> {
    let damaged = |message: String| Error::Damaged {
        code: codes::TILE_DAMAGED,
        place: layout::LOG.into(),
        message,
    };
    let proof: Vec<Hash> =
        Tiles::new(new.size, &mut *tiles).consistency(old.size).map_err(|error| match error {
            MakeError::Read(error) => error,
            other => damaged(other.to_string()),
        })?;
    let within = log::edge_within(tiles, old.size, new.size)?.root();
    verify_consistency((old.size, &within), (new.size, &new.root), &proof).map_err(|_| {
        damaged(format!(
            "the tiles do not lead to the root that the checkpoint of {} signs",
            new.size
        ))
    })?;
    Ok(within == old.root)
}
