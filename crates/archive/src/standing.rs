//! How another copy of the log stands to ours, told by their two checkpoints and a consistency
//! proof between them. Nothing is written here.

use crate::{Error, codes, layout, log};
use custody::proof::{MakeError, Tiles, verify_consistency};
use custody::{Checkpoint, Hash};
use std::path::Path;

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

/// How `theirs` stands to `ours`: checkpoints, both signed by the log's key, each with the folder
/// of the case whose tiles prove it. Of a checkpoint that is kept alone and is larger than ours,
/// all that can be told is that ours is not the last.
pub fn standing(
    (our_root, ours): (&Path, &Checkpoint),
    (their_root, theirs): (Option<&Path>, &Checkpoint),
) -> Result<Standing, Error> {
    if ours.size == theirs.size {
        return Ok(if ours.root == theirs.root { Standing::Same } else { Standing::Forked });
    }
    let (old, new, folder) = if theirs.size < ours.size {
        (theirs, ours, Some(our_root))
    } else {
        (ours, theirs, their_root)
    };
    let records = new.size - old.size;
    let extends = match folder {
        Some(folder) => extends(folder, old, new)?,
        None => true,
    };
    Ok(match (extends, theirs.size < ours.size) {
        (false, _) => Standing::Forked,
        (true, true) => Standing::Behind { records },
        (true, false) => Standing::Ahead { records },
    })
}

/// Whether the log in `folder`, whose checkpoint is `new`, begins with `old`. A damaged tile must
/// not pass for a fork: what the tiles say of the old size is first shown to lead to the new root.
fn extends(folder: &Path, old: &Checkpoint, new: &Checkpoint) -> Result<bool, Error> {
    let damaged = |message: String| Error::Damaged {
        code: codes::TILE_DAMAGED,
        place: folder.join(layout::LOG).display().to_string(),
        message,
    };
    let proof: Vec<Hash> = Tiles::new(new.size, |tile| log::read_tile(folder, tile))
        .consistency(old.size)
        .map_err(|error| match error {
            MakeError::Read(error) => error.in_folder(folder),
            other => damaged(other.to_string()),
        })?;
    let within = log::load_edge_within(folder, old.size, new.size)
        .map_err(|error| error.in_folder(folder))?
        .root();
    verify_consistency((old.size, &within), (new.size, &new.root), &proof).map_err(|_| {
        damaged(format!(
            "the tiles do not lead to the root that the checkpoint of {} signs",
            new.size
        ))
    })?;
    Ok(within == old.root)
}
