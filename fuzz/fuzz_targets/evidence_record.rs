//! Any bytes as an evidence record: none panics, and one that holds has the tokens of the seeds.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use timestamp::{Given, certificate, evidence};

static ROOT: &[u8] = include_bytes!("../seeds/certificate_file/root.pem");
static GIVEN: LazyLock<Given> = LazyLock::new(|| Given {
    roots: certificate::read_file(ROOT).expect("the root of the seeds"),
    ..Given::default()
});
const TIMES: [&str; 3] = ["2026-06-15T12:00:00Z", "2027-06-15T12:00:00Z", "2028-06-15T12:00:00Z"];

fuzz_target!(|bytes: &[u8]| {
    let digest = |hash: timestamp::Hash| hash.of(b"the third of five exhibits");
    if let Ok(evidence) = evidence::check(bytes, &digest, &GIVEN) {
        assert!(!evidence.stamps.is_empty());
        for (_, verified) in &evidence.stamps {
            assert!(TIMES.contains(&verified.time.to_string().as_str()), "{}", verified.time);
        }
    }
});
