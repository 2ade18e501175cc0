//! The verbs by which two archives hand items over: `receive` there, `acknowledge` here.

use crate::verbs::{Failure, Shell};
use crate::{print, progress};
use clap::Args as ClapArgs;
use std::io::{self, Write};
use std::path::PathBuf;
use tasks::{Ask, acknowledge, receive};

/// What to receive, and from whom.
#[derive(Debug, ClapArgs)]
pub(crate) struct ReceiveArgs {
    /// The bundle: a folder or a zip file.
    bundle: PathBuf,
    /// The verifier key of the log that it comes from, as that archive told you by another way; and
    /// those of the archives that its items came from before.
    #[arg(long, value_name = "KEY", required_unless_present = "policy")]
    trust: Vec<String>,
    /// Your own trust policy (C2SP tlog-policy): that log's key, cosigners, and a quorum of them.
    #[arg(long, value_name = "FILE", conflicts_with = "trust")]
    policy: Option<PathBuf>,
    /// Write a receipt for whoever sent it into FILE, which must not exist.
    #[arg(long, value_name = "FILE")]
    receipt: Option<PathBuf>,
}

/// Whose receipt to put on record.
#[derive(Debug, ClapArgs)]
pub(crate) struct AcknowledgeArgs {
    /// The receipt's file.
    receipt: PathBuf,
    /// The verifier key of the log of whoever gave it, as they told you by another way.
    #[arg(long, value_name = "KEY", required = true)]
    trust: Vec<String>,
}

impl Shell<'_> {
    pub(crate) fn receive(&mut self, wanted: ReceiveArgs, ask: Ask<'_>) -> Result<bool, Failure> {
        let trusted = tasks::verify::Trusted {
            log_keys: &wanted.trust,
            policy: wanted.policy.as_deref(),
            tsa_roots: None,
        };
        let request = receive::Request { bundle: wanted.bundle, receipt: wanted.receipt };
        let bar = progress::bar(self.quiet);
        let mut step = |done, of, what: &str| progress::step(&bar, done, of, what);
        let outcome = receive::run(self.case, &request, trusted, ask, &mut step)?;
        bar.finish_and_clear();
        self.say(&outcome, received)?;
        Ok(outcome.held)
    }

    pub(crate) fn acknowledge(
        &mut self,
        wanted: &AcknowledgeArgs,
        ask: Ask<'_>,
    ) -> Result<bool, Failure> {
        let trusted = tasks::verify::Trusted { log_keys: &wanted.trust, ..Default::default() };
        let outcome = acknowledge::run(self.case, &wanted.receipt, trusted, ask)?;
        self.say(&outcome, acknowledged)?;
        Ok(outcome.acknowledged)
    }
}

fn received(out: &mut dyn Write, outcome: &receive::Outcome) -> io::Result<()> {
    print::recovered(out, &outcome.recovered)?;
    print::findings(out, &outcome.findings)?;
    let origin = print::clean(&outcome.origin);
    match outcome.leaf {
        None => writeln!(out, "NOT RECEIVED: the bundle does not hold. Nothing was taken in.")?,
        Some(leaf) if outcome.before => {
            writeln!(out, "Received before, as record {leaf}: {} item(s).", outcome.items)?;
        }
        Some(leaf) => writeln!(
            out,
            "Received {} item(s) from {origin}, {} bytes, as record {leaf} and those after it.",
            outcome.items, outcome.bytes
        )?,
    }
    if let Some(receipt) = &outcome.receipt {
        writeln!(
            out,
            "Receipt: {}. Send it to them, and tell them the key of this log by another way; they \
             run `casefile acknowledge`.",
            receipt.display()
        )?;
    }
    Ok(())
}

fn acknowledged(out: &mut dyn Write, outcome: &acknowledge::Outcome) -> io::Result<()> {
    print::recovered(out, &outcome.recovered)?;
    print::findings(out, &outcome.findings)?;
    match (outcome.leaf, outcome.export) {
        (Some(leaf), Some(export)) => writeln!(
            out,
            "On record as {leaf}: {} holds the {} item(s) of the export of record {export}, since \
             {} by its own clock.",
            print::clean(&outcome.origin),
            outcome.items,
            print::clean(&outcome.since)
        ),
        _ => writeln!(out, "NOT ACKNOWLEDGED: nothing was recorded."),
    }
}
