//! The records of the custody log. One leaf is one record, in canonical JSON, signed by its actor.
//!
//! Leaf bytes are kept and hashed exactly as written: the record's JSON on one line, then the
//! armoured SSH signature over that line (line end included), so that `head -n 1` and `ssh-keygen`
//! check it.

use crate::transfer::{Acknowledged, FromBundle, Received};
use crate::{Commitment, Digests, Sha256};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of this form, the `v` of every record (docs/format/leaf.md).
pub const LEAF_VERSION: u32 = 1;

/// Most bytes a leaf may have: its length prefix in an entry bundle is a uint16 (C2SP tlog-tiles).
pub const LEAF_LIMIT_BYTES: usize = 65_535;

/// One record: who did what, when, with which program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaf {
    /// Form of this record: [`LEAF_VERSION`].
    pub v: u32,
    /// Origin of the log it belongs to (the first line of its checkpoints): a leaf cannot move to
    /// another case.
    pub log: String,
    /// Fingerprint of the key that signs it, as `ssh-keygen -lf` prints it (`SHA256:…`).
    pub actor: String,
    /// When, by the machine's own clock: RFC 3339, UTC, whole seconds. A claim, never a proof.
    pub time: String,
    /// Program and version that wrote it.
    pub tool: String,
    /// What was done.
    #[serde(flatten)]
    pub event: Event,
}

/// Whether a text is of the form of a record's time: RFC 3339, UTC, whole seconds. Whether there is
/// such a day is not asked: a time is a claim.
pub fn is_time(text: &str) -> bool {
    let form = "0000-00-00T00:00:00Z";
    let fits =
        |(form, byte): (u8, u8)| if form == b'0' { byte.is_ascii_digit() } else { form == byte };
    text.len() == form.len() && form.bytes().zip(text.bytes()).all(fits)
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// The case was opened: always leaf 0, and only there.
    Genesis(Genesis),
    /// An item was taken in.
    Capture(Capture),
    /// An item was read.
    Reading(ReadingMade),
    /// Items left the case in a bundle.
    Export(Export),
    /// Everything kept was read again.
    Scrub(Scrub),
    /// What was damaged or lost was put back from another copy.
    Repair(Repair),
    /// A timestamp was asked for.
    TimestampRequest(TimestampRequest),
    /// A timestamp was received, and held.
    Timestamp(Timestamp),
    /// Someone was named who is to cosign the checkpoints of this log.
    Cosigner(Cosigner),
    /// A checkpoint of this log came back cosigned.
    Cosigned(Cosigned),
    /// A key was enrolled: it may sign records.
    Enrolment(Enrolment),
    /// A key was revoked: it may sign no more.
    Revocation(Revocation),
    /// It was said whether acts of weight need two persons.
    TwoPerson(TwoPerson),
    /// A second person approved what a first one recorded.
    Approval(Approval),
    /// Withheld fields are to be disclosed, where that needs two persons.
    Disclosure(Disclosure),
    /// The consent to keep a sealed item was withdrawn, and its key destroyed.
    Erasure(Erasure),
    /// A bundle of another archive was received.
    Received(Received),
    /// Another archive gave a receipt for a bundle of this one.
    Acknowledged(Acknowledged),
    /// Holders were named, some of whom together can recover what is sealed, and change keys.
    Recovery(Recovery),
}

/// The case was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Genesis {
    /// Name of the case, as its maker gave it.
    pub case: String,
    /// The actor's public key, as one `ssh-ed25519 AAAA…` line without comment.
    pub actor_key: String,
    /// The actor's name for themselves (an alias will do).
    pub actor_name: String,
    /// The log's verifier key (C2SP signed-note `vkey`).
    pub log_key: String,
    /// Its ML-DSA-44 key, a `vkey` of the same name: every checkpoint bears a signature by it too.
    /// Cases of before it have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_key_pq: Option<String>,
}

/// An item was taken in (Berkeley Protocol, paragraph 155).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capture {
    /// The item: digests and size of its bytes.
    pub item: Digests,
    /// Name it came under.
    pub name: Name,
    /// How it was obtained: `file`, or `bundle` of another archive.
    pub method: String,
    /// Last change of the file by its file system, RFC 3339 UTC; a claim.
    pub file_modified: Option<String>,
    /// Who made the claims in it: outlet, agency, person.
    pub source: Option<String>,
    /// Its address (URL), ¶155(a).
    pub address: Option<String>,
    /// When it was obtained from there, if not at the time of this record; as given by the
    /// collector.
    pub obtained: Option<String>,
    /// Free words of the collector.
    pub note: Option<String>,
    /// Withheld fields, ¶155(g): `collector`, `machine` (the address of the machine that collected)
    /// and `identity` (virtual identity used). Field name to commitment. Of a sealed item, all that
    /// is said of it: docs/format/leaf.md lists the fields.
    pub withheld: BTreeMap<String, Commitment>,
    /// Present where the item is sealed: `item` then names an age file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<Sealed>,
    /// Present where the item came from another archive: its record there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<FromBundle>,
}

impl Capture {
    /// That of a file of which nothing is said but its name.
    pub fn of(item: Digests, name: &str) -> Self {
        Self {
            item,
            name: Name { text: name.into(), bytes: None },
            method: "file".into(),
            file_modified: None,
            source: None,
            address: None,
            obtained: None,
            note: None,
            withheld: BTreeMap::new(),
            sealed: None,
            received: None,
        }
    }
}

/// What is said in the open of an item that was taken in sealed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed {
    /// The item's key file: an age file that holds the secret key of this one item and the openings
    /// of its withheld fields, encrypted to the recipients.
    pub key_file: Digests,
}

/// The consent to keep a sealed item was withdrawn: nobody can open it any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Erasure {
    /// The item's name: the sealed bytes stay.
    pub item: Sha256,
    /// The key file that was destroyed.
    pub key_file: Digests,
    /// Names of the withheld fields whose openings were in it, in order.
    pub openings: Vec<String>,
    /// Why, in free words.
    pub reason: String,
}

/// A file name, kept exactly: names are bytes on Unix and need not be text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Name {
    /// The name for people, relative to what was named on the command line; bytes that are not
    /// UTF-8 appear as U+FFFD.
    pub text: String,
    /// The exact bytes in hexadecimal, only where `text` is not the whole truth.
    pub bytes: Option<String>,
}

/// An item was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingMade {
    /// The item's name.
    pub item: Sha256,
    /// The reading: an object holding canonical JSON of a [`crate::Reading`].
    pub reading: Digests,
    /// Reader and version.
    pub reader: String,
    /// How many figures it holds.
    pub figures: u64,
    /// Codes of the problems it lists, in order.
    pub problems: Vec<String>,
}

/// What was damaged or lost was put back, by digest, from another copy of the case or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repair {
    /// What it was put back from: `mirror` or `bundle`.
    pub from: String,
    /// How many objects were put back.
    pub objects: u64,
    /// How many files of the log.
    pub log_files: u64,
    /// How many other files.
    pub others: u64,
    /// How many things were found that no good copy was there for.
    pub faults: u64,
    /// File by file: an object holding the canonical JSON array of findings.
    pub report: Digests,
}

/// Everything kept was read again from the disk, to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scrub {
    /// When it began, by the machine's clock; it may have been interrupted since.
    pub began: String,
    /// How many records were checked: those of the log's first so many leaves.
    pub records: u64,
    /// How many objects were read through.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many findings are faults.
    pub faults: u64,
    /// How many findings are notices.
    pub notices: u64,
    /// The findings: an object holding the canonical JSON array of them, in their fixed order.
    pub report: Digests,
}

/// Someone was named who is to cosign the checkpoints of this log: to say that they saw it grow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosigner {
    /// Their verifier key (C2SP signed-note "vkey", of a type of C2SP tlog-cosignature).
    pub key: String,
    /// Who they are, in free words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

impl Cosigner {
    /// The name in the key.
    pub fn name(&self) -> &str {
        name_of(&self.key)
    }
}

/// A checkpoint of this log came back cosigned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cosigned {
    /// The signed checkpoint with its cosignatures: an object.
    pub checkpoint: Digests,
    /// Its size: how many leaves the cosigners saw.
    pub size: u64,
    /// The cosignatures in it by cosigners who were named before.
    pub by: Vec<CosignedBy>,
}

/// One cosignature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CosignedBy {
    /// The cosigner's verifier key.
    pub key: String,
    /// When, as the cosigner says: RFC 3339, UTC, whole seconds.
    pub time: String,
}

impl CosignedBy {
    /// The name in the key.
    pub fn name(&self) -> &str {
        name_of(&self.key)
    }
}

/// The name in a verifier key (C2SP signed-note, "Verifier keys"), which no plus sign can be in.
fn name_of(vkey: &str) -> &str {
    vkey.split('+').next().unwrap_or_default()
}

/// A key was enrolled (docs/decisions, on two persons).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Name of whoever holds it; several keys of one name are one person's, or one machine's.
    pub name: String,
    /// The public key, as one line of OpenSSH without comment: `ssh-ed25519 AAAA…`, or
    /// `sk-ssh-ed25519@openssh.com AAAA…` of a security key.
    pub key: String,
    /// Who signs with it.
    pub kind: Holder,
}

/// Who signs with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Holder {
    /// A person: may do everything.
    Person,
    /// A machine that works unattended: may record, and not decide about keys.
    Machine,
}

/// A key was revoked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// Its fingerprint, `SHA256:…`.
    pub key: String,
    /// Why, in free words.
    pub reason: String,
    /// The first leaf by it that is not to be believed, where somebody else may have had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<u64>,
}

/// Whether acts of weight need two persons from here on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwoPerson {
    /// Whether they do.
    pub on: bool,
}

/// A second person approved an act that another had recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// The act's leaf.
    pub leaf: u64,
    /// That leaf's hash (RFC 6962, section 2.1), so that nothing else can be meant.
    pub hash: Sha256,
}

/// Withheld fields are to be disclosed in one export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Disclosure {
    /// Which fields, in order.
    pub fields: Vec<String>,
    /// Of which items: digest of the canonical JSON array of their names in exhibit order, as
    /// [`Export::list`] has it.
    pub list: Sha256,
}

/// Holders were named, `threshold` of whom together can recover what is sealed from here on, and
/// change keys where those who may sign no longer can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recovery {
    /// The recovery key's public key (`age1…`): sealed items are for it, too.
    pub recipient: String,
    /// The key that signs enrolments and revocations, as one line of OpenSSH without comment; its
    /// secret half is sealed to `recipient`.
    pub key: String,
    /// How many holders it takes.
    pub threshold: u64,
    /// The holders, in the order of their shares.
    pub holders: Vec<RecoveryHolder>,
}

/// Someone who holds a share of the recovery key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryHolder {
    /// Their name, or an alias.
    pub name: String,
    /// Their share: an object holding an age file that they alone can open.
    pub share: Digests,
}

/// Items left the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Export {
    /// Digest of the bundle's `tagmanifest-sha256.txt`, through which every byte of it is bound.
    pub tagmanifest: Sha256,
    /// Digest of the signature file over it.
    pub signature: Sha256,
    /// How many items are in it.
    pub items: u64,
    /// The list of them: an object holding the canonical JSON array of their names in exhibit order
    /// (an object, since a leaf of 65,535 bytes would hold fewer than a thousand).
    pub list: Digests,
    /// Tree size of the checkpoint that the bundle's record proofs lead to.
    pub tree_size: u64,
    /// Withheld fields whose openings the bundle does carry.
    pub disclosed: Vec<String>,
    /// Leaf of the [`Disclosure`] that allows it, where that needs two persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disclosure: Option<u64>,
    /// Digest of the canonical JSON array of the leaves below `tree_size` that are about actors,
    /// all of which the bundle carries; left out where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Sha256>,
}

/// A timestamp was asked for (RFC 3161): the request waits until replies are taken in. Kept in the
/// log, since only who remembers the nonce can tell an answer from an older one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimestampRequest {
    /// What is to be stamped.
    pub about: Stamped,
    /// The bytes that are to be stamped, or that determine them: an object.
    pub stamped: Digests,
    /// The request: an object holding a DER TimeStampReq, nonce and policy in it.
    pub request: Digests,
    /// The log's size at that time.
    pub tree_size: u64,
    /// The log's root at that time.
    pub root: Sha256,
    /// Leaf of the timestamp that this one is to renew.
    pub renews: Option<u64>,
}

/// What a timestamp is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stamped {
    /// A signed checkpoint; the object holds it.
    Checkpoint,
    /// All items, through the root of a hash tree (RFC 4998, section 4.2); the object holds the
    /// canonical JSON array of its leaves, which are their names.
    Items,
    /// An older token (RFC 4998, section 5.2); the object holds its DER.
    Token,
    /// All items and the evidence about them, under a newer digest (RFC 4998, section 5.3); the
    /// object holds the canonical JSON array of the tree's leaves.
    ItemsAgain,
}

/// A timestamp was received, and held when it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timestamp {
    /// Leaf of the request that it answers.
    pub request: u64,
    /// The log's size that the request names.
    pub tree_size: u64,
    /// The log's root that the request names.
    pub root: Sha256,
    /// The authority's reply: an object, byte for byte as it came.
    pub reply: Digests,
    /// The certificates from the signer to the root that was given, as PEM: an object.
    pub certificates: Digests,
    /// The revocation lists that were given, as PEM: an object.
    pub revocations: Option<Digests>,
    /// Subject of the signer's certificate.
    pub authority: String,
    /// The time that the authority states: RFC 3339, UTC, with the fraction it gives.
    pub gen_time: String,
    /// How far the true time may be from it, in microseconds, where the authority says so.
    pub accuracy_micros: Option<u64>,
    /// The policy it was given under, as a dotted object identifier.
    pub policy: String,
    /// The token's serial number, in hexadecimal.
    pub serial: String,
}

impl Event {
    /// The objects that the record names, in order of its fields.
    pub fn objects(&self) -> Vec<&Digests> {
        match self {
            Self::Genesis(_)
            | Self::Cosigner(_)
            | Self::Enrolment(_)
            | Self::Revocation(_)
            | Self::TwoPerson(_)
            | Self::Approval(_)
            | Self::Disclosure(_)
            | Self::Erasure(_) => Vec::new(),
            Self::Capture(capture) => vec![&capture.item],
            Self::Recovery(recovery) => recovery.holders.iter().map(|one| &one.share).collect(),
            Self::Reading(reading) => vec![&reading.reading],
            Self::Export(export) => vec![&export.list],
            Self::Scrub(scrub) => vec![&scrub.report],
            Self::Repair(repair) => vec![&repair.report],
            Self::Received(received) => vec![&received.list, &received.parts],
            Self::Acknowledged(acknowledged) => vec![&acknowledged.receipt],
            Self::Cosigned(cosigned) => vec![&cosigned.checkpoint],
            Self::TimestampRequest(asked) => vec![&asked.stamped, &asked.request],
            Self::Timestamp(received) => {
                let mut objects = vec![&received.reply, &received.certificates];
                objects.extend(&received.revocations);
                objects
            }
        }
    }
}
