//! Codes of the findings about a case; docs/format/findings.md says what each means and what to do.

/// A file that must be there is not.
pub const FILE_MISSING: &str = "file-missing";
/// A file that no one of the case's parts accounts for.
pub const FILE_FOREIGN: &str = "file-foreign";
/// The bytes of an object do not have its digest.
pub const OBJECT_DAMAGED: &str = "object-damaged";
/// A recorded object is not there.
pub const OBJECT_MISSING: &str = "object-missing";
/// An object that no leaf records: taken in, never acknowledged.
pub const OBJECT_UNRECORDED: &str = "object-unrecorded";
/// An object can be written to.
pub const OBJECT_WRITABLE: &str = "object-writable";
/// The checkpoint cannot be read or its signature does not hold.
pub const CHECKPOINT_INVALID: &str = "checkpoint-invalid";
/// A hash tile does not follow from the entries.
pub const TILE_DAMAGED: &str = "tile-damaged";
/// An entry bundle cannot be taken apart.
pub const ENTRIES_DAMAGED: &str = "entries-damaged";
/// The tree of the entries does not have the root that the checkpoint signs.
pub const ROOT_MISMATCH: &str = "root-mismatch";
/// A leaf is not canonical, or its signature does not hold.
pub const LEAF_INVALID: &str = "leaf-invalid";
/// A leaf is signed by a key that was not enrolled by then.
pub const ACTOR_UNKNOWN: &str = "actor-unknown";
/// A leaf is signed by a key that had been revoked.
pub const ACTOR_REVOKED: &str = "actor-revoked";
/// A record about keys has no effect: nobody could do that then, or not its signer.
pub const ACTOR_ACT: &str = "actor-act";
/// An approval approves nothing.
pub const ACTOR_APPROVAL: &str = "actor-approval";
/// Withheld fields were disclosed without the second person that the case demands.
pub const ACTOR_DISCLOSURE: &str = "actor-disclosure";
/// An export says that there were other records about actors than there are.
pub const ACTOR_LIST: &str = "actor-list";
/// A leaf was signed by a key that somebody else may have had by then.
pub const ACTOR_DISBELIEVED: &str = "actor-disbelieved";
/// A leaf claims an earlier time than one before it.
pub const TIME_BACKWARDS: &str = "time-backwards";
/// A leaf belongs to another log.
pub const LEAF_FOREIGN: &str = "leaf-foreign";
/// Leaf 0 is no genesis record, or there is a second one, or it names another log key.
pub const GENESIS_INVALID: &str = "genesis-invalid";
/// An opening of a withheld field is lost: the value can no longer be shown.
pub const OPENING_MISSING: &str = "opening-missing";
/// An opening does not open the commitment in its leaf.
pub const OPENING_INVALID: &str = "opening-invalid";
/// The log's key is not the one that was expected (`--trust`).
pub const KEY_UNTRUSTED: &str = "key-untrusted";
/// Log files beyond the checkpoint, never acknowledged, were set aside at an opening.
pub const SET_ASIDE: &str = "set-aside";
/// The key file is damaged: records can be read and checked, and none be added.
pub const KEYS_UNREADABLE: &str = "keys-unreadable";
/// Files of an interrupted run, never acknowledged, were removed from `objects/incoming`.
pub const UNFINISHED_REMOVED: &str = "unfinished-removed";
/// A file could not be read: the machine's problem, and the check is not complete.
pub const FILE_UNREADABLE: &str = "file-unreadable";
/// A good copy of an object that was found damaged is kept aside.
pub const OBJECT_RESCUED: &str = "object-rescued";
/// A mirror has no `private/`: openings of withheld fields lie elsewhere.
pub const PRIVATE_LEFT_OUT: &str = "private-left-out";
/// A mirror holds something else than the case in the same place.
pub const MIRROR_DIFFERS: &str = "mirror-differs";
/// A mirror has more records than the case, which is an older copy.
pub const MIRROR_AHEAD: &str = "mirror-ahead";
/// A folder holds another log.
pub const MIRROR_FOREIGN: &str = "mirror-foreign";
/// Two copies of the log have gone on in different ways.
pub const LOG_FORKED: &str = "log-forked";
/// A guard cannot be reached, so nothing tells whether the case is its newest copy.
pub const GUARD_UNREACHABLE: &str = "guard-unreachable";
/// A guard has seen a newer checkpoint than the case has.
pub const GUARD_AHEAD: &str = "guard-ahead";
/// A file was put back by a good copy.
pub const REPAIRED: &str = "repaired";
/// Damaged files that were replaced are kept.
pub const DAMAGED_KEPT: &str = "damaged-kept";
/// The log's key was taken from a copy.
pub const KEY_UNCHECKED: &str = "key-unchecked";
/// A lost checkpoint could be replaced by an older one only.
pub const REPAIR_OLDER: &str = "repair-older";
/// The key file of a sealed item is not there, and no record says that it was erased.
pub const SEALED_KEY_MISSING: &str = "sealed-key-missing";
/// The key file of a sealed item is not the one on record.
pub const SEALED_KEY_DAMAGED: &str = "sealed-key-damaged";
/// The key file of an erased item is still, or again, there.
pub const SEALED_KEY_KEPT: &str = "sealed-key-kept";
/// An item was erased: nobody can open it any more.
pub const ITEM_ERASED: &str = "item-erased";
/// A record erases what was never taken in sealed, or another key file.
pub const ERASURE_INVALID: &str = "erasure-invalid";
/// One person asks for an erasure that two must sign: it has no effect.
pub const ERASURE_PENDING: &str = "erasure-pending";
/// A key file is gone, and one person alone signed its erasure where two must.
pub const ERASURE_ALONE: &str = "erasure-alone";
/// An erasure that was interrupted: begun, brought to its end, or called off.
pub const ERASURE_UNFINISHED: &str = "erasure-unfinished";
/// A mirror had the key file of an erased item, and it is destroyed there too.
pub const ERASURE_CARRIED: &str = "erasure-carried";
/// A file in a cosigner's folder cannot be used.
pub const COSIGNER_DAMAGED: &str = "cosigner-damaged";
