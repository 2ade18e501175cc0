//! Evidence records, whole and broken.

use super::authority::{Issue, Scene, good, sequence};
use crate::algorithm::Hash;
use crate::evidence::{self, Tree};
use crate::tlv::{self, context, element};
use crate::{codes, token};

const OBJECT: &[u8] = b"the third of five exhibits";

/// A token over `digest` at a time.
fn stamp(scene: &Scene, hash: Hash, digest: &[u8], time: &'static [u8]) -> Vec<u8> {
    let mut stamp = scene.stamp.clone();
    stamp.hash = hash.algorithm();
    stamp.digest = digest.to_vec();
    stamp.time = time;
    stamp.token()
}

fn leaves(hash: Hash) -> Vec<Vec<u8>> {
    let others = [b"one".as_slice(), b"two", b"four", b"five"];
    others.into_iter().chain([OBJECT]).map(|object| hash.of(object)).collect()
}

/// What is left of a hash tree.
type Lists = Vec<Vec<Vec<u8>>>;

/// A record with a first token of 2026, a renewal of 2027 and one under SHA-512 of 2028; each can be
/// left out or spoiled.
pub(super) struct Plan {
    scene: Scene,
    times: [&'static [u8]; 3],
    tokens: usize,
    /// Changes the DER of the token of this number.
    spoil: Option<usize>,
    lists: fn(Lists) -> Lists,
    second_hash: Hash,
    names: Vec<Hash>,
    object: &'static [u8],
}

impl Plan {
    pub(super) fn new(tokens: usize) -> Self {
        Self {
            scene: good(),
            times: [b"20260615120000Z", b"20270615120000Z", b"20280615120000Z"],
            tokens,
            spoil: None,
            lists: |lists| lists,
            second_hash: Hash::Sha256,
            names: vec![Hash::Sha256, Hash::Sha512],
            object: OBJECT,
        }
    }

    fn token(&self, number: usize, hash: Hash, digest: &[u8]) -> Vec<u8> {
        let mut scene = self.scene.clone();
        scene.stamp.spoil_signature = self.spoil == Some(number);
        stamp(&scene, hash, digest, self.times[number])
    }

    pub(super) fn record(&self) -> Vec<u8> {
        let tree = Tree::new(Hash::Sha256, leaves(Hash::Sha256)).unwrap();
        let lists = (self.lists)(tree.reduced(&Hash::Sha256.of(OBJECT)).unwrap());
        let first = self.token(0, Hash::Sha256, tree.root());
        let mut chains = vec![vec![evidence::archive_time_stamp(Hash::Sha256, &lists, &first)]];
        if self.tokens > 1 {
            let renewed = self.token(1, self.second_hash, &self.second_hash.of(&first));
            chains[0].push(evidence::archive_time_stamp(self.second_hash, &[], &renewed));
        }
        if self.tokens > 2 {
            let before = evidence::sequence(&chains);
            let ours = evidence::again(Hash::Sha512, &Hash::Sha512.of(OBJECT), &before);
            let tree = Tree::new(Hash::Sha512, vec![ours.clone(), Hash::Sha512.of(b"x")]).unwrap();
            let lists = tree.reduced(&ours).unwrap();
            let newest = self.token(2, Hash::Sha512, tree.root());
            chains.push(vec![evidence::archive_time_stamp(Hash::Sha512, &lists, &newest)]);
        }
        evidence::record(&self.names, &evidence::sequence(&chains))
    }

    fn verdict_on(&self, record: &[u8]) -> Result<evidence::Evidence, crate::Fault> {
        evidence::check(record, &|hash| hash.of(self.object), &self.scene.given)
    }

    fn verdict(&self) -> Result<evidence::Evidence, crate::Fault> {
        self.verdict_on(&self.record())
    }
}

#[test]
fn records_that_hold() {
    for tokens in 1..=3 {
        let evidence = Plan::new(tokens).verdict().unwrap();
        let times: Vec<_> = evidence.stamps.iter().map(|(_, one)| one.time.to_string()).collect();
        let due = ["2026-06-15T12:00:00Z", "2027-06-15T12:00:00Z", "2028-06-15T12:00:00Z"];
        assert_eq!(times, due[..tokens]);
    }
}

/// Any number of objects, each of them: what is left of the tree leads from it to the root.
#[test]
fn every_leaf_leads_to_the_root() {
    for count in 1..40u8 {
        let leaves: Vec<Vec<u8>> = (0..count).map(|one| Hash::Sha256.of(&[one])).collect();
        let tree = Tree::new(Hash::Sha256, leaves.clone()).unwrap();
        let mut scene = good();
        scene.stamp.digest = tree.root().to_vec();
        let token = scene.stamp.token();
        for (one, leaf) in leaves.iter().enumerate() {
            let lists = tree.reduced(leaf).unwrap();
            assert!(lists.len() <= 6, "{} lists for {count}", lists.len());
            let stamp = evidence::archive_time_stamp(Hash::Sha256, &lists, &token);
            let sequence = evidence::sequence(&[vec![stamp]]);
            let record = evidence::record(&[Hash::Sha256], &sequence);
            let digest = |hash: Hash| hash.of(&[u8::try_from(one).unwrap()]);
            evidence::check(&record, &digest, &scene.given).unwrap();
        }
        assert_eq!(tree.reduced(&Hash::Sha256.of(b"no leaf")), None);
    }
    assert!(Tree::new(Hash::Sha256, Vec::new()).is_none());
}

type Change = fn(&mut Plan);

#[test]
fn each_forgery_is_refused_under_its_own_code() {
    let table: &[(&str, &str, Change)] = &[
        ("another object", codes::EVIDENCE_OBJECT, |p| p.object = b"another"),
        ("no tree where one is due", codes::EVIDENCE_OBJECT, |p| p.lists = |_| Vec::new()),
        ("a tree cut short", codes::EVIDENCE_TREE, |p| {
            p.lists = |mut lists| {
                lists.pop();
                lists
            };
        }),
        ("a hash of the tree changed", codes::EVIDENCE_TREE, |p| {
            p.lists = |mut lists| {
                lists[1][0][0] ^= 1;
                lists
            };
        }),
        ("a list of one hash", codes::EVIDENCE_TREE, |p| {
            p.lists = |mut lists| {
                lists.insert(0, vec![Hash::Sha256.of(OBJECT)]);
                lists
            };
        }),
        ("another digest within a chain", codes::EVIDENCE_HASH, |p| p.second_hash = Hash::Sha512),
        ("a digest that is not named", codes::EVIDENCE_HASH, |p| p.names = vec![Hash::Sha256]),
        ("a renewal before what it renews", codes::EVIDENCE_ORDER, |p| {
            p.times[1] = b"20260615115959Z";
        }),
        ("renewed after the certificates had ended", codes::EVIDENCE_LATE, |p| {
            p.scene.certify(&Issue { to: "20270101000000Z", ..Issue::tsa(30) });
            p.tokens = 2;
        }),
        ("the oldest token forged", codes::SIGNATURE, |p| p.spoil = Some(0)),
        ("a token in between forged", codes::SIGNATURE, |p| p.spoil = Some(1)),
        ("the newest token forged", codes::SIGNATURE, |p| p.spoil = Some(2)),
        ("no root", codes::CHAIN_MISSING, |p| p.scene.given.roots.clear()),
        ("an expired certificate", codes::EXPIRED, |p| {
            p.scene.certify(&Issue { to: "20260101000000Z", ..Issue::tsa(30) });
        }),
    ];
    for (name, code, change) in table {
        let mut plan = Plan::new(3);
        change(&mut plan);
        // Late: the newer tokens are of an authority that had ended, too.
        let found = match *code {
            codes::EVIDENCE_LATE => late(&plan),
            _ => plan.verdict(),
        };
        let fault = found.expect_err(name);
        assert_eq!(fault.code, *code, "{name}: {fault}");
    }
}

/// The first token by a certificate that ends, the renewal by one that lasts.
fn late(plan: &Plan) -> Result<evidence::Evidence, crate::Fault> {
    let tree = Tree::new(Hash::Sha256, leaves(Hash::Sha256)).unwrap();
    let lists = tree.reduced(&Hash::Sha256.of(OBJECT)).unwrap();
    let first = plan.token(0, Hash::Sha256, tree.root());
    let mut lasting = plan.scene.clone();
    lasting.certify(&Issue::tsa(31));
    let renewed = stamp(&lasting, Hash::Sha256, &Hash::Sha256.of(&first), plan.times[1]);
    let chain = vec![
        evidence::archive_time_stamp(Hash::Sha256, &lists, &first),
        evidence::archive_time_stamp(Hash::Sha256, &[], &renewed),
    ];
    plan.verdict_on(&evidence::record(&[Hash::Sha256], &evidence::sequence(&[chain])))
}

#[test]
fn records_that_are_none() {
    let plan = Plan::new(1);
    let whole = plan.record();
    let token = token::of_reply(&good().stamp.reply()).unwrap().to_vec();
    let algorithms = sequence(&[&Hash::Sha256.algorithm()]);
    let version = tlv::unsigned(&[1]);
    let stamp = evidence::archive_time_stamp(Hash::Sha256, &[], &token);
    let chains = |count: usize| evidence::sequence(&[vec![stamp.repeat(count)]]);
    for (name, record) in [
        ("nothing", Vec::new()),
        ("words", b"evidence".to_vec()),
        ("a token", token),
        ("something after it", [&whole[..], &[5, 0]].concat()),
        ("version 2", sequence(&[&tlv::unsigned(&[2]), &algorithms, &chains(1)])),
        ("no chain", sequence(&[&version, &algorithms, &evidence::sequence(&[])])),
        ("an empty chain", sequence(&[&version, &algorithms, &evidence::sequence(&[vec![]])])),
        ("about an encrypted object", {
            let encrypted = element(context(1), &[]);
            sequence(&[&version, &algorithms, &encrypted, &chains(1)])
        }),
        ("too many tokens", sequence(&[&version, &algorithms, &chains(201)])),
        ("too long", vec![0x30; evidence::RECORD_LIMIT_BYTES + 1]),
    ] {
        assert_eq!(plan.verdict_on(&record).expect_err(name).code, codes::EVIDENCE_FORM, "{name}");
    }
}

/// One bit of every byte of a record with three tokens.
#[test]
fn a_flipped_bit_in_any_byte_is_caught() {
    let plan = Plan::new(3);
    let record = plan.record();
    assert_eq!(plan.verdict_on(&record).err(), None);
    for at in 0..record.len() {
        let mut bad = record.clone();
        bad[at] ^= 1 << (at % 8);
        assert!(plan.verdict_on(&bad).is_err(), "byte {at}");
    }
}
