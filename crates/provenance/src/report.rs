//! The report: the chains as one printable page, with the certificate's template at its end.
//!
//! No script, no network, no link out of the page. Every word that came from outside is made
//! harmless, stands apart in its own direction, and is shown whole.

use crate::chain::{Chain, Index, Step};
use crate::visible::html;
use crate::{FORM, certificate};
use std::io;

const STYLE: &str = include_str!("report.css");

/// Writes the page: chains of all items of `index`, the records about the whole log, and the
/// template of a certificate.
pub fn write(index: &Index<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    head(index, out)?;
    writeln!(out, "<h2>Items</h2>")?;
    for held in index.grounds().items {
        chain(&index.chain(held), held.path.as_deref(), out)?;
    }
    writeln!(out, "<h2>The whole log</h2>")?;
    let known = index.grounds().records.len();
    writeln!(
        out,
        "<p>The log had {} records when this was written; {known} of them were at hand. Those \
         about no single item:</p>",
        index.grounds().log_size
    )?;
    steps(index.of_log(), out)?;
    certificate::write(index, out)?;
    writeln!(out, "</main>\n</body>\n</html>")
}

fn head(index: &Index<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let case = html(index.case());
    write!(
        out,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta \
         http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<meta name=\"generator\" \
         content=\"casefile, chain of custody, form {FORM}\">\n<title>{case} \u{2013} chain of \
         custody</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>\n<p \
         class=\"kind\">Chain of custody</p>\n<h1><bdi>{case}</bdi></h1>\n</header>\n"
    )?;
    let shows = [
        "Each step is one signed record of the case\u{2019}s custody log. What is proved is that \
         each record stands unchanged in the log at the place that its number names; how to check \
         that is told in the README of a bundle.",
        "Times are what the clock of the recording machine claimed. What shows that a record is \
         no younger than a certain time is a timestamp of an outside authority, where there is \
         one.",
        "A record proves which key signed it, not whose hand was on the keyboard. Names beside \
         keys are those that the records give; an alias will do.",
        "Source, address and the like are what the collector stated. That an item is whole does \
         not say that what it tells is true.",
        "Looking at an item leaves no record. What happened to copies outside the case is not in \
         its log.",
    ];
    writeln!(out, "<section class=\"shows\">\n<h2>What this shows, and what not</h2>\n<ul>")?;
    for line in shows {
        writeln!(out, "<li>{line}</li>")?;
    }
    let grounds = index.grounds();
    write!(
        out,
        "</ul>\n<p>A character that could mislead or cannot be shown stands as \
         <code>\\u{{\u{2026}}}</code> with its number.</p>\n</section>\n<dl \
         class=\"facts\">\n<dt>Custody log</dt><dd><code>{}</code></dd>\n<dt>Key of the \
         log</dt><dd><code>{}</code></dd>\n<dt>Items here</dt><dd>{}</dd>\n</dl>\n",
        html(grounds.origin),
        html(grounds.log_key),
        grounds.items.len()
    )?;
    writeln!(out, "<h2>Who signed</h2>\n<dl class=\"facts\">")?;
    for key in index.actors() {
        let name = index.names.get(key).copied().unwrap_or("not named in these records");
        let (name, key) = (html(name), html(key));
        writeln!(out, "<dt><bdi>{name}</bdi></dt><dd><code>{key}</code></dd>")?;
    }
    writeln!(out, "</dl>")
}

fn chain(chain: &Chain, path: Option<&str>, out: &mut dyn io::Write) -> io::Result<()> {
    write!(
        out,
        "<section class=\"item\" id=\"item-{number}\">\n<h3><span class=\"number\">{number}</span> \
         <bdi>{}</bdi></h3>\n<dl class=\"facts\">\n<dt>Size</dt><dd>{} \
         bytes</dd>\n<dt>SHA-256</dt><dd><code>{}</code></dd>\n<dt>BLAKE2b-512</dt><dd><code>{}\
         </code></dd>\n",
        html(&chain.name),
        chain.item.size,
        chain.item.sha256,
        chain.item.blake2b512,
        number = chain.number,
    )?;
    if let Some(path) = path {
        writeln!(out, "<dt>File</dt><dd><code>{}</code></dd>", html(path))?;
    }
    writeln!(out, "</dl>")?;
    for before in &chain.before {
        writeln!(
            out,
            "<h4>Before, in the archive <bdi>{}</bdi></h4>\n<p class=\"note\">Records of the log \
             <code>{}</code>, key <code>{}</code>, as far as they came along.</p>",
            html(&before.case),
            html(&before.log),
            html(&before.log_key)
        )?;
        steps(before.steps.iter().cloned(), out)?;
    }
    if !chain.before.is_empty() {
        writeln!(out, "<h4>In this archive</h4>")?;
    }
    steps(chain.steps.iter().cloned(), out)?;
    if chain.further > 0 {
        writeln!(
            out,
            "<p class=\"note\">{} more record(s) about the whole log reach this item: see \
             below.</p>",
            chain.further
        )?;
    }
    writeln!(out, "</section>")
}

fn steps(steps: impl Iterator<Item = Step>, out: &mut dyn io::Write) -> io::Result<()> {
    writeln!(
        out,
        "<table>\n<thead><tr><th>Record</th><th>Time as claimed</th><th>What was done, by which \
         key, with what</th></tr></thead>\n<tbody>"
    )?;
    let mut latest = String::new();
    for step in steps {
        write!(
            out,
            "<tr><td>{}</td><td>{}",
            step.leaf,
            html(&step.time.replace('T', " ").replace('Z', " UTC"))
        )?;
        if step.time < latest {
            write!(out, "<p class=\"note\">earlier than a record before it</p>")?;
        } else {
            latest.clone_from(&step.time);
        }
        write!(out, "</td><td><p><bdi>{}</bdi></p>", html(&step.words))?;
        let name = step.actor_name.as_deref().unwrap_or(&step.actor);
        write!(out, "<p class=\"by\"><bdi>{}</bdi> \u{00b7} {}</p>", html(name), html(&step.tool))?;
        // An item's own digests stand above its steps.
        let above = ["SHA-256", "BLAKE2b-512"];
        let mut facts = step.facts.iter().filter(|(name, _)| !above.contains(&name.as_str()));
        if let Some(first) = facts.next() {
            write!(out, "<dl>")?;
            for (name, value) in std::iter::once(first).chain(facts) {
                write!(out, "<dt>{}</dt><dd><bdi>{}</bdi></dd>", html(name), html(value))?;
            }
            write!(out, "</dl>")?;
        }
        writeln!(out, "</td></tr>")?;
    }
    writeln!(out, "</tbody>\n</table>")
}
