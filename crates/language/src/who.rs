//! Who gives a figure: "according to S", "S said", "said S", "…: monitor", "citing S".
//!
//! Never may the outlet itself stand as the source: where the sentence names no one, no one is
//! named.

use crate::gazetteer::HEADS;
use crate::headline::headline_source;
use crate::lexicon::{Noun, Role};
use crate::names::{fullest, is_name_part, text_of};
use crate::tokens::{Gap, Kind, Token, phrase_at, word, word_before};
use std::ops::Range;

/// Most words of a source's description ("a source at the … Police Command").
const SOURCE_LIMIT_TOKENS: usize = 14;

/// Someone to whom a part of a sentence is attributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribution {
    /// The cue's token.
    pub cue: usize,
    /// Which words are attributed.
    pub reach: Reach,
    /// Tokens of the source's own description.
    pub at: Range<usize>,
    /// Fullest name.
    pub name: String,
    /// Rule that found it.
    pub rule: &'static str,
}

/// Which words of the sentence an attribution covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Those before the cue: `"…", S said`.
    Before,
    /// Those after it: `S said that …`.
    After,
    /// Both: `"…" S said, adding that …`.
    Both,
}

/// What is known of the report beyond the sentence.
#[derive(Debug)]
pub struct Speakers<'a> {
    /// The report's text.
    pub source: &'a str,
    /// Its names of several words.
    pub names: &'a [String],
    /// Who spoke last, for "he said" and "the source added".
    pub last: Option<String>,
}

/// The attributions of a sentence, in order of their cues.
pub fn attributions(tokens: &[Token], speakers: &mut Speakers, headline: bool) -> Vec<Attribution> {
    let mut out: Vec<Attribution> = Vec::new();
    for i in 0..tokens.len() {
        let Some(token) = tokens.get(i) else { break };
        let found = match token.lower.as_ref() {
            "according" if word(tokens, i + 1) == "to" => according(tokens, i, speakers),
            "citing" | "quoting" | "cited" | "quoted" => citing(tokens, i, speakers),
            "voiced" | "expressed" | "gave" | "put" | "updated" | "raised"
                if (1..6).any(|k| matches!(word(tokens, i + k), "concern" | "toll")) =>
            {
                concern(tokens, i, speakers)
            }
            _ if token.role == Role::Saying && is_verb(tokens, i) => saying(tokens, i, speakers),
            _ => None,
        };
        let Some(found) = found else { continue };
        // "SANA reported, citing a medical source": the originator stands for the relay.
        if found.rule == "source.citing"
            && let Some(relay) = out.last_mut()
        {
            relay.name.clone_from(&found.name);
            relay.rule = found.rule;
        } else {
            out.push(found);
        }
    }
    if headline && out.is_empty() {
        out.extend(headline_source(tokens, speakers));
    }
    if let Some(last) = out.last() {
        speakers.last = Some(last.name.clone());
    }
    out
}

/// The attribution that covers token `at`: the last one that leads up to it, or else the first
/// that trails it.
pub fn covering(found: &[Attribution], at: usize) -> Option<&Attribution> {
    let lead = found.iter().rev().find(|a| a.reach != Reach::Before && a.cue < at);
    let trail = found.iter().find(|a| a.reach != Reach::After && a.cue > at);
    // "S said … . … T reported": a trailing one in between ends what the first led to.
    let whole = lead.filter(|lead| {
        !found.iter().any(|a| a.reach == Reach::Before && a.cue > lead.cue && a.cue < at)
    });
    whole.or(trail)
}

fn according(tokens: &[Token], i: usize, speakers: &Speakers) -> Option<Attribution> {
    let (first, end) = after(tokens, i + 2)?;
    let name = describe(tokens, first, end, speakers)?;
    let reach = if i > 1 { Reach::Both } else { Reach::After };
    Some(Attribution { cue: i, reach, at: first..end, name, rule: "source.according-to" })
}

fn citing(tokens: &[Token], i: usize, speakers: &Speakers) -> Option<Attribution> {
    let mut at = i + 1;
    for skip in
        ["a statement from", "a statement by", "statements by", "reports from", "a report by"]
    {
        if let Some(n) = phrase_at(tokens, at, skip) {
            at += n;
        }
    }
    let (first, end) = after(tokens, at)?;
    let name = describe(tokens, first, end, speakers)?;
    Some(Attribution { cue: i, reach: Reach::Before, at: first..end, name, rule: "source.citing" })
}

/// "the council voiced deep concern about reports that …".
fn concern(tokens: &[Token], i: usize, speakers: &Speakers) -> Option<Attribution> {
    let (first, end) = before(tokens, i)?;
    let name = describe(tokens, first, end, speakers)?;
    let rule = "source.concern";
    Some(Attribution { cue: i, reach: Reach::After, at: first..end, name, rule })
}

/// Whether the word of saying at `i` is a verb with a speaker here: not "reports of", "was
/// reported", "an estimated".
fn is_verb(tokens: &[Token], i: usize) -> bool {
    let before = word_before(tokens, i, 1);
    let lower = word(tokens, i);
    let passive = matches!(before, "was" | "were" | "been" | "is" | "are" | "be" | "being" | "as");
    let noun = matches!(lower, "reports" | "report" | "claims" | "estimates" | "record")
        && (matches!(word(tokens, i + 1), "of" | "in" | "by" | "from" | "on" | "that")
            || matches!(before, "the" | "of" | "a" | "media" | "some" | "by" | "with" | "to"));
    // "193 member states", "the United States"
    let noun = noun || lower == "states" && word(tokens, i + 1) != "that";
    let hedge = lower == "estimated" && (matches!(before, "an" | "the") || i == 0);
    // "Rodi Said" is a name.
    if lower == "said" && tokens.get(i).is_some_and(Token::capital) {
        return false;
    }
    // "claimed 12 lives", "claimed responsibility" report nothing.
    let claims = lower.starts_with("claim")
        && (1..=5).any(|k| matches!(word(tokens, i + k), "lives" | "life" | "responsibility"));
    !(passive
        || claims
        || noun
        || hedge
        || matches!(
            lower,
            "quoting"
                | "citing"
                | "according"
                | "saying"
                | "documented"
                | "counted"
                | "put"
                | "continued"
                | "stressed"
                | "pointed"
                | "recalled"
        ) && before.is_empty())
}

fn saying(tokens: &[Token], i: usize, speakers: &Speakers) -> Option<Attribution> {
    if let Some((first, end)) = before(tokens, i) {
        let pronoun = tokens.get(first).is_some_and(|t| t.role == Role::Pronoun);
        let again = end == first + 1
            && matches!(word(tokens, first), "source" | "sources" | "official" | "spokesman")
            && word_before(tokens, first, 1) == "the";
        let name = if pronoun || again && speakers.last.is_some() {
            speakers.last.clone()?
        } else {
            describe(tokens, first, end, speakers)?
        };
        let quoted = (1..=2).any(|k| first >= k && is_quote(tokens.get(first - k)));
        let goes_on = matches!(word(tokens, i), "added" | "adding") && first > 2;
        let reach = match is_last(tokens, i) {
            true => Reach::Before,
            false if quoted || goes_on || follows_clause(tokens, first) => Reach::Both,
            false => Reach::After,
        };
        let rule = if pronoun { "source.pronoun" } else { "source.said-after" };
        return Some(Attribution { cue: i, reach, at: first..end, name, rule });
    }
    // Only "said" and its like turn round: "… said the ministry".
    if !matches!(word(tokens, i), "said" | "says" | "reported" | "added" | "announced" | "told") {
        return None;
    }
    let (first, end) = after(tokens, i + 1)?;
    let name = describe(tokens, first, end, speakers)?;
    Some(Attribution {
        cue: i,
        reach: Reach::Before,
        at: first..end,
        name,
        rule: "source.said-before",
    })
}

/// "… has risen to 61 a monitor said on Tuesday as …": the speaker stands after what they said, and
/// the sentence goes on. One after "and" or at the start begins what they say.
fn follows_clause(tokens: &[Token], first: usize) -> bool {
    let article = tokens.get(first.wrapping_sub(1)).is_some_and(|t| t.role == Role::Determiner);
    let begin = first.saturating_sub(usize::from(article));
    let before = tokens.get(begin.wrapping_sub(1));
    begin > 3 && before.is_some_and(|t| t.role != Role::Conjunction && !t.is_mark(':'))
}

fn is_quote(token: Option<&Token>) -> bool {
    token.is_some_and(|t| t.is_mark('"') || t.is_mark('\u{201D}'))
}

/// Whether nothing that could be reported follows the verb: "S said on Sunday."
fn is_last(tokens: &[Token], i: usize) -> bool {
    let mut at = i + 1;
    let limit = i + 12;
    while at < limit {
        let Some(token) = tokens.get(at) else { return true };
        match token.lower.as_ref() {
            "that" | ":" => return false,
            "citing" | "quoting" => return true,
            "." | "!" | "?" => return at + 1 >= tokens.len() || at > i,
            "in" | "on" | "to" | "a" | "an" | "the" | "statement" | "press" | "release"
            | "late" | "early" | "earlier" | "its" | "his" | "via" | "by" | "online"
            | "telephone" | "phone" | "-" | "updated" | "toll" | "," | "interview" | "(" | ")"
            | "reporters" | "also" => {}
            _ if matches!(token.role, Role::Weekday(_) | Role::Month(_)) => {}
            _ if word(tokens, i).starts_with("t") && is_name_part(tokens, at) => {}
            _ if word_before(tokens, at, 1) == "to" && is_name_part(tokens, at) => {}
            _ => return false,
        }
        at += 1;
    }
    false
}

/// The subject before the verb at `i`, as a range of tokens without its article.
fn before(tokens: &[Token], i: usize) -> Option<(usize, usize)> {
    let mut end = i;
    loop {
        let at = end.checked_sub(1)?;
        let token = tokens.get(at)?;
        let skip = matches!(token.role, Role::Adverb | Role::Auxiliary | Role::Weekday(_))
            || token.lower == "on"
            || token.is_mark(',') && end < i;
        if token.is_mark(')') {
            // "the Observatory (SOHR) said"
            end = (at.saturating_sub(6)..at).rev().find(|&k| word(tokens, k) == "(")?;
            continue;
        }
        if !skip {
            break;
        }
        end = at;
    }
    let last = end.checked_sub(1)?;
    if tokens.get(last)?.role == Role::Pronoun {
        return Some((last, end));
    }
    subject_ending(tokens, end).or_else(|| {
        // "the Observatory, which tracks the war, said"
        let relative = (end.saturating_sub(RELATIVE_LIMIT_TOKENS)..end)
            .rev()
            .find(|&k| tokens.get(k).is_some_and(|t| t.role == Role::Relative))?;
        let comma = usize::from(word_before(tokens, relative, 1) == ",");
        subject_ending(tokens, relative - comma)
    })
}

/// Most words of a relative clause between a source and its verb.
const RELATIVE_LIMIT_TOKENS: usize = 12;

/// The source's description that ends before token `end`.
fn subject_ending(tokens: &[Token], end: usize) -> Option<(usize, usize)> {
    let mut first = end;
    while first > 0 && end - first < SOURCE_LIMIT_TOKENS && belongs(tokens, first - 1, end) {
        first -= 1;
    }
    first = past_links(tokens, first, end);
    let governed = matches!(word_before(tokens, first, 1), "in" | "of" | "at" | "from" | "near");
    if governed && !is_head(tokens, end.saturating_sub(1)) {
        // "a neurologist in X said": the name is where, and the noun before it is who.
        let article = (first.saturating_sub(7)..first - 1)
            .rev()
            .find(|&k| matches!(word(tokens, k), "a" | "an" | "the"))?;
        first = article + 1;
    }
    let named = (first..end).any(|k| is_name_part(tokens, k) || is_head(tokens, k));
    (first < end && named).then_some((first, end))
}

/// Whether the token at `k` can belong to a source's description that ends at `end`.
fn belongs(tokens: &[Token], k: usize, end: usize) -> bool {
    let Some(token) = tokens.get(k) else { return false };
    if tokens.get(k + 1).is_some_and(|t| t.gap > Gap::Line && k + 1 < end) {
        return false;
    }
    if is_name_part(tokens, k) || is_head(tokens, k) {
        return true;
    }
    match token.lower.as_ref() {
        "for" | "of" | "at" | "in" | "to" | "and" => {
            // A link needs a source or a name before it, and must not reach into the clause.
            let prior = k.checked_sub(1);
            let noun = prior.is_some_and(|p| is_head(tokens, p) || is_name_part(tokens, p));
            noun && (token.lower != "to" && token.lower != "in" && token.lower != "at"
                || prior.is_some_and(|p| is_head(tokens, p)))
        }
        // "activists in the area", "the Britain-based …": an article inside, or the first word.
        "the" => matches!(word_before(tokens, k, 1), "in" | "of" | "at" | "for"),
        "state" | "local" | "monitoring" | "medical" | "security" | "news" | "war" | "field"
        | "senior" | "civil" | "human" | "rights" | "opposition" | "rebel" | "government"
        | "police" | "anti-regime" | "state-run" | "official" | "area" | "city" | "province"
        | "health" | "rescue" | "town" | "village" | "region" | "country" | "aid"
        | "pro-government" | "well-informed" | "informed" | "unnamed" => true,
        _ => false,
    }
}

/// Whether a word can be the head of a speaker's description ("spokesman", "medics").
pub fn is_head(tokens: &[Token], k: usize) -> bool {
    tokens.get(k).is_some_and(|t| {
        let lower = t.lower.as_ref();
        let bare = lower.strip_suffix("'s").unwrap_or(lower);
        t.kind == Kind::Word
            && (HEADS.contains(bare) || t.noun == Some(Noun::Person) && !t.capital())
    })
}

fn past_links(tokens: &[Token], mut first: usize, end: usize) -> usize {
    while first < end
        && matches!(
            word(tokens, first),
            "for" | "of" | "at" | "in" | "to" | "and" | "the" | "a" | "an" | "area" | "city"
        )
    {
        first += 1;
    }
    first
}

/// The noun phrase that begins at `at`, after an article.
fn after(tokens: &[Token], at: usize) -> Option<(usize, usize)> {
    let mut first = at;
    while tokens.get(first).is_some_and(|t| t.role == Role::Determiner) && first < at + 2 {
        first += 1;
    }
    let mut end = first;
    while end < first + SOURCE_LIMIT_TOKENS {
        let Some(token) = tokens.get(end) else { break };
        if end > first && token.gap > Gap::Line || token.kind != Kind::Word {
            break;
        }
        let name = is_name_part(tokens, end) || is_head(tokens, end);
        let based = token.lower.ends_with("-based") || token.lower.ends_with("-run");
        let link = end > first
            && matches!(token.lower.as_ref(), "for" | "of" | "in" | "at")
            && (is_name_part(tokens, end + 1)
                || word(tokens, end + 1) == "health"
                || word(tokens, end + 1) == "the" && is_name_part(tokens, end + 2));
        // "the directorate of health", "Idlib province": a word after "of", a kind after a name.
        let inner = end > first
            && (token.lower == "the"
                || word(tokens, end - 1) == "of" && token.role == Role::None
                || matches!(token.lower.as_ref(), "province" | "city" | "governorate"));
        let adjective = token.role == Role::None
            && token.noun.is_none()
            && token.trigger.is_none()
            && (end..end + 3).any(|k| is_head(tokens, k + 1));
        if !(name || based || link || inner || adjective) {
            break;
        }
        end += 1;
    }
    let named = (first..end).any(|k| is_name_part(tokens, k) || is_head(tokens, k));
    (end > first && named).then_some((first, end))
}

/// The source's name in words: a person's or body's name where the phrase holds one, fullest form
/// in the report; else the phrase itself ("source at the police command").
pub fn describe(tokens: &[Token], first: usize, end: usize, speakers: &Speakers) -> Option<String> {
    let lower_head = (first..end).position(|k| is_head(tokens, k) && !is_name_part(tokens, k));
    let links = (first..end).any(|k| matches!(word(tokens, k), "at" | "in" | "of" | "for"));
    let last_run = (first..end).rev().find(|&k| is_name_part(tokens, k)).map(|last| {
        let mut begin = last;
        while begin > first
            && (is_name_part(tokens, begin - 1)
                || matches!(word(tokens, begin - 1), "for" | "of")
                    && begin - 1 > first
                    && is_name_part(tokens, begin - 2))
        {
            begin -= 1;
        }
        (begin, last + 1)
    });
    let last_run = last_run.map(|(begin, stop)| (past_based(tokens, begin, stop), stop));
    let range = match (lower_head, last_run) {
        // "activists in Homs", "a source at Aleppo Police Command"
        (Some(0..=3), Some((begin, _))) if links && begin > first + 1 => (first, end),
        // "Observatory director Rami …", "state news agency SANA"
        (Some(_), Some((begin, stop))) if stop == end => (begin, stop),
        // "Syrian Observatory for Human Rights monitoring group"
        (Some(_), Some((begin, stop))) if stop - begin >= 3 => (begin, stop),
        (Some(_), _) => (first, end),
        (None, Some(run)) => run,
        (None, None) => return None,
    };
    let text = text_of(speakers.source, tokens, range.0, range.1)?;
    Some(fullest(&text, speakers.names).to_string())
}

/// Past "Britain-based" and its like, which are capitalised but no name.
fn past_based(tokens: &[Token], mut begin: usize, stop: usize) -> usize {
    while begin + 1 < stop
        && ["-based", "-run", "-backed", "-linked"].iter().any(|e| word(tokens, begin).ends_with(e))
    {
        begin += 1;
    }
    begin
}
