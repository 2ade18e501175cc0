//! Key files of sealed items in a repair: put back by digest, and never once their item is erased.

use crate::follow::Recorded;
use crate::repair::Run;
use archive::{Error, codes, durable, sealed};
use record::Finding;
use std::path::Path;

impl Run<'_> {
    /// Puts back key files of sealed items from `copy`: by their digest, and never an erased one.
    pub(crate) fn key_files(&mut self, recorded: &Recorded, copy: &Path) -> Result<(), Error> {
        let items = recorded.sealed.items.values();
        for item in items.filter(|item| !recorded.sealed.is_erased(item)) {
            if sealed::read(self.root, item).is_ok() {
                continue;
            }
            if let Ok(bytes) = sealed::read(copy, item) {
                self.report.others += 1;
                self.put(&item.place(), &bytes, durable::MODE_SECRET)?;
            }
        }
        Ok(())
    }

    /// Destroys key files whose items are erased.
    pub(crate) fn erase(&mut self, recorded: &Recorded) -> Result<(), Error> {
        let items = recorded.sealed.items.values();
        for item in items.filter(|item| recorded.sealed.is_erased(item)) {
            if sealed::destroy(self.root, item)? > 0 {
                let message = "its item was erased: this key file is destroyed, as the record says";
                let notice = Finding::notice(codes::ERASURE_UNFINISHED, item.place(), message);
                self.report.findings.push(notice);
            }
        }
        Ok(())
    }
}
