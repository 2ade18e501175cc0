//! What is counted: the noun itself, the verb around it, or the count beside it.
//!
//! Patterns over tokens stand in for syntax: subject of a passive, object of an active verb, a noun
//! that says it ("deaths"), a part of a whole ("including two children"). Never may a quantity without
//! such evidence become a figure.

use super::counts::Count;
use super::lexicon::{Form, Noun, Role, Trigger};
use super::numbers::{self, Shape};
use super::parts;
use super::tokens::{Gap, Kind, Token, phrase_at, word, word_before};
use record::Measure;

/// Words looked at on either side: longer than any noun phrase with its "of" and "including".
const REACH_TOKENS: usize = 30;

/// What a pass sees: the sentence, its counts so far, and whether the report tells of an evacuation.
pub(super) struct Scene<'a, 't> {
    /// The sentence.
    pub(super) tokens: &'a [Token<'t>],
    /// Its counts, in order.
    pub(super) counts: Vec<Count>,
    /// Whether any word of the report is of evacuating.
    pub(super) evacuation: bool,
}

/// One way to find a measure: looks at count `i`, gives the measure and the rule's name.
pub(super) type Pass = fn(&Scene, usize) -> Option<(Measure, &'static str)>;

/// Sets the measure of every count of a sentence that has one, and drops the rest. The surest
/// evidence is taken first; what others have settled helps the later passes.
pub(super) fn assign(mut scene: Scene) -> Vec<Count> {
    for pass in [by_noun, by_object, by_subject, by_toll] {
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
            && fits(count, measure)
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
        Some(Noun::Attack) => measure == Measure::Attacks,
        Some(Noun::Object) => measure == Measure::Destroyed || measure == Measure::Attacks,
        Some(Noun::Person | Noun::People | Noun::Victims(_)) => {
            !matches!(measure, Measure::Destroyed | Measure::Attacks | Measure::States)
        }
        None => !matches!(measure, Measure::Attacks | Measure::States),
    }
}

/// Last check: vague "many" and singulars count only victims.
fn allowed(count: &Count, measure: Measure) -> bool {
    let victim = !matches!(
        measure,
        Measure::Present | Measure::Attacks | Measure::Destroyed | Measure::States
    );
    match count.quantity.shape {
        Shape::Single => victim && count.noun == Some(Noun::Person),
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
    match c.noun {
        Some(Noun::Victims(m @ (Measure::Killed | Measure::Injured))) => {
            return Some((m, "measure.noun"));
        }
        Some(Noun::Attack) if !is_compound_object(tokens, c) => {
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

/// "in 30 countries" says where, not how many states did something.
fn is_locative(tokens: &[Token], c: &Count) -> bool {
    matches!(
        word_before(tokens, c.quantity.first, 1),
        "in" | "across" | "from" | "between" | "to" | "into" | "throughout"
    )
}

fn past_adverbs(tokens: &[Token], from: usize) -> usize {
    (from..from + 2)
        .find(|&i| {
            !tokens
                .get(i)
                .is_some_and(|t| t.role == Role::Adverb && t.trigger.is_none() || t.is_mark('"'))
        })
        .unwrap_or(from + 2)
}

/// "killed or wounded", "killing and injuring": both at once.
fn joined(tokens: &[Token], at: usize, trigger: Trigger) -> Measure {
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

/// Whether the past form at `at` is an active verb: its object follows at once ("killed five").
fn takes_object(scene: &Scene, at: usize) -> bool {
    let tokens = scene.tokens;
    let mut next = past_adverbs(tokens, at + 1);
    if matches!(word(tokens, next), "and" | "or")
        && tokens.get(next + 1).is_some_and(|t| t.trigger.is_some())
    {
        // "killed and wounded five": what follows the second verb decides.
        next = past_adverbs(tokens, next + 2);
    }
    let Some(token) = tokens.get(next) else { return false };
    if token.gap >= Gap::Line {
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
            token.kind == Kind::Word
                && token.trigger.is_none()
                && (token.noun.is_some_and(|n| !matches!(n, Noun::Unit)) || token.capital())
        }
        _ => false,
    }
}

/// The verb or noun right before it: "killing 12", "the deaths of 20", "claimed the lives of 3".
fn by_object(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    let mut at = c.quantity.first.checked_sub(1)?;
    if word(tokens, at) == "of" {
        return of_noun(tokens, at.checked_sub(1)?);
    }
    while at > 0 && tokens.get(at).is_some_and(|t| t.role == Role::Adverb || t.is_mark('"')) {
        at -= 1;
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
    if phrase_at(tokens, at.saturating_sub(1), "shot down").is_some()
        || phrase_at(tokens, at.saturating_sub(1), "shooting down").is_some()
        || phrase_at(tokens, at.saturating_sub(1), "blew up").is_some()
        || phrase_at(tokens, at.saturating_sub(1), "blowing up").is_some()
    {
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

/// The verb after it: "20 people were killed", "five civilians died", "3.73 million to flee".
fn by_subject(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    let mut auxiliary = false;
    let mut parts = false;
    let mut at = c.noun_end;
    let stop = (at + REACH_TOKENS).min(tokens.len());
    while at < stop {
        let token = tokens.get(at)?;
        if token.gap == Gap::Paragraph && at > c.noun_end
            || ['.', ';', ':'].iter().any(|&m| token.is_mark(m))
        {
            return None;
        }
        if let Some(trigger) = token.trigger.filter(|_| token.noun.is_none() || auxiliary) {
            return subject_of(scene, at, trigger, (auxiliary, parts, at == c.noun_end));
        }
        match token.role {
            Role::Auxiliary => auxiliary = true,
            Role::Saying if auxiliary && word(tokens, at) != "said" => {}
            Role::Saying => return None,
            Role::Adverb | Role::Determiner => {}
            Role::Conjunction if word(tokens, at) == "and" => {
                // "three men and a child were killed": on, if a noun phrase follows.
                let next = tokens.get(at + 1)?;
                let phrase = next.role == Role::Determiner
                    || next.noun.is_some() && next.trigger.is_none()
                    || scene.counts.iter().any(|c| c.quantity.first == at + 1);
                if !phrase || auxiliary {
                    return None;
                }
            }
            Role::Conjunction => return None,
            Role::Preposition if word(tokens, at) == "including" => parts = true,
            Role::Preposition if auxiliary && word(tokens, at) != "to" => return under(tokens, at),
            Role::Pronoun if auxiliary => return None,
            Role::None if auxiliary && !is_report_participle(&token.lower) => return None,
            _ => {}
        }
        at += 1;
    }
    None
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

/// What the verb at `at` tells of its subject. `(auxiliary, parts, adjacent)`: whether an auxiliary
/// stands between, whether "including …" does, and whether nothing does.
fn subject_of(
    scene: &Scene,
    at: usize,
    trigger: Trigger,
    (auxiliary, parts, adjacent): (bool, bool, bool),
) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let measure = joined(tokens, at, trigger);
    match trigger.form {
        Form::Past => {
            let passive = auxiliary && !perfect_active(scene, at)
                || (adjacent || parts) && !takes_object(scene, at);
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

fn is_symptom(word: &str) -> bool {
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

/// "the death toll reached 112", "toll at at least 70", "number of dead rose to 61".
fn by_toll(scene: &Scene, i: usize) -> Option<(Measure, &'static str)> {
    let tokens = scene.tokens;
    let c = scene.counts.get(i)?;
    if matches!(c.noun, Some(Noun::Object | Noun::Attack | Noun::Unit | Noun::State)) {
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
    if !led {
        return None;
    }
    let from = first.saturating_sub(REACH_TOKENS);
    for at in (from..first).rev() {
        if tokens.get(at + 1).is_some_and(|t| t.gap == Gap::Paragraph) {
            return None;
        }
        let rule = "measure.toll";
        match word(tokens, at) {
            "toll" => return Some((Measure::Killed, rule)),
            "number" if word(tokens, at + 1) == "of" => {
                return (at + 2..(at + 7).min(first)).find_map(|k| {
                    let token = tokens.get(k)?;
                    let measure = match token.noun {
                        Some(Noun::Victims(m)) => Some(m),
                        _ => token.trigger.map(|t| t.measure),
                    };
                    measure.map(|m| (m, rule))
                });
            }
            _ => {}
        }
    }
    None
}

/// Nothing but the noun is left to tell: prisoners are detained, refugees displaced; people on a bus
/// of an evacuation are evacuated, people "gathered" or "carried" are present.
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
    if scene.evacuation && (near(CARRIED) || leaves) {
        return Some((Measure::Evacuated, "measure.evacuated.carried"));
    }
    if near(CARRIED) || near(THERE) {
        return Some((Measure::Present, "measure.present"));
    }
    None
}
