//! A new case, and captures for it, for the tests beside this folder.

use archive::case::{New, create};
use record::{Capture, Digests, Name};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Makes a case in `folder`, with its keys in the open.
pub(crate) fn new_case(folder: &Path) -> PathBuf {
    let root = folder.join("case");
    let new = New {
        case: "Test".into(),
        actor_name: "tester".into(),
        passphrase: None,
        tool: "test".into(),
    };
    create(&root, new).unwrap();
    root
}

/// The capture of an item of which nothing is known but its name.
pub(crate) fn capture(item: Digests, name: &str) -> Capture {
    Capture {
        item,
        name: Name { text: name.into(), bytes: None },
        method: "file".into(),
        file_modified: None,
        source: None,
        address: None,
        obtained: None,
        note: None,
        withheld: BTreeMap::new(),
        sealed: None,
        received: None,
    }
}
