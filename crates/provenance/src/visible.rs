//! Text from outside, made to fit where not every character can stand, and nothing of it lost.
//!
//! A character that cannot stand somewhere is written as `\u{…}` with its number in hexadecimal;
//! so is a backslash that a `u{` follows, and no other. Reading such a sequence back gives the
//! text as it was. Nothing may be dropped or replaced by a mark that stands for many.

use std::fmt::Write as _;

/// For XML 1.0 (section 2.2, "Char"), which has no place for most control characters, and turns a
/// carriage return into a line end when it is read (section 2.11).
pub fn xml(text: &str) -> String {
    fitted(text, |c| {
        (c.is_control() && c != '\n' && c != '\t') || matches!(c, '\u{fffe}' | '\u{ffff}')
    })
}

/// For people: also without the characters that turn a line around unseen (UAX #9), which could
/// make a name look like another.
pub fn line(text: &str) -> String {
    fitted(text, |c| c.is_control() || turns(c) || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// For people, with its line ends, in HTML: harmless in an attribute too.
pub fn html(text: &str) -> String {
    let shown = fitted(text, |c| {
        (c.is_control() && c != '\n' && c != '\t')
            || turns(c)
            || matches!(c, '\u{fffe}' | '\u{ffff}')
    });
    markup(&shown)
}

/// Text as HTML has to spell it, in attributes too; every character stays.
pub fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Embeddings, overrides, isolates and marks of direction (UAX #9, section 2).
fn turns(c: char) -> bool {
    matches!(
        c,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    )
}

fn fitted(text: &str, unfit: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let opens = c == '\\' && text.get(at + 1..).is_some_and(|rest| rest.starts_with("u{"));
        if opens || unfit(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The text that a fitted one stands for.
    fn read_back(text: &str) -> String {
        let (mut out, mut rest) = (String::new(), text);
        while let Some((before, after)) = rest.split_once("\\u{") {
            let (number, end) = after.split_once('}').unwrap();
            out.push_str(before);
            out.push(char::from_u32(u32::from_str_radix(number, 16).unwrap()).unwrap());
            rest = end;
        }
        out + rest
    }

    #[test]
    fn hostile_text_stays_text() {
        for (text, expect) in [
            ("a\u{0}b", "a\\u{0}b"),
            ("gpj.\u{202e}exe", "gpj.\\u{202e}exe"),
            ("C:\\user", "C:\\user"),
            ("\\u{41}", "\\u{5c}u{41}"),
            ("\u{ffff}", "\\u{ffff}"),
        ] {
            assert_eq!(line(text), expect);
        }
        assert_eq!(html("<b>'\"&\n"), "&lt;b&gt;&#39;&quot;&amp;\n");
        assert_eq!(xml("a\rb\u{1b}\u{202e}"), "a\\u{d}b\\u{1b}\u{202e}");
    }

    proptest! {
        #[test]
        fn nothing_is_lost(text in "[\\\\u{}0-9a-f\\PC\u{0}-\u{ff}\u{202e}\u{ffff}]{0,40}") {
            for fitted in [xml(&text), line(&text)] {
                prop_assert_eq!(&read_back(&fitted), &text);
                let unfit = ['\u{0}', '\u{1b}', '\r', '\u{ffff}', '\u{85}'];
                prop_assert!(!fitted.contains(unfit), "{}", fitted);
            }
        }
    }
}
