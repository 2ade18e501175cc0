//! OpenSSL as the authority that answers our requests, and as the judge beside us.
//!
//! Where the machine has no `openssl`, this says so and checks nothing; under CI that is a failure.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::print_stderr,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test may start programs and write files below a temporary folder"
)]

use std::fs;
use std::path::Path;
use std::process::Command;
use timestamp::{Given, Hash, Question, certificate, codes, request, revocation, token};

const DATA: &[u8] = b"casefile/example/01234567\n7\nroot\n";

/// The folder with the authorities, or `None` where there is no openssl.
fn authorities() -> Option<tempfile::TempDir> {
    if let Err(error) = Command::new("openssl").arg("version").output() {
        assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
        eprintln!("skipped: openssl does not start: {error}");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/authority.sh");
    let made = Command::new("bash").arg(script).arg(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    Some(folder)
}

fn question(hash: Hash, policy: Option<&str>) -> Question {
    Question {
        hash,
        digest: hash.of(DATA),
        nonce: Some(vec![0xf0, 1, 2, 3, 4, 5, 6, 7, 8]),
        policy: policy.map(str::to_string),
    }
}

/// The reply of the authority `name`.
fn reply(folder: &Path, name: &str, question: &Question, options: &[&str]) -> Vec<u8> {
    fs::write(folder.join("query.tsq"), request::request(question).unwrap()).unwrap();
    let stamped = Command::new(folder.join("stamp"))
        .arg(name)
        .arg(folder.join("query.tsq"))
        .arg(folder.join("reply.tsr"))
        .args(options)
        .output()
        .unwrap();
    assert!(stamped.status.success(), "{}", String::from_utf8_lossy(&stamped.stderr));
    fs::read(folder.join("reply.tsr")).unwrap()
}

/// Whether openssl accepts the reply for [`DATA`], with the root and the revocation list.
fn openssl_accepts(folder: &Path, reply: &[u8]) -> bool {
    fs::write(folder.join("judged.tsr"), reply).unwrap();
    fs::write(folder.join("data"), DATA).unwrap();
    let trusted = ["root.pem", "crl.pem"].map(|name| fs::read(folder.join(name)).unwrap());
    fs::write(folder.join("trusted.pem"), trusted.concat()).unwrap();
    let verify = ["ts", "-verify", "-data", "data", "-in", "judged.tsr", "-CAfile", "trusted.pem"];
    let judged =
        Command::new("openssl").args(verify).arg("-crl_check").current_dir(folder).output();
    judged.unwrap().status.success()
}

fn given(folder: &Path) -> Given {
    let read = |name: &str| fs::read(folder.join(name)).unwrap();
    Given {
        roots: certificate::read_file(&read("root.pem")).unwrap(),
        others: Vec::new(),
        crls: revocation::read_file(&read("crl.pem")).unwrap(),
    }
}

fn verdict(reply: &[u8], question: &Question, given: &Given) -> Result<String, &'static str> {
    let verified = token::of_reply(reply)
        .and_then(token::parse)
        .and_then(|token| timestamp::verify(&token, question, given));
    verified.map(|verified| verified.authority).map_err(|fault| fault.code)
}

#[test]
fn openssl_and_we_agree() {
    let Some(folder) = authorities() else { return };
    let (folder, given) = (folder.path(), given(folder.path()));
    for (name, hash, policy, options, expect) in [
        ("one", Hash::Sha256, None, &[][..], Ok("O=Example,CN=Clock one")),
        ("two", Hash::Sha512, None, &[], Ok("O=Example,CN=Clock two")),
        ("two", Hash::Sha384, Some("1.2.3.4.5"), &[], Ok("O=Example,CN=Clock two")),
        // More than the signer's own certificate: OpenSSL 3.0 writes them out of order.
        ("one", Hash::Sha256, None, &["-chain", "root.pem"], Ok("O=Example,CN=Clock one")),
        ("expired", Hash::Sha256, None, &[], Err(codes::EXPIRED)),
        ("revoked", Hash::Sha256, None, &[], Err(codes::REVOKED)),
        ("one", Hash::Sha256, Some("1.2.3.4.9"), &[], Err(codes::REFUSED)),
    ] {
        let question = question(hash, policy);
        let reply = reply(folder, name, &question, options);
        let found = verdict(&reply, &question, &given);
        assert_eq!(found.as_deref(), expect.as_ref().copied(), "{name} {policy:?}");
        assert_eq!(openssl_accepts(folder, &reply), expect.is_ok(), "{name} {policy:?}");
    }
}

/// One bit of each byte changed, all through the tokens of both kinds of key: none is accepted.
#[test]
fn a_changed_byte_is_refused() {
    let Some(folder) = authorities() else { return };
    let (folder, given) = (folder.path(), given(folder.path()));
    for name in ["one", "two"] {
        let question = question(Hash::Sha256, None);
        let reply = reply(folder, name, &question, &[]);
        let token = token::of_reply(&reply).unwrap();
        let from = reply.len() - token.len();
        for at in from..reply.len() {
            let mut bad = reply.clone();
            bad[at] ^= 1;
            assert!(verdict(&bad, &question, &given).is_err(), "{name}: byte {at}");
        }
    }
}
