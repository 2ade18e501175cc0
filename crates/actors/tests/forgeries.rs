//! Named forgeries about who may sign, each refused by name, and what honest records do.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use actors::{Fault, Roster};
use custody::sshsig;
use proptest::prelude::*;
use record::{
    Approval, Disclosure, Enrolment, Event, Export, Genesis, Holder, Leaf, Revocation, Sha256,
    TwoPerson, canonical,
};

/// Keys by their seeds. Ida opened the case.
const IDA: u8 = 1;
const BEN: u8 = 2;
const EVA: u8 = 3;
const ROBOT: u8 = 4;
const IDA_NEW: u8 = 5;
const HOLDERS: u8 = 8;
const HOLDERS_NEW: u8 = 9;
const THIEF: u8 = 66;
const THIEFS_OTHER: u8 = 67;

fn line(seed: u8) -> String {
    sshsig::public_key_line(&sshsig::public_key(&[seed; 32]))
}

fn fingerprint(seed: u8) -> String {
    sshsig::fingerprint(&sshsig::public_key(&[seed; 32]))
}

/// A log in which only who signed matters.
#[derive(Default)]
struct Log {
    roster: Roster,
    leaves: Vec<Vec<u8>>,
}

impl Log {
    fn open() -> Self {
        let mut log = Self::default();
        log.add(
            IDA,
            Event::Genesis(Genesis {
                case: "Vale of Sarn".into(),
                actor_key: line(IDA),
                actor_name: "Ida".into(),
                log_key: String::new(),
                log_key_pq: None,
            }),
        )
        .unwrap();
        log
    }

    /// Ida and Ben and Eva, a robot, and the rule of two persons: leaves 0 to 4.
    fn of_two_persons() -> Self {
        let mut log = Self::open();
        log.add(IDA, enrol("Ben", BEN)).unwrap();
        log.add(IDA, enrol("Eva", EVA)).unwrap();
        log.add(IDA, machine("robot", ROBOT)).unwrap();
        log.add(IDA, rule(true)).unwrap();
        assert_eq!(log.roster.two_person(), Some(4));
        log
    }

    fn add(&mut self, signer: u8, event: Event) -> Result<(), Fault> {
        let leaf = Leaf {
            v: 1,
            log: "casefile/sarn".into(),
            actor: fingerprint(signer),
            time: "2031-04-05T06:07:08Z".into(),
            tool: "test".into(),
            event,
        };
        let bytes = canonical::to_bytes(&leaf);
        self.leaves.push(bytes.clone());
        self.roster.admit(self.leaves.len() as u64 - 1, &leaf, &bytes)
    }

    fn approve(&mut self, signer: u8, leaf: u64) -> Result<(), Fault> {
        let hash = Sha256(custody::leaf_hash(&self.leaves[leaf as usize]));
        self.add(signer, Event::Approval(Approval { leaf, hash }))
    }

    fn last(&self) -> u64 {
        self.leaves.len() as u64 - 1
    }

    fn may(&self, seed: u8) -> bool {
        self.roster.may_sign(&fingerprint(seed)).is_ok()
    }
}

fn enrol(name: &str, seed: u8) -> Event {
    Event::Enrolment(Enrolment { name: name.into(), key: line(seed), kind: Holder::Person })
}

fn machine(name: &str, seed: u8) -> Event {
    Event::Enrolment(Enrolment { name: name.into(), key: line(seed), kind: Holder::Machine })
}

fn revoke(seed: u8, from: Option<u64>) -> Event {
    Event::Revocation(Revocation { key: fingerprint(seed), reason: "lost".into(), from })
}

fn rule(on: bool) -> Event {
    Event::TwoPerson(TwoPerson { on })
}

/// Any record that needs no right but to sign.
fn work() -> Event {
    Event::Cosigner(record::Cosigner { key: "k".into(), who: None })
}

fn disclose(fields: &[&str], list: u8) -> Event {
    let fields = fields.iter().map(|field| (*field).to_string()).collect();
    Event::Disclosure(Disclosure { fields, list: Sha256([list; 32]) })
}

/// 2 of 3 holders, under this key.
fn recovery(seed: u8) -> Event {
    let holder = |name: &str| record::RecoveryHolder {
        name: name.into(),
        share: record::Digests::of(name.as_bytes()),
    };
    Event::Recovery(record::Recovery {
        recipient: format!("age1{}", "q".repeat(58)),
        key: line(seed),
        threshold: 2,
        holders: ["alice", "bob", "carol"].map(holder).to_vec(),
    })
}

fn odd_recovery(change: impl Fn(&mut record::Recovery)) -> Event {
    let Event::Recovery(mut one) = recovery(HOLDERS) else { unreachable!() };
    change(&mut one);
    Event::Recovery(one)
}

/// The recovery key is on record, and approved: leaves 5 and 6.
fn recoverable(log: &mut Log) {
    log.add(IDA, recovery(HOLDERS)).unwrap();
    log.approve(BEN, 5).unwrap();
}

fn erase(item: u8) -> Event {
    Event::Erasure(record::Erasure {
        item: Sha256([item; 32]),
        key_file: record::Digests::of(&[item]),
        openings: vec!["key".into()],
        reason: "consent withdrawn".into(),
    })
}

fn export(fields: &[&str], list: u8, disclosure: Option<u64>) -> Event {
    let mut digests = record::Digests::of(b"");
    digests.sha256 = Sha256([list; 32]);
    Event::Export(Export {
        tagmanifest: Sha256([0; 32]),
        signature: Sha256([0; 32]),
        items: 1,
        list: digests,
        tree_size: 1,
        disclosed: fields.iter().map(|field| (*field).to_string()).collect(),
        disclosure,
        actors: None,
    })
}

/// What a forger does, and the words by which it is refused.
type Row = (&'static str, fn(&mut Log) -> Result<(), Fault>, &'static str);

const ONE_PERSON: &[Row] = &[
    ("a record by a key of nobody's", |log| log.add(THIEF, work()), "not enrolled by then"),
    ("self-enrolment", |log| log.add(THIEF, enrol("Thief", THIEF)), "not enrolled by then"),
    (
        "a record from before its enrolment",
        |log| {
            let early = log.add(BEN, work());
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            early
        },
        "not enrolled by then",
    ),
    (
        "a record by a revoked key",
        |log| {
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.add(BEN, work())
        },
        "a key of \u{201c}Ben\u{201d} that was revoked at leaf 2",
    ),
    (
        "enrolment by a revoked key",
        |log| {
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.add(BEN, enrol("Thief", THIEF))
        },
        "revoked at leaf 2",
    ),
    (
        "a revoked key enrolled again",
        |log| {
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.add(IDA, enrol("Ben", BEN))
        },
        "the key was revoked at leaf 2",
    ),
    (
        "an enrolled key enrolled under another name",
        |log| log.add(IDA, enrol("Other", IDA)),
        "enrolled already",
    ),
    (
        "a machine that enrols",
        |log| {
            log.add(IDA, machine("robot", ROBOT)).unwrap();
            log.add(ROBOT, enrol("Thief", THIEF))
        },
        "a machine decides nothing",
    ),
    (
        "a machine's key for a person",
        |log| log.add(IDA, machine("Ida", ROBOT)),
        "both a person's and a machine's",
    ),
    (
        "a key of a kind that nobody checks",
        |log| {
            let key = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQD=".into();
            log.add(
                IDA,
                Event::Enrolment(Enrolment { name: "Ben".into(), key, kind: Holder::Person }),
            )
        },
        "its key is none",
    ),
    ("a name with a line end", |log| log.add(IDA, enrol("Ben\nx", BEN)), "its name is none"),
    ("the last key revoked", |log| log.add(IDA, revoke(IDA, None)), "fewer than 1 person"),
    ("a revocation of nobody's key", |log| log.add(IDA, revoke(THIEF, None)), "never enrolled"),
    (
        "a revocation from before the key's time",
        |log| {
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            log.add(IDA, revoke(BEN, Some(1)))
        },
        "none of its time",
    ),
    (
        "a revocation from a leaf that is still to come",
        |log| {
            log.add(IDA, enrol("Ben", BEN)).unwrap();
            log.add(IDA, revoke(BEN, Some(3)))
        },
        "none of its time",
    ),
    ("the rule of two persons by one alone", |log| log.add(IDA, rule(true)), "fewer than two"),
    ("an approval where none is awaited", |log| log.approve(IDA, 0), "awaits no approval"),
];

const TWO_PERSONS: &[Row] = &[
    (
        "an approval by the same person",
        |log| {
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(IDA, 5)
        },
        "by the person who recorded the act",
    ),
    (
        "an approval by the same person under a rotated key",
        |log| {
            log.add(IDA, enrol("Ida", IDA_NEW)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(IDA_NEW, 7)
        },
        "by the person who recorded the act",
    ),
    (
        "an approval by a machine",
        |log| {
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(ROBOT, 5)
        },
        "a machine approves nothing",
    ),
    (
        "an approval by a revoked key",
        |log| {
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.approve(EVA, 5).unwrap();
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(BEN, 7)
        },
        "revoked at leaf 6",
    ),
    (
        "an approval by the key that is to be enrolled",
        |log| {
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(THIEF, 5)
        },
        "not enrolled by then",
    ),
    (
        "an approval of another leaf's hash",
        |log| {
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            let hash = Sha256(custody::leaf_hash(&log.leaves[4]));
            log.add(BEN, Event::Approval(Approval { leaf: 5, hash }))
        },
        "another record than it names",
    ),
    (
        "an approval given twice",
        |log| {
            log.add(IDA, enrol("Ida", IDA_NEW)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.approve(EVA, 5)
        },
        "awaits no approval",
    ),
    (
        "an approval of what a key proposed that was revoked since",
        |log| {
            log.add(BEN, enrol("Thief", THIEF)).unwrap();
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.approve(EVA, 6).unwrap();
            log.approve(EVA, 5)
        },
        "leaf 5 awaits no approval",
    ),
    (
        "single-signed enrolment",
        |log| {
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.add(THIEF, work())
        },
        "not enrolled by then",
    ),
    (
        "revocations down to one person",
        |log| {
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.approve(EVA, 5).unwrap();
            log.add(IDA, revoke(EVA, None))
        },
        "fewer than 2 person",
    ),
    (
        "an erasure approved by the same person",
        |log| {
            log.add(IDA, erase(7)).unwrap();
            log.approve(IDA, 5)
        },
        "by the person who recorded the act",
    ),
    ("an erasure by a machine", |log| log.add(ROBOT, erase(7)), "a machine decides nothing"),
    (
        "an erasure that a machine approves",
        |log| {
            log.add(IDA, erase(7)).unwrap();
            log.approve(ROBOT, 5)
        },
        "a machine approves nothing",
    ),
    (
        "an erasure approved under the hash of another",
        |log| {
            log.add(IDA, erase(7)).unwrap();
            log.add(IDA, erase(8)).unwrap();
            let hash = Sha256(custody::leaf_hash(&log.leaves[5]));
            log.add(BEN, Event::Approval(Approval { leaf: 6, hash }))
        },
        "another record than it names",
    ),
    (
        "an erasure approved twice",
        |log| {
            log.add(IDA, erase(7)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.approve(EVA, 5)
        },
        "awaits no approval",
    ),
    (
        "an erasure approved after its signer's key was revoked",
        |log| {
            log.add(BEN, erase(7)).unwrap();
            log.add(IDA, revoke(BEN, None)).unwrap();
            log.approve(EVA, 6).unwrap();
            log.approve(EVA, 5)
        },
        "leaf 5 awaits no approval",
    ),
    (
        "a recovery key that nobody approved",
        |log| {
            log.add(IDA, recovery(HOLDERS)).unwrap();
            log.add(HOLDERS, enrol("Thief", THIEF))
        },
        "not enrolled by then",
    ),
    (
        "a recovery key approved by who named its holders",
        |log| {
            log.add(IDA, recovery(HOLDERS)).unwrap();
            log.approve(IDA, 5)
        },
        "by the person who recorded the act",
    ),
    ("holders named by a machine", |log| log.add(ROBOT, recovery(HOLDERS)), "a machine decides"),
    (
        "one holder is enough",
        |log| log.add(IDA, odd_recovery(|one| one.threshold = 1)),
        "at least two holders",
    ),
    (
        "more holders must meet than there are",
        |log| log.add(IDA, odd_recovery(|one| one.threshold = 4)),
        "at least two holders",
    ),
    (
        "a holder with two shares",
        |log| log.add(IDA, odd_recovery(|one| one.holders[1].name = "alice".into())),
        "stands there twice",
    ),
    (
        "a recovery key that is somebody's own",
        |log| log.add(IDA, recovery(EVA)),
        "was on the roster before",
    ),
    (
        "a recovery recipient that is none",
        |log| log.add(IDA, odd_recovery(|one| one.recipient.push('q'))),
        "its key or recipient is none",
    ),
    (
        "a record by the recovery key",
        |log| {
            recoverable(log);
            log.add(HOLDERS, work())
        },
        "signs nothing else",
    ),
    (
        "an approval by the recovery key",
        |log| {
            recoverable(log);
            log.add(IDA, enrol("Thief", THIEF)).unwrap();
            log.approve(HOLDERS, 7)
        },
        "signs nothing else",
    ),
    (
        "an erasure by the recovery key",
        |log| {
            recoverable(log);
            log.add(HOLDERS, erase(7))
        },
        "signs nothing else",
    ),
    (
        "other holders named by the recovery key",
        |log| {
            recoverable(log);
            log.add(HOLDERS, recovery(HOLDERS_NEW))
        },
        "signs nothing else",
    ),
    (
        "the recovery key that another has replaced",
        |log| {
            recoverable(log);
            log.add(IDA, recovery(HOLDERS_NEW)).unwrap();
            log.approve(BEN, 7).unwrap();
            log.add(HOLDERS, enrol("Thief", THIEF))
        },
        "was revoked at leaf 8",
    ),
    (
        "the recovery key after its revocation",
        |log| {
            recoverable(log);
            log.add(IDA, revoke(HOLDERS, None)).unwrap();
            log.approve(BEN, 7).unwrap();
            log.add(HOLDERS, enrol("Thief", THIEF))
        },
        "was revoked at leaf 8",
    ),
    (
        "revocations by the recovery key down to one person",
        |log| {
            recoverable(log);
            log.add(HOLDERS, revoke(EVA, None)).unwrap();
            log.add(HOLDERS, revoke(BEN, None))
        },
        "fewer than 2 person",
    ),
    ("the rule put on again", |log| log.add(BEN, rule(true)), "changes nothing"),
    (
        "a disclosure that nobody approved",
        |log| {
            log.add(IDA, disclose(&["collector"], 7)).unwrap();
            log.add(IDA, export(&["collector"], 7, Some(5)))
        },
        "no disclosure that a second person approved",
    ),
    (
        "a disclosure without any record",
        |log| log.add(IDA, export(&["collector"], 7, None)),
        "names no record",
    ),
    (
        "a disclosure of more fields than were approved",
        |log| {
            log.add(IDA, disclose(&["collector"], 7)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.add(IDA, export(&["collector", "identity"], 7, Some(5)))
        },
        "other fields or items",
    ),
    (
        "a disclosure of other items than were approved",
        |log| {
            log.add(IDA, disclose(&["collector"], 7)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.add(IDA, export(&["collector"], 8, Some(5)))
        },
        "other fields or items",
    ),
    (
        "one approval for two disclosures",
        |log| {
            log.add(IDA, disclose(&["collector"], 7)).unwrap();
            log.approve(BEN, 5).unwrap();
            log.add(IDA, export(&["collector"], 7, Some(5))).unwrap();
            log.add(IDA, export(&["collector"], 7, Some(5)))
        },
        "no disclosure that a second person approved",
    ),
];

fn check(rows: &[Row], open: fn() -> Log) {
    for (what, forge, words) in rows {
        let mut log = open();
        let refused = forge(&mut log).expect_err(what).to_string();
        assert!(refused.contains(words), "{what}: {refused}");
        assert!(!log.may(THIEF), "{what}: the thief is in");
        assert!(log.may(IDA), "{what}: Ida is out");
    }
}

#[test]
fn forgeries_where_one_person_decides_are_refused_by_name() {
    check(ONE_PERSON, Log::open);
}

#[test]
fn forgeries_under_the_rule_of_two_persons_are_refused_by_name() {
    check(TWO_PERSONS, Log::of_two_persons);
}

#[test]
fn what_was_not_approved_has_no_effect_and_is_listed() {
    let mut log = Log::of_two_persons();
    log.add(IDA, rule(false)).unwrap();
    log.add(BEN, revoke(EVA, None)).unwrap();
    assert_eq!(log.roster.two_person(), Some(4));
    assert!(log.may(EVA));
    assert_eq!(log.roster.pending().keys().copied().collect::<Vec<_>>(), [5, 6]);
    log.approve(EVA, 5).unwrap();
    assert_eq!(log.roster.two_person(), None);
    log.approve(IDA, 6).unwrap();
    assert!(!log.may(EVA));
    assert!(log.roster.pending().is_empty());
    assert_eq!(log.roster.records(), [1, 2, 3, 4, 5, 6, 7, 8]);
    assert_eq!(log.roster.digest_below(1), None);
    assert_eq!(log.roster.digest_below(3), Some(Sha256::of(b"[1,2]")));
}

#[test]
fn a_key_is_changed_for_another_of_the_same_name() {
    let mut log = Log::open();
    log.add(IDA, enrol("Ida", IDA_NEW)).unwrap();
    log.add(IDA, revoke(IDA, None)).unwrap();
    assert!(!log.may(IDA) && log.may(IDA_NEW));
    let key = log.roster.key_of("Ida").unwrap();
    assert_eq!((key.fingerprint.as_str(), key.enrolled), (fingerprint(IDA_NEW).as_str(), 1));
    log.add(IDA_NEW, work()).unwrap();
}

#[test]
fn a_disclosure_that_two_persons_signed_is_made_once() {
    let mut log = Log::of_two_persons();
    log.add(BEN, disclose(&["collector", "machine"], 7)).unwrap();
    let fields = ["collector".to_string()];
    assert_eq!(log.roster.disclosure(&fields, Sha256([7; 32])), None);
    log.approve(EVA, 5).unwrap();
    assert_eq!(log.roster.disclosure(&fields, Sha256([7; 32])), Some(5));
    assert_eq!(log.roster.disclosure(&fields, Sha256([8; 32])), None);
    log.add(ROBOT, export(&["collector"], 7, Some(5))).unwrap();
    log.add(ROBOT, export(&[], 7, None)).unwrap();
    assert_eq!(log.roster.disclosure(&fields, Sha256([7; 32])), None);
}

/// A thief had Ben's key from leaf 3 on, and let two keys of his own in.
#[test]
fn what_a_stolen_key_brought_in_goes_with_it() {
    let mut log = Log::open();
    log.add(IDA, enrol("Ben", BEN)).unwrap();
    log.add(BEN, work()).unwrap();
    log.add(BEN, work()).unwrap();
    log.add(BEN, enrol("Thief", THIEF)).unwrap();
    log.add(THIEF, enrol("Other", THIEFS_OTHER)).unwrap();
    log.add(THIEFS_OTHER, work()).unwrap();
    log.add(IDA, revoke(BEN, None)).unwrap();
    assert!(log.may(THIEF) && log.roster.disbelieved().is_empty());
    // Known only later: the same key, this time from a leaf on.
    log.add(IDA, revoke(BEN, Some(3))).unwrap();
    assert!(!log.may(BEN) && !log.may(THIEF) && !log.may(THIEFS_OTHER) && log.may(IDA));
    let leaves: Vec<u64> = log.roster.disbelieved().iter().map(|(leaf, _)| *leaf).collect();
    assert_eq!(leaves, [3, 6]);
    let since = log.roster.key(&fingerprint(BEN)).unwrap().revoked.as_ref().unwrap().leaf;
    assert_eq!(since, 7, "it could not sign from its first revocation on");
    assert!(log.add(IDA, revoke(BEN, Some(3))).is_err());
    log.add(IDA, revoke(BEN, Some(2))).unwrap();
}

fn any_event() -> impl Strategy<Value = Event> {
    let seed = prop_oneof![Just(IDA), Just(BEN), Just(EVA), Just(ROBOT), Just(THIEF), 70..75_u8];
    let name = prop_oneof![Just("Ida"), Just("Ben"), Just("Eva"), Just("robot"), Just("x")];
    prop_oneof![
        (name, seed.clone()).prop_map(|(name, seed)| enrol(name, seed)),
        (seed.clone(), proptest::option::of(0..30_u64)).prop_map(|(k, from)| revoke(k, from)),
        any::<bool>().prop_map(rule),
        any::<u8>().prop_map(erase),
        seed.clone().prop_map(recovery),
        seed.prop_map(|_| work()),
        (0..30_u64, any::<u8>())
            .prop_map(|(leaf, h)| Event::Approval(Approval { leaf, hash: Sha256([h; 32]) })),
    ]
}

proptest! {
    /// Whatever one person signs and every stranger, with all of one person's keys: under the
    /// rule nobody comes in, nobody goes, and the rule stays.
    #[test]
    fn one_person_alone_changes_nothing(
        steps in proptest::collection::vec(
            (prop_oneof![Just(IDA), Just(ROBOT), Just(THIEF)], any_event(), 0..12_u64), 0..25),
    ) {
        let mut log = Log::of_two_persons();
        let before: Vec<_> = log.roster.keys().iter().map(|key| key.fingerprint.clone()).collect();
        for (signer, event, approved) in steps {
            let _ = log.add(signer, event);
            let _ = log.approve(signer, approved.min(log.last()));
        }
        let keys = log.roster.keys();
        prop_assert_eq!(keys.iter().map(|key| key.fingerprint.clone()).collect::<Vec<_>>(), before);
        prop_assert!(keys.iter().all(|key| key.revoked.is_none()));
        prop_assert_eq!(log.roster.two_person(), Some(4));
        prop_assert_eq!(log.roster.erasures().count(), 0);
    }

    /// However keys come and go, somebody is left who may sign, and under the rule two.
    #[test]
    fn somebody_is_left(
        steps in proptest::collection::vec(
            (prop_oneof![Just(IDA), Just(BEN), Just(EVA), 70..75_u8], any_event(), 0..12_u64), 0..25),
    ) {
        let mut log = Log::of_two_persons();
        for (signer, event, approved) in steps {
            let _ = log.add(signer, event);
            let _ = log.approve(BEN, approved.min(log.last()));
            let persons = log.roster.keys().iter().filter(|key| {
                key.holder == Holder::Person && key.revoked.is_none()
            });
            let mut names: Vec<_> = persons.map(|key| key.name.as_str()).collect();
            names.sort_unstable();
            names.dedup();
            let fewest = if log.roster.two_person().is_some() { 2 } else { 1 };
            prop_assert!(names.len() >= fewest, "{names:?}");
        }
    }
}

#[test]
fn an_erasure_counts_from_the_second_signature_on() {
    let mut log = Log::open();
    log.add(IDA, machine("robot", ROBOT)).unwrap();
    log.add(ROBOT, erase(6)).unwrap();
    assert_eq!(log.roster.erasure(2), Some(2), "without the rule one signature will do");
    assert_eq!(log.roster.records(), [1], "and it is no record about actors");

    let mut log = Log::of_two_persons();
    log.add(IDA, erase(7)).unwrap();
    log.add(IDA, erase(8)).unwrap();
    assert_eq!((log.roster.erasure(5), log.roster.pending().len()), (None, 2));
    log.approve(BEN, 5).unwrap();
    assert_eq!((log.roster.erasure(5), log.roster.erasure(6)), (Some(7), None));
    assert_eq!(log.roster.erasures().collect::<Vec<_>>(), [5]);
    assert!(log.roster.pending().contains_key(&6), "what nobody approved stays visible");
    assert_eq!(log.roster.records(), [1, 2, 3, 4, 5, 6, 7]);
    // The end of the rule makes no effect of what one person alone asked for.
    log.add(IDA, rule(false)).unwrap();
    log.approve(EVA, 8).unwrap();
    assert_eq!((log.roster.two_person(), log.roster.erasure(6)), (None, None));
    log.approve(EVA, 6).unwrap();
    assert_eq!(log.roster.erasure(6), Some(10));
}

#[test]
fn a_lost_key_of_one_of_two_persons_no_longer_freezes_the_roster() {
    let mut log = Log::open();
    log.add(IDA, enrol("Ben", BEN)).unwrap();
    log.add(IDA, rule(true)).unwrap();
    log.add(IDA, recovery(HOLDERS)).unwrap();
    assert!(log.roster.recovery().is_none(), "one person alone names no holders");
    log.approve(BEN, 3).unwrap();
    assert_eq!(log.roster.recovery().unwrap().threshold, 2);
    // Ida's key is lost: Ben alone can do nothing, the holders can.
    log.add(BEN, enrol("Ida", IDA_NEW)).unwrap();
    assert!(!log.may(IDA_NEW));
    log.add(HOLDERS, enrol("Ida", IDA_NEW)).unwrap();
    log.add(HOLDERS, revoke(IDA, None)).unwrap();
    assert!(log.may(IDA_NEW) && !log.may(IDA) && log.roster.two_person().is_some());
    // And the two sign again as before.
    let other = log.last() + 1;
    log.add(IDA_NEW, enrol("Eva", EVA)).unwrap();
    log.approve(BEN, other).unwrap();
    assert!(log.may(EVA));
}

#[test]
fn what_a_stolen_recovery_key_let_in_falls_with_it() {
    let mut log = Log::of_two_persons();
    recoverable(&mut log);
    log.add(HOLDERS, enrol("Thief", THIEF)).unwrap();
    assert!(log.may(THIEF));
    log.add(IDA, revoke(HOLDERS, Some(7))).unwrap();
    log.approve(BEN, 8).unwrap();
    assert!(!log.may(THIEF) && !log.may(HOLDERS) && log.roster.recovery().is_none());
}
