//! The check of a receipt: that another archive's log has a record of what it received, by an actor
//! who might sign there.
//!
//! Whether it is about a bundle that one sent is for whoever has the log that the bundle came from.
//! A receipt by a log that nobody trusts proves nothing, and is never accepted.

use crate::verify::{Check, Files};
use crate::zipped::tree;
use crate::{Error, codes, layout};
use record::{Event, Finding, Leaf, Sha256};
use std::path::Path;

/// What a receipt holds, and what was found in it.
#[derive(Debug, Default)]
pub struct Receipt {
    /// What it found, graver things first, then by place.
    pub findings: Vec<Finding>,
    /// The log's key.
    pub log_key: String,
    /// The record of what was received, with its index and hash, where it is proved.
    pub received: Option<(u64, Leaf, Sha256)>,
}

impl Receipt {
    /// Checks the receipt that was unpacked into `root`.
    pub(crate) fn check(root: &Path, trusted: &[&str]) -> Result<Self, Error> {
        let present = tree(root)?.files;
        // Unpacked by us: plain files, all of them.
        let plain = present.iter().cloned().collect();
        let mut check = Check::of(root, Files { present, plain });
        let received = check.receipt(trusted);
        let report = check.done();
        Ok(Self { findings: report.findings, log_key: report.log_key, received })
    }
}

impl Check<'_> {
    fn receipt(&mut self, trusted: &[&str]) -> Option<(u64, Leaf, Sha256)> {
        let others = [layout::VKEY, layout::CHECKPOINT];
        let foreign = |path: &&String| !others.contains(&path.as_str()) && !layout::is_of_log(path);
        let strays: Vec<String> = self.present.iter().filter(foreign).cloned().collect();
        if let Some(first) = strays.first() {
            // Something else altogether, such as a bundle, has hundreds.
            let message =
                format!("no receipt has this file, nor {} more of these", strays.len() - 1);
            self.fault(codes::RECEIPT_FORM, first, message);
        }
        for path in layout::EXCERPT.iter().filter(|path| !layout::EXPORT.contains(path)) {
            if !self.present.contains(*path) {
                self.fault(codes::RECEIPT_FORM, path, "every receipt has this file");
            }
        }
        let verifier = self.log_key()?;
        if !trusted.iter().any(|told| verifier.is_told(told)) {
            let message = "it is by a log whose key was not given as trusted: it proves nothing \
                           of those who were to receive the bundle";
            self.fault(codes::RECEIPT_UNTRUSTED, layout::VKEY, message);
        }
        self.records(&verifier);
        let mut found = None;
        let mut faults = Vec::new();
        for (index, leaf) in &self.leaves {
            match &leaf.event {
                Event::Genesis(_) => {}
                Event::Received(received) if found.is_none() => {
                    found = Some((*index, leaf.clone(), received.actors));
                }
                _ if self.roster.records().binary_search(index).is_ok() && found.is_none() => {}
                _ => faults.push(*index),
            }
        }
        if let Some(first) = faults.first() {
            let message = format!(
                "it is not the one record of what was received, nor before it and about actors; \
                 nor are {} more",
                faults.len() - 1
            );
            self.fault(codes::RECEIPT_FORM, &layout::leaf(*first), message);
        }
        let Some((index, leaf, listed)) = found else {
            let message = "no record of what was received is in it, or none that is proved";
            self.fault(codes::RECEIPT_FORM, "log/leaves", message);
            return None;
        };
        if listed != self.roster.digest_below(index) {
            let message = "its record says that there were other records about actors before it: \
                           one was left out, and may say that a key was revoked";
            self.fault(codes::RECEIPT_ACTORS, &layout::leaf(index), message);
        }
        let bytes = self.bytes(&layout::leaf(index), record::leaf::LEAF_LIMIT_BYTES as u64)?;
        Some((index, leaf, Sha256(custody::leaf_hash(&bytes))))
    }
}
