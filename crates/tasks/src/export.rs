//! `casefile export`: a sealed bundle of items, with the log's proofs, and the export itself on
//! record.
//!
//! Crash story: everything is written beside the bundle's place; the export is recorded; the seals
//! are added; the bundle gets its name. A kill before the record leaves a folder named `.partial`
//! and an unchanged case; one after it, a record of an export that never left: run again, which
//! clears the folder away, and there are two, of which one was sealed.

use crate::passages::Passages;
use crate::{
    Ask, Error, Progress, catalogue, evidence, figures, open_writer, origins, show, stamps,
};
use actors::Key;
use archive::batch::OpeningLine;
use archive::{Case, Writer};
use bundle::page::{Text, name};
use bundle::{About, Exhibit, Proved, Recorded, Row, Table};
use catalogue::Item;
use record::{Digests, Disclosure, Event, Export, Finding, Reading, Sha256, canonical};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Most bytes of an exhibit's text on the page; the file itself is in the bundle.
const SHOWN_LIMIT_BYTES: usize = 64 * 1024;

/// What is to be exported.
#[derive(Debug, Default, Clone)]
pub struct Request {
    /// Where to: a folder, or a file whose name ends in `.zip`.
    pub out: PathBuf,
    /// Which items, as a person names them; none means all.
    pub items: Vec<String>,
    /// Withheld fields whose openings go along. `key` opens a sealed item to all who have it.
    pub disclose: Vec<String>,
    /// A file of identities that sealed items were sealed to, where fields of these are disclosed.
    pub identity: Option<PathBuf>,
}

/// What was exported.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// Where it is.
    pub out: PathBuf,
    /// Exhibits in it.
    pub exhibits: u64,
    /// Leaf that records the export.
    pub leaf: u64,
    /// Digest of its tag manifest.
    pub tagmanifest: Sha256,
    /// The log's key, which the recipient should hear by another way.
    pub log_key: String,
    /// What the case had to recover from before.
    pub recovered: Vec<Finding>,
}

/// Exports what `request` names.
pub fn run(
    root: &Path,
    request: &Request,
    ask: Ask<'_>,
    progress: Progress<'_>,
) -> Result<Outcome, Error> {
    let zip = request.out.extension().is_some_and(|ending| ending == "zip");
    if request.out.symlink_metadata().is_ok() {
        return Err(bundle::Error::exists(&request.out).into());
    }
    let mut writer = open_writer(root, ask)?;
    let recovered = std::mem::take(&mut writer.recovered);
    let case = writer.case()?;
    let all = catalogue::items(&case)?;
    let items = selected(&all, &request.items)?;
    let roster = writer.roster().clone();
    let (lines, disclosed) = openings(&case, &items, request)?;
    let list = names(&items);
    let disclosure = allowed(&mut writer, &disclosed, Sha256::of(&list))?;
    let taken_in: Vec<u64> =
        items.iter().filter_map(|item| Some(item.captures.first()?.leaf)).collect();
    let (cosigned, seen) = sightings::chosen(&case, &taken_in)?;
    let seen = seen.into_iter().map(sighting).collect();
    let about = About { seen, ..about(&case, writer.actor()?)? };
    let mut out = begin(&case, &request.out, &items, &about, progress)?;
    for (done, item) in items.iter().enumerate() {
        progress(done as u64, items.len() as u64, item.name());
        let exhibit = exhibit(&case, item)?;
        out.add(&exhibit, &mut case.stream(item.digests.sha256)?)?;
    }
    stamp(&case, &items, &mut out)?;
    add_cosigned(&case, &cosigned, &about.seen, &mut out)?;
    for record in proved(&case, roster.records())? {
        out.actor(&record)?;
    }
    add_origins(&case, &items, &mut out)?;
    out.disclose(&lines)?;
    let manifest = out.finish()?;
    let signature = writer.sign(verifier::layout::NAMESPACE, &manifest)?;
    let tagmanifest = Sha256::of(&manifest);
    let old_size = case.log().size();
    let export = Export {
        tagmanifest,
        signature: Sha256::of(signature.as_bytes()),
        items: items.len() as u64,
        list: Digests::of(&list),
        tree_size: old_size,
        disclosed,
        disclosure,
        actors: roster.digest_below(old_size),
    };
    let leaf = writer.keep(&list, |_| Event::Export(export))?;
    let case = writer.case()?;
    let growth = case.log().growth(old_size)?;
    let export = Recorded { record: proved(&case, &[leaf])?.remove(0), growth };
    let exhibits = out.count();
    let place =
        if zip { out.seal_as_zip(&signature, &export)? } else { out.seal(&signature, &export)? };
    Ok(Outcome {
        out: place,
        exhibits,
        leaf,
        tagmanifest,
        log_key: about.log_key.told(),
        recovered,
    })
}

/// The items that `wanted` names, each once and in order; all where it names none.
pub(crate) fn selected<'a>(all: &'a [Item], wanted: &[String]) -> Result<Vec<&'a Item>, Error> {
    if all.is_empty() {
        return Err(Error::asked(
            "the case has no item to export",
            "Take some in with `casefile capture`.",
        ));
    }
    if wanted.is_empty() {
        return Ok(all.iter().collect());
    }
    let mut found: Vec<&Item> =
        wanted.iter().map(|wanted| catalogue::find(all, wanted)).collect::<Result<_, _>>()?;
    found.sort_by_key(|item| item.number);
    found.dedup_by_key(|item| item.number);
    Ok(found)
}

/// The record that allows a disclosure, where it needs two persons: it is recorded first, and waits
/// for the second.
fn allowed(writer: &mut Writer, fields: &[String], list: Sha256) -> Result<Option<u64>, Error> {
    let roster = writer.roster();
    if roster.two_person().is_none() || fields.is_empty() {
        return Ok(None);
    }
    if let Some(leaf) = roster.disclosure(fields, list) {
        return Ok(Some(leaf));
    }
    let wanted = Event::Disclosure(Disclosure { fields: fields.to_vec(), list });
    let waits = roster.pending().iter().find(|(_, pending)| pending.event == wanted);
    let leaf = match waits {
        Some((leaf, _)) => *leaf,
        None => writer.decide(vec![wanted])?,
    };
    Err(Error::asked(
        format!("a second person must approve this disclosure: it is record {leaf}"),
        format!(
            "Another person runs `casefile --as NAME approve {leaf}`; then run this again with the \
             same items and fields."
        ),
    ))
}

fn about(case: &Case, actor: &Key) -> Result<About, Error> {
    let genesis = case.genesis()?;
    Ok(About {
        case: genesis.case,
        time: archive::case::now(),
        tool: crate::TOOL.into(),
        actor_name: actor.name.clone(),
        actor_key: custody::sshsig::public_key_line(&actor.key),
        origin: case.log().origin().into(),
        log_key: case.log().verifier().clone(),
        checkpoint: case.log().checkpoint().into(),
        seen: Vec::new(),
    })
}

fn begin(
    case: &Case,
    folder: &Path,
    items: &[&Item],
    about: &About,
    progress: Progress<'_>,
) -> Result<bundle::Writer, Error> {
    let mut accounts = Vec::new();
    for item in items {
        if let Some(reading) = catalogue::reading(case, item)? {
            let passages = Passages::of(case, item, &reading)?;
            accounts.extend(figures::accounts_of(item, &reading, &passages));
        }
    }
    progress(0, items.len() as u64, "comparing figures");
    let questions = compare::questions(accounts);
    let tables: Vec<Table> =
        questions.iter().filter(|question| question.accounts.len() > 1).map(table).collect();
    let genesis = proved(case, &[0])?.remove(0);
    Ok(bundle::Writer::create(folder, about.clone(), &genesis, &tables)?)
}

/// A question as a table for the page.
fn table(question: &compare::Question) -> Table {
    let row = |account: &compare::Account| {
        let figure = &account.figure;
        let or_none = |value: &Option<String>| value.clone().unwrap_or_else(|| "\u{2013}".into());
        let words = format!("\u{201c}{}\u{201d}", figure.text);
        let cells = [
            words,
            or_none(&figure.whom),
            figure
                .source
                .clone()
                .or_else(|| account.outlet.clone())
                .unwrap_or_else(|| "the outlet".into()),
            or_none(&figure.date),
            or_none(&figure.place),
            or_none(&account.published),
        ];
        Row { exhibit: account.exhibit, start: figure.start, cells }
    };
    let conventions = question
        .conventions
        .iter()
        .map(|convention| (convention.name.clone(), convention.value, convention.why.clone()));
    let reasons = question.because.iter().map(|b| (b.rule.clone(), b.words.clone()));
    Table {
        question: figures::words(question),
        relation: name(question.relation),
        notes: figures::notes(question),
        reasons: reasons.collect(),
        rows: question.accounts.iter().map(row).collect(),
        conventions: conventions.collect(),
    }
}

fn exhibit(case: &Case, item: &Item) -> Result<Exhibit, Error> {
    let reading = catalogue::reading(case, item)?;
    let text = match &reading {
        Some(reading) => Some(shown(reading, Passages::of(case, item, reading)?)),
        None => None,
    };
    let leaves = item.leaves();
    Ok(Exhibit {
        number: item.number,
        item: item.digests,
        name: item.name().into(),
        source: item.source().map(str::to_string),
        address: item.address().map(str::to_string),
        captured: item.captures.first().map(|capture| capture.time.clone()).unwrap_or_default(),
        reading,
        text,
        sealed: item.sealed_words(),
        leaves: proved(case, &leaves)?,
    })
}

fn shown(reading: &Reading, passages: Passages) -> Text {
    let marks = show::marks_of(reading, &passages);
    let mut shown = passages.text;
    let whole = shown.len();
    let mut end = whole.min(SHOWN_LIMIT_BYTES);
    while !shown.is_char_boundary(end) {
        end -= 1;
    }
    shown.truncate(end);
    Text {
        left_out: (whole - end) as u64,
        marks: marks
            .into_iter()
            .filter(|(range, _)| range.end <= end)
            .map(|(range, index)| (range.start, range.end, index))
            .collect(),
        shown,
    }
}

/// Adds the timestamps that say most about the items' records. One that does not hold stays out:
/// the check of the case says so.
fn stamp(case: &Case, items: &[&Item], out: &mut bundle::Writer) -> Result<(), Error> {
    let last = items.iter().flat_map(|item| item.leaves()).max().unwrap_or(0);
    let stamps = stamps::read(case)?;
    add_evidence(case, &evidence::all(case, &stamps)?, items, out)?;
    for asked in stamps.about_records(last) {
        let leaves: Vec<u64> =
            [asked.leaf].into_iter().chain(asked.answers.iter().map(|one| one.leaf)).collect();
        let mut records = proved(case, &leaves)?.into_iter();
        let request = records.next().expect("as many proofs come back as were asked for");
        let file = |digests: &Digests| -> Result<Vec<u8>, Error> {
            Ok(case.read(digests.sha256, digests.size)?)
        };
        let (stamped, sent) = (file(&asked.record.stamped)?, file(&asked.record.request)?);
        let growth = case.log().growth(asked.record.tree_size)?;
        out.stamp(&request, &[("stamped", stamped), ("request", sent)], Some(&growth))?;
        for (answer, record) in asked.answers.iter().zip(records) {
            let named = &answer.record;
            let mut files =
                vec![("reply", file(&named.reply)?), ("certificates", file(&named.certificates)?)];
            if let Some(lists) = &named.revocations {
                files.push(("revocations", file(lists)?));
            }
            out.stamp(&record, &files, None)?;
        }
    }
    Ok(())
}

/// Adds what is kept of the logs that items came from.
fn add_origins(case: &Case, items: &[&Item], out: &mut bundle::Writer) -> Result<(), Error> {
    let origins = origins::of(case, items)?;
    let leaves: Vec<u64> = origins.iter().map(|origin| origin.leaf).collect();
    for (origin, record) in origins.iter().zip(proved(case, &leaves)?) {
        out.origin(&record, &origin.files)?;
    }
    Ok(())
}

fn sighting(named: sightings::Named) -> bundle::Sighting {
    let sightings::Named { leaf, key, who, size, time, .. } = named;
    bundle::Sighting { named: leaf, key, who, size, time: time.unwrap_or_default() }
}

/// Adds cosigned checkpoints, and the records that name their cosigners.
fn add_cosigned(
    case: &Case,
    cosigned: &[sightings::Chosen],
    seen: &[bundle::Sighting],
    out: &mut bundle::Writer,
) -> Result<(), Error> {
    let named: BTreeSet<u64> = seen.iter().map(|one| one.named).collect();
    let named: Vec<u64> = named.into_iter().collect();
    for record in proved(case, &named)? {
        out.cosigner(&record)?;
    }
    let leaves: Vec<u64> = cosigned.iter().map(|one| one.leaf).collect();
    for (one, record) in cosigned.iter().zip(proved(case, &leaves)?) {
        out.cosigned(&record, &one.note, &case.log().growth(one.record.size)?)?;
    }
    Ok(())
}

/// Adds an evidence record of each item that a timestamp is about, the earliest.
fn add_evidence(
    case: &Case,
    all: &[evidence::Series],
    items: &[&Item],
    out: &mut bundle::Writer,
) -> Result<(), Error> {
    let (mut records, mut used) = (Vec::new(), BTreeSet::new());
    for item in items {
        for (number, series) in all.iter().enumerate() {
            if let Some(record) = series.record(case, item.digests.sha256)? {
                records.push((item.number, record));
                used.insert(number);
                break;
            }
        }
    }
    let parts = || used.iter().filter_map(|number| all.get(*number)).flat_map(|one| one.parts());
    let certificates: BTreeSet<&[u8]> = parts().map(|one| one.certificates.as_slice()).collect();
    let lists: BTreeSet<&[u8]> = parts().filter_map(|one| one.revocations.as_deref()).collect();
    let text =
        |pem: BTreeSet<&[u8]>| -> String { pem.into_iter().map(String::from_utf8_lossy).collect() };
    Ok(out.evidence(&records, &text(certificates), &text(lists))?)
}

/// Leaves with their proofs, in the order asked for.
pub(crate) fn proved(case: &Case, leaves: &[u64]) -> Result<Vec<Proved>, Error> {
    let proofs = case.log().prove(leaves)?;
    leaves
        .iter()
        .zip(proofs)
        .map(|(index, proof)| Ok(Proved { leaf: case.log().leaf(*index)?, proof }))
        .collect()
}

/// The openings of the fields to be disclosed, as lines of canonical JSON, and the fields that they
/// open, each once and in order. Those of a sealed item stand in its key file.
fn openings(
    case: &Case,
    items: &[&Item],
    request: &Request,
) -> Result<(Vec<u8>, Vec<String>), Error> {
    let mut fields: BTreeSet<&str> = request.disclose.iter().map(String::as_str).collect();
    if fields.is_empty() {
        return Ok(Default::default());
    }
    if fields.contains("key") {
        // Without it nobody could tell whether the key opens to what was taken in.
        fields.insert("plain");
    }
    let leaves: BTreeSet<u64> =
        items.iter().flat_map(|item| item.captures.iter().map(|capture| capture.leaf)).collect();
    let mut found = archive::batch::openings(case.root())?;
    found.retain(|line| leaves.contains(&line.leaf));
    found.extend(sealed_openings(case, items, &fields, request.identity.as_deref())?);
    found.retain(|line| fields.contains(line.opening.field.as_str()));
    found.sort_by(|one, other| {
        (one.leaf, &one.opening.field).cmp(&(other.leaf, &other.opening.field))
    });
    if found.is_empty() {
        return Err(Error::asked(
            format!("no record of these items withholds {}", request.disclose.join(", ")),
            "The fields are collector, machine and identity, where they were given at capture; of \
             a sealed item all that is said about it, and its key. Of an erased one nothing is \
             left to disclose.",
        ));
    }
    let (mut lines, mut opened) = (Vec::new(), BTreeSet::new());
    for line in found {
        lines.extend(canonical::to_bytes(&line));
        lines.push(b'\n');
        opened.insert(line.opening.field);
    }
    Ok((lines, opened.into_iter().collect()))
}

/// The openings in the key files of those sealed items that withhold one of `fields`.
fn sealed_openings(
    case: &Case,
    items: &[&Item],
    fields: &BTreeSet<&str>,
    identity: Option<&Path>,
) -> Result<Vec<OpeningLine>, Error> {
    let identities = identity.map(unseal::identities).transpose()?;
    let mut found = Vec::new();
    for item in items.iter().filter(|item| item.erasures.is_empty()) {
        let Some(sealed) = item.to_unseal() else { continue };
        if !sealed.withheld.keys().any(|field| fields.contains(field.as_str())) {
            continue;
        }
        let identities = identities.as_ref().ok_or_else(|| {
            Error::asked(
                format!("what item {} withholds stands in its sealed key file", item.number),
                "Give an identity that it was sealed to, with --identity FILE; or name the items \
                 that are to be exported without it.",
            )
        })?;
        let file = unseal::key_file(case, &sealed, identities)?;
        let leaf = sealed.sealed.leaf;
        found.extend(file.openings.into_iter().map(|opening| OpeningLine { leaf, opening }));
    }
    Ok(found)
}

/// The list of the items that an export's record names.
fn names(items: &[&Item]) -> Vec<u8> {
    let names: Vec<Sha256> = items.iter().map(|item| item.digests.sha256).collect();
    canonical::to_bytes(&names)
}
