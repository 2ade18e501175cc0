//! What a case's records say of transfers, checked against each other.

use crate::Error;
use archive::Case;
use record::{Event, Finding, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Codes of findings about transfers (docs/format/findings.md).
pub mod codes {
    /// The bundle was received before.
    pub const TRANSFER_AGAIN: &str = "transfer-again";
    /// Items of the bundle were here already.
    pub const TRANSFER_KNOWN: &str = "transfer-known";
    /// Items of the bundle are sealed, and their key files stay elsewhere.
    pub const TRANSFER_SEALED: &str = "transfer-sealed";
    /// What the bundle withholds can be opened elsewhere only.
    pub const TRANSFER_WITHHELD: &str = "transfer-withheld";
    /// Records about what was received do not agree.
    pub const TRANSFER_INVALID: &str = "transfer-invalid";
    /// The receipt is on record already.
    pub const RECEIPT_AGAIN: &str = "receipt-again";
    /// The receipt is for another archive's bundle.
    pub const RECEIPT_FOREIGN: &str = "receipt-foreign";
    /// The receipt is for another bundle than the export that it names.
    pub const RECEIPT_BUNDLE: &str = "receipt-bundle";
    /// The receipt is for other items than the bundle had.
    pub const RECEIPT_ITEMS: &str = "receipt-items";
    /// The receipt says that another history of the log was seen.
    pub const RECEIPT_FORK: &str = "receipt-fork";
    /// A record of a receipt is about no export of this log.
    pub const RECEIPT_INVALID: &str = "receipt-invalid";
}

/// Whether each item that came from another archive came with a bundle on record, each bundle came
/// once, and each receipt is about an export.
pub fn check(case: &Case) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let mut bundles: BTreeMap<Sha256, (u64, Option<Sha256>)> = BTreeMap::new();
    let mut exports: BTreeMap<u64, u64> = BTreeMap::new();
    let roster = archive::signers::roster(case.log())?;
    let mut came: BTreeSet<Sha256> = BTreeSet::new();
    for leaf in case.leaves() {
        let (index, leaf) = leaf?;
        let mut fault = |code, message: &str| {
            findings.push(Finding::fault(code, format!("leaf {index}"), message));
        };
        match &leaf.event {
            Event::Received(received) => {
                let one = (index, received.actors);
                if bundles.insert(received.tagmanifest, one).is_some() {
                    fault(codes::TRANSFER_INVALID, "the same bundle was received before");
                }
                if received.actors != roster.digest_below(index) {
                    let message = "it says that there were other records about actors than there \
                                   are: whoever has its receipt may not learn of a revoked key";
                    fault(codes::TRANSFER_INVALID, message);
                }
            }
            Event::Capture(capture) => {
                if let Some(from) = capture.received {
                    came.insert(from.tagmanifest);
                    if !bundles.contains_key(&from.tagmanifest) {
                        let message = "its item came with a bundle that no record before it says \
                                       was received";
                        fault(codes::TRANSFER_INVALID, message);
                    }
                }
            }
            Event::Export(export) => {
                exports.insert(index, export.items);
            }
            Event::Acknowledged(receipt)
                if exports.get(&receipt.export) != Some(&receipt.items) =>
            {
                let message = "it is about no export of this log, or of other items";
                fault(codes::RECEIPT_INVALID, message);
            }
            _ => {}
        }
    }
    for (bundle, (index, _)) in bundles.iter().filter(|(bundle, _)| !came.contains(bundle)) {
        let message = format!("it received the bundle {bundle}, and nothing of it was taken in");
        findings.push(Finding::fault(codes::TRANSFER_INVALID, format!("leaf {index}"), message));
    }
    Ok(findings)
}
