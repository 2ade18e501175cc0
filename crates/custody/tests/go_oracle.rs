//! Go's note and tlog packages as the judge of our logs and proofs, by way of `oracle/verify.go`.
//!
//! Where the machine has no Go, this says so and checks nothing; under CI that is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may start programs and write files below a temporary folder"
)]

use custody::growth::Growth;
use custody::note::Signer;
use custody::proof::Tiles;
use custody::tile::{self, Tile};
use custody::tlog_proof::TlogProof;
use custody::{Checkpoint, Edge};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian's golang-golang-x-mod-dev puts the packages.
const GO_PACKAGES: &str = "/usr/share/gocode";

/// The oracle, built; or why it cannot be.
fn oracle(folder: &Path) -> Result<PathBuf, String> {
    if !Path::new(GO_PACKAGES).join("src/golang.org/x/mod/sumdb/tlog").exists() {
        return Err("golang-golang-x-mod-dev is not installed".into());
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/verify.go");
    let program = folder.join("verify");
    let built = Command::new("go")
        .args(["build", "-o"])
        .arg(&program)
        .arg(&source)
        .env("GO111MODULE", "off")
        .env("GOPATH", GO_PACKAGES)
        .env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"))
        .output()
        .map_err(|error| format!("go does not start: {error}"))?;
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Ok(program)
}

fn skip(why: &str) {
    assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {why}");
    eprintln!("skipped: {why}");
}

struct Log {
    folder: PathBuf,
    signer: Signer,
    leaves: Vec<Vec<u8>>,
}

impl Log {
    /// A log of `batches` leaves each, as the archive writes one: a checkpoint after each batch,
    /// kept also as `old-SIZE` beside it.
    fn write(folder: &Path, batches: &[usize]) -> Self {
        let signer = Signer::new("casefile/invented-0123", &[7; 32]).unwrap();
        let mut log = Self { folder: folder.join("log"), signer, leaves: Vec::new() };
        let mut edge = Edge::empty();
        for batch in batches {
            let first = log.leaves.len();
            let new = (first..first + batch).map(|n| match n {
                0 => custody::leaf::sign_leaf(&[9; 32], br#"{"type":"genesis"}"#),
                n => vec![b'x'; n % 300],
            });
            log.leaves.extend(new);
            for file in edge.append(log.leaves[first..].iter().map(Vec::as_slice)) {
                log.put(&file.tile.to_string(), &file.bytes);
            }
            for tile in tile::superseding(first as u64, edge.size()) {
                fs::remove_dir_all(log.folder.join(format!("{tile}.p"))).unwrap();
            }
            let checkpoint = log.checkpoint(&edge);
            log.put("checkpoint", checkpoint.as_bytes());
            fs::write(folder.join(format!("old-{}", edge.size())), checkpoint).unwrap();
        }
        log
    }

    fn checkpoint(&self, edge: &Edge) -> String {
        let origin = self.signer.name().to_owned();
        Checkpoint { origin, size: edge.size(), root: edge.root() }.sign(&self.signer)
    }

    fn put(&self, path: &str, bytes: &[u8]) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn proof(&self, index: usize) -> TlogProof {
        let checkpoint = fs::read_to_string(self.folder.join("checkpoint")).unwrap();
        let read = |tile: Tile| fs::read(self.folder.join(tile.to_string()));
        let hashes = Tiles::new(self.leaves.len() as u64, read).inclusion(index as u64).unwrap();
        TlogProof { index: index as u64, hashes, checkpoint }
    }
}

/// Exit status and what was said.
fn run(program: &Path, arguments: &[&Path]) -> (Option<i32>, String) {
    let out = Command::new(program).args(arguments).output().unwrap();
    let said = [out.stdout, out.stderr].concat();
    (out.status.code(), String::from_utf8_lossy(&said).trim().to_owned())
}

#[test]
fn go_accepts_our_logs_and_sees_what_is_wrong_with_others() {
    let folder = tempfile::tempdir().unwrap();
    let program = match oracle(folder.path()) {
        Ok(program) => program,
        Err(why) => return skip(&why),
    };
    for (number, (batches, expect)) in [
        (&[1][..], "verified: 1 leaves, 2 files, 1 older checkpoints"),
        (&[255, 1], "verified: 256 leaves, 3 files, 2 older checkpoints"),
        (&[3, 200, 600, 1, 13], "verified: 817 leaves, 13 files, 5 older checkpoints"),
        (&[65_535, 1, 400], "verified: 65936 leaves, 519 files, 3 older checkpoints"),
    ]
    .into_iter()
    .enumerate()
    {
        let folder = folder.path().join(number.to_string());
        let log = Log::write(&folder, batches);
        let sizes = batches.iter().scan(0, |sum, batch| {
            *sum += batch;
            Some(*sum)
        });
        let older: Vec<PathBuf> = sizes.map(|size| folder.join(format!("old-{size}"))).collect();
        let vkey = PathBuf::from(log.signer.vkey());
        let fixed = [Path::new("log"), &log.folder, &vkey];
        let with_older: Vec<&Path> =
            fixed.into_iter().chain(older.iter().map(PathBuf::as_path)).collect();
        assert_eq!(run(&program, &with_older), (Some(0), expect.to_owned()));
    }

    let log = Log::write(&folder.path().join("bad"), &[3, 200, 600, 1, 13]);
    let vkey = PathBuf::from(log.signer.vkey());
    let judge = || run(&program, &[Path::new("log"), &log.folder, &vkey]).0;
    assert_eq!(judge(), Some(0));
    for path in ["checkpoint", "tile/0/000", "tile/1/000.p/3", "tile/entries/003.p/49"] {
        let good = fs::read(log.folder.join(path)).unwrap();
        for place in [0, good.len() / 2, good.len() - 5] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            log.put(path, &bad);
            assert_eq!(judge(), Some(1), "{path} at {place}");
        }
        fs::remove_file(log.folder.join(path)).unwrap();
        assert_eq!(judge(), Some(1), "{path} missing");
        log.put(path, &good);
    }
    log.put("tile/0/004.p/1", &[0; 32]);
    assert_eq!(judge(), Some(1), "a tile too many");
}

#[test]
fn go_accepts_our_proofs_for_their_own_leaf_only() {
    let folder = tempfile::tempdir().unwrap();
    let program = match oracle(folder.path()) {
        Ok(program) => program,
        Err(why) => return skip(&why),
    };
    let log = Log::write(folder.path(), &[700]);
    let vkey = PathBuf::from(log.signer.vkey());
    let mut arguments = vec![PathBuf::from("proof"), vkey];
    for index in [0, 1, 255, 256, 511, 512, 698, 699] {
        let proof = folder.path().join(format!("{index}.tlog-proof"));
        let leaf = folder.path().join(format!("{index}.leaf"));
        fs::write(&proof, log.proof(index).text()).unwrap();
        fs::write(&leaf, &log.leaves[index]).unwrap();
        arguments.extend([proof, leaf]);
    }
    let all: Vec<&Path> = arguments.iter().map(PathBuf::as_path).collect();
    assert_eq!(run(&program, &all), (Some(0), "verified: leaf 699 of 700".into()));
    let swapped = [all[0], all[1], all[2], all[5]];
    assert_eq!(run(&program, &swapped).0, Some(1), "another leaf");
    let mut bad = log.proof(0);
    bad.index = 1;
    fs::write(all[2], bad.text()).unwrap();
    assert_eq!(run(&program, &all[..4]).0, Some(1), "another index");
}

/// A folder laid out as a bundle is: some leaves with their proofs, and the record of the export
/// that came after them.
fn write_bundle(folder: &Path, picked: &[usize]) -> Log {
    let mut log = Log::write(folder, &[5]);
    let bundle = folder.join("bundle/log");
    for part in ["leaves", "proofs"] {
        fs::create_dir_all(bundle.join(part)).unwrap();
    }
    fs::write(bundle.join("vkey"), log.signer.vkey() + "\n").unwrap();
    fs::write(bundle.join("policy"), custody::policy::of_log(&log.signer.vkey())).unwrap();
    fs::copy(log.folder.join("checkpoint"), bundle.join("checkpoint")).unwrap();
    for index in picked {
        let name = |part, ending| bundle.join(format!("{part}/{index:08}.{ending}"));
        fs::write(name("leaves", "leaf"), &log.leaves[*index]).unwrap();
        fs::write(name("proofs", "tlog-proof"), log.proof(*index).text()).unwrap();
    }
    let folder = folder.join("bundle");
    let digest = |bytes: &[u8]| data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let checkpoint = fs::read(folder.join("log/checkpoint")).unwrap();
    let tags = format!("{}  log/checkpoint\n", digest(&checkpoint));
    fs::write(folder.join("tagmanifest-sha256.txt"), &tags).unwrap();
    fs::write(folder.join("tagmanifest-sha256.txt.sig"), "a signature\n").unwrap();
    let record = format!(
        r#"{{"signature":"{}","tagmanifest":"{}","tree_size":5,"type":"export"}}"#,
        digest(b"a signature\n"),
        digest(tags.as_bytes()),
    );
    log.leaves.push(custody::leaf::sign_leaf(&[9; 32], record.as_bytes()));
    let mut edge = Edge::empty();
    for file in edge.append(log.leaves.iter().map(Vec::as_slice)) {
        log.put(&file.tile.to_string(), &file.bytes);
    }
    log.put("checkpoint", log.checkpoint(&edge).as_bytes());
    fs::write(folder.join("export.leaf"), &log.leaves[5]).unwrap();
    fs::write(folder.join("export.tlog-proof"), log.proof(5).text()).unwrap();
    let read = |tile: Tile| fs::read(log.folder.join(tile.to_string()));
    let hashes = Tiles::new(6, read).consistency(5).unwrap();
    let growth = Growth { old_size: 5, hashes, checkpoint: log.checkpoint(&edge) };
    fs::write(folder.join("export.consistency"), growth.text()).unwrap();
    log
}

#[test]
fn go_accepts_a_bundle_with_nothing_missing_added_or_respelled() {
    let folder = tempfile::tempdir().unwrap();
    let program = match oracle(folder.path()) {
        Ok(program) => program,
        Err(why) => return skip(&why),
    };
    let log = write_bundle(folder.path(), &[0, 2, 4]);
    let (bundle, vkey) = (folder.path().join("bundle"), PathBuf::from(log.signer.vkey()));
    let judge = || run(&program, &[Path::new("bundle"), &bundle, &vkey]);
    let expect = (Some(0), "verified: 3 records, and that of the export".into());
    assert_eq!(judge(), expect);

    for path in ["log/leaves/x.txt", "log/leaves/2.leaf", "log/proofs/00000002.tlog-proof.kept"] {
        fs::write(bundle.join(path), "added").unwrap();
        assert_eq!(judge().0, Some(1), "{path} added");
        fs::remove_file(bundle.join(path)).unwrap();
    }
    for (path, number) in
        [("log/proofs/00000002.tlog-proof", "index 2"), ("export.consistency", "old 5")]
    {
        let path = bundle.join(path);
        let good = fs::read_to_string(&path).unwrap();
        let (word, digit) = number.split_once(' ').unwrap();
        for bad in [
            format!("extra AAAA\n{good}"),
            good.replacen(word, &format!("extra AAAA\n{word}"), 1),
            good.replacen(number, &format!("{word} 0{digit}"), 1),
            good.replacen(number, &format!("{word} +{digit}"), 1),
            good.replacen(number, &format!("{word} 3"), 1),
            good.replacen("=\n", "\n", 1),
            good.replacen("\n\n", "\n\n\n", 1),
            good.replacen("\n\n", "\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n", 1),
            good.replace('\n', "\r\n"),
            format!("{good}\n"),
            good.trim_end().to_owned(),
        ] {
            assert_ne!(bad, good);
            fs::write(&path, &bad).unwrap();
            assert_eq!(judge().0, Some(1), "{bad}");
        }
        fs::write(&path, &good).unwrap();
    }
    for path in [
        "log/leaves/00000002.leaf",
        "log/proofs/00000002.tlog-proof",
        "log/policy",
        "export.leaf",
        "export.tlog-proof",
        "export.consistency",
        "tagmanifest-sha256.txt",
        "tagmanifest-sha256.txt.sig",
    ] {
        let kept = fs::read(bundle.join(path)).unwrap();
        let mut bad = kept.clone();
        bad[kept.len() / 2] ^= 1;
        fs::write(bundle.join(path), bad).unwrap();
        assert_eq!(judge().0, Some(1), "{path} changed");
        fs::remove_file(bundle.join(path)).unwrap();
        assert_eq!(judge().0, Some(1), "{path} missing");
        fs::write(bundle.join(path), kept).unwrap();
    }
    assert_eq!(judge(), expect);
}
