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
mod references;
pub mod rules;
pub mod windows;

pub use rules::{Rule, rules};

use encoding::Decoded;
use record::{Figure, Problem, Reading, Sha256, Span, Stated};

/// Bytes of an item that are read. A report has kilobytes and a book two megabytes; a page saved
/// with its pictures in it has some ten. At once there may be in memory: the item (16 MiB), its
/// decoded text (16) and that of the page (16), their maps (16 each), the grammar's window (60 MB)
/// and the figures (20 MB): less than 200 MB, as `examples/worst_items.rs` measures.
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
    let decoded = encoding::decode(head, true);
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
    let end = match reader {
        "text/1" => read_text(&mut reading, bytes, facts),
        "html/1" => read_html(&mut reading, bytes, facts),
        _ => {
            let message = "no reader knows this kind of file: convert it to text or HTML and take \
                           that in beside it";
            reading.problems.push(problem(codes::UNKNOWN_FORMAT, message, None));
            return reading;
        }
    };
    if end < total_size {
        let message = format!(
            "the first {end} bytes were read; {} were not: split a copy and take in the parts",
            total_size - end
        );
        let rest = Span::new(end, total_size);
        reading.problems.push(problem(codes::READ_LIMIT, &message, Some(rest)));
    }
    reading
}

/// Reads a page as far as the offset that it returns.
fn read_html(reading: &mut Reading, bytes: &[u8], facts: &Facts) -> u64 {
    let is_cut = (bytes.len() as u64) < reading.item_size;
    let head = bytes.get(..SNIFF_BYTES as usize).unwrap_or(bytes);
    let decoded = match html::named_encoding(head) {
        Some(named) if std::str::from_utf8(bytes).is_err() => encoding::decode_named(bytes, named),
        _ => encoding::decode(bytes, is_cut),
    };
    let source = decoded.text.as_deref().unwrap_or_else(|| own_text(bytes, &decoded));
    reading.encoding = Some(decoded.encoding.clone());
    reading.problems.extend(decoded.problems.iter().cloned());
    let end = html::read(reading, source, &decoded, facts);
    match end < source.len() {
        true => decoded.place_of(Span::new(0, end as u64)).end,
        false => decoded.end as u64,
    }
}

/// The text of bytes that are their own text.
fn own_text<'a>(bytes: &'a [u8], decoded: &Decoded) -> &'a str {
    let whole = bytes.get(..decoded.end).unwrap_or(bytes);
    std::str::from_utf8(whole).expect("decoding found them to be UTF-8 up to that end")
}

/// Reads a text as far as the offset that it returns.
fn read_text(reading: &mut Reading, bytes: &[u8], facts: &Facts) -> u64 {
    let decoded = encoding::decode(bytes, (bytes.len() as u64) < reading.item_size);
    let text = decoded.text.as_deref().unwrap_or_else(|| own_text(bytes, &decoded));
    reading.media_type = "text/plain".into();
    reading.encoding = Some(decoded.encoding.clone());
    reading.problems.extend(decoded.problems.iter().cloned());
    let head: Vec<plain::Line> = plain::lines(text).take(metadata::HEAD_LINES).collect();
    let place = |found: Stated| decoded.place(found);
    reading.main = plain::main(plain::lines(text));
    let title = metadata::title(text, &head);
    let title_span = title.as_ref().and_then(|title| title.span);
    reading.title = title.map(place);
    reading.byline = metadata::byline(text, &head).map(place);
    reading.credits = metadata::credits(text, plain::lines(text)).into_iter().map(place).collect();
    published(reading, text, &head, &|found| Some(decoded.place(found)));
    reading.language = metadata::language(text);
    reading.direction = metadata::direction(text).into();
    let title = title_span.map(|span| (span.start as usize, span.end as usize));
    find_figures(reading, text, title, facts, &|span| Some(decoded.place_of(span)));
    let end = decoded.end as u64;
    reading.map = decoded.map;
    reading.text = decoded.text;
    end
}

/// The day that the head of a text states; `place` leads it back to the item.
pub(crate) fn published(
    reading: &mut Reading,
    text: &str,
    head: &[plain::Line],
    place: &dyn Fn(Stated) -> Option<Stated>,
) {
    match metadata::published(text, head) {
        metadata::Day::Stated(found) => reading.published = place(found),
        metadata::Day::Ambiguous(span) => {
            let message = "a date could be read with the month first or the day first: give the \
                           right one with --obtained";
            let span = place(stated("", "", Some(span))).and_then(|found| found.span);
            reading.problems.push(problem(codes::DATE_AMBIGUOUS, message, span));
        }
        metadata::Day::None => {}
    }
}

/// Finds the figures of `text`; `place` leads a span of it back to the item. Relative days count
/// from the item's own date, else from the collector's.
pub(crate) fn find_figures(
    reading: &mut Reading,
    text: &str,
    title: Option<(usize, usize)>,
    facts: &Facts,
    place: &dyn Fn(Span) -> Option<Span>,
) {
    let day = reading.published.as_ref().map(|day| day.value.as_str());
    let day = day.or(facts.report_date.as_deref());
    let context = figures::Context {
        report_date: day.and_then(|day| day.parse().ok()),
        outlet: facts.outlet.as_deref(),
        title,
    };
    let found = windows::find(text, &context);
    if found.end < text.len() {
        let message = format!(
            "the first {} figures are given; the text behind them was not searched: split a copy \
             and take in the parts",
            windows::FIGURES_LIMIT
        );
        let rest = place(Span::new(found.end as u64, text.len() as u64));
        reading.problems.push(problem(codes::FIGURES_LIMIT, &message, rest));
    }
    let lead = |figure: Figure| {
        let span = place(figure.span())?;
        Some(Figure { start: span.start, end: span.end, ..figure })
    };
    reading.figures = found.figures.into_iter().filter_map(lead).collect();
}

pub(crate) fn problem(code: &str, message: &str, span: Option<Span>) -> Problem {
    Problem { code: code.into(), message: message.into(), span }
}

pub(crate) fn stated(value: impl Into<String>, rule: &str, span: Option<Span>) -> Stated {
    Stated { value: value.into(), rule: rule.into(), span }
}
