//! Codes of the findings about a bundle; docs/format/findings.md says what each means and what to
//! do. A code that goes on where another ends says the same more exactly.

/// A file that every bundle has, or that a manifest lists, is not there.
pub const BUNDLE_FILE_MISSING: &str = "bundle-file-missing";
/// A file or folder is there that no manifest lists.
pub const BUNDLE_FILE_UNLISTED: &str = "bundle-file-unlisted";
/// A manifest lists a file that no bundle has.
pub const BUNDLE_FILE_FOREIGN: &str = "bundle-file-foreign";
/// A link or device where a file must be.
pub const BUNDLE_FILE_KIND: &str = "bundle-file-kind";
/// A file's name has characters that do not mean the same everywhere.
pub const BUNDLE_FILE_NAME: &str = "bundle-file-name";
/// Two names are one on some systems.
pub const BUNDLE_FILE_COLLISION: &str = "bundle-file-collision";
/// A file does not have the digest that its manifest lists.
pub const BUNDLE_DIGEST: &str = "bundle-digest";
/// The two manifests of the payload say different things about a file.
pub const BUNDLE_DIGEST_DISAGREE: &str = "bundle-digest-disagree";
/// A manifest of another digest family than a bundle has.
pub const BUNDLE_DIGEST_FAMILY: &str = "bundle-digest-family";
/// A manifest or another file of the bag is not of the form that casefile writes.
pub const BUNDLE_FORM: &str = "bundle-form";
/// A manifest lists a path that leads elsewhere, or is none of its own.
pub const BUNDLE_FORM_PATH: &str = "bundle-form-path";
/// A manifest lists a path twice.
pub const BUNDLE_FORM_TWICE: &str = "bundle-form-twice";
/// `bag-info.txt` does not state the facts of this bundle.
pub const BUNDLE_FORM_INFO: &str = "bundle-form-info";
/// `log/allowed_signers` names other keys than those that signed the records.
pub const BUNDLE_FORM_SIGNERS: &str = "bundle-form-signers";
/// The signature over the tag manifest does not hold.
pub const BUNDLE_SIGNATURE: &str = "bundle-signature";
/// The signature over the tag manifest is made by another key than the export's record.
pub const BUNDLE_SIGNATURE_STRANGER: &str = "bundle-signature-stranger";
/// What should record the export records something else.
pub const BUNDLE_EXPORT: &str = "bundle-export";
/// The export's record names another list of files, or another signature over it.
pub const BUNDLE_EXPORT_LIST: &str = "bundle-export-list";
/// The export's record names other exhibits.
pub const BUNDLE_EXPORT_ITEMS: &str = "bundle-export-items";
/// The export's record says that other withheld fields were disclosed.
pub const BUNDLE_EXPORT_OPENINGS: &str = "bundle-export-openings";
/// The export's record does not follow the state of the log in `log/checkpoint`.
pub const BUNDLE_EXPORT_STATE: &str = "bundle-export-state";
/// A leaf is not in the log as its proof says.
pub const BUNDLE_PROOF: &str = "bundle-proof";
/// A leaf's proof leads to another state of the log than `log/checkpoint`.
pub const BUNDLE_PROOF_STATE: &str = "bundle-proof-state";
/// A leaf's proof is about another place in the log than its name says.
pub const BUNDLE_PROOF_PLACE: &str = "bundle-proof-place";
/// A checkpoint bears no signature by the log's key.
pub const BUNDLE_PROOF_UNSIGNED: &str = "bundle-proof-unsigned";
/// A checkpoint bears no signature by the second key that the log has.
pub const BUNDLE_PROOF_SECOND_MISSING: &str = "bundle-proof-second-missing";
/// A checkpoint's signature by the log's second key does not hold.
pub const BUNDLE_PROOF_SECOND: &str = "bundle-proof-second";
/// A checkpoint bears a signature by a key that the policy does not name.
pub const BUNDLE_PROOF_STRANGER: &str = "bundle-proof-stranger";
/// The log of `log/checkpoint` is not shown to be the beginning of the log that the export is
/// recorded in.
pub const BUNDLE_FORK: &str = "bundle-fork";
/// A policy is none, is not of this log, or names others than have signed.
pub const BUNDLE_POLICY: &str = "bundle-policy";
/// A file of a cosigned checkpoint is missing, altered, left over, or not what its record names.
pub const BUNDLE_COSIGNED: &str = "bundle-cosigned";
/// What cosigners saw is not shown to be the beginning of the bundle's log.
pub const BUNDLE_COSIGNED_FORK: &str = "bundle-cosigned-fork";
/// No policy was given: the cosigners are known by the bundle's own word.
pub const BUNDLE_COSIGNED_UNCHECKED: &str = "bundle-cosigned-unchecked";
/// Records about exhibits came after the newest cosigned checkpoint.
pub const BUNDLE_COSIGNED_SHORT: &str = "bundle-cosigned-short";
/// A cosignature on record is not there or does not hold.
pub const BUNDLE_COSIGNATURE: &str = "bundle-cosignature";
/// A record counts a cosignature by a key that the case did not name before.
pub const BUNDLE_COSIGNATURE_STRANGER: &str = "bundle-cosignature-stranger";
/// A cosigner dates a larger checkpoint earlier than a smaller one.
pub const BUNDLE_COSIGNATURE_BACKWARDS: &str = "bundle-cosignature-backwards";
/// The cosigners that the given policy asks for have not signed.
pub const BUNDLE_QUORUM: &str = "bundle-quorum";
/// Records about exhibits came after what enough of the given policy's cosigners saw.
pub const BUNDLE_QUORUM_SHORT: &str = "bundle-quorum-short";
/// A leaf is not of the form of one.
pub const BUNDLE_LEAF: &str = "bundle-leaf";
/// A leaf's signature is not there or does not hold.
pub const BUNDLE_LEAF_SIGNATURE: &str = "bundle-leaf-signature";
/// A leaf is signed by a key that was not enrolled by then, or names another.
pub const BUNDLE_LEAF_ACTOR: &str = "bundle-leaf-actor";
/// A leaf is signed by a key that had been revoked.
pub const BUNDLE_LEAF_ACTOR_REVOKED: &str = "bundle-leaf-actor-revoked";
/// A record about keys has no effect: nobody could do that then, or not its signer.
pub const BUNDLE_LEAF_ACT: &str = "bundle-leaf-act";
/// An approval approves nothing.
pub const BUNDLE_LEAF_APPROVAL: &str = "bundle-leaf-approval";
/// A leaf was signed by a key that somebody else may have had by then.
pub const BUNDLE_LEAF_DISBELIEVED: &str = "bundle-leaf-disbelieved";
/// The records about actors are not those that the export's record says.
pub const BUNDLE_EXPORT_ACTORS: &str = "bundle-export-actors";
/// Withheld fields are disclosed without the second person that the case demands.
pub const BUNDLE_EXPORT_DISCLOSURE: &str = "bundle-export-disclosure";
/// A leaf is of another log.
pub const BUNDLE_LEAF_LOG: &str = "bundle-leaf-log";
/// The first leaf does not open this case.
pub const BUNDLE_LEAF_GENESIS: &str = "bundle-leaf-genesis";
/// An exhibit and its files do not agree.
pub const BUNDLE_EXHIBIT: &str = "bundle-exhibit";
/// Exhibits are out of order.
pub const BUNDLE_EXHIBIT_ORDER: &str = "bundle-exhibit-order";
/// An exhibit, or a record about one, is listed twice.
pub const BUNDLE_EXHIBIT_TWICE: &str = "bundle-exhibit-twice";
/// An exhibit's bytes are not those of its line.
pub const BUNDLE_EXHIBIT_BYTES: &str = "bundle-exhibit-bytes";
/// No proved record says that an exhibit was taken in under its name.
pub const BUNDLE_EXHIBIT_UNRECORDED: &str = "bundle-exhibit-unrecorded";
/// A record listed for an exhibit is not there, not proved, or about something else.
pub const BUNDLE_EXHIBIT_RECORD: &str = "bundle-exhibit-record";
/// A file or record belongs to no exhibit.
pub const BUNDLE_EXHIBIT_STRAY: &str = "bundle-exhibit-stray";
/// An exhibit was read, and its reading is left out.
pub const BUNDLE_EXHIBIT_READING: &str = "bundle-exhibit-reading";
/// A reading does not agree with its item: a figure's words are not where it says.
pub const BUNDLE_READING: &str = "bundle-reading";
/// No proved record says that this reading was made.
pub const BUNDLE_READING_UNRECORDED: &str = "bundle-reading-unrecorded";
/// An opening does not open the commitment in its leaf.
pub const BUNDLE_OPENING: &str = "bundle-opening";
/// Items came from another archive, and what proves it is not there: it was stripped.
pub const BUNDLE_ORIGIN_MISSING: &str = "bundle-origin-missing";
/// What came along of another archive's log is not what the record of its receipt says.
pub const BUNDLE_ORIGIN: &str = "bundle-origin";
/// The record of an item in the log that it came from is not there, or says something else.
pub const BUNDLE_ORIGIN_ITEM: &str = "bundle-origin-item";
/// A part of another archive's log belongs to no item that came from there.
pub const BUNDLE_ORIGIN_STRAY: &str = "bundle-origin-stray";
/// Another archive's log is told in two ways.
pub const BUNDLE_ORIGIN_FORK: &str = "bundle-origin-fork";
/// The key of an archive that items came from was not given as trusted.
pub const BUNDLE_ORIGIN_UNCHECKED: &str = "bundle-origin-unchecked";
/// A receipt is not of the form of one.
pub const RECEIPT_FORM: &str = "receipt-form";
/// A receipt is by a log whose key was not given as trusted.
pub const RECEIPT_UNTRUSTED: &str = "receipt-untrusted";
/// A receipt does not carry all records about actors that its record counts.
pub const RECEIPT_ACTORS: &str = "receipt-actors";
/// A document about custody does not say what the records in the bundle say.
pub const BUNDLE_CUSTODY: &str = "bundle-custody";
/// The log's key is not the one that was given as trusted.
pub const BUNDLE_KEY: &str = "bundle-key-untrusted";
/// No trusted key was given: the bundle is whole in itself, and whose it is rests on its own word.
pub const BUNDLE_KEY_UNCHECKED: &str = "bundle-key-unchecked";
/// A record claims an earlier time than one that stands before it in the log.
pub const BUNDLE_TIME_BACKWARDS: &str = "bundle-time-backwards";
/// A zip file is not byte for byte the one that its contents make.
pub const BUNDLE_ZIP: &str = "bundle-zip";
/// A zip file has two members of one name.
pub const BUNDLE_ZIP_TWICE: &str = "bundle-zip-twice";
/// Members of a zip file share bytes.
pub const BUNDLE_ZIP_OVERLAP: &str = "bundle-zip-overlap";
/// A member's path leads elsewhere, or is none that casefile writes.
pub const BUNDLE_ZIP_PATH: &str = "bundle-zip-path";
/// The two places where a zip file describes a member do not agree.
pub const BUNDLE_ZIP_HEADER: &str = "bundle-zip-header";
/// A member is compressed or encrypted.
pub const BUNDLE_ZIP_PACKED: &str = "bundle-zip-packed";
/// A sealed exhibit's record is not of the form of one, or its disclosed key does not open it to
/// the bytes on record.
pub const BUNDLE_SEALED: &str = "bundle-sealed";
/// Exhibits are sealed, and were not opened in this check.
pub const BUNDLE_SEALED_UNOPENED: &str = "bundle-sealed-unopened";
/// A record of an erasure is not about the exhibit, or the key of an erased exhibit goes along.
pub const BUNDLE_ERASURE: &str = "bundle-erasure";
/// An exhibit is said to be erased by the word of one person, where two must sign.
pub const BUNDLE_ERASURE_ALONE: &str = "bundle-erasure-alone";
/// One person asked for the erasure of an exhibit, and no second one approved it: no effect.
pub const BUNDLE_ERASURE_PENDING: &str = "bundle-erasure-pending";
/// Exhibits were erased: nobody can open them any more.
pub const BUNDLE_ERASED: &str = "bundle-erased";
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
