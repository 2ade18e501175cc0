//! The page of a bundle: exhibits with marked figures and comparison tables, readable from disk.
//!
//! No script, no network, no link into hostile files: every word that came from outside is escaped,
//! and a content security policy forbids the browser to fetch or run anything.

use crate::write::{About, Exhibit, Sighting, Table};
use provenance::visible;
use record::{Figure, Hedge};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Text of an exhibit to be shown, with the places of its figures.
#[derive(Debug, Clone)]
pub struct Text {
    /// The text, or its beginning.
    pub shown: String,
    /// Bytes of text that are not shown.
    pub left_out: u64,
    /// Figures by their place in `shown` (byte offsets): index into the reading's list.
    pub marks: Vec<(usize, usize, usize)>,
}

/// Everything up to the exhibits.
pub fn head(about: &About, tables: &[Table]) -> String {
    let mut html = String::from(concat!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n",
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'\">\n",
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n",
    ));
    let case = escape(&about.case);
    let _ = write!(
        html,
        "<title>{case} \u{2013} \
         exhibits</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<header>\n<h1 \
         dir=\"auto\">{case}</h1>\n<p>Exported {} by <bdi>{}</bdi> with {}. What is marked was \
         found by machine and has not been confirmed by a person. How to check this folder \
         without casefile: <code>README.txt</code>.</p>\n<dl>\n<dt>Custody \
         log</dt><dd><code>{}</code></dd>\n<dt>Key of the \
         log</dt><dd><code>{}</code></dd>\n</dl>\n</header>\n<main>\n",
        escape(&about.time),
        escape(&about.actor_name),
        escape(&about.tool),
        escape(&about.origin),
        escape(&about.log_key.told()),
    );
    if !about.seen.is_empty() {
        html.push_str(
            "<h2>Who outside saw the log</h2>\n<p>Each signed that the custody log had only grown \
             since they signed it last. Whose keys these are, only they can tell you: ask \
             them.</p>\n<ul>\n",
        );
        for one in &about.seen {
            let words = format!("{}: {} records, at {}", one.words(), one.size, one.time);
            let _ = writeln!(html, "<li><bdi>{}</bdi></li>", escape(&words));
        }
        html.push_str("</ul>\n");
    }
    if !tables.is_empty() {
        html.push_str(
            "<h2>Who says how many</h2>\n<p>Accounts that answer the same question, side by side. \
             Nothing is averaged; what a named convention would record is shown under its \
             name.</p>\n",
        );
        tables.iter().for_each(|one| table(&mut html, one));
    }
    html.push_str("<h2>Exhibits</h2>\n");
    html
}

fn table(html: &mut String, table: &Table) {
    // Only what disagrees is red: the eye must find it.
    let tone = if table.relation == "conflict" { "conflict" } else { "calm" };
    let _ = write!(
        html,
        "<section class=\"question\">\n<h3><bdi>{}</bdi> <span class=\"relation \
         {tone}\">{}</span></h3>\n<div \
         class=\"scroll\"><table>\n<tr><th>Exhibit</th><th>Words</th><th>Counted</th><th>Given \
         by</th><th>Date</th><th>Place</th><th>Published</th></tr>\n",
        escape(&table.question),
        escape(relation(&table.relation)),
    );
    for row in &table.rows {
        let (number, start) = (row.exhibit, row.start);
        let [words, rest @ ..] = &row.cells;
        let _ = write!(
            html,
            "<tr><td><a href=\"#exhibit-{number}\">{number}</a></td><td><a \
             href=\"#figure-{number}-{start}\"><bdi>{}</bdi></a></td>",
            escape(words)
        );
        for cell in rest {
            let _ = write!(html, "<td><bdi>{}</bdi></td>", escape(cell));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</table></div>\n");
    for note in &table.notes {
        let _ = writeln!(html, "<p class=\"note\">{}</p>", escape(note));
    }
    conventions(html, &table.conventions);
    reasons(html, &table.reasons);
    html.push_str("</section>\n");
}

/// What a relation means, in as few words as will do.
fn relation(relation: &str) -> &str {
    match relation {
        "conflict" => "conflict",
        "overlap" => "overlap: some numbers fit all",
        "nest" => "nest: one holds the other",
        "agree" => "agree",
        "vague" => "too vague to compare",
        other => other,
    }
}

fn conventions(html: &mut String, conventions: &[(String, Option<u64>, String)]) {
    if conventions.iter().all(|(_, value, _)| value.is_none()) {
        // Nothing would be recorded, mostly for one reason: said once.
        let mut whys: Vec<&str> = conventions.iter().map(|(_, _, why)| why.as_str()).collect();
        whys.dedup();
        for why in whys {
            let _ = writeln!(
                html,
                "<p class=\"note\">Named conventions would record nothing: {}</p>",
                escape(why)
            );
        }
        return;
    }
    html.push_str("<details><summary>Would be recorded by");
    for (name, value, _) in conventions {
        let value = value.map_or_else(|| "nothing".into(), grouped);
        let _ = write!(html, " <span class=\"value\">{} <b>{value}</b></span>", escape(name));
    }
    html.push_str("</summary>\n<dl>\n");
    for (name, _, why) in conventions {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(why));
    }
    html.push_str("</dl></details>\n");
}

fn reasons(html: &mut String, reasons: &[(String, String)]) {
    if reasons.is_empty() {
        return;
    }
    let names: Vec<String> = reasons.iter().map(|(name, _)| name.replace('-', " ")).collect();
    let _ = write!(
        html,
        "<details><summary>Together by {}</summary>\n<dl>\n",
        escape(&names.join(", "))
    );
    for (name, words) in reasons {
        let _ = writeln!(html, "<dt>{}</dt><dd>{}</dd>", escape(name), escape(words));
    }
    html.push_str("</dl></details>\n");
}

/// A number with its digits in threes, as in \u{201c}400,000\u{201d}.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut words = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            words.push(',');
        }
        words.push(digit);
    }
    words
}

/// One exhibit.
pub fn exhibit(exhibit: &Exhibit, path: &str, seen: &[Sighting]) -> String {
    let mut html = String::new();
    let reading = exhibit.reading.as_ref();
    let title =
        reading.and_then(|reading| reading.title.as_ref()).map_or(&exhibit.name, |t| &t.value);
    let _ = write!(
        html,
        "<article id=\"exhibit-{number}\">\n<h3><span \
         class=\"number\">{number}</span> <bdi>{}</bdi></h3>\n<dl>\n",
        escape(title),
        number = exhibit.number,
    );
    let mut fact = |name: &str, value: Option<&str>| {
        if let Some(value) = value {
            let _ = writeln!(html, "<dt>{name}</dt><dd><bdi>{}</bdi></dd>", escape(value));
        }
    };
    fact("Source", exhibit.source.as_deref());
    fact("Address", exhibit.address.as_deref());
    fact("Name", Some(&exhibit.name));
    let stated =
        |stated: &Option<record::Stated>| stated.as_ref().map(|stated| stated.value.clone());
    if let Some(reading) = reading {
        fact("Published", stated(&reading.published).as_deref());
        fact("Byline", stated(&reading.byline).as_deref());
        let credits: Vec<&str> =
            reading.credits.iter().map(|credit| credit.value.as_str()).collect();
        fact("Credits", (!credits.is_empty()).then(|| credits.join("; ")).as_deref());
    }
    fact("Taken in", Some(&exhibit.captured));
    for words in seen_by(exhibit, seen) {
        fact("Seen by", Some(&words));
    }
    fact("Sealed", exhibit.sealed.as_deref());
    let _ = write!(
        html,
        "<dt>File</dt><dd><code>{}</code>, {} \
         bytes</dd>\n<dt>SHA-256</dt><dd><code>{}</code></dd>\n</dl>\n",
        escape(path),
        exhibit.item.size,
        exhibit.item.sha256
    );
    for problem in reading.map_or(&[][..], |reading| &reading.problems) {
        let _ = writeln!(
            html,
            "<p class=\"problem\"><b>{}</b> {}</p>",
            escape(&problem.code),
            escape(&problem.message)
        );
    }
    let figures = reading.map_or(&[][..], |reading| &reading.figures);
    if let Some(text) = &exhibit.text {
        let direction = reading.map_or("", |reading| reading.direction.as_str());
        html.push_str("<details><summary>Text");
        if !text.marks.is_empty() {
            let _ = write!(html, ", with {} figure(s) marked", text.marks.len());
        }
        let direction = if direction == "rtl" { "rtl" } else { "auto" };
        let _ = write!(html, "</summary>\n<div class=\"text\" dir=\"{direction}\">");
        marked(&mut html, text, (exhibit.number, figures));
    }
    html.push_str("</article>\n");
    html
}

/// Which cosigners had seen the log with the exhibit in it, each by the earliest time.
fn seen_by(exhibit: &Exhibit, seen: &[Sighting]) -> Vec<String> {
    let Some(first) = exhibit.leaves.iter().map(|proved| proved.proof.index).min() else {
        return Vec::new();
    };
    let mut told = BTreeSet::new();
    seen.iter()
        .filter(|one| first < one.size && told.insert(&one.key))
        .map(|one| format!("{} at {}, among the first {} records", one.words(), one.time, one.size))
        .collect()
}

fn marked(html: &mut String, text: &Text, (number, figures): (u64, &[Figure])) {
    let mut at = 0;
    for (start, end, index) in &text.marks {
        let (Some(before), Some(words)) =
            (text.shown.get(at..*start), text.shown.get(*start..*end))
        else {
            continue;
        };
        let Some(figure) = figures.get(*index) else { continue };
        let _ = write!(
            html,
            "{}<mark id=\"figure-{number}-{}\" title=\"{}\">{}</mark>",
            escape(before),
            figure.start,
            escape(&describe(figure)),
            escape(words)
        );
        at = *end;
    }
    html.push_str(&escape(text.shown.get(at..).unwrap_or_default()));
    html.push_str("</div>\n");
    if text.left_out > 0 {
        let _ = writeln!(
            html,
            "<p class=\"note\">{} more bytes of text are not shown here: see the file.</p>",
            text.left_out
        );
    }
    html.push_str("</details>\n");
}

/// A figure in words: what it counts, its bounds, who gives it, by which rules.
pub fn describe(figure: &Figure) -> String {
    let bound = match (figure.low, figure.high) {
        (Some(low), Some(high)) if low == high => grouped(low),
        (Some(low), Some(high)) => format!("{} to {}", grouped(low), grouped(high)),
        (Some(low), None) => format!("{} or more", grouped(low)),
        (None, Some(high)) => format!("{} or fewer", grouped(high)),
        (None, None) => "no number".into(),
    };
    let mut words = format!("{}: {bound}", name(figure.measure));
    if figure.hedge != Hedge::Exact {
        let _ = write!(words, " ({})", name(figure.hedge));
    }
    for (what, value) in [
        ("of", &figure.whom),
        ("given by", &figure.source),
        ("in", &figure.place),
        ("when:", &figure.date),
    ] {
        if let Some(value) = value {
            let _ = write!(words, ", {what} {value}");
        }
    }
    let _ = write!(words, " [{}]", figure.rules.join(", "));
    words
}

/// The name that a measure or hedge has in records, with blanks.
pub fn name<T: serde::Serialize>(value: T) -> String {
    let json = serde_json::to_value(value).unwrap_or_default();
    json.as_str().unwrap_or_default().replace('_', " ")
}

/// Everything after the exhibits.
pub fn foot(about: &About) -> String {
    format!("</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n", escape(&about.tool))
}

/// Text made harmless in HTML, in attributes too. Control characters that HTML forbids, and the
/// bidirectional overrides that could turn a sentence around, are shown as U+FFFD.
pub fn escape(text: &str) -> String {
    let harmless = |c: char| match c {
        '\n' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
        c if c.is_control() => '\u{fffd}',
        c => c,
    };
    visible::markup(&text.chars().map(harmless).collect::<String>())
}

const STYLE: &str = include_str!("page.css");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_text() {
        assert_eq!(
            escape("<script>\"a\"&'b'</script>\u{202e}\u{0}\u{7f}"),
            "&lt;script&gt;&quot;a&quot;&amp;&#39;b&#39;&lt;/script&gt;\u{fffd}\u{fffd}\u{fffd}"
        );
    }
}
