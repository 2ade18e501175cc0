//! `casefile timestamp`: asks for timestamps, takes replies in, lists what is stamped.
//!
//! Nothing is sent: the request is a file that is carried to an authority, and the reply is carried
//! back. Crash story: the request is on record, nonce and all, before its file is written; a kill
//! in between leaves a request that waits for ever, which harms nobody.

use crate::stamps::{self, Asked, Stamps};
use crate::{Ask, Error, catalogue, evidence, open_writer, outside};
use archive::Writer;
use record::{Event, Finding, Stamped, TimestampRequest};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use timestamp::kept;
use timestamp::time::date_time;
use timestamp::{Fault, Given, Hash, Question, Token, certificate, revocation, token};

/// Bytes of a nonce: 128 random bits, so that no reply to another request can fit by chance.
const NONCE_BYTES: usize = 16;

/// How long before a token must have been renewed it is listed as due: a year, since a team may be
/// long without a way to an authority.
const RENEW_AHEAD_SECONDS: u64 = 365 * 24 * 3_600;

/// How far an authority's time may be from this machine's before it is remarked upon: ten minutes.
const CLOCK_APART_SECONDS: u64 = 600;

/// Authorities whose word a checkpoint should have: one alone may lie, or lose its key.
const AUTHORITIES_DUE: usize = 2;

/// What is to be asked.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Where the request goes: a file that must not exist.
    pub out: PathBuf,
    /// Kind of digest: `sha256`, `sha384` or `sha512`. `None`: SHA-256, or in a renewal that of the
    /// older timestamp, which must not change within a chain (RFC 4998, section 5.2).
    pub hash: Option<String>,
    /// The policy asked for, as a dotted object identifier.
    pub policy: Option<String>,
    /// What is to be stamped.
    pub what: What,
}

/// What is to be stamped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// The newest checkpoint.
    Checkpoint,
    /// All items, through a hash tree, for evidence records.
    Items,
    /// The timestamp of that leaf, to renew it.
    Renewal(u64),
}

/// A request that was recorded and written.
#[derive(Debug, Serialize)]
pub struct Requested {
    /// Where it is.
    pub out: PathBuf,
    /// Leaf of the request.
    pub leaf: u64,
    /// What it is about.
    pub about: Stamped,
    /// The log's size that will be stamped.
    pub tree_size: u64,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Records a request for a timestamp and writes it to a file.
pub fn request(root: &Path, wanted: &Wanted, ask: Ask<'_>) -> Result<Requested, Error> {
    outside::write_new(&wanted.out, || record_request(root, wanted, ask))
}

fn record_request(
    root: &Path,
    wanted: &Wanted,
    ask: Ask<'_>,
) -> Result<(Requested, Vec<u8>), Error> {
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let named = wanted.hash.as_deref().map(named).transpose()?;
    let Subject { about, stamped, hash, digest } = match wanted.what {
        What::Checkpoint => {
            let checkpoint = case.log().checkpoint().as_bytes().to_vec();
            Subject::whole(Stamped::Checkpoint, named.unwrap_or(Hash::Sha256), checkpoint)
        }
        What::Items => items(&case, named)?,
        What::Renewal(leaf) => renewal(&case, leaf, named)?,
    };
    let nonce = archive::keys::random()?.get(..NONCE_BYTES).unwrap_or_default().to_vec();
    let nonce = nonce.into_iter().skip_while(|byte| *byte == 0).collect();
    let policy = wanted.policy.clone();
    let question = Question { hash, digest, nonce: Some(nonce), policy };
    let bytes = timestamp::request::request(&question).map_err(|fault| {
        Error::asked(fault.to_string(), "A policy looks like 1.3.6.1.4.1.4146.2.3.")
    })?;
    let tree_size = case.log().size();
    let at = stamps::root(case.log().root_at(tree_size)?);
    let mut batch = writer.begin()?;
    let (stamped, request) = (batch.take_in_bytes(&stamped)?, batch.take_in_bytes(&bytes)?);
    let renews = match wanted.what {
        What::Renewal(leaf) => Some(leaf),
        What::Checkpoint | What::Items => None,
    };
    let record = TimestampRequest { about, stamped, request, tree_size, root: at, renews };
    batch.record(Event::TimestampRequest(record), Vec::new());
    let leaf = batch.commit(&mut writer)?.first().map_or(0, |receipt| receipt.index);
    let out = wanted.out.clone();
    Ok((Requested { out, leaf, about, tree_size, recovered }, bytes))
}

fn named(name: &str) -> Result<Hash, Error> {
    Hash::named(name).ok_or_else(|| {
        Error::asked(
            format!("{name:?} is no digest that can be stamped"),
            "Use sha256, sha384 or sha512.",
        )
    })
}

/// What a request is about: the bytes that determine it, and the digest that is sent.
struct Subject {
    about: Stamped,
    stamped: Vec<u8>,
    hash: Hash,
    digest: Vec<u8>,
}

impl Subject {
    /// The digest of the bytes themselves.
    fn whole(about: Stamped, hash: Hash, stamped: Vec<u8>) -> Self {
        let digest = hash.of(&stamped);
        Self { about, stamped, hash, digest }
    }

    /// The root of the tree over digests.
    fn tree(about: Stamped, hash: Hash, leaves: &[Vec<u8>]) -> Result<Self, Error> {
        let none = || Error::asked("the case has no item", "Take some in with `casefile capture`.");
        let tree = timestamp::evidence::Tree::new(hash, leaves.to_vec()).ok_or_else(none)?;
        let digest = tree.root().to_vec();
        Ok(Self { about, stamped: evidence::leaves_to_bytes(leaves), hash, digest })
    }
}

/// All items, by their names, which are their SHA-256.
fn items(case: &archive::Case, named: Option<Hash>) -> Result<Subject, Error> {
    if named.is_some_and(|named| named != Hash::Sha256) {
        return Err(Error::asked(
            "items are stamped by their SHA-256 first",
            "Leave --hash out; a renewal with --hash sha512 brings a newer digest.",
        ));
    }
    let items = catalogue::items(case)?;
    let leaves: Vec<Vec<u8>> = items.iter().map(|item| item.digests.sha256.0.to_vec()).collect();
    Subject::tree(Stamped::Items, Hash::Sha256, &leaves)
}

/// The older token; or, under another digest than its own, the items and the evidence about them.
fn renewal(case: &archive::Case, leaf: u64, named: Option<Hash>) -> Result<Subject, Error> {
    let stamps = stamps::read(case)?;
    let steps = stamps.series(leaf).ok_or_else(|| no_timestamp(leaf))?;
    let series = evidence::Series::load(case, &steps)?.ok_or_else(|| no_timestamp(leaf))?;
    let hash = series.hash();
    match named {
        Some(newer) if newer != hash && series.is_of_items() => {
            let leaves = series.again(case, newer)?;
            Subject::tree(Stamped::ItemsAgain, newer, &leaves)
        }
        Some(other) if other != hash => Err(Error::asked(
            format!("the timestamp of record {leaf} is over a {} digest", hash.name()),
            "A renewal keeps the kind of digest: leave --hash out, or stamp the checkpoint anew.",
        )),
        _ => Ok(Subject::whole(Stamped::Token, hash, series.newest_token().to_vec())),
    }
}

fn no_timestamp(leaf: u64) -> Error {
    Error::asked(
        format!("record {leaf} is no timestamp that holds"),
        "`casefile timestamp` lists those of the case, each with its record.",
    )
}

/// What comes with a reply.
#[derive(Debug, Clone, Default)]
pub struct Reply {
    /// The reply's file.
    pub reply: PathBuf,
    /// File of certificates that lead from the signer to a root; those that issued themselves are
    /// trusted.
    pub chain: PathBuf,
    /// Files of revocation lists.
    pub crls: Vec<PathBuf>,
}

/// A reply that was taken in.
#[derive(Debug, Serialize)]
pub struct Received {
    /// Leaf of the record.
    pub leaf: u64,
    /// Leaf of the request that it answers.
    pub request: u64,
    /// What it is about.
    pub about: Stamped,
    /// The log's size that it stamps.
    pub tree_size: u64,
    /// The authority.
    pub authority: String,
    /// The time it states.
    pub gen_time: String,
    /// Day by which it should be renewed.
    pub renew_by: String,
    /// What a person should know.
    pub remarks: Vec<String>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Takes a reply in: checks it against the request that it answers, keeps it with its certificates,
/// records it.
pub fn add(root: &Path, given: &Reply, ask: Ask<'_>) -> Result<Received, Error> {
    let bytes = outside::read(&given.reply, token::TOKEN_LIMIT_BYTES)?;
    let trusted = trusted(given)?;
    let der = token::of_reply(&bytes).map_err(|fault| refused(&given.reply, &fault))?;
    let token = token::parse(der).map_err(|fault| refused(&given.reply, &fault))?;
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let stamps = stamps::read(&writer.case()?)?;
    let asked = answered(&stamps, &token).ok_or_else(|| {
        Error::asked(
            format!("{} answers no request of this case", given.reply.display()),
            "Look whether it belongs to another case; `casefile timestamp` lists what waits.",
        )
    })?;
    let verified = timestamp::verify(&token, &asked.question, &trusted)
        .map_err(|fault| refused(&given.reply, &fault))?;
    let digest = record::Sha256::of(&bytes);
    if let Some(same) = asked.answers.iter().find(|answer| answer.record.reply.sha256 == digest) {
        return Err(Error::asked(
            format!("this reply is kept already, as record {}", same.leaf),
            "There is nothing to do.",
        ));
    }
    let remarks = remarks(asked, &verified);
    let leaf = keep(&mut writer, &bytes, (asked, &verified), &trusted)?;
    Ok(Received {
        leaf,
        request: asked.leaf,
        about: asked.record.about,
        tree_size: asked.record.tree_size,
        authority: verified.authority,
        gen_time: verified.time.to_string(),
        renew_by: date_time(verified.renew_by),
        remarks,
        recovered,
    })
}

fn keep(
    writer: &mut Writer,
    reply: &[u8],
    (asked, verified): (&Asked, &timestamp::Verified),
    trusted: &Given,
) -> Result<u64, Error> {
    let chain: String = verified.chain.iter().map(timestamp::Certificate::pem).collect();
    let lists: String = trusted.crls.iter().map(timestamp::Crl::pem).collect();
    let mut batch = writer.begin()?;
    let reply = batch.take_in_bytes(reply)?;
    let certificates = batch.take_in_bytes(chain.as_bytes())?;
    let revocations =
        if lists.is_empty() { None } else { Some(batch.take_in_bytes(lists.as_bytes())?) };
    let record = kept::record(
        asked.leaf,
        &asked.record,
        verified,
        kept::Objects { reply, certificates, revocations },
    );
    batch.record(Event::Timestamp(record), Vec::new());
    Ok(batch.commit(writer)?.first().map_or(0, |receipt| receipt.index))
}

fn trusted(given: &Reply) -> Result<Given, Error> {
    let bytes = outside::read(&given.chain, certificate::FILE_LIMIT_BYTES)?;
    let all = certificate::read_file(&bytes).map_err(|fault| refused(&given.chain, &fault))?;
    let (roots, others) = all.into_iter().partition(timestamp::Certificate::is_self_issued);
    let mut crls = Vec::new();
    for path in &given.crls {
        let bytes = outside::read(path, certificate::FILE_LIMIT_BYTES)?;
        crls.extend(revocation::read_file(&bytes).map_err(|fault| refused(path, &fault))?);
    }
    Ok(Given { roots, others, crls })
}

fn refused(path: &Path, fault: &Fault) -> Error {
    Error::asked(
        format!("{}: {fault}", path.display()),
        "Nothing was kept. docs/format/timestamp.md says what each code means.",
    )
}

/// The request that a token answers: the one with its digest and nonce; failing that the newest
/// with its digest, so that the check can say what is wrong.
fn answered<'a>(stamps: &'a Stamps, token: &Token<'_>) -> Option<&'a Asked> {
    let same = |asked: &&Asked| asked.question.digest == token.info.digest;
    let exact = |asked: &&Asked| same(asked) && asked.question.nonce == token.info.nonce;
    let requests = || stamps.asked.iter().rev();
    requests().find(exact).or_else(|| requests().find(same))
}

fn remarks(asked: &Asked, verified: &timestamp::Verified) -> Vec<String> {
    let mut remarks = Vec::new();
    for name in &verified.unchecked {
        remarks.push(format!(
            "no revocation list covers {name}: whether it had been revoked was not checked (--crl)"
        ));
    }
    let stated = verified.time.seconds;
    let apart = seconds(&asked.time).is_some_and(|at| stated + CLOCK_APART_SECONDS < at)
        || now().is_some_and(|now| now + CLOCK_APART_SECONDS < stated);
    if apart {
        remarks.push(
            "the authority's time is before the request or after now: this machine's clock is off"
                .into(),
        );
    }
    remarks
}

/// What is stamped, by whom, when; what waits; what must be renewed soon.
#[derive(Debug, Serialize)]
pub struct Overview {
    /// The requests, in order.
    pub requests: Vec<Entry>,
    /// The newest stamped checkpoint.
    pub newest: Option<Newest>,
    /// What does not hold.
    pub findings: Vec<Finding>,
}

/// A request.
#[derive(Debug, Serialize)]
pub struct Entry {
    /// Its leaf.
    pub leaf: u64,
    /// When it was recorded, by the machine's clock.
    pub time: String,
    /// What it is about.
    pub about: Stamped,
    /// The log's size that is stamped.
    pub tree_size: u64,
    /// Leaf of the timestamp that it renews.
    pub renews: Option<u64>,
    /// Kind of digest.
    pub hash: &'static str,
    /// What came back; empty while it waits.
    pub answers: Vec<Stamp>,
}

/// A timestamp.
#[derive(Debug, Serialize)]
pub struct Stamp {
    /// Its leaf.
    pub leaf: u64,
    /// The authority.
    pub authority: String,
    /// The time it states.
    pub gen_time: String,
    /// How far the true time may be from it, in microseconds.
    pub accuracy_micros: Option<u64>,
    /// The policy it was given under.
    pub policy: String,
    /// When it must have been renewed.
    pub renew_by: String,
    /// Why then.
    pub renew_because: String,
    /// Whether that is within a year, and no renewal has been taken in.
    pub renew_soon: bool,
    /// Certificates for which no revocation list was given.
    pub unchecked: Vec<String>,
}

/// The newest stamped checkpoint.
#[derive(Debug, Serialize)]
pub struct Newest {
    /// The log's size.
    pub tree_size: u64,
    /// The authorities that stamped it.
    pub authorities: BTreeSet<String>,
    /// Whether they are at least two.
    pub two_authorities: bool,
    /// Records since, those about timestamps left out: no timestamp covers them yet.
    pub records_since: u64,
}

/// Lists the timestamps of a case, each checked again.
pub fn list(root: &Path) -> Result<Overview, Error> {
    let stamps = stamps::read(&archive::Case::open(root)?)?;
    let renewed: BTreeSet<u64> = stamps
        .asked
        .iter()
        .filter(|asked| !asked.answers.is_empty())
        .filter_map(|asked| asked.record.renews)
        .collect();
    let ahead = now().unwrap_or(0) + RENEW_AHEAD_SECONDS;
    let requests = stamps.asked.iter().map(|asked| entry(asked, &renewed, ahead)).collect();
    Ok(Overview { requests, newest: newest(&stamps), findings: stamps.findings })
}

fn entry(asked: &Asked, renewed: &BTreeSet<u64>, ahead: u64) -> Entry {
    let stamp = |answer: &stamps::Answer| Stamp {
        leaf: answer.leaf,
        authority: answer.record.authority.clone(),
        gen_time: answer.record.gen_time.clone(),
        accuracy_micros: answer.record.accuracy_micros,
        policy: answer.record.policy.clone(),
        renew_by: date_time(answer.verified.renew_by),
        renew_because: answer.verified.renew_because.clone(),
        renew_soon: answer.verified.renew_by < ahead && !renewed.contains(&answer.leaf),
        unchecked: answer.verified.unchecked.clone(),
    };
    Entry {
        leaf: asked.leaf,
        time: asked.time.clone(),
        about: asked.record.about,
        tree_size: asked.record.tree_size,
        renews: asked.record.renews,
        hash: asked.question.hash.name(),
        answers: asked.answers.iter().map(stamp).collect(),
    }
}

fn newest(stamps: &Stamps) -> Option<Newest> {
    let stamped =
        |asked: &&Asked| asked.record.about == Stamped::Checkpoint && !asked.answers.is_empty();
    let tree_size = stamps.asked.iter().filter(stamped).map(|one| one.record.tree_size).max()?;
    let authorities: BTreeSet<String> = stamps
        .asked
        .iter()
        .filter(stamped)
        .filter(|asked| asked.record.tree_size == tree_size)
        .flat_map(|asked| asked.answers.iter().map(|answer| answer.record.authority.clone()))
        .collect();
    Some(Newest {
        tree_size,
        two_authorities: authorities.len() >= AUTHORITIES_DUE,
        authorities,
        records_since: stamps.records_since(tree_size),
    })
}

/// This machine's time in seconds since 1970: only ever a hint, never a proof.
fn now() -> Option<u64> {
    seconds(&archive::case::now())
}

fn seconds(time: &str) -> Option<u64> {
    let time = time.parse::<jiff::Timestamp>().ok()?;
    u64::try_from(time.as_second()).ok()
}
