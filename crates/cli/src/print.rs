//! Results in words for people. Nothing is worked out here.

use record::{Finding, Grade};
use std::io::{self, Write};
use tasks::show::Shown;
use tasks::{capture, export, figures, init, read, receipt, rules, verify};

/// Longest value printed in a table before it is cut with an ellipsis.
const CELL_LIMIT: usize = 38;

pub(crate) fn made(out: &mut dyn Write, made: &init::Made) -> io::Result<()> {
    writeln!(out, "Made the case \u{201c}{}\u{201d} in {}", made.case, made.folder.display())?;
    writeln!(out, "  custody log  {}", made.log)?;
    writeln!(out, "  its key      {}", made.log_key)?;
    writeln!(out, "  your key     {}", made.actor_key)?;
    if !made.protected {
        writeln!(
            out,
            "  The secret keys are NOT encrypted: whoever has the folder can sign in your name."
        )?;
    }
    writeln!(
        out,
        "Write the log's key down outside this folder: with it anyone can tell this log from one \
         made \
         anew\n(casefile verify --trust KEY)."
    )
}

pub(crate) fn taken(out: &mut dyn Write, taken: &capture::Taken) -> io::Result<()> {
    let digest = taken.sha256.to_string();
    writeln!(
        out,
        "kept  {}\u{2026}  {:>12} bytes  record {:<5} {}",
        &digest[..12],
        taken.size,
        taken.leaf,
        clean(&taken.name)
    )
}

pub(crate) fn captured(out: &mut dyn Write, outcome: &capture::Outcome) -> io::Result<()> {
    recovered(out, &outcome.recovered)?;
    for passed in &outcome.problems {
        writeln!(
            out,
            "{}  {}\n      {}",
            passed.code,
            clean(&passed.path),
            clean(&passed.message)
        )?;
    }
    write!(out, "{} item(s) kept, {} bytes", outcome.taken, outcome.bytes)?;
    if outcome.known > 0 {
        write!(out, "; {} passed over, kept before", outcome.known)?;
    }
    if !outcome.problems.is_empty() {
        write!(out, "; {} problem(s), listed above", outcome.problems.len())?;
    }
    writeln!(out)
}

pub(crate) fn read(out: &mut dyn Write, outcome: &read::Outcome) -> io::Result<()> {
    recovered(out, &outcome.recovered)?;
    for problem in &outcome.problems {
        writeln!(
            out,
            "{}  item {} ({})\n      {}",
            problem.code,
            problem.item,
            clean(&problem.name),
            problem.message
        )?;
    }
    writeln!(
        out,
        "{} item(s) read, {} figure(s) found; {} were read before; {} problem(s)",
        outcome.read,
        outcome.figures,
        outcome.known,
        outcome.problems.len()
    )
}

pub(crate) fn compared(
    out: &mut dyn Write,
    outcome: &figures::Outcome,
    all: bool,
) -> io::Result<()> {
    let shown = outcome.questions.iter().filter(|question| all || question.accounts.len() > 1);
    let mut count = 0;
    for question in shown {
        count += 1;
        let relation = format!("{:?}", question.relation).to_lowercase();
        writeln!(out, "{}  [{relation}]", figures::words(question))?;
        for account in &question.accounts {
            let figure = &account.figure;
            let source = figure.source.as_deref().or(account.outlet.as_deref());
            writeln!(
                out,
                "  #{:<4} {:<24} {:<22} {:<26} {:<22} {}",
                account.exhibit,
                cell(&format!("\u{201c}{}\u{201d}", figure.text), 24),
                cell(figure.whom.as_deref().unwrap_or("\u{2013}"), 22),
                cell(source.unwrap_or("\u{2013}"), 26),
                cell(figure.date.as_deref().unwrap_or("no date"), 22),
                cell(figure.place.as_deref().unwrap_or("\u{2013}"), CELL_LIMIT),
            )?;
        }
        if question.accounts.len() > 1 {
            for note in figures::notes(question) {
                writeln!(out, "    {note}")?;
            }
            writeln!(out, "    Together by {}.", figures::reasons(question))?;
            for convention in question.conventions.iter().filter(|one| one.value.is_some()) {
                let value = figures::grouped(convention.value.unwrap_or_default());
                writeln!(out, "    {:<19} {value:>9}  {}", convention.name, convention.why)?;
            }
        }
        writeln!(out)?;
    }
    let rest = outcome.questions.len() - count;
    writeln!(
        out,
        "{count} question(s) from {} item(s){}{}",
        outcome.items,
        if rest > 0 {
            format!("; {rest} more have one account each (--all shows them)")
        } else {
            String::new()
        },
        if outcome.unread > 0 {
            format!("; {} item(s) are not read yet: run `casefile read`", outcome.unread)
        } else {
            String::new()
        }
    )
}

pub(crate) fn shown(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    writeln!(out, "item {}  {}", shown.number, shown.item.sha256)?;
    writeln!(out, "  {} bytes, in {}", shown.item.size, shown.object)?;
    if let Some(sealed) = &shown.sealed {
        writeln!(out, "  {}", clean(sealed))?;
    }
    captures(out, shown)?;
    if shown.reading.is_none() && shown.sealed.is_some() {
        return Ok(());
    }
    let Some((leaf, reading)) = &shown.reading else {
        return writeln!(out, "  not read yet: run `casefile read`");
    };
    writeln!(
        out,
        "  read by {} (record {leaf}); machine output, not confirmed by a person",
        reading.reader
    )?;
    for (what, stated) in [
        ("title", &reading.title),
        ("byline", &reading.byline),
        ("published", &reading.published),
        ("language", &reading.language),
    ] {
        if let Some(stated) = stated {
            writeln!(out, "    {what:<9} {} [{}]", clean(&stated.value), stated.rule)?;
        }
    }
    for credit in &reading.credits {
        writeln!(out, "    credit    {} [{}]", clean(&credit.value), credit.rule)?;
    }
    for problem in &reading.problems {
        writeln!(out, "    problem   {}: {}", problem.code, problem.message)?;
    }
    writeln!(out)?;
    let mut at = 0;
    for (number, (range, _)) in shown.marks.iter().enumerate() {
        let before = shown.text.get(at..range.start).unwrap_or_default();
        let words = shown.text.get(range.clone()).unwrap_or_default();
        write!(out, "{}\u{27e6}{}\u{27e7}({})", body(before), body(words), number + 1)?;
        at = range.end;
    }
    writeln!(out, "{}\n", body(shown.text.get(at..).unwrap_or_default()).trim_end())?;
    for (number, (_, index)) in shown.marks.iter().enumerate() {
        let Some(figure) = reading.figures.get(*index) else { continue };
        writeln!(
            out,
            "({})  bytes {}\u{2013}{}  {}",
            number + 1,
            figure.start,
            figure.end,
            clean(&tasks::show::describe(figure))
        )?;
    }
    Ok(())
}

fn captures(out: &mut dyn Write, shown: &Shown) -> io::Result<()> {
    for (leaf, time, capture) in &shown.captures {
        writeln!(
            out,
            "  taken in {time} as \u{201c}{}\u{201d} (record {leaf})",
            clean(&capture.name.text)
        )?;
        for (what, value) in [
            ("source", &capture.source),
            ("address", &capture.address),
            ("obtained", &capture.obtained),
        ] {
            if let Some(value) = value {
                writeln!(out, "    {what:<9} {}", clean(value))?;
            }
        }
        if !capture.withheld.is_empty() {
            let fields: Vec<&str> = capture.withheld.keys().map(String::as_str).collect();
            writeln!(out, "    withheld  {}", fields.join(", "))?;
        }
    }
    Ok(())
}

pub(crate) fn exported(out: &mut dyn Write, outcome: &export::Outcome) -> io::Result<()> {
    recovered(out, &outcome.recovered)?;
    writeln!(
        out,
        "Sealed {} exhibit(s) in {} (record {} of the custody log)",
        outcome.exhibits,
        outcome.out.display(),
        outcome.leaf
    )?;
    writeln!(
        out,
        "Tell the recipient by another way than the bundle: the log's key is\n  {}",
        outcome.log_key
    )
}

pub(crate) fn receipts(out: &mut dyn Write, written: &receipt::Outcome) -> io::Result<()> {
    recovered(out, &written.recovered)?;
    let (records, size) = (written.records.len(), written.tree_size);
    let place = written.out.display().to_string();
    writeln!(
        out,
        "{records} receipt(s) in {}, about the custody log of {size} record(s)",
        clean(&place)
    )
}

pub(crate) fn verified(out: &mut dyn Write, outcome: &verify::Outcome) -> io::Result<()> {
    findings(out, &outcome.findings)?;
    writeln!(
        out,
        "{}: the {} {}. {} record(s) and {} {} checked, {} bytes.",
        if outcome.holds { "HOLDS" } else { "FAILS" },
        outcome.kind,
        if outcome.holds { "is whole and provable" } else { "is NOT whole: see the faults above" },
        outcome.records,
        outcome.objects,
        if outcome.kind == "bundle" { "exhibit(s)" } else { "object(s)" },
        outcome.bytes,
    )?;
    for stamp in &outcome.stamps {
        let whose = match stamp.trusted {
            Some(true) => "whom a given root vouches for",
            Some(false) => "whom NO given root vouches for",
            None => "at the bundle's own word",
        };
        writeln!(
            out,
            "The first {} records existed by {}, says {}, {whose}.",
            stamp.tree_size,
            clean(&stamp.gen_time),
            clean(&stamp.authority)
        )?;
    }
    for seen in &outcome.seen {
        let whose = match seen.trusted {
            Some(true) => "whom your policy names",
            Some(false) => "whom your policy does NOT name",
            None => "known by the bundle's own word",
        };
        writeln!(
            out,
            "{} the first {} records, seen by {} at {}, {whose}.",
            match seen.exhibits.as_slice() {
                [] => "No further exhibit, among".into(),
                several => format!("Exhibit(s) {}, among", ranges(several)),
            },
            seen.size,
            clean(seen.name()),
            clean(&seen.time),
        )?;
    }
    if let Some(latest) = outcome.evidence.values().max() {
        writeln!(
            out,
            "{} exhibit(s) have an evidence record (RFC 4998): they existed by {latest}.",
            outcome.evidence.len()
        )?;
    }
    if !outcome.log_key.is_empty() {
        writeln!(out, "Key of the log: {}", clean(&outcome.log_key))?;
    }
    Ok(())
}

/// Rising numbers, neighbours in one: \u{201c}1\u{2013}4, 7\u{201d}.
fn ranges(numbers: &[u64]) -> String {
    let mut runs: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
            _ => runs.push((*number, *number)),
        }
    }
    let words = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}\u{2013}{last}"),
    };
    runs.iter().map(words).collect::<Vec<_>>().join(", ")
}

pub(crate) fn rules(out: &mut dyn Write, rules: &[rules::Rule]) -> io::Result<()> {
    for rule in rules {
        writeln!(
            out,
            "{}  ({})\n    {}\n    e.g. {}",
            rule.name, rule.stage, rule.explains, rule.example
        )?;
    }
    Ok(())
}

pub(crate) fn recovered(out: &mut dyn Write, recovered: &[Finding]) -> io::Result<()> {
    if !recovered.is_empty() {
        writeln!(out, "An earlier run was interrupted; the case was put in order:")?;
        findings(out, recovered)?;
    }
    Ok(())
}

pub(crate) fn findings(out: &mut dyn Write, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let grade = match finding.grade {
            Grade::Fault => "FAULT ",
            Grade::Notice => "notice",
        };
        writeln!(
            out,
            "{grade}  {}  {}\n        {}",
            finding.code,
            clean(&finding.place),
            clean(&finding.message)
        )?;
    }
    Ok(())
}

/// Words from outside, made harmless for a line of a terminal: escape sequences could move the
/// cursor, change colours or forge lines, and what turns a line around make a name look like
/// another.
pub(crate) use provenance::visible::line as clean;

/// The text of an item for a terminal, which has lines, and in some scripts marks of direction.
fn body(text: &str) -> String {
    let harmless = |c: char| match c {
        '\n' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    text.chars().map(harmless).collect()
}

fn cell(text: &str, width: usize) -> String {
    let text = clean(&text.replace(['\n', '\t'], " "));
    if text.chars().count() <= width {
        return text;
    }
    text.chars().take(width - 1).chain(['\u{2026}']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_moves_no_cursor_and_forges_no_line() {
        let hostile = "a\u{1b}[2Jb\nFAULT\u{9b}c\u{202e}d";
        let mut out = Vec::new();
        findings(&mut out, &[Finding::notice("code", hostile, hostile)]).unwrap();
        let said = String::from_utf8(out).unwrap();
        let shown = "a\\u{1b}[2Jb\\u{a}FAULT\\u{9b}c\\u{202e}d";
        assert_eq!(said, format!("notice  code  {shown}\n        {shown}\n"));
        assert_eq!(body("a\u{1b}b\n\u{200f}c\u{202e}"), "a\u{fffd}b\n\u{200f}c\u{fffd}");
    }
}
