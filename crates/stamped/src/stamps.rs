//! The timestamps of a case: a pure function of its log and objects. Every token is checked again
//! each time, against the certificates that were kept with it.

use crate::evidence;
use archive::{Case, Error};
use record::{Digests, Event, Finding, Sha256, Stamped, Timestamp, TimestampRequest};
use std::collections::BTreeMap;
use timestamp::kept::{self, Parts};
use timestamp::{Fault, Question, Verified, codes, request, token};

/// Most bytes of an object that is loaded: the list of the items that were stamped is the longest,
/// with 67 bytes for each, so four million of them.
const OBJECT_LIMIT_BYTES: u64 = 256 << 20;

/// A request and what came of it.
#[derive(Debug)]
pub struct Asked {
    /// Leaf of the request.
    pub leaf: u64,
    /// When it was recorded, by the machine's clock.
    pub time: String,
    /// The record.
    pub record: TimestampRequest,
    /// What was asked, read from its object.
    pub question: Question,
    /// The timestamps that answer it.
    pub answers: Vec<Answer>,
}

/// A timestamp that holds.
#[derive(Debug)]
pub struct Answer {
    /// Leaf of its record.
    pub leaf: u64,
    /// The record.
    pub record: Timestamp,
    /// What the check of its token came to.
    pub verified: Verified,
}

/// Everything about timestamps in a case.
#[derive(Debug, Default)]
pub struct Stamps {
    /// The requests, in order.
    pub asked: Vec<Asked>,
    /// What does not hold.
    pub findings: Vec<Finding>,
    /// How many records of other kinds stand in the log before each request: its own leaf first.
    others: BTreeMap<u64, u64>,
    /// How many records of other kinds there are.
    all_others: u64,
}

impl Stamps {
    /// The timestamp of the record `leaf`, with its request.
    pub fn answer(&self, leaf: u64) -> Option<(&Asked, &Answer)> {
        let all = self.asked.iter().flat_map(|asked| asked.answers.iter().map(move |a| (asked, a)));
        all.into_iter().find(|(_, answer)| answer.leaf == leaf)
    }

    /// The timestamps from the first of a series of renewals to that of the record `leaf`.
    pub fn series(&self, leaf: u64) -> Option<Vec<(&Asked, &Answer)>> {
        let mut steps = vec![self.answer(leaf)?];
        // A renewal comes after what it renews, so the way back ends.
        while let Some(before) = steps.last().and_then(|(asked, _)| asked.record.renews) {
            steps.push(self.answer(before).filter(|(asked, _)| asked.leaf < before)?);
        }
        steps.reverse();
        Some(steps)
    }

    /// Leaf of the newest renewal of the timestamp of the record `leaf`, or its own.
    pub fn newest_renewal(&self, leaf: u64) -> u64 {
        let renews = |asked: &&Asked, of| asked.record.renews == Some(of) && asked.leaf > of;
        let mut newest = leaf;
        while let Some(next) = self
            .asked
            .iter()
            .filter(|asked| renews(asked, newest))
            .find_map(|asked| asked.answers.first())
        {
            newest = next.leaf;
        }
        newest
    }

    /// The stamped checkpoints that say most about records up to leaf `last`: the earliest that
    /// covers them all, which bounds their age best, and the newest.
    pub fn about_records(&self, last: u64) -> Vec<&Asked> {
        let stamped =
            |asked: &&Asked| asked.record.about == Stamped::Checkpoint && !asked.answers.is_empty();
        let size = |asked: &&Asked| asked.record.tree_size;
        let covers = |asked: &&Asked| asked.record.tree_size > last;
        let earliest = self.asked.iter().filter(stamped).filter(covers).min_by_key(size);
        let newest = self.asked.iter().filter(stamped).max_by_key(size);
        let mut chosen: Vec<&Asked> = earliest.into_iter().chain(newest).collect();
        chosen.dedup_by_key(|asked| asked.leaf);
        chosen
    }

    /// Records that the log had gained after `size` leaves, those about timestamps left out.
    pub fn records_since(&self, size: u64) -> u64 {
        let before = self.others.range(..size).next_back().map_or(0, |(_, count)| *count);
        self.all_others - before
    }
}

/// Reads and checks all of them.
pub fn read(case: &Case) -> Result<Stamps, Error> {
    let mut stamps = Stamps::default();
    let mut received = Vec::new();
    for leaf in case.leaves() {
        let (index, leaf) = leaf?;
        match leaf.event {
            Event::TimestampRequest(record) => match asked(case, index, &record)? {
                Ok(question) => {
                    let (time, answers) = (leaf.time, Vec::new());
                    stamps.asked.push(Asked { leaf: index, time, record, question, answers });
                }
                Err(fault) => stamps.findings.push(finding(index, &fault)),
            },
            Event::Timestamp(record) => received.push((index, record)),
            _ => {
                stamps.all_others += 1;
                stamps.others.insert(index, stamps.all_others);
            }
        }
    }
    for (leaf, record) in received {
        let answered = stamps.asked.iter_mut().find(|asked| asked.leaf == record.request);
        match answered.filter(|asked| asked.leaf < leaf) {
            Some(asked) => match answer(case, asked, &record)? {
                Ok(verified) => asked.answers.push(Answer { leaf, record, verified }),
                Err(fault) => stamps.findings.push(finding(leaf, &fault)),
            },
            None => {
                let message = format!("no request of this log is record {}", record.request);
                stamps.findings.push(finding(leaf, &of_record(message)));
            }
        }
    }
    Ok(stamps)
}

fn finding(leaf: u64, fault: &Fault) -> Finding {
    Finding::fault(fault.code, format!("leaf {leaf}"), fault.message.clone())
}

fn of_record(message: String) -> Fault {
    Fault { code: codes::RECORD, message }
}

/// The request of a record, which must be about what the record says.
fn asked(
    case: &Case,
    leaf: u64,
    record: &TimestampRequest,
) -> Result<Result<Question, Fault>, Error> {
    let (Some(bytes), Some(stamped)) =
        (object(case, &record.request)?, object(case, &record.stamped)?)
    else {
        return Ok(Err(of_record("an object that the request names cannot be read".into())));
    };
    let question = match request::parse(&bytes) {
        Ok(question) => question,
        Err(fault) => return Ok(Err(fault)),
    };
    let past = record.tree_size <= leaf;
    if !past || case.log().root_at(record.tree_size)? != record.root.0 {
        let message = format!(
            "the first {} records do not have the root that was to be stamped: the log was made \
             up anew",
            record.tree_size
        );
        return Ok(Err(Fault { code: codes::CHECKPOINT, message }));
    }
    Ok(about(case, record, &stamped, &question).map(|()| question))
}

/// Whether the digest that was sent is that of what the record names.
fn about(
    case: &Case,
    record: &TimestampRequest,
    stamped: &[u8],
    question: &Question,
) -> Result<(), Fault> {
    match record.about {
        Stamped::Checkpoint => {
            let log = case.log().verifier();
            let read = custody::checkpoint::open(stamped, log);
            let same =
                read.is_ok_and(|read| read.size == record.tree_size && read.root == record.root.0);
            if !same {
                let message = "what was to be stamped is not the checkpoint that the record names";
                return Err(Fault { code: codes::CHECKPOINT, message: message.into() });
            }
        }
        Stamped::Token => {
            token::parse(stamped)?;
        }
        Stamped::Items | Stamped::ItemsAgain => {
            let tree = evidence::tree(question.hash, stamped);
            if tree.is_some_and(|tree| tree.root() == question.digest) {
                return Ok(());
            }
            return Err(of_record("the digest that was sent is not the root of its tree".into()));
        }
    }
    if question.hash.of(stamped) != question.digest {
        return Err(of_record("the digest that was sent is not that of the object named".into()));
    }
    Ok(())
}

fn answer(
    case: &Case,
    asked: &Asked,
    record: &Timestamp,
) -> Result<Result<Verified, Fault>, Error> {
    let Some(parts) = parts(case, record)? else {
        return Ok(Err(of_record("an object that the record names cannot be read".into())));
    };
    Ok(kept::check(record, &asked.record, &asked.question, &parts))
}

/// The objects of a record, or `None` where one cannot be read.
pub fn parts(case: &Case, record: &Timestamp) -> Result<Option<Parts>, Error> {
    let revocations = match &record.revocations {
        Some(digests) => match object(case, digests)? {
            Some(bytes) => Some(bytes),
            None => return Ok(None),
        },
        None => None,
    };
    let (reply, certificates) = (object(case, &record.reply)?, object(case, &record.certificates)?);
    Ok(reply.zip(certificates).map(|(reply, certificates)| Parts {
        reply,
        certificates,
        revocations,
    }))
}

/// An object, or `None` where it is damaged or missing: the check of the case says so itself.
pub fn object(case: &Case, digests: &Digests) -> Result<Option<Vec<u8>>, Error> {
    match case.read(digests.sha256, OBJECT_LIMIT_BYTES) {
        Ok(bytes) if bytes.len() as u64 == digests.size => Ok(Some(bytes)),
        Ok(_) | Err(Error::Damaged { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The digest of a log's root, as records carry it.
pub fn root(hash: custody::Hash) -> Sha256 {
    Sha256(hash)
}
