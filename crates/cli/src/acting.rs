//! The verbs about who may sign: `actor` and `approve`.

use crate::verbs::{Failure, Shell};
use crate::{ask, print, sealing};
use clap::{Args, Subcommand, ValueEnum};
use std::io::{self, Write};
use std::path::PathBuf;
use tasks::{Ask, actor};

/// What to do about actors.
#[derive(Debug, Subcommand)]
pub(crate) enum ActorVerb {
    /// Show whose keys may sign, whose were revoked, and what awaits approval.
    List,
    /// Let another key sign.
    Enrol {
        /// Whose it is; an alias will do.
        name: String,
        /// It is a machine's: it records, and decides nothing about keys.
        #[arg(long)]
        machine: bool,
        #[command(flatten)]
        key: NewKey,
    },
    /// Let a key sign no more.
    Revoke {
        /// Whose key, or which, by its fingerprint.
        name: String,
        /// Why, on record.
        #[arg(long)]
        reason: String,
        /// The first record by it that is not to be believed, where somebody else may have had it.
        #[arg(long, value_name = "LEAF")]
        from: Option<u64>,
    },
    /// Put a new key in place of an old one.
    Rotate {
        /// Whose.
        name: String,
        #[command(flatten)]
        key: NewKey,
    },
    /// Have two persons sign what weighs: changes of keys, and disclosures.
    TwoPerson {
        /// Whether.
        rule: Rule,
    },
}

/// Where a new key comes from.
#[derive(Debug, Args)]
pub(crate) struct NewKey {
    /// Public key of one that an ssh-agent or security key holds; else a key is made.
    #[arg(long, value_name = "FILE.pub")]
    key: Option<PathBuf>,
    /// Leave their keys unencrypted: whoever has the folder can sign in their name.
    #[arg(long)]
    unprotected: bool,
    /// Read their passphrase from the first line of FILE (else CASEFILE_NEW_PASSPHRASE, else a
    /// prompt).
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
}

/// Whether a rule holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rule {
    /// It does.
    On,
    /// It does not.
    Off,
}

impl Shell<'_> {
    pub(crate) fn actor(&mut self, verb: ActorVerb, ask: Ask<'_>) -> Result<bool, Failure> {
        let decided = match verb {
            ActorVerb::List => {
                let state = actor::list(self.case)?;
                self.say(&state, listed)?;
                return Ok(true);
            }
            ActorVerb::Enrol { name, machine, key } => {
                actor::enrol(self.case, new_key(name, machine, key)?, ask)?
            }
            ActorVerb::Rotate { name, key } => {
                actor::rotate(self.case, new_key(name, false, key)?, ask)?
            }
            ActorVerb::Revoke { name, reason, from } => {
                actor::revoke(self.case, &name, &reason, from, ask)?
            }
            ActorVerb::TwoPerson { rule } => actor::two_person(self.case, rule == Rule::On, ask)?,
        };
        self.say(&decided, changed)?;
        Ok(true)
    }

    pub(crate) fn approve(&mut self, leaves: &[u64], ask: Ask<'_>) -> Result<bool, Failure> {
        let decided = actor::approve(self.case, leaves, ask)?;
        self.say(&decided, changed)?;
        Ok(true)
    }
}

pub(crate) fn new_key(name: String, machine: bool, key: NewKey) -> Result<actor::New, Failure> {
    let passphrase = if key.unprotected {
        None
    } else {
        Some(ask::passphrase_of_another(key.new_passphrase_file.as_deref())?)
    };
    Ok(actor::New { name, machine, key: key.key, passphrase })
}

pub(crate) fn changed(out: &mut dyn Write, decided: &actor::Decided) -> io::Result<()> {
    print::recovered(out, &decided.recovered)?;
    let numbers = |leaves: &[u64]| leaves.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
    if let Some(key) = &decided.key {
        writeln!(out, "Key {key}.")?;
    }
    writeln!(out, "On record: {}.", numbers(&decided.leaves))?;
    for item in &decided.erased {
        writeln!(out, "Erased: {item}.")?;
    }
    if !decided.erased.is_empty() {
        writeln!(out, "Keys are destroyed ({} file(s)).", decided.key_files)?;
        sealing::not_reached(out)?;
    }
    if !decided.pending.is_empty() {
        let pending = numbers(&decided.pending);
        writeln!(
            out,
            "It counts once a second person has approved: `casefile --as NAME approve {pending}`."
        )?;
    }
    Ok(())
}

fn listed(out: &mut dyn Write, state: &actor::State) -> io::Result<()> {
    for key in &state.keys {
        let kind = if key.machine { ", a machine" } else { "" };
        let name = print::clean(&key.name);
        write!(out, "{name}{kind}: {}, since record {}", key.key, key.enrolled)?;
        if let Some(leaf) = key.revoked {
            let reason = print::clean(key.reason.as_deref().unwrap_or_default());
            write!(out, "; revoked at record {leaf} ({reason})")?;
        }
        if let Some(from) = key.disbelieved_from {
            write!(out, "; not to be believed from record {from} on")?;
        }
        writeln!(out)?;
    }
    match state.two_person {
        Some(leaf) => writeln!(out, "Two persons sign what weighs, since record {leaf}.")?,
        None => writeln!(out, "Each person decides alone.")?,
    }
    for one in &state.pending {
        let words = actor::words(&one.act);
        let (by, words) = (print::clean(&one.by), print::clean(&words));
        writeln!(out, "{:>6}  awaits approval: {by} {words}", one.leaf)?;
    }
    Ok(())
}
