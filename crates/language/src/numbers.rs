//! Numerals and number words: what number some tokens spell.
//!
//! Never may a number be guessed: what does not spell a whole number up to [`NUMBER_LIMIT`] is
//! none.

use crate::tokens::{Gap, Kind, Token, word, word_before};

/// Greatest number read: 2^53 − 1, the greatest whole number that every JSON reader keeps exact.
pub const NUMBER_LIMIT: u64 = (1 << 53) - 1;

/// Most tokens that one number takes ("nine hundred and ninety-nine billion …").
const WORDS_LIMIT: usize = 24;

/// A number and where it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    /// Least value.
    pub low: Option<u64>,
    /// Greatest value.
    pub high: Option<u64>,
    /// Token after it.
    pub end: usize,
    /// Whether it is a vague word, a range, or plain.
    pub shape: Shape,
    /// Rule that read it.
    pub rule: &'static str,
}

/// How a number is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// One value.
    Plain,
    /// Two values.
    Range,
    /// "dozens", "several".
    Vague,
    /// "many", "some": says nothing of how many, and is kept only before counted victims.
    Many,
    /// "a child", "his son": one person, where one is a victim.
    Single,
}

/// The number that begins at token `i`, if one does.
pub fn number_at(tokens: &[Token], i: usize) -> Option<Number> {
    vague_at(tokens, i).or_else(|| range_at(tokens, i)).or_else(|| plain_at(tokens, i))
}

fn plain_at(tokens: &[Token], i: usize) -> Option<Number> {
    let (value, end, rule) = value_at(tokens, i)?;
    Some(Number { low: Some(value), high: Some(value), end, shape: Shape::Plain, rule })
}

/// One value: a numeral with or without a scale, or number words.
fn value_at(tokens: &[Token], i: usize) -> Option<(u64, usize, &'static str)> {
    let token = tokens.get(i)?;
    match token.kind {
        Kind::Numeral => numeral_at(tokens, i),
        Kind::Word => suffixed(token)
            .map(|value| (value, i + 1, "number.scale-letter"))
            .or_else(|| half_at(tokens, i))
            .or_else(|| words_at(tokens, i)),
        Kind::Mark => None,
    }
}

fn numeral_at(tokens: &[Token], i: usize) -> Option<(u64, usize, &'static str)> {
    let token = tokens.get(i)?;
    let (digits, decimals) = digits(token.text)?;
    if let Some(scale) = scale(word(tokens, i + 1)) {
        let value = scaled(digits, decimals, scale)?;
        return Some((value, i + 2, "number.scale"));
    }
    if word(tokens, i + 1) == "dozen" {
        return Some((scaled(digits, decimals, 12)?, i + 2, "number.scale"));
    }
    if let Some(value) = blank_groups(tokens, i) {
        return Some(value);
    }
    let value = grouped(token.text)?;
    limited(value, i + 1, "number.numeral")
}

fn limited(value: u128, end: usize, rule: &'static str) -> Option<(u64, usize, &'static str)> {
    let value = u64::try_from(value).ok().filter(|&v| v <= NUMBER_LIMIT)?;
    Some((value, end, rule))
}

/// "10 000": groups of three after a blank, as agencies outside the English world print them.
fn blank_groups(tokens: &[Token], i: usize) -> Option<(u64, usize, &'static str)> {
    let first = tokens.get(i)?;
    let plain = |t: &Token| t.kind == Kind::Numeral && t.text.bytes().all(|b| b.is_ascii_digit());
    let dated = i > 0 && matches!(tokens.get(i - 1)?.role, super::lexicon::Role::Month(_));
    if !plain(first) || first.text.len() > 3 || first.text.starts_with('0') || dated {
        return None;
    }
    let mut value: u128 = first.text.parse().ok()?;
    let mut end = i + 1;
    while let Some(group) = tokens.get(end) {
        if !plain(group) || group.text.len() != 3 || group.gap != Gap::Space || end > i + 4 {
            break;
        }
        value = value * 1000 + group.text.parse::<u128>().ok()?;
        end += 1;
    }
    if end == i + 1 { None } else { limited(value, end, "number.blank-groups") }
}

/// The digits of a numeral, and how many of them stand after its decimal mark.
fn digits(text: &str) -> Option<(u128, u32)> {
    if let Some(value) = comma_groups(text) {
        return Some((value, 0));
    }
    let mut value: u128 = 0;
    let mut decimals = None;
    for c in text.chars() {
        if let Some(d) = digit(c) {
            value = value.checked_mul(10)?.checked_add(d)?;
            decimals = decimals.map(|n: u32| n + 1);
        } else if matches!(c, '.' | ',' | '\u{66B}') && decimals.is_none() {
            decimals = Some(0);
        } else {
            return None;
        }
    }
    let decimals = decimals.unwrap_or(0);
    if value > u128::from(NUMBER_LIMIT) || decimals > 6 { None } else { Some((value, decimals)) }
}

fn digit(c: char) -> Option<u128> {
    let base = match c {
        '0'..='9' => '0',
        // Arabic-Indic and extended Arabic-Indic digits (Unicode, blocks Arabic).
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6F0}'..='\u{6F9}' => '\u{6F0}',
        _ => return None,
    };
    Some(u128::from(u32::from(c) - u32::from(base)))
}

/// A whole number in plain digits or in groups of three.
fn grouped(text: &str) -> Option<u128> {
    if let Some(value) = comma_groups(text) {
        return Some(value);
    }
    let (value, decimals) = digits(text)?;
    // A leading zero is a clock time ("0914") or a code.
    let coded = text.len() > 1 && text.starts_with('0');
    if decimals == 0 && !coded { Some(value) } else { None }
}

fn comma_groups(text: &str) -> Option<u128> {
    for mark in [',', '.', '\u{66C}'] {
        let mut parts = text.split(mark);
        let first = parts.next()?;
        let mut value = whole(first).filter(|_| (1..=3).contains(&first.chars().count()));
        let mut groups = 0;
        for part in parts {
            groups += 1;
            value = value.zip(whole(part)).and_then(|(v, p)| {
                if part.chars().count() == 3 { v.checked_mul(1000)?.checked_add(p) } else { None }
            });
        }
        if groups > 0 && value.is_some_and(|v| v > 0) && !first.starts_with('0') {
            return value.filter(|&v| v <= u128::from(NUMBER_LIMIT));
        }
    }
    None
}

fn whole(text: &str) -> Option<u128> {
    if text.is_empty() || text.len() > 40 {
        return None;
    }
    text.chars().try_fold(0u128, |v, c| v.checked_mul(10)?.checked_add(digit(c)?))
}

fn scaled(digits: u128, decimals: u32, scale: u128) -> Option<u64> {
    let product = digits.checked_mul(scale)?;
    let unit = 10u128.checked_pow(decimals)?;
    if product % unit != 0 {
        return None;
    }
    u64::try_from(product / unit).ok().filter(|&v| v <= NUMBER_LIMIT)
}

fn scale(word: &str) -> Option<u128> {
    Some(match word {
        "hundred" => 100,
        "thousand" => 1_000,
        "million" | "mln" => 1_000_000,
        "billion" | "bn" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}

/// "300k", "2.6mln".
fn suffixed(token: &Token) -> Option<u64> {
    let at = token.lower.find(|c: char| c.is_ascii_alphabetic())?;
    let (number, letters) = token.lower.split_at_checked(at)?;
    let scale = match letters {
        "k" => 1_000,
        "mln" | "mn" => 1_000_000,
        "m" if number.contains('.') => 1_000_000,
        "bn" => 1_000_000_000,
        _ => return None,
    };
    let (digits, decimals) = digits(number)?;
    scaled(digits, decimals, scale)
}

/// "half a million", "half a dozen", "a quarter of a million".
fn half_at(tokens: &[Token], i: usize) -> Option<(u64, usize, &'static str)> {
    let (divisor, at) = match word(tokens, i) {
        "half" if word(tokens, i + 1) == "a" => (2, i + 2),
        "half" => (2, i + 1),
        "quarter" if word(tokens, i + 1) == "of" && word(tokens, i + 2) == "a" => (4, i + 3),
        "a" if word(tokens, i + 1) == "quarter" => return half_at(tokens, i + 1),
        _ => return None,
    };
    let scale = match word(tokens, at) {
        "dozen" if divisor == 2 => 12,
        other => scale(other).filter(|&s| s >= 1000)?,
    };
    u64::try_from(scale / divisor).ok().map(|value| (value, at + 1, "number.part-of-scale"))
}

/// Number words as far as 999,999,999,999, and "a hundred", "a dozen".
fn words_at(tokens: &[Token], i: usize) -> Option<(u64, usize, &'static str)> {
    let mut total: u128 = 0;
    let mut group: Option<u128> = None;
    let mut last_scale = u128::MAX;
    let mut end = i;
    while end < i + WORDS_LIMIT {
        let Some(token) = tokens.get(end) else { break };
        let joined = end > i && token.lower == "and" && group.is_none_or(|g| g % 100 == 0);
        if joined && end + 1 < tokens.len() && after_and(word(tokens, end + 1)) {
            end += 1;
            continue;
        }
        let article = end == i && matches!(token.lower.as_ref(), "a" | "an");
        let scaled = scale(word(tokens, i + 1)).is_some() || word(tokens, i + 1) == "dozen";
        if article && scaled {
            group = Some(1);
            end += 1;
            continue;
        }
        if token.lower == "dozen" {
            total = group? * 12;
            return limited(total, end + 1, "number.words");
        }
        if let Some(s) = scale(&token.lower) {
            let count = group?;
            if s == 100 && count < 100 {
                group = Some(count * 100);
            } else if s < last_scale && s > 100 {
                total += count * s;
                last_scale = s;
                group = None;
            } else {
                break;
            }
            end += 1;
            continue;
        }
        match token_value(&token.lower).and_then(|v| follow(group, v)) {
            Some(next) => group = Some(next),
            None => break,
        }
        end += 1;
    }
    total += group.unwrap_or(0);
    if end == i || total == 0 { None } else { limited(total, end, "number.words") }
}

/// The value of `group` followed by the words of `next`, if they make one number.
fn follow(group: Option<u128>, next: u128) -> Option<u128> {
    match group {
        None => Some(next),
        Some(g) if g % 100 == 0 && next < 100 => Some(g + next),
        Some(g) if g % 10 == 0 && g % 100 >= 20 && next < 10 => Some(g + next),
        Some(_) => None,
    }
}

/// "two hundred and fifty", but not "hundred and several".
fn after_and(word: &str) -> bool {
    token_value(word).is_some()
}

fn token_value(word: &str) -> Option<u128> {
    let mut group = None;
    for part in word.split('-') {
        group = Some(follow(group, u128::from(small(part)?))?);
    }
    group
}

fn small(word: &str) -> Option<u8> {
    const WORDS: [&str; 28] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "fourty",
    ];
    let at = u8::try_from(WORDS.iter().position(|&w| w == word)?).ok()?;
    Some(match at {
        27 => 40,
        20.. => (at - 17) * 10,
        _ => at + 1,
    })
}

/// "between 10 and 15", "30-40", "10 to 15", "two or three".
fn range_at(tokens: &[Token], i: usize) -> Option<Number> {
    let between = word(tokens, i) == "between";
    let from = if between { i + 1 } else { i };
    let (low, middle, _) = value_at(tokens, from)?;
    let link = tokens.get(middle)?;
    let linked = match link.lower.as_ref() {
        "and" => between,
        "-" | "\u{2013}" | "\u{2014}" => tokens.get(middle + 1)?.kind == Kind::Numeral,
        // "the toll rose from 43 to 61" gives two numbers, not a range.
        "to" => !between && word_before(tokens, i, 1) != "from" && close(tokens, from, middle),
        "or" => !between,
        _ => false,
    };
    if !linked {
        return None;
    }
    let (high, end, _) = value_at(tokens, middle + 1)?;
    if low < high {
        let rule = "number.range";
        Some(Number { low: Some(low), high: Some(high), end, shape: Shape::Range, rule })
    } else {
        None
    }
}

/// "10 to 15" of numerals or "ten to fifteen" of words, not "killed 10 to two".
fn close(tokens: &[Token], from: usize, middle: usize) -> bool {
    let kind = |i: usize| tokens.get(i).map(|t| t.kind);
    kind(from) == kind(middle + 1)
}

/// Vague words, each with its lower bound (the labelling guide's "Settled points").
fn vague_at(tokens: &[Token], i: usize) -> Option<Number> {
    let vague = |low: Option<u64>, end: usize, rule: &'static str| {
        Some(Number { low, high: None, end, shape: Shape::Vague, rule })
    };
    let next = word(tokens, i + 1);
    match word(tokens, i) {
        "several" | "few" => {
            let least = multiplied(next).map_or(3, |m| m * 3);
            let end = i + 1 + usize::from(least > 3);
            let number = usize::from(end == i + 1 && next == "number");
            vague(Some(least), end + number, "number.vague.several")
        }
        "a" if next == "few" => vague_at(tokens, i + 1),
        "a" if next == "handful" => vague(Some(3), i + 2, "number.vague.several"),
        "a" if next == "couple" => {
            let rule = "number.couple";
            Some(Number { low: Some(2), high: Some(2), end: i + 2, shape: Shape::Plain, rule })
        }
        "a" | "an" | "large" | "huge" | "great" => number_of(tokens, i),
        "many" if matches!(next, "hundreds" | "thousands" | "dozens") => vague_at(tokens, i + 1),
        // "as many as 50", "how many"
        "many" if matches!(word_before(tokens, i, 1), "as" | "how" | "so" | "too") => None,
        "many" | "numerous" | "countless" => Some(Number {
            low: None,
            high: None,
            end: i + 1,
            shape: Shape::Many,
            rule: "number.vague.many",
        }),
        plural => {
            let least = plural_least(plural)?;
            let tenths = matches!(plural, "tenth" | "tenths") && !matches!(next, "of" | "who");
            let of_scale = if next == "of" { plural_scale(word(tokens, i + 2)) } else { None };
            match of_scale {
                _ if tenths => None,
                Some(s) => {
                    let least = if least < 100 { least.min(20) } else { least };
                    vague(Some(least * s), i + 3, "number.vague.tens-of-thousands")
                }
                None => vague(Some(least), i + 1, "number.vague.plural"),
            }
        }
    }
}

fn multiplied(word: &str) -> Option<u64> {
    match word {
        "dozen" => Some(12),
        other => scale(other).and_then(|s| u64::try_from(s).ok()),
    }
}

fn plural_least(word: &str) -> Option<u64> {
    Some(match word {
        // "tenths of" is how some agencies' English renders the Arabic for "tens of".
        "tens" | "tenth" | "tenths" => 20,
        "dozens" => 24,
        "scores" => 40,
        "hundreds" => 200,
        "thousands" => 2_000,
        "millions" => 2_000_000,
        _ => return None,
    })
}

fn plural_scale(word: &str) -> Option<u64> {
    Some(match word {
        "thousands" => 1_000,
        "millions" => 1_000_000,
        _ => return None,
    })
}

/// "a number", "a large number", "large numbers".
fn number_of(tokens: &[Token], i: usize) -> Option<Number> {
    const SIZES: &[&str] =
        &["large", "great", "big", "high", "small", "huge", "significant", "limited", "unknown"];
    let article = usize::from(matches!(word(tokens, i), "a" | "an"));
    let sized = usize::from(SIZES.contains(&word(tokens, i + article)));
    let end = i + article + sized + 1;
    let noun = word(tokens, end - 1);
    let fits = if article == 1 { noun == "number" } else { noun == "numbers" && sized == 1 };
    if !fits || word(tokens, end) != "of" {
        return None;
    }
    let rule = "number.vague.a-number";
    Some(Number { low: None, high: None, end, shape: Shape::Vague, rule })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokenize;

    fn check(text: &str, expect: Option<(Option<u64>, Option<u64>, usize)>) {
        let got = number_at(&tokenize(text), 0).map(|n| (n.low, n.high, n.end));
        assert_eq!(got, expect, "{text}");
    }

    fn exact(text: &str, value: u64, tokens: usize) {
        check(text, Some((Some(value), Some(value), tokens)));
    }

    #[test]
    fn numerals() {
        exact("400,000 people", 400_000, 1);
        exact("3.73 million", 3_730_000, 2);
        exact("1,5 million", 1_500_000, 2);
        exact("10 000 people", 10_000, 2);
        exact("\u{664}\u{665} قتيلا", 45, 1);
        exact("2 dozen", 24, 2);
        exact("300k", 300_000, 1);
        exact("9007199254740991", NUMBER_LIMIT, 1);
        check("9007199254740992", None);
        check("0914", None);
        check("2.5", None);
        check("17:27", None);
        check("99999999999999999999999999999999999999999999999999", None);
        check("9,999,999,999,999,999,999 people", None);
    }

    #[test]
    fn number_words() {
        exact("twenty-one", 21, 1);
        exact("Seventy-six people", 76, 1);
        exact("two hundred and fifty thousand", 250_000, 5);
        exact("one million two hundred thousand and six", 1_200_006, 7);
        exact("a hundred", 100, 2);
        exact("a dozen", 12, 2);
        exact("half a million", 500_000, 3);
        exact("six women", 6, 1);
        exact("five six", 5, 1);
        exact(
            "nine hundred ninety-nine billion nine hundred ninety-nine million nine hundred \
               ninety-nine thousand nine hundred ninety-nine",
            999_999_999_999,
            15,
        );
        check("a child", None);
        check("twentyish", None);
    }

    #[test]
    fn ranges_and_vague_words() {
        check("30-40 people", Some((Some(30), Some(40), 3)));
        check("between 10 and 15", Some((Some(10), Some(15), 4)));
        check("two or three", Some((Some(2), Some(3), 3)));
        check("several hundred", Some((Some(300), None, 2)));
        check("several dozen", Some((Some(36), None, 2)));
        check("tens of thousands of", Some((Some(20_000), None, 3)));
        check("hundreds of thousands", Some((Some(200_000), None, 3)));
        check("dozens of", Some((Some(24), None, 1)));
        check("a few", Some((Some(3), None, 2)));
        check("a couple of", Some((Some(2), Some(2), 2)));
        check("a large number of", Some((None, None, 3)));
    }
}
