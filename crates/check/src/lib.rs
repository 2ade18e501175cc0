//! The whole case, checked: every file accounted for, every signature, hash and digest made again.
//!
//! Goes on after a finding, so that the report is complete. A proof that is missing is a fault like
//! one that does not hold: a check that passes because there was nothing to check is worth nothing.
//! Nothing here writes evidence: what looks must not touch.

pub mod scrub;
mod sealed;
mod signers;

use crate::scrub::Sweep;
use actors::Roster;
use archive::batch::{self, OpeningLine};
use archive::case::leaf_of;
use archive::log::{self, list_files};
use archive::objects::{self, State};
use archive::{Error, codes, cores, layout};
use custody::Edge;
use custody::note::Verifier;
use custody::tile::{self, Kind, Tile, WIDTH};
use record::{Commitment, Digests, Event, Finding, Leaf, Sha256, canonical};
use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Bundles that are taken apart at a time, by all cores: 4,096 records, some 3 MB. Their signatures
/// cost most of checking a log.
const BUNDLES_AT_A_TIME: usize = 16;

/// What a check saw.
#[derive(Debug, Default)]
pub struct Report {
    /// What it found, graver things first, then by place.
    pub findings: Vec<Finding>,
    /// Leaves checked.
    pub leaves: u64,
    /// Objects read through.
    pub objects: u64,
    /// Bytes of objects read through.
    pub object_bytes: u64,
    /// The log's key, for comparing with what was said elsewhere.
    pub log_key: String,
}

/// Checks the case at `root`. `trusted` is the log key that the caller knows from elsewhere;
/// `progress` hears how many objects of how many are done.
pub fn check(
    root: &Path,
    trusted: Option<&str>,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Report, Error> {
    check_by(root, trusted, &Sweep::plain(progress))
}

/// [`check`], with objects read as `sweep` says.
pub fn check_by(root: &Path, trusted: Option<&str>, sweep: &Sweep<'_>) -> Result<Report, Error> {
    let mut report = Report::default();
    let mut known = Known::default();
    let mut size = 0;
    match log::read_key(root).and_then(|key| Ok((log::read_checkpoint(root, &key)?.0, key))) {
        Ok((checkpoint, verifier)) => {
            size = checkpoint.size;
            report.log_key = verifier.told();
            if trusted.is_some_and(|trusted| !verifier.is_told(trusted)) {
                let message = "the log is signed by another key than the one given with --trust: \
                               this is another log, or one made anew";
                report.findings.push(Finding::fault(
                    codes::KEY_UNTRUSTED,
                    layout::LOG_KEY,
                    message,
                ));
            }
            check_log(root, &checkpoint, &verifier, &mut known, &mut report);
        }
        Err(error) => report.findings.push(as_finding(error)),
    }
    check_openings(root, &known, &mut report)?;
    // What a lost file of records approved is not known: then nothing is said of who signed alone.
    known.sealed.incomplete = known.records_lost > 0;
    report.findings.extend(sealed::check(root, size, &known.sealed)?);
    check_objects(root, &known, &mut report, sweep)?;
    check_files(root, size, &mut report)?;
    report.findings.sort();
    report.findings.dedup();
    Ok(report)
}

/// What the leaves say must be there.
#[derive(Default)]
struct Known {
    /// Objects recorded, with the leaf that did so first.
    objects: BTreeMap<Sha256, (Digests, u64)>,
    /// Sealed items and erasures.
    sealed: archive::sealed::Recorded,
    /// Commitments by leaf and field, but for those whose openings stand in key files.
    withheld: BTreeMap<(u64, String), Commitment>,
    /// Leaves of items of another archive, which keeps what it did not disclose.
    elsewhere: BTreeSet<u64>,
    /// Who may sign.
    roster: Roster,
    /// The latest time that a record claims, and which.
    latest: Option<(u64, String)>,
    /// Files of records that could not be read.
    records_lost: u64,
}

/// A bundle taken apart, each record with its signature checked.
struct OpenedBundle {
    first: u64,
    leaves: Vec<Vec<u8>>,
    records: Vec<Result<Leaf, Error>>,
}

fn open_bundle(
    root: &Path,
    size: u64,
    index: u64,
    verifier: &Verifier,
) -> Result<OpenedBundle, Error> {
    let first = index * WIDTH;
    let width = (size - first).min(WIDTH) as u16;
    let leaves = log::read_bundle(root, Tile { kind: Kind::Entries, index, width })?;
    let opened = (first..).zip(&leaves).map(|(at, leaf)| leaf_of(at, leaf, verifier.name()));
    Ok(OpenedBundle { first, records: opened.collect(), leaves })
}

fn check_log(
    root: &Path,
    checkpoint: &custody::Checkpoint,
    verifier: &Verifier,
    known: &mut Known,
    report: &mut Report,
) {
    let mut edge = Edge::empty();
    let mut whole = true;
    let bundles = log::bundles(root, checkpoint.size).unwrap_or_else(|error| {
        whole = false;
        known.records_lost += 1;
        report.findings.push(as_finding(error));
        Vec::new()
    });
    for some in bundles.chunks(BUNDLES_AT_A_TIME) {
        let opened = cores::share(some.len(), |at| {
            Ok::<_, Infallible>(open_bundle(root, checkpoint.size, some[at].index, verifier))
        });
        let Ok(opened) = opened;
        for (bundle, run) in opened.into_iter().zip(some) {
            match bundle {
                Ok(bundle) => {
                    report.leaves += bundle.leaves.len() as u64;
                    let both = bundle.records.into_iter().zip(&bundle.leaves);
                    for (at, (record, bytes)) in (bundle.first..).zip(both) {
                        check_record((at, bytes), record, verifier, known, report);
                    }
                    if whole {
                        let made = edge.append(bundle.leaves.iter().map(Vec::as_slice));
                        check_tiles(root, checkpoint.size, &made, report);
                    }
                }
                Err(error) => {
                    whole = false;
                    known.records_lost += 1;
                    let mut finding = as_finding(error);
                    finding.message += &log::and_more(run.count);
                    report.findings.push(finding);
                }
            }
        }
    }
    report.findings.extend(signers::disbelieved(&known.roster));
    if whole && edge.root() != checkpoint.root {
        let message = format!(
            "the {} leaves do not have the root that the checkpoint signs: one was changed, \
             added, left out or moved",
            checkpoint.size
        );
        report.findings.push(Finding::fault(codes::ROOT_MISMATCH, layout::CHECKPOINT, message));
    }
    if checkpoint.size == 0 {
        let message = "the log is empty: not even the record that opens the case is there";
        report.findings.push(Finding::fault(codes::GENESIS_INVALID, layout::CHECKPOINT, message));
    }
}

/// Compares hash tiles as made from the leaves with those on disk: the full ones, and the partial
/// ones of the log's present size. (In between, partial ones come up that no checkpoint ever had.)
fn check_tiles(root: &Path, size: u64, made: &[custody::edge::LogFile], report: &mut Report) {
    let current = |file: &&custody::edge::LogFile| {
        let last = file.tile.end() == tile::count_of(size, file.tile.kind);
        file.tile.kind != Kind::Entries && (file.tile.is_full() || last)
    };
    for file in made.iter().filter(current) {
        match log::read_tile(root, file.tile) {
            Ok(bytes) if bytes == file.bytes => {}
            Ok(_) => report.findings.push(Finding::fault(
                codes::TILE_DAMAGED,
                format!("{}/{}", layout::LOG, file.tile),
                "the hashes do not follow from the leaves: restore the file from a second copy",
            )),
            Err(error) => report.findings.push(as_finding(error)),
        }
    }
}

/// Looks at log files that the present size does not ask for: partial ones of smaller sizes must be
/// the beginning of what grew out of them; what lies beyond was never acknowledged.
fn check_other_tiles(root: &Path, size: u64, path: &str, tile: Tile, report: &mut Report) {
    let place = format!("{}/{path}", layout::LOG);
    let count = tile::count_of(size, tile.kind);
    if tile.end() > count {
        let message = "it lies beyond the checkpoint: an interrupted run left it; the next \
                       command that writes sets it aside";
        report.findings.push(Finding::notice(codes::SET_ASIDE, place, message));
        return;
    }
    if tile.is_full() || tile.end() == count {
        return;
    }
    let grown = Tile { width: (count - tile.index * WIDTH).min(WIDTH) as u16, ..tile };
    let path = layout::at(root, &place);
    let same = log::read_tile(root, grown)
        .ok()
        .and_then(|bytes| log::beginning(&bytes, grown.width, tile));
    match fs::read(&path) {
        Ok(bytes) if same.as_ref() == Some(&bytes) => {}
        Ok(_) => {
            let message = "it is not the beginning of the file that grew out of it: restore it \
                           from a second copy";
            report.findings.push(Finding::fault(codes::TILE_DAMAGED, place, message));
        }
        Err(error) => report.findings.push(as_finding(Error::io("read", &path)(error))),
    }
}

fn check_record(
    (at, bytes): (u64, &[u8]),
    record: Result<Leaf, Error>,
    verifier: &Verifier,
    known: &mut Known,
    report: &mut Report,
) {
    let leaf = match record {
        Ok(leaf) => leaf,
        Err(error) => {
            report.findings.push(as_finding(error));
            return;
        }
    };
    check_genesis(at, &leaf, verifier, report);
    // What a lost file of records said about actors is not known: the loss itself is said.
    if known.records_lost == 0 {
        report.findings.extend(signers::check(at, &leaf, bytes, &mut known.roster));
    }
    check_time(at, &leaf, known, report);
    for digests in leaf.event.objects() {
        known.objects.entry(digests.sha256).or_insert((*digests, at));
    }
    let misplaced = known.sealed.add(at, &leaf, bytes);
    report.findings.extend(misplaced);
    if let Event::Capture(capture) = &leaf.event
        && (capture.sealed.is_none() || capture.received.is_some())
    {
        known.elsewhere.extend(capture.received.map(|_| at));
        let withheld = capture.withheld.iter();
        known.withheld.extend(withheld.map(|(field, hash)| ((at, field.clone()), *hash)));
    }
}

/// Times are claims, and the order of records is what is proved: where they do not agree, a clock
/// was wrong or a record back-dated.
fn check_time(at: u64, leaf: &Leaf, known: &mut Known, report: &mut Report) {
    match &known.latest {
        Some((before, time)) if leaf.time < *time => {
            let message = format!(
                "it claims {}, and leaf {before}, which stands before it, {time}: a clock was \
                 wrong, or one of them is back- or post-dated",
                leaf.time
            );
            let place = format!("leaf {at}");
            report.findings.push(Finding::notice(codes::TIME_BACKWARDS, place, message));
        }
        _ => known.latest = Some((at, leaf.time.clone())),
    }
}

fn check_genesis(at: u64, leaf: &Leaf, verifier: &Verifier, report: &mut Report) {
    let fault =
        |message: &str| Finding::fault(codes::GENESIS_INVALID, format!("leaf {at}"), message);
    match (&leaf.event, at) {
        (Event::Genesis(genesis), 0) => {
            if log::named_by(genesis).as_ref() != Some(verifier) {
                report.findings.push(fault("it names other log keys than those in log/vkey"));
            }
            if custody::sshsig::parse_public_key_line(&genesis.actor_key).is_none() {
                report.findings.push(fault("it names no readable actor key"));
            }
        }
        (Event::Genesis(_), _) => {
            report.findings.push(fault("a second record that opens the case"));
        }
        (_, 0) => report.findings.push(fault("the first record does not open the case")),
        _ => {}
    }
}

fn check_openings(root: &Path, known: &Known, report: &mut Report) -> Result<(), Error> {
    let folder = layout::at(root, layout::OPENINGS);
    if !known.withheld.is_empty() && layout::is_mirror(root) && !folder.exists() {
        let message = "this is a mirror without the openings of withheld fields: they can be shown \
                       from the case only, or from a mirror made with --with-private";
        report.findings.push(Finding::notice(codes::PRIVATE_LEFT_OUT, layout::PRIVATE, message));
        return Ok(());
    }
    let mut opened = BTreeSet::new();
    for name in batch::opening_files(root)? {
        let path = folder.join(&name);
        let place = format!("{}/{name}", layout::OPENINGS);
        let text = fs::read(&path).map_err(Error::io("read", &path))?;
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            if line.is_empty() {
                continue;
            }
            let place = format!("{place}, line {}", number + 1);
            let Ok(line) = canonical::from_bytes::<OpeningLine>(line) else {
                let message = "this is no opening of a withheld field";
                report.findings.push(Finding::fault(codes::OPENING_INVALID, place, message));
                continue;
            };
            let key = (line.leaf, line.opening.field.clone());
            match known.withheld.get(&key) {
                Some(commitment) if *commitment == line.opening.commitment() => {
                    opened.insert(key);
                }
                Some(_) => {
                    let message = format!("it does not open `{}` of leaf {}", key.1, key.0);
                    report.findings.push(Finding::fault(codes::OPENING_INVALID, place, message));
                }
                // Written ahead of a commit that never came.
                None => {}
            }
        }
    }
    for (leaf, field) in known.withheld.keys() {
        if !known.elsewhere.contains(leaf) && !opened.contains(&(*leaf, field.clone())) {
            let message = format!(
                "the opening of `{field}` is lost: its value can no longer be shown or proved"
            );
            report.findings.push(Finding::fault(
                codes::OPENING_MISSING,
                format!("leaf {leaf}"),
                message,
            ));
        }
    }
    Ok(())
}

fn check_objects(
    root: &Path,
    known: &Known,
    report: &mut Report,
    sweep: &Sweep<'_>,
) -> Result<(), Error> {
    let recorded: Vec<Sha256> = known.objects.keys().copied().collect();
    let states = sweep.read(root, &recorded)?;
    for ((sha256, (digests, leaf)), state) in known.objects.iter().zip(states) {
        report.objects += 1;
        let place = layout::object(*sha256);
        let state = match state {
            Ok(state) => state,
            Err(error) => {
                report.findings.push(as_finding(error));
                continue;
            }
        };
        let message = match state {
            State::Whole(size) => {
                report.object_bytes += size;
                check_mode(root, &place, report)?;
                if size == digests.size {
                    continue;
                }
                format!("leaf {leaf} records {} bytes; there are {size}", digests.size)
            }
            State::Damaged => format!(
                "the bytes do not have the digest that leaf {leaf} records: restore the file from \
                 a second copy"
            ),
            State::Missing => {
                format!("leaf {leaf} records it: restore the file from a second copy")
            }
        };
        let code = match state {
            State::Missing => codes::OBJECT_MISSING,
            State::Whole(_) | State::Damaged => codes::OBJECT_DAMAGED,
        };
        let last = sweep.last_seen_whole(*sha256);
        report.findings.push(Finding::fault(code, place, message + &last));
    }
    for listed in objects::list(root)? {
        match listed {
            Ok(sha256) if known.objects.contains_key(&sha256) => {}
            Ok(sha256) => report.findings.push(Finding::notice(
                codes::OBJECT_UNRECORDED,
                layout::object(sha256),
                "no record speaks of it: an interrupted run left it; taking the same file in \
                 again records it",
            )),
            Err(path) => report.findings.push(foreign(path)),
        }
    }
    Ok(())
}

fn check_mode(root: &Path, place: &str, report: &mut Report) -> Result<(), Error> {
    let path = layout::at(root, place);
    let mode = fs::metadata(&path).map_err(Error::io("look at", &path))?.permissions().mode();
    if mode & 0o222 != 0 {
        let message = "the file can be written to: `chmod a-w` it";
        report.findings.push(Finding::notice(codes::OBJECT_WRITABLE, place, message));
    }
    Ok(())
}

/// Accounts for every other file in the case.
fn check_files(root: &Path, size: u64, report: &mut Report) -> Result<(), Error> {
    let expected = [
        layout::VERSION_FILE,
        layout::LOCK_FILE,
        layout::MIRROR,
        layout::DAMAGED,
        layout::DERIVED,
        layout::LOG,
        layout::OBJECTS,
        layout::PRIVATE,
    ];
    for name in objects::names(root)? {
        if !expected.contains(&name.as_str()) {
            report.findings.push(foreign(name));
        }
    }
    for path in list_files(&layout::at(root, layout::LOG))? {
        match tile::parse_path(&path) {
            Some(tile) => check_other_tiles(root, size, &path, tile, report),
            None if path == "checkpoint" || path == "vkey" => {}
            None => report.findings.push(foreign(format!("{}/{path}", layout::LOG))),
        }
    }
    for name in objects::names(&layout::at(root, layout::RESCUED))? {
        report.findings.push(Finding::notice(
            codes::OBJECT_RESCUED,
            format!("{}/{name}", layout::RESCUED),
            "a good copy of a damaged object: once `sha256sum` agrees with its name, put it in the \
             damaged one's place",
        ));
    }
    for folder in objects::names(&layout::at(root, layout::DAMAGED))? {
        report.findings.push(Finding::notice(
            codes::DAMAGED_KEPT,
            format!("{}/{folder}", layout::DAMAGED),
            "damaged files that a repair replaced are kept here",
        ));
    }
    for folder in objects::names(&layout::at(root, layout::UNACKNOWLEDGED))? {
        report.findings.push(Finding::notice(
            codes::SET_ASIDE,
            format!("{}/{folder}", layout::UNACKNOWLEDGED),
            "log files of an interrupted run that were never acknowledged are kept here",
        ));
    }
    Ok(())
}

fn foreign(path: String) -> Finding {
    Finding::notice(
        codes::FILE_FOREIGN,
        path,
        "no part of the case accounts for this file: casefile did not put it there",
    )
}

/// An error met on the way, as a finding: the check goes on, and fails.
fn as_finding(error: Error) -> Finding {
    match error {
        Error::Damaged { code, place, message } => Finding::fault(code, place, message),
        other => {
            Finding::fault(codes::FILE_UNREADABLE, "case", format!("{other}. {}", other.remedy()))
        }
    }
}
