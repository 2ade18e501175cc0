//! Evidence records (RFC 4998): that one object among many existed at a time, by one token for all
//! of them, renewed before certificates or digests become weak.
//!
//! A record is a chain of chains: within a chain each token stamps the one before it; each chain
//! stamps, under a newer digest, the object and all chains before it. Every token is checked, not
//! only the newest: an older one that does not hold proves nothing about its time.

use crate::algorithm::Hash;
use crate::codes;
use crate::fault::Fault;
use crate::request::Question;
use crate::tlv::{self, Cursor, OCTET_STRING, SEQUENCE, context, element};
use crate::token;
use crate::verify::{Given, Verified, verify};

/// Most bytes of a record that is read: a hundred renewals, with some 40 kB each.
pub const RECORD_LIMIT_BYTES: usize = 4 << 20;

/// Most tokens in a record: one a year for two hundred years. Each costs some signatures to check.
const TOKENS_LIMIT: usize = 200;

/// Most hashes in one list of a reduced hash tree.
const LIST_LIMIT: usize = 10_000;

/// A hash tree over digests (RFC 4998, section 4.2), in pairs, so that what is left of it for one
/// object grows with the logarithm of their number.
#[derive(Debug, Clone)]
pub struct Tree {
    hash: Hash,
    /// From the leaves, in ascending order, to the root.
    levels: Vec<Vec<Vec<u8>>>,
}

impl Tree {
    /// The tree over `leaves`, each a digest of that kind; `None` where there is none.
    pub fn new(hash: Hash, mut leaves: Vec<Vec<u8>>) -> Option<Self> {
        leaves.sort();
        leaves.dedup();
        let mut levels = vec![leaves];
        while levels.last().is_some_and(|level| level.len() > 1) {
            let below = levels.last()?;
            levels.push(below.chunks(2).map(|pair| node(hash, pair)).collect());
        }
        levels.last()?.first()?;
        Some(Self { hash, levels })
    }

    /// What is stamped: the root.
    pub fn root(&self) -> &[u8] {
        self.levels.last().and_then(|level| level.first()).map_or(&[], Vec::as_slice)
    }

    /// What is left of the tree to get from `leaf` to the root: lists of hashes, the first with the
    /// leaf in it; none where the leaf is the root. `None` where it is no leaf of this tree.
    pub fn reduced(&self, leaf: &[u8]) -> Option<Vec<Vec<Vec<u8>>>> {
        let leaves = self.levels.first()?;
        let mut at = leaves.binary_search_by(|one| one.as_slice().cmp(leaf)).ok()?;
        let mut lists: Vec<Vec<Vec<u8>>> = Vec::new();
        for level in &self.levels {
            if let Some(other) = level.get(at ^ 1) {
                let mut list = vec![other.clone()];
                if lists.is_empty() {
                    list.push(leaf.to_vec());
                    list.sort();
                }
                lists.push(list);
            }
            at /= 2;
        }
        Some(lists)
    }

    /// Kind of its digests.
    pub fn hash(&self) -> Hash {
        self.hash
    }
}

/// The hash of a list: of its members in ascending order, one after another; a node alone is handed
/// up as it is.
fn node(hash: Hash, members: &[Vec<u8>]) -> Vec<u8> {
    match members {
        [alone] => alone.clone(),
        _ => {
            let mut sorted = members.to_vec();
            sorted.sort();
            hash.of(&sorted.concat())
        }
    }
}

/// The DER of an ArchiveTimeStamp: a token, and the way to what it stamps.
pub fn archive_time_stamp(hash: Hash, reduced: &[Vec<Vec<u8>>], token: &[u8]) -> Vec<u8> {
    let algorithm = element(context(0), &[inside(&hash.algorithm())]);
    let lists: Vec<u8> = reduced
        .iter()
        .flat_map(|list| {
            let members: Vec<u8> =
                list.iter().flat_map(|member| element(OCTET_STRING, &[member])).collect();
            element(SEQUENCE, &[&members])
        })
        .collect();
    let lists = if lists.is_empty() { lists } else { element(context(2), &[&lists]) };
    element(SEQUENCE, &[&algorithm, &lists, token])
}

/// The content of an element, for an implicit tag in place of its own.
fn inside(der: &[u8]) -> &[u8] {
    Cursor::new(der, codes::EVIDENCE_FORM, "an element").any().map_or(&[], |one| one.content)
}

/// The DER of an ArchiveTimeStampSequence: chains of ArchiveTimeStamps.
pub fn sequence(chains: &[Vec<Vec<u8>>]) -> Vec<u8> {
    let chains: Vec<u8> =
        chains.iter().flat_map(|chain| element(SEQUENCE, &[&chain.concat()])).collect();
    element(SEQUENCE, &[&chains])
}

/// The DER of an EvidenceRecord. `hashes` are those of its chains, in order.
pub fn record(hashes: &[Hash], sequence: &[u8]) -> Vec<u8> {
    let mut named: Vec<Hash> = Vec::new();
    for hash in hashes {
        if !named.contains(hash) {
            named.push(*hash);
        }
    }
    let algorithms: Vec<u8> = named.iter().flat_map(|hash| hash.algorithm()).collect();
    let (version, algorithms) = (tlv::unsigned(&[1]), element(SEQUENCE, &[&algorithms]));
    element(SEQUENCE, &[&version, &algorithms, sequence])
}

/// What a new chain stamps of an object (RFC 4998, section 5.3): the digest of the object's digest
/// and the digest of all chains before, under the newer `hash`.
pub fn again(hash: Hash, object: &[u8], sequence: &[u8]) -> Vec<u8> {
    hash.of(&[object, &hash.of(sequence)].concat())
}

/// An evidence record that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// Every token in it, oldest first, with the kind of digest of its chain.
    pub stamps: Vec<(Hash, Verified)>,
}

/// One ArchiveTimeStamp, taken apart.
struct Stamped<'a> {
    hash: Hash,
    lists: Vec<Vec<&'a [u8]>>,
    token: &'a [u8],
}

/// Checks that the record `der` shows the object to have existed at the time of its oldest token,
/// and that every token after was there in time. `digest` gives the object's digest of a kind.
///
/// # Errors
/// The first thing that is wrong.
pub fn check(
    der: &[u8],
    digest: &dyn Fn(Hash) -> Vec<u8>,
    given: &Given,
) -> Result<Evidence, Fault> {
    let (named, chains, sequence) = parse(der)?;
    let mut stamps: Vec<(Hash, Verified)> = Vec::new();
    for (number, chain) in chains.iter().enumerate() {
        let hash = chain.first().map_or(Hash::Sha256, |first| first.hash);
        if !named.contains(&hash) {
            let message = "a chain uses a digest that the record does not name";
            return Err(Fault::new(codes::EVIDENCE_HASH, message));
        }
        let mut due = match number {
            0 => digest(hash),
            _ => again(hash, &digest(hash), &before(sequence, number)?),
        };
        for stamped in chain {
            if stamped.hash != hash {
                let message = "the digest changes within a chain";
                return Err(Fault::new(codes::EVIDENCE_HASH, message));
            }
            let verified = one(stamped, &due, given)?;
            in_time(stamps.last().map(|(_, before)| before), &verified)?;
            stamps.push((hash, verified));
            due = hash.of(stamped.token);
        }
    }
    Ok(Evidence { stamps })
}

/// One token: it stamps what the lists lead to, from what is due.
fn one(stamped: &Stamped<'_>, due: &[u8], given: &Given) -> Result<Verified, Fault> {
    let mut reached = due.to_vec();
    for (number, list) in stamped.lists.iter().enumerate() {
        let mut members: Vec<Vec<u8>> = list.iter().map(|member| member.to_vec()).collect();
        match number {
            0 if !members.contains(&reached) => {
                let message = "the hash tree does not hold the object, or what came before";
                return Err(Fault::new(codes::EVIDENCE_OBJECT, message));
            }
            0 => {}
            _ => members.push(reached),
        }
        // One hash alone: hashed again by the standard's words, and not by its verifiers.
        if members.len() < 2 {
            let message = "a list of the hash tree has one hash only: verifiers read that in \
                           different ways";
            return Err(Fault::new(codes::EVIDENCE_TREE, message));
        }
        reached = node(stamped.hash, &members);
    }
    let token = token::parse(stamped.token)?;
    if token.info.hash != stamped.hash {
        let message = "a token is over another kind of digest than its chain";
        return Err(Fault::new(codes::EVIDENCE_HASH, message));
    }
    if token.info.digest != reached {
        let (code, message) = match stamped.lists.is_empty() {
            true => (codes::EVIDENCE_OBJECT, "a token does not stamp what it should"),
            false => (codes::EVIDENCE_TREE, "the hash tree does not lead to what its token stamps"),
        };
        return Err(Fault::new(code, message));
    }
    // Which nonce was sent is nobody's business any more.
    let question = Question {
        hash: stamped.hash,
        digest: reached,
        nonce: token.info.nonce.clone(),
        policy: None,
    };
    verify(&token, &question, given)
}

/// A token must have come before the one ahead of it ended, and not before it was made.
fn in_time(before: Option<&Verified>, verified: &Verified) -> Result<(), Fault> {
    let Some(before) = before else { return Ok(()) };
    if verified.time < before.time {
        let message = format!("the token of {} renews one of {}", verified.time, before.time);
        return Err(Fault::new(codes::EVIDENCE_ORDER, message));
    }
    let ended = before.chain.iter().map(|one| one.not_after).min().unwrap_or(0);
    if verified.time.seconds > ended {
        let message = format!(
            "the token of {} was renewed on {} only, when its certificates had ended",
            before.time, verified.time
        );
        return Err(Fault::new(codes::EVIDENCE_LATE, message));
    }
    Ok(())
}

/// The digests that a record names, its chains, and the DER of its sequence.
type Parsed<'a> = (Vec<Hash>, Vec<Vec<Stamped<'a>>>, &'a [u8]);

fn parse(der: &[u8]) -> Result<Parsed<'_>, Fault> {
    if der.len() > RECORD_LIMIT_BYTES {
        let message = format!("longer than {RECORD_LIMIT_BYTES} bytes");
        return Err(Fault::new(codes::EVIDENCE_FORM, message));
    }
    let mut all = Cursor::new(der, codes::EVIDENCE_FORM, "the evidence record");
    let mut body = all.open(SEQUENCE, "the evidence record")?;
    all.end()?;
    if body.small()? != 1 {
        return Err(body.fault("a version that the standard does not have"));
    }
    let mut algorithms = body.open(SEQUENCE, "the digests of the record")?;
    let mut named = Vec::new();
    while !algorithms.is_empty() {
        named.push(Hash::read(&mut algorithms)?);
    }
    // Certificates beside the tokens, which are given from elsewhere.
    body.optional(context(0))?;
    if body.optional(context(1))?.is_some() {
        return Err(body.fault("it is about an encrypted object"));
    }
    let sequence = body.any()?;
    body.end()?;
    let mut chains = Vec::new();
    let mut rest = Cursor::new(sequence.whole, codes::EVIDENCE_FORM, "the chains");
    let mut rest = rest.open(SEQUENCE, "the chains")?;
    let mut tokens = 0;
    while !rest.is_empty() {
        let mut chain = rest.open(SEQUENCE, "a chain")?;
        let mut stamps = Vec::new();
        while !chain.is_empty() {
            stamps.push(stamped(chain.open(SEQUENCE, "an archive timestamp")?)?);
            tokens += 1;
            if tokens > TOKENS_LIMIT {
                return Err(chain.fault("more tokens than any record has"));
            }
        }
        if stamps.is_empty() {
            return Err(chain.fault("a chain without a token"));
        }
        chains.push(stamps);
    }
    if chains.is_empty() {
        return Err(rest.fault("a record without a token"));
    }
    Ok((named, chains, sequence.whole))
}

fn stamped(mut body: Cursor<'_>) -> Result<Stamped<'_>, Fault> {
    let named = match body.optional(context(0))? {
        Some(content) => {
            let whole = element(SEQUENCE, &[content]);
            let mut algorithm = Cursor::new(&whole, codes::EVIDENCE_FORM, "a digest");
            Some(Hash::read(&mut algorithm)?)
        }
        None => None,
    };
    if body.optional(context(1))?.is_some() {
        // Nobody signs them: the digest above, its tag changed, would pass for one.
        return Err(body.fault("attributes, which nothing protects"));
    }
    let mut lists = Vec::new();
    if let Some(mut tree) = body.open_optional(context(2), "the hash tree")? {
        while !tree.is_empty() {
            let mut list = tree.open(SEQUENCE, "a list of the hash tree")?;
            let mut members = Vec::new();
            while !list.is_empty() && members.len() <= LIST_LIMIT {
                members.push(list.expect(OCTET_STRING)?);
            }
            list.end()?;
            lists.push(members);
        }
    }
    let token = body.any()?.whole;
    body.end()?;
    let hash = match named {
        Some(hash) => hash,
        None => token::parse(token)?.info.hash,
    };
    Ok(Stamped { hash, lists, token })
}

/// The DER of a sequence of the first `count` chains of `sequence`.
fn before(sequence: &[u8], count: usize) -> Result<Vec<u8>, Fault> {
    let mut all = Cursor::new(sequence, codes::EVIDENCE_FORM, "the chains");
    let mut chains = all.open(SEQUENCE, "the chains")?;
    let mut first = Vec::new();
    for _ in 0..count {
        first.extend_from_slice(chains.any()?.whole);
    }
    Ok(element(SEQUENCE, &[&first]))
}
