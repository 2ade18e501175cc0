//! Records about timestamps as somebody with the keys of the case could forge them: each is found
//! by name when the case is checked.
//!
//! Where the machine has no `openssl`, this says so and checks nothing; under CI that is a failure.

#![allow(missing_docs, clippy::print_stderr, clippy::unwrap_used, reason = "a test")]

use archive::case::New;
use archive::{Case, Writer};
use record::{Event, Sha256, Stamped, Timestamp, TimestampRequest};
use std::path::{Path, PathBuf};
use std::process::Command;
use tasks::timestamp::{Reply, Wanted, What};
use tasks::{Signing, stamps, verify};

/// A case with one timestamp that holds, in a temporary folder.
struct Stage {
    folder: tempfile::TempDir,
    asked: TimestampRequest,
    received: Timestamp,
}

fn run(program: &Path, arguments: &[&Path]) {
    let ran = Command::new(program).args(arguments).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
}

impl Stage {
    fn new() -> Option<Self> {
        if let Err(error) = Command::new("openssl").arg("version").output() {
            assert!(std::env::var_os("CI").is_none(), "CI may not skip this: {error}");
            eprintln!("skipped: openssl does not start: {error}");
            return None;
        }
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/authority.sh");
        run(Path::new("bash"), &[&script, &at("tsa")]);
        let (case, actor_name) = ("stamped".into(), "tester".into());
        let new = New { case, actor_name, passphrase: None, tool: "test".into() };
        archive::case::create(&at("case"), new).unwrap();
        let (hash, policy, what) = (None, None, What::Checkpoint);
        let wanted = Wanted { out: at("now.tsq"), hash, policy, what };
        tasks::timestamp::request(&at("case"), &wanted, &mut Signing::new(None, || Ok(None)))
            .unwrap();
        run(&at("tsa/stamp"), &[Path::new("one"), &at("now.tsq"), &at("one.tsr")]);
        let (reply, chain) = (at("one.tsr"), at("tsa/root.pem"));
        let given = Reply { reply, chain, crls: vec![at("tsa/crl.pem")] };
        tasks::timestamp::add(&at("case"), &given, &mut Signing::new(None, || Ok(None))).unwrap();
        let mut stamps = stamps::read(&Case::open(&at("case")).unwrap()).unwrap();
        let asked = stamps.asked.remove(0);
        let received = asked.answers[0].record.clone();
        Some(Self { folder, asked: asked.record, received })
    }

    /// A copy of the case with one more record, signed by its actor and its log.
    fn with(&self, name: &str, event: Event) -> PathBuf {
        let copy = self.folder.path().join(name.replace(' ', "-"));
        run(Path::new("cp"), &[Path::new("-a"), &self.folder.path().join("case"), &copy]);
        let mut writer = Writer::open(&copy, None, "test").unwrap();
        let mut batch = writer.begin().unwrap();
        batch.record(event, Vec::new());
        batch.commit(&mut writer).unwrap();
        copy
    }
}

fn codes(case: &Path) -> Vec<String> {
    let checked = verify::run(case, verify::Trusted::default(), &|_, _| ()).unwrap();
    checked.findings.into_iter().map(|finding| finding.code).collect()
}

#[test]
fn each_forged_record_is_found_by_name() {
    let Some(stage) = Stage::new() else { return };
    assert_eq!(codes(&stage.folder.path().join("case")), [""; 0]);
    let (asked, good) = (&stage.asked, &stage.received);
    let request = |change: fn(&mut TimestampRequest, &Timestamp)| {
        let mut forged = asked.clone();
        change(&mut forged, good);
        Event::TimestampRequest(forged)
    };
    let timestamp = |change: fn(&mut Timestamp)| {
        let mut forged = good.clone();
        change(&mut forged);
        Event::Timestamp(forged)
    };
    for (name, code, event) in [
        (
            "an earlier time",
            "timestamp-record",
            timestamp(|t| t.gen_time = "2020-01-01T00:00:00Z".into()),
        ),
        (
            "another authority",
            "timestamp-record",
            timestamp(|t| t.authority = "CN=Trusted Clock".into()),
        ),
        ("more records", "timestamp-record", timestamp(|t| t.tree_size += 1)),
        ("a better accuracy", "timestamp-record", timestamp(|t| t.accuracy_micros = Some(1))),
        ("an answer to no request", "timestamp-record", timestamp(|t| t.request = 0)),
        ("an answer to a later record", "timestamp-record", timestamp(|t| t.request = 9)),
        ("a reply that is none", "timestamp-form", timestamp(|t| t.reply = t.certificates)),
        ("certificates that are none", "certificate-form", timestamp(|t| t.certificates = t.reply)),
        ("revocations left out", "", timestamp(|t| t.revocations = None)),
        ("another root", "timestamp-checkpoint", request(|r, _| r.root = Sha256([7; 32]))),
        ("more records than there are", "timestamp-checkpoint", request(|r, _| r.tree_size = 99)),
        ("another object", "timestamp-checkpoint", request(|r, t| r.stamped = t.reply)),
        ("no request", "timestamp-request-form", request(|r, _| r.request = r.stamped)),
        ("items that are none", "timestamp-record", request(|r, _| r.about = Stamped::Items)),
        ("a token that is none", "timestamp-form", request(|r, _| r.about = Stamped::Token)),
    ] {
        let found = codes(&stage.with(name, event));
        let due: &[&str] = if code.is_empty() { &[] } else { &[code] };
        assert_eq!(found, due, "{name}");
    }
}
