//! Where things lie in a case folder (docs/format/case.md).

use record::Sha256;
use std::path::{Path, PathBuf};

/// What the VERSION file says: the version, then how to read the folder without this program.
pub const VERSION: &str = "casefile case 1
Each file in objects/ is named by the SHA-256 of its bytes; log/ is a C2SP tlog-tiles log of \
                           signed records that says\nwhat each object is, who took it in and \
                           when; private/ holds secret keys and withheld values: never hand it \
                           out; all\nelse can be rebuilt from these.
";

/// First line of [`VERSION`].
pub const VERSION_LINE: &str = "casefile case 1";

/// The VERSION file.
pub const VERSION_FILE: &str = "VERSION";
/// Held by the one writer.
pub const LOCK_FILE: &str = "lock";
/// Evidentiary copies.
pub const OBJECTS: &str = "objects";
/// Objects on their way in; a name in here has never been acknowledged.
pub const INCOMING: &str = "objects/incoming";
/// Good copies of objects that were found damaged when the same bytes were taken in again.
pub const RESCUED: &str = "objects/rescued";
/// The custody log, C2SP tlog-tiles: servable as static files.
pub const LOG: &str = "log";
/// The log's verifier key, next to what it signs.
pub const LOG_KEY: &str = "log/vkey";
/// The newest signed checkpoint.
pub const CHECKPOINT: &str = "log/checkpoint";
/// Log files that a crash left beyond the checkpoint.
pub const UNACKNOWLEDGED: &str = "log/unacknowledged";
/// Secret keys and openings; never exported.
pub const PRIVATE: &str = "private";
/// Secret keys, encrypted under a passphrase in the age format.
pub const KEYS_SEALED: &str = "private/keys.age";
/// Secret keys in the open, for unattended use, by explicit wish.
pub const KEYS_OPEN: &str = "private/keys";
/// Ending of a key file that is encrypted.
pub const SEALED_ENDING: &str = ".age";
/// Key files of further actors, each named by the SHA-256 of the public key; as [`KEYS_OPEN`].
pub const ACTORS: &str = "private/actors";
/// Openings of withheld fields, one file for each commit that has some.
pub const OPENINGS: &str = "private/openings";
/// Openings that a crash left beyond the checkpoint.
pub const OPENINGS_UNACKNOWLEDGED: &str = "private/unacknowledged";

/// Key files of sealed items.
pub const SEALED: &str = "private/sealed";
/// Ending of the mark beside a key file that is about to be destroyed.
pub const ERASING: &str = ".erasing";

/// Says that the folder is a mirror, and of which log.
pub const MIRROR: &str = "MIRROR";
/// Damaged files that were replaced by good copies, in a folder for each repair.
pub const DAMAGED: &str = "damaged";
/// Folders outside the case that hold its last checkpoint.
pub const GUARDS: &str = "private/guards";
/// What can be made again from objects and log, or only costs time to lose.
pub const DERIVED: &str = "derived";
/// How far a scrub has come, and when each object was last seen whole.
pub const SCRUB: &str = "derived/scrub";
/// Held by the one scrub.
pub const SCRUB_LOCK: &str = "derived/scrub.lock";
/// What repairs have put back and is not on record yet.
pub const REPAIR: &str = "derived/repair";

/// Path of an object inside the case: `objects/ab/cdef…`. 256 folders keep each below a few
/// thousand names for a million objects.
pub fn object(sha256: Sha256) -> String {
    let hex = sha256.to_string();
    let (folder, name) = hex.split_at(2);
    format!("{OBJECTS}/{folder}/{name}")
}

/// The object that a path below `objects/` names, if it is one.
pub fn object_named(folder: &str, name: &str) -> Option<Sha256> {
    if folder.len() != 2 { None } else { Sha256::parse(&format!("{folder}{name}")) }
}

/// Name of the openings file of the commit whose first leaf has `index`.
pub fn openings(index: u64) -> String {
    format!("{OPENINGS}/{index:020}.jsonl")
}

/// The index of the first leaf that an openings file of this name belongs to, if it is one.
pub fn openings_index(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".jsonl").filter(|digits| digits.len() == 20)?;
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// Path of the key file of the sealed item that the leaf `index` records: the leaf first, so that
/// what lies beyond a checkpoint is told by its name, as it is of openings.
pub fn key_file(index: u64, item: Sha256) -> String {
    format!("{SEALED}/{index:020}-{item}.age")
}

/// The leaf and the item that a key file of this name belongs to, if it is one.
pub fn key_file_named(name: &str) -> Option<(u64, Sha256)> {
    let (digits, item) = name.strip_suffix(".age")?.split_once('-')?;
    let is_index = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_index.then(|| Some((digits.parse().ok()?, Sha256::parse(item)?)))?
}

/// Whether the folder is a mirror, in which nothing may be recorded; yes where it cannot be told.
pub fn is_mirror(root: &Path) -> bool {
    at(root, MIRROR).try_exists().unwrap_or(true)
}

/// `path` of the case at `root`.
pub fn at(root: &Path, path: &str) -> PathBuf {
    root.join(path)
}
