//! Figures: every number of people, attacks, destroyed things or states that a text gives, with its
//! hedge, source, date and place (the labelling guide's `figures`).
//!
//! A grammar over tokens: no model, no network, the same text gives the same figures. Every value comes
//! from words in the text by a rule that [`rules`] explains. Never may a span of a figure differ from
//! the bytes it names, and never may a number without evidence of what it counts become a figure.

mod counts;
mod events;
mod gazetteer;
mod hedges;
mod lexicon;
mod measure;
mod names;
mod numbers;
mod parts;
mod place;
mod rules;
mod sentences;
mod tokens;
mod when;
mod who;

pub use rules::rules;

use counts::Count;
use events::Draft;
use jiff::civil::Date;
use record::Figure;
use std::ops::Range;
use tokens::Token;
use when::{When, WhenKind};
use who::{Attribution, Speakers};

/// What is known of a text from elsewhere.
#[derive(Debug, Clone, Default)]
pub struct Context<'a> {
    /// The report's date, which "on Friday" is resolved against; where it is `None`, a date line in
    /// the text is used, and without one such dates stay open.
    pub report_date: Option<Date>,
    /// The outlet, which is never a figure's source.
    pub outlet: Option<&'a str>,
    /// Bytes of the headline in the text; where it is `None`, the first line counts as one.
    pub title: Option<(usize, usize)>,
}

/// Every figure of `text`, in order, none overlapping. `start` and `end` are byte offsets in `text`.
pub fn find(text: &str, context: &Context) -> Vec<Figure> {
    let tokens = tokens::tokenize(text);
    let (sentences, line_date) = cut(&tokens);
    let report = Report {
        text,
        tokens: &tokens,
        date: context.report_date.or(line_date),
        title_end: title_end(text, context),
        evacuation: tokens.iter().any(|t| t.lower.starts_with("evacu")),
    };
    let names = names::long_names(text, &tokens);
    let mut speakers = Speakers { source: text, names: &names, last: None };
    let mut drafts = Vec::new();
    for (number, range) in sentences.into_iter().enumerate() {
        read_sentence(&report, &range, number, &mut speakers, &mut drafts);
    }
    events::reconcile(&mut drafts, report.date);
    drafts.into_iter().map(|d| d.figure).collect()
}

/// Byte ranges of the sentences of `text`, in order.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let tokens = tokens::tokenize(text);
    let range = |sentence: Range<usize>| {
        let first = tokens.get(sentence.start)?;
        let last = tokens.get(sentence.end.checked_sub(1)?)?;
        Some(first.start..last.end)
    };
    sentences::split(&tokens).into_iter().filter_map(range).collect()
}

struct Report<'a> {
    text: &'a str,
    tokens: &'a [Token<'a>],
    date: Option<Date>,
    title_end: usize,
    evacuation: bool,
}

fn title_end(text: &str, context: &Context) -> usize {
    match context.title {
        Some((_, end)) => end,
        None => text.find('\n').unwrap_or(0),
    }
}

/// The sentences, date lines cut off at their end, and the date of the first such line.
fn cut(tokens: &[Token]) -> (Vec<Range<usize>>, Option<Date>) {
    let mut out = Vec::new();
    let mut line_date = None;
    for range in sentences::split(tokens) {
        let mut start = range.start;
        while let Some((date, end)) =
            tokens.get(start..range.end).and_then(when::date_line).filter(|&(_, end)| end > 0)
        {
            line_date = line_date.or(Some(date));
            out.push(start..start + end);
            start += end;
        }
        if start < range.end {
            out.push(start..range.end);
        }
    }
    (out, line_date)
}

fn read_sentence(
    report: &Report,
    range: &Range<usize>,
    number: usize,
    speakers: &mut Speakers,
    drafts: &mut Vec<Draft>,
) {
    let Some(tokens) = report.tokens.get(range.clone()) else { return };
    let headline = tokens.first().is_some_and(|t| t.start < report.title_end)
        || number < 4 && tokens.len() < 30;
    let sources = who::attributions(tokens, speakers, headline);
    if !tokens.iter().any(may_count) {
        return;
    }
    let dates = when::expressions(tokens, report.date);
    let counts = counts::find(tokens, &dates);
    let scene = measure::Scene { tokens, counts, evacuation: report.evacuation };
    let counts = measure::assign(scene);
    if counts.is_empty() {
        return;
    }
    let places = place::places(report.text, tokens);
    for count in &counts {
        let scene =
            Sentence { report, tokens, number, dates: &dates, sources: &sources, places: &places };
        drafts.extend(draft(&scene, count));
    }
}

/// Whether a token can begin a quantity; most sentences have none, and are not looked at further.
fn may_count(token: &Token) -> bool {
    token.kind == tokens::Kind::Numeral || token.kind == tokens::Kind::Word
}

struct Sentence<'a> {
    report: &'a Report<'a>,
    tokens: &'a [Token<'a>],
    number: usize,
    dates: &'a [When],
    sources: &'a [Attribution],
    places: &'a [place::Place],
}

fn draft(s: &Sentence, count: &Count) -> Option<Draft> {
    let q = &count.quantity;
    let start = s.tokens.get(q.first)?.start;
    let end = s.tokens.get(q.end.checked_sub(1)?)?.end;
    let mut rules: Vec<String> = q.rules.iter().map(ToString::to_string).collect();
    rules.push(count.rule.to_string());
    let whom = if count.named {
        names::text_of(s.report.text, s.tokens, count.noun_first, count.noun_end)
    } else {
        None
    };
    let source = who::covering(s.sources, q.first);
    rules.extend(source.map(|a| a.rule.to_string()));
    let when = events::date_for(s.dates, q.first);
    rules.extend(when.map(|w| w.rule.to_string()));
    let place = place::nearest(s.places, q.first);
    rules.extend(place.map(|p| p.rule.to_string()));
    let running = when.is_some_and(|w| matches!(w.kind, WhenKind::Since | WhenKind::Past));
    let war = events::is_war_total(s.tokens, q.first);
    if war {
        rules.push("cumulative.war".to_string());
    }
    Some(Draft {
        figure: Figure {
            start: u64::try_from(start).ok()?,
            end: u64::try_from(end).ok()?,
            text: s.report.text.get(start..end)?.to_string(),
            low: q.low,
            high: q.high,
            hedge: q.hedge,
            measure: count.measure?,
            whom,
            source: source.map(|a| a.name.clone()),
            date: when.and_then(|w| w.value.clone()),
            place: place.map(|p| p.text.clone()),
            cumulative: running || war,
            rules,
        },
        sentence: s.number,
        place_rank: place.map_or(0, |p| p.rank),
        dated: when.is_some(),
    })
}
