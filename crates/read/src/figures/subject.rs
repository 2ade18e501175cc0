//! The verb after a count, whose subject it is: "20 people were killed", "five died".
//!
//! Only what belongs to the subject may stand between: never may the verb of another clause count.

use super::measure::Scene;
use super::object::{joined, takes_object};
use super::parts;
use language::lexicon::{Form, Noun, Role, Trigger};
use language::tokens::{Gap, Token, phrase_at, word, word_before};
use record::Measure;

/// Words between a count and its verb: longer than any noun phrase with its "of" and "including".
const REACH_TOKENS: usize = 30;

/// As [`by_subject`], but not for a count that "including" or "among them" leads: that one is a
/// part of the count before it, whatever verb comes after.
pub(super) fn by_own_subject(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    if parts::is_part(scene, i) { None } else { by_subject(scene, i) }
}

/// The verb after it: "20 people were killed", "five civilians died", "3.73 million to flee".
pub(super) fn by_subject(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    // "one can hardly": nobody is counted.
    let next = tokens.get(c.noun_end).map(|t| (t.role, t.trigger.is_some()));
    if !c.named
        && word(tokens, c.quantity.core) == "one"
        && !matches!(next, Some((Role::Auxiliary, _) | (_, true)))
    {
        return None;
    }
    let mut way = Way { auxiliary: false, parts: false, plain: true };
    let mut at = c.noun_end;
    let stop = (at + REACH_TOKENS).min(tokens.len());
    while at < stop {
        let token = tokens.get(at)?;
        let ends = ['.', ';', ':'].iter().any(|&m| token.is_mark(m));
        if ends || token.gap == Gap::Paragraph && at > c.noun_end || cut_by_count(scene, &way, at) {
            return None;
        }
        if let Some(trigger) = token.trigger.filter(|_| token.noun.is_none() || way.auxiliary) {
            return subject_of(scene, at, trigger, &way);
        }
        match step(scene, at, &mut way) {
            Step::On(tokens) => at += tokens,
            Step::Stop => return None,
            Step::Found(measure, rule) => return Some((measure, rule)),
        }
    }
    None
}

/// What stands between a count and the verb it may be the subject of.
struct Way {
    /// An auxiliary: "were".
    auxiliary: bool,
    /// "including", "mostly", "among them": what follows is in apposition.
    parts: bool,
    /// Nothing but "of" and names, so that a bare participle still fits.
    plain: bool,
}

/// What to do at a token between count and verb.
enum Step {
    /// Go on by so many tokens.
    On(usize),
    /// The verb, if one comes, is of another clause.
    Stop,
    /// The word itself says it.
    Found(Measure, &'static str),
}

/// A number without a noun and with another number after it is a page counter; a number in a
/// phrase of its own ("by two gunmen") ends the search too.
fn cut_by_count(scene: &Scene, way: &Way, at: usize) -> bool {
    let joined =
        (1..=2).any(|k| matches!(word_before(scene.tokens, at, k), "and" | "," | "or" | "as"));
    scene.counts.iter().any(|c| c.quantity.first == at) && !way.parts && !joined
}

fn step(scene: &Scene, at: usize, way: &mut Way) -> Step {
    let tokens = scene.tokens;
    let Some(token) = tokens.get(at) else { return Step::Stop };
    let lower = token.lower.as_ref();
    way.plain &= matches!(token.role, Role::None | Role::Determiner) || lower == "of";
    if let Some(found) = said_by_noun(tokens, at, way) {
        return found;
    }
    match token.role {
        Role::Auxiliary if matches!(lower, "being" | "been") => {}
        Role::Auxiliary => way.auxiliary = true,
        Role::Relative if lower == "whose" => return Step::Stop,
        Role::Saying if way.auxiliary && lower != "said" => {}
        Role::Saying => return Step::Stop,
        Role::Adverb if matches!(lower, "mostly" | "mainly") => way.parts = true,
        Role::Conjunction if phrase_at(tokens, at, "as well as").is_some() => return Step::On(3),
        Role::Conjunction if way.auxiliary && lower == "as" => {}
        Role::Conjunction if lower == "and" && !way.auxiliary && phrase_follows(scene, at + 1) => {}
        Role::Conjunction => return Step::Stop,
        Role::Preposition if lower == "including" => way.parts = true,
        Role::Preposition if way.auxiliary && lower != "to" => return Step::Stop,
        Role::Pronoun if lower == "them" => way.parts = true,
        Role::Pronoun if way.auxiliary => return Step::Stop,
        Role::None if way.auxiliary && !is_report_participle(lower) => return Step::Stop,
        _ => {}
    }
    Step::On(1)
}

/// "were among the dead", "are under siege", "have become refugees".
fn said_by_noun(tokens: &[Token], at: usize, way: &mut Way) -> Option<Step> {
    let token = tokens.get(at)?;
    let found = match token.lower.as_ref() {
        "among" | "amongst" => {
            way.parts = true;
            among(tokens, at)
        }
        _ if !way.auxiliary => None,
        "under" => under(tokens, at),
        _ => became(token),
    };
    found.map(|(measure, rule)| Step::Found(measure, rule))
}

/// "three men and a child were killed": a noun phrase after "and".
fn phrase_follows(scene: &Scene, at: usize) -> bool {
    let tokens = scene.tokens;
    let Some(next) = tokens.get(at) else { return false };
    let lone = next.role == Role::None
        && next.trigger.is_none()
        && tokens.get(at + 1).is_some_and(|t| t.role == Role::Auxiliary);
    lone || next.role == Role::Determiner
        || next.capital()
        || scene.counts.iter().any(|c| c.quantity.first == at)
        || (at..at + 3)
            .map_while(|k| tokens.get(k).filter(|t| t.role == Role::None))
            .any(|t| t.noun.is_some() && t.trigger.is_none())
}

/// "have become refugees", "are hostages".
fn became(token: &Token) -> Option<(Measure, &'static str)> {
    match token.noun {
        Some(Noun::Victims(m)) if token.trigger.is_none() => Some((m, "measure.subject-became")),
        _ => None,
    }
}

/// "were among those killed", "children among the dead".
fn among(tokens: &[Token], at: usize) -> Option<(Measure, &'static str)> {
    let measure = (at + 1..at + 7).find_map(|k| {
        let token = tokens.get(k)?;
        match (token.noun, token.trigger) {
            (Some(Noun::Victims(m)), _) => Some(m),
            (_, Some(t)) if word(tokens, k - 1) == "those" => Some(t.measure),
            _ => None,
        }
    })?;
    Some((measure, "measure.part-of-dead"))
}

/// "were under siege", "are in hospital".
fn under(tokens: &[Token], at: usize) -> Option<(Measure, &'static str)> {
    let rule = "measure.subject-state";
    match (word(tokens, at), word(tokens, at + 1), word(tokens, at + 2)) {
        ("under", "siege", _) => Some((Measure::Besieged, rule)),
        ("under", "the", "rubble") | ("under", "rubble", _) => Some((Measure::Missing, rule)),
        _ => None,
    }
}

/// "were found dead", "are believed to have been killed".
fn is_report_participle(word: &str) -> bool {
    matches!(
        word,
        "found"
            | "believed"
            | "feared"
            | "thought"
            | "known"
            | "shot"
            | "presumed"
            | "forced"
            | "left"
            | "burned"
            | "taken"
            | "listed"
            | "considered"
            | "understood"
            | "rendered"
    )
}

/// What the verb at `at` tells of its subject, given what stands between.
fn subject_of(
    scene: &Scene,
    at: usize,
    trigger: Trigger,
    way: &Way,
) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let measure = joined(tokens, at, trigger);
    match trigger.form {
        Form::Past => {
            let passive = way.auxiliary && !perfect_active(scene, at)
                || (way.plain || way.parts) && !takes_object(scene, at);
            if measure == Measure::Missing && word(tokens, at) == "buried" && !rubble(tokens, at) {
                return Some((Measure::Killed, "measure.subject-passive"));
            }
            passive.then_some((measure, "measure.subject-passive"))
        }
        Form::Intransitive => {
            let sick = matches!(word(tokens, at), "suffered" | "suffering" | "suffer");
            let ill = !sick || (1..5).any(|k| is_symptom(word(tokens, at + k)));
            ill.then_some((measure, "measure.subject-intransitive"))
        }
        Form::Adjective => Some((measure, "measure.subject-adjective")),
        Form::Ing | Form::Present => None,
    }
}

fn rubble(tokens: &[Token], at: usize) -> bool {
    (1..5).any(|k| matches!(word(tokens, at + k), "rubble" | "debris" | "ruins"))
}

pub(super) fn is_symptom(word: &str) -> bool {
    matches!(
        word,
        "suffocation"
            | "breathing"
            | "respiratory"
            | "asphyxiation"
            | "symptoms"
            | "choking"
            | "burns"
            | "injuries"
            | "wounds"
            | "difficulties"
            | "gas"
            | "poisoning"
            | "exposure"
    )
}

/// "have killed 20", "had wounded them": an auxiliary of "have" with an object is active.
fn perfect_active(scene: &Scene, at: usize) -> bool {
    let tokens = scene.tokens;
    let be = (1..=5).any(|k| {
        matches!(
            word_before(tokens, at, k),
            "was" | "were" | "been" | "be" | "is" | "are" | "being" | "got" | "get"
        )
    });
    !be && takes_object(scene, at)
}
