//! Any bytes as a reply, token or request: none panics, and a token that holds says what the
//! authority of the seeds signed, and nothing else.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use timestamp::{Given, Question, certificate, request, token};

static ROOT: &[u8] = include_bytes!("../seeds/certificate_file/root.pem");
static GIVEN: LazyLock<Given> = LazyLock::new(|| Given {
    roots: certificate::read_file(ROOT).expect("the root of the seeds"),
    ..Given::default()
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(question) = request::parse(bytes) {
        assert_eq!(request::request(&question).as_deref(), Ok(bytes));
    }
    let inside = token::of_reply(bytes).unwrap_or(bytes);
    let Ok(read) = token::parse(inside) else { return };
    let info = read.info.clone();
    let question =
        Question { hash: info.hash, digest: info.digest, nonce: info.nonce, policy: None };
    if let Ok(verified) = timestamp::verify(&read, &question, &GIVEN) {
        assert_eq!(verified.authority, "CN=Clock One");
        assert_eq!(verified.time.to_string(), "2026-06-15T12:00:00.25Z");
        assert_eq!(verified.serial, [42]);
    }
});
