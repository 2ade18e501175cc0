//! The verbs about sealed items: opened by who may, erased when consent is withdrawn.

use crate::print;
use crate::verbs::{Failure, Shell};
use clap::Args as ClapArgs;
use std::io::{self, Write};
use std::path::PathBuf;
use tasks::{Ask, erase, unseal};

/// Withheld fields that may be disclosed: the first three of any item, the others of a sealed one.
pub(crate) const FIELDS: [&str; 13] = [
    "collector",
    "machine",
    "identity",
    "key",
    "plain",
    "name",
    "name_bytes",
    "recipients",
    "file_modified",
    "source",
    "address",
    "obtained",
    "note",
];

/// Which sealed item to open, and with what.
#[derive(Debug, ClapArgs)]
pub(crate) struct UnsealArgs {
    /// Number, name, or at least four digits of the SHA-256 of the sealed bytes.
    item: String,
    /// Identities, as age-keygen writes them.
    #[arg(long, value_name = "FILE", required_unless_present = "shares")]
    identity: Option<PathBuf>,
    /// Texts of shares of the recovery key, as many as it takes, in place of an identity.
    #[arg(long = "share", value_name = "FILE", conflicts_with = "identity")]
    shares: Vec<PathBuf>,
    /// Where the plain bytes are to be put, outside the case; must not exist.
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Which sealed item to erase, and why.
#[derive(Debug, ClapArgs)]
pub(crate) struct EraseArgs {
    /// Number, name, or at least four digits of the SHA-256 of the sealed bytes.
    item: String,
    /// Why, in words that everybody may read.
    #[arg(long, value_name = "WORDS")]
    reason: String,
}

impl Shell<'_> {
    pub(crate) fn unseal(&mut self, wanted: &UnsealArgs) -> Result<bool, Failure> {
        let out = wanted.out.as_deref();
        let with = match &wanted.identity {
            Some(identity) => unseal::With::Identity(identity),
            None => unseal::With::Shares(&wanted.shares),
        };
        let outcome = unseal::run(self.case, &wanted.item, with, out)?;
        self.say(&outcome, unsealed)?;
        Ok(true)
    }

    pub(crate) fn erase(&mut self, wanted: &EraseArgs, ask: Ask<'_>) -> Result<bool, Failure> {
        let outcome = erase::run(self.case, &wanted.item, &wanted.reason, ask)?;
        self.say(&outcome, erased)?;
        Ok(true)
    }
}

fn unsealed(out: &mut dyn Write, outcome: &unseal::Outcome) -> io::Result<()> {
    writeln!(
        out,
        "Item {} opens to what was taken in: {} bytes, {}",
        outcome.number, outcome.plain.size, outcome.plain.sha256
    )?;
    for (field, value) in &outcome.fields {
        writeln!(out, "  {field:<13} {}", print::clean(&value.replace('\n', " ")))?;
    }
    match &outcome.out {
        Some(path) => writeln!(out, "Its plain bytes are in {}", path.display()),
        None => writeln!(out, "Nothing was written; -o FILE puts its plain bytes there."),
    }
}

fn erased(out: &mut dyn Write, outcome: &erase::Outcome) -> io::Result<()> {
    print::recovered(out, &outcome.recovered)?;
    let (number, leaf, files) = (outcome.number, outcome.leaf, outcome.key_files);
    if outcome.pending {
        writeln!(out, "Record {leaf} of the custody log asks for the erasure of item {number}.")?;
        return writeln!(
            out,
            "Nothing is destroyed until another person approves it: `casefile --as NAME approve \
             {leaf}`."
        );
    }
    if outcome.before {
        writeln!(out, "Item {number} was erased before, by record {leaf} of the custody log.")?;
        writeln!(out, "{files} key file(s) that had come back were destroyed.")?;
    } else {
        writeln!(out, "Erased item {number}: record {leaf} of the custody log says so.")?;
        writeln!(
            out,
            "Its key is destroyed ({files} file(s)), and with it what was withheld about it: {}.",
            outcome.openings.join(", ")
        )?;
    }
    if outcome.set_aside > 0 {
        writeln!(
            out,
            "private/unacknowledged/ holds {} key file(s) of interrupted captures. Whether one is \
             of the same bytes\nonly a recipient can tell: destroy them too unless you know.",
            outcome.set_aside
        )?;
    }
    not_reached(out)
}

/// What an erasure leaves: nobody may be led to believe that it goes further than it does.
pub(crate) fn not_reached(out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "NOT reached: backups, mirrors until `casefile mirror` next runs on them, bundles that \
         disclosed the key,\nand what a solid-state disk or a snapshot keeps of an overwritten \
         file."
    )
}
