//! Errors of writing and checking bundles: the machine's problem. What is wrong with a bundle is a
//! finding.

use std::io;
use std::path::{Path, PathBuf};

/// Why a bundle could not be written or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is something there already.
    #[error("{} exists already", path.display())]
    Exists {
        /// What.
        path: PathBuf,
    },
    /// Something of somebody else's lies where a bundle is made.
    #[error("{} is in the way, and no unfinished export left it there", path.display())]
    Foreign {
        /// What.
        path: PathBuf,
    },
    /// Another export is being written to the same place.
    #[error("another export is writing to {}", path.display())]
    Busy {
        /// Where.
        path: PathBuf,
    },
    /// An item is not what its record says: it is not handed out.
    #[error("item {number} does not have the digest that its record names")]
    Damaged {
        /// Number of the exhibit.
        number: u64,
    },
    /// The file is no zip file that casefile writes.
    #[error("{}: {message}", path.display())]
    Zip {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
}

impl Error {
    /// Wraps what the system said about `path`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Free some space on that disk and export again; the case is untouched.".into()
            }
            Self::Io { .. } => "Check the path, its permissions and its disk.".into(),
            Self::Exists { .. } => "Name a folder or file that does not exist yet.".into(),
            Self::Foreign { .. } => {
                "Look at it, move it elsewhere, and export again; or name another place.".into()
            }
            Self::Busy { .. } => {
                "Wait for it to end, or name another place. If none is running, remove that folder \
                 by hand."
                    .into()
            }
            Self::Damaged { .. } => "Run `casefile verify` on the case and restore the object \
                                     from a second copy."
                .into(),
            Self::Zip { .. } => "Unpack it with another tool and check the folder.".into(),
        }
    }
}
