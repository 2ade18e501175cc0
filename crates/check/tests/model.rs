//! A case against a model of it that is trivially right: a list of leaves and a map of objects.
//! After every step, whatever it was, the case on disk says what the model says.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod fresh;

use archive::{Batch, Case, Writer, layout};
use fresh::new_case;
use proptest::prelude::*;
use record::{Capture, Event, Grade, Sha256};
use sha2::Digest as _;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Most items in a step: more than the 256 that fill a tile, so that tiles fill and spill over.
const ITEMS_LIMIT: usize = 300;

/// How many different items there are: few, so that the same bytes come again.
const DIFFERENT: u16 = 400;

#[derive(Debug, Clone)]
enum Step {
    /// These are taken in and committed.
    Commit(Vec<u16>),
    /// These are taken in, and the program says that it does not want them after all.
    GiveUp(Vec<u16>),
    /// These are taken in, and the program dies.
    Die(Vec<u16>),
    /// Of the files of the case, the one at this part of the list, of 65,536, has a bit flipped.
    Rot(u16, u16),
    /// It is gone.
    Lose(u16),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let items = || {
        prop_oneof![
            3 => prop::collection::vec(0..DIFFERENT, 1..6),
            1 => prop::collection::vec(0..DIFFERENT, 1..ITEMS_LIMIT),
        ]
    };
    let step = prop_oneof![
        4 => items().prop_map(Step::Commit),
        1 => items().prop_map(Step::GiveUp),
        1 => items().prop_map(Step::Die),
        2 => (any::<u16>(), any::<u16>()).prop_map(|(file, bit)| Step::Rot(file, bit)),
        1 => any::<u16>().prop_map(Step::Lose),
    ];
    prop::collection::vec(step, 1..8)
}

/// The bytes of an item; one in eight is long enough to be read in several pieces.
fn bytes_of(item: u16) -> Vec<u8> {
    let length =
        if item.is_multiple_of(8) { 70_000 + usize::from(item) } else { usize::from(item) };
    let mut bytes = vec![b'.'; length];
    let name = item.to_string();
    let kept = name.len().min(length);
    bytes[..kept].copy_from_slice(&name.as_bytes()[..kept]);
    bytes
}

/// What a case is, said as simply as it can be.
#[derive(Default)]
struct Model {
    leaves: Vec<Vec<u8>>,
    objects: BTreeMap<Sha256, Vec<u8>>,
}

impl Model {
    /// The root by the definition of RFC 6962, section 2.1, to the letter.
    fn root(leaves: &[Vec<u8>]) -> [u8; 32] {
        let hash = |parts: &[&[u8]]| -> [u8; 32] { sha2::Sha256::digest(parts.concat()).into() };
        match leaves {
            [] => hash(&[]),
            [leaf] => hash(&[&[0], leaf]),
            many => {
                let mut split = 1;
                while split * 2 < many.len() {
                    split *= 2;
                }
                let (left, right) = many.split_at(split);
                hash(&[&[1], &Self::root(left), &Self::root(right)])
            }
        }
    }

    fn agrees_with(&self, root: &Path) {
        let case = Case::open(root).unwrap();
        let log = case.log();
        assert_eq!(log.size(), self.leaves.len() as u64);
        assert_eq!(log.signed().root, Self::root(&self.leaves));
        let kept: Vec<Vec<u8>> = log.leaves(0).map(|leaf| leaf.unwrap().1).collect();
        assert_eq!(kept, self.leaves);
        let objects: Vec<Sha256> =
            archive::objects::list(root).unwrap().into_iter().map(Result::unwrap).collect();
        assert_eq!(objects, self.objects.keys().copied().collect::<Vec<_>>());
        for (name, bytes) in &self.objects {
            assert_eq!(case.read(*name, u64::MAX).unwrap(), *bytes);
        }
        let indexes: Vec<u64> = (0..log.size()).step_by(37).chain([log.size() - 1]).collect();
        for proof in log.prove(&indexes).unwrap() {
            let leaf = &self.leaves[usize::try_from(proof.index).unwrap()];
            assert_eq!(proof.verify(leaf, log.verifier()).unwrap(), log.signed());
        }
        let old = log.size() / 2;
        assert_eq!(
            log.root_at(old).unwrap(),
            Self::root(&self.leaves[..usize::try_from(old).unwrap()])
        );
        assert_eq!(faults(root), [] as [String; 0]);
    }
}

fn faults(root: &Path) -> Vec<String> {
    let findings = check::check(root, None, &|_, _| {}).unwrap().findings;
    let faults = findings.into_iter().filter(|finding| finding.grade == Grade::Fault);
    faults.map(|finding| format!("{} {}", finding.code, finding.place)).collect()
}

fn take_in(batch: &mut Batch, items: &[u16]) {
    for item in items {
        let taken = batch.take_in(&mut bytes_of(*item).as_slice()).unwrap();
        let capture = Capture::of(taken, &format!("{item}.txt"));
        batch.record(Event::Capture(capture), Vec::new());
    }
}

fn apply(step: &Step, root: &Path, model: &mut Model) {
    let begin = || {
        let writer = Writer::open(root, None, "test").unwrap();
        let batch = writer.begin().unwrap();
        (writer, batch)
    };
    match step {
        Step::Commit(items) => {
            let (mut writer, mut batch) = begin();
            take_in(&mut batch, items);
            let kept = batch.commit(&mut writer).unwrap();
            let case = writer.case().unwrap();
            for (one, item) in kept.iter().zip(items) {
                assert_eq!(one.index, model.leaves.len() as u64);
                let leaf = case.log().leaf(one.index).unwrap();
                assert!(String::from_utf8_lossy(&leaf).contains(&format!("\"{item}.txt\"")));
                model.leaves.push(leaf);
                let bytes = bytes_of(*item);
                model.objects.insert(Sha256(sha2::Sha256::digest(&bytes).into()), bytes);
            }
            assert_eq!(kept.len(), items.len());
        }
        Step::GiveUp(items) => take_in(&mut begin().1, items),
        Step::Die(items) => {
            let (writer, mut batch) = begin();
            take_in(&mut batch, items);
            std::mem::forget(batch);
            drop(writer);
            // The next writer clears away what it left.
            drop(Writer::open(root, None, "test").unwrap());
        }
        Step::Rot(at, bit) => harm(
            root,
            *at,
            |_| true,
            |path| {
                let mut bytes = fs::read(path).unwrap();
                // An empty object has no bit to flip.
                if bytes.is_empty() {
                    bytes.push(0);
                } else {
                    let bit = usize::from(*bit) % (bytes.len() * 8);
                    bytes[bit / 8] ^= 1 << (bit % 8);
                }
                fs::remove_file(path).unwrap();
                fs::write(path, bytes).unwrap();
            },
        ),
        Step::Lose(at) => harm(root, *at, is_needed, |path| fs::remove_file(path).unwrap()),
    }
}

/// Whether a file cannot go. A partial tile may, once there is a wider one (C2SP tlog-tiles, "Partial
/// tiles").
fn is_needed(path: &Path) -> bool {
    let width = |path: &Path| path.file_name()?.to_str()?.parse::<u16>().ok();
    let folder = path.parent().unwrap();
    let partial = folder.extension().is_some_and(|ending| ending == "p");
    !partial || walk(folder).iter().all(|other| width(other) <= width(path))
}

/// Harms one file of the evidence, sees that the check finds it, and puts it back.
fn harm(root: &Path, at: u16, matters: impl Fn(&Path) -> bool, how: impl Fn(&Path)) {
    let mut files = Vec::new();
    for folder in [layout::OBJECTS, layout::LOG] {
        files.extend(walk(&root.join(folder)));
    }
    let path = &files[(usize::from(at) * files.len()) >> 16];
    let good = fs::read(path).unwrap();
    let matters = matters(path);
    how(path);
    let found = check::check(root, None, &|_, _| {});
    let noticed = found
        .as_ref()
        .map_or(true, |report| report.findings.iter().any(|finding| finding.grade == Grade::Fault));
    assert_eq!(noticed, matters, "{} was harmed; noticed and matters differ", path.display());
    let _ = fs::remove_file(path);
    fs::write(path, good).unwrap();
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

proptest! {
    // Each of these writes and flushes thousands of files. PROPTEST_CASES asks for more.
    #![proptest_config(ProptestConfig {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(12),
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_case_is_what_the_model_says(steps in steps()) {
        let folder = tempfile::tempdir().unwrap();
        let root = new_case(folder.path());
        let mut model = Model::default();
        model.leaves.push(Case::open(&root).unwrap().log().leaf(0).unwrap());
        model.agrees_with(&root);
        for step in &steps {
            apply(step, &root, &mut model);
            model.agrees_with(&root);
        }
    }
}
