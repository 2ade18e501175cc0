//! The words that the grammar knows: nouns that are counted, verbs that hurt, words that only link.
//!
//! Here stand classes of ordinary English words only. Never may a name from one report enter: the
//! grammar has to read reports that nobody has seen.

use record::Measure;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

/// What a counted noun names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// One person: "child", "soldier".
    Person,
    /// Several: "children", "civilians".
    People,
    /// People by what befell them, or the befalling itself: "deaths", "wounded", "hostages".
    Victims(Measure),
    /// An act of war or what it throws: "airstrikes", "rockets".
    Attack,
    /// Something that is destroyed or damaged: "tanks", "houses".
    Object,
    /// States: "countries".
    State,
    /// What makes a number no figure: time, distance, money, weight, share.
    Unit,
    /// A known thing that is neither: "towns", "groups".
    Thing,
}

/// What a verb form tells about its subject or object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trigger {
    /// What is counted where the verb applies.
    pub measure: Measure,
    /// Which form it is.
    pub form: Form,
}

/// Forms of a verb, as far as they decide who is hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Past or participle: "killed" (object after it, or subject before it).
    Past,
    /// "killing": object after it.
    Ing,
    /// "kill", "kills": object after it.
    Present,
    /// "died", "fled": subject before it.
    Intransitive,
    /// "dead", "missing": after the noun.
    Adjective,
}

/// The part of a function word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Not a function word.
    None,
    /// "in", "of", "near".
    Preposition,
    /// "the", "his".
    Determiner,
    /// "was", "have".
    Auxiliary,
    /// "and", "but", "while".
    Conjunction,
    /// "who", "which".
    Relative,
    /// "he", "it".
    Pronoun,
    /// "also", "reportedly": passed over.
    Adverb,
    /// "said", "reported": a verb of saying.
    Saying,
    /// Month 1 to 12.
    Month(i8),
    /// Day of the week, Monday 1 to Sunday 7.
    Weekday(i8),
}

/// What the lexicon knows of a lower-case word: possessives ("army's", or "armys" where a printer
/// lost the apostrophe) are looked up without their ending.
pub fn look_up(lower: &str) -> (Option<Noun>, Option<Trigger>, Role) {
    let entry = LEXICON.get(lower).copied().unwrap_or_default();
    if entry.noun.is_some() || entry.trigger.is_some() || entry.role != Role::None {
        return (entry.noun, entry.trigger, entry.role);
    }
    if let Some((_, last)) = lower.rsplit_once('-') {
        // "fighter-jets", "ex-soldiers": a compound counts as its last part, if that is a noun.
        let noun = LEXICON.get(last).and_then(|e| e.noun);
        if noun.is_some_and(|n| n != Noun::Unit) {
            return (noun, None, Role::None);
        }
    }
    let days = lower.strip_suffix("'s").or_else(|| lower.strip_suffix('s'));
    let day = days.and_then(|d| LEXICON.get(d)).map(|e| e.role);
    match day {
        Some(Role::Weekday(n)) => (None, None, Role::Weekday(n)),
        Some(Role::Month(n)) if n != 5 => (None, None, Role::Month(n)),
        _ => (None, None, Role::None),
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    noun: Option<Noun>,
    trigger: Option<Trigger>,
    role: Role,
}

impl Default for Entry {
    fn default() -> Self {
        Self { noun: None, trigger: None, role: Role::None }
    }
}

/// The words, class by class; the file's first lines say how it is laid out.
const WORDS: &str = include_str!("lexicon.txt");

static LEXICON: LazyLock<BTreeMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut map: BTreeMap<&'static str, Entry> = BTreeMap::new();
    for (head, words) in classes() {
        for (number, line) in (1..).zip(words.lines()) {
            for word in line.split_ascii_whitespace() {
                let entry = map.entry(word).or_default();
                match head.split(' ').collect::<Vec<_>>().as_slice() {
                    ["NOUN", class @ ..] => entry.noun = noun(class),
                    ["VERB", form_name, measure_name] => {
                        entry.trigger = form(form_name)
                            .zip(measure(measure_name))
                            .map(|(form, measure)| Trigger { measure, form });
                    }
                    ["ROLE", role_name] => entry.role = role(role_name, number),
                    _ => {}
                }
            }
        }
    }
    map
});

/// The classes of the word file: head line and words.
fn classes() -> impl Iterator<Item = (&'static str, &'static str)> {
    WORDS.split("\n\n").skip(1).filter_map(|class| class.split_once('\n'))
}

/// The names of one `LIST` of the word file, separated by commas there.
pub fn list(name: &str) -> BTreeSet<&'static str> {
    classes()
        .filter(|(head, _)| head.strip_prefix("LIST ") == Some(name))
        .flat_map(|(_, words)| words.split([',', '\n']))
        .map(str::trim)
        .filter(|word| !word.is_empty())
        .collect()
}

fn noun(class: &[&str]) -> Option<Noun> {
    Some(match class {
        ["Person"] => Noun::Person,
        ["People"] => Noun::People,
        ["Victims", name] => Noun::Victims(measure(name)?),
        ["Attack"] => Noun::Attack,
        ["Object"] => Noun::Object,
        ["State"] => Noun::State,
        ["Unit"] => Noun::Unit,
        ["Thing"] => Noun::Thing,
        _ => return None,
    })
}

fn form(name: &str) -> Option<Form> {
    Some(match name {
        "Past" => Form::Past,
        "Ing" => Form::Ing,
        "Present" => Form::Present,
        "Intransitive" => Form::Intransitive,
        "Adjective" => Form::Adjective,
        _ => return None,
    })
}

fn measure(name: &str) -> Option<Measure> {
    Some(match name {
        "Killed" => Measure::Killed,
        "Injured" => Measure::Injured,
        "KilledOrInjured" => Measure::KilledOrInjured,
        "Missing" => Measure::Missing,
        "Detained" => Measure::Detained,
        "Abducted" => Measure::Abducted,
        "Displaced" => Measure::Displaced,
        "Evacuated" => Measure::Evacuated,
        "Besieged" => Measure::Besieged,
        "Returned" => Measure::Returned,
        "Admitted" => Measure::Admitted,
        "Affected" => Measure::Affected,
        "Destroyed" => Measure::Destroyed,
        _ => return None,
    })
}

/// Months and weekdays stand one a line, in order.
fn role(name: &str, number: i8) -> Role {
    match name {
        "Preposition" => Role::Preposition,
        "Determiner" => Role::Determiner,
        "Auxiliary" => Role::Auxiliary,
        "Conjunction" => Role::Conjunction,
        "Relative" => Role::Relative,
        "Pronoun" => Role::Pronoun,
        "Adverb" => Role::Adverb,
        "Saying" => Role::Saying,
        "Month" => Role::Month(number),
        "Weekday" => Role::Weekday(number),
        _ => Role::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_class_of_the_word_file_is_known() {
        for (head, words) in classes() {
            let known = match head.split(' ').collect::<Vec<_>>().as_slice() {
                ["NOUN", class @ ..] => noun(class).is_some(),
                ["VERB", f, m] => form(f).is_some() && measure(m).is_some(),
                ["ROLE", r] => role(r, 1) != Role::None,
                ["LIST", ..] => true,
                _ => false,
            };
            assert!(known, "{head}");
            assert!(!words.chars().any(char::is_uppercase), "{head}: words are in lower case");
        }
    }

    #[test]
    fn lost_apostrophes_still_name_days() {
        assert_eq!(look_up("tuesdays").2, Role::Weekday(2));
        assert_eq!(look_up("tuesday's").2, Role::Weekday(2));
        assert_eq!(look_up("ex-soldiers").0, Some(Noun::People));
    }
}
