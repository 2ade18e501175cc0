//! Errors of the verbs: what a person is told, with what to do.

use bundle::Error::Files;
use std::io;
use std::path::{Path, PathBuf};

/// Why a verb could not be done.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The archive could not.
    #[error(transparent)]
    Archive(#[from] archive::Error),
    /// The bundle could not.
    #[error(transparent)]
    Bundle(#[from] bundle::Error),
    /// A file outside the case could not be used.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb phrase.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// What was asked for does not exist or is not clear.
    #[error("{what}")]
    Asked {
        /// What is wrong with it.
        what: String,
        /// What to do.
        remedy: String,
    },
}

impl From<verifier::Error> for Error {
    fn from(error: verifier::Error) -> Self {
        Self::Bundle(Files(error))
    }
}

impl From<reader::Error> for Error {
    fn from(error: reader::Error) -> Self {
        Self::Io { action: "start a reader with", path: error.program, source: error.source }
    }
}

impl From<unseal::Error> for Error {
    fn from(error: unseal::Error) -> Self {
        match error {
            unseal::Error::Archive(error) => Self::Archive(error),
            unseal::Error::Io { action, path, source } => Self::Io { action, path, source },
            unseal::Error::Sealed { what, remedy } => Self::Asked { what, remedy: remedy.into() },
        }
    }
}

impl Error {
    /// Wraps what the system said about `path`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// An error about what was asked for.
    pub fn asked(what: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self::Asked { what: what.into(), remedy: remedy.into() }
    }

    /// What to do about it.
    pub fn remedy(&self) -> String {
        match self {
            Self::Archive(error) => error.remedy(),
            Self::Io { source, .. } | Self::Bundle(Files(verifier::Error::Io { source, .. })) => {
                archive::error::io_remedy(source).into()
            }
            Self::Bundle(error) => error.remedy().into(),
            Self::Asked { remedy, .. } => remedy.clone(),
        }
    }
}
