//! The names of all rules, each with one sentence and one example of our own.
//!
//! Never may a figure carry the name of a rule that is not listed here (a test holds it).

/// A named rule of the grammar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// Its name, as figures carry it.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub explanation: &'static str,
    /// An example.
    pub example: &'static str,
}

/// Every named rule, by name.
pub fn rules() -> Vec<Rule> {
    RULES.iter().map(|&(name, explanation, example)| Rule { name, explanation, example }).collect()
}

#[rustfmt::skip]
const RULES: &[(&str, &str, &str)] = &[
    ("cumulative.period", "A number over a stated period of days or more is a running total.",
        "90 people were killed in the past three weeks"),
    ("cumulative.war", "A number whose sentence speaks of the whole war is a running total.",
        "the conflict has killed more than 60,000 people"),
    ("date.calendar-period", "\"This week\" and \"last month\" are intervals of the calendar before the report.",
        "last month 12 drivers were killed"),
    ("date.carried", "A figure without a date takes that of the figure before it, in nearby sentences.",
        "Nine died on Monday. Four others were wounded."),
    ("date.day-of-month", "A day and month without a year is the last such day up to the report.",
        "on April 4, six were killed"),
    ("date.full", "A day, month and year stand for themselves.", "on 3 June 2015, six were killed"),
    ("date.month", "A month is the interval of its days; without a year, the last one up to the report.",
        "40 people were killed in March 2012"),
    ("date.past-period", "\"The past N hours, days, weeks\" is the interval that ends at the report.",
        "12 raids in the past 24 hours"),
    ("date.same-count", "A figure without a date takes that of the same number and measure in the report.",
        "Nine dead in raid. Nine people died on Monday."),
    ("date.season", "A season and year is the interval of its three months.", "the summer of 2013"),
    ("date.since", "\"Since\" a date is the interval from then to the report, and makes a running total.",
        "60,000 have been killed since March 2011"),
    ("date.today", "\"Today\" and \"this morning\" are the report's own day.", "six were killed today"),
    ("date.weekday-before-report", "A weekday is the last such day up to the report.",
        "six were killed on Friday"),
    ("date.year", "A year after \"in\" and its like is the interval of its days.", "80 died in 2013"),
    ("date.yesterday", "\"Yesterday\" is the day before the report.", "six were killed yesterday"),
    ("hedge.about", "\"About\", \"around\", \"some\", \"an estimated\" leave the number as it is, hedged.",
        "about 30 people were killed"),
    ("hedge.another", "\"Another\" and \"more\" belong to the quantity and change nothing.",
        "another 40 were wounded"),
    ("hedge.at-least", "\"At least N\" sets the lower bound N and no upper one.",
        "at least 20 people were killed"),
    ("hedge.fewer-than", "\"Fewer than N\" sets the upper bound N − 1 and no lower one.",
        "fewer than 10 people remained trapped"),
    ("hedge.more-than", "\"More than N\" sets the lower bound N + 1 and no upper one.",
        "more than 100 people were killed"),
    ("hedge.nearly", "\"Nearly\", \"almost\", \"close to\" leave the number as it is, hedged.",
        "nearly 300 fighters were killed"),
    ("hedge.total-of", "\"A total of\" belongs to the quantity and changes nothing.",
        "a total of 12 people were killed"),
    ("hedge.up-to", "\"Up to N\", \"as many as N\" set the upper bound N and no lower one.",
        "as many as 50 people were killed"),
    ("measure.adjective-after", "\"Dead\", \"missing\" after the counted people say what befell them.",
        "12 farmers dead in raid"),
    ("measure.adjective-before", "A participle between number and people says what befell them.",
        "30 wounded civilians"),
    ("measure.attacks.bombs", "Vehicles that suicide bombers blow up are bombs: attacks, not losses.",
        "suicide bombers blew up two cars"),
    ("measure.attacks.noun", "A noun for an attack or for what it throws counts attacks.",
        "39 airstrikes hit the town"),
    ("measure.coordination", "A count joined to another by \"and\" or a comma shares its measure.",
        "killing six women and five children"),
    ("measure.evacuated.carried", "People who leave or are carried in a report of an evacuation are evacuated.",
        "buses carrying 500 people left the town"),
    ("measure.noun", "The counted noun says what befell: deaths, wounded, casualties, hostages.",
        "15 deaths were reported"),
    ("measure.noun-of", "\"The death of\", \"the lives of\", \"the injury of\" before a count say what befell.",
        "the deaths of 20 aid workers"),
    ("measure.object", "A verb of harm right before the count has it as its object.",
        "a raid killed 19 villagers"),
    ("measure.object-far", "A verb of harm governs a noun phrase that the count is joined to.",
        "killing a commander and 12 fighters"),
    ("measure.part-of-dead", "A list after \"among the dead were\" or \"those killed included\".",
        "among the dead were two boys"),
    ("measure.part-of-whole", "\"Including\", \"among them\", \"of whom\" hand the measure of the whole to its part.",
        "18 people were killed, including 11 children"),
    ("measure.participle-after", "A participle right after the counted people says what befell them.",
        "45 fighters killed in clashes"),
    ("measure.present", "People who are carried, gathered, sent or deployed are present.",
        "300 worshippers had gathered in the hall"),
    ("measure.states.noun", "Countries, nations and states that do something are states.",
        "68 nations asked for a session"),
    ("measure.subject-adjective", "\"Were missing\", \"are dead\" say it of the count before them.",
        "six people are missing"),
    ("measure.subject-intransitive", "\"Died\", \"fled\", \"returned\" say it of the count before them.",
        "five villagers died"),
    ("measure.subject-passive", "\"Were killed\" and other passives say it of the count before them.",
        "ten civilians were killed"),
    ("measure.subject-state", "\"Were under siege\", \"under the rubble\" say it of the count before them.",
        "40,000 people are under siege"),
    ("measure.toll", "A number that a death toll reaches, or a \"number of wounded\", is of that kind.",
        "the death toll rose to 61"),
    ("number.blank-groups", "Groups of three digits after a blank are one number.", "10 000 people"),
    ("number.couple", "\"A couple\" is two.", "a couple of soldiers"),
    ("number.list-of-singles", "Singular nouns in a row under one article count one each.",
        "a man, woman and child died"),
    ("number.numeral", "Digits, with or without group separators, are their value.", "400,000 people"),
    ("number.part-of-scale", "\"Half a million\", \"half a dozen\" are parts of a scale.",
        "half a million people"),
    ("number.range", "Two numbers joined by \"to\", \"or\", a dash or \"between … and\" are bounds.",
        "between 10 and 15 people"),
    ("number.scale", "A numeral before hundred, thousand, million, dozen is multiplied.", "3.73 million"),
    ("number.scale-letter", "A numeral with k, mln or bn is multiplied.", "300k people"),
    ("number.single-victim", "\"A child\", \"his son\", \"the driver\" count one where they are victims.",
        "the raid killed a child"),
    ("number.vague.a-number", "\"A number of\" sets no bounds.", "a number of militants were killed"),
    ("number.vague.many", "\"Many\", \"numerous\" set no bounds.", "many people were killed"),
    ("number.vague.plural", "Tens mean 20 or more, dozens 24, scores 40, hundreds 200, thousands 2,000, millions 2,000,000.",
        "dozens of people were killed"),
    ("number.vague.several", "\"Several\" and \"a few\" mean 3 or more of what follows (several hundred: 300).",
        "several fighters were killed"),
    ("number.vague.tens-of-thousands", "\"Tens of thousands\" means 20,000 or more, \"hundreds of thousands\" 200,000.",
        "tens of thousands fled"),
    ("number.words", "Number words as far as 999,999,999,999 are their value.", "seventy-six people"),
    ("place.carried", "A figure without a place takes that of the figure before it, in nearby sentences.",
        "Nine died in Aleppo. Four others were wounded."),
    ("place.in", "A name after \"in\", \"at\", \"near\" is a place.", "killed in Tarmin"),
    ("place.kind-after", "A name before a word for a kind of place is one.", "the Tarmin neighbourhood"),
    ("place.kind-of", "\"The village of\" and its like name a place.", "the village of Tarmin"),
    ("place.known", "Countries and some cities are known by name.", "in Damascus"),
    ("place.same-count", "A figure takes the more specific place of the same number and measure in the report.",
        "Nine dead in Aleppo. Nine people died in the village of Tarmin."),
    ("source.according-to", "\"According to S\" names the source.", "six died, according to medics"),
    ("source.citing", "\"Citing S\" and \"quoting S\" name the originator behind a relay.",
        "the agency reported, citing a hospital director"),
    ("source.headline", "A headline's last or first words name the source.", "Raid kills six: monitor"),
    ("source.pronoun", "\"He said\" and \"it said\" mean who spoke last.", "Six died, he added"),
    ("source.said-after", "A verb of saying has its speaker before it.", "the ministry said six died"),
    ("source.said-before", "A verb of saying at the end has its speaker after it.",
        "six died, said the ministry"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(RULES.windows(2).all(|w| matches!(w, [a, b] if a.0 < b.0)));
    }
}
