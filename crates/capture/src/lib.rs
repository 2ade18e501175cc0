//! Where bytes come from: files and folders, walked in a fixed order, each thing seen accounted
//! for.
//!
//! Nothing is read here but names and file facts; the archive streams the bytes. What is not a
//! plain file is never silently passed over: it comes back as a problem with a code and a remedy.

use data_encoding::HEXLOWER;
use record::{Name, Problem};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// Problem codes of capturing (docs/format/findings.md).
pub mod codes {
    /// The path does not exist.
    pub const PATH_MISSING: &str = "path-missing";
    /// The path cannot be looked at or read.
    pub const PATH_UNREADABLE: &str = "path-unreadable";
    /// A link inside a folder: it may lead anywhere, in circles too, and is not followed.
    pub const LINK_NOT_FOLLOWED: &str = "link-not-followed";
    /// A pipe, socket or device.
    pub const NOT_A_FILE: &str = "not-a-file";
    /// The case's own folder.
    pub const INSIDE_CASE: &str = "inside-case";
    /// Folders deeper than the limit.
    pub const TOO_DEEP: &str = "too-deep";
    /// The file changed while it was read.
    pub const CHANGED_WHILE_READ: &str = "changed-while-read";
}

/// Deepest nesting of folders walked: Linux holds a path below 4,096 bytes, which is 2,048 folders
/// of one letter; beyond that a walk is going in circles (a bind mount inside itself).
const DEPTH_LIMIT: usize = 2_048;

/// A thing that a walk came to.
#[derive(Debug)]
pub enum Seen {
    /// A file to take in.
    File(Found),
    /// Something that is not taken in, and why.
    Problem {
        /// What it is about.
        path: PathBuf,
        /// Why and what to do.
        problem: Problem,
    },
}

/// A file to take in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Where it is.
    pub path: PathBuf,
    /// Its name from what was named on: `report.txt`, or `folder/sub/report.txt`.
    pub name: Name,
}

/// What the file system says about a file, to be compared before and after reading it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    /// Size in bytes.
    pub size: u64,
    /// Last change, seconds since 1970 UTC.
    pub modified_seconds: i64,
    modified_nanos: i64,
}

impl Facts {
    /// The facts of an open file.
    pub fn of(metadata: &fs::Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified_seconds: metadata.mtime(),
            modified_nanos: metadata.mtime_nsec(),
        }
    }

    /// Last change in RFC 3339, UTC, whole seconds; `None` outside the years that it can write.
    pub fn modified(&self) -> Option<String> {
        jiff::Timestamp::from_second(self.modified_seconds).ok().map(|time| time.to_string())
    }
}

/// A walk over files and folders, one thing at a time: it holds the names of the folders that it is
/// in, never those of the whole tree.
#[derive(Debug)]
pub struct Walk {
    avoid: Option<PathBuf>,
    stack: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    path: PathBuf,
    name: PathBuf,
    depth: usize,
}

/// Walks `paths` in the order given, folders in byte order of names. `avoid` is the case's own
/// folder, which is never taken into itself.
pub fn walk(paths: &[PathBuf], avoid: &Path) -> Walk {
    let step = |path: &PathBuf| {
        let name = path.file_name().map_or_else(|| PathBuf::from("."), PathBuf::from);
        Step { path: path.clone(), name, depth: 0 }
    };
    Walk { avoid: fs::canonicalize(avoid).ok(), stack: paths.iter().rev().map(step).collect() }
}

/// Depth first without recursion, so that no nesting can overflow the stack.
impl Iterator for Walk {
    type Item = Seen;

    fn next(&mut self) -> Option<Seen> {
        loop {
            let step = self.stack.pop()?;
            // What a person names is followed even where it is a link: they meant what it leads
            // to. Below it links are not followed.
            let looked = match step.depth {
                0 => fs::metadata(&step.path),
                _ => fs::symlink_metadata(&step.path),
            };
            match looked {
                Err(error) => return Some(refused(&step.path, &error)),
                Ok(metadata) if !metadata.is_dir() => return Some(look_at(&step, &metadata)),
                Ok(_) => {
                    if let Some(problem) = self.enter(&step) {
                        return Some(problem);
                    }
                }
            }
        }
    }
}

impl Walk {
    /// Puts what is in a folder next in line, or says why not.
    fn enter(&mut self, step: &Step) -> Option<Seen> {
        let own = self.avoid.is_some() && fs::canonicalize(&step.path).ok() == self.avoid;
        if own {
            let message = "this is the case itself, which is never taken into itself";
            return Some(problem(&step.path, codes::INSIDE_CASE, message));
        }
        if step.depth == DEPTH_LIMIT {
            let message =
                "folders are nested deeper than 2,048: name the folder below to take it in";
            return Some(problem(&step.path, codes::TOO_DEEP, message));
        }
        match names(&step.path) {
            Ok(names) => {
                self.stack.extend(names.into_iter().rev().map(|name| Step {
                    path: step.path.join(&name),
                    name: step.name.join(&name),
                    depth: step.depth + 1,
                }));
                None
            }
            Err(error) => Some(refused(&step.path, &error)),
        }
    }
}

fn names(folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
    let mut names = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.file_name()))
        .collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

fn look_at(step: &Step, metadata: &fs::Metadata) -> Seen {
    let kind = metadata.file_type();
    if kind.is_file() {
        return Seen::File(Found { path: step.path.clone(), name: name_of(&step.name) });
    }
    if kind.is_symlink() {
        let message =
            "links inside a folder are not followed: name the file it leads to if you want it";
        return problem(&step.path, codes::LINK_NOT_FOLLOWED, message);
    }
    let what = if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    let message = format!("this is {what}, not a file: save what it holds to a file first");
    problem(&step.path, codes::NOT_A_FILE, &message)
}

/// The name as a record keeps it: exact bytes where it is not UTF-8.
pub fn name_of(path: &Path) -> Name {
    let bytes = path.as_os_str().as_bytes();
    match std::str::from_utf8(bytes) {
        Ok(text) => Name { text: text.into(), bytes: None },
        Err(_) => Name {
            text: String::from_utf8_lossy(bytes).into_owned(),
            bytes: Some(HEXLOWER.encode(bytes)),
        },
    }
}

/// The problem that `path` could not be looked at or read.
pub fn refused(path: &Path, error: &io::Error) -> Seen {
    let (code, remedy) = match error.kind() {
        io::ErrorKind::NotFound => (codes::PATH_MISSING, "check the spelling"),
        io::ErrorKind::PermissionDenied => (codes::PATH_UNREADABLE, "check its permissions"),
        _ if error.raw_os_error() == Some(40) => {
            (codes::PATH_UNREADABLE, "its links lead in a circle: name the file itself")
        }
        _ => (codes::PATH_UNREADABLE, "copy it to a healthy disk first"),
    };
    problem(path, code, &format!("{error}: {remedy}"))
}

/// A problem about a path.
pub fn problem(path: &Path, code: &str, message: &str) -> Seen {
    let problem = Problem { code: code.into(), message: message.into(), span: None };
    Seen::Problem { path: path.to_path_buf(), problem }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsStr;
    use std::os::unix::fs::symlink;

    fn seen(paths: &[PathBuf], avoid: &Path) -> Vec<String> {
        let line = |seen| match seen {
            Seen::File(found) => found.name.text,
            Seen::Problem { path, problem } => {
                format!("{}: {}", problem.code, path.file_name().unwrap().to_string_lossy())
            }
        };
        walk(paths, avoid).map(line).collect()
    }

    #[test]
    fn everything_is_accounted_for_in_byte_order() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("in");
        fs::create_dir_all(root.join("b/sub")).unwrap();
        fs::create_dir_all(root.join("case")).unwrap();
        fs::write(root.join("case/inside.txt"), "x").unwrap();
        for name in ["b/sub/z.txt", "b/a.txt", "A.txt", "c.txt"] {
            fs::write(root.join(name), name).unwrap();
        }
        symlink("..", root.join("b/loop")).unwrap();
        symlink("self", root.join("self")).unwrap();
        rustix::fs::mknodat(
            rustix::fs::CWD,
            root.join("pipe"),
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::RUSR,
            0,
        )
        .unwrap();
        let paths = [root.clone(), root.join("self"), root.join("none"), root.join("c.txt")];
        assert_eq!(
            seen(&paths, &root.join("case")),
            [
                "in/A.txt",
                "in/b/a.txt",
                "link-not-followed: loop",
                "in/b/sub/z.txt",
                "in/c.txt",
                "inside-case: case",
                "not-a-file: pipe",
                "link-not-followed: self",
                "path-unreadable: self",
                "path-missing: none",
                "c.txt",
            ]
        );
    }

    #[test]
    fn a_name_that_is_not_utf8_keeps_its_bytes() {
        let name = name_of(Path::new(OsStr::from_bytes(b"caf\xe9.txt")));
        assert_eq!(name.text, "caf\u{fffd}.txt");
        assert_eq!(name.bytes.as_deref(), Some("636166e92e747874"));
        assert_eq!(name_of(Path::new("تقرير.txt")).bytes, None);
    }
}
