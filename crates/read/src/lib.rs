//! Hostile bytes in; a reading out: text, metadata, figures, and every problem met on the way.
//!
//! Pure: no file, clock or network, so that it can run in a process that has none of them. No input
//! may panic, and nothing may be dropped in silence: a limit that bites is a problem in the
//! reading.

pub mod codes;
pub mod encoding;
pub mod figures;
pub mod flatten;
pub mod html;
pub mod metadata;
pub mod plain;
pub mod rules;

pub use rules::{Rule, rules};

use encoding::Decoded;
use record::{Problem, Reading, Sha256, Span, Stated};

/// Bytes of an item that are read. A report has kilobytes; a book two megabytes. Text, map and
/// reading of 16 MiB together stay below 200 MB.
pub const READ_LIMIT_BYTES: u64 = 16 << 20;

/// Bytes that [`reader_of`] needs to see.
pub const SNIFF_BYTES: u64 = 4096;

/// What is known of an item from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Day of the report, ISO 8601, as given by the collector: used where the item states none.
    pub report_date: Option<String>,
    /// Outlet, as given by the collector.
    pub outlet: Option<String>,
}

/// The reader, with its version, for an item that begins with `bytes`.
pub fn reader_of(bytes: &[u8]) -> &'static str {
    let head = bytes.get(..SNIFF_BYTES as usize).unwrap_or(bytes);
    if !encoding::is_text(head) {
        return "none/1";
    }
    let decoded = encoding::decode(head);
    let text = decoded.text.unwrap_or_else(|| String::from_utf8_lossy(head).into_owned());
    if html::is_html(&text) { "html/1" } else { "text/1" }
}

/// Reads an item: its first bytes, at most [`READ_LIMIT_BYTES`], of `total_size` in all.
pub fn read(item: Sha256, bytes: &[u8], total_size: u64, facts: &Facts) -> Reading {
    let reader = reader_of(bytes);
    let mut reading = Reading::empty(item, total_size, reader);
    let limit = READ_LIMIT_BYTES as usize;
    let bytes = bytes.get(..limit).unwrap_or(bytes);
    if total_size == 0 {
        let message = "the item has no bytes: take in the right file if this is not it";
        reading.problems.push(problem(codes::EMPTY_ITEM, message, None));
        return reading;
    }
    if total_size > bytes.len() as u64 {
        let message = format!(
            "the first {} bytes were read; {} were not: split the item if figures matter beyond",
            bytes.len(),
            total_size - bytes.len() as u64
        );
        let rest = Span::new(bytes.len() as u64, total_size);
        reading.problems.push(problem(codes::READ_LIMIT, &message, Some(rest)));
    }
    match reader {
        "text/1" => read_text(&mut reading, bytes, facts),
        "html/1" => read_html(&mut reading, bytes, facts),
        _ => {
            let message = "no reader knows this kind of file: convert it to text or HTML and take \
                           that in beside it";
            reading.problems.push(problem(codes::UNKNOWN_FORMAT, message, None));
        }
    }
    reading
}

fn read_html(reading: &mut Reading, bytes: &[u8], facts: &Facts) {
    let head = bytes.get(..SNIFF_BYTES as usize).unwrap_or(bytes);
    let decoded = match html::named_encoding(head) {
        Some(named) if std::str::from_utf8(bytes).is_err() => encoding::decode_named(bytes, named),
        _ => encoding::decode(bytes),
    };
    let source = decoded.text.as_deref().or_else(|| std::str::from_utf8(bytes).ok());
    let Some(source) = source else { return };
    reading.encoding = Some(decoded.encoding.clone());
    reading.problems.extend(decoded.problems.iter().cloned());
    html::read(reading, source, &decoded, facts);
}

fn read_text(reading: &mut Reading, bytes: &[u8], facts: &Facts) {
    let decoded = encoding::decode(bytes);
    let text = decoded.text.as_deref().or_else(|| std::str::from_utf8(bytes).ok());
    let Some(text) = text else { return };
    reading.media_type = "text/plain".into();
    reading.encoding = Some(decoded.encoding.clone());
    reading.problems.extend(decoded.problems.iter().cloned());
    let lines = plain::lines(text);
    reading.main = plain::main(text, &lines);
    reading.title = metadata::title(text, &lines).map(|found| decoded.place(found));
    reading.byline = metadata::byline(text, &lines).map(|found| decoded.place(found));
    reading.credits =
        metadata::credits(text, &lines).into_iter().map(|found| decoded.place(found)).collect();
    reading.published = match metadata::published(text, &lines) {
        metadata::Day::Stated(found) => Some(decoded.place(found)),
        metadata::Day::Ambiguous(span) => {
            let message = "a date could be read with the month first or the day first: give the \
                           right one with --obtained";
            let span = decoded.place_of(span);
            reading.problems.push(problem(codes::DATE_AMBIGUOUS, message, Some(span)));
            None
        }
        metadata::Day::None => None,
    };
    reading.language = metadata::language(text);
    reading.direction = metadata::direction(text).into();
    let title = reading.title.as_ref().and_then(|title| title.span);
    find_figures(reading, &decoded, text, title, facts);
    reading.map.clone_from(&decoded.map);
    reading.text = decoded.text;
}

/// Finds the figures and leads their places back to the item.
fn find_figures(
    reading: &mut Reading,
    decoded: &Decoded,
    text: &str,
    title: Option<Span>,
    facts: &Facts,
) {
    let day = reading.published.as_ref().map(|day| day.value.clone()).or(facts.report_date.clone());
    let context = figures::Context {
        report_date: day.and_then(|day| day.parse().ok()),
        outlet: facts.outlet.as_deref(),
        // Only a verbatim text has its title where the item has it.
        title: title
            .filter(|_| decoded.map.is_empty())
            .map(|span| (span.start as usize, span.end as usize)),
    };
    reading.figures = figures::find(text, &context);
    for figure in &mut reading.figures {
        let span = decoded.place_of(Span::new(figure.start, figure.end));
        (figure.start, figure.end) = (span.start, span.end);
    }
}

pub(crate) fn problem(code: &str, message: &str, span: Option<Span>) -> Problem {
    Problem { code: code.into(), message: message.into(), span }
}

pub(crate) fn stated(value: impl Into<String>, rule: &str, span: Option<Span>) -> Stated {
    Stated { value: value.into(), rule: rule.into(), span }
}
