//! Timestamps in words for people. Nothing is worked out here.

use crate::print::{clean, findings, recovered};
use std::io::{self, Write};
use tasks::log::about;
use tasks::timestamp::{Entry, Overview, Received, Requested, Stamp};

pub(crate) fn requested(out: &mut dyn Write, requested: &Requested) -> io::Result<()> {
    recovered(out, &requested.recovered)?;
    writeln!(
        out,
        "Wrote {}: a request for a timestamp of {} ({} records), kept as record {}.",
        requested.out.display(),
        about(requested.about),
        requested.tree_size,
        requested.leaf
    )?;
    writeln!(
        out,
        "Carry it to two authorities or more, and take each reply in with\n  \
         casefile timestamp add REPLY.tsr --chain CERTS.pem --crl LIST.crl"
    )
}

pub(crate) fn received(out: &mut dyn Write, received: &Received) -> io::Result<()> {
    recovered(out, &received.recovered)?;
    writeln!(
        out,
        "kept  record {:<5} {}  {} ({} records)\n      by {}; renew it before {}",
        received.leaf,
        received.gen_time,
        about(received.about),
        received.tree_size,
        clean(&received.authority),
        day(&received.renew_by)
    )?;
    for remark in &received.remarks {
        writeln!(out, "      note: {}", clean(remark))?;
    }
    Ok(())
}

pub(crate) fn listed(out: &mut dyn Write, listed: &Overview) -> io::Result<()> {
    findings(out, &listed.findings)?;
    for request in &listed.requests {
        entry(out, request)?;
    }
    match &listed.newest {
        None => writeln!(out, "No checkpoint is stamped: `casefile timestamp request OUT.tsq`.")?,
        Some(newest) => writeln!(
            out,
            "The newest stamped checkpoint has {} records and {} {}{}. Records since then that no \
             timestamp covers: {}.",
            newest.tree_size,
            newest.authorities.len(),
            if newest.authorities.len() == 1 { "authority" } else { "authorities" },
            if newest.two_authorities { "" } else { ": two are due" },
            newest.records_since
        )?,
    }
    let stamps = || listed.requests.iter().flat_map(|request| &request.answers);
    for stamp in stamps().filter(|stamp| stamp.renew_soon) {
        writeln!(
            out,
            "Renew record {} before {}: {}.\n  casefile timestamp request OUT.tsq --renew {}",
            stamp.leaf,
            day(&stamp.renew_by),
            clean(&stamp.renew_because),
            stamp.leaf
        )?;
    }
    Ok(())
}

fn entry(out: &mut dyn Write, request: &Entry) -> io::Result<()> {
    let renews = request.renews.map(|leaf| format!(", renewing record {leaf}"));
    writeln!(
        out,
        "{:>6}  {}  {} ({} records), {}{}",
        request.leaf,
        request.time,
        about(request.about),
        request.tree_size,
        request.hash,
        renews.unwrap_or_default()
    )?;
    if request.answers.is_empty() {
        writeln!(out, "        waits for a reply")?;
    }
    for answer in &request.answers {
        stamp(out, answer)?;
    }
    Ok(())
}

fn stamp(out: &mut dyn Write, stamp: &Stamp) -> io::Result<()> {
    let accuracy = match stamp.accuracy_micros {
        Some(micros) => format!("\u{b1} {}.{:06} s", micros / 1_000_000, micros % 1_000_000),
        None => "no accuracy stated".into(),
    };
    writeln!(
        out,
        "        {} {} by {}, record {}; renew before {}",
        stamp.gen_time,
        accuracy,
        clean(&stamp.authority),
        stamp.leaf,
        day(&stamp.renew_by)
    )?;
    if !stamp.unchecked.is_empty() {
        let names = clean(&stamp.unchecked.join("; "));
        writeln!(out, "        revocation not checked for {names}")?;
    }
    Ok(())
}

fn day(time: &str) -> &str {
    time.split_once('T').map_or(time, |(day, _)| day)
}
