//! Prints the main text of HTML files as JSON, `{"ID": {"articleBody": …}}`, the form that the public
//! article extraction benchmark reads: `main_text FILE.html… > output/casefile.json`.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "an example"
)]

use std::collections::BTreeMap;

fn main() {
    let mut pages = BTreeMap::new();
    for path in std::env::args().skip(1) {
        let bytes = std::fs::read(&path).unwrap();
        let item = record::Sha256::of(&bytes);
        let reading = read::read(item, &bytes, bytes.len() as u64, &read::Facts::default());
        let text = reading.text.unwrap_or_default();
        let main: Vec<&str> =
            reading.main.iter().map(|s| &text[s.start as usize..s.end as usize]).collect();
        let id = std::path::Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
        pages.insert(id, BTreeMap::from([("articleBody", main.join("\n"))]));
    }
    println!("{}", serde_json::to_string(&pages).unwrap());
}
