//! Evidence records (RFC 4998) of items, made from the log and its objects: they are kept nowhere.

use crate::stamps::{self, Answer, Asked, Stamps};
use archive::{Case, Error, codes, layout};
use data_encoding::HEXLOWER;
use record::{Sha256, Stamped, canonical};
use std::io::Read as _;
use timestamp::algorithm::Running;
use timestamp::evidence::{self, Tree};
use timestamp::kept::Parts;
use timestamp::{Hash, token};

/// Bytes read at a time.
const CHUNK_BYTES: usize = 1 << 20;

/// A timestamp of all items with its renewals, ready to make records from.
pub struct Series {
    steps: Vec<Step>,
}

/// One token, and how it came to stamp what it does.
struct Step {
    about: Stamped,
    hash: Hash,
    tree: Option<Tree>,
    leaves: Vec<Vec<u8>>,
    token: Vec<u8>,
    parts: Parts,
}

impl Series {
    /// The series of `steps`; `None` where an object of it cannot be read.
    pub fn load(case: &Case, steps: &[(&Asked, &Answer)]) -> Result<Option<Self>, Error> {
        let mut loaded = Vec::new();
        for (asked, answer) in steps {
            let parts = stamps::parts(case, &answer.record)?;
            let stamped = stamps::object(case, &asked.record.stamped)?;
            let (Some(parts), Some(stamped)) = (parts, stamped) else { return Ok(None) };
            let Ok(token) = token::of_reply(&parts.reply).map(<[u8]>::to_vec) else {
                return Ok(None);
            };
            let hash = asked.question.hash;
            let about = asked.record.about;
            let of_items = matches!(about, Stamped::Items | Stamped::ItemsAgain);
            let (tree, leaves) = if of_items {
                (tree(hash, &stamped), leaves_of(&stamped).unwrap_or_default())
            } else {
                (None, Vec::new())
            };
            loaded.push(Step { about, hash, tree, leaves, token, parts });
        }
        Ok(Some(Self { steps: loaded }))
    }

    /// Kind of digest of its newest token.
    pub fn hash(&self) -> Hash {
        self.steps.last().map_or(Hash::Sha256, |step| step.hash)
    }

    /// Its newest token.
    pub fn newest_token(&self) -> &[u8] {
        self.steps.last().map_or(&[], |step| &step.token)
    }

    /// Whether it is about items.
    pub fn is_of_items(&self) -> bool {
        self.steps.first().is_some_and(|step| step.about == Stamped::Items)
    }

    /// Certificates and revocation lists of all its tokens.
    pub fn parts(&self) -> impl Iterator<Item = &Parts> {
        self.steps.iter().map(|step| &step.parts)
    }

    /// The record of an item; `None` where it is not about it.
    pub fn record(&self, case: &Case, item: Sha256) -> Result<Option<Vec<u8>>, Error> {
        let hashes: Vec<Hash> = self.steps.iter().map(|step| step.hash).collect();
        let chains = self.chains(case, item)?;
        Ok(chains.map(|chains| evidence::record(&hashes, &evidence::sequence(&chains))))
    }

    /// What the items and the evidence about them come to under a newer digest, in the order of the
    /// first list: what a renewal of the hash tree stamps.
    pub fn again(&self, case: &Case, hash: Hash) -> Result<Vec<Vec<u8>>, Error> {
        let first = self.steps.first().map_or(&[][..], |step| &step.leaves);
        let names = first.iter().filter_map(|name| name.as_slice().try_into().ok().map(Sha256));
        let mut leaves = Vec::new();
        for item in names {
            if let Some(chains) = self.chains(case, item)? {
                let digest = digest_of(case, item, hash)?;
                leaves.push(evidence::again(hash, &digest, &evidence::sequence(&chains)));
            }
        }
        Ok(leaves)
    }

    /// The chains of archive timestamps about an item.
    fn chains(&self, case: &Case, item: Sha256) -> Result<Option<Vec<Vec<Vec<u8>>>>, Error> {
        let mut chains: Vec<Vec<Vec<u8>>> = Vec::new();
        for step in &self.steps {
            let leaf = match step.about {
                Stamped::Items => Some(item.0.to_vec()),
                Stamped::ItemsAgain => {
                    let digest = digest_of(case, item, step.hash)?;
                    Some(evidence::again(step.hash, &digest, &evidence::sequence(&chains)))
                }
                Stamped::Token | Stamped::Checkpoint => None,
            };
            let lists = match (&leaf, &step.tree) {
                (Some(leaf), Some(tree)) => match tree.reduced(leaf) {
                    Some(lists) => lists,
                    None => return Ok(None),
                },
                _ => Vec::new(),
            };
            let stamp = evidence::archive_time_stamp(step.hash, &lists, &step.token);
            match chains.last_mut() {
                Some(chain) if leaf.is_none() => chain.push(stamp),
                _ => chains.push(vec![stamp]),
            }
        }
        Ok(Some(chains))
    }
}

/// Every timestamp of all items that holds, with its renewals: the earliest first.
pub fn all(case: &Case, stamps: &Stamps) -> Result<Vec<Series>, Error> {
    let mut all = Vec::new();
    let of_items = stamps.asked.iter().filter(|asked| asked.record.about == Stamped::Items);
    for answer in of_items.filter_map(|asked| asked.answers.first()) {
        let newest = stamps.newest_renewal(answer.leaf);
        let steps = stamps.series(newest).unwrap_or_default();
        all.extend(Series::load(case, &steps)?);
    }
    Ok(all)
}

/// The tree that an object of digests stands for.
pub fn tree(hash: Hash, stamped: &[u8]) -> Option<Tree> {
    let leaves = leaves_of(stamped)?;
    leaves.iter().all(|leaf| leaf.len() == hash.length()).then(|| Tree::new(hash, leaves))?
}

/// Digests as the canonical JSON array of their hexadecimal.
pub fn leaves_to_bytes(leaves: &[Vec<u8>]) -> Vec<u8> {
    let names: Vec<String> = leaves.iter().map(|leaf| HEXLOWER.encode(leaf)).collect();
    canonical::to_bytes(&names)
}

/// Reads what [`leaves_to_bytes`] writes.
fn leaves_of(stamped: &[u8]) -> Option<Vec<Vec<u8>>> {
    let names: Vec<String> = canonical::from_bytes(stamped).ok()?;
    names.iter().map(|name| HEXLOWER.decode(name.as_bytes()).ok()).collect()
}

/// An item's digest of a kind: its name, or made anew from its bytes.
fn digest_of(case: &Case, item: Sha256, hash: Hash) -> Result<Vec<u8>, Error> {
    if hash == Hash::Sha256 {
        return Ok(item.0.to_vec());
    }
    let mut file = case.stream(item)?;
    let (mut running, mut check) = (Running::new(hash), Running::new(Hash::Sha256));
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let path = case.root().join(layout::object(item));
        let filled = file.read(&mut chunk).map_err(Error::io("read", &path))?;
        let Some(bytes) = chunk.get(..filled).filter(|bytes| !bytes.is_empty()) else { break };
        running.update(bytes);
        check.update(bytes);
    }
    if check.finish() == item.0 {
        return Ok(running.finish());
    }
    Err(Error::Damaged {
        code: codes::OBJECT_DAMAGED,
        place: layout::object(item),
        message: "the item is damaged: its digest of another kind would be of other bytes".into(),
    })
}
