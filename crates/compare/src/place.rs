//! Where it happened: the normal form of a place name.
//!
//! It knows spelling and a list of states, no map: two names of one town stay two places, which
//! keeps accounts apart but never joins what does not belong together.

/// A place as compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    /// A state as a whole.
    Country(String),
    /// A named place within one.
    Named(String),
    /// Words without a name, such as "two other districts": a place only within its own report.
    Unnamed(String),
    /// None said.
    Unsaid,
}

/// Words that say what kind of place a name stands for; they do not tell two places apart. Words
/// for a wider area (province, countryside, suburbs) do, and stay.
const KINDS: &[&str] = &[
    "the",
    "a",
    "an",
    "of",
    "city",
    "town",
    "village",
    "hamlet",
    "neighbourhood",
    "neighborhood",
    "neighborhoods",
    "neighbourhoods",
    "area",
    "citys",
    "settlement",
    "quarter",
];

/// Words after which the surroundings of a place follow: "Arda near Belan" is Arda.
const SURROUNDINGS: &[&str] = &["in", "near", "outside", "at", "around", "inside", "on"];

/// Words for a town, which the words before "of" describe.
const TOWNS: &[&str] = &["city", "town", "village", "hamlet"];

/// Words for a part or the surroundings of a town.
const PARTS: &[&str] = &[
    "district",
    "suburbs",
    "outskirts",
    "countryside",
    "parts",
    "part",
    "edge",
    "neighbourhood",
    "neighborhood",
    "side",
    "centre",
    "center",
    "camp",
    "axes",
];

/// Words that say one thing in several spellings.
const SPELLINGS: &[(&str, &str)] = &[
    ("governorate", "province"),
    ("provinces", "province"),
    ("suburb", "suburbs"),
    ("outskirt", "outskirts"),
    ("rural", "countryside"),
    ("northern", "north"),
    ("southern", "south"),
    ("eastern", "east"),
    ("western", "west"),
    ("districts", "district"),
];

/// The Arabic article in Latin letters, which reports write or leave out at will.
const ARTICLES: &[&str] = &["al", "el", "as", "ar", "ad", "at", "az", "ash", "an"];

impl Place {
    /// The normal form of a place name: lower case without marks, without words of kind and without
    /// its surroundings, in the order said.
    pub(crate) fn of(words: Option<&str>) -> Self {
        let Some(words) = words else { return Self::Unsaid };
        let named = words
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| part.chars().next().is_some_and(char::is_uppercase));
        let plain = plain(words);
        let mut key = head(&plain).join(" ");
        if key.is_empty() {
            key = plain.join(" ");
        }
        if key.is_empty() {
            Self::Unsaid
        } else if let Some(country) = country(&key) {
            Self::Country(country.to_owned())
        } else if named {
            Self::Named(key)
        } else {
            Self::Unnamed(key)
        }
    }

    /// The normal form in words.
    pub(crate) fn words(&self) -> Option<&str> {
        match self {
            Self::Country(name) | Self::Named(name) | Self::Unnamed(name) => Some(name),
            Self::Unsaid => None,
        }
    }
}

/// The country of that name, which may have lost the apostrophe of a possessive ("Kenyas war").
fn country(key: &str) -> Option<&'static str> {
    let owner = key.strip_suffix('s').unwrap_or(key);
    COUNTRIES.lines().find(|name| *name == key || *name == owner)
}

/// The words in lower case, without marks on letters, articles and punctuation; a comma becomes
/// "in", since what follows it is the wider place.
fn plain(words: &str) -> Vec<String> {
    let mut out = Vec::new();
    for word in words.split_whitespace() {
        let comma = word.ends_with(',');
        let parts: Vec<String> = word
            .trim_end_matches("'s")
            .trim_end_matches("\u{2019}s")
            .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '\u{2019}')
            .filter(|part| !part.is_empty())
            .map(|part| part.chars().flat_map(letter).collect::<String>())
            .filter(|part| !part.is_empty())
            .collect();
        let skip = usize::from(
            parts.len() > 1 && parts.first().is_some_and(|p| ARTICLES.contains(&p.as_str())),
        );
        out.extend(parts.into_iter().skip(skip).map(spelling));
        if comma {
            out.push("in".to_owned());
        }
    }
    out
}

/// What stands before the surroundings, without words of kind. In "northern city of Arda" the words
/// before "city of" tell where Arda lies; only a word for a part of it ("district of the city of
/// Arda") makes it another place.
fn head(plain: &[String]) -> Vec<&str> {
    let mut out = Vec::new();
    let next = plain.iter().skip(1).map(String::as_str).chain([""]);
    for (word, next) in plain.iter().map(String::as_str).zip(next) {
        if SURROUNDINGS.contains(&word) {
            if out.is_empty() {
                continue;
            }
            break;
        }
        if TOWNS.contains(&word) && next == "of" && !out.iter().any(|w| PARTS.contains(w)) {
            out.clear();
        }
        if !KINDS.contains(&word) {
            out.push(word);
        }
    }
    out
}

fn spelling(word: String) -> String {
    let same = SPELLINGS.iter().find(|(from, _)| *from == word);
    same.map_or(word, |(_, to)| (*to).to_owned())
}

/// A letter in lower case without its mark; apostrophes fall away ("Ma'arrat", "Maarrat").
fn letter(c: char) -> Vec<char> {
    match c {
        '\'' | '\u{2019}' => Vec::new(),
        'á' | 'à' | 'â' | 'ä' | 'ã' | 'å' | 'ā' | 'Á' | 'Â' | 'Ä' => vec!['a'],
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' => vec!['e'],
        'í' | 'ì' | 'î' | 'ï' | 'ī' | 'ı' | 'İ' => vec!['i'],
        'ó' | 'ò' | 'ô' | 'ö' | 'õ' | 'ō' | 'Ö' => vec!['o'],
        'ú' | 'ù' | 'û' | 'ü' | 'ū' | 'Ü' => vec!['u'],
        'ç' | 'Ç' => vec!['c'],
        'ñ' | 'Ñ' => vec!['n'],
        'ş' | 'Ş' => vec!['s'],
        other => other.to_lowercase().collect(),
    }
}

/// States by their usual English names and some of their other ones, in normal form.
const COUNTRIES: &str = include_str!("countries.txt");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let check = |text: &str, expect: Place| assert_eq!(Place::of(Some(text)), expect, "{text}");
        let named = |name: &str| Place::Named(name.to_owned());
        check("town of Arda", named("arda"));
        check("Arda", named("arda"));
        check("al-Arda", named("arda"));
        check("the Arda neighbourhood in Belan city", named("arda"));
        check("Arda, Belan", named("arda"));
        check("near the Arda camp", named("arda camp"));
        check("Arda and Belan", named("arda and belan"));
        check("northern city of Arda", named("arda"));
        check("eastern districts of the city of Arda", named("east district arda"));
        check("Belan province", named("belan province"));
        check("Belan governorate", named("belan province"));
        check("Ma\u{2019}arda", named("maarda"));
        check("Arda\u{2019}s", named("arda"));
        check("Kenyas", Place::Country("kenya".to_owned()));
        check("Syria", Place::Country("syria".to_owned()));
        check("two other districts", Place::Unnamed("two other district".to_owned()));
        check("the city", Place::Unnamed("the city".to_owned()));
        check("...", Place::Unsaid);
        assert_eq!(Place::of(None), Place::Unsaid);
    }
}
