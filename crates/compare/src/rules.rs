//! The named rules: why accounts stand together or apart.
//!
//! Every rule that decides something is listed here in words, with an example of our own; a rule
//! that is not listed must not be obeyed.

use crate::question::Because;
use serde::{Deserialize, Serialize};

/// One named rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, as results carry it.
    pub name: &'static str,
    /// What it does.
    pub words: &'static str,
    /// An example with invented names and numbers.
    pub example: &'static str,
}

pub(crate) const MEASURE: &str = "same-measure";
pub(crate) const GROUP: &str = "same-group";
pub(crate) const PLACE: &str = "same-place";
pub(crate) const KIND: &str = "same-kind";
pub(crate) const SAME_DAY: &str = "same-day";
pub(crate) const NEXT_DAY: &str = "next-day";
pub(crate) const NEAR_REPORT: &str = "near-report";
pub(crate) const SAME_ITEM: &str = "same-item";
pub(crate) const SAME_PERIOD: &str = "same-period";
pub(crate) const SAME_TOTAL: &str = "same-total";
pub(crate) const UNDATED_TOTAL: &str = "undated-total";
pub(crate) const CASE_COUNTRY: &str = "case-country";
pub(crate) const GREAT_TOLL: &str = "great-toll";
pub(crate) const STATES: &str = "states-of-one-week";
pub(crate) const STATES_UNDATED: &str = "states-undated";
pub(crate) const REPEATED: &str = "repeated";
pub(crate) const ONE_SENTENCE: &str = "one-sentence";
pub(crate) const ONE_VOICE: &str = "one-voice";
pub(crate) const PARTS: &str = "sum-of-parts";
pub(crate) const FURTHER: &str = "further-dead";
pub(crate) const AMBIGUOUS: &str = "ambiguous";
pub(crate) const ROUNDING: &str = "rounding-unit";
pub(crate) const DEFINITION: &str = "definition-differs";

/// Rules that put an account beside another one.
pub(crate) const JOINING: [&str; 9] = [
    SAME_DAY,
    NEXT_DAY,
    NEAR_REPORT,
    SAME_ITEM,
    SAME_PERIOD,
    SAME_TOTAL,
    UNDATED_TOTAL,
    STATES,
    STATES_UNDATED,
];

/// Every rule of this crate, those that join first, then those that keep apart, then those that
/// weigh numbers.
pub fn rules() -> &'static [Rule] {
    RULES
}

impl Because {
    /// The rule of that name, in the words of the list.
    pub(crate) fn of(name: &str) -> Self {
        let words = RULES.iter().find(|rule| rule.name == name).map_or(name, |rule| rule.words);
        Self { rule: name.to_owned(), words: words.to_owned() }
    }
}

const fn rule(name: &'static str, words: &'static str, example: &'static str) -> Rule {
    Rule { name, words, example }
}

const RULES: &[Rule] = &[
    rule(
        MEASURE,
        "Accounts of one question count the same thing; killed, injured, and killed or injured \
         together are three things.",
        "\u{201c}12 killed\u{201d} and \u{201c}12 casualties\u{201d} stay apart.",
    ),
    rule(
        GROUP,
        "Accounts of one question count the same class of people or things. People and civilians \
         stand in one table, with a note; children, women, soldiers, fighters and families each \
         have their own.",
        "\u{201c}40 people\u{201d} beside \u{201c}38 civilians\u{201d}, but not beside \u{201c}9 \
         children\u{201d}.",
    ),
    rule(
        PLACE,
        "Accounts of one question name the same place, compared without words of kind (town of), \
         article and surroundings (near Belan). For an event a country is too wide a place, and \
         words without a name (a village) are too loose: such figures meet only within their \
         item.",
        "\u{201c}the town of Arda near Belan\u{201d} is \u{201c}al-Arda\u{201d}, and neither is \
         \u{201c}Belan\u{201d}.",
    ),
    rule(
        KIND,
        "The toll of one event is never set beside a total over a period. Counts of states are \
         neither.",
        "\u{201c}9 killed in a strike on Arda\u{201d} and \u{201c}900 killed in Arda since \
         May\u{201d} stay apart.",
    ),
    rule(
        SAME_DAY,
        "The event is dated to the same day, or to runs of days that share one and whose ends \
         lie at most a day apart. Where the numbers lie more than twofold apart, it is probably \
         but not surely one event.",
        "2031-05-04 and 2031-05-04/2031-05-05.",
    ),
    rule(
        NEXT_DAY,
        "Two reports date the event a day apart, as happens around midnight, and give numbers \
         within twofold of each other: probably the same event. One report that names two days \
         means two events.",
        "2031-05-04 in one report, 2031-05-05 in another.",
    ),
    rule(
        NEAR_REPORT,
        "The event has no date, and the report came out at most 3 days after the date, or within 3 \
         days of the report, of the account it is put beside, and gives a number within twofold \
         of it: probably the same event.",
        "Arda struck on 4 May; a report of 6 May gives a toll for Arda and no day.",
    ),
    rule(
        SAME_ITEM,
        "Neither event nor report has a date, and both figures stand in the same item.",
        "Two tolls for Arda by two sources in one undated leaflet.",
    ),
    rule(
        SAME_PERIOD,
        "Both totals cover the same period: its ends lie at most a day apart, or 31 days where \
         both periods are a quarter of a year or longer.",
        "\u{201c}since 1 May\u{201d} in two reports of one day.",
    ),
    rule(
        SAME_TOTAL,
        "Both are totals of a conflict (over a year or more, since when within a year of each \
         other, or 10,000 or more without saying since when) as of days at most 31 apart, and \
         their numbers lie within tenfold of each other. A later total is another question, \
         since it may have grown; so is one of another order, which counts a part of the \
         conflict.",
        "\u{201c}more than 40,000 since 2029\u{201d} in a report of 3 May and \u{201c}a death toll \
         of 50,000\u{201d} in one of 6 May.",
    ),
    rule(
        UNDATED_TOTAL,
        "A total of a conflict, in an item without a date, is put to the only totals of its order \
         there are for that country: probably the same question.",
        "An undated leaflet with \u{201c}50,000 dead\u{201d}, all other reports being of one \
         month.",
    ),
    rule(
        CASE_COUNTRY,
        "A total of 10,000 or more that names no place is taken for one of the country that \
         more items of the case name for harm done than any other.",
        "\u{201c}the war has killed 50,000\u{201d} in a case about Ardania.",
    ),
    rule(
        GREAT_TOLL,
        "A toll of 10,000 or more without a day, and without a place smaller than a country, is a \
         total, whether or not the report says over which period.",
        "\u{201c}the death toll reaches 50,000\u{201d}.",
    ),
    rule(
        STATES,
        "Two counts of states are of periods or reports at most 7 days apart. Which motion or \
         appeal they back is not compared, nor is any place.",
        "\u{201c}61 countries\u{201d} on Monday and \u{201c}more than 60 other nations\u{201d} on \
         Thursday.",
    ),
    rule(
        STATES_UNDATED,
        "A count of states in an item without any date is put to the only other counts of states: \
         probably the same question.",
        "An undated page with \u{201c}more than 60 countries\u{201d}.",
    ),
    rule(
        REPEATED,
        "Several mentions of one number in one item are one account. In a headline, or where one \
         source repeats itself, the same numeral without its hedge is a mention too.",
        "\u{201c}9 dead in Arda\u{201d} above \u{201c}at least 9 people died\u{201d}.",
    ),
    rule(
        ONE_SENTENCE,
        "Two numbers in one sentence are parts, sums or different things, never two answers.",
        "\u{201c}80,000 died there, 50,000 here, only 30,000 fewer.\u{201d}",
    ),
    rule(
        ONE_VOICE,
        "One source in one item does not contradict itself: a second number that shares no value \
         with the first answers another question.",
        "\u{201c}25,000 are to come\u{201d} and \u{201c}34,000 have come\u{201d}, by one minister.",
    ),
    rule(
        PARTS,
        "A number that gives another number of the same item when added to one or two more is a \
         part of that number.",
        "3 by the police and 7 by the province, where the report begins with 10.",
    ),
    rule(
        FURTHER,
        "Further dead (\u{201c}three more\u{201d}, \u{201c}nine other civilians\u{201d}) come \
         on top of another number, so they are only compared to further dead.",
        "\u{201c}at least 20 died; three more were killed in the evening.\u{201d}",
    ),
    rule(
        AMBIGUOUS,
        "The account would fit several questions equally well, so it stays alone.",
        "An undated toll for Arda, reported two days after two strikes on following days.",
    ),
    rule(
        ROUNDING,
        "\u{201c}About\u{201d} a number allows what rounds to it in the greatest power of ten that \
         divides it; \u{201c}nearly\u{201d} allows the lower half of that.",
        "\u{201c}about 34,000\u{201d} allows 33,500 to 34,499; \u{201c}nearly 40\u{201d}, 35 to \
         40.",
    ),
    rule(
        DEFINITION,
        "The accounts count differently drawn groups, so that a greater number need not contradict \
         a smaller one, nor the same number confirm it.",
        "people and civilians; countries and other countries (without the speaker's own).",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_are_unique_and_every_rule_has_words_and_example() {
        let names: BTreeSet<&str> = rules().iter().map(|rule| rule.name).collect();
        assert_eq!(names.len(), rules().len());
        for rule in rules() {
            assert!(rule.words.ends_with('.') && rule.example.len() > 10, "{}", rule.name);
        }
    }
}
