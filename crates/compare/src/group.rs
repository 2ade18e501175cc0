//! Who or what is counted: the class of a counted group.
//!
//! Classes tell questions apart: a part of a population is never set against the whole, and
//! fighters never against civilians.

use record::Measure;
use serde::{Deserialize, Serialize};

/// The class of a counted group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// People without distinction, or nobody said.
    People,
    /// Civilians: shown beside people, with a note that the definitions differ.
    Civilians,
    /// Children.
    Children,
    /// Women.
    Women,
    /// Men.
    Men,
    /// Women and children, counted together.
    WomenAndChildren,
    /// Soldiers and police.
    StateForces,
    /// Fighters of armed groups.
    ArmedGroups,
    /// Families or households, another unit of counting.
    Families,
    /// States.
    States,
    /// Members of a body, such as all member states.
    Members,
    /// Anything else, by its noun in the singular.
    Noun(String),
}

const CHILDREN: &[&str] = &[
    "child",
    "children",
    "kid",
    "kids",
    "boy",
    "boys",
    "girl",
    "girls",
    "infant",
    "infants",
    "baby",
    "babies",
    "minors",
    "schoolchildren",
];
const WOMEN: &[&str] = &["woman", "women"];
const MEN: &[&str] = &["man", "men"];
const CIVILIANS: &[&str] = &["civilian", "civilians", "noncombatants", "non-combatants"];
const FAMILIES: &[&str] = &["family", "families", "household", "households"];
const STATE_FORCES: &[&str] = &[
    "soldier",
    "soldiers",
    "troops",
    "troop",
    "servicemen",
    "conscripts",
    "police",
    "policemen",
    "policeman",
    "airmen",
    "pilots",
    "pilot",
    "army",
    "peacekeepers",
    "pro-government",
    "regime",
];
const ARMED_GROUPS: &[&str] = &[
    "fighter",
    "fighters",
    "militant",
    "militants",
    "rebel",
    "rebels",
    "terrorist",
    "terrorists",
    "insurgent",
    "insurgents",
    "jihadist",
    "jihadists",
    "gunman",
    "gunmen",
    "militiamen",
    "combatant",
    "combatants",
    "extremists",
    "mercenaries",
];
const PEOPLE: &[&str] = &[
    "people",
    "person",
    "persons",
    "dead",
    "deaths",
    "death",
    "victim",
    "victims",
    "body",
    "bodies",
    "casualty",
    "casualties",
    "fatalities",
    "resident",
    "residents",
    "inhabitants",
    "refugee",
    "refugees",
    "evacuee",
    "evacuees",
    "wounded",
    "injured",
    "lives",
    "souls",
    "citizens",
    "citizen",
    "nationals",
    "displaced",
    "others",
    "villagers",
];

/// Words that end the counted noun: what follows describes it.
const ENDS: &[&str] = &[
    "of", "in", "from", "with", "who", "on", "at", "for", "near", "by", "that", "to", "loaded",
    "equipped",
];

impl Group {
    /// The class of the words `whom` of a figure of `measure`.
    pub(crate) fn of(measure: Measure, whom: Option<&str>) -> Self {
        let words = whom.unwrap_or("");
        let all: Vec<String> = words
            .split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'')
            .filter(|w| !w.is_empty())
            .map(str::to_lowercase)
            .collect();
        let end = all.iter().position(|w| ENDS.contains(&w.as_str())).unwrap_or(all.len());
        let head: Vec<&str> = all.iter().take(end).map(String::as_str).collect();
        match measure {
            Measure::States if head.contains(&"member") => Self::Members,
            Measure::States => Self::States,
            Measure::Attacks | Measure::Destroyed | Measure::Other => Self::noun(&head),
            _ if head.is_empty() => Self::People,
            _ => Self::people(&head, words),
        }
    }

    /// Whether both stand in one table; [`Group::People`] and [`Group::Civilians`] do.
    pub(crate) fn table(&self) -> Self {
        if *self == Self::Civilians { Self::People } else { self.clone() }
    }

    /// The class in words.
    pub fn words(&self) -> String {
        let words = match self {
            Self::People => "people",
            Self::Civilians => "civilians",
            Self::Children => "children",
            Self::Women => "women",
            Self::Men => "men",
            Self::WomenAndChildren => "women and children",
            Self::StateForces => "state forces",
            Self::ArmedGroups => "armed groups",
            Self::Families => "families",
            Self::States => "states",
            Self::Members => "members",
            Self::Noun(noun) => noun,
        };
        words.to_owned()
    }

    fn people(head: &[&str], words: &str) -> Self {
        let any = |list: &[&str]| head.iter().any(|w| list.contains(w));
        if any(CHILDREN) || any(WOMEN) || any(MEN) {
            return match (any(MEN), any(WOMEN), any(CHILDREN)) {
                (true, _, true) | (true, true, _) => Self::People,
                (false, true, true) => Self::WomenAndChildren,
                (false, false, _) => Self::Children,
                (false, true, false) => Self::Women,
                (true, false, false) => Self::Men,
            };
        }
        let lists = [
            (FAMILIES, Self::Families),
            (STATE_FORCES, Self::StateForces),
            (ARMED_GROUPS, Self::ArmedGroups),
            (CIVILIANS, Self::Civilians),
            (PEOPLE, Self::People),
        ];
        if let Some((_, group)) = lists.into_iter().find(|(list, _)| any(list)) {
            return group;
        }
        let capital = |word: &str| word.chars().next().is_some_and(char::is_uppercase);
        if head.iter().any(|w| *w == "members" || *w == "commanders") {
            let named = words.split_whitespace().any(capital);
            return if named { Self::ArmedGroups } else { Self::noun(head) };
        }
        // "Ardans": people by their nation or town. A lower-case noun is a trade or role.
        let last = words.split_whitespace().nth(head.len().saturating_sub(1));
        if last.is_some_and(capital) { Self::People } else { Self::noun(head) }
    }

    fn noun(head: &[&str]) -> Self {
        Self::Noun(head.last().map_or_else(String::new, |noun| singular(noun)))
    }
}

/// A noun without the mark of the plural, by spelling alone: good enough to tell two alike.
fn singular(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies") {
        return format!("{stem}y");
    }
    match noun.strip_suffix('s') {
        Some(stem) if stem.chars().count() > 2 && !stem.ends_with('s') => stem.to_owned(),
        _ => noun.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes() {
        let check = |measure, whom: &str, expect: Group| {
            assert_eq!(Group::of(measure, Some(whom)), expect, "{whom}");
        };
        let noun = |word: &str| Group::Noun(word.to_owned());
        check(Measure::Killed, "people", Group::People);
        check(Measure::Killed, "Ardan civilians", Group::Civilians);
        check(Measure::Killed, "Ardans", Group::People);
        check(Measure::Killed, "men, women and children", Group::People);
        check(Measure::Killed, "women and children", Group::WomenAndChildren);
        check(Measure::Killed, "young girl", Group::Children);
        check(Measure::Killed, "members of the Arda Front", Group::ArmedGroups);
        check(Measure::Killed, "pro-government fighters", Group::StateForces);
        check(Measure::Killed, "Blue Cross workers", noun("worker"));
        check(Measure::Displaced, "families", Group::Families);
        check(Measure::States, "nations", Group::States);
        check(Measure::States, "UN member states", Group::Members);
        check(Measure::Attacks, "rocket shells", noun("shell"));
        check(Measure::Destroyed, "cars loaded with ammunition", noun("car"));
        check(Measure::Killed, "", Group::People);
        assert_eq!(Group::of(Measure::Attacks, None), noun(""));
    }
}
