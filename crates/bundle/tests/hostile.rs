//! Hostile words in every field of the page stay words: they add no tag, no attribute, no address,
//! and a browser runs nothing of them even where the content security policy is taken out.

#![allow(
    clippy::disallowed_types,
    clippy::panic,
    clippy::print_stderr,
    clippy::unwrap_used,
    reason = "a test may start a browser and write below a temporary folder"
)]

use bundle::page::{self, Text};
use bundle::{About, Exhibit, Proved, Row, Sighting, Table};
use custody::note::{Signer, Verifier, is_name};
use custody::tlog_proof::TlogProof;
use record::{Digests, Figure, Hedge, Measure, Problem, Reading, Sha256, Stated};
use std::fs;
use std::process::Command;

/// Each calls `fired()` where a browser takes it for more than words, or opens what it must not.
const PAYLOADS: &[&str] = &[
    "<script>fired()</script>",
    "<SCRIPT>fired()</SCRIPT>",
    "<script\n>fired()</script\n>",
    "<script/x>fired()</script>",
    "</script><script>fired()</script>",
    "<script src=data:text/javascript,fired()></script>",
    "<script type=module>fired()</script>",
    "<<script>fired()</script>",
    "<scr<script>ipt>fired()</scr</script>ipt>",
    "<img src=x onerror=fired()>",
    "<img src=x onerror=\"fired()\">",
    "<img src=x onerror='fired()'>",
    "<img/src=x/onerror=fired()>",
    "<img src=x\tonerror\n=\rfired()>",
    "<IMG SRC=x ONERROR=fired()>",
    "<image src=x onerror=fired()>",
    "<svg onload=fired()>",
    "<svg/onload=fired()>",
    "<svg><script>fired()</script></svg>",
    "<svg><animate onbegin=fired() attributeName=x dur=1s>",
    "<svg><style><img src=x onerror=fired()></style></svg>",
    "<math><mtext><script>fired()</script></mtext></math>",
    "<math><mi//xlink:href=\"data:x,<script>fired()</script>\">",
    "<body onload=fired()>",
    "<body onpageshow=fired()>",
    "<details open ontoggle=fired()>",
    "<video><source onerror=fired()></video>",
    "<audio src=x onerror=fired()>",
    "<input autofocus onfocus=fired()>",
    "<select autofocus onfocus=fired()>",
    "<textarea autofocus onfocus=fired()>",
    "<marquee onstart=fired()>",
    "<object data=javascript:fired()>",
    "<embed src=javascript:fired()>",
    "<iframe src=javascript:parent.fired()>",
    "<iframe srcdoc=\"<script>parent.fired()</script>\">",
    "<iframe onload=fired()>",
    "<style onload=fired()></style>",
    "<link rel=stylesheet href=x onerror=fired()>",
    "<meta http-equiv=refresh content=\"0;url=javascript:fired()\">",
    "<base href=\"https://elsewhere.example/\">",
    "<a href=javascript:fired()>see</a>",
    "<form action=javascript:fired()><button>see</button></form>",
    "<isindex action=javascript:fired() type=image>",
    "<template><script>fired()</script></template>",
    "<noscript><p title=\"</noscript><img src=x onerror=fired()>\">",
    "</title><script>fired()</script>",
    "</style><script>fired()</script>",
    "</textarea><script>fired()</script>",
    "</details></article></main><script>fired()</script>",
    "</bdi></td></tr></table><script>fired()</script>",
    "--><script>fired()</script><!--",
    "<!--><script>fired()</script>-->",
    "<!DOCTYPE x [<!ENTITY e \"fired()\">]>",
    "<![CDATA[<script>fired()</script>]]>",
    "<?xml version=\"1.0\"?><script>fired()</script>",
    "\" onmouseover=\"fired()",
    "\" autofocus onfocus=\"fired()\" tabindex=\"1",
    "' autofocus onfocus='fired()' tabindex='1",
    "\"><script>fired()</script>",
    "'><script>fired()</script>",
    "\u{0}<script>fired()</script>",
    "<\u{0}script>fired()</script>",
    "<scr\u{0}ipt>fired()</script>",
    "\u{feff}<script>fired()</script>",
    "\u{ff1c}script\u{ff1e}fired()\u{ff1c}/script\u{ff1e}",
    "&lt;script&gt;fired()&lt;/script&gt;",
    "&#60;script&#62;fired()&#60;/script&#62;",
    "&#x3c;img src=x onerror=fired()&#x3e;",
    "&quot; onmouseover=&quot;fired()",
    "&",
    "&amp",
    "javascript:fired()",
    "#exhibit-1\" onclick=\"fired()",
    "\u{202e}<tpircs>)(derif<\u{202c}",
    "{actor_name}{case}{{7*7}}${fired()}",
    "`${fired()}`",
    "@import 'javascript:fired()';",
    "expression(fired())",
    "\u{1b}[2J\u{7}<script>fired()</script>",
    "\r\n\r\n<script>fired()</script>",
];

/// A key whose name is as much of `words` as a name can be.
fn key_named(words: &str) -> Verifier {
    let name: String = words.chars().filter(|c| is_name(&c.to_string())).collect();
    Signer::new(&name, &[7; 32]).unwrap().verifier()
}

/// A page with `words` in every field that comes from outside.
fn page_of(words: &str) -> String {
    let about = About {
        case: words.into(),
        time: words.into(),
        tool: words.into(),
        actor_name: words.into(),
        actor_key: words.into(),
        origin: words.into(),
        log_key: key_named(words),
        checkpoint: words.into(),
        seen: vec![Sighting {
            named: 1,
            key: words.into(),
            who: Some(words.into()),
            size: 9,
            time: words.into(),
        }],
    };
    let both = || (words.to_string(), words.to_string());
    let table = |relation: &str, value| Table {
        question: words.into(),
        relation: relation.into(),
        notes: vec![words.into()],
        reasons: vec![both()],
        rows: vec![Row { exhibit: 1, start: 0, cells: [words; 6].map(str::to_owned) }],
        conventions: vec![(words.into(), value, words.into())],
    };
    let tables = [table(words, Some(5)), table("conflict", None)];
    let proof = TlogProof { index: 0, hashes: Vec::new(), checkpoint: String::new() };
    let exhibit = Exhibit {
        number: 1,
        item: Digests::of(words.as_bytes()),
        name: words.into(),
        source: Some(words.into()),
        address: Some(words.into()),
        captured: words.into(),
        reading: Some(reading(words)),
        text: Some(Text {
            shown: format!("{words}{words}{words}"),
            left_out: 7,
            marks: vec![(words.len(), 2 * words.len(), 0)],
        }),
        sealed: None,
        leaves: vec![Proved { leaf: Vec::new(), proof }],
    };
    let path = verifier::layout::item(1, words);
    [page::head(&about, &tables), page::exhibit(&exhibit, &path, &about.seen), page::foot(&about)]
        .concat()
}

fn reading(words: &str) -> Reading {
    let stated = || Some(Stated { value: words.into(), rule: words.into(), span: None });
    let figure = Figure {
        start: 9,
        end: 10,
        text: words.into(),
        low: Some(1),
        high: None,
        hedge: Hedge::AtLeast,
        measure: Measure::Killed,
        whom: Some(words.into()),
        source: Some(words.into()),
        date: Some(words.into()),
        place: Some(words.into()),
        cumulative: false,
        rules: vec![words.into()],
    };
    Reading {
        v: 1,
        item: Sha256::of(words.as_bytes()),
        item_size: words.len() as u64,
        reader: words.into(),
        media_type: words.into(),
        encoding: stated(),
        title: stated(),
        byline: stated(),
        outlet: stated(),
        credits: stated().into_iter().collect(),
        published: stated(),
        modified: stated(),
        language: stated(),
        direction: words.into(),
        text: None,
        map: Vec::new(),
        main: Vec::new(),
        figures: vec![figure],
        problems: vec![Problem { code: words.into(), message: words.into(), span: None }],
    }
}

/// What a page is made of, apart from words: every tag with the names of its attributes, and the
/// values of those that can lead somewhere. Anything that is not of the one form that the page is
/// written in ends the test: a lone `<` or `&`, a value without quotes, a quote or `>` in a value.
fn structure(html: &str) -> Vec<String> {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    let html = [before, after].concat();
    let mut found = Vec::new();
    for (at, piece) in html.split('<').enumerate() {
        if at == 0 {
            assert_eq!(piece, "");
            continue;
        }
        let (tag, words) = piece.split_once('>').unwrap_or_else(|| panic!("no end: <{piece}"));
        assert!(!words.contains(['>', '"', '\'']), "after <{tag}>: {words}");
        only_entities(words);
        found.push(tag_structure(tag));
    }
    found
}

fn tag_structure(tag: &str) -> String {
    let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
    let plain = |c: char| c.is_ascii_alphanumeric() || "/!-".contains(c);
    assert!(name.chars().all(plain) && !name.is_empty(), "<{tag}>");
    let mut structure = name.to_owned();
    while let Some((attribute, after)) = rest.split_once("=\"") {
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("<{tag}>"));
        assert!(attribute.trim().chars().all(plain), "<{tag}>");
        // The policy's own quotes: its value is compared as a whole below.
        assert!(!value.contains(['<', '\'']) || attribute.trim() == "content", "<{tag}>");
        only_entities(value);
        structure.push_str(attribute);
        if attribute.trim() != "title" {
            structure.push_str(value);
        }
        if attribute.trim() == "href" {
            assert!(value.starts_with('#'), "<{tag}>");
        }
        rest = after;
    }
    assert!(rest.is_empty() || tag == "!doctype html", "<{tag}>");
    structure
}

fn only_entities(words: &str) {
    for after in words.split('&').skip(1) {
        let known = ["amp;", "lt;", "gt;", "quot;", "#39;"];
        assert!(known.iter().any(|entity| after.starts_with(entity)), "&{after}");
    }
    let forbidden = |c: char| c.is_control() && !"\n\t".contains(c);
    assert!(!words.contains(forbidden), "{words:?}");
    assert!(!words.contains(['\u{202a}', '\u{202d}', '\u{202e}', '\u{2066}', '\u{2067}']));
}

#[test]
fn hostile_words_change_nothing_but_words() {
    assert!(PAYLOADS.len() >= 60);
    let harmless = structure(&page_of("harmless"));
    assert!(harmless.len() > 80, "{harmless:?}");
    for payload in PAYLOADS {
        let page = page_of(payload);
        assert_eq!(structure(&page), harmless, "{payload}");
    }
}

/// The check above must be able to fail.
#[test]
fn words_that_are_not_escaped_are_seen() {
    let page = page_of("harmless");
    let harmless = structure(&page);
    for payload in PAYLOADS.iter().filter(|payload| payload.contains(['<', '"'])) {
        let page = page.replace("harmless", payload);
        let seen = std::panic::catch_unwind(|| structure(&page) != harmless).unwrap_or(true);
        assert!(seen, "{payload}");
    }
}

/// Whether a browser that opens `html` calls `fired()`; `None` where there is no browser.
fn fires(html: &str) -> Option<bool> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("page.html");
    // No policy: what holds must hold by escaping alone. Everything is opened, so that it is drawn.
    let (before, rest) = html.split_once("<meta http-equiv=").unwrap();
    let (_, after) = rest.split_once('\n').unwrap();
    let script = "<script>function fired(){document.documentElement.id='has-fired'}</script>";
    let html = format!("{before}{script}{after}").replace("<details>", "<details open>");
    fs::write(&path, html).unwrap();
    let out = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", path.display()))
        .output()
        .ok()?;
    let dom = String::from_utf8_lossy(&out.stdout);
    assert!(dom.contains("</html>"), "{}", String::from_utf8_lossy(&out.stderr));
    Some(dom.contains("id=\"has-fired\""))
}

#[test]
fn a_browser_runs_nothing_of_it() {
    let harmless = page_of("harmless");
    match fires(&harmless.replace("harmless", "<img src=x onerror=fired()>")) {
        None => eprintln!("skipped: chromium is not there"),
        Some(control) => {
            assert!(control, "an unescaped payload must fire, or this test could not fail");
            assert_eq!(fires(&page_of(&PAYLOADS.join("\n"))), Some(false));
            let pages: String = PAYLOADS.iter().map(|payload| page_of(payload)).collect();
            assert_eq!(fires(&pages), Some(false));
        }
    }
}
