//! Named forgeries of sealed and erased exhibits, by who holds all keys of the case: what a verifier
//! can tell, it tells by name.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use bundle::{Exhibit, Writer};
use custody::sshsig;
use invented::{Case, faults};
use record::leaf::Sealed;
use record::{
    Approval, Capture, Digests, Enrolment, Erasure, Event, Export, Holder, Opening, Reading,
    Sha256, TwoPerson, canonical,
};
use sealing::{ItemKey, Sealing};
use std::collections::BTreeMap;
use std::io::Read as _;
use verifier::layout;

/// The key that opened the case, and that of a second person.
const CLERK: [u8; 32] = [1; 32];
const BEN: [u8; 32] = [21; 32];

const PLAIN: &[u8] = b"Where the two families hide.";

/// A bundle with one sealed exhibit, as an honest case makes it; a forgery changes it.
struct Made {
    key: ItemKey,
    sealed: Vec<u8>,
    openings: Vec<Opening>,
    capture: Capture,
    erasure: Option<Erasure>,
    /// Fields whose openings go along.
    disclose: Vec<&'static str>,
    /// Whether the exhibit's line lists the erasure.
    list_erasure: bool,
    /// Whether two persons must sign, by the time of the erasure.
    rule: bool,
    /// Who approves it.
    approved_by: Option<[u8; 32]>,
}

fn seal(plain: &[u8], key: &ItemKey) -> Vec<u8> {
    let (mut source, mut sealed) = (plain, Vec::new());
    Sealing::new(&mut source, key).unwrap().read_to_end(&mut sealed).unwrap();
    sealed
}

fn opening(field: &str, value: &str) -> Opening {
    Opening { field: field.into(), salt: Sha256([7; 32]), value: value.into() }
}

fn honest() -> Made {
    let key = ItemKey::generate();
    let sealed = seal(PLAIN, &key);
    let plain = String::from_utf8(canonical::to_bytes(&Digests::of(PLAIN))).unwrap();
    let openings =
        vec![opening("key", &key.text()), opening("name", "hide.txt"), opening("plain", &plain)];
    let capture = Capture {
        withheld: openings.iter().map(|one| (one.field.clone(), one.commitment())).collect(),
        sealed: Some(Sealed { key_file: Digests::of(b"a key file") }),
        ..Capture::of(Digests::of(&sealed), "sealed.age")
    };
    let (disclose, list_erasure) = (Vec::new(), true);
    let (rule, approved_by) = (false, None);
    Made {
        key,
        sealed,
        openings,
        capture,
        erasure: None,
        disclose,
        list_erasure,
        rule,
        approved_by,
    }
}

impl Made {
    fn erase(&mut self) {
        self.erasure = Some(Erasure {
            item: self.capture.item.sha256,
            key_file: Digests::of(b"a key file"),
            openings: vec!["key".into(), "name".into(), "plain".into()],
            reason: "consent withdrawn".into(),
        });
    }

    /// One person of two asks for the erasure.
    fn ask(&mut self) {
        self.erase();
        self.rule = true;
        self.list_erasure = false;
    }

    /// Appends the erasure with all that it needs; gives its leaf.
    fn append_erasure(&self, case: &mut Case) -> Option<u64> {
        let erasure = Event::Erasure(self.erasure.clone()?);
        if !self.rule {
            return Some(case.append(erasure));
        }
        let key = sshsig::public_key_line(&sshsig::public_key(&BEN));
        let (name, kind) = ("Ben".into(), Holder::Person);
        case.decide(Event::Enrolment(Enrolment { name, key, kind }));
        case.decide(Event::TwoPerson(TwoPerson { on: true }));
        let leaf = case.decide(erasure);
        if let Some(by) = self.approved_by {
            let hash = Sha256(custody::leaf_hash(case.leaf(leaf)));
            let own = std::mem::replace(&mut case.actor, by);
            case.decide(Event::Approval(Approval { leaf, hash }));
            case.actor = own;
        }
        Some(leaf)
    }

    /// The record follows the sealed bytes.
    fn reseal(&mut self, sealed: Vec<u8>) {
        self.capture.item = Digests::of(&sealed);
        self.sealed = sealed;
    }

    /// The record follows the opening.
    fn commit(&mut self, other: Opening) {
        self.capture.withheld.insert(other.field.clone(), other.commitment());
        self.openings.retain(|one| one.field != other.field);
        self.openings.push(other);
    }

    /// Codes of all that the verifier says, apart from the trusted key.
    fn verdict(self, kept: bool) -> (Vec<String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let mut case = Case::new(1);
        let leaf = case.append(Event::Capture(self.capture.clone()));
        let mut leaves = vec![leaf];
        let erasure = self.append_erasure(&mut case);
        leaves.extend(erasure.filter(|_| self.list_erasure));
        let size = custody::checkpoint::open(case.checkpoint().as_bytes(), &case.signer.verifier());
        let out = folder.path().join("out");
        let mut writer = Writer::create(&out, case.about(), &case.proved(0), &[]).unwrap();
        let exhibit = Exhibit {
            number: 1,
            item: Digests::of(&self.sealed),
            name: "sealed.age".into(),
            source: None,
            address: None,
            captured: "2031-04-05T06:07:08Z".into(),
            reading: None::<Reading>,
            text: None,
            sealed: Some("Sealed.".into()),
            leaves: leaves.iter().map(|leaf| case.proved(*leaf)).collect(),
        };
        writer.add(&exhibit, &mut self.sealed.as_slice()).unwrap();
        let mut lines = Vec::new();
        let gone = self.openings.iter().filter(|one| self.disclose.contains(&one.field.as_str()));
        for opening in gone {
            let mut line = serde_json::to_value(opening).unwrap();
            line["leaf"] = leaf.into();
            lines.extend(canonical::to_bytes(&line));
            lines.push(b'\n');
        }
        for index in &case.decided {
            writer.actor(&case.proved(*index)).unwrap();
        }
        writer.disclose(&lines).unwrap();
        let manifest = writer.finish().unwrap();
        let signature = sshsig::sign(&case.actor, layout::NAMESPACE, &manifest);
        let size = size.unwrap().size;
        let event = Event::Export(Export {
            tagmanifest: Sha256::of(&manifest),
            signature: Sha256::of(signature.as_bytes()),
            items: 1,
            list: Digests::of(&canonical::to_bytes(&[exhibit.item.sha256])),
            tree_size: size,
            disclosed: self.disclose.iter().map(|field| field.to_string()).collect(),
            disclosure: None,
            actors: (!case.decided.is_empty())
                .then(|| Sha256::of(&canonical::to_bytes(&case.decided))),
        });
        let recorded = case.record(&event, size);
        writer.seal(&signature, &recorded).unwrap();
        let trusted = case.signer.vkey();
        let report = if kept {
            invented::verify(&out, Some(&trusted))
        } else {
            verifier::verify(&out, Some(&trusted)).unwrap()
        };
        let notices = report.findings.iter().filter(|one| one.grade == record::Grade::Notice);
        let notices = notices.map(|one| one.code.clone()).collect();
        (faults(&report).into_iter().map(str::to_string).collect(), notices)
    }
}

fn check(what: &str, change: &dyn Fn(&mut Made), faults: &[&str], notices: &[&str]) {
    let mut made = honest();
    change(&mut made);
    // A verifier that opens nothing cannot see what only opening shows.
    let (found, said) = made.verdict(faults != ["bundle-sealed"]);
    assert_eq!(found, faults, "{what}");
    assert_eq!(said, notices, "{what}");
}

#[test]
fn what_can_be_told_of_a_sealed_exhibit_is_told() {
    let key: &dyn Fn(&mut Made) = &|made| made.disclose = vec!["key", "plain"];
    check("honest, closed", &|_| {}, &[], &["bundle-sealed-unopened"]);
    check("honest, opened", key, &[], &[]);
    check("honest, erased", &|made| made.erase(), &[], &["bundle-erased"]);
    check(
        "a name alone is disclosed",
        &|made| made.disclose = vec!["name"],
        &[],
        &["bundle-sealed-unopened"],
    );
}

/// What is done, how, and the codes that tell it.
type Forgery<'a> = (&'a str, &'a dyn Fn(&mut Made), &'a str);

#[test]
fn each_forgery_of_a_sealed_exhibit_is_named() {
    let key: &dyn Fn(&mut Made) = &|made| made.disclose = vec!["key", "plain"];
    let forgeries: [Forgery<'_>; 9] = [
        (
            "other sealed bytes under the same key",
            &|made| {
                let other = seal(b"Nobody hides.", &made.key);
                made.reseal(other);
            },
            "bundle-sealed",
        ),
        (
            "sealed bytes cut off, and recorded so",
            &|made| {
                let cut = made.sealed[..made.sealed.len() - 1].to_vec();
                made.reseal(cut);
            },
            "bundle-sealed",
        ),
        (
            "the key of another item",
            &|made| made.commit(opening("key", &ItemKey::generate().text())),
            "bundle-sealed",
        ),
        ("no key at all", &|made| made.commit(opening("key", "none")), "bundle-sealed"),
        (
            "other plain bytes committed to",
            &|made| {
                let other = canonical::to_bytes(&Digests::of(b"Nobody hides."));
                made.commit(opening("plain", &String::from_utf8(other).unwrap()));
            },
            "bundle-sealed",
        ),
        (
            "the commitment replaced in the record alone",
            &|made| {
                let other = opening("plain", "nothing").commitment();
                made.capture.withheld.insert("plain".into(), other);
            },
            "bundle-opening bundle-sealed bundle-export-openings",
        ),
        (
            "the key without what it should open",
            &|made| made.disclose = vec!["key"],
            "bundle-sealed",
        ),
        ("the key kept after the erasure", &|made| made.erase(), "bundle-erasure"),
        (
            "the record of the erasure left out of the list",
            &|made| {
                made.erase();
                made.list_erasure = false;
            },
            "",
        ),
    ];
    for (what, change, codes) in forgeries {
        let mut expect: Vec<&str> = codes.split_whitespace().collect();
        expect.sort_unstable();
        check(
            what,
            &|made| {
                key(made);
                change(made);
            },
            &expect,
            &[],
        );
    }
}

#[test]
fn an_erasure_must_be_of_what_was_sealed() {
    let not_sealed: &dyn Fn(&mut Made) = &|made| {
        made.erase();
        made.capture.sealed = None;
    };
    check("of an item in the open", not_sealed, &["bundle-erasure"], &[]);
    check(
        "of another key file",
        &|made| {
            made.erase();
            made.erasure.as_mut().unwrap().key_file = Digests::of(b"another");
        },
        &["bundle-erasure"],
        &["bundle-erased"],
    );
    check(
        "of an item never taken in",
        &|made| {
            made.erase();
            made.erasure.as_mut().unwrap().item = Sha256::of(b"another");
        },
        &["bundle-erasure"],
        &["bundle-erased"],
    );
    check(
        "sealed, and committed to nothing",
        &|made| made.capture.withheld = BTreeMap::new(),
        &["bundle-sealed"],
        &["bundle-sealed-unopened"],
    );
}

#[test]
fn where_two_must_sign_an_erasure_is_told_by_its_signatures() {
    check(
        "honest, approved",
        &|made| {
            made.ask();
            made.list_erasure = true;
            made.approved_by = Some(BEN);
        },
        &[],
        &["bundle-erased"],
    );
    check(
        "honest, asked for by one",
        &Made::ask,
        &[],
        &["bundle-erasure-pending", "bundle-sealed-unopened"],
    );
    check(
        "said to be erased by the word of one",
        &|made| {
            made.ask();
            made.list_erasure = true;
        },
        &["bundle-erasure-alone"],
        &["bundle-sealed-unopened"],
    );
    check(
        "approved by who asked for it",
        &|made| {
            made.ask();
            made.list_erasure = true;
            made.approved_by = Some(CLERK);
        },
        &["bundle-erasure-alone", "bundle-leaf-approval"],
        &["bundle-sealed-unopened"],
    );
    check(
        "approved by a stranger",
        &|made| {
            made.ask();
            made.list_erasure = true;
            made.approved_by = Some([66; 32]);
        },
        &["bundle-erasure-alone", "bundle-form-signers", "bundle-leaf-actor"],
        &["bundle-sealed-unopened"],
    );
    check(
        "approved, and passed over in silence",
        &|made| {
            made.ask();
            made.approved_by = Some(BEN);
        },
        &["bundle-erasure"],
        &["bundle-sealed-unopened"],
    );
    check(
        "approved for another key file than the item's",
        &|made| {
            made.ask();
            made.list_erasure = true;
            made.approved_by = Some(BEN);
            made.erasure.as_mut().unwrap().key_file = Digests::of(b"another");
        },
        &["bundle-erasure"],
        &["bundle-erased"],
    );
}
