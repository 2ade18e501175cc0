//! Figures in a text of any length, window by window.
//!
//! The grammar keeps some fifty bytes for one of text. A report is one window; a book is read a
//! window at a time, so that its size does not decide how much memory the reader takes. Never may
//! figures end in silence: where the search stopped is part of the answer.

use crate::figures::{self, Context};
use record::Figure;

/// Text given to the grammar at once: 200,000 words, twice as much as the longest of reports, in
/// some 60 MB.
const WINDOW_BYTES: usize = 1 << 20;

/// Most figures of one reading: 400 bytes each in memory and in the reading, so 20 MB. The longest
/// lists of victims have some ten thousand lines.
pub const FIGURES_LIMIT: usize = 50_000;

/// What was found in a text.
#[derive(Debug)]
pub struct Found {
    /// The figures, in order of place.
    pub figures: Vec<Figure>,
    /// Where the search ended: the text's end, unless there were too many figures.
    pub end: usize,
}

/// Finds the figures of `text`. Beyond the first window the headline does not count, and what
/// others say or when it happened is not known from the windows before.
pub fn find(text: &str, context: &Context) -> Found {
    let mut figures: Vec<Figure> = Vec::new();
    let mut start = 0;
    while start < text.len() {
        let rest = text.get(start..).unwrap_or_default();
        let window = rest.get(..window_end(rest)).unwrap_or_default();
        let context = match start {
            0 => context.clone(),
            _ => Context { title: Some((0, 0)), ..context.clone() },
        };
        for figure in figures::find(window, &context) {
            let (from, to) = (figure.start + start as u64, figure.end + start as u64);
            if figures.len() >= FIGURES_LIMIT {
                return Found { figures, end: from as usize };
            }
            figures.push(Figure { start: from, end: to, ..figure });
        }
        start += window.len().max(1);
    }
    Found { figures, end: text.len() }
}

/// Where the first window of `text` ends: after a line if one ends in its second half, else after
/// a blank, else after any character.
fn window_end(text: &str) -> usize {
    if text.len() <= WINDOW_BYTES {
        return text.len();
    }
    let mut end = WINDOW_BYTES;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let half = text.as_bytes().get(..end).unwrap_or_default();
    let last = |wanted: fn(&u8) -> bool| {
        half.iter().rposition(wanted).map(|at| at + 1).filter(|at| *at > WINDOW_BYTES / 2)
    };
    last(|byte| *byte == b'\n').or_else(|| last(|byte| *byte == b' ')).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_lose_no_figure() {
        let line = "In Norwick at least 12 people were killed on Monday.\n";
        let text = line.repeat(2 * WINDOW_BYTES / line.len());
        let found = find(&text, &Context::default());
        assert_eq!((found.figures.len(), found.end), (text.lines().count(), text.len()));
        for figure in &found.figures {
            assert_eq!(&text[figure.start as usize..figure.end as usize], "at least 12");
        }
    }

    #[test]
    fn the_search_says_where_it_stopped() {
        let line = "In Norwick 12 people were killed.\n";
        let text = line.repeat(FIGURES_LIMIT + 10);
        let found = find(&text, &Context::default());
        assert_eq!(found.figures.len(), FIGURES_LIMIT);
        assert!(text[found.end..].starts_with("12 people"));
    }

    #[test]
    fn a_window_ends_between_words() {
        assert_eq!(window_end("short"), 5);
        let words = "word ".repeat(WINDOW_BYTES);
        assert!(words[..window_end(&words)].ends_with(' '));
        let arabic = "ق".repeat(WINDOW_BYTES);
        assert_eq!(window_end(&arabic), WINDOW_BYTES);
    }
}
