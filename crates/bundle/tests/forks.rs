//! A keeper of the log who holds every key and tells two stories: a bundle mixed from two states of
//! the log, of which neither is the beginning of the other, is refused, by us and by Go's packages.

#![allow(
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may run Go's compiler below a temporary folder"
)]

mod invented;

use bundle::Recorded;
use custody::growth::Growth;
use invented::{Case, faults};
use record::Event;
use std::path::{Path, PathBuf};
use std::process::Command;
use verifier::layout;

/// Leaves of the case before any export.
const SIZE: u64 = 7;

/// The verifier in Go, built below `folder`; none where there is no Go: a failure under CI.
fn go_verifier(folder: &Path) -> Option<PathBuf> {
    let packages = Path::new("/usr/share/gocode");
    if !packages.join("src/golang.org/x/mod/sumdb/tlog").exists() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI may not skip this: Go's packages are missing"
        );
        eprintln!("skipped: Go's packages are not installed");
        return None;
    }
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../oracle/verify.go");
    let program = folder.join("go-verify");
    let mut build = Command::new("go");
    build.args(["build", "-o"]).arg(&program).arg(source);
    build.env("GO111MODULE", "off").env("GOPATH", packages).env("GOFLAGS", "");
    build.env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"));
    let built = build.output().unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Some(program)
}

/// A bundle whose records stand in one state of the log and whose export in that of `recorded`.
fn mixed(out: &Path, record: impl Fn(&Event, &mut Case) -> Recorded) -> PathBuf {
    let case = Case::new(7);
    let unsealed = case.unsealed(out, &[1, 2, 3]);
    let recorded = record(&unsealed.event, &mut Case::forked(7));
    unsealed.writer.seal(&unsealed.signature, &recorded).unwrap()
}

#[test]
fn a_bundle_mixed_from_two_forks_is_refused_by_us_and_by_go() {
    let folder = tempfile::tempdir().unwrap();
    let key = Case::new(7).signer.vkey();
    let whole = Case::new(7).export(&folder.path().join("whole"), &[1, 2, 3]);
    let rows = [
        // The other fork's own proof, which holds there.
        mixed(&folder.path().join("own"), |event, fork| fork.record(event, SIZE)),
        // A proof that holds in the first fork, under a checkpoint of the second.
        mixed(&folder.path().join("other"), |event, fork| {
            let mut honest = Case::new(7);
            let hashes = honest.record(event, SIZE).growth.hashes;
            let Recorded { record, growth } = fork.record(event, SIZE);
            Recorded { record, growth: Growth { hashes, ..growth } }
        }),
        // A proof that is wholly of the first fork: its checkpoint is not the export's.
        mixed(&folder.path().join("whole-proof"), |event, fork| {
            let growth = Case::new(7).record(event, SIZE).growth;
            Recorded { record: fork.record(event, SIZE).record, growth }
        }),
        // A proof from another size.
        mixed(&folder.path().join("size"), |event, fork| fork.record(event, SIZE - 1)),
        // No proof at all.
        mixed(&folder.path().join("none"), |event, fork| {
            let Recorded { record, growth } = fork.record(event, SIZE);
            Recorded { record, growth: Growth { hashes: Vec::new(), ..growth } }
        }),
    ];
    for root in &rows {
        let report = invented::verify(root, Some(&key));
        assert_eq!(faults(&report), ["bundle-fork"], "{}", root.display());
        assert_eq!(report.findings[0].place, layout::EXPORT_CONSISTENCY);
    }
    let report = invented::verify(&whole, Some(&key));
    assert_eq!(report.findings, []);
    let Some(program) = go_verifier(folder.path()) else { return };
    let says = |root: &Path| Command::new(&program).arg("bundle").arg(root).arg(&key).output();
    let said = says(&whole).unwrap();
    assert!(said.status.success(), "{said:?}");
    for root in &rows {
        let said = says(root).unwrap();
        assert_eq!(said.status.code(), Some(1), "{}: {said:?}", root.display());
        let words = String::from_utf8(said.stderr).unwrap();
        assert!(words.contains(layout::EXPORT_CONSISTENCY), "{words}");
    }
}
