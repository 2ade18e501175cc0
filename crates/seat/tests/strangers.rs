//! What strangers can do to a cosigner that answers everybody: nothing.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use custody::checkpoint::Checkpoint;
use custody::cosignature::Algorithm;
use custody::cosigner::Refusal;
use custody::growth::Growth;
use custody::note::{NOTE_LIMIT_BYTES, SIGNATURES_LIMIT, Signer};
use seat::Seat;

/// A request for the first checkpoint of a log, with lines of strangers under it.
fn request(log: &Signer, strangers: &str) -> Vec<u8> {
    let origin = log.name().to_owned();
    let checkpoint = Checkpoint { origin, size: 1, root: [7; 32] }.sign(log);
    let checkpoint = format!("{checkpoint}{strangers}");
    Growth { old_size: 0, hashes: Vec::new(), checkpoint }.text().into_bytes()
}

#[test]
fn lines_of_strangers_do_not_keep_a_log_from_being_signed_for() {
    for algorithm in [Algorithm::Ed25519, Algorithm::MlDsa44] {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("cosigner");
        seat::create(&root, "cosigner.example/a", algorithm, None).unwrap();
        let seat = Seat::open(&root, None).unwrap();
        let log = Signer::new("casefile/x", &[7; 32]).unwrap();
        seat.know(&log.verifier()).unwrap();
        let line = "\u{2014} stranger AQIDBAU=\n";
        let room = NOTE_LIMIT_BYTES - request(&log, "").len();
        let long = format!("\u{2014} stranger {}\n", "AAAA".repeat(room / 4 - 8));
        let some = line.repeat(3);
        for (strangers, refused) in
            [(long.as_str(), true), (&line.repeat(SIGNATURES_LIMIT - 1), true), (&some, false)]
        {
            let said = seat.sign(&request(&log, strangers), 5).unwrap();
            assert_eq!(said.as_ref().err(), refused.then_some(&Refusal::Form), "{strangers:.60}");
        }
    }
}
