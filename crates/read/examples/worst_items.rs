//! Reads items made to cost as much as possible, one a run, and prints what each took:
//! `worst_items KIND` (no argument lists the kinds). The bounds in docs/decisions/0003-main-text.md
//! and of `READ_LIMIT_BYTES` are measured with it.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example"
)]

use std::fmt::Write;

type Make = fn(usize) -> Vec<u8>;

/// Every kind: its name, its size, how to make it.
const KINDS: [(&str, usize, Make); 26] = [
    ("prose", LIMIT, |n| {
        lines(n, "In Norwick the mayor said that at least 12 people were killed on Monday.")
    }),
    ("report", LIMIT, |n| paragraphs(n, "", "")),
    ("short-lines", LIMIT, |n| lines(n, "")),
    ("numbers", LIMIT, |n| fill(n, "1 ")),
    ("killed", LIMIT, |n| fill(n, "9 dead ")),
    ("one-word", LIMIT, |n| fill(n, "a")),
    ("brackets", LIMIT, |n| fill(n, "(")),
    ("quotes", LIMIT, |n| fill(n, "\u{201c} ")),
    ("line-ends", LIMIT, |n| fill(n, "\n")),
    ("latin-1", LIMIT, |n| b"\xe91\xe8 ".iter().copied().cycle().take(n).collect()),
    ("utf-16", LIMIT, |n| {
        b"\xff\xfe1\x00\x30\x06"
            .iter()
            .copied()
            .chain(b"1\x00\x30\x06".iter().copied().cycle())
            .take(n)
            .collect()
    }),
    ("broken-utf-8", LIMIT, |n| b"\xef\xbb\xbfa\xff".iter().copied().cycle().take(n).collect()),
    ("html-inline", LIMIT, |n| page(n, "<b>a</b>")),
    ("html-blocks", LIMIT, |n| page(n, "<p>a")),
    ("html-references", LIMIT, |n| page(n, "&amp;1")),
    ("html-ampersands", LIMIT, |n| page(n, "&")),
    ("html-attributes", LIMIT, |n| {
        let mut s = "<html><p ".to_string();
        let mut i = 0;
        while s.len() < n {
            write!(s, "a{i} ").unwrap();
            i += 1;
        }
        s.into_bytes()
    }),
    ("html-blocks-4M", TREE, |n| page(n, "<p>a")),
    ("html-inline-4M", TREE, |n| page(n, "<b>a</b>")),
    ("html-deep-4M", TREE, |n| page(n, "<div>")),
    ("html-comments-4M", TREE, |n| page(n, "<!---->")),
    ("html-report-4M", TREE, |n| paragraphs(n, "<p>", "</p>")),
    ("html-lists-4M", TREE, |n| page(n, "<ul><li><a href=x>ab</a></ul>")),
    ("html-fonts-4M", TREE, |n| {
        let mut s = "<html><body>".to_string();
        for i in 0..500 {
            write!(s, "<font a={i}>").unwrap();
        }
        while s.len() < n {
            s.push_str("<p>x");
        }
        s.into_bytes()
    }),
    ("html-tables-4M", TREE, |n| page(n, "<table><a>b")),
    ("html-divs-4M", TREE, |n| page(n, "<div>Some words, and more, here.<br><br></div>")),
];

const LIMIT: usize = read::READ_LIMIT_BYTES as usize;
const TREE: usize = 4 << 20;

fn main() {
    let wanted = std::env::args().nth(1).unwrap_or_default();
    let Some((name, size, make)) = KINDS.iter().find(|kind| kind.0 == wanted) else {
        KINDS.iter().for_each(|kind| println!("{}", kind.0));
        return;
    };
    let mut bytes = make(*size);
    bytes.truncate(*size);
    let item = record::Sha256::of(&bytes);
    let start = std::time::Instant::now();
    let reading = read::read(item, &bytes, bytes.len() as u64, &read::Facts::default());
    let read_ms = start.elapsed().as_millis();
    let json = record::canonical::to_bytes(&reading).len();
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or("").trim();
    let problems: Vec<&str> = reading.problems.iter().map(|p| p.code.as_str()).collect();
    println!(
        "{name}: {read_ms} ms, peak {peak}, {} figures, {} pieces, reading {json} bytes, {problems:?}",
        reading.figures.len(),
        reading.map.len()
    );
}

fn fill(size: usize, words: &str) -> Vec<u8> {
    words.bytes().cycle().take(size).collect()
}

fn page(size: usize, words: &str) -> Vec<u8> {
    b"<!doctype html><html><body>".iter().copied().chain(words.bytes().cycle()).take(size).collect()
}

/// Lines that all differ.
fn lines(size: usize, words: &str) -> Vec<u8> {
    let mut text = String::new();
    let mut number = 0;
    while text.len() < size {
        writeln!(text, "{number:x} {words}").unwrap();
        number += 1;
    }
    text.into_bytes()
}

/// Paragraphs of a made-up report, between `open` and `close`.
fn paragraphs(size: usize, open: &str, close: &str) -> Vec<u8> {
    let mut text = if open.is_empty() {
        String::new()
    } else {
        "<!doctype html><html><body><article>".to_string()
    };
    let mut day = 1;
    while text.len() < size {
        write!(
            text,
            "{open}On day {day} of the siege the council of Norwick met in the school by the river, since \
             its own hall had burned. The clerk read the names aloud. \u{201c}Nobody was told,\u{201d} said a \
             baker, who had lost his shop. At least {} people were injured when the bridge fell, \
             according to the hospital; trains do not run, and roads stay closed.{close}\n\n",
            day % 90 + 2
        )
        .unwrap();
        day += 1;
    }
    text.into_bytes()
}
