//! What two archives record when items go from one to the other: what was received, and that the
//! receipt came back.

use crate::{Digests, Sha256};
use serde::{Deserialize, Serialize};

/// A bundle of another archive was received: it held, and its items were taken in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// Name of the log that the bundle came from.
    pub origin: String,
    /// That log's verifier key.
    pub log_key: String,
    /// Digest of the bundle's tag manifest, by which it is known.
    pub tagmanifest: Sha256,
    /// Leaf of the export in that log.
    pub export: u64,
    /// Size of that log by the newest checkpoint in the bundle. From here on, that history is seen.
    pub tree_size: u64,
    /// Its root.
    pub root: Sha256,
    /// How many items were in the bundle.
    pub items: u64,
    /// The list of them: an object, the same bytes as those that the export's record names.
    pub list: Digests,
    /// What else is kept of the bundle: an object, a zip file of its log and its seals, by which
    /// the items' chain of custody can be proved back to that log.
    pub parts: Digests,
    /// Digest of the canonical JSON array of the leaves of *this* log before this one that are
    /// about actors, all of which a receipt carries; left out where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actors: Option<Sha256>,
}

/// Where an item that was received stands in the log that it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FromBundle {
    /// Digest of the bundle's tag manifest, as [`Received::tagmanifest`].
    pub tagmanifest: Sha256,
    /// Leaf of its capture there.
    pub leaf: u64,
}

/// Another archive gave a receipt: it holds the items of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acknowledged {
    /// Leaf of the export that it is about.
    pub export: u64,
    /// Name of the log of whoever received it.
    pub origin: String,
    /// That log's verifier key.
    pub log_key: String,
    /// Leaf of [`Received`] in that log.
    pub leaf: u64,
    /// That leaf's hash (RFC 6962, section 2.1).
    pub hash: Sha256,
    /// Since when they hold it, as that leaf claims.
    pub since: String,
    /// How many items.
    pub items: u64,
    /// The receipt: an object, as it came.
    pub receipt: Digests,
}
