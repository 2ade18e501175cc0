//! What is counted: the noun itself, the verb around it, or the count beside it.
//!
//! Patterns over tokens stand in for syntax: subject of a passive, object of an active verb, a noun
//! that says it ("deaths"), a part of a whole ("including two children"). Never may a quantity
//! without such evidence become a figure.

use super::counts::Count;
use super::object::{by_object, joined, past_adverbs, takes_object};
use super::parts;
use super::subject::{by_own_subject, by_subject, is_symptom};
use language::lexicon::{Form, Noun};
use language::numbers::{self, Shape};
use language::tokens::{Gap, Token, phrase_at, word, word_before};
use language::who::Attribution;
use record::Measure;

/// Words between a toll and the number it reaches.
const REACH_TOKENS: usize = 30;

/// What a pass sees: the sentence, its counts so far, and whether the report tells of an
/// evacuation.
pub(super) struct Scene<'a, 't> {
    /// The sentence.
    pub(super) tokens: &'a [Token<'t>],
    /// Its counts, in order.
    pub(super) counts: Vec<Count>,
    /// Who is named as a source in it: never the object of a verb of harm.
    pub(super) sources: &'a [Attribution],
    /// Whether any word of the report is of evacuating.
    pub(super) evacuation: bool,
}

/// One way to find a measure: looks at count `i`, gives the measure and the rule's name.
pub(super) type Pass = fn(&Scene, usize) -> Option<(Measure, &'static str)>;

/// Sets the measure of every count of a sentence that has one, and drops the rest. The surest
/// evidence is taken first; what others have settled helps the later passes.
pub(super) fn assign(mut scene: Scene) -> Vec<Count> {
    for pass in [by_noun, by_object, by_own_subject, parts::of_named_whole, by_subject, by_toll] {
        scene.run(pass);
    }
    // Parts and coordination hand a measure on in both directions.
    for _ in 0..2 {
        scene.run(parts::of_whole_before);
        for i in (0..scene.counts.len()).rev() {
            scene.set(i, parts::of_whole_after);
        }
    }
    scene.run(parts::far_object);
    scene.run(parts::of_whole_before);
    scene.run(by_kind);
    scene.run(parts::of_whole_before);
    let Scene { mut counts, .. } = scene;
    counts.retain(|c| c.measure.is_some_and(|m| allowed(c, m)));
    counts
}

impl Scene<'_, '_> {
    fn run(&mut self, pass: Pass) {
        for i in 0..self.counts.len() {
            self.set(i, pass);
        }
    }

    fn set(&mut self, i: usize, pass: Pass) {
        if self.counts.get(i).is_none_or(|c| c.measure.is_some()) {
            return;
        }
        if let Some((measure, rule)) = pass(self, i)
            && let Some(count) = self.counts.get_mut(i)
            && let Some(measure) = fitting(count, measure)
        {
            count.measure = Some(measure);
            count.rule = rule;
        }
    }
}

/// Whether a measure can hold of the counted noun at all: people die, things are destroyed.
fn fits(count: &Count, measure: Measure) -> bool {
    match count.noun {
        Some(Noun::Unit | Noun::Thing) => false,
        Some(Noun::State) => measure == Measure::States,
        Some(Noun::Attack) => matches!(measure, Measure::Attacks | Measure::Destroyed),
        Some(Noun::Object) => measure == Measure::Destroyed || measure == Measure::Attacks,
        Some(Noun::Person | Noun::People | Noun::Victims(_)) => {
            !matches!(measure, Measure::Destroyed | Measure::Attacks | Measure::States)
        }
        None => !matches!(measure, Measure::Attacks | Measure::States),
    }
}

/// The measure as it holds of the noun: people who are "destroyed" with a post are killed, and a
/// list of the killed may go on with things.
fn fitting(count: &Count, measure: Measure) -> Option<Measure> {
    if fits(count, measure) {
        return Some(measure);
    }
    match (measure, count.noun) {
        (Measure::Destroyed, Some(Noun::People)) => Some(Measure::Killed),
        (Measure::Killed, Some(Noun::Object)) => Some(Measure::Destroyed),
        _ => None,
    }
}

/// Last check: vague "many" and singulars count only victims.
fn allowed(count: &Count, measure: Measure) -> bool {
    let victim = !matches!(
        measure,
        Measure::Present | Measure::Attacks | Measure::Destroyed | Measure::States
    );
    match count.quantity.shape {
        Shape::Single => {
            // "the captured pilot spoke": being called so is not to be counted.
            let named = count.rule == "measure.adjective-before"
                && !matches!(measure, Measure::Killed | Measure::Injured);
            victim && count.noun == Some(Noun::Person) && !named
        }
        Shape::Many => {
            matches!(measure, Measure::Killed | Measure::Injured)
                && matches!(count.noun, Some(Noun::People))
        }
        Shape::Plain | Shape::Range | Shape::Vague => true,
    }
}

/// The noun says it: "15 deaths", "12 dead", "39 sorties", "68 nations", "30 wounded civilians"; or
/// the word right after it does: "45 fighters killed", "20 people dead".
fn by_noun(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    if word_before(tokens, c.noun_end, 1) == "cases"
        && word(tokens, c.noun_end) == "of"
        && is_symptom(word(tokens, c.noun_end + 1))
    {
        return Some((Measure::Affected, "measure.noun"));
    }
    match c.noun {
        Some(Noun::Victims(m @ (Measure::Killed | Measure::Injured))) => {
            return Some((m, "measure.noun"));
        }
        Some(Noun::Attack) if !is_compound_object(tokens, c) && !is_disarmed(tokens, c) => {
            return Some((Measure::Attacks, "measure.attacks.noun"));
        }
        Some(Noun::State) if !is_locative(tokens, c) => {
            return Some((Measure::States, "measure.states.noun"));
        }
        _ => {}
    }
    if let (Some(measure), Some(Noun::Person | Noun::People)) = (c.adjective, c.noun) {
        return Some((measure, "measure.adjective-before"));
    }
    let at = past_adverbs(tokens, c.noun_end);
    let token = tokens.get(at).filter(|t| t.gap < Gap::Paragraph || at == c.noun_end)?;
    let trigger = token.trigger?;
    match trigger.form {
        Form::Adjective => Some((trigger.measure, "measure.adjective-after")),
        Form::Past if !takes_object(scene, at) => {
            Some((joined(tokens, at, trigger), "measure.participle-after"))
        }
        _ => None,
    }
}

/// "three rocket launchers" are objects; "two bomb disposal experts" are people: a noun after the
/// phrase takes the count from it.
fn is_compound_object(tokens: &[Token], c: &Count) -> bool {
    tokens.get(c.noun_end).is_some_and(|t| {
        t.gap < Gap::Line && matches!(t.noun, Some(Noun::Object | Noun::Person | Noun::People))
    })
}

/// "destroyed 40 car bombs" tells of things destroyed, not of attacks.
fn is_disarmed(tokens: &[Token], c: &Count) -> bool {
    let before = c.quantity.first.checked_sub(1).and_then(|k| tokens.get(k));
    before.and_then(|t| t.trigger).is_some_and(|t| t.measure == Measure::Destroyed)
}

/// "in 30 countries" says where, not how many states did something.
fn is_locative(tokens: &[Token], c: &Count) -> bool {
    matches!(
        word_before(tokens, c.quantity.first, 1),
        "in" | "across"
            | "from"
            | "between"
            | "to"
            | "into"
            | "throughout"
            | "the"
            | "these"
            | "our"
            | "their"
            | "just"
    )
}

/// "the death toll reached 112", "toll at at least 70", "number of dead rose to 61".
fn by_toll(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    if c.quantity.shape == Shape::Single
        || matches!(c.noun, Some(Noun::Object | Noun::Attack | Noun::Unit | Noun::State))
    {
        return None;
    }
    let first = c.quantity.first;
    let led = c.quantity.core > first
        || (1..=2).any(|k| {
            matches!(
                word_before(tokens, first, k),
                "to" | "at"
                    | "of"
                    | "is"
                    | "was"
                    | "reached"
                    | "reaches"
                    | "reach"
                    | "hits"
                    | "hit"
                    | "exceeds"
                    | "exceeded"
                    | "topped"
                    | "tops"
                    | "passed"
                    | "passes"
                    | "surpassed"
                    | "stands"
                    | "stood"
                    | "from"
                    | "by"
                    | "be"
                    | "as"
                    | "toll"
                    | "exceeding"
            )
        });
    let rule = "measure.toll";
    let turned = (c.noun_end..c.noun_end + 4).any(|k| word(tokens, k) == "toll");
    if led && turned {
        return Some((Measure::Killed, rule));
    }
    // "took to 89 the number of civilians killed"
    if led && phrase_at(tokens, c.noun_end, "the number of").is_some() {
        return number_of(tokens, c.noun_end + 3, tokens.len());
    }
    if !led {
        return None;
    }
    let from = first.saturating_sub(REACH_TOKENS);
    for at in (from..first).rev() {
        if tokens.get(at + 1).is_some_and(|t| t.gap == Gap::Paragraph) {
            return None;
        }
        match word(tokens, at) {
            "toll" => return Some((Measure::Killed, rule)),
            "number" if word(tokens, at + 1) == "of" => {
                return number_of(tokens, at + 2, first);
            }
            _ => {}
        }
    }
    None
}

/// "the number of (people) killed", "of wounded", "of casualties".
fn number_of(tokens: &[Token], from: usize, end: usize) -> Option<(Measure, &'static str)> {
    (from..(from + 5).min(end)).find_map(|k| {
        let token = tokens.get(k)?;
        let measure = match token.noun {
            Some(Noun::Victims(m)) => Some(m),
            _ => token.trigger.map(|t| t.measure),
        };
        measure.map(|m| (m, "measure.toll"))
    })
}

/// Nothing but the noun is left to tell: prisoners are detained, refugees displaced; people on a
/// bus of an evacuation are evacuated, people "gathered" or "carried" are present.
fn by_kind(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    const CARRIED: &[&str] = &["carrying", "carried", "transporting", "transported", "boarded"];
    const THERE: &[&str] = &[
        "gathered",
        "gathering",
        "deployed",
        "stationed",
        "inhabited",
        "sheltering",
        "housing",
        "hosting",
        "sent",
        "send",
        "sending",
        "dispatched",
        "attended",
        "participated",
        "live",
        "living",
        "lived",
        "inhabit",
        "home",
        "remain",
    ];
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    if let Some(Noun::Victims(measure)) = c.noun {
        return Some((measure, "measure.noun"));
    }
    if c.noun != Some(Noun::People) || c.quantity.shape == Shape::Many {
        return None;
    }
    let first = c.quantity.first;
    let near = |words: &[&str]| {
        (1..=3).any(|k| words.contains(&word_before(tokens, first, k)))
            || (0..3).any(|k| words.contains(&word(tokens, c.noun_end + k)))
    };
    let leaves = (0..6).any(|k| {
        matches!(word(tokens, c.noun_end + k), "left" | "leave" | "leaving" | "departed" | "exited")
            && numbers::number_at(tokens, c.noun_end + k + 1).is_none()
            || phrase_at(tokens, c.noun_end + k, "safe passage").is_some()
    });
    let sieged = (0..9).any(|k| matches!(word(tokens, c.noun_end + k), "siege" | "besieged"));
    if sieged && c.quantity.shape != Shape::Many {
        return Some((Measure::Besieged, "measure.besieged.living"));
    }
    if scene.evacuation && (near(CARRIED) || leaves) {
        return Some((Measure::Evacuated, "measure.evacuated.carried"));
    }
    if near(CARRIED) || near(THERE) {
        return Some((Measure::Present, "measure.present"));
    }
    None
}
