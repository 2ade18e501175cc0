//! The system calls at which a program is stopped, and how each names the file it is about.
//!
//! A call that is not in the table is never failed and never recorded: a new way of writing must be
//! added here, or the tests are blind to it.

use nix::errno::Errno;
use nix::libc;

/// How a call names its file or files: the numbers are positions of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// An open file.
    Fd(usize),
    /// A path.
    Path(usize),
    /// An open folder and, after it, a path in it.
    At(usize),
    /// Two paths.
    Paths(usize, usize),
    /// Two folders, each with a path in it.
    AtBoth(usize, usize),
}

/// What a call does to the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Looks, and changes nothing.
    Looks,
    /// Opens, and may make a file.
    Opens,
    /// Gives bytes to a file: the third argument is how many, but for `copy_file_range`.
    Writes,
    /// Makes or moves a name, or sets a length.
    Makes,
    /// Takes a name away, or changes a mode.
    Takes,
    /// Makes what was done before durable.
    Flushes,
}

/// A call that is watched.
#[derive(Debug)]
pub(crate) struct Watched {
    pub(crate) number: i64,
    pub(crate) name: &'static str,
    pub(crate) names: Names,
    pub(crate) kind: Kind,
}

const fn watched(number: i64, name: &'static str, names: Names, kind: Kind) -> Watched {
    Watched { number, name, names, kind }
}

/// Every watched call.
pub(crate) const WATCHED: &[Watched] = &[
    watched(libc::SYS_openat, "openat", Names::At(0), Kind::Opens),
    watched(libc::SYS_open, "open", Names::Path(0), Kind::Opens),
    watched(libc::SYS_creat, "creat", Names::Path(0), Kind::Opens),
    watched(libc::SYS_write, "write", Names::Fd(0), Kind::Writes),
    watched(libc::SYS_pwrite64, "pwrite64", Names::Fd(0), Kind::Writes),
    watched(libc::SYS_writev, "writev", Names::Fd(0), Kind::Writes),
    watched(libc::SYS_copy_file_range, "copy_file_range", Names::Fd(2), Kind::Writes),
    watched(libc::SYS_sendfile, "sendfile", Names::Fd(0), Kind::Writes),
    watched(libc::SYS_splice, "splice", Names::Fd(2), Kind::Writes),
    watched(libc::SYS_ftruncate, "ftruncate", Names::Fd(0), Kind::Makes),
    watched(libc::SYS_truncate, "truncate", Names::Path(0), Kind::Makes),
    watched(libc::SYS_fallocate, "fallocate", Names::Fd(0), Kind::Makes),
    watched(libc::SYS_mkdir, "mkdir", Names::Path(0), Kind::Makes),
    watched(libc::SYS_mkdirat, "mkdirat", Names::At(0), Kind::Makes),
    watched(libc::SYS_rename, "rename", Names::Paths(0, 1), Kind::Makes),
    watched(libc::SYS_renameat, "renameat", Names::AtBoth(0, 2), Kind::Makes),
    watched(libc::SYS_renameat2, "renameat2", Names::AtBoth(0, 2), Kind::Makes),
    watched(libc::SYS_link, "link", Names::Paths(0, 1), Kind::Makes),
    watched(libc::SYS_linkat, "linkat", Names::AtBoth(0, 2), Kind::Makes),
    watched(libc::SYS_symlink, "symlink", Names::Path(1), Kind::Makes),
    watched(libc::SYS_symlinkat, "symlinkat", Names::At(1), Kind::Makes),
    watched(libc::SYS_unlink, "unlink", Names::Path(0), Kind::Takes),
    watched(libc::SYS_unlinkat, "unlinkat", Names::At(0), Kind::Takes),
    watched(libc::SYS_rmdir, "rmdir", Names::Path(0), Kind::Takes),
    watched(libc::SYS_chmod, "chmod", Names::Path(0), Kind::Takes),
    watched(libc::SYS_fchmod, "fchmod", Names::Fd(0), Kind::Takes),
    watched(libc::SYS_fchmodat, "fchmodat", Names::At(0), Kind::Takes),
    watched(libc::SYS_fsync, "fsync", Names::Fd(0), Kind::Flushes),
    watched(libc::SYS_fdatasync, "fdatasync", Names::Fd(0), Kind::Flushes),
    watched(libc::SYS_syncfs, "syncfs", Names::Fd(0), Kind::Flushes),
    watched(libc::SYS_flock, "flock", Names::Fd(0), Kind::Looks),
    watched(libc::SYS_read, "read", Names::Fd(0), Kind::Looks),
    watched(libc::SYS_pread64, "pread64", Names::Fd(0), Kind::Looks),
    watched(libc::SYS_getdents64, "getdents64", Names::Fd(0), Kind::Looks),
    watched(libc::SYS_lseek, "lseek", Names::Fd(0), Kind::Looks),
    watched(libc::SYS_statx, "statx", Names::At(0), Kind::Looks),
    watched(libc::SYS_newfstatat, "newfstatat", Names::At(0), Kind::Looks),
    watched(libc::SYS_fstat, "fstat", Names::Fd(0), Kind::Looks),
];

/// The watched call of this number.
pub(crate) fn of_number(number: i64) -> Option<&'static Watched> {
    WATCHED.iter().find(|watched| watched.number == number)
}

/// The errors that the manual pages allow for a call and that a full, dying, read-only or busy
/// machine gives. `writes`: an `openat` that is to write.
pub(crate) fn errors(watched: &Watched, writes: bool) -> &'static [Errno] {
    use Errno::{EDQUOT, EINTR, EIO, EMFILE, ENOSPC, EROFS};
    match (watched.kind, watched.name) {
        (Kind::Opens, _) if writes => &[ENOSPC, EDQUOT, EROFS, EMFILE, EIO, EINTR],
        (Kind::Opens, _) => &[EMFILE, EIO, EINTR],
        (Kind::Writes | Kind::Flushes, _) => &[ENOSPC, EDQUOT, EIO, EINTR],
        (Kind::Makes, "ftruncate") => &[EIO, EINTR],
        (Kind::Makes, _) => &[ENOSPC, EDQUOT, EROFS, EIO],
        (Kind::Takes, _) => &[EROFS, EIO],
        (Kind::Looks, "read" | "flock") => &[EIO, EINTR],
        (Kind::Looks, _) => &[EIO],
    }
}
