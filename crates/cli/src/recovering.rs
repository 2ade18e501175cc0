//! The verb `recovery`: holders of a key that opens what is sealed, and changes keys, when so many
//! of them meet.

use crate::acting::{NewKey, changed, new_key};
use crate::print;
use crate::verbs::{Failure, Shell};
use clap::Subcommand;
use std::io::{self, Write};
use std::path::PathBuf;
use tasks::{Ask, recovery};

/// What to do about recovery.
#[derive(Debug, Subcommand)]
pub(crate) enum RecoveryVerb {
    /// Make a recovery key and name who holds shares of it.
    Set {
        /// How many holders must meet.
        #[arg(long, value_name = "K")]
        threshold: u8,
        /// A holder, with the public key of an age identity of theirs; repeat for each.
        #[arg(long = "holder", value_name = "NAME=age1…", required = true)]
        holders: Vec<String>,
    },
    /// Hand a share out to its holder: encrypted to them, or opened by their identity.
    Share {
        /// Whose.
        name: String,
        /// Their identity: then the share's text is written, to be printed or brought along.
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
        /// Where it is to be put; must not exist.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Let another key sign, by the holders who have met.
    Enrol {
        /// Whose it is; the name of somebody who has lost theirs, or another.
        name: String,
        /// Texts of shares, as many as it takes.
        #[arg(long = "share", value_name = "FILE", required = true)]
        shares: Vec<PathBuf>,
        #[command(flatten)]
        key: NewKey,
    },
    /// Let a key sign no more, by the holders who have met.
    Revoke {
        /// Whose key, or which, by its fingerprint.
        name: String,
        /// Texts of shares, as many as it takes.
        #[arg(long = "share", value_name = "FILE", required = true)]
        shares: Vec<PathBuf>,
        /// Why, on record.
        #[arg(long)]
        reason: String,
        /// The first record by it that is not to be believed, where somebody else may have had it.
        #[arg(long, value_name = "LEAF")]
        from: Option<u64>,
    },
}

impl Shell<'_> {
    pub(crate) fn recovery(&mut self, verb: RecoveryVerb, ask: Ask<'_>) -> Result<bool, Failure> {
        match verb {
            RecoveryVerb::Set { threshold, holders } => {
                let named = recovery::set(self.case, threshold, &holders, ask)?;
                self.say(&named, named_holders)?;
            }
            RecoveryVerb::Share { name, identity, out } => {
                let handed = recovery::share(self.case, &name, identity.as_deref(), &out)?;
                self.say(&handed, handed_out)?;
            }
            RecoveryVerb::Enrol { name, shares, key } => {
                let decided = recovery::enrol(self.case, new_key(name, false, key)?, &shares)?;
                self.say(&decided, changed)?;
            }
            RecoveryVerb::Revoke { name, shares, reason, from } => {
                let decided = recovery::revoke(self.case, &name, &reason, from, &shares)?;
                self.say(&decided, changed)?;
            }
        }
        Ok(true)
    }
}

fn named_holders(out: &mut dyn Write, named: &recovery::Named) -> io::Result<()> {
    print::recovered(out, &named.recovered)?;
    let holders: Vec<String> = named.holders.iter().map(|name| print::clean(name)).collect();
    writeln!(
        out,
        "Record {}: any {} of {} together recover what is sealed from here on, and keys.",
        named.leaf,
        named.threshold,
        holders.join(", ")
    )?;
    writeln!(out, "Sealed items are for {} too.", named.recipient)?;
    if named.sealed_before > 0 {
        writeln!(
            out,
            "NOT covered: {} item(s) that were sealed before. Take them in again, by who can open \
             them, if losing those identities must not lose them.",
            named.sealed_before
        )?;
    }
    for name in &holders {
        writeln!(out, "Hand on a share: casefile recovery share '{name}' -o FILE")?;
    }
    if named.pending {
        writeln!(
            out,
            "It counts once a second person has approved: `casefile --as NAME approve {}`.",
            named.leaf
        )?;
    }
    Ok(())
}

fn handed_out(out: &mut dyn Write, handed: &recovery::Handed) -> io::Result<()> {
    let (holder, place) = (print::clean(&handed.holder), handed.out.display());
    if handed.opened {
        writeln!(out, "The share of {holder}, in the open, is in {place}: keep it from all others.")
    } else {
        writeln!(out, "The share of {holder} is in {place}; only they can open it.")
    }
}
