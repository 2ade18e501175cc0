//! Any bytes as a bundle's zip file, or in the place of a part of one: only the one zip file that
//! its contents make is taken.
#![no_main]

mod stage;

use verifier::zipped;
use libfuzzer_sys::fuzz_target;
use record::Grade;
use stage::Stage;
use std::fs;
use std::sync::LazyLock;
use verifier::zipped;

struct Zip {
    bytes: Vec<u8>,
    place: tempfile::TempDir,
}

static ZIP: LazyLock<Zip> = LazyLock::new(|| {
    let stage = Stage::new("bundle");
    let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir());
    let place = place.expect("a folder for temporary files");
    let file = place.path().join("made.zip");
    zipped::pack(&stage.root, &file).expect("a bundle as a zip file");
    Zip { bytes: fs::read(file).expect("it was written"), place }
});

fuzz_target!(|input: (Option<u32>, &[u8])| {
    let mut zip = ZIP.bytes.clone();
    match input.0.map(|at| at as usize % zip.len()) {
        None => zip = input.1.to_vec(),
        Some(at) => {
            let end = (at + input.1.len()).min(zip.len());
            zip[at..end].copy_from_slice(&input.1[..end - at]);
        }
    }
    let (file, scratch) = (ZIP.place.path().join("out.zip"), ZIP.place.path().join("scratch"));
    fs::write(&file, &zip).expect("a file in memory");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir(&scratch).expect("a folder");
    let report = zipped::verify(&file, &scratch, None).expect("the machine is sound");
    let fault = report.findings.iter().any(|finding| finding.grade == Grade::Fault);
    assert_eq!(fault, zip != ZIP.bytes, "{:?}", report.findings);
});
