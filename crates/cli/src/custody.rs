//! The chains of custody in words. Nothing is worked out here.

use provenance::visible::line;
use provenance::{Chain, Step};
use std::io::{self, Write};
use tasks::custody::Outcome;

pub(crate) fn told(out: &mut dyn Write, outcome: &Outcome) -> io::Result<()> {
    if let Some(page) = &outcome.page {
        return writeln!(
            out,
            "Wrote the chain of custody of {} item(s), with a certificate to fill in, to {}",
            outcome.items.len(),
            page.display()
        );
    }
    for item in &outcome.items {
        chain(out, item)?;
    }
    writeln!(out, "The whole log, {} records", outcome.log_size)?;
    for step in &outcome.of_log {
        told_step(out, step)?;
    }
    writeln!(
        out,
        "\nThe order of records is proved; times are what a clock claimed, and names what the \
         records give.\nWhat is done with copies outside the case, and who looks at an item, is \
         not on record."
    )
}

fn chain(out: &mut dyn Write, chain: &Chain) -> io::Result<()> {
    writeln!(out, "item {}  {}", chain.number, line(&chain.name))?;
    writeln!(out, "  SHA-256 {}, {} bytes", chain.item.sha256, chain.item.size)?;
    for before in &chain.before {
        let (case, log) = (line(&before.case), line(&before.log));
        writeln!(out, "  Before, in the archive {case}, by its log {log}:")?;
        for step in &before.steps {
            told_step(out, step)?;
        }
    }
    if !chain.before.is_empty() {
        writeln!(out, "  In this archive:")?;
    }
    for step in &chain.steps {
        told_step(out, step)?;
    }
    if chain.further > 0 {
        writeln!(
            out,
            "  {} more record(s) about the whole log reach it: see below.",
            chain.further
        )?;
    }
    writeln!(out)
}

fn told_step(out: &mut dyn Write, step: &Step) -> io::Result<()> {
    let actor = step.actor_name.as_deref().unwrap_or(&step.actor);
    writeln!(
        out,
        "  record {:<5} {}  {}, with {}",
        step.leaf,
        step.time,
        line(actor),
        line(&step.tool)
    )?;
    writeln!(out, "    {}", line(&step.words))?;
    for (name, value) in &step.facts {
        writeln!(out, "      {}: {}", line(name), line(value))?;
    }
    Ok(())
}
