//! Codes of the findings about a bundle; docs/format/findings.md says what each means and what to
//! do.

/// A file that every bundle has is not there.
pub const BUNDLE_FILE_MISSING: &str = "bundle-file-missing";
/// A file is there that no manifest lists.
pub const BUNDLE_FILE_UNLISTED: &str = "bundle-file-unlisted";
/// A link or device where a file must be.
pub const BUNDLE_FILE_KIND: &str = "bundle-file-kind";
/// A file does not have the digest that its manifest lists.
pub const BUNDLE_DIGEST: &str = "bundle-digest";
/// A manifest or another file of the bag is not of the form that casefile writes.
pub const BUNDLE_FORM: &str = "bundle-form";
/// The signature over the tag manifest does not hold, or is not the actor's.
pub const BUNDLE_SIGNATURE: &str = "bundle-signature";
/// The export record does not speak of this bundle.
pub const BUNDLE_EXPORT: &str = "bundle-export";
/// A leaf is not in the log as its proof says.
pub const BUNDLE_PROOF: &str = "bundle-proof";
/// The log of `log/checkpoint` is not shown to be the beginning of the log that the export is
/// recorded in.
pub const BUNDLE_FORK: &str = "bundle-fork";
/// The policy is none, is not of this log, or asks for cosigners that have not signed.
pub const BUNDLE_POLICY: &str = "bundle-policy";
/// A checkpoint bears a signature by a key that the policy does not name.
pub const BUNDLE_PROOF_STRANGER: &str = "bundle-proof-stranger";
/// A leaf's signature or form does not hold, or its actor is not the case's.
pub const BUNDLE_LEAF: &str = "bundle-leaf";
/// An exhibit and its records do not agree.
pub const BUNDLE_EXHIBIT: &str = "bundle-exhibit";
/// A reading does not agree with its item: a figure's words are not where it says.
pub const BUNDLE_READING: &str = "bundle-reading";
/// An opening does not open the commitment in its leaf.
pub const BUNDLE_OPENING: &str = "bundle-opening";
/// The log's key is not the one that was given as trusted.
pub const BUNDLE_KEY: &str = "bundle-key-untrusted";
/// No trusted key was given: the bundle is whole in itself, and whose it is rests on its own word.
pub const BUNDLE_KEY_UNCHECKED: &str = "bundle-key-unchecked";
/// A zip file is not byte for byte the one that its contents make.
pub const BUNDLE_ZIP: &str = "bundle-zip";
/// A timestamp, or a file of one, is missing, altered, or does not hold.
pub const BUNDLE_TIMESTAMP: &str = "bundle-timestamp";
/// An evidence record does not hold, or belongs to no exhibit.
pub const BUNDLE_EVIDENCE: &str = "bundle-evidence";
/// None of the given roots vouches for the authority of a timestamp.
pub const BUNDLE_TIMESTAMP_UNTRUSTED: &str = "bundle-timestamp-untrusted";
/// No trusted roots were given: whose word the timestamps are rests on the bundle's own word.
pub const BUNDLE_TIMESTAMP_UNCHECKED: &str = "bundle-timestamp-unchecked";
/// Records about exhibits came after the newest timestamp in the bundle.
pub const BUNDLE_TIMESTAMP_SHORT: &str = "bundle-timestamp-short";
