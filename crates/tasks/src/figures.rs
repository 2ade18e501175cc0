//! `casefile figures`: who says how many, side by side, disagreement shown.

use crate::passages::Passages;
use crate::{Error, Progress, catalogue};
use archive::Case;
pub use bundle::page::grouped;
use catalogue::Item;
use compare::{Account, Question};
use record::{Reading, Span};
use serde::Serialize;
use std::ops::Range;
use std::path::Path;

/// The questions that the case's figures answer.
#[derive(Debug, Serialize)]
pub struct Outcome {
    /// The questions, those with the most accounts first.
    pub questions: Vec<Question>,
    /// Items whose figures are in it.
    pub items: u64,
    /// Items that have not been read yet: their figures are missing here.
    pub unread: u64,
}

/// Compares all figures of the case.
pub fn run(root: &Path, progress: Progress<'_>) -> Result<Outcome, Error> {
    let case = Case::open(root)?;
    let items = catalogue::items(&case)?;
    let mut accounts = Vec::new();
    let mut outcome = Outcome { questions: Vec::new(), items: 0, unread: 0 };
    for (done, item) in items.iter().enumerate() {
        progress(done as u64, items.len() as u64, item.name());
        match catalogue::reading(&case, item)? {
            Some(reading) => {
                outcome.items += 1;
                let passages = Passages::of(&case, item, &reading)?;
                accounts.extend(accounts_of(item, &reading, &passages));
            }
            None if item.sealed_words().is_some() => {}
            None => outcome.unread += 1,
        }
    }
    outcome.questions = compare::questions(accounts);
    Ok(outcome)
}

/// Each figure of a reading as an account.
pub fn accounts_of(item: &Item, reading: &Reading, passages: &Passages) -> Vec<Account> {
    let sentences = Sentences::of(&passages.text);
    let title = reading.title.as_ref().and_then(|title| title.span);
    let stated =
        |stated: &Option<record::Stated>| stated.as_ref().map(|stated| stated.value.clone());
    let account = |figure: &record::Figure| {
        let span = figure.span();
        let place = passages.find(span).unwrap_or(0..0);
        let sentence = sentences.around(&place);
        let words = passages.text.get(sentence.clone()).unwrap_or_default();
        // Figures of one sentence must be told from others: its distance to the figure is the same
        // in the text and, but for markup, in the item.
        let before = place.start.saturating_sub(sentence.start) as u64;
        let behind = sentence.end.saturating_sub(place.end) as u64;
        Account {
            item: item.digests.sha256,
            exhibit: item.number,
            name: item.name().into(),
            outlet: item.source().map(str::to_string).or_else(|| stated(&reading.outlet)),
            credits: reading.credits.iter().map(|credit| credit.value.clone()).collect(),
            published: stated(&reading.published),
            figure: figure.clone(),
            sentence: words.split_whitespace().collect::<Vec<_>>().join(" "),
            sentence_span: Span::new(span.start.saturating_sub(before), span.end + behind),
            title: title.is_some_and(|title| title.meets(span)),
            repeats: Vec::new(),
        }
    };
    reading.figures.iter().map(account).collect()
}

/// Names of the rules by which the question's accounts are together.
pub fn reasons(question: &Question) -> String {
    let rules: Vec<&str> = question.because.iter().map(|because| because.rule.as_str()).collect();
    rules.join(", ")
}

/// Longest text whose sentences are worked out at once: tokens take some forty bytes for one, so
/// 40 MB. In a longer one they are worked out anew around each figure.
const SENTENCES_LIMIT_BYTES: usize = 1 << 20;

/// Bytes looked at on each side of a figure in a long text: several sentences.
const AROUND_BYTES: usize = 2_048;

/// The sentences of a text, all at once or as they are asked for.
struct Sentences<'a> {
    text: &'a str,
    all: Option<Vec<Range<usize>>>,
}

impl<'a> Sentences<'a> {
    fn of(text: &'a str) -> Self {
        let short = text.len() <= SENTENCES_LIMIT_BYTES;
        Self { text, all: short.then(|| read::figures::sentences(text)) }
    }

    /// The sentence in which `place` begins, or `place` itself where there is none.
    fn around(&self, place: &Range<usize>) -> Range<usize> {
        if let Some(all) = &self.all {
            return at(all, place, 0);
        }
        let mut from = place.start.saturating_sub(AROUND_BYTES);
        let mut to = (place.end + AROUND_BYTES).min(self.text.len());
        while !self.text.is_char_boundary(from) {
            from -= 1;
        }
        while !self.text.is_char_boundary(to) {
            to += 1;
        }
        at(&read::figures::sentences(&self.text[from..to]), place, from)
    }
}

/// The one of `sentences`, which begin at `from` in the text, in which `place` begins.
fn at(sentences: &[Range<usize>], place: &Range<usize>, from: usize) -> Range<usize> {
    let after = sentences.partition_point(|sentence| sentence.end + from <= place.start);
    let found = sentences.get(after).map(|sentence| sentence.start + from..sentence.end + from);
    found.filter(|sentence| sentence.start <= place.start).unwrap_or(place.clone())
}

/// The question in words: what is counted, where, when.
pub fn words(question: &Question) -> String {
    let mut words = bundle::page::name(question.measure);
    if words != question.group {
        words.push_str(": ");
        words.push_str(&question.group);
    }
    if let Some(place) = &question.place {
        // The place is folded for comparing; for people, the words of an account that names it.
        let named = |account: &Account| account.figure.place.clone();
        words.push_str(", ");
        words.push_str(&question.accounts.iter().find_map(named).unwrap_or_else(|| place.clone()));
    }
    if let Some(period) = &question.period {
        words.push_str(", ");
        words.push_str(period);
    }
    if question.cumulative {
        words.push_str(" (total)");
    }
    words
}

/// What else is to be known about a question: range, definitions, doubts.
pub fn notes(question: &Question) -> Vec<String> {
    let mut notes = Vec::new();
    if let Some(range) = &question.range {
        let open = if range.open_above { ", or more" } else { "" };
        notes.push(format!(
            "Range over all accounts: {} (\u{201c}{}\u{201d}) to {}{open} (\u{201c}{}\u{201d}).",
            grouped(range.least.value),
            range.least.words,
            grouped(range.greatest.value),
            range.greatest.words
        ));
    }
    if question.definition_differs {
        let note =
            "The accounts count differently drawn groups: compare the words, not only the numbers.";
        notes.push(note.into());
    }
    if question.probable {
        notes.push("Probably one question, not certainly: a date or place is missing.".into());
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_gives_the_same_sentence_as_a_short_one() {
        let one = "At least 4 people died in Norwick. The town mourns. ";
        let long = one.repeat(SENTENCES_LIMIT_BYTES / one.len() + 2);
        let start = one.len() * 1000;
        let place = start + 9..start + 10;
        let around = |text: &str| text[Sentences::of(text).around(&place)].trim().to_string();
        assert_eq!(around(&long), "At least 4 people died in Norwick.");
        assert_eq!(around(&long[..start * 2]), around(&long));
        assert!(Sentences::of(&long).all.is_none());
    }
}
