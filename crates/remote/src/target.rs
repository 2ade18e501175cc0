//! Where a mirror is: what is given on the command line, told apart.

use crate::s3::{S3, Unusable};
use crate::sftp::Sftp;
use mirror::{Folder, Ocfl, Store};
use std::path::{Path, PathBuf};

/// Where a mirror is, and in what form.
#[derive(Debug, Clone)]
pub enum Target {
    /// A folder with the layout of a case.
    Folder(PathBuf),
    /// A folder with an OCFL storage root.
    Ocfl(PathBuf),
    /// A bucket of an S3-like store.
    S3 {
        /// `s3://BUCKET/PREFIX`.
        address: String,
        /// The store's own address, where it is not Amazon's.
        endpoint: Option<String>,
    },
    /// A folder on another machine, over SFTP: `sftp://USER@HOST/PATH`.
    Sftp(String),
}

impl Target {
    /// The mirror that `given` names. A folder is taken for what is in it, and `ocfl` says what a
    /// new one is to be.
    pub fn named(given: &Path, ocfl: bool, endpoint: Option<&str>) -> Self {
        match given.to_str() {
            Some(address) if address.starts_with("s3://") => {
                Self::S3 { address: address.into(), endpoint: endpoint.map(str::to_owned) }
            }
            Some(address) if address.starts_with("sftp://") => Self::Sftp(address.into()),
            _ if ocfl || Ocfl::is_at(given) => Self::Ocfl(given.into()),
            _ => Self::Folder(given.into()),
        }
    }

    /// The store, not yet looked at.
    pub fn open(&self) -> Result<Box<dyn Store>, Unusable> {
        Ok(match self {
            Self::Folder(folder) => Box::new(Folder::new(folder)),
            Self::Ocfl(folder) => Box::new(Ocfl::new(folder)),
            Self::Sftp(address) => Box::new(Sftp::new(address)?),
            Self::S3 { address, endpoint } => Box::new(S3::new(address, endpoint.as_deref())?),
        })
    }

    /// Whether it is read like a case: where it is not, its log is copied out first.
    pub fn is_case(&self) -> bool {
        matches!(self, Self::Folder(_))
    }

    /// The folder, of one on this machine.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(folder) | Self::Ocfl(folder) => Some(folder),
            Self::S3 { .. } | Self::Sftp(_) => None,
        }
    }
}
