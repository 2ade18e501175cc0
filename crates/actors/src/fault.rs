//! Why a record does not count.

/// Why a record does not count. The record stays in the log; it has no effect.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Its key was not enrolled by then.
    #[error("it is signed by {fingerprint}, a key that was not enrolled by then")]
    Unknown {
        /// The key.
        fingerprint: String,
    },
    /// Its key had been revoked.
    #[error(
        "it is signed by {fingerprint}, a key of \u{201c}{name}\u{201d} that was revoked at leaf \
         {since}"
    )]
    Revoked {
        /// The key.
        fingerprint: String,
        /// Whose it was.
        name: String,
        /// The leaf from which on it could not sign.
        since: u64,
    },
    /// An act about keys that nobody could do, or not this signer.
    #[error("it has no effect: {0}")]
    Act(String),
    /// An approval that approves nothing.
    #[error("it approves nothing: {0}")]
    Approval(String),
    /// Withheld fields were disclosed without the second person that the case demands.
    #[error("it discloses withheld fields, and {0}")]
    Disclosure(String),
}
