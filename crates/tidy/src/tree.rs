//! The files of the repository, read once.
//!
//! Links are not followed, so that a loop of folders cannot hold the walk; and what git ignores is
//! left out by name, so that building never changes the verdict.

use crate::source::Source;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Folders and files by these names are never part of the project's text (`.gitignore` lists them).
const IGNORED: [&str; 6] =
    ["target", ".git", "corpus", "artifacts", "__pycache__", "casefile-demo"];

/// Most bytes of a file that is read as text: 4 MiB. Anything longer is data.
const TEXT_LIMIT_BYTES: u64 = 4 << 20;

/// A part of the tree could not be read.
#[derive(Debug, thiserror::Error)]
#[error("cannot read {path}: {source}")]
pub struct TreeError {
    /// The file or folder.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// The files of a repository.
#[derive(Debug)]
pub struct Tree {
    /// Every file by its path from the root, `/` between the parts; `None` where it is no text.
    pub(crate) files: BTreeMap<String, Option<String>>,
    /// The Rust files among them, parsed.
    pub(crate) sources: Vec<Source>,
}

impl Tree {
    /// Reads the tree below `root`.
    ///
    /// # Errors
    /// Where a folder or file cannot be read.
    pub fn load(root: &Path) -> Result<Self, TreeError> {
        let mut files = BTreeMap::new();
        let mut folders = vec![(root.to_path_buf(), String::new())];
        while let Some((folder, prefix)) = folders.pop() {
            let at = |source| TreeError { path: folder.clone(), source };
            for entry in fs::read_dir(&folder).map_err(at)? {
                let entry = entry.map_err(at)?;
                let name = entry.file_name().to_string_lossy().into_owned();
                if IGNORED.contains(&name.as_str()) || name.ends_with(".snap.new") {
                    continue;
                }
                let path = format!("{prefix}{name}");
                let kind = entry.file_type().map_err(at)?;
                if kind.is_dir() {
                    folders.push((entry.path(), format!("{path}/")));
                } else if kind.is_file() {
                    let text = text_of(&entry.path())
                        .map_err(|source| TreeError { path: entry.path(), source })?;
                    files.insert(path, text);
                }
            }
        }
        let sources = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .filter_map(|(path, text)| Some(Source::read(path, text.as_deref()?)))
            .collect();
        Ok(Self { files, sources })
    }

    /// The text of a file, or `None` where there is no such file or it is no text.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.get(path)?.as_deref()
    }

    /// Every text file whose path ends in `ending`.
    pub(crate) fn texts<'a>(&'a self, ending: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.files
            .iter()
            .filter(move |(path, _)| path.ends_with(ending))
            .filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Whether `path` names a file, or a folder with a file in it.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.files.contains_key(path) || self.files.keys().any(|file| file.starts_with(&folder))
    }
}

/// The text of the file at `path`, or `None` where it is long or not UTF-8.
fn text_of(path: &Path) -> io::Result<Option<String>> {
    if fs::metadata(path)?.len() > TEXT_LIMIT_BYTES {
        return Ok(None);
    }
    Ok(String::from_utf8(fs::read(path)?).ok())
}
