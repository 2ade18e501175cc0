//! The custody log alone beside others: writing many leaves with group commit, and verifying them.
//!
//!     cargo bench -p casefile-archive --bench log
//!
//! `LEAVES` (200,000), `BATCH` (4,096 leaves to a commit) and `ROUNDS` (5) may be given as variables
//! of the environment, and `PLACE` another disk. Both sides get the same leaves, ready made: what an
//! actor's signature costs is no part of this. Writing is compared with the published crate
//! `tlog_tiles`, each file of it durable before its commit ends, as ours are. Verifying, from leaves
//! to root with every hash tile, is compared with Go's `golang.org/x/mod/sumdb/tlog` by way of
//! `oracle/verify.go`, where Go is there.

#![allow(
    missing_docs,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a benchmark"
)]

use archive::keys::Keys;
use archive::log::{self, Log};
use custody::note::Signer;
use custody::tile::Kind;
use custody::{Checkpoint, Edge};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tlog_tiles::HashReader;

/// Leaves of a tile or bundle.
const WIDTH: usize = 256;

fn main() {
    let number = |name: &str, otherwise| {
        std::env::var(name).map_or(otherwise, |text| text.parse::<usize>().unwrap())
    };
    let (leaves, batch) = (number("LEAVES", 200_000), number("BATCH", 4_096));
    let rounds = number("ROUNDS", 5);
    let place = std::env::var_os("PLACE").map_or_else(std::env::temp_dir, PathBuf::from);
    let place = tempfile::tempdir_in(place).unwrap();
    let leaves: Vec<Vec<u8>> = (0..leaves).map(leaf).collect();
    let go = go(place.path());

    let (mut written, mut verified) = (Vec::new(), Vec::new());
    for round in 0..rounds {
        let ours = place.path().join(format!("ours-{round}"));
        let theirs = place.path().join(format!("theirs-{round}"));
        let write_ours = || clock(|| write_ours(&ours, &leaves, batch));
        let write_theirs = || clock(|| write_theirs(&theirs, &leaves, batch));
        written.push(in_turn(round, write_ours, write_theirs));
        assert_eq!(root_of(&ours), root_of(&theirs), "both must be the same log");
        if let Some(go) = &go {
            let verify_ours = || clock(|| verify_ours(&ours));
            let verify_theirs = || clock(|| verify_by_go(go, &ours));
            verified.push(in_turn(round, verify_ours, verify_theirs));
        }
        fs::remove_dir_all(&ours).unwrap();
        fs::remove_dir_all(&theirs).unwrap();
    }
    println!("| ours; theirs | ours, s | theirs, s | ours ÷ theirs, median (range) |");
    println!("|---|---|---|---|");
    let count = leaves.len();
    row(&format!("write {count} leaves, {batch} to a commit; `tlog_tiles`"), &written);
    match go {
        Some(_) => row(&format!("verify {count} leaves and all tiles; Go"), &verified),
        None => println!("| verify; Go is not there | | | |"),
    }
}

/// Some 175 bytes, as a small record has, all different.
fn leaf(number: usize) -> Vec<u8> {
    format!("{number:012} {}\n", "x".repeat(161)).into_bytes()
}

/// Whoever goes second has the warmer machine, so each goes first in every other round.
fn in_turn(round: usize, ours: impl FnOnce() -> f64, theirs: impl FnOnce() -> f64) -> (f64, f64) {
    if round.is_multiple_of(2) {
        let ours = ours();
        (ours, theirs())
    } else {
        let theirs = theirs();
        (ours(), theirs)
    }
}

fn clock(work: impl FnOnce()) -> f64 {
    // What others left to be written is written before.
    rustix::fs::sync();
    let start = Instant::now();
    work();
    start.elapsed().as_secs_f64()
}

fn row(what: &str, times: &[(f64, f64)]) {
    let sorted = |part: fn(&(f64, f64)) -> f64| {
        let mut values: Vec<f64> = times.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        values
    };
    let (ours, theirs) = (sorted(|time| time.0), sorted(|time| time.1));
    let ratios = sorted(|time| time.0 / time.1);
    let middle = times.len() / 2;
    println!(
        "| {what} | {:.2} | {:.2} | {:.2} ({:.2} to {:.2}) |",
        ours[middle],
        theirs[middle],
        ratios[middle],
        ratios[0],
        ratios[times.len() - 1]
    );
}

fn write_ours(root: &Path, leaves: &[Vec<u8>], batch: usize) {
    let keys = Keys::generate().unwrap();
    let origin = log::new_origin("speed", &keys);
    fs::create_dir_all(root.join("log")).unwrap();
    let signer = log::signer(&origin, &keys);
    let mut log = Log::create(root, &signer).unwrap();
    for batch in leaves.chunks(batch) {
        log.append(&signer, batch).unwrap();
    }
}

/// From the leaves up: every full tile and those at the edge are made again and compared.
fn verify_ours(root: &Path) {
    let log = Log::open(root).unwrap();
    let size = log.size();
    let mut edge = Edge::empty();
    let mut leaves = log.leaves(0).map(|leaf| leaf.unwrap().1).peekable();
    while leaves.peek().is_some() {
        let bundle: Vec<Vec<u8>> = leaves.by_ref().take(WIDTH).collect();
        for file in edge.append(bundle.iter().map(Vec::as_slice)) {
            let last = file.tile.end() == custody::tile::count_of(size, file.tile.kind);
            if file.tile.kind != Kind::Entries && (file.tile.is_full() || last) {
                assert_eq!(log::read_tile(root, file.tile).unwrap(), file.bytes);
            }
        }
    }
    assert_eq!(edge.root(), log.signed().root);
}

fn root_of(folder: &Path) -> String {
    let log = folder.join("log");
    let checkpoint = fs::read_to_string(log.join("checkpoint")).unwrap();
    checkpoint.lines().nth(2).unwrap().to_string()
}

struct Stored(Vec<tlog_tiles::Hash>);

impl HashReader for Stored {
    fn read_hashes(&self, indexes: &[u64]) -> Result<Vec<tlog_tiles::Hash>, tlog_tiles::Error> {
        Ok(indexes.iter().map(|index| self.0[usize::try_from(*index).unwrap()]).collect())
    }
}

/// The writer that the published crate's documentation suggests, with the same durability as ours.
fn write_theirs(root: &Path, leaves: &[Vec<u8>], batch: usize) {
    let log = root.join("log");
    fs::create_dir_all(&log).unwrap();
    let signer = Signer::new("speed", &[7; 32]).unwrap();
    let mut stored = Stored(Vec::new());
    let mut size = 0;
    for batch in leaves.chunks(batch) {
        let old = size;
        for leaf in batch {
            let hashes = tlog_tiles::stored_hashes(size, leaf, &stored).unwrap();
            stored.0.extend(hashes);
            size += 1;
        }
        let mut folders = BTreeSet::new();
        for tile in tlog_tiles::Tile::new_tiles(8, old, size) {
            let path = log.join(tile.path().replacen("tile/8/", "tile/", 1));
            durable(&path, &tile.read_data(&stored).unwrap(), &mut folders);
            if tile.level() == 0 {
                let first = usize::try_from(tile.level_index()).unwrap() * WIDTH;
                let width = usize::try_from(tile.width()).unwrap();
                let mut bundle = Vec::new();
                for leaf in &leaves[first..first + width] {
                    bundle.extend(u16::try_from(leaf.len()).unwrap().to_be_bytes());
                    bundle.extend(leaf);
                }
                let mut data = tile;
                data.set_is_data();
                let path = data.path().replacen("tile/8/data/", "tile/entries/", 1);
                durable(&log.join(path), &bundle, &mut folders);
            }
        }
        sync_folders(&folders);
        let root = tlog_tiles::tree_hash(size, &stored).unwrap().0;
        let signed = Checkpoint { origin: "speed".into(), size, root }.sign(&signer);
        let mut folders = BTreeSet::new();
        durable(&log.join("checkpoint"), signed.as_bytes(), &mut folders);
        sync_folders(&folders);
    }
}

fn durable(path: &Path, bytes: &[u8], folders: &mut BTreeSet<PathBuf>) {
    let folder = path.parent().unwrap();
    fs::create_dir_all(folder).unwrap();
    let temporary = path.with_extension("new");
    let mut file = File::create(&temporary).unwrap();
    file.write_all(bytes).unwrap();
    file.sync_all().unwrap();
    fs::rename(&temporary, path).unwrap();
    folders.insert(folder.into());
}

fn sync_folders(folders: &BTreeSet<PathBuf>) {
    for folder in folders {
        File::open(folder).unwrap().sync_all().unwrap();
    }
}

fn go(place: &Path) -> Option<PathBuf> {
    let program = place.join("verify");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/verify.go");
    let built = Command::new("go")
        .args(["build", "-o"])
        .args([&program, &source])
        .env("GO111MODULE", "off")
        .env("GOPATH", "/usr/share/gocode")
        .env("GOCACHE", place.join("go"))
        .status();
    built.is_ok_and(|status| status.success()).then_some(program)
}

fn verify_by_go(program: &Path, root: &Path) {
    // The first line is the Ed25519 key; Go does not know the kind of the second.
    let keys = fs::read_to_string(root.join("log/vkey")).unwrap();
    let key = keys.lines().next().unwrap();
    let run = Command::new(program).arg("log").arg(root.join("log")).arg(key).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
