//! The verb before a count, whose object it is: "killing 12", "the deaths of 20", "left five dead".
//!
//! Never may a passive ("were killed") take what follows it for its object.

use super::counts::Count;
use super::measure::Scene;
use language::lexicon::{Form, Noun, Role, Trigger};
use language::tokens::{Gap, Kind, Token, phrase_at, word, word_before};
use record::Measure;

/// The verb or noun right before it: "killing 12", "the deaths of 20", "claimed the lives of 3".
pub(super) fn by_object(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    let mut at = c.quantity.first.checked_sub(1)?;
    if word(tokens, at) == "of" {
        return of_noun(tokens, at.checked_sub(1)?);
    }
    let passed = |t: &Token| {
        t.role == Role::Adverb && t.trigger.is_none()
            || t.is_mark('"')
            || matches!(t.lower.as_ref(), "the" | "all" | "these" | "those" | "its" | "their")
    };
    while at > 0 && tokens.get(at).is_some_and(passed) {
        at -= 1;
    }
    if matches!(word(tokens, at), "left" | "leaving" | "leave" | "leaves") {
        return left(tokens, c);
    }
    if matches!(word(tokens, at), "claim" | "claims" | "claimed" | "claiming" | "cost" | "costing")
        && matches!(c.noun, Some(Noun::People | Noun::Person) | None)
    {
        return Some((Measure::Killed, "measure.object"));
    }
    if tokens.get(at + 1).is_some_and(|t| t.gap == Gap::Paragraph) {
        return None;
    }
    if word(tokens, at) == "in" && word_before(tokens, at, 1) == "bring"
        || phrase_at(tokens, at.saturating_sub(1), "take in").is_some()
        || phrase_at(tokens, at.saturating_sub(1), "taken in").is_some()
    {
        return Some((Measure::Admitted, "measure.object"));
    }
    let particle =
        |words: &[&str]| words.iter().any(|w| phrase_at(tokens, at.saturating_sub(1), w).is_some());
    if particle(&["blew up", "blowing up", "blow up", "detonated", "detonating"]) {
        let bomber = (1..8).any(|k| word_before(tokens, at, k).starts_with("bomber"));
        let rule = if bomber { "measure.attacks.bombs" } else { "measure.object" };
        return Some((if bomber { Measure::Attacks } else { Measure::Destroyed }, rule));
    }
    if particle(&["shot down", "shooting down", "shoot down", "set fire", "burned down"]) {
        return Some((Measure::Destroyed, "measure.object"));
    }
    let trigger = tokens.get(at)?.trigger?;
    match trigger.form {
        Form::Past | Form::Ing | Form::Present if !passive(tokens, at) => {
            Some((joined(tokens, at, trigger), "measure.object"))
        }
        _ => None,
    }
}

/// "left 23 civilians - including nine children - dead", "leaving five wounded".
fn left(tokens: &[Token], c: &Count) -> Option<(Measure, &'static str)> {
    (c.noun_end..c.noun_end + 9)
        .map_while(|k| tokens.get(k).filter(|t| !t.is_mark('.') && t.role != Role::Saying))
        .take_while(|t| !matches!(t.role, Role::Auxiliary | Role::Conjunction))
        .find_map(|t| match (t.noun, t.trigger) {
            (Some(Noun::Victims(m)), Some(_)) => Some(m),
            (None, Some(trigger)) if matches!(trigger.form, Form::Adjective | Form::Past) => {
                Some(trigger.measure)
            }
            _ => None,
        })
        .map(|measure| (measure, "measure.left"))
}

/// Whether the past form at `at` closes a passive ("were killed 20 of whom …").
fn passive(tokens: &[Token], at: usize) -> bool {
    (1..=2).any(|k| matches!(word_before(tokens, at, k), "was" | "were" | "been" | "being"))
}

/// "deaths of", "killing of", "the lives of", "injury of".
fn of_noun(tokens: &[Token], at: usize) -> Option<(Measure, &'static str)> {
    let rule = "measure.noun-of";
    let measure = match word(tokens, at) {
        "death" | "deaths" | "killing" | "killings" | "murder" | "murders" | "massacre"
        | "lives" | "genocide" | "bodies" | "slaughter" | "execution" | "executions"
        | "assassination" | "martyrdom" | "liquidation" | "elimination" | "beheading" | "life" => {
            Measure::Killed
        }
        "injury" | "injuries" | "wounding" | "injuring" => Measure::Injured,
        "displacement" | "exodus" | "flight" => Measure::Displaced,
        "evacuation" => Measure::Evacuated,
        "abduction" | "kidnapping" | "kidnappings" => Measure::Abducted,
        "arrest" | "arrests" | "detention" | "capture" => Measure::Detained,
        "destruction" => Measure::Destroyed,
        "disappearance" => Measure::Missing,
        _ => return None,
    };
    Some((measure, rule))
}

/// Whether the past form at `at` is an active verb: its object follows at once ("killed five").
pub(super) fn takes_object(scene: &Scene, at: usize) -> bool {
    let tokens = scene.tokens;
    let mut next = at + 1;
    if tokens.get(next).is_some_and(|t| t.role == Role::Adverb) {
        next += 1;
    }
    if matches!(word(tokens, next), "and" | "or")
        && tokens.get(next + 1).is_some_and(|t| t.trigger.is_some())
    {
        // "killed and wounded five": what follows the second verb decides.
        next = past_adverbs(tokens, next + 2);
    }
    let Some(token) = tokens.get(next) else { return false };
    // "eight others injured the agency has announced": the comma is lost.
    let source = scene.sources.iter().any(|s| s.at.contains(&next) || s.at.start == next + 1);
    if token.gap >= Gap::Line || source {
        return false;
    }
    if let Some(c) = scene.counts.iter().find(|c| c.quantity.first == next) {
        // "15 people killed 20 wounded": the second number has its own word.
        let own = matches!(c.noun, Some(Noun::Victims(_)))
            || c.measure.is_some() && c.rule != "measure.object"
            || tokens
                .get(c.noun_end)
                .is_some_and(|t| t.trigger.is_some_and(|t| t.form != Form::Ing));
        return !own;
    }
    match token.role {
        Role::Determiner | Role::Pronoun => true,
        Role::None => {
            // "eight civilians killed, others injured": that noun has its own participle.
            let own = tokens.get(next + 1).is_some_and(|t| {
                t.trigger.is_some_and(|t| matches!(t.form, Form::Past | Form::Adjective))
            });
            token.kind == Kind::Word
                && token.trigger.is_none()
                && !(own && token.noun.is_some())
                && tokens.get(next + 1).is_none_or(|t| t.role != Role::Saying)
                && (token.noun.is_some_and(|n| !matches!(n, Noun::Unit)) || token.capital())
        }
        _ => false,
    }
}

/// "killed or wounded", "killing and injuring": both at once.
pub(super) fn joined(tokens: &[Token], at: usize, trigger: Trigger) -> Measure {
    let pair = |m: Option<Measure>| {
        matches!(
            (trigger.measure, m),
            (Measure::Killed, Some(Measure::Injured)) | (Measure::Injured, Some(Measure::Killed))
        )
    };
    let linked = |i: usize| matches!(word(tokens, i), "and" | "or" | "and/or");
    let measure = |i: usize| {
        tokens.get(i).and_then(|t| t.trigger).filter(|t| t.form == trigger.form).map(|t| t.measure)
    };
    let after = linked(at + 1) && pair(measure(at + 2));
    let before = at >= 2 && linked(at - 1) && pair(measure(at - 2));
    if after || before { Measure::KilledOrInjured } else { trigger.measure }
}

pub(super) fn past_adverbs(tokens: &[Token], from: usize) -> usize {
    (from..from + 2)
        .find(|&i| {
            !tokens
                .get(i)
                .is_some_and(|t| t.role == Role::Adverb && t.trigger.is_none() || t.is_mark('"'))
        })
        .unwrap_or(from + 2)
}
