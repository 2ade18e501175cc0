//! The page: a code for each part, and its text below for whoever has no camera.

use crate::part::parts;
use qrcodegen::{QrCode, QrCodeEcc};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// Empty rows around a code, which scanners need (ISO/IEC 18004, "quiet zone").
const QUIET: i32 = 4;

/// Characters in a group of the text, and groups in a line.
const GROUP: usize = 5;
const GROUPS: usize = 12;

const STYLE: &str = "body{font-family:sans-serif;margin:1em}\
    section{display:inline-block;width:30%;min-width:6cm;margin:1%;vertical-align:top;\
    break-inside:avoid}svg{width:100%}pre{font-size:5.5pt}";

/// A page of HTML with a file's parts as QR codes, for printing or a screen. It holds nothing but
/// them and the file's SHA-256. `None` as for [`parts`].
pub fn page(bytes: &[u8]) -> Option<String> {
    let parts = parts(bytes)?;
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{0} \
         codes</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<p>{0} codes, {1} bytes. Scan \
         all, in any order, into one text file; then <code>casefile paper read TEXT \
         OUT</code>.</p>\n<p>SHA-256 <code>{digest}</code></p>\n",
        parts.len(),
        bytes.len()
    );
    for (number, part) in (1..).zip(&parts) {
        let code = QrCode::encode_text(part, QrCodeEcc::Medium).ok()?;
        let _ = write!(
            html,
            "<section>\n<h2>{number} of {}</h2>\n{}<pre>{}</pre>\n</section>\n",
            parts.len(),
            svg(&code),
            grouped(part)
        );
    }
    html.push_str("</body>\n</html>\n");
    Some(html)
}

/// A code as a picture: runs of dark squares, row by row.
fn svg(code: &QrCode) -> String {
    let whole = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        let mut x = 0;
        while x < code.size() {
            let run = (x..code.size()).take_while(|x| code.get_module(*x, y)).count() as i32;
            if run > 0 {
                let _ = write!(path, "M{} {}h{run}v1h-{run}z", x + QUIET, y + QUIET);
            }
            x += run.max(1);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {whole} {whole}\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 \
         0h{whole}v{whole}h-{whole}z\"/><path d=\"{path}\"/></svg>\n"
    )
}

/// Text in groups, as people type it.
fn grouped(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let lines = characters.chunks(GROUP * GROUPS).map(|line| {
        let groups = line.chunks(GROUP).map(String::from_iter);
        groups.collect::<Vec<String>>().join(" ")
    });
    lines.collect::<Vec<String>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{BYTES_LIMIT, read};

    /// What a page holds can be typed off it, whatever was in the file.
    #[test]
    fn the_text_below_the_codes_is_the_file() {
        for file in [b"<script>&amp;\"".to_vec(), vec![0xff; 1_234], vec![b'a'; BYTES_LIMIT]] {
            let html = page(&file).unwrap();
            assert!(!html.contains("<script"));
            let typed: Vec<&str> = html
                .split("<pre>")
                .skip(1)
                .filter_map(|rest| rest.split("</pre>").next())
                .collect();
            assert_eq!(read(&typed.join("\n")), Ok(file));
            assert_eq!(html.matches("<svg").count(), typed.len());
        }
        assert_eq!(page(b""), None);
    }
}
