//! Any bytes in the place of any file of a bundle, or of a part of it: whatever else follows, that
//! the bundle was changed is a fault.
#![no_main]

mod stage;

use libfuzzer_sys::fuzz_target;
use record::Grade;
use stage::Stage;
use std::sync::LazyLock;

static BUNDLE: LazyLock<Stage> = LazyLock::new(|| Stage::new("bundle"));

fuzz_target!(|input: (u16, Option<u16>, &[u8])| {
    let (which, at, bytes) = input;
    let look = |root: &std::path::Path| verifier::verify(root, None).expect("the machine is sound");
    let (path, is_changed, report) = BUNDLE.harm((which, at), bytes, look);
    let fault = report.findings.iter().any(|finding| finding.grade == Grade::Fault);
    assert_eq!(fault, is_changed, "{}: {:?}", path.display(), report.findings);
});
