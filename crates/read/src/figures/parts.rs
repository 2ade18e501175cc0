//! Counts that take their measure from a count or verb further off: parts of a whole, coordination.
//!
//! Only noun phrases may stand between: never may a measure cross a verb.

use super::counts::Count;
use super::measure::Scene;
use language::lexicon::{Form, Noun, Role};
use language::numbers::Shape;
use language::tokens::{Gap, Token, word, word_before};
use record::Measure;

/// Words between a whole and its part: "members of the … Front including at least".
const BETWEEN_LIMIT_TOKENS: usize = 16;

/// "18 people including 11 children", "six women, five children and three officers": the measure of
/// the count before holds here too.
pub(super) fn of_whole_before(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let c = scene.counts.get(i)?;
    if !countable(c) {
        return None;
    }
    // A singular that no verb makes a victim ("(a nurse and …)") is no link of the chain.
    let mut before = scene.counts.get(..i)?.iter().rev();
    let before = before.find(|b| b.measure.is_some() || b.quantity.shape != Shape::Single)?;
    let measure = before.measure.filter(|&m| m != Measure::States)?;
    if measure == Measure::Attacks && matches!(c.noun, Some(Noun::Object)) {
        return None;
    }
    let near = c.quantity.first <= before.noun_end + BETWEEN_LIMIT_TOKENS;
    if near && (of_them(scene, c) || is_led(scene, c)) {
        return Some((measure, "measure.part-of-whole"));
    }
    let between = scene.tokens.get(before.noun_end..c.quantity.first)?;
    let part = link(scene, between)?;
    // A number with its own verb in reach is not a part.
    (part || !own_verb_after(scene, c))
        .then_some((measure, if part { "measure.part-of-whole" } else { "measure.coordination" }))
}

/// As [`of_whole_before`], only where "including" or "among them" leads the count or its list.
pub(super) fn of_named_whole(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    if is_part(scene, i) { of_whole_before(scene, i) } else { None }
}

/// Whether "including", "among them", "of whom" lead the count, or the list it stands in.
pub(super) fn is_part(scene: &Scene, i: usize) -> bool {
    let tokens = scene.tokens;
    let mut at = i;
    loop {
        let Some(c) = scene.counts.get(at) else { return false };
        let first = c.quantity.first;
        if is_led(scene, c) {
            return true;
        }
        // "a child and two women": on through the list, as long as no count has its own verb.
        let Some(before) = at.checked_sub(1).and_then(|k| scene.counts.get(k)) else {
            return false;
        };
        let joint = tokens.get(before.noun_end..first).is_some_and(|between| {
            between.len() <= 2 && between.iter().all(|t| t.lower == "and" || t.is_mark(','))
        });
        if !joint || at == i && own_verb_after(scene, c) && c.noun_end > first {
            return false;
        }
        at -= 1;
    }
}

/// "three children were among at least 19 killed", "two men and three women were killed".
pub(super) fn of_whole_after(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let c = scene.counts.get(i)?;
    if !countable(c) {
        return None;
    }
    let after = scene.counts.get(i + 1)?;
    let measure = after.measure.filter(|&m| m != Measure::States)?;
    let between = scene.tokens.get(c.noun_end..after.quantity.first)?;
    let among = between.iter().any(|t| matches!(t.lower.as_ref(), "among" | "amongst"))
        && between.len() <= 6
        || between.len() <= 2 && between.iter().any(|t| t.lower == "of");
    let joined = !between.is_empty()
        && between.iter().all(|t| t.is_mark(',') || matches!(t.lower.as_ref(), "and" | "or"));
    let subject = after.rule.starts_with("measure.subject") || after.rule.contains("after");
    (among || joined && (subject || after.rule == "measure.part-of-whole"))
        .then_some((measure, if among { "measure.part-of-whole" } else { "measure.coordination" }))
}

/// "killing civilians including three children", "killed a commander and 12 fighters": the verb
/// governs the first noun phrase, and this one hangs on it. Also "among the dead were two boys".
pub(super) fn far_object(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    if !countable(c) {
        return None;
    }
    let first = c.quantity.first;
    let from = first.saturating_sub(BETWEEN_LIMIT_TOKENS);
    // Two noun phrases in a row have lost their comma ("a tank two launchers and …").
    let mut linked = tokens.get(first.wrapping_sub(1)).is_some_and(|t| t.noun.is_some());
    for at in (from..first).rev() {
        let token = tokens.get(at)?;
        if tokens.get(at + 1).is_some_and(|t| t.gap == Gap::Paragraph) {
            return None;
        }
        if let Some(measure) = dead_before(token, tokens, at, first) {
            return Some((measure, "measure.part-of-dead"));
        }
        if let Some(trigger) = token.trigger {
            let governs = matches!(trigger.form, Form::Past | Form::Ing | Form::Present);
            return (governs && linked && token.noun.is_none())
                .then_some((trigger.measure, "measure.object-far"));
        }
        match token.lower.as_ref() {
            "and" | "including" | "with" | "plus" => linked = true,
            "among" => linked = true,
            _ => {}
        }
        let stops = match token.role {
            Role::Auxiliary | Role::Saying | Role::Relative | Role::Pronoun => true,
            Role::Conjunction => token.lower != "and",
            Role::Preposition => {
                !matches!(token.lower.as_ref(), "of" | "including" | "along" | "with" | "among")
            }
            _ => token.is_mark('.') || token.is_mark(';') || token.is_mark(':'),
        };
        // "among the dead were", "those killed included": the auxiliary of such a list.
        let listing =
            matches!(token.lower.as_ref(), "were" | "was" | "are" | "included" | "include");
        if stops && !listing {
            return None;
        }
        if listing {
            linked = false;
        }
    }
    None
}

/// "among the dead were", "the victims included", "those killed include".
fn dead_before(token: &Token, tokens: &[Token], at: usize, first: usize) -> Option<Measure> {
    let measure = match (token.noun, token.trigger) {
        (Some(Noun::Victims(m)), _) => m,
        (None, Some(t)) if word(tokens, at.checked_sub(1)?) == "those" => t.measure,
        _ => return None,
    };
    let lists = (at + 1..first).any(|k| {
        matches!(
            word(tokens, k),
            "were" | "was" | "are" | "is" | "included" | "include" | "includes" | "including"
        )
    });
    lists.then_some(measure)
}

fn countable(c: &Count) -> bool {
    match c.quantity.shape {
        Shape::Single => c.noun == Some(Noun::Person),
        Shape::Many => false,
        _ => !matches!(c.noun, Some(Noun::Unit | Noun::Thing | Noun::State)),
    }
}

/// "including two children", "among them two children".
fn is_led(scene: &Scene, c: &Count) -> bool {
    let tokens = scene.tokens;
    let last = word_before(tokens, c.quantity.first, 1);
    let before = word_before(tokens, c.quantity.first, 2);
    last == "including"
        || matches!(last, "them" | "whom") && matches!(before, "among" | "amongst" | "of")
}

/// "six of them women": a part, whatever stands before it.
fn of_them(scene: &Scene, c: &Count) -> bool {
    let at = c.quantity.end;
    word(scene.tokens, at) == "of" && matches!(word(scene.tokens, at + 1), "them" | "whom")
}

/// Whether only noun phrases and list words stand between; `Some(true)` for "including" and its
/// like.
fn link(scene: &Scene, between: &[Token]) -> Option<bool> {
    if between.len() > BETWEEN_LIMIT_TOKENS {
        return None;
    }
    let mut part = false;
    let mut joint = between.is_empty();
    for (k, token) in between.iter().enumerate() {
        let known = match token.lower.as_ref() {
            "including" | "among" | "amongst" | "whom" | "them" | "included" | "include" => {
                part = true;
                true
            }
            "and" | "or" | "plus" | "," | "well" | "along" | "addition" | "another" => {
                joint = true;
                true
            }
            "of" | "as" | "with" | "in" | "to" | "both" | "-" | "(" | "other" | "others" | "at"
            | "least" => true,
            "were" | "was" => part,
            _ => false,
        };
        let plain = matches!(token.role, Role::None | Role::Determiner) && token.trigger.is_none();
        if !(known || plain || token.role == Role::Adverb) || token.gap == Gap::Paragraph && k > 0 {
            return None;
        }
        if token.is_mark('.') || token.is_mark(';') {
            return None;
        }
    }
    let _ = scene;
    (part || joint).then_some(part)
}

/// "and 16 others were injured": the count has a verb of its own.
fn own_verb_after(scene: &Scene, c: &Count) -> bool {
    scene.tokens.get(c.noun_end).is_some_and(|t| t.role == Role::Auxiliary)
}
