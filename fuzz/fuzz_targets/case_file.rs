//! Any bytes in the place of any file of a case, or of a part of it: objects and the checkpoint do
//! not change unseen, and nothing that is read again (keys, openings, key files, guards, the
//! scrub's journal) breaks the program.
#![no_main]

mod stage;

use archive::{Case, guard, keys};
use check::scrub;
use libfuzzer_sys::fuzz_target;
use record::Grade;
use stage::Stage;
use std::path::Path;
use std::sync::LazyLock;

static CASE: LazyLock<Stage> = LazyLock::new(|| Stage::new("case"));

fuzz_target!(|input: (u16, Option<u16>, &[u8])| {
    let (which, at, bytes) = input;
    let (path, is_changed, fault) = CASE.harm((which, at), bytes, look);
    let held = ["objects", "log/checkpoint", "log/vkey"].iter().any(|part| path.starts_with(part));
    if held || !is_changed {
        assert_eq!(fault, is_changed, "{}", path.display());
    }
});

/// Reads all that a case holds, and says whether any of it is at fault.
fn look(root: &Path) -> bool {
    let _ = keys::read(root, "private/keys", None);
    let _ = guard::folders(root);
    let _ = archive::batch::openings(root);
    let _ = scrub::Journal::open(root, false);
    if let Ok(case) = Case::open(root) {
        let _ = case.leaves().count();
        let _ = archive::signers::roster(case.log());
    }
    match check::check(root, None, &|_, _| {}) {
        Ok(report) => report.findings.iter().any(|finding| finding.grade == Grade::Fault),
        Err(_) => true,
    }
}
