//! The verbs that keep what is kept: scrub, and what is done with second copies.

use crate::verbs::{Failure, Shell};
use crate::{print, progress};
use clap::Args as ClapArgs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tasks::{Ask, mirror, repair, scrub};

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

/// Where a second copy lies, and what is wanted of it.
#[derive(Debug, ClapArgs)]
pub(crate) struct MirrorArgs {
    /// Folder of the mirror, made if it is not there; or sftp://USER@HOST/PATH, s3://BUCKET/PREFIX.
    target: Option<PathBuf>,
    /// Make the new mirror an OCFL 1.1 storage root (in the folder `ocfl` of it).
    #[arg(long, requires = "target")]
    ocfl: bool,
    /// The address of an S3-like store that is not Amazon's, such as `https://store.example`.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide_env_values = true)]
    endpoint: Option<String>,
    /// Mirror `private/` too: secret keys and withheld values.
    #[arg(long, requires = "target")]
    with_private: bool,
    /// Write nothing: say how the two stand to each other.
    #[arg(long, requires = "target")]
    compare: bool,
    /// Bring the log on even if an object of the case is damaged or missing.
    #[arg(long, requires = "target")]
    incomplete: bool,
    /// Keep the last checkpoint in FOLDER too, and refuse to record when it has seen a newer one.
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["target", "unguard"])]
    guard: Option<PathBuf>,
    /// End the guard in FOLDER.
    #[arg(long, value_name = "FOLDER", conflicts_with = "target")]
    unguard: Option<PathBuf>,
}

/// What to put back, and where from.
#[derive(Debug, ClapArgs)]
pub(crate) struct RepairArgs {
    /// A mirror (also sftp://…, s3://…), another copy of the case, or a bundle (folder or zip).
    from: PathBuf,
    /// The address of an S3-like store that is not Amazon's, such as `https://store.example`.
    #[arg(long, value_name = "URL", env = "AWS_ENDPOINT_URL", hide_env_values = true)]
    endpoint: Option<String>,
    /// The log's verifier key, as you wrote it down.
    #[arg(long, value_name = "KEY")]
    trust: Option<String>,
    /// Put an older checkpoint in the place of one that is lost.
    #[arg(long)]
    older: bool,
    /// Record nothing in the custody log, and ask for no passphrase.
    #[arg(long)]
    unrecorded: bool,
}

impl Shell<'_> {
    pub(crate) fn repair(&mut self, wanted: RepairArgs, ask: Ask<'_>) -> Result<bool, Failure> {
        let request = repair::Request {
            from: wanted.from,
            endpoint: wanted.endpoint,
            trusted: wanted.trust,
            older: wanted.older,
            unrecorded: wanted.unrecorded,
        };
        let bar = progress::bar(self.quiet);
        let step = |done, of| progress::step(&bar, done, of, "looking at objects");
        let outcome = repair::run(self.case, &request, ask, &step)?;
        bar.finish_and_clear();
        self.say(&outcome, repaired)?;
        Ok(outcome.holds && outcome.unrecorded.is_none())
    }

    pub(crate) fn mirror(&mut self, wanted: &MirrorArgs) -> Result<bool, Failure> {
        let guarded = match (&wanted.target, &wanted.guard, &wanted.unguard) {
            (Some(target), ..) => return self.mirror_to(target, wanted),
            (_, Some(folder), _) => mirror::add_guard(self.case, folder)?,
            (_, _, Some(folder)) => mirror::end_guard(self.case, folder)?,
            _ => mirror::guards(self.case)?,
        };
        self.say(&guarded, guards)?;
        Ok(true)
    }

    fn mirror_to(&mut self, target: &Path, wanted: &MirrorArgs) -> Result<bool, Failure> {
        let request = mirror::Request {
            with_private: wanted.with_private,
            compare: wanted.compare,
            incomplete: wanted.incomplete,
        };
        let bar = progress::bar(self.quiet);
        let mut step = |done, of| progress::step(&bar, done, of, "mirroring objects");
        let target = mirror::Target::named(target, wanted.ocfl, wanted.endpoint.as_deref());
        let outcome = mirror::run(self.case, &target, request, &mut step)?;
        bar.finish_and_clear();
        self.say(&outcome, mirrored)?;
        Ok(outcome.holds)
    }

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

fn mirrored(out: &mut dyn Write, outcome: &mirror::Outcome) -> io::Result<()> {
    print::findings(out, &outcome.findings)?;
    let target = &outcome.target;
    match outcome.standing {
        "new" => write!(out, "There was no mirror in {target}")?,
        "same" => write!(out, "{target} had the same {} record(s)", outcome.records)?,
        "behind" => write!(out, "{target} was behind by {} record(s)", outcome.apart)?,
        "ahead" => write!(out, "{target} is AHEAD by {} record(s)", outcome.apart)?,
        "forked" => write!(out, "{target} and this case are FORKED")?,
        _ => write!(out, "{target} is FOREIGN")?,
    }
    if outcome.compared_only || matches!(outcome.standing, "ahead" | "forked" | "foreign") {
        return writeln!(out, "; nothing was written.");
    }
    writeln!(
        out,
        "; copied and read back: {} object(s), {} bytes, {} log file(s).",
        outcome.objects, outcome.bytes, outcome.log_files
    )?;
    match outcome.private_files {
        Some(files) => writeln!(
            out,
            "private/ went along ({files} file(s)): whoever has the mirror has keys and withheld \
             values."
        )?,
        None => writeln!(
            out,
            "private/ (keys, withheld values) was NOT mirrored; --with-private mirrors it too."
        )?,
    }
    if outcome.holds {
        writeln!(out, "The mirror is up to date: {} record(s).", outcome.records)
    } else {
        writeln!(out, "The mirror is NOT whole: see the faults above.")
    }
}

fn guards(out: &mut dyn Write, guarded: &mirror::Guarded) -> io::Result<()> {
    if guarded.guards.is_empty() {
        return writeln!(
            out,
            "The case has no guard: an old copy that is put back goes unnoticed."
        );
    }
    for guard in &guarded.guards {
        writeln!(out, "guarded by {}", guard.display())?;
    }
    Ok(())
}

fn repaired(out: &mut dyn Write, outcome: &repair::Outcome) -> io::Result<()> {
    print::recovered(out, &outcome.recovered)?;
    print::findings(out, &outcome.findings)?;
    writeln!(
        out,
        "{}: put back {} object(s), {} file(s) of the log and {} other(s) from the {}.",
        if outcome.holds { "MENDED" } else { "NOT WHOLE: see the faults above" },
        outcome.objects,
        outcome.log_files,
        outcome.others,
        outcome.from
    )?;
    if outcome.gained > 0 {
        writeln!(out, "The case had lost {} record(s), and has them again.", outcome.gained)?;
    }
    match (&outcome.leaf, &outcome.unrecorded) {
        (Some(leaf), _) => writeln!(out, "Record {leaf} of the custody log says so."),
        (None, Some(why)) => writeln!(out, "NOT recorded: {why}"),
        (None, None) => writeln!(out, "Nothing was recorded."),
    }
}
