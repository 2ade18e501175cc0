//! The roster of keys as it stands after some leaves, and what one more leaf makes of it.

use crate::{Fault, acts, is_about_actors, needs_two};
use custody::sshsig::{self, PublicKey};
use record::{
    Approval, Disclosure, Event, Export, Genesis, Holder, Leaf, Recovery, Sha256, canonical,
};
use std::collections::BTreeMap;

/// A key that was enrolled at some time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Name of whoever holds it.
    pub name: String,
    /// The key.
    pub key: PublicKey,
    /// Its fingerprint, `SHA256:…`.
    pub fingerprint: String,
    /// Who signs with it; a recovery key is nobody's, and counts as a machine's.
    pub holder: Holder,
    /// Whether it is a recovery key: so many people had to meet for what it signs that no second
    /// one is asked for.
    pub recovery: bool,
    /// The leaf after which it could sign: that of its enrolment, or of the approval of that.
    pub enrolled: u64,
    /// Whether and how it was revoked.
    pub revoked: Option<Revoked>,
    /// The keys that brought it in, each with the leaf by which it did.
    pub(crate) vouchers: Vec<(String, u64)>,
    /// Leaves that it signed while it could.
    signed: Vec<u64>,
}

/// How a key was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The leaf from which on it could not sign.
    pub leaf: u64,
    /// Why.
    pub reason: String,
    /// The first leaf by it that is not to be believed.
    pub from: Option<u64>,
}

/// An act that awaits a second person's approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pending {
    /// What is to happen.
    pub event: Event,
    /// Hash of its leaf, which the approval must name.
    pub hash: Sha256,
    /// Fingerprint of the key that recorded it.
    pub by: String,
}

/// Every key that was ever enrolled, and what the case demands, after some leaves of its log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    /// In the order of enrolment.
    pub(crate) keys: Vec<Key>,
    /// The leaf by which the rule of two persons came into force, if it is.
    pub(crate) rule: Option<u64>,
    pending: BTreeMap<u64, Pending>,
    /// Disclosures that may still be made, by leaf.
    pub(crate) disclosures: BTreeMap<u64, Disclosure>,
    /// Who can recover what is sealed from here on.
    pub(crate) recovery: Option<Recovery>,
    /// Erasures that took effect: their leaf, and the leaf from which on they count.
    pub(crate) erasures: BTreeMap<u64, u64>,
    /// Leaves about actors, whether they count or not.
    records: Vec<u64>,
}

impl Roster {
    /// Takes the next leaf into account: `leaf` is the record in `bytes`, whose own signature
    /// holds. Leaves come in the order of the log, those between them that are about no actor may
    /// be left out. On a fault the record has no effect.
    pub fn admit(&mut self, index: u64, leaf: &Leaf, bytes: &[u8]) -> Result<(), Fault> {
        if let (0, Event::Genesis(genesis)) = (index, &leaf.event) {
            return self.open(genesis, leaf);
        }
        let erasure = matches!(leaf.event, Event::Erasure(_));
        // What a second person approves goes where the approval goes.
        if is_about_actors(&leaf.event) || erasure && self.rule.is_some() {
            self.records.push(index);
        }
        // Without the record that opens the case nobody is known; that is said of that record.
        if self.keys.is_empty() {
            return Ok(());
        }
        let signer = self.may_sign(&leaf.actor)?;
        let (name, holder) = (signer.name.clone(), signer.holder);
        let recovered = signer.recovery;
        if recovered {
            self.recovered(index, leaf)?;
        } else if erasure && self.rule.is_none() {
            self.erasures.insert(index, index);
        } else if needs_two(&leaf.event) || matches!(leaf.event, Event::TwoPerson(_)) {
            self.act(index, leaf, bytes, holder)?;
        } else if let Event::Approval(approval) = &leaf.event {
            self.approve(index, approval, &leaf.actor, (&name, holder))?;
        } else if let Event::Export(export) = &leaf.event {
            self.export(export)?;
        }
        if let Some(key) = self.keys.iter_mut().find(|key| key.fingerprint == leaf.actor) {
            key.signed.push(index);
        }
        Ok(())
    }

    /// The key that may sign the next leaf under this fingerprint.
    pub fn may_sign(&self, fingerprint: &str) -> Result<&Key, Fault> {
        let key = self.key(fingerprint);
        let key = key.ok_or_else(|| Fault::Unknown { fingerprint: fingerprint.into() })?;
        match &key.revoked {
            None => Ok(key),
            Some(revoked) => Err(Fault::Revoked {
                fingerprint: fingerprint.into(),
                name: key.name.clone(),
                since: revoked.leaf,
            }),
        }
    }

    /// The key of this fingerprint, if it was ever enrolled.
    pub fn key(&self, fingerprint: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.fingerprint == fingerprint)
    }

    /// The newest key of this name that may sign.
    pub fn key_of(&self, name: &str) -> Option<&Key> {
        self.keys.iter().rev().find(|key| key.name == name && key.revoked.is_none())
    }

    /// Every key that was ever enrolled, in that order: the first opened the case.
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The leaf by which the rule of two persons came into force, if it is.
    pub fn two_person(&self) -> Option<u64> {
        self.rule
    }

    /// Acts that await a second person's approval, by leaf.
    pub fn pending(&self) -> &BTreeMap<u64, Pending> {
        &self.pending
    }

    /// A disclosure that may be made: of these fields at least, of exactly these items.
    pub fn disclosure(&self, fields: &[String], list: Sha256) -> Option<u64> {
        let covers = |one: &Disclosure| {
            one.list == list && fields.iter().all(|field| one.fields.contains(field))
        };
        self.disclosures.iter().find(|(_, one)| covers(one)).map(|(leaf, _)| *leaf)
    }

    /// Who can recover what is sealed from here on, unless their key was revoked.
    pub fn recovery(&self) -> Option<&Recovery> {
        self.recovery.as_ref().filter(|_| self.recovery_key().is_some())
    }

    /// The recovery key in force.
    pub fn recovery_key(&self) -> Option<&Key> {
        self.keys.iter().find(|key| key.recovery && key.revoked.is_none())
    }

    /// The leaf from which on the erasure of leaf `leaf` counts: its own, or that of its approval
    /// where it needed one. `None` where it has no effect so far.
    pub fn erasure(&self, leaf: u64) -> Option<u64> {
        self.erasures.get(&leaf).copied()
    }

    /// Erasures that count, by their leaves.
    pub fn erasures(&self) -> impl Iterator<Item = u64> + '_ {
        self.erasures.keys().copied()
    }

    /// Leaves about actors, in order, whether they count or not; among them erasures that needed
    /// two persons.
    pub fn records(&self) -> &[u64] {
        &self.records
    }

    /// What an export from the log's first `size` leaves says of the records about actors.
    pub fn digest_below(&self, size: u64) -> Option<Sha256> {
        let below: Vec<u64> = self.records.iter().copied().filter(|leaf| *leaf < size).collect();
        (!below.is_empty()).then(|| Sha256::of(&canonical::to_bytes(&below)))
    }

    /// Leaves that were signed while their key could, and are not to be believed since somebody
    /// else may have had it: in the order of the keys. Records about actors are not among them:
    /// what such a key brought in was revoked with it.
    pub fn disbelieved(&self) -> Vec<(u64, &Key)> {
        let mut leaves = Vec::new();
        for key in &self.keys {
            let Some(from) = key.revoked.as_ref().and_then(|revoked| revoked.from) else {
                continue;
            };
            let late = key.signed.iter().filter(|leaf| **leaf >= from);
            let other = late.filter(|leaf| self.records.binary_search(leaf).is_err());
            leaves.extend(other.map(|leaf| (*leaf, key)));
        }
        leaves
    }

    /// How many persons there would be without the keys named.
    pub(crate) fn persons_without(&self, revoked: &[String]) -> usize {
        let mut names: Vec<&str> = self
            .keys
            .iter()
            .filter(|key| key.holder == Holder::Person && key.revoked.is_none())
            .filter(|key| !revoked.contains(&key.fingerprint))
            .map(|key| key.name.as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    }

    pub(crate) fn enrol(&mut self, key: Key) {
        self.keys.push(key);
    }

    /// What the revoked keys had proposed goes with them.
    pub(crate) fn drop_proposals(&mut self) {
        let keys = &self.keys;
        let revoked =
            |by: &str| keys.iter().any(|key| key.fingerprint == by && key.revoked.is_some());
        self.pending.retain(|_, pending| !revoked(&pending.by));
    }

    fn open(&mut self, genesis: &Genesis, leaf: &Leaf) -> Result<(), Fault> {
        let unknown = || Fault::Unknown { fingerprint: leaf.actor.clone() };
        let key = sshsig::parse_public_key_line(&genesis.actor_key).ok_or_else(unknown)?;
        let mut first = Key::new(&genesis.actor_name, key, Holder::Person, 0);
        let own = first.fingerprint == leaf.actor;
        if own {
            first.signed.push(0);
        }
        self.keys = vec![first];
        own.then_some(()).ok_or_else(unknown)
    }

    /// An act about keys, of weight or not: it takes effect, or waits for a second person.
    fn act(&mut self, index: u64, leaf: &Leaf, bytes: &[u8], holder: Holder) -> Result<(), Fault> {
        if holder != Holder::Person {
            return Err(Fault::Act("a machine decides nothing about keys".into()));
        }
        acts::possible(self, index, &leaf.event).map_err(Fault::Act)?;
        let by = leaf.actor.clone();
        if self.rule.is_some() && needs_two(&leaf.event) {
            let hash = Sha256(custody::leaf_hash(bytes));
            self.pending.insert(index, Pending { event: leaf.event.clone(), hash, by });
        } else {
            acts::take_effect(self, (index, index), &leaf.event, vec![(by, index)]);
        }
        Ok(())
    }

    /// What holders of the recovery key sign together: changes of keys, which count at once.
    fn recovered(&mut self, index: u64, leaf: &Leaf) -> Result<(), Fault> {
        if !matches!(leaf.event, Event::Enrolment(_) | Event::Revocation(_)) {
            let why = "a recovery key enrols and revokes keys, and signs nothing else";
            return Err(Fault::Act(why.into()));
        }
        acts::possible(self, index, &leaf.event).map_err(Fault::Act)?;
        let vouchers = vec![(leaf.actor.clone(), index)];
        acts::take_effect(self, (index, index), &leaf.event, vouchers);
        Ok(())
    }

    /// A second person's approval: another person, and of exactly this act.
    fn approve(
        &mut self,
        index: u64,
        approval: &Approval,
        fingerprint: &str,
        (name, holder): (&str, Holder),
    ) -> Result<(), Fault> {
        let no = |why: &str| Err(Fault::Approval(why.into()));
        let Some(pending) = self.pending.get(&approval.leaf).cloned() else {
            return no(&format!("leaf {} awaits no approval", approval.leaf));
        };
        if pending.hash != approval.hash {
            return no(&format!("leaf {} is another record than it names", approval.leaf));
        }
        if holder != Holder::Person {
            return no("a machine approves nothing");
        }
        if self.key(&pending.by).is_none_or(|key| key.name == name) {
            return no("it is by the person who recorded the act");
        }
        acts::possible(self, index, &pending.event).map_err(Fault::Approval)?;
        self.pending.remove(&approval.leaf);
        let vouchers = vec![(pending.by, approval.leaf), (fingerprint.into(), index)];
        acts::take_effect(self, (approval.leaf, index), &pending.event, vouchers);
        Ok(())
    }

    /// Under the rule, what is disclosed was approved by a second person, for this export alone.
    fn export(&mut self, export: &Export) -> Result<(), Fault> {
        if self.rule.is_none() || export.disclosed.is_empty() {
            return Ok(());
        }
        let no = |why: &str| Err(Fault::Disclosure(why.into()));
        let Some(leaf) = export.disclosure else {
            return no("names no record that two persons signed");
        };
        let Some(allowed) = self.disclosures.get(&leaf) else {
            return no(&format!("leaf {leaf} is no disclosure that a second person approved"));
        };
        if allowed.list != export.list.sha256
            || !export.disclosed.iter().all(|field| allowed.fields.contains(field))
        {
            return no(&format!("leaf {leaf} allows other fields or items"));
        }
        self.disclosures.remove(&leaf);
        Ok(())
    }
}

impl Key {
    pub(crate) fn new(name: &str, key: PublicKey, holder: Holder, enrolled: u64) -> Self {
        Self {
            name: name.into(),
            fingerprint: sshsig::fingerprint(&key),
            key,
            holder,
            recovery: false,
            enrolled,
            revoked: None,
            vouchers: Vec::new(),
            signed: Vec::new(),
        }
    }
}
