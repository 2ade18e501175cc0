//! The text of a page beside its source: which characters stand for themselves, which are
//! references (`&amp;`) or changed line ends.
//!
//! The tokenizer decodes a whole run of text at once; here it is found again piece by piece. Never
//! may a piece stand for source that it did not come from.

use html5gum::Tokenizer;
use html5gum::emitters::default::Token;

/// Walks source text beside what it decodes to, and calls `piece` with each stretch that is the
/// same in both, and each reference (`&amp;`) with what it stands for.
pub(crate) fn align(raw: &str, value: &str, piece: &mut dyn FnMut(usize, usize, &str)) {
    let (mut at, mut done) = (0, 0);
    while at < raw.len() && done < value.len() {
        let (left, right) = (&raw[at..], &value[done..]);
        let same = left
            .bytes()
            .zip(right.bytes())
            .take_while(|(a, b)| a == b && *a != b'&' && *a != b'\r')
            .count();
        let mut same = same;
        while !left.is_char_boundary(same) || !right.is_char_boundary(same) {
            same -= 1;
        }
        if same > 0 {
            piece(at, at + same, &right[..same]);
            (at, done) = (at + same, done + same);
            continue;
        }
        let (length, words) = reference(left);
        if right.starts_with(words.as_str()) && !words.is_empty() {
            piece(at, at + length, &right[..words.len()]);
            done += words.len();
        }
        at += length;
    }
    if done < value.len() {
        piece(at.min(raw.len()), raw.len(), &value[done..]);
    }
}

/// The reference, line end or odd character that `raw` begins with: its length and what it stands
/// for.
fn reference(raw: &str) -> (usize, String) {
    if raw.starts_with("\r\n") {
        return (2, "\n".into());
    }
    let first = raw.chars().next().map_or(1, char::len_utf8);
    if !raw.starts_with('&') {
        let words = match raw.as_bytes().first() {
            Some(b'\r') => "\n",
            Some(0) => "\u{fffd}",
            _ => "",
        };
        return (first, words.into());
    }
    // The longest name of a reference has 31 letters.
    let name =
        raw[1..].bytes().take(33).take_while(|b| b.is_ascii_alphanumeric() || *b == b'#').count();
    let mut length = 1 + name;
    length += usize::from(raw.as_bytes().get(length) == Some(&b';'));
    let decode = |text: &str| -> String {
        Tokenizer::new(text)
            .filter_map(|token| match token {
                Ok(Token::String(words)) => Some(String::from_utf8_lossy(&words).into_owned()),
                _ => None,
            })
            .collect()
    };
    let words = decode(&raw[..length]);
    if words == raw[..length] { (1, "&".into()) } else { shortened(&raw[..length], &words) }
}

/// Where only the name's beginning is a reference ("&ampx"), the letters after it are not part of
/// it.
fn shortened(raw: &str, words: &str) -> (usize, String) {
    let same = raw.bytes().rev().zip(words.bytes().rev()).take_while(|(a, b)| a == b).count();
    let same = if raw.ends_with(';') { 0 } else { same };
    let kept = words.len() - same;
    (raw.len() - same, words.get(..kept).unwrap_or_default().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(raw: &str, value: &str, expect: &[(&str, &str)]) {
        let mut pieces = Vec::new();
        align(raw, value, &mut |from, to, words| {
            pieces.push((raw[from..to].to_string(), words.to_string()));
        });
        let pieces: Vec<(&str, &str)> =
            pieces.iter().map(|(raw, words)| (raw.as_str(), words.as_str())).collect();
        assert_eq!(pieces, expect);
    }

    #[test]
    fn each_piece_has_its_source() {
        check("a &amp; b", "a & b", &[("a ", "a "), ("&amp;", "&"), (" b", " b")]);
        check("&ampAt 9", "&At 9", &[("&amp", "&"), ("At 9", "At 9")]);
        check("&#49;3\r\nx", "13\nx", &[("&#49;", "1"), ("3", "3"), ("\r\n", "\n"), ("x", "x")]);
        check(
            "x & y&c",
            "x & y&c",
            &[("x ", "x "), ("&", "&"), (" y", " y"), ("&", "&"), ("c", "c")],
        );
        check("a\0b", "a\u{fffd}b", &[("a", "a"), ("\0", "\u{fffd}"), ("b", "b")]);
    }
}
