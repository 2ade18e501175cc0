//! Reads text files and writes their figures in the labelling guide's form, one JSON file each:
//! `figures OUT [--dates DIR] FILE…`. With `--dates`, the report's date is taken from
//! `DIR/NAME.json`.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "a program for measuring, not part of the crate"
)]

use std::path::Path;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1).peekable();
    let out = arguments.next().ok_or("figures OUT [--dates DIR] FILE…")?;
    let mut dates = None;
    if arguments.peek().is_some_and(|a| a == "--dates") {
        arguments.next();
        dates = arguments.next();
    }
    let mut bytes = 0;
    let begin = std::time::Instant::now();
    for file in arguments {
        let text = String::from_utf8_lossy(&std::fs::read(&file)?).into_owned();
        let name = Path::new(&file).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let report_date = dates.as_ref().and_then(|dir| {
            let json = std::fs::read(Path::new(dir).join(format!("{name}.json"))).ok()?;
            let value: serde_json::Value = serde_json::from_slice(&json).ok()?;
            value.get("report_date")?.as_str()?.parse().ok()
        });
        let context = read::figures::Context { report_date, ..Default::default() };
        let figures = read::figures::find(&text, &context);
        bytes += text.len();
        let value = serde_json::json!({
            "id": name, "report_date": report_date.map(|d| d.to_string()), "outlet": null,
            "figures": figures, "statements": [], "incidents": [], "notes": "",
        });
        std::fs::write(
            Path::new(&out).join(format!("{name}.json")),
            serde_json::to_string_pretty(&value)?,
        )?;
    }
    eprintln!("{bytes} bytes in {:?}", begin.elapsed());
    Ok(())
}
