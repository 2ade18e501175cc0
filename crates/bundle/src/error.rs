//! Errors of writing bundles.

use std::io;
use std::path::{Path, PathBuf};

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files of a bundle, or the zip file of it.
    #[error(transparent)]
    Files(#[from] verifier::Error),
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
}

impl Error {
    /// Wraps what the system said about `path`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let wrap = verifier::Error::io(action, path);
        move |source| Self::Files(wrap(source))
    }

    /// There is something at `path` already.
    pub fn exists(path: &Path) -> Self {
        Self::Files(verifier::Error::Exists { path: path.into() })
    }

    /// What to do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            Self::Files(error) => error.remedy(),
            Self::Foreign { .. } => {
                "Look at it, move it elsewhere, and export again; or name another place."
            }
            Self::Busy { .. } => {
                "Wait for it to end, or name another place. If none is running, remove that folder \
                 by hand."
            }
            Self::Damaged { .. } => {
                "Run `casefile verify` on the case and restore the object from a second copy."
            }
        }
    }
}
