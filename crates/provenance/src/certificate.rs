//! The template of a certificate about the items: for a person to fill in, sign and answer for.
//!
//! Modelled on what rules 902(11), 902(13) and 902(14) of the US Federal Rules of Evidence ask for.
//! The law differs by country, and the page says so. Nothing is filled in that only a person can
//! state.

use crate::chain::Index;
use crate::visible::html;
use std::io;

const BLANK: &str = "<span class=\"blank\"></span>";

/// Writes the section of the template.
pub(crate) fn write(index: &Index<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let tools: Vec<String> =
        index.tools().into_iter().map(|tool| format!("<code>{}</code>", html(tool))).collect();
    let grounds = index.grounds();
    write!(
        out,
        "<section class=\"certificate\">\n<p class=\"kind\">Template</p>\n<h2>Certificate about \
         electronic records</h2>\n<p class=\"warn\">This is a template and certifies nothing \
         until a person fills it in and signs it. It follows what US federal courts ask for \
         (Federal Rules of Evidence, rules 902(13) and 902(14)). Other courts ask for other words, \
         other forms, or a person who appears: the law differs by country, so have it fitted by a \
         lawyer there.</p>\n<ol>\n<li>I am {BLANK} (name), {BLANK} (position, organisation, \
         address). I am qualified to state what follows by {BLANK} (training, \
         experience).</li>\n<li>The files listed below are copies of electronic records kept in \
         the case \u{201c}<bdi>{}</bdi>\u{201d}, whose custody log is <code>{}</code>, with the \
         key <code>{}</code>.</li>\n<li><b>Process.</b> When a file is taken in, the program \
         copies it byte for byte, computes two digests of it while it copies, and writes these \
         into a record with its name, size and the time of the machine\u{2019}s clock. The record \
         is signed (Ed25519, in OpenSSH\u{2019}s SSHSIG format) and appended to a log in the form \
         of a Merkle tree (RFC 6962, section 2.1), whose state is signed anew each time. The copy \
         is never written again. A changed file, a changed record, or one taken out or put in \
         between, no longer fits the signed state of the log.</li>\n<li><b>Method.</b> SHA-256 \
         (FIPS 180-4) and BLAKE2b-512 (RFC 7693). No two different files are known that have one \
         SHA-256 digest.</li>\n<li><b>Program and version</b> that made the records: \
         {}.</li>\n",
        html(index.case()),
        html(grounds.origin),
        html(grounds.log_key),
        tools.join(", "),
    )?;
    write!(
        out,
        "<li>On {BLANK} (date) I computed the SHA-256 digests of the copies that I hand over, with \
         {BLANK} (program and version), and compared each with the list below. They were \
         <span class=\"box\"></span> all the same <span class=\"box\"></span> the same but for \
         {BLANK}.</li>\n<li>The key of the log above is the one that I was told by {BLANK} (whom, \
         how).</li>\n<li>The process that made these records produces an accurate result, to my \
         knowledge because {BLANK}.</li>\n</ol>\n<p>{BLANK} (oath, affirmation or warning of \
         penalty, in the words that the court asks for)</p>\n<p class=\"sign\"><span>{BLANK}<br>\
         place and date</span><span>{BLANK}<br>signature</span></p>\n<table \
         class=\"list\">\n<thead><tr><th>Item</th><th>Name</th><th>Bytes</th><th>SHA-256</th></tr>\
         </thead>\n<tbody>\n",
    )?;
    for held in grounds.items {
        writeln!(
            out,
            "<tr><td>{}</td><td><bdi>{}</bdi></td><td>{}</td><td><code>{}</code></td></tr>",
            held.number,
            html(&held.name),
            held.item.size,
            held.item.sha256
        )?;
    }
    writeln!(out, "</tbody>\n</table>\n</section>")
}
