//! Errors of the archive: the machine's problem, with path, cause and remedy.

use std::io;
use std::path::{Path, PathBuf};

/// Why the archive could not do what was asked. What was kept before is unharmed in every case.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The machine refused a file operation.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was being done, as a verb phrase ("write", "make durable").
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder is not a case.
    #[error("{} is not a case: it has no readable VERSION file", path.display())]
    NotACase {
        /// The folder.
        path: PathBuf,
    },
    /// The folder is not a cosigner's.
    #[error("{} is not a cosigner's folder: it has no COSIGNER file", path.display())]
    NotACosigner {
        /// The folder.
        path: PathBuf,
    },
    /// Text that cannot be the name of a key: with blanks, a plus sign, or too long.
    #[error("{name:?} cannot be the name of a cosigner")]
    CosignerName {
        /// The text.
        name: String,
    },
    /// The case is of a form that this program does not know.
    #[error("{} has format version {found:?}; this program knows version 1", path.display())]
    Version {
        /// The folder.
        path: PathBuf,
        /// First line of its VERSION file.
        found: String,
    },
    /// There is something there already.
    #[error("{} exists already and is not an empty folder", path.display())]
    Exists {
        /// The folder.
        path: PathBuf,
    },
    /// A case or cosigner that was never finished, since making it was interrupted.
    #[error("{} holds an unfinished case or cosigner: making it was interrupted", path.display())]
    Unfinished {
        /// The folder.
        path: PathBuf,
    },
    /// Another program is writing to the case.
    #[error("another casefile program (process {holder}) is writing to {}", path.display())]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// Its process number as it left it there, or "unknown".
        holder: String,
    },
    /// The passphrase does not open the keys.
    #[error("the passphrase does not open {}", path.display())]
    Passphrase {
        /// The key file.
        path: PathBuf,
    },
    /// A passphrase is needed and none was given.
    #[error("{} is encrypted and no passphrase was given", path.display())]
    PassphraseNeeded {
        /// The key file.
        path: PathBuf,
    },
    /// The case itself is not whole, and going on could harm it.
    #[error("{place}: {message}")]
    Damaged {
        /// Stable code, one of [`crate::codes`].
        code: &'static str,
        /// File in the case.
        place: String,
        /// What is wrong.
        message: String,
    },
    /// The folder is a mirror, in which nothing is recorded.
    #[error("{} is a mirror: nothing is recorded in it", path.display())]
    Mirror {
        /// The folder.
        path: PathBuf,
    },
    /// A guard does not agree that this is the newest copy of the case.
    #[error("guard {}: {message}", folder.display())]
    Guard {
        /// Stable code, one of [`crate::codes`].
        code: &'static str,
        /// The guard's folder.
        folder: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The agent that is to sign does not.
    #[error("ssh-agent: {why}")]
    Agent {
        /// What is wrong with it.
        why: String,
    },
    /// Nobody of this name may sign in the case.
    #[error("\u{201c}{name}\u{201d} has no key that may sign in this case")]
    Nobody {
        /// The name, or a key's fingerprint.
        name: String,
    },
    /// A record would not count.
    #[error("nothing was recorded: {why}")]
    WouldNotCount {
        /// Why.
        why: String,
    },
    /// A record is larger than a leaf may be.
    #[error("the record of {name} has {size} bytes; a leaf holds at most \
             {limit}", limit = record::leaf::LEAF_LIMIT_BYTES)]
    LeafTooLong {
        /// What it records.
        name: String,
        /// Its size in bytes.
        size: usize,
    },
}

impl Error {
    /// Wraps what the system said about `path`.
    pub fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// The same, where what is damaged lies in another folder than the case.
    pub fn in_folder(self, folder: &Path) -> Self {
        match self {
            Self::Damaged { code, place, message } => {
                Self::Damaged { code, place: folder.join(place).display().to_string(), message }
            }
            other => other,
        }
    }

    /// What to do about it, for a person.
    pub fn remedy(&self) -> String {
        match self {
            Self::Io { source, .. } => io_remedy(source).into(),
            Self::NotACase { .. } => "Go into a case folder or name one with -C DIR; `casefile \
                                      init DIR` makes a new one."
                .into(),
            Self::NotACosigner { .. } => {
                "Name its folder; `casefile cosigner new DIR --name NAME` \
                                          makes a new one."
                    .into()
            }
            Self::CosignerName { .. } => "Use an address without https://, such as \
                                          example.org/cosigner: no blanks, no plus sign, at most \
                                          255 bytes."
                .into(),
            Self::Version { .. } => "Use the casefile version that made it, or a newer one.".into(),
            Self::Exists { .. } => "Name a folder that does not exist yet.".into(),
            Self::Unfinished { .. } => "Nothing was kept in it yet. Remove that folder, or name \
                                        another, and run this again."
                .into(),
            Self::Locked { .. } => "Wait until it has ended, then run this again.".into(),
            Self::Passphrase { .. } => "Check the passphrase (keyboard layout, spaces) and try \
                                        again; no attempt harms the keys."
                .into(),
            Self::PassphraseNeeded { .. } => "Give it at the prompt, in CASEFILE_PASSPHRASE, or \
                                              with --passphrase-file FILE."
                .into(),
            Self::Damaged { .. } => "Change nothing in the folder; run `casefile verify` for the \
                                     whole picture and restore the file from a second copy."
                .into(),
            Self::Mirror { .. } => "Work in the case that it was made from; if that is lost, \
                                    `casefile -C NEW repair MIRROR` makes it again in the folder \
                                    NEW."
                .into(),
            Self::Guard { code: crate::codes::GUARD_AHEAD, .. } => {
                "Record nothing in this copy. `casefile repair MIRROR` from a newer copy brings it \
                 up; then run this again."
                    .into()
            }
            Self::Guard { .. } => "Nothing was recorded. Find out which copy of the case is the \
                                   right one before you go on; `casefile mirror --unguard FOLDER` \
                                   ends a guard."
                .into(),
            Self::Agent { .. } => "Start an agent, add the key with `ssh-add`, and run this again \
                                   in a shell in which SSH_AUTH_SOCK names its socket."
                .into(),
            Self::Nobody { .. } => "`casefile actor list` shows whose keys may; --as NAME says \
                                    who you are."
                .into(),
            Self::WouldNotCount { .. } => "`casefile actor list` shows who may sign, and what \
                                           awaits approval."
                .into(),
            Self::LeafTooLong { .. } => "Shorten the source, address or note given for it.".into(),
        }
    }
}

/// What to do about an error of the machine. Only what may be the disk's fault sends a person to
/// the disk.
pub fn io_remedy(error: &io::Error) -> &'static str {
    use rustix::io::Errno;
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "Free some space on that disk and run the command again; what was acknowledged is safe."
        }
        io::ErrorKind::Interrupted => {
            "The system broke it off; run the command again. What was acknowledged is safe."
        }
        _ if [Errno::MFILE, Errno::NFILE]
            .map(Errno::raw_os_error)
            .map(Some)
            .contains(&error.raw_os_error()) =>
        {
            "Too many open files: close other programs, or allow more (`ulimit -n 4096`), and run \
             the command again; what was acknowledged is safe."
        }
        io::ErrorKind::TimedOut => "Check the connection and run it again: it goes on.",
        io::ErrorKind::PermissionDenied => "Check who owns the file and its permissions.",
        io::ErrorKind::ReadOnlyFilesystem => "The disk is mounted read-only: mount it for writing.",
        io::ErrorKind::NotFound => "Check the path.",
        io::ErrorKind::AlreadyExists => "Name one that does not exist yet.",
        _ => "Check the disk (cable, `dmesg`), then run `casefile verify` before going on.",
    }
}
