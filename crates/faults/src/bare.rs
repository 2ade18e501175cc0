//! A file system as exFAT is, on sticks and cards: no links of either kind, no modes, no files
//! without a name, no rename that never replaces; some names refused, and names that differ in
//! case alone are one name.
//!
//! Where such a file system cannot be mounted, the calls are refused as its driver refuses them.

use crate::calls::Kind;
use crate::trace::Call;
use nix::errno::Errno;
use nix::libc::{O_TMPFILE, user_regs_struct};
use std::collections::BTreeMap;

/// What no name may hold (exFAT specification, section 7.7.3), beside control characters.
const REFUSED: &str = "\"*/:<>?\\|";

/// Every file's mode there.
const MODE: u64 = 0o777;

/// What is known of such a file system.
#[derive(Debug, Default)]
pub(crate) struct Bare {
    /// Each name that was given, by itself in small letters.
    names: BTreeMap<String, String>,
}

impl Bare {
    /// The error by which it refuses a call.
    pub(crate) fn refuses(&mut self, call: &Call, registers: &user_regs_struct) -> Option<Errno> {
        match call.watched.name {
            "link" | "linkat" | "symlink" | "symlinkat" | "chmod" | "fchmod" | "fchmodat" => {
                return Some(Errno::EPERM);
            }
            "renameat2" if registers.r8 != 0 => return Some(Errno::EINVAL),
            "open" | "openat" if call.flags & O_TMPFILE == O_TMPFILE => {
                return Some(Errno::EOPNOTSUPP);
            }
            _ => {}
        }
        let named = if call.to.is_empty() { &call.path } else { &call.to };
        let makes = call.makes || call.watched.kind == Kind::Makes;
        (makes && !named.is_empty() && !self.takes(named)).then_some(Errno::EINVAL)
    }

    /// What is made has the one mode that there is.
    pub(crate) fn forget_mode(&self, call: &Call, registers: &mut user_regs_struct) {
        match call.watched.name {
            "openat" if call.makes => registers.r10 = MODE,
            "open" if call.makes => registers.rdx = MODE,
            "mkdir" => registers.rsi = MODE,
            "mkdirat" => registers.rdx = MODE,
            _ => {}
        }
    }

    /// Whether a file can have this name, and no other has it in other letters.
    fn takes(&mut self, path: &str) -> bool {
        let fits = |part: &str| {
            !part.ends_with(['.', ' ']) && !part.contains(|c: char| REFUSED.contains(c) || c < ' ')
        };
        let known = self.names.entry(path.to_lowercase()).or_insert_with(|| path.into());
        known == path && path.split('/').all(|part| part == "." || fits(part))
    }
}
