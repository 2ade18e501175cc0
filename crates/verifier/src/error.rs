//! Errors of checking bundles: the machine's problem. What is wrong with a bundle is a finding.

use std::io;
use std::path::{Path, PathBuf};

/// Why a bundle could not be checked, or not be packed or unpacked.
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
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "Free some space on that disk and try again; what it was made from is untouched."
            }
            Self::Io { .. } => "Check the path, its permissions and its disk.",
            Self::Exists { .. } => "Name a folder or file that does not exist yet.",
            Self::Zip { .. } => "Unpack it with another tool and check the folder.",
        }
    }
}
