//! Figures: every number of people, attacks, destroyed things or states that a text gives, with its
//! hedge, source, date and place (the labelling guide's `figures`).
//!
//! A grammar over tokens: no model, no network, the same text gives the same figures. Every value
//! comes from words in the text by a rule that [`rules`] explains. Never may a span of a figure
//! differ from the bytes it names, and never may a number without evidence of what it counts
//! become a figure.

mod counts;
mod events;
mod measure;
mod object;
mod parts;
mod rules;
mod subject;

pub use rules::rules;

use counts::Count;
use events::{Draft, Setting};
use jiff::civil::Date;
use language::tokens::{self, Token};
use language::when::{self, When, WhenKind};
use language::who::{self, Attribution, Speakers};
use language::{names, place, sentences};
use record::{Figure, Hedge, Measure};
use std::collections::BTreeMap;
use std::ops::Range;

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

/// Every figure of `text`, in order, none overlapping. `start` and `end` are byte offsets in
/// `text`.
pub fn find(text: &str, context: &Context) -> Vec<Figure> {
    let tokens = tokens::tokenize(text);
    let (sentences, line_date) = cut(&tokens);
    let report = Report {
        text,
        date: context.report_date.or(line_date),
        title_end: title_end(text, context),
        evacuation: tokens.iter().any(|t| t.lower.starts_with("evacu")),
    };
    let names = names::long_names(text, &tokens);
    let mut speakers = Speakers { source: text, names: &names, last: None };
    let mut drafts = Vec::new();
    let mut settings = Vec::with_capacity(sentences.len());
    for (number, range) in sentences.into_iter().enumerate() {
        let tokens = tokens.get(range).unwrap_or_default();
        settings.push(read_sentence(&report, tokens, number, &mut speakers, &mut drafts));
    }
    events::reconcile(&mut drafts, &settings);
    events::war_country(&mut drafts, &settings, country(&tokens));
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

/// The country a report names most often, the first of equals.
fn country(tokens: &[Token]) -> Option<&'static str> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for name in tokens.iter().filter_map(|t| place::country(t).or(place::people(t))) {
        *counts.entry(name).or_default() += 1;
    }
    counts.into_iter().rev().max_by_key(|&(_, count)| count).map(|(name, _)| name)
}

struct Report<'a> {
    text: &'a str,
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

/// The sentences, each date line apart, and the date of the first such line.
fn cut(tokens: &[Token]) -> (Vec<Range<usize>>, Option<Date>) {
    let mut out = Vec::new();
    let mut line_date = None;
    for range in sentences::split(tokens) {
        let mut start = range.start;
        while let Some((date, line)) = tokens.get(start..range.end).and_then(when::date_line) {
            line_date = line_date.or(Some(date));
            if line.start > 0 {
                out.push(start..start + line.start);
            }
            out.push(start + line.start..start + line.end);
            start += line.end.max(1);
        }
        if start < range.end {
            out.push(start..range.end);
        }
    }
    (out, line_date)
}

fn read_sentence(
    report: &Report,
    tokens: &[Token],
    number: usize,
    speakers: &mut Speakers,
    drafts: &mut Vec<Draft>,
) -> Setting {
    let titled = tokens.first().is_some_and(|t| t.start < report.title_end);
    let headline = titled || number < HEADLINE_SENTENCES && tokens.len() < HEADLINE_LIMIT_TOKENS;
    let sources = who::attributions(tokens, speakers, headline);
    let dates = when::expressions(tokens, report.date);
    let places = place::places(report.text, tokens, &sources);
    let mut setting = Setting::of(tokens, &dates, &places);
    let counts = counts::find(tokens, &dates, &sources);
    if counts.is_empty() {
        return setting;
    }
    let scene = measure::Scene { tokens, counts, sources: &sources, evacuation: report.evacuation };
    let counts = measure::assign(scene);
    let sentence = Sentence {
        report,
        tokens,
        number,
        headline,
        dates: &dates,
        sources: &sources,
        places: &places,
    };
    drafts.extend(counts.iter().filter_map(|count| draft(&sentence, count)));
    // Where the sentence's own count was is where its event was.
    if let Some(place) = counts.last().and_then(|count| place_of(&sentence, count)) {
        setting.place = Some(place.clone());
    }
    setting
}

/// A report's first short sentences are its headline, told once or twice.
const HEADLINE_SENTENCES: usize = 4;
const HEADLINE_LIMIT_TOKENS: usize = 24;

struct Sentence<'a> {
    report: &'a Report<'a>,
    tokens: &'a [Token<'a>],
    number: usize,
    headline: bool,
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
    let source = who::covering(s.sources, q.first);
    rules.extend(source.map(|a| a.rule.to_string()));
    let when = events::date_for(s.dates, q.first);
    rules.extend(when.map(|w| w.rule.to_string()));
    let place = place_of(s, count);
    rules.extend(place.map(|p| p.rule.to_string()));
    let running = when.is_some_and(|w| matches!(w.kind, WhenKind::Since | WhenKind::Past));
    let war = events::is_war_total(s.tokens, q.first);
    let measure = count.measure?;
    let great = measure == Measure::Killed && q.low.or(q.high).is_some_and(|v| v >= WAR_NUMBER);
    let mut hedge = q.hedge;
    if hedge == Hedge::Exact && estimated_toll(s.tokens, q.first) {
        hedge = Hedge::About;
        rules.push("hedge.estimated-toll".to_string());
    }
    if running {
        rules.push("cumulative.period".to_string());
    } else if great && !war {
        rules.push("cumulative.scale".to_string());
    } else if war {
        rules.push("cumulative.war".to_string());
    }
    Some(Draft {
        figure: Figure {
            start: u64::try_from(start).ok()?,
            end: u64::try_from(end).ok()?,
            text: s.report.text.get(start..end)?.to_string(),
            low: q.low,
            high: q.high,
            hedge,
            measure,
            whom: whom(s, count),
            source: source.map(|a| a.name.clone()),
            date: when.and_then(|w| w.value.clone()),
            place: place.map(|p| p.text.clone()),
            cumulative: (running || war || great) && measure != Measure::States,
            rules,
        },
        sentence: s.number,
        place_rank: place.map_or(0, |p| p.rank),
        dated: when.is_some(),
        headline: s.headline,
        war_of: events::war_of(s.tokens),
    })
}

/// More killed than any one incident of recent wars: such a number is a total.
const WAR_NUMBER: u64 = 20_000;

/// "the estimated death toll reaches 60,000".
fn estimated_toll(tokens: &[Token], first: usize) -> bool {
    let from = first.saturating_sub(6);
    (from..first).any(|k| {
        tokens::word(tokens, k) == "estimated"
            && (k + 1..k + 3).any(|k| tokens::word(tokens, k) == "toll")
    })
}

/// Where: no place for states, the admitting country before the verb for the admitted.
fn place_of<'a>(s: &'a Sentence, count: &Count) -> Option<&'a place::Place> {
    let first = count.quantity.first;
    match count.measure {
        Some(Measure::States) => None,
        Some(Measure::Admitted) => {
            s.places.iter().rev().find(|p| p.first < first).or(s.places.first())
        }
        _ => place::nearest(s.places, first),
    }
}

/// The counted group in the report's words. "Dead", "deaths", "wounded" alone say what befell, not
/// whom; "of the wounded" does say whom.
fn whom(s: &Sentence, count: &Count) -> Option<String> {
    if !count.named {
        return None;
    }
    // "kills 32 Medical source": the headline's source is not the counted.
    let headed = s.sources.iter().map(|a| a.at.start).find(|&k| k >= count.noun_first);
    let noun_end = headed.map_or(count.noun_end, |k| k.min(count.noun_end));
    let alone = count.noun_end == count.noun_first + 1 && count.noun_first == count.quantity.end;
    let befell = matches!(
        tokens::word(s.tokens, count.noun_first),
        "dead" | "death" | "deaths" | "lives" | "fatalities" | "wounded" | "injured" | "injuries"
    );
    if alone && befell {
        return None;
    }
    names::text_of(s.report.text, s.tokens, count.noun_first, noun_end)
}
