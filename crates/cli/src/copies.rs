//! The verbs that keep what is kept: scrub, and what is done with second copies.

use crate::verbs::{Failure, Shell};
use crate::{print, progress};
use clap::Args as ClapArgs;
use std::io::{self, Write};
use tasks::{Ask, scrub};

/// How to scrub.
#[derive(Debug, ClapArgs)]
pub(crate) struct ScrubArgs {
    /// Read no faster than this, such as 20MB/s.
    #[arg(long, value_name = "RATE")]
    rate: Option<String>,
    /// Begin anew where an earlier scrub was interrupted.
    #[arg(long)]
    anew: bool,
    /// Record nothing in the custody log, and ask for no passphrase.
    #[arg(long)]
    unrecorded: bool,
}

impl Shell<'_> {
    pub(crate) fn scrub(&mut self, wanted: &ScrubArgs, ask: Ask<'_>) -> Result<bool, Failure> {
        let request = scrub::Request {
            rate_bytes: wanted.rate.as_deref().map(scrub::parse_rate).transpose()?,
            anew: wanted.anew,
            unrecorded: wanted.unrecorded,
        };
        let bar = progress::bar(self.quiet);
        let step = |done, of| progress::step(&bar, done, of, "reading objects again");
        let outcome = scrub::run(self.case, &request, ask, &step)?;
        bar.finish_and_clear();
        self.say(&outcome, scrubbed)?;
        Ok(outcome.holds && outcome.unrecorded.is_none())
    }
}

fn scrubbed(out: &mut dyn Write, outcome: &scrub::Outcome) -> io::Result<()> {
    print::recovered(out, &outcome.recovered)?;
    print::findings(out, &outcome.findings)?;
    writeln!(
        out,
        "{}: {} object(s) read again, {} bytes, and {} record(s) checked, since {}.",
        if outcome.holds { "WHOLE" } else { "NOT WHOLE: see the faults above" },
        outcome.objects,
        outcome.bytes,
        outcome.records,
        outcome.began,
    )?;
    if outcome.seen_before > 0 {
        writeln!(out, "{} of them before it was interrupted.", outcome.seen_before)?;
    }
    match (&outcome.leaf, &outcome.unrecorded) {
        (Some(leaf), _) => writeln!(out, "Record {leaf} of the custody log says so."),
        (None, Some(why)) => writeln!(
            out,
            "NOT recorded: {why}\nRun it again for the record: nothing must be read again."
        ),
        (None, None) => writeln!(out, "Nothing was recorded, as you wished."),
    }
}
