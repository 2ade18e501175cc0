//! Bundles of cases that several people sign: forgeries about who may, each caught by name, given
//! only the bundle and the log's key. The forger has that key too: he keeps the case.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

mod invented;

use custody::sshsig;
use invented::{Case, faults};
use record::{
    Approval, Digests, Enrolment, Event, Holder, Recovery, RecoveryHolder, Revocation, Sha256,
    TwoPerson,
};

const CLERK: [u8; 32] = [7; 32];
const BEN: [u8; 32] = [21; 32];
const EVA: [u8; 32] = [22; 32];
const THIEF: [u8; 32] = [66; 32];
const HOLDERS: [u8; 32] = [8; 32];
const CLERK_NEW: [u8; 32] = [9; 32];

fn enrol(name: &str, seed: [u8; 32]) -> Event {
    let key = sshsig::public_key_line(&sshsig::public_key(&seed));
    Event::Enrolment(Enrolment { name: name.into(), key, kind: Holder::Person })
}

fn revoke(seed: [u8; 32], from: Option<u64>) -> Event {
    let key = sshsig::fingerprint(&sshsig::public_key(&seed));
    Event::Revocation(Revocation { key, reason: "stolen".into(), from })
}

fn by(case: &mut Case, seed: [u8; 32], event: Event) -> u64 {
    case.actor = seed;
    case.decide(event)
}

fn take_in(case: &mut Case, seed: [u8; 32]) {
    case.actor = seed;
    case.take_in("late.txt", "Two people were killed.\n", "Two people");
}

fn two_person(case: &mut Case) {
    case.decide(enrol("Ben", BEN));
    case.decide(enrol("Eva", EVA));
    case.decide(Event::TwoPerson(TwoPerson { on: true }));
}

fn approve(case: &mut Case, seed: [u8; 32], leaf: u64) {
    let hash = Sha256(custody::leaf_hash(case.leaf(leaf)));
    by(case, seed, Event::Approval(Approval { leaf, hash }));
}

/// 2 of 3 holders.
fn recovery() -> Event {
    let holder =
        |name: &str| RecoveryHolder { name: name.into(), share: Digests::of(name.as_bytes()) };
    Event::Recovery(Recovery {
        recipient: format!("age1{}", "q".repeat(58)),
        key: sshsig::public_key_line(&sshsig::public_key(&HOLDERS)),
        threshold: 2,
        holders: ["alice", "bob", "carol"].map(holder).to_vec(),
    })
}

fn recoverable(case: &mut Case) {
    two_person(case);
    let named = case.decide(recovery());
    approve(case, BEN, named);
}

/// What is done, who exports, and the code and place of the finding that names it; none where it
/// is no forgery. The case has leaves 0 to 6 before.
type Row = (&'static str, fn(&mut Case), [u8; 32], Option<(&'static str, &'static str)>);

const ROWS: &[Row] = &[
    (
        "two who sign",
        |case| {
            case.decide(enrol("Ben", BEN));
            take_in(case, BEN);
        },
        BEN,
        None,
    ),
    (
        "a key revoked after it signed",
        |case| {
            case.decide(enrol("Ben", BEN));
            take_in(case, BEN);
            by(case, CLERK, revoke(BEN, Some(9)));
        },
        CLERK,
        None,
    ),
    (
        "a record by a key of nobody's",
        |case| take_in(case, THIEF),
        CLERK,
        Some(("bundle-leaf-actor", "log/leaves/00000007.leaf")),
    ),
    (
        "self-enrolment",
        |case| {
            by(case, THIEF, enrol("Thief", THIEF));
            take_in(case, THIEF);
        },
        CLERK,
        Some(("bundle-leaf-actor", "log/leaves/00000007.leaf")),
    ),
    (
        "a record by a revoked key",
        |case| {
            case.decide(enrol("Ben", BEN));
            case.decide(revoke(BEN, None));
            take_in(case, BEN);
        },
        CLERK,
        Some(("bundle-leaf-actor-revoked", "log/leaves/00000009.leaf")),
    ),
    (
        "a revocation stripped",
        |case| {
            case.decide(enrol("Ben", BEN));
            let revocation = case.decide(revoke(BEN, None));
            case.left_out = Some(revocation);
            take_in(case, BEN);
        },
        CLERK,
        Some(("bundle-export-actors", "export.leaf")),
    ),
    (
        "an enrolment stripped",
        |case| {
            case.left_out = Some(case.decide(enrol("Ben", BEN)));
            take_in(case, BEN);
        },
        CLERK,
        Some(("bundle-leaf-actor", "log/leaves/00000008.leaf")),
    ),
    (
        "a revoked key enrolled again",
        |case| {
            case.decide(enrol("Ben", BEN));
            case.decide(revoke(BEN, None));
            case.decide(enrol("Ben", BEN));
            take_in(case, CLERK);
        },
        CLERK,
        Some(("bundle-leaf-act", "log/leaves/00000009.leaf")),
    ),
    (
        "an export by a revoked key",
        |case| {
            case.decide(enrol("Ben", BEN));
            take_in(case, BEN);
            by(case, CLERK, revoke(BEN, None));
        },
        BEN,
        Some(("bundle-signature-stranger", "tagmanifest-sha256.txt.sig")),
    ),
    (
        "an enrolment that one person signed, under the rule of two",
        |case| {
            two_person(case);
            case.decide(enrol("Thief", THIEF));
            take_in(case, THIEF);
        },
        CLERK,
        Some(("bundle-leaf-actor", "log/leaves/00000011.leaf")),
    ),
    (
        "an approval by the same person",
        |case| {
            two_person(case);
            let act = case.decide(enrol("Thief", THIEF));
            approve(case, CLERK, act);
            take_in(case, CLERK);
        },
        CLERK,
        Some(("bundle-leaf-approval", "log/leaves/00000011.leaf")),
    ),
    (
        "a key changed by holders who met",
        |case| {
            recoverable(case);
            by(case, HOLDERS, enrol("clerk", CLERK_NEW));
            by(case, HOLDERS, revoke(CLERK, None));
            take_in(case, CLERK_NEW);
        },
        CLERK_NEW,
        Some(("bundle-export-disclosure", "export.leaf")),
    ),
    (
        "a key let in by a recovery key that one person named",
        |case| {
            two_person(case);
            case.decide(recovery());
            by(case, HOLDERS, enrol("Thief", THIEF));
            take_in(case, THIEF);
        },
        CLERK,
        Some(("bundle-leaf-actor", "log/leaves/00000011.leaf")),
    ),
    (
        "an item taken in by the recovery key",
        |case| {
            recoverable(case);
            take_in(case, HOLDERS);
        },
        CLERK,
        Some(("bundle-leaf-act", "log/leaves/00000012.leaf")),
    ),
    (
        "the holders' record stripped",
        |case| {
            two_person(case);
            let named = case.decide(recovery());
            approve(case, BEN, named);
            case.left_out = Some(named);
            by(case, HOLDERS, enrol("clerk", CLERK_NEW));
            take_in(case, CLERK_NEW);
        },
        BEN,
        Some(("bundle-export-actors", "export.leaf")),
    ),
    (
        "a disclosure that one person signed, under the rule of two",
        |case| {
            two_person(case);
            take_in(case, CLERK);
        },
        CLERK,
        Some(("bundle-export-disclosure", "export.leaf")),
    ),
];

#[test]
fn forgeries_about_who_may_sign_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut missed = Vec::new();
    for (number, (what, forge, exporter, expect)) in ROWS.iter().enumerate() {
        let mut case = Case::new(7);
        forge(&mut case);
        case.actor = *exporter;
        let root = case.export(&folder.path().join(number.to_string()), &[1, 4]);
        let report = invented::verify(&root, Some(&case.signer.vkey()));
        let named = match expect {
            None => faults(&report).is_empty(),
            Some((code, place)) => report
                .findings
                .iter()
                .any(|finding| finding.code == *code && finding.place == *place),
        };
        if !named {
            missed.push(format!("{what}: {:#?}", report.findings));
        }
    }
    assert!(missed.is_empty(), "{} of {}:\n{}", missed.len(), ROWS.len(), missed.join("\n"));
}
