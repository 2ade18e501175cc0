//! An invented case with its log and keys in memory, and bundles of it: what the tests change and
//! check. Nothing in it is of a real report.

#![allow(
    clippy::unwrap_used,
    clippy::disallowed_types,
    dead_code,
    unreachable_pub,
    reason = "a test that cannot prepare its case has failed; each test file uses a part of this"
)]

use bundle::page::Text;
use bundle::{About, Exhibit, Proved, Recorded, Row, Sighting, Table, Writer};
use custody::cosignature::{Secret, time_words};
use custody::growth::Growth;
use custody::note::Signer;
use custody::proof::Tiles;
use custody::tile::Tile;
use custody::tlog_proof::TlogProof;
use custody::{Checkpoint, Edge};
use record::{
    Capture, Cosigned, CosignedBy, Cosigner, Digests, Event, Export, Figure, Genesis, Hedge, Leaf,
    Measure, Name, Opening, Reading, ReadingMade, Sha256, Stated, canonical,
};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use verifier::{bag, layout};

/// The second holds text from right to left, the third is empty.
const TEXTS: [(&str, &str, &str); 3] = [
    (
        "mill-road.txt",
        "Six people killed on Mill Road\n\nAt least six people were killed, a clerk said.\n",
        "six people",
    ),
    ("سوق.txt", "سوق المدينة\n\nقتل سبعة أشخاص في السوق.\n", "سبعة أشخاص"),
    ("empty.txt", "", ""),
];

const TIME: &str = "2031-04-05T06:07:08Z";

/// An item of the case.
pub struct Item {
    name: &'static str,
    text: &'static str,
    reading: Reading,
    leaves: Vec<u64>,
}

/// A case: its keys, its log, its items.
pub struct Case {
    pub actor: [u8; 32],
    pub signer: Signer,
    pub opening: Opening,
    /// When it is, by this case's clock.
    pub time: String,
    /// Records about actors.
    pub decided: Vec<u64>,
    /// One of them that its bundles leave out.
    pub left_out: Option<u64>,
    leaves: Vec<Vec<u8>>,
    edge: Edge,
    files: BTreeMap<String, Vec<u8>>,
    items: Vec<Item>,
    seen: Vec<Kept>,
    /// Excerpts of other logs, by the record that asks for each.
    pub origins: Vec<(u64, BTreeMap<String, Vec<u8>>)>,
}

/// A cosigned checkpoint on record.
pub struct Kept {
    pub sighting: Sighting,
    pub leaf: u64,
    pub note: String,
}

/// A bundle before its export is on record.
pub struct Unsealed {
    pub writer: Writer,
    pub signature: String,
    pub event: Event,
}

impl Case {
    /// The case whose keys come from `seed`.
    pub fn new(seed: u8) -> Self {
        Self::of(seed, "casefile/mill-road-0123", &TEXTS)
    }

    /// A case of somebody else's, about the same reports.
    pub fn foreign() -> Self {
        Self::of(9, "casefile/harbour-4567", &TEXTS)
    }

    /// The same case as its keeper tells it to somebody else: other records under the same keys.
    pub fn forked(seed: u8) -> Self {
        let mut texts = TEXTS;
        texts[1] = ("other.txt", "Two people were killed.\n", "Two people");
        Self::of(seed, "casefile/mill-road-0123", &texts)
    }

    /// The first case as it was made before logs had a second key, or by who broke the first one.
    pub fn with_one_key(seed: u8) -> Self {
        let signer = Signer::new("casefile/mill-road-0123", &[seed ^ 0xff; 32]).unwrap();
        Self::signed_by(signer, seed, &TEXTS)
    }

    fn of(seed: u8, origin: &str, texts: &[(&'static str, &'static str, &'static str)]) -> Self {
        let signer = Signer::new(origin, &[seed ^ 0xff; 32]).unwrap();
        Self::signed_by(signer.with_second(&[seed ^ 0x55; 32]).unwrap(), seed, texts)
    }

    fn signed_by(
        signer: Signer,
        seed: u8,
        texts: &[(&'static str, &'static str, &'static str)],
    ) -> Self {
        let salt = Sha256([3; 32]);
        let mut case = Self {
            actor: [seed; 32],
            signer,
            opening: Opening { field: "collector".into(), salt, value: "A. Person".into() },
            time: TIME.into(),
            decided: Vec::new(),
            left_out: None,
            leaves: Vec::new(),
            edge: Edge::empty(),
            files: BTreeMap::new(),
            items: Vec::new(),
            seen: Vec::new(),
            origins: Vec::new(),
        };
        case.append(Event::Genesis(Genesis {
            case: "Mill Road".into(),
            actor_key: case.actor_key(),
            actor_name: "clerk".into(),
            log_key: case.signer.vkey(),
            log_key_pq: case.signer.verifier().second().map(|second| second.vkey()),
        }));
        for (name, text, figure) in texts {
            case.take_in(name, text, figure);
        }
        case
    }

    pub fn actor_key(&self) -> String {
        custody::sshsig::public_key_line(&custody::sshsig::public_key(&self.actor))
    }

    pub fn take_in(&mut self, name: &'static str, text: &'static str, figure: &str) {
        let item = Digests::of(text.as_bytes());
        let withheld = BTreeMap::from([("collector".into(), self.opening.commitment())]);
        let captured = self.append(Event::Capture(Capture {
            item,
            name: Name { text: name.into(), bytes: None },
            method: "file".into(),
            file_modified: None,
            source: Some("Mill Road Gazette".into()),
            address: Some("https://gazette.example/1".into()),
            obtained: None,
            note: None,
            withheld,
            sealed: None,
            received: None,
        }));
        let reading = reading(text, figure);
        let made = self.append(Event::Reading(ReadingMade {
            item: item.sha256,
            reading: Digests::of(&canonical::to_bytes(&reading)),
            reader: reading.reader.clone(),
            figures: reading.figures.len() as u64,
            problems: Vec::new(),
        }));
        self.items.push(Item { name, text, reading, leaves: vec![captured, made] });
    }

    /// What the record of an item's first capture says, and its index.
    pub fn capture_of(&self, number: usize) -> (u64, Capture) {
        let index = self.items[number - 1].leaves[0];
        let record = self.leaf(index).split(|byte| *byte == b'\n').next().unwrap();
        match canonical::from_bytes::<Leaf>(record).unwrap().event {
            Event::Capture(capture) => (index, capture),
            _ => unreachable!("an item's first record is its capture"),
        }
    }

    /// Takes over the item of this number from another case, with a capture of one's own.
    pub fn take_over(&mut self, other: &Self, number: usize, capture: Capture) {
        let Item { name, text, reading, .. } = &other.items[number - 1];
        let (name, text, reading) = (*name, *text, reading.clone());
        let captured = self.append(Event::Capture(capture));
        let made = self.append(Event::Reading(ReadingMade {
            item: reading.item,
            reading: Digests::of(&canonical::to_bytes(&reading)),
            reader: reading.reader.clone(),
            figures: reading.figures.len() as u64,
            problems: Vec::new(),
        }));
        self.items.push(Item { name, text, reading, leaves: vec![captured, made] });
    }

    /// Appends a record about actors.
    pub fn decide(&mut self, event: Event) -> u64 {
        let index = self.append(event);
        self.decided.push(index);
        index
    }

    /// The bytes of a leaf.
    pub fn leaf(&self, index: u64) -> &[u8] {
        &self.leaves[index as usize]
    }

    /// Appends a record and returns its index.
    pub fn append(&mut self, event: Event) -> u64 {
        let leaf = Leaf {
            v: record::leaf::LEAF_VERSION,
            log: self.signer.name().into(),
            actor: custody::sshsig::fingerprint(&custody::sshsig::public_key(&self.actor)),
            time: self.time.clone(),
            tool: "casefile 0.0.0".into(),
            event,
        };
        let leaf = custody::leaf::sign_leaf(&self.actor, &canonical::to_bytes(&leaf));
        for file in self.edge.append([leaf.as_slice()]) {
            self.files.insert(file.tile.to_string(), file.bytes);
        }
        self.leaves.push(leaf);
        self.leaves.len() as u64 - 1
    }

    /// Names a cosigner, on record, and returns the record's index.
    pub fn name_cosigner(&mut self, secret: &Secret) -> u64 {
        let key = secret.cosigner().vkey();
        self.append(Event::Cosigner(Cosigner { key, who: Some("An archive".into()) }))
    }

    /// The log's checkpoint, cosigned at `time`.
    pub fn cosign(&self, secret: &Secret, time: u64) -> String {
        let signed = self.checkpoint();
        let (text, _) = signed.split_once("\n\n").unwrap();
        let checkpoint = custody::checkpoint::parse(&format!("{text}\n")).unwrap();
        format!("{signed}{}", secret.cosign(&checkpoint, time).unwrap())
    }

    /// Records that `secret`, whom the record `named` names, cosigned the log as `note` has it, of
    /// `size` leaves, at `time`. Whether that is so is the caller's affair.
    pub fn keep(&mut self, named: u64, secret: &Secret, note: String, (size, time): (u64, u64)) {
        let by = CosignedBy { key: secret.cosigner().vkey(), time: time_words(time) };
        self.keep_by(named, vec![by], note, size);
    }

    /// The same with whatever the record is to count.
    pub fn keep_by(&mut self, named: u64, by: Vec<CosignedBy>, note: String, size: u64) {
        let one = by.first().cloned();
        let checkpoint = Digests::of(note.as_bytes());
        let leaf = self.append(Event::Cosigned(Cosigned { checkpoint, size, by }));
        let (key, time) = one.map(|one| (one.key, one.time)).unwrap_or_default();
        let sighting = Sighting { named, key, who: Some("An archive".into()), size, time };
        self.seen.push(Kept { sighting, leaf, note });
    }

    /// Names a cosigner, has the log cosigned, and records that.
    pub fn cosigned(&mut self, secret: &Secret, time: u64) {
        let named = self.name_cosigner(secret);
        self.cosigned_again(named, secret, time);
    }

    /// Has the log cosigned by whom the record `named` names, and records that.
    pub fn cosigned_again(&mut self, named: u64, secret: &Secret, time: u64) {
        let (note, size) = (self.cosign(secret, time), self.edge.size());
        self.keep(named, secret, note, (size, time));
    }

    /// How many leaves the log has.
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    pub fn checkpoint(&self) -> String {
        let origin = self.signer.name().to_owned();
        Checkpoint { origin, size: self.edge.size(), root: self.edge.root() }.sign(&self.signer)
    }

    /// A leaf with its proof under the log's state of now.
    pub fn proved(&self, index: u64) -> Proved {
        let read = |tile: Tile| self.files.get(&tile.to_string()).cloned().ok_or(());
        let hashes = Tiles::new(self.edge.size(), read).inclusion(index).unwrap();
        let proof = TlogProof { index, hashes, checkpoint: self.checkpoint() };
        Proved { leaf: self.leaves[index as usize].clone(), proof }
    }

    /// That the log's first `old_size` leaves are the log of then.
    pub fn growth(&self, old_size: u64) -> Growth {
        let read = |tile: Tile| self.files.get(&tile.to_string()).cloned().ok_or(());
        let hashes = Tiles::new(self.edge.size(), read).consistency(old_size).unwrap();
        Growth { old_size, hashes, checkpoint: self.checkpoint() }
    }

    /// Writes a bundle of the items numbered `numbers` (from 1) to `out`, and records it.
    pub fn export(&mut self, out: &Path, numbers: &[usize]) -> PathBuf {
        let unsealed = self.unsealed(out, numbers);
        let old_size = self.edge.size();
        let recorded = self.record(&unsealed.event, old_size);
        unsealed.writer.seal(&unsealed.signature, &recorded).unwrap()
    }

    /// A bundle whose export is not on record yet.
    pub fn unsealed(&self, out: &Path, numbers: &[usize]) -> Unsealed {
        let mut writer = Writer::create(out, self.about(), &self.proved(0), &[table()]).unwrap();
        for number in numbers {
            let item = &self.items[number - 1];
            writer.add(&self.exhibit(*number, item), &mut item.text.as_bytes()).unwrap();
        }
        for index in self.decided.iter().filter(|index| self.left_out != Some(**index)) {
            writer.actor(&self.proved(*index)).unwrap();
        }
        for kept in &self.seen {
            writer.cosigner(&self.proved(kept.sighting.named)).unwrap();
            let growth = self.growth(kept.sighting.size.min(self.edge.size()));
            writer.cosigned(&self.proved(kept.leaf), kept.note.as_bytes(), &growth).unwrap();
        }
        for (leaf, excerpt) in &self.origins {
            writer.origin(&self.proved(*leaf), excerpt).unwrap();
        }
        writer.disclose(&self.opening_line(1)).unwrap();
        let manifest = writer.finish().unwrap();
        let signature = custody::sshsig::sign(&self.actor, layout::NAMESPACE, &manifest);
        let names: Vec<Sha256> =
            numbers.iter().map(|number| self.items[number - 1].reading.item).collect();
        let event = Event::Export(Export {
            tagmanifest: Sha256::of(&manifest),
            signature: Sha256::of(signature.as_bytes()),
            items: names.len() as u64,
            list: Digests::of(&canonical::to_bytes(&names)),
            tree_size: self.edge.size(),
            disclosed: vec!["collector".into()],
            disclosure: None,
            actors: (!self.decided.is_empty())
                .then(|| Sha256::of(&canonical::to_bytes(&self.decided))),
        });
        Unsealed { writer, signature, event }
    }

    pub fn about(&self) -> About {
        About {
            case: "Mill Road".into(),
            time: self.time.clone(),
            tool: "casefile 0.0.0".into(),
            actor_name: "clerk".into(),
            actor_key: self.actor_key(),
            origin: self.signer.name().into(),
            log_key: self.signer.verifier(),
            checkpoint: self.checkpoint(),
            seen: self.seen.iter().map(|kept| kept.sighting.clone()).collect(),
        }
    }

    /// Records an export, grown from a log of `old_size` leaves.
    pub fn record(&mut self, event: &Event, old_size: u64) -> Recorded {
        let index = self.append(event.clone());
        Recorded { record: self.proved(index), growth: self.growth(old_size) }
    }

    /// A line of `openings.jsonl`.
    pub fn opening_line(&self, leaf: u64) -> Vec<u8> {
        let mut line = serde_json::to_value(&self.opening).unwrap();
        line["leaf"] = leaf.into();
        let mut line = canonical::to_bytes(&line);
        line.push(b'\n');
        line
    }

    /// The exhibit of this number (from 1).
    pub fn exhibit_of(&self, number: usize) -> Exhibit {
        self.exhibit(number, &self.items[number - 1])
    }

    fn exhibit(&self, number: usize, item: &Item) -> Exhibit {
        Exhibit {
            number: number as u64,
            item: Digests::of(item.text.as_bytes()),
            name: item.name.into(),
            source: Some("Mill Road Gazette".into()),
            address: Some("https://gazette.example/1".into()),
            captured: TIME.into(),
            reading: Some(item.reading.clone()),
            text: Some(Text { shown: item.text.into(), left_out: 0, marks: Vec::new() }),
            sealed: None,
            leaves: item.leaves.iter().map(|index| self.proved(*index)).collect(),
        }
    }
}

fn table() -> Table {
    Table {
        question: "killed, Mill Road".into(),
        relation: "agree".into(),
        notes: vec!["an invented note".into()],
        reasons: vec![("same-place".into(), "an invented rule".into())],
        rows: vec![Row { exhibit: 1, start: 40, cells: ["six people"; 6].map(str::to_owned) }],
        conventions: vec![("lowest".into(), Some(6), "the least anyone says".into())],
    }
}

/// A reading of `text` that found the figure `words`, if there are any.
pub fn reading(text: &str, words: &str) -> Reading {
    let figure = text.find(words).filter(|_| !words.is_empty()).map(|at| Figure {
        start: at as u64,
        end: (at + words.len()) as u64,
        text: words.into(),
        low: Some(6),
        high: Some(6),
        hedge: Hedge::Exact,
        measure: Measure::Killed,
        whom: None,
        source: None,
        date: None,
        place: None,
        cumulative: false,
        rules: vec!["invented".into()],
    });
    let stated = |value: &str| {
        (!value.is_empty()).then(|| Stated {
            value: value.into(),
            rule: "invented".into(),
            span: None,
        })
    };
    let (item, size) = (Sha256::of(text.as_bytes()), text.len() as u64);
    Reading {
        media_type: "text/plain".into(),
        title: stated(text.lines().next().unwrap_or_default()),
        figures: figure.into_iter().collect(),
        ..Reading::empty(item, size, "invented/1")
    }
}

/// Makes every manifest of the bundle anew, as a forger would, and the signature if there is a key.
pub fn remake_lists(root: &Path, key: Option<&[u8; 32]>) {
    let (mut payload, mut b2sums, mut tags) = <(bag::Manifest, bag::Manifest, _)>::default();
    let mut bytes = 0;
    let all = verifier::zipped::files(root).unwrap();
    for path in all.iter().filter(|path| path.starts_with("data/")) {
        let found = Digests::of(&fs::read(root.join(path)).unwrap());
        bag::list(&mut payload, path, found.sha256);
        b2sums.insert(path.clone(), found.blake2b512.to_string());
        bytes += found.size;
    }
    fs::write(root.join(layout::MANIFEST), bag::text(&payload)).unwrap();
    fs::write(root.join(layout::B2SUMS), bag::text(&b2sums)).unwrap();
    if let Ok(info) = fs::read_to_string(root.join(layout::BAG_INFO)) {
        let (before, _) = info.split_once("Payload-Oxum").unwrap();
        let info = format!("{before}Payload-Oxum: {bytes}.{}\n", payload.len());
        fs::write(root.join(layout::BAG_INFO), info).unwrap();
    }
    let is_tag =
        |path: &&String| !path.starts_with("data/") && !layout::SEALS.contains(&path.as_str());
    for path in all.iter().filter(is_tag) {
        bag::list(&mut tags, path, Sha256::of(&fs::read(root.join(path)).unwrap()));
    }
    let tags = bag::text(&tags);
    fs::write(root.join(layout::TAGMANIFEST), &tags).unwrap();
    if let Some(key) = key {
        let signature = custody::sshsig::sign(key, layout::NAMESPACE, tags.as_bytes());
        fs::write(root.join(layout::SIGNATURE), signature).unwrap();
    }
}

/// The verdict on a bundle. Where `CASEFILE_KEEP_BUNDLES` names a folder, bundle and verdict are kept
/// there too, so that another verifier can be asked about the same bytes (`oracle/agree.py`).
pub fn verify(root: &Path, trusted: Option<&str>) -> verifier::Report {
    let report = verifier::verify(root, trusted).unwrap();
    keep(root, trusted, &report);
    report
}

/// Keeps a bundle and the verdict on it, where it is asked for.
fn keep(root: &Path, trusted: Option<&str>, report: &verifier::Report) {
    static KEPT: AtomicUsize = AtomicUsize::new(0);
    if let Some(folder) = std::env::var_os("CASEFILE_KEEP_BUNDLES") {
        let number = KEPT.fetch_add(1, Ordering::Relaxed);
        let place = PathBuf::from(folder).join(format!("{}-{number}", std::process::id()));
        fs::create_dir_all(&place).unwrap();
        let copied = Command::new("cp").arg("-a").arg(root).arg(place.join("bundle")).status();
        assert!(copied.unwrap().success(), "{} cannot be kept", root.display());
        let lines = [&[trusted.unwrap_or_default()], faults(report).as_slice()].concat();
        fs::write(place.join("verdict"), lines.join("\n")).unwrap();
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    for path in verifier::zipped::files(from).unwrap() {
        let place = to.join(&path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::copy(from.join(&path), place).unwrap();
    }
}

/// Codes of the faults in a bundle, each once, in order.
pub fn faults(report: &verifier::Report) -> Vec<&str> {
    let grave = |finding: &&record::Finding| finding.grade == record::finding::Grade::Fault;
    let mut codes: Vec<&str> =
        report.findings.iter().filter(grave).map(|finding| finding.code.as_str()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}
