//! The acts about keys: which are possible as the roster stands, and what they change.

use crate::roster::{Key, Revoked, Roster};
use custody::sshsig;
use record::{Enrolment, Event, Holder, Recovery, Revocation};
use std::collections::BTreeSet;

/// Most bytes of a name: it goes into lists that people read.
pub(crate) const NAME_LIMIT_BYTES: usize = 100;

/// Fewest persons under the rule of two: with one alone nothing could be approved any more, not
/// even the end of the rule.
const PERSONS_UNDER_RULE: usize = 2;

/// Most holders of a recovery key.
const HOLDERS_LIMIT: usize = 16;

/// Characters of a recipient behind `age1`: 52 for 32 bytes, and 6 that check them.
const RECIPIENT_DIGITS: usize = 58;

/// Whether an act could take effect at leaf `index`; else why not.
pub(crate) fn possible(roster: &Roster, index: u64, event: &Event) -> Result<(), String> {
    match event {
        Event::Enrolment(enrolment) => enrolment_possible(roster, enrolment),
        Event::Revocation(revocation) => revocation_possible(roster, index, revocation),
        Event::Recovery(recovery) => recovery_possible(roster, recovery),
        Event::TwoPerson(rule) if rule.on == roster.rule.is_some() => {
            Err("it changes nothing".into())
        }
        Event::TwoPerson(rule) if rule.on && roster.persons_without(&[]) < PERSONS_UNDER_RULE => {
            Err("fewer than two persons are enrolled".into())
        }
        _ => Ok(()),
    }
}

/// Makes a possible act true. `leaf` is the act's, `index` that from which on it counts: its own,
/// or its approval's. `vouchers` are the keys that signed them.
pub(crate) fn take_effect(
    roster: &mut Roster,
    (leaf, index): (u64, u64),
    event: &Event,
    vouchers: Vec<(String, u64)>,
) {
    match event {
        Event::Enrolment(enrolment) => {
            if let Some(key) = sshsig::parse_public_key_line(&enrolment.key) {
                let mut key = Key::new(&enrolment.name, key, enrolment.kind, index);
                key.vouchers = vouchers;
                roster.enrol(key);
            }
        }
        Event::Revocation(revocation) => revoke(roster, index, revocation),
        Event::TwoPerson(rule) => roster.rule = rule.on.then_some(index),
        Event::Disclosure(disclosure) => {
            roster.disclosures.insert(leaf, disclosure.clone());
        }
        Event::Recovery(recovery) => replace_recovery(roster, index, recovery),
        Event::Erasure(_) => {
            roster.erasures.insert(leaf, index);
        }
        _ => {}
    }
}

fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= NAME_LIMIT_BYTES
        && name.trim() == name
        && !name.chars().any(char::is_control)
}

/// Whether a text is of the form of an age recipient: bech32 of 32 bytes (C2SP age, "X25519").
fn is_recipient(text: &str) -> bool {
    let digits = text.strip_prefix("age1");
    digits.is_some_and(|digits| {
        digits.len() == RECIPIENT_DIGITS
            && digits.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
    })
}

fn recovery_possible(roster: &Roster, recovery: &Recovery) -> Result<(), String> {
    let names: BTreeSet<&str> = recovery.holders.iter().map(|one| one.name.as_str()).collect();
    let count = recovery.holders.len();
    if names.len() != count || !names.iter().all(|name| is_name(name)) {
        return Err("a holder's name is none, or stands there twice".into());
    }
    if !(2..=count as u64).contains(&recovery.threshold) || count > HOLDERS_LIMIT {
        return Err("it takes at least two holders and at most all of them, of 16".into());
    }
    let key = sshsig::parse_public_key_line(&recovery.key);
    let fresh = key.is_some_and(|key| roster.key(&sshsig::fingerprint(&key)).is_none());
    if fresh && is_recipient(&recovery.recipient) {
        return Ok(());
    }
    Err("its key or recipient is none, or was on the roster before".into())
}

/// One recovery key at a time: the one before goes.
fn replace_recovery(roster: &mut Roster, index: u64, recovery: &Recovery) {
    let Some(key) = sshsig::parse_public_key_line(&recovery.key) else { return };
    for old in roster.keys.iter_mut().filter(|key| key.recovery && key.revoked.is_none()) {
        let reason = "replaced by another recovery key".into();
        old.revoked = Some(Revoked { leaf: index, reason, from: None });
    }
    let name = format!("recovery, {} of {}", recovery.threshold, recovery.holders.len());
    let mut key = Key::new(&name, key, Holder::Machine, index);
    key.recovery = true;
    roster.enrol(key);
    roster.recovery = Some(recovery.clone());
}

fn enrolment_possible(roster: &Roster, enrolment: &Enrolment) -> Result<(), String> {
    let name = enrolment.name.as_str();
    if !is_name(name) {
        return Err("its name is none".into());
    }
    let Some(key) = sshsig::parse_public_key_line(&enrolment.key) else {
        return Err("its key is none that casefile knows".into());
    };
    if let Some(known) = roster.key(&sshsig::fingerprint(&key)) {
        // A key comes once: who had it while it was revoked cannot be told.
        return Err(match &known.revoked {
            Some(revoked) => format!("the key was revoked at leaf {}", revoked.leaf),
            None => "the key is enrolled already".into(),
        });
    }
    if roster.keys.iter().any(|key| key.name == name && key.holder != enrolment.kind) {
        return Err("the name is both a person's and a machine's".into());
    }
    Ok(())
}

fn revocation_possible(roster: &Roster, index: u64, revocation: &Revocation) -> Result<(), String> {
    let Some(key) = roster.key(&revocation.key) else {
        return Err("its key was never enrolled".into());
    };
    if revocation.from.is_some_and(|from| from <= key.enrolled || from > index) {
        return Err(
            "the leaf from which on the key is not to be believed is none of its time".into()
        );
    }
    if let Some(revoked) = &key.revoked {
        let earlier = match (revocation.from, revoked.from) {
            (Some(from), Some(before)) => from < before,
            (from, None) => from.is_some(),
            (None, Some(_)) => false,
        };
        if !earlier {
            return Err(format!("the key was revoked at leaf {}", revoked.leaf));
        }
    }
    let fewest = if roster.rule.is_some() { PERSONS_UNDER_RULE } else { 1 };
    if roster.persons_without(&falling(roster, revocation)) < fewest {
        return Err(format!("it would leave fewer than {fewest} person(s)"));
    }
    Ok(())
}

/// The keys that go with a revocation: the one it names, and where it is not to be believed from
/// some leaf on, those that it helped to enrol from there on, and theirs.
fn falling(roster: &Roster, revocation: &Revocation) -> Vec<String> {
    let mut falling = vec![revocation.key.clone()];
    let Some(from) = revocation.from else { return falling };
    let mut at = 0;
    while let Some(fallen) = falling.get(at).cloned() {
        // What a fallen key's own children signed is void from their first leaf on.
        let from = if at == 0 { from } else { 0 };
        for key in &roster.keys {
            let vouched = key.vouchers.iter().any(|(by, leaf)| *by == fallen && *leaf >= from);
            if vouched && !falling.contains(&key.fingerprint) {
                falling.push(key.fingerprint.clone());
            }
        }
        at += 1;
    }
    falling
}

fn revoke(roster: &mut Roster, index: u64, revocation: &Revocation) {
    let falling = falling(roster, revocation);
    for key in &mut roster.keys {
        if !falling.contains(&key.fingerprint) {
            continue;
        }
        let named = key.fingerprint == revocation.key;
        let from = if named {
            revocation.from
        } else {
            // It should never have been there.
            Some(key.enrolled.saturating_add(1))
        };
        let leaf = key.revoked.as_ref().map_or(index, |revoked| revoked.leaf);
        key.revoked = Some(Revoked { leaf, reason: revocation.reason.clone(), from });
    }
    roster.drop_proposals();
}
