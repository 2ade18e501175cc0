//! `casefile paper`: a small file as a page of QR codes, and back from what a scanner read off it.
//!
//! For requests to cosigners and what they answer, between machines that nothing else may connect.
//! No case is needed. What comes back is as hostile as any file: whoever takes it in checks it.

use crate::{Error, outside};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// A page, or a file read off one.
#[derive(Debug, Serialize)]
pub struct Written {
    /// How many bytes the file has.
    pub bytes: usize,
    /// Its SHA-256.
    pub sha256: String,
    /// How many codes it takes.
    pub parts: usize,
    /// Where the page, or the file, was written.
    pub out: PathBuf,
}

/// Writes the page of `file` to `out`, which must not exist.
pub fn write(file: &Path, out: &Path) -> Result<Written, Error> {
    let bytes = outside::read(file, paper::BYTES_LIMIT)?;
    let page = paper::page(&bytes).ok_or_else(|| {
        Error::asked(
            format!("{} is empty, or longer than {} bytes", file.display(), paper::BYTES_LIMIT),
            "Only small files go on paper, such as requests to cosigners and their answers.",
        )
    })?;
    outside::write_new(out, || Ok(((), page.into_bytes())))?;
    Ok(written(&bytes, out))
}

/// Most bytes of text that are read: what `paper::read` looks at, and more.
const TEXT_LIMIT_BYTES: usize = 1 << 20;

/// Writes the file that the text in `text` has the parts of to `out`, which must not exist.
pub fn read(text: &Path, out: &Path) -> Result<Written, Error> {
    let read = outside::read(text, TEXT_LIMIT_BYTES)?;
    let bytes = paper::read(&String::from_utf8_lossy(&read)).map_err(|error| {
        Error::asked(
            format!("{} is not a file from paper: {error}", text.display()),
            "Scan every code of the page once more, into the same text file; order and repetition \
             do not matter.",
        )
    })?;
    outside::write_new(out, || Ok(((), bytes.clone())))?;
    Ok(written(&bytes, out))
}

fn written(bytes: &[u8], out: &Path) -> Written {
    let parts = paper::parts(bytes).map_or(0, |parts| parts.len());
    let sha256 = record::Sha256::of(bytes).to_string();
    Written { bytes: bytes.len(), sha256, parts, out: out.into() }
}
