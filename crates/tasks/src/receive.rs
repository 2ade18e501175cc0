//! `casefile receive`: a bundle of another archive checked whole, its items taken in, and a receipt
//! for whoever sent it.
//!
//! Crash story: the bundle is checked, to its end, before anything of it is staged; what is staged
//! must have the digests that were checked; then one commit makes all of it true: objects, openings
//! that were disclosed, the record of the receipt and one for each item, the checkpoint. A kill
//! before the checkpoint leaves a case that received nothing (what was staged is cleared away at
//! the next opening); one after it, a case that received all of it, and perhaps no receipt: run
//! again, it finds the bundle on record, takes nothing in, and writes the receipt.

use crate::transfers::codes;
use crate::verify::{Trusted, Unpacked};
use crate::{Ask, Error, Progress, catalogue, export, open_writer, origins, outside, verify};
use archive::objects::TakeInError;
use archive::{Batch, Case, Writer};
use custody::note::{self, Verifier};
use custody::{checkpoint, tlog_proof};
use record::{
    Capture, Digests, Event, Finding, FromBundle, Leaf, Opening, Received, Sha256, canonical,
    finding,
};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use verifier::exhibits::{ExhibitLine, OpeningLine};
use verifier::{Report, layout, zipped};

/// What is to be received.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// The bundle: a folder or a zip file.
    pub bundle: PathBuf,
    /// Where the receipt is to be written; must not exist.
    pub receipt: Option<PathBuf>,
}

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Outcome {
    /// Whether the bundle's items are in the case, now or since an earlier time.
    pub held: bool,
    /// Whether they were taken in at an earlier time, and nothing now.
    pub before: bool,
    /// The record that says so.
    pub leaf: Option<u64>,
    /// Name of the log that it came from.
    pub origin: String,
    /// That log's key.
    pub log_key: String,
    /// Items in it.
    pub items: u64,
    /// Their bytes.
    pub bytes: u64,
    /// What was found in the bundle, or is to be known about it here.
    pub findings: Vec<Finding>,
    /// The receipt that was written.
    pub receipt: Option<PathBuf>,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Receives what `request` names, if it holds and comes from whom one trusts.
pub fn run(
    root: &Path,
    request: &Request,
    trusted: Trusted<'_>,
    ask: Ask<'_>,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    if let Some(receipt) = request.receipt.as_ref().filter(|path| path.symlink_metadata().is_ok()) {
        let what = format!("{} is there already", receipt.display());
        return Err(Error::asked(what, "Name a new file for the receipt."));
    }
    progress(0, 0, "checking the bundle");
    let (folder, _unpacked, report) = verify::bundle(&request.bundle, trusted)?;
    let mut outcome = Outcome { findings: report.findings.clone(), ..Outcome::default() };
    outcome.origin = report.log_key.split('+').next().unwrap_or_default().into();
    outcome.log_key.clone_from(&report.log_key);
    if !finding::passes(&report.findings) {
        return Ok(outcome);
    }
    let bundle = Bundle::read(&folder, &report)?;
    let mut writer = open_writer(root, ask)?;
    outcome.recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    if case.log().verifier().vkey() == note::first_of(&report.log_key) {
        return Err(Error::asked(
            "the bundle was made from this very case",
            "What it holds is here already; `casefile repair` takes back what was lost.",
        ));
    }
    let earlier = origins::received(&case)?
        .into_iter()
        .find(|(_, received)| received.tagmanifest == bundle.received.tagmanifest);
    outcome.items = bundle.received.items;
    outcome.before = earlier.is_some();
    let place = request.bundle.display().to_string();
    let leaf = match earlier {
        Some((leaf, _)) => {
            let message = format!("record {leaf} received it: nothing of it is taken in again");
            let again = Finding::notice(codes::TRANSFER_AGAIN, &place, message);
            outcome.findings.push(again);
            leaf
        }
        None => {
            outcome.findings.extend(bundle.notices(&case, &place)?);
            let mut batch = writer.begin()?;
            outcome.bytes = bundle.stage(&mut batch, &writer, progress)?;
            let kept = batch.commit(&mut writer)?;
            kept.first().map_or(0, |kept| kept.index)
        }
    };
    (outcome.held, outcome.leaf) = (true, Some(leaf));
    if let Some(out) = &request.receipt {
        write_receipt(&writer.case()?, &writer, leaf, out)?;
        outcome.receipt = Some(out.clone());
    }
    Ok(outcome)
}

/// A bundle that holds, as the case is to take it in.
struct Bundle<'a> {
    folder: &'a Path,
    report: &'a Report,
    /// All but what depends on where it is kept.
    received: Received,
    items: Vec<Coming>,
}

/// An exhibit, and the capture by which it comes here.
struct Coming {
    line: ExhibitLine,
    capture: Capture,
    openings: Vec<Opening>,
}

impl<'a> Bundle<'a> {
    fn read(folder: &'a Path, report: &'a Report) -> Result<Self, Error> {
        let mut bundle = Self { folder, report, received: of_nothing(report), items: Vec::new() };
        let leaf = bundle.leaf(layout::EXPORT_LEAF)?;
        let Event::Export(export) = leaf.event else { return Err(changed(layout::EXPORT_LEAF)) };
        let proof = tlog_proof::parse(&bundle.file(layout::EXPORT_PROOF)?)
            .map_err(|_| changed(layout::EXPORT_PROOF))?;
        let seen = Verifier::parse(note::first_of(&report.log_key))
            .ok()
            .and_then(|key| checkpoint::open(proof.checkpoint.as_bytes(), &key).ok())
            .ok_or_else(|| changed(layout::EXPORT_PROOF))?;
        bundle.received = Received {
            tagmanifest: export.tagmanifest,
            export: proof.index,
            tree_size: seen.size,
            root: Sha256(seen.root),
            items: export.items,
            list: export.list,
            ..bundle.received
        };
        let mut openings: BTreeMap<u64, Vec<Opening>> = BTreeMap::new();
        if report.files.contains_key(layout::OPENINGS) {
            for line in lines(&bundle.file(layout::OPENINGS)?) {
                let OpeningLine { leaf, opening } =
                    canonical::from_bytes(line).map_err(|_| changed(layout::OPENINGS))?;
                openings.entry(leaf).or_default().push(opening);
            }
        }
        for line in lines(&bundle.file(layout::EXHIBITS)?) {
            let line: ExhibitLine =
                canonical::from_bytes(line).map_err(|_| changed(layout::EXHIBITS))?;
            let (leaf, first) = bundle.capture_of(&line)?;
            let received = Some(FromBundle { tagmanifest: export.tagmanifest, leaf });
            let capture = Capture { method: layout::FROM_BUNDLE.into(), received, ..first };
            let openings = openings.remove(&leaf).unwrap_or_default();
            bundle.items.push(Coming { line, capture, openings });
        }
        Ok(bundle)
    }

    /// The first capture of an exhibit under the name that it has in the bundle.
    fn capture_of(&self, line: &ExhibitLine) -> Result<(u64, Capture), Error> {
        for index in &line.leaves {
            if let Event::Capture(capture) = self.leaf(&layout::leaf(*index))?.event
                && capture.name.text == line.name
            {
                return Ok((*index, capture));
            }
        }
        Err(changed(layout::EXHIBITS))
    }

    fn leaf(&self, path: &str) -> Result<Leaf, Error> {
        let bytes = self.file(path)?;
        let record = lines(&bytes).next().unwrap_or_default();
        canonical::from_bytes(record).map_err(|_| changed(path))
    }

    /// A file's bytes: those that were checked.
    fn file(&self, path: &str) -> Result<Vec<u8>, Error> {
        let place = self.folder.join(path);
        let bytes = fs::read(&place).map_err(Error::io("read", &place))?;
        match self.report.files.get(path) {
            Some(digest) if *digest == Sha256::of(&bytes) => Ok(bytes),
            _ => Err(changed(path)),
        }
    }

    /// What a person should know about what comes, and what does not.
    fn notices(&self, case: &Case, place: &str) -> Result<Vec<Finding>, Error> {
        let here: BTreeSet<Sha256> =
            catalogue::items(case)?.iter().map(|item| item.digests.sha256).collect();
        let known = self.items.iter().filter(|one| here.contains(&one.line.item.sha256)).count();
        let sealed = self.items.iter().filter(|one| one.capture.sealed.is_some()).count();
        let opened = |one: &Coming, field: &String| {
            one.openings.iter().any(|opening| opening.field == *field)
        };
        let withheld: BTreeSet<&str> = self
            .items
            .iter()
            .flat_map(|one| one.capture.withheld.keys().filter(|field| !opened(one, field)))
            .map(String::as_str)
            .collect();
        let mut notices = Vec::new();
        let mut notice = |code, message| notices.push(Finding::notice(code, place, message));
        if known > 0 {
            let message = format!(
                "{known} item(s) of it were here already: the bytes are kept once, both records \
                 stand"
            );
            notice(codes::TRANSFER_KNOWN, message);
        }
        if sealed > 0 {
            let message = format!(
                "{sealed} item(s) of it are sealed: their key files stay with the archive that \
                 sealed them"
            );
            notice(codes::TRANSFER_SEALED, message);
        }
        if !withheld.is_empty() {
            let fields = withheld.into_iter().collect::<Vec<_>>().join(", ");
            let message = format!(
                "it withholds {fields}: the commitments are taken over, and only the archive that \
                 it came from can open them"
            );
            notice(codes::TRANSFER_WITHHELD, message);
        }
        Ok(notices)
    }

    /// Puts all of it into a batch; gives the bytes of its items.
    fn stage(
        &self,
        batch: &mut Batch,
        writer: &Writer,
        progress: Progress<'_>,
    ) -> Result<u64, Error> {
        let items: Vec<Sha256> = self.items.iter().map(|one| one.line.item.sha256).collect();
        let list = batch.take_in_bytes(&canonical::to_bytes(&items))?;
        if list != self.received.list {
            return Err(changed(layout::EXHIBITS));
        }
        let parts = self.parts(batch)?;
        let case = writer.case()?;
        let actors = writer.roster().digest_below(case.log().size());
        let received = Received { parts, actors, ..self.received.clone() };
        batch.record(Event::Received(received), Vec::new());
        let (mut bytes, count) = (0, self.items.len() as u64);
        for (done, one) in self.items.iter().enumerate() {
            progress(done as u64, count, &one.line.name);
            let place = self.folder.join(&one.line.path);
            let mut file = File::open(&place).map_err(Error::io("open", &place))?;
            let digests = batch.take_in(&mut file).map_err(|error| match error {
                TakeInError::Archive(error) => error.into(),
                TakeInError::Source(error) => Error::io("read", &place)(error),
            })?;
            if digests != one.line.item {
                return Err(changed(&one.line.path));
            }
            bytes += digests.size;
            batch.record(Event::Capture(one.capture.clone()), one.openings.clone());
        }
        Ok(bytes)
    }

    /// What else is kept of the bundle, as one object: its log and its seals. Values that were
    /// disclosed stand in none of these.
    fn parts(&self, batch: &mut Batch) -> Result<Digests, Error> {
        let scratch = Unpacked::new()?;
        let packed = scratch.0.join("parts.zip");
        let kept: BTreeSet<&String> =
            self.report.files.keys().filter(|path| layout::is_kept_of_received(path)).collect();
        zipped::pack_some(self.folder, &packed, &|path| kept.contains(&path.to_string()))?;
        let members = zipped::members(&packed)?;
        let whole = members.len() == kept.len()
            && members.iter().all(|(path, it)| self.report.files.get(path) == Some(&it.sha256));
        if !whole {
            return Err(changed(layout::TAGMANIFEST));
        }
        let mut file = File::open(&packed).map_err(Error::io("open", &packed))?;
        batch.take_in(&mut file).map_err(|error| match error {
            TakeInError::Archive(error) => error.into(),
            TakeInError::Source(error) => Error::io("read", &packed)(error),
        })
    }
}

fn of_nothing(report: &Report) -> Received {
    Received {
        origin: report.log_key.split('+').next().unwrap_or_default().into(),
        log_key: note::first_of(&report.log_key).into(),
        tagmanifest: Sha256([0; 32]),
        export: 0,
        tree_size: 0,
        root: Sha256([0; 32]),
        items: 0,
        list: Digests::of(b""),
        parts: Digests::of(b""),
        actors: None,
    }
}

fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty())
}

/// The bundle is not what it was a moment ago.
fn changed(path: &str) -> Error {
    Error::asked(
        format!("the bundle changed while it was being received: {path}"),
        "Nothing of it was taken in. Copy it to where nothing else writes, and receive the copy.",
    )
}

/// Writes the receipt of the record `leaf`: it and what shows that it stands in this log, signed by
/// who might.
fn write_receipt(case: &Case, writer: &Writer, leaf: u64, out: &Path) -> Result<(), Error> {
    let scratch = Unpacked::new()?;
    let folder = scratch.0.join("receipt");
    let mut records: Vec<u64> =
        writer.roster().records().iter().copied().filter(|record| *record < leaf).collect();
    records.insert(0, 0);
    records.push(leaf);
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let key = case.log().verifier();
    files.insert(layout::VKEY.into(), key.lines().into_bytes());
    files.insert(layout::CHECKPOINT.into(), case.log().checkpoint().into());
    for one in export::proved(case, &records)? {
        files.insert(layout::proof(one.proof.index), one.proof.short(key).text().into_bytes());
        files.insert(layout::leaf(one.proof.index), one.leaf);
    }
    for (path, bytes) in files {
        let place = folder.join(path);
        let made = place.parent().map_or(Ok(()), fs::create_dir_all);
        made.and_then(|()| fs::write(&place, bytes)).map_err(Error::io("write", &place))?;
    }
    let packed = scratch.0.join("receipt.zip");
    zipped::pack(&folder, &packed)?;
    outside::write_new(out, || {
        let bytes = fs::read(&packed).map_err(Error::io("read", &packed))?;
        Ok(((), bytes))
    })
}
