//! When a cosigner signs (C2SP tlog-witness v1.0.0, `add-checkpoint`): only a checkpoint that grew
//! from the one that it signed last. It is asked with a [`Growth`]: the same bytes over the network
//! or in a file on a stick.

use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::growth::{Growth, GrowthError};
use crate::note::Verifier;
use crate::tree::empty_root;

/// Why a cosigner does not sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Status 400.
    #[error("not of the form of a request to cosign")]
    Form,
    /// Status 403.
    #[error("no signature by a key that is known for this log, or one that does not hold")]
    Unsigned,
    /// Status 404.
    #[error("the log is not known here")]
    Unknown,
    /// Status 409; the log asks again from this size.
    #[error("the tree that was signed last has {0} leaves, and the request starts elsewhere")]
    Stale(u64),
    /// Status 409 too: as large as the tree that was signed last, and another. Keep the request: it
    /// proves that the log has changed what it once said.
    #[error("it does not grow from what was signed last: {0} leaves as well, and other ones")]
    Forked(u64),
    /// Status 422: the log has changed what it once said. Keep the request: it proves it.
    #[error("the checkpoint does not grow from the one that was signed last")]
    Inconsistent,
}

impl Refusal {
    /// The status of HTTP that says so.
    pub fn status(self) -> u16 {
        match self {
            Self::Form => 400,
            Self::Unsigned => 403,
            Self::Unknown => 404,
            Self::Stale(_) | Self::Forked(_) => 409,
            Self::Inconsistent => 422,
        }
    }
}

/// The name of the log that is asked about; nothing is verified yet.
pub fn untrusted_origin(asked: &Growth) -> Option<&str> {
    asked.checkpoint.split('\n').next().filter(|origin| !origin.is_empty())
}

/// Whether a cosigner that signed `last` may sign what is asked: the checkpoint then. It must keep
/// it as its new `last`, durably, before it answers.
pub fn judge(
    asked: &Growth,
    log: &Verifier,
    last: Option<&Checkpoint>,
) -> Result<Checkpoint, Refusal> {
    let nothing = || Checkpoint { origin: log.name().into(), size: 0, root: empty_root() };
    let last = last.cloned().unwrap_or_else(nothing);
    let new = checkpoint::open(asked.checkpoint.as_bytes(), log).map_err(|error| match error {
        CheckpointError::Note(_) => Refusal::Unsigned,
        CheckpointError::Origin => Refusal::Unknown,
        CheckpointError::Form => Refusal::Form,
    })?;
    // The specification's order: a request that makes no sense comes before one that is late.
    if asked.old_size > new.size {
        return Err(Refusal::Form);
    }
    let checkpoint = asked.verify(&last, log).map_err(|error| match error {
        GrowthError::Size => Refusal::Stale(last.size),
        GrowthError::Proof(_) if new.size == last.size && new.root != last.root => {
            Refusal::Forked(last.size)
        }
        GrowthError::Proof(_) => Refusal::Inconsistent,
        GrowthError::Checkpoint(_) | GrowthError::Form => Refusal::Form,
    })?;
    // An empty tree has one root only, and no proof says so.
    if checkpoint.size == 0 && checkpoint.root != empty_root() {
        return Err(Refusal::Inconsistent);
    }
    Ok(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edge::Edge;
    use crate::note::Signer;
    use crate::proof::Tiles;
    use crate::tile::Tile;
    use std::collections::BTreeMap;

    fn log() -> Signer {
        Signer::new("casefile/x", &[7; 32]).unwrap()
    }

    /// Checkpoints of one log at the sizes 0 to `size`, and its files.
    fn history(size: u64) -> (Vec<Checkpoint>, BTreeMap<Tile, Vec<u8>>) {
        let (mut edge, mut files) = (Edge::empty(), BTreeMap::new());
        let at = |edge: &Edge| Checkpoint {
            origin: "casefile/x".into(),
            size: edge.size(),
            root: edge.root(),
        };
        let mut checkpoints = vec![at(&edge)];
        for number in 0..size {
            let written = edge.append([&number.to_be_bytes()[..]]);
            files.extend(written.into_iter().map(|file| (file.tile, file.bytes)));
            checkpoints.push(at(&edge));
        }
        (checkpoints, files)
    }

    fn request(from: u64, to: u64) -> Growth {
        let (checkpoints, files) = history(to);
        let mut tiles = Tiles::new(to, |tile: Tile| Ok::<_, ()>(files[&tile].clone()));
        let hashes = if from == 0 { Vec::new() } else { tiles.consistency(from).unwrap() };
        let checkpoint = checkpoints[to as usize].sign(&log());
        Growth { old_size: from, hashes, checkpoint }
    }

    #[test]
    fn a_log_that_grows_is_signed_at_every_step() {
        let (checkpoints, _) = history(9);
        for from in 0..=9 {
            for to in from.max(1)..=9 {
                let request = request(from, to);
                let last = (from > 0).then(|| &checkpoints[from as usize]);
                let asked = judge(&request, &log().verifier(), last);
                assert_eq!(asked.as_ref(), Ok(&checkpoints[to as usize]), "{from} to {to}");
            }
        }
        let empty = Growth { checkpoint: checkpoints[0].sign(&log()), ..request(0, 1) };
        assert_eq!(judge(&empty, &log().verifier(), None).as_ref(), Ok(&checkpoints[0]));
    }

    #[test]
    fn all_else_is_refused_with_its_status() {
        let (checkpoints, _) = history(9);
        let good = request(5, 9);
        let stranger = Signer::new("casefile/x", &[8; 32]).unwrap();
        let other = Checkpoint { origin: "casefile/y".into(), ..checkpoints[9].clone() };
        let forked = Checkpoint { root: [1; 32], ..checkpoints[9].clone() };
        let with = |checkpoint: String| Growth { checkpoint, ..good.clone() };
        for (request, last, expect) in [
            (good.clone(), Some(&checkpoints[6]), Refusal::Stale(6)),
            (good.clone(), None, Refusal::Stale(0)),
            (
                Growth { old_size: 9, ..with(checkpoints[5].sign(&log())) },
                Some(&checkpoints[9]),
                Refusal::Form,
            ),
            (Growth { old_size: 10, ..good.clone() }, Some(&checkpoints[5]), Refusal::Form),
            (
                Growth { old_size: 9, hashes: Vec::new(), ..good.clone() },
                Some(&Checkpoint { size: 9, ..forked.clone() }),
                Refusal::Forked(9),
            ),
            (
                Growth { hashes: Vec::new(), ..good.clone() },
                Some(&checkpoints[5]),
                Refusal::Inconsistent,
            ),
            (good.clone(), Some(&forked.clone()), Refusal::Stale(9)),
            (good.clone(), Some(&Checkpoint { size: 5, ..forked.clone() }), Refusal::Inconsistent),
            (request(0, 9), None, Refusal::Inconsistent),
            (with(forked.sign(&log())), Some(&checkpoints[5]), Refusal::Inconsistent),
            (with(checkpoints[9].sign(&stranger)), Some(&checkpoints[5]), Refusal::Unsigned),
            (with(other.sign(&log())), Some(&checkpoints[5]), Refusal::Unknown),
            (with("no note".into()), Some(&checkpoints[5]), Refusal::Unsigned),
        ] {
            let request = if expect == Refusal::Inconsistent && last.is_none() {
                Growth { hashes: vec![[0; 32]], ..request }
            } else {
                request
            };
            let verdict = judge(&request, &log().verifier(), last);
            assert_eq!(verdict, Err(expect), "{request:?} {last:?}");
        }
        let statuses = [
            Refusal::Form,
            Refusal::Unsigned,
            Refusal::Unknown,
            Refusal::Stale(1),
            Refusal::Forked(1),
            Refusal::Inconsistent,
        ];
        assert_eq!(statuses.map(Refusal::status), [400, 403, 404, 409, 409, 422]);
    }
}
