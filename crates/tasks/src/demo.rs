//! Material for `casefile demo`: a small case written by us.
//!
//! Facts are from public reports of autumn 2016, in our own words; the outlets and people named
//! here are invented.

use crate::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// A report of the demo case and what its collector says about it.
pub struct Report {
    /// File name.
    pub name: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// Where.
    pub address: &'static str,
    /// When it was obtained.
    pub obtained: &'static str,
    /// Its contents.
    pub text: &'static str,
}

/// The reports.
pub const REPORTS: [Report; 4] = [
    Report {
        name: "canal-post.txt",
        source: "Canal Post",
        address: "https://canal-post.example/opinion/aleppo",
        obtained: "2016-10-17",
        text: include_str!("demo/canal-post.txt"),
    },
    Report {
        name: "northern-wire.txt",
        source: "Northern Wire",
        address: "https://northern-wire.example/2016/10/un-session",
        obtained: "2016-10-20",
        text: include_str!("demo/northern-wire.txt"),
    },
    Report {
        name: "harbour-courier.txt",
        source: "Harbour Courier",
        address: "https://harbour-courier.example/world/market",
        obtained: "2016-10-13",
        text: include_str!("demo/harbour-courier.txt"),
    },
    Report {
        name: "sahafa.txt",
        source: "صحيفة الميناء",
        address: "https://al-mina.example/aleppo",
        obtained: "2016-10-13",
        text: include_str!("demo/sahafa.txt"),
    },
];

/// Writes the reports into a new folder, as if they had been saved from a browser.
pub fn write_reports(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    fs::create_dir_all(folder).map_err(Error::io("make folder", folder))?;
    REPORTS
        .iter()
        .map(|report| {
            let path = folder.join(report.name);
            fs::write(&path, report.text).map_err(Error::io("write", &path))?;
            Ok(path)
        })
        .collect()
}
